"""The tasks of lesson 10: silence, an experiment of one's own, the valley of friction, the freeze test, a held wave."""

import functools

import numpy as np

from hlp_edu.checks import watch
from hlp_edu.checks.core import Function, Value, sealed
from hlp_edu.checks.draws import dice, seed
from hlp_edu.checks.values import like

__all__ = ["silence", "mine", "valley", "freeze_test", "held"]

LESSON = "10_tracking_a_sinusoid"


# --------------------------------------------------------------------------------------------------- 1: silence


def _silent(amplitude, offset):
    z = offset + amplitude * np.sin(np.linspace(0, 2 * np.pi, 10_001)[:-1])
    return np.sqrt(np.mean(z**2))


silence = Function(
    LESSON,
    "silence",
    "The RMSE of silence",
    points=1,
    inputs=lambda rng: ((rng.uniform(0.1, 0.9), side * rng.uniform(0.2, 0.6)) for side in (0, 1, -1, 0.3)),
    expected=_silent,
    tolerance=5e-3,
    mistakes={
        "that is the amplitude; a wave is rarely at its crest": lambda right, amplitude, offset: amplitude,
        "the offset is forgotten": lambda right, amplitude, offset: amplitude / np.sqrt(2),
        "the root is missing: that is the mean squared error": lambda right, *_: right**2,
        "that is the mean of the absolute value; RMSE squares first": lambda right, amplitude, offset: np.mean(
            np.abs(offset + amplitude * np.sin(np.linspace(0, 2 * np.pi, 10_001)[:-1]))
        ),
        "squares add up, sizes do not: offset² + amplitude² / 2, then the root": lambda right, amplitude, offset: (
            abs(offset) + amplitude / np.sqrt(2)
        ),
        "an offset below 0 makes the error larger too: squares add up, offset² + amplitude² / 2, then the root": (
            lambda right, amplitude, offset: offset + amplitude / np.sqrt(2)
        ),
        "the mean of sin² is 1/2": lambda right, amplitude, offset: np.hypot(offset, amplitude),
    },
    hints=[
        "Silent means x = 0, so the error is the target itself. Square it, take the mean over a wave, take the root.",
        "The mean of sin is 0 and that of sin² is 1/2: sqrt(offset² + amplitude² / 2). Or take many samples and "
        "`np.mean`.",
    ],
    moral="An RMSE says something only beside this one.",
)


# --------------------------------------------------------------------------------------- 2: four lines, your numbers


@functools.cache
def _experiment(n=7, amplitude=0.6, period=4.0, q=50.0, speed=40.0, dissipation_w=20.0, dissipation_x=5.0, T=12.0):
    import hlp_edu as hlp

    target = hlp.sinusoid(amplitude, period)
    problem = hlp.Tracking(hlp.fully_connected(n), target, q=q, r_w=1, r=0.1, speed=speed)
    return hlp.run(problem, hlp.Flipped(dissipation_w, dissipation_x), T=T, dt=1e-3)


SLIPS = {
    "the two frictions are exchanged": dict(dissipation_w=5.0, dissipation_x=20.0),
    "there is no friction on p_x": dict(dissipation_x=0.0),
    "there is no friction on p_w": dict(dissipation_w=0.0),
    "there is no friction at all": dict(dissipation_w=0.0, dissipation_x=0.0),
    "q is 100, as in the README": dict(q=100.0),
    "the speed is 20, as in the README": dict(speed=20.0),
    "q and speed are exchanged": dict(q=40.0, speed=50.0),
}


def _is_the_one(mine):
    import hlp_edu as hlp

    if not isinstance(mine, hlp.Trajectory):
        return f"`mine` must be what `hlp.run` returns, and it is of the type {type(mine).__name__}"
    n, right = len(mine.network.neurons), _experiment()
    if n != 7:
        return f"its network has {n} neurons, and 7 are asked for"
    if mine.network.arcs != right.network.arcs:
        return "its network is not `hlp.fully_connected(7)`: other arcs"
    if mine.diverged_at is not None:
        return f"it diverged at t = {mine.diverged_at:.2g}: is it flipped?"
    if abs(mine.t[-1] - 12) > 1e-9:
        return f"it ends at t = {mine.t[-1]:g}, and T = 12 is asked for"
    z = np.interp(np.linspace(0, 12, 601), mine.t, mine.target[:, 0])
    if not np.allclose(z, np.interp(np.linspace(0, 12, 601), right.t, right.target[:, 0]), atol=1e-3):
        if np.allclose(np.abs(z).max(), 0.8, atol=1e-2):
            return "its target has the amplitude 0.8, as in the README"
        if np.allclose(z, 0.6 * np.sin(np.linspace(0, 12, 601)), atol=1e-2):
            return "its target has the period 2 pi, as in the README: give `period=`"
        if np.allclose(z, 0.6 * np.sin(4 * np.linspace(0, 12, 601)), atol=1e-2):
            return "its target has the frequency 4; the period is 4"
        return "its target is not a wave of amplitude 0.6 and period 4 that starts at 0"

    def same(other):
        t = np.linspace(0, 12, 601)
        return other.diverged_at is None and np.allclose(
            np.interp(t, mine.t, mine.outputs[:, 0]), np.interp(t, other.t, other.outputs[:, 0]), atol=5e-3
        )

    if same(right):
        return None
    for words, slip in SLIPS.items():
        if same(_experiment(**slip)):
            return words
    if abs(mine.outputs[0, 0] - right.outputs[0, 0]) > 1e-9:
        return "it starts elsewhere: leave seed and start as they are (seed 0)"
    return (
        f"its network, target and T are right, but not what it does: RMSE {mine.rmse(after=4):.3f} after t = 4. "
        "Look at q, r_w, r, the speed and the frictions"
    )


mine = Value(
    LESSON,
    "mine",
    "Four lines with numbers of your own",
    points=2,
    properties=[_is_the_one],
    hints=[
        "Take the cells of 'The setting' and 'The repair' in the lesson and change the numbers, one after the other.",
        "`hlp.sinusoid(amplitude=0.6, period=4)`, `hlp.Tracking(network, target, q=..., r_w=1, r=0.1, speed=...)`, "
        "`hlp.Flipped(dissipation_w=..., dissipation_x=...)`, `hlp.run(problem, policy, T=...)`.",
    ],
    moral="Any tracking experiment of this course is these four lines.",
)


# ------------------------------------------------------------------------------------------- 3: the valley of friction


@functools.cache
def _hills(number):
    """Three problems, with frictions in any order and starts; the same objects all through a session."""
    import hlp_edu as hlp

    rng, cases = np.random.default_rng([number, 3]), []
    for speed, low, high in ((20, 20, 70), (50, 12, 50), (100, 8, 30)):
        wave = hlp.sinusoid(rng.uniform(0.5, 0.8), rng.uniform(4, 8))
        problem = hlp.Tracking(hlp.fully_connected(int(rng.integers(2, 5))), wave, speed=speed)
        frictions = np.geomspace(low, high, int(rng.integers(3, 5))).round(1)
        seeds = rng.choice(100, size=3, replace=False)
        cases.append((problem, rng.permutation(frictions).tolist(), seeds.tolist()))
    return cases


@functools.cache
def _errors(problem, frictions, seeds, p_x=5.0, swapped=False, T=20.0):
    """RMSE after the first third and of the whole run, for each friction and seed."""
    import hlp_edu as hlp

    found = []
    for friction in frictions:
        policy = hlp.Flipped(p_x, friction) if swapped else hlp.Flipped(friction, p_x)
        runs = hlp.runs(problem, policy, seeds, T=T, dt=4e-3, progress=False)
        found.append([(run.rmse(after=20 / 3), run.rmse()) for run in runs])
    return np.array(found)


def _lowest(problem, frictions, seeds, middle=np.median, whole=False, **how):
    medians = middle(_errors(problem, tuple(frictions), tuple(seeds), **how)[:, :, int(whole)], axis=1)
    return float(frictions[int(np.argmin(medians))]), medians


def _astray(**how):
    return lambda right, *given: _lowest(*given, **how)


def _first(found, axis):
    return found[:, 0]


valley = Function(
    LESSON,
    "valley",
    "Find the valley",
    points=2,
    inputs=lambda rng: _hills(seed()),
    expected=_lowest,
    tolerance=2e-3,
    mistakes={
        "the first number is a place in the list; asked for is the friction at that place": (
            lambda right, problem, frictions, seeds: (frictions.index(right[0]), right[1])
        ),
        "the first number is the RMSE at the best friction, and the friction itself is asked for": (
            lambda right, *_: (right[1].min(), right[1])
        ),
        "it finds the highest median, not the lowest": (
            lambda right, problem, frictions, seeds: (frictions[int(np.argmax(right[1]))], right[1])
        ),
        "the medians are sorted; leave them in the order of the list": lambda right, *_: (right[0], np.sort(right[1])),
        "the frictions are put on p_x; they belong on p_w, and p_x has 5": _astray(swapped=True),
        "p_x has no friction; it has 5 in all runs": _astray(p_x=0.0),
        "it takes the mean over the seeds; take the median": _astray(middle=np.mean),
        "it takes the best seed; take the median": _astray(middle=np.min),
        "it runs the first seed alone; run all of them": _astray(middle=_first),
        "its errors count the start too; take the RMSE after t = 20/3": _astray(whole=True),
        "its runs end at t = 10; T = 20 is asked for": _astray(T=10.0),
    },
    hints=[
        "For each friction: `hlp.runs(problem, hlp.Flipped(friction, 5), seeds, T=20, dt=4e-3)`, and the median "
        "of the RMSEs.",
        "`np.median([run.rmse(after=20 / 3) for run in runs])`, kept in a list; then `np.argmin` of the list "
        "says where.",
    ],
    moral="The valley moves with the speed: the best friction has to be found anew.",
)


# --------------------------------------------------------------------------------------------------- 4: the freeze test


def _taught(rng):
    """Two waves that are not at their beginning after 20 time units, and a target that stands still."""
    import hlp_edu as hlp

    for k, policy in enumerate((hlp.Flipped(30, 5), hlp.GradientFlow(0.03))):
        wave = hlp.sinusoid(rng.uniform(0.5, 0.8), 20 / (1 + k + rng.uniform(0.2, 0.8)))
        yield hlp.Tracking(hlp.fully_connected(3), wave), policy, int(rng.integers(100))
    still = hlp.Tracking(hlp.fully_connected(3), hlp.constant(rng.uniform(0.3, 0.7)))
    yield still, hlp.Flipped(60, 5), int(rng.integers(100))


def _by_hand(freeze_test):
    with watch.library([]) as used:
        freeze_test(*next(_taught(dice(4))))
    if "freeze_test" in used:
        return "it calls `hlp_edu.compare.freeze_test`; here you make your own, with `hlp.run`"


def _frozen(problem, policy, seed, *, start="after=10", then="held"):
    import hlp_edu as hlp

    taught = hlp.run(problem, policy, T=20, dt=0.01, seed=seed)
    if then == "held":
        alone = hlp.run(problem, hlp.Frozen(), T=10, dt=0.01, start=taught.final)
    elif then == "fresh":
        alone = hlp.run(problem, hlp.Frozen(), T=10, dt=0.01, seed=seed)
    elif then == "states":
        alone = hlp.run(problem, hlp.Frozen(), T=10, dt=0.01, t0=20, x0=0 * taught.final.x, w0=taught.final.w)
    elif then == "free":
        alone = hlp.run(problem, policy, T=10, dt=0.01, start=taught.final)
    else:
        alone = hlp.run(problem, hlp.Frozen(), T=10, dt=0.01, x0=taught.final.x, w0=taught.final.w)
    return taught.rmse(after=10 if start == "after=10" else None), alone.rmse()


freeze_test = Function(
    LESSON,
    "freeze_test",
    "The freeze test",
    points=2,
    inputs=_taught,
    expected=_frozen,
    properties=[_by_hand],
    tolerance=5e-3,
    mistakes={
        "the second run begins with fresh random weights: give it `start=` with what the first one came to": (
            lambda right, *given: _frozen(*given, then="fresh")
        ),
        "the weights are not held: the second run is under the same policy": lambda right, *given: _frozen(
            *given, then="free"
        ),
        "the clock is set back, and the wave begins anew; `start=taught.final` keeps the time": lambda right, *given: (
            _frozen(*given, then="clock")
        ),
        "the states were set back to 0: the neurons go on too, `start=taught.final` hands them over": (
            lambda right, *given: _frozen(*given, then="states")
        ),
        "the first number counts the start too; only the second half is asked for": lambda right, *given: _frozen(
            *given, start="all"
        ),
        "the two numbers are exchanged: first with free weights, then with held ones": lambda right, *_: right[::-1],
        "the same number twice: the second run has an RMSE of its own": lambda right, *_: (right[0], right[0]),
    },
    hints=[
        "Two runs: one under the policy, then one under `hlp.Frozen()` that begins where the first ended.",
        "`hlp.run(problem, policy, T=20, dt=0.01, seed=seed)`, then `hlp.run(problem, hlp.Frozen(), T=10, dt=0.01, "
        "start=taught.final)`.",
        "`return taught.rmse(after=10), alone.rmse()`.",
    ],
    moral="The constant is kept, the wave is not: nothing of the wave was stored in these weights.",
)


# -------------------------------------------------------------------------- 5: weights that hold a wave (open)

ENOUGH = 0.2  # of what silence costs


def _swings(held):
    import hlp_edu as hlp

    rng, net = dice(5), hlp.fully_connected(5)
    for low, high in ((0.2, 0.35), (0.4, 0.55), (0.6, 0.7)):
        amplitude, period = rng.uniform(low, high), rng.uniform(4, 10)
        w0, x0 = like((np.zeros(30), np.zeros(5)), held(amplitude, period), "what it returns")
        for name, got, size in (("w0", w0, 30), ("x0", x0, 5)):
            if got.shape != (size,):
                return f"`{name}` has the shape {got.shape} where ({size},) is asked for"
        try:
            problem = hlp.Tracking(net, hlp.sinusoid(amplitude, period))
            run = hlp.run(problem, hlp.Frozen(), T=20, dt=0.01, x0=x0, w0=w0)
        except ValueError as error:
            return f"the run refuses what it returns: {error}"
        missed = run.rmse() / (amplitude / np.sqrt(2))
        if missed > ENOUGH:
            return f"asked for amplitude {amplitude:.2f} and period {period:.1f}: {_how(run, amplitude, period)}"


def _how(run, amplitude, period):
    """What is wrong with a swing that should follow a wave."""
    t, x = run.t, run.outputs[:, 0]
    late, missed = t > 10, f"the RMSE is {run.rmse() / (amplitude / np.sqrt(2)):.2f} times that of silence"
    if np.ptp(x[late]) < 0.05:
        return f"the output comes to rest, at {x[-1]:.2f}. Does the pair of neurons keep itself going, and turn?"
    middle = (x[late].max() + x[late].min()) / 2
    up = np.flatnonzero((x[:-1] < middle) & (x[1:] >= middle) & (t[:-1] > 4))
    pace = np.diff(t[up]).mean() if len(up) > 1 else np.inf
    if abs(pace - period) > 0.02 * period:
        found = "it does not come back in 20 time units" if pace == np.inf else f"its period is {pace:.2f}"
        return f"the output swings, but {found}; {missed}"
    height = np.ptp(x[late]) / 2
    if abs(height - amplitude) > 0.12 * amplitude:
        return f"the output swings at the right pace, but by {height:.2f}; {missed}"
    return f"the output swings as high and as fast as it should, but not in step with the wave; {missed}"


held = Function(
    LESSON,
    "held",
    "Weights that hold a wave (open)",
    points=3,
    properties=[_swings],
    hints=[
        "Two neurons with the weights [[k cos, k sin], [-k sin, k cos]] of a small angle turn their state; a little "
        "more than k = 1 keeps them going. The angle is about 2 pi / (20 period). Let them swing by 0.2 only: a pair "
        "that swings by 0.5 sticks.",
        "The output need not be one of the pair: let it read one of them through a large weight k, tanh(k x). Choose "
        "k for the amplitude. Start the pair where the wave begins, x0 = [0, 0, 0.2, 0, 0].",
        "Exactly: with the angle arctan(2 pi / (20 period)) the pair turns at the right pace; its height is where "
        "tanh leaves just 1/cos(angle) of its input. Or search: run, measure period and height, correct the "
        "weights, run again.",
    ],
    moral="Fixed weights can hold a wave. The laws of the lesson did not look for such weights: they follow.",
)

sealed(globals())
