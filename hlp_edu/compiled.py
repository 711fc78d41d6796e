"""Compile the laws with numba where it is installed; the same code runs, slower, where it is not."""

import contextlib
import functools
import hashlib
import pathlib
import threading

try:
    import numba
except ImportError:
    numba = None

# A sum may be re-ordered and a product fused into it, so that several arcs are done in one
# instruction. Nothing else of "fast math" is allowed: nan and inf keep their meaning.
_fastmath = {"reassoc", "contract"}


@functools.cache
def _shelf():
    # numba looks for changes in the file of a function, not in those of the functions that are
    # compiled into it. So machine code is kept under a name made from all files that have a part.
    here = pathlib.Path(__file__).parent
    sources = (here / f"{name}.py" for name in ("compiled", "laws", "arcs", "policies", "flow"))
    text = b"".join(source.read_bytes() for source in sources if source.exists())
    base = pathlib.Path(numba.config.CACHE_DIR or here / "__pycache__")
    return str(base / f"laws-{hashlib.sha256(text).hexdigest()[:12]}")


_one_at_a_time = threading.RLock()  # the setting below is everybody's, and runs compile in threads


@contextlib.contextmanager
def _kept_on_the_shelf():
    with _one_at_a_time:
        before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, _shelf()
        try:
            yield
        finally:
            numba.config.CACHE_DIR = before


def compiled(function, **options):
    """Compile ``function``, a loop over numbers and arrays; keep the machine code on disk.

    Parameters
    ----------
    function : callable
        Plain Python that numba understands.
    **options
        For numba: see `in_place`, `inside`.

    Returns
    -------
    callable
        The compiled function, or ``function`` itself where numba is missing.
    """
    if numba is None:
        return function
    with _kept_on_the_shelf():
        return numba.njit(cache=True, nogil=True, fastmath=_fastmath, error_model="numpy", **options)(function)


# numba counts who holds an array, with an atomic addition whenever one is handed over: five neurons spend a fifth
# of their time on that. A function that makes no arrays need not count.
_uncounted = {} if numba is None or not hasattr(numba.core.options.DefaultOptions, "_nrt") else {"_nrt": False}


def in_place(function):
    """Compile ``function``, which makes no arrays: it works on those that it is given.

    Parameters
    ----------
    function : callable
        As in `compiled`.

    Returns
    -------
    callable
        As `compiled`.
    """
    return compiled(function, **_uncounted)


def inside(function):
    """Compile ``function`` into whatever calls it: for what is asked once an arc, or takes many arrays.

    An array is handed over as seven numbers, twenty of them as 140: for five neurons that is as long as
    the look of all arcs itself. It makes no arrays either.

    Parameters
    ----------
    function : callable
        As in `compiled`.

    Returns
    -------
    callable
        As `compiled`.
    """
    return compiled(function, forceinline=True, **_uncounted)


def _signature():
    number, vector = numba.float64, numba.float64[::1]
    return numba.void(number, number, *[vector] * 7)


def compiled_rule(rule, keep=False):
    """Compile a sign rule to one fixed signature, so that the loop in time is compiled only once.

    Parameters
    ----------
    rule : callable
        ``rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values)``: two numbers and seven arrays.
    keep : bool
        Keep the machine code on disk (for rules that live in a file).

    Returns
    -------
    callable
        A function that compiled code may call, or ``rule`` itself where numba is missing.

    Raises
    ------
    ValueError
        If numba cannot compile the rule; the message says what it stumbled over.
    """
    if numba is None:
        return rule
    try:
        with _kept_on_the_shelf():
            return numba.cfunc(_signature(), cache=keep, error_model="numpy")(rule)
    except numba.core.errors.NumbaError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ValueError(
            "rule: could not be compiled. A rule may use numbers, arrays, loops and conditions, and fills "
            f"s_x and s_w in place. The compiler says: {' / '.join(lines[:4])}"
        ) from error


@functools.cache
def student_rule(rule, outside=()):
    """Compile a rule of eight arguments (no ``values``), once for each function and its surroundings.

    Parameters
    ----------
    rule : callable
        ``rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w)``.
    outside : tuple
        The values from outside that it reads: other values, another compilation.

    Returns
    -------
    callable
        As `compiled_rule`.

    Raises
    ------
    ValueError
        As `compiled_rule`.
    """
    inner = rule if numba is None else numba.njit(error_model="numpy")(rule)

    def with_values(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values):
        inner(t, H, p_x, p_w, H_x, H_w, s_x, s_w)

    return compiled_rule(with_values)


@functools.cache
def built_in_rule(rule):
    """Compile one of the library's rules, once for each process; its code is kept on disk.

    Parameters
    ----------
    rule : callable
        As in `compiled_rule`.

    Returns
    -------
    callable
        As `compiled_rule`.
    """
    return compiled_rule(rule, keep=True)
