"""A hash of the code behind a function that comments, docstrings and formatting leave alone."""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dis import get_instructions
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import CodeType, FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

_HOME = "renorm"


def fingerprint(measure: Callable[..., Any]) -> str:
    """The hash of all code and global values that decide what ``measure`` computes.

    Covered are the function; the functions, classes and constants of its notebook or module that it uses by
    global name, and what those use; and each module of ``renorm`` among these, with all that it imports of
    ``renorm``. Other packages are not: their versions belong beside the result. Code counts as a syntax tree
    without docstrings and positions, so that no comment and no other Python changes the hash.

    Raises:
        ValueError: if ``measure`` is no function whose source can be found.

    Example:
        >>> fingerprint(textwrap.dedent) == fingerprint(textwrap.indent)
        False
    """
    root = inspect.unwrap(getattr(measure, "func", measure))
    try:
        inspect.getsource(root)
    except (OSError, TypeError):
        raise ValueError(f"measure is {measure!r}; allowed is a function from a file or a notebook") from None
    code = _Code({"measure": root.__qualname__})
    code.visit("measure", measure, root.__module__)
    return hashlib.sha256(repr(sorted(code.parts.items())).encode()).hexdigest()[:16]


class _Code:
    """What a function depends on: texts by label."""

    def __init__(self, parts: dict[str, str]):
        self.parts, self.seen = parts, set()

    def add(self, label: str, text: str) -> None:
        """Add a text; several that have one label are told apart."""
        while self.parts.get(label, text) != text:
            label += "'"
        self.parts[label] = text

    def visit(self, label: str, value: Any, home: str) -> None:
        """Add ``value``, used in the module ``home``, and all that it uses; other packages add nothing."""
        value = inspect.unwrap(value) if callable(value) and not isinstance(value, type) else value
        if isinstance(value, ModuleType):
            self.module(value.__name__)
        elif isinstance(value, FunctionType | type) and value.__module__ != home:
            self.module(value.__module__)
        elif isinstance(value, FunctionType):
            self.function(value)
        elif isinstance(value, type):
            for member in vars(value).values():
                if isinstance(member, FunctionType):
                    self.visit(label, member, home)
        else:
            self.add(label, _text(value))
            self.inside(label, value, home)

    def inside(self, label: str, value: Any, home: str) -> None:
        """Add the type of a constant and the functions that it holds."""
        self.visit(label, type(value), home)
        for part in _parts(value):
            (self.visit if callable(part) else self.inside)(label, part, home)

    def function(self, function: FunctionType) -> None:
        """Add a function of the notebook or module, with what it looks up."""
        if function in self.seen:
            return
        self.seen.add(function)
        try:
            source = textwrap.dedent(inspect.getsource(function))
            tree = ast.parse(source)
        except OSError:  # made by a decorator such as dataclass
            return
        except SyntaxError:  # a lambda inside an expression
            tree = ast.parse(f"source = {source!r}")
        home, codes = function.__module__, [*_codes(function.__code__)]
        self.add(f"{home}.{function.__qualname__}", repr(_plain(tree)))
        names = {name for code in codes for name in code.co_names}
        steps = (step for code in codes for step in get_instructions(code))
        looked_up = {step.argval for step in steps if step.opname == "LOAD_GLOBAL"}
        used = {name: function.__globals__[name] for name in looked_up & function.__globals__.keys()}
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        for name, value in sorted((used | {name: cell.cell_contents for name, cell in cells}).items()):
            if isinstance(value, ModuleType) and _is_home(value.__name__):  # what is taken out of a package
                for part in (getattr(value, part, None) for part in names):
                    if isinstance(part, ModuleType | FunctionType | type):
                        self.visit(name, part, home)
            if isinstance(value, SimpleNamespace):  # a profile's settings
                value = {key: part for key, part in vars(value).items() if key in names}
            self.visit(f"{home} {name}", value, home)
        for module in _imported(tree):
            self.module(module)

    def module(self, name: str) -> None:
        """Add a module of renorm with all that it imports of renorm; a package only loads these."""
        if not _is_home(name) or name in self.parts or find_spec(name).submodule_search_locations:
            return
        with open(find_spec(name).origin, encoding="utf-8") as file:
            tree = ast.parse(file.read())
        self.parts[name] = repr(_plain(tree))
        for other in _imported(tree):
            self.module(other)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of a function and of those inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _parts(value: Any) -> Iterable:
    """What a container holds."""
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, partial):
        return value.func, value.args, value.keywords
    if isinstance(value, tuple | list):
        return value
    return [getattr(value, name) for name in getattr(value, "__dataclass_fields__", ())]


def _text(value: Any) -> str:
    """What a constant contributes."""
    if isinstance(value, Mapping):
        return repr([(repr(key), _text(part)) for key, part in value.items()])
    if isinstance(value, tuple | list):
        return repr([_text(part) for part in value])
    if isinstance(value, bool | int | float | complex | str | bytes | None):
        return repr(value)
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        return f"{array.dtype} {array.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"
    return type(value).__name__ + "".join(_text(part) for part in _parts(value))


def _is_home(module: str | None) -> bool:
    return (module or "").partition(".")[0] == _HOME


def _imported(tree: ast.AST) -> Iterator[str]:
    """The modules of renorm that the import statements in ``tree`` make use of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and _is_home(node.module):
            yield node.module
            for name in (alias.name for alias in node.names):
                if find_spec(node.module).submodule_search_locations:
                    inner = find_spec(f"{node.module}.{name}")
                    value = None if inner else getattr(import_module(node.module), name)
                    yield inner.name if inner else getattr(value, "__module__", node.module)


def _plain(node: Any) -> Any:
    """A syntax tree as nested tuples, the same on each Python; constants as statements do nothing."""
    if isinstance(node, list):
        idle = (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) for part in node)
        return tuple(_plain(part) for part, skip in zip(node, idle, strict=True) if not skip)
    if not isinstance(node, ast.AST):
        return node
    fields = ((name, part) for name, part in ast.iter_fields(node) if part is not None and part != [])
    return (type(node).__name__, *((name, _plain(part)) for name, part in fields))
