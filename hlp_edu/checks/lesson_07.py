"""The tasks of lesson 07: by how much a controller lags, what the past costs in the place of the future, and memory."""

import functools

import numpy as np

from hlp_edu.checks.core import Function, negated

__all__ = ["delays", "mirror", "reversed_cost", "extrapolate", "from_memory"]

LESSON = "07_time_reversal"


def _tracking(a, b, q, r, z):
    from hlp_edu.linear_quadratic import LQTracking

    return LQTracking(a, b, q, r, z)


def _rate(a, b, q, r):
    return np.sqrt(a * a + q * b * b / r)


# ------------------------------------------------------------------------------------- 1: how much does each lag?


def _measured_delays(a, b, q, r):
    """By how much each is delayed behind a very slow wave, from the laws of d and of x' = -nu x - (b² / r) d."""
    nu, s = _rate(a, b, q, r), b * b / r
    late, w = [], 1e-4 * nu
    for D in (-q / (nu - 1j * w), -q / nu, -q / (nu + 1j * w)):
        late.append(-np.angle(-s * D / (nu + 1j * w)) / w)
    return np.array(late)


delays = Function(
    LESSON,
    "delays",
    "By how much does each controller lag?",
    points=1,
    inputs=lambda rng: ((rng.normal(), *rng.uniform(0.3, 3, size=3)) for _ in range(5)),
    expected=_measured_delays,
    tolerance=1e-4,
    mistakes={
        "the order is reversed: the optimum comes first": lambda right, *_: right[::-1],
        "the last two are exchanged: first with the target frozen, then reversed": lambda right, *_: right[[0, 2, 1]],
        "it counts in units of 1/nu; asked are time units": lambda right, *_: np.arange(3.0),
        "the state's own lag is forgotten: it follows the offset 1/nu later, whatever the control": lambda right, *_: (
            right - right[1]
        ),
        "nu is a rate, and a lag is a time": lambda right, *given: np.arange(3) * _rate(*given),
        "the leak a is missing in nu": lambda right, a, *others: _measured_delays(0.0, *others),
        "b is missing in nu": lambda right, a, b, q, r: _measured_delays(a, 1.0, q, r),
    },
    hints=[
        "The section 'The lag: 0, 1, 2' has it: where each looks, plus the state's own 1/nu.",
        "They are 0, 1 and 2 times 1/nu, with nu = sqrt(a² + q b² / r), equation (12).",
    ],
    moral="If control is cheap, nu is large, and no lag is long.",
)


# --------------------------------------------------------------------- 2: the mirror, exactly, for every wave


def _steady(omega, a, b, q, r, direction=1):
    """X for z = exp(i omega t), by solving both laws at once. direction = 1: reversed; -1: the optimum."""
    nu = _rate(a, b, q, r)
    law = np.array([[-nu, -b * b / r], [0.0, -direction * nu]])
    return np.linalg.solve(1j * omega * np.eye(2) - law, [0.0, -direction * q])[0]


mirror = Function(
    LESSON,
    "mirror",
    "The rear-view mirror, for every wave",
    points=2,
    inputs=lambda rng: ((rng.uniform(0.2, 15), rng.normal(), *rng.uniform(0.3, 3, size=3)) for _ in range(5)),
    expected=_steady,
    mistakes={
        "it runs ahead of the wave: a derivative brings + i omega, not - i omega": lambda right, *_: np.conj(right),
        "the sign is wrong: the control is minus b² / r times the costate, and d is about minus q z / nu": negated,
        "that is the optimum's answer. The mirror's is just as large, and lags: keep the complex number": (
            lambda right, *given: _steady(*given, direction=-1)
        ),
        "that is the answer with the target frozen: the mirror adds a second delay": lambda right, omega, a, b, q, r: (
            q * b * b / r / _rate(a, b, q, r) / (_rate(a, b, q, r) + 1j * omega)
        ),
        "at omega = 0 it must give q b² / (r nu²), which is less than 1 if there is a leak": (
            lambda right, omega, *given: right * _rate(*given) ** 2 / (given[2] * given[1] ** 2 / given[3])
        ),
    },
    hints=[
        "Put d = D exp(i omega t) into its law first: i omega D = -nu D - q.",
        "Then i omega X = -nu X - (b² / r) D. Solve for X.",
        "X = (q b² / r) / (nu + i omega)². In Python: `1j * omega`.",
    ],
    moral="Two equal lags, one after the other: the state's own, and the mirror's.",
)


# --------------------------------------------------------------------------------- 3: both equations, run forward


def _waves(rng):
    import hlp_edu as hlp

    yield -1.0, 1.0, 10.0, 0.1, hlp.sinusoid(0.8, phase=rng.uniform(0, 6)), 5.0
    yield -0.5, 2.0, 4.0, 0.5, hlp.sinusoid(0.6, period=3.0, offset=0.2), 6.0
    yield 0.3, 1.0, 5.0, 0.2, hlp.constant(0.7), 4.0


@functools.lru_cache(maxsize=64)
def _cost(way, a, b, q, r, z, T):
    """Cost of one way of steering; the others than the library's are marched here."""
    problem = _tracking(a, b, q, r, z)
    if way in ("reversed", "exact"):
        return problem.reversed_riccati(T, dt=2e-3, offset=way).cost
    if way in ("optimal", "receding"):
        return getattr(problem, way)(T, dt=2e-3).cost
    P = d = x = total = 0.0
    nu, s, h = _rate(a, b, q, r), b * b / r, 1e-3
    times = np.arange(round(T / h)) * h
    for z_now, z_then in zip(z(times), z(T - times), strict=True):
        if way == "settled":
            P = (a + nu) / s
        p, seen = P * x + d, z_then if way == "target reversed" else z_now
        total += h * (q / 2 * (x - z_now) ** 2 + (0 if way == "error alone" else s / 2 * p * p))
        x, P, d = (
            x + h * (a * x - s * p),
            P + h * (2 * a * P - s * P * P + q),
            d + h * ((a - s * P) * d + (q if way == "d up" else -q) * seen),
        )
    return total


def _way(name):
    return lambda right, *given: _cost(name, *given)


def _runs_away(reversed_cost):
    """What a wrong sign in Riccati's equation does."""
    import hlp_edu as hlp

    given = (-1.0, 1.0, 10.0, 0.1, hlp.constant(0.5), 2.0)
    if reversed_cost(*given) > 100 * _cost("reversed", *given):
        return (
            "its cost explodes. Is v minus b / r times p? Then it is the laws: forward, as they stand, P falls below 0 "
            "and d grows like exp(nu t). To reverse time is to change the sign of the whole right side, in both laws"
        )


reversed_cost = Function(
    LESSON,
    "reversed_cost",
    "P and d, run forward from an empty page",
    points=3,
    inputs=_waves,
    expected=lambda *given: _cost("reversed", *given),
    tolerance=0.02,
    mistakes={
        "that is the cost of the optimum: did d come from the end of time?": _way("optimal"),
        "only P is reversed: d too has to start at d(0) = 0 and use the past": _way("exact"),
        "that is the cost with the target frozen, not with d reversed": _way("receding"),
        "a factor 1/2 is missing in the cost": lambda right, *_: 2 * right,
        "the cost of the control is missing: r/2 v²": _way("error alone"),
        "d has the wrong sign: it drives x away from the target": _way("d up"),
        "d is given z(T - t), as if the target ran backward too; it sees the present, z(t)": _way("target reversed"),
        "it begins with P where it settles; reversed, P(0) = 0 too": _way("settled"),
    },
    properties=[_runs_away],
    hints=[
        "Three numbers move together, all from 0: P, d, x. In each step p = P x + d, v = -(b / r) p, "
        "and the cost grows by dt (q/2 (x - z)² + r/2 v²).",
        "Reversed in time: P' = 2 a P - b² P² / r + q and d' = (a - b² P / r) d - q z.",
        "Euler steps of 0.001 will do: compute v from the old x, P, d, then move all three. The targets at once: "
        "`z(np.arange(steps) * dt)`.",
    ],
    moral="Everything here was known when it was needed. That is all that can be said for it.",
)


# ------------------------------------------------------------------------------------------ 4: one number more

extrapolate = Function(
    LESSON,
    "extrapolate",
    "If the target goes on as it goes",
    points=2,
    inputs=lambda rng: ((*rng.normal(size=2), *rng.uniform(0.5, 10, size=2)) for _ in range(5)),
    expected=lambda z, slope, nu, q: _ahead(lambda s: z + slope * s, nu, q),
    tolerance=1e-5,
    mistakes={
        "the sign is wrong: a target above makes the costate negative": negated,
        "that is the frozen target: where does the slope come in?": lambda right, z, slope, nu, q: -q * z / nu,
        "it extrapolates backward: what is s ahead is z + slope s": lambda right, z, slope, nu, q: (
            -q * (z / nu - slope / nu**2)
        ),
        "q is forgotten: it weighs the error": lambda right, z, slope, nu, q: right / q,
        "the weights exp(-nu s) have the integral 1/nu; it is forgotten": lambda right, z, slope, nu, q: right * nu,
        "the integral of s exp(-nu s) is 1/nu², not 1/nu": lambda right, z, slope, nu, q: -q * (z + slope) / nu,
    },
    hints=[
        "The lesson has the integral for d. Put z + slope s in the place of z(t + s), and let it run to infinity.",
        "The integral of exp(-nu s) from 0 to infinity is 1/nu; that of s exp(-nu s) is 1/nu².",
        "The offset is d = -q (z / nu + slope / nu²).",
    ],
    moral="It is the frozen target, moved ahead by 1/nu: just the lag of the state.",
)


def _ahead(future, nu, q):
    from scipy.integrate import quad

    return -q * quad(lambda s: np.exp(-nu * s) * future(s), 0, np.inf)[0]


# -------------------------------------------------------------------------------------- 5: leave before the jump


DT, PERIODS = 0.01, 3


def _worlds():
    """Periodic targets that no learner has seen: values at the steps of one period."""
    for seed, period in ((5, 3.0), (8, 4.2), (11, 2.5)):
        dice = np.random.default_rng(seed)
        t = np.arange(round(period / DT)) * DT / period
        shape = dice.uniform(0.2, 0.5) * np.sin(2 * np.pi * (t + dice.uniform()))
        first, second = np.sort(dice.uniform(0.2, 0.8, size=2))
        yield period, shape + np.where((t > first) & (t < max(second, first + 0.15)), dice.uniform(0.5, 0.9), 0.0)
    yield 3.3, np.full(330, 0.6)


def _steered(offset, seen, a=-1.0, b=1.0, q=10.0, r=0.1):
    """The cost of every step under an offset, the control held over the step."""
    nu = _rate(a, b, q, r)
    P, shrink, x = (a + nu) * r / b**2, np.exp(a * DT), 0.0
    costs = np.zeros(len(seen))
    for k, now in enumerate(seen):
        v = -b / r * (P * x + offset(k))
        costs[k] = DT * (q / 2 * (x - now) ** 2 + r / 2 * v * v)
        x = x * shrink + b * v * (shrink - 1) / a
        if not abs(x) < 1e6:
            costs[k] = np.inf
            break
    return costs


def _told(seen, nu, q):
    """The offset at every step, from the whole target: backward, as if it went on for ever."""
    d, keep = np.zeros(len(seen)), np.exp(-nu * DT)
    for _ in range(2):  # twice round: then it has forgotten where it began
        for k in range(len(seen) - 1, -1, -1):
            after = seen[(k + 1) % len(seen)]
            d[k] = keep * d[(k + 1) % len(seen)] - q * (1 - keep) / nu * (seen[k] + after) / 2
    return d


@functools.cache
def _measures():
    """For each world: period, target over all periods, and the costs of every step of the frozen and the told."""
    nu, q, found = _rate(-1, 1, 10, 0.1), 10.0, []
    for period, once in _worlds():
        seen, d = np.tile(once, PERIODS), _told(once, nu, q)
        frozen = _steered(lambda k, seen=seen: -q * seen[k] / nu, seen)
        found.append((period, seen, frozen, _steered(lambda k, d=d: d[k % len(d)], seen)))
    return found


def _leaves_in_time(from_memory):
    nu, q = _rate(-1, 1, 10, 0.1), 10.0
    for period, seen, frozen, told in _measures():

        def asked(k, seen=seen, period=period):
            return float(np.squeeze(from_memory(seen[: k + 1].copy(), DT, nu, q, period)))

        steps = len(seen) // PERIODS
        costs = _steered(asked, seen)
        still = np.ptp(seen) == 0
        where = "on a target that stands still" if still else f"on a target of period {period:g}"
        if not np.isfinite(costs).all():
            return f"{where} x leaves all bounds at t = {np.argmax(~np.isfinite(costs)) * DT:.2f}"
        first, later = costs[:steps].sum() / frozen[:steps].sum(), costs[steps:].sum() / told[steps:].sum()
        if first > 1.02:
            return (
                f"{where} it costs {first:.2f} times as much as the frozen target in the first period, when nothing "
                "is known yet: be the frozen target there"
            )
        if later > 1.05:
            alike = abs(costs[steps:].sum() / frozen[steps:].sum() - 1) < 0.01
            return f"{where} it costs {later:.2f} times the optimum in the later periods; 1.05 is asked. " + (
                "That is the frozen target: it has not used its memory" if alike else "Which part of `past` is it?"
            )


from_memory = Function(
    LESSON,
    "from_memory",
    "Leave before the jump",
    points=4,
    properties=[_leaves_in_time],
    hints=[
        "The lesson's integral for d needs z(t + tau). In a world of period T that is z(t + tau - T), and you saw it.",
        "With `steps = round(period / dt)`: one period ago is `past[-1 - steps]`, and what followed it is the future "
        "of now. Weigh it with exp(-nu tau). Before one period has passed, freeze the target.",
        "The offset d is -q times the sum of exp(-nu tau) z dt over that period, tau from 0 to T; the middle of each "
        "step is the better tau. What lies more than a period ahead counts next to nothing.",
    ],
    moral="Nothing but a memory, and x leaves before the jump. The present is the best guess only in a new world.",
)
