"""Where a number comes from: the device and the commit."""

import subprocess
import sys
from pathlib import Path


def device() -> str:
    """The device that JAX computes on, or ``cpu`` if JAX was not imported; it is never imported for this.

    Example:
        >>> isinstance(device(), str)
        True
    """
    jax = sys.modules.get("jax")
    return jax.devices()[0].device_kind if jax else "cpu"


def commit(root: Path, *, apart_from: str | None = None) -> str:
    """The commit that ``root`` has checked out, with a mark if the tree differs; ``unknown`` without git.

    Args:
        root: the repository.
        apart_from: a folder whose changes do not count.
    """
    rest = [":/", f":(top,exclude){apart_from}"] if apart_from else []
    try:
        head = _git(root, "rev-parse", "--short=12", "HEAD").strip()
        return head + (" with local changes" if _git(root, "status", "--porcelain", "--", *rest) else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def file_at(root: Path, revision: str, path: str) -> str | None:
    """The text of ``path``, relative to ``root``, at a revision; None if it did not exist there."""
    try:
        return _git(root, "show", f"{revision}:./{path}")
    except subprocess.CalledProcessError:
        return None


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout
