"""Wrong answers to the tasks of lesson 01."""

from wrong_answers import swap, write

WRONG = {
    "change": [
        swap("0.05 *", "-0.05 *", says="sign is wrong"),
        swap("0.05 * ", "", says="per unit of x"),
        swap("300", "2700", says="wrong end of time"),
        swap("300", "0", says="price at the start"),
        write("change = 0.0", says="too high"),
        write("change = 'a saving'", says="must be a number"),
        write("def change():\n    return -0.03", says="is a function"),
    ],
    "best_push": [
        swap("-b", "b", says="sign is wrong"),
        swap("-b * p", "-p", says="b is missing"),
        swap(" / r", "", says="r is missing"),
        swap("/ r", "* r", says="multiplies by r"),
        swap("-b * p / r", "0 * p", says="thrifty"),
        swap("return", "print(", "/ r", "/ r)", says="prints its answer and returns nothing"),
        swap("return -b * p / r", "return float(-b * p / r)", says="raised TypeError.* on this input: p = "),
        write("def best_push(p, b, r):\n    return np.array([-b * one / r for one in p])", says="raised TypeError"),
        swap("p / r", "p / r if p > 0 else 1.0", says="where .* is right|raised ValueError"),
    ],
    "costates": [
        swap("x[k] - z[k]", "z[k] - x[k]", says="all signs are wrong"),
        swap("p[k + 1] + dt", "p[k + 1] - dt", says="step has the wrong sign"),
        swap("+ dt * (", "+ (", says="factor dt is missing"),
        swap("return p", "return p[::-1]", says="order of time is reversed"),
        swap("x[k] - z", "x[k + 1] - z", says="one step late"),
        swap("+ a *", "- a *", says="leak has the wrong sign"),
        swap(" + a * p[k + 1]", "", says="leak is forgotten"),
        swap("q * (x[k]", "(x[k]", says="q is forgotten"),
        write(
            """
def costates(x, z, a, q, dt):
    p = np.zeros(len(x))
    for k in range(len(z)):
        p[k + 1] = p[k] - dt * (q * (x[k] - z[k]) + a * p[k])
    return p
""",
            says="where no future is left",
        ),
        swap("return p", "return p[:-1]", says=r"has the shape \(\d+,\) where"),
        swap("p[k + 1] + dt * (", "np.exp(a * dt) * p[k + 1] + np.expm1(a * dt) / a * (", " + a * p[k + 1]", "",
             says="exact step"),
        swap("p[k + 1] + dt * (", "(p[k + 1] + dt * (", " + a * p[k + 1])", ")) / (1 - a * dt)", says="implicit step"),
        swap("+ dt * (", "+ 0.05 * (", says="is right"),
        swap("return p", "x[0] = 0\n    return p", says="changes its argument `x`"),
        swap("np.zeros(len(x))", "np.zeros(len(z))", says="raised IndexError"),
    ],
    "gradient": [
        swap("r * v + p", "r * v - p", says="sign of p is wrong"),
        swap("return dt", "return -dt", says="whole gradient"),
        swap("return dt * ", "return ", says="factor dt is missing"),
        swap("p[1:]", "p[:-1]", says="one step early"),
        swap(" + p[1:]", "", says="only the present"),
        swap("3 * x[k] ** 2 * p", "x[k] ** 2 * p", says="a 3 is missing"),
        swap("- 3 * x[k]", "+ 3 * x[k]", says="a sign is wrong in H_x"),
        swap("- 3 * x[k] ** 2 * p[k + 1]", "", says="error alone is in H_x"),
        swap("3 * x[k] ** 2 * p", "p", says="H_x of a bath"),
        swap("r * v + p", "p", says="price of pushing is missing"),
        swap("3 * x[k] ** 2 * p", "2 * x[k] * p", says="where .* is right"),
        write(
            """
def gradient(v, z, q, r, dt):
    def nudged(k, h):
        more = np.array(v)
        more[k] += h
        return cost(more, z, q, r, dt)

    return np.array([(nudged(k, 1e-5) - nudged(k, -1e-5)) / 2e-5 for k in range(len(v))])
""",
            says="lines of Python as for 40: that is a run for every push",
        ),
        write(
            """
def gradient(v, z, q, r, dt):
    return np.imag(cost(v[:, None] + 1e-30j * np.eye(len(v)), z, q, r, dt)) / 1e-30
""",
            says="bytes of memory as for 40: that is a run for every push",
        ),
        write(
            """
from scipy.optimize import approx_fprime


def gradient(v, z, q, r, dt):
    return approx_fprime(v, cost, 1e-8, z, q, r, dt)
""",
            says="that is a run for every push",
        ),
        swap("x, p = np.zeros(len(v) + 1)", "x, p = 0.1 + np.zeros(len(v) + 1)", says="is right"),
        swap("v[k] - x[k] ** 3", "v[k] + 1e200 * x[k] ** 3", says="no finite number"),
    ],
    "steer": [
        write("def steer(z, q, r, dt):\n    return np.zeros(len(z))", says="thrifty"),
        write("def steer(z, q, r, dt):\n    return z**3", says=r"can fall by another \d+"),
        swap("return found.x", "return found", says="the control is its `.x`"),
        swap("(z, q, r, dt), jac", "(z, 10.0, 0.1, 0.05), jac", says=r"can fall by another .* \d+ steps of"),
        swap("np.zeros(len(z))", "np.zeros(60)", says="one control for every target|raised IndexError"),
        swap("jac=gradient", "jac=lambda *given: -gradient(*given)", says="thrifty|can fall"),
        write("def steer(z, q, r, dt):\n    return 1000.0 * np.ones(len(z))", says="out of all bounds"),
        write("def steer(z, q, r, dt):\n    return 1.0", says="one control for every target"),
    ],
}
