"""Verdicts: computed from a claim and its records, never typed.

A claim may be measured once in each of two lanes: ``laptop``, live or on evidence that was recorded on a CPU,
and ``gpu``, on evidence that was recorded on a GPU or in the profile ``gpu``.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

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

LANES = ("laptop", "gpu")

_CURVE_NOISE = 0.02


@dataclass(frozen=True)
class Verdict:
    """What the measurements say of a claim.

    Attributes:
        claim: the claim.
        word: one of :data:`WORDS`.
        reason: the reason in numbers.
        record: the measurement that decides; None if there is none.
        other: what the measurement of the other lane alone would say; None if there is none.
    """

    claim: Claim
    word: str
    reason: str
    record: Record | None = None
    other: "Verdict | None" = None

    @property
    def holds(self) -> bool:
        """Whether the measurement that decides lies within the tolerance and is sharp enough to tell."""
        return self.word not in (FAILED, NOT_ATTEMPTED)

    @property
    def lanes(self) -> dict[str, "Verdict"]:
        """What each lane with a measurement says, in the order of :data:`LANES`."""
        measured = {one.record.lane: one for one in (self, self.other) if one and one.record}
        return {lane: measured[lane] for lane in LANES if lane in measured}


def verdicts(claims: Iterable[Claim], records: Iterable[Record]) -> dict[str, Verdict]:
    """The verdict on each claim, by id; runs in the profile ``smoke`` give none.

    In one lane fresh evidence counts, not the live run beside it: that happens in the profile ``gpu``.
    """
    measured = defaultdict(dict)
    for record in sorted(records, key=lambda one: (not one.stale, one.recorded is not None)):
        if record.profile != "smoke":
            measured[record.id][record.lane] = record
    return {claim.id: decide(claim, measured[claim.id].values()) for claim in claims}


def decide(claim: Claim, records: Iterable[Record]) -> Verdict:
    """The verdict on one claim from its records, at most one a lane.

    The lane ``gpu`` decides, being the larger experiment, unless its evidence is stale and the lane
    ``laptop`` has a record.

    Example:
        >>> claim = Claim("1/a", "abstract", "text", "", "ordering", "toy")
        >>> laptop, gpu = (Record("1/a", p == "laptop", None, "toy", p, 0, p) for p in LANES)
        >>> verdict = decide(claim, [laptop, gpu])
        >>> verdict.word, verdict.other.word
        ('not reproduced', 'reproduced')
    """

    def comes_late(record):
        return record.lane == "gpu" and record.stale, record.lane == "laptop"

    judged = [judge(claim, record) for record in sorted(records, key=comes_late)]
    first, *rest = judged or [judge(claim, None)]
    return replace(first, other=next(iter(rest), None))


def judge(claim: Claim, record: Record | None) -> Verdict:
    """What one measurement alone says of a claim.

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
