"""Two further tasks for lesson 02: a cost that is discounted, and what holding costs for ever."""

import numpy as np
from scipy.optimize import minimize_scalar

from hlp_edu.course.teaching.bank import Item

LESSON = "02_linear_quadratic_tracking"


def impatient(dice):
    """The best feedback when the future counts less, or more."""
    sign = int(dice.choice([-1, 1]))
    word = "less and less" if sign < 0 else "more and more"

    def least(a, b, q, r, gamma):
        """The k whose run costs least, from the cost of each run."""

        def cost(k):
            fades = -sign * gamma - 2 * (a - b * k)
            return (q + r * k**2) / fades if fades > 0 else 1e9

        low = max((a + sign * gamma / 2) / b, 0.0) + 1e-9
        return minimize_scalar(cost, bounds=(low, low + 60), method="bounded", options=dict(xatol=1e-10)).x

    def root(shift, which=1, gives="k"):
        def mistake(right, a, b, q, r, gamma):
            half = a + shift * gamma
            P = (half + which * np.sqrt(half**2 + q * b**2 / r)) * r / b**2
            return b * P / r if gives == "k" else P

        return mistake

    return Item(
        title="An impatient controller" if sign < 0 else "A controller that minds the future",
        points=2,
        minutes=20,
        text=r"""
The system is $x' = a x + b v$, the target is 0, there is no end, and the future counts @word@:

$$J = \int_0^\infty e^{@sign@ \gamma t} \bigl[ \tfrac q2 x^2 + \tfrac r2 v^2 \bigr] dt, \qquad \gamma > 0 .$$

The best control is still a feedback, $v = -k x$. Return its strength $k$. One way: put
$V(x, t) = e^{@sign@ \gamma t}\, \tfrac12 P x^2$ into the lesson's steps 2 to 4 and see what becomes of Riccati's
equation. (The check tries systems with $b > 0$ for which the cost is finite; 0.1 % is near enough.)""",
        answer='''
def impatient(a, b, q, r, gamma):
    """The k of the best feedback v = -k x."""
    ### BEGIN SOLUTION
    half = a @sign@ gamma / 2
    P = (half + np.sqrt(half**2 + q * b**2 / r)) * r / b**2
    return b / r * P
    ### END SOLUTION''',
        words=dict(word=word, sign="-" if sign < 0 else "+"),
        example="-1.0, 1.0, 10.0, 0.1, 2.0",
        inputs=lambda dice: [(a, *dice.uniform((0.5, 2, 0.1, 0.5), (2, 9, 1, 4))) for a in (-2.0, -0.3, 0.0, 0.8)],
        expected=least,
        tolerance=1e-3,
        mistakes={
            "this is the feedback without the factor in the cost: gamma changes Riccati's equation": root(0.0),
            "gamma enters with the wrong sign": root(-sign / 2),
            "gamma counts twice: V is quadratic in x, and its factor is differentiated once": root(sign * 1.0),
            "this is P; the strength is b P / r": root(sign / 2, gives="P"),
            "this is the other root of the quadratic equation, with which x runs away": root(sign / 2, which=-1),
        },
        moral="A factor e^(gamma t) in the cost acts like a leak that is gamma / 2 different.",
    )


def upkeep(dice):
    """Where it is cheapest to stay for ever, and what that costs."""
    sign = int(dice.choice([-1, 1]))
    word = "a drain takes" if sign < 0 else "a stove gives"

    def stays(a, b, q, r, z, d):
        """From the three equations of a minimum under a condition."""
        rows = [[q, 0, a], [0, r, b], [a, b, 0]]
        x, v, _ = np.linalg.solve(rows, [q * z, 0, -sign * d])
        return x, q / 2 * (x - z) ** 2 + r / 2 * v**2

    def at(place, push=True, error=True):
        def mistake(right, a, b, q, r, z, d):
            x = place(right[0], a, b, q, r, z, d)
            v = -(a * x + sign * d) / b
            return x, error * q / 2 * (x - z) ** 2 + push * r / 2 * v**2

        return mistake

    return Item(
        title="The cheapest place to stay",
        points=2,
        minutes=15,
        text=r"""
A bath leaks, is heated, and @drain@ a steady amount $d$ per unit of time: $x' = a x + b v @sign@ d$. You want it at
$z$ for a very long time, with the lesson's cost, $\tfrac q2 (x - z)^2 + \tfrac r2 v^2$ per unit of time. After a
while the best run does not move any more (until shortly before the end). Return two numbers: the state $x$ at which
it stays, and what staying there costs **per unit of time**.

You need neither Riccati nor a run: of all places at which $x$ *can* stay, it takes the cheapest.""",
        answer='''
def upkeep(a, b, q, r, z, d):
    """The state at which the best run stays, and its cost per unit of time."""
    ### BEGIN SOLUTION
    x = (q * b**2 * z - @other@ r * a * d) / (q * b**2 + r * a**2)
    v = -(a * x @sign@ d) / b
    return x, q / 2 * (x - z) ** 2 + r / 2 * v**2
    ### END SOLUTION''',
        words=dict(drain=word, sign="-" if sign < 0 else "+", other="-" if sign < 0 else "+"),
        example="-1.0, 1.0, 10.0, 0.1, 0.8, 0.5",
        inputs=lambda dice: [
            (dice.uniform(-3, -0.5), *dice.uniform((0.5, 2, 0.2, 0.5, 0.3), (2, 9, 1, 1, 2))) for _ in range(4)
        ],
        expected=stays,
        mistakes={
            "it stays at the target, which costs more pushing than it is worth": at(lambda x, a, b, q, r, z, d: z),
            "d is forgotten in the place to stay": at(lambda x, a, b, q, r, z, d: q * b**2 * z / (q * b**2 + r * a**2)),
            "d has the wrong sign": lambda right, a, b, q, r, z, d: stays(a, b, q, r, z, -d),
            "the cost leaves out the push": at(lambda x, *_: x, push=False),
            "the cost leaves out the error": at(lambda x, *_: x, error=False),
            "the cost is twice as high: both terms have a half": lambda right, *_: (right[0], 2 * right[1]),
            "it stays where no push is needed": at(lambda x, a, b, q, r, z, d: -sign * d / a),
        },
        moral="Far from both ends the best run waits at the cheapest place there is: a turnpike.",
    )


TASKS = [impatient, upkeep]
