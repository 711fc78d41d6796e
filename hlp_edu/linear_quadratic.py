"""Linear-quadratic tracking: the problem that can be solved completely, and then be solved wrongly on purpose.

x' = A x + B v, cost 1/2 (x - z)' Q (x - z) + 1/2 v' R v. The costate is p = P x + d: P looks at
the dynamics alone, d at the future of the target. (12), (13) of lesson 00 are its scalar case.
"""

import math
from dataclasses import dataclass

import numpy as np

from hlp_edu.compiled import compiled
from hlp_edu.signals import JOIN, Signal
from hlp_edu.validate import number, vector


def natural_rate(a, b, q, r):
    """The rate nu of a scalar problem: (12).

    Parameters
    ----------
    a, b, q, r : float
        Of x' = a x + b v with the prices q and r.

    Returns
    -------
    float

    Examples
    --------
    >>> round(natural_rate(-1, 1, 10, 0.1), 3)
    10.05
    """
    return math.sqrt(a * a + q * b * b / r)


def scalar_riccati(a, b, q, r, tau):
    """P of a scalar problem when the time ``tau`` is left: (12), in closed form.

    Parameters
    ----------
    a, b, q, r : float
        As in `natural_rate`.
    tau : float or array_like
        Time that is left; inf is allowed.

    Returns
    -------
    numpy.ndarray

    Examples
    --------
    >>> scalar_riccati(-1, 1, 10, 0.1, [0, np.inf]).round(3)
    array([0.   , 0.905])
    """
    nu = natural_rate(a, b, q, r)
    tanh = np.tanh(nu * np.asarray(tau, float))
    return q * tanh / (nu - a * tanh)


@dataclass(repr=False)
class LQRun:
    """What one way of steering did. Rows are times.

    Parameters
    ----------
    t : numpy.ndarray, shape (steps,)
        Times.
    x, p : numpy.ndarray, shape (steps, states)
        States and costates.
    v : numpy.ndarray, shape (steps, controls)
        The control, -R^-1 B' p.
    target : numpy.ndarray, shape (steps, states)
        What x should be.
    cost : float
        The integral; inf if a number left all bounds.
    P : numpy.ndarray, shape (steps, states, states), or None
        The Riccati coefficient that was used.
    d : numpy.ndarray, shape (steps, states), or None
        The offset that was used.
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
def march(M, g, h, y0, x_of, p_of, shift, z, Q, S, rows):
    """Runge-Kutta 4 for y' = M(t) y + g(t), and the cost on the way.

    Parameters
    ----------
    M : numpy.ndarray, shape (steps or 1, 3, size, size)
        At the start, middle and end of each step; one row if it is constant.
    g : numpy.ndarray, shape (steps, 3, size)
        Likewise.
    h : float
        The step.
    y0 : numpy.ndarray, shape (size,)
        The beginning.
    x_of : int
        How many entries of y are x (its first ones); 0 if there is no cost to count.
    p_of : numpy.ndarray, shape (steps or 1, 3, x_of, size)
        The costate is p_of y + shift.
    shift : numpy.ndarray, shape (steps, 3, x_of)
        See there.
    z : numpy.ndarray, shape (steps, 3, x_of)
        Targets.
    Q, S : numpy.ndarray, shape (x_of, x_of)
        Price of the error; B R^-1 B'.
    rows : numpy.ndarray, shape (steps + 1, size)
        Filled with y.

    Returns
    -------
    float
        The cost.
    """
    size, steps = y0.size, g.shape[0]
    y, rate, new = np.empty(size), np.zeros(size), np.empty(size)
    p, e = np.empty(x_of), np.empty(x_of)
    total = 0.0
    rows[0] = y0
    for k in range(steps):
        at_M, at_p = k % M.shape[0], k % p_of.shape[0]
        new[:] = rows[k]
        for look in range(4):
            at = (look + 1) // 2
            share = h / 6.0 if look in (0, 3) else h / 3.0
            reach = 0.0 if look == 0 else h if look == 3 else 0.5 * h
            for i in range(size):
                y[i] = rows[k, i] + reach * rate[i]
            for i in range(size):
                rate[i] = g[k, at, i]
                for j in range(size):
                    rate[i] += M[at_M, at, i, j] * y[j]
            for i in range(size):
                new[i] += share * rate[i]
            for i in range(x_of):
                e[i] = y[i] - z[k, at, i]
                p[i] = shift[k, at, i]
                for j in range(size):
                    p[i] += p_of[at_p, at, i, j] * y[j]
            for i in range(x_of):
                for j in range(x_of):
                    total += 0.5 * share * (e[i] * Q[i, j] * e[j] + p[i] * S[i, j] * p[j])
        rows[k + 1] = new
    return total


class LQTracking:
    """Let a linear system follow a target: x' = A x + B v, cost 1/2 (x - z)' Q (x - z) + 1/2 v' R v.

    Parameters
    ----------
    A : array_like, shape (states, states), or a number
        The dynamics.
    B : array_like, shape (states, controls), or a number
        How the controls act.
    Q : array_like, shape (states, states), or a number
        Price of the error: symmetric, positive semidefinite.
    R : array_like, shape (controls, controls), or a number
        Price of the control: symmetric, positive definite.
    target : callable, or list of callables
        A signal for each state.

    Attributes
    ----------
    S : numpy.ndarray
        B R^-1 B': how strongly the costate moves the state.

    Raises
    ------
    ValueError
        If a matrix has the wrong shape, Q or R the wrong sign, the number of targets is wrong, or an
        unstable part of the system is out of the control's reach.

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
        if least <= 0:
            raise ValueError(f"R has the eigenvalue {least:.3g}: must be positive definite, all above 0")
        for value in np.linalg.eigvals(self.A):  # the test of Popov, Belevitch and Hautus
            reach = np.hstack([self.A - value * np.eye(n), self.B])
            if value.real >= 0 and np.linalg.matrix_rank(reach, tol=1e-9 * max(1.0, np.abs(reach).max())) < n:
                raise ValueError(
                    f"A, B: the mode of A with eigenvalue {value:.3g} grows (or stays) and B cannot reach it; "
                    "no control keeps the cost bounded"
                )
        self.targets = list(target) if isinstance(target, (list, tuple)) else [target]
        if len(self.targets) != n:
            raise ValueError(f"target: {len(self.targets)} given for {n} states; there must be one signal per state")
        for signal in self.targets:
            if not callable(signal):
                raise ValueError(f"target = {signal!r}: must be a function of an array of times")
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

        Returns
        -------
        numpy.ndarray, shape (2 states, 2 states)

        Raises
        ------
        ValueError
            If ``dissipation`` is no finite number.
        """
        n = len(self.A)
        return np.block([[self.A, -self.S], [self.Q, self.A.T - number("dissipation", dissipation) * np.eye(n)]])

    def spectrum(self, law, dissipation=0.0):
        """Eigenvalues of the canonical or of the flipped equations, sorted: (13).

        Parameters
        ----------
        law : {"canonical", "flipped"}
            Which.
        dissipation : float
            Friction on p, for the flipped ones.

        Returns
        -------
        numpy.ndarray of complex

        Raises
        ------
        ValueError
            If ``law`` is neither.
        """
        if law not in ("canonical", "flipped"):
            raise ValueError(f"law = {law!r}: must be 'canonical' or 'flipped'")
        matrix = self.canonical if law == "canonical" else self.flipped_matrix(dissipation)
        return np.sort_complex(np.linalg.eigvals(matrix).astype(complex))

    def riccati(self, tau):
        """The Riccati coefficient P when the time ``tau`` is left; P(0) = 0.

        Parameters
        ----------
        tau : float or array_like
            Times that are left, at least 0.

        Returns
        -------
        numpy.ndarray, shape (states, states), or one for each time

        Raises
        ------
        ValueError
            If a time is negative.
        """
        times = np.asarray(tau, float)
        if not (np.isfinite(times).all() and (times >= 0).all()):
            raise ValueError(f"tau = {tau!r}: must be finite and at least 0; see P_inf for endless time")
        out = np.empty((times.size, *self.A.shape))
        P, before = np.zeros_like(self.A), 0.0
        for k in np.argsort(times.reshape(-1)):
            P, before = self._later(P, times.reshape(-1)[k] - before), times.reshape(-1)[k]
            out[k] = P
        return out.reshape(*times.shape, *self.A.shape)

    def _later(self, P, time, longest=0.2):
        # An exact step: P = V U^-1 where (U, V) obey the canonical equations backward in time. Long
        # steps lose digits, so they are made of short ones.
        from scipy.linalg import expm

        n, scale = len(self.A), max(1.0, np.abs(np.linalg.eigvals(self.canonical)).max())
        count = max(1, math.ceil(time * scale / longest / 10))
        E = expm(-self.canonical * (time / count))
        for _ in range(count):
            P = (E[n:, :n] + E[n:, n:] @ P) @ np.linalg.inv(E[:n, :n] + E[:n, n:] @ P)
            P = 0.5 * (P + P.T)
        return P

    @property
    def P_inf(self):
        """The Riccati coefficient for endless time: the algebraic Riccati equation's stabilising solution.

        Raises
        ------
        ValueError
            If there is none: Q does not see a mode that does not decay.
        """
        from scipy.linalg import schur

        n = len(self.A)
        _, Z, stable = schur(self.canonical, output="real", sort="lhp")
        if stable != n:
            raise ValueError(
                f"the canonical equations have {stable} decaying modes, not {n}: Q leaves a mode that does not "
                "decay unseen, and there is no stabilising solution"
            )
        P = Z[n:, :n] @ np.linalg.inv(Z[:n, :n])
        return 0.5 * (P + P.T)

    def optimal(self, T, x0=0.0, dt=1e-3):
        """The best control: P and d from the end of time backward, then x forward: (12).

        Parameters
        ----------
        T : float
            Duration.
        x0 : array_like, shape (states,), or a number for all
            The beginning.
        dt : float
            The step.

        Returns
        -------
        LQRun
        """
        steps, h, z = self._grid(T, dt)
        P = self._coefficients(steps, h)[::-1]  # row k of the half steps: T - t is left
        return self._by_feedback(P, self._offset_backward(P, z, h), z, h, x0, "optimal")

    def reversed_riccati(self, T, x0=0.0, dt=1e-3, offset="reversed"):
        """Time reversal: run the equations of P (and of d) forward from 0, as if the start were the end.

        Parameters
        ----------
        T, x0, dt
            As in `optimal`.
        offset : {"reversed", "exact"}
            "reversed": d too is run forward, and its future becomes its past. "exact": only P is
            reversed; d obeys (12) with that P, from d(T) = 0 back, and so knows the future.

        Returns
        -------
        LQRun

        Raises
        ------
        ValueError
            If ``offset`` is neither.
        """
        if offset not in ("reversed", "exact"):
            raise ValueError(f"offset = {offset!r}: must be 'reversed' or 'exact'")
        steps, h, z = self._grid(T, dt)
        P = self._coefficients(steps, h)  # as if the time gone were the time left
        if offset == "exact":
            return self._by_feedback(P, self._offset_backward(P, z, h), z, h, x0, "P reversed")
        # d_tau = (A - S P)' d - Q z, with tau read as t
        M = np.swapaxes(self.A - self.S @ P, 1, 2)
        d = self._integrate(_looks(M), -z @ self.Q, h)
        return self._by_feedback(P, _halves(d, h, M, -z @ self.Q), z, h, x0, "P and d reversed")

    def receding(self, T, x0=0.0, dt=1e-3, horizon=math.inf):
        """Receding horizon (MPC): plan as if the target stayed as it is now, move, plan again.

        Parameters
        ----------
        T, x0, dt
            As in `optimal`.
        horizon : float
            How far each plan reaches, above 0.

        Returns
        -------
        LQRun

        Raises
        ------
        ValueError
            If ``horizon`` is not above 0.
        """
        from scipy.linalg import expm

        steps, h, z = self._grid(T, dt)
        n = len(self.A)
        if math.isinf(horizon):
            P = self.P_inf
            D = np.linalg.solve((self.A - self.S @ P).T, self.Q)
        else:  # (x, p, z) at the end of the plan: p = 0. Solved for p now.
            horizon = number("horizon", horizon, above=0)
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
        T, x0, dt
            As in `optimal`.
        p0 : array_like, shape (states,), or a number for all
            The costate at the start.
        dissipation : float
            Friction on p.

        Returns
        -------
        LQRun
        """
        return self._forward(self.flipped_matrix(dissipation), -self.Q, T, x0, p0, dt, "flipped")

    def forward(self, T, x0=0.0, p0=0.0, dt=1e-3):
        """Run Hamilton's equations forward as they stand: right, and of no use (lesson 06).

        Parameters
        ----------
        T, x0, p0, dt
            As in `flipped`.

        Returns
        -------
        LQRun
        """
        return self._forward(self.canonical, self.Q, T, x0, p0, dt, "canonical, forward")

    # --- how

    def _grid(self, T, dt):
        T, dt = number("T", T, above=0), number("dt", dt, above=0)
        steps = max(1, math.ceil(T / dt - 1e-9 * max(1.0, T / dt)))
        h = T / steps
        times = np.arange(steps + 1) * h
        z = np.empty((steps, 3, len(self.targets)))  # start, middle, end, the end before a jump there
        for i, signal in enumerate(self.targets):
            now = np.asarray(signal(times), float) * np.ones(steps + 1)
            z[:, 0, i], z[:, 2, i] = now[:-1], now[1:]
            z[:, 1, i] = signal(times[:-1] + h / 2)
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
        block = int(np.clip(4 / (h * max(1.0, np.abs(np.linalg.eigvals(self.canonical)).max())), 1, total))
        while known < total:
            if step < block:
                step = min(known, block)
                E = expm(-self.canonical * (step * h / 2))
            old = P[known - step : known][: total - known]
            new = (E[n:, :n] + E[n:, n:] @ old) @ np.linalg.inv(E[:n, :n] + E[:n, n:] @ old)
            P[known : known + step] = new
            known += step
            if step == block and np.abs(new - old).max() < 1e-15 * max(1.0, np.abs(old).max()):
                P[known:] = new[-1]  # it has settled
                break
        return P

    def _offset_backward(self, P, z, h):
        """D from d(T) = 0 back, at start, middle and end of each step."""
        M = np.swapaxes(self.A - self.S @ P, 1, 2)[::-1]  # in time left
        g = -(z @ self.Q)[::-1, ::-1]
        d = self._integrate(_looks(M), g, h)
        return _halves(d, h, M, g)[::-1, ::-1]

    def _integrate(self, M, g, h):
        steps, n = len(g), len(self.A)
        rows = np.empty((steps + 1, n))
        none = np.zeros((1, 3, 0, n))
        march(
            np.ascontiguousarray(M), np.ascontiguousarray(g), h, np.zeros(n), 0, none, np.zeros((steps, 3, 0)),
            np.zeros((steps, 3, 0)), np.zeros((0, 0)), np.zeros((0, 0)), rows,
        )  # fmt: skip
        return rows

    def _by_feedback(self, P, d, z, h, x0, name):
        """Steer by p = P x + d. P at half steps (or one for all times), d at the looks of each step."""
        steps, n = len(z), len(self.A)
        looks = np.ascontiguousarray(_looks(P))
        rows = np.empty((steps + 1, n))
        x0 = vector("x0", np.broadcast_to(np.asarray(x0, float), (n,)) if np.ndim(x0) == 0 else x0, n, "state")
        with np.errstate(all="ignore"):
            cost = march(
                np.ascontiguousarray(self.A - self.S @ looks), np.ascontiguousarray(-d @ self.S), h, x0, n, looks,
                np.ascontiguousarray(d), z, self.Q, self.S, rows,
            )  # fmt: skip
        P = np.broadcast_to(P[::2] if len(P) > 1 else P, (steps + 1, n, n))
        d = np.concatenate([d[:, 0], d[-1:, 2]])
        p = np.einsum("kij,kj->ki", P, rows) + d
        return self._run(rows, p, z, h, cost, P, d, name)

    def _forward(self, matrix, push, T, x0, p0, dt, name):
        steps, h, z = self._grid(T, dt)
        n = len(self.A)
        both = [
            vector(label, np.full(n, float(value)) if np.ndim(value) == 0 else value, n, "state")
            for label, value in (("x0", x0), ("p0", p0))
        ]
        g = np.concatenate([np.zeros_like(z), z @ push], axis=2)
        rows = np.empty((steps + 1, 2 * n))
        last = np.ascontiguousarray(np.broadcast_to(np.eye(n, 2 * n, n), (1, 3, n, 2 * n)))
        with np.errstate(all="ignore"):
            cost = march(
                np.ascontiguousarray(np.broadcast_to(matrix, (1, 3, 2 * n, 2 * n))), g, h, np.concatenate(both), n,
                last, np.zeros_like(z), z, self.Q, self.S, rows,
            )  # fmt: skip
        return self._run(rows[:, :n], rows[:, n:], z, h, cost, None, None, name)

    def _run(self, x, p, z, h, cost, P, d, name):
        v = -p @ np.linalg.solve(self.R, self.B.T).T
        target = np.concatenate([z[:, 0], z[-1:, 2]])
        cost = float(cost) if math.isfinite(cost) else math.inf
        return LQRun(np.arange(len(x)) * h, x, p, v, target, cost, P, d, name)

    def __repr__(self):
        return f"LQTracking({len(self.A)} states, {self.B.shape[1]} controls)"


def _looks(M):
    """Rows at half steps as start, middle and end of each step; a single row stays one."""
    return np.broadcast_to(M, (1, 3, *M.shape[1:])) if len(M) == 1 else np.stack([M[:-2:2], M[1::2], M[2::2]], axis=1)


def _halves(d, h, M, g):
    """Rows at full steps as start, middle and end of each; the middle from values and slopes (cubic)."""
    looks = _looks(M)
    start = np.einsum("kij,kj->ki", looks[:, 0], d[:-1]) + g[:, 0]
    end = np.einsum("kij,kj->ki", looks[:, 2], d[1:]) + g[:, 2]
    return np.stack([d[:-1], 0.5 * (d[:-1] + d[1:]) + h / 8 * (start - end), d[1:]], axis=1)


def _matrix(name, value, column=False):
    try:
        matrix = np.array(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} = {value!r}: must be a matrix of numbers, or a number") from None
    if matrix.ndim == 0:
        matrix = matrix.reshape(1, 1)
    if matrix.ndim == 1 and column:
        matrix = matrix.reshape(-1, 1)
    if matrix.ndim != 2:
        raise ValueError(f"{name} has shape {matrix.shape}: must be a matrix, or a number")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name}: every entry must be a finite number")
    return matrix


def _symmetric(name, value, size):
    matrix = _matrix(name, value)
    if matrix.shape != (size, size):
        raise ValueError(f"{name} has shape {matrix.shape}: must be ({size}, {size})")
    if not np.allclose(matrix, matrix.T, rtol=0, atol=1e-12 * max(1.0, np.abs(matrix).max())):
        raise ValueError(f"{name}: must be symmetric")
    return 0.5 * (matrix + matrix.T)
