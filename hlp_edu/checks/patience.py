"""Patience with a learner's code: say that a check takes long, and end what does not end by itself."""

import contextlib
import functools
import signal
import sys
import threading

from hlp_edu.bars import shows_progress

__all__ = []  # for the checks alone

SOON, MOST = 8, 90  # seconds until a check says that it takes long, and until it gives up


class TooLong(BaseException):
    """The time is up. No Exception, so that ``except Exception`` in a learner's code lets it through."""


@contextlib.contextmanager
def patience():
    """Say after SOON seconds that this takes long; raise `TooLong` after MOST, where the system can do that."""
    words = f"still checking; it gives up after {MOST:g} s, and Kernel > Interrupt (Ctrl-C) stops it at once"
    say = functools.partial(print, file=sys.stdout)  # not into what is kept of the learner's own output
    timer = threading.Timer(SOON, say if shows_progress() else len, [words])
    timer.daemon = True
    ours = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    ours = ours and signal.getsignal(signal.SIGALRM) in (signal.SIG_DFL, None)  # an alarm that is set is left alone

    def ring(*_):
        raise TooLong

    timer.start()
    if ours:
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, MOST, 1.0)  # again every second, should code swallow it
    try:
        yield
    finally:
        timer.cancel()
        if ours:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
