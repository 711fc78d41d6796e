"""The tasks of lesson 11: what an honest comparison on unpredictable signals needs."""

import functools
import math

import numpy as np

from hlp_edu.checks.core import Function, sealed
from hlp_edu.checks.draws import dice

__all__ = ["luck", "blindness", "settling", "contest", "surprise"]

LESSON = "11_tracking_the_unpredictable"
AFTER = 20 / 3  # the first third of a run of 20 is left out, as in the lesson


def _setting():
    from hlp_edu.compare import sets, tracking_problem

    return sets(), tracking_problem


# ---------------------------------------------------------------------------------------- 1: by luck alone


def _met(rng):
    """Errors of two policies on the same signals: without ties, with equal errors, with lost runs, ties alone."""
    for n, tied, lost in ((10, 0, 0), (int(rng.integers(6, 21)), 2, 0), (int(rng.integers(8, 21)), 1, 3), (3, 3, 0)):
        a, b = rng.uniform(0.1, 0.2, (2, n))
        b[:tied] = a[:tied]
        a[tied : tied + lost], b[tied + 1 : tied + lost + 1] = np.inf, np.inf  # the second and third lost run are a tie
        order = rng.permutation(n)
        yield a[order], b[order]


def _by_a_coin(a, b, ties="out", lost=True):
    """The tail of the binomial distribution, by scipy."""
    from scipy.stats import binom

    if not lost:
        a, b = (some[np.isfinite(a) & np.isfinite(b)] for some in (a, b))
    wins = np.count_nonzero(a < b) + (np.count_nonzero(a == b) if ties == "won" else 0)
    n = len(a) if ties != "out" else np.count_nonzero(a != b)
    return float(binom.sf(wins - 1, n, 0.5))


def _toss(how):
    def value(right, a, b):
        return how(np.count_nonzero(a < b), np.count_nonzero(a != b))

    return value


luck = Function(
    LESSON,
    "luck",
    "By luck alone",
    points=1,
    inputs=_met,
    expected=_by_a_coin,
    mistakes={
        "that is the probability of just so many wins; *at least* so many includes all above": _toss(
            lambda wins, n: math.comb(n, wins) / 2**n
        ),
        "that is the probability of more wins; *at least* so many includes just so many": _toss(
            lambda wins, n: sum(math.comb(n, k) for k in range(wins + 1, n + 1)) / 2**n
        ),
        "it counts the second policy's wins: the smaller error wins": lambda right, a, b: _by_a_coin(b, a),
        "equal errors are no win": lambda right, a, b: _by_a_coin(a, b, ties="won"),
        "a signal without a winner is left out; it counts as lost here": (
            lambda right, a, b: _by_a_coin(a, b, ties="lost")
        ),
        "it leaves out every run that diverged; where only one of two did, the other has won": (
            lambda right, a, b: _by_a_coin(a, b, lost=False)
        ),
        "that is the probability that *one of the two* wins so often; the first is asked about": (
            lambda right, a, b: min(1.0, 2 * right)
        ),
        "all wins at once have the probability 1/2 to that power; at least so many is more": _toss(
            lambda wins, n: 0.5**wins
        ),
    },
    hints=[
        "Count two numbers: the wins of the first, and the signals that have a winner.",
        "Then add up the probabilities of k heads in n tosses, from k = wins to k = n.",
        "`wins, n = int((a < b).sum()), int((a != b).sum())`, and `sum(math.comb(n, k) for k in range(wins, n + 1)) / "
        "2**n`.",
    ],
    moral="Nine of ten happen by luck once in a hundred times, seven of ten once in six.",
)


# ------------------------------------------------------------------------------- 2: what blindness costs


def _priced_signals(rng):
    """Rows as `study("optimality").rows` has them, in any order, and what some policy paid for each signal."""
    for count in (7, 8):
        best = 10 ** rng.uniform(0, 1.5, count)
        planned = best * rng.uniform(1.5, 4, count)
        paid = best + (planned - best) * rng.uniform(1.2, 6, count)
        rows = [
            dict(signal="patched", seed=seed, method=method, cost=float(cost), rmse=0.1)
            for method, costs in (("optimum", best), ("mpc", planned))
            for seed, cost in enumerate(costs)
        ]
        for seed in range(5):
            rows += [
                dict(signal="sinusoid", seed=seed, method=m, cost=c, rmse=0.1) for m, c in (("optimum", 2), ("mpc", 90))
            ]
        rows += [
            dict(signal="patched", seed=seed, method="prospective flow", cost=float(1.1 * cost), rmse=0.1)
            for seed, cost in enumerate(planned)
        ]
        rng.shuffle(rows)
        known = rng.permutation(count)[:7]  # in the second case one signal of the rows was never tried
        yield rows, {seed: float(paid[seed]) for seed in known.tolist()}


def _columns(rows, paid):
    """Costs of the optimum, the planner and the policy, signal by signal."""
    cost = {(row["signal"], row["method"], row["seed"]): row["cost"] for row in rows}
    columns = [[cost["patched", method, seed] for seed in paid] for method in ("optimum", "mpc")]
    return np.array([*columns, list(paid.values())])


def _price_of_blindness(rows, paid):
    best, planned, policy = _columns(rows, paid)
    excess, whole = planned / best - 1, policy / best - 1
    return np.median(planned / best), np.median(excess / whole)


def _blind(ratio=None, fraction=None):
    """A mistake in one of the two numbers: a function of the three columns of costs, the other one being right."""

    def value(right, rows, paid):
        columns = _columns(rows, paid)
        return right[0] if ratio is None else ratio(*columns), right[1] if fraction is None else fraction(*columns)

    return value


def _first_number(blindness):
    """The same mistakes in the ratio alone, whatever the fraction is."""
    rows, paid = next(_priced_signals(dice(2)))
    best, planned, _ = _columns(rows, paid)
    answer = blindness(rows, paid)
    got, right = float(np.asarray(answer[0])), np.median(planned / best)
    seen_as = {
        "the ratio is upside down: the planner's cost belongs above the line": np.median(best / planned),
        "the ratio of two medians compares two different signals: divide signal by signal, then take the median": (
            np.median(planned) / np.median(best)
        ),
        "the ratio is the mean over the signals; take the median": np.mean(planned / best),
        "the ratio counts the sine wave too: take only rows whose signal is 'patched'": (
            np.median(np.concatenate([planned / best, np.full(5, 45.0)]))
        ),
    }
    if abs(got - right) > 1e-6 * right:
        for words, wrong in seen_as.items():
            if abs(got - wrong) < 1e-6 * wrong:
                return words
        return (
            f"the ratio is {got:.4g} where {right:.4g} is right. The rows come in any order, and a sine wave has "
            "seeds, too: take the rows whose signal is 'patched', and pair optimum and mpc by their seed"
        )


blindness = Function(
    LESSON,
    "blindness",
    "What it costs not to see the future",
    points=2,
    inputs=_priced_signals,
    expected=_price_of_blindness,
    mistakes={
        "the fraction compares whole costs: take the optimum away from both, only what lies above it is excess": _blind(
            fraction=lambda best, planned, paid: np.median(planned / paid)
        ),
        "that is the fraction that a planner would save; the fraction that even the planner pays is the rest": _blind(
            fraction=lambda best, planned, paid: 1 - np.median((planned - best) / (paid - best))
        ),
        "the fraction is upside down: the planner's excess belongs above the line": _blind(
            fraction=lambda best, planned, paid: np.median((paid - best) / (planned - best))
        ),
        "the fraction is made of medians: work it out signal by signal, then take the median": _blind(
            fraction=lambda best, planned, paid: (
                (np.median(planned) - np.median(best)) / (np.median(paid) - np.median(best))
            )
        ),
        "the fraction is the mean over the signals; take the median": _blind(
            fraction=lambda best, planned, paid: np.mean((planned - best) / (paid - best))
        ),
    },
    properties=[_first_number],
    hints=[
        "First make a dict from (method, seed) to cost, of the patched rows alone; then go through the seeds of "
        "`paid`.",
        "For each signal: ratio = mpc / optimum, and fraction = (mpc - optimum) / (policy - optimum).",
        '`cost = {(row["method"], row["seed"]): row["cost"] for row in rows if row["signal"] == "patched"}`; '
        "collect ratios and fractions in two lists, and return the `np.median` of each.",
    ],
    moral="Nearly half of what gradient flow pays above the optimum, a planner without foresight pays as well.",
)


# ---------------------------------------------------------------------------------- 3: time to settle


def _made_record(rng, dt):
    """An error that comes into the band, leaves it, and stays from a known row on; after one jump it never does.

    The times are a hair early at jumps; just before the error comes to stay, it grazes the band.
    """
    lengths = rng.integers(20, 40, 6)
    first = np.cumsum(lengths)[:-1]  # rows of the jumps
    t = dt * np.arange(lengths.sum())
    jumps = t[first] + 1e-9
    error = 0.2 * rng.uniform(-0.1, 0.1, len(t))
    visits, stays, never = rng.integers(2, 5, 5), rng.integers(7, 15, 5), int(rng.integers(1, 4))
    for k, (start, end) in enumerate(zip(first, np.append(first[1:], len(t)), strict=True)):
        side = (-1) ** k
        error[start : start + visits[k]] = 0.6 * side
        error[start + visits[k] + 1 : start + stays[k]] = -0.3 * side
        error[start + stays[k]] = 0.1 * side  # on the edge is in the band
        if k == never:
            error[start + stays[k] : end] = 0.11 * side
    return t, error, jumps, dt * stays, dt * visits, never


def _settles(settling):
    rng = dice(3)
    for dt in (0.01, 0.05, 0.1):
        t, error, jumps, stays, visits, never = _made_record(rng, dt)
        got = np.asarray(settling(t, error, jumps, 0.1), float)
        if got.shape == (4,):
            return (
                "it gives four times for five jumps: after the last jump, too, there is a stretch, up to the end of "
                "the record"
            )
        if got.shape != (5,):
            return f"it gives the shape {got.shape} for five jumps: (5,) is asked for, a time for each"
        calm = np.arange(5) != never
        ends = np.append(jumps[1:], np.inf)
        stretches = [(t >= jump - 1e-6) & (t < end - 1e-6) for jump, end in zip(jumps, ends, strict=True)]
        seen_as = {
            "these are times on the clock: count from the jump": stays + jumps,
            "these are numbers of rows: a row is `t[1] - t[0]` long": stays / dt,
            "that is when the error first enters the band. It leaves it again, the output shoots past: from when on "
            "does it *stay*?": visits,
            "an error of -0.3 lies outside a band of 0.1 as well: take the absolute value": [
                dt * (np.flatnonzero(np.append(True, error[rows] > 0.1))[-1]) for rows in stretches
            ],
            "that is the last row outside the band; the first of those that stay inside is one row later": stays - dt,
            "an error of just the band's width counts as outside; `at most` the band is inside": stays + dt,
        }
        for words, value in seen_as.items():
            if np.allclose(got[calm], np.asarray(value)[calm], atol=1e-5):
                return words
        for k in np.flatnonzero(calm & ~(np.abs(got - stays) < 1e-5)):
            if np.isnan(got[k]):
                return (
                    "it gives nan after a jump although the error settles there. The row at the time of the next "
                    "jump, which may be a hair early, shows the new target already: end the stretch before it"
                )
            return (
                f"after the jump at t = {jumps[k]:.2f} it gives {got[k]:.4f}, and the error stays in the band from "
                f"{stays[k]:.4f} on"
            )
        if not np.isnan(got[never]):
            return (
                "after one of the jumps the error never comes to stay before the next: nan is asked for there, it "
                f"gives {got[never]:.2f}"
            )


settling = Function(
    LESSON,
    "settling",
    "How long until it settles?",
    points=2,
    properties=[_settles],
    hints=[
        "Go from jump to jump. The stretch of a jump are the rows from its time up to, but without, the time of the "
        "next.",
        "In a stretch, find the *last* row outside the band. The error stays inside from the row after it; if there "
        "is no "
        "row after it, the answer is nan; if no row is outside, it is 0.",
        "`rows = (t >= start - 1e-6) & (t < end - 1e-6)`, then `outside = np.flatnonzero(abs(error[rows]) > band)` and "
        "`first = outside[-1] + 1 if len(outside) else 0`. For the last jump `end = np.inf`.",
    ],
    moral="An RMSE mixes lag and inexactness; this number is the lag alone.",
)


# ------------------------------------------------------------------------------------- 4: a fair contest


@functools.cache
def _one_error(name, seed, after):
    import hlp_edu as hlp

    policies, tracking_problem = _setting()
    return hlp.run(tracking_problem("patched", seed), policies[name], T=20, dt=2e-3, seed=seed).rmse(after)


def _errors(policy, seeds, after=AFTER):
    """RMSE of one of the lesson's policies on the patched signals."""
    name = next(name for name, one in _setting()[0].items() if repr(one) == repr(policy))
    return np.array([_one_error(name, seed, after) for seed in seeds])


def _verdict(errors, middle=np.median, wins=np.less):
    a, b = errors
    return tuple((middle(e), e.min(), e.max()) for e in errors) + (float(wins(a, b).sum()),)


def _pairs(rng):
    policies = _setting()[0]
    one, other = rng.permutation(["damped flip", "per-arc signs, damped", "Hamiltonian servo"])[:2]
    yield policies[one], policies[other], np.sort(rng.choice(100, size=3, replace=False))


def _fair(a, b, seeds):
    return _verdict([_errors(policy, seeds) for policy in (a, b)])


def _unfair(middle=np.median, wins=np.less, **how):
    return lambda right, a, b, seeds: _verdict([_errors(policy, seeds, **how) for policy in (a, b)], middle, wins)


def _in_order(right, a, b, seeds):
    return tuple(sorted(right[0])), tuple(sorted(right[1])), right[2]


def _own_signals_and_starts(contest):
    """With held weights the errors tell both the signal and the start."""
    import hlp_edu as hlp

    flow, seeds = _setting()[0]["gradient flow"], dice(4).choice(100, size=3, replace=False)
    (_, least, greatest), _, wins = contest(flow, flow, seeds)
    if greatest - least < 0.01 * greatest:
        return "all runs follow the same signal: the seed belongs into `tracking_problem` as well as into `run`"
    if float(wins):
        return f"a policy against itself wins on {float(wins):g} of 3 signals: equal errors are no win"
    problem_of = _setting()[1]
    held = [hlp.run(problem_of("patched", s), hlp.Frozen(), T=20, dt=2e-3, seed=s).rmse(AFTER) for s in seeds]
    if not np.allclose(contest(hlp.Frozen(), flow, seeds)[0][1:], (min(held), max(held)), rtol=1e-3):
        return (
            "with `hlp.Frozen()` its errors are not those of the starts asked for: the seed belongs into `run` as "
            "well as into `tracking_problem`"
        )


def _lost_runs(contest):
    import hlp_edu as hlp

    flow, seeds = _setting()[0]["gradient flow"], dice(4).choice(100, size=2, replace=False)
    lost, _, wins = contest(hlp.Canonical(), flow, seeds)
    if not np.isinf(np.asarray(lost, float)).all() or float(wins) != 0:
        return (
            "it hides runs that diverge: all runs of the canonical policy do, so its median, minimum and maximum are "
            f"inf and it wins nothing; it gives {lost} and {wins}"
        )


contest = Function(
    LESSON,
    "contest",
    "A fair contest",
    points=2,
    inputs=_pairs,
    expected=_fair,
    tolerance=2e-3,
    mistakes={
        "it counts the second policy's wins: the smaller error wins": _unfair(wins=np.greater),
        "it reports the best seed, which is no fair summary; the first number is the median": _unfair(middle=np.min),
        "the first number is the mean: one run that diverges would make it infinite, so take the median": _unfair(
            middle=np.mean
        ),
        "its errors count the start too: leave out the first third of each run": _unfair(after=None),
        "the three numbers of each policy are in another order: median, minimum, maximum": _in_order,
    },
    properties=[_own_signals_and_starts, _lost_runs],
    hints=[
        "Write a small function inside yours: the errors of one policy, an array with one number for each seed.",
        '`hlp.run(tracking_problem("patched", seed), policy, T=20, dt=2e-3, seed=seed).rmse(after=20 / 3)`.',
        "With a and b the two arrays: `(np.median(a), a.min(), a.max())`, the same for b, and `(a < b).sum()`.",
    ],
    moral="Median and spread say how good a policy is; the count of wins says how sure that is.",
)


# ------------------------------------------------------------------------ 5: a signal of your own (open)

EASY = 0.2  # gradient flow has about 0.13 on the lesson's signals


def _is_a_signal(surprise):
    import hlp_edu as hlp

    t, seen, constant, again = np.arange(0, 100, 0.002), [], [], dice(6)
    for seed in _seeds(10):
        z = surprise(seed)
        if not callable(z):
            return f"`surprise({seed})` must return a function of an array of times"
        try:
            values = np.asarray(z(t), float)
        except Exception as error:
            return f"the signal of seed {seed} raised {type(error).__name__} for times from 0 to 100: {error}"
        if values.shape != t.shape:
            return f"the signal gives the shape {values.shape} for {len(t)} times: one value for each time"
        if not np.isfinite(values).all():
            return "the signal is not finite everywhere from t = 0 to 100"
        if not np.allclose(np.asarray(z(t[::-1]), float)[::-1], values) or not np.allclose(
            z(t[7000:7100]), values[7000:7100]
        ):
            return (
                "asked again for the same times, it says something else. Draw all pieces when `surprise(seed)` is "
                "called; the function that it returns only reads them"
            )
        if any(not np.allclose(np.asarray(surprise(seed)(t), float), values) for _ in range(int(again.integers(1, 4)))):
            return "two calls with the same seed give two signals: draw everything from `np.random.default_rng(seed)`"
        if any(np.allclose(values, other) for other in seen):
            return "two seeds give the same signal: the seed belongs into `np.random.default_rng(seed)`"
        if np.allclose(values, hlp.patchwork(seed)(t)):
            return "this is the signal of the lesson: make one of your own"
        seen.append(values)
        words, fraction = _pieces(t, values)
        if words:
            return words
        constant.append(fraction)
    if abs(np.mean(constant) - 0.5) > 0.12:  # four standard deviations, of about 400 pieces
        return f"{np.mean(constant):.0%} of the time it is constant: a coin is to decide between constant and cosine"


def _seeds(count):
    return [int(seed) for seed in dice(5).choice(10**6, size=count, replace=False)]


def _pieces(t, values):
    """What is wrong with the pieces of a signal, and the fraction of the time in which it is constant."""
    if np.abs(values).max() > 0.8 + 1e-9:
        return f"it goes up to {np.abs(values).max():.2f}: |z| is to stay within 0.8", None
    steps = np.abs(np.diff(values))
    joins = 1 + np.flatnonzero(steps > 0.008)  # a cosine of 4 radians per time unit moves by 0.0064 in this time
    if len(joins) < 25:
        return f"it jumps {len(joins)} times in 100 time units; pieces of 1 to 3 make about 50 jumps", None
    gaps = np.diff(t[joins], prepend=0)
    if gaps.min() < 0.99:
        if gaps.min() < 0.01:
            return (
                f"near t = {t[joins][gaps.argmin()]:.2f} it moves by more than 0.008 in each of several steps of "
                "0.002, and between jumps that is too fast: a cosine has at most 4 radians per time unit",
                None,
            )
        return f"two jumps are {gaps.min():.2f} apart: a piece lasts at least 1 time unit", None
    if gaps.max() > 9.1:  # once in a while a jump is too small to be seen, or two
        return f"for {gaps.max():.1f} time units it does not jump: a piece lasts at most 3", None
    if np.quantile(gaps, 0.8) > 3.05:
        return f"more than one piece in five is longer than 3 time units, the longest {gaps.max():.1f}", None
    if np.std(gaps) < 0.05:
        return "all pieces last equally long, so the next jump is no surprise: draw their lengths at random", None
    return _kinds(values, joins), np.mean(steps < 1e-9)


def _kinds(values, joins):
    """What is wrong with the shapes of the pieces: a cosine obeys z(t + h) + z(t - h) = 2 cos(k h) z(t)."""
    odd, pieces, every = 0, np.split(values, joins), 50
    for piece in pieces:
        both, there = piece[2 * every :] + piece[: -2 * every], piece[every:-every]
        factor = (both @ there) / (there @ there) if there.any() else 2.0
        rate = np.arccos(np.clip(factor / 2, -1, 1)) / (0.002 * every)
        fits = np.abs(both - factor * there).max(initial=0) < 1e-3
        if fits and rate > 4.02:
            return f"one of its cosines has {rate:.2f} radians per time unit: at most 4"
        odd += not fits or (rate < 1e-3 and np.ptp(piece) > 5e-3)  # a ramp has no rate
    if odd > 0.25 * len(pieces):  # a jump too small to be seen makes one odd piece of two
        return f"{odd} of its {len(pieces)} pieces are neither a constant nor a cosine around 0"
    return None


def _is_hard(surprise):
    import hlp_edu as hlp

    policies, tracking_problem = _setting()
    found = [
        hlp.run(
            tracking_problem("sinusoid").replace(target=surprise(seed)),
            policies["gradient flow"],
            T=20,
            dt=0.01,
            seed=seed,
        )
        for seed in _seeds(5)
    ]
    error = np.median([result.rmse(AFTER) for result in found])
    if error < EASY:
        return (
            f"it is too easy: gradient flow follows it with a median RMSE of {error:.3f}, and at least {EASY} is "
            "asked for. What is expensive are jumps, and the far ones most"
        )


surprise = Function(
    LESSON,
    "surprise",
    "A signal of your own (open)",
    points=3,
    properties=[_is_a_signal, _is_hard],
    hints=[
        "Draw everything for a hundred pieces first: lengths, kinds, heights, rates. Then define `z(t)`, which finds "
        "for every time its piece, and return `z`. `ends = np.cumsum(lengths)`; the pieces of an array of times are "
        "`np.searchsorted(ends, t, side='right')`.",
        "`height[piece] * np.cos(rate[piece] * (t - starts[piece]))` serves both kinds: a constant has rate 0.",
        "The error sits right after the jumps, and grows with them. A jump from near 0.8 to near -0.8 is the largest "
        "that the rules allow; shorter pieces make more of them.",
    ],
    moral="The choice of the signal decides the result: so an honest comparison says how its signals were drawn.",
)

sealed(globals())
