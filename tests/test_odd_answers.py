"""Every check, handed odd things: it never raises, never calls a thing correct that is not, and always ends.

HLP_EDU_ODD=all python -m pytest tests/test_odd_answers.py     all kinds of odd things, about 200 a task
"""

import itertools
import os
import random
import time

import numpy as np
import pytest

from hlp_edu import checks
from hlp_edu.checks import patience

TASKS = [(lesson, task) for lesson, module in checks.lessons().items() for task in checks.tasks_of(module)]
EVERY = 8  # by default each task is handed every eighth thing, others for the next task


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
ODD = VALUES + FUNCTIONS


def odd(k):
    """The odd things for task number k."""
    return ODD if os.environ.get("HLP_EDU_ODD") == "all" else list(itertools.islice(ODD, k % EVERY, None, EVERY))


def is_right(task, thing):
    """Whether an odd thing happens to be right: a plain value, equal to the expected one."""
    return isinstance(task, checks.Value) and task.expected is not None and not callable(thing)


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
