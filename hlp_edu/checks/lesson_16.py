"""The tasks of lesson 16: how a claim is tested, and how one is brought down."""

import numpy as np

from hlp_edu.checks.core import Function, sealed
from hlp_edu.checks.draws import dice

__all__ = ["verdict", "advise", "cheats", "refuted", "counterexample"]

LESSON = "16_claims_checked"
VERDICTS = ("holds", "holds if", "does not hold here", "not testable here")


# ----------------------------------------------------------------------------------- 1: the verdict's word


def _ledgers(rng):
    """Errors of ten runs for each condition: all good, some, none, a lucky seed, a few lost, most lost, no test."""

    def good():
        return rng.uniform(0.1, 0.2, 10)

    def bad():
        return rng.uniform(0.3, 0.45, 10)

    lucky, wild, lost = bad(), good(), good()
    lucky[3], wild[:3], lost[:6] = 0.01, np.inf, np.inf
    middling = np.append(rng.uniform(0.05, 0.2, 4), rng.uniform(0.26, 0.3, 6))
    ledgers = (
        {"friction": good(), "no friction": good()},
        {"friction": good(), "no friction": bad()},
        {"friction": bad(), "no friction": bad()},
        {"friction": lucky, "no friction": bad()},
        {"friction": wild, "no friction": bad(), "per arc": bad()},
        {"friction": wild, "no friction": good()},
        {"friction": middling},
        {"friction": good(), "no friction": lost},
        {"friction": np.full(10, 0.25)},  # just half of what silence earns is not less than half
        {},
    )
    for k in rng.permutation(len(ledgers)):
        scale = float(rng.choice([0.25, 0.5, 1.0, 2.0, 4.0]))  # powers of two, so that a half stays a half
        yield {name: rng.permutation(runs) * scale for name, runs in ledgers[k].items()}, 0.5 * scale


def _word(errors, silence, middle=np.median, fraction=0.5, edge=False):
    """The verdict, by counting the conditions under which the output tracks."""
    bar = np.nextafter(fraction * silence, np.inf) if edge else fraction * silence
    tracks = sum(bool(middle(runs) < bar) for runs in errors.values())
    if not errors:
        return VERDICTS[3]
    return VERDICTS[0 if tracks == len(errors) else 1 if tracks else 2]


def _empty_holds(right, errors, silence):
    return right if errors else VERDICTS[0]


def _empty_fails(right, errors, silence):
    return right if errors else VERDICTS[2]


verdict = Function(
    LESSON,
    "verdict",
    "The verdict's word",
    points=1,
    inputs=_ledgers,
    expected=_word,
    mistakes={
        "where nothing was measured, it says that the claim holds. `all` of nothing is true, and is "
        "no evidence": _empty_holds,
        "where nothing was measured, it says that the claim does not hold; it is not testable here": _empty_fails,
        'one condition is enough for its "holds"; that takes all of them, and some of them make a "holds if"': (
            lambda right, errors, silence: VERDICTS[0] if right == VERDICTS[1] else right
        ),
        'one condition that fails is enough for its "does not hold here"; if another one works, it is "holds if"': (
            lambda right, errors, silence: VERDICTS[2] if right == VERDICTS[1] else right
        ),
        "it judges by the best run; the measure of the lesson is the median of ten": (
            lambda right, errors, silence: _word(errors, silence, np.min)
        ),
        "it judges by the worst run; the measure of the lesson is the median of ten": (
            lambda right, errors, silence: _word(errors, silence, np.max)
        ),
        "it leaves out the runs that diverged; they count, with the error inf": (
            lambda right, errors, silence: _word(errors, silence, lambda runs: np.median(runs[np.isfinite(runs)]))
        ),
        "it judges by the mean, which a single diverged run makes infinite: take the median": (
            lambda right, errors, silence: _word(errors, silence, np.mean)
        ),
        "the border is *half* of what silence earns": lambda right, errors, silence: _word(
            errors, silence, fraction=1.0
        ),
        "just half of what silence earns is not *less* than half": lambda right, errors, silence: _word(
            errors, silence, edge=True
        ),
    },
    hints=[
        "Under each condition: does it track? That is yes or no. Then count the yeses.",
        "It tracks if `np.median(runs) < silence / 2`. All yes: holds. Some: holds if. None: does not hold here.",
        "`tracks = [np.median(runs) < silence / 2 for runs in errors.values()]`; test `if not tracks` first, since "
        "`all([])` is True.",
    ],
    moral="The word follows from the numbers and from a border that was drawn before they were seen.",
)


# ------------------------------------------------------------------------------- 2: what would you use?

NOTHING = "nothing fits"


def _offers(rng):
    """Methods with errors and sizes, shuffled; untested ones, near ties, too large ones; other names and numbers."""
    names = np.array(["gradient flow", "flip", "per-arc signs", "SGD", "BPTT", "RTRL"])
    for errors, fits in (
        ((0.20, 0.18, 0.17, 0.09, 0.06, 0.05), 6),
        ((0.20, 0.18, 0.17, 0.09, 0.06, 0.05), 4.5),
        ((0.20, 0.18, 0.17, 0.09, 0.06, 0.05), 4),
        ((0.108, 0.104, 0.117, 0.107, 0.11, 0.1), 6),
        ((0.071, None, 0.07, 0.08, 0.09, None), 6),
        ((None, 0.18, 0.17, 0.09, None, 0.05), 0.5),
        ((0.104, 0.101, 0.11, 0.12, 0.15, 0.1), 5.5),
        ((0.1061, 0.101, 0.11, 0.12, 0.15, 0.1011), 6),
        ((None,) * 6, 6),
    ):
        scale, sizes = rng.uniform(0.5, 2), np.sort(rng.choice(np.arange(6, 500), 6, replace=False))
        sizes = sizes + 5 * np.arange(6)
        whole = int(fits)
        room = int(sizes[whole - 1]) if fits == whole else int(sizes[whole]) - 2  # it just fits, or just does not
        rows = [
            dict(method=str(name), error=None if error is None else scale * error, stores=int(size))
            for name, error, size in zip(rng.permutation(names), errors, sizes, strict=True)
        ]
        yield [rows[k] for k in rng.permutation(6)], room


def _advice(rows, room, slack=1.05, small=True, strict=False):
    """Sort what fits by size, and take the first that is good enough."""
    fit = [r for r in rows if r["error"] is not None and (r["stores"] < room if strict else r["stores"] <= room)]
    if not fit:
        return NOTHING
    bar = slack * min(r["error"] for r in fit)
    good = [r for r in fit if r["error"] <= bar]
    return min(good, key=lambda r: r["stores"] if small else r["error"])["method"]


def _all_in(right, rows, room):
    """The bar from all methods, those that do not fit included."""
    known = [r for r in rows if r["error"] is not None]
    if not known:
        return NOTHING
    good = [r for r in known if r["error"] <= 1.05 * min(k["error"] for k in known) and r["stores"] <= room]
    return min(good, key=lambda r: r["stores"])["method"] if good else NOTHING


advise = Function(
    LESSON,
    "advise",
    "What would you use?",
    points=2,
    inputs=_offers,
    expected=_advice,
    mistakes={
        "it takes the least error; among those within 5 % of it the *smallest* method is asked for": (
            lambda right, rows, room: _advice(rows, room, small=False)
        ),
        "it ignores the room: a method that keeps more numbers does not fit": (
            lambda right, rows, room: _advice(rows, 10**9)
        ),
        "it takes the smallest method whatever its error": lambda right, rows, room: _advice(rows, room, 1e9),
        "a method that fills the room exactly does fit": lambda right, rows, room: _advice(rows, room, strict=True),
        "5 % of the least error *among those that fit*: what does not fit sets no bar": _all_in,
        "it allows ten per cent; five are asked for": lambda right, rows, room: _advice(rows, room, 1.1),
    },
    hints=[
        "Three steps: leave out what is untested or too large; find the least error of the rest; among those within "
        "5 % of it take the one that keeps least.",
        "`fit = [row for row in rows if row['error'] is not None and row['stores'] <= room]`; if it is empty, say so.",
        "`good = [row for row in fit if row['error'] <= 1.05 * least]`, then `min(good, key=lambda row: "
        "row['stores'])['method']`.",
    ],
    moral="A difference of a few per cent is rarely worth ten times the memory, and untested is not the same as bad.",
)


# ------------------------------------------------------------------------------------- 3: catch the cheat


def _rule(kind, size, who, whom):
    """An update on a ring that reads itself and its left neighbour, and cheats in one of three ways, or not."""

    def update(y):
        y = np.array(y, float)
        left, norm = np.roll(y, 1), np.linalg.norm(y)
        new = -y + np.tanh(1.3 * left) + 0.5 * y * left
        if kind == "clipped" and norm > 2.5:  # a norm reads all of them
            new = new * 2.5 / norm
        if kind == "a thousandth":
            new = new + 1e-3 * y.mean()
        if kind == "the other side":
            new[who] += 0.3 * y[whom] * y[who] ** 2
        return new

    return update


def _rings(rng):
    """The kind, and what `cheats` is given, and what is right: by how the rules are made."""
    for kind in rng.permutation(["honest", "clipped", "a thousandth", "the other side"]):
        size = int(rng.integers(5, 8))
        allowed = np.eye(size, dtype=bool) | np.roll(np.eye(size, dtype=bool), -1, axis=1)
        states = rng.normal(size=(12, size))
        norms = [0.5, 0.5, *rng.permutation([*np.linspace(0.6, 1.8, 6), 3.0, 3.5, 4.0]), 0.3]
        states *= (norms / np.linalg.norm(states, axis=1))[:, None]  # three of them above 2.5
        states[0] = 0.0  # the dead point: nothing answers there
        who = int(rng.integers(size))
        whom = (who + int(rng.integers(1, size - 1))) % size
        read = np.zeros((size, size), bool)
        read[who, whom] = kind == "the other side"
        read |= kind in ("clipped", "a thousandth")
        yield kind, _rule(kind, size, who, whom), states, allowed, read & ~allowed, read | allowed


def _catches(cheats):
    for kind, update, states, allowed, right, read in _rings(dice(3)):
        got = np.asarray(cheats(update, states, allowed))
        if got.shape != allowed.shape:
            return (
                f"it returns the shape {got.shape} where {allowed.shape} is asked for: rows are updates, columns "
                "variables"
            )
        if not np.isin(got, (0, 1)).all():
            return "it returns numbers: an array of True and False is asked for"
        got = got.astype(bool)
        if (got == right).all():
            continue
        if (got == read).all():
            return "it marks all that is read; cheating is what is read and *not* allowed"
        if right.any() and (got == right.T).all() and not (right == right.T).all():
            return "rows and columns are exchanged: entry [k, j] says whether update k reads variable j"
        if (got & ~right).any():
            return "it accuses the innocent: an update that does not change with a variable does not read it"
        if kind == "clipped":
            return (
                "it misses a cheat that shows in some states only: a rule that is clipped if its norm is large, "
                "and a norm depends on all variables. Try all the states, and keep what any of them shows"
            )
        if kind == "a thousandth":
            return (
                "it misses a small cheat: a thousandth of the mean is read as well. Take any change that is not "
                "rounding"
            )
        return "it misses a reader: change one variable at a time, in every state, and read all the updates"


cheats = Function(
    LESSON,
    "cheats",
    "Catch the cheat",
    points=2,
    properties=[_catches],
    hints=[
        "Change one variable of a state, by a visible amount, and see which updates answer.",
        "For every state y and every j: `there = y.copy()`, `there[j] += 0.5`, and the updates that read j are those "
        "where "
        "`update(there)` differs from `update(y)` by more than rounding, say 1e-9.",
        "`found = np.zeros(allowed.shape, bool)`; in the loops `found[:, j] |= np.abs(update(there) - update(y)) > "
        "1e-9`; at "
        "the end `found & ~allowed`.",
    ],
    moral="An audit proves guilt, never innocence: it has tried these states, and no other.",
)


# --------------------------------------------------------------------------- 4: what would refute it?


def _evidence(rng):
    """One sound refutation, and the same with one thing amiss in turn."""
    steps, arcs, scale = int(rng.integers(20, 40)), int(rng.integers(6, 12)), rng.uniform(0.5, 2)
    sign = np.repeat(rng.choice([-1, 1], (steps, 1)), arcs, axis=1)
    own = sign.copy()
    own[17, 3] *= -1
    good = dict(
        signs=sign, dissipation_w=0.0, dissipation_x=0.0,
        sinusoid=rng.uniform(0.05, 0.2, 10), patched=rng.uniform(0.1, 0.18, 12),
        silence_sinusoid=0.57, silence_patched=0.42,
    )  # fmt: skip
    lucky = rng.uniform(0.3, 0.5, 10)
    lucky[2] = 0.01
    wild = good["sinusoid"].copy()
    wild[0] = np.inf
    flaws = (
        {},
        dict(signs=np.ones((steps, arcs), int)),
        dict(signs=own),
        dict(signs=np.repeat(own[17:18], steps, axis=0)),
        dict(dissipation_w=5.0),
        dict(dissipation_x=2.0),
        dict(sinusoid=good["sinusoid"][:3]),
        dict(patched=good["patched"][:9]),
        dict(patched=lucky),
        dict(sinusoid=lucky),
        dict(sinusoid=wild),
        dict(patched=rng.uniform(0.25, 0.4, 10)),
    )
    for k in rng.permutation(len(flaws)):
        one = good | flaws[k]
        errors = ("sinusoid", "patched", "silence_sinusoid", "silence_patched")
        yield (one | {name: scale * one[name] for name in errors},)


DEMANDS = ("one sign", "friction w", "friction x", "seeds", "tracks")
SIGNALS = ("sinusoid", "patched")


def _sound(evidence, demands=DEMANDS, signals=SIGNALS, middle=np.median, half=2):
    """A list of demands, each of which can be left out."""
    runs = {name: np.sort(evidence[name]) for name in signals}
    met = {
        "one sign": np.ptp(evidence["signs"], axis=1).max() == 0,
        "friction w": not evidence["dissipation_w"],
        "friction x": not evidence["dissipation_x"],
        "seeds": min(map(len, runs.values())) >= 10,
    }
    met["tracks"] = all(middle(errors) * half < evidence[f"silence_{name}"] for name, errors in runs.items())
    return bool(all(met[name] for name in demands))


def _without(*names, **how):
    kept = tuple(name for name in DEMANDS if name not in names)
    return lambda right, evidence: _sound(evidence, kept, **how)


def _steady(right, evidence):
    signs = np.asarray(evidence["signs"])
    return _sound(evidence, DEMANDS[1:]) and bool((signs == signs[0]).all())


def _fixed(right, evidence):
    return right and bool(np.ptp(evidence["signs"]) == 0)


refuted = Function(
    LESSON,
    "refuted",
    "What would refute it?",
    points=2,
    inputs=_evidence,
    expected=_sound,
    mistakes={
        "it accepts evidence in which the arcs have different signs; the claim is about one sign for all "
        "of them": _without("one sign"),
        "it asks that the sign never changes in time; it may, if it is the same for all arcs at each time": _steady,
        "it asks for one sign at all times; it may change in time, if it changes for all arcs at once": _fixed,
        "it accepts friction: with it, one sign is known to work": _without("friction w", "friction x"),
        "it accepts friction on the costates of the weights, dissipation_w": _without("friction w"),
        "it accepts friction on the costates of the neurons, dissipation_x: that is friction, too": _without(
            "friction x"
        ),
        "one of the two signals is enough for it; a refutation has to track both": (
            lambda right, evidence: any(_sound(evidence, signals=(name,)) for name in SIGNALS)
        ),
        "it accepts fewer than ten seeds": _without("seeds"),
        "it asks for more than ten seeds; ten are enough": lambda right, evidence: (
            right and min(len(evidence[name]) for name in SIGNALS) > 10
        ),
        "it tests the sinusoid alone; a refutation has to track both signals": _without(signals=SIGNALS[:1]),
        "it tests the patched signal alone; a refutation has to track both": _without(signals=SIGNALS[1:]),
        "it judges by the best run; the measure is the median": _without(middle=np.min),
        "it judges by the mean or by the worst run, and one run that diverges spoils both; the measure is the "
        "median": _without(middle=np.mean),
        "it takes any error below silence for tracking; the border is half of it": _without(half=1),
    },
    hints=[
        "Read the claim, and turn every word of it into one condition: one sign, no friction, both "
        "signals, ten "
        "seeds each, tracks.",
        "One sign for all arcs: in every row of `signs` all entries are equal, `(signs == signs[:, :1]).all()`.",
        "Tracks, for each signal: `np.median(evidence[name]) < evidence['silence_' + name] / 2`. All conditions are "
        "joined by "
        "`and`.",
    ],
    moral="A claim that nothing could refute says nothing. This one can fall, tonight, by your hand.",
)


# ------------------------------------------------------------------------ 5: a counterexample (open)

LEVEL = 0.05


def _brings_down(counterexample):
    import hlp_edu as hlp
    from hlp_edu.compare import sets

    t = np.sort(dice(5).uniform(0, 20, 20_000))  # no grid on which something fast could hide
    z = np.asarray(counterexample(t), float)
    if z.shape != t.shape:
        return f"it gives the shape {z.shape} for {len(t)} times: one value for each time"
    if not np.isfinite(z).all():
        return "it is not finite everywhere from t = 0 to 20"
    if not np.allclose(counterexample(t[5000:5100]), z[5000:5100]) or not np.allclose(counterexample(t), z):
        return "asked again for the same times it says something else; a target is a function of time"
    pace, late = np.abs(np.asarray(counterexample(t + 1e-5), float) - z).max() / 1e-5, t > 20 / 3
    pace = max(pace, np.abs(np.diff(z) / np.maximum(np.diff(t), 1e-4)).max())
    if pace > 1.01:
        return f"it moves at up to {pace:.2f} per time unit, and the claim is about targets that move by at most 1"
    size = np.sqrt(np.mean(z[late] ** 2))
    if size < LEVEL:
        return (
            f"its root mean square is {size:.3f} after t = 6.7, and that is next to nothing: at least {LEVEL} is "
            "asked for"
        )
    problem = hlp.Tracking(hlp.fully_connected(5), lambda t: np.asarray(counterexample(t), float))
    errors = [hlp.run(problem, sets()["damped flip"], T=20, dt=0.01, seed=seed).rmse(20 / 3) for seed in range(10)]
    if min(errors) <= size:
        beaten = sum(error > size for error in errors)
        return (
            f"the claim stands: the damped flip has a median error of {np.median(errors):.3f}, and silence earns "
            f"{size:.3f}. It is "
            f"worse than silence on {beaten} of ten seeds, and on all of them is asked for"
        )


counterexample = Function(
    LESSON,
    "counterexample",
    "A counterexample (open)",
    points=3,
    properties=[_brings_down],
    hints=[
        "A target may be slow in velocity and still quick to come back, if it is small.",
        "Lesson 12 found that the damped flip wobbles by itself under a constant target. What if you drive it at its "
        "own frequency?",
        "Try waves of velocity 1, `T / (2 * np.pi) * np.sin(2 * np.pi * t / T)`, of ever shorter period T, and plot "
        "error over "
        "silence against T.",
    ],
    moral="It is a swing, and you have found its rhythm. One counterexample is enough, and ten seeds agree on it.",
)

sealed(globals())
