"""Wrong answers to the tasks of lesson 14."""

from wrong_answers import swap, write

WRONG = {
    "break_even": [
        swap("m + 1", "m", says="both keep the same"),
        swap("m + 1", "n * m + 2 * m", says="how many numbers RTRL keeps"),
        swap("m + 1", "n", says="number of neurons"),
        swap("m + 1", "m + 2 * m // n + 1", says="so they cancel"),
        swap("m + 1", "m // n + 1", says="the n cancels"),
        swap("m + 1", "1641", says="where .* is right"),
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
        swap(
            "            learn(last, z)\n",
            "            learn(last, z)\n            learn(last, z)\n",
            says="teaches a pair more than once",
        ),
        swap(
            "learn(last, z)\n        last",
            "learn(last, z)\n            guess(last)\n        last",
            says="asks for a guess more than once",
        ),
        write(
            """
def skill(guess, learn, values):
    last, ours, still = np.nan, [], []
    for z in values:
        if np.isfinite(last + z):
            ours.append((guess(last) - z) ** 2)
            still.append((last - z) ** 2)
            learn(last, z)
        last = z
    return 1 - sum(ours) / sum(still)
""",
            says="grows with the stream",
        ),
    ],
    "survivor": [
        swap("chunk=every", "chunk=100", says="save after every"),
        swap("chunk=every", "chunk=2 * every", says="save after every"),
        swap("source(done)", "source(0)", says="goes on with `source.0.`"),
        swap("source(done)", "source(done + 1)", says="goes on with `source.1.`"),
        swap(
            "dict(start=start), start.samples",
            "dict(start=start.at), start.samples",
            says="raised ValueError|save after every|not those of a stream",
        ),
        swap(
            "dict(start=start), start",
            "dict(w0=start.at.w, seed=0), start",
            says="raised ValueError|save after every|not those of a stream",
        ),
        swap(
            "dict(start=start), start",
            "dict(x0=start.at.x, w0=start.at.w, t0=start.at.t), start",
            says="raised ValueError|save after every|not those of a stream",
        ),
        swap("seed=0", "seed=1", says="not those of a stream without cuts"),
        swap("listen=0.5", "listen=0.4", says="not those of a stream without cuts|raised"),
        swap("os.path.exists(path)", "False", says="goes on with `source.0.`"),
        swap(
            "    for _ in learner:\n        learner.state.save(path)\n",
            "    learner.collect()\n    learner.state.save(path)\n",
            says="save after every",
        ),
        swap("return StreamState.load(path).at.w", "return 0", says="it returns the shape"),
        swap(".at.w\n", ".at.x\n", says="it returns the shape"),
        write(
            """
KEPT = {}

def survivor(problem, policy, source, path, every):
    start = KEPT.get(path)
    begin, done = (dict(start=start), start.samples) if start else (dict(seed=0), 0)
    learner = hlp.stream(problem, policy, source(done), listen=0.5, chunk=every, progress=False, **begin)
    for _ in learner:
        KEPT[path] = learner.state
        learner.state.save(path)
    return KEPT[path].at.w
""",
            says="does not go on from the file",
        ),
        write(
            """
KEPT = {}

def survivor(problem, policy, source, path, every):
    start = KEPT.get(path)
    begin, done = (dict(start=start), start.samples) if start else (dict(seed=0), 0)
    learner = hlp.stream(problem, policy, source(done), listen=0.5, chunk=every, progress=False, **begin)
    for _ in learner:
        KEPT[path] = learner.state
    return KEPT[path].at.w
""",
            says="save after every",
        ),
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
        swap("seed=0", "seed=1", says="part .: it gives"),
        swap("exam, listen", "second, listen", says="part .: it gives"),
        swap("return before, after", "return before, after - before", says="part 2: it gives"),
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
        write(
            """
def forecaster():
    rows, w = [], np.eye(12)[0]

    def learn(u, z):
        rows.append((u, z))
        if len(rows) % 500 == 100:
            w[:] = np.linalg.lstsq(np.array([u for u, _ in rows]), np.array([z for _, z in rows]), rcond=None)[0]

    return (lambda u: w @ u), learn
""",
            says="grows with the stream",
        ),
        write(
            """
def forecaster():
    w, P = np.zeros(12), 100 * np.eye(12)

    def learn(u, z):
        k = P @ u[::-1] / (1 + u[::-1] @ P @ u[::-1])
        w[:] = w - k * (w @ u[::-1] - z)
        P[:] = P - np.outer(k, u[::-1] @ P)

    return (lambda u: w @ u), learn
""",
            says="its skill is",
        ),
    ],
}
