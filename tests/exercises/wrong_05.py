"""Wrong answers to the tasks of lesson 05."""

from wrong_answers import swap, write

WRONG = {
    "ball": [
        swap("0.05**2", "0.05", says="h squared"),
        swap("0.05**2 / 0.2", "0.05**2", says="r is missing"),
        swap("/ 0.2", "* 0.2", says="divided by r"),
        swap("4 * 0.05", "4", says="friction of one .step."),
        swap("1 - 4 * 0.05", "4 * 0.05", says="what it keeps"),
        swap("1 - 4 * 0.05", "np.exp(-4 * 0.05)", says="exact decay"),
        swap("1 - 4 * 0.05", "1 / (1 + 4 * 0.05)", says="implicit"),
        swap("0.05**2 / 0.2, 1 - 4 * 0.05", "1 - 4 * 0.05, 0.05**2 / 0.2", says="first the learning rate"),
        swap("(0.05**2 / 0.2, 1 - 4 * 0.05)", "0.0125", says="2 things"),
        swap("4 * 0.05", "0.05", says="part 2"),
    ],
    "read_flow": [
        swap("D = c * p_x", "D = p_x", says="factor c is missing"),
        swap("delta = (1 - np.tanh(network.matrix(w) @ y) ** 2) * D", "delta = D", says="slope sigma.* is missing"),
        swap("np.tanh(network.matrix(w) @ y) ** 2", "x**2", says="only at rest"),
        swap("network.matrix(w) @ y", "x", says="slope is taken at x"),
        swap("@ y) ** 2", "@ np.append(x, 0 * u)) ** 2", says="inputs are missing"),
        swap("@ y) ** 2) * D", "@ y) ** 2) * D * c", says="in delta twice"),
        swap("delta[network.heads]", "(c * delta)[network.heads]", says="in the gradient twice"),
        swap(
            "(1 - np.tanh(network.matrix(w) @ y) ** 2) * D",
            "network.matrix(w)[:, : len(x)].T @ ((1 - np.tanh(network.matrix(w) @ y) ** 2) * D)",
            says="handed on to the parents",
        ),
        swap("y[network.tails]", "np.append(np.tanh(network.matrix(w) @ y), u)[network.tails]", says="tanh.a. of the tail"),
        swap("delta[network.heads]", "D[network.heads]", says="where delta belongs"),
        swap("y[network.tails]", "y[network.heads]", says="activity of the head"),
        swap("D = c * p_x", "D = -c * p_x", says="all signs"),
        swap("delta[network.heads] * y[network.tails]", "np.outer(delta, y)", says="shape"),
        swap("D, delta, ", "delta, ", says="3 things"),
        swap("y[network.tails]", "x[network.tails]", says="raised IndexError"),
        write(
            """
from hlp_edu.backprop import backprop


def read_flow(network, c, w, x, p_x, u):
    swept = backprop(network, w, u, [0.0] * len(network.outputs))
    return swept.D, swept.delta, swept.gradient
""",
            says="calls the library's `backprop`|has a cycle",
        ),
        swap("c * p_x", "c[0] * p_x", says="part 1"),
    ],
    "input_credit": [
        swap("(x[out] - z)", "(z - x[out])", says="sign of the error"),
        swap("q * (x", "(x", says="q is missing"),
        swap("W.T * slope", "W * slope", says="not transposed"),
        swap("W.T * slope", "W.T * slope[:, None]", says="wrong side of W"),
        swap("W.T * slope", "W.T", says="sigma' is missing: D"),
        swap("(slope * D)", "D", says="missing in the last hop"),
        swap("np.linalg.solve(np.eye(n) - W.T * slope, q_e)", "q_e", says="only the outputs"),
        swap("np.linalg.solve(np.eye(n) - W.T * slope, q_e)", "q_e + W.T @ (slope * q_e)", says="handed on once"),
        swap(
            "D = np.linalg.solve(np.eye(n) - W.T * slope, q_e)",
            "D = q_e\n    for _ in range(n):\n        D = q_e + W.T @ (slope * D)",
            says="once for each neuron",
        ),
        swap("np.eye(n) - W", "np.eye(n) + W", says="is right"),
        swap("return B.T @ (slope * D)", "return D", says="shape"),
        swap("q_e[out] = q * (x[out] - z)", "q_e[out[:1]] = q * (x[out] - z)[:1]", says="is right"),
        write(
            """
from hlp_edu.backprop import backprop


def input_credit(network, w, u, x, z, q):
    found = backprop(network, w, u, z, q)
    return network.matrix(w)[:, len(x) :].T @ found.delta
""",
            says="calls the library's `backprop`|has a cycle",
        ),
    ],
    "slope": [
        swap("[1000, 3000, 10000, 30000]", "[1, 3, 10, 30, 100]", says="does not hold yet|falls"),
        swap("[1000, 3000, 10000, 30000]", "[3, 6, 12, 25]", says="too flat|too steep|falls|logarithm"),
        swap("np.log(speeds)", "-np.log(speeds)", says="falls"),
        swap("np.log(speeds)", "np.log10(speeds)", says="same logarithm"),
        swap("np.log(speeds)", "speeds", says="too flat"),
        write(
            "def slope(error_at):\n    s = np.log(error_at(3e4) / error_at(3e3)) / np.log(10)\n    return round(s)",
            says="whose law is no whole number|too",
        ),
        write("def slope(error_at):\n    return -1.0", says="do you measure, or do you know"),
        write("def slope(error_at):\n    return -4.0", says="too steep|logarithm"),
        write("def slope(error_at):\n    return -1.0 if error_at(1000) > 1e-4 else -2.0", says="too|do you measure"),
        swap("return np.polyfit(np.log(speeds), np.log(errors), 1)[0]", "return errors", says="one finite number"),
        swap("30000]", "3e7]", says="raised ValueError: c = 3e"),
    ],
    "better": [
        write("def better(gradient_at, now):\n    return gradient_at(100, now)", says=r"1\.00 times"),
        swap("2 * gradient_at(100, now) - gradient_at(50, now)", "gradient_at(1000, now)", says="run at 0.5 to 100"),
        swap("gradient_at(100, now)", "gradient_at(100, now + 0.01)", says="in the future"),
        swap("2 * gradient_at(100, now) - ", "0.5 * gradient_at(100, now) + 0.5 * ", says="times that of the flow"),
        swap(
            "2 * gradient_at(100, now) - gradient_at(50",
            "2 * gradient_at(50, now) - gradient_at(100",
            says="times that",
        ),
        swap("return 2", "return np.sum(2", "(50, now)", "(50, now))", says="one per arc"),
        swap("2 * gradient_at(100, now) - gradient_at(50, now)", "gradient_at(100, now) + 0.01 * (gradient_at(100, now)"
             " - gradient_at(100, now - 1))", says="times that of the flow"),
        swap("gradient_at(50, now)", "gradient_at(50, now - 0.1)", says="times that of the flow"),
        write(
            """
from hlp_edu.backprop import meet_backprop


def better(gradient_at, now):
    kept = dict(zip(gradient_at.__code__.co_freevars, (it.cell_contents for it in gradient_at.__closure__)))
    return meet_backprop(kept["problem"], kept["w"], 1e6, [now]).exact[0]
""",
            says="calls the library's `meet_backprop`",
        ),
    ],
}
