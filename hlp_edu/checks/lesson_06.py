"""The tasks of lesson 06: conditions at two ends of time, what a digit is worth, and shots that miss."""

import functools

import numpy as np

from hlp_edu.checks.core import Function, backwards, negated, sealed
from hlp_edu.checks.draws import dice

__all__ = ["count", "digits_lost", "leaving_rate", "shoot", "multiple_shooting"]

LESSON = "06_two_ends_of_time"


# ---------------------------------------------------------------------------------- 1: count before you solve


def _networks(rng):
    import hlp_edu as hlp

    few, some, many = (int(number) for number in rng.integers([1, 2, 4], [4, 5, 8]))
    yield from ((hlp.fully_connected(n),) for n in (some, many))
    yield from ((hlp.chain(many),), (hlp.feed_forward([some, many, few]),))


def _counted(network):
    """From the shapes of a run: what has a row of its own at every time."""
    import hlp_edu as hlp

    problem = hlp.Tracking(
        network, [hlp.constant(0)] * len(network.outputs), inputs={label: hlp.constant(1) for label in network.inputs}
    )
    run = hlp.run(problem, hlp.Flipped(), T=0.01, dt=0.01)
    states, prices = run.x.shape[1] + run.w.shape[1], run.p_x.shape[1] + run.p_w.shape[1]
    return states + prices, states, prices


def _size(network):
    return len(network.neurons) + len(network.arcs)


def _without_arcs(right, network):
    n = len(network.neurons)
    return 2 * n, n, n


def _inputs_too(right, network):
    k = _size(network) + len(network.inputs)
    return 2 * k, k, k


count = Function(
    LESSON,
    "count",
    "Count the unknowns and the conditions",
    points=1,
    inputs=_networks,
    expected=_counted,
    mistakes={
        "the arcs are forgotten: each has a weight and a costate, and arcs outnumber neurons": _without_arcs,
        "the costates are missing among the unknowns: each neuron and each arc has one": lambda right, network: (
            (_size(network),) * 3
        ),
        "the costates are forgotten: each state and each weight has one, and (9) says where it ends": (
            lambda right, network: (_size(network), _size(network), 0)
        ),
        "it counts the inputs as neurons: an input is given at all times, so there is nothing to find": _inputs_too,
        "it counts the control: v is no unknown of its own, (6) says that it is -p_w / r": lambda right, network: (
            (right[0] + len(network.arcs), right[1], right[2])
        ),
        "it puts all conditions at the start: of the costates only the end is known": lambda right, network: (
            (2 * _size(network), 2 * _size(network), 0)
        ),
        "it asks for everything at both ends: twice as many conditions as unknowns, and no solution": lambda right, _: (
            (right[0],) * 3
        ),
    },
    hints=[
        "What moves? x, w, and the costate of each: p_x, p_w. An input is given; no equation moves it.",
        "`len(network.neurons)` and `len(network.arcs)`. Equation (9) has two conditions at 0 and two at T.",
        "With k = neurons + arcs: 2 k unknown functions, k conditions at 0 and k at T.",
    ],
    moral="As many conditions as unknowns, and half of them at the wrong end: shooting has to guess the other half.",
)


# -------------------------------------------------------------------------------------- 2: what T costs, in digits


def _grown(a, b, q, r, T):
    """From the largest eigenvalue of the canonical equations, not from the formula."""
    top = np.linalg.eigvals(np.array([[a, -b * b / r], [-q, -a]])).real.max()
    return top * T / np.log(10)


digits_lost = Function(
    LESSON,
    "digits_lost",
    "How many digits a run loses",
    points=2,
    inputs=lambda rng: ((rng.normal(), *rng.uniform(0.3, 3, size=3), rng.uniform(1, 9)) for _ in range(6)),
    expected=_grown,
    mistakes={
        "it counts factors e, not factors 10: divide by ln 10": lambda right, *given: right * np.log(10),
        "it counts binary digits": lambda right, *given: right * np.log2(10),
        "it multiplies by ln 10 where it should divide": lambda right, *given: right * np.log(10) ** 2,
        "a is missing in nu": lambda right, a, *others: _grown(0.0, *others),
        "b is missing in nu": lambda right, a, b, *others: _grown(a, 1.0, *others),
        "the square root is missing in nu": lambda right, a, b, q, r, T: right**2 * np.log(10) / T,
        "it is the loss in one time unit; the run is T long": lambda right, *given: right / given[-1],
    },
    hints=[
        "An error grows as exp(nu T). A decimal digit is a factor 10.",
        "The rate nu is in equation (12) of the reference: the square root of a² + q b² / r. Digits: nu T / ln 10.",
        "`natural_rate(a, b, q, r)` is imported above, and `np.log` is the natural logarithm.",
    ],
    moral="The number of digits in a computer is fixed. So is, with it, the length of a forward run.",
)


# ---------------------------------------------------------------------------------- 3: measure how fast a run leaves


def _gaps(rng):
    """Gaps like the lesson's: noise at first, then growth, then an end, since tanh holds the states."""
    for rate in rng.uniform(3, 25, size=4):
        t = np.linspace(0, 30 / rate, rng.integers(2000, 5000))
        grown = 1e-9 * np.exp(rate * t)
        noise = rng.uniform(1, 3) * 1e-6 * rng.uniform(0.5, 1.5, size=t.size)
        yield t + rng.uniform(0, 10), grown / (1 + grown / rng.uniform(3, 8)) + noise


def _rate(t, gap):
    """The straight part of the logarithm, by least squares."""
    part = (gap > 1e-4) & (gap < 0.1)
    return np.polyfit(t[part], np.log(gap[part]), 1)[0]


leaving_rate = Function(
    LESSON,
    "leaving_rate",
    "Measure how fast a run leaves",
    points=2,
    inputs=_gaps,
    expected=_rate,
    tolerance=0.02,  # two points or a fitted line are both good
    mistakes={
        "it uses the logarithm to base 10; a rate nu in exp(nu t) wants the natural one": lambda right, *_: (
            right / np.log(10)
        ),
        "the sign is wrong: the gap grows, so the rate is above 0": negated,
        "it goes from the first row to the last: at first the gap is noise, and in the end it cannot grow": (
            lambda right, t, gap: np.log(gap[-1] / gap[0]) / (t[-1] - t[0])
        ),
        "it fits a line to all rows: at first the gap is noise, and in the end it cannot grow": lambda right, t, gap: (
            np.polyfit(t, np.log(gap), 1)[0]
        ),
        "it is the growth in one row; divide by times, not by rows": lambda right, t, gap: right * (t[1] - t[0]),
        "that is by how much the logarithm grew; divide by the time that it took": lambda right, *_: np.log(1000),
        "it takes the steepest of all steps; in the noise steps are steep by chance, so keep to the middle": (
            lambda right, t, gap: np.gradient(np.log(gap), t).max()
        ),
        "it divides the gap by time without a logarithm": lambda right, t, gap: 0.0999 * right / np.log(1000),
    },
    hints=[
        "On a logarithmic scale growth at a constant rate is a straight line, and the rate is its slope.",
        "`np.argmax(gap > 1e-4)` is the first row where the gap is above 0.0001.",
        "With the rows i and j of 0.0001 and 0.1: log(gap[j] / gap[i]) / (t[j] - t[i]).",
    ],
    moral="Only the middle of the curve knows the rate.",
)


# --------------------------------------------------------------------------------------- 4: shoot, and see it miss


@functools.cache
def _cannon():
    from hlp_edu.linear_quadratic import LQTracking

    class Cannon(LQTracking):
        """A problem that can be run forward, and nothing else."""

        def __getattribute__(self, name):
            if name in ("optimal", "riccati", "reversed_riccati", "receding", "flipped", "P_inf"):
                raise AttributeError(f"a shooting method uses problem.forward alone, not problem.{name}")
            return super().__getattribute__(name)

        def forward(self, T, x0=0.0, p0=0.0, dt=None):
            if dt is not None:
                raise ValueError("leave dt as it is")
            if np.any(x0 != 0):
                raise ValueError(f"x0 = {x0!r}: the cannon stands at x(0) = 0; the price is what you choose")
            return super().forward(T, p0=p0)

        def best(self, T):
            return LQTracking.optimal(self, T)

    return Cannon


def _patients(rng):
    import hlp_edu as hlp

    level, phase, T = rng.uniform(0.3, 1), rng.uniform(0, 6), rng.uniform(0.3, 0.6)
    yield _cannon()(-rng.uniform(0.5, 1.5), 1, rng.uniform(8, 12), 0.1, hlp.constant(level)), T
    yield _cannon()(rng.uniform(0.2, 0.6), 2.0, rng.uniform(2, 4), 0.5, hlp.sinusoid(0.6, phase=phase)), 2 * T
    yield _cannon()(-0.3, rng.uniform(0.5, 0.9), 2.0, 0.2, hlp.constant(-level)), 3 * T


def _fire(problem, p0, T):
    return problem.forward(T, p0=p0).p[-1, 0]


def _and_its_miss(problem, p0, T):
    return p0, abs(_fire(problem, p0, T))


def _line(problem, T):
    short = _fire(problem, 0.0, T)
    return short, _fire(problem, 1.0, T) - short


def _aimed_at_x(right, problem, T):
    ends = [problem.forward(T, p0=p0).x[-1, 0] for p0 in (0.0, 1.0)]
    goal = problem.forward(T).target[-1, 0]
    return _and_its_miss(problem, (goal - ends[0]) / (ends[1] - ends[0]), T)


def _wrong_way(right, problem, T):
    short, slope = _line(problem, T)
    return _and_its_miss(problem, short / slope, T)


def _owns_up(shoot):
    """Whether the miss that it reports is the miss of its own shot, where every shot misses."""
    problem = next(_patients(dice(1)))[0]
    p0, miss = shoot(problem, 4.0)
    there = abs(_fire(problem, float(np.squeeze(p0)), 4.0))
    if not abs(np.log10(max(float(np.squeeze(miss)), 1e-300) / there)) < 1:
        return (
            f"at T = 4 it reports a miss of {float(np.squeeze(miss)):.1g}, but the run from its p0 ends at "
            f"|p| = {there:.1g}: fire the last guess once more and see"
        )


shoot = Function(
    LESSON,
    "shoot",
    "Single shooting",
    points=2,
    library=[],
    inputs=_patients,
    expected=lambda problem, T: (problem.best(T).p[0, 0], 0.0),
    tolerance=1e-5,
    mistakes={
        "it returns where the first shot lands; what is asked is where to begin": lambda right, problem, T: (
            _and_its_miss(problem, _fire(problem, 0.0, T), T)
        ),
        "it aims at x(T) = z(T). (9) does not ask for that: the costate ends at 0": _aimed_at_x,
        "the correction has the wrong sign": _wrong_way,
        "it subtracts the miss as it is; by how much does the end move if p0 moves by 1?": lambda right, problem, T: (
            _and_its_miss(problem, -_fire(problem, 0.0, T), T)
        ),
        "p(0) = 0 is a first guess, and it is left at that": lambda right, problem, T: _and_its_miss(problem, 0.0, T),
    },
    properties=[_owns_up],
    hints=[
        "First write the shot: p0 goes in, `problem.forward(T, p0=p0).p[-1, 0]` comes out. You want it to be 0.",
        "The problem is linear, so the end is a straight line in p0: two shots give the line, and its zero is "
        "the answer. "
        "`scipy.optimize.root` does it too.",
        "With A = shot(0) and B = shot(1) - A, p0 = -A / B. The miss is abs(shot(p0)).",
    ],
    moral="The arithmetic is right and the cannon is straight; 16 digits are gone after 3.7 time units.",
)


# ------------------------------------------------------------------------------------- 5: many short shots (open)


def _long(rng):
    import hlp_edu as hlp

    phase, pieces = rng.uniform(0, 6), int(rng.integers(36, 44))
    wave = hlp.sinusoid(0.8, rng.uniform(5, 9), phase=phase)
    T = pieces * rng.integers(45, 51) / 100
    yield _cannon()(-rng.uniform(0.5, 1.5), 1, rng.uniform(8, 12), 0.1, wave), T, pieces
    wave, pieces = hlp.sinusoid(0.6, 5.0, phase=phase, offset=-0.2), int(rng.integers(16, 24))
    yield _cannon()(0.5, 2.0, rng.uniform(2, 4), 0.5, wave), pieces * rng.integers(35, 41) / 100, pieces


def _at_the_joints(problem, T, pieces):
    best = problem.best(T)
    rows = np.linspace(0, len(best.t) - 1, pieces + 1).round().astype(int)
    return np.column_stack([best.x[rows, 0], best.p[rows, 0]])


def _pieces(problem, T, pieces, x_at_the_end=False, moving=True):
    """The joints by superposition: with x(T) = z in place of p(T) = 0, or the first piece's target for all."""
    h, size = T / pieces, 2 * pieces + 2
    equations, right_side = np.zeros((size, size)), np.zeros(size)
    for k in range(pieces):
        push = _fly(problem, k * h if moving else 0.0, h, 0.0, 0.0)
        F = np.column_stack([_fly(problem, 0.0, h, *start) - _fly(problem, 0.0, h, 0.0, 0.0) for start in np.eye(2)])
        equations[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = -F
        equations[2 * k : 2 * k + 2, 2 * k + 2 : 2 * k + 4] = np.eye(2)
        right_side[2 * k : 2 * k + 2] = push
    equations[-2, 0], equations[-1, -2 if x_at_the_end else -1] = 1, 1
    right_side[-1] = problem.targets[0](np.array([T]))[0] if x_at_the_end else 0
    return np.linalg.solve(equations, right_side).reshape(-1, 2)


def _fly(problem, t0, h, x, p):
    """Where a piece that starts at t0 arrives."""
    from hlp_edu.linear_quadratic import LQTracking

    signal = problem.targets[0]
    run = LQTracking(problem.A, problem.B, problem.Q, problem.R, lambda t: signal(t + t0)).forward(h, x0=x, p0=p)
    return np.array([run.x[-1, 0], run.p[-1, 0]])


def _joints_fit(multiple_shooting):
    problem, T, pieces = next(_long(dice()))
    y, h = np.asarray(multiple_shooting(problem, T, pieces), float), T / pieces
    if np.abs(y).max() > 1e3:
        return (
            f"a joint lies at {np.abs(y).max():.0e}: was that one long shot? With x and p both given at the start it "
            "is, however many pieces it has; (9) puts one condition at the end"
        )
    if abs(y[0, 0]) > 1e-4:
        return f"x begins at {y[0, 0]:.3g} and has to begin at 0"
    if abs(y[-1, 1]) > 1e-4:
        return f"the costate at the last joint is {y[-1, 1]:.3g}, and (9) asks for 0"
    for k in range(pieces):
        end = _fly(problem, k * h, h, *y[k])
        if np.abs(end - y[k + 1]).max() > 0.02:
            return (
                f"the joints do not fit: the run from joint {k} arrives at x = {end[0]:.3g}, p = {end[1]:.3g}, "
                f"and joint {k + 1} is x = {y[k + 1, 0]:.3g}, p = {y[k + 1, 1]:.3g}"
            )


multiple_shooting = Function(
    LESSON,
    "multiple_shooting",
    "Many short shots",
    points=3,
    library=["LQTracking", "LQTracking.forward"],
    inputs=_long,
    expected=_at_the_joints,
    tolerance=1e-4,
    properties=[_joints_fit],
    mistakes={
        "the two columns are exchanged: x first, then p": lambda right, *_: right[:, ::-1],
        "the joints are in the reversed order of time": backwards,
        "the condition at the end is x(T) = z; (9) asks p(T) = 0": (
            lambda right, *given: _pieces(*given, x_at_the_end=True)
        ),
        "every piece sees the target of the first one: piece k begins at k T / pieces": (
            lambda right, *given: _pieces(*given, moving=False)
        ),
        "everything is 0: a shot from (0, 0) does not end at (0, 0), because the target moves it": lambda right, *_: (
            0 * right
        ),
        "the last joint is missing: `pieces` pieces have `pieces + 1` ends": lambda right, *_: right[:-1],
    },
    hints=[
        "Unknown: x and p at the pieces + 1 joints. Each piece gives two equations, (9) gives the last two: x = "
        "0 at the "
        "first joint, p = 0 at the last. Solve them all at once.",
        "A short shot is affine: end = c + F start. Three shots, from (0, 0), (1, 0) and (0, 1), give c and F. F "
        "serves for every piece; c does not, because the target has moved on.",
        "Rows 2k and 2k+1 of the system: y[k+1] - F y[k] = c_k. Then one row for x of y[0] and one for p of y[-1]. "
        "`np.linalg.solve`, `.reshape(-1, 2)`.",
    ],
    moral=(
        "No shot was longer than half a time unit, so each lost about two digits and no more. Collocation is "
        "this, with shots one step long."
    ),
)

sealed(globals())
