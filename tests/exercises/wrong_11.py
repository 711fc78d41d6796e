"""Wrong answers to the tasks of lesson 11."""

from wrong_answers import swap, write

WRONG = {
    "blindness": [
        swap("planned / best", "best / planned", says="ratio is upside down"),
        write(
            """
def blindness(rows, paid):
    cost = {(r["method"], r["seed"]): r["cost"] for r in rows if r["signal"] == "patched"}
    seeds = {seed for _, seed in cost}
    ratios = [cost["mpc", s] / cost["optimum", s] for s in seeds]
    shares = [(cost["mpc", s] - cost["optimum", s]) / (p - cost["optimum", s]) for s, p in paid.items()]
    return np.median(ratios), np.median(shares)
""",
            says="where .* is right",
        ),
        swap("np.median(ratios)", "np.mean(ratios)", says="ratio is the mean"),
        swap(' if row["signal"] == "patched"', "", says="sine wave too|pair optimum"),
        write(
            """
def blindness(rows, paid):
    costs = {m: [r["cost"] for r in rows if r["signal"] == "patched" and r["method"] == m] for m in ("optimum", "mpc")}
    return np.median(costs["mpc"]) / np.median(costs["optimum"]), 0.5
""",
            says="two medians",
        ),
        write(
            """
def blindness(rows, paid):
    costs = {m: [r["cost"] for r in rows if r["signal"] == "patched" and r["method"] == m] for m in ("optimum", "mpc")}
    return np.median(np.divide(costs["mpc"], costs["optimum"])), 0.5
""",
            says="pair optimum and mpc by their seed",
        ),
        swap("(planned - best) / (policy - best)", "planned / policy", says="whole costs"),
        swap("(planned - best) / (policy - best)", "1 - (planned - best) / (policy - best)", says="would save"),
        swap("(planned - best) / (policy - best)", "(policy - best) / (planned - best)", says="fraction is upside down"),
        swap("np.median(shares)", "np.mean(shares)", says="fraction is the mean"),
        write(
            """
def blindness(rows, paid):
    cost = {(r["method"], r["seed"]): r["cost"] for r in rows if r["signal"] == "patched"}
    best, planned = ([cost[method, seed] for seed in paid] for method in ("optimum", "mpc"))
    share = (np.median(planned) - np.median(best)) / (np.median(list(paid.values())) - np.median(best))
    return np.median(np.divide(planned, best)), share
""",
            says="made of medians",
        ),
        swap("return np.median(ratios), ", "return ", says="2 things"),
    ],
    "settling": [
        swap("outside[-1] + 1", "np.flatnonzero(np.abs(error[rows]) <= band)[0]", says="first enters the band"),
        swap("[first] - start", "[first]", says="times on the clock"),
        swap("t[rows][first] - start", "first", says="numbers of rows"),
        swap("np.abs(error[rows])", "error[rows]", says="absolute value"),
        swap("return np.array(times)", "return np.array(times[:-1])", says="four times for five jumps"),
        swap("t < end - 1e-6", "t <= end + 1e-6", says="end the stretch before it"),
        swap("return np.array(times)", "return np.nan_to_num(times)", says="nan is asked for there"),
        swap("first < rows.sum() else np.nan", "first < rows.sum() else end - start", says="nan is asked for there"),
        swap("np.array(times)", "np.median(times)", says="a time for each"),
        swap("[first] - start", "[first] - start - 0.1", says="stays in the band from"),
    ],
    "contest": [
        swap("np.median(a)", "a.min()", "np.median(b)", "b.min()", says="reports the best seed"),
        swap("np.median(a)", "a.mean()", "np.median(b)", "b.mean()", says="is the mean"),
        swap("rmse(after=20 / 3)", "rmse()", says="count the start too"),
        swap("(a < b)", "(a > b)", says="second policy's wins"),
        swap(
            "np.median(a), a.min()",
            "a.min(), np.median(a)",
            "np.median(b), b.min()",
            "b.min(), np.median(b)",
            says="another order",
        ),
        swap('tracking_problem("patched", s)', 'tracking_problem("patched", 3)', says="same signal"),
        swap(
            "a, b = both",
            "a, b = (e[np.isfinite(e)] if np.isfinite(e).any() else np.zeros(1) for e in both)",
            says="hides runs",
        ),
        swap("(a < b).sum()", "a < b", says="must be a number|shape"),
    ],
    "freeze": [
        swap(
            "return first.rmse(after=T - rest), second.rmse()",
            "return second.rmse(), first.rmse(after=T - rest)",
            says="wrong order",
        ),
        swap("after=T - rest", "", says="counts the whole run"),
        write(
            """
def freeze(problem, policy, T, rest, seed):
    first = hlp.run(problem, policy, T, dt=0.01, seed=seed)
    free, stopped = (hlp.run(problem, p, rest, dt=0.01, start=first.final) for p in (policy, hlp.Frozen()))
    return free.rmse(), stopped.rmse()
""",
            says="last .rest. time units of the first run",
        ),
        swap("start=first.final", "t0=T, seed=seed", says="held weights are those of the start"),
        swap("start=first.final", "seed=seed", says="starts anew"),
        swap("start=first.final", "x0=first.final.x, w0=first.final.w", says="clock went back"),
        swap("start=first.final", "w0=first.final.w, seed=seed", says="together with the clock"),
        swap("start=first.final", "t0=T, w0=first.final.w, x0=np.zeros(5)", says="states were set back to 0"),
        swap("hlp.Frozen()", "policy", says="weights move in the second run"),
        swap("second.rmse()", "second.rmse(after=T + rest / 2)", says="where .* is right"),
    ],
    "surprise": [
        swap(
            "return z",
            "return lambda t: np.random.default_rng().normal(size=np.shape(t)).clip(-0.8, 0.8)",
            says="something else",
        ),
        swap("default_rng(seed)", "default_rng()", says="two signals"),
        swap("101", "5", says="raised IndexError for times"),
        swap("default_rng(seed)", "default_rng(0)", says="two seeds"),
        swap("return z", "return lambda t: 0.8 * np.sin((1 + seed) * t)", says="jumps 0 times"),
        swap("-0.8, 0.8", "-1.0, 1.0", says="within 0.8"),
        swap("np.cumsum(dice.uniform(1, 3, 101))", "2.0 * np.arange(1, 102)", says="equally long"),
        swap("dice.uniform(1, 3, 101)", "dice.uniform(0.2, 3, 101)", says="apart"),
        swap("dice.uniform(1, 3, 101)", "dice.uniform(1, 13, 101)", says="does not jump|15|jumps"),
        swap("dice.random(101) < 0.5", "dice.random(101) < 2", says="is a cosine"),
        swap("dice.random(101) < 0.5", "dice.random(101) < -1", says="is constant"),
        swap("-0.8, 0.8", "-0.25, 0.25", says="too easy"),
        swap("dice.uniform(1, 3, 101)", "dice.uniform(1, 5, 101)", says="one piece in five|does not jump"),
        write("def surprise(seed):\n    return hlp.patchwork(seed)", says="of your own"),
        swap("return z", "return z(np.arange(0, 100, 0.01))", says="function of an array"),
        swap("return z", "return lambda t: z(np.max(t))", says="one value for each time"),
    ],
}
