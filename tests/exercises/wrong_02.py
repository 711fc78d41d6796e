"""Wrong answers to the tasks of lesson 02."""

from wrong_answers import swap, write

WRONG = {
    "share": [
        swap("LQTracking(-4", "LQTracking(-1", says="strength is the one for a = -1"),
        write("share = LQTracking(-4, 1, 10, 0.1, hlp.constant(1)).optimal(9).x[5000, 0]", says="where the .*optimum"),
        write("share = 0.72 / 0.8", says="leaks less"),
        swap("k / (k + 4)", "0.8 * k / (k + 4)", says="that is the state"),
        swap("k / (k + 4)", "4 / (k + 4)", says="what is missing"),
        swap("k / (k + 4)", "(k + 4) / k", says="too high"),
    ],
    "riccati": [
        swap("return P", "return P[::-1]", says=r"time runs the wrong way"),
        swap("P[k] + dt", "P[k] - dt", says="sign is wrong"),
        swap("2 * a * P[k] -", "-2 * a * P[k] -", says="leak has the wrong sign"),
        swap("2 * a", "a", says="a 2 is missing"),
        swap("b**2 / r * ", "", says="is missing in front"),
        swap("b**2 / r", "b**2 * r", says="multiplied by b² r"),
        write(
            "def riccati(a, b, q, r, T, steps):\n"
            "    return np.full(steps + 1, (a + natural_rate(a, b, q, r)) * r / b**2)",
            says="all the way",
        ),
        swap("- b**2", "+ b**2", says="no finite number|is right"),
        swap("np.zeros(steps + 1)", "np.zeros(steps + 1) + 1.0", says="nothing is left to pay"),
        swap("return P", "return P[:-1]", says="has the shape"),
        swap("+ q)", ")", says="is right|one step of"),
        write(
            "def riccati(a, b, q, r, T, steps):\n"
            "    return LQTracking(a, b, q, r, hlp.constant(0)).optimal(T, dt=T / steps).P[:, 0, 0]",
            says="calls the library's `LQTracking`",
        ),
        write(
            "from hlp_edu.linear_quadratic import scalar_riccati\n\n\ndef riccati(a, b, q, r, T, steps):\n"
            "    return scalar_riccati(a, b, q, r, T / steps * np.arange(steps, -1, -1))",
            says="calls the library's `scalar_riccati`",
        ),
        swap("T / steps", "0.001", says="is right|one step of"),
        swap("return P", "return np.append(P[1:], 0.0)", says="one step of 0.01 before the end P is 0;"),
    ],
    "offset": [
        swap("+ q * z", "- q * z", says="sign is wrong"),
        swap("return d", "return d[::-1]", says="order of time is reversed"),
        swap("a - b**2 / r * P[k]", "a", says="P is missing"),
        swap("b**2 / r * P", "P", says=r"b²/r is missing"),
        swap("q * z", "z", says="q is missing"),
        write(
            "def offset(a, b, q, r, z, P, T):\n    return -q * z / natural_rate(a, b, q, r)", says="where is the future"
        ),
        write("def offset(a, b, q, r, z, P, T):\n    return -P * z", says="first try"),
        write(
            """
def offset(a, b, q, r, z, P, T):
    d, dt = np.zeros(len(z)), T / (len(z) - 1)
    for k in range(len(z) - 1):
        d[k + 1] = d[k] + dt * ((a - b**2 / r * P[k]) * d[k] - q * z[k])
    return d
""",
            says="begin there",
        ),
        swap("d[k] - dt", "d[k] + dt", says="out of all bounds on its way back"),
        swap("(-(a", "((a", says="out of all bounds on its way back"),
        write(
            """
def offset(a, b, q, r, z, P, T):
    d, dt = np.zeros(len(z)), T / (len(z) - 1)
    for k in range(len(z) - 1):
        d[k + 1] = d[k] + dt * (-(a - b**2 / r * P[k]) * d[k] + q * z[k])
    return d
""",
            says="forward in time this equation runs away",
        ),
        swap("T / (len(z) - 1)", "T / 1000", says="is right"),
        swap("b**2 / r * P[k]", "(a + natural_rate(a, b, q, r))", says="near the end P is smaller"),
        write(
            "def offset(a, b, q, r, z, P, T):\n    signal = hlp.recorded(np.linspace(0, T, len(z)), z)\n"
            "    return LQTracking(a, b, q, r, signal).optimal(T, dt=T / (len(z) - 1)).d[:, 0]",
            says="calls the library's `LQTracking",
        ),
        swap("np.zeros(len(z)),", "np.zeros(len(z)) + z[-1],", says="no future to prepare for"),
        swap("return d", "return d[:-1]", says="one d for every target|has the shape"),
    ],
    "improve": [
        swap("(q + r * k**2)", "q", says="control is free"),
        swap("(2 * (b * k - a))", "(b * k - a)", says="twice as fast"),
        swap("(2 * (b", "(4 * (b", says="twice the cost is P_k"),
        swap("b / r * P_k", "P_k", says="that is P_k, the value"),
        swap("b * k - a", "b * k", says="leak is missing"),
        swap("b * k - a", "b * k + a", says="leak has the wrong sign"),
        swap("return b", "return -b", says="drives x towards 0"),
        swap("b / r * P_k", "(a + natural_rate(a, b, q, r)) / b", says="best k of all"),
        swap("r * k**2", "r * k", says="repeated thirty times"),
        write(
            """
def improve(a, b, q, r, k):
    x, cost, dt = 1.0, 0.0, 1e-4 / (b * k - a)
    for _ in range(100000):
        cost += dt * (q + r * k**2) / 2 * x**2
        x += dt * (a - b * k) * x
    return b / r * 2 * cost
""",
            says="lines and holds .* to get there: that is a run",
        ),
        write(
            """
def improve(a, b, q, r, k):
    t = np.linspace(0, 10 / (b * k - a), 1000)
    return b / r * (q + r * k**2) * np.trapezoid(np.exp(2 * (a - b * k) * t), t)
""",
            says="a sum over small steps",
        ),
        write(
            """
from scipy.integrate import quad


def improve(a, b, q, r, k):
    return 2 * b / r * quad(lambda t: (q + r * k**2) / 2 * np.exp(2 * (a - b * k) * t), 0, np.inf)[0]
""",
            says="a run, or a sum over steps",
        ),
        write(
            """
def improve(a, b, q, r, k):
    t = np.linspace(0, 40 / (b * k - a), 10**6)
    return b / r * (q + r * k**2) * np.trapezoid(np.exp(2 * (a - b * k) * t), t)
""",
            says="a run, or a sum over steps",
        ),
    ],
    "control": [
        swap("line[1] + line[0] / nu", "z[-1]", says=r"pays 1\.\d\d|pays 2.* the forecast is missing"),
        swap("line[1] + line[0] / nu", "line[1]", says="the forecast is missing"),
        swap(
            "line[1] + line[0] / nu",
            "(z[-1] + (z[-1] - z[-2]) / dt / nu if len(z) > 1 else z[-1])",
            says=r"pays \d\d.* the noise gets through",
        ),
        swap("line[1] + line[0] / nu", "z[-1] + (z[-1] - z[-2]) / dt / nu", says="raised IndexError"),
        swap("40", "300", says="the forecast is missing|the noise gets through"),
        swap("40", "6", "< 10", "< 3", says="the noise gets through|the forecast"),
        swap("return -b", "return b", says="out of all bounds"),
        swap("line[0] / nu", "line[0]", says="times the smallest"),
        swap("P * x + d", "d", says="times the smallest"),
        write("def control(x, z, dt, a, b, q, r):\n    return 0.0", says="times the smallest"),
        write("def control(x, z, dt, a, b, q, r):\n    return z", says="one number"),
        write(
            "def control(x, z, dt, a, b, q, r):\n    nu = natural_rate(a, b, q, r)\n"
            "    d = -q * 0.8 * np.sin(len(z) * dt + 1 / nu) / nu\n    return -b / r * ((a + nu) * r / b**2 * x + d)",
            says="times the smallest",
        ),
    ],
}
