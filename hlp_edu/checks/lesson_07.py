"""The tasks of lesson 07: by how much a controller lags, what looking back costs, an echo, and memory."""

import functools

import numpy as np

from hlp_edu.checks.core import Function, by_an_answer, negated, sealed
from hlp_edu.checks.draws import dice, seed

__all__ = ["delays", "mirror", "reversed_cost", "retrace", "from_memory"]

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


@functools.cache
def _waves(number):
    """The runs of a session; kept, so that what they cost is computed once."""
    import hlp_edu as hlp

    rng = dice()
    q, r, phase = rng.uniform(8, 12), rng.uniform(0.1, 0.2), rng.uniform(0, 6)
    slow, fast = hlp.sinusoid(0.8, phase=phase), hlp.sinusoid(0.6, period=rng.uniform(2.5, 3.5), offset=0.2)
    return (
        (-rng.uniform(0.8, 1.2), 1.0, q, r, slow, 5.0),
        (-0.5, rng.uniform(1.5, 2.5), 4.0, 0.5, fast, 6.0),
        (rng.uniform(0.2, 0.4), 1.0, q / 2, 2 * r, hlp.constant(rng.uniform(0.5, 0.9)), 4.0),
    )


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
    points=2,
    library=["natural_rate"],
    inputs=lambda rng: _waves(seed()),
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


# ------------------------------------------------------------------------------------ 4: an echo that knows a gradient

RUNS = 3


def _pendulums(rng, n):
    """A ring of pendulums with springs between neighbours and no friction; it runs forward, for answers a few times."""
    stiff, steps, h, runs = rng.uniform(0.5, 2, size=(n, 1)), int(rng.integers(100, 200)), 0.02, []

    def push(x):
        stretch = np.roll(x, -1, axis=0) - x
        return stiff * stretch - np.roll(stiff * stretch, 1, axis=0) - np.sin(x)

    def run(x, p):
        """Leapfrog steps: they can be retraced exactly."""
        if by_an_answer():
            runs.append(1)
        else:
            runs.clear()  # the next answer has its own three
        if len(runs) > RUNS:
            raise ValueError(f"this is run number {len(runs)}, and {RUNS} are allowed, for any number of pendulums")
        x, p = (np.array(part, dtype=np.result_type(part, float)) for part in (x, p))
        shape = x.shape
        if shape[:1] != (n,) or p.shape != shape or (runs and x.ndim > 1):
            raise ValueError(f"x and p have the shapes {x.shape}, {p.shape}: must be {(n,)}, one entry each")
        x, p = x.reshape(n, -1), p.reshape(n, -1)
        for _ in range(steps):
            p = p + h / 2 * push(x)
            x = x + h * p
            p = p + h / 2 * push(x)
        return x.reshape(shape), p.reshape(shape)

    run.__qualname__ = f"{n} pendulums"
    return run


def _rings(rng):
    for least, most in ((5, 7), (7, 10)):
        n = int(rng.integers(least, most))
        yield (_pendulums(rng, n), *rng.normal(size=(3, n)))


def _by_nudging(run, x0, p0, z):
    """The slope of the loss with respect to every x(0): one complex run for all of them."""
    n = len(x0)
    x, _ = run(x0[:, None] + 1e-30j * np.eye(n), p0[:, None] + 0 * np.eye(n))
    return np.imag(0.5 * ((x - z[:, None]) ** 2).sum(axis=0)) / 1e-30


def _echoed(of_x, of_p, shift, h=1e-6):
    """What comes back of a small kick: to x and to p at the end, in units of the error; and which shift is read."""

    def mistake(right, run, x0, p0, z):
        x, p = run(x0, p0)
        e = x - z
        back, turned = run(x + h * of_x(x, e), -(p + h * of_p(x, e)))
        return {"x": back - x0, "p": -turned - p0}[shift] / h

    return mistake


def _run_on(right, run, x0, p0, z, h=1e-6):
    """The same kick without turning round, beside no kick."""
    x, p = run(x0, p0)
    return (run(x, p + h * (x - z))[1] - run(x, p)[1]) / h


def _no(x, e):
    return 0 * e


retrace = Function(
    LESSON,
    "retrace",
    "An echo that knows a gradient",
    points=2,
    library=[],
    inputs=_rings,
    expected=_by_nudging,
    tolerance=2e-3,
    mistakes={
        "the sign is wrong: on the way back the momenta are turned, and so is their shift": negated,
        "the kick went into the place x; it belongs into the momenta": _echoed(lambda x, e: e, _no, "p"),
        "both place and momentum were kicked; the momenta alone are": _echoed(lambda x, e: e, lambda x, e: e, "p"),
        "that is by how much the *place* misses, which belongs to the slope with respect to p(0)": (
            _echoed(_no, lambda x, e: e, "x")
        ),
        "that is by how much the *place* misses, with a minus; it is the momenta that tell the slope": (
            lambda *given: -_echoed(_no, lambda x, e: e, "x")(*given)
        ),
        "the kick with h = 1 is too large: the echo has to stay near the first run, so take 1e-5": (
            _echoed(_no, lambda x, e: e, "p", 1.0)
        ),
        "the kick with h = 0.1 is too large: the echo has to stay near the first run, so take 1e-5": (
            _echoed(_no, lambda x, e: e, "p", 0.1)
        ),
        "the kick with h = 0.01 is still too large: take 1e-5": _echoed(_no, lambda x, e: e, "p", 0.01),
        "the kick is as large as x(T) itself; it has to be the error, x(T) - z": _echoed(_no, lambda x, e: x, "p"),
        "that is the error at the end; let it run back to the start": lambda right, run, x0, p0, z: run(x0, p0)[0] - z,
        "the momenta were not turned round after the kick: that is a run on into the future, and no echo": _run_on,
    },
    hints=[
        "The way: run; kick the momenta at the end by a small h (x(T) - z); turn all momenta round; run again. Without "
        "the kick you are back at x0 with the momenta -p0. With it you are not quite.",
        "Read by how much the momenta miss: the second run ends with p, and without the kick it would have been -p0. "
        "Divide by h, and mind that they are turned round.",
        "`x, p = run(x0, p0)`, `_, back = run(x, -(p + h * (x - z)))`, and the answer is `-(back + p0) / h` with "
        "h = 1e-5.",
    ],
    moral="Two runs, and the slope with respect to every start: no costate was integrated, the world itself carried "
    "the credit back. It needs a world without friction; with a leak the echo does not find the way.",
)


# -------------------------------------------------------------------------------------- 5: leave before the jump


DT, PERIODS = 0.01, 3


def _worlds(rng):
    """Periodic targets that no learner has seen: values at the steps of one period."""
    for _ in range(3):
        steps = int(rng.integers(240, 430))
        t = np.arange(steps) / steps
        shape = rng.uniform(0.2, 0.5) * np.sin(2 * np.pi * (t + rng.uniform()))
        first, second = np.sort(rng.uniform(0.2, 0.8, size=2))
        yield steps * DT, shape + np.where((t > first) & (t < max(second, first + 0.15)), rng.uniform(0.5, 0.9), 0.0)
    yield 3.3, np.full(330, rng.uniform(0.4, 0.8))


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
def _measures(number):
    """For each world: period, target over all periods, and the costs of every step of the frozen and the told."""
    nu, q, found = _rate(-1, 1, 10, 0.1), 10.0, []
    for period, once in _worlds(dice()):
        seen, d = np.tile(once, PERIODS), _told(once, nu, q)
        frozen = _steered(lambda k, seen=seen: -q * seen[k] / nu, seen)
        seen.flags.writeable = False
        found.append((period, seen, frozen, _steered(lambda k, d=d: d[k % len(d)], seen)))
    return found


def _leaves_in_time(from_memory):
    nu, q = _rate(-1, 1, 10, 0.1), 10.0
    for period, seen, frozen, told in _measures(seed()):
        given = []

        def asked(k, seen=seen, period=period, given=given):
            given.append(float(np.squeeze(from_memory(seen[: k + 1], DT, nu, q, period))))
            return given[-1]

        steps = len(seen) // PERIODS
        costs = _steered(asked, seen)
        still = np.ptp(seen) == 0
        where = "on a target that stands still" if still else f"on a target of period {period:.2f}"
        if not np.isfinite(costs).all():
            return f"{where} x leaves all bounds at t = {np.argmax(~np.isfinite(costs)) * DT:.2f}"
        for k in (2 * steps, steps // 2, len(seen) - 1):
            again = float(np.squeeze(from_memory(seen[: k + 1], DT, nu, q, period)))
            if abs(again - given[k]) > 1e-6 * max(1, abs(again)):
                return (
                    f"asked once more for t = {k * DT:.2f}, with the same `past`, it gives {again:.4g} where it gave "
                    f"{given[k]:.4g}: it keeps something between calls"
                )
        first, later = costs[:steps].sum() / frozen[:steps].sum(), costs[steps:].sum() / told[steps:].sum()
        if first > 1.02:
            return (
                f"{where} it costs {first:.2f} times as much as the frozen target in the first period, when nothing "
                "is known yet: be the frozen target there"
            )
        if later > 1.05:
            alike = abs(costs[steps:].sum() / frozen[steps:].sum() - 1) < 0.01
            why = "Which part of `past` is it?"
            if still:
                why = "There every part of `past` is the same: do the weights, times dt, add up to 1/nu?"
            return f"{where} it costs {later:.2f} times the optimum in the later periods; 1.05 is asked. " + (
                "That is the frozen target: it has not used its memory" if alike else why
            )


from_memory = Function(
    LESSON,
    "from_memory",
    "Leave before the jump",
    points=3,
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

sealed(globals())
