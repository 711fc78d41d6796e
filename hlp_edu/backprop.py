"""What the laws are compared with: backpropagation, BPTT, RTRL, heavy ball; and how they meet.

These methods know the whole network, or the whole past, at once. That is why they are short.
"""

import functools
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import networkx as nx
import numpy as np

from hlp_edu.flow import grid, run
from hlp_edu.network import Network
from hlp_edu.optimum.adjoint import check_pace
from hlp_edu.policies import Frozen
from hlp_edu.problem import Tracking
from hlp_edu.validate import affordable, finite, kind, number, numbers_of, require, vector, whole

MOST_STEPS = 10_000_000  # that are kept
NO_GRADIENT = "w: backprop's gradient is 0 at all these times; there is no relative error"
SLOWEST = 1e-6  # speed of a flow that settles: below, 40 / c is too long a time

__all__ = [
    "Backprop", "Meeting", "Online", "backprop", "bptt", "flipped_descent", "flow_gradient", "heavy_ball",
    "meet_backprop", "relaxed_costate", "rtrl",
]  # fmt: skip


class Backprop(NamedTuple):
    """The result of one forward and one backward sweep through a feed-forward network.

    Parameters
    ----------
    loss : float
        q/2 |x_O - z|^2.
    x, D, delta : numpy.ndarray, shape (neurons,)
        The states at rest, the derivatives of the loss with respect to them, and those with respect to the
        sums a: backprop's delta, sigma'(a) D.
    gradient : numpy.ndarray, shape (arcs,)
        The derivative with respect to each weight.
    """

    loss: float
    x: np.ndarray
    D: np.ndarray
    delta: np.ndarray
    gradient: np.ndarray


@functools.lru_cache(maxsize=1)  # a run asks for one network again and again
def _levels(network):
    """Indices of the neurons, level by level: all parents are in earlier levels; ValueError if there is a cycle."""
    inner, graph = network.tails < len(network.neurons), nx.DiGraph()
    graph.add_nodes_from(range(len(network.neurons)))
    graph.add_edges_from(zip(network.tails[inner].tolist(), network.heads[inner].tolist(), strict=True))
    if not nx.is_directed_acyclic_graph(graph):
        raise ValueError(f"network = {network!r}: has a cycle; backprop needs a feed-forward network (see bptt)")
    return [np.sort(level) for level in nx.topological_generations(graph)]


def backprop(network, w, u, z, q=1.0):
    """Loss q/2 |x_O - z|^2 of a feed-forward network at rest, and its derivatives, as a `Backprop`.

    Parameters
    ----------
    network : Network
        Without cycles.
    w, u, z : array_like, shapes (arcs,), (inputs,), (outputs,)
        Weights, values of all inputs (a bias is one of them), targets.
    q : float
        Price of the error.

    Raises
    ------
    ValueError
        If the network has a cycle or an array has the wrong length.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> backprop(hlp.chain(1), w=[0.0], u=[2.0], z=[0.5], q=1).gradient
    array([-1.])
    """
    kind("network", network, Network, "a hlp_edu Network")
    n, q = len(network.neurons), number("q", q)
    w = vector("w", w, len(network.heads), "arc")
    u, z = vector("u", u, len(network.inputs), "input"), vector("z", z, len(network.outputs), "output")
    order, W = _levels(network), network.matrix(w)
    y = np.concatenate([np.zeros(n), u])
    for level in order:  # forward, all of it, before anything can go back
        y[level] = np.tanh(W[level] @ y)
    x = y[:n]
    e = x[network.output_index] - z
    D, delta = np.zeros(n), np.zeros(n)
    D[network.output_index] = q * e
    for level in order[::-1]:  # backward, all of it
        D[level] += W[:, level].T @ delta
        delta[level] = (1 - x[level] ** 2) * D[level]
    return Backprop(q / 2 * float(e @ e), x, D, delta, delta[network.heads] * y[network.tails])


def _unroll(problem, w, T, dt, x0):
    """The step, times, inputs, targets, states at the start and the weights as a matrix."""
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    (steps, dt), n = grid(T, dt, most=MOST_STEPS), len(problem.network.neurons)
    check_pace(problem, dt)
    affordable(f"T = {steps * dt:g}:", steps * (n + len(problem.network.labels)))
    times = dt * np.arange(steps + 1)
    x = np.zeros(n) if x0 is None else vector("x0", x0, n, "neuron")
    w = vector("w", w, len(problem.network.heads), "arc")
    return dt, times, problem.inputs_at(times), problem.target_at(times), x, problem.network.matrix(w)


def _back(D, W, sigma, pace):
    """One step back: the derivatives with respect to the states before it, and to the sums a."""
    delta = pace * (1 - sigma**2) * D
    return (1 - pace) * D + W[:, : len(D)].T @ delta, delta


def _carry(S, W, y, sigma, pace, heads, tails, arcs):
    """One step forward of S = dx/dw, neurons x arcs numbers: S + pace (sigma'(a) (W S + y) - S)."""
    moved = W[:, : len(S)] @ S
    moved[heads, arcs] += y[tails]
    return S + pace[:, None] * ((1 - sigma**2)[:, None] * moved - S)


def bptt(problem, w, T, dt=0.01, x0=None):
    """Backpropagation through time: the gradient of a whole run with respect to its (constant) weights.

    The run is Euler's: x <- x + dt c (tanh(a) - x); with speed * dt = 1 it is the usual recurrent
    network x <- tanh(a). All of it is kept, and traversed backward from its end.

    Parameters
    ----------
    problem : Tracking
        Network, targets, q, speed; r_w, r and theta are not used.
    w, x0 : array_like, shapes (arcs,) and (neurons,)
        Weights, held during the run, and states at the start, 0 by default.
    T, dt : float
        Duration, and step, at most 1 / speed.

    Returns
    -------
    cost : float
        Sum over the steps of dt q/2 |x_O - z|^2.
    gradient : numpy.ndarray, shape (arcs,)
        Its derivative with respect to w.

    Raises
    ------
    ValueError
        If an array has the wrong length, or T or dt is out of its bounds.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(2), hlp.constant(0.5), q=1, speed=1)
    >>> cost, gradient = bptt(problem, [0.1] * 6, T=1, dt=0.1)
    >>> bool(np.allclose(gradient, rtrl(problem, [0.1] * 6, T=1, dt=0.1)[1]))
    True
    """
    dt, times, u, z, x, W = _unroll(problem, w, T, dt, x0)
    n, heads, tails, out = len(x), problem.network.heads, problem.network.tails, problem.network.output_index
    pace = dt * problem.speed
    y, sigma = np.empty((len(times), n + u.shape[1])), np.empty((len(times), n))
    for k in range(len(times)):
        y[k] = np.concatenate([x, u[k]])
        sigma[k] = np.tanh(W @ y[k])
        x = x + pace * (sigma[k] - x)
    e = y[1:][:, out] - z[1:]
    D, gradient = np.zeros(n), np.zeros(len(heads))
    for k in range(len(times) - 1, 0, -1):  # D is dJ/dx after step k
        D[out] += dt * problem.q * e[k - 1]
        D, delta = _back(D, W, sigma[k - 1], pace)
        gradient += delta[heads] * y[k - 1, tails]
    return dt * problem.q / 2 * float((e**2).sum()), gradient


def rtrl(problem, w, T, dt=0.01, x0=None):
    """Real-time recurrent learning: the same cost and gradient as `bptt`, carried along forward in time.

    No past is kept, but the derivative of every state with respect to every weight: neurons x arcs numbers.

    Parameters
    ----------
    problem, w, T, dt, x0
        Those of `bptt`.
    """
    dt, times, u, z, x, W = _unroll(problem, w, T, dt, x0)
    n, heads, tails, out = len(x), problem.network.heads, problem.network.tails, problem.network.output_index
    pace, arcs = dt * problem.speed, np.arange(len(heads))
    cost, gradient, S = 0.0, np.zeros(len(heads)), np.zeros((n, len(heads)))  # S = dx/dw
    for k in range(len(times) - 1):
        y = np.concatenate([x, u[k]])
        sigma = np.tanh(W @ y)
        S = _carry(S, W, y, sigma, pace, heads, tails, arcs)
        x = x + pace * (sigma - x)
        e = x[out] - z[k + 1]
        cost += dt * problem.q / 2 * float(e @ e)
        gradient += dt * problem.q * (e @ S[out])
    return cost, gradient


class Online:
    """A recurrent network that learns from a stream by the gradient of each sample's error, with momentum.

    The network is x <- tanh(a), all neurons at once (Euler's step of (2) with speed * dt = 1), ``sweeps``
    times for each sample. The outputs are then its guess. The target is shown, and the weights
    move: v <- momentum v - rate gradient, w <- w + v, for the loss 1/2 |x_O - z|^2. With several
    ``updates`` the network runs and the weights move so often before the next sample comes.

    Parameters
    ----------
    network : Network
        With at least one output.
    rate, momentum : float
        Learning rate, at least 0, and momentum, from 0 to below 1.
    truncation : int or None
        Through how many samples the gradient is propagated back: 1 is plain online gradient descent, more
        is truncated BPTT, None is RTRL, which knows all of the past.
    sweeps, updates : int
        How often all neurons move for each update, and updates for each sample: at least 1.
    seed : int
        Of the random states and weights at the start, the same as those of `hlp_edu.run`.

    Attributes
    ----------
    w, v, x : numpy.ndarray, shapes (arcs,), (arcs,), (neurons,)
        Weights, their velocities, and states.

    Raises
    ------
    ValueError
        If an argument is out of its bounds.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> learner = Online(hlp.feed_forward([1, 1]), rate=0.5)
    >>> samples = [([u], [0.5 * u]) for u in np.random.default_rng(0).uniform(-1, 1, 400)]
    >>> error = np.abs(learner.learn(samples) - [z for _, z in samples])[:, 0]
    >>> bool(error[:100].mean() > 2 * error[-100:].mean())
    True
    """

    def __init__(self, network, rate, momentum=0.0, truncation=1, sweeps=2, updates=1, seed=0):
        kind("network", network, Network, "a hlp_edu Network")
        self.network, self.rate = network, number("rate", rate, least=0)
        self.momentum = number("momentum", momentum, least=0, below=1)
        self.truncation = None if truncation is None else whole("truncation", truncation, most=MOST_STEPS)
        self.sweeps, self.updates = whole("sweeps", sweeps, most=MOST_STEPS), whole("updates", updates)
        n, m = len(network.neurons), len(network.heads)
        affordable("truncation = None:", n * m if truncation is None else 0)
        dice = np.random.default_rng(whole("seed", seed, least=0))
        self.x, self.w = 0.5 * dice.standard_normal(n), 0.5 / np.sqrt(n) * dice.standard_normal(m)
        self.v, self._arcs, self._pace = np.zeros(m), np.arange(m), np.ones(n)
        self._past = deque(maxlen=None if truncation is None else self.truncation * self.sweeps)  # what BPTT must keep
        self._S = np.zeros((n, m)) if truncation is None else None  # what RTRL must keep
        self._fed = np.array([label != "bias" for label in network.inputs], bool)

    @property
    def stored(self):
        """How many numbers it must keep beside states and weights."""
        kept = len(self.x) + len(self._fed) + len(self.x)  # of a step: activities of the parents, and the response
        return len(self.v) + (self._S.size if self.truncation is None else self._past.maxlen * kept)

    def guess(self, u):
        """The outputs after the inputs of a sample.

        Parameters
        ----------
        u : array_like
            One number per input that is not "bias", which is 1.

        Raises
        ------
        ValueError
            If the numbers are not as many as those inputs, or not finite.
        """
        u = vector("u", numbers_of("u", u).reshape(-1), int(self._fed.sum()), "input")
        W, n = self.network.matrix(self.w), len(self.x)
        for _ in range(self.sweeps):
            y = np.ones(n + len(self._fed))
            y[:n], y[n:][self._fed] = self.x, u
            sigma = np.tanh(W @ y)
            if self.truncation is None:
                self._S = _carry(self._S, W, y, sigma, self._pace, self.network.heads, self.network.tails, self._arcs)
            else:
                self._past.append((y, sigma))
            self.x = sigma
        return self.x[self.network.output_index]

    def gradient(self, z):
        """The derivative of 1/2 |x_O - z|^2 with respect to the weights, truncated.

        Parameters
        ----------
        z : array_like, shape (outputs,)

        Raises
        ------
        ValueError
            If nothing was guessed yet, or the numbers are not as many as the outputs, or not finite.
        """
        out, W = self.network.output_index, self.network.matrix(self.w)
        e = self.x[out] - vector("z", numbers_of("z", z).reshape(-1), len(out), "output")
        if self.truncation is None:
            return e @ self._S[out]
        require(self._past, "gradient: guess a sample first")
        D, deltas = np.zeros(len(self.x)), []
        D[out] = e
        for _, sigma in reversed(self._past):
            D, delta = _back(D, W, sigma, self._pace)
            deltas.append(delta)
        by_arc = np.array(deltas[::-1]).T @ np.array([y for y, _ in self._past])
        return by_arc[self.network.heads, self.network.tails]

    def freeze(self):
        """Hold the weights from here on."""
        self.rate, self.momentum = 0.0, 0.0

    def learn(self, samples):
        """For each sample: guess, then see the target and move the weights. Return the guesses.

        Parameters
        ----------
        samples : iterable of (u, z)
            One number per input that is not "bias", and one per output; a z of None teaches nothing.
        """
        guesses = []
        with np.errstate(all="ignore"):  # a rate that is too large is seen in the guesses
            for u, z in samples:
                guesses.append(self.guess(u))
                if z is None or self.rate == 0:
                    continue
                for update in range(self.updates):
                    if update > 0:
                        self.guess(u)
                    self.v = self.momentum * self.v - self.rate * self.gradient(z)
                    self.w = self.w + self.v
        return np.array(guesses)


def _rows(gradient, w0, steps):
    """Room for the weights at the start and after each step; the first row is filled."""
    kind("gradient", gradient, Callable, "a function of the weights")
    steps, w0 = whole("steps", steps, least=0, most=MOST_STEPS), finite("w0", w0).reshape(-1)
    affordable(f"steps = {steps!r}:", (steps + 1) * len(w0))
    w = np.empty((steps + 1, len(w0)))
    w[0] = w0
    return w


def _slope(gradient, w):
    """The gradient at a copy of the weights, an array of their shape; it need not be finite."""
    found = numbers_of("gradient", gradient(w.copy()), "a function that gives one real number per weight")
    require(found.shape == w.shape, f"gradient: gives shape {found.shape} for weights of shape {w.shape}")
    return found


def heavy_ball(gradient, w0, steps, rate, momentum):
    """Gradient descent with momentum: w_next = w - rate gradient(w) + momentum (w - w_before).

    Parameters
    ----------
    gradient : callable
        Of the weights.
    w0 : array_like, shape (arcs,)
        Weights at the start, at rest.
    steps : int
        How many; the result has the shape (steps + 1, arcs).
    rate, momentum : float
        Learning rate and momentum.

    Raises
    ------
    ValueError
        If a number is not finite, or ``gradient`` cannot be called.

    Examples
    --------
    >>> heavy_ball(lambda w: w, [1.0], steps=2, rate=0.5, momentum=0.5).ravel()
    array([1. , 0.5, 0. ])
    """
    w, rate, momentum = _rows(gradient, w0, steps), number("rate", rate), number("momentum", momentum)
    before = w[0]
    with np.errstate(over="ignore", invalid="ignore"):  # what diverges is seen in its numbers
        for k in range(len(w) - 1):
            w[k + 1] = w[k] - rate * _slope(gradient, w[k]) + momentum * (w[k] - before)
            before = w[k]
    return w


def flipped_descent(gradient, w0, steps, h, r, theta):
    """Equations (6) and (10) for the weights alone, flipped, by symplectic Euler: p first, then w.

    Its time-continuous form is (11). The costate takes a step with the old weights, the weights
    take one with the new costate: p_next = p + h (gradient(w) - theta p), w_next = w - h p_next / r.

    Parameters
    ----------
    gradient : callable
        Of the weights.
    w0 : array_like, shape (arcs,)
        Weights at the start; p starts at 0.
    steps : int
        How many; the result has the shape (steps + 1, arcs).
    h, r, theta : float
        Step of time, price of the weights' speed, exponent of phi = exp(theta t).

    Raises
    ------
    ValueError
        If a number is not finite, ``r`` is not above 0, or ``gradient`` cannot be called.

    Examples
    --------
    >>> flipped_descent(lambda w: w, [1.0], steps=2, h=0.5, r=0.5, theta=1.0).ravel()
    array([1. , 0.5, 0. ])
    """
    w, h = _rows(gradient, w0, steps), number("h", h)
    r, theta, p = number("r", r, above=0), number("theta", theta), np.zeros(w.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):  # what diverges is seen in its numbers
        for k in range(len(w) - 1):
            p = p + h * (_slope(gradient, w[k]) - theta * p)
            w[k + 1] = w[k] - h / r * p
    return w


def relaxed_costate(problem, p_x):
    """D = c p_x: the costates in backprop's units. As c grows, D tends to dl/dx.

    Parameters
    ----------
    problem : Tracking
        Its speeds.
    p_x : array_like, shape (neurons,) or (steps, neurons)
        Costates.

    Raises
    ------
    ValueError
        If ``p_x`` is not made of numbers.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> relaxed_costate(hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid(), speed=[1, 10]), [0.3, 0.3])
    array([0.3, 3. ])
    """
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    p_x = numbers_of("p_x", p_x)
    if p_x.ndim not in (1, 2) or p_x.shape[-1] != len(problem.speed):
        raise ValueError(f"p_x has shape {p_x.shape}: must be ({len(problem.speed)},) or (steps, {len(problem.speed)})")
    with np.errstate(over="ignore"):
        return problem.speed * p_x


def flow_gradient(problem, x, w, p_x, t=0.0):
    """The gradient of the loss as the running flow has it: H_w - r_w w, that is g_i x_j; see (8).

    Parameters
    ----------
    problem : Tracking
        The problem that is running.
    x, w, p_x : array_like, shapes (neurons,), (arcs,), (neurons,), or with a first axis of steps
        States, weights, costates.
    t : float or array_like, shape (steps,)
        Times, at which the inputs are read.

    Raises
    ------
    ValueError
        If an array is not made of numbers.
    """
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    w = numbers_of("w", w)
    return problem.gradients(x, w, p_x, np.zeros_like(w), t)[1] - problem.r_w * w


def settling(settle, per_c):
    """How many steps a flow settles for, and how long they are; both in units of 1/c."""
    return grid(settle, number("per_c", per_c, above=0, most=1), ("settle", "per_c"), MOST_STEPS)


def instants(times):
    """The instants of a comparison; there is at least one."""
    times = finite("times", times).reshape(-1)
    require(times.size, "times = []: must hold at least one instant")
    return times


class Meeting(NamedTuple):
    """The flow at a finite speed beside backprop at the same instants.

    Parameters
    ----------
    speed : float
        Speed c of all neurons.
    t : numpy.ndarray, shape (times,)
        The instants.
    flow, exact : numpy.ndarray, shape (times, arcs)
        The gradient of the flow, and backprop's.
    error : float
        |flow - exact| / |exact|, over all times and arcs.
    """

    speed: float
    t: np.ndarray
    flow: np.ndarray
    exact: np.ndarray
    error: float


def meet_backprop(problem, w, speed, times, settle=40.0, per_c=0.1):
    """Let the flow run with the weights held, and compare its gradient with backprop's, as a `Meeting`.

    Parameters
    ----------
    problem : Tracking
        On a feed-forward network; its signals move.
    w : array_like, shape (arcs,)
        Weights, held.
    speed : float
        Speed c of all neurons, at least 1e-6.
    times : array_like of float
        Instants of the comparison.
    settle, per_c : float
        How long the flow runs before each instant, enough to forget its start, and its step, at most 1; in units of
        1/c.

    Raises
    ------
    ValueError
        If the network has a cycle or an argument is out of its bounds.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> net = hlp.feed_forward([1, 2, 1])
    >>> problem = hlp.Tracking(net, hlp.constant(0.5), inputs={"u1": hlp.sinusoid()})
    >>> meet_backprop(problem, [0.5] * 7, speed=1000, times=[1.0]).error < 0.01
    True
    """
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    w = vector("w", w, len(problem.network.heads), "arc")
    speed = number("speed", speed, least=SLOWEST)
    fast, times, (steps, per_c) = problem.replace(speed=speed), instants(times), settling(settle, per_c)
    flow, exact = np.empty((len(times), len(w))), np.empty((len(times), len(w)))
    for k, t in enumerate(times):
        start = t - steps * per_c / speed
        # Begin where a network of infinite speed would be at that instant.
        rest = backprop(fast.network, w, fast.inputs_at(start), fast.target_at(start), fast.q)
        p0 = (rest.D / speed, np.zeros(len(w)))
        begin = dict(t0=start, x0=rest.x, w0=w, p0=p0)
        end = run(fast, Frozen(), T=steps * per_c / speed, dt=per_c / speed, every=10**9, **begin).final
        flow[k] = flow_gradient(fast, end.x, w, end.p_x, t)
        exact[k] = backprop(fast.network, w, fast.inputs_at(t), fast.target_at(t), fast.q).gradient
    require(exact.any(), NO_GRADIENT)
    return Meeting(speed, times, flow, exact, float(np.linalg.norm(flow - exact) / np.linalg.norm(exact)))
