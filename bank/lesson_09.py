"""Two further tasks for lesson 09: friction for a wanted pace, and an arc that brakes."""

import numpy as np
from scipy.linalg import expm
from scipy.optimize import brentq

from hlp_edu.course.teaching.bank import Item

LESSON = "09_what_stability_costs"


def tame(dice):
    """The friction with which each half turn keeps a given part of the swing."""
    part = float(dice.choice([0.05, 0.1, 0.2, 0.02]))

    def keeps(theta, a, k, q):
        """How much of the distance is left after half a turn, measured on the matrix exponential."""
        M = np.array([[a, -k], [q, a - theta]])
        turn = np.sqrt(-(np.trace(M) ** 2 / 4 - np.linalg.det(M)))
        return -(expm(np.pi / turn * M)[0, 0])

    def least(a, b, q, r):
        omega = b * np.sqrt(q / r)
        return brentq(lambda theta: keeps(theta, a, b**2 / r, q) - part, max(0.0, 2 * a), 2 * omega * (1 - 1e-9))

    def solved(
        rate=lambda a, theta: a - theta / 2, turn=lambda omega, theta: np.sqrt(omega**2 - theta**2 / 4), half=1.0
    ):
        def mistake(right, a, b, q, r):
            omega = b * np.sqrt(q / r)
            grid = np.linspace(0, 2 * omega * (1 - 1e-12), 20001)
            left = half * np.pi * rate(a, grid) - np.log(part) * turn(omega, grid)
            k = np.flatnonzero(np.diff(np.sign(left)))
            if not len(k):
                return 2 * omega
            k = k[0]
            return grid[k] + (grid[k + 1] - grid[k]) * left[k] / (left[k] - left[k + 1])

        return mistake

    return Item(
        title="Tame it to a wanted pace",
        points=3,
        minutes=25,
        text=r"""
Friction just above the border lets a flip swing for ages. Suppose that each half turn around the rest point shall leave
the fraction **@part@** of the distance, no more and no less: $x$ is then on the other side, at @part@ of the distance
that it had. The system is $x' = a x + b v$ with a small $a$ of either sign, the cost is that of the lesson, and $p$
has the friction $\theta$. Return this $\theta$. (For all systems that the check tries there is exactly one between 0
and $2 \omega$, and the bare flip leaves more than this. 0.1 % is near enough.)

What do the real and the imaginary part of the two eigenvalues do, as $\theta$ grows?""",
        answer='''
def tame(a, b, q, r):
    """The friction with which half a turn leaves @part@ of the distance."""

    ### BEGIN SOLUTION
    omega = b * np.sqrt(q / r)

    def left_over(theta):
        rate, turn = a - theta / 2, np.sqrt(omega**2 - theta**2 / 4)
        return np.exp(np.pi * rate / turn) - @part@

    low, high = 0.0, 2 * omega * (1 - 1e-12)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if left_over(middle) > 0 else (low, middle)
    return low
    ### END SOLUTION''',
        words=dict(part=f"{part:g}"),
        example="0.5, 1.0, 10.0, 0.4",
        inputs=lambda dice: [
            (a, *dice.uniform((0.6, 4, 0.1), (1.5, 9, 0.5)))
            for a in (*dice.uniform(-1, -0.3, 2), *dice.uniform(0.3, 1, 2))
        ],
        expected=least,
        tolerance=1e-3,
        mistakes={
            "friction acts on one of the two equations: the real part is a - theta / 2, not a - theta": solved(
                rate=lambda a, theta: a - theta
            ),
            "friction also slows the turning down: the imaginary part is smaller than omega": solved(
                turn=lambda omega, theta: omega + 0 * theta
            ),
            "this is for a whole turn": solved(half=2.0),
            "a is missing in the real part": solved(rate=lambda a, theta: -theta / 2),
            "this is the friction at which it stops turning at all": lambda right, a, b, q, r: 2 * b * np.sqrt(q / r),
            "this is the least friction with which it settles": lambda right, a, b, q, r: max(2 * a, 0.0),
        },
        moral="Half of the friction goes off the real part, and it slows the turning, which ends at 2 omega.",
    )


def brake(dice):
    """The arc to itself that a neuron needs to settle with too little friction."""
    z = float(dice.choice([0.3, 0.5, 0.6]))
    slope = 1 - z**2

    def top(loop, c, q, r_w, r, theta_w, theta_x, slope=slope):
        """The greatest real part of the four equations' matrix: x, w, p_x, p_w."""
        leak = c * (1 - slope * loop)
        M = [[-leak, c * slope, 0, 0], [0, 0, 0, -1 / r], [q, 0, -leak - theta_x, 0], [0, r_w, c * slope, -theta_w]]
        return np.linalg.eigvals(np.array(M)).real.max()

    def most(*given, **others):
        return brentq(lambda loop: top(loop, *given, **others), -30, 0.999 / slope, xtol=1e-12)

    def half(c, q, r_w, r, theta_w, theta_x):
        """As if the loop changed the neuron's leak alone."""

        def top(loop):
            M = [[-c * (1 - slope * loop), c * slope, 0, 0], [0, 0, 0, -1 / r], [q, 0, -c - theta_x, 0]]
            return np.linalg.eigvals(np.array([*M, [0, r_w, c * slope, -theta_w]])).real.max()

        return brentq(top, -3000, 0.999 / slope)

    return Item(
        title="The arc that brakes",
        points=3,
        minutes=25,
        text=r"""
The lesson says that the output's arc to itself keeps the swing of five neurons small. How strong must it be? Take one
neuron with a bias of 1 and an arc to itself, of a weight $w_s$ that is **held**; only the weight $w$ from the bias
moves. Near its rest point, at which the slope of the $\tanh$ is **@slope@**, small motions obey the flipped equations
(2), (6), (7) and (10) with

$$x' = c\,\bigl(-x + @slope@\,(w + w_s\, x)\bigr) .$$

Friction is $\theta_w$ on $p_w$ and $\theta_x$ on $p_x$. Return the **largest** $w_s$ with which the flip settles: below
it, all is calm; above it, the neuron swings. It is between $-30$ and 1; 1 % is near enough. Where in the lesson's four
equations does $w_s$ appear? In more places than one.""",
        answer='''
def brake(c, q, r_w, r, theta_w, theta_x):
    """The largest weight of the neuron's arc to itself with which the flip settles."""

    ### BEGIN SOLUTION
    s = @slope@

    def top(loop):
        leak = c * (1 - s * loop)  # of x, and of p_x as well: the neuron is its own child
        links = np.polymul(np.polymul([1, theta_w, r_w / r], [1, leak]), [1, leak + theta_x])
        links[-1] += q / r * (c * s) ** 2
        return np.roots(links).real.max()

    low, high = -30.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if top(middle) < 0 else (low, middle)
    return low
    ### END SOLUTION''',
        words=dict(slope=f"{slope:g}"),
        example="20.0, 100.0, 1.0, 0.1, 15.0, 5.0",
        inputs=lambda dice: [
            (*dice.uniform((15, 60, 0.5, 0.1), (30, 120, 2, 0.2)), dice.uniform(8, 14), dice.uniform(0, 5))
            for _ in range(4)
        ],
        expected=most,
        tolerance=0.01,
        mistakes={
            "the neuron is its own child: w_s is in the costate's equation, too": lambda right, *given: half(*given),
            "the slope of the tanh is missing": lambda right, *given: most(*given, slope=1.0),
            "the sign is wrong: an arc that brakes is below 0": lambda right, *given: -right,
            "theta_x is forgotten": lambda right, *given: most(*given[:-1], 0.0),
            "r_w is forgotten": lambda right, c, q, r_w, *given: most(c, q, 0.0, *given),
        },
        moral="A neuron that inhibits itself is faster, and a faster neuron needs less friction.",
    )


TASKS = [tame, brake]
