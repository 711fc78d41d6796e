"""The tasks of lesson 08: the flip, when it settles, what friction it takes, and a sign policy without any."""

import functools

import numpy as np

from hlp_edu.checks.core import Function, transposed
from hlp_edu.checks.policies import OwnPolicy, waves

__all__ = ["flip", "stable", "critical_friction", "friction_for_row", "rule"]

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
        "only Q changed its sign; the sign stands before the whole law of p, so before A transposed too": (
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
        "the price travels against the arrows: A must be transposed in its law": lambda right, A, B, Q, R, theta: (
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
        "there is friction on x too; it belongs to the price alone": lambda right, A, B, Q, R, theta: (
            _blocks(A, _S(B, R), Q, A.T, theta) - theta * np.diag(np.repeat([1, 0], len(A)))
        ),
        "rows and columns are exchanged": transposed,
    },
    hints=[
        "Two rows of blocks: the law of x, then the law of p. The section 'More than one state' writes both down.",
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
        "Step 5 of the lesson has two conditions. Or: all eigenvalues of the matrix have a real part below 0.",
        "Both must hold: 2 a < theta, and a² - a theta + omega² > 0 with omega² = q b² / r.",
    ],
    moral="The flip trades growth for rotation; what makes it settle is the leak, or friction.",
)


# ----------------------------------------------------------------------------- 3: how much friction for a neuron?


def _neurons(rng):
    for c, theta_x in ((20.0, 0.0), (20.0, 5.0), (50.0, 0.0), (100.0, 12.0)):
        yield c, 100.0, 1.0, 0.1, theta_x
    yield 8.0, 40.0, 6.0, 0.2, 3.0


def _critical(c, q, r_w, r, theta_x, c_again=None, r_w_at_x=None, both=False):
    """From the eigenvalues of the linear laws of (x, w, p_x, p_w), not from the polynomial."""
    from scipy.optimize import brentq

    c_again = c if c_again is None else c_again
    r_w_at_x = r_w if r_w_at_x is None else r_w_at_x

    def top(theta_w):
        M = np.array(
            [
                [-c, c, 0, 0],
                [0, 0, 0, -1 / r],
                [q, 0, -c - (theta_w if both else theta_x), 0],
                [0, r_w_at_x, c_again, -theta_w],
            ]
        )
        return np.linalg.eigvals(M).real.max()

    return brentq(top, 0.0, 500.0) if top(0.0) > 0 > top(500.0) else 0.0


critical_friction = Function(
    LESSON,
    "critical_friction",
    "How much friction a neuron needs",
    points=2,
    inputs=_neurons,
    expected=_critical,
    tolerance=0.01,
    mistakes={
        "c² is missing in the last term: q c² / r": lambda right, c, *others: _critical(c, *others, c_again=1 / c),
        "only one c stands in the last term: it is q c² / r": lambda right, c, *others: _critical(
            c, *others, c_again=1.0
        ),
        "r_w / r is missing: large weights have a price, and that is a spring": lambda right, *given: _critical(
            *given, r_w_at_x=0.0
        ),
        "10 is the lesson's r_w / r; here both are arguments": lambda right, c, q, r_w, r, theta_x: _critical(
            c, q, 10 * r, r, theta_x
        ),
        "10 and 0.1 are the lesson's r_w / r and r; here they are arguments": lambda right, c, q, r_w, r, theta_x: (
            _critical(c, q, 1.0, 0.1, theta_x)
        ),
        "theta_x is forgotten": lambda right, c, q, r_w, r, theta_x: _critical(c, q, r_w, r, 0.0),
        "theta_x has the wrong sign": lambda right, c, q, r_w, r, theta_x: _critical(c, q, r_w, r, -theta_x),
        "it puts the same friction on both prices; theta_x is given and stays": lambda right, *given: _critical(
            *given, both=True
        ),
    },
    hints=[
        "The rates s are the roots of the polynomial in the section 'One neuron'. Critical: the largest real "
        "part is 0.",
        "Multiply the factors with `np.polymul`, add q c² / r to the last coefficient, ask `np.roots`. Then find the "
        "theta_w where the largest real part passes 0.",
        "`brentq(lambda theta_w: largest_real_part(theta_w), 0, 500)` finds it.",
    ],
    moral="Faster neurons need less friction: their prices come less late.",
)


# --------------------------------------------------------------------------------- 4: how much for a row of cells?


def _rows(rng):
    yield from ((2, 8.0), (2, 3.0), (3, 5.0), (4, 20.0), (6, 50.0))


def _row(N, q, theta):
    A, S, Q = np.eye(N, k=-1) - np.eye(N), np.zeros((N, N)), np.zeros((N, N))
    S[0, 0], Q[-1, -1] = 1, q
    return _blocks(A, S, Q, A.T, theta)


@functools.cache
def _least(N, q):
    """Where (1 + s)^N (1 + theta + s)^N + q has a root on the imaginary axis; on a fine grid, then refined."""
    from scipy.optimize import brentq

    def top(theta):
        links = np.poly(np.append(-np.ones(N), -(1 + theta) * np.ones(N)))
        links[-1] += q
        return np.roots(links).real.max()

    return brentq(top, 0.0, q) if top(0.0) > 0 else 0.0


friction_for_row = Function(
    LESSON,
    "friction_for_row",
    "How much friction a row of cells needs",
    points=3,
    inputs=_rows,
    expected=lambda N, q: float(_least(N, q)),
    tolerance=0.01,
    mistakes={
        "that is enough, but not the least: (1 + theta)^N > q is a promise, not the border": lambda right, N, q: max(
            0.0, q ** (1 / N) - 1
        ),
        "it finds that none is ever needed: x goes down the row (1 below the diagonal), p back up (A transposed)": (
            lambda right, *_: 0.0
        ),
        "that is the border of q without friction": lambda right, N, q: np.cos(np.pi / 2 / N) ** (-2 * N),
    },
    hints=[
        "Make the matrix for a given theta: A has -1 on the diagonal and 1 just below it, S is 1 at [0, 0] "
        "alone, Q is q at "
        "[-1, -1] alone. You have a function for the rest.",
        "If the largest real part is negative without friction, the answer is 0.",
        "Else `brentq(largest_real_part, 0, q)` finds the theta where it passes 0: with theta = q it is stable.",
    ],
    moral="At q = 8 two cells need 0.39, where the promise asks for 1.83. But one has to know that q is 8.",
)


# ------------------------------------------------------------------- 5: a sign policy without dissipation (open)


def _follows(rmse):
    silence = [np.sqrt(wave.amplitude**2 / 2 + wave.offset**2) for wave in waves()]
    if not np.isfinite(rmse).all():
        return f"{np.sum(~np.isfinite(rmse))} of its {rmse.size} runs diverge"
    if (rmse > 0.9 * np.array(silence)[:, None]).any():
        return f"its RMSE is {rmse.max():.2f} at worst; an output that says nothing has {max(silence):.2f}"
    if rmse.max() >= 0.1:
        return f"it follows, but loosely: its RMSE is {rmse.max():.2f} at worst, and below 0.1 is asked"


rule = OwnPolicy(
    LESSON,
    "rule",
    "A sign policy without friction",
    points=3,
    speed=20,
    scores=_follows,
    hints=[
        "One sign for all arcs failed in eighteen ways, one for each neuron failed too. Each arc needs its own: "
        "set `s_x[:] = -1` "
        "and loop over the arcs.",
        "Where should the price of an arc be? If it is to the far side of that place, +1 sends it back along "
        "-H_w; if it has "
        "not come so far, -1 sends it on. Zero is the wrong place: then nothing moves.",
        "Compare p_w with mu H_w, mu about sqrt(r / q): `s_w[k] = 1 if p_w[k] * H_w[k] > mu * H_w[k] ** 2 else "
        "-1`. Or invent "
        "another place.",
    ],
    moral=(
        "No friction, no future, no target seen: thirty small decisions at every moment. Lesson 10 measures "
        "how good it is."
    ),
)
