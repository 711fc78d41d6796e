"""The tasks of lesson 13: what a neuron knows about its near future, and what one may do with it."""

import functools

import numpy as np

from hlp_edu.checks.core import Function, sealed
from hlp_edu.checks.draws import seed

__all__ = ["heading", "look_ahead", "gains", "velocities", "anticipate", "record"]

LESSON = "13_looking_ahead"
LIBRARY = ("hlp_edu.policies", "hlp_edu.switching", "hlp_edu.prospective")


# --------------------------------------------------------------------------- 1: the heading of a neuron


def _moments(rng):
    for n in (1, 3, 5):
        x, a, c = rng.uniform(-0.9, 0.9, n), rng.normal(size=n), rng.uniform(2, 40)
        yield x, c * (np.tanh(a) - x), c


def _rest(x, velocity, c):
    """By running on: with a held, (2) is x' = velocity - c (x - start), and comes to rest."""
    there = x.copy()
    for _ in range(400):
        there = there + 0.1 / c * (velocity - c * (there - x))
    return there


heading = Function(
    LESSON,
    "heading",
    "The heading of a neuron",
    points=1,
    inputs=_moments,
    expected=_rest,
    mistakes={
        "the sign is wrong: that is where it came from": lambda right, x, v, c: x - v / c,
        "that is x after a whole time unit; it heads for where it would be after the time 1/c": (
            lambda right, x, v, c: x + v
        ),
        "the velocity is to be divided by c, not multiplied": lambda right, x, v, c: x + c * v,
        "that is the distance still to go; add where it is": lambda right, x, v, c: v / c,
    },
    hints=[
        "Solve (2), x' = c (-x + tanh(a)), for tanh(a).",
        "The heading tanh(a) is x + x' / c.",
    ],
    moral="No sum over parents was needed: a neuron's own state and velocity tell where it is heading.",
)


# ------------------------------------------------------------------------- 2: the look-ahead credit of one neuron


def _families(rng):
    for children, error in ((1, 0.0), (3, 0.0), (2, 0.4), (0, -0.7)):
        w, D, a = rng.normal(size=(3, children))
        yield error, rng.uniform(5, 100), w, 1 - np.tanh(a) ** 2, D


def _from_the_costate(e, q, w, slopes, D):
    """D + D'/c with D' of the flipped law (10), for a neuron whose own credit is drawn."""
    c, own = 7.0, 0.3
    velocity = c * -own + c * sum(wk * gk * Dk for wk, gk, Dk in zip(w, slopes, D, strict=True)) + c * q * e
    return own + velocity / c


look_ahead = Function(
    LESSON,
    "look_ahead",
    "The look-ahead credit of one neuron",
    points=1,
    inputs=_families,
    expected=_from_the_costate,
    mistakes={
        "the slopes of the children are missing: a child passes on what reaches its sum a": (
            lambda right, e, q, w, slopes, D: q * e + w @ D
        ),
        "the error has the price q": lambda right, e, q, w, slopes, D: e + w @ (slopes * D),
        "its own error is missing: an output has one": lambda right, e, q, w, slopes, D: w @ (slopes * D),
        "the children are missing": lambda right, e, q, w, slopes, D: q * e,
        "the weights are missing": lambda right, e, q, w, slopes, D: q * e + (slopes * D).sum(),
    },
    hints=[
        "The flipped credit obeys D' = c (source - D). What is D + D'/c, then?",
        "It is the source: the neuron's own error, and what its children send back.",
        "`q * e + np.sum(w * slopes * D)`.",
    ],
    moral="Its own D cancels: the credit that looks ahead by 1/c has no lag of this neuron left in it.",
)


# ------------------------------------------------------------------------------- 3: the gains of steering


def _prices(rng):
    for _ in range(5):
        yield rng.uniform(5, 500), rng.uniform(0.1, 5), rng.uniform(0.05, 2), rng.uniform(3, 60)


def _riccati(q, K, r, c):
    """From the numerical solution of the Riccati equation."""
    from scipy.linalg import solve_continuous_are

    A, B = np.array([[-c, c], [0.0, 0.0]]), np.array([[0.0], [1.0]])
    on_x, on_s = (K / r * B.T @ solve_continuous_are(A, B, np.diag([q, 0.0]), np.array([[r / K]])))[0]
    return float(on_x + on_s), float(on_s / (on_x + on_s))


def _kappa(omega, c, twice=2.0):
    return 2 / (1 + np.sqrt(1 + twice * omega / c))


def _with_omega(how):
    def value(right, q, K, r, c):
        omega = how(q, K, r)
        return omega, _kappa(omega, c)

    return value


gains = Function(
    LESSON,
    "gains",
    "Two gains from one Riccati equation",
    points=2,
    inputs=_prices,
    expected=_riccati,
    mistakes={
        "the order is wrong: omega first, then kappa": lambda right, *given: right[::-1],
        "omega is a root: a rate, not a rate squared": _with_omega(lambda q, K, r: q * K / r),
        "in omega K is missing: leverage makes moving cheap": _with_omega(lambda q, K, r: np.sqrt(q / r)),
        "the r and the K have changed places: r makes moving costly, K makes it cheap": _with_omega(
            lambda q, K, r: np.sqrt(q * r / K)
        ),
        "kappa is the fraction of the gain on the heading; that is the one on the state x": (
            lambda right, q, K, r, c: (right[0], 1 - right[1])
        ),
        "those are the gains on x and on the heading; asked are their sum, omega, and the heading's fraction of it": (
            lambda right, *given: (right[0] * (1 - right[1]), right[0] * right[1])
        ),
        "those are the gains on the heading and on x; asked are their sum, omega, and the heading's fraction of it": (
            lambda right, *given: (right[0] * right[1], right[0] * (1 - right[1]))
        ),
        "kappa needs 2 omega / c under the root": lambda right, q, K, r, c: (right[0], _kappa(right[0], c, 1.0)),
        "that is the gain on the heading itself; kappa is the fraction of omega": lambda right, *given: (
            right[0],
            right[0] * right[1],
        ),
    },
    hints=[
        "Either solve the Riccati equation with scipy's `solve_continuous_are`, or use the two closed formulas.",
        "The two states are x and its heading: A = [[-c, c], [0, 0]], B = [[0], [1]]; the prices are diag(q, 0) and "
        "r / K. The gains are (K / r) B^T P; omega is their sum.",
        "In closed form, omega = sqrt(q K / r) and kappa = 2 / (1 + sqrt(1 + 2 omega / c)).",
    ],
    moral="A fast neuron may rely on its heading alone, a slow one has to wait and see where it is.",
)


# ------------------------------------------------------------------------------------------ 4: a step of PGF


def _networks(rng):
    for n in (1, 3, 5):
        W, x, D = rng.normal(size=(n, n + 1)) / np.sqrt(n), rng.uniform(-0.8, 0.8, n), rng.normal(size=n) * 5
        prices = rng.uniform(20, 200), rng.uniform(0.05, 0.5), rng.uniform(0.3, 3)
        rule = rng.uniform(0.01, 0.1), rng.uniform(0.3, 0.9), rng.uniform(0.03, 0.2)
        yield W, x, D, rng.uniform(-0.6, 0.6), rng.normal() * 2, rng.uniform(5, 30), prices, rule


def _by_the_library(W, x, D, z, z_slope, c, prices, rule):
    """From the record of a run: p_w is reported as -r w'."""
    import hlp_edu as hlp

    (q, r, r_w), (mu, kappa, lead), rate = prices, rule, 4.0
    height, phase = np.hypot(z, z_slope / rate), np.arctan2(z, z_slope / rate)
    target = hlp.sinusoid(height, 2 * np.pi / rate, phase)
    problem = hlp.Tracking(hlp.fully_connected(len(x)), target, q=q, r_w=r_w, r=r, speed=c)
    net = problem.network
    w0 = W[net.heads, net.tails]
    policy = hlp.ProspectiveFlow(mu=mu, kappa=kappa, lead=lead)
    run = hlp.run(problem, policy, T=1e-4, dt=1e-4, x0=x, w0=w0, p0=(D / c, np.zeros(len(w0))))
    return net.matrix(-run.p_w[0] / r)


def _slip(credit=1, own=1, inner=1, back=True, **numbers):
    """(16) with other numbers, or without a part."""

    def value(right, W, x, D, z, z_slope, c, prices, rule):
        given = dict(zip(("q", "r", "r_w", "mu", "kappa", "lead"), (*prices, *rule), strict=True)) | numbers
        y = np.append(x, 1.0)
        s = np.tanh(W @ y)
        source = (W[:, : len(x)].T if back else W[:, : len(x)]) @ ((1 - s**2) ** inner * D)
        source[0] += given["q"] * (x[0] + given["kappa"] * (s[0] - x[0]) - z - given["lead"] * z_slope)
        learning = (1 - s**2) ** own * (source if credit else D)
        return -given["mu"] / given["r"] * (np.outer(learning, y) + given["r_w"] * W)

    return value


def _without_r(right, W, x, D, z, z_slope, c, prices, rule):
    return prices[1] * right


def _back_in_time(right, W, x, D, z, z_slope, c, prices, rule):
    return _slip(lead=-rule[2])(right, W, x, D, z, z_slope, c, prices, rule)


velocities = Function(
    LESSON,
    "velocities",
    "A step of prospective gradient flow",
    points=3,
    inputs=_networks,
    library=(),
    expected=_by_the_library,
    mistakes={
        "the credit D lags: take D + D'/c, which is the source": _slip(credit=0),
        "the decay of the weights is missing: r_w w": _slip(r_w=0.0),
        "the weights move at mu / r times the gradient": _without_r,
        "the neuron's own slope tanh' is missing": _slip(own=0),
        "the slopes of the children are missing in the source": _slip(inner=0),
        "credit travels against the arcs: the weights back are W transposed": _slip(back=False),
        "the error is read at the state; it looks ahead to x + kappa (tanh(a) - x)": _slip(kappa=0.0),
        "the heading counts with the fraction kappa": _slip(kappa=1.0),
        "the target is not led: z + lead z'": _slip(lead=0.0),
        "the lead has the wrong sign: where the target will be is z + lead z'": _back_in_time,
        "the sign is wrong: gradient flow goes downhill": lambda right, *given: -right,
    },
    tolerance=1e-5,
    hints=[
        "Start with `y = np.append(x, 1.0)`, `s = np.tanh(W @ y)` and `slope = 1 - s**2`. Row i of W holds the arcs "
        "into neuron i.",
        "The source of every neuron is `W[:, :n].T @ (slope * D)`; neuron 0, the output, adds q times the error that "
        "looks ahead.",
        "`-mu / r * (np.outer(slope * source, y) + r_w * W)`.",
    ],
    moral="Each arc used numbers of its two ends and of the head's children: looking ahead cost no locality but z'.",
)


# ------------------------------------------------------------------- 5: what the past says about the next jump (open)

PACES, SIGNALS, IN_THE_MEAN, IN_EACH = (0.16, 0.3, 0.8), 6, 0.91, 1.02


def _class(rng, pace):
    """Two levels, the odds of the upper one, and the mean time between jumps."""
    low = rng.uniform(-0.7, 0)
    odds = rng.uniform(0.15, 0.25)
    return (
        low,
        min(0.8, low + rng.uniform(0.7, 1.1)),
        odds if rng.random() < 0.5 else 1 - odds,
        pace * rng.uniform(0.9, 1.1),
    )


def _draw(rng, low, high, odds, pace, until):
    times = np.cumsum(pace * rng.uniform(0.5, 1.5, int(until / pace * 2) + 10))
    times = times[times < until]
    return times, np.where(rng.random(len(times) + 1) < odds, high, low)


def record(seed):
    """A record of jumps for the open task, of a class that the seed draws.

    Parameters
    ----------
    seed : int

    Returns
    -------
    times : numpy.ndarray, shape (jumps,)
    values : numpy.ndarray, shape (jumps + 1,)
    """
    rng = np.random.default_rng(seed)
    return _draw(rng, *_class(rng, rng.choice(PACES)), 100.0)


@functools.cache
def _classes(number):
    """For each class a record, the problems that come after it, and what they cost without a lean."""
    import hlp_edu as hlp

    rng, found = np.random.default_rng([number, 5]), []
    for pace in rng.permutation(PACES).tolist():
        one = _class(rng, pace)
        past = _draw(rng, *one, 150.0)
        for part in past:
            part.flags.writeable = False
        signals = [hlp.steps(*_draw(rng, *one, 10.0)) for _ in range(SIGNALS)]
        problems = [hlp.Tracking(hlp.fully_connected(5), signal) for signal in signals]
        found.append((pace, past, problems, _costs(problems, hlp.ProspectiveSteering())))
    return found


def _costs(problems, policy):
    import hlp_edu as hlp

    runs = hlp.runs(problems.__getitem__, policy, range(len(problems)), T=10, dt=5e-3, progress=False)
    return np.array([run.cost for run in runs])


def _cheaper(anticipate):
    import hlp_edu as hlp

    ratios, policies = [], []
    for _, (times, values), problems, unleaned in _classes(seed()):
        policy = anticipate(times, values)
        if not isinstance(policy, hlp.Policy):
            return f"it returns {type(policy).__name__}, and a policy is asked for, such as hlp.ProspectiveSteering()"
        if "slopes" in vars(policy) or type(policy).__module__ not in LIBRARY:
            return f"`{policy!r}` is not one of the library's policies: choose one, and its numbers"
        try:
            ratios.append(np.median(_costs(problems, policy) / unleaned))
        except ValueError as error:
            return f"the run refuses `{policy!r}`: {error}"
        policies.append(policy)
    leans, levels = ([getattr(policy, name, 0) for policy in policies] for name in ("lean", "level"))
    if np.mean(ratios) <= IN_THE_MEAN and max(ratios) <= IN_EACH and np.ptp(leans) > 0 and np.ptp(levels) > 0:
        return None
    if not np.isfinite(ratios).all():
        return f"`{policies[int(np.argmax(~np.isfinite(ratios)))]!r}` diverges"
    said = ", ".join(
        f"{ratio:.2f} (pieces of {pace})" for ratio, (pace, *_) in zip(ratios, _classes(seed()), strict=True)
    )
    if not any(leans):
        why = "it does not lean yet: towards the mean of what comes after a jump"
    elif np.ptp(levels) < 1e-9:
        why = "its level is the same in all classes: the record tells where jumps lead in the mean"
    elif np.ptp(leans) < 1e-9:
        why = f"its lean is the same in all classes, {leans[0]:.2g}: the sooner the next jump, the more a lean pays"
    else:
        why = (
            "try other leans, of about (1 / omega + kappa / c) / pace: that is how likely the target jumps while the "
            "output is on its way. And see that the level is the mean after a jump"
        )
    return (
        f"the cost over that of steering without a lean is {said}: {np.mean(ratios):.3f} in the mean, where at most "
        f"{IN_THE_MEAN} is asked for, and at most {IN_EACH} in each. {why[0].upper()}{why[1:]}"
    )


anticipate = Function(
    LESSON,
    "anticipate",
    "What the past says about the next jump (open)",
    points=3,
    properties=[_cheaper],
    hints=[
        "Nothing tells when the next jump comes; but where it leads is known in the mean, and how long it takes in the "
        "mean. The level is the mean of the values after a jump.",
        "The lean should grow as the pieces get shorter: `pace = np.diff(times).mean()`. Cut a record in two, and try "
        "leans between 0.05 and 0.6 on the second part, for a fast and for a slow class.",
        "A lean in inverse proportion to the pace does it: about 0.2 for pieces of 0.3 time units, 0.4 for 0.16, 0.1 "
        "for 0.8.",
    ],
    moral="A statistic bought what no look at the present could: a good guess about the next jump.",
)

sealed(globals())
