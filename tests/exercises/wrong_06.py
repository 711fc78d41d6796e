"""Wrong answers to the tasks of lesson 06."""

from wrong_answers import swap, write

WRONG = {
    "count": [
        swap(" + len(network.arcs)", "", says="arcs are forgotten"),
        swap("2 * movable", "movable", says="costates are missing"),
        swap("2 * movable, movable, movable", "movable, movable, 0", says="costates are forgotten"),
        swap("len(network.neurons)", "len(network.neurons + network.inputs)", says="counts the inputs"),
        swap("2 * movable", "2 * movable + len(network.arcs)", says="it counts the control"),
        swap("movable, movable, movable", "movable, 2 * movable, 0", says="all conditions at the start"),
        swap("movable, movable, movable", "movable, 2 * movable, 2 * movable", says="both ends"),
        write("def count(network):\n    return 70, 35, 35", says="part 1: it gives 70 where"),
        swap("return 2 * movable, movable, movable", "return 2 * movable", says="must be 3 things"),
    ],
    "digits_lost": [
        swap(" / np.log(10)", "", says="factors e"),
        swap("np.log(10)", "np.log(2)", says="binary"),
        swap("/ np.log(10)", "* np.log(10)", says="multiplies by ln 10"),
        swap("natural_rate(a,", "natural_rate(0,", says="a is missing"),
        swap("rate(a, b,", "rate(a, 1,", says="b is missing"),
        swap("natural_rate(a, b, q, r)", "(a**2 + q * b**2 / r)", says="square root"),
        swap(" * T", "", says="one time unit"),
        swap("np.log(10)", "log(10)", says="raised NameError"),
    ],
    "leaving_rate": [
        swap("np.log(", "np.log10(", says="base 10"),
        swap("np.argmax(gap > 1e-4), np.argmax(gap > 0.1)", "0, -1", says="first row to the last"),
        write("def leaving_rate(t, gap):\n    return np.polyfit(t, np.log(gap), 1)[0]", says="line to all rows"),
        swap("t[last] - t[first]", "last - first", says="growth in one row"),
        swap(" / (t[last] - t[first])", "", says="by how much the logarithm grew"),
        swap("np.log(gap[last] / gap[first])", "(gap[last] - gap[first])", says="without a logarithm"),
        swap("gap[last] / gap[first]", "gap[first] / gap[last]", says="sign is wrong"),
        swap("1e-4", "1e-6", "0.1", "1e-5", says="is right"),
        swap("gap > 1e-4", "gap > 0.1", "gap > 0.1)\n    return", "gap > 2.5)\n    return", says="is right"),
        swap("(t[last] - t[first])", "(0.01 * (last - first))", says="is right"),
        write("def leaving_rate(t, gap):\n    return np.gradient(np.log(gap), t).max()", says="steepest of all steps"),
        swap("return", "print(", "t[first])", "t[first]))", says="prints its answer and returns nothing"),
    ],
    "shoot": [
        swap("return p0,", "p0 = short\n    return p0,", says="where the first shot lands"),
        swap(".p[-1, 0]", ".x[-1, 0] - problem.targets[0](T)", "abs(fire(p0))", "abs(problem.forward(T, p0=p0).p[-1, 0])",
             says="aims at x"),
        swap("-short /", "short /", says="wrong sign"),
        swap("-short / (fire(1) - short)", "-short", says="subtracts the miss as it is"),
        swap("-short / (fire(1) - short)", "0.0", says="left at that"),
        swap("abs(fire(p0))", "1e-12", says="at T = 4 it reports a miss of 1e-12"),
        swap("return p0, abs(fire(p0))", "return p0", says="must be 2 things"),
        swap("T, p0=p0)", "T, p0=p0, dt=1e-4)", says="leave dt as it is"),
        swap("T, p0=p0)", "T, x0=0.1, p0=p0)", says="stands at x.0. = 0"),
        swap("return p0, abs", "assert abs(fire(p0)) < 1e-3\n    return p0, abs", says="raised AssertionError"),
        swap("abs(fire(p0))", "fire(p0)", "short = fire(0)", "short = fire(0) + 1e-3", says="is right|reports a miss"),
        write(
            """
def shoot(problem, T):
    return LQTracking(problem.A, problem.B, problem.Q, problem.R, problem.targets[0]).optimal(T).p[0, 0], 0.0
""",
            says="calls the library's `LQTracking`",
        ),
        swap("short = fire(0)", "return problem.optimal(T).p[0, 0], 0.0", says="problem.forward alone, not problem.optimal"),
    ],
    "multiple_shooting": [
        swap("reshape(-1, 2)", "reshape(-1, 2)[:, ::-1]", says="two columns are exchanged"),
        swap("reshape(-1, 2)", "reshape(-1, 2)[::-1]", says="reversed order of time"),
        swap("equations[-1, -1] = 1", "equations[-1, -2], right[-1] = 1, problem.targets[0](T)", says="end is x"),
        swap("fly(problem, k * length, length, 0, 0)", "fly(problem, 0, length, 0, 0)", says="target of the first one"),
        swap("right[here] = fly(problem, k * length, length, 0, 0)", "right[here] = 0", says="everything is 0"),
        swap("reshape(-1, 2)", "reshape(-1, 2)[:-1]", says="last joint is missing"),
        swap("equations[-2, 0] = 1", "equations[-2, 1] = 1", says="x begins at .* has to begin at 0"),
        swap("equations[-1, -1] = 1", "equations[-1, 1] = 1", says="both given at the start"),
        swap("-F, np.eye(2)", "F, np.eye(2)", says="joints do not fit"),
        write(
            """
def multiple_shooting(problem, T, pieces):
    best = LQTracking(problem.A, problem.B, problem.Q, problem.R, problem.targets[0]).optimal(T)
    rows = np.linspace(0, len(best.t) - 1, pieces + 1).round().astype(int)
    return np.column_stack([best.x[rows, 0], best.p[rows, 0]])
""",
            says="calls the library's `LQTracking.optimal`",
        ),
        swap("reshape(-1, 2)", "reshape(-1, 2).T", says="has the shape"),
        swap("T / pieces", "0.5", says="is right|joints do not fit|begins|at the last joint"),
        swap("reshape(-1, 2)", "reshape(-1, 2).round(2)", says="is right|begins|at the last joint|do not fit"),
        write(
            """
def multiple_shooting(problem, T, pieces):
    run = problem.forward(T, p0=shoot(problem, T)[0])
    rows = np.linspace(0, len(run.t) - 1, pieces + 1).astype(int)
    return np.column_stack([run.x[rows, 0], run.p[rows, 0]])
""",
            says="one long shot",
        ),
    ],
}
