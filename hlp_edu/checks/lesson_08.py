"""The tasks of lesson 08: the flip, when it settles, which waves it follows, and both signs used in turn."""

import numpy as np

from hlp_edu.checks.core import Function, sealed, transposed
from hlp_edu.checks.draws import dice

__all__ = ["flip", "stable", "follow", "two_cells", "choose"]

LESSON = "08_sign_flip"


# -------------------------------------------------------------------------------------------------- 1: the flip


def _systems(rng):
    few, some, many = (int(number) for number in rng.integers([1, 2, 3], [3, 4, 6]))
    for states, controls in ((1, 1), (some, 1), (many, few), (some, many)):
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
    library=[],
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
    while kept < 54:
        a, theta = rng.normal(), rng.choice([0.0, 1.0]) * rng.uniform(0, 4)
        b, q, r = rng.uniform(0.3, 2, size=3) * [1.0, 0.5, 1.0]
        if min(abs(2 * a - theta), abs(a * a - a * theta + q * b * b / r)) > 0.02:  # not on the border
            kept += 1
            yield a, b, q, r, theta
    for scale in rng.uniform(0.5, 2, size=2):  # these tell q b² / r from q / r, and 2 a from a
        yield 0.5 * scale, 0.5, 2.0 * scale**2, 1.0, 3.0 * scale
        yield 0.5 * scale, 2.0, 0.5 * scale**2, 1.0, 3.0 * scale
        yield 0.5 * scale, 1.0, 4.0 * scale**2, 1.0, 0.7 * scale


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
    inputs=lambda rng: ((1.0, 1.0), *map(tuple, rng.uniform(0.3, 3, size=(5, 2)))),
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
ASKED = 1.7


def _rest(z, a, b, q, r):
    """Where both right sides are zero."""
    k = b * b / r
    x = z * k * q / (k * q + a * a)
    return x, a * x / k


def _ride(rule, z, a, b, q, r, x, p=0.0):
    """Run x' and p' under the signs of a rule; the cost of being away from rest in units of the least, what is left."""
    omega, nu, k = np.sqrt(q * b * b / r), np.sqrt(a * a + q * b * b / r), b * b / r
    (x_rest, p_rest), h, total = _rest(z, a, b, q, r), 30 / omega / STEPS, 0.0
    start = abs(x - x_rest)
    for _ in range(STEPS):
        s = rule(x, p, z, a, b, q, r)
        number = float(np.squeeze(np.asarray(s, float))) if np.size(s) == 1 else np.nan
        if number not in (1.0, -1.0):
            return s, None
        total += h * (q / 2 * (x - x_rest) ** 2 + k / 2 * (p - p_rest) ** 2)
        x_half, p_half = x + h / 2 * (a * x - k * p), p - number * h / 2 * (q * (x - z) + a * p)
        x, p = x + h * (a * x_half - k * p_half), p - number * h * (q * (x_half - z) + a * p_half)
        if not abs(x - x_rest) < 1e3 * start:
            return np.inf, abs(x - x_rest) / start
    return total / ((a + nu) / k * start**2 / 2), abs(x - x_rest) / start


def _rides():
    """Five systems: without a leak, growing a little, leaking a little."""
    rng = dice()
    for leak in (0.0, rng.uniform(0.06, 0.1), rng.uniform(0.01, 0.05), -rng.uniform(0.05, 0.1), 0.1):
        b, q, r = rng.uniform(0.5, 2), rng.uniform(3, 10), rng.uniform(0.05, 0.5)
        z = rng.choice([-1, 1]) * rng.uniform(0.3, 1)
        a = leak * np.sqrt(q * b * b / r)
        yield z, a, b, q, r, z + rng.choice([-1, 1]) * rng.uniform(0.8, 2) * abs(z)


def _settles_cheaply(choose):
    for z, a, b, q, r, x in _rides():
        cost, left = _ride(choose, z, a, b, q, r, x)
        where = f"at z = {z:.2f}, a = {a:.2g}, b = {b:.2g}, q = {q:.2g}, r = {r:.2g}, from x = {x:.2f}"
        if left is None:
            return f"it returns {cost!r}; a sign is +1 or -1"
        if not np.isfinite(cost):
            return f"{where} the run explodes: the canonical sign has been held too long, or the flip on the wrong side"
        if left > 0.05:
            return (
                f"{where} it never settles: after five turns {left:.2g} of the way is left. Does it ever return +1, "
                "and does it know where the rest point is?"
            )
        if cost > ASKED:
            return f"{where} it settles, and costs {cost:.2f} times the least; {ASKED:g} times is asked"


choose = Function(
    LESSON,
    "choose",
    "Both signs, in turn",
    points=3,
    properties=[_settles_cheaply],
    hints=[
        "The flip is a carousel, the saddle has one good exit: the knife edge, a straight line through the rest point. "
        "Ride the flip until you are there, then let the canonical equations carry you in. First: where is the rest "
        "point? Both right sides are zero there.",
        "It is at x = z omega² / (omega² + a²) and p = a x r / b². Count both from there, as dx and dp. On the knife "
        "edge H = q/2 dx² + a dx dp - b²/(2r) dp² is zero, and dx dp > 0.",
        "The flip begins with H > 0, and has passed the edge when H is below 0: return 1 if H < 0 and dx dp > 0, else "
        "-1. The canonical run drifts off the edge in the end, and then the flip brings it round again.",
    ],
    moral=(
        "No friction, no future, and even a system that grows by itself is settled, 20 to 50 % above the least cost. "
        "With one state. Lesson 09 asks what becomes of this in a network."
    ),
)

sealed(globals())
