"""Argument checks that every formula shares: one wording for what went wrong and what to do about it."""

import numpy as np


def require(ok: object, name: str, value: object, allowed: str, remedy: str) -> None:
    """Raise the house's ``ValueError`` where ``ok`` fails.

    Args:
        ok: what must hold, one truth value or one for each entry of ``value``.
        name: the argument's name.
        value: what the caller passed; of an array, the first offending entry is shown.
        allowed: what is allowed, in words.
        remedy: what the caller can do.

    Raises:
        ValueError: unless all of ``ok`` is true.

    Example:
        >>> require(False, "samples", -3, "a positive number", "Pass the number of rows.")
        Traceback (most recent call last):
        ...
        ValueError: samples = -3: allowed is a positive number. Pass the number of rows.
    """
    ok = np.asarray(ok)
    if ok.all():
        return
    value = np.asarray(value)
    shown = value[~ok].flat[0] if ok.shape == value.shape and value.ndim else value
    raise ValueError(f"{name} = {shown}: allowed is {allowed}. {remedy}")


def numbers(name: str, value: object, *, dtype: type = float) -> np.ndarray:
    """``value`` as a fresh array without NaN.

    Args:
        name: the argument's name.
        value: numbers of any shape.
        dtype: ``float`` or ``complex``.

    Raises:
        ValueError: when ``value`` is not numeric, or contains NaN.
    """
    try:
        array = np.array(value, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} = {value!r}: allowed is an array of {dtype.__name__} numbers. "
            "Pass numbers, all rows of one length."
        ) from error
    require(~np.isnan(array), name, array, "numbers without NaN", "Remove or repair the NaN entries.")
    return array


def positive(name: str, value: object, remedy: str) -> np.ndarray:
    """``value`` as an array of positive numbers, infinity included.

    Args:
        name: the argument's name.
        value: numbers of any shape.
        remedy: what the caller can do.

    Raises:
        ValueError: when an entry is zero, negative or NaN.
    """
    array = numbers(name, value)
    require(array > 0, name, array, "a positive number", remedy)
    return array
