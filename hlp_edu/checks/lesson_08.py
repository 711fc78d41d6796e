"""The tasks of lesson 08: the flip, when it settles, which waves it follows, and both signs used in turn."""

import numpy as np

from hlp_edu.checks.core import Function, transposed

__all__ = ["flip", "stable", "follow", "two_cells", "choose"]

LESSON = "08_sign_flip"


# -------------------------------------------------------------------------------------------------- 1: the flip


def _systems(rng):
    for states, controls in ((1, 1), (2, 1), (3, 2), (3, 3)):
        A, B = rng.normal(size=(states, states)) - 2 * np.eye(states), rng.normal(size=(states, controls))
        C, D = rng.normal(size=(states, states)), rng.normal(size=(controls, controls))
        yield A, B, C @ C.T, D @ D.T + np.eye(controls), rng.uniform(0.5, 2)


def _flipped(A, B, Q, R, theta):
    """Column by column, from the library's own run: the velocity of (x, p) at every unit vector."""
    import hlp_edu as hlp
    from hlp_edu.linear_quadratic import LQTracking

    problem, n, h = LQTracking(A, B, Q, R, [hlp.constant(0)] * len(A)), len(A), 1e-5
    columns = []
    for unit in np.eye(2 * n):
        ends = []
        for sign in (1, -1):
            start = sign * unit
            run = problem.flipped(h, x0=start[:n], p0=start[n:], dt=h, dissipation=theta)
            ends.append((np.append(run.x[-1], run.p[-1]) - start) / h)
        columns.append((ends[0] - ends[1]) / 2)
    return np.array(columns).T


def _blocks(A, S, Q, lower, theta=0.0):
    return np.block([[A, -S], [Q, lower - theta * np.eye(len(A))]])


def _S(B, R):
    return B @ np.linalg.solve(R, B.T)


flip = Function(
    LESSON,
    "flip",
    "The matrix of the flip",
    points=2,
    inputs=_systems,
    expected=_flipped,
    tolerance=1e-3,
    mistakes={
        "the second row is not flipped: these are the canonical equations, a saddle": lambda right, A, B, Q, R, theta: (
            np.block([[A, -_S(B, R)], [-Q, -A.T - theta * np.eye(len(A))]])
        ),
        "only Q changed its sign; the sign stands before the whole right side of p', so before A transposed too": (
            lambda right, A, B, Q, R, theta: _blocks(A, _S(B, R), Q, -A.T, theta)
        ),
        "only A transposed changed its sign; the sign stands before the whole law of p, so before Q too": (
            lambda right, A, B, Q, R, theta: _blocks(A, _S(B, R), -Q, A.T, theta)
        ),
        "the control has the wrong sign: v is minus R⁻¹ Bᵀ p, so -S stands in the law of x": (
            lambda right, A, B, Q, R, theta: np.block([[A, _S(B, R)], [Q, A.T - theta * np.eye(len(A))]])
        ),
        "theta is taken from every entry of a block; each price forgets only itself, so theta times `np.eye(n)`": (
            lambda right, A, B, Q, R, theta: np.block([[A, -_S(B, R)], [Q, A.T - theta]])
        ),
        "the whole film is turned round; the law of x is physics, and stays": lambda right, A, B, Q, R, theta: np.block(
            [[-A, _S(B, R)], [Q, A.T - theta * np.eye(len(A))]]
        ),
        "the costate travels against the arrows: A must be transposed in its law": lambda right, A, B, Q, R, theta: (
            _blocks(A, _S(B, R), Q, A, theta)
        ),
        "there is no R in S = B R⁻¹ Bᵀ": lambda right, A, B, Q, R, theta: _blocks(A, B @ B.T, Q, A.T, theta),
        "it multiplies by R where S = B R⁻¹ Bᵀ divides": lambda right, A, B, Q, R, theta: _blocks(
            A, B @ R @ B.T, Q, A.T, theta
        ),
        "the friction has the wrong sign: it must take away from p": lambda right, A, B, Q, R, theta: _blocks(
            A, _S(B, R), Q, A.T, -theta
        ),
        "the friction is missing": lambda right, A, B, Q, R, theta: _blocks(A, _S(B, R), Q, A.T),
        "there is friction on x too; it belongs to the costate alone": lambda right, A, B, Q, R, theta: (
            _blocks(A, _S(B, R), Q, A.T, theta) - theta * np.diag(np.repeat([1, 0], len(A)))
        ),
        "rows and columns are exchanged": transposed,
    },
    hints=[
        "Two rows of blocks: the equation of x, then that of p. The section 'More than one state' writes both down.",
        "x' = A x - S p and p' = Q x + Aᵀ p - theta p, with S = B R⁻¹ Bᵀ and z = 0.",
        "`np.block([[A, -S], [Q, A.T - theta * np.eye(len(A))]])`, and `S = B @ np.linalg.solve(R, B.T)`.",
    ],
    moral="One sign, and the saddle has become something that can settle. Whether it does, its eigenvalues say.",
)


# ------------------------------------------------------------------------------------------ 2: does it settle?


def _scalars(rng):
    kept = 0
    while kept < 58:
        a, theta = rng.normal(), rng.choice([0.0, 1.0]) * rng.uniform(0, 4)
        b, q, r = rng.uniform(0.3, 2, size=3) * [1.0, 0.5, 1.0]
        if min(abs(2 * a - theta), abs(a * a - a * theta + q * b * b / r)) > 0.02:  # not on the border
            kept += 1
            yield a, b, q, r, theta
    yield 0.5, 0.5, 2.0, 1.0, 3.0  # these two tell q b² / r from q / r
    yield 0.5, 2.0, 0.5, 1.0, 3.0


def _settles(a, b, q, r, theta):
    from scipy.linalg import expm

    M = np.array([[a, -b * b / r], [q, a - theta]])
    return bool(np.abs(expm(2000 * M / np.linalg.norm(M))).max() < 1)


stable = Function(
    LESSON,
    "stable",
    "Does the flip settle?",
    points=1,
    inputs=_scalars,
    expected=_settles,
    mistakes={
        "theta is forgotten: friction can hold a system that grows by itself": lambda right, a, *others: a < 0,
        "the second condition is missing: too much friction on a system that grows spoils it again": (
            lambda right, a, b, q, r, theta: 2 * a < theta
        ),
        "the first condition is missing: 2 a < theta": lambda right, a, b, q, r, theta: (
            a * a - a * theta + q * b * b / r > 0
        ),
        "b is missing in omega² = q b² / r": lambda right, a, b, q, r, theta: (
            2 * a < theta and a * a - a * theta + q / r > 0
        ),
        "it is the other way round": lambda right, *_: not right,
        "both rates count: x gains a, p gains a - theta, together 2 a - theta": lambda right, a, b, q, r, theta: (
            a < theta
        ),
        "one condition is not enough; both must hold": lambda right, a, b, q, r, theta: (
            2 * a < theta or a * a - a * theta + q * b * b / r > 0
        ),
    },
    hints=[
        "The section on friction has two conditions. Or: all eigenvalues of the matrix have a real part below 0.",
        "Both must hold: 2 a < theta, and a² - a theta + omega² > 0 with omega² = q b² / r.",
    ],
    moral="The flip trades growth for rotation; what makes it settle is the leak, or friction.",
)


# ------------------------------------------------------------------------------------- 3: which waves it follows


def _steady(wave, a, b, q, r, theta, sign=1):
    """X for z = exp(i wave t), by solving both equations at once."""
    matrix = np.array([[a, -b * b / r], [sign * q, sign * a - theta]])
    return np.linalg.solve(1j * wave * np.eye(2) - matrix, [0.0, -sign * q])[0]


follow = Function(
    LESSON,
    "follow",
    "Which waves does it follow?",
    points=2,
    inputs=lambda rng: (
        (rng.uniform(0.2, 15), -rng.uniform(0.2, 2), *rng.uniform(0.3, 3, size=3), rng.uniform(0.5, 4))
        for _ in range(5)
    ),
    expected=_steady,
    mistakes={
        "that is the answer without friction: p' loses theta p": lambda right, *given: _steady(*given[:-1], 0.0),
        "friction has the wrong sign": lambda right, *given: _steady(*given[:-1], -given[-1]),
        "the friction is on x too; it belongs to p alone": lambda right, wave, a, b, q, r, theta: (
            q * b * b / r / (q * b * b / r + (1j * wave - a + theta) ** 2)
        ),
        "that is the canonical answer, the one that needs the future: the second row is not flipped": (
            lambda right, *given: _steady(*given, sign=-1)
        ),
        "it runs ahead of the wave: a derivative brings + i Omega": lambda right, *_: np.conj(right),
        "the answer is complex: its angle is the lag": lambda right, *_: abs(right),
        "b is missing": lambda right, wave, a, b, q, r, theta: _steady(wave, a, 1.0, q, r, theta),
    },
    hints=[
        "Put x = X exp(i Omega t) and p = Y exp(i Omega t) into x' = a x - (b² / r) p and "
        "p' = q (x - z) + (a - theta) p.",
        "The second gives Y = q (X - 1) / (i Omega - a + theta). Put it into the first.",
        "X = omega² / (omega² + (i Omega - a)(i Omega - a + theta)), with omega² = q b² / r. In Python: `1j`.",
    ],
    moral="Friction takes the peak off the resonance, and pays with a lag on the slow waves.",
)


# ------------------------------------------------------------------------------------ 4: two cells, two leaks


def _last_stable(one, two):
    """Where the largest real part passes 0, from the eigenvalues."""
    from scipy.optimize import brentq

    def top(q):
        A, S, Q = np.array([[-one, 0.0], [1.0, -two]]), np.diag([1.0, 0.0]), np.diag([0.0, q])
        return np.linalg.eigvals(np.block([[A, -S], [Q, A.T]])).real.max()

    return brentq(top, 1e-9, 1e6, xtol=1e-10)


two_cells = Function(
    LESSON,
    "two_cells",
    "Two cells, two leaks",
    points=2,
    inputs=lambda rng: ((1.0, 1.0), *((rng.uniform(0.3, 3), rng.uniform(0.3, 3)) for _ in range(5))),
    expected=_last_stable,
    tolerance=1e-3,
    mistakes={
        "4 is the border for two leaks of 1": lambda right, *_: 4.0,
        "that treats both leaks as their mean": lambda right, one, two: 4 * ((one + two) / 2) ** 4,
        "that treats both leaks as their geometric mean": lambda right, one, two: 4 * (one * two) ** 2,
        "that is the square root of the border: the loop goes through both cells twice": lambda right, *_: np.sqrt(
            right
        ),
        "only one of the leaks is used": lambda right, one, two: 4 * one**4,
    },
    hints=[
        "Go round the loop as the lesson does: ((lambda + one) (lambda + two))² = -q.",
        "So (lambda + one) (lambda + two) = +- i sqrt(q). At the border lambda = i omega: compare real and imaginary "
        "parts.",
        "Real: omega² = one two. Imaginary: omega (one + two) = sqrt(q).",
    ],
    moral="Equal leaks are the worst case for a given product: a fast cell hardly lags, and the loop has only one.",
)


# ------------------------------------------------------------------------------- 5: both signs, in turn (open)


STEPS = 6000
ASKED = 1.5


def _ride(rule, a, b, q, r, x, p=0.0):
    """Run x' and p' under the signs that a rule chooses; the cost in units of the least, and how far it got."""
    omega, nu, k = np.sqrt(q * b * b / r), np.sqrt(a * a + q * b * b / r), b * b / r
    h, start, total = 30 / omega / STEPS, abs(x), 0.0
    for _ in range(STEPS):
        s = rule(x, p, a, b, q, r)
        number = float(np.squeeze(np.asarray(s, float))) if np.size(s) == 1 else np.nan
        if number not in (1.0, -1.0):
            return s, None
        total += h * (q / 2 * x * x + k / 2 * p * p)
        x_half, p_half = x + h / 2 * (a * x - k * p), p - number * h / 2 * (q * x + a * p)
        x, p = x + h * (a * x_half - k * p_half), p - number * h * (q * x_half + a * p_half)
        if not abs(x) < 1e3 * start:
            return np.inf, abs(x) / start
    return total / ((a + nu) / k * start**2 / 2), abs(x) / start


def _rides():
    yield from ((0.0, 1.0, 10.0, 0.1, 1.0), (0.0, 2.0, 3.0, 0.5, -0.7), (0.5, 1.0, 10.0, 0.1, -1.5))
    yield 0.3, 0.5, 8.0, 0.2, 0.4
    yield -0.6, 1.0, 4.0, 0.05, 2.0


def _settles_cheaply(choose):
    for a, b, q, r, x in _rides():
        cost, left = _ride(choose, a, b, q, r, x)
        where = f"at a = {a:g}, b = {b:g}, q = {q:g}, r = {r:g}, from x = {x:g}"
        if left is None:
            return f"it returns {cost!r}; a sign is +1 or -1"
        if not np.isfinite(cost):
            return f"{where} the run explodes: the canonical sign has been held too long, or the flip on the wrong side"
        if left > 0.05:
            return f"{where} it never settles: after five turns {left:.2g} of it is left. Does it ever return +1?"
        if cost > ASKED:
            return f"{where} it settles, and costs {cost:.2f} times the least; {ASKED:g} times is asked"


choose = Function(
    LESSON,
    "choose",
    "Both signs, in turn",
    points=3,
    properties=[_settles_cheaply],
    hints=[
        "The flip is a carousel, the saddle has one good exit: the knife edge p = P x. Ride the flip until you are "
        "there, then let the canonical equations carry you in.",
        "On the knife edge H = q/2 x² + a x p - b²/(2r) p² is zero, and x p > 0. The flip starts with H > 0; "
        "it has passed the edge when H is below 0.",
        "Return 1 if H < 0 and x p > 0, else -1. The canonical run drifts off the edge in the end, and then the flip "
        "brings it round again.",
    ],
    moral=(
        "No friction, no future, and even a system that grows by itself is settled, 20 to 40 % above the least cost. "
        "With one state. Lesson 09 asks what becomes of this in a network."
    ),
)
