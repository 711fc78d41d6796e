"""Wrong answers to the tasks of lesson 13."""

from wrong_answers import swap, write

WRONG = {
    "heading": [
        swap("x + velocity", "x - velocity", says="where it came from"),
        swap("velocity / c", "velocity", says="whole time unit"),
        swap("velocity / c", "velocity * c", says="divided by c"),
        swap("velocity / c", "velocity / 20", says="where .* is right"),
        swap("x + velocity / c", "velocity / c", says="distance still to go"),
        swap("x + velocity / c", "np.tanh(x + velocity / c)", says="where .* is right"),
    ],
    "gains": [
        swap(
            "return omega, 2 / (1 + np.sqrt(1 + 2 * omega / c))",
            "return 2 / (1 + np.sqrt(1 + 2 * omega / c)), omega",
            says="order is wrong",
        ),
        swap("np.sqrt(q * K / r)", "q * K / r", says="omega is a root"),
        swap("q * K / r", "q / r", says="K is missing"),
        swap("q * K / r", "q * r / K", says="changed places"),
        swap("omega, 2 /", "omega, 1 - 2 /", says="on the state x"),
        swap(
            "omega, 2 / (1 + np.sqrt(1 + 2 * omega / c))",
            "(lambda k: (omega - k * omega, k * omega))(2 / (1 + np.sqrt(1 + 2 * omega / c)))",
            says="gains on x and on the heading",
        ),
        swap(
            "omega, 2 / (1 + np.sqrt(1 + 2 * omega / c))",
            "(lambda k: (k * omega, omega - k * omega))(2 / (1 + np.sqrt(1 + 2 * omega / c)))",
            says="gains on the heading and on x",
        ),
        swap("omega, 2 / (1 + np.sqrt(1 + 2 * omega / c))", "np.array([[omega, omega]])", says="2 things"),
        swap("2 * omega / c", "omega / c", says="2 omega / c under the root"),
        swap("omega, 2 /", "omega, 2 * omega /", says="fraction of omega"),
        swap("omega, 2 / (1 + np.sqrt(1 + 2 * omega / c))", "omega", says="2 things"),
    ],
    "look_ahead": [
        swap("w * slopes * D", "w * D", says="slopes of the children"),
        swap("q * e", "e", says="price q"),
        swap("q * e + ", "", says="own error is missing"),
        swap(" + np.sum(w * slopes * D)", "", says="children are missing"),
        swap("w * slopes * D", "slopes * D", says="weights are missing"),
        swap("np.sum(w * slopes * D)", "w[0] * slopes[0] * D[0]", says="raised IndexError|where .* is right"),
        swap("np.sum(w * slopes * D)", "w * slopes * D", says="must be a number|shape"),
    ],
    "velocities": [
        swap("np.outer(slope * source, y)", "np.outer(slope * D, y)", says="the credit D lags"),
        swap(" + r_w * W", "", says="decay of the weights"),
        swap("-mu / r", "-mu", says="mu / r times"),
        swap("np.outer(slope * source, y)", "np.outer(source, y)", says="own slope"),
        swap("(slope * D)", "D", says="slopes of the children"),
        swap("len(x)].T", "len(x)]", says="transposed"),
        swap(" + kappa * (s[0] - x[0])", "", says="read at the state"),
        swap("kappa * (s[0] - x[0])", "s[0] - x[0]", says="fraction kappa"),
        swap(" - lead * z_slope", "", says="not led"),
        swap("- lead * z_slope", "+ lead * z_slope", says="lead has the wrong sign"),
        swap("return -mu", "return mu", says="downhill"),
        swap("source[0] += q", "source += q", says="where .* is right"),
        swap("+ r_w * W)", "+ r_w * W)[0]", says="shape"),
        write(
            """
def velocities(W, x, D, z, z_slope, c, prices, rule):
    (q, r, r_w), (mu, kappa, lead) = prices, rule
    problem = hlp.Tracking(hlp.fully_connected(len(x)), hlp.sinusoid(z, 6), q=q, r_w=r_w, r=r, speed=c)
    net = problem.network
    w0 = W[net.heads, net.tails]
    policy = hlp.ProspectiveFlow(mu=mu, kappa=kappa, lead=lead)
    run = hlp.run(problem, policy, T=1e-4, dt=1e-4, x0=x, w0=w0, p0=(D / c, np.zeros(len(w0))))
    return net.matrix(-run.p_w[0] / r)
""",
            says="calls the library's",
        ),
    ],
    "anticipate": [
        swap("lean=0.07 / pace, level=np.mean(values)", "", says="does not lean yet"),
        swap("0.07 / pace", "0.2", says="lean is the same in all classes, 0.2"),
        swap("0.07 / pace", "0.1", says="lean is the same in all classes, 0.1"),
        swap("np.mean(values)", "0.0", says="level is the same in all classes"),
        swap("np.mean(values)", "(values.min() + values.max()) / 2", says="level is the mean after a jump"),
        swap("0.07 / pace", "0.02 / pace", says="of about .1 / omega . kappa / c. / pace"),
        swap("0.07 / pace", "0.2 * pace", says="[Tt]ry other leans"),
        swap("0.07 / pace", "0.15 / pace", says="[Tt]ry other leans|diverges|refuses"),
        write("def anticipate(times, values):\n    return hlp.GradientFlow(0.03)", says="does not lean yet"),
        write("def anticipate(times, values):\n    return hlp.Canonical()", says="diverges"),
        write("def anticipate(times, values):\n    return 0.2", says="a policy is asked for"),
        swap("ProspectiveSteering(", "ProspectiveSteering(floor=-1, ", says="floor = -1: must be"),
        write(
            """
def anticipate(times, values):
    class Mine(hlp.ProspectiveSteering):
        pass

    return Mine()
""",
            says="not one of the library's",
        ),
    ],
}
