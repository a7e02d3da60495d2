"""Finite networks, trained: the JAX wing, which measures what :mod:`renorm.theory` predicts.

Submodules load on first use; importing this package alone does not import JAX.
"""

from importlib import import_module

_NAMES = {
    "Parametrization": "parametrization",
    "MLP": "models",
    "CNN": "models",
    "ResNet": "models",
    "Transformer": "transformer",
    "Recipe": "train",
    "State": "train",
    "sweep": "grid",
    "coordinate_check": "checks",
    "transfer_check": "checks",
}
_MODULES = (
    "checks",
    "consistency",
    "data",
    "downloads",
    "grid",
    "kernels",
    "landmarks",
    "linear",
    "models",
    "numerics",
    "parametrization",
    "sharpness",
    "train",
    "transformer",
    "whiten",
)

__all__ = [*_NAMES, *_MODULES]


def __getattr__(name):
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__():
    return sorted(__all__)
