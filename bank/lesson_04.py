"""Two further tasks for lesson 04: the laws of another neuron, and of another price of speed."""

import numpy as np
from scipy.optimize import minimize_scalar

from hlp_edu.course.teaching.bank import Item

LESSON = "04_laws_of_learning"

# Each: the law as a formula, then as code of x and a: the velocity over c, its slope by x, its slope by a.
NEURONS = [
    (
        r"c\,\bigl(-x_i + (1 - x_i) \tanh a_i\bigr)",
        "-x + (1 - x) * np.tanh(a)",
        "-1 - np.tanh(a)",
        "(1 - x) / np.cosh(a) ** 2",
    ),
    (r"c\,\bigl(-x_i^3 + \tanh a_i\bigr)", "-(x**3) + np.tanh(a)", "-3 * x**2", "1 / np.cosh(a) ** 2"),
    (r"c\,\bigl(-\sinh x_i + \sin a_i\bigr)", "-np.sinh(x) + np.sin(a)", "-np.cosh(x)", "np.cos(a)"),
    (
        r"c\,\bigl(-x_i + (1 + x_i^2) \sin a_i\bigr)",
        "-x + (1 + x**2) * np.sin(a)",
        "-1 + 2 * x * np.sin(a)",
        "(1 + x**2) * np.cos(a)",
    ),
]
# Each: the price of speed as a formula, its code, and the code of the best velocity.
PRICES = [
    (r"\tfrac r4 |v|^4", "r / 4 * v**4", "-np.cbrt(p / r)"),
    (r"r\,(\cosh v - 1)", "r * (np.cosh(v) - 1)", "-np.arcsinh(p / r)"),
    (r"\tfrac{2 r}{3} |v|^{3/2}", "2 * r / 3 * np.abs(v) ** 1.5", "-np.sign(p) * (p / r) ** 2"),
    (
        r"\tfrac r2 v^2 \text{ and } |v| \le 0.7",
        "np.where(np.abs(v) <= 0.7, r / 2 * v**2, 1e9)",
        "np.clip(-p / r, -0.7, 0.7)",
    ),
    (r"r \sqrt{1 + v^2}", "r * np.sqrt(1 + v**2)", "-p / np.sqrt(r**2 - p**2)"),
]


def another_neuron(dice):
    """H_x and H_w of a network whose neurons obey another law."""
    tex, code, by_x, by_a = NEURONS[dice.integers(len(NEURONS))]
    law, slope_x, slope_a = (eval(f"lambda x, a: {it}", {"np": np}) for it in (code, by_x, by_a))

    def H(x, W, p, e, q, r_w, c):
        return q * e @ x + r_w / 2 * np.sum(W * W) + p @ (c * law(x, W @ x))

    def brute(x, W, p, e, q, r_w, c):
        H_x, H_W = np.zeros(len(x)), np.zeros(W.shape)
        for k in range(len(x)):
            H_x[k] = H(x + 1e-30j * np.eye(len(x))[k], W, p, e, q, r_w, c).imag / 1e-30
        for k in np.ndindex(W.shape):
            nudged = W.astype(complex)
            nudged[k] += 1e-30j
            H_W[k] = H(x, nudged, p, e, q, r_w, c).imag / 1e-30
        return H_x, H_W

    def slip(own=slope_x, child=slope_a, turn=True, size=True, head=True):
        def mistake(right, x, W, p, e, q, r_w, c):
            a = W @ x
            g = c * child(x, a) * p
            credit = W.T @ g if turn else W @ g
            arcs = np.outer(g, x) if head else np.outer(x, g)
            return q * e + c * own(x, a) * p + credit, arcs + size * r_w * W

        return mistake

    return Item(
        title="The laws of another neuron",
        points=3,
        minutes=25,
        text=r"""
A neuron of another make obeys

$$x_i' = @tex@, \qquad a_i = \sum_j W_{ij} x_j .$$

The network is fully connected and has no input: `W[i, j]` is the weight of the arc $j \to i$, all speeds are `c`. The
cost is that of equation (4); `e` has the errors $x_i - z_i$, one for each neuron (0 where a neuron is no output).
Derive what takes the place of the brackets in (7) and (8): return the two arrays $H_x$, one entry for each neuron, and
$H_W$, in the shape of `W`.""",
        answer='''
def another_neuron(x, W, p, e, q, r_w, c):
    """The slopes of the Hamiltonian along the states and along the weights."""
    ### BEGIN SOLUTION
    a = W @ x
    own = @own@
    g = c * @child@ * p
    H_x = q * e + c * own * p + W.T @ g
    return H_x, np.outer(g, x) + r_w * W
    ### END SOLUTION''',
        words=dict(tex=tex, own=by_x, child=by_a),
        example="np.array([0.5, -0.2]), np.array([[0.0, 1.0], [2.0, 0.5]]), np.array([0.1, 0.3]), "
        "np.array([0.0, 0.4]), 10.0, 1.0, 2.0",
        inputs=lambda dice: [
            (*dice.normal(size=(1, n)), dice.normal(size=(n, n)), *dice.normal(size=(2, n)), *dice.uniform(1, 9, 3))
            for n in (3, 5)
        ],
        expected=brute,
        mistakes={
            "the own leak is still that of the lesson, -c p: differentiate this law along x_i": slip(
                own=lambda x, a: -1 + 0 * x
            ),
            "the children's slope is still that of tanh: differentiate this law along a_k": slip(
                child=lambda x, a: 1 / np.cosh(a) ** 2
            )
            if by_a != "1 / np.cosh(a) ** 2"
            else slip(child=lambda x, a: 1 - x**2),
            "the slope has to be taken at the sum a, not at the state": slip(child=lambda x, a: slope_a(x, x)),
            "credit goes against the arrows: W has to be transposed": slip(turn=False),
            "the price of the weights is missing in H_W": slip(size=False),
            "H_W is transposed: the credit of the head, times the state of the tail": slip(head=False),
        },
        moral="Two slopes of the neuron's law are all that the costates need to know of it.",
    )


def other_speed(dice):
    """The best velocity of the weights under another price of speed."""
    tex, price, best = PRICES[dice.integers(len(PRICES))]
    cost = eval(f"lambda v, r: {price}", {"np": np})

    def least(p_w, r):
        grid = np.linspace(-12, 12, 24001)

        def one(p):
            near = grid[np.argmin(cost(grid, r) + p * grid)]
            around = dict(bounds=(near - 1e-3, near + 1e-3), method="bounded", options=dict(xatol=1e-10))
            return minimize_scalar(lambda v: cost(v, r) + p * v, **around).x

        return np.array([one(p) for p in p_w])

    return Item(
        title="Another price of speed",
        points=2,
        minutes=15,
        text=r"""
The third term of (4) makes fast weights expensive, and step 1 of the lesson turns it into (6). Put another price in its
place: each weight pays

$$@tex@$$

per unit of time for its velocity $v$, and all else stays. Return the best velocities of the weights: `p_w` is an array
with one costate for each arc, `r` a number@range@.""",
        answer='''
def other_speed(p_w, r):
    """The best velocity of each weight."""
    ### BEGIN SOLUTION
    p = np.asarray(p_w)
    return @best@
    ### END SOLUTION''',
        words=dict(tex=tex, best=best, range=", larger than every $|p_w|$" if "sqrt(r**2" in best else ""),
        example="np.array([0.2, -0.5]), 0.8",
        inputs=lambda dice: [(dice.uniform(-1, 1, 9), dice.uniform(1.05, 2)), (dice.uniform(-1, 1, 4), 1.1)],
        expected=least,
        tolerance=1e-4,
        mistakes={
            "the sign is wrong: a weight with a positive costate should fall": lambda right, *given: -right,
            "this is (6), for the price of the lesson": lambda right, p_w, r: (
                -p_w / r if "clip" not in best else -p_w / r * 2
            ),
            "it does not depend on r": lambda right, p_w, r: eval(best, {"np": np, "p": p_w, "r": 1.05}),
            "r multiplies where it should divide": lambda right, p_w, r: eval(
                best, {"np": np, "p": p_w * r * r, "r": r}
            ),
            "all weights stand still": lambda right, *given: 0 * right,
        },
        moral="The price of speed decides the law of the weights, and no other law.",
    )


TASKS = [another_neuron, other_speed]
