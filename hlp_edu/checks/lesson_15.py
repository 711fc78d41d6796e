"""The tasks of lesson 15: a comparison that a sceptic accepts, and work for hidden neurons."""

import numpy as np

from hlp_edu.checks.core import Function, negated, sealed
from hlp_edu.checks.draws import dice

__all__ = ["slope", "better", "chosen", "reach", "work"]

LESSON = "15_a_fair_fight"


# -------------------------------------------------------------------------------- 1: as 1/c, or not?


def _errors_by_speed(rng):
    """Powers of any kind, in any order; at slow speeds the limit is not reached."""
    for power in rng.uniform(0.4, 2.2, 3):
        n, least = int(rng.integers(9, 15)), float(rng.choice([50.0, 100.0, 200.0]))
        c = np.append(10 ** rng.uniform(2.4, 5, n - 3), [1.0, 3.0, least])
        error = rng.uniform(1, 5) * (c + 20.0) ** -power * np.exp(0.05 * rng.normal(size=n))
        order = rng.permutation(n)
        yield c[order], error[order], least


def _steepness(c, error, least, log=np.log):
    """The slope of the regression line: covariance over variance."""
    x, y = log(c[c >= least]), log(error[c >= least])
    return ((x - x.mean()) * (y - y.mean())).mean() / x.var()


def _half_log(right, c, error, least):
    x, y = np.log(c[c >= least]), error[c >= least]
    return np.polyfit(x, y, 1)[0]


def _two_points(right, c, error, least):
    x, y = np.log(c[c >= least]), np.log(error[c >= least])
    return (y[np.argmax(x)] - y[np.argmin(x)]) / np.ptp(x)


slope = Function(
    LESSON,
    "slope",
    "As 1/c, or not?",
    points=1,
    inputs=_errors_by_speed,
    expected=_steepness,
    mistakes={
        "the sign is wrong: an error that falls as 1/c has the slope -1": negated,
        "the slow speeds are in it: the limit is not reached there, so leave out c below `least`": (
            lambda right, c, error, least: _steepness(c, error, 0)
        ),
        "it leaves out the speed `least` itself, and *from* `least` on means that it counts": (
            lambda right, c, error, least: _steepness(c, error, np.nextafter(least, np.inf))
        ),
        "that is the slope of the error itself; a power of c is a straight line in the *logarithms* of both": (
            lambda right, c, error, least: np.polyfit(c[c >= least], error[c >= least], 1)[0]
        ),
        "both need a logarithm, the error too": _half_log,
        "that is the intercept: `np.polyfit` gives the slope first": (
            lambda right, c, error, least: np.polyfit(np.log(c[c >= least]), np.log(error[c >= least]), 1)[1]
        ),
        "it uses the first and the last point alone: let all of them have a say": _two_points,
    },
    hints=[
        "If error = k / c, then log(error) = log(k) - log(c): a straight line of slope -1.",
        "`np.polyfit(x, y, 1)[0]` is the slope of the best straight line through the points (x, y).",
        "`far = c >= least`, then `np.polyfit(np.log(c[far]), np.log(error[far]), 1)[0]`.",
    ],
    moral="A slope is harder to argue with than a small number: it says what would happen at speeds that were not run.",
)


# ------------------------------------------------------------------------------------------ 2: better?

WORDS = ("better", "sometimes", "not better")


def _duels(rng):
    """Errors of two methods in some comparisons on ten seeds: clear, mixed, tied, with runs that diverged."""
    for rows in (4, int(rng.integers(5, 8))):
        theirs = rng.uniform(0.2, 0.3, (rows, 10))
        close, beaten = theirs - 0.01, np.s_[: rows - rows // 2 - 1]  # fewer than half are won
        nine, eight, mixed, lost, equal = (close.copy() for _ in range(5))
        seeds = rng.permutation(10)
        nine[:, seeds[0]] += 0.1
        eight[:, seeds[:2]] += 0.1
        mixed[: rows // 2] += 0.1  # half of them are won, or one more
        lost[:, seeds[:2]] = np.inf
        equal[:, seeds[2:4]] = theirs[:, seeds[2:4]]
        broken = theirs.copy()
        broken[:, seeds[4]] = np.inf
        spoilt = nine.copy()
        spoilt[:, seeds[4]] = np.inf
        one, few = close + 0.1, close + 0.1
        one[int(rng.integers(rows))] -= 0.1
        few[beaten] -= 0.1
        lucky = close + 0.005
        lucky[:, seeds[:7]] -= 0.1
        lucky[:, seeds[7:]] += 0.02
        cases = (
            (close, theirs), (nine, theirs), (eight, theirs), (mixed, theirs), (lost, theirs), (equal, theirs),
            (nine, broken), (spoilt, broken), (one, theirs), (few, theirs), (lucky, theirs), (close + 0.1, theirs),
        )  # fmt: skip
        order = rng.permutation(rows)
        yield from ((cases[k][0][order], cases[k][1][order]) for k in rng.permutation(len(cases)))


def _judged(ours, theirs, least=9, ties=False, finite=False, half=None, more=False):
    """The verdict from the number of seeds won in each comparison."""
    won = []
    for mine, other in zip(ours, theirs, strict=True):
        pairs = [(m, o) for m, o in zip(mine, other, strict=True) if not finite or np.isfinite([m, o]).all()]
        won.append(sum(m < o or (ties and m == o) for m, o in pairs) >= least)
    enough = sum(won) >= (len(won) / 2 if half is None else half) and not (more and 2 * sum(won) == len(won))
    return WORDS[0 if all(won) else 1 if enough else 2]


def _by_medians(right, ours, theirs):
    won = np.median(ours, axis=1) < np.median(theirs, axis=1)
    return WORDS[0 if won.all() else 1 if 2 * won.sum() >= len(won) else 2]


better = Function(
    LESSON,
    "better",
    "Better, says who?",
    points=2,
    inputs=_duels,
    expected=_judged,
    mistakes={
        "it leaves out the seeds on which a run diverged; if the rival diverges and ours does not, that is a win": (
            lambda right, ours, theirs: _judged(ours, theirs, finite=True)
        ),
        "equal errors are no win": lambda right, ours, theirs: _judged(ours, theirs, ties=True),
        "it asks for all ten seeds; nine of ten are enough": lambda right, ours, theirs: _judged(ours, theirs, 10),
        "eight seeds are enough for it; nine are asked for": lambda right, ours, theirs: _judged(ours, theirs, 8),
        "the majority of the seeds is enough for it; nine of ten are asked for": (
            lambda right, ours, theirs: _judged(ours, theirs, 6)
        ),
        "it compares medians; count the seeds on which each is ahead": _by_medians,
        "at least half of the comparisons are asked for, whatever their number; two are not always half": (
            lambda right, ours, theirs: _judged(ours, theirs, half=2)
        ),
        "just half of the comparisons is `sometimes` as well: at least half": (
            lambda right, ours, theirs: _judged(ours, theirs, more=True)
        ),
        "a single comparison that is won is enough for its sometimes; half of them are asked for": (
            lambda right, ours, theirs: (
                WORDS[1]
                if right == WORDS[2]
                and any(_judged(o[None], t[None]) == WORDS[0] for o, t in zip(ours, theirs, strict=True))
                else right
            )
        ),
    },
    hints=[
        "Count for each comparison on how many seeds our error is the smaller one; inf needs no special care.",
        "A comparison is won if `(ours < theirs).sum(axis=1) >= 9`; that is one True or False for each.",
        "All True: better. At least half of them: sometimes. Else: not better.",
    ],
    moral="Medians can differ by a hair, or by one lucky seed; nine of ten seeds are harder to get by luck.",
)


# ------------------------------------------------------------------------------- 3: tune without peeking


def _tables(rng):
    """Errors of settings by seeds in the practice and in the exam; some diverge, some look good only in the exam."""
    for k in range(4):
        settings = int(rng.integers(6, 10))
        good, exam_only, lucky, wild, *_ = rng.permutation(settings)
        practice = rng.uniform(0.3, 0.5, (settings, 3))
        exam = rng.uniform(0.3, 0.5, (settings, 10))
        practice[good] = 0.2 + 0.01 * rng.uniform(size=3)
        exam[good] = rng.uniform(0.22, 0.3, 10)
        exam[exam_only] = rng.uniform(0.1, 0.15, 10)  # best in the exam, and not to be known
        practice[lucky] = rng.permutation([0.05, 0.45, 0.46])
        practice[wild] = rng.permutation([0.1, np.inf, np.inf])
        if k % 2:
            exam[good, rng.permutation(10)[:2]] = np.inf
        yield practice, exam


def _report(practice, exam, choose=np.median, report=np.median, of="practice"):
    """The exam of the setting with the least error."""
    k = int(np.argmin(choose(practice if of == "practice" else exam, axis=1)))
    return float(report(exam[k]))


def _sane(some, axis=None):
    """The median of the runs that did not diverge."""
    return np.nanmedian(np.where(np.isfinite(some), some, np.nan), axis=axis)


chosen = Function(
    LESSON,
    "chosen",
    "Tune without peeking",
    points=2,
    inputs=_tables,
    expected=_report,
    mistakes={
        "it chooses the setting by the exam: that is peeking": (
            lambda right, practice, exam: _report(practice, exam, of="exam")
        ),
        "it reports the error in practice; what counts is the exam": (
            lambda right, practice, exam: float(np.min(np.median(practice, axis=1)))
        ),
        "it chooses by the luckiest seed; take the median": (
            lambda right, practice, exam: _report(practice, exam, choose=np.min)
        ),
        "it reports the best of the ten runs; report their median": (
            lambda right, practice, exam: _report(practice, exam, report=np.min)
        ),
        "it leaves out runs that diverged, and so chooses a setting that fails two times in three": (
            lambda right, practice, exam: _report(practice, exam, choose=_sane)
        ),
        "it reports over the runs that did not diverge; a diverged run has the error inf": (
            lambda right, practice, exam: _report(practice, exam, report=_sane)
        ),
    },
    hints=[
        "Two steps: choose a row of `practice`, then report the same row of `exam`. No other look at `exam`.",
        "A diverged run is the worst there is, and inf says so: leave it in; medians can take it.",
        "`k = np.argmin(np.median(practice, axis=1))`, then `np.median(exam[k])`.",
    ],
    moral="A score chosen by looking at the exam is partly luck. The price of not looking is a larger number.",
)


# --------------------------------------------------------------------------------------- 4: how far back?


def _delays(rng):
    """Errors by delay: learned up to somewhere, everywhere, nowhere, and a lucky one far out; just short of the bar."""
    for until, lucky in ((3, None), (9, None), (0, None), (2, 5), (1, 3), (4, None)):
        n = int(rng.integers(6, 9))
        delay, line = np.cumsum(rng.uniform(0.1, 0.3, n)), rng.uniform(0.2, 0.5) * np.linspace(0.6, 1, n)
        good, bad = (0.6, 0.7) if until == 4 else (0.4, 0.95)
        law = np.where(np.arange(n) < until, good, bad) * line
        if lucky is not None:
            law[lucky] = good * line[lucky]
        yield delay, law, line, float(rng.uniform(2, 9))


def _reach(delay, law, line, c, bar=2 / 3):
    """The last delay before the first failure, in reactions."""
    far = 0.0
    for d, mine, other in zip(delay, law, line, strict=True):
        if not mine < bar * other:
            break
        far = d
    return float(far * c)


def _farthest(right, delay, law, line, c):
    good = law < 2 / 3 * line
    return float(delay[good].max() * c) if good.any() else 0.0


reach = Function(
    LESSON,
    "reach",
    "How far back?",
    points=2,
    inputs=_delays,
    expected=_reach,
    mistakes={
        "it takes the farthest delay that works, even if a shorter one failed: stop at the first failure": _farthest,
        "that is a time; in reactions of a neuron it is the time multiplied by c": (
            lambda right, delay, law, line, c: _reach(delay, law, line, 1.0)
        ),
        "a reaction takes 1/c: multiply by c, do not divide": (
            lambda right, delay, law, line, c: _reach(delay, law, line, 1 / c)
        ),
        "it is enough for it to be below the line; below *two thirds* of the line is asked for": (
            lambda right, delay, law, line, c: _reach(delay, law, line, c, 1.0)
        ),
        "it asks for half of the line's error; two thirds are the bar": (
            lambda right, delay, law, line, c: _reach(delay, law, line, c, 0.5)
        ),
    },
    hints=[
        "Go through the delays from the shortest on, and stop where the law is not below 2/3 of the line.",
        "If the first one fails, the reach is 0.0. A success after a failure does not count.",
        "`good = law < 2 / 3 * line`; `n = len(good) if good.all() else np.argmin(good)`; `c * delay[n - 1]` if n.",
    ],
    moral="The law of lesson 15 reaches two reactions. One lucky delay farther out would be a rumour, not a reach.",
)


# --------------------------------------------------------------------- 5: work for hidden neurons (open)

NEEDED, OF_TEN, LARGEST = 0.2, 9, 0.8


def _alone(u, z):
    """The error of the best single neuron tanh(a u + b)."""
    from scipy.optimize import least_squares

    starts = ((1, 0), (-1, 0), (3, 0), (-3, 0), (0.1, -0.3), (2, 1), (2, -1), (-2, 1), (-2, -1))
    costs = [least_squares(lambda p: np.tanh(p[0] * u + p[1]) - z, start).cost for start in starts]
    return float(np.sqrt(2 * min(costs) / len(u)))


def _works(work):
    import hlp_edu as hlp
    from hlp_edu.studies import contest

    u = np.linspace(-1.2, 1.2, 401)
    z = np.asarray(work(u), float)
    if z.shape != u.shape:
        return f"it gives the shape {z.shape} for {len(u)} inputs: one value for each"
    if not np.isfinite(z).all():
        return "it is not finite for every input from -1.2 to 1.2"
    if np.abs(z).max() > LARGEST + 1e-9:
        return f"it goes up to {np.abs(z).max():.2f}; an output is a tanh, so stay within {LARGEST}"
    some = dice(5).permutation(len(u))[:300]
    if not np.allclose(work(u[some]), z[some]):
        return "asked for some of the inputs alone it says something else: the target must be a function of u"
    u = contest.input_at(contest.EXAM)
    z = np.asarray(work(u), float)
    alone = _alone(u, z)
    if alone < NEEDED:
        return (
            f"one neuron alone can do it with an error of {alone:.2f}: hidden neurons have no work yet. It must "
            f"fail by at least {NEEDED}"
        )
    problem = contest.task(r=1000).replace(target=lambda t: np.asarray(work(contest.input_at(t)), float))
    network, errors = contest.network_of("plain"), []
    for seed in range(10):
        run = hlp.run(problem, hlp.GradientFlow(3), 1000, dt=0.05, every=10**6, seed=seed)
        errors.append(np.sqrt(np.mean((contest.answers(network, run.final.w, u) - z) ** 2)))
    good = int((np.array(errors) < alone / 2).sum())
    if good < OF_TEN:
        return (
            f"one neuron fails by {alone:.2f}, so there is work, but the network learns it from {good} of ten starts "
            f"only (median error {np.median(errors):.2f}; half of {alone:.2f} is asked for): bend it less often"
        )


work = Function(
    LESSON,
    "work",
    "Work for hidden neurons (open)",
    points=3,
    properties=[_works],
    hints=[
        "One neuron is a single S: it goes up, or down, once. What turns back is beyond it.",
        "The inputs lie between -1.2 and 1.2. One turn is easy to learn; five turns are not, in this time.",
        "Try waves, `0.6 * np.cos(k * u)`, with k between 1 and 5, and look at what the check says.",
    ],
    moral="Between what one neuron can do and what eight learn in time there is a band, and you have found it.",
)

sealed(globals())
