"""Wrong answers to the tasks of lesson 07."""

from wrong_answers import swap, write

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
        write(
            """
def reversed_cost(a, b, q, r, z, T):
    return LQTracking(a, b, q, r, z).optimal(T).cost
""",
            says="cost of the optimum",
        ),
        write(
            """
def reversed_cost(a, b, q, r, z, T):
    return LQTracking(a, b, q, r, z).reversed_riccati(T, offset="exact").cost
""",
            says="only P is reversed",
        ),
        write(
            """
def reversed_cost(a, b, q, r, z, T):
    return LQTracking(a, b, q, r, z).receding(T).cost
""",
            says="target frozen",
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
    "extrapolate": [
        swap("-q *", "q *", says="sign is wrong"),
        swap(" + slope / nu**2", "", says="frozen target"),
        swap("+ slope", "- slope", says="extrapolates backward"),
        swap("-q * ", "-", says="q is forgotten"),
        swap("(z / nu + slope / nu**2)", "(z + slope / nu)", says="integral 1/nu"),
        swap("nu**2", "nu", says="1/nu², not 1/nu"),
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
    ],
}
