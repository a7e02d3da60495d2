"""Verdicts: computed from a claim and its record, never typed."""

from collections.abc import Iterable
from dataclasses import dataclass

from renorm.report.claims import Claim
from renorm.report.record import Record

# From best to worst.
WORDS = (
    "reproduced",
    "reproduced at laptop scale",
    "holds on stand-in data",
    "not reproduced",
    "not attempted",
)
REPRODUCED, LAPTOP, STAND_IN, FAILED, NOT_ATTEMPTED = WORDS

_CURVE_NOISE = 0.02


@dataclass(frozen=True)
class Verdict:
    """What the record says of the claim: one of :data:`WORDS`, and the reason in numbers."""

    claim: Claim
    word: str
    reason: str
    record: Record | None = None


def verdicts(claims: Iterable[Claim], records: Iterable[Record]) -> dict[str, Verdict]:
    """The verdict on each claim, by id; runs in the profile ``smoke`` give none."""
    measured = {record.id: record for record in records if record.profile != "smoke"}
    return {claim.id: judge(claim, measured.get(claim.id)) for claim in claims}


def judge(claim: Claim, record: Record | None) -> Verdict:
    """The verdict on one claim.

    A measurement holds if it lies within the tolerance and its standard error is small enough to tell: half
    the tolerance, or 2 % for a curve. An ordering holds if it was measured to be true.
    """
    if record is None:
        return Verdict(claim, NOT_ATTEMPTED, "no run has measured it")
    holds, reason = _holds(claim, record)
    if not holds:
        word = FAILED
    elif claim.substitute:
        word = STAND_IN
    else:
        word = LAPTOP if claim.scale and record.scale == "smaller" else REPRODUCED
    return Verdict(claim, word, reason, record)


def worse(word: str, than: str) -> bool:
    """Whether the verdict ``word`` is worse than the verdict ``than``.

    Example:
        >>> worse("not reproduced", than="holds on stand-in data")
        True
    """
    return WORDS.index(word) > WORDS.index(than)


def _holds(claim: Claim, record: Record) -> tuple[bool, str]:
    if claim.kind == "ordering":
        return record.measured is True, f"the ordering was found {str(record.measured).lower()}"
    if claim.margin is None:
        return False, "the claim states no tolerance"
    if claim.random and record.stderr is None:
        return False, "a random measurement without a standard error"
    limit = _CURVE_NOISE if claim.kind == "curve" else claim.margin / 2
    if record.stderr is not None and record.stderr > limit:
        return False, f"too noisy: standard error {record.stderr:.2g}, allowed {limit:.2g}"
    off = abs(record.measured - claim.expected)
    return off <= claim.margin, f"off by {off:.2g}, allowed {claim.margin:.2g}"
