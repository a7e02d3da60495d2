"""Faults of a YAML file, each with its line."""

from dataclasses import dataclass
from typing import Literal

import pytest

from renorm.report.schema import SchemaError, parse


@dataclass(frozen=True)
class Inner:
    size: int | float


@dataclass(frozen=True)
class Outer:
    name: str
    kind: Literal["round", "square"]
    year: int = 0
    open: bool = False
    inner: Inner | None = None
    notes: tuple[str, ...] = ()
    inners: tuple[Inner, ...] = ()


def test_builds_the_dataclass():
    text = "{name: a, kind: round, inner: {size: 1.5}, notes: [b, c], inners: [{size: 2}]}"
    assert parse(text, "a.yml", Outer) == Outer(
        "a", "round", inner=Inner(1.5), notes=("b", "c"), inners=(Inner(2),)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: 2405.00592\nkind: round",
            "a.yml:1: name is 2405.00592; allowed is text (quote what looks like",
        ),
        ("name: a\nkind: oval", "a.yml:2: kind is 'oval'; allowed is one of round, square"),
        ("name: a", "a.yml:1: kind is missing; allowed is one of round, square"),
        ("name: a\nkind: round\nyear: true", "a.yml:3: year is True; allowed is a whole number"),
        ("name: a\nkind: round\nopen: 1", "a.yml:3: open is 1; allowed is true or false"),
        ("name: a\nkind: round\ncolour: red", "a.yml:3: colour is no field; allowed are name, kind, year"),
        ("name: a\nkind: round\n7: b", "a.yml:3: 7 is no field"),
        ("name: a\nkind: round\nname: b", "a.yml:3: name is given twice; keep one"),
        ("name: a\nkind: round\ninner:\n  size: big", "a.yml:4: size is 'big'; allowed is a number"),
        ("name: a\nkind: round\ninner: 3", "a.yml:3: inner is 3; allowed is a mapping with size"),
        ("name: a\nkind: round\nnotes: b", "a.yml:3: notes is 'b'; allowed is a list"),
        ("name: a\nkind: round\nnotes: [1]", "a.yml:3: an item of notes is 1; allowed is text"),
        ("name: a\nkind: round\ninners:\n- size: 1\n- size: b", "a.yml:5: size is 'b'"),
        ("- a", "a.yml:1: the file is ['a']; allowed is a mapping with name"),
        ("", "a.yml:1: the file is None; allowed is a mapping"),
        ("name: [a", "a.yml:2: did not find expected ',' or ']'"),
    ],
)
def test_faults(text, message):
    with pytest.raises(SchemaError) as error:
        parse(text, "a.yml", Outer)
    assert message in str(error.value)


def test_lists_all_faults_in_order():
    with pytest.raises(SchemaError) as error:
        parse("name: 1\nkind: oval", "a.yml", Outer)
    assert [line.split(": ")[0] for line in str(error.value).splitlines()] == ["a.yml:1", "a.yml:2"]


def test_runs_the_caller_s_check_last():
    with pytest.raises(SchemaError, match=r"a.yml:7: too small"):
        parse("{name: a, kind: round}", "a.yml", Outer, lambda content: [(7, "too small")])
