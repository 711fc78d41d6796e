"""The best possible run: both ends of time at once, offline, knowing the whole future.

Two methods that share nothing but the laws stand behind one door. *Collocation* solves Hamilton's
equations (2), (6), (7), (8) with their conditions (9) at both ends. The *adjoint* never looks at
those equations: it takes the control as unknown, computes the exact gradient of the cost of a
discretised run, and goes downhill. Both controls are then put through one and the same run.
"""

import math
import warnings

import numpy as np

import hlp_edu
from hlp_edu.compiled import compiled
from hlp_edu.flow import _beginning, _fits
from hlp_edu.laws import Cost, laws
from hlp_edu.policies import Canonical
from hlp_edu.problem import Tracking
from hlp_edu.signals import Signal
from hlp_edu.trajectory import Clock, State, Trajectory
from hlp_edu.validate import number

METHODS = ("both", "collocation", "adjoint")
MOST_STATES = 100  # neurons + arcs: collocation factorises blocks of twice this size
AGREE = 1e-6  # relative difference of two costs that count as the same


class NotConverged(RuntimeError):
    """Neither method converged. What was found is in ``best``.

    Attributes
    ----------
    best : Optimum
        The cheapest control found: a run, but not the optimum.
    """

    def __init__(self, message, best):
        super().__init__(message)
        self.best = best


class Optimum(Trajectory):
    """The trajectory of least cost, with its costates; what the two methods said is in ``about``.

    Parameters
    ----------
    t, x, w, p_x, p_w, target, sign, lagrangian, hamiltonian, cost, final, diverged_at, reason, network, record, about
        As in `Trajectory`.
    """

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


@compiled
def there_and_back(wiring, cost, theta, h, times, z, u, x0, w0, v, stage, w, p_x, p_w, gradient):
    """Run (2), (3) forward by RK4 under a control, then its exact derivative backward.

    Parameters
    ----------
    wiring, cost
        As in `laws.laws`.
    theta : float
        Of phi.
    h : float
        The step.
    times : numpy.ndarray, shape (steps + 1,)
        Ends of the steps.
    z, u : numpy.ndarray, shape (steps + 1, 3, ...)
        Targets and inputs at the start, middle and end of each step.
    x0, w0 : numpy.ndarray
        States and weights at the start.
    v : numpy.ndarray, shape (2 steps + 1, arcs)
        The control at the ends and, in between, at the middles of the steps.
    stage : numpy.ndarray, shape (steps + 1, 4, neurons)
        Filled with the states at the four looks of each step; the first is the state itself.
    w : numpy.ndarray, shape (steps + 1, arcs)
        Filled with the weights.
    p_x, p_w : numpy.ndarray, shapes (steps + 1, neurons) and (steps + 1, arcs)
        Filled with the derivatives of the cost from then on by x and by w, divided by phi.
    gradient : numpy.ndarray, of the shape of ``v``
        Filled with the derivative of the cost by ``v``.

    Returns
    -------
    float
        The cost (4).
    """
    steps, n, m = times.size - 1, x0.size, w0.size
    f, g, H_w, no = np.empty(n), np.empty(n), np.empty(m), np.zeros(n)
    y, H_y = np.empty(n + u.shape[2]), np.empty(n + u.shape[2])
    w_, r_v = np.empty(m), np.empty(m)
    by_x, by_w, to_x, to_w = np.empty(n), np.empty(m), np.zeros(n), np.zeros(m)
    total = 0.0
    stage[0, 0] = x0
    w[0] = w0
    for k in range(steps):
        stage[k + 1, 0] = stage[k, 0]
        for look in range(4):  # start, middle, middle, end
            at = (look + 1) // 2
            share = h / 6.0 if look in (0, 3) else h / 3.0
            behind = h if look == 3 else 0.5 * h  # from the look before
            reach = h if look == 2 else 0.5 * h  # to the next look
            for a in range(m):
                w_[a] = w[k, a] if look == 0 else w[k, a] + behind * v[2 * k + (look - 1 if look < 3 else 1), a]
                r_v[a] = -cost.r * v[2 * k + at, a]
            y[:n] = stage[k, look]
            y[n:] = u[k, at]
            L, H = laws(wiring, cost, -1.0, w_, no, r_v, y, z[k, at], f, g, H_y, H_w)
            total += share * math.exp(theta * (times[k] + 0.5 * at * h)) * L
            for i in range(n):
                if look < 3:
                    stage[k, look + 1, i] = stage[k, 0, i] + reach * f[i]
                stage[k + 1, 0, i] += share * f[i]
        for a in range(m):
            w[k + 1, a] = w[k, a] + h / 6.0 * (v[2 * k, a] + 4.0 * v[2 * k + 1, a] + v[2 * k + 2, a])
    if not math.isfinite(total):
        return total

    gradient[:] = 0.0
    p_x[steps] = 0.0
    p_w[steps] = 0.0
    for k in range(steps - 1, -1, -1):
        # to_x, to_w: derivative of the cost from here on by the state at the end of this step
        phi = math.exp(theta * times[k + 1])
        for i in range(n):
            to_x[i] = phi * p_x[k + 1, i]
            by_x[i] = 0.0
        for a in range(m):
            to_w[a] = phi * p_w[k + 1, a]
            by_w[a] = 0.0
        phi = math.exp(theta * times[k])
        for i in range(n):
            p_x[k, i] = to_x[i]
        for a in range(m):
            p_w[k, a] = to_w[a]
        for look in range(3, -1, -1):
            at = (look + 1) // 2
            share = h / 6.0 if look in (0, 3) else h / 3.0
            behind = h if look == 3 else 0.5 * h  # from the look before
            reach = 0.0 if look == 3 else h if look == 2 else 0.5 * h  # how this slope moves the next look
            weight = share * math.exp(theta * (times[k] + 0.5 * at * h))
            for i in range(n):  # by the slope of this look, per unit of weight: what `laws` takes for p
                no[i] = (share * to_x[i] + reach * by_x[i]) / weight
            for a in range(m):
                w_[a] = w[k, a] if look == 0 else w[k, a] + behind * v[2 * k + (look - 1 if look < 3 else 1), a]
                gradient[2 * k + at, a] += share * to_w[a] + reach * by_w[a] + weight * cost.r * v[2 * k + at, a]
                r_v[a] = 0.0
            y[:n] = stage[k, look]
            y[n:] = u[k, at]
            laws(wiring, cost, -1.0, w_, no, r_v, y, z[k, at], f, g, H_y, H_w)
            for i in range(n):
                by_x[i] = weight * H_y[i]
                p_x[k, i] += by_x[i]
            for a in range(m):
                by_w[a] = weight * H_w[a]
                p_w[k, a] += by_w[a]
        for i in range(n):
            p_x[k, i] /= phi
        for a in range(m):
            p_w[k, a] /= phi
    return total


@compiled
def both_ends(wiring, cost, theta, rows, z, u, rate):
    """Right sides of (2), (6), (7), (8), for many times at once.

    Parameters
    ----------
    wiring, cost
        As in `laws.laws`.
    theta : float
        Of phi.
    rows : numpy.ndarray, shape (times, 2 neurons + 2 arcs)
        x, w, p_x, p_w.
    z, u : numpy.ndarray, shapes (times, outputs) and (times, inputs)
        Targets and inputs.
    rate : numpy.ndarray, of the shape of ``rows``
        Filled with the time derivatives.
    """
    n = wiring.speed.size
    m = rows.shape[1] // 2 - n
    f, g, H_w = np.empty(n), np.empty(n), np.empty(m)
    y, H_y = np.empty(n + u.shape[1]), np.empty(n + u.shape[1])
    for k in range(rows.shape[0]):
        w, p_x, p_w = rows[k, n : n + m], rows[k, n + m : 2 * n + m], rows[k, 2 * n + m :]
        y[:n] = rows[k, :n]
        y[n:] = u[k]
        laws(wiring, cost, -1.0, w, p_x, p_w, y, z[k], f, g, H_y, H_w)
        for i in range(n):
            rate[k, i] = f[i]
            rate[k, n + m + i] = -H_y[i] - theta * p_x[i]
        for a in range(m):
            rate[k, n + a] = -p_w[a] / cost.r
            rate[k, 2 * n + m + a] = -H_w[a] - theta * p_w[a]


class _Run:
    """A problem, a beginning and a grid in time: a function of the control."""

    def __init__(self, problem, T, dt, seed, t0, x0, w0, start):
        if not isinstance(problem, Tracking):
            raise ValueError(f"problem = {problem!r}: must be a hlp_edu Tracking")
        T = number("T", T, above=0)
        fastest = float(problem.speed.max())
        dt = min(0.005, 0.2 / fastest, T / 2) if dt is None else number("dt", dt, above=0)
        if dt > T * (1 + 1e-9):
            raise ValueError(f"dt = {dt:g}: must be at most T = {T:g}")
        if dt * fastest > 1 + 1e-9:
            raise ValueError(f"dt = {dt:g}: must be at most 1 / speed = {1 / fastest:g}")
        steps = math.ceil(T / dt - 1e-9 * max(1.0, T / dt))
        self._from(problem, steps, T / steps, _beginning(problem, Canonical(), seed, t0, x0, w0, None, start))
        self.drawn = None if start is not None or (x0 is not None and w0 is not None) else int(seed)

    def coarser(self, dt):
        """The same run on another grid in time."""
        steps = max(2, math.ceil(self.steps * self.h / dt - 1e-6))
        other = object.__new__(_Run)
        other._from(self.problem, steps, self.steps * self.h / steps, self.begin)
        return other

    def _from(self, problem, steps, h, begin):
        self.problem, self.steps, self.h, self.begin = problem, steps, h, begin
        self.n, self.m = len(problem.network.neurons), len(problem.network.heads)
        _fits(steps + 1, 6 * self.n + 12 * self.m, "all")
        self.times = begin.clock.time + np.arange(steps + 1) * self.h
        self.z, self.u = problem.at_steps(self.times)
        self.x0, self.w0 = begin.x, begin.w
        # Time from here on: phi = exp(theta t) may be huge far from t = 0, and only its growth matters.
        self.since = self.times - self.times[0]
        self.scale = math.exp(problem.theta * self.times[0])
        self.stage = np.empty((steps + 1, 4, self.n))
        self.half = np.arange(2 * steps + 1) * (self.h / 2)  # times of the control, from here on
        self.w, self.p_w = np.empty((steps + 1, self.m)), np.empty((steps + 1, self.m))
        self.gradient = np.empty((2 * steps + 1, self.m))
        self.p_x = np.empty((steps + 1, self.n))

    def cost(self, v):
        """Cost of the control ``v``; its gradient, the run and the costates are left in the arrays."""
        problem = self.problem
        with np.errstate(all="ignore"):
            J = there_and_back(
                problem.wiring, problem.cost, problem.theta, self.h, self.since, self.z, self.u, self.x0, self.w0,
                v, self.stage, self.w, self.p_x, self.p_w, self.gradient,
            )  # fmt: skip
        return J

    @staticmethod
    def linear(v):
        """The control that is linear between its values at the ends of the steps."""
        halves = np.empty((2 * len(v) - 1, v.shape[1]))
        halves[::2], halves[1::2] = v, 0.5 * (v[1:] + v[:-1])
        return halves

    def by_ends(self):
        """The gradient of `cost` by the values at the ends of the steps, for such a control."""
        by_ends, middle = self.gradient[::2].copy(), 0.5 * self.gradient[1::2]
        by_ends[1:] += middle
        by_ends[:-1] += middle
        return by_ends

    def trajectory(self, v, about):
        J = self.cost(v)
        problem = self.problem
        x, w, p_x, p_w = self.stage[:, 0].copy(), self.w.copy(), self.p_x.copy(), self.p_w.copy()
        ones = np.ones(self.n), np.ones(self.m)
        final = State(Clock(float(self.times[0]), self.steps, self.h), x[-1], w[-1], p_x[-1], p_w[-1], *ones)
        L = problem.lagrangian(x, w, -p_w / problem.r, self.times)
        H = problem.hamiltonian(x, w, p_x, p_w, self.times)
        about = dict(
            problem=repr(problem), policy="Optimum", dt=self.h, version=hlp_edu.__version__, seed=self.drawn, **about
        )
        sign = np.ones(self.steps + 1, np.int8)
        return Optimum(
            self.times, x, w, p_x, p_w, self.z[:, 0].copy(), sign, L, H, self.scale * J, final, None, None,
            problem.network, "all", about,
        )  # fmt: skip


def cost_gradient(problem, v, dt=0.01, seed=0, t0=0, x0=None, w0=None):
    """The cost (4) of a control, and its exact derivative by every value of that control.

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
    if not isinstance(problem, Tracking):
        raise ValueError(f"problem = {problem!r}: must be a hlp_edu Tracking")
    m = len(problem.network.heads)
    v = np.array(v, float)
    if v.ndim != 2 or v.shape[1] != m or len(v) < 2:
        raise ValueError(f"v has shape {v.shape}: must be (steps + 1, {m}), one column per arc, at least two rows")
    if not np.isfinite(v).all():
        raise ValueError("v: every entry must be a finite number")
    dt = number("dt", dt, above=0)
    run = _Run(problem, dt * (len(v) - 1), dt, seed, t0, x0, w0, None)
    J = run.cost(run.linear(v))
    return float(run.scale * J), run.scale * run.by_ends()


def optimum(
    problem,
    T,
    dt=None,
    x0=None,
    w0=None,
    seed=0,
    t0=0,
    start=None,
    method="both",
    tolerance=1e-5,
    iterations=2000,
    progress=True,
):
    """The run of least cost (4): the two-point problem (2), (6) to (9), solved offline.

    Parameters
    ----------
    problem : Tracking
        What is to be minimised.
    T : float
        Duration.
    dt : float, optional
        Step of the run that both controls are put through, and of the rows returned; at most
        1 / speed. By default 0.005, or 0.2 / speed if that is less.
    x0 : array_like, shape (neurons,), optional
        States at the start.
    w0 : array_like, shape (arcs,), optional
        Weights at the start.
    seed : int
        Draws x0 and w0 as in `run`.
    t0 : float
        Time of the start.
    start : State, optional
        Where a run stopped (its ``final``): the best way on from there, instead of seed, t0, x0, w0.
    method : {"both", "collocation", "adjoint"}
        "collocation": Hamilton's equations as a boundary problem (scipy's solve_bvp, with
        continuation in q), for up to 100 neurons and arcs together and inputs that do not jump.
        "adjoint": downhill along the exact gradient (scipy's L-BFGS-B), for any network. "both"
        runs the two, if it can, and returns the cheaper control.
    tolerance : float
        Relative tolerance of the collocation; the adjoint stops when a further step could lower
        the cost by a share of about ``tolerance ** 2``.
    iterations : int
        At most so many steps downhill.
    progress : bool
        Show a progress bar when it takes longer than a second.

    Returns
    -------
    Optimum
        A `Trajectory` with ``costs``, ``agree`` and ``note``. Its costates are the exact
        sensitivities of its cost. Like every method that follows slopes, both find *a* minimum;
        that they agree, from different starts, is evidence, not proof, that it is the lowest.

    Raises
    ------
    ValueError
        If an argument is out of its bounds, or collocation is asked for where it cannot serve.
    NotConverged
        If no method converged; the error carries the best control found as ``best``.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid(), speed=5)
    >>> best = hlp.optimum(problem, T=1, progress=False)
    >>> best.agree
    True
    """
    from threadpoolctl import threadpool_limits
    from tqdm.auto import tqdm

    if method not in METHODS:
        raise ValueError(f"method = {method!r}: must be one of {', '.join(map(repr, METHODS))}")
    tolerance = number("tolerance", tolerance, above=0)
    iterations = int(number("iterations", iterations, least=1))
    run = _Run(problem, T, dt, seed, t0, x0, w0, start)
    obstacle = _obstacle(run)
    if method == "collocation" and obstacle:
        raise ValueError(f"method = 'collocation': {obstacle}; use method='adjoint'")

    found, costs, notes = {}, {}, []
    # The vectors are too short to share among threads: waiting for each other, two would take five times as long.
    with threadpool_limits(1), tqdm(delay=1.0, disable=not progress, unit="evaluation") as bar:
        if method in ("both", "collocation") and not obstacle:
            found["collocation"] = _collocation(run, tolerance, bar)
        if method in ("both", "adjoint"):
            found["adjoint"] = _adjoint(run, tolerance, iterations, bar)
    converged = {}
    for name, (v, problem_met) in found.items():
        J = run.cost(v) if v is not None else math.inf
        if math.isfinite(J):
            costs[name] = float(run.scale * J)
        if problem_met:
            notes.append(f"{name} did not converge: {problem_met}")
        elif math.isfinite(J):
            converged[name] = J
    if method == "both" and obstacle:
        notes.append(f"adjoint alone: {obstacle}")
    if len(converged) == 2:
        a, b = converged.values()
        if abs(a - b) <= AGREE * abs(b):
            notes.append("collocation and adjoint agree to a millionth")
        else:
            notes.append(f"collocation ({a:.6g}) and adjoint ({b:.6g}) disagree: two local minima, or dt is too long")
    if not costs:
        found["nothing"], costs["nothing"] = (np.zeros((2 * run.steps + 1, run.m)), ""), math.inf
    choice = min(converged or costs, key=costs.get)
    about = dict(method=choice, costs=costs, note="; ".join(notes) or f"by {choice}")
    best = run.trajectory(found[choice][0], about)
    if not converged:
        raise NotConverged(f"no optimum found. {best.note}. The best control found is in this error's .best", best)
    return best


def _obstacle(run):
    """Why collocation cannot serve, in words; an empty string if it can."""
    states = run.n + run.m
    if states > MOST_STATES:
        return f"{run.n} neurons + {run.m} arcs = {states} are more than collocation can serve ({MOST_STATES})"
    for label, signal in run.problem.inputs.items():
        if isinstance(signal, Signal) and len(signal.jumps(run.times[0], run.times[-1])):
            return f"the input {label!r} jumps, and collocation needs inputs that do not"
    return ""


def _adjoint(run, tolerance, iterations, bar):
    """Go downhill, first on a grid four times coarser. Returns the control and, if it failed, why."""
    v = np.zeros((run.steps + 1, run.m))
    coarse = run.coarser(min(4 * run.h, 0.5 / run.problem.speed.max()))
    if coarse.steps < run.steps / 2:
        rough, _ = _downhill(coarse, np.zeros((coarse.steps + 1, run.m)), 10 * tolerance, iterations, bar)
        rough = rough[::2]
        left = np.minimum((run.since / coarse.h).astype(int), coarse.steps - 1)
        share = (run.since / coarse.h - left)[:, None]
        v = (1 - share) * rough[left] + share * rough[left + 1]
    return _downhill(run, v, tolerance, iterations, bar)


def _downhill(run, v, tolerance, iterations, bar):
    """L-BFGS-B from the control ``v``. Returns the control and, if it did not converge, why."""
    from scipy.optimize import minimize
    from scipy.signal import lfilter

    problem, h = run.problem, run.h
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

    gain = math.inf  # share of the cost that one more step could save, where the cost bends like 1

    def objective(xi):
        nonlocal gain
        J = run.cost(run.linear(control(xi)))
        bar.update()
        if not math.isfinite(J):
            return 1e300, np.zeros_like(xi)
        slope = (scale * filtered(run.by_ends(), backward=True)).ravel()
        gain = 0.5 * slope @ slope / max(J, 1e-300)
        return J, slope

    def look(intermediate_result):
        if gain < tolerance**2:
            raise StopIteration

    options = dict(maxcor=10, maxiter=iterations, maxfun=2 * iterations, ftol=0.0, gtol=0.0, maxls=40)
    xi = (filtered(v, inverse=True) / scale).ravel()
    result = minimize(objective, xi, jac=True, method="L-BFGS-B", callback=look, options=options)
    objective(result.x)
    met = gain < max(tolerance**2, 1e-9) or result.fun == 0.0
    return run.linear(
        control(result.x)
    ), "" if met else f"after {result.nit} steps it could still save a share of {gain:.1g}"


def _collocation(run, tolerance, bar):
    """Solve Hamilton's equations. Returns the control found (or None) and, if it failed, why."""
    from scipy.integrate import solve_bvp

    problem, n, m = run.problem, run.n, run.m
    begin, T = run.times[0], run.since[-1]
    lift = _Lift(problem, run.times)

    why = ""
    for nodes, steps in ((max(101, math.ceil(10 * T)), 2), (max(301, math.ceil(30 * T)), 4)):
        mesh = np.union1d(np.linspace(0.0, T, nodes), lift.knots)
        mesh = mesh[np.append(True, np.diff(mesh) > 1e-6)]
        mesh[-1] = T
        guess = np.zeros((2 * (n + m), len(mesh)))
        before = 0.0
        guess[:n], guess[n : n + m] = run.x0[:, None], run.w0[:, None]
        first = min(1.0, 1.0 / problem.q) if problem.q > 0 else 1.0  # from q = 1, in `steps` steps
        for share in np.geomspace(first, 1.0, steps + 1) if first < 1 else [1.0]:
            q = share * problem.q
            cost = Cost(q, problem.r_w, problem.r)
            outputs = n + m + problem.wiring.outputs
            guess[outputs] -= (q - before) * lift.integral(mesh).T  # the same p_x
            before = q

            def fun(t, columns, q=q, cost=cost, outputs=outputs):
                bar.update()
                rows = np.array(columns.T, order="C")  # a copy
                rows[:, outputs] += q * lift.integral(t)
                rate = np.empty_like(rows)
                both_ends(problem.wiring, cost, problem.theta, rows, lift.none(t), problem.inputs_at(begin + t), rate)
                return rate.T

            def ends(a, b, q=q):
                last = b[n + m :].copy()
                last[problem.wiring.outputs] += q * lift.integral(np.array([T]))[0]
                return np.concatenate([a[:n] - run.x0, a[n : n + m] - run.w0, last])

            final = share == 1.0
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                try:
                    solved = solve_bvp(fun, ends, mesh, guess, tol=tolerance if final else 1e-2, max_nodes=20 * nodes)
                except (ValueError, np.linalg.LinAlgError) as error:
                    why = str(error)
                    break
            if solved.status != 0 and final:
                why = solved.message
            mesh, guess = solved.x, solved.y.copy()
        else:
            v = -solved.sol(run.half)[2 * n + m :].T / problem.r
            if solved.status == 0:
                return np.ascontiguousarray(v), ""
    return None, why


class _Lift:
    """The integral of the targets, so that no jump of a target is seen by the collocation.

    In p_x = pi + q Z, Z' = z, the target leaves the equation of pi; what remains is continuous, and
    its kinks, where the target jumps, are nodes of the mesh.
    """

    def __init__(self, problem, times):
        self.problem, self.begin = problem, times[0]
        begin, end = times[0], times[-1]
        jumps = [s.jumps(begin, end) for s in problem.targets if isinstance(s, Signal)]
        jumps = np.unique(np.concatenate([np.empty(0), *jumps]))
        jumps = jumps[(jumps > begin + 1e-6) & (jumps < end - 1e-6)]
        self.knots = jumps - begin
        grid = np.union1d(times, jumps)
        grid = grid[np.append(True, np.diff(grid) > 1e-9)]
        z, _ = problem.at_steps(grid)
        h = np.diff(grid)[:, None]
        a, b, c = z[:-1, 0], z[:-1, 1], z[:-1, 2]
        # on each interval z is the parabola through its start, middle and end, and Z its integral
        start = np.concatenate([np.zeros((1, z.shape[2])), np.cumsum(h / 6 * (a + 4 * b + c), axis=0)])[:-1]
        from scipy.interpolate import PPoly

        square, slope = (2 * a - 4 * b + 2 * c) / h**2, (-3 * a + 4 * b - c) / h
        self.integral = PPoly(np.stack([square / 3, slope / 2, a, start]), grid - begin)

    def none(self, t):
        return np.zeros((len(t), len(self.problem.targets)))
