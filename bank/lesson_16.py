"""Two further tasks for lesson 16: how many seeds a claim needs, and what the course has shown."""

import numpy as np
from scipy.stats import binom

from hlp_edu.course.teaching.bank import Item, letters

LESSON = "16_claims_checked"

# Each: a sentence, whether the course has shown it (in its setting), and why.
SENTENCES = [
    (
        "Run forward from costates of 0, the canonical equations of the tracking networks explode.",
        True,
        "lesson 10: every start diverges",
    ),
    (
        "For a scalar system without friction, the flip and the optimum rest at the same place.",
        True,
        "lesson 08: a sign in front of zero changes nothing",
    ),
    ("The flip of a stable linear system is stable.", False, "lesson 08: two leaky cells from q = 4 on"),
    (
        "On the patched signals gradient flow costs less than the damped flip.",
        True,
        "lesson 13: 4.7 times the optimum beside 6.7",
    ),
    ("To follow a sine wave a network needs hidden neurons.", False, "lesson 10: the other four hardly take part"),
    ("Five neurons that follow a wave have stored it in their weights.", False, "lessons 10 and 11: the freeze test"),
    (
        "If signals are fast beside the world, costates times speed are nearly backprop's deltas for the states.",
        True,
        "lesson 05: the error falls as 1 / c",
    ),
    (
        "It is proved that no global sign can track without friction.",
        False,
        "lesson 09: a scan of rules is no proof",
    ),
    (
        "At a distance of k hops nothing at all is noticed before the time k / c.",
        False,
        "lesson 03: the front is no light cone",
    ),
    (
        "No rule that reads only the present costs less than frozen-target MPC.",
        False,
        "lesson 13: prospective steering does",
    ),
    (
        "Friction on the costates can make a deep row of cells stable under the flip.",
        True,
        "lesson 09: (1 + theta)^N > q / r is enough",
    ),
    ("The damped flip conserves the Hamiltonian.", False, "lesson 12: no policy that works conserves it"),
    (
        "For fast signals the flip with friction, stepped costate first, is gradient descent with momentum.",
        True,
        "lesson 05: it is the heavy ball",
    ),
    (
        "Each arc's law reads its own two ends alone, once a neuron announces its sum.",
        True,
        "lesson 04: the audit finds no violation",
    ),
    ("The price of the weights' size, r_w, is what makes the problem have a solution.", False, "lesson 04: it is r"),
]


def has_been_shown(dice):
    """Which of six sentences the course has shown."""
    table, right, mistakes = letters(dice, SENTENCES)
    truth = {words: said for words, said, _ in SENTENCES}
    rows = [row.split(" | ", 1)[1].removesuffix(" |") for row in table.splitlines()[2:]]
    return Item(
        title="What has been shown?",
        points=2,
        minutes=15,
        text=r"""
Six sentences about the course's own networks and systems, in the settings of its lessons. Which of them has the course
**shown**, by a derivation or by a measurement that another person can repeat?

@table@

Answer with the letters in the order of the alphabet, for example `"AC"`. You should be able to name the lesson for
each, also for those that you leave out.""",
        answer="""
has_been_shown = ...
### BEGIN SOLUTION
has_been_shown = "@right@"
### END SOLUTION""",
        words=dict(table=table, right=right),
        expected=lambda: "".join(letter for letter, words in zip("ABCDEF", rows, strict=True) if truth[words]),
        mistakes=mistakes,
        letters="ABCDEF",
        moral="What is shown has a lesson and a number; what only sounds right has neither.",
    )


def seeds_needed(dice):
    """How many seeds it takes to meet failures that are not rare."""
    least = int(dice.choice([1, 2, 3]))
    word = {1: "a failure", 2: "at least **two** failures", 3: "at least **three** failures"}[least]

    def needed(p, sure, least=least, reach=0):
        n = least
        while binom.sf(least - 1, n, p) < sure - 1e-12:
            n += 1
        return n + reach

    return Item(
        title="How many seeds does a claim need?",
        points=2,
        minutes=15,
        text=r"""
"It never failed" depends on how often one looked. Suppose that a policy fails from a fraction `p` of all random starts,
one start like another. You try $n$ seeds, and you would withdraw the claim if you met @word@. Return the **smallest**
$n$ with which you would meet @word@ with a probability of at least `sure`. (Probabilities that differ by less than
$10^{-12}$ are equal.)""",
        answer='''
def seeds_needed(p, sure):
    """The smallest number of seeds that meets failures with the probability sure."""
    ### BEGIN SOLUTION
    from math import comb

    def meets(n):
        return 1 - sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(@least@))

    n = @least@
    while meets(n) < sure - 1e-12:
        n += 1
    return n
    ### END SOLUTION''',
        words=dict(word=word, least=least),
        example="0.2, 0.9",
        inputs=lambda dice: [
            (p, sure) for p, sure in zip(dice.uniform(0.03, 0.4, 5), (0.5, 0.9, 0.95, 0.99, 0.8), strict=True)
        ],
        expected=needed,
        mistakes={
            "this is the number of seeds for one failure"
            if least > 1
            else "this is the number of seeds for two failures": lambda right, *given: needed(
                *given, least=1 if least > 1 else 2
            ),
            "this is one more than it takes": lambda right, *given: needed(*given, reach=1),
            "this is one less than it takes": lambda right, *given: needed(*given, reach=-1),
            "this meets them on average, and on average is not nearly always": lambda right, p, sure: np.ceil(
                least / p
            ),
            "probabilities of single seeds do not add up: sure / p": lambda right, p, sure: np.ceil(sure * least / p),
            "it is so sure to meet no failure": lambda right, p, sure: np.ceil(np.log(sure) / np.log(1 - p)),
        },
        moral="Ten seeds without a failure leave room for a quarter of all starts to fail.",
    )


TASKS = [has_been_shown, seeds_needed]
