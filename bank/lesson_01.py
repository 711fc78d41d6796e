"""Two further tasks for lesson 01: a cost at the end, and a price of another cost."""

import numpy as np

from hlp_edu.course.teaching.bank import Item

LESSON = "01_optimal_control"

# What the leak does: as a formula, as code, its slope, and a slope that is a typical slip.
LEAKS = [
    (r"a \sin x", "np.sin(x)", "np.cos(x)", "-np.cos(x)"),
    (r"a\, x\,|x|", "x * abs(x)", "2 * abs(x)", "2 * x"),
    (r"a \arctan x", "np.arctan(x)", "1 / (1 + x**2)", "-1 / (1 + x**2)"),
    (r"a \sinh x", "np.sinh(x)", "np.cosh(x)", "-np.cosh(x)"),
]


def last_will(dice):
    """A cost at the end: p(T) is no longer zero."""
    wish = dice.choice([0.75, -0.75, 1.5, -1.5])
    weight = dice.choice(["linear", "square"])
    formula = {"linear": rf"{2 * wish:+g}\, x(T)", "square": rf"+ s\, (x(T) {-wish:+g})^2"}[weight]
    code = {"linear": f"{2 * wish:g}", "square": f"2 * s * (x[-1] - {wish:g})"}[weight]

    def run(x, z, a, q, s, dt, last=None, error=1.0, leak=1.0):
        ends = {"linear": 2 * wish, "square": 2 * s * (x[-1] - wish)}[weight]
        p = np.zeros(len(x))
        p[-1] = ends if last is None else last * ends
        ahead = np.arange(len(z))[::-1] + 1
        for k in range(len(z)):  # every price as a sum over its future
            grown = (1 + leak * a * dt) ** np.arange(ahead[k])
            p[k] = dt * error * q * grown @ (x[k:-1] - z[k:]) + p[-1] * (1 + leak * a * dt) ** ahead[k]
        return p

    return Item(
        title="The last will",
        points=3,
        minutes=20,
        text=r"""
The bath of the lesson, with one thing added: how warm it is *at the very end* has a price of its own,

$$J = \int_0^T \bigl[ \tfrac q2 (x - z)^2 + \tfrac r2 v^2 \bigr] dt @formula@ , \qquad x' = a x + v .$$

Go through step 3 of the lesson again with this cost: which term of the change does the new part meet? Then write
the sweep: return the $N + 1$ costates of a run with the states `x` (one more than targets), the control held, by
Euler steps as in the lesson. The argument `s` is a number@unused@.""",
        answer='''
def last_will(x, z, a, q, s, dt):
    """The costates at the times of x."""
    ### BEGIN SOLUTION
    p = np.zeros(len(x))
    p[-1] = @code@
    for k in range(len(z) - 1, -1, -1):
        p[k] = p[k + 1] + dt * (q * (x[k] - z[k]) + a * p[k + 1])
    return p
    ### END SOLUTION''',
        words=dict(formula=formula, code=code, unused="" if weight == "square" else " that this cost does not use"),
        example="np.array([0.0, 0.5, 0.8]), np.array([1.0, 1.0]), -1.0, 4.0, 2.0, 0.1",
        inputs=lambda dice: [
            (dice.normal(size=n + 1), dice.normal(size=n), *dice.uniform((-2, 1, 1), (-0.5, 9, 3)), 0.05)
            for n in (5, 40)
        ],
        expected=run,
        mistakes={
            "its last price is 0: the cost at the end moves with x(T), so p(T) is its slope": lambda right, *g: run(
                *g, 0
            ),
            "the last price has the wrong sign: raising x(T) changes the cost by the slope of the new term": (
                lambda right, *given: run(*given, -1)
            ),
            "the last price is half of the slope: differentiate the square": lambda right, *given: run(*given, 0.5),
            "the last price is the new cost itself, not its slope": lambda right, x, z, a, q, s, dt: run(
                x, z, a, q, s, dt, last=x[-1] if weight == "linear" else (x[-1] - wish) / 2
            ),
            "the error has the wrong sign in H_x": lambda right, *given: run(*given, error=-1.0),
            "the leak is missing in H_x, or has the wrong sign": lambda right, *given: run(*given, leak=0.0),
        },
        moral="What the end is worth is the price at the end; the rest of the sweep does not change.",
    )


def insulation(dice):
    """Prices of a parameter and of the start, from one sweep."""
    tex, code, slope, slip = LEAKS[dice.integers(len(LEAKS))]
    leak, slopes, slipped = (eval(f"lambda x: {it}", {"np": np}) for it in (code, slope, slip))

    def cost(a, x, v, z, q, dt):
        total = 0.0
        for k in range(len(z)):
            total = total + dt * q / 2 * (x - z[k]) ** 2
            x = x + dt * (a * leak(x) + v[k])
        return total

    def brute(x0, v, z, a, q, dt):
        by_a, by_x = (
            (cost(a + da, x0 + dx, v, z, q, dt) - cost(a - da, x0 - dx, v, z, q, dt)) / 2e-5
            for da, dx in ((1e-5, 0), (0, 1e-5))
        )
        return by_a, by_x

    def swept(right, x0, v, z, a, q, dt, slope=slopes, late=1, what=leak):
        x, p = np.full(len(v) + 1, x0), np.zeros(len(v) + 1)
        for k in range(len(v)):
            x[k + 1] = x[k] + dt * (a * leak(x[k]) + v[k])
        for k in reversed(range(len(v))):
            p[k] = p[k + 1] + dt * (q * (x[k] - z[k]) + a * slope(x[k]) * p[k + 1])
        return dt * p[late : len(v) + late] @ what(x[:-1]), p[0]

    return Item(
        title="Is better insulation worth its money?",
        points=3,
        minutes=25,
        text=r"""
A bath leaks as $x' = @tex@ + v$ with $a < 0$, and the control $v$ is what it is: an array, one entry for each of $N$
Euler steps of length `dt`. Two things could be changed, the insulation $a$ and the temperature $x(0)$ at which the
bath is filled. By how much does the cost $\int_0^T \tfrac q2 (x - z)^2\, dt$ change, to first order, for a change of
each?

Return the two derivatives, $\partial J / \partial a$ and $\partial J / \partial x(0)$, of the cost of the $N$ Euler
steps (as in the lesson: the cost of step $k$ is that of `x[k]` and `z[k]`). One run forward and one sweep backward give
both: think of the term $H_a\, \delta a$ that joins the others in step 3.""",
        answer='''
def insulation(x0, v, z, a, q, dt):
    """The derivatives of the cost with respect to a, and with respect to x0."""
    ### BEGIN SOLUTION
    def leak(x):
        return @code@

    def slope(x):
        return @slope@

    x, p = np.full(len(v) + 1, x0), np.zeros(len(v) + 1)
    for k in range(len(v)):
        x[k + 1] = x[k] + dt * (a * leak(x[k]) + v[k])
    for k in range(len(v) - 1, -1, -1):
        p[k] = p[k + 1] + dt * (q * (x[k] - z[k]) + a * slope(x[k]) * p[k + 1])
    return dt * np.sum(p[1:] * leak(x[:-1])), p[0]
    ### END SOLUTION''',
        words=dict(tex=tex, code=code, slope=slope),
        example="0.5, np.array([0.5, -1.0, 1.5]), np.array([1.0, 1.0, 0.0]), -1.0, 4.0, 0.2",
        inputs=lambda dice: [
            (dice.normal(), dice.normal(size=n), dice.normal(size=n), dice.uniform(-2, -0.5), dice.uniform(2, 9), 0.05)
            for n in (6, 40)
        ],
        expected=brute,
        tolerance=1e-5,
        mistakes={
            "the two are in the other order": lambda right, *given: right[::-1],
            "the slope of the leak is wrong, or its sign": lambda *given: swept(*given, slope=slipped),
            "the slope of the leak is missing in H_x": lambda *given: swept(*given, slope=lambda x: 0 * x),
            "it uses the price one step early: what a does in step k moves x[k+1]": lambda *given: swept(
                *given, late=0
            ),
            "H_a is p times what stands beside a in the law, and not p x": lambda *given: swept(
                *given, what=lambda x: x
            ),
            "a factor dt is missing in the first": lambda right, *given: (right[0] / given[-1], right[1]),
            "both signs are wrong": lambda right, *given: (-right[0], -right[1]),
            "the first takes the slope of the leak for the leak": lambda *given: swept(*given, what=slopes),
        },
        moral="One sweep, and the price of everything is known: of each push, of the start, of every parameter.",
    )


TASKS = [last_will, insulation]
