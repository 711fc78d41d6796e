"""The tasks of lesson 10: silence, an experiment of one's own, the valley of friction, the freeze test."""

import functools

import numpy as np

from hlp_edu.checks.core import Function, Value
from hlp_edu.checks.policies import OwnPolicy, seeds, waves

__all__ = ["silence", "mine", "valley", "freeze_test", "faster_rule"]

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
    inputs=lambda rng: ((rng.uniform(0.1, 0.9), offset) for offset in (0.0, 0.3, -0.5, 0.1)),
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


def _hills(rng):
    import hlp_edu as hlp

    problem = hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid(0.6, 4.0), speed=50)
    yield problem, [5.0, 15.0, 25.0, 60.0], [0, 1, 2]
    yield problem.replace(speed=20), [60.0, 30.0, 10.0], [3, 4, 5]
    yield problem.replace(speed=100), [40.0, 8.0, 15.0, 25.0], [6, 7]


@functools.cache
def _medians(problem, frictions, seeds, T=20.0, swapped=False, after=20 / 3):
    import hlp_edu as hlp

    found = []
    for friction in frictions:
        policy = hlp.Flipped(5.0, friction) if swapped else hlp.Flipped(friction, 5.0)
        runs = hlp.runs(problem, policy, seeds, T=T, dt=4e-3, progress=False)
        found.append(np.median([run.rmse(after=after) for run in runs]))
    return np.array(found)


def _lowest(problem, frictions, seeds, **others):
    same = _same_problem(problem.speed[0])
    return float(frictions[int(np.argmin(_medians(same, tuple(frictions), tuple(seeds), **others)))])


@functools.cache
def _same_problem(speed):
    """One object for all copies of a problem, so that its runs are made once."""
    return next(problem for problem, *_ in _hills(None) if problem.speed[0] == speed)


valley = Function(
    LESSON,
    "valley",
    "Find the valley",
    points=2,
    inputs=_hills,
    expected=lambda *given: _lowest(*given),
    mistakes={
        "it returns a place in the list; asked for is the friction at that place": lambda right, problem, f, s: f.index(
            right
        ),
        "that is the RMSE at the best friction, and the friction itself is asked for": lambda right, problem, f, s: (
            _medians(_same_problem(problem.speed[0]), tuple(f), tuple(s)).min()
        ),
        "it finds the highest RMSE, not the lowest": lambda right, problem, f, s: f[
            int(np.argmax(_medians(_same_problem(problem.speed[0]), tuple(f), tuple(s))))
        ],
        "the frictions are put on p_x; they belong on p_w, and p_x has 5": lambda right, *given: _lowest(
            *given, swapped=True
        ),
        "it takes the first of the list, whatever it is": lambda right, problem, f, s: f[0],
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
    import hlp_edu as hlp

    wave = hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid(0.7, period=16.0))
    yield wave, hlp.Flipped(30, 5), 3
    yield wave, hlp.GradientFlow(0.03), 1
    yield wave.replace(target=hlp.constant(0.5)), hlp.Flipped(30, 5), 2


def _frozen(problem, policy, seed, *, start="after=10", then="held"):
    import hlp_edu as hlp

    taught = hlp.run(problem, policy, T=20, dt=0.01, seed=seed)
    if then == "held":
        alone = hlp.run(problem, hlp.Frozen(), T=10, dt=0.01, start=taught.final)
    elif then == "fresh":
        alone = hlp.run(problem, hlp.Frozen(), T=10, dt=0.01, seed=seed)
    elif then == "free":
        alone = hlp.run(problem, policy, T=10, dt=0.01, start=taught.final)
    else:
        alone = hlp.run(problem, hlp.Frozen(), T=10, dt=0.01, x0=taught.final.x, w0=taught.final.w)
    return taught.rmse(after=10 if start == "after=10" else None), alone.rmse()


freeze_test = Function(
    LESSON,
    "freeze_test",
    "The freeze test",
    points=3,
    inputs=_taught,
    expected=_frozen,
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


# ------------------------------------------------------------------- 5: better than the per-arc signs (open)


@functools.cache
def _per_arc_signs(speed):
    import hlp_edu as hlp

    network, found = hlp.fully_connected(5), []
    for wave in waves():
        problem = hlp.Tracking(network, wave, q=100, r_w=1, r=0.1, speed=speed)
        runs = hlp.runs(problem, hlp.PerArc(0.03), seeds(), T=20, dt=2e-3, progress=False)
        found.append(np.median([run.rmse(after=20 / 3) for run in runs]))
    return np.array(found)


def _beats_per_arc_signs(rmse):
    if not np.isfinite(rmse).all():
        return f"{np.sum(~np.isfinite(rmse))} of its {rmse.size} runs diverge"
    ratio = np.median(rmse, axis=1) / _per_arc_signs(50.0)
    said = ", ".join(f"{value:.2f}" for value in ratio)
    if ratio.max() > 4:
        return f"it does not follow: on the three waves its RMSE is {said} times that of the per-arc signs"
    if ratio.max() > 1.1:
        return (
            f"it follows, but worse than the per-arc signs: on the three waves its RMSE is {said} times as large; "
            "0.9 is asked"
        )
    if ratio.max() > 0.9:
        return (
            "it is as good as the per-arc signs, and not better by a tenth: on the three waves its RMSE is "
            f"{said} times as large"
        )


faster_rule = OwnPolicy(
    LESSON,
    "faster_rule",
    "Better than the per-arc signs, without friction",
    points=4,
    speed=50,
    scores=_beats_per_arc_signs,
    hints=[
        "The per-arc signs make the costate slide on p_w = mu H_w with mu = 0.03. The weights go down the slope at the "
        "rate mu / r. Credit that arrives sooner allows a faster descent.",
        "Write the per-arc rule with a mu of your own, and see how the RMSE falls as mu grows, and where it breaks.",
        "At speed 50, mu from 0.035 to 0.05 is better than 0.03; from 0.07 on it breaks. Other places to slide "
        "on than a line "
        "are worth a try.",
    ],
    moral="As with friction, the best mu depends on the speed: faster credit allows faster descent.",
)
