"""A sign rule on its way into the loop in time: it is checked, tried once in plain Python, and compiled."""

import dis
import functools
import inspect
import itertools

import numpy as np

from hlp_edu.compiled import named, numba
from hlp_edu.validate import require
from hlp_edu.words import shown

ARGUMENTS = "(t, H, p_x, p_w, H_x, H_w, s_x, s_w)"
IN_PLACE = "fill the signs in place, as in s_w[:] = -1"
NOT_PLAIN = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def checked(rule):
    """The rule, if it is a function of the right arguments; what numba compiled is compiled again, by us."""
    rule = getattr(rule, "py_func", rule)
    plain = inspect.isfunction(rule) and not rule.__code__.co_flags & NOT_PLAIN
    require(plain, f"rule = {shown(rule)}: must be a plain function of {ARGUMENTS}")
    signature = inspect.signature(rule)
    require(len(signature.parameters) == 8, f"rule {rule.__name__}{signature}: must take {ARGUMENTS}")
    return rule


def rehearse(rule, sign, neurons, arcs):
    """Try a rule once, uncompiled, which shows what goes wrong in it."""
    dice, sizes, untouched = np.random.default_rng(0), (neurons, arcs), 0.5 * sign
    costates, gradients = ([dice.standard_normal(size) for size in sizes] for _ in range(2))
    signs = [np.full(size, untouched) for size in sizes]
    try:
        with np.errstate(all="ignore"):
            answer = rule(0.0, 1.0, *costates, *gradients, *signs)
    except Exception as error:
        arrays = f"arrays of {neurons} neurons and {arcs} arcs"
        raise ValueError(f"rule {rule.__name__}: fails on {arrays}: {error!r}") from error
    require(answer is None, f"rule {rule.__name__}: returns {shown(answer)}; it must {IN_PLACE}, and return nothing")
    for name, now in zip(list(inspect.signature(rule).parameters)[6:8], signs, strict=True):
        lost = (now == untouched).all() and name in _rebound(rule)
        require(not lost, f"rule {rule.__name__}: gives the name {name} to another array; it must {IN_PLACE}")


def _rebound(rule):
    """The names that a rule gives to other arrays; ``s_w *= -1`` leaves the name where it is."""
    names = set()
    for before, step in itertools.pairwise(dis.get_instructions(rule)):
        in_place = before.opname == "BINARY_OP" and before.argrepr.endswith("=")
        if step.opname.startswith("STORE_FAST") and not in_place:
            found = step.argval if isinstance(step.argval, tuple) else (step.argval,)  # Python 3.13 stores two at once
            names.update(found[:1] if step.opname.endswith("LOAD_FAST") else found)
    return names


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


def refuse(policy, t):
    """A ValueError about a rule that failed during a run."""
    raise ValueError(f"policy = {policy!r}: at t = {t:g} its rule fails, or sets a sign that is not from -1 to 1")


@functools.cache
def compiled_rule(rule, outside=None):
    """Compile a sign rule to one fixed signature, so that the loop in time is compiled only once.

    The indices of a rule of one's own are checked. Where it fails, or sets a sign that is not from -1 to 1, the first
    sign of the neurons becomes nan, and stays so.

    ``outside``: the values that a rule of one's own reads, since compiled code keeps them; it takes eight arguments.
    None for a rule of the library, which takes a ninth, ``values``, and whose code is kept on disk. A rule that cannot
    be compiled raises a ValueError with the compiler's words.
    """
    if outside is not None:
        inner = rule if numba is None else numba.njit(error_model="numpy", boundscheck=True)(rule)

        def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values):
            if s_x[0] == s_x[0]:
                try:
                    inner(t, H, p_x, p_w, H_x, H_w, s_x, s_w)
                except Exception:
                    s_x[0] = np.nan
            for signs in (s_x, s_w):
                for k in range(signs.size):
                    if not abs(signs[k]) <= 1:
                        s_x[0] = np.nan

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
