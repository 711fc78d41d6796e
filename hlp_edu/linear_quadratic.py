"""Linear-quadratic tracking: the problem that can be solved completely, and then be solved wrongly on purpose.

x' = A x + B v, cost 1/2 (x - z)' Q (x - z) + 1/2 v' R v. The costate is p = P x + d: P depends on
the dynamics alone, d on the future of the target. (12), (13) are its scalar case.

Every method that runs takes the duration ``T``, the start ``x0`` (one number per state, or one for all) and the
longest step ``dt``, and gives an `LQRun`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hlp_edu.compiled import compiled
from hlp_edu.problem import values_of
from hlp_edu.signals import JOIN, Signal
from hlp_edu.validate import finite, kind, number, numbers_of, one_of, vector
from hlp_edu.words import shown

MOST = 1e75  # of numbers that are multiplied by each other
FARTHEST = 200.0  # e to this power is a number
MOST_STEPS = 5e6  # of a run, of which all rows are kept
__all__ = ["LQRun", "LQTracking", "natural_rate", "scalar_riccati"]


def natural_rate(a, b, q, r):
    """The rate nu = sqrt(a^2 + q b^2 / r) of a scalar problem: (12).

    Parameters
    ----------
    a, b, q, r : float
        Of x' = a x + b v with the prices q and r.

    Raises
    ------
    ValueError
        If a number is not finite, ``q`` is below 0 or ``r`` not above 0.

    Examples
    --------
    >>> round(natural_rate(-1, 1, 10, 0.1), 3)
    10.05
    """
    a, b = number("a", a, least=-MOST, most=MOST), number("b", b, least=-MOST, most=MOST)
    q, r = number("q", q, least=0, most=MOST), number("r", r, least=1 / MOST)
    return math.sqrt(a * a + q * b * b / r)


def scalar_riccati(a, b, q, r, tau):
    """P of a scalar problem when the time ``tau`` is left: (12), in closed form.

    Parameters
    ----------
    a, b, q, r : float
        Of x' = a x + b v with the prices q and r.
    tau : float or array_like
        Time that is left; inf is allowed.

    Raises
    ------
    ValueError
        If a number is out of its range, or ``a``, ``b`` and ``q`` are all 0.

    Examples
    --------
    >>> scalar_riccati(-1, 1, 10, 0.1, [0, np.inf]).round(3)
    array([0.   , 0.905])
    """
    nu = natural_rate(a, b, q, r)
    tau = numbers_of("tau", tau)
    if not (tau >= 0).all() or nu == 0:
        raise ValueError(f"tau = {tau}: must be at least 0, and a, b, q not all 0")
    tanh = np.tanh(nu * np.minimum(tau, 1e3 / nu))
    if not (nu - a * tanh > 0).all():
        raise ValueError(f"a = {a:g}: is so large that b, q = {b:g}, {q:g} are lost beside it")
    return q * tanh / (nu - a * tanh)


@dataclass(repr=False)
class LQRun:
    """The result of one way of steering. Rows are times.

    Parameters
    ----------
    t : numpy.ndarray, shape (steps,)
        Times.
    x, p, target : numpy.ndarray, shape (steps, states)
        States, costates, and what x should be.
    v : numpy.ndarray, shape (steps, controls)
        The control, -R^-1 B' p.
    cost : float
        The integral; inf if a number left all bounds.
    P, d : numpy.ndarray, shapes (steps, states, states) and (steps, states), or None
        The Riccati coefficient and the offset that were used.
    name : str
        How it was steered.
    """

    t: np.ndarray
    x: np.ndarray
    p: np.ndarray
    v: np.ndarray
    target: np.ndarray
    cost: float
    P: np.ndarray | None
    d: np.ndarray | None
    name: str

    def __repr__(self):
        return f"LQRun({self.name}, t = 0 to {self.t[-1]:g}, cost {self.cost:.4g})"


@compiled
def march(M, g, h, y0, x_of, p_of, shift, z, Q, S):
    """Runge-Kutta 4 for y' = M(t) y + g(t): rows of y, and the cost of x = y[:x_of], p = p_of y + shift.

    The arrays over time have the shape (steps, 3, ...): the start, the middle and the end of each step; of M and
    p_of one row is enough if they are constant. S is B R^-1 B'. Without a cost to count, x_of is 0.
    """
    size, steps = y0.size, g.shape[0]
    rows = np.empty((steps + 1, size))
    y, rate, new = np.empty(size), np.zeros(size), np.empty(size)
    p, e = np.empty(x_of), np.empty(x_of)
    total = 0.0
    rows[0] = y0
    for k in range(steps):
        at_M, at_p = k % M.shape[0], k % p_of.shape[0]
        new[:] = rows[k]
        for stage in range(4):
            at = (stage + 1) // 2
            weight = h / 6.0 if stage in (0, 3) else h / 3.0
            step = 0.0 if stage == 0 else h if stage == 3 else 0.5 * h
            for i in range(size):
                y[i] = rows[k, i] + step * rate[i]
            for i in range(size):
                rate[i] = g[k, at, i]
                for j in range(size):
                    rate[i] += M[at_M, at, i, j] * y[j]
            for i in range(size):
                new[i] += weight * rate[i]
            for i in range(x_of):
                e[i] = y[i] - z[k, at, i]
                p[i] = shift[k, at, i]
                for j in range(size):
                    p[i] += p_of[at_p, at, i, j] * y[j]
            for i in range(x_of):
                for j in range(x_of):
                    total += 0.5 * weight * (e[i] * Q[i, j] * e[j] + p[i] * S[i, j] * p[j])
        rows[k + 1] = new
    return rows, total


class LQTracking:
    """Let a linear system follow a target: x' = A x + B v, cost 1/2 (x - z)' Q (x - z) + 1/2 v' R v.

    Parameters
    ----------
    A, B : array_like, shapes (states, states) and (states, controls), or numbers
        The dynamics, and how the controls act.
    Q, R : array_like, shapes (states, states) and (controls, controls), or numbers
        Prices of the error (positive semidefinite) and of the control (positive definite), symmetric.
    target : callable, or list of callables
        A signal for each state.

    Attributes
    ----------
    S : numpy.ndarray
        B R^-1 B': how strongly the costate moves the state.

    Raises
    ------
    ValueError
        If a matrix has the wrong shape, Q or R the wrong sign, the number of targets is wrong, or the
        control does not act on an unstable part of the system.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = LQTracking(-1, 1, 10, 0.1, hlp.constant(0.8))
    >>> problem.spectrum("canonical").round(2), problem.spectrum("flipped").round(2)
    (array([-10.05+0.j,  10.05+0.j]), array([-1.-10.j, -1.+10.j]))
    """

    def __init__(self, A, B, Q, R, target):
        self.A = _matrix("A", A)
        n = self.A.shape[0]
        if self.A.shape != (n, n):
            raise ValueError(f"A has shape {self.A.shape}: must be square")
        self.B = _matrix("B", B, column=True)
        if self.B.shape[0] != n:
            raise ValueError(f"B has shape {self.B.shape}: must be ({n}, controls), one row per state")
        m = self.B.shape[1]
        self.Q = _symmetric("Q", Q, n)
        self.R = _symmetric("R", R, m)
        least = np.linalg.eigvalsh(self.Q).min()
        if least < -1e-12 * max(1.0, np.abs(self.Q).max()):
            raise ValueError(f"Q has the eigenvalue {least:.3g}: must be positive semidefinite, none below 0")
        least = np.linalg.eigvalsh(self.R).min()
        if least < 1 / MOST:
            raise ValueError(f"R has the eigenvalue {least:.3g}: must be positive definite, all at least {1 / MOST:g}")
        for value in np.linalg.eigvals(self.A):  # the test of Popov, Belevitch and Hautus
            both = np.hstack([self.A - value * np.eye(n), self.B])
            if value.real >= 0 and np.linalg.matrix_rank(both, tol=1e-9 * max(1.0, np.abs(both).max())) < n:
                raise ValueError(
                    f"A, B: the mode of A with eigenvalue {value:.3g} grows (or stays) and B does not act on it; "
                    "no control keeps the cost bounded"
                )
        self.targets = list(target) if isinstance(target, (list, tuple)) else [target]
        if len(self.targets) != n:
            raise ValueError(f"target: {len(self.targets)} given for {n} states; there must be one signal per state")
        for signal in self.targets:
            kind("target", signal, Callable, "a function of an array of times")
        self.S = self.B @ np.linalg.solve(self.R, self.B.T)

    @property
    def canonical(self):
        """The matrix of (x, p)' under Hamilton's equations."""
        return np.block([[self.A, -self.S], [-self.Q, -self.A.T]])

    def flipped_matrix(self, dissipation=0.0):
        """The matrix of (x, p)' with the sign of p's law flipped: (13).

        Parameters
        ----------
        dissipation : float
            Friction on p.

        Raises
        ------
        ValueError
            If it is no finite number.
        """
        n = len(self.A)
        return np.block([[self.A, -self.S], [self.Q, self.A.T - number("dissipation", dissipation) * np.eye(n)]])

    def spectrum(self, law, dissipation=0.0):
        """Eigenvalues of the canonical or of the flipped equations, complex and sorted: (13).

        Parameters
        ----------
        law : {"canonical", "flipped"}
        dissipation : float
            Friction on p, for the flipped ones.

        Raises
        ------
        ValueError
            If ``law`` is neither.
        """
        one_of("law", law, ("canonical", "flipped"))
        matrix = self.canonical if law == "canonical" else self.flipped_matrix(dissipation)
        return np.sort_complex(np.linalg.eigvals(matrix).astype(complex))

    def riccati(self, tau):
        """The Riccati coefficient P when the time ``tau`` is left, one matrix for each time; P(0) = 0.

        Parameters
        ----------
        tau : float or array_like

        Raises
        ------
        ValueError
            If a time is negative or above 1e75.
        """
        times = numbers_of("tau", tau)
        if not ((times >= 0) & (times <= MOST)).all():
            raise ValueError(f"tau = {shown(tau)}: must be from 0 to {MOST:g}; see P_inf for endless time")
        out = np.empty((times.size, *self.A.shape))
        P, before = np.zeros_like(self.A), 0.0
        for k in np.argsort(times.reshape(-1)):
            P, before = self._later(P, times.reshape(-1)[k] - before), times.reshape(-1)[k]
            out[k] = P
        return out.reshape(*times.shape, *self.A.shape)

    def _later(self, P, time, longest=0.2):
        """The coefficient when more time is left."""
        # The step is exact, but a long one loses digits, so it is made of short ones.
        from scipy.linalg import expm

        count = max(1, math.ceil(time * self._fastest() / longest / 10))
        E = expm(-self.canonical * (time / count))
        for _ in range(count):
            old, P = P, _moved(E, P)
            P = 0.5 * (P + P.T)
            if (np.abs(P - old) <= 1e-15 * np.abs(P).max()).all():
                break  # it has settled
        return P

    @property
    def P_inf(self):
        """The Riccati coefficient for endless time: the stabilising solution of the algebraic equation.

        Raises
        ------
        ValueError
            If there is none, because Q gives no price to a mode that does not decay.
        """
        from scipy.linalg import schur

        n = len(self.A)
        _, Z, stable = schur(self.canonical, output="real", sort="lhp")
        if stable != n:
            raise ValueError(
                f"the canonical equations have {stable} decaying modes, not {n}: Q gives no price to a mode "
                "that does not decay, and there is no stabilising solution"
            )
        P = Z[n:, :n] @ np.linalg.inv(Z[:n, :n])
        return 0.5 * (P + P.T)

    def optimal(self, T, x0=0.0, dt=1e-3):
        """The optimal control: P and d from the end of time backward, then x forward: (12).

        Parameters
        ----------
        T, x0, dt
            Duration, start and step.
        """
        steps, h, z = self._grid(T, dt)
        P = self._coefficients(steps, h)[::-1]  # row k of the half steps: T - t is left
        return self._by_feedback(P, self._offset_backward(P, z, h), z, h, x0, "optimal")

    def reversed_riccati(self, T, x0=0.0, dt=1e-3, offset="reversed"):
        """Time reversal: integrate the equations of P (and of d) forward from 0, as if the start were the end.

        Parameters
        ----------
        T, x0, dt
            Duration, start and step.
        offset : {"reversed", "exact"}
            "reversed": d too is integrated forward, and its future becomes its past. "exact": only P is
            reversed; d obeys (12) with that P, from d(T) = 0 back, and so knows the future.

        Raises
        ------
        ValueError
            If ``offset`` is neither.
        """
        one_of("offset", offset, ("reversed", "exact"))
        steps, h, z = self._grid(T, dt)
        P = self._coefficients(steps, h)  # as if the time gone were the time left
        if offset == "exact":
            return self._by_feedback(P, self._offset_backward(P, z, h), z, h, x0, "P reversed")
        # d_tau = (A - S P)' d - Q z, with tau read as t
        M = np.swapaxes(self.A - self.S @ P, 1, 2)
        d = self._integrate(_points(M), -z @ self.Q, h)
        return self._by_feedback(P, _halves(d, h, M, -z @ self.Q), z, h, x0, "P and d reversed")

    def receding(self, T, x0=0.0, dt=1e-3, horizon=math.inf):
        """Receding horizon (MPC): plan as if the target stayed as it is now, move, plan again.

        Parameters
        ----------
        T, x0, dt
            Duration, start and step.
        horizon : float
            Length of each plan.

        Raises
        ------
        ValueError
            If ``horizon`` is not above 0.
        """
        from scipy.linalg import expm

        steps, h, z = self._grid(T, dt)
        n = len(self.A)
        if isinstance(horizon, float) and horizon == math.inf:
            P = self.P_inf
            D = np.linalg.solve((self.A - self.S @ P).T, self.Q)
        else:  # (x, p, z) at the end of the plan: p = 0. Solved for p now.
            horizon = number("horizon", horizon, above=0, most=FARTHEST / self._fastest())
            K = np.zeros((3 * n, 3 * n))
            K[: 2 * n, : 2 * n], K[n : 2 * n, 2 * n :] = self.canonical, self.Q
            end = expm(K * horizon)[n : 2 * n]
            P = -np.linalg.solve(end[:, n : 2 * n], end[:, :n])
            D = -np.linalg.solve(end[:, n : 2 * n], end[:, 2 * n :])
        return self._by_feedback(np.broadcast_to(P, (1, n, n)), z @ D.T, z, h, x0, "receding horizon")

    def flipped(self, T, x0=0.0, p0=0.0, dt=1e-3, dissipation=0.0):
        """Run forward with the sign of p's law flipped: (10), (13).

        Parameters
        ----------
        T, x0, p0, dt
            Duration, the state and the costate at the start, and the step.
        dissipation : float
            Friction on p.
        """
        return self._forward(self.flipped_matrix(dissipation), -self.Q, T, x0, p0, dt, "flipped")

    def forward(self, T, x0=0.0, p0=0.0, dt=1e-3):
        """Run Hamilton's equations forward, signs unchanged: correct, and of no use (lesson 06).

        Parameters
        ----------
        T, x0, p0, dt
            Duration, the state and the costate at the start, and the step.
        """
        return self._forward(self.canonical, self.Q, T, x0, p0, dt, "canonical, forward")

    def _fastest(self):
        """The fastest rate of the canonical equations, at least 1."""
        return max(1.0, float(np.abs(np.linalg.eigvals(self.canonical)).max()))

    def _grid(self, T, dt):
        """Number of steps, the step, and the targets at the start, middle and end of each step."""
        T, dt = number("T", T, above=0), number("dt", dt, above=0)
        if min(T, dt) * self._fastest() > FARTHEST:
            raise ValueError(f"dt = {dt:g}: must be at most {FARTHEST / self._fastest():g}, or numbers overflow")
        if not T / dt < MOST_STEPS:
            raise ValueError(f"T = {T:g}: has {T / dt:.3g} steps of dt = {dt:g}; at most {MOST_STEPS:g} can be kept")
        steps = max(1, math.ceil(T / dt - 1e-9 * max(1.0, T / dt)))
        h = T / steps
        times = np.arange(steps + 1) * h
        z = np.empty((steps, 3, len(self.targets)))  # at an end: before a jump there
        for i, signal in enumerate(self.targets):
            now = values_of(f"target[{i}]", signal, times)
            z[:, 0, i], z[:, 2, i] = now[:-1], now[1:]
            z[:, 1, i] = values_of(f"target[{i}]", signal, times[:-1] + h / 2)
            for jump in signal.jumps(JOIN, T) if isinstance(signal, Signal) else ():
                k = int(np.argmin(np.abs(times - jump)))
                if k > 0 and abs(times[k] - jump) < JOIN / 2:
                    z[k - 1, 2, i] = signal(np.array([jump - JOIN]))[0]
        if not np.isfinite(z).all():
            raise ValueError("target: must be finite at all times")
        return steps, h, z

    def _coefficients(self, steps, h):
        """P at all half steps of time left: the step of `_later`, for a block of times at once."""
        from scipy.linalg import expm

        n, total, known, step = len(self.A), 2 * steps + 1, 1, 0
        P = np.zeros((total, n, n))
        block = int(np.clip(4 / (h * self._fastest()), 1, total))
        while known < total:
            if step < block:
                step = min(known, block)
                E = expm(-self.canonical * (step * h / 2))
            old = P[known - step : known][: total - known]
            new = _moved(E, old)
            P[known : known + step] = new
            known += step
            if step == block and np.abs(new - old).max() < 1e-15 * max(1.0, np.abs(old).max()):
                P[known:] = new[-1]  # it has settled
                break
        return P

    def _offset_backward(self, P, z, h):
        """The offset d from d(T) = 0 back, at start, middle and end of each step."""
        M = np.swapaxes(self.A - self.S @ P, 1, 2)[::-1]  # in time left
        g = -(z @ self.Q)[::-1, ::-1]
        d = self._integrate(_points(M), g, h)
        return _halves(d, h, M, g)[::-1, ::-1]

    def _integrate(self, M, g, h):
        """Rows of y' = M y + g from y = 0."""
        none, n = np.zeros((len(g), 3, 0)), len(self.A)
        return self._march(M, g, h, np.zeros(n), np.zeros((1, 3, 0, n)), none, none)[0]

    def _march(self, M, g, h, y0, p_of, shift, z):
        """`march` for rows in any layout; the cost is counted for as many states as ``p_of`` has rows."""
        rows = [np.ascontiguousarray(part) for part in (M, g, p_of, shift, z)]
        with np.errstate(all="ignore"):
            return march(*rows[:2], h, y0, p_of.shape[2], *rows[2:], self.Q, self.S)

    def _by_feedback(self, P, d, z, h, x0, name):
        """Steer by p = P x + d. P at half steps (or one for all times), d at start, middle and end of each step."""
        steps, n = len(z), len(self.A)
        P_of, start = _points(P), self._start("x0", x0)
        rows, cost = self._march(self.A - self.S @ P_of, -d @ self.S, h, start, P_of, d, z)
        P = np.broadcast_to(P[::2] if len(P) > 1 else P, (steps + 1, n, n))
        d = np.concatenate([d[:, 0], d[-1:, 2]])
        p = np.einsum("kij,kj->ki", P, rows) + d
        return self._run(rows, p, z, h, cost, P, d, name)

    def _forward(self, matrix, gain, T, x0, p0, dt, name):
        """Integrate (x, p)' = matrix (x, p) + (0, gain z) from the start."""
        _, h, z = self._grid(T, dt)
        n = len(self.A)
        y0 = np.concatenate([self._start("x0", x0), self._start("p0", p0)])
        g = np.concatenate([np.zeros_like(z), z @ gain], axis=2)
        M, p_of = _points(matrix[None]), _points(np.eye(n, 2 * n, n)[None])
        rows, cost = self._march(M, g, h, y0, p_of, np.zeros_like(z), z)
        return self._run(rows[:, :n], rows[:, n:], z, h, cost, None, None, name)

    def _start(self, name, value):
        """One number per state; a single one counts for all."""
        given = numbers_of(name, value, "one number, or one per state")
        return vector(name, given if given.ndim else np.full(len(self.A), given), len(self.A), "state")

    def _run(self, x, p, z, h, cost, P, d, name):
        """The result, with the control v = -R^-1 B' p."""
        with np.errstate(over="ignore", invalid="ignore"):  # what left all bounds has the cost inf
            v = -p @ np.linalg.solve(self.R, self.B.T).T
        target = np.concatenate([z[:, 0], z[-1:, 2]])
        cost = float(cost) if math.isfinite(cost) else math.inf
        return LQRun(np.arange(len(x)) * h, x, p, v, target, cost, P, d, name)

    def __repr__(self):
        return f"LQTracking({len(self.A)} states, {self.B.shape[1]} controls)"


def _moved(E, P):
    """P = V U^-1 when (U, V) has moved by E from (1, P)."""
    n = P.shape[-1]
    return (E[n:, :n] + E[n:, n:] @ P) @ np.linalg.inv(E[:n, :n] + E[:n, n:] @ P)


def _points(M):
    """Rows at half steps as start, middle and end of each step; a single row stays one."""
    return np.broadcast_to(M, (1, 3, *M.shape[1:])) if len(M) == 1 else np.stack([M[:-2:2], M[1::2], M[2::2]], axis=1)


def _halves(d, h, M, g):
    """Rows at full steps as start, middle and end of each; the middle from values and slopes (cubic)."""
    points = _points(M)
    start = np.einsum("kij,kj->ki", points[:, 0], d[:-1]) + g[:, 0]
    end = np.einsum("kij,kj->ki", points[:, 2], d[1:]) + g[:, 2]
    return np.stack([d[:-1], 0.5 * (d[:-1] + d[1:]) + h / 8 * (start - end), d[1:]], axis=1)


def _matrix(name, value, column=False):
    """A matrix of finite numbers; a number is one of one entry, and a row of numbers may be a column."""
    matrix = numbers_of(name, value, "a matrix of numbers, or a number")
    if matrix.ndim == 0:
        matrix = matrix.reshape(1, 1)
    if matrix.ndim == 1 and column:
        matrix = matrix.reshape(-1, 1)
    if matrix.ndim != 2:
        raise ValueError(f"{name} has shape {matrix.shape}: must be a matrix, or a number")
    largest = np.abs(finite(name, matrix)).max(initial=0)
    if largest > MOST:
        raise ValueError(f"{name} has the entry {largest:.3g}: must be at most {MOST:g}, or numbers overflow")
    return matrix


def _symmetric(name, value, size):
    """A symmetric matrix of this size."""
    matrix = _matrix(name, value)
    if matrix.shape != (size, size):
        raise ValueError(f"{name} has shape {matrix.shape}: must be ({size}, {size})")
    if not np.allclose(matrix, matrix.T, rtol=0, atol=1e-12 * max(1.0, np.abs(matrix).max())):
        raise ValueError(f"{name}: must be symmetric")
    return 0.5 * (matrix + matrix.T)
