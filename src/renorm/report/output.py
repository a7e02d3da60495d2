"""Send one mime bundle to the notebook; print its plain text where there is no notebook."""

import numpy as np

_GLUE = "application/papermill.record/"


def emit(bundle: dict, metadata: dict | None = None) -> None:
    """Display ``bundle``, a mapping from mime type to data that has a ``text/plain`` entry.

    Example:
        >>> emit({"text/plain": "hello", "text/html": "<b>hello</b>"})
        hello
    """
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import display

    if InteractiveShell.initialized():
        display(bundle, raw=True, metadata=metadata or {})
    else:
        print(bundle["text/plain"])


def glue(key: str, value: float | int | bool | str) -> None:
    """Keep ``value`` under ``key``, for prose to quote as ``{glue:text}`key:.3f```.

    The output is that of ``myst_nb.glue(key, value, display=False)``, made without importing MyST-NB.

    Args:
        key: the chapter's name, a dash, and words: unique in the book.
        value: a number or a string.

    Raises:
        ValueError: if ``value`` is neither, or not finite.

    Example:
        >>> glue("free-probability-edge", np.float64(2.0))
        free-probability-edge = 2.0
    """
    text = repr(value if isinstance(value, str) else number(value, "value"))
    emit(
        {f"{_GLUE}text/plain": text, "text/plain": f"{key} = {text}"},
        {"scrapbook": {"name": key, "mime_prefix": _GLUE}},
    )


def number(value: object, name: str) -> bool | int | float:
    """``value`` as Python's own bool, int or float, whatever array library made the scalar.

    Raises:
        ValueError: naming the argument, if the value is of another type or not finite.

    Example:
        >>> number(np.float32(0.5), "measured")
        0.5
    """
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if not isinstance(value, (bool, int, float)):
        raise ValueError(
            f"{name} is {value!r} ({type(value).__name__}); allowed are a bool, an int, a float or a scalar "
            "array: reduce it to one number first"
        )
    if not np.isfinite(value):
        raise ValueError(
            f"{name} is {value!r}; it must be finite: record runs that diverge as a share of all"
        )
    return value
