"""Two further tasks for lesson 13: credit that crosses several neurons, and a target that may jump."""

import numpy as np
from scipy.integrate import quad

from hlp_edu.course.teaching.bank import Item

LESSON = "13_looking_ahead"


def crossing(dice):
    """How a rule's credit compares with the exact one behind several neurons."""
    kind = ["late", "turned", "loud"][dice.integers(3)]
    asks = {
        "late": "the **delay** of the rule's credit behind the exact one, in time units (the difference of the "
        "phases over $\\omega$, without taking off whole turns)",
        "turned": "the **cosine** of the difference of the two phases: 1 where the rule's credit moves with the exact "
        "one, -1 where it moves against it",
        "loud": "the **gain** of the rule's credit over that of the exact one",
    }[kind]
    give = {"late": "turn / omega", "turned": "np.cos(turn)", "loud": "loud"}[kind]

    def compared(omega, c, rule, size=1, kind=kind, phase=1.0):
        exact, other, turn = 1.0, 1.0, 0.0
        for speed in c[: None if size else 1]:
            s = 1j * omega / speed
            one = {"flipped": 1 / (1 + s), "instantaneous": 1.0, "look-ahead": 1 + s}[rule]
            exact, other = exact / (1 - s), other * one
            turn += np.angle(1 / (1 - s)) - np.angle(one)
        turn = round(phase * turn, 12)
        return {"late": turn / omega, "turned": np.cos(turn), "loud": abs(other / exact)}[kind]

    def mean_speed(right, omega, c, rule):
        return compared(omega, np.full(len(c), np.mean(c)), rule)

    return Item(
        title="Credit that crosses several neurons",
        points=3,
        minutes=20,
        text=r"""
The lesson's table has the way from a source to the credit of *one* neuron. In a deep network a credit crosses several,
one after the other, each of its own speed: `c` is the array of these speeds, and all slopes and weights between them
are 1. The error at the end is a wave of the angular frequency $\omega$ (`omega`).

Three rules send credit: `"flipped"`, `"instantaneous"` and `"look-ahead"`, each of them at every neuron on the way;
the *exact* credit runs backward from the end at every neuron. Return @asks@.""",
        answer='''
def crossing(omega, c, rule):
    """The credit of a rule beside the exact one, behind neurons of the speeds c."""
    ### BEGIN SOLUTION
    one = np.arctan(omega / c)
    ahead = {"flipped": -1, "instantaneous": 0, "look-ahead": 1}[rule]
    turn = np.sum((1 - ahead) * one)
    loud = np.prod(np.sqrt(1 + (omega / c) ** 2) ** (1 + ahead))
    return @give@
    ### END SOLUTION''',
        words=dict(asks=asks, give=give),
        example="2.0, np.array([4.0, 10.0]), 'flipped'"
        if kind != "loud"
        else "2.0, np.array([4.0, 10.0]), 'look-ahead'",
        inputs=lambda dice: [
            (dice.uniform(1, 6), dice.uniform(3, 20, n), rule)
            for n in (1, 3, 5)
            for rule in ("flipped", "instantaneous", "look-ahead")
        ],
        expected=compared,
        mistakes={
            "it crosses one neuron only": lambda right, *given: compared(*given, size=0),
            "a mean speed will not do: each neuron turns the phase by its own angle": mean_speed,
        }
        | (
            {
                "the flip and look-ahead are exchanged: the flip lags": lambda right, omega, c, rule: compared(
                    omega, c, {"flipped": "look-ahead", "look-ahead": "flipped"}.get(rule, rule)
                )
            }
            | (
                {
                    "this is half: the exact credit leads as much as the flip's lags": lambda right, *given: compared(
                        *given, phase=0.5
                    ),
                }
                if kind != "loud"
                else {
                    "it is upside down: the rule over the exact one": lambda right, *given: 1 / right,
                    "the exact credit has a gain too, below 1": lambda right, omega, c, rule: (
                        right / np.prod(np.sqrt(1 + (omega / c) ** 2))
                    ),
                }
            )
        )
        | (
            {"this is an angle; divide by omega": lambda right, omega, *given: right * omega}
            if kind == "late"
            else {"this is the sine": lambda right, omega, c, rule: np.sin(np.arccos(np.clip(right, -1, 1)))}
            if kind == "turned"
            else {}
        ),
        moral="Phases add up from neuron to neuron and gains multiply: depth makes a small lag a wrong sign.",
    )


def expect(dice):
    """The offset for a target that jumps at unknown times."""
    kind = ["mean", "turns", "halves"][dice.integers(3)]
    mean = float(dice.choice([0.25, 0.3, -0.2]))
    words = {
        "mean": rf"to a level that is drawn anew each time, on average {mean:g}",
        "turns": r"to its opposite, $-z$, and at the next jump back, and so on",
        "halves": r"to half of the value that it had, and at the next jump to half of that, and so on",
    }[kind]
    rest = {"mean": mean, "turns": 0.0, "halves": 0.0}[kind]
    pace = {"mean": 1.0, "turns": 2.0, "halves": 0.5}[kind]
    code = f"{rest:g} / nu + (z - {rest:g}) / (nu + {pace:g} * hazard)" if rest else f"z / (nu + {pace:g} * hazard)"

    def averaged(z, hazard, nu, q):
        """The integral of the mean over the number of jumps."""
        level = {"mean": lambda n: mean if n else z, "turns": lambda n: z * (-1) ** n, "halves": lambda n: z / 2**n}[
            kind
        ]

        def ahead(tau):
            chance, total = np.exp(-hazard * tau), 0.0
            for n in range(60):
                total += chance * level(n)
                chance *= hazard * tau / (n + 1)
            return np.exp(-nu * tau) * total

        return -q * quad(ahead, 0, 30 / nu, epsabs=1e-13, epsrel=1e-12, limit=200)[0]

    def slip(pace=pace, rest=rest):
        return lambda right, z, hazard, nu, q: -q * (rest / nu + (z - rest) / (nu + pace * hazard))

    return Item(
        title="Lean on what you expect",
        points=3,
        minutes=25,
        text=r"""
The lesson's lean is a guess at a statistic. For a linear system one can do better than guess: put the **expected**
future into the offset, $d = -q \int_0^\infty e^{-\nu \tau}\, \overline{z}(\tau)\, d\tau$ (lesson 07, $P$ settled).

The target is `z` now, and stays, until it jumps. In every short time $dt$ it jumps with the probability $h\, dt$,
whatever was before (`hazard` is $h$); it jumps @words@. Return $d$. First ask how the expectation $\overline z(\tau)$
changes with $\tau$: it obeys a linear differential equation.""",
        answer='''
def expect(z, hazard, nu, q):
    """The offset d for the expected future of a target that jumps."""
    ### BEGIN SOLUTION
    return -q * (@code@)
    ### END SOLUTION''',
        words=dict(words=words, code=code),
        example="0.8, 0.5, 4.0, 10.0",
        inputs=lambda dice: [
            (z, dice.uniform(0.3, 3), dice.uniform(3, 9), dice.uniform(2, 20)) for z in dice.uniform(-1, 1, 5)
        ],
        expected=averaged,
        tolerance=1e-5,
        mistakes={
            "this is the frozen target: it never jumps": lambda right, z, hazard, nu, q: -q * z / nu,
            "after the first jump all is forgotten, and 0 is expected"
            if kind != "mean"
            else "after a jump the mean is expected, not 0": slip(pace=1.0, rest=0.0),
            "this is what is expected after very long": lambda right, z, hazard, nu, q: -q * (rest or z * 1e-9) / nu,
            "the expectation settles at another pace": slip(pace=2.0 if kind == "mean" else 1.5),
            "the sign is wrong: a target above 0 makes the offset negative": lambda right, *given: -right,
            "q is forgotten": lambda right, *given: right / given[-1],
            "it takes the hazard for a probability of one jump, now": lambda right, z, hazard, nu, q: (
                -q * ((1 - hazard) * z + hazard * {"mean": mean, "turns": -z, "halves": z / 2}[kind]) / nu
            ),
        },
        moral="A planner that expects jumps leans away from where it is, the more the sooner they come.",
    )


TASKS = [crossing, expect]
