"""Two further tasks for lesson 10: how large and how late an output is, and a network that meets another wave."""

import numpy as np

from hlp_edu.course.teaching.bank import Item

LESSON = "10_tracking_a_sinusoid"


def echo(dice):
    """Gain and lag of an output, from its record."""
    unit = ["time units", "radians", "parts of a period (0.25 is a quarter)"][dice.integers(3)]
    scale = {"t": lambda T: 1.0, "r": lambda T: 2 * np.pi / T, "p": lambda T: 1 / T}[unit[0]]
    code = {"t": "period / (2 * np.pi)", "r": "1", "p": "1 / (2 * np.pi)"}[unit[0]]

    def wave(t, T, turn):
        return np.cos(2 * np.pi * t / T - turn)

    def records(dice):
        for T, gain, lag, turn in zip(*dice.uniform((2, 0.4, 0.05, 0), (8, 1.4, 0.2, 6), (4, 4)).T, strict=True):
            t = np.arange(int(600 * dice.integers(2, 4))) * T / 600
            z = 0.3 + 0.7 * wave(t, T, turn)
            x = -0.2 + 0.7 * gain * wave(t - lag * T, T, turn) + 0.15 * wave(3 * t, T, 1) + 0.05 * wave(2 * t, T, 4)
            yield t, z, x, T

    def measured(t, z, x, T):
        """By least squares with a constant and eight waves."""
        columns = [np.ones_like(t)]
        columns += [f(2 * np.pi * k * t / T) for k in (1, 2, 3, 4) for f in (np.cos, np.sin)]
        by_z, by_x = (np.linalg.lstsq(np.array(columns).T, y, rcond=None)[0][1:3] @ [1, 1j] for y in (z, x))
        ratio = by_x / by_z
        return abs(ratio), np.angle(ratio) * T / (2 * np.pi) * scale(T)

    def peak(right, t, z, x, T):
        return np.ptp(x) / np.ptp(z), right[1]

    return Item(
        title="How large, and how late?",
        points=3,
        minutes=25,
        text=r"""
"It follows the wave" is two numbers: how large the output's wave is beside the target's, and by how much it lags. You
get a record: evenly spaced times `t` over a whole number of periods (the last row is one step before the next period
begins), the target `z` and the output `x` at these times, and the `period`. The target is a sinusoid of any phase plus
a constant. The output has a wave of the same period, a constant **of its own**, and faster waves besides (a whole
number of them fits into the period), as the output of a tanh neuron has.

Return the pair (gain, lag): the amplitude of the output's wave *of this period* over the target's, and its lag in
**@unit@**, positive if the output comes later. The lag is less than a quarter of a period. Maxima and zero crossings
will not do: the faster waves shift them.""",
        answer='''
def echo(t, z, x, period):
    """The gain and the lag of x beside z."""
    ### BEGIN SOLUTION
    turn = np.exp(-2j * np.pi * t / period)
    ratio = (x @ turn) / (z @ turn)  # a whole number of periods: all else averages out
    return abs(ratio), -np.angle(ratio) * @code@
    ### END SOLUTION''',
        words=dict(unit=unit, code=code),
        example="np.arange(8) / 2, np.cos(np.arange(8) * np.pi / 4), 0.5 * np.sin(np.arange(8) * np.pi / 4 + 1), 4.0",
        inputs=records,
        expected=measured,
        tolerance=1e-4,
        mistakes={
            "the lag has the wrong sign": lambda right, *given: (right[0], -right[1]),
            "the lag is in another unit": lambda right, t, z, x, T: (
                right[0],
                right[1] / scale(T) * (1.0 if unit[0] != "t" else 2 * np.pi / T),
            ),
            "the gain is upside down: the output over the target": lambda right, *given: (1 / right[0], right[1]),
            "the gain compares all of the output, faster waves included": peak,
            "the gain compares the spreads, faster waves included": lambda right, t, z, x, T: (
                np.std(x) / np.std(z),
                right[1],
            ),
            "the two are in the other order": lambda right, *given: right[::-1],
        },
        moral="Multiply by the wave and average: what is of another period falls out.",
    )


def newcomer(dice):
    """A network that follows one wave meets another."""
    policy = ["hlp.Flipped(30, 5)", "hlp.GradientFlow(0.03)", "hlp.PerArc(0.04, dissipation_w=10)"][dice.integers(3)]
    fresh = bool(dice.integers(2))

    def runs(first, second, seed, carry=True, other=True, dt=0.01, part=1.0, whole=False):
        import hlp_edu as hlp

        rule, network = eval(policy, {"hlp": hlp}), hlp.fully_connected(5)
        before = hlp.run(hlp.Tracking(network, hlp.sinusoid(0.8, first)), rule, T=20, dt=dt, seed=seed)
        problem = hlp.Tracking(network, hlp.sinusoid(0.8, second if other else first))
        if not carry:
            after = hlp.run(problem, rule, T=10, dt=dt, seed=seed, t0=20)
        elif fresh:
            after = hlp.run(problem, rule, T=10, dt=dt, t0=20, x0=before.final.x, w0=before.final.w)
        else:
            after = hlp.run(problem, rule, T=10, dt=dt, start=before.final)
        error = np.sqrt(np.mean((after.outputs - after.target) ** 2, axis=1))
        early = (after.t < 20 + part) if not whole else slice(None)
        return float(np.sqrt(np.mean(error[early] ** 2))), float(after.rmse(after=25))

    return Item(
        title="Another wave",
        points=3,
        minutes=20,
        text=r"""
Five neurons with a bias follow the wave $0.8 \sin(2 \pi t / \text{first})$ for 20 time units, under the policy
`@policy@` and with the lesson's prices and speed (the library's own). Then the wave changes its period to `second`, in
one instant; the clock does not jump. The network **goes on** for 10 more time units, @how@.

Return two numbers: the RMSE over the **first time unit** after the change (rows with $t < 21$), and that over the
**last five** (rows with $t \ge 25$). Take `dt=0.01` everywhere, and `seed` for the start.""",
        answer='''
def newcomer(first, second, seed):
    """The RMSE just after the change of the wave, and once it is settled."""
    ### BEGIN SOLUTION
    network, policy = hlp.fully_connected(5), @policy@
    before = hlp.run(hlp.Tracking(network, hlp.sinusoid(0.8, first)), policy, T=20, dt=0.01, seed=seed)
    changed = hlp.Tracking(network, hlp.sinusoid(0.8, second))
    after = hlp.run(changed, policy, T=10, dt=0.01, @start@)
    early = (after.outputs - after.target)[after.t < 21]
    return np.sqrt(np.mean(early**2)), after.rmse(after=25)
    ### END SOLUTION''',
        words=dict(
            policy=policy,
            how="with its states and its weights as they are, but with all costates set to 0 (`t0=20` sets the clock)"
            if fresh
            else "with its states, its weights and its costates as they are",
            start="t0=20, x0=before.final.x, w0=before.final.w" if fresh else "start=before.final",
        ),
        example="6.283, 3.0, 0",
        inputs=lambda dice: [(*dice.uniform(3, 7, 2), int(seed)) for seed in dice.integers(1, 1000, 3)],
        expected=runs,
        tolerance=1e-3,
        mistakes={
            "it begins anew: the network goes on with the states and weights that it has": lambda right, *given: runs(
                *given, carry=False
            ),
            "the wave does not change": lambda right, *given: runs(*given, other=False),
            "the first is over the whole second run": lambda right, *given: runs(*given, whole=True),
            "the first is over the first five time units": lambda right, *given: runs(*given, part=5.0),
            "the steps are the library's own; asked is dt=0.01": lambda right, *given: runs(*given, dt=0.001),
            "the two are in the other order": lambda right, *given: right[::-1],
        },
        moral="It takes about as long as at the very first start: what it follows it has not learned.",
    )


TASKS = [echo, newcomer]
