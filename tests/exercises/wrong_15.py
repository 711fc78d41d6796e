"""Wrong answers to the tasks of lesson 15."""

from wrong_answers import swap, write

WRONG = {
    "slope": [
        swap("return ", "return -1 * ", says="sign is wrong"),
        swap("c >= least", "c > least", says="leaves out the speed"),
        swap("c >= least", "c >= 0", says="slow speeds are in it"),
        swap("np.log(c[far]), np.log(error[far])", "c[far], error[far]", says="slope of the error itself"),
        swap("np.log(error[far])", "error[far]", says="error too"),
        swap("[0]", "[1]", says="intercept"),
        write(
            """
def slope(c, error, least):
    x, y = np.log(c[c >= least]), np.log(error[c >= least])
    return (y[np.argmax(x)] - y[np.argmin(x)]) / np.ptp(x)
""",
            says="first and the last point",
        ),
        swap("1)[0]", "2)[0]", says="where .* is right"),
        swap("c[far]), np.log(error[far])", "c[-5:]), np.log(error[-5:])", says="where .* is right"),
        write("def slope(c, error, least):\n    return -1.0", says="where .* is right"),
    ],
    "better": [
        swap(
            "(ours < theirs)",
            "((ours < theirs) & np.isfinite(ours) & np.isfinite(theirs))",
            says="leaves out the seeds",
        ),
        swap("ours < theirs", "ours <= theirs", says="equal errors"),
        swap(">= 9", "> 9", says="all ten seeds"),
        swap(">= 9", ">= 8", says="eight seeds"),
        swap(">= 9", "> 5", says="majority"),
        swap("won.mean() >= 0.5", "won.any()", says="single comparison"),
        swap("won.mean() >= 0.5", "won.sum() >= 2", says="two are not always half"),
        swap("won.mean() >= 0.5", "won.mean() > 0.5", says="just half"),
        write(
            """
def better(ours, theirs):
    won = np.median(ours, axis=1) < np.median(theirs, axis=1)
    if won.all():
        return "better"
    return "sometimes" if won.mean() >= 0.5 else "not better"
""",
            says="compares medians",
        ),
        swap('return "better"', "return True", says="must be a text"),
    ],
    "chosen": [
        swap("np.median(practice, axis=1)", "np.median(exam, axis=1)", says="peeking"),
        swap("np.median(exam[k])", "np.median(practice[k])", says="error in practice"),
        swap("np.median(practice, axis=1)", "np.min(practice, axis=1)", says="luckiest seed"),
        swap("np.median(exam[k])", "np.min(exam[k])", says="best of the ten"),
        swap("np.median(exam[k])", "np.max(exam[k])", says="no finite number"),
        write(
            """
def chosen(practice, exam):
    sane = np.nanmedian(np.where(np.isfinite(practice), practice, np.nan), axis=1)
    return float(np.median(exam[np.argmin(sane)]))
""",
            says="leaves out runs that diverged",
        ),
        swap("np.median(exam[k])", "np.median(exam[k][np.isfinite(exam[k])])", says="did not diverge"),
        swap("np.median(exam[k])", "np.median(exam[2])", says="where .* is right|no finite number"),
    ],
    "reach": [
        write(
            """
def reach(delay, law, line, c):
    good = law < 2 / 3 * line
    return float(c * delay[good].max()) if good.any() else 0.0
""",
            says="stop at the first failure",
        ),
        swap("c * delay", "delay", says="that is a time"),
        swap("c * delay[n - 1]", "delay[n - 1] / c", says="multiply by c"),
        swap("2 / 3 * line", "line", says="two thirds"),
        swap("2 / 3 * line", "0.5 * line", says="asks for half"),
        swap("n - 1", "n - 2", says="where .* is right"),
        swap("c * delay[n - 1]", "n", says="where .* is right"),
        swap(" if n else 0.0", "", says="where .* is right"),
    ],
    "work": [
        write("def work(u):\n    return 0.7 * np.tanh(1.5 * u)", says="one neuron alone"),
        write("def work(u):\n    return 0.6 * np.sin(7 * u)", says="bend it less often"),
        write("def work(u):\n    return 0.9 * np.cos(2 * u)", says="stay within"),
        write("def work(u):\n    return 0.5", says="one value for each"),
        write("def work(u):\n    return 0.6 * np.cos(2 * (u - u.mean()))", says="function of u"),
        write("def work(u):\n    return 0.1 / (0 * u)", says="not finite"),
        write("def work(u):\n    return np.where(abs(u) > 1.19, 0.9, 0.6 * np.cos(2 * u))", says="stay within"),
        write("def work(u):\n    return np.random.default_rng().uniform(-0.6, 0.6, len(u))", says="function of u"),
        write("def work(u):\n    return 0.6 * np.sign(np.sin(9 * u))", says="bend it less often"),
    ],
}
