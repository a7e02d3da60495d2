"""A chapter's side of the ledger: it records measurements, never verdicts."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike

from renorm.report.draws import mean_and_error
from renorm.report.output import emit, number
from renorm.report.profile import check_profile
from renorm.report.provenance import device

MIME = "application/vnd.renorm.record+json"
SCALES = ("paper", "smaller")


@dataclass(frozen=True)
class Record:
    """One measurement of one claim.

    Attributes:
        id: the claim, ``<arXiv id>/<name>``.
        measured: the number; of an ordering, whether it holds.
        stderr: its standard error, or None where nothing is random.
        chapter: the chapter that measured it.
        profile: the profile that it ran in.
        seed: the root seed.
        device: what it ran on.
        figure: the figure that shows it, ``fig-<chapter>-<n>``, or None.
        scale: ``paper`` or ``smaller``, beside the paper's own experiment.
        note: anything the reader of the ledger should know, or None.
        recorded: when and on what, if it was measured on recorded evidence; None for a live run.
        stale: whether the code has changed since that evidence was recorded.
    """

    id: str
    measured: float | int | bool
    stderr: float | int | None
    chapter: str
    profile: str
    seed: int
    device: str
    figure: str | None = None
    scale: str = "smaller"
    note: str | None = None
    recorded: str | None = None
    stale: bool = False

    @property
    def lane(self) -> str:
        """``gpu`` for the profile ``gpu``, else ``laptop``: a claim may be measured once in each lane."""
        return "gpu" if self.profile == "gpu" else "laptop"


@dataclass(frozen=True)
class Ledger:
    """Where a chapter records what it measured; made by :func:`ledger`.

    That of recorded evidence, :meth:`renorm.report.recorded.Evidence.ledger`, says when and on what device it
    was recorded, and whether it is stale.
    """

    chapter: str
    profile: str
    seed: int
    recorded: str | None = None
    device: str | None = None
    stale: bool = False

    def record(
        self,
        id: str,
        measured: object,
        *,
        stderr: object = None,
        figure: str | None = None,
        scale: str | None = None,
        note: str | None = None,
    ) -> None:
        """Record ``measured`` for the claim ``id``.

        Args:
            id: the claim's id in ``book/claims``.
            measured: a finite number or scalar array; of an ordering a bool. A random ordering counts as true
                only where the gap exceeds three of its standard errors.
            stderr: the standard error; needed wherever the measurement is random.
            figure: the name of the figure that shows it.
            scale: ``"paper"`` if this run is as large as the paper's, else ``"smaller"``; by default
                ``"paper"`` for a live run in the profile ``gpu`` only.
            note: one line for the ledger.

        Raises:
            ValueError: if ``measured`` is NaN, infinite or no scalar, ``stderr`` negative, ``scale`` unknown.

        Example:
            >>> entry = ledger("free_probability", profile="laptop", seed=0)
            >>> entry.record("2405.00592/wigner-edge", np.float64(2.001), stderr=0.002)
            ledger: 2405.00592/wigner-edge measured 2.001 ± 0.002
        """
        measured = number(measured, "measured")
        stderr = None if stderr is None else number(stderr, "stderr")
        if stderr is not None and stderr < 0:
            raise ValueError(f"stderr is {stderr!r}; it must be >= 0")
        scale = scale or ("paper" if self.profile == "gpu" and not self.recorded else "smaller")
        if scale not in SCALES:
            raise ValueError(f"scale is {scale!r}; allowed are {', '.join(SCALES)}")
        run = {"chapter": self.chapter, "profile": self.profile, "seed": self.seed}
        run |= {"device": self.device or device(), "recorded": self.recorded, "stale": self.stale}
        entry = Record(id, measured, stderr, **run, figure=figure, scale=scale, note=note)
        emit({MIME: asdict(entry), "text/plain": f"ledger: {id} measured {with_error(measured, stderr)}"})

    def record_mean(self, id: str, draws: ArrayLike, **where: object) -> None:
        """Record the mean of independent draws of one number, with its standard error.

        Args:
            id: the claim's id in ``book/claims``.
            draws: (n,) independent measurements, at least two.
            **where: ``figure``, ``scale`` and ``note`` as in :meth:`record`.

        Raises:
            ValueError: if there are fewer than two draws.

        Example:
            >>> entry = ledger("free_probability", profile="laptop", seed=0)
            >>> entry.record_mean("2405.00592/wigner-edge", [1.98, 2.02])
            ledger: 2405.00592/wigner-edge measured 2 ± 0.02
        """
        mean, stderr = mean_and_error(draws, axis=0)
        self.record(id, mean, stderr=stderr, **where)

    def record_worst(self, id: str, deviations: ArrayLike, **where: object) -> None:
        """Record the largest absolute mean over the points of a grid, with the standard error of that mean.

        The largest of several noisy means is too large on average, so this errs against the claim.

        Args:
            id: the claim's id in ``book/claims``.
            deviations: (n, ...) signed deviations, independent draws along the first axis, at least two.
            **where: ``figure``, ``scale`` and ``note`` as in :meth:`record`.

        Raises:
            ValueError: if there are fewer than two draws.

        Example:
            >>> entry = ledger("free_probability", profile="laptop", seed=0)
            >>> entry.record_worst("2405.00592/weak", [[0.1, -0.3], [0.1, -0.5]])
            ledger: 2405.00592/weak measured 0.4 ± 0.1
        """
        mean, stderr = mean_and_error(deviations, axis=0)
        worst = np.abs(mean).argmax()
        self.record(id, np.abs(mean).flat[worst], stderr=stderr.flat[worst], **where)

    def record_curve(
        self,
        id: str,
        theory: ArrayLike,
        mean: ArrayLike,
        stderr: ArrayLike,
        *,
        window: ArrayLike | None = None,
        figure: str | None = None,
        scale: str | None = None,
        note: str | None = None,
    ) -> None:
        r"""Record how far a simulated curve leaves a theory curve, beyond its noise.

        Recorded are :math:`\max_i\, (|t_i - m_i| - 3 s_i)_+ / |t_i|`, and :math:`\max_i s_i / |t_i|` as its
        standard error, over the points of the window.

        Args:
            id: the claim's id in ``book/claims``.
            theory: (n,) theory :math:`t`, nonzero in the window.
            mean: (n,) means :math:`m` over the draws.
            stderr: (n,) their standard errors :math:`s`.
            window: (n,) bool, where the theory is claimed to hold; by default everywhere.
            figure, scale, note: as in :meth:`record`.

        Raises:
            ValueError: if the shapes differ, the window is empty, or the theory vanishes in it.

        Example:
            >>> entry = ledger("ridge_scaling", profile="laptop", seed=0)
            >>> entry.record_curve("2006.13198/curve", [1.0, 2.0], [1.05, 2.0], [0.01, 0.01])
            ledger: 2006.13198/curve measured 0.02 ± 0.01
        """
        curves = [np.asarray(curve, dtype=float) for curve in (theory, mean, stderr)]
        inside = np.ones(curves[0].shape, bool) if window is None else np.asarray(window)
        shapes = [curve.shape for curve in (*curves, inside)]
        if len(set(shapes)) > 1 or inside.dtype != bool:
            raise ValueError(
                f"theory, mean, stderr and window have the shapes {shapes}, window is of {inside.dtype}; "
                "all must be (n,) and window of bool"
            )
        t, m, s = (curve[inside] for curve in curves)
        if not t.size or not t.all():
            raise ValueError(f"theory in the window is {t}; it needs a point and no zero: move the window")
        excess = np.maximum(abs(t - m) - 3 * s, 0) / abs(t)
        noise = s / abs(t)
        self.record(id, excess.max(), stderr=noise.max(), figure=figure, scale=scale, note=note)


def ledger(chapter: str, *, profile: str, seed: int) -> Ledger:
    """The ledger of one run of a chapter.

    Args:
        chapter: the chapter's name: its file's name without number and ending.
        profile: ``smoke``, ``laptop`` or ``gpu``.
        seed: the root seed of the run.

    Raises:
        ValueError: if ``profile`` is unknown.

    Example:
        >>> ledger("free_probability", profile="laptop", seed=0).profile
        'laptop'
    """
    return Ledger(chapter, check_profile(profile), seed)


def with_error(measured: float | bool, stderr: float | None) -> str:
    """``measured ± stderr`` as the pages write it: four digits of the number, two of its error.

    Example:
        >>> with_error(2.00149, 0.00213), with_error(True, None)
        ('2.001 ± 0.0021', 'true')
    """
    if isinstance(measured, bool):
        return str(measured).lower()
    return f"{measured:.4g}" if stderr is None else f"{measured:.4g} ± {stderr:.2g}"
