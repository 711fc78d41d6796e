"""Wrong answers to the tasks of lesson 03."""

from wrong_answers import swap, write

WRONG = {
    "arrival": [
        swap(" / 8", "", says="in units of 1/c"),
        swap(" / 8", " * 8", says="multiplies by the speed"),
        swap(" - 1 / 3", "", says="mean of twelve"),
        swap("12 -", "13 -", says="neuron 13"),
        swap("12 -", "11 -", says="neuron 11"),
        write("arrival = 0.693 / 8", says="too low"),
    ],
    "euler_step": [
        swap(
            "a[i] += weight * y[j]",
            "if j < len(x):\n            a[j] += weight * x[i]\n        else:\n            a[i] += weight * y[j]",
            says="against the arrows",
        ),
        swap("+= weight * y[j]", "+= np.tanh(weight * y[j])", "np.tanh(a)", "a", says="sums first"),
        swap("a[i] += weight", "a[i] = weight", says="only the last one counts"),
        swap("(np.tanh(a) - x)", "np.tanh(a)", says="leak is forgotten"),
        swap("np.tanh(a)", "a", says="tanh is forgotten"),
        swap("dt * c *", "dt *", says="speed c is forgotten"),
        swap("x + dt * c", "c", says="that is the velocity"),
        swap("x + dt * c", "dt * c", says="how far x moves"),
        swap("np.append(x, u)", "np.append(x, 0 * u)", says="inputs are ignored"),
        write(
            """
def euler_step(network, x, w, u, c, dt):
    y = np.append(x, u)
    for k in range(len(x)):
        a = sum(w[n] * y[network.tails[n]] for n in range(len(w)) if network.heads[n] == k)
        y[k] += dt * c[k] * (np.tanh(a) - y[k])
    return y[: len(x)]
""",
            says="one after another",
        ),
        swap("return x +", "x += 1\n    return x +", says="changes its argument `x`"),
        swap("a[i] += weight", "w[0] += 0.1\n        a[i] += weight", says="changes its argument `w`"),
        swap("dt * c *", "dt * c[0] *", says="is right"),
        swap("dt * c *", "np.expm1(dt * c) *", says="is right"),
        write(
            "def euler_step(network, x, w, u, c, dt):\n"
            "    return x + dt * c * (np.tanh(network.matrix(w) @ np.append(x, u)) - x)",
            says="calls the library's `Network.matrix`",
        ),
        write(
            """
def euler_step(network, x, w, u, c, dt):
    inputs = {label: hlp.constant(value) for label, value in zip(network.inputs, u)}
    problem = hlp.Tracking(network, [hlp.constant(0)] * len(network.outputs), speed=c, inputs=inputs)
    return x + dt * problem.dynamics(x, w)
""",
            says="calls the library's `Tracking`",
        ),
        swap("y[j]", "x[j]", says="raised IndexError"),
        swap("(np.tanh(a) - x)", "(np.tanh(a) + x)", says="is right"),
    ],
    "half_way": [
        swap(
            "np.array([np.interp(0.5, share, t) for share in done.T])",
            "t[np.argmax(done >= 0.5, axis=0)]",
            says="row .behind. the half-way",
        ),
        swap(
            "np.array([np.interp(0.5, share, t) for share in done.T])",
            "t[np.argmax(done >= 0.5, axis=0) - 1]",
            says="row .before. the half-way",
        ),
        swap(
            "np.array([np.interp(0.5, share, t) for share in done.T])",
            "np.argmax(done >= 0.5, axis=0)",
            says="number of a row",
        ),
        swap(
            "np.array([np.interp(0.5, share, t) for share in done.T])",
            "t[np.argmin(abs(done - 0.5), axis=0)]",
            says="row .nearest. to the half-way",
        ),
        write(
            """
def half_way(t, x):
    row = np.argmax((x - x[0]) / (x[-1] - x[0]) >= 0.5, axis=0)
    return (t[row] + t[row - 1]) / 2
""",
            says="middle between two rows",
        ),
        swap("(x - x[0]) / (x[-1] - x[0])", "x / x[-1]", says="half of the .way."),
        swap("np.interp(0.5", "np.interp(0.4", says=r"gets 1\.6, not 2$"),
        write(
            """
def half_way(t, x):
    middle = (x[0] + x[-1]) / 2
    return np.array([np.interp(middle[k], x[:, k], t) for k in range(x.shape[1])])
""",
            says="not every neuron rises",
        ),
        write(
            """
def half_way(t, x):
    away = abs(abs(x) - abs(x[0]))
    return np.array([np.interp(0.5, column / abs(x[-1] - x[0])[k], t) for k, column in enumerate(away.T)])
""",
            says="is right",
        ),
        write(
            """
def half_way(t, x):
    found = []
    for column in x.T:
        down = column[-1] < column[0]
        share = column / column[0] if down else (column - column[0]) / (column[-1] - column[0])
        found.append(np.interp(-0.5, -share, t) if down else np.interp(0.5, share, t))
    return np.array(found)
""",
            says="values may be negative",
        ),
        swap("done.T]", "done[:, :1].T]", says=r"has the shape \(1,\) where \(\d,\)"),
        swap("share, t)", "share, np.linspace(t[0], t[-1], len(t)))", says="as if they were evenly spaced"),
        swap("share, t)", "share, t - t[0])", says="is right"),
    ],
    "credit_time": [
        swap("length - neuron + 1", "length", says="first neuron's time for all"),
        swap("neuron + 1", "neuron", says="one hop is missing"),
        swap("(there + back", "(back", says="way back alone"),
        swap("(there + back", "(neuron", says="when the .signal. is at the neuron"),
        swap("length - neuron + 1", "neuron", says="wrong end"),
        write(
            "def credit_time(length, neuron, c):\n    return (2 * (length - neuron + 1) - 1 / 3) / c",
            says="sets out at the input",
        ),
        swap("1 / 3", "2 / 3", says="taken off twice"),
        swap(") / c", ")", says="in units of 1/c"),
        swap(" - 1 / 3", "", says="median"),
        swap("length, length - neuron + 1", "length, length - neuron + 2", says="is right"),
    ],
    "faintest": [
        write("faintest = (1.0, hlp.Flipped(30, 5))", says=r"louder than 0\.3"),
        write("faintest = (0.3, hlp.Flipped(30, 5))", says=r"error is 0\.\d+ in the worst of five starts"),
        write("faintest = (0.01, hlp.GradientFlow(0.04))", says=r"error is 0\.5\d"),
        write("faintest = (0.3, hlp.Canonical())", says="one of the three"),
        write("faintest = (0.3, hlp.ProspectiveFlow())", says="one of the three"),
        write("faintest = (0.3, hlp.GradientFlow(5.0))", says="the run is lost|in the worst of five starts"),
        write("faintest = 0.3", says="two things"),
        write("faintest = (0.3, 'gradient flow')", says="one of the three"),
        write("faintest = (-0.3, hlp.GradientFlow(0.04))", says="above 0"),
    ],
}
