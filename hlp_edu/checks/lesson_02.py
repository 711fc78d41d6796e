"""The tasks of lesson 02: Riccati's number, the offset that uses the future target, one sweep of policy iteration."""

import numpy as np

from hlp_edu.checks.core import Function, Value, backwards, negated
from hlp_edu.linear_quadratic import LQTracking, natural_rate, scalar_riccati

__all__ = ["share", "riccati", "offset", "improve", "control"]

LESSON = "02_linear_quadratic_tracking"


# ------------------------------------------------------------------------------- 1: where feedback rests


def _rest(gain, a):
    """Where x' = a x - gain (x - 1) comes to rest, found by integration."""
    x = 0.0
    for _ in range(4000):
        x += 0.005 * (a * x - gain * (x - 1))
    return x


def _best_gain(a):
    """b²/r P_inf, which is a + nu."""
    return a + natural_rate(a, 1, 10, 0.1)


share = Value(
    LESSON,
    "share",
    "Where feedback alone rests",
    points=1,
    tolerance=0.012,
    expected=lambda: _rest(_best_gain(-4), -4),
    mistakes={
        "the strength is the one for a = -1: another leak has another `P_inf`": lambda right: _rest(_best_gain(-1), -4),
        "that is where the *optimum* rests; feedback alone does not come so near": lambda right: 100 / 116,
        "that is the fraction of the lesson's bucket, which leaks less": lambda right: _rest(_best_gain(-1), -1),
        "that is the state; the fraction of the target is asked for": lambda right: 0.8 * right,
        "that is what is missing, not what is reached": lambda right: 1 - right,
    },
    hints=[
        "At rest x' = 0: the leak and the control are equal. `LQTracking(-4, b, q, r, z).P_inf` is the new strength.",
        "Put the control into the law: 0 = a x - b²/r · P_inf · (x - z). Solve for x / z.",
        "With k = b²/r · P_inf the fraction is k / (k - a). Here a = -4.",
    ],
    moral="The best gain there is, and more than a third of the way is missing: the part that feedforward does.",
)


# -------------------------------------------------------------------------- 2: Riccati, from its end backward


def _grid(T, steps):
    return T / steps * np.arange(steps + 1)


def _curve(a, b, q, r, T, steps):
    """The closed form of (12) on the grid."""
    return scalar_riccati(a, b, q, r, T - _grid(T, steps))


def _plants(rng):
    yield -1.0, 1.0, 10.0, 0.1, 2.0, 2000
    for _ in range(4):
        yield (
            rng.uniform(-2, 2),
            rng.uniform(0.7, 2),
            rng.uniform(2, 8),
            rng.uniform(0.2, 0.6),
            rng.uniform(0.5, 2),
            2000,
        )


def _nothing_left_to_pay(riccati):
    P = np.asarray(riccati(-1.0, 1.0, 10.0, 0.1, 1.0, 500))
    if abs(P[-1]) > 1e-9:
        return f"the last entry is {P[-1]:.3g}: at the end nothing is left to pay, and P must be 0 there"


riccati = Function(
    LESSON,
    "riccati",
    "Riccati's equation, from the end backward",
    points=2,
    tolerance=0.02,  # Euler is honest
    inputs=_plants,
    expected=_curve,
    mistakes={
        "time runs the wrong way: P is 0 at the *end*, in the last entry, and large far from it": backwards,
        "the sign is wrong: -P' = ..., so a step *backward* in time adds the right side": lambda right, a, *others: (
            -_curve(-a, *others)
        ),
        "the leak has the wrong sign: the right side contains + 2 a P": lambda right, a, *others: _curve(-a, *others),
        "a 2 is missing in 2 a P": lambda right, a, *others: _curve(a / 2, *others),
        "b²/r is missing in front of P²": lambda right, a, b, q, r, T, steps: _curve(a, 1, q, 1, T, steps),
        "the square of P is multiplied by b² r, not by b²/r": lambda right, a, b, q, r, T, steps: _curve(
            a, b, q, 1 / r, T, steps
        ),
        "that is `P_inf` all the way: near the end there is less to pay for": lambda right, a, b, q, r, T, steps: (
            np.full(steps + 1, (a + natural_rate(a, b, q, r)) * r / b**2)
        ),
    },
    properties=[_nothing_left_to_pay],
    hints=[
        "Begin at the end: `P = np.zeros(steps + 1)`. The last entry stays 0; each other one comes from its successor.",
        "-P' = 2 a P - b²/r P² + q. A step backward in time, of length dt = T / steps, adds dt times the right side.",
        "`for k in range(steps, 0, -1): P[k - 1] = P[k] + dt * (2 * a * P[k] - b**2 / r * P[k] ** 2 + q)`.",
    ],
    moral="It did not need the target at all; and a few times 1/nu before the end it is at rest.",
)


# ------------------------------------------------------------------- 3: the feedforward, which knows the future


def _offset(a, bracket, source, T):
    """Solve d' = -bracket d + source from d(T) = 0 backward, in implicit midpoint steps."""
    d, h = np.zeros(len(source)), T / (len(source) - 1)
    for k in range(len(source) - 1, 0, -1):
        m, g = (bracket[k] + bracket[k - 1]) / 2, (source[k] + source[k - 1]) / 2
        d[k - 1] = ((1 + h * m / 2) * d[k] - h * g) / (1 - h * m / 2)
    return d


def _best_offset(a, b, q, r, z, P, T):
    import hlp_edu as hlp

    signal = hlp.recorded(np.linspace(0, T, len(z)), z)
    return LQTracking(a, b, q, r, signal).optimal(T, dt=T / (len(z) - 1)).d[:, 0]


def _waves(rng):
    for a in (-1.0, *rng.uniform(-2, 1, size=3)):
        b, q, r, T = rng.uniform(0.7, 1.5), rng.uniform(4, 10), rng.uniform(0.1, 0.4), rng.uniform(3, 5)
        t = _grid(T, 3000)
        z = 0.8 * np.sin(rng.uniform(1, 3) * t + rng.uniform(0, 6)) + rng.uniform(-0.3, 0.3)
        yield a, b, q, r, z, scalar_riccati(a, b, q, r, T - t), T


def _stays_small(offset):
    """The two ways to integrate an equation in its unstable direction, or from the wrong end."""
    t = _grid(4.0, 2000)
    P, z = scalar_riccati(-1, 1, 10, 0.1, 4.0 - t), np.sin(t)
    with np.errstate(all="ignore"):
        d = np.asarray(offset(-1.0, 1.0, 10.0, 0.1, z, P, 4.0), float)
    if d.shape != z.shape:
        return f"it returns the shape {d.shape} where {z.shape} is asked for: one d for every target"
    if not np.abs(d).max() < 100:
        if abs(d[0]) < abs(d[-1]) or not np.isfinite(d[-1]):
            return "it grows out of all bounds: forward in time this equation runs away; begin at the end"
        return (
            "it grows out of all bounds on its way back: check both signs, of the bracket and of the step "
            "(a step backward subtracts dt · d')"
        )
    if abs(d[-1]) > 1e-9:
        return f"the last entry is {d[-1]:.3g}: at the end there is no future to prepare for; begin there, with 0"


offset = Function(
    LESSON,
    "offset",
    "The feedforward, which knows the future",
    points=3,
    tolerance=0.03,
    inputs=_waves,
    expected=_best_offset,
    mistakes={
        "the sign is wrong: + q z stands in d', and a step *backward* subtracts it": negated,
        "the order of time is reversed: d belongs to the times of z": backwards,
        "the term b²/r P is missing in the bracket a - b²/r P: this d assumes that there is no control later": (
            lambda right, a, b, q, r, z, P, T: _offset(a, a + 0 * P, q * z, T)
        ),
        "b²/r is missing in the bracket a - b²/r P": lambda right, a, b, q, r, z, P, T: _offset(a, a - P, q * z, T),
        "q is missing: the target is worth q": lambda right, a, b, q, r, z, P, T: right / q,
        "it knows only the target of now, as if that stayed for ever: where is the future?": (
            lambda right, a, b, q, r, z, P, T: -q * z / natural_rate(a, b, q, r)
        ),
        "that is -P z, the guess of the lesson's first try": lambda right, a, b, q, r, z, P, T: -P * z,
    },
    properties=[_stays_small],
    hints=[
        "The same loop as for P, from the last entry to the first, with dt = T / (len(z) - 1).",
        "d' = -(a - b²/r P) d + q z, from (12). A step backward: d[k-1] = d[k] - dt · d', with P[k] and z[k].",
        "`d[k - 1] = d[k] - dt * (-(a - b**2 / r * P[k]) * d[k] + q * z[k])`, for k from the last index down to 1.",
    ],
    moral="Every entry is a sum over targets that are yet to come, the near ones counting most.",
)


# ---------------------------------------------------------------------------- 4: one sweep of policy iteration


def _improved(a, b, q, r, k):
    """The value of v = -k x from Lyapunov's equation, as scipy solves it; then the better k."""
    from scipy.linalg import solve_continuous_lyapunov

    return b / r * solve_continuous_lyapunov([[a - b * k]], [[-(q + r * k**2)]])[0, 0]


def _policies(rng):
    for _ in range(6):
        a, b, q, r = rng.uniform(-2, 2), rng.uniform(0.5, 2), rng.uniform(1, 10), rng.uniform(0.1, 1)
        yield a, b, q, r, (max(a, 0) + rng.uniform(0.2, 4)) / b


def _goes_to_riccati(improve):
    a, b, q, r, k = 0.5, 1.5, 10.0, 0.1, 1.0
    for _ in range(30):
        k = improve(a, b, q, r, k)
        if not np.isfinite(k):
            return "repeated, it runs out of all bounds"
    best = (a + natural_rate(a, b, q, r)) / b
    if abs(k - best) > 1e-3 * best:
        return (
            f"repeated thirty times, sweep after sweep, it comes to k = {k:.4g} where Riccati's best is {best:.4g} "
            "(a = 0.5, b = 1.5, q = 10, r = 0.1, from k = 1). Is P_k the full price of v = -k x, error and control, to "
            "the end of all time?"
        )


improve = Function(
    LESSON,
    "improve",
    "One sweep of policy iteration, without a run",
    points=2,
    tolerance=1e-3,  # running the policy, or a numerical integral, will do as well
    inputs=_policies,
    expected=_improved,
    mistakes={
        "the sign is wrong: k is positive, since v = -k x drives x towards 0": negated,
        "that is the best k of all, Riccati's; one sweep from this k does not yet give it": (
            lambda right, a, b, q, r, k: (a + natural_rate(a, b, q, r)) / b
        ),
        "the control is free in it: v = -k x costs r/2 v², that is r k²/2 times x²": lambda right, a, b, q, r, k: (
            right * q / (q + r * k**2)
        ),
        "x² falls twice as fast as x: its integral has 2 (b k - a) below the line": lambda right, *given: 2 * right,
        "twice the cost is P_k, since the cost is P_k x²/2": lambda right, *given: right / 2,
        "that is P_k, the value; the better policy is b/r times P_k": lambda right, a, b, q, r, k: right * r / b,
        "the leak is missing: x' = (a - b k) x": lambda right, a, b, q, r, k: right * (b * k - a) / (b * k),
        "the leak has the wrong sign: x' = (a - b k) x": lambda right, a, b, q, r, k: right * (b * k - a) / (b * k + a),
    },
    properties=[_goes_to_riccati],
    hints=[
        "With v = -k x the law is x' = (a - b k) x, so x falls like exp((a - b k) t). Put it into the cost.",
        "The cost from x is (q + r k²)/2 times the integral of x², and that is x² / (2 (b k - a)). P_k is twice the "
        "cost from x = 1.",
        "P_k = (q + r k²) / (2 (b k - a)), and the better policy is b/r · P_k.",
    ],
    moral="Repeat it and you have Riccati's number; this is Newton's method for it, and therefore so fast.",
)


# ------------------------------------------------------------------------------------ 5: without the future

BOUND = 1.15


def _cost_of(control, a, b, q, r, z, dt):
    """March x' = a x + b v with v held over each step; the control sees the targets up to now."""
    x, cost, decay = 0.0, 0.0, np.exp(a * dt)
    for k in range(len(z)):
        v = float(np.asarray(control(x, z[: k + 1], dt, a, b, q, r)).reshape(()))
        if not abs(v) < 1e6:
            return np.inf
        cost += dt * (q / 2 * (x - z[k]) ** 2 + r / 2 * v**2)
        x = decay * x + b * v * (decay - 1) / a
    return cost


def _nearly_best(control):
    import hlp_edu as hlp

    for a, amplitude, period, phase in ((-1.0, 0.8, 2 * np.pi, 0.0), (-0.5, 0.6, 4.0, 2.0), (-2.0, 1.0, 5.0, 4.0)):
        wave = hlp.sinusoid(amplitude, period, phase=phase)
        try:
            cost = _cost_of(control, a, 1.0, 10.0, 0.1, wave(np.arange(0, 10, 0.01)), 0.01)
        except (TypeError, ValueError):
            return "it must return one number, the control v"
        ratio = cost / LQTracking(a, 1.0, 10.0, 0.1, wave).optimal(10, dt=0.002).cost
        if not np.isfinite(ratio):
            return f"it drives x out of all bounds (a = {a:g}, a wave of period {period:.1f})"
        if ratio > BOUND:
            return (
                f"it pays {ratio:.2f} times the smallest cost on a wave of period {period:.1f} (a = {a:g}), and "
                f"{BOUND} times is asked for. Up to about 2 a forecast is missing; far above, search for a sign"
            )


control = Function(
    LESSON,
    "control",
    "Steer a wave without knowing its future",
    points=4,
    properties=[_nearly_best],
    hints=[
        "Receding horizon pays 1.50 here, because it thinks that the target stays. `z` holds the past: what does it "
        "tell about the next moment?",
        "For a target that stays at z, d = -q z / nu, with P = `P_inf`. Look where the target will be after 1/nu.",
        "The slope now is (z[-1] - z[-2]) / dt. Use z[-1] + slope / nu in place of z in d, and v = -b/r (P x + d); "
        "at the first step there is no slope yet.",
    ],
    moral="A straight line drawn through the last two targets was worth more than any horizon. It needs a target "
    "that can be forecast: lesson 07 has one that cannot.",
)
