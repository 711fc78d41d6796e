"""Two further tasks for lesson 14: a memory that fades, and guesses further ahead."""

import numpy as np

from hlp_edu.course.teaching.bank import Item

LESSON = "14_learning_from_a_stream"


def fading(dice):
    """Mean and spread of a stream whose past fades."""
    ages = bool(dice.integers(2))  # whether a missing value makes the others older
    second = ["variance", "standard deviation", "effective number of samples"][dice.integers(3)]
    words = (
        "A missing value counts for nothing, but time goes on: all that came before is one step older."
        if ages
        else "A missing value counts for nothing, and as if it had never been there: nothing gets older."
    )
    meaning = {
        "variance": "the **variance** with these weights, $\\sum_k a_k (z_k - m)^2 / \\sum_k a_k$ with the mean $m$",
        "standard deviation": "the **standard deviation** with these weights, the root of "
        "$\\sum_k a_k (z_k - m)^2 / \\sum_k a_k$ with the mean $m$",
        "effective number of samples": "the **sum of the weights**: how many samples the memory is worth",
    }[second]
    give = {
        "variance": "square / weight - mean**2",
        "standard deviation": "np.sqrt(max(0.0, square / weight - mean**2))",
        "effective number of samples": "weight",
    }[second]

    def batch(values, keep, ages=ages, plain=False, late=0):
        """From all samples at once."""
        values = np.asarray(values)
        known = np.isfinite(values)
        where = np.flatnonzero(known) if ages else np.arange(known.sum())
        last = len(values) - 1 if ages else known.sum() - 1
        z, weights = values[known], float(keep) ** (last - where + late)
        weights = np.ones_like(weights) if plain else weights
        mean = weights @ z / weights.sum()
        variance = weights @ (z - mean) ** 2 / weights.sum()
        return mean, {"v": variance, "s": np.sqrt(variance), "e": weights.sum()}[second[0]]

    def streams(dice):
        for n, keep in ((8, 0.7), (60, 0.9), (200, 0.97)):
            values = dice.normal(size=n) + np.linspace(0, 3, n)
            values[dice.choice(np.arange(2, n - 1), n // 5, replace=False)] = np.nan
            values[-1] = np.nan
            yield values, keep

    return Item(
        title="A memory that fades",
        points=2,
        minutes=15,
        text=r"""
A learner on a stream scales its input by a mean and a spread that it has seen so far, and a world that drifts demands
that old samples count less: the newest counts 1, the one before `keep` (between 0 and 1), the one before that `keep`
squared, and so on. Some `values` are missing (`nan`), the last one always. @words@

Return two numbers, as they stand after the whole stream: the weighted **mean** $m = \sum_k a_k z_k / \sum_k a_k$, and
@meaning@. Can you do it with three numbers of memory?""",
        answer='''
def fading(values, keep):
    """The weighted mean, and the @second@."""
    ### BEGIN SOLUTION
    weight = total = square = 0.0
    for z in values:
        if np.isfinite(z) or @ages@:
            weight, total, square = keep * weight, keep * total, keep * square
        if np.isfinite(z):
            weight, total, square = weight + 1, total + z, square + z**2
    mean = total / weight
    return mean, @give@
    ### END SOLUTION''',
        words=dict(words=words, meaning=meaning, ages=ages, give=give, second=second),
        example="np.array([1.0, 2.0, np.nan, 4.0, np.nan]), 0.5",
        inputs=streams,
        expected=batch,
        tolerance=1e-6,
        mistakes={
            "missing values must not make the others older"
            if not ages
            else "missing values make the others older, too": lambda right, *given: batch(*given, ages=not ages),
            "nothing fades: all samples count the same": lambda right, *given: batch(*given, plain=True),
            "the two are in the other order": lambda right, *given: right[::-1],
        }
        | {
            "v": {"this is the standard deviation": lambda right, *given: (right[0], np.sqrt(right[1]))},
            "s": {"this is the variance": lambda right, *given: (right[0], right[1] ** 2)},
            "e": {
                "the newest sample counts 1": lambda right, values, keep: (right[0], batch(values, keep, late=1)[1]),
                "this is the weight of an endless stream": lambda right, values, keep: (right[0], 1 / (1 - keep)),
            },
        }[second[0]],
        moral="Three numbers, whatever the length of the stream: what fades need not be kept.",
    )


def far_ahead(dice):
    """The skill of guesses several steps ahead, over a reference."""
    seasonal, absolute = bool(dice.integers(2)), bool(dice.integers(2))
    power = 1 if absolute else 2
    measure = "mean absolute error" if absolute else "mean squared error"
    words = (
        "the value of the **same season**, the latest one that is known at step $k$: go back from step $k + h$ in "
        "whole periods of `period` steps until you are at step $k$ or before"
        if seasonal
        else "**persistence**, the value at step $k$ (`period` is not needed)"
    )
    code = "k + h - period * int(np.ceil(h / period))" if seasonal else "k"

    def skilled(values, guesses, h, period, power=power, shift=0, late=True, other=False, pairwise=True):
        ours, theirs = [], []
        for k in range(len(values) - h):
            back = h
            while back > 0:
                back -= period
            place = k + back if seasonal != other else k
            if place < 0 or k + shift < 0:
                continue
            z, g, ref = values[k + h], guesses[k + shift], values[place]
            if pairwise and not np.isfinite(z + g + ref + (0 if late else values[k])):
                continue
            ours.append(abs(g - (z if late else values[k])) ** power)
            theirs.append(abs(ref - z) ** power)
        return 1 - np.nanmean(ours) / np.nanmean(theirs)

    def records(dice):
        for n, h, period in ((80, 3, 7), (150, 5, 4), (60, 1, 6)):
            t = np.arange(n)
            values = np.sin(2 * np.pi * t / period) + 0.3 * np.cumsum(dice.normal(size=n)) / 3
            guesses = np.append(values[h:], np.zeros(h)) + 0.4 * dice.normal(size=n)
            values[dice.choice(n, n // 9, replace=False)] = np.nan
            guesses[:2] = np.nan
            yield values, guesses, h, period

    return Item(
        title="Further ahead, and beside a fair reference",
        points=3,
        minutes=20,
        text=r"""
A learner looks further ahead than one step: `guesses[k]` is what it said at step $k$ about `values[k + h]`. Some values
are missing (`nan`), and the first guesses too. Return its skill

$$1 - \frac{\text{@measure@ of the learner}}{\text{@measure@ of the reference}} ,$$

over all steps $k$ at which the guess, the value that comes true and the value that the reference needs are all known.
The reference for step $k + h$ is @words@. A reference before the beginning of the record is not known.""",
        answer='''
def far_ahead(values, guesses, h, period):
    """The skill of guesses h steps ahead."""
    ### BEGIN SOLUTION
    ours, theirs = [], []
    for k in range(len(values) - h):
        place = @code@
        if place >= 0 and np.isfinite(values[place] + guesses[k] + values[k + h]):
            ours.append(abs(guesses[k] - values[k + h]) ** @power@)
            theirs.append(abs(values[place] - values[k + h]) ** @power@)
    return 1 - np.mean(ours) / np.mean(theirs)
    ### END SOLUTION''',
        words=dict(measure=measure, words=words, code=code, power=power),
        example="np.array([0.0, 1.0, 0.5, 2.0, 1.5, 3.0]), np.array([0.5, 1.0, 1.5, 2.5, 2.0, 2.0]), 2, 3",
        inputs=records,
        expected=skilled,
        mistakes={
            "the guess of step k is compared with the value of step k: it was about step k + h": lambda right, *given: (
                skilled(*given, late=False)
            ),
            "the other kind of error is asked for": lambda right, *given: skilled(*given, power=3 - power),
            "the reference is another one": lambda right, *given: skilled(*given, other=True),
            "guesses are taken one step too early": lambda right, *given: skilled(*given, shift=-1),
            "learner and reference are judged on different steps: leave out a step for both": lambda right, *given: (
                skilled(*given, pairwise=False)
            ),
            "this is the ratio of the errors; the skill is 1 minus it": lambda right, *given: 1 - right,
        },
        moral="A skill is a ratio: a weak reference makes any learner look good.",
    )


TASKS = [fading, far_ahead]
