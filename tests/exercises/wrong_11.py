"""Wrong answers to the tasks of lesson 11."""

from wrong_answers import swap, write

WRONG = {
    "luck": [
        swap("range(wins, n + 1)", "(wins,)", says="just so many wins"),
        swap("range(wins, n + 1)", "range(wins + 1, n + 1)", says="more wins"),
        swap("(a < b)", "(a > b)", says="second policy's wins"),
        swap("(a < b)", "(a <= b)", "(a != b).sum()", "len(a)", says="equal errors are no win"),
        swap("int((a != b).sum())", "len(a)", says="without a winner is left out"),
        swap(
            "wins, n = int((a < b).sum())",
            "a, b = (e[np.isfinite(a) & np.isfinite(b)] for e in (a, b))\n    wins, n = int((a < b).sum())",
            says="leaves out every run that diverged",
        ),
        swap("return sum(", "return min(1, 2 * sum(", "2**n", "2**n)", says="one of the two"),
        write("def luck(a, b):\n    return 0.5 ** (a < b).sum()", says="to that power"),
        swap("2**n", "2**10", says="where .* is right"),
        write(
            """
def luck(a, b):
    dice, n = np.random.default_rng(0), (a != b).sum()
    return np.mean(dice.binomial(n, 0.5, 10_000) >= (a < b).sum())
""",
            says="where .* is right",
        ),
    ],
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
        swap(' if row["signal"] == "patched"', "", says="sine wave too|pair optimum|part 1: it gives"),
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
        swap(
            "(planned - best) / (policy - best)", "(policy - best) / (planned - best)", says="fraction is upside down"
        ),
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
        write(
            """
def blindness(rows, paid):
    cost = {(r["method"] == "optimum", r["seed"]): r["cost"] for r in rows if r["signal"] == "patched"}
    ratios = [cost[False, s] / cost[True, s] for s in paid]
    shares = [(cost[False, s] - cost[True, s]) / (p - cost[True, s]) for s, p in paid.items()]
    return np.median(ratios), np.median(shares)
""",
            says="the ratio is .* where .* is right|part . gives|part .: it gives",
        ),
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
        swap("[first] - start", "[first] - start - 0.1", says="stays in the band from|last row outside"),
        swap("outside[-1] + 1", "outside[-1]", says="last row outside"),
        swap("> band", ">= band", says="just the band's width"),
        swap("t < end - 1e-6", "t < end", says="a hair early"),
        swap("t[rows][first] - start", "0.01 * first", says="stays in the band from"),
        swap("jumps[1:]", "jumps[1:] - 0.3", says="nan is asked for|it gives nan|stays in the band"),
    ],
    "contest": [
        swap("np.median(a)", "a.min()", "np.median(b)", "b.min()", says="reports the best seed"),
        swap("np.median(a)", "a.mean()", "np.median(b)", "b.mean()", says="is the mean"),
        swap("rmse(after=20 / 3)", "rmse()", says="count the start too"),
        swap("(a < b)", "(a > b)", says="second policy's wins"),
        swap("(a < b)", "(a <= b)", says="equal errors are no win"),
        swap("seed=s)", "seed=0)", says="not those of the starts asked for"),
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
    "surprise": [
        swap(
            "return z",
            "return lambda t: np.random.default_rng().normal(size=np.shape(t)).clip(-0.8, 0.8)",
            says="something else",
        ),
        swap("default_rng(seed)", "default_rng()", says="two signals"),
        swap("101", "5", says="raised IndexError for times"),
        swap("101", "30", says="raised IndexError for times from 0 to 100"),
        swap("default_rng(seed)", "default_rng(0)", says="two seeds"),
        swap("return z", "return lambda t: 0.8 * np.sin((1 + seed % 7) * t)", says="jumps 0 times|moves by more than"),
        swap("0.8 *", "0.9 *", says="within 0.8"),
        swap("np.cumsum(dice.uniform(1, 3, 101))", "2.0 * np.arange(1, 102)", says="equally long"),
        swap("dice.uniform(1, 3, 101)", "dice.uniform(0.2, 3, 101)", says="apart"),
        swap("dice.uniform(1, 3, 101)", "dice.uniform(1, 13, 101)", says="does not jump|25|jumps"),
        swap("dice.uniform(1, 3, 101)", "dice.uniform(1, 5, 101)", says="one piece in five|does not jump"),
        swap("dice.random(101) < 0.5", "dice.random(101) < 2", says="100% of the time it is constant"),
        swap("dice.random(101) < 0.5", "dice.random(101) < -1", says="0% of the time it is constant"),
        swap("dice.random(101) < 0.5", "dice.random(101) < 0.25", says="a coin is to decide"),
        swap("dice.uniform(1, 4, 101)", "dice.uniform(1, 4.6, 101)", says="radians per time unit"),
        swap("dice.uniform(1, 4, 101)", "dice.uniform(1, 9, 101)", says="radians per time unit"),
        swap(
            "np.cos(rate[piece] * (t - starts[piece]))",
            "(1 - 0.5 * (rate[piece] > 0) * (t - starts[piece]))",
            says="neither a constant nor a cosine",
        ),
        swap(
            "0.8 * (-1.0) ** np.arange(101) * dice.uniform(0.9, 1, 101)",
            "dice.uniform(-0.8, 0.8, 101)",
            says="too easy",
        ),
        swap("0.8 *", "0.3 *", says="too easy"),
        write("def surprise(seed):\n    return hlp.patchwork(seed)", says="of your own"),
        swap("return z", "return z(np.arange(0, 100, 0.01))", says="function of an array"),
        swap("return z", "return lambda t: z(np.max(t))", says="one value for each time"),
    ],
}
