"""Wrong answers to the tasks of lesson 16."""

from wrong_answers import swap, write

WRONG = {
    "verdict": [
        swap("if not tracks:", "if False:", says="where nothing was measured, it says that the claim holds"),
        swap(
            'return "not testable here"',
            'return "does not hold here"',
            says="where nothing was measured, .* does not hold",
        ),
        swap("if all(tracks):", "if any(tracks):", says="one condition is enough"),
        swap('"holds if" if any(tracks) else ', "", says="one condition that fails"),
        swap("np.median(runs)", "np.min(runs)", says="best run"),
        swap("np.median(runs)", "np.max(runs)", says="worst run"),
        swap("np.median(runs)", "np.mean(runs)", says="by the mean"),
        swap("np.median(runs)", "np.median(np.array(runs)[np.isfinite(runs)])", says="runs that diverged"),
        swap("silence / 2", "silence", says="border is .half"),
        swap("< silence / 2", "<= silence / 2", says="not .less. than half"),
        swap("silence / 2", "0.25", says="where .* is right"),
        swap('return "holds"', "return True", says="must be a text"),
        swap('"holds if"', '"it depends"', says="where 'holds if' is right"),
    ],
    "advise": [
        swap('min(good, key=lambda row: row["stores"])', 'min(good, key=lambda row: row["error"])', says="least error"),
        swap(' and row["stores"] <= room', "", says="ignores the room"),
        swap("1.05 * least", "1e9 * least", says="whatever its error"),
        swap('row["stores"] <= room', 'row["stores"] < room', says="exactly does fit"),
        swap("1.05", "1.1", says="ten per cent"),
        swap("row['error'] is not None".replace("'", '"') + " and ", "", says="raised TypeError"),
        write(
            """
def advise(rows, room):
    known = [row for row in rows if row["error"] is not None]
    if not known:
        return "nothing fits"
    least = min(row["error"] for row in known)
    good = [row for row in known if row["error"] <= 1.05 * least and row["stores"] <= room]
    return min(good, key=lambda row: row["stores"])["method"] if good else "nothing fits"
""",
            says="what does not fit sets no bar",
        ),
        swap('["method"]', "", says="must be a text"),
        swap('return "nothing fits"', 'return "SGD"', says="where 'nothing fits' is right"),
        swap("1.05 * least", "least + 0.05", says="where .* is right|whatever its error|ten per cent"),
    ],
    "cheats": [
        swap("for y in states", "for y in states[:1]", says="misses"),
        swap("for y in states", "for y in states[1:2]", says="in some states only"),
        swap("> 1e-9", "> 1e-2", says="misses"),
        swap("found & ~allowed", "found", says="marks all that is read"),
        swap("found & ~allowed", "(found & ~allowed).T", says="exchanged|innocent"),
        swap("found[:, j] |=", "found[j, :] |=", says="exchanged|innocent"),
        swap("found[:, j] |=", "found[:, j] =", says="misses"),
        swap("there = y.copy()", "there = y", says="misses|changes its argument"),
        swap("found & ~allowed", "(found & ~allowed).sum()", says="shape"),
        swap("there[j] += 0.5", "there += 0.5", says="innocent|misses"),
        swap("for j in range(len(y))", "for j in range(5)", says="misses|innocent"),
        swap("states:", "states[-1:]:", says="misses"),
    ],
    "refuted": [
        swap("(signs == signs[:, :1]).all()", "True", says="arcs have different signs"),
        swap("signs[:, :1]", "signs[:1]", says="never changes in time"),
        swap("signs[:, :1]", "signs[0, 0]", says="one sign at all times"),
        swap(
            'evidence["dissipation_w"] == evidence["dissipation_x"] == 0',
            'evidence["dissipation_x"] == 0',
            says="dissipation_w",
        ),
        swap('evidence["dissipation_w"] == evidence["dissipation_x"] == 0', "True", says="accepts friction: with"),
        swap(
            'evidence["dissipation_w"] == evidence["dissipation_x"] == 0',
            'evidence["dissipation_w"] == 0',
            says="dissipation_x",
        ),
        write(
            """
def refuted(evidence):
    signs = np.asarray(evidence["signs"])
    fair = (signs == signs[:, :1]).all() and evidence["dissipation_w"] == evidence["dissipation_x"] == 0
    runs = [(evidence[name], evidence["silence_" + name]) for name in ("sinusoid", "patched")]
    return bool(fair and any(len(e) >= 10 and np.median(e) < silence / 2 for e, silence in runs))
""",
            says="one of the two signals",
        ),
        swap("len(evidence[name]) >= 10", "True", says="fewer than ten"),
        swap(">= 10", "> 10", says="ten are enough"),
        swap('("sinusoid", "patched")', '("sinusoid",)', says="sinusoid alone"),
        swap('("sinusoid", "patched")', '("patched",)', says="patched signal alone"),
        swap("np.median", "np.min", says="best run"),
        swap("np.median", "np.mean", says="by the mean"),
        swap("np.median", "np.max", says="worst run"),
        swap(" / 2", "", says="half of it"),
        swap("return bool(", "return str(", says="True or False|text"),
    ],
    "counterexample": [
        write("def counterexample(t):\n    return 0.5 * np.sin(2 * t)", says="the claim stands"),
        write("def counterexample(t):\n    return 0.8 * np.sign(np.sin(3 * t))", says="at most 1"),
        write("def counterexample(t):\n    return 0.01 + 0 * t", says="next to nothing"),
        write("def counterexample(t):\n    return 0.05", says="one value for each time"),
        write("def counterexample(t):\n    return 0.06 + 0 * t", says="worse than silence on"),
        write("def counterexample(t):\n    return 0.1 * np.sin(10 * t - 10 * t[0])", says="asked again"),
        swap("0.5", "1.0", says="the claim stands"),
        write(
            "def counterexample(t):\n    return 0.08 * np.sin(4 * np.pi * t) + 0.2 * np.sin(2000 * np.pi * t)",
            says="at most 1",
        ),
        write("def counterexample(t):\n    return np.where(t > 10, 0.3, 0.0)", says="at most 1"),
        write(
            "def counterexample(t):\n    return 0.08 * np.sin(4 * np.pi * t) * (1 + (len(t) > 5000))",
            says="asked again",
        ),
    ],
}
