"""Two further tasks for lesson 07: a road that is seen for a while, and how far one has to see."""

import numpy as np

from hlp_edu.course.teaching.bank import Item

LESSON = "07_time_reversal"


def headlights(dice):
    """The offset of a controller that sees the next part of the road."""
    kind = ["stays", "mean", "drops"][dice.integers(3)]
    mean = float(dice.choice([0.2, 0.3, -0.2]))
    words = {
        "stays": "stays for ever at the last value that is seen",
        "mean": rf"is for ever at its mean, which is {mean:g}",
        "drops": "is for ever **half** of the last value that is seen",
    }
    code = {"stays": "z[-1]", "mean": f"{mean:g}", "drops": "z[-1] / 2"}[kind]
    stays = {"stays": lambda z: z[-1], "mean": lambda z: mean, "drops": lambda z: z[-1] / 2}[kind]

    def offset(z, dt, nu, q, beyond=stays, tail=1.0, weigh=1.0, sight=True):
        tau, w = dt * np.arange(len(z)), np.full(len(z), dt)
        w[[0, -1]] = dt / 2
        seen = w @ (np.exp(-nu * weigh * tau) * z) * sight
        return -q * (seen + tail * np.exp(-nu * tau[-1] * (tail != 2)) / nu * beyond(z))

    def roads(dice):
        for n, nu in zip((20, 90, 30), dice.uniform((4, 4, 3), (9, 9, 6)), strict=True):
            turns = dice.normal(size=4)
            t = np.linspace(0, 1, n + 1)
            yield sum(c * np.cos(k * t) for k, c in enumerate(turns)) + 0.6, 0.01, nu, dice.uniform(2, 12)

    return Item(
        title="Headlights",
        points=3,
        minutes=20,
        text=r"""
Between the driver who knows the whole road and the one who sees nothing of it there is the one with headlights. The
array `z` has the targets from now (`z[0]`) to as far as the light reaches, `dt` apart. Beyond the light, the driver
assumes that the target @beyond@.

Return the offset $d$ of now, by the lesson's integral, with $P$ settled and no end ($T = \infty$). 1 % is near
enough.""",
        answer='''
def headlights(z, dt, nu, q):
    """The offset d, from the targets that are seen."""
    ### BEGIN SOLUTION
    tau = dt * np.arange(len(z))
    seen = np.trapezoid(np.exp(-nu * tau) * z, tau)
    beyond = np.exp(-nu * tau[-1]) / nu * (@code@)
    return -q * (seen + beyond)
    ### END SOLUTION''',
        words=dict(beyond=words[kind], code=code),
        example="np.array([0.0, 0.1, 0.2, 0.3]), 0.05, 4.0, 10.0",
        inputs=roads,
        expected=offset,
        tolerance=0.01,
        mistakes={
            "what is beyond the light is forgotten": lambda right, *given: offset(*given, tail=0.0),
            "what is beyond the light counts from now on: it begins where the light ends": lambda right, *given: (
                offset(*given, tail=0.0) - given[3] / given[2] * stays(given[0])
            ),
            "what is seen is forgotten: this is the road beyond the light alone": lambda right, *given: offset(
                *given, sight=False
            ),
            "another road is assumed beyond the light": lambda right, *given: offset(
                *given, beyond=(lambda z: 0.0 + z[0]) if kind == "stays" else (lambda z: z[-1])
            ),
            "the sign is wrong: a target above 0 makes the offset negative": lambda right, *given: -right,
            "q is forgotten": lambda right, *given: right / given[-1],
            "near and far count the same: the weights are exp(-nu tau)": lambda right, *given: offset(
                *given, weigh=0.0
            ),
            "this is the frozen target: it sees nothing but now": lambda right, z, dt, nu, q: -q * z[0] / nu,
        },
        moral="What lies further ahead than a few times 1 / nu does not matter: so much light is enough.",
    )


def light_enough(dice):
    """How far the light must reach for a given lag."""
    a, q, r = -float(dice.choice([2, 3])), float(dice.choice([4, 9, 12])), float(dice.choice([0.2, 0.5, 0.8]))
    b, n = float(dice.choice([1, 2])), int(dice.choice([5, 8, 20, 50]))
    nu = np.sqrt(a**2 + q * b**2 / r)

    def lag(h):
        """Of a slow ramp z = t, from the offset; in units of time."""
        tau = np.linspace(0, 30 / nu, 60001)
        return 1 / nu - np.trapezoid(np.exp(-nu * tau) * np.minimum(tau, h), tau) * nu

    def right():
        low, high = 0.0, 20 / nu
        for _ in range(40):
            h = (low + high) / 2
            low, high = (h, high) if lag(h) > 1 / nu / n else (low, h)
        return high

    return Item(
        title="How far must the light reach?",
        points=2,
        minutes=15,
        text=r"""
A controller sees the target for the time $h$ ahead and assumes that it stays from there on at the last value that it
sees. With $h = 0$ that is the frozen target, which lags by $1/\nu$; with $h = \infty$ it is the optimum, which does
not lag. How far must a controller see so that its lag, on a slow target, is **one @n@th** of that of the frozen
target? The system: $a = @a@$, $b = @b@$, $q = @q@$, $r = @r@$. Give $h$, to three digits.

(Take a target that rises steadily, $z = t$, and compare the offset with the one that belongs to no lag.)""",
        answer="""
light_enough = ...
### BEGIN SOLUTION
light_enough = np.log(@n@) / np.sqrt((@a@) ** 2 + @q@ * @b@**2 / @r@)
### END SOLUTION""",
        words=dict(a=f"{a:g}", b=f"{b:g}", q=f"{q:g}", r=f"{r:g}", n=n),
        expected=right,
        tolerance=3e-3,
        mistakes={
            "this is a time in units of 1 / nu: divide by nu": lambda right: np.log(n),
            "1 / nu times this fraction is another law: the rest of the lag is exp(-nu h) / nu": lambda right: (
                (1 - 1 / n) / nu
            ),
            "this is a whole 1 / nu for each part": lambda right: n / nu,
            "the logarithm is the natural one": lambda right: np.log10(n) / nu,
            "the leak is missing in nu": lambda right: np.log(n) / np.sqrt(q * b**2 / r),
            "this is the rate of the flip without b": lambda right: (
                np.log(n) / np.sqrt(a**2 + q / r) if b != 1 else np.log(n) / (q / r)
            ),
        },
        moral="Each further 1 / nu of light divides the lag by e.",
    )


TASKS = [headlights, light_enough]
