"""Claims and verdicts as Markdown that reads on a phone: one card a claim, no wide tables."""

from collections import Counter
from collections.abc import Collection, Iterable

from renorm.report.claims import Claim
from renorm.report.record import Record, with_error
from renorm.report.verdict import FAILED, LANES, LAPTOP, NOT_ATTEMPTED, REPRODUCED, STAND_IN, WORDS, Verdict

# The sign tells the verdicts apart where colour cannot.
_SIGNS = {REPRODUCED: "●", LAPTOP: "◐", STAND_IN: "◇", FAILED: "✕", NOT_ATTEMPTED: "○"}


def badge(word: str, number: int | None = None) -> str:
    """A verdict, and how many there are of it, as a sign and words with a class for its colour.

    Example:
        >>> badge("not reproduced", 3)
        '<span class="verdict not-reproduced">✕ 3 not reproduced</span>'
    """
    words = word if number is None else f"{number} {word}"
    return f'<span class="verdict {word.replace(" ", "-")}">{_SIGNS[word]} {words}</span>'


def counts(found: Iterable[Verdict]) -> dict[str, int]:
    """How many claims have each verdict, from best to worst, zeros left out."""
    number = Counter(verdict.word for verdict in found)
    return {word: number[word] for word in WORDS if number[word]}


def tally(found: Iterable[Verdict]) -> str:
    """The counts as one line of badges."""
    return " · ".join(badge(word, number) for word, number in counts(found).items())


def anchor(id: str) -> str:
    """The label of a claim's card.

    Example:
        >>> anchor("2405.00592/wigner-edge")
        'claim-2405-00592-wigner-edge'
    """
    return "claim-" + id.replace(".", "-").replace("/", "-")


def link(claim: Claim) -> str:
    """A link to the claim's card on its paper's page."""
    return f"{{ref}}`{claim.name} <{anchor(claim.id)}>`"


def expected(claim: Claim) -> str:
    """The target in words.

    Example:
        >>> from renorm.report.claims import Tolerance
        >>> tolerance = Tolerance(0.03, "relative", "one draw")
        >>> expected(Claim("1/a", "abstract", "text", "", "exponent", "c", 1.5, tolerance))
        '1.5 ± 3 %'
    """
    if claim.kind == "ordering":
        return "true"
    if claim.tolerance is None:
        return "left open" if claim.expected is None else f"{claim.expected:.4g}"
    share = claim.tolerance.kind == "relative" or claim.kind == "curve"
    within = f"{100 * claim.tolerance.value:.3g} %" if share else f"{claim.tolerance.value:.3g}"
    if claim.kind == "curve":
        return f"the theory within three standard errors and {within}"
    return f"at most {within}" if claim.expected == 0 else f"{claim.expected:.4g} ± {within}"


def card(verdict: Verdict, chapters: dict[str, str]) -> str:
    """One claim with all that we know of it: the card that links lead to.

    Args:
        verdict: the claim and its verdict.
        chapters: the document of each chapter by name.
    """
    claim = verdict.claim
    shown = dict.fromkeys(one.record.figure for one in verdict.lanes.values() if one.record.figure)
    figures = [each for name in shown for each in (figure_link(name), data_link(name))]
    open_lines = {
        "Expected": expected(claim),
        **_measurements(verdict),
        "Not attempted": claim.why,
        "Stand-in": claim.substitute,
        "Wrong in the paper": claim.errata and claim.errata.text,
        "Amended": "; ".join(claim.amended),
        "See": " · ".join([*figures, chapter_link(claim.chapter, chapters)]),
    }
    folded_lines = {
        "Why this tolerance": claim.tolerance and claim.tolerance.reason,
        "Source": f"{claim.locator} ({claim.provenance})",
        "The paper's scale": claim.scale,
    }
    return f"""({anchor(claim.id)})=
````{{container}} claim
**{claim.name}** {badge(verdict.word)}

{claim.statement.strip()}

{_bullets(open_lines)}

<details><summary>Tolerance and source</summary>

{_bullets(folded_lines)}

</details>
````
"""


def table(measured: Collection[Verdict]) -> str:
    """The measured claims of a chapter; the lanes have a column each once a claim was measured on a GPU."""
    two = any("gpu" in verdict.lanes for verdict in measured)
    columns = {lane: lane for lane in LANES} if two else {"measured": "laptop"}
    lines = [["claim", "expected", *columns], ["---"] * (2 + len(columns))]
    for verdict in measured:
        claim = f"{link(verdict.claim)}<br>{badge(verdict.word)}"
        cells = [_cell(verdict, lane) for lane in columns.values()]
        lines.append([claim, expected(verdict.claim), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(verdict: Verdict, lane: str) -> str:
    """What one lane measured; with its own verdict where the other lane decides otherwise."""
    one = verdict.lanes.get(lane)
    if one is None:
        return "–"
    differs = f"<br>{badge(one.word)}" if one.word != verdict.word else ""
    return with_error(one.record.measured, one.record.stderr) + recorded(one) + differs


def recorded(verdict: Verdict) -> str:
    """A mark where the measurement was made on recorded evidence, not in this build."""
    if not (verdict.record and verdict.record.recorded):
        return ""
    return " (recorded, stale)" if verdict.record.stale else " (recorded)"


def _measurements(verdict: Verdict) -> dict[str, str | None]:
    """What each lane measured, whether it holds, when and on what; and its note."""
    lines = {}
    for lane, one in verdict.lanes.items():
        holds = f"{'holds' if one.holds else 'does not hold'} ({one.reason})"
        measured = with_error(one.record.measured, one.record.stderr)
        lines[f"Measured ({lane})"] = f"{measured}, {holds}; seed {one.record.seed}, {_origin(one.record)}"
        lines[f"Note ({lane})"] = one.record.note
    return lines


def _origin(record: Record) -> str:
    return f"recorded {record.recorded}" if record.recorded else f"live on {record.device}"


def _bullets(facts: dict[str, str | None]) -> str:
    """The facts that there are, as a list."""
    return "\n".join(f"- {title}: {' '.join(fact.split())}" for title, fact in facts.items() if fact)


def figure_link(name: str) -> str:
    """A link by number to a figure; its code stands above it."""
    return f"{{numref}}`{name}`"


def data_link(name: str) -> str:
    """A link to a figure's data."""
    return f"{{download}}`data (CSV) </_build/generated/data/{name}.csv>`"


def chapter_link(name: str, chapters: dict[str, str]) -> str:
    """A link to a chapter by its title; its name alone while it is unwritten."""
    return (
        f"{{doc}}`{chapters[name]}`" if name in chapters else f"chapter *{name.replace('_', ' ')}*, to come"
    )
