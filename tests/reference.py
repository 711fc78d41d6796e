"""The laws once more, on dense matrices and with a library integrator: what `run` is compared with.

Nothing here is shared with hlp_edu but the labels of a network and the numbers of a problem. A weight
matrix has a row for each neuron and a column for each neuron, then each input.
"""

import networkx as nx
import numpy as np
from scipy.integrate import solve_ivp

import hlp_edu as hlp


def random_case(seed, largest=6, fastest=6.0, **changes):
    """A problem on a random sparse digraph: mixed labels, self-loops, cycles, several inputs and outputs."""
    dice = np.random.default_rng(seed)
    n, inputs = int(dice.integers(2, largest + 1)), int(dice.integers(1, 4))
    names = [1, "1", 0, "b", -3, "a", 2.5, "u", "v", 10, "10", "bias"]
    nodes = [names[k] for k in dice.permutation(len(names))[: n + inputs]]
    given = nodes[:inputs]
    outputs = [nodes[k] for k in inputs + dice.permutation(n)[: dice.integers(1, n + 1)]]
    graph = nx.DiGraph()
    graph.add_nodes_from(nodes[k] for k in dice.permutation(len(nodes)))
    arcs = [(tail, head) for tail in nodes for head in nodes[inputs:] if dice.random() < 0.5]
    arcs += [] if arcs else [(given[0], outputs[0])]
    graph.add_edges_from(arcs[k] for k in dice.permutation(len(arcs)))

    def wave():
        return hlp.sinusoid(*dice.uniform((0.3, 1.0, 0.0, -0.3), (0.9, 4.0, 6.0, 0.3)))

    arguments = dict(
        target=[wave() for _ in outputs],
        inputs={label: wave() for label in given},
        speed=dice.uniform(1.0, fastest, n),
        q=dice.uniform(0.5, 10.0),
        r_w=dice.uniform(0.1, 2.0),
        r=dice.uniform(0.1, 2.0),
        theta=dice.uniform(-0.5, 1.0),
    )
    return hlp.Tracking(hlp.Network(graph, given, outputs), **(arguments | changes))


class Dense:
    """A tracking problem as matrices, flipped (s = -1) or canonical (s = +1), with dissipation."""

    def __init__(self, problem, s_x=1.0, s_w=1.0, theta_x=None, theta_w=None):
        net = self.net = problem.network
        self.problem, self.s_x, self.s_w = problem, s_x, s_w
        self.theta_x = problem.theta if theta_x is None else theta_x  # total dissipations
        self.theta_w = problem.theta if theta_w is None else theta_w
        columns = [*net.neurons, *net.inputs]
        self.n, self.N = len(net.neurons), len(columns)
        self.place = [(net.neurons.index(head), columns.index(tail)) for tail, head in net.arcs]
        self.mask = self.matrix(np.ones(len(net.arcs)))
        self.pick = np.zeros((len(net.outputs), self.n))  # the outputs among the neurons
        for row, label in enumerate(net.outputs):
            self.pick[row, net.neurons.index(label)] = 1
        self.c = np.broadcast_to(problem.speed, self.n)

    def matrix(self, w):
        """One number per arc as a matrix."""
        full = np.zeros((self.n, self.N))
        for (row, column), value in zip(self.place, w, strict=True):
            full[row, column] = value
        return full

    def vector(self, full):
        """A matrix as one number per arc."""
        return np.array([full[at] for at in self.place])

    def z(self, t):
        """Targets."""
        return np.array([float(signal(t)) for signal in self.problem.targets])

    def u(self, t):
        """Inputs."""
        return np.array([float(self.problem.inputs[label](t)) for label in self.net.inputs])

    def look(self, t, x, W, P, PW):
        """Velocities f, gradients H_x and H_W, Lagrangian, Hamiltonian."""
        q, r_w, r = self.problem.q, self.problem.r_w, self.problem.r
        y = np.concatenate([x, self.u(t)])
        sigma = np.tanh(W @ y)
        f = self.c * (sigma - x)
        g = self.c * (1 - sigma**2) * P
        e = self.pick @ x - self.z(t)
        H_x = -self.c * P + (W.T @ g)[: self.n] + q * self.pick.T @ e
        H_W = (np.outer(g, y) + r_w * W) * self.mask
        accuracy = q / 2 * e @ e + r_w / 2 * np.sum(W**2)
        lazy = np.sum(PW**2) / (2 * r)
        return f, H_x, H_W, accuracy + lazy, accuracy - lazy + P @ f

    def parts(self, state):
        """The state x, W, p_x, p_W of a flat array."""
        n, nN = self.n, self.n * self.N
        x, W, P, PW = np.split(state[: 2 * n + 2 * nN], [n, n + nN, 2 * n + nN])
        return x, W.reshape(n, -1), P, PW.reshape(n, -1)

    def flat(self, x, w, p_x, p_w):
        """The flat array of a state given by arcs."""
        return np.concatenate([x, self.matrix(w).ravel(), p_x, self.matrix(p_w).ravel()])

    def rate(self, t, state):
        """Right side of Hamilton's equations, then of the cost (and of H, where the state has a place for it)."""
        x, W, P, PW = self.parts(state)
        f, H_x, H_W, L, _ = self.look(t, x, W, P, PW)
        V = -PW / self.problem.r
        dP = -self.s_x * H_x - self.theta_x * P
        dPW = -self.s_w * H_W - self.theta_w * PW
        more = [L * np.exp(self.problem.theta * t)]
        if len(state) == 2 * self.n * (1 + self.N) + 2:
            more.append(self.power(t, state))
        return np.concatenate([f, V.ravel(), dP, dPW.ravel(), more])

    def power(self, t, state):
        """dH/dt along the flow: the right side of the energy balance."""
        x, W, P, PW = self.parts(state)
        f, H_x, H_W, _, _ = self.look(t, x, W, P, PW)
        r, h = self.problem.r, 1e-5
        dz, du = (self.z(t + h) - self.z(t - h)) / (2 * h), (self.u(t + h) - self.u(t - h)) / (2 * h)
        y = np.concatenate([x, self.u(t)])
        g = self.c * (1 - np.tanh(W @ y) ** 2) * P
        return (
            (1 - self.s_x) * H_x @ f
            + (1 - self.s_w) * np.sum(H_W * -PW / r)
            - self.theta_x * P @ f
            + self.theta_w * np.sum(PW**2) / r
            - self.problem.q * (self.pick @ x - self.z(t)) @ dz
            + (W.T @ g)[self.n :] @ du
        )

    def solve(self, begin, T, t0=0.0, joins=(), energy=False, rtol=1e-10):
        """Final x, w, p_x, p_w (one behind the other) and cost (and change of H), by scipy; halts at joins."""
        state = np.append(self.flat(*begin), [0.0] * (1 + energy))
        ends = [t0, *joins, t0 + T]
        for a, b in zip(ends[:-1], ends[1:], strict=True):

            def inside(t, y, a=a, b=b):  # what holds at a join is the piece's own value
                return self.rate(min(max(t, a), b - 1e-9), y)

            done = solve_ivp(inside if joins else self.rate, (a, b), state, method="DOP853", rtol=rtol, atol=rtol / 100)
            assert done.success
            state = done.y[:, -1]
        x, W, P, PW = self.parts(state)
        return np.concatenate([x, self.vector(W), P, self.vector(PW)]), *state[2 * self.n * (1 + self.N) :]


def beginning(problem, seed=0, costate=0.3):
    """Random x, w, p_x, p_w."""
    dice = np.random.default_rng(seed)
    n, m = len(problem.network.neurons), len(problem.network.arcs)
    x, w = 0.5 * dice.standard_normal(n), 0.5 * dice.standard_normal(m)
    return x, w, costate * dice.standard_normal(n), costate * dice.standard_normal(m)


def given(begin):
    """The same as arguments of `run`."""
    x, w, p_x, p_w = begin
    return dict(x0=x, w0=w, p0=(p_x, p_w))


def flat(state):
    """x, w, p_x, p_w of a `State`, one behind the other."""
    return np.concatenate([state.x, state.w, state.p_x, state.p_w])


def orders(errors):
    """Observed orders of convergence when each step is half the one before."""
    return np.log2(np.asarray(errors[:-1]) / np.asarray(errors[1:]))
