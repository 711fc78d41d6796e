"""The exact derivative of the cost of a run with respect to its control, and the way downhill along it.

It never looks at Hamilton's equations: the control is the unknown, the run is a Runge-Kutta run, and its derivative
is computed by one sweep backward in time. That the sweep finds their costates is a result.
"""

import math
from typing import NamedTuple

import numpy as np

from hlp_edu._version import __version__
from hlp_edu.compiled import compiled
from hlp_edu.flow import check_times, fits, grid, initial_state
from hlp_edu.kernel import Signals, gradients, probe_of
from hlp_edu.policies import Canonical
from hlp_edu.problem import Tracking
from hlp_edu.state import Clock, State
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import finite, kind, number, numbers_of, require

__all__ = ["Optimum", "cost_gradient"]


class Optimum(Trajectory):
    """The trajectory of least cost, with its costates; what the two methods said is in ``about``.

    Parameters
    ----------
    t, x, w, p_x, p_w, target, sign, lagrangian, hamiltonian, cost, final, diverged_at, reason, network, record, about
        As in `Trajectory`.
    """

    @classmethod
    def load(cls, path):
        """The optimum that `save` wrote to ``path``; FileNotFoundError or ValueError if it holds none."""
        made = super().load(path)
        require({"costs", "note"} <= set(made.about), f"path = {path!r}: holds a run, but no optimum")
        return made

    @property
    def costs(self):
        """Cost that each method found, by its name; those of one and the same RK4 run."""
        return self.about["costs"]

    @property
    def agree(self):
        """Whether both costs are equal to a millionth; None if only one method was used."""
        costs = list(self.costs.values())
        return abs(costs[0] - costs[1]) <= AGREE * abs(costs[0]) if len(costs) == 2 else None

    @property
    def note(self):
        """What there is to know about how this was found, in words."""
        return self.about["note"]

    def __repr__(self):
        return f"Optimum(t = {self.t[0]:g} to {self.t[-1]:g}, cost {self.cost:.4g}; {self.note})"


AGREE = 1e-6  # relative difference of two costs that count as the same
WEIGHT = np.array([1.0, 2.0, 2.0, 1.0]) / 6  # of the four stages of a step
AT = np.array([0, 1, 1, 2])  # where a stage evaluates: at the start, in the middle, at the end
BACK = np.array([0.0, 0.5, 0.5, 1.0])  # how far the velocity of the stage before moves them, in steps


def check_pace(problem, dt):
    """Refuse steps longer than the time constant of the fastest neuron."""
    fastest = float(problem.speed.max())
    require(dt * fastest <= 1 + 1e-9, f"dt = {dt:g}: must be at most 1 / speed = {1 / fastest:g}")


class Sweep(NamedTuple):
    """What a run forward and a sweep backward leave behind. Rows are ends of steps."""

    stage: np.ndarray  # (steps + 1, 4, neurons): the states at the stages of each step; the first is the state itself
    w: np.ndarray
    p_x: np.ndarray  # derivatives of the cost from then on with respect to x and w, divided by phi
    p_w: np.ndarray
    gradient: np.ndarray  # (2 steps + 1, arcs): with respect to the control


@compiled
def weights_at(made, v, h, k, stage, w):
    """The weights at a stage: those at the start of the step, moved by the control that the stage before saw."""
    for m in range(w.size):
        w[m] = made.w[k, m] + h * BACK[stage] * v[2 * k + AT[max(stage - 1, 0)], m]


@compiled
def forward(probe, law, h, signals, flat, v, made):
    """Run (2), (3) by Runge-Kutta under the control ``v``, given at ends and middles of steps. Returns the cost (4)."""
    steps, n, m = signals.t.size - 1, made.p_x.shape[1], made.w.shape[1]
    y, w, none, p_w, total = np.empty(n + signals.u.shape[2]), np.empty(m), np.zeros(n), np.empty(m), 0.0
    for k in range(steps):
        made.stage[k + 1, 0] = made.stage[k, 0]
        for stage in range(4):
            at, part = AT[stage], h * WEIGHT[stage]
            weights_at(made, v, h, k, stage, w)
            for i in range(m):
                p_w[i] = -law.r * v[2 * k + at, i]
            y[:n] = made.stage[k, stage]
            y[n:] = signals.u[k, at]
            L, _ = gradients(probe, flat, 3 * k + at, y, w, none, p_w)
            total += part * math.exp(law.theta * (signals.t[k] + 0.5 * at * h)) * L
            for i in range(n):
                if stage < 3:
                    made.stage[k, stage + 1, i] = made.stage[k, 0, i] + h * BACK[stage + 1] * probe.work.x[0, i]
                made.stage[k + 1, 0, i] += part * probe.work.x[0, i]
        for i in range(m):
            made.w[k + 1, i] = made.w[k, i] + h / 6.0 * (v[2 * k, i] + 4.0 * v[2 * k + 1, i] + v[2 * k + 2, i])
    return total


@compiled
def backward(probe, law, h, signals, flat, v, made):
    """The exact derivative of `forward`, from the last step to the first."""
    steps, n, m = signals.t.size - 1, made.p_x.shape[1], made.w.shape[1]
    y, w, p_x, none = np.empty(n + signals.u.shape[2]), np.empty(m), np.empty(n), np.zeros(m)
    to_x, to_w, by_x, by_w = np.zeros(n), np.zeros(m), np.zeros(n), np.zeros(m)
    made.gradient[:] = 0.0
    made.p_x[steps] = 0.0
    made.p_w[steps] = 0.0
    for k in range(steps - 1, -1, -1):
        # to_x, to_w: derivatives of the cost from here on with respect to the state at the end of the step;
        # by_x, by_w: with respect to where the stage that was just done asked.
        phi_end, phi = math.exp(law.theta * signals.t[k + 1]), math.exp(law.theta * signals.t[k])
        for i in range(n):
            to_x[i], by_x[i] = phi_end * made.p_x[k + 1, i], 0.0
            made.p_x[k, i] = to_x[i]
        for i in range(m):
            to_w[i], by_w[i] = phi_end * made.p_w[k + 1, i], 0.0
            made.p_w[k, i] = to_w[i]
        for stage in range(3, -1, -1):
            at, part = AT[stage], h * WEIGHT[stage]
            ahead = h * BACK[stage + 1] if stage < 3 else 0.0
            weight = part * math.exp(law.theta * (signals.t[k] + 0.5 * at * h))
            # With respect to the velocity at this stage; by the weight, it is what the laws take for p.
            for i in range(n):
                p_x[i] = (part * to_x[i] + ahead * by_x[i]) / weight
            for i in range(m):
                control = weight * law.r * v[2 * k + at, i]
                made.gradient[2 * k + at, i] += part * to_w[i] + ahead * by_w[i] + control
            weights_at(made, v, h, k, stage, w)
            y[:n] = made.stage[k, stage]
            y[n:] = signals.u[k, at]
            gradients(probe, flat, 3 * k + at, y, w, p_x, none)
            for i in range(n):
                by_x[i] = weight * probe.work.p_x[0, i]
                made.p_x[k, i] += by_x[i]
            for i in range(m):
                by_w[i] = weight * probe.work.p_w[0, i]
                made.p_w[k, i] += by_w[i]
        for i in range(n):
            made.p_x[k, i] /= phi
        for i in range(m):
            made.p_w[k, i] /= phi


class Run:
    """A problem, a beginning and a grid in time: a function of the control."""

    def __init__(self, problem, T, dt, seed, t0, x0, w0, start):
        kind("problem", problem, Tracking, "a hlp_edu Tracking")
        fastest = float(problem.speed.max())
        dt = min(0.005, 0.2 / fastest, number("T", T, above=0) / 2) if dt is None else dt
        steps, h = grid(T, dt)
        check_pace(problem, dt)
        begin = initial_state(problem, Canonical(), seed, t0, x0, w0, None, start)
        check_times(begin.clock.time, T, h, problem.theta)
        self._from(problem, steps, h, begin)
        self.drawn = None if start is not None or (x0 is not None and w0 is not None) else int(seed)

    def coarser(self, dt):
        """The same run on another grid in time."""
        steps = max(2, math.ceil(self.steps * self.h / dt - 1e-6))
        other = object.__new__(Run)
        other._from(self.problem, steps, self.steps * self.h / steps, self.begin)
        return other

    def _from(self, problem, steps, h, begin):
        self.problem, self.steps, self.h, self.begin = problem, steps, h, begin
        self.n, self.m = len(problem.network.neurons), len(problem.network.heads)
        fits(steps + 1, 6 * self.n + 12 * self.m, "all")
        self.times = begin.clock.time + np.arange(steps + 1) * self.h
        self.z, self.u = problem.at_steps(self.times)
        self.x0, self.w0 = begin.x, begin.w
        # Time from here on: phi = exp(theta t) may be huge far from t = 0, and only its growth matters.
        self.since = self.times - self.times[0]
        self.scale = math.exp(problem.theta * self.times[0])
        self.half = np.arange(2 * steps + 1) * (self.h / 2)  # times of the control, from here on
        shapes = [(steps + 1, 4, self.n), (steps + 1, self.m), (steps + 1, self.n), (steps + 1, self.m)]
        self.made = Sweep(*map(np.empty, shapes), np.empty((2 * steps + 1, self.m)))
        # The same signals as rows, one for each of start, middle and end, as `kernel.gradients` takes them.
        rows = [part.reshape(3 * len(part), 1, part.shape[2]) for part in (self.z, self.u)]
        self.flat = Signals(np.zeros(len(rows[0])), rows[0], np.concatenate([rows[1], rows[1][-1:]]))

    def cost(self, v):
        """Cost of the control ``v``; its gradient, the run and the costates are left in ``made``."""
        signals = Signals(self.since, self.z, self.u)
        self.made.stage[0, 0], self.made.w[0] = self.x0, self.w0
        law, probe = self.problem.law, probe_of(self.problem.model, self.u.shape[2], self.m)
        with np.errstate(all="ignore"):
            J = forward(probe, law, self.h, signals, self.flat, v, self.made)
            if math.isfinite(J):
                backward(probe, law, self.h, signals, self.flat, v, self.made)
        return J

    @staticmethod
    def linear(v):
        """The control that is linear between its values at the ends of the steps."""
        halves = np.empty((2 * len(v) - 1, v.shape[1]))
        halves[::2], halves[1::2] = v, 0.5 * (v[1:] + v[:-1])
        return halves

    def by_ends(self):
        """The gradient of `cost` by the values at the ends of the steps, for such a control."""
        by_ends, middle = self.made.gradient[::2].copy(), 0.5 * self.made.gradient[1::2]
        by_ends[1:] += middle
        by_ends[:-1] += middle
        return by_ends

    def optimum(self, v, **about):
        """The run under a control, as an `Optimum`."""
        J, made = self.cost(v), self.made
        parts = made.stage[:, 0].copy(), made.w.copy(), made.p_x.copy(), made.p_w.copy()
        return self.filed(Optimum, *parts, self.scale * J, "Optimum", **about)

    def filed(self, of, x, w, p_x, p_w, cost, policy, **about):
        """All rows as a `Trajectory` of that kind."""
        problem, ones = self.problem, (np.ones(self.n), np.ones(self.m))
        final = State(Clock(float(self.times[0]), self.steps, self.h), x[-1], w[-1], p_x[-1], p_w[-1], *ones)
        L = problem.lagrangian(x, w, -p_w / problem.r, self.times)
        H = problem.hamiltonian(x, w, p_x, p_w, self.times)
        about = dict(problem=repr(problem), policy=policy, dt=self.h, version=__version__, seed=self.drawn, **about)
        sign = np.ones(self.steps + 1, np.int8)
        return of(
            self.times, x, w, p_x, p_w, self.z[:, 0].copy(), sign, L, H, float(cost), final, None, None,
            problem.network, "all", about,
        )  # fmt: skip


def cost_gradient(problem, v, dt=0.01, seed=0, t0=0, x0=None, w0=None):
    """The cost (4) of a control, and its exact derivative with respect to every value of that control.

    The derivative is that of the discretised run itself (RK4, the control linear between its
    values), computed by one sweep backward in time: the adjoint.

    Parameters
    ----------
    problem : Tracking
        What is to be minimised.
    v : array_like, shape (steps + 1, arcs)
        Velocities of the weights at the times t0, t0 + dt, ...
    dt : float
        The step, at most 1 / speed.
    seed : int
        Draws x0 and w0 as in `run`.
    t0 : float
        Time of the start.
    x0 : array_like, shape (neurons,), optional
        States at the start.
    w0 : array_like, shape (arcs,), optional
        Weights at the start.

    Returns
    -------
    cost : float
    gradient : numpy.ndarray, of the shape of ``v``

    Raises
    ------
    ValueError
        If an argument is out of its bounds or of the wrong shape.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> cost, gradient = hlp.cost_gradient(problem, np.zeros((201, 30)))
    >>> gradient.shape
    (201, 30)
    """
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    m = len(problem.network.heads)
    v = numbers_of("v", v)
    if v.ndim != 2 or v.shape[1] != m or len(v) < 2:
        raise ValueError(f"v has shape {v.shape}: must be (steps + 1, {m}), one column per arc, at least two rows")
    finite("v", v)
    dt = number("dt", dt, above=0)
    run = Run(problem, dt * (len(v) - 1), dt, seed, t0, x0, w0, None)
    J = run.cost(run.linear(v))
    return float(run.scale * J), run.scale * run.by_ends()


def descend_twice(run, tolerance, iterations, bar):
    """Go downhill, first on a grid four times coarser. Returns the control and, if it failed, why."""
    v = np.zeros((run.steps + 1, run.m))
    coarse = run.coarser(min(4 * run.h, 0.5 / run.problem.speed.max()))
    if coarse.steps < run.steps / 2:
        rough, _ = descend(coarse, np.zeros((coarse.steps + 1, run.m)), 10 * tolerance, iterations, bar)
        rough = rough[::2]
        left = np.minimum((run.since / coarse.h).astype(int), coarse.steps - 1)
        between = (run.since / coarse.h - left)[:, None]
        v = (1 - between) * rough[left] + between * rough[left + 1]
    return descend(run, v, tolerance, iterations, bar)


def descend(run, v, tolerance, iterations, bar):
    """L-BFGS-B from the control ``v``. Returns the control and, if it did not converge, why."""
    from scipy.optimize import minimize
    from scipy.signal import lfilter

    problem, h = run.problem, run.h
    if not v.size:  # without arcs there is nothing to descend on
        return run.linear(v), ""
    # In v itself the descent would be slow: the cost bends far more for slow changes of the weights
    # than for fast ones. In xi, v + alpha (w - w0) up to a scale, it bends about equally for all.
    into_output = np.isin(problem.network.heads, problem.network.output_index)
    bend = 0.5 * h * np.sqrt((problem.r_w + 0.1 * problem.q * into_output) / problem.r)
    scale = 1.0 / np.sqrt(h * problem.r * np.exp(problem.theta * run.since))[:, None]

    def filtered(rows, backward=False, inverse=False):
        rows = rows[::-1] if backward else rows
        out = np.empty_like(rows)
        for value in np.unique(bend):
            top, bottom = [1.0, -1.0], [1.0 + value, value - 1.0]
            top, bottom = (bottom, top) if inverse else (top, bottom)
            out[:, bend == value] = lfilter(top, bottom, rows[:, bend == value], axis=0)
        return out[::-1] if backward else out

    def control(xi):
        return filtered(scale * xi.reshape(len(scale), -1))

    saving = math.inf  # fraction of the cost that one more step could save, where the curvature is 1

    def objective(xi):
        nonlocal saving
        J = run.cost(run.linear(control(xi)))
        bar.update()
        if not math.isfinite(J):
            return 1e300, np.zeros_like(xi)
        slope = (scale * filtered(run.by_ends(), backward=True)).ravel()
        saving = 0.5 * slope @ slope / max(J, 1e-300)
        return J, slope

    def enough(intermediate_result):
        if saving < tolerance**2:
            raise StopIteration

    options = dict(maxcor=10, maxiter=iterations, maxfun=2 * iterations, ftol=0.0, gtol=0.0, maxls=40)
    xi = (filtered(v, inverse=True) / scale).ravel()
    result = minimize(objective, xi, jac=True, method="L-BFGS-B", callback=enough, options=options)
    objective(result.x)
    met = saving < max(tolerance**2, 1e-9) or result.fun == 0.0
    return run.linear(
        control(result.x)
    ), "" if met else f"after {result.nit} steps it could still save a fraction of {saving:.1g}"
