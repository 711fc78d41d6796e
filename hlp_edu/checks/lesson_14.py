"""The tasks of lesson 14: what a stream costs, what it teaches, what it leaves behind."""

import os
import tempfile

import numpy as np

from hlp_edu.checks.core import Function, Value

__all__ = ["break_even", "skill", "in_two", "forgetting", "forecaster"]

LESSON = "14_learning_from_a_stream"


# ------------------------------------------------------------------------------ 1: what each method stores

NEURONS, ARCS = 40, 1640


def _first_longer():
    """Count up: the smallest number of steps for which BPTT has to keep more numbers than RTRL."""
    steps = 1
    while NEURONS * steps + 2 * ARCS <= NEURONS * ARCS + 2 * ARCS:
        steps += 1
    return steps


break_even = Value(
    LESSON,
    "break_even",
    "What does each method keep?",
    points=1,
    expected=_first_longer,
    tolerance=1.5 / ARCS,  # "at least as much" is as good as "more"
    mistakes={
        "that is how many numbers RTRL keeps, and the number of steps is asked for": lambda right: NEURONS * ARCS,
        "that is the number of neurons; RTRL keeps one number for each neuron *and each arc*": lambda right: NEURONS,
        "the weights and their gradient are kept by both, so they cancel": lambda right: ARCS + 2 * ARCS // NEURONS,
        "the n cancels: BPTT keeps n numbers a step, RTRL n for each arc": lambda right: ARCS / NEURONS,
    },
    hints=[
        "BPTT keeps the states of every step, RTRL the derivatives of all states with respect to all weights. The "
        "table in lesson 05 "
        "has both counts.",
        "Compare n K + 2 m with n m + 2 m: at which K are they equal?",
    ],
    moral="As many steps as there are arcs. In an endless stream BPTT has to cut; RTRL pays in time, n² m a step.",
)


# ------------------------------------------------------------------------ 2: test, then train; against what?


class _Pupil:
    """A learner that watches how it is treated: asked before it is told, told everything, never shown the future."""

    def __init__(self, values, slope=0.9):
        self.values, self.slope, self.given = values, slope, -1
        self.asked, self.told = [], []

    def stream(self):
        for value in self.values:
            self.given += 1
            yield value

    def guess(self, u):
        self.asked.append((self.given, len(self.told), float(u)))
        return self.slope * u + 0.1 * len(self.told) / len(self.values)

    def learn(self, u, z):
        self.told.append((self.given, len(self.asked), float(u), float(z)))


def _series(seed, gaps):
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(size=60)) * 0.2 + 2
    values[rng.choice(np.arange(5, 55), gaps, replace=False)] = np.nan
    return values


def _scores(values):
    """MSE of the pupil when treated well, of persistence, and what else may be taken for them."""
    pairs = [(u, z) for u, z in zip(values[:-1], values[1:], strict=True) if np.isfinite(u + z)]
    u, z = np.array(pairs).T
    told = np.arange(len(u))
    guess = 0.9 * u + 0.1 * told / len(values)
    late = 0.9 * u + 0.1 * (told + 1) / len(values)
    return dict(
        mse=np.mean((guess - z) ** 2), persistence=np.mean((u - z) ** 2), mean=np.var(z), late=np.mean((late - z) ** 2),
        own=np.mean((guess - u) ** 2),
    )  # fmt: skip


def _tests_then_trains(skill):
    for seed, gaps in ((0, 0), (1, 4)):
        values = _series(seed, gaps)
        pupil, facts = _Pupil(values), _scores(values)
        got = np.asarray(skill(pupil.guess, pupil.learn, pupil.stream()), float)
        if got.shape != ():
            return f"it returns the shape {got.shape}: one number is asked for"
        if not pupil.asked:
            return "it never asks the learner: `guess(u)` gives its guess of the value after u"
        if not pupil.told:
            return "it never teaches the learner: after each guess, `learn(u, z)` with the value that came"
        if any(not np.isfinite(row[2:]).all() for row in pupil.asked + pupil.told):
            return "it hands nan to the learner: where a value is missing, skip both pairs that it belongs to"
        if pupil.asked[0][0] > 5 or min(row[0] for row in pupil.told) > 5:
            return (
                "it reads the stream to its end before it asks for a guess. A stream may have no end: go through it "
                "once, "
                "and keep the last value only"
            )
        if any(asked <= k for k, (_, asked, _, _) in enumerate(pupil.told)):
            return (
                "it teaches before it tests: the learner sees the answer and is asked afterwards. First `guess`, "
                "then `learn`"
            )
        if not all(np.any((values[:-1] == u) & (values[1:] == z)) for _, _, u, z in pupil.told):
            return (
                "it teaches pairs that do not follow each other in the stream: learn(u, z) with z the value right "
                "after u"
            )
        words = _which_skill(float(got), facts, gaps)
        if words:
            return words


def _which_skill(got, facts, gaps):
    right = 1 - facts["mse"] / facts["persistence"]
    if abs(got - right) < 1e-6:
        return None
    seen_as = {
        "that is the ratio of the two mean squares; the skill is 1 minus it": facts["mse"] / facts["persistence"],
        "the skill compares mean squares, without the root": 1 - np.sqrt(facts["mse"] / facts["persistence"]),
        "it is measured against the mean of the series, which knows the whole series in advance. Persistence guesses "
        "that "
        "the next value is the last one": 1 - facts["mse"] / facts["mean"],
        "the guess is compared with the value that the learner was given, not with the one that came after it": (
            1 - facts["own"] / facts["persistence"]
        ),
        "the ratio is upside down: the learner's error above, that of persistence below": 1
        - facts["persistence"] / facts["mse"],
        "it teaches before it tests": 1 - facts["late"] / facts["persistence"],
    }
    for words, value in seen_as.items():
        if abs(got - value) < 1e-6:
            return words
    where = "with gaps" if gaps else "without gaps"
    return f"on a stream {where} it gives {got:.4f} where {right:.4f} is right"


skill = Function(
    LESSON,
    "skill",
    "Test, then train",
    points=3,
    properties=[_tests_then_trains],
    hints=[
        "Keep three things, and nothing else of the past: the last value, the sum of the learner's squared errors, and "
        "that of persistence. The number of pairs cancels.",
        "For every pair (u, z) of values that follow each other: `g = guess(u)`, add (g - z)² and (u - z)², then "
        "`learn(u, z)`.",
        "Begin with `last = np.nan`; for each `z` of `values`: if `np.isfinite(last + z)`, do the above with `u = "
        "last`; then "
        "`last = z`. At the end return 1 - ours / persistence.",
    ],
    moral="Every sample is a test before it is used to learn, so no split of the data is needed.",
)


# ------------------------------------------------------------------------------- 3: one stream, two parts

LISTEN = 0.5


def _pupils():
    """Two problems with policies of different memory, and samples for them."""
    import hlp_edu as hlp
    from hlp_edu.stream import open_problem

    small = open_problem(hlp.feed_forward([2, 3, 1]), q=10, r_w=0.01, r=0.5)
    return small, (hlp.Flipped(5, 2), hlp.PerArc(0.2))


def _samples(seed, count, slopes=(0.5, -0.3)):
    u = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    return [(one, float(one @ slopes)) for one in u]


def _sit(problem, policy, samples, **how):
    import hlp_edu as hlp

    made = hlp.stream(problem, policy, samples, listen=LISTEN, progress=False, **how)
    return made, made.collect()[0]


def _same_to_the_last_bit(in_two):
    problem, policies = _pupils()
    for policy, cut in zip(policies, (13, 30), strict=True):
        samples = _samples(cut, 40)
        _, right = _sit(problem, policy, samples, seed=3)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "state.npz")
            got = np.asarray(in_two(problem, policy, samples, cut, path, 3), float)
            written = os.path.exists(path)
        first, begun = _sit(problem, policy, samples[:cut], seed=3)
        if got.shape != right.shape:
            if len(got) == len(samples) - cut:
                return "it returns the guesses of the second part alone: those of both, one behind the other"
            if len(got) == len(samples) + cut:
                return "the second part saw the first samples again: its source begins at sample number `cut`"
            return f"it returns the shape {got.shape} for {len(samples)} samples where {right.shape} is asked for"
        if not np.array_equal(got[:cut], right[:cut]):
            return "the first part guesses otherwise than without a break: `seed`, `listen=0.5`, and no other argument?"
        if not written:
            return "nothing was written to `path`: at the end of the first part, `first.state.save(path)`"
        if np.array_equal(got, right):
            continue
        rest, at = samples[cut:], first.state.at
        seen_as = {
            "the second part begins anew: it must go on with `start=StreamState.load(path)`": dict(seed=3),
            "the second part knows states and weights but has lost the costates, which carry what is under way: "
            "`start=StreamState.load(path)` has them all": dict(x0=at.x, w0=at.w, t0=at.t),
            "the second part knows the weights alone; states and costates are lost: "
            "`start=StreamState.load(path)`": dict(w0=at.w, seed=3),
        }
        for words, how in seen_as.items():
            if np.allclose(got[cut:], _sit(problem, policy, rest, **how)[1]):
                return words
        if np.allclose(got[cut:-1], right[cut + 1 :]) or np.allclose(got[cut + 1 :], right[cut:-1]):
            return "one sample is lost or doubled at the cut: `samples[:cut]`, then `samples[cut:]`"
        k = int(np.argmax(np.abs(got - right).max(axis=1) > 0))
        off = np.abs(got - right).max()
        return f"after the break, from sample {k} on, its guesses differ from those without one, by up to {off:.2g}"


in_two = Function(
    LESSON,
    "in_two",
    "One stream, two parts",
    points=2,
    properties=[_same_to_the_last_bit],
    hints=[
        "A stream has a `state` once it has run. It can be saved and loaded, and a new stream can go on from it.",
        "`first = hlp.stream(problem, policy, samples[:cut], listen=0.5, seed=seed)`, then `first.collect()` and "
        "`first.state.save(path)`.",
        "The second: `hlp.stream(problem, policy, samples[cut:], listen=0.5, start=StreamState.load(path))`. "
        "`collect()` returns guesses and targets; join the guesses with `np.concatenate`.",
    ],
    moral="The state is complete: states, weights, costates and a clock.",
)


# ----------------------------------------------------------------------------- 4: kept, and forgotten


def _regimes(rng):
    import hlp_edu as hlp

    problem, _ = _pupils()
    for policy, seed in ((hlp.Flipped(5, 2), 5), (hlp.GradientFlow(mu=0.3), 6)):  # both settle: no other is repeatable
        first, second = _samples(seed, 80), _samples(seed + 10, 15, slopes=(-0.4, 0.4))
        yield problem, policy, first, second, _samples(seed + 20, 20)


def _examined(problem, policy, first, second, exam, frozen=True, begin="first", go_on="first", of="first"):
    """Both exams, by streams that hand over their state sample by sample; or what becomes of it with a slip."""
    import hlp_edu as hlp

    truth = np.array([[z] for _, z in exam])
    examiner = hlp.Frozen() if frozen else policy

    def learn(samples, start):
        how = dict(seed=0) if start is None else dict(start=start)
        made = hlp.stream(problem, policy, samples, listen=LISTEN, progress=False, chunk=1, **how)
        for _ in made:
            pass
        return made.state

    def test(state):
        how = dict(seed=0) if state is None else dict(start=state)
        made = hlp.stream(problem, examiner, exam, listen=LISTEN, progress=False, chunk=1, **how)
        guess = np.concatenate([chunk.guess for chunk in made])
        return float(np.sqrt(np.mean((guess - truth) ** 2))), made.state

    if go_on == "unheard":
        return test(None)[0], test(None)[0]
    one = learn(first, None)
    before, tested = test(one)
    if go_on == "none":
        return before, before
    two = learn(second, {"first": one, "tested": tested, "anew": None}[go_on])
    return before, test(two)[0]


def _forgot(**slip):
    return lambda right, *given: _examined(*given, **slip)


forgetting = Function(
    LESSON,
    "forgetting",
    "Kept, and forgotten",
    points=3,
    inputs=_regimes,
    expected=_examined,
    tolerance=4e-3,
    mistakes={
        "the order is wrong: the error before the second regime first, then the one after it": lambda right, *_: right[
            ::-1
        ],
        "these are mean squares: take the root": lambda right, *_: (right[0] ** 2, right[1] ** 2),
        "the weights move during the exams, so the learner learns from them: `hlp.Frozen()`": _forgot(frozen=False),
        "the second regime is learned by a new network; it goes on from the state after the first": _forgot(
            go_on="anew"
        ),
        "the second regime goes on from the end of the *exam*, where the costates of the weights are lost: an exam "
        "must leave "
        "no trace, so start both from the state after the first regime": _forgot(go_on="tested"),
        "nothing was learned before the exams: a stream takes no sample until it is asked for, so call "
        "`.collect()` before you read its `.state`": _forgot(go_on="unheard"),
        "both exams are taken by the same network: learn the second regime in between": _forgot(go_on="none"),
    },
    hints=[
        "Four streams: learn `first`; exam; learn `second`; exam. Each begins with `start=` a state of another one.",
        "Both the first exam and the learning of `second` start from the state after `first`; the last exam starts "
        "from the "
        "state after `second`. Exams run under `hlp.Frozen()`.",
        "`guess, target = hlp.stream(problem, hlp.Frozen(), exam, listen=0.5, start=state).collect()`, and the error "
        "is "
        "`np.sqrt(np.mean((guess - target) ** 2))`.",
    ],
    moral="There is one set of weights, and the new samples overwrite it.",
)


# --------------------------------------------------------------------------- 5: beat persistence (open)

LAGS, FIFTY_YEARS = 12, 600


def _made_up(count=1500):
    """A series that follows another law than the sun's."""
    rng = np.random.default_rng(8)
    values = [0.0, 0.0]
    for noise in 0.2 * rng.normal(size=count):
        values.append(1.2 * values[-1] - 0.8 * values[-2] + noise)
    return np.array(values)


def _played(forecaster, values):
    """Skill over persistence, after the first 600 values; None if a guess is none, with words."""
    from hlp_edu.stream import next_of

    pair = forecaster()
    try:
        guess, learn = pair
    except (TypeError, ValueError):
        return None, "it must return two functions, `guess` and `learn`"
    ours, persistence = [], []
    for u, z in next_of(values, LAGS):
        try:
            g = np.asarray(guess(u.copy()), float)
            learn(u.copy(), z)
        except Exception as error:
            return None, f"what it returns raised {type(error).__name__}: {error}"
        if g.size != 1:
            return None, f"`guess(u)` gives the shape {g.shape}: one number is asked for"
        ours.append(float(g.reshape(-1)[0]) - z)
        persistence.append(u[0] - z)
    ours, persistence = (np.mean(np.square(errors[FIFTY_YEARS:])) for errors in (ours, persistence))
    if not np.isfinite(ours):
        return None, "its guesses are not finite: the learning rate is too high?"
    return 1 - ours / persistence, None


def _beats_persistence(forecaster):
    from hlp_edu.data import sunspots

    for values, least, what in (
        (sunspots().values / 100, 0.05, "on the sunspots"),
        (_made_up(), 0.3, "on a made-up series that follows another law"),
    ):
        reached, words = _played(forecaster, values)
        if words:
            return words
        if reached < 1e-9 and reached > -1e-9:
            return f"{what} it is persistence itself: the skill is 0, and {least} is asked for"
        if reached < least:
            return f"{what} its skill is {reached:.3f}, and at least {least} is asked for"


forecaster = Function(
    LESSON,
    "forecaster",
    "Beat persistence (open)",
    points=3,
    properties=[_beats_persistence],
    hints=[
        "Try a straight line first: a guess `w @ u` with 12 weights, that begins as persistence, w = (1, 0, ..., 0), "
        "and passes "
        "downhill along the squared error of each sample.",
        "A step that does not depend on how large u is: `w -= rate * (w @ u - z) * u / (0.1 + u @ u)`. Which rate? "
        "Tune it on "
        "the first years.",
        "Better than walking downhill is recursive least squares: keep a matrix P, at first 100 times the identity, "
        "and for each "
        "sample `k = P @ u / (1 + u @ P @ u)`, `w -= k * (w @ u - z)`, `P -= np.outer(k, u @ P)`.",
    ],
    moral="A straight line beats persistence by little; on this series no network of the lesson beats the line.",
)
