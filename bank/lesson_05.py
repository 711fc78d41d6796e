"""Two further tasks for lesson 05: another schedule of momentum, and credit that fades."""

import numpy as np

from hlp_edu.course.teaching.bank import Item

LESSON = "05_backprop_as_a_limit"

# Each: phi as a formula, its code, and the code of phi' / phi.
WEIGHTS = [
    (r"\cosh 2t", "np.cosh(2 * t)", "2 * np.tanh(2 * t)"),
    (r"1 + t^2", "1 + t**2", "2 * t / (1 + t**2)"),
    (r"e^{t^2 / 2}", "np.exp(t**2 / 2)", "t"),
    (r"(1 + t)^4", "(1 + t) ** 4", "4 / (1 + t)"),
    (r"t\, e^{3t}", "t * np.exp(3 * t)", "3 + 1 / t"),
]


def schedule(dice):
    """Learning rate and momentum of a step, for another phi."""
    tex, code, theta = WEIGHTS[dice.integers(len(WEIGHTS))]
    phi, rate = (eval(f"lambda t: {it}", {"np": np}) for it in (code, theta))

    def measured(n, h, r):
        """From three steps of the two equations on the loss w."""
        t = n * h
        friction = np.imag(phi(t + 1e-30j)) / 1e-30 / phi(t)
        w_old, w = 0.3, 0.7
        p = -(r / h) * (w - w_old)
        p_next = p + h * (0.0 - friction * p)
        momentum = -(h / r) * p_next / (w - w_old)
        return -(-(h / r) * h), momentum

    return Item(
        title="Another schedule of momentum",
        points=2,
        minutes=15,
        text=r"""
The neurons are fast, the weights obey the flipped laws, and every moment counts $\varphi(t) = @tex@$. They are stepped
as in the lesson,

$$p_{n+1} = p_n + h \bigl( \nabla \mathcal L(w_n) - \theta(t_n)\, p_n \bigr), \qquad w_{n+1} = w_n - \tfrac hr\,
p_{n+1}, \qquad t_n = n h .$$

Written with the weights alone this is gradient descent with momentum. Return the pair (learning rate, momentum) of the
step from $w_n$ to $w_{n+1}$. What is $\theta$ for this $\varphi$?""",
        answer='''
def schedule(n, h, r):
    """Learning rate and momentum of step n."""
    ### BEGIN SOLUTION
    t = n * h
    return h**2 / r, 1 - h * (@theta@)
    ### END SOLUTION''',
        words=dict(tex=tex, theta=theta),
        example="10, 0.1, 0.5",
        inputs=lambda dice: [(int(n), dice.uniform(0.02, 0.1), dice.uniform(0.2, 2)) for n in (3, 17, 60)],
        expected=measured,
        mistakes={
            "theta is phi' / phi, not phi": lambda right, n, h, r: (right[0], 1 - h * phi(n * h)),
            "theta is phi' / phi, not phi'": lambda right, n, h, r: (right[0], 1 - h * rate(n * h) * phi(n * h)),
            "the learning rate is h^2 / r: each of the two equations brings a factor h": lambda right, n, h, r: (
                h / r,
                right[1],
            ),
            "the momentum lacks h": lambda right, n, h, r: (right[0], 1 - rate(n * h)),
            "theta is taken at the number of the step, not at its time": lambda right, n, h, r: (
                right[0],
                1 - h * rate(float(n)),
            ),
            "the momentum is 1 minus this": lambda right, n, h, r: (right[0], 1 - right[1]),
            "the two are in the other order": lambda right, *given: right[::-1],
        },
        moral="How much each moment counts decides how heavy the ball is at that moment.",
    )


def faded(dice):
    """How much of backprop's delta is left, layer by layer, when costates have friction."""
    flipped = bool(dice.integers(2))
    sign = 1 if flipped else -1
    law = (
        r"$D_i' = c_i \bigl( s_i - D_i \bigr) - \theta D_i$"
        if flipped
        else r"$D_i' = -c_i \bigl( s_i - D_i \bigr) - \theta D_i$"
    )
    word = "flipped" if flipped else "canonical"

    def rests(c, theta):
        """From the rest point of a chain with weights 1, without tanh: D = (c + sign theta)^-1 c (source)."""
        n = len(c)
        links = np.diag(c + sign * theta) - np.diag(c[:-1], 1)
        return np.linalg.solve(links, np.append(np.zeros(n - 1), c[-1]))

    def slip(sign=sign, first=0, order=1, all_same=False, add=False):
        def mistake(right, c, theta):
            one = c / (c + sign * theta)
            one = np.full(len(c), one.mean()) if all_same else one
            if add:
                return 1 - np.cumsum((1 - one)[::-1])[::-1]
            left = np.cumprod(one[::-order])[::-order]
            return np.append(left[first:], [1.0] * first)

        return mistake

    return Item(
        title="Credit that fades on its way",
        points=3,
        minutes=20,
        text=r"""
In step 3 of the lesson the costates had no friction. Policies of the course give them some. With $s_i$ for everything
that neuron $i$ receives, $s_i = q\, e_i\,[i \in O] + \sum_k w_{ki} \sigma'(a_k) D_k$, the @word@ credit then obeys

@law@ .

In a layered network the world stands still and everything has come to rest. All neurons of layer $l$ have the speed
`c[l]`; the last layer is the output, and $\theta$ (`theta`) is smaller than every speed. Compared with backprop, the
whole array $D$ of a layer is multiplied by one number. Return the array of these numbers, one for each layer, in the
order of `c`.""",
        answer='''
def faded(c, theta):
    """For each layer, D at rest divided by backprop's D."""
    ### BEGIN SOLUTION
    factors = np.ones(len(c))
    behind = 1.0
    for layer in range(len(c) - 1, -1, -1):
        behind = behind * c[layer] / (c[layer] @sign@ theta)
        factors[layer] = behind
    return factors
    ### END SOLUTION''',
        words=dict(word=word, law=law, sign="+" if flipped else "-"),
        example="np.array([10.0, 20.0]), 5.0",
        inputs=lambda dice: [(dice.uniform(5, 40, n), dice.uniform(0.5, 4)) for n in (2, 4, 7)],
        expected=rests,
        mistakes={
            "the output's own friction is forgotten: its credit is not q e any more": slip(first=1),
            "friction has the wrong sign at rest: set D' = 0": slip(sign=-sign),
            "it multiplies from the input on: credit begins at the output": slip(order=-1),
            "each layer is multiplied by its own number alone, and its credit has faded already": (
                lambda right, c, theta: c / (c + sign * theta)
            ),
            "the losses are added; they multiply": slip(add=True),
            "theta is a rate beside c, not beside 1": lambda right, c, theta: np.cumprod(
                np.full(len(c), 1 / (1 + sign * theta))
            )[::-1],
        },
        moral="Friction on the neurons' costates hardly turns the gradient of a layer, and shortens it with depth.",
    )


TASKS = [schedule, faded]
