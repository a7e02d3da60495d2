"""The key of an execution: all that its results depend on, so that a stale result is never shown.

Beside each ``<chapter>.ipynb`` lies ``<chapter>.key.json`` with the parts of its key, by name: the code
cells, all parameters, the version of Python, and every file of the repository that the run imported or read,
the lock too. Which files those are is known only after a run; that is why they are stored.
"""

import hashlib
import json
import sys
from pathlib import Path

from ci.chapters import Chapter, code_digest, read

CODE, PARAMETERS, PYTHON = "its code", "its choice of parameters", "the version of Python"


def digest(path: Path) -> str:
    """SHA-256 of a file, or the word "missing"."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"


def store(build: Path, overrides: dict) -> Path:
    """Folder of the executions with these parameters; the book's own is the plain laptop profile."""
    if overrides == {"profile": "laptop"}:
        return build / "executed"
    rest = [f"{name}={value}" for name, value in sorted(overrides.items()) if name != "profile"]
    return build / "runs" / "-".join([overrides["profile"], *rest])


def parts(root: Path, code: str, parameters: dict, files) -> dict:
    """The parts of a key, named as :func:`stale` reports them; ``files`` are paths relative to the root."""
    first = {CODE: code, PARAMETERS: parameters, PYTHON: "{}.{}".format(*sys.version_info)}
    return first | {file: digest(root / file) for file in files}


def stale(root: Path, chapter: Chapter, overrides: dict, folder: Path) -> str:
    """Why the stored execution does not stand for the chapter as it is now; empty when it does."""
    record = folder / f"{chapter.name}.key.json"
    if not record.is_file() or not (folder / f"{chapter.name}.ipynb").is_file():
        return "it has not been executed"
    record = json.loads(record.read_text())
    old = record["parts"]
    same_text = record["source"] == digest(root / chapter.path)
    code = old[CODE] if same_text else code_digest(read(root, chapter))
    files = [name for name in old if name not in (CODE, PARAMETERS, PYTHON)]
    now = parts(root, code, {**old[PARAMETERS], **overrides}, files)
    return next((f"{name} has changed" for name in now if now[name] != old[name]), "")
