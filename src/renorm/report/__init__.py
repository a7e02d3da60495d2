"""What a chapter needs beside its mathematics: a profile, figures in one style, and the ledger of claims.

    >>> from renorm import report
    >>> settings = report.settings("smoke", smoke=dict(draws=2), laptop=dict(draws=50, size=100))
    settings for profile smoke: draws = 2, size = 100
    >>> settings.draws
    2

Names load on first use, so importing this package imports neither matplotlib nor IPython nor PyYAML, and
nothing here imports JAX. What turns the measurements into the book's pages is :mod:`renorm.report.pages`.
"""

from importlib import import_module

_HOME = {
    "settings": "profile",
    "figure": "style",
    "points": "style",
    "COLOURS": "style",
    "show": "style",
    "glue": "output",
    "ledger": "record",
    "Ledger": "record",
    "evidence": "recorded",
    "mean_and_error": "draws",
    "surely_positive": "draws",
}

__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__():
    return sorted(__all__)
