"""The tasks of lesson 02: Riccati's number, the offset that uses the future, policy iteration, a noisy forecast."""

import numpy as np

from hlp_edu.checks import watch
from hlp_edu.checks.core import Function, Value, backwards, negated, sealed
from hlp_edu.checks.draws import dice
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
    return scalar_riccati(a, b, q, r, _grid(T, steps)[::-1])


def _plants(rng):
    for sign in (-1, 1, -1, 1, 1):
        a, b, q, r = sign * rng.uniform(0.3, 2), rng.uniform(0.7, 2), rng.uniform(2, 8), rng.uniform(0.2, 0.6)
        yield a, b, q, r, rng.uniform(0.5, 1.5), int(rng.integers(2000, 4000))


def _nothing_left_to_pay(riccati):
    """The end, in steps so coarse that a slip by one of them shows."""
    q, steps = dice(1).uniform(5, 10), int(dice(1).integers(6, 12))
    P = np.asarray(riccati(-1.0, 1.0, q, 0.1, 0.01 * steps, steps), float)
    if abs(P[-1]) > 1e-9:
        return f"the last entry is {P[-1]:.3g}: at the end nothing is left to pay, and P must be 0 there"
    if not 0.85 < P[-2] / (0.01 * q) < 1.15:
        return f"one step of 0.01 before the end P is {P[-2]:.3g}; there it is about q dt, {0.01 * q:.3g}"


riccati = Function(
    LESSON,
    "riccati",
    "Riccati's equation, from the end backward",
    points=2,
    tolerance=0.02,  # Euler is honest
    library=["natural_rate"],
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
    for longest in (5, 5, 4, 0.5):  # the last is over before P has settled
        a, T = rng.uniform(-2, 1), rng.uniform(0.6, 1) * longest
        b, q, r = rng.uniform(0.7, 1.5), rng.uniform(4, 10), rng.uniform(0.1, 0.4)
        t = _grid(T, rng.integers(2500, 4000))
        z = 0.8 * np.sin(rng.uniform(1, 3) * t + rng.uniform(0, 6)) + rng.uniform(-0.3, 0.3)
        yield a, b, q, r, z, scalar_riccati(a, b, q, r, t[::-1]), T


def _with_the_settled(right, a, b, q, r, z, P, T):
    return _offset(a, a - (a + natural_rate(a, b, q, r)) + 0 * P, q * z, T)


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
    points=2,
    tolerance=0.03,
    library=["natural_rate"],
    inputs=_waves,
    expected=_best_offset,
    mistakes={
        "the sign is wrong: + q z stands in d', and a step *backward* subtracts it": negated,
        "the order of time is reversed: d belongs to the times of z": backwards,
        "the term b²/r P is missing in the bracket a - b²/r P: this d assumes that there is no control later": (
            lambda right, a, b, q, r, z, P, T: _offset(a, a + 0 * P, q * z, T)
        ),
        "b²/r is missing in the bracket a - b²/r P": lambda right, a, b, q, r, z, P, T: _offset(a, a - P, q * z, T),
        "the P in it has settled; near the end P is smaller: use the array that is handed in": _with_the_settled,
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


def _is_written_down(improve):
    rng = dice(1)
    a, b, q, r = rng.uniform(-1, 1), rng.uniform(0.5, 2), rng.uniform(1, 10), rng.uniform(0.1, 1)
    k = (max(a, 0) + rng.uniform(1, 3)) / b
    (got, lines), right = watch.lines(improve, a, b, q, r, k), _improved(a, b, q, r, k)
    off, held = abs(float(np.squeeze(np.real(got))) / right - 1), watch.memory(improve, a, b, q, r, k)[1]
    if (lines > 25 or held > 1e5) and off < 0.1:
        return (
            f"it runs through {lines} lines and holds {held / 1000:.0f} kB to get there: that is a run, or a sum over "
            "steps. Without one: x falls like exp((a - b k) t), and the integral of its square is known"
        )
    if 1e-6 < off < 0.01:
        return "it is off by less than 1 %: a sum over small steps? The integral has a formula"


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
    library=["natural_rate"],
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
    properties=[_is_written_down, _goes_to_riccati],
    hints=[
        "With v = -k x the law is x' = (a - b k) x, so x falls like exp((a - b k) t). Put it into the cost.",
        "The cost from x is (q + r k²)/2 times the integral of x², and that is x² / (2 (b k - a)). P_k is twice the "
        "cost from x = 1.",
        "P_k = (q + r k²) / (2 (b k - a)), and the better policy is b/r · P_k.",
    ],
    moral="Repeat it and you have Riccati's number; this is Newton's method for it, and therefore so fast.",
)


# ------------------------------------------------------------------------------------ 5: a noisy past, no future

BOUND, NOISE = 1.4, 0.05


def _cost_of(control, a, b, q, r, z, seen, dt):
    """March x' = a x + b v with v held over each step; the control sees the noisy measurements up to now."""
    x, cost, decay = 0.0, 0.0, np.exp(a * dt)
    for k in range(len(z)):
        v = float(np.asarray(control(x, seen[: k + 1], dt, a, b, q, r)).reshape(()))
        if not abs(v) < 1e6:
            return np.inf
        cost += dt * (q / 2 * (x - z[k]) ** 2 + r / 2 * v**2)
        x = decay * x + b * v * (decay - 1) / a
    return cost


def _nearly_best(control):
    import hlp_edu as hlp

    rng = dice()
    for _ in range(3):
        a, amplitude, period = rng.uniform(-1, -0.3), rng.uniform(0.7, 1), rng.uniform(5, 7)
        wave = hlp.sinusoid(amplitude, period, phase=rng.uniform(0, 6))
        z = wave(np.arange(0, 10, 0.01))
        try:
            cost = _cost_of(control, a, 1.0, 10.0, 0.1, z, z + NOISE * rng.normal(size=z.size), 0.01)
        except (TypeError, ValueError):
            return "it must return one number, the control v"
        ratio = cost / LQTracking(a, 1.0, 10.0, 0.1, wave).optimal(10, dt=0.002).cost
        if not np.isfinite(ratio):
            return f"it drives x out of all bounds (a = {a:.2g}, a wave of period {period:.1f})"
        if ratio > BOUND:
            why = "the forecast is missing, or lags" if ratio < 3 else "the noise gets through, or a sign is wrong"
            return (
                f"it pays {ratio:.2f} times the smallest cost on a wave of period {period:.1f} (a = {a:.2g}), and "
                f"{BOUND} times is asked for: {why}"
            )


control = Function(
    LESSON,
    "control",
    "Steer a wave without knowing its future",
    points=3,
    properties=[_nearly_best],
    hints=[
        "Two steps: what will the target be a moment from now, and what is d for that? For a target that stays at z, "
        "d = -q z / nu, with P = `P_inf`; the checkpoint of the lesson says how far ahead to look.",
        "One difference of two measurements has a noise of 0.05 · 1.4 / 0.01 = 7 in its slope. A straight line fitted "
        "to many of them has little noise, and if it is too long it misses the bend.",
        "`line = np.polyfit(times, z[-40:], 1)`, with the times counted from now, gives the slope and the value now. "
        "Use value + slope / nu in place of z in d, and v = -b/r (P x + d). In the first moments take the mean.",
    ],
    moral="Fitting removes the noise, the slope replaces the future: the price of not knowing fell from 80 % to 20 %.",
)

sealed(globals())
