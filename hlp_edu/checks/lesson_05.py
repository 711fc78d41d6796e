"""The tasks of lesson 05: backprop read off a running flow, or solved for, and what is missing at finite speed."""

import functools

import numpy as np

from hlp_edu.checks.core import Function, Value, negated

__all__ = ["ball", "read_flow", "at_rest", "slope", "better"]

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

    for network in (feed_forward([2, 3, 2]), fully_connected(4), feed_forward([1, 3, 3, 1])):
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
    tolerance=1e-8,
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


# --------------------------------------------------------------------------------- 3: deltas of a network with cycles


def _settled(network, w, u, nudge=0.0):
    W = network.matrix(w)
    x = np.zeros(len(W)) + nudge
    for _ in range(300):
        x = np.tanh(W[:, : len(W)] @ x + (W[:, len(W) :] @ u).reshape(-1, *[1] * (np.ndim(x) - 1))) + nudge
    return x


def _still_worlds(rng):
    from hlp_edu.network import feed_forward, fully_connected

    for network in (fully_connected(4), feed_forward([2, 3, 3, 2]), fully_connected(6)):
        w = rng.normal(size=len(network.arcs)) / np.sqrt(2 * len(network.neurons))
        u, z = rng.normal(size=len(network.inputs)), rng.normal(size=len(network.outputs))
        yield network, w, u, _settled(network, w, u), z, rng.uniform(2, 20)


def _by_pushing(network, w, u, x, z, q):
    """What the loss at rest does when neuron i is nudged: one complex run for all of them."""
    x = _settled(network, w, u, 1e-30j * np.eye(len(x)))
    return np.imag(q / 2 * ((x[network.output_index] - z[:, None]) ** 2).sum(axis=0)) / 1e-30


def _parts(network, w, u, x, z, q):
    e = np.zeros(len(x))
    e[network.output_index] = q * (x[network.output_index] - z)
    return network.matrix(w)[:, : len(x)], _slope_of(network, w, x, u), e


def _solved(kind):
    def mistake(right, *given):
        W, slope, e = _parts(*given)
        back = {"W": W * slope, "late": slope[:, None] * W.T, "no slope": W.T}[kind]
        return np.linalg.solve(np.eye(len(e)) - back, e)

    return mistake


def _one_hop(right, *given):
    W, slope, e = _parts(*given)
    return e + W.T @ (slope * e)


def _one_hop_each(right, *given):
    W, slope, e = _parts(*given)
    D = e
    for _ in e:
        D = e + W.T @ (slope * D)
    return D


at_rest = Function(
    LESSON,
    "at_rest",
    "Deltas of a network with cycles",
    points=3,
    tolerance=1e-6,
    inputs=_still_worlds,
    expected=_by_pushing,
    mistakes={
        "the sign of the error is wrong: e = x_O - z": negated,
        "q is missing: the output's D begins with q e": lambda right, *given: right / given[-1],
        "the matrix W is not transposed: credit runs against the arrows, from children to parents": _solved("W"),
        "sigma' is on the wrong side of W: it is the *child's* slope, applied before the credit is handed on": (
            _solved("late")
        ),
        "sigma' is missing: D = q e + Wᵀ sigma'(a) D": _solved("no slope"),
        "only the outputs have a D: nothing was handed on": lambda right, *given: _parts(*given)[2],
        "credit was handed on once; in a deep network, or in one with cycles, the recursion continues": _one_hop,
        "credit was handed on once for each neuron; with cycles it goes on: repeat until D stays, or solve": (
            _one_hop_each
        ),
        "that is delta, sigma'(a) D; D itself is asked for": lambda right, *given: _parts(*given)[1] * right,
    },
    hints=[
        "Step 3 of the lesson: D = q e + Wᵀ sigma'(a) D, where e is 0 except at the outputs.",
        "It is a linear equation for the vector D: (1 - Wᵀ sigma'(a)) D = q e. Only the weights between neurons belong "
        "into W, the first n columns of `network.matrix(w)`.",
        "`np.linalg.solve(np.eye(n) - W.T * slope, q_e)` with `slope = 1 - x**2`. In numpy, `W.T * slope` multiplies "
        "column k by slope[k]. Repeating D = q e + Wᵀ sigma'(a) D many times does it as well.",
    ],
    moral="One equation for every graph. Where there are layers, solving it from the top *is* backpropagation.",
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


METERS = (([2, 3, 1], 1, 1, False, -1), ([3, 4, 4, 2], 2, 0, False, -1), ([2, 3, 1], 1, 1, True, -2))


def _measures(slope):
    for sizes, pace, seed, better, law in METERS:
        found = np.asarray(slope(_Meter(sizes, pace, seed, better)))
        if found.shape != () or not np.isfinite(found):
            return f"it must return one finite number; it returned {found}"
        if abs(found - law) < 0.05:
            continue
        case = "a better gradient, which does not obey 1/c" if better else f"a world of pace {pace}"
        if found > 0:
            return f"it measures {found:.2f} for {case}: the error *falls* with c, so the slope is negative"
        if abs(found / np.log(10) - law) < 0.05 or abs(found * np.log(10) - law) < 0.05:
            return f"it measures {found:.2f} for {case}: take the same logarithm of both"
        if better and abs(found + 1) < 0.05:
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
    moral="It also saw what was not in the task: the third gradient was better, with an error that falls as 1/c².",
)


# --------------------------------------------------------------------------------- 5: a better gradient, no faster

FASTEST, SHARE = 100.0, 0.5


class _Slow:
    """The flow's gradient at an instant, in a network whose signals run at 100 at most; the future is closed."""

    def __init__(self, problem, w, now):
        self.problem, self.w, self.now = problem, w, now

    def __call__(self, c, t):
        from hlp_edu.backprop import meet_backprop

        if not 0.5 <= c <= FASTEST:
            raise ValueError(f"c = {c:g}: the signals of this network run at 0.5 to {FASTEST:g}")
        if t > self.now + 1e-9:
            raise ValueError(f"t = {t:g}: that is in the future, it is {self.now:g} now")
        return meet_backprop(self.problem, self.w, c, [t]).flow[0]

    def __repr__(self):
        return "a network"


def _improves(better):
    from hlp_edu.backprop import meet_backprop

    for sizes, seed in (([3, 4, 4, 2], 0), ([2, 3, 1], 1)):
        problem, w = _world(sizes, 1, seed)
        times = np.linspace(3, 20, 6)
        there = meet_backprop(problem, w, FASTEST, times)
        found = np.array([np.asarray(better(_Slow(problem, w, now), now), float) for now in times])
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
    points=4,
    properties=[_improves],
    hints=[
        "You know more about the error than its size: it falls as 1/c. What does that say about two gradients, at "
        "c and at c/2?",
        "Gradient at c = exact + A/c + ..., gradient at c/2 = exact + 2 A/c + .... Combine them so that A cancels.",
        "Twice the gradient at 100, minus the gradient at 50. With a third speed the next term cancels too.",
    ],
    moral="A law of an error is worth as much as a faster machine. The trick is Richardson's, of 1911.",
)
