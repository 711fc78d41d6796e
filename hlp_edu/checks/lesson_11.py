"""The tasks of lesson 11: what an honest comparison on unpredictable signals needs."""

import numpy as np

from hlp_edu.checks.core import Function

__all__ = ["blindness", "settling", "contest", "freeze", "surprise"]

LESSON = "11_tracking_the_unpredictable"
AFTER = 20 / 3  # the first third of a run of 20 is left out, as in the lesson


def _setting():
    from hlp_edu.compare import sets, tracking_problem

    return sets(), tracking_problem


# ------------------------------------------------------------------------------- 1: what blindness costs


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
    rows, paid = next(_priced_signals(np.random.default_rng(7)))
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


# ---------------------------------------------------------------------------------- 2: time to settle


def _made_record(rng, dt=0.01):
    """An error that comes into the band, leaves it, and stays from a known time on; after one jump it never does."""
    jumps = np.cumsum(np.round(rng.uniform(1, 2, 5), 1))
    t = dt * np.arange(round((jumps[-1] + 1.5) / dt) + 1)
    error = 0.02 * rng.uniform(-1, 1, len(t))
    stays, visits, never = rng.uniform(0.3, 0.7, 5), rng.uniform(0.1, 0.2, 5), int(rng.integers(1, 4))
    for k, (start, end) in enumerate(zip(jumps, np.append(jumps[1:], np.inf), strict=True)):
        stretch, since, side = (t >= start - 1e-6) & (t < end - 1e-6), t - start, (-1) ** k
        error[stretch & (since < visits[k])] = 0.6 * side
        error[stretch & (since >= visits[k] + 0.1) & (since < stays[k])] = -0.3 * side
        if k == never:
            error[stretch & (since >= stays[k])] = 0.11 * side
    return t, error, jumps, stays, visits, never


def _settles(settling):
    for seed in range(3):
        t, error, jumps, stays, visits, never = _made_record(np.random.default_rng(seed))
        got = np.asarray(settling(t, error, jumps, 0.1), float)
        if got.shape == (4,):
            return (
                "it gives four times for five jumps: after the last jump, too, there is a stretch, up to the end of "
                "the record"
            )
        if got.shape != (5,):
            return f"it gives the shape {got.shape} for five jumps: (5,) is asked for, a time for each"
        calm, slack = np.arange(5) != never, 0.016  # half a row, and one row more or less
        close = {
            "these are times on the clock: count from the jump": got - jumps,
            "these are numbers of rows: a row is `t[1] - t[0]` long": got * 0.01,
        }
        for words, value in close.items():
            if (np.abs(value - stays)[calm] < slack).all():
                return words
        if (np.abs(got - visits)[calm] < slack).all():
            return (
                "that is when the error first enters the band. It leaves it again, the output shoots past: from when "
                "on does it *stay*?"
            )
        for k in np.flatnonzero(calm & ~(np.abs(got - stays) < slack)):
            if np.isnan(got[k]):
                return (
                    "it gives nan after a jump although the error settles there. The row at the time of the next "
                    "jump shows "
                    "the new target already: end the stretch before it"
                )
            rows = (t >= jumps[k] - 1e-6) & (t < np.append(jumps[1:], np.inf)[k] - 1e-6)
            above = np.flatnonzero(error[rows] > 0.1)
            if abs(got[k] - (0.01 * (above[-1] + 1) if len(above) else 0)) < slack:
                return "an error of -0.3 lies outside a band of 0.1 as well: take the absolute value"
            return (
                f"after the jump at t = {jumps[k]:.1f} it gives {got[k]:.2f}, and the error stays in the band from "
                f"{stays[k]:.2f} on"
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


# ------------------------------------------------------------------------------------- 3: a fair contest

SEEDS = (3, 0, 5)


def _errors(policy, seeds, after=AFTER, signal=None):
    import hlp_edu as hlp

    tracking_problem = _setting()[1]
    found = [
        hlp.run(tracking_problem("patched", s if signal is None else signal), policy, T=20, dt=2e-3, seed=s)
        for s in seeds
    ]
    return np.array([result.rmse(after) for result in found])


def _verdict(errors, middle=np.median, wins=np.less):
    a, b = errors
    return tuple((middle(e), e.min(), e.max()) for e in errors) + (float(wins(a, b).sum()),)


def _pairs(rng):
    policies = _setting()[0]
    yield policies["damped flip"], policies["per-arc signs, damped"], np.array(SEEDS)


def _fair(a, b, seeds):
    return _verdict([_errors(policy, seeds) for policy in (a, b)])


def _unfair(middle=np.median, wins=np.less, **how):
    return lambda right, a, b, seeds: _verdict([_errors(policy, seeds, **how) for policy in (a, b)], middle, wins)


def _in_order(right, a, b, seeds):
    return tuple(sorted(right[0])), tuple(sorted(right[1])), right[2]


def _many_signals(contest):
    flow = _setting()[0]["gradient flow"]
    median, least, greatest = np.asarray(contest(flow, flow, SEEDS[:2])[0], float)
    if greatest - least < 0.1 * greatest:
        return "all runs follow the same signal: the seed belongs into `tracking_problem` as well as into `run`"


def _lost_runs(contest):
    import hlp_edu as hlp

    flow = _setting()[0]["gradient flow"]
    lost, _, wins = contest(hlp.Canonical(), flow, SEEDS[:2])
    if not np.isinf(np.asarray(lost, float)).all() or float(wins) != 0:
        return (
            "it hides runs that diverge: all runs of the canonical policy do, so its median, minimum and maximum are "
            f"inf and it wins nothing; it gives {lost} and {wins}"
        )


contest = Function(
    LESSON,
    "contest",
    "A fair contest",
    points=3,
    inputs=_pairs,
    expected=_fair,
    tolerance=0.03,  # another step of the integrator is as good
    mistakes={
        "it counts the second policy's wins: the smaller error wins": _unfair(wins=np.greater),
        "it reports the best seed, which is no fair summary; the first number is the median": _unfair(middle=np.min),
        "the first number is the mean: one run that diverges would make it infinite, so take the median": _unfair(
            middle=np.mean
        ),
        "its errors count the start too: leave out the first third of each run": _unfair(after=None),
        "the three numbers of each policy are in another order: median, minimum, maximum": _in_order,
    },
    properties=[_many_signals, _lost_runs],
    hints=[
        "Write a small function inside yours: the errors of one policy, an array with one number for each seed.",
        '`hlp.run(tracking_problem("patched", seed), policy, T=20, dt=2e-3, seed=seed).rmse(after=20 / 3)`.',
        "With a and b the two arrays: `(np.median(a), a.min(), a.max())`, the same for b, and `(a < b).sum()`.",
    ],
    moral="Median and spread say how good a policy is; the count of wins says how sure that is.",
)


# ---------------------------------------------------------------------------------------- 4: the freeze test


def _to_freeze(rng):
    import hlp_edu as hlp

    policies, tracking_problem = _setting()
    constant = tracking_problem("sinusoid").replace(target=hlp.constant(0.6))
    yield tracking_problem("patched", 2), policies["damped flip"], 8.0, 4.0, 2
    yield constant, policies["gradient flow"], 6.0, 3.0, 1
    yield tracking_problem("patched", 5), policies["gradient flow"], 9.0, 3.0, 5


def _thawed(problem, policy, T, rest, seed, whole=False, beyond=False, **second):
    """The freeze test, or what it becomes when its second part begins with something else than the end of the first."""
    import hlp_edu as hlp

    free = hlp.run(problem, policy, T, dt=0.01, seed=seed)
    end = free.final
    begin = {
        "goes on": dict(start=end),
        "weights": dict(t0=T, seed=seed),
        "anew": dict(seed=seed),
        "clock": dict(x0=end.x, w0=end.w),
        "states": dict(t0=T, x0=0 * end.x, w0=end.w),
        "clock, states": dict(seed=seed, w0=end.w),
    }[second.get("begin", "goes on")]
    held = hlp.run(problem, second.get("then", hlp.Frozen()), rest, dt=0.01, **begin)
    if beyond:
        return hlp.run(problem, policy, rest, dt=0.01, start=end).rmse(), held.rmse()
    return free.rmse(None if whole else T - rest), held.rmse()


def _frozen(problem, policy, T, rest, seed):
    from hlp_edu.compare import freeze_test

    return freeze_test(problem, policy, T, rest, seed=seed)


def _slip(**how):
    return lambda right, *given: _thawed(*given, **how)


freeze = Function(
    LESSON,
    "freeze",
    "The freeze test",
    points=2,
    inputs=_to_freeze,
    expected=_frozen,
    tolerance=0.03,
    mistakes={
        "the two numbers are in the wrong order: free first, then held": lambda right, *given: right[::-1],
        "the free error counts the whole run; only its last `rest` time units are asked for": _slip(whole=True),
        "the free error comes from a run that continues; the last `rest` time units of the first run are meant": _slip(
            beyond=True
        ),
        "the held weights are those of the start; those of the end are meant: `start=first.final`": _slip(
            begin="weights"
        ),
        "the second run starts anew, with the weights of the start: go on with `start=first.final`": _slip(
            begin="anew"
        ),
        "the clock went back to 0, and the held network is measured on the target's beginning: "
        "`start=first.final` goes on from there": _slip(begin="clock"),
        "the states were set back together with the clock; only the weights shall be held: `start=first.final`": _slip(
            begin="clock, states"
        ),
        "the states were set back to 0; only the weights shall be held: `start=first.final`": _slip(begin="states"),
        "the weights move in the second run: its policy is `hlp.Frozen()`": lambda right, *given: _thawed(
            *given, then=given[1]
        ),
    },
    hints=[
        "Two runs. The second goes on where the first ended, under a policy that holds the weights.",
        "`hlp.Frozen()` holds the weights; `start=first.final` hands over states, weights and the clock.",
        "`first.rmse(after=T - rest)` and `hlp.run(problem, hlp.Frozen(), rest, dt=0.01, start=first.final).rmse()`.",
    ],
    moral="A few lines that tell control from learning.",
)


# ------------------------------------------------------------------------ 5: a signal of your own (open)

EASY = 0.07  # gradient flow has about 0.1 on the lesson's signals


def _is_a_signal(surprise):
    import hlp_edu as hlp

    t, seen = np.arange(0, 60, 0.002), []
    constant = []
    for seed in range(5):
        z = surprise(seed)
        if not callable(z):
            return f"`surprise({seed})` must return a function of an array of times"
        try:
            values = np.asarray(z(t), float)
        except Exception as error:
            return f"the signal of seed {seed} raised {type(error).__name__} for times from 0 to 60: {error}"
        if values.shape != t.shape:
            return f"the signal gives the shape {values.shape} for {len(t)} times: one value for each time"
        if not np.isfinite(values).all():
            return "the signal is not finite everywhere from t = 0 to 60"
        if not np.allclose(np.asarray(z(t[::-1]), float)[::-1], values) or not np.allclose(
            z(t[7000:7100]), values[7000:7100]
        ):
            return (
                "asked again for the same times, it says something else. Draw all pieces when `surprise(seed)` is "
                "called; "
                "the function that it returns only reads them"
            )
        if not np.allclose(np.asarray(surprise(seed)(t), float), values):
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
    for rare, fraction in (("constant", np.mean(constant)), ("a cosine", 1 - np.mean(constant))):
        if fraction < 0.1:
            return f"hardly a piece is {rare}: constants and cosines are to occur with equal chance"


def _pieces(t, values):
    """What is wrong with the pieces of a signal, and the fraction of the time in which it is constant."""
    if np.abs(values).max() > 0.8 + 1e-9:
        return f"it goes up to {np.abs(values).max():.2f}: |z| is to stay within 0.8", None
    steps = np.abs(np.diff(values))
    joins = t[1:][steps > 0.008]  # a cosine of 4 radians per time unit moves by 0.0064 in this time
    if len(joins) < 15:
        return f"it jumps {len(joins)} times in 60 time units; pieces of 1 to 3 make about 30 jumps", None
    gaps = np.diff(joins, prepend=0)
    if gaps.min() < 0.99:
        if gaps.min() < 0.01:
            return (
                f"near t = {joins[gaps.argmin()]:.2f} it moves by more than 0.008 in each of several steps of "
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
    return None, np.mean(steps < 1e-9)


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
        for seed in range(5)
    ]
    error = np.median([result.rmse(AFTER) for result in found])
    if error < EASY:
        return (
            f"it is too easy: gradient flow follows it with a median RMSE of {error:.3f}, and at least {EASY} is "
            "asked for. Larger jumps? Faster cosines?"
        )


surprise = Function(
    LESSON,
    "surprise",
    "A signal of your own (open)",
    points=3,
    properties=[_is_a_signal, _is_hard],
    hints=[
        "Draw everything for a hundred pieces first: lengths, kinds, heights, rates. Then define `z(t)`, which finds "
        "for every time its piece, and return `z`.",
        "`ends = np.cumsum(lengths)`; the pieces of an array of times are `np.searchsorted(ends, t, side='right')`.",
        "`height[piece] * np.cos(rate[piece] * (t - starts[piece]))` serves both kinds: a constant has rate 0.",
    ],
    moral="The signal depends on time and seed alone, so your experiment can be repeated.",
)
