"""Wrong answers to the tasks of lesson 14."""

from wrong_answers import swap, write

WRONG = {
    "break_even": [
        write("break_even = 40 * 1640", says="how many numbers RTRL keeps"),
        write("break_even = 40", says="number of neurons"),
        write("break_even = 1640 + 2 * 1640 // 40", says="so they cancel"),
        write("break_even = 41", says="the n cancels"),
        write("break_even = 3000", says="too high"),
    ],
    "skill": [
        swap(
            "g = guess(last)",
            "learn(last, z)\n            g = guess(last)",
            "            learn(last, z)\n        last",
            "        last",
            says="teaches before it tests",
        ),
        swap("for z in values", "for z in list(values)", says="reads the stream to its end"),
        swap("return 1 - ours / still", "return ours / still", says="1 minus it"),
        swap("return 1 - ours / still", "return 1 - np.sqrt(ours / still)", says="without the root"),
        swap("return 1 - ours / still", "return 1 - still / ours", says="upside down"),
        swap("(g - z) ** 2", "(g - last) ** 2", says="given, not with the one"),
        swap("np.isfinite(last + z)", "last == last", says="hands nan"),
        swap("            learn(last, z)\n", "", says="never teaches"),
        swap("g = guess(last)", "g = last", says="never asks"),
        swap("        last = z", "        last = z if np.isfinite(z) else last", says="do not follow each other"),
        write(
            """
def skill(guess, learn, values):
    last, ours, seen = np.nan, [], []
    for z in values:
        if np.isfinite(last + z):
            ours.append((guess(last) - z) ** 2)
            seen.append(z)
            learn(last, z)
        last = z
    return 1 - np.mean(ours) / np.var(seen)
""",
            says="mean of the series",
        ),
        swap("return 1 - ours / still", "return 1 - ours / still + 0.1", says="where .* is right"),
    ],
    "in_two": [
        swap(", start=StreamState.load(path)", ", seed=seed", says="begins anew"),
        swap(
            "start=StreamState.load(path)",
            "x0=first.state.at.x, w0=first.state.at.w, t0=first.state.at.t",
            says="lost the costates",
        ),
        swap("start=StreamState.load(path)", "w0=first.state.at.w, seed=seed", says="weights alone"),
        swap("start=StreamState.load(path)", "x0=first.state.at.x, w0=first.state.at.w", says="lost"),
        swap("samples[cut:]", "samples", says="saw the first samples again"),
        swap("samples[cut:]", "samples[cut - 1 : -1]", says="lost or doubled|from sample"),
        swap("samples[cut:]", "samples[cut + 1 :]", says="shape"),
        swap(
            "first.state.save(path)",
            "state = first.state",
            "StreamState.load(path)",
            "state",
            says="nothing was written",
        ),
        swap("np.concatenate([begun, rest])", "rest", says="second part alone"),
        swap("seed=seed", "seed=seed + 1", says="first part guesses otherwise"),
    ],
    "forgetting": [
        swap("return before, after", "return after, before", says="order is wrong"),
        swap("hlp.Frozen()", "policy", says="weights move during the exams"),
        swap("second, start=one.state", "second, seed=0", says="by a new network"),
        write(
            """
def forgetting(problem, policy, first, second, exam):
    errors, how = [], dict(seed=0)
    for regime in (first, second):
        learner = hlp.stream(problem, policy, regime, listen=0.5, progress=False, **how)
        examiner = hlp.stream(problem, hlp.Frozen(), exam, listen=0.5, start=learner.state, progress=False)
        guess, target = examiner.collect()
        errors.append(np.sqrt(np.mean((guess - target) ** 2)))
        how = dict(start=learner.state)
    return tuple(errors)
""",
            says="nothing was learned before the exams",
        ),
        swap("return before, after", "return before, before", says="same network"),
        write(
            """
def forgetting(problem, policy, first, second, exam):
    errors, how = [], dict(seed=0)
    for regime in (first, second):
        learner = hlp.stream(problem, policy, regime, listen=0.5, progress=False, **how)
        learner.collect()
        examiner = hlp.stream(problem, hlp.Frozen(), exam, listen=0.5, start=learner.state, progress=False)
        guess, target = examiner.collect()
        errors.append(np.sqrt(np.mean((guess - target) ** 2)))
        how = dict(start=examiner.state)
    return tuple(errors)
""",
            says="must leave no trace",
        ),
        swap("np.sqrt(np.mean((guess - target) ** 2))", "np.mean((guess - target) ** 2)", says="take the root"),
    ],
    "forecaster": [
        swap("np.zeros(12)", "np.zeros(3)", says="what it returns raised ValueError"),
        write("def forecaster():\n    return (lambda u: u[0]), (lambda u, z: None)", says="persistence itself"),
        write("def forecaster():\n    return (lambda u: u[:2].mean()), (lambda u, z: None)", says="its skill is 0.0"),
        write("def forecaster():\n    return (lambda u: u), (lambda u, z: None)", says="one number"),
        write("def forecaster():\n    return lambda u: u[0]", says="two functions"),
        write(
            """
def forecaster():
    w = np.eye(12)[0]

    def learn(u, z):
        w[:] -= 0.5 * (w @ u - z) * u

    return (lambda u: w @ u), learn
""",
            says="not finite|its skill is",
        ),
        write(
            """
from hlp_edu.data import sunspots
from hlp_edu.stream import next_of

def forecaster():
    rows = list(next_of(sunspots().values / 100, 12))
    w = np.linalg.lstsq(np.array([u for u, _ in rows]), np.array([z for _, z in rows]), rcond=None)[0]
    return (lambda u: w @ u), (lambda u, z: None)
""",
            says="made-up series",
        ),
    ],
}
