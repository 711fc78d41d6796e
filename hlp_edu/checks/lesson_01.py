"""The tasks of lesson 01: what a price is, and how one sweep backward makes all of them."""

import numpy as np

from hlp_edu.checks import watch
from hlp_edu.checks.core import Function, Value, backwards, negated, sealed
from hlp_edu.checks.draws import dice

__all__ = ["change", "best_push", "costates", "gradient", "steer"]

LESSON = "01_optimal_control"


# ---------------------------------------------------------------------------------------- 1: read it off

NUDGE, WHEN = 0.05, 0.3


def _price(t):
    import hlp_edu as hlp
    from hlp_edu.linear_quadratic import LQTracking

    best = LQTracking(-0.5, 1.0, 4.0, 0.25, hlp.constant(1.0)).optimal(3.0)
    return np.interp(t, best.t, best.p[:, 0])


change = Value(
    LESSON,
    "change",
    "Read the price of a nudge",
    points=1,
    tolerance=0.1,  # it may be read off the picture
    expected=lambda: NUDGE * _price(WHEN),
    mistakes={
        "the sign is wrong: the bath is still too cold, so warm water makes the rest cheaper": negated,
        "that is the price, per unit of x; how large is the nudge?": lambda right: right / NUDGE,
        "you read the curve from the wrong end of time: the nudge comes early": lambda right: NUDGE * _price(2.7),
        "that is the price at the start, and the water is poured in later": lambda right: NUDGE * _price(0.0),
    },
    hints=[
        "The costate is the price of a nudge: cost per unit of x. It is read at the moment of the nudge.",
        "`best.t` counts in steps of 0.001, so `best.p[300, 0]` is the price at t = 0.3. It is negative.",
    ],
    moral="It is a slope: good for small nudges, and always a little too optimistic.",
)


# ------------------------------------------------------------------------------------ 2: one line of formula


def _least_H(p, b, r):
    """Where the parabola H(v) = r/2 v^2 + p b v is least, from three of its values."""
    down, here, up = (r / 2 * v**2 + p * b * v for v in (-1.0, 0.0, 1.0))
    return (down - up) / (2 * (down - 2 * here + up))


best_push = Function(
    LESSON,
    "best_push",
    "The control that minimises H",
    points=1,
    inputs=lambda rng: (
        [(rng.normal(), *rng.uniform(0.2, 3, size=2)) for _ in range(4)] + [(rng.normal(size=7), -1.5, 0.4)]
    ),
    expected=_least_H,
    mistakes={
        "the sign is wrong: with it the control raises the cost": negated,
        "b is missing: how strongly does the tap move x?": lambda right, p, b, r: right / b,
        "r is missing: what does turning the tap cost?": lambda right, p, b, r: right * r,
        "it multiplies by r where it should divide": lambda right, p, b, r: right * r**2,
        "it depends on nothing but the present, and that is the thrifty controller": lambda right, *_: 0 * right,
    },
    hints=[
        "Write H as a function of v alone: r/2 v² + p b v, and what does not depend on v.",
        "At the least value the derivative is zero: r v + b p = 0.",
    ],
)


# -------------------------------------------------------------------------------------- 3: the sweep backward


def _prices(x, z, a, q, dt):
    """Every price as a sum over its future: p_k = dt sum_{j >= k} q (x_j - z_j) (1 + a dt)^(j - k)."""
    ahead = np.arange(len(z)) - np.arange(len(z))[:, None]
    grown = np.where(ahead >= 0, (1 + a * dt) ** np.abs(ahead), 0.0)
    return np.append(dt * grown @ (q * (x[:-1] - z)), 0.0)


def _runs(rng):
    for least, most in ((5, 12), (40, 70)):
        steps = rng.integers(least, most)
        leak, q, dt = rng.uniform(-2, -0.5), rng.uniform(1, 10), rng.uniform(0.02, 0.2)
        yield rng.normal(size=steps + 1), rng.normal(size=steps), leak, q, dt


def _other_step(kept, gained):
    """The sweep with another step: the part of the price that is kept, and the weight of the error in it."""

    def mistake(right, x, z, a, q, dt):
        p = np.zeros(len(x))
        for k in reversed(range(len(z))):
            p[k] = kept(a, dt) * p[k + 1] + gained(a, dt) * q * (x[k] - z[k])
        return p

    return mistake


def _ends_at_zero(costates):
    p = costates(np.ones(6), np.zeros(5), -1.0, 10.0, 0.1)
    if len(p) == 6 and p[-1] != 0:
        return f"the last price is {p[-1]:.3g}: where no future is left, it must be 0, so begin at the end"


costates = Function(
    LESSON,
    "costates",
    "The sweep backward, for a target that moves",
    points=2,
    inputs=_runs,
    expected=_prices,
    mistakes={
        "all signs are wrong: too high a state makes the rest costlier, so the error is x - z, not z - x": negated,
        "the step has the wrong sign: p' = -H_x, and a step *backward* in time turns the minus into a plus": (
            lambda right, x, z, a, q, dt: -_prices(x, z, -a, q, dt)
        ),
        "a factor dt is missing: a step is dt times the slope": lambda right, x, z, a, q, dt: _prices(x, z, a, q, 1.0),
        "the order of time is reversed: the sweep makes the last price first, so turn the list round": backwards,
        "step k reads x one step late: `x[k]` and `z[k]` belong together": lambda right, x, z, a, q, dt: _prices(
            np.append(x[1:], 0), z, a, q, dt
        ),
        "the leak has the wrong sign: H_x contains + a p": lambda right, x, z, a, q, dt: _prices(x, z, -a, q, dt),
        "the leak is forgotten: H_x is more than q (x - z)": lambda right, x, z, a, q, dt: _prices(x, z, 0, q, dt),
        "q is forgotten: the error has a price": lambda right, x, z, a, q, dt: right / q,
        "that is an exact step, with exp(a dt); the lesson's Euler steps are asked for, number by number": _other_step(
            lambda a, dt: np.exp(a * dt), lambda a, dt: np.expm1(a * dt) / a
        ),
        "that is an implicit step; the lesson's takes its slope from the successor p[k+1] alone": _other_step(
            lambda a, dt: 1 / (1 - a * dt), lambda a, dt: dt / (1 - a * dt)
        ),
    },
    properties=[_ends_at_zero],
    hints=[
        "There is one price more than there are targets. The last is 0; each of the others is made from its successor.",
        "p' = -H_x with H_x = q (x - z) + a p. A step backward: p[k] = p[k+1] + dt · H_x, with x[k], z[k] and p[k+1].",
        "`p = np.zeros(len(x))`, then a loop over `k` in `range(len(z) - 1, -1, -1)`.",
    ],
    moral="A loop that runs backward through time: you will meet it again under the name of backpropagation.",
)


# ------------------------------------------------------------------------- 4: Pontryagin, from an empty page


def _cost(v, z, q, r, dt, x0=0.0):
    """Cost of x' = -x^3 + v. Along the last axes of v lie many controls at once."""
    x, total = x0 + 0 * v[0], 0.0
    for k in range(len(z)):
        total = total + dt * (q / 2 * (x - z[k]) ** 2 + r / 2 * v[k] ** 2)
        x = x + dt * (v[k] - x**3)
    return total


def _slopes(v, z, q, r, dt):
    """All derivatives of the cost by v, brute: one complex run for each (exact to rounding)."""
    nudges = np.asarray(v, float)[:, None] + 1e-30j * np.eye(len(v))
    return np.imag(_cost(nudges, z, q, r, dt)) / 1e-30


def _first_price(v, z, q, r, dt):
    return np.imag(_cost(np.asarray(v, complex), z, q, r, dt, x0=1e-30j)) / 1e-30


def _one_early(right, v, z, q, r, dt):
    p = np.append(_first_price(v, z, q, r, dt), right / dt - r * v)
    return dt * (r * v + p[:-1])


def _with_slope(slope):
    """The gradient with another slope of the law by x in H_x than that of -x^3."""

    def mistake(right, v, z, q, r, dt):
        x = np.zeros(len(v) + 1)
        for k, control in enumerate(v):
            x[k + 1] = x[k] + dt * (control - x[k] ** 3)
        p = np.zeros(len(x))
        for k in reversed(range(len(v))):
            p[k] = (1 + dt * slope(x[k])) * p[k + 1] + dt * q * (x[k] - z[k])
        return dt * (r * v + p[1:])

    return mistake


def _controls(rng):
    for least, most in ((10, 30), (40, 70)):
        steps = rng.integers(least, most)
        q, r, dt = rng.uniform(2, 10), rng.uniform(0.1, 1), rng.uniform(0.03, 0.1)
        yield rng.normal(size=steps), rng.normal(size=steps), q, r, dt


def _two_sweeps(gradient):
    """Four times as many pushes: two sweeps do four times as much, a run for every push sixteen times."""
    rng, work = dice(1), []
    for steps in (40, 160):
        given = rng.normal(size=steps), rng.normal(size=steps), 5.0, 0.5, 0.02
        work.append((watch.lines(gradient, *given)[1], watch.memory(gradient, *given)[1]))
    for kind, few, many in zip(("lines of Python", "bytes of memory"), *work, strict=True):
        if many > 8 * few:
            return (
                f"for 160 pushes it takes {many / few:.0f} times as many {kind} as for 40: that is a run for every "
                "push. One run forward and one sweep backward are asked for, however many pushes there are"
            )


gradient = Function(
    LESSON,
    "gradient",
    "Pontryagin for a law that is not linear",
    points=3,
    inputs=_controls,
    expected=_slopes,
    tolerance=1e-5,
    properties=[_two_sweeps],
    mistakes={
        "the sign of p is wrong: H_v = r v + p": lambda right, v, z, q, r, dt: 2 * dt * r * v - right,
        "the whole gradient has the wrong sign": negated,
        "a factor dt is missing: this is H_v, and in the integral each v has the weight dt": lambda right, *given: (
            right / given[-1]
        ),
        "it uses the price one step early: v[k] moves x[k+1], so it goes with p[k+1]": _one_early,
        "a 3 is missing in H_x: what is the derivative of x³?": _with_slope(lambda x: -(x**2)),
        "a sign is wrong in H_x: the law contains *minus* x³": _with_slope(lambda x: 3 * x**2),
        "the error alone is in H_x: p times the law also depends on x": _with_slope(lambda x: 0.0),
        "it is still the H_x of a bath with a = -1: derive this law by x, at every x[k]": _with_slope(lambda x: -1.0),
        "the price of pushing is missing: H_v = r v + p": lambda right, v, z, q, r, dt: right - dt * r * v,
        "it knows only the present: the costate is missing in r v + p": lambda right, v, z, q, r, dt: dt * r * v,
    },
    hints=[
        "Three parts: run x forward; sweep p backward from p = 0 with p' = -H_x; then dt · H_v for every step.",
        "H = q/2 (x - z)² + r/2 v² + p (v - x³). So H_x = q (x - z) - 3 x² p, and H_v = r v + p.",
        "For k from the last step down to the first: p[k] = p[k+1] + dt (q (x[k] - z[k]) - 3 x[k]² p[k+1]). "
        "The gradient is dt (r v + p[1:]).",
    ],
    moral="Two sweeps, and every derivative is there, for a law that is not linear.",
)


# ----------------------------------------------------------------------------------- 5: steer, as well as it goes


def _nothing_left(steer):
    """How much of the cost a general minimiser can save, beginning with the learner's control."""
    from scipy.optimize import minimize

    rng = dice(2)
    for shape in (np.ones_like, np.sin):
        steps, dt = rng.integers(40, 80), rng.uniform(0.04, 0.06)
        z = rng.uniform(0.6, 0.9) * shape(rng.uniform(1.5, 2.5) * dt * np.arange(steps))
        problem = (z, rng.uniform(6, 14), rng.uniform(0.08, 0.25), dt)
        found = steer(*problem)
        if hasattr(found, "x") and hasattr(found, "fun"):
            return "it returns all that `minimize` has to say; the control is its `.x`"
        v = np.asarray(found, float)
        if v.shape != z.shape:
            return f"it returns the shape {v.shape} where {z.shape} is asked for: one control for every target"
        cost = _cost(v, *problem)
        if not np.isfinite(cost):
            return "its control drives x out of all bounds: too large steps, or steps uphill?"
        if not v.any():
            return "it never turns the tap: that is the thrifty controller"
        least = minimize(_cost, v, args=problem, jac=_slopes, method="L-BFGS-B").fun
        if cost > 1.002 * least:
            return (
                f"its cost, {cost:.3f}, can fall by another {1 - least / cost:.1%} (q = {problem[1]:.1f}, "
                f"r = {problem[2]:.2f}, {steps} steps of {dt:.3f}): H_v is not 0 yet"
            )


steer = Function(
    LESSON,
    "steer",
    "Steer as well as it can be done",
    points=3,
    properties=[_nothing_left],
    hints=[
        "Walk downhill along your `gradient`, or hand it with `cost` to `scipy.optimize.minimize`, as the lesson does.",
        "`minimize(cost, start, args=(z, q, r, dt), jac=gradient)` returns an object; the control is its `x`.",
    ],
    moral="Nothing is left to gain: these are Pontryagin's conditions, found without being told.",
)

sealed(globals())
