"""Two further tasks for lesson 11: how old the error is, and whether a victory could be luck."""

import numpy as np
from scipy.stats import binomtest

from hlp_edu.course.teaching.bank import Item

LESSON = "11_tracking_the_unpredictable"


def error_by_age(dice):
    """The error of a record, by the time since the last jump."""
    kind = ["rms", "share", "absolute"][dice.integers(3)]
    words = {
        "rms": "the root mean square of the errors in it",
        "share": "its share of the sum of all squared errors from the first jump on (which older rows are in, too)",
        "absolute": "the mean of the absolute errors in it",
    }[kind]
    code = {
        "rms": "np.sqrt(np.mean(error[here] ** 2))",
        "share": "np.sum(error[here] ** 2) / np.sum(error[begun] ** 2)",
        "absolute": "np.mean(np.abs(error[here]))",
    }[kind]

    def aged(t, error, jumps, edges, before=False, first=False, hair=1e-6, kind=kind):
        bins, whole = [[] for _ in edges[1:]], 0.0
        for now, e in zip(t, error, strict=True):
            past = [jump for jump in jumps if jump <= now + hair]
            if not past and not before:
                continue
            whole += e**2
            age = now - (min(past) if first else max(past)) if past else now - t[0]
            for k, (low, high) in enumerate(zip(edges, edges[1:], strict=False)):
                if low <= age + hair and age + hair < high:
                    bins[k].append(e)
        values = {
            "rms": lambda some: np.sqrt(np.mean(np.square(some))),
            "share": lambda some: np.sum(np.square(some)) / whole,
            "absolute": lambda some: np.mean(np.abs(some)),
        }
        return np.array([values[kind](some) if some else 0.0 for some in bins])

    def records(dice):
        for span in (6.0, 9.0):
            t = 0.37 + np.arange(0, span, 0.01)
            jumps = t[np.sort(dice.choice(np.arange(60, len(t) - 40, 45), 3, replace=False))]
            yield (
                t,
                dice.normal(size=len(t)) + 2 * np.sin(t),
                jumps + dice.choice([-1e-9, 0, 1e-9], 3),
                np.array([0.0, 0.1, 0.3, 1.0, 9.5]),
            )

    return Item(
        title="How old is the error?",
        points=3,
        minutes=20,
        text=r"""
Most of the error of a policy sits right after the jumps. Show it: `t` and `error` are a record, `jumps` the times of
the jumps, in order, and a row at the time of a jump shows the new target already (times may be a hair early: a row
belongs to a jump from `t >= jump - 1e-6` on). The **age** of a row is the time since the last jump; rows before the
first jump have none and do not count.

`edges` are ages, from 0 on. Return one number for each pair of neighbouring edges, for the rows with
`edges[k] <= age < edges[k + 1]` (again a hair early, by 1e-6): @words@. Where there is no such row, 0.""",
        answer='''
def error_by_age(t, error, jumps, edges):
    """One number for each stretch of ages."""
    ### BEGIN SOLUTION
    last = np.searchsorted(jumps - 1e-6, t, side="right") - 1
    begun = last >= 0
    age = np.where(begun, t - jumps[last], -1.0) + 1e-6
    found = []
    for low, high in zip(edges[:-1], edges[1:]):
        here = begun & (age >= low) & (age < high)
        found.append(@code@ if here.any() else 0.0)
    return np.array(found)
    ### END SOLUTION''',
        words=dict(words=words, code=code),
        example="np.arange(8) / 10, np.arange(8.0), np.array([0.2, 0.5]), np.array([0.0, 0.1, 0.25])",
        inputs=records,
        expected=aged,
        mistakes={
            "rows before the first jump are counted": lambda right, *given: aged(*given, before=True),
            "the age is the time since the first jump, not since the last one": lambda right, *given: aged(
                *given, first=True
            ),
            "another measure of the errors is asked for": lambda right, *given: aged(
                *given, kind="absolute" if kind == "rms" else "rms"
            ),
            "it is the square of what is asked for": lambda right, *given: right**2,
            "rows of all ages are in every entry": lambda right, t, error, jumps, edges: np.full(
                len(edges) - 1, aged(t, error, jumps, [0.0, 1e9])[0]
            ),
        },
        moral="A single number for a run hides that the error is young.",
    )


def fluke(dice):
    """The probability that a coin does as well."""
    sides = int(dice.choice([1, 2]))
    least = int(dice.choice([0, 1]))
    margin = 0.0 if not least else float(dice.choice([0.01, 0.02]))
    words = (
        "at least as many wins for **the first**"
        if sides == 1
        else "a result at least as one-sided **in either direction**"
    )

    def outcome(a, b, margin=margin, drop=True, swap=False):
        wins = losses = ties = 0
        for one, two in zip(a, b, strict=True):
            if one == two or abs(one - two) <= margin:
                ties += 1
            elif (one < two) != swap:
                wins += 1
            else:
                losses += 1
        return wins, losses + (0 if drop else ties)

    one_sided = sides == 1

    def tested(a, b, sides=sides, more=0, **others):
        wins, losses = outcome(a, b, **others)
        n = wins + losses
        if n == 0:
            return 1.0
        kind = "greater" if sides == 1 else "two-sided"
        extreme = wins if sides == 1 and one_sided else max(wins, losses)
        return float(binomtest(extreme + more, n, 0.5, alternative=kind).pvalue) if extreme + more <= n else 0.0

    def contests(dice):
        for n in (10, 12, 7, 20):
            a, b = dice.uniform(0.05, 0.3, (2, n))
            a *= dice.uniform(0.8, 1.1)
            a[1], b[1] = np.inf, np.inf
            b[2] = np.inf
            b[3] = a[3]
            b[4], b[5] = a[4] + 0.005, a[5] / 2
            yield a, b

    return Item(
        title="Could it be luck?",
        points=2,
        minutes=20,
        text=r"""
In a contest as in the lesson, `a` and `b` hold the errors of two policies, one entry for each signal; a run that
diverged has the error `inf`. The smaller error wins; @tie@, and ties are left out.

Suppose that the policies are equally good, so that each signal is decided by a fair coin. Return the probability of
@words@ as what was found. (If nothing but ties is left, 1.)""",
        answer='''
def fluke(a, b):
    """The probability that a fair coin gives such a result."""
    ### BEGIN SOLUTION
    from math import comb

    decided = [(one, two) for one, two in zip(a, b) if one != two and not abs(one - two) <= @margin@]
    n, wins = len(decided), sum(one < two for one, two in decided)
    if @sides@ == 2:
        wins = max(wins, n - wins)
    tail = sum(comb(n, k) for k in range(wins, n + 1)) / 2**n
    return min(1.0, @sides@ * tail)
    ### END SOLUTION''',
        words=dict(
            words=words,
            sides=sides,
            margin=f"{margin:g}",
            tie="errors that are equal, or two diverged runs, are a tie"
            if not margin
            else f"errors that differ by at most {margin:g}, or two diverged runs, are a tie",
        ),
        example="np.array([0.1, 0.1, 0.1, 0.3, 0.1]), np.array([0.2, 0.2, 0.2, 0.1, 0.2])",
        inputs=contests,
        expected=tested,
        mistakes={
            "it looks at one direction, and both are asked for"
            if sides == 2
            else "it looks at both directions, and one is asked for": lambda right, *given: tested(
                *given, sides=3 - sides
            ),
            "ties are counted as lost": lambda right, *given: tested(*given, drop=False),
            "the result itself belongs to the tail: *at least* as many": lambda right, *given: tested(*given, more=1),
            "it is the other policy's probability": lambda right, *given: (
                tested(*given, swap=True, sides=1) if sides == 1 else 1 - right
            ),
            "two errors that are as good as equal are a tie"
            if margin
            else "errors that differ at all are no tie": lambda right, *given: tested(
                *given, margin=0.0 if margin else 0.01
            ),
        },
        moral="In one direction, nine of ten is 1 %, seven of ten is 17 %, and a picture of one signal is 50 %.",
    )


TASKS = [error_by_age, fluke]
