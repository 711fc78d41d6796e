"""What an answer does while it is called: which functions of the library it calls, how many lines it runs, its memory.

A task that says "without the library", "one sweep" or "in little memory" looks here, not at a stop-watch.
"""

import contextlib
import sys
import tracemalloc

__all__ = []  # for the checks alone

# Instruments and targets are handed out by the checks themselves.
FREE = ("hlp_edu.checks", "hlp_edu.signals", "hlp_edu.targets")
NOT_COUNTED = sys.stdlib_module_names | {"hlp_edu", "numpy", "scipy"}


@contextlib.contextmanager
def library(allowed=None):
    """Collect, in a list, the names of the library's functions that are called from outside it, but for ``allowed``.

    With None, the default, everything is allowed, and nothing is watched.
    """
    used = []

    def note(frame, event, argument):
        if event == "call" and _ours(frame) and not (frame.f_back and _inside(frame.f_back)):
            name = frame.f_code.co_qualname.removesuffix(".__init__")
            importing = name.split(".")[-1].startswith(("<module>", "__"))
            if name not in allowed and name not in used and not importing:
                used.append(name)

    before = sys.getprofile()
    if allowed is not None:
        sys.setprofile(note)
    try:
        yield used
    finally:
        sys.setprofile(before)


def _package(frame):
    return frame.f_globals.get("__name__", "").split(".")[0]


def _inside(frame):
    return _package(frame) == "hlp_edu"


def _ours(frame):
    name = frame.f_globals.get("__name__", "")
    return _inside(frame) and not name.startswith(FREE)


def lines(call, *given):
    """What a call returns, and how many lines of Python it ran, but for those of libraries.

    A measure that no load of the machine disturbs.
    """
    count = 0

    def each(frame, event, argument):
        nonlocal count
        count += event == "line"
        return each

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: None if _package(frame) in NOT_COUNTED else each)
    try:
        got = call(*given)
    finally:
        sys.settrace(before)
    return got, count


def memory(call, *given):
    """What a call returns, and how many bytes more than before it held at most."""
    running = tracemalloc.is_tracing()
    if not running:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        got = call(*given)
        return got, tracemalloc.get_traced_memory()[1] - before
    finally:
        if not running:
            tracemalloc.stop()
