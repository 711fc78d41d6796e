"""Compile with numba where it is installed; the same code runs, slower, where it is not."""

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
_NAMES = "compiled tanh laws prospective kernel blocks switching".split()
SOURCES = hashlib.sha256(b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in _NAMES)).hexdigest()


def named(function):
    """The function under a name that has the hash of all sources.

    numba keeps machine code on disk under the function's name, file and line, but looks not at the functions that it
    calls: without the hash, an edit of laws.py would go unnoticed.
    """
    function.__qualname__ = f"{function.__name__}-{SOURCES[:12]}"
    return function


def compiled(function):
    """Compile a loop over numbers and arrays, and keep the machine code on disk."""
    return function if numba is None else numba.njit(cache=True, **OPTIONS)(named(function))


def inlined(function):
    """Compile a loop into those that call it: a call would count the references to every array, at 8 ns each."""
    return function if numba is None else numba.njit(inline="always", **OPTIONS)(function)


@compiled
def four(rows, k):
    """The first four numbers of a row; compiled code cannot unpack it."""
    return rows[k, 0], rows[k, 1], rows[k, 2], rows[k, 3]
