"""Wrong answers to the tasks of lesson 07."""

from wrong_answers import swap, write

WRONG = {
    "delays": [
        swap("return 0, late, 2 * late", "return 2 * late, late, 0", says="order is reversed"),
        swap("0, late, 2 * late", "-late, 0, late", says="own delay is forgotten"),
        swap("1 / natural_rate", "natural_rate", says="rate, and a delay is a time"),
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
        swap("return -(b**2 / r) * D / (nu + 1j * omega)", "return 1 / (1 + 1j * omega / nu) ** 2", says="at omega = 0"),
        swap("return -(b**2 / r) * D / (nu + 1j * omega)", "return abs(b**2 / r * D / (nu + 1j * omega))", says="keep the complex"),
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
        swap("for target in z(np.arange(round(T / dt)) * dt):", "for k in range(round(T / dt)):\n        target = z(k * dt)",
             "q * target)", "q * z(T - k * dt))", says="as if the target ran backward"),
        swap("d - q * target", "d + q * target", says="d has the wrong sign"),
        swap("(growth * d - q * target)", "(-growth * d + q * target)", says="cost explodes"),
        swap("P = d = x = cost = 0.0", "d = x = cost = 0.0\n    P = (a + natural_rate(a, b, q, r)) * r / b**2",
             says="P where it settles"),
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
    "look_ahead": [
        swap("> 4", "> 1e9", says="the slope across a jump is no slope"),
        swap("(past[-1], slope,", "(past[-1], 0.0,", says="just as much as the frozen target"),
        swap("(past[-1], slope,", "(past[-1], -slope,", says="does it use the past"),
        swap("(past[-1], slope,", "(past[-1], 0.2 * slope,", says="half is asked"),
        swap("return extrapolate(past[-1], slope, nu, q)", "return 0.0", says="stands still"),
        swap("0.0 if len(past) < 2 else ", "", says="raised IndexError"),
        swap("past[-1] - past[-2]", "past[1] - past[0]", says="frozen target"),
        swap("> 4", "> 1", says="half is asked"),
    ],
}
