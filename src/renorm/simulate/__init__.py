"""Monte-Carlo twins of :mod:`renorm.theory`: sampled matrices and designs, and exact linear algebra on them.

Submodules load on first use.
"""

from importlib import import_module

_MODULES = ("bartlett", "correlated_ridge", "estimates", "kernel_ridge", "ridge", "sample")

__all__ = list(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__():
    return sorted(__all__)
