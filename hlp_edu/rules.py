"""A sign rule on its way into the loop in time: it is checked, tried once in plain Python, and compiled."""

import functools
import inspect

import numpy as np

from hlp_edu.compiled import named, numba
from hlp_edu.validate import require
from hlp_edu.words import shown

ARGUMENTS = "(t, H, p_x, p_w, H_x, H_w, s_x, s_w)"


def checked(rule):
    """The rule, if it is a function of the right arguments; what numba compiled is compiled again, by us."""
    rule = getattr(rule, "py_func", rule)
    require(inspect.isfunction(rule), f"rule = {shown(rule)}: must be a function of {ARGUMENTS}")
    signature = inspect.signature(rule)
    require(len(signature.parameters) == 8, f"rule {rule.__name__}{signature}: must take {ARGUMENTS}")
    return rule


def rehearse(rule, sign, neurons, arcs):
    """Try a rule once, uncompiled, which shows what goes wrong in it."""
    dice, sizes = np.random.default_rng(0), (neurons, arcs)
    costates, gradients = ([dice.standard_normal(size) for size in sizes] for _ in range(2))
    signs = [np.full(size, sign) for size in sizes]
    try:
        with np.errstate(all="ignore"):
            rule(0.0, 1.0, *costates, *gradients, *signs)
    except Exception as error:
        arrays = f"arrays of {neurons} neurons and {arcs} arcs"
        raise ValueError(f"rule {rule.__name__}: fails on {arrays}: {error!r}") from error


def surroundings(function, known=()):
    """The outside values that a rule reads: compiled code keeps them, so they are part of what is looked up."""
    seen = inspect.getclosurevars(function)
    for name, value in sorted((seen.globals | seen.nonlocals).items()):
        value = getattr(value, "py_func", value)
        if inspect.isfunction(value) and value not in known:
            yield name, value
            yield from surroundings(value, (*known, function))
        elif isinstance(value, np.ndarray):
            yield name, value.dtype.str, value.shape, value.tobytes()
        else:
            yield name, repr(value)


@functools.cache
def compiled_rule(rule, outside=None):
    """Compile a sign rule to one fixed signature, so that the loop in time is compiled only once.

    ``outside``: the values that a rule of one's own reads, since compiled code keeps them; it takes eight arguments.
    None for a rule of the library, which takes a ninth, ``values``, and whose code is kept on disk. A rule that cannot
    be compiled raises a ValueError with the compiler's words.
    """
    if outside is not None:
        inner = rule if numba is None else numba.njit(error_model="numpy")(rule)

        def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values):
            inner(t, H, p_x, p_w, H_x, H_w, s_x, s_w)

    if numba is None:
        return rule
    number, vector = numba.float64, numba.float64[::1]
    signature = numba.void(number, number, *[vector] * 7)
    try:
        return numba.cfunc(signature, cache=outside is None, error_model="numpy")(named(rule))
    except numba.core.errors.NumbaError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        allowed = "numbers, arrays, loops and conditions, and fills s_x and s_w in place"
        words = f"rule: could not be compiled. A rule may use {allowed}. The compiler says: {' / '.join(lines[:4])}"
        raise ValueError(words) from error
