"""Two further tasks for lesson 15: who has peeked, and how sure a mean difference is."""

import itertools

import numpy as np

from hlp_edu.course.teaching.bank import Item, letters

LESSON = "15_a_fair_fight"

# Each: what was done, whether it lets the exam into the choice, and why.
PRACTICES = [
    (
        "the rate was chosen by the error on the practice stretch; the exam was measured once, with that rate",
        False,
        "the exam chose nothing",
    ),
    (
        "for each seed the best of ten rates **in the exam** was taken, and the median over the seeds reported",
        True,
        "the exam chose the rate",
    ),
    (
        "the inputs were scaled by the mean and the spread of the whole recording, exam included",
        True,
        "the scaling knows the exam's numbers",
    ),
    ("the inputs were scaled by the mean and the spread of the practice stretch", False, "the exam gave no number"),
    (
        "of ten seeds, three diverged in the exam; they were left out of the median",
        True,
        "the exam chose the seeds",
    ),
    ("of ten seeds, three diverged in the exam; they counted as errors of `inf`", False, "nothing was left out"),
    (
        "learning was stopped at the moment at which the exam's error, measured along the way, was least",
        True,
        "the exam chose the moment",
    ),
    (
        "learning was stopped when the error on a held-back part of the practice stretch began to rise",
        False,
        "the practice chose the moment",
    ),
    (
        "one method got ten settings and the other ten settings, each chosen in practice",
        False,
        "equal effort, and the exam chose nothing",
    ),
    (
        "after a poor exam an eleventh setting was tried in the same exam, did better, and was reported",
        True,
        "the exam chose between ten and eleven",
    ),
    ("the weights were frozen at a time that had been fixed before the exam", False, "nothing depended on the exam"),
    (
        "the target was led by the time 0.08, a number that had been found on other seeds",
        False,
        "other seeds are practice",
    ),
    (
        "the slope of the exam's target was computed from its value now and its **next** value",
        True,
        "the next value is the future",
    ),
]


def peeked(dice):
    """In which of six reports the exam has had a say."""
    table, right, mistakes = letters(dice, PRACTICES)
    truth = {words: said for words, said, _ in PRACTICES}
    rows = [row.split(" | ", 1)[1].removesuffix(" |") for row in table.splitlines()[2:]]
    return Item(
        title="Who has peeked?",
        points=2,
        minutes=15,
        text=r"""
Six reports of experiments with a practice stretch and an exam. In which of them did the exam, or the future, have a
say in what was then judged by the exam?

@table@

Answer with the letters in the order of the alphabet, for example `"AC"`. Ask of each: would the same number have been
reported, had the exam been another one, as far as *choices* go?""",
        answer="""
peeked = ...
### BEGIN SOLUTION
peeked = "@right@"
### END SOLUTION""",
        words=dict(table=table, right=right),
        expected=lambda: "".join(letter for letter, words in zip("ABCDEF", rows, strict=True) if truth[words]),
        mistakes=mistakes,
        letters="ABCDEF",
        moral="What the exam has chosen, the exam cannot judge.",
    )


def shuffled(dice):
    """How often a mean difference as large comes from signs alone."""
    both = bool(dice.integers(2))
    middle = bool(dice.integers(2))
    statistic, code = ("median", "np.median") if middle else ("mean", "np.mean")
    words = (
        "at least as far from 0, **in either direction**, as"
        if both
        else "at least as far **below** 0 (where ours is better) as"
    )

    def counted(ours, theirs, both=both, middle=middle, pairs=True, strict=False):
        d = np.asarray(ours) - theirs
        value = np.median if middle else np.mean
        seen, hits = value(d), 0
        if not pairs:
            all_, n = np.append(ours, theirs), len(d)
            some = [value(all_[list(k)]) - value(np.delete(all_, k)) for k in itertools.combinations(range(2 * n), n)]
            seen = value(ours) - value(theirs)
        else:
            some = [value(np.array(signs) * d) for signs in itertools.product((1, -1), repeat=len(d))]
        for other in some:
            hair = -1e-12 if not strict else 1e-12
            hits += (abs(other) >= abs(seen) + hair) if both else (other <= seen - hair)
        return hits / len(some)

    return Item(
        title="Signs alone",
        points=3,
        minutes=20,
        text=r"""
`ours` and `theirs` are the errors of two methods on the same seeds (at most ten, none diverged), and ours is the better
in the @statistic@ of the differences $d_j$ = `ours[j] - theirs[j]`. Is that more than luck? If the methods were equally
good, each $d_j$ could as well have had the other sign.

So go through **all** $2^n$ ways to give signs to the $|d_j|$. Return the fraction of them whose @statistic@ is @words@
the one that was found. (The one that was found is among them. Allow for rounding: two that differ by less than
$10^{-12}$ are equal.)""",
        answer='''
def shuffled(ours, theirs):
    """The fraction of all signs that give a @statistic@ as extreme as the one that was found."""
    ### BEGIN SOLUTION
    from itertools import product

    d = np.asarray(ours) - theirs
    found = @code@(d)
    values = np.array([@code@(np.array(signs) * d) for signs in product((1, -1), repeat=len(d))])
    return np.mean(@compare@)
    ### END SOLUTION''',
        words=dict(
            statistic=statistic,
            code=code,
            words=words,
            compare="np.abs(values) >= abs(found) - 1e-12" if both else "values <= found + 1e-12",
        ),
        example="np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.25, 0.28])",
        inputs=lambda dice: [
            (np.sort(dice.uniform(0.1, 0.3, n)), dice.uniform(0.12, 0.4, n) + 0.02) for n in (4, 5, 6)
        ],
        expected=counted,
        mistakes={
            "it looks at one direction, and both are asked for"
            if both
            else "it looks at both directions, and one is asked for": lambda right, *given: counted(
                *given, both=not both
            ),
            f"the {statistic} is asked for": lambda right, *given: counted(*given, middle=not middle),
            "the pairs are torn: a seed's two errors belong together": lambda right, *given: counted(
                *given, pairs=False
            ),
            "the one that was found belongs to the count": lambda right, *given: counted(*given, strict=True),
            "this is 1 minus it": lambda right, *given: 1 - right,
        },
        moral="With ten seeds the best that can be reached is 1 in 1024: seeds are the currency of certainty.",
    )


TASKS = [peeked, shuffled]
