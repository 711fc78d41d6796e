"""The tasks of lesson 03: when a front arrives, one step of a network, and how faint an input may be."""

import numpy as np

from hlp_edu.checks.core import Function, Value, sealed
from hlp_edu.checks.values import plain
from hlp_edu.fronts import arrivals, erlang

__all__ = ["arrival", "euler_step", "half_way", "credit_time", "faintest"]

LESSON = "03_neurons_in_time"


# ------------------------------------------------------------------------------------- 1: predict the front

arrival = Value(
    LESSON,
    "arrival",
    "When the signal is at neuron 12",
    points=1,
    tolerance=0.005,
    expected=lambda: erlang(12) / 8,
    mistakes={
        "that is in units of 1/c: a speed of 8 plays the film 8 times as fast": lambda right: 8 * right,
        "it multiplies by the speed, and a faster chain has the signal earlier": lambda right: 64 * right,
        "that is the mean of twelve services; half way is the median, a third of a service earlier": (
            lambda right: 12 / 8
        ),
        "that is neuron 13: how many neurons has the news passed when neuron 12 is half way?": (
            lambda right: (13 - 1 / 3) / 8
        ),
        "that is neuron 11: neuron 1 is the first with the input": lambda right: (11 - 1 / 3) / 8,
    },
    hints=[
        "Step 3 of the lesson says when neuron k is half way in units of 1/c, step 4 what the speed does.",
        "The formula is c t = k - 1/3, with k = 12 and c = 8.",
    ],
)


# ---------------------------------------------------------------------------------- 2: one step from the arcs


def _digraph(rng, neurons, inputs, density=0.5):
    """A random digraph with cycles and self-loops, inputs and a bias."""
    import networkx as nx

    from hlp_edu.network import Network

    names, sources = list(range(1, neurons + 1)), [f"u{k + 1}" for k in range(inputs)] + ["bias"]
    graph = nx.DiGraph()
    graph.add_nodes_from([*names, *sources])
    graph.add_edges_from((j, i) for i in names for j in [*names, *sources] if rng.uniform() < density)
    graph.add_edges_from([(2, 1), (1, 3), (sources[0], 1)])
    return Network(graph, sources, [neurons])


def _moments(rng):
    for dt in (0.002, 0.01, 0.05):
        neurons, inputs = (int(number) for number in rng.integers([3, 1], [9, 4]))
        network = _digraph(rng, neurons, inputs)
        x, w, u = (rng.normal(size=size) for size in (neurons, len(network.arcs), inputs + 1))
        yield network, x, w, u, rng.uniform(1, 30, size=neurons), dt


def _stepped(network, x, w, u, c, dt):
    from hlp_edu.problem import Tracking
    from hlp_edu.signals import constant

    inputs = {label: constant(value) for label, value in zip(network.inputs, u, strict=True)}
    return x + dt * Tracking(network, constant(0), speed=c, inputs=inputs).dynamics(x, w)


def _inputs_to(network, x, w, u):
    return network.matrix(w) @ np.append(x, u)


def _against_the_arrow(right, network, x, w, u, c, dt):
    W, n = network.matrix(w), len(x)
    return x + dt * c * (np.tanh(W[:, :n].T @ x + W[:, n:] @ u) - x)


def _each_arc_squashed(right, network, x, w, u, c, dt):
    a = np.bincount(network.heads, np.tanh(w * np.append(x, u)[network.tails]), minlength=len(x))
    return x + dt * c * (a - x)


def _last_arc_only(right, network, x, w, u, c, dt):
    a = np.zeros(len(x))
    for i, part in zip(network.heads, w * np.append(x, u)[network.tails], strict=True):
        a[i] = part
    return x + dt * c * (np.tanh(a) - x)


def _one_after_another(right, network, x, w, u, c, dt):
    x = x.copy()
    for i in range(len(x)):
        x[i] += dt * c[i] * (np.tanh(_inputs_to(network, x, w, u)[i]) - x[i])
    return x


euler_step = Function(
    LESSON,
    "euler_step",
    "One step of a network, from its arcs",
    points=2,
    library=["Network.arcs"],
    inputs=_moments,
    expected=_stepped,
    mistakes={
        "the news runs against the arrows: the *head* of an arc receives from its tail": _against_the_arrow,
        "tanh is taken of each arc; a neuron sums first and answers to the sum": _each_arc_squashed,
        "of all arcs into a neuron only the last one counts: add them up (`a[network.heads] += ...` too keeps one of "
        "each; `np.add.at` or a loop adds)": _last_arc_only,
        "the leak is forgotten: x' = c (-x + tanh a)": lambda right, network, x, w, u, c, dt: (
            x + dt * c * np.tanh(_inputs_to(network, x, w, u))
        ),
        "tanh is forgotten": lambda right, network, x, w, u, c, dt: x + dt * c * (_inputs_to(network, x, w, u) - x),
        "the speed c is forgotten": lambda right, network, x, w, u, c, dt: x + (right - x) / c,
        "that is the velocity x'; a step adds dt times the velocity to x": lambda right, network, x, w, u, c, dt: (
            (right - x) / dt
        ),
        "that is how far x moves; where does it stand after the step?": lambda right, network, x, *others: right - x,
        "the inputs are ignored: `tails` counts them behind the neurons": lambda right, network, x, w, u, c, dt: (
            _stepped(network, x, w, 0 * u, c, dt)
        ),
        "the neurons step one after another, and the later ones read what the earlier ones have just become: "
        "all of them have to read the old x": _one_after_another,
    },
    hints=[
        "Two stages. First every neuron makes its sum a, by a loop over the arcs; then all of them move.",
        "Arc k adds w[k] · y[network.tails[k]] to a[network.heads[k]], where y = np.append(x, u).",
        "`for i, j, weight in zip(network.heads, network.tails, w): a[i] += weight * y[j]`, and then "
        "`x + dt * c * (np.tanh(a) - x)`.",
    ],
    moral="This is the library's inner loop; the rest of it is bookkeeping.",
)


# ----------------------------------------------------------------------------------------- 3: measure the front


def _recordings(rng):
    from scipy.special import gammainc

    for neurons in (1, *rng.integers(2, 7, size=2)):
        t = np.sort(np.append(30 * rng.beta(1, 1.5, size=rng.integers(80, 200)), [0, 30]))  # denser in the beginning
        fractions = np.array([gammainc(k, t) for k in rng.uniform(1, 12, size=neurons)]).T
        start, way = rng.normal(size=neurons), rng.uniform(0.5, 2, size=neurons) * (-1) ** np.arange(neurons)
        yield t + rng.uniform(-5, 5), start + way * fractions


def _evenly(right, t, x):
    done = (x - x[0]) / (x[-1] - x[0])
    return np.array([np.interp(0.5, column, np.linspace(t[0], t[-1], len(t))) for column in done.T])


def _row_of(x, fraction=0.5):
    done = (x - x[0]) / (x[-1] - x[0])
    return np.argmax(done >= fraction, axis=0)


def _counts_the_way(half_way):
    t = np.arange(5.0)
    for begin, end, words in (
        (1.0, 2.0, "half of the *way* from the first value to the last is asked for, not half of the last value"),
        (1.0, 0.0, "not every neuron rises: what if the last value is below the first?"),
        (-1.0, -3.0, "values may be negative: measure the fraction of the way that is done"),
    ):
        found = np.asarray(half_way(t, np.linspace([begin], [end], 5)), float)
        if found.shape != (1,):
            return f"for one neuron it returns the shape {found.shape} where (1,) is asked for: one time per column"
        if abs(found[0] - 2) > 1e-6:
            known = (begin, end) != (1.0, 2.0) or abs(found[0]) < 1e-6  # half of 2 is 1, and there it begins
            return f"a neuron that goes evenly from {begin:g} to {end:g} until t = 4 gets {found[0]:.3g}, not 2" + (
                f": {words}" if known else ""
            )


half_way = Function(
    LESSON,
    "half_way",
    "Measure an arrival",
    points=2,
    tolerance=2e-3,
    inputs=_recordings,
    expected=lambda t, x: arrivals(t, x),
    mistakes={
        "that is the time of the row *behind* the half-way point: it lies between two rows, so interpolate": (
            lambda right, t, x: t[_row_of(x)]
        ),
        "that is the time of the row *before* the half-way point: it lies between two rows, so interpolate": (
            lambda right, t, x: t[_row_of(x) - 1]
        ),
        "that is the time of the row *nearest* to the half-way point: it lies between two rows, so interpolate": (
            lambda right, t, x: t[np.argmin(np.abs(x - (x[0] + x[-1]) / 2), axis=0)]
        ),
        "that is the middle between two rows; the straight line between their values is half way somewhere else": (
            lambda right, t, x: (t[_row_of(x)] + t[_row_of(x) - 1]) / 2
        ),
        "that is the number of a row, not a time": lambda right, t, x: _row_of(x),
        "it counts the rows as if they were evenly spaced; t has the times": _evenly,
    },
    properties=[_counts_the_way],
    hints=[
        "Turn each column into the fraction of its way: 0 in the first row, 1 in the last. Then all columns are alike.",
        "The fraction is (x - x[0]) / (x[-1] - x[0]). From the last row below 0.5 to the next draw a straight line.",
        "Since the fraction rises, `np.interp(0.5, fraction[:, k], t)` reads off the time; so for every column k.",
    ],
    moral="Divide by what you know and all columns are alike; then one line does it.",
)


# ---------------------------------------------------------------------------------------- 4: there and back


def _credit(length, neuron, c):
    """Arrival by Erlang's law: a queue of all neurons that the news and the credit have to pass."""
    return erlang(2 * length - neuron + 1) / c


def _chains(rng):
    for _ in range(8):
        length = int(rng.integers(2, 15))
        yield length, int(rng.integers(1, length + 1)), float(rng.uniform(1, 50))


credit_time = Function(
    LESSON,
    "credit_time",
    "How old is the credit?",
    points=2,
    tolerance=0.02,
    inputs=_chains,
    expected=_credit,
    mistakes={
        "that is the first neuron's time for all of them; the credit is at the last neuron first": (
            lambda right, length, neuron, c: (2 * length - 1 / 3) / c
        ),
        "one hop is missing: the costate of the output itself is a leaky neuron, and needs its time": (
            lambda right, length, neuron, c: (2 * length - neuron - 1 / 3) / c
        ),
        "that is the way back alone; first the signal has to get to the output": lambda right, length, neuron, c: (
            (length - neuron + 1 - 1 / 3) / c
        ),
        "that is when the *signal* is at the neuron": lambda right, length, neuron, c: (neuron - 1 / 3) / c,
        "it counts from the wrong end: neuron 1 is next to the input, and the last to get credit": (
            lambda right, length, neuron, c: (length + neuron - 1 / 3) / c
        ),
        "half way is the median of the queue, a third of a hop before its mean": lambda right, length, neuron, c: (
            (2 * length - neuron + 1) / c
        ),
        "that is the trip from this neuron to the output and back; but the signal sets out at the input": (
            lambda right, length, neuron, c: (2 * (length - neuron + 1) - 1 / 3) / c
        ),
        "a third is taken off twice: there and back are one queue, and its median is one third before its mean": (
            lambda right, length, neuron, c: (2 * length - neuron + 1 - 2 / 3) / c
        ),
        "that is in units of 1/c": lambda right, length, neuron, c: right * c,
    },
    hints=[
        "Count leaky neurons on the way: the signal passes all of them to the output, and then the credit goes back.",
        "There: `length` hops. Back: the costate of the output is the first hop, that of neuron m is hop "
        "length - m + 1.",
        "With k hops in all, c t = k - 1/3; and k = length + (length - neuron + 1).",
    ],
    moral="So the first arcs learn from the oldest news, and the deeper the network the older it is.",
)


# --------------------------------------------------------------------------------------- 5: how faint an input?

LEVEL, ERROR = 0.3, 0.1


def _tracks(answer):
    import hlp_edu as hlp

    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return "`faintest` must be two things, a level and a policy, such as `(1.0, hlp.Flipped(30, 5))`"
    level, policy = answer
    level = plain(np.atleast_2d(level)) if isinstance(level, (np.ndarray, np.number, complex)) else level
    if not isinstance(level, (int, float, np.number)) or not 0 < level < np.inf:
        return f"the level must be a number above 0; it is {level!r}"
    if type(policy) not in (hlp.Flipped, hlp.PerArc, hlp.GradientFlow):
        return f"the policy must be one of the three, such as `hlp.Flipped(30, 5)`; it is {policy!r}"
    if level > LEVEL * (1 + 1e-6):  # float32 has its own 0.3
        return f"a level of {level:.3g} is louder than {LEVEL}: go lower"
    problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid(), inputs={"bias": hlp.constant(float(level))})
    done = hlp.runs(problem, policy, range(5), T=20, dt=0.002, progress=False)
    errors = [run.rmse(after=20 / 3) if run.diverged_at is None else np.inf for run in done]
    if not max(errors) < ERROR:
        lost = "the run is lost" if np.isinf(max(errors)) else f"the error is {max(errors):.2f}"
        return f"at the level {level:.3g} {lost} in the worst of five starts, and must be below {ERROR}"


faintest = Value(
    LESSON,
    "faintest",
    "How faint may the input be?",
    points=3,
    properties=[_tracks],
    hints=[
        "Write a loop over levels, with the lesson's three policies, and print the worst error of five starts.",
        "An arc from the input learns from credit times level: a faint input makes it slow. Which number of a policy "
        "makes up for that? And which one brakes?",
        "At a level of 0.3 try `hlp.GradientFlow(mu)` with mu from 0.01 to 0.1. Below 0.03 it is too slow, at 0.1 it "
        "swings.",
    ],
    moral="At a level of 0.1 none of the lesson's three settings stays below 0.2: a faint input teaches faintly.",
)

sealed(globals())
