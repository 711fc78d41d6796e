"""Two further tasks for lesson 03: two neurons of unlike speed, and how softly news begins."""

import networkx as nx
import numpy as np
from scipy.linalg import expm
from scipy.optimize import brentq

from hlp_edu.course.teaching.bank import Item

LESSON = "03_neurons_in_time"


def unlike(dice):
    """When the second of two unlike neurons has covered a part of its way."""
    part = float(dice.choice([0.1, 0.25, 0.75, 0.9]))

    def exact(first, second):
        chain = np.array([[-first, 0, first], [second, -second, 0], [0, 0, 0]])
        return brentq(lambda t: expm(t * chain)[1, 2] - part, 0, 40 / min(first, second), xtol=1e-14)

    def one(c):
        return -np.log(1 - part) / c

    return Item(
        title="Two neurons of unlike speed",
        points=2,
        minutes=20,
        text=r"""
Two neurons in a row, weights 1, a small signal (so that $\tanh a = a$), at rest at 0. The first has the speed `first`,
the second the speed `second`, and the two may be equal. At $t = 0$ an input of constant size is switched on. Return the
time at which the **second** neuron has covered the fraction @part@ of its way. 0.1 % is near enough; a formula, a
root finder or a run with fine steps may give it.""",
        answer='''
def unlike(first, second):
    """The time at which the second neuron has covered @part@ of its way."""

    ### BEGIN SOLUTION
    from scipy.optimize import brentq

    def done(t):
        if np.isclose(first, second):
            return 1 - np.exp(-first * t) * (1 + first * t)
        return 1 - (second * np.exp(-first * t) - first * np.exp(-second * t)) / (second - first)

    return brentq(lambda t: done(t) - @part@, 0, 100 / min(first, second))
    ### END SOLUTION''',
        words=dict(part=f"{part:g}"),
        example="1.0, 3.0",
        inputs=lambda dice: [(c, k * c) for c, k in zip(dice.uniform(1, 20, 4), (0.2, 1.0, 2.0, 9.0), strict=True)],
        expected=exact,
        tolerance=1e-3,
        mistakes={
            "these are the two times of single neurons, added: their delays add up, such fractions do not": (
                lambda right, first, second: one(first) + one(second)
            ),
            "this is the slower neuron alone": lambda right, first, second: one(min(first, second)),
            "this is the second neuron alone: its input needs time, too": lambda right, first, second: one(second),
            "this is the first neuron": lambda right, first, second: one(first),
            "this is the half-way time": lambda right, first, second: brentq(
                lambda t: expm(t * np.array([[-first, 0, first], [second, -second, 0], [0, 0, 0]]))[1, 2] - 0.5,
                0,
                40 / min(first, second),
            ),
            "this is the mean delay, 1 / first + 1 / second": lambda right, first, second: 1 / first + 1 / second,
        },
        moral="The order of the two does not matter: waiting times add up.",
    )


def softly(dice):
    """The power of t with which each neuron of a network leaves 0."""
    begins = int(dice.integers(3))
    word = ["is switched on at once: $u$", "grows from 0: it is $u\\, t$", "grows from 0: it is $u\\, t^2$"][begins]

    def hops(n, heads, tails, w, u, live=True, loud=True, back=False):
        graph = nx.DiGraph()
        graph.add_nodes_from(range(n))
        for i, j, weight in zip(heads, tails, w, strict=True):
            if (weight or not live) and (j < n or u[j - n] or not loud):
                graph.add_edge("source" if j >= n else (i if back else j), i if j >= n or not back else j)
        graph.add_node("source")
        far = nx.single_source_shortest_path_length(graph, "source")
        return np.array([far.get(k, 0) for k in range(n)], float)

    def right(*given):
        far = hops(*given)
        return np.where(far > 0, far + begins, 0)

    def networks(dice):
        for n in (4, 7, 9):
            heads, tails = dice.integers(0, n, 3 * n), dice.integers(0, n, 3 * n)
            heads[:2], tails[:2] = (0, 1), (n, n + 1)
            heads[2:5], tails[2:5] = (2, 3, 3), (0, 2, 1)
            heads[5:], tails[5:] = np.maximum(heads[5:], 1), np.minimum(tails[5:], n - 2)
            w = dice.uniform(0.2, 1, 3 * n) * (dice.random(3 * n) < 0.5)
            w[[0, 1, 2, 3, 4]] = 0.5, 0.7, 0.4, 0.3, 0.2
            w[heads == n - 1] = 0  # the last one never moves
            yield n, heads, tails, w, np.array([0.6, 0.0])

    return Item(
        title="How softly does news begin?",
        points=3,
        minutes=25,
        text=r"""
The lesson says that the fifth neuron of a chain answers at once, with $(ct)^5 / 5!$ of the input. Now a network of `n`
neurons, all at rest at 0 and with weights held: arc number $k$ leads from `tails[k]` to the neuron `heads[k]` and has
the weight `w[k]`. Tails count the neurons 0 to `n - 1` and then the inputs. From $t = 0$ on, input number $m$ @word@
with $u$ = `u[m]`. Some weights are 0, and some entries of `u` are. No two ways cancel each other: all weights are 0
or above.

Neuron $i$ leaves 0 like a constant times a power of $t$. Return an array with one power for each neuron, and **0**
for a neuron that never moves. Arcs may run in circles, and there may be several ways to a neuron.""",
        answer='''
def softly(n, heads, tails, w, u):
    """The power of t with which each neuron leaves 0; 0 if it never does."""
    ### BEGIN SOLUTION
    power = np.append(np.full(n, np.inf), np.where(u != 0, @begins@, np.inf))
    for _ in range(n):
        for i, j, weight in zip(heads, tails, w):
            if weight != 0:
                power[i] = min(power[i], power[j] + 1)
    return np.where(np.isfinite(power[:n]), power[:n], 0)
    ### END SOLUTION''',
        words=dict(word=word, begins=f"{begins}.0"),
        example="3, np.array([0, 1, 2]), np.array([3, 0, 2]), np.array([0.5, 0.5, 1.0]), np.array([1.0])",
        inputs=networks,
        expected=right,
        mistakes={
            "it counts arcs of weight 0, through which nothing comes": lambda right, *given: (
                lambda far: np.where(far > 0, far + begins, 0)
            )(hops(*given, live=False)),
            "it counts inputs that are 0": lambda right, *given: (lambda far: np.where(far > 0, far + begins, 0))(
                hops(*given, loud=False)
            ),
            "every power is one too high: the first neuron integrates its input once": lambda right, *given: np.where(
                right > 0, right + 1, 0
            ),
            "every power is one too low: also the first neuron integrates": lambda right, *given: np.where(
                right > 0, right - 1, 0
            ),
            "it goes against the arrows": lambda right, *given: (lambda far: np.where(far > 0, far + begins, 0))(
                hops(*given, back=True)
            ),
            "a neuron that never moves gets 0": lambda right, n, *given: np.where(right > 0, right, -1),
        },
        moral="Each hop integrates once, and of several ways the shortest speaks first.",
    )


TASKS = [unlike, softly]
