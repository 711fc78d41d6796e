"""The tasks of lesson 05: backprop read off a running flow, credit for inputs, and what is missing at finite speed."""

import functools

import numpy as np

from hlp_edu.checks.core import Function, Value, negated, sealed
from hlp_edu.checks.draws import dice, seed

__all__ = ["ball", "read_flow", "input_credit", "slope", "better"]

LESSON = "05_backprop_as_a_limit"


# --------------------------------------------------------------------------------------- 1: the ball's numbers

STEP, INERTIA, FRICTION = 0.05, 0.2, 4.0


def _ball():
    """Learning rate and momentum, measured on a slope that is the same everywhere."""
    from hlp_edu.backprop import flipped_descent

    w = flipped_descent(lambda w: np.ones(1), [0.0], steps=2, h=STEP, r=INERTIA, theta=FRICTION)[:, 0]
    rate = w[0] - w[1]
    return rate, (w[2] - w[1] + rate) / (w[1] - w[0])


def _rate(factor):
    return lambda right: (right[0] * factor, right[1])


def _momentum(value):
    return lambda right: (right[0], value)


ball = Value(
    LESSON,
    "ball",
    "Which learning rate, which momentum?",
    points=1,
    tolerance=1e-3,
    expected=_ball,
    mistakes={
        "the learning rate has h squared: one h moves the costate, another the weight": _rate(1 / STEP),
        "r is missing in the learning rate: heavy weights learn slowly": _rate(INERTIA),
        "the learning rate is divided by r, not multiplied: heavy weights learn slowly": _rate(INERTIA**2),
        "the momentum counts the friction of one *step*: 1 - theta h": _momentum(1 - FRICTION),
        "that is what a step loses; the momentum is what it keeps": _momentum(FRICTION * STEP),
        "that is the exact decay over a step; the explicit step of the lesson has its first two terms, 1 - theta h": (
            _momentum(np.exp(-FRICTION * STEP))
        ),
        "that is the momentum of an implicit step; the lesson's is explicit": _momentum(1 / (1 + FRICTION * STEP)),
        "first the learning rate, then the momentum": lambda right: right[::-1],
    },
    hints=[
        "It is under the formula with w_{n+1}, in the section on phi.",
        "The learning rate is h²/r, the momentum 1 - theta h.",
    ],
    moral="So doubling the step quadruples the learning rate, and lowers the momentum as well.",
)


# ------------------------------------------------------------------------------- 2: backprop, read off a flow


def _flows(rng):
    from hlp_edu.network import feed_forward, fully_connected

    few, some, many = (int(number) for number in rng.integers([1, 2, 3], [3, 4, 6]))
    for network in (feed_forward([few, some, 2]), fully_connected(many), feed_forward([some, 3, many, few])):
        n, m = len(network.neurons), len(network.arcs)
        yield network, rng.uniform(1, 50, size=n), *(rng.normal(size=size) for size in (m, n, n, len(network.inputs)))


def _read(network, c, w, x, p_x, u):
    """From p_x . f: c p_x, its derivatives with respect to every sum a and every weight (complex steps)."""
    h, y, W = 1e-30j, np.append(x, u), network.matrix(w).astype(complex)
    delta = [(p_x @ (c * np.tanh(W @ y + h * nudge))).imag / 1e-30 for nudge in np.eye(len(x))]
    gradient = np.empty(len(w))
    for k, place in enumerate(zip(network.heads, network.tails, strict=True)):
        W[place] += h
        gradient[k] = (p_x @ (c * np.tanh(W @ y))).imag / 1e-30
        W[place] = w[k]
    return c * p_x, np.array(delta), gradient


def _slope_of(network, w, x, u):
    return 1 - np.tanh(network.matrix(w) @ np.append(x, u)) ** 2


def _arcs(network, delta, x, u):
    return delta[network.heads] * np.append(x, u)[network.tails]


def _with_delta(right, network, x, u, delta):
    return right[0], delta, _arcs(network, delta, x, u)


read_flow = Function(
    LESSON,
    "read_flow",
    "Backprop, read off a running flow",
    points=2,
    library=["Network.matrix", "Network.arcs"],
    inputs=_flows,
    expected=_read,
    mistakes={
        "the factor c is missing: in backprop's units the costate is D = c p_x": (
            lambda right, network, c, w, x, p_x, u: (p_x, right[1] / c, _arcs(network, right[1] / c, x, u))
        ),
        "delta is D: the slope sigma'(a) is missing between them": lambda right, network, c, w, x, p_x, u: _with_delta(
            right, network, x, u, right[0]
        ),
        "1 - x² is sigma'(a) only at rest, where x = tanh(a); this flow is moving": (
            lambda right, network, c, w, x, p_x, u: _with_delta(right, network, x, u, (1 - x**2) * right[0])
        ),
        "the slope is taken at x; it belongs to the sum a at the neuron": (
            lambda right, network, c, w, x, p_x, u: _with_delta(right, network, x, u, (1 - np.tanh(x) ** 2) * right[0])
        ),
        "the inputs are missing in the sums a: they are parents too": lambda right, network, c, w, x, p_x, u: (
            _with_delta(right, network, x, u, _slope_of(network, w, x, 0 * u) * right[0])
        ),
        "c is in delta twice: D = c p_x has it already": lambda right, network, c, w, x, p_x, u: _with_delta(
            right, network, x, u, c * right[1]
        ),
        "c is in the gradient twice: delta has it already, from D = c p_x": lambda right, network, c, w, x, p_x, u: (
            *right[:2],
            _arcs(network, c * right[1], x, u),
        ),
        "delta is handed on to the parents; D is the sum over the children already, delta = sigma'(a) D is all": (
            lambda right, network, c, w, x, p_x, u: _with_delta(
                right, network, x, u, network.matrix(w)[:, : len(x)].T @ right[1]
            )
        ),
        "the gradient takes tanh(a) of the tail; this flow is moving, and the arc sees the x that is there": (
            lambda right, network, c, w, x, p_x, u: (
                *right[:2],
                _arcs(network, right[1], np.tanh(network.matrix(w) @ np.append(x, u)), u),
            )
        ),
        "the gradient takes D of the head where delta belongs": lambda right, network, c, w, x, p_x, u: (
            *right[:2],
            _arcs(network, right[0], x, u),
        ),
        "the gradient takes the activity of the head; it is delta of the head times x of the *tail*": (
            lambda right, network, c, w, x, p_x, u: (*right[:2], (right[1] * x)[network.heads])
        ),
        "all signs are wrong": lambda right, *given: tuple(map(negated, right)),
    },
    hints=[
        "D first, then delta = sigma'(a) D, then the gradient arc by arc. For sigma'(a) the sums a are needed, (1).",
        "The sums are a = network.matrix(w) @ np.append(x, u), and sigma'(a) = 1 - tanh(a)².",
        "The gradient of arc k is delta[network.heads[k]] · y[network.tails[k]], with y = np.append(x, u).",
    ],
    moral="Three lines, and each of them uses what is known at one place. The sweep has become a reading.",
)


# ----------------------------------------------------------------------------- 3: credit for the inputs, with cycles


def _settled(network, w, u):
    """The rest of the neurons; along the last axes of u lie many inputs at once."""
    W = network.matrix(w)
    n, u = len(W), np.asarray(u)
    given = W[:, n:] @ u
    x = 0 * given
    for _ in range(300):
        x = np.tanh(W[:, :n] @ x + given)
    return x


def _still_worlds(rng):
    import networkx as nx

    from hlp_edu.network import Network, feed_forward

    few, some, many = (int(number) for number in rng.integers([2, 3, 4], [4, 5, 7]))
    rings = []
    for n in (some, many):  # rings with chords, whose inputs are far from the output
        graph = nx.DiGraph([(i, (i + d) % n) for i in range(n) for d in (1, 2)])
        graph.add_edges_from([("u1", 0), ("u1", 1), ("u2", 1), ("u2", n - 1)])
        rings.append(Network(graph, ["u1", "u2"], [n // 2]))
    for network in (rings[0], feed_forward([few, some, 3, 2]), rings[1]):
        w = rng.normal(size=len(network.arcs))
        if network in rings:  # loops too weak to sustain anything
            w *= 0.9 / np.linalg.norm(network.matrix(w)[:, : len(network.neurons)], 2)
        u, z = rng.normal(size=len(network.inputs)), rng.normal(size=len(network.outputs))
        yield network, w, u, _settled(network, w, u), z, rng.uniform(2, 20)


def _by_pushing(network, w, u, x, z, q):
    """What the loss at rest does when input k is nudged: one complex run for all of them."""
    x = _settled(network, w, u[:, None] + 1e-30j * np.eye(len(u)))
    return np.imag(q / 2 * ((x[network.output_index] - z[:, None]) ** 2).sum(axis=0)) / 1e-30


def _credit(network, w, u, x, z, q, hops=None, back="right", last="slope"):
    """The credit of the inputs, with the ways to get it wrong: too few hops, a slope in the wrong place."""
    n = len(x)
    W, B, slope, e = network.matrix(w)[:, :n], network.matrix(w)[:, n:], 1 - x**2, np.zeros(n)
    e[network.output_index] = q * (x[network.output_index] - z)
    matrix = {"right": W.T * slope, "W": W * slope, "late": slope[:, None] * W.T, "none": W.T}[back]
    if hops is None:
        D = np.linalg.solve(np.eye(n) - matrix, e)
    else:
        D = e
        for _ in range(hops):
            D = e + matrix @ D
    return B.T @ (slope * D if last == "slope" else D)


def _but(**changes):
    return lambda right, *given: _credit(*given, **changes)


input_credit = Function(
    LESSON,
    "input_credit",
    "What should the inputs have been?",
    points=2,
    library=["Network.matrix", "Network.arcs"],
    inputs=_still_worlds,
    expected=_by_pushing,
    mistakes={
        "the sign of the error is wrong: e = x_O - z": negated,
        "q is missing: the output's D begins with q e": lambda right, *given: right / given[-1],
        "the matrix W is not transposed: credit runs against the arrows, from children to parents": _but(back="W"),
        "sigma' is on the wrong side of W: it is the *child's* slope, applied before the credit is handed on": (
            _but(back="late")
        ),
        "sigma' is missing: D = q e + Wᵀ sigma'(a) D": _but(back="none"),
        "sigma' is missing in the last hop: an input, too, is handed w sigma'(a) D by each of its children": (
            _but(last="D")
        ),
        "only the outputs have a D: nothing was handed on inside the network": _but(hops=0),
        "credit was handed on once; in a deep network, or in one with cycles, the recursion continues": _but(hops=1),
        "credit was handed on once for each neuron; with cycles it goes on: repeat until D stays, or solve": (
            lambda right, *given: _credit(*given, hops=len(given[3]))
        ),
    },
    hints=[
        "First D of the neurons, step 3 of the lesson: D = q e + Wᵀ sigma'(a) D, where e is 0 except at the outputs. "
        "With cycles it is a linear equation.",
        "Then one hop more. An input has no law, but it has children like a neuron: child k hands it w_ki sigma'(a_k) "
        "D_k. The weights of the inputs are the last columns of `network.matrix(w)`.",
        "`W, B = M[:, :n], M[:, n:]` with `M = network.matrix(w)`, `slope = 1 - x**2`, "
        "`D = np.linalg.solve(np.eye(n) - W.T * slope, q_e)`, and `B.T @ (slope * D)`.",
    ],
    moral="Step against this credit, and the network shows what it would like to see. The same number, on a picture, "
    "makes an adversarial example.",
)


# ------------------------------------------------------------------------------------------ 4: measure a law


def _world(sizes, pace, seed):
    """A feed-forward net in a moving world, as in the lesson, and its weights."""
    import hlp_edu as hlp

    net = hlp.feed_forward(sizes)
    inputs = {f"u{k + 1}": hlp.sinusoid(1, (5 + 2 * k) / pace, phase=k) for k in range(sizes[0])}
    targets = [hlp.sinusoid(0.5, 6 / pace), hlp.sinusoid(0.5, 9 / pace, phase=1)][: sizes[-1]]
    weights = 0.5 * np.random.default_rng(seed).standard_normal(len(net.arcs))
    return hlp.Tracking(net, targets, q=1, r_w=0.01, r=1, inputs=inputs), weights


class _Meter:
    """Measures the relative error of a gradient at a speed; of the flow's own, or of a better one."""

    def __init__(self, sizes, pace, seed, better=False):
        self.problem, self.w = _world(sizes, pace, seed)
        self.times, self.better = np.linspace(0, 20 / pace, 7), better
        self.meet = functools.cache(self._meet)

    def _meet(self, c):
        from hlp_edu.backprop import meet_backprop

        return meet_backprop(self.problem, self.w, c, self.times)

    def __call__(self, c):
        c = float(c)
        if not 0.5 <= c <= 1e6:
            raise ValueError(f"c = {c:g}: the instrument measures from 0.5 to 1e6")
        there = self.meet(c)
        flow = 2 * there.flow - self.meet(c / 2).flow if self.better else there.flow
        return float(np.linalg.norm(flow - there.exact) / np.linalg.norm(there.exact))

    def __repr__(self):
        return "an instrument"


class _MadeUp:
    """An instrument with a law of its own: A c^s, and more of it where c is not large."""

    def __init__(self, law, size, early):
        self.law, self.size, self.early = law, size, early

    def __call__(self, c):
        c = float(c)
        if not 0.5 <= c <= 1e6:
            raise ValueError(f"c = {c:g}: the instrument measures from 0.5 to 1e6")
        return self.size * c**self.law / (1 + (self.early / c) ** 1.5)

    def __repr__(self):
        return "an instrument"


@functools.cache
def _meters(number):
    """The instruments of a session, in a random order: kind of world, instrument, law."""
    rng = dice()
    pace, law = rng.uniform(1, 3), -rng.choice([rng.uniform(0.5, 0.8), rng.uniform(1.3, 1.7)])
    found = [
        ("a world that is not the lesson's", _Meter([2, 3, 1], pace, int(rng.integers(100))), -1),
        ("a hasty world", _Meter([3, 4, 4, 2], 2 * pace, int(rng.integers(100))), -1),
        ("a better gradient, which does not obey 1/c", _Meter([2, 3, 1], pace, int(rng.integers(100)), True), -2),
        ("an instrument whose law is no whole number", _MadeUp(law, rng.uniform(0.5, 2), rng.uniform(5, 20)), law),
    ]
    return [found[k] for k in rng.permutation(4)]


def _measures(slope):
    for case, meter, law in _meters(seed()):
        found = np.squeeze(np.asarray(slope(meter)))
        if found.shape != () or not np.isfinite(found):
            return f"it must return one finite number; it returned {found}"
        if abs(found - law) < 0.05:
            continue
        if found > 0:
            return f"it measures {found:.2f} for {case}: the error *falls* with c, so the slope is negative"
        if abs(found / np.log(10) - law) < 0.05 or abs(found * np.log(10) - law) < 0.05:
            return f"it measures {found:.2f} for {case}: take the same logarithm of both"
        if law != -1 and abs(found + 1) < 1e-6:
            return f"it says {found:.2f} for {case}: do you measure, or do you know?"
        return (
            f"it measures {found:.2f} for {case}, too {'flat' if found > law else 'steep'}: are speeds among yours at "
            "which the law does not hold yet? Is a logarithm forgotten?"
        )


slope = Function(
    LESSON,
    "slope",
    "Measure a law",
    points=2,
    properties=[_measures],
    hints=[
        "A law error = A c^s is a straight line in logarithms: log error = log A + s log c. The slope is s.",
        "`np.polyfit(np.log(speeds), np.log(errors), 1)[0]`, as in the lesson. Which speeds? The law holds only where "
        "signals are fast against the world, and you are not told how fast that world is.",
        "Two large speeds are enough, for example 3000 and 30000: log(error / error) / log(speed / speed).",
    ],
    moral="It also saw what was not in the task: one gradient was better than the flow's, with an error that falls as "
    "1/c², and one instrument was made up.",
)


# --------------------------------------------------------------------------------- 5: a better gradient, no faster

FASTEST, SHARE = 100.0, 0.5


def _slow(problem, w, now):
    """The flow's gradient at an instant, in a network whose signals run at 100 at most; the future is closed."""
    from hlp_edu.backprop import meet_backprop

    def gradient_at(c, t):
        if not 0.5 <= c <= FASTEST:
            raise ValueError(f"c = {c:g}: the signals of this network run at 0.5 to {FASTEST:g}")
        if t > now + 1e-9:
            raise ValueError(f"t = {t:g}: that is in the future, it is {now:g} now")
        return meet_backprop(problem, w, float(c), [float(t)]).flow[0]

    return gradient_at


def _improves(better):
    from hlp_edu.backprop import meet_backprop

    rng = dice()
    for sizes in ([3, 4, 4, 2], [2, int(rng.integers(3, 6)), 1]):
        problem, w = _world(sizes, 1, int(rng.integers(100)))
        times = np.sort(rng.uniform(3, 20, size=6))
        there = meet_backprop(problem, w, FASTEST, times)
        found = np.array([np.asarray(better(_slow(problem, w, now), now), float) for now in times])
        if found.shape != there.exact.shape:
            return f"it returns the shape {found.shape[1:]} where {there.exact.shape[1:]} is asked for: one per arc"
        off, plain = (np.linalg.norm(flow - there.exact) for flow in (found, there.flow))
        if not off <= SHARE * plain:
            return (
                f"its error is {off / plain:.2f} times that of the flow at c = 100, on a network with layers of "
                f"{sizes}, and at most {SHARE} times is asked for"
            )


better = Function(
    LESSON,
    "better",
    "A better gradient from slow signals",
    points=3,
    library=[],
    properties=[_improves],
    hints=[
        "You know more about the error than its size: it falls as 1/c. What does that say about two gradients, at "
        "c and at c/2?",
        "Gradient at c = exact + A/c + ..., gradient at c/2 = exact + 2 A/c + .... Combine them so that A cancels.",
        "Twice the gradient at 100, minus the gradient at 50. With a third speed the next term cancels too.",
    ],
    moral="A law of an error is worth as much as a faster machine. The trick is Richardson's, of 1911.",
)

sealed(globals())
