"""Read YAML into frozen dataclasses: the dataclass is the schema, and each fault comes with its line."""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Literal, get_args, get_origin, get_type_hints

import yaml

Fault = tuple[int, str]


class SchemaError(ValueError):
    """One line a fault: file, line, field, value and what is allowed."""


class Entry(dict):
    """A YAML mapping with its own line, the line of each key, and the keys that are given twice."""

    line: int
    lines: dict[str, int]
    repeated: set[str]


def parse(
    text: str, file: str, hint: object, check: Callable[[object], Iterator[Fault]] = lambda _: iter(())
):
    """The content of a YAML text as an instance of ``hint``.

    Args:
        text: the YAML text.
        file: its file's name, for messages.
        hint: a dataclass, or ``tuple[dataclass, ...]`` for a list.
        check: gives the faults that the types cannot show; called if the types fit.

    Raises:
        SchemaError: if the text is no YAML or has faults; it lists them all.

    Example:
        >>> from renorm.report.claims import Tolerance
        >>> parse("{value: 5%, kind: absolute, reason: rounding}", "a.yml", Tolerance)
        Traceback (most recent call last):
        ...
        renorm.report.schema.SchemaError: a.yml:1: value is '5%'; allowed is a number
    """
    try:
        content = yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        raise SchemaError(f"{file}:{error.problem_mark.line + 1}: {error.problem}") from None
    found = sorted(_faults("the file", content, hint, 1)) or sorted(check(content))
    if found:
        raise SchemaError("\n".join(f"{file}:{line}: {message}" for line, message in found))
    return _build(content, hint)


def _faults(name: str, value: object, hint: object, line: int) -> Iterator[Fault]:
    hint = _present(hint)
    if is_dataclass(hint) and isinstance(value, Entry):
        yield from _mapping_faults(value, hint)
    elif get_origin(hint) is tuple and isinstance(value, list):
        for item in value:
            yield from _faults(f"an item of {name}", item, get_args(hint)[0], getattr(item, "line", line))
    elif is_dataclass(hint) or get_origin(hint) is tuple or not _fits(value, hint):
        yield line, f"{name} is {value!r}; allowed is {_words(hint)}"


def _mapping_faults(entry: Entry, cls: type) -> Iterator[Fault]:
    hints = get_type_hints(cls)
    for key in sorted(entry.repeated):
        yield entry.lines[key], f"{key} is given twice; keep one"
    for key in entry.keys() - hints.keys():
        yield entry.lines[key], f"{key} is no field; allowed are {', '.join(hints)}"
    for field in fields(cls):
        if field.name in entry:
            yield from _faults(field.name, entry[field.name], hints[field.name], entry.lines[field.name])
        elif field.default is MISSING:
            yield entry.line, f"{field.name} is missing; allowed is {_words(_present(hints[field.name]))}"


def _present(hint: object) -> object:
    """The hint without its ``| None``."""
    left = [option for option in get_args(hint) if option is not NoneType]
    return left[0] if isinstance(hint, UnionType) and len(left) == 1 else hint


def _fits(value: object, hint: object) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    # bool is a kind of int in Python, not here.
    return isinstance(value, hint) and (bool in (hint, *get_args(hint)) or not isinstance(value, bool))


def _words(hint: object) -> str:
    if is_dataclass(hint):
        return f"a mapping with {', '.join(get_type_hints(hint))}"
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    words = {str: "text (quote what looks like a number)", int: "a whole number", bool: "true or false"}
    return "a list" if get_origin(hint) is tuple else words.get(hint, "a number")


def _build(value: object, hint: object):
    hint = _present(hint)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{key: _build(entry, hints[key]) for key, entry in value.items()})
    if get_origin(hint) is tuple:
        return tuple(_build(item, get_args(hint)[0]) for item in value)
    return value


class _Loader(yaml.CSafeLoader):
    """The safe loader, with an :class:`Entry` for each mapping."""


def _entry(loader: _Loader, node: yaml.MappingNode) -> Entry:
    entry = Entry(loader.construct_mapping(node, deep=True))
    keys = [loader.construct_object(key) for key, _ in node.value]
    lines = [key.start_mark.line + 1 for key, _ in node.value]
    entry.line = node.start_mark.line + 1
    entry.lines = dict(zip(keys, lines, strict=True))
    entry.repeated = {key for key in keys if keys.count(key) > 1}
    return entry


_Loader.add_constructor("tag:yaml.org,2002:map", _entry)
