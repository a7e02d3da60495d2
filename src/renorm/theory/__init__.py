"""Deterministic equivalents in closed form: NumPy and SciPy, float64, never JAX.

Submodules load on first use, so importing one formula loads that formula only.
"""

from importlib import import_module

_MODULES = (
    "correlated",
    "cross_validation",
    "density",
    "one_weight",
    "renormalize",
    "ridge_regression",
    "scaling",
    "sensitivity",
    "shift",
    "sphere",
    "stationary",
    "transforms",
)

__all__ = ["Spectrum", *_MODULES]


def __getattr__(name):
    if name == "Spectrum":
        return import_module(f"{__name__}.spectrum").Spectrum
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__():
    return sorted(__all__)
