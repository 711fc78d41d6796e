"""Two further tasks for lesson 08: how far the flip swings, and how long its steps may be."""

import numpy as np
from scipy.linalg import expm

from hlp_edu.course.teaching.bank import Item

LESSON = "08_sign_flip"


def crest(dice):
    """The height of a turning point of the flip."""
    turn = int(dice.integers(1, 4))  # the first crest, the first trough, the second crest
    word = ["first crest", "trough after the first crest", "second crest"][turn - 1]
    sign = 1 if turn % 2 else -1

    def height(a, b, q, r, z):
        """From the matrix exponential on a fine grid, and a parabola through the turning point."""
        M = np.array([[a, -(b**2) / r], [q, a]])
        rest = np.linalg.solve(M, [0, q * z])
        period = 2 * np.pi * np.sqrt(r / q) / b
        dt = period / 2000
        step, y, path = expm(M * dt), -rest, []
        for _ in range(1000 * turn + 400):
            path.append(y[0])
            y = step @ y
        late = sign * np.sign(z) * np.array(path)[1000 * turn - 500 :]
        k = np.argmax(late)
        low, top, high = late[k - 1 : k + 2]
        return rest[0] + sign * np.sign(z) * (top + (high - low) ** 2 / (8 * (2 * top - low - high)))

    def slip(turn=turn, rest=True, damped=1.0):
        def mistake(right, a, b, q, r, z):
            omega = b * np.sqrt(q / r)
            stays = z * omega**2 / (omega**2 + a**2) if rest else z
            return stays * (1 - (-1) ** turn * np.exp(damped * turn * np.pi * a / omega))

        return mistake

    return Item(
        title="How far does it swing?",
        points=2,
        minutes=20,
        text=r"""
The flip finds its rest point by swinging around it, and a machine that must not leave its range wants to know how
far. The system is $x' = a x + b v$ with a leak ($a < 0$, $b > 0$), the target is a constant $z$, and the flip without
friction starts at $x = 0$, $p = 0$.

As the lesson says, $x$ alone obeys $x'' - 2 a x' + (a^2 + \omega^2) x = \omega^2 z$. Return the height of the
**@word@**: the value of $x$ at the turning point number @turn@ after the start. There is a formula with one
exponential; 0.01 % is near enough. What is $x'(0)$?""",
        answer='''
def crest(a, b, q, r, z):
    """The value of x at the @word@ of the flip."""
    ### BEGIN SOLUTION
    omega = b * np.sqrt(q / r)
    rest = z * omega**2 / (a**2 + omega**2)
    return rest * (1 - (-1) ** @turn@ * np.exp(@turn@ * np.pi * a / omega))
    ### END SOLUTION''',
        words=dict(word=word, turn=turn),
        example="-1.0, 1.0, 10.0, 0.1, 0.8",
        inputs=lambda dice: [
            (dice.uniform(-3, -0.3), dice.uniform(0.5, 2), dice.uniform(2, 20), dice.uniform(0.1, 1), z)
            for z in dice.uniform(0.3, 1, 4) * [1, 1, -1, -1]
        ],
        expected=height,
        tolerance=1e-4,
        mistakes={
            "it swings around the target, and the flip rests a little short of it": slip(rest=False),
            "it does not lose height, and the leak shrinks the spiral": slip(damped=0.0),
            "this is another turning point: from one to the next it is half a turn": slip(turn=turn + 1),
            "this is the turning point before": slip(turn=turn - 1),
            "the swing shrinks at the rate -a, not 2a": slip(damped=2.0),
            "the real part of the eigenvalues has the wrong sign": slip(damped=-1.0),
            "this is the swing alone: add the rest point": lambda right, a, b, q, r, z: (
                right - z * q * b**2 / r / (q * b**2 / r + a**2)
            ),
            "b is missing in omega, the square root of q b^2 / r": lambda right, a, b, q, r, z: slip()(
                right, a, 1.0, q, r, z
            ),
        },
        moral="Half a turn takes pi / omega, and meanwhile the leak takes its part.",
    )


def step_limit(dice):
    """The longest step of a discrete flip."""
    together = bool(dice.integers(2))
    text = (
        r"$x_{k+1} = x_k + h\,(a x_k - \tfrac{b^2}{r} p_k)$ and $p_{k+1} = p_k + h\,(q x_k + a p_k)$, both from the "
        "*old* values"
        if together
        else r"first $p_{k+1} = p_k + h\,(q x_k + a p_k)$, then $x_{k+1} = x_k + h\,(a x_k - \tfrac{b^2}{r} p_{k+1})$, "
        "with the *new* costate"
    )
    first = "h * (q * x + a * p)"
    then = "p" if together else "new_p"

    def matrix(h, a, b, q, r):
        S = b**2 / r
        rows = [[1 + h * a, -h * S], [h * q, 1 + h * a]]
        if not together:
            rows[0] = [1 + h * a - h * S * h * q, -h * S * (1 + h * a)]
        return np.array(rows)

    def longest(a, b, q, r):
        steps = np.geomspace(1e-5, 30, 40000)
        tops = np.abs(np.linalg.eigvals(np.array([matrix(h, a, b, q, r) for h in steps[::40]]))).max(axis=1)
        k = 40 * np.argmax(tops > 1)
        low, high = steps[k - 40], steps[k]
        for _ in range(50):
            h = (low + high) / 2
            low, high = (low, h) if np.abs(np.linalg.eigvals(matrix(h, a, b, q, r))).max() > 1 else (h, high)
        return low

    def both(a, omega2):
        return -2 * a / (a**2 + omega2)

    def new_first(a, omega2):
        return 2 / (np.sqrt(omega2) - a)

    other = new_first if together else both
    return Item(
        title="How long may a step be?",
        points=3,
        minutes=25,
        text=r"""
A computer does not run the flip; it takes steps, and steps that are too long make a run grow that would settle. Take a
scalar system with a leak, $a < 0$, the target 0, no friction, and steps of length $h$:

@scheme@.

Return the **longest step**, the $h$ below which this discrete flip settles from every start. For all numbers that
the check tries it lies between 0.0001 and 10; 0.1 % is near enough. One step is a matrix. When do its powers die
out?""",
        answer='''
def step_limit(a, b, q, r):
    """The longest step with which the discrete flip settles."""

    ### BEGIN SOLUTION
    def grows(h):
        def step(x, p):
            new_p = p + @first@
            return x + h * (a * x - b**2 / r * @then@), new_p

        powers = np.array([step(1, 0), step(0, 1)]).T
        return np.abs(np.linalg.eigvals(powers)).max() > 1

    low, high = 1e-5, 1e-5
    while not grows(high):
        low, high = high, 1.02 * high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
    return low
    ### END SOLUTION''',
        words=dict(scheme=text, first=first, then=then),
        example="-1.0, 1.0, 10.0, 0.1",
        inputs=lambda dice: [
            (dice.uniform(-3, -0.3), dice.uniform(0.5, 2), dice.uniform(2, 20), dice.uniform(0.1, 1)) for _ in range(5)
        ],
        expected=longest,
        tolerance=1e-3,
        mistakes={
            "this is the limit of x' = a x alone, and the flip also turns": lambda right, a, b, q, r: -2 / a,
            "this is half of it": lambda right, a, *_: right / 2,
            "this is twice as much": lambda right, *_: 2 * right,
            "this is the limit of the other order of the two updates": lambda right, a, b, q, r: other(a, q * b**2 / r),
            "the eigenvalues of the flip are a + i omega and a - i omega; these are those of the saddle": (
                lambda right, a, b, q, r: 2 / np.sqrt(a**2 + q * b**2 / r)
            ),
        },
        moral="In steps, stability is a question to the eigenvalues of one step: all within the circle of radius 1.",
    )


TASKS = [crest, step_limit]
