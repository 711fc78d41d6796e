"""Checks of arguments. Every message names the argument, its value and what is allowed.

All of them take the argument's name and its value, return the value in the form that the code works with, and
raise a ValueError if it is not allowed.
"""

import contextlib
import math
import numbers
import operator

import numpy as np

from hlp_edu.words import shown


def require(holds, words):
    """Raise a ValueError with these words, unless something holds."""
    if not holds:
        raise ValueError(words)


def affordable(what, count, instead="at most 4 are allowed"):
    """Refuse ``what`` takes more memory than a laptop has: so many numbers."""
    require(8.0 * count <= 4e9, f"{what} would take {8.0 * count / 1e9:.1f} GB; {instead}")


def number(name, value, *, above=None, least=None, below=None, most=None):
    """A finite real number, as a float: above ``above``, at least ``least``, below ``below``, at most ``most``."""
    bounds = [(" above", above, operator.gt), (", at least", least, operator.ge)]
    bounds += [(", below", below, operator.lt), (", at most", most, operator.le)]
    bounds = [bound for bound in bounds if bound[1] is not None]
    real = isinstance(value, (numbers.Real, np.ndarray)) and not isinstance(value, (bool, np.ma.MaskedArray))
    found = math.nan
    if real and np.ndim(value) == 0 and getattr(value, "dtype", np.dtype(float)).kind in "iuf":
        with contextlib.suppress(OverflowError):  # one that is too large
            found = float(value)
    if not (math.isfinite(found) and all(holds(found, limit) for _, limit, holds in bounds)):
        allowed = "".join(f"{words} {limit}" for words, limit, _ in bounds)
        raise ValueError(f"{name} = {shown(value)}: must be a finite number{allowed}")
    return found


def whole(name, value, least=1, most=math.inf):
    """A whole number, at least ``least`` and at most ``most``, as an int."""
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iu":
        value = int(value)
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or not least <= value <= most:
        words = f" and at most {most}" if most < math.inf else ""
        raise ValueError(f"{name} = {shown(value)}: must be a whole number, at least {least}{words}")
    return int(value)


def one_of(name, value, allowed):
    """One of the ``allowed`` values."""
    allowed = list(allowed)
    if not any(value is one or (isinstance(value, type(one)) and value == one) for one in allowed):
        raise ValueError(f"{name} = {shown(value)}: must be one of {', '.join(map(repr, allowed))}")
    return value


def kind(name, value, types, example):
    """An object of one of the ``types``; ``example`` says in words what is expected."""
    if not isinstance(value, types):
        raise ValueError(f"{name} = {shown(value)}: must be {example}")
    return value


def sequence(name, value):
    """The entries of something that can be gone through, as a list."""
    try:
        return list(value)
    except TypeError:
        raise ValueError(f"{name} = {shown(value)}: must be a sequence, for example a list") from None


def numbers_of(name, value, what="numbers"):
    """Real numbers in any arrangement, as a new float64 array; ``what`` says in words what is expected."""
    try:
        found = np.asarray(value)
        if found.dtype.kind not in "biufO" or np.ma.is_masked(value):  # no text, no complex numbers, no dates
            raise TypeError
        return np.array(found, dtype=np.float64)
    except Exception:  # rows of different lengths, objects, numbers that are too large
        raise ValueError(f"{name} = {shown(value)}: must be {what}") from None


def finite(name, value, what="numbers"):
    """Finite numbers in any arrangement, as a new float64 array."""
    array = numbers_of(name, value, what)
    for place in np.argwhere(~np.isfinite(array))[:1]:
        index = ", ".join(map(str, place))
        raise ValueError(f"{name}[{index}] = {array[tuple(place)]}: every entry must be a finite number")
    return array


def vector(name, value, size, what):
    """``size`` finite numbers, one for each ``what``, as a new float64 array of shape (size,)."""
    array = numbers_of(name, value, f"{size} numbers, one per {what}")
    require(array.shape == (size,), f"{name} has shape {array.shape}: must be ({size},), one number per {what}")
    return finite(name, array)
