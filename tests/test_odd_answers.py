"""Every check, handed odd things: it never raises, never calls a thing correct that is not, and always ends.

HLP_EDU_ODD=all python -m pytest tests/test_odd_answers.py     all kinds of odd things, more than 200 a task
"""

import asyncio
import collections
import decimal
import enum
import fractions
import functools
import gc
import itertools
import os
import random
import sys
import threading
import time
import unittest.mock
import warnings
import weakref

import numpy as np
import pytest
import scipy.sparse

import hlp_edu as hlp
from hlp_edu import checks
from hlp_edu.checks import patience

TASKS = [(lesson, task) for lesson, module in checks.lessons().items() for task in checks.tasks_of(module)]
EVERY = 12  # by default each task is handed every twelfth thing, others for the next task


class Touchy:
    """An object that raises whatever is done with it."""

    def __getattribute__(self, name):
        raise RuntimeError("do not touch")

    def __call__(self, *args):
        raise SystemError("do not call")

    def __array__(self, *args, **kw):
        raise KeyError("no array")

    def __repr__(self):
        raise RecursionError("no words")

    def __bool__(self):
        raise ArithmeticError("neither")

    def __len__(self):
        return -1

    def __iter__(self):
        raise OSError("no parts")


def loop():
    chain = []
    chain.append(chain)
    return chain


VALUES = [
    0, -1, 1, 2, 10**400, -(10**400), 0.5, -0.0, 1e308, 1e-308, np.nan, np.inf, -np.inf, 1j, complex("nan"), True,
    "", "no", "0.5", b"bytes", [], (), {}, set(), frozenset({1}), range(3), slice(1), [[1], [1, 2]], [None], [..., 1],
    {"x": 1}, {1: {2: {3: ...}}}, object(), type, int, len, print, NotImplemented, Exception, ValueError("v"),
    iter([1]),
    (k for k in range(3)), loop(), Touchy(), np.array([]), np.zeros((0, 3)), np.zeros((2, 2, 2, 2)), np.ones(1000),
    np.array([np.nan] * 3), np.array(["a"]), np.array([1, None], dtype=object), np.array(1 + 1j), np.float32(0.25),
    np.int8(3), np.bool_(False), np.datetime64("2020"), np.ma.masked_array([1, 2], [True, False]), np.eye(30),
    np.array([10**400], dtype=object), memoryview(b"ab"), lambda: 1, random, os, "x" * 10**5, 3 + 0j,
]  # fmt: skip


def returning(value):
    return lambda *given, **named: value


def raising(error):
    def raises(*given):
        raise error

    return raises


def prints(*given):
    print("x" * 10**5)
    return 0.0


def mutates(*given):
    for part in given:
        if isinstance(part, np.ndarray) and part.size and part.flags.writeable:
            part[...] = 7
        elif isinstance(part, (list, dict)):
            part.clear()
    return 0.0


def recurses(*given):
    return recurses(*given)


def gives_first(*given):
    return given[0]


def gives_itself(*given):
    return gives_itself


def at_random(*given):
    return np.random.default_rng().normal(size=3)


def never_ends(*given):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pass


def a_generator(*given):
    yield 1.0


async def a_coroutine(*given):
    return 1.0


class Caller:
    def __call__(self, *given):
        return given


class Agrees:
    """Whatever it is compared with, and whatever is done with it, it gives way: no bound is ever passed."""

    def gives_way(self, *given):
        return self

    def no(self, *given):
        return False

    def __float__(self):
        return 0.0

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = gives_way
    __neg__ = __abs__ = __pow__ = __getitem__ = gives_way
    __lt__ = __gt__ = __le__ = __ge__ = __ne__ = no


class Yes(str):
    """A text that is equal to all others."""

    __hash__ = str.__hash__

    def strip(self, *given):
        return self

    lower = strip

    def __eq__(self, other):
        return True


class Near(float):
    """A number that is near to all others."""

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__

    def __le__(self, other):
        return True


class Bends(np.ndarray):
    """An array whose differences are zero."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kw):
        return np.zeros(self.shape)


class Endless:
    """A sequence of a length that no memory holds."""

    def __len__(self):
        return 10**15

    def __getitem__(self, k):
        return 1.0


class Mirror:
    def __array__(self, *args, **kw):
        return self


class Colour(enum.Enum):
    RED = 1


class Method:
    def of(self, *given):
        return 1.0

    @staticmethod
    def static(*given):
        return given

    @classmethod
    def of_class(cls, *given):
        return cls


class Unsigned:
    """A function that does not tell its arguments, and has no name."""

    __signature__ = "none"

    def __call__(self, *given):
        raise ValueError(given)

    @property
    def __name__(self):
        raise LookupError("no name")


class Broken(Exception):
    def __str__(self):
        raise ValueError("cannot say")


class Leaves(BaseException):
    """No Exception: what catches those alone lets it through."""


def closes_what_it_prints_to(*given):
    sys.stdout.close()
    return 1.0


def prints_elsewhere(*given):
    sys.stdout = sys.stderr
    print("elsewhere")
    return 1.0


def prints_half_a_letter(*given):
    print("\ud800", end="\r")
    return 1.0


def prints_what_cannot_be_shown(*given):
    print(Touchy())


def asks_for_a_key(*given):
    return float(input("a number, please: "))


def warns(*given):
    warnings.warn("odd", stacklevel=1)
    raise DeprecationWarning("odder")


def makes_numpy_strict(*given):
    np.seterr(all="raise")
    return np.float64(1) / 0


def seeds_all_dice(*given):
    np.random.seed(0)
    random.seed(0)
    return np.random.normal(size=3)


def moves_house(*given):
    os.chdir("/")
    return 1.0


def stops_watching(*given):
    sys.setprofile(None)
    sys.settrace(None)
    return hlp.energy.__name__


def stops_cleaning(*given):
    gc.disable()
    return gc.get_objects()[:3]


def leaves_threads(*given):
    threading.Thread(target=time.sleep, args=(0.05,), daemon=True).start()
    return threading.current_thread()


def empties_what_it_gets(*given):
    for part in given:
        getattr(part, "__dict__", {}).clear()
    return 1.0


def reads_its_caller(*given):
    return sys._getframe(1).f_locals


def gives_a_view(*given):
    return np.asarray(given[0])[..., None][..., 0] if given else ()


def is_slow(*given):
    time.sleep(0.002)
    return 0.0


def ping(*given):
    return pong(*given)


def pong(*given):
    return ping(*given)


def leaves_the_loop(*given):
    return asyncio.run(a_coroutine(*given))


def raises_two(*given):
    raise ExceptionGroup("two", [ValueError(1), TypeError(2)])


def raises_from_another(*given):
    try:
        raise KeyError("first")
    except KeyError as error:
        raise RuntimeError("second") from error


def raises_no_error(*given):
    raise given


def for_ever():
    while True:
        yield 1.0


def deep():
    nest = 1.0
    for _ in range(3000):
        nest = [nest]
    return nest


@functools.lru_cache
def cached(*given):
    return 1.0


@functools.wraps(prints)
def wrapped(*given):
    return (given,)


def dead():
    return weakref.proxy(type("Short", (), {})())


ERRORS = [ValueError("x" * 10**4), KeyError(), MemoryError(), RecursionError(), SystemExit(3), GeneratorExit(),
          StopIteration(), AssertionError(), ZeroDivisionError(), UnicodeDecodeError("utf-8", b"a", 0, 1, "odd"),
          OSError(5, "odd"), Exception(Touchy), EOFError(), ImportError("no")]  # fmt: skip
FUNCTIONS = [returning(value) for value in VALUES] + [raising(error) for error in ERRORS]
FUNCTIONS += [prints, mutates, recurses, gives_first, gives_itself, at_random, a_generator, Caller(), Caller]
FUNCTIONS += [lambda: 1.0, lambda a: a, lambda a, b: (a, b), lambda a, b, c: c, lambda a, b, c, d, e, f, g: a,
              lambda *, named: named, lambda *given: np.zeros(len(given)), lambda *given: [np.ones(3)] * 3,
              lambda *given: {"a": given}, lambda *given: np.inf * np.ones(3), lambda *given: iter(given),
              lambda *given: "a", lambda *given: (), lambda *given: [[]], lambda *given: None]  # fmt: skip
FUNCTIONS += [returning(np.full(shape, number)) for shape in [(1,), (1, 1), (2,), (5,), (30,), (5, 5), (0,)]
              for number in (0.0, 1.0, -1e300, np.nan)]  # fmt: skip
NET = hlp.fully_connected(2)
PROBLEM = hlp.Tracking(NET, hlp.constant(0.5))
MORE = [
    Agrees(), Yes("x"), Near(1), np.zeros(3).view(Bends), Endless(), Mirror(), Colour.RED, Colour,
    fractions.Fraction(1, 3), decimal.Decimal("0.1"), np.longdouble(1) / 3, np.float16(2), np.uint8(255),
    np.zeros(3, [("a", float)]), scipy.sparse.eye(3), np.broadcast_to(1.0, (10**6,)), np.zeros((3, 0, 2)),
    np.array([[], []]), np.zeros(2, "m8[s]"), np.arange(3)[::-1], np.asfortranarray(np.eye(4))[::2],
    np.nan * np.eye(2), np.array([1e308, 1e308]), "nan", "\ud800", bytearray(b"1"), np.array(["correct", "not yet"]),
    collections.OrderedDict(a=1), collections.deque([1]), collections.namedtuple("Pair", "a b")(1, 2),
    itertools.count(), for_ever(), deep(), dead(), unittest.mock.MagicMock(), unittest.mock.Mock(),
    np.random.default_rng(0), np.dtype(float), np.poly1d([1, 2]), NET, PROBLEM, hlp.Flipped(30, 5), hlp.Policy,
    hlp.run(PROBLEM, hlp.Frozen(), T=0.1), hlp.sinusoid(), hlp, TASKS[0][1], checks.Outcome("correct"), warnings,
    sys.stdout, (lambda: (yield)), property(len), Method, super, [print] * 3, {...: ...}, (1, ...), [[[]]],
]  # fmt: skip
DOES = [
    closes_what_it_prints_to, prints_elsewhere, prints_half_a_letter, prints_what_cannot_be_shown, asks_for_a_key,
    warns, makes_numpy_strict, seeds_all_dice, moves_house, stops_watching, stops_cleaning, leaves_threads,
    empties_what_it_gets, reads_its_caller, gives_a_view, is_slow, ping, leaves_the_loop, raises_two,
    raises_from_another, raises_no_error, raising(Broken()), raising(Leaves()), cached, wrapped, Method().of,
    Method.static, Method.of_class, Unsigned(), functools.partial(max, 1), np.sin, np.dot,
    np.vectorize(lambda *given: 1.0), max, sum, isinstance, eval, sorted, exit, vars, object.__new__, "".join,
    unittest.mock.MagicMock(return_value=0.5), unittest.mock.Mock(side_effect=OSError),
    lambda given, /: given, lambda *, only: only, lambda a, b=1, *c, d=2, **e: a,
]  # fmt: skip
ODD = VALUES + FUNCTIONS + MORE + [returning(value) for value in MORE[:11]] + DOES


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    """Set back what odd functions change for all."""
    monkeypatch.chdir(os.getcwd())
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    strict, state = np.geterr(), np.random.get_state()
    yield
    np.seterr(**strict)
    np.random.set_state(state)
    gc.enable()


def odd(k):
    """The odd things for task number k."""
    return ODD if os.environ.get("HLP_EDU_ODD") == "all" else list(itertools.islice(ODD, k % EVERY, None, EVERY))


def is_right(task, thing):
    """Whether an odd thing happens to be right: a plain value, equal to the expected one."""
    plain = not callable(thing) and type(thing).__module__ != __name__
    return isinstance(task, checks.Value) and task.expected is not None and plain


@pytest.mark.parametrize("lesson, task", TASKS, ids=lambda it: getattr(it, "name", it))
def test_no_odd_thing_breaks_a_check(lesson, task, monkeypatch, capsys):
    monkeypatch.setattr(patience, "MOST", 40.0)
    k = [one for _, one in TASKS].index(task)
    for thing in odd(k):
        begun = time.perf_counter()
        outcome = task.check(thing)
        assert outcome.status in ("not yet", "not attempted") or is_right(task, thing), (thing, outcome)
        assert len(str(outcome)) < 3000 and len(outcome._repr_html_()) < 9000
        assert time.perf_counter() - begun < 60
    assert len(capsys.readouterr().out) < 10**5


@pytest.mark.parametrize("task", [task for _, task in TASKS if isinstance(task, checks.Function)][::7],
                         ids=lambda it: it.name)  # fmt: skip
def test_what_never_ends_is_given_up(task, monkeypatch):
    monkeypatch.setattr(patience, "MOST", 0.3)
    begun = time.perf_counter()
    outcome = task.check(never_ends)
    assert outcome.status == "not yet" and "too long" in outcome.reason
    assert time.perf_counter() - begun < 30 and task.failed is not None
