"""Two further tasks for lesson 12: what a jump of the world does to the balance, and which runs keep H."""

import numpy as np

from hlp_edu.course.teaching.bank import Item, letters

LESSON = "12_where_the_energy_goes"

# Each: what is said of a run, what it is (target, inputs, policy, more), whether it keeps H, and why.
RUNS = [
    ("the target stands still at 0.5", {}, True, "the textbook's case"),
    ("the target is the sine wave", {"target": "sinusoid"}, False, "a target that moves enters by - q e z'"),
    (
        "the target is the sine wave, and errors cost nothing ($q = 0$)",
        {"target": "sinusoid", "q": 0},
        True,
        "a target enters through q alone",
    ),
    (
        "the target stands still, and the only input is a sine wave",
        {"inputs": "sinusoid"},
        False,
        "moving inputs enter by u'",
    ),
    (
        "the target stands still, and friction 1 acts on all costates",
        {"theta": 1},
        False,
        "friction takes from H, or gives",
    ),
    ("the target stands still, and the bare flip is used", {"policy": "flip"}, False, "flipped, two terms add up"),
    (
        "the target stands still at 0, and weights cost nothing ($r_w = 0$)",
        {"level": 0, "r_w": 0},
        True,
        "no price need be above 0",
    ),
    ("the target stands still, and every neuron has another speed", {"speed": "many"}, True, "speeds are constants"),
    (
        "the target stands still, and the damped flip of lesson 10 is used",
        {"policy": "damped"},
        False,
        "no policy that works keeps H",
    ),
    (
        "the target stands still, and the bias has the strength 3",
        {"inputs": "three"},
        True,
        "a constant input does nothing",
    ),
]


def _keeps(target="still", level=0.5, inputs="one", policy="canonical", speed="one", theta=0, **prices):
    """Whether H keeps its value in a short run."""
    import hlp_edu as hlp

    signals = {"still": hlp.constant(level), "sinusoid": hlp.sinusoid()}
    given = {"one": hlp.constant(1), "three": hlp.constant(3), "sinusoid": hlp.sinusoid(1, 3)}[inputs]
    rule = {"canonical": hlp.Canonical(), "flip": hlp.Flipped(), "damped": hlp.Flipped(30, 5)}[policy]
    rates = 20 if speed == "one" else [10, 15, 20, 25, 30]
    net, given = hlp.fully_connected(5), {"bias": given}
    problem = hlp.Tracking(net, signals[target], speed=rates, theta=theta, inputs=given, **prices)
    H = hlp.run(problem, rule, T=0.3, dt=2e-4, seed=1).hamiltonian
    return np.ptp(H) < 1e-6 * np.abs(H).max()


def constant_H(dice):
    """In which of six runs H keeps its value."""
    table, right, mistakes = letters(dice, [(words, truth, why) for words, _, truth, why in RUNS])
    runs = {words: run for words, run, _, _ in RUNS}
    drawn = [row.split(" | ", 1)[1].removesuffix(" |") for row in table.splitlines()[2:]]

    def measured():
        return "".join(letter for letter, words in zip("ABCDEF", drawn, strict=True) if _keeps(**runs[words]))

    return Item(
        title="Which runs keep H?",
        points=2,
        minutes=15,
        text=r"""
Five neurons with a bias run **canonically** from a random start, with the prices and the speed of the lessons, unless
something else is said. In which of these runs does $H$ keep its value, as long as they last and apart from rounding?

@table@

Answer with the letters in the order of the alphabet, for example `"AC"`. The formula (14) decides each of them; a short
run is a check.""",
        answer="""
constant_H = ...
### BEGIN SOLUTION
constant_H = "@right@"
### END SOLUTION""",
        words=dict(table=table, right=right),
        expected=measured,
        mistakes=mistakes,
        letters="ABCDEF",
        moral="What moves from outside, friction and the flip change H. Sizes and prices that stay do not.",
    )


def jolt(dice):
    """What a jump of inputs, target and price does to L and H."""
    asked = ["H", "L", "L - H"][dice.integers(3)]
    code = {"H": "error + neurons", "L": "error", "L - H": "-neurons"}[asked]

    def energies(W, x, p_w, p_x, c, r, r_w, now):
        u, z, q = now
        e, v = x[0] - z, -p_w / r
        weights = r_w / 2 * np.sum(W[:, :1] ** 2)
        L = q / 2 * e**2 + weights + r / 2 * np.sum(v**2)
        f = c * (-x + np.tanh(W @ np.append(x, u)))
        return {"L": L, "H": L + p_x @ f + np.sum(p_w * v), "L - H": -(p_x @ f + np.sum(p_w * v))}

    def step(W, x, p_x, c, before, after, asked=asked):
        """The difference of all of it, with any weights' costates."""
        p_w = np.linspace(-1, 1, W.size).reshape(W.shape)
        one, two = (energies(W, x, p_w, p_x, c, 0.1, 1.0, now) for now in (before, after))
        return two[asked] - one[asked]

    def kept(part):
        def mistake(right, W, x, p_x, c, before, after):
            same = tuple(b if k == part else a for k, (b, a) in enumerate(zip(before, after, strict=True)))
            return step(W, x, p_x, c, before, same)

        return mistake

    others = {"H": "L", "L": "H", "L - H": "H"}
    return Item(
        title="A jolt",
        points=3,
        minutes=20,
        text=r"""
In one instant three things jump: the inputs, the target and the price $q$ of an error. Nothing in the network has moved
yet. By how much does **$@asked@$** change?

The network is fully connected: row `W[i]` has the weights of the arcs into neuron $i$, from all neurons (states `x`,
costates `p_x`, speed `c`) and then from the inputs; neuron 0 is the output. `before` and `after` are the tuples
`(u, z, q)` of the inputs (an array), the target and the price. Prices $r$ and $r_w$, weights and their costates stay
as they are, so you are not told them. Are they needed?""",
        answer='''
def jolt(W, x, p_x, c, before, after):
    """The change of @asked@ in the instant of the jump."""
    ### BEGIN SOLUTION
    (u, z, q), (new_u, new_z, new_q) = before, after
    error = new_q / 2 * (x[0] - new_z) ** 2 - q / 2 * (x[0] - z) ** 2
    a, new_a = W @ np.append(x, u), W @ np.append(x, new_u)
    neurons = c * p_x @ (np.tanh(new_a) - np.tanh(a))
    return @code@
    ### END SOLUTION''',
        words=dict(asked=asked, code=code),
        example="np.array([[0.5, 1.0]]), np.array([0.2]), np.array([0.3]), 2.0, "
        "(np.array([1.0]), 0.0, 10.0), (np.array([-1.0]), 0.5, 20.0)",
        inputs=lambda dice: [
            (
                *(dice.normal(size=(n, n + m)), dice.normal(size=n), dice.normal(size=n), dice.uniform(5, 30)),
                (dice.normal(size=m), dice.normal(), dice.uniform(10, 90)),
                (dice.normal(size=m), dice.normal(), dice.uniform(10, 90)),
            )
            for n, m in ((3, 1), (4, 2))
        ],
        expected=step,
        mistakes={
            f"this is the change of {others[asked]}": lambda right, *given: step(*given, asked=others[asked]),
            "the sign is wrong: after minus before": lambda right, *given: -right,
        }
        | (
            {
                "the old price is still in it": kept(2),
                "the old target is still in it": kept(1),
            }
            if asked != "L - H"
            else {}
        )
        | (
            {
                "the inputs are forgotten: neurons change their course at once": kept(0),
                "the speed c is missing in the neurons' part": lambda right, W, x, p_x, c, before, after: step(
                    W, x, p_x / c, c, before, after
                ),
            }
            if asked != "L"
            else {}
        ),
        moral="L sees errors and efforts; H sees in which direction the neurons are sent, too.",
    )


TASKS = [constant_H, jolt]
