"""Where the energy goes: the balance of the Hamiltonian, (14), and the volume of a cloud of runs, (15)."""

from dataclasses import dataclass

import numpy as np

from hlp_edu.policies import Canonical, Flipped
from hlp_edu.problem import Tracking
from hlp_edu.signals import Signal
from hlp_edu.switching import HamiltonianBand, HamiltonianServo, PerArc, Periodic
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import kind, number, require, vector

__all__ = ["Account", "account", "divergence"]

FLIPPED_X = (Flipped, PerArc, HamiltonianServo)  # p_x always flipped
TOGETHER = (Canonical, Periodic, HamiltonianBand)  # one sign for p_x and p_w


@dataclass
class Account:
    """What was added to and taken from the Hamiltonian since the start of a run.

    Parameters
    ----------
    t, hamiltonian : numpy.ndarray, shape (steps,)
        Times, and the Hamiltonian as the run recorded it.
    terms : dict of {str: numpy.ndarray, shape (steps,)}
        The terms of (14), each integrated from the start: "flip of p_x", "flip of p_w", "friction on p_x",
        "friction on p_w", "target moves", "inputs move"; and "target jumps", which (14) leaves out.
    """

    t: np.ndarray
    terms: dict
    hamiltonian: np.ndarray

    @property
    def balance(self):
        """The start plus all terms: what the Hamiltonian should be."""
        return self.hamiltonian[0] + sum(self.terms.values())

    @property
    def error(self):
        """The largest difference between the balance and the Hamiltonian."""
        return float(np.abs(self.balance - self.hamiltonian).max())


def all_steps(trajectory):
    """Whether every step of a run is recorded."""
    t, dt = trajectory.t, trajectory.about.get("dt", 0)
    return np.allclose(np.diff(t), dt, rtol=1e-6, atol=4 * np.spacing(np.abs(t).max(initial=1)))


def account(problem, policy, trajectory):
    """The energy balance of a run: every term of (14), integrated, as an `Account`.

    Within each step the state is the cubic through its two ends and their slopes, and each term is
    integrated by Simpson's rule: of order 4, as the run itself, and exact about signs, which are
    held over a step.

    Parameters
    ----------
    problem, policy, trajectory : Tracking, Policy, Trajectory
        A run with all steps recorded. The problem's inputs must not jump; the policy must be one in which p_w
        is a state (no gradient flow, not frozen).

    Raises
    ------
    ValueError
        If the run keeps only its outputs or ended early, or problem or policy are none of the above.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem, policy = hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid()), hlp.Flipped(30, 5)
    >>> account(problem, policy, hlp.run(problem, policy, T=1)).error < 1e-6
    True
    """
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    allowed = ", ".join(one.__name__ for one in FLIPPED_X + TOGETHER)
    kind("policy", policy, FLIPPED_X + TOGETHER, f"one of {allowed}, in which p_w has a law")
    kind("trajectory", trajectory, Trajectory, "the result of hlp_edu.run")
    if trajectory.record != "all" or len(trajectory.t) < 2:
        raise ValueError(f'trajectory = {trajectory!r}: must be a run of at least one step with record="all"')
    require(all_steps(trajectory), f"trajectory = {trajectory!r}: must have all steps recorded, every=1")
    t = trajectory.t
    for label, signal in problem.inputs.items():
        if isinstance(signal, Signal) and len(signal.jumps(t[0], t[-1])):
            raise ValueError(f"problem: its input {label!r} jumps, and the balance needs inputs that do not")

    h, r = np.diff(t)[:, None], problem.r
    theta_x, theta_w = problem.theta + policy.dissipation_x, problem.theta + policy.dissipation_w
    sign = trajectory.sign.astype(float)
    s_w = (sign if sign.ndim == 2 else sign[:, None])[:-1]
    s_x = -np.ones((len(t) - 1, 1)) if isinstance(policy, FLIPPED_X) else s_w
    z, u = problem.at_steps(t)
    z, u = z[:-1], u[:-1]  # start, middle and end (before a jump) of every step
    z_slope, u_slope = (_slopes(values, h) for values in (z, u))

    def evaluate(at, times, x, w, p_x, p_w):
        """The slopes of the state, and the terms, at one of the three points of each step."""
        H_x, H_w = problem.gradients(x, w, p_x, p_w, times)
        outputs = problem.network.output_index
        H_x[:, outputs] += problem.q * (problem.target_at(times) - z[:, at])  # at an end: before the jump
        f, w_rate = problem.dynamics(x, w, times), -p_w / r
        error = x[:, outputs] - z[:, at]
        terms = {
            "flip of p_x": ((1 - s_x) * H_x * f).sum(1),
            "flip of p_w": ((1 - s_w) * H_w * w_rate).sum(1),
            "friction on p_x": -theta_x * (p_x * f).sum(1),
            "friction on p_w": theta_w / r * (p_w**2).sum(1),
            "target moves": -problem.q * (error * z_slope[:, at]).sum(1),
            "inputs move": _by_inputs(problem, w, p_x, f, x, u_slope[:, at]),
        }
        return (f, w_rate, -s_x * H_x - theta_x * p_x, -s_w * H_w - theta_w * p_w), terms

    rows = [getattr(trajectory, name) for name in ("x", "w", "p_x", "p_w")]
    a, b = [row[:-1] for row in rows], [row[1:] for row in rows]
    slopes_a, first = evaluate(0, t[:-1], *a)
    slopes_b, last = evaluate(2, t[1:], *b)
    middle = [(p + q) / 2 + h / 8 * (k - m) for p, q, k, m in zip(a, b, slopes_a, slopes_b, strict=True)]
    _, centre = evaluate(1, (t[:-1] + t[1:]) / 2, *middle)
    terms = {name: _sum(h[:, 0] / 6 * (first[name] + 4 * centre[name] + last[name])) for name in first}
    outputs = trajectory.x[1:, problem.network.output_index]
    before, after = outputs - z[:, 2], outputs - problem.target_at(t[1:])
    terms["target jumps"] = _sum(0.5 * problem.q * (after**2 - before**2).sum(1))
    return Account(t, terms, trajectory.hamiltonian)


def _slopes(values, h):
    """Slopes of the parabola through start, middle and end of each step: for Simpson's rule, of order 4."""
    a, b, c = values[:, 0], values[:, 1], values[:, 2]
    return np.stack([(-3 * a + 4 * b - c) / h, (c - a) / h, (a - 4 * b + 3 * c) / h], axis=1)


def _by_inputs(problem, w, p_x, f, x, slopes):
    """The power of the inputs: credit times weight times the input's velocity."""
    network = problem.network
    n = len(network.neurons)
    heads, tails = np.asarray(network.heads), np.asarray(network.tails)
    arcs = np.flatnonzero(tails >= n)
    sigma = x + f / problem.speed  # from (2)
    credit = problem.speed * (1 - sigma**2) * p_x
    return (credit[:, heads[arcs]] * w[:, arcs] * slopes[:, tails[arcs] - n]).sum(1)


def _sum(steps):
    """Sums from the start to each row."""
    return np.concatenate([[0.0], np.cumsum(steps)])


def divergence(problem, x, w, s_x, theta_x=0.0, theta_w=0.0, t=0.0):
    """The relative rate at which the volume of a cloud of runs grows (above 0) or shrinks, (15).

    Parameters
    ----------
    problem : Tracking
        Network, speeds and inputs; its theta is not added.
    x, w : array_like, shapes (neurons,) and (arcs,)
        States and weights.
    s_x : float
        The sign of p_x's law.
    theta_x, theta_w : float
        Total dissipation of p_x and of p_w.
    t : float
        Time, at which the inputs are read.

    Raises
    ------
    ValueError
        If an array has the wrong length.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid())
    >>> divergence(problem, np.zeros(2), np.zeros(6), s_x=-1)
    -80.0
    """
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    s_x, theta_x = number("s_x", s_x), number("theta_x", theta_x)
    theta_w, network = number("theta_w", theta_w), problem.network
    x, w = vector("x", x, len(network.neurons), "neuron"), vector("w", w, len(network.heads), "arc")
    sigma = x + problem.dynamics(x, w, t) / problem.speed
    loops, w_loops = network.heads == network.tails, np.zeros(len(network.neurons))
    w_loops[network.heads[loops]] = w[loops]
    slopes = problem.speed * (-1 + (1 - sigma**2) * w_loops)
    return float((1 - s_x) * slopes.sum() - len(x) * theta_x - len(w) * theta_w)
