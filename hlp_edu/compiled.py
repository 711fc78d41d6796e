"""Compile with numba where it is installed; the same code runs, slower, where it is not."""

import functools
import hashlib
from pathlib import Path

try:
    import numba
except ImportError:
    numba = None

# A sum may be re-ordered and a product fused into it, so that several arcs are done in one
# instruction. Nothing else of "fast math" is allowed: nan and inf keep their meaning.
OPTIONS = dict(nogil=True, fastmath={"reassoc", "contract"}, error_model="numpy")


# A hash of the files whose functions are compiled into one another.
_NAMES = "compiled tanh laws prospective kernel blocks policies".split()
_FILES = [Path(__file__).with_name(f"{name}.py") for name in _NAMES]
SOURCES = hashlib.sha256(b"".join(file.read_bytes() for file in _FILES if file.exists())).hexdigest()


def _named(function):
    """The function under a name that has the hash of all sources.

    numba keeps machine code on disk under the function's name, file and line, but looks not at the functions that it
    calls: without the hash, an edit of laws.py would go unnoticed.
    """
    function.__qualname__ = f"{function.__name__}-{SOURCES[:12]}"
    return function


def compiled(function):
    """Compile a loop over numbers and arrays, and keep the machine code on disk."""
    return function if numba is None else numba.njit(cache=True, **OPTIONS)(_named(function))


@compiled
def four(rows, k):
    """The first four numbers of a row; compiled code cannot unpack it."""
    return rows[k, 0], rows[k, 1], rows[k, 2], rows[k, 3]


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
        return numba.cfunc(signature, cache=outside is None, error_model="numpy")(_named(rule))
    except numba.core.errors.NumbaError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        allowed = "numbers, arrays, loops and conditions, and fills s_x and s_w in place"
        words = f"rule: could not be compiled. A rule may use {allowed}. The compiler says: {' / '.join(lines[:4])}"
        raise ValueError(words) from error
