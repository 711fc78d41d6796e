"""Wrong answers to the tasks of lesson 07."""

from wrong_answers import swap, write

# The cost of steering with P and d, each computed forward or backward before the run.
BACK_P = "for n in reversed(range(N)): P[n] = P[n + 1] + dt * (2 * a * P[n + 1] - k * P[n + 1] ** 2 + q)"
ON_P = "for n in range(N): P[n + 1] = P[n] + dt * (2 * a * P[n] - k * P[n] ** 2 + q)"
REST_P = "P[:] = (a + natural_rate(a, b, q, r)) / k"
BACK_D = "for n in reversed(range(N)): d[n] = d[n + 1] - dt * (-(a - k * P[n + 1]) * d[n + 1] + q * Z[n])"


def by_hand(P, d):
    """A run with P and d from other equations."""
    return f"""
def reversed_cost(a, b, q, r, z, T):
    dt, k, N = 1e-3, b**2 / r, round(T / 1e-3)
    Z, x, cost = z(np.arange(N) * dt), 0.0, 0.0
    P, d = np.zeros(N + 1), np.zeros(N + 1)
    {P}
    {d}
    for n in range(N):
        v = -b / r * (P[n] * x + d[n])
        cost += dt * (q / 2 * (x - Z[n]) ** 2 + r / 2 * v**2)
        x += dt * (a * x + b * v)
    return cost
"""


WRONG = {
    "delays": [
        swap("return 0, late, 2 * late", "return 2 * late, late, 0", says="order is reversed"),
        swap("0, late, 2 * late", "-late, 0, late", says="own lag is forgotten"),
        swap("1 / natural_rate", "natural_rate", says="rate, and a lag is a time"),
        swap("natural_rate(a", "natural_rate(0", says="a is missing"),
        swap("rate(a, b", "rate(a, 1", says="b is missing"),
        swap("return 0, late, 2 * late", "return 0, 2 * late, late", says="last two are exchanged"),
        swap("return 0, late, 2 * late", "return 0, 1, 2", says="units of 1/nu"),
        swap("2 * late", "late", says="index 2 where"),
        swap("return 0, late, 2 * late", "return late", says="shape"),
    ],
    "mirror": [
        swap("1j", "-1j", says="runs ahead"),
        swap("return -", "return ", says="sign is wrong"),
        swap("-q / (nu + 1j", "-q / (nu - 1j", says="optimum's answer"),
        swap("-q / (nu + 1j * omega)", "-q / nu", says="target frozen"),
        swap(
            "return -(b**2 / r) * D / (nu + 1j * omega)", "return 1 / (1 + 1j * omega / nu) ** 2", says="at omega = 0"
        ),
        swap(
            "return -(b**2 / r) * D / (nu + 1j * omega)",
            "return abs(b**2 / r * D / (nu + 1j * omega))",
            says="keep the complex",
        ),
        swap("1j * omega", "omega", says="where .* is right"),
    ],
    "reversed_cost": [
        write(by_hand(P=BACK_P, d=BACK_D), says="cost of the optimum"),
        write(by_hand(P=ON_P, d=BACK_D), says="only P is reversed"),
        write(by_hand(P=REST_P, d="d[:-1] = -q * Z / natural_rate(a, b, q, r)"), says="target frozen"),
        write(
            "def reversed_cost(a, b, q, r, z, T):\n    return LQTracking(a, b, q, r, z).reversed_riccati(T).cost",
            says="calls the library's `LQTracking`",
        ),
        swap("q / 2 *", "q *", "r / 2 *", "r *", says="factor 1/2"),
        swap(" + r / 2 * v**2", "", says="cost of the control is missing"),
        swap(
            "for target in z(np.arange(round(T / dt)) * dt):",
            "for k in range(round(T / dt)):\n        target = z(k * dt)",
            "q * target)",
            "q * z(T - k * dt))",
            says="as if the target ran backward",
        ),
        swap("d - q * target", "d + q * target", says="d has the wrong sign"),
        swap("(growth * d - q * target)", "(-growth * d + q * target)", says="cost explodes"),
        swap(
            "P = d = x = cost = 0.0",
            "d = x = cost = 0.0\n    P = (a + natural_rate(a, b, q, r)) * r / b**2",
            says="P where it settles",
        ),
        swap("P + dt * (2", "P - dt * (2", says="cost explodes"),
        swap("b**2 / r * P**2 + q", "b**2 / r * P**2 + q * target**2", says="where .* is right"),
    ],
    "retrace": [
        swap("return -(back + p0)", "return (back + p0)", says="the sign is wrong"),
        swap("x, -(p + h * (x - z))", "x + h * (x - z), -p", says="kick went into the place"),
        swap("x, -(p + h * (x - z))", "x + h * (x - z), -(p + h * (x - z))", says="both place and momentum"),
        swap("_, back", "back, _", "-(back + p0)", "(back - x0)", says="with respect to p.0."),
        swap("(x - z)", "x", says="kick is as large as x.T. itself"),
        swap(" / h", "", says="is right"),
        swap("return -(back + p0) / h", "return x - z", says="that is the error at the end"),
        swap(
            "-(p + h * (x - z))",
            "p + h * (x - z)",
            "-(back + p0) / h",
            "(back - run(x, p)[1]) / h",
            says="run on into the future",
        ),
        swap("1e-5", "1.0", says="h = 1 is too large"),
        swap("1e-5", "0.1", says="h = 0.1 is too large"),
        swap("1e-5", "0.01", says="h = 0.01 is still too large"),
        swap("_, back", "back, _", "-(back + p0)", "-(back - x0)", says="place.*with a minus"),
        swap("h = 1e-5", "h = 1e-5\n    run.go(x0, p0)", says="raised AttributeError"),  # a run is all that it does
        swap("(x - z)", "(x0 - z)", says="is right"),
        write(
            """
def retrace(run, x0, p0, z):
    def loss(x):
        return ((run(x, p0)[0] - z) ** 2).sum() / 2

    return np.array([(loss(x0 + h) - loss(x0)) / 1e-6 for h in 1e-6 * np.eye(len(x0))])
""",
            says="this is run number 4, and 3 are allowed",
        ),
        write(
            """
def retrace(run, x0, p0, z):
    def loss(x):
        run.calls = 0
        vars(run).clear()
        return ((run(x, p0)[0] - z) ** 2).sum() / 2

    return np.array([(loss(x0 + h) - loss(x0)) / 1e-6 for h in 1e-6 * np.eye(len(x0))])
""",
            says="this is run number 4, and 3 are allowed",
        ),
        write(
            """
def retrace(run, x0, p0, z):
    x, _ = run(x0[:, None] + 1e-30j * np.eye(len(x0)), p0[:, None] + 0 * np.eye(len(x0)))
    return np.imag(((x - z[:, None]) ** 2).sum(axis=0)) / 2e-30
""",
            says="must be .*, one entry each",
        ),
        swap(
            "x, p = run(x0, p0)", "x0 += 0\n    x0 *= 2\n    x, p = run(x0 / 2, p0)", says="changes its argument `x0`"
        ),
        swap("return -(back + p0) / h", "return ((back + p0) / h).sum()", says="has the shape"),
    ],
    "from_memory": [
        swap("if len(past) <= steps:", "if True:", says="has not used its memory"),
        swap("return -q * past[-1] / nu", "return 0.0", says="be the frozen target there"),
        swap("len(past) - 1 - steps : len(past)", "len(past) - steps - 1 : len(past)][::-1", says="Which part of"),
        swap("np.exp(-nu * dt", "np.exp(nu * dt", says="leaves all bounds|Which part of"),
        swap("once = -q", "once = q", says="Which part of"),
        swap("return once / (1 - np.exp(-nu * period))", "return 0.8 * once", says="Which part of"),
        swap("if len(past) <= steps:", "if len(past) < 2:", says="raised ValueError"),
        write("def from_memory(past, dt, nu, q, period):\n    past = None", says="returns nothing"),
        write(
            """
seen = []


def from_memory(past, dt, nu, q, period):
    if len(past) == 1:
        seen.clear()
    seen.append(past[-1])
    steps = round(period / dt)
    if len(seen) <= steps:
        return -q * seen[-1] / nu
    ahead = np.array(seen[len(seen) - 1 - steps :])
    weights = np.exp(-nu * dt * (np.arange(steps) + 0.5)) * dt
    return -q * weights @ ((ahead[:-1] + ahead[1:]) / 2) / (1 - np.exp(-nu * period))
""",
            says="it keeps something between calls",
        ),
        swap("round(period / dt)", "300", says="Which part of|be the frozen target"),
        swap("dt * (np.arange(steps)", "0.02 * (np.arange(steps)", says="Which part of"),
    ],
}
