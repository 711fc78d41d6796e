"""The tasks of lesson 04: the laws written arc by arc, and what each may read."""

import functools

import numpy as np

from hlp_edu.checks.core import Function, Value, negated

__all__ = ["powers", "offenders", "neuron_costate", "arc_law", "update"]

LESSON = "04_laws_of_learning"


# ------------------------------------------------------------------------------------ 1: count integrations


def _measured_powers():
    """The powers of t with which p_x, p_w, w, x begin to move, from a run."""
    import hlp_edu as hlp

    one = hlp.Tracking(hlp.fully_connected(1, self_loops=False), hlp.constant(0.5), q=100, r_w=1, r=0.1, speed=20)
    run = hlp.run(one, hlp.GradientFlow(0.03), T=1e-3, dt=1e-5, x0=[0], w0=[0])
    return np.round([np.log2(np.divide(*getattr(run, name)[[100, 50], 0])) for name in ("p_x", "p_w", "w", "x")])


powers = Value(
    LESSON,
    "powers",
    "Count the integrations",
    points=1,
    expected=_measured_powers,
    mistakes={
        "those are the powers of arcs with inertia; here p_w is set, not integrated": lambda right: np.array(
            [1.0, 2, 3, 4]
        ),
        "the velocity of w is a multiple of p_w: w is an integral, one power higher": lambda right: np.array(
            [1.0, 1, 1, 2]
        ),
        "x does not jump with its weight: the leak (2) is an integration too": lambda right: np.array([1.0, 1, 2, 2]),
        "the error is there from the start, but p_x begins at 0 and has to be integrated first": (
            lambda right: right - 1
        ),
    },
    hints=[
        "A constant, integrated once, gives t; integrated again, t². Start with the error, which is constant at first.",
        "Here p_x' = q e + ... is one integration, p_w = mu H_w none, w' = -p_w / r one, x' = c (tanh(a) - x) one.",
    ],
    moral="One integration less than with inertia: that is why gradient flow gets by without brakes.",
)


# --------------------------------------------------------------------------------- 2: which rule reads what it may not?

RULES = {
    "A": "its numbers B[k] are fixed, and are no weights: does A read more than the law, or less?",
    "B": "what is inside the norm of H_w?",
    "C": "which p_w and which H_w decide over the sign of an arc?",
    "D": "how does a hidden neuron, three arcs away, get to know the output's error?",
    "E": "what is added up there: the weights of which arcs, and at the other end of what?",
    "F": "which p_w sets the friction of an arc?",
}


def changed_update(rule):
    """The lesson's update with one of the six changes of task 2."""
    c, q, r_w, r, mu = 20.0, 100.0, 1.0, 0.1, 0.03

    def update(network, x, w, p_x, p_w, u, z):
        heads, tails, out = network.heads, network.tails, network.output_index
        y, a, H_x, H_w, s, theta = np.append(x, u), np.zeros(len(x)), -c * p_x, r_w * w, -1.0, 3.0
        for k, (i, j) in enumerate(zip(heads, tails, strict=True)):
            a[i] += w[k] * y[j]
        g = c * (1 - np.tanh(a) ** 2) * p_x
        for k, (i, j) in enumerate(zip(heads, tails, strict=True)):
            H_w[k] += g[i] * y[j]
            if rule == "E":
                H_w[k] += r_w * w[heads == i].sum()
            if j < len(x):
                H_x[j] += (0.1 * (1 + k % 7) if rule == "A" else w[k]) * g[i]
        H_x[out] += q * (x[out] - z)
        if rule == "B":
            H_w = H_w / np.linalg.norm(H_w)
        if rule == "C":
            s = np.where(p_w * H_w > mu * H_w**2, 1.0, -1.0)
        if rule == "D":
            H_x = H_x + q * np.sum(x[out] - z)
        if rule == "F":
            theta = 3.0 + np.abs(p_w)
        return c * (np.tanh(a) - x), -p_w / r, H_x - 3.0 * p_x, -s * H_w - theta * p_w

    return update


@functools.cache
def _offenders():
    """The rules in which the audit finds a violation, on the lesson's network."""
    import networkx as nx

    import hlp_edu as hlp
    from hlp_edu.locality import audit

    wires = [("u", 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 2), (1, 4), ("u", 3), (4, 6), (6, 6), (5, 6)]
    net = hlp.Network(nx.DiGraph(wires), inputs=["u"], outputs=[6])
    problem = hlp.Tracking(net, hlp.constant(0.3), inputs={"u": hlp.constant(0.7)})
    return {rule for rule in RULES if audit(problem, update=changed_update(rule)).violations}


def _audited(answer):
    if not isinstance(answer, (str, list, tuple, set, frozenset)) or not all(isinstance(it, str) for it in answer):
        return f'`offenders` must be letters, such as "AC"; it is {answer!r}'
    named = {letter for letter in "".join(answer).upper().replace(" AND ", "") if letter.isalpha()}
    unknown = sorted(named - set(RULES))
    if unknown:
        return f"there is no rule {unknown[0]}: the rules are {', '.join(RULES)}"
    if named == set(RULES):
        return "all of them cannot be it: some of them read no more than the law itself"
    if not named:
        return "there is at least one rule that reads too much"
    wrong = named ^ _offenders()
    if wrong:
        return (
            f"{len(wrong)} of the six {'is' if len(wrong) == 1 else 'are'} misjudged. A question: {RULES[min(wrong)]}"
        )


offenders = Value(
    LESSON,
    "offenders",
    "Who reads what it may not?",
    points=2,
    properties=[_audited],
    hints=[
        "Take the table of the audit, row by row: everything that a changed line reads has to stand in it.",
        "An arc may know its own weight and costate and what stands at its two ends. A sum or a norm over many arcs, "
        "or an error far away, is no such thing.",
        "Do not argue, measure: write the changed `update` and read `audit(problem, update=...).violations`.",
    ],
    moral="Three seem innocent in a line of numpy: a norm, a sum, a broadcast. Each of them is a wire to every arc.",
)


# ---------------------------------------------------------------------------------------- 3: the neuron's costate


def _neuron(p, c, theta, children, error, leak=-1.0, slope=lambda a: 1 - np.tanh(a) ** 2, s=1.0, weigh=True, own=False):
    """Equations (7), (10), with the ways to get them wrong."""
    H = leak * c * p + error
    for w, c_k, a_k, p_k in children:
        H += (w if weigh else 1.0) * (c if own else c_k) * slope(a_k) * p_k
    return -theta * p - s * H


def _by_wiggling(p, c, theta, children, error):
    """The same from the Hamiltonian: every term that contains x_i, at x_i + i h."""
    h = 1e-30j
    H = p * c * (-h) + error * h + sum(p_k * c_k * np.tanh(a_k + w * h) for w, c_k, a_k, p_k in children)
    return -theta * p - H.imag / 1e-30


def _neighbourhoods(rng):
    for count, theta, is_output in ((2, 0.0, 0), (1, 3.0, 1), (3, 5.0, 1), (0, 1.0, 1), (4, 2.0, 0)):
        children = [(rng.normal(), rng.uniform(1, 20), rng.normal(), rng.normal()) for _ in range(count)]
        yield rng.normal(), rng.uniform(1, 20), theta, children, is_output * 100 * rng.normal() + 0.0  # never -0


neuron_costate = Function(
    LESSON,
    "neuron_costate",
    "The costate of a neuron",
    points=2,
    tolerance=1e-9,
    inputs=_neighbourhoods,
    expected=_by_wiggling,
    mistakes={
        "the whole sign is wrong": negated,
        "the sign in front of H_x is wrong: this is the flipped law, and the canonical one is asked for": (
            lambda right, *given: _neuron(*given, s=-1.0)
        ),
        "a minus is missing in front of c p: more x makes the leak stronger, so this term is negative": (
            lambda right, *given: _neuron(*given, leak=1.0)
        ),
        "the neuron's own leak is forgotten, - c p": lambda right, *given: _neuron(*given, leak=0.0),
        "the slope sigma'(a_k) of the child is forgotten": lambda right, *given: _neuron(*given, slope=lambda a: 1.0),
        "the slope of tanh is 1 - tanh(a)², not 1 - a²": lambda right, *given: _neuron(
            *given, slope=lambda a: 1 - a**2
        ),
        "a child's credit comes back through the weight w_ki, and that is forgotten": lambda right, *given: _neuron(
            *given, weigh=False
        ),
        "the child's speed c_k is forgotten in its credit g_k": lambda right, p, c, theta, children, error: _neuron(
            p, c, theta, [(w, 1.0, a, p_k) for w, _, a, p_k in children], error
        ),
        "of all children only the last one counts: add them up": lambda right, p, c, theta, children, error: _neuron(
            p, c, theta, children[-1:], error
        ),
        "that is the bracket H_x; the costate moves against it, and there is friction: p' = -theta p - H_x": (
            lambda right, p, c, theta, *rest: -right - theta * p
        ),
        "it takes its own speed where the child's c_k belongs": lambda right, *given: _neuron(*given, own=True),
        "theta p is forgotten": lambda right, p, c, theta, *rest: right + theta * p,
        "the friction has the wrong sign: - theta p": lambda right, p, c, theta, *rest: right + 2 * theta * p,
        "an output is in error, and does not complain": lambda right, p, c, theta, children, error: right + error,
    },
    hints=[
        "Build the bracket H_x of (7) from its three parts, then p' = -theta p - H_x.",
        "Each child k hands back w_ki g_k with g_k = c_k (1 - tanh(a_k)²) p_k. The own leak gives - c p.",
        "`H = -c * p + error`, then for each child `H += w * c_k * (1 - np.tanh(a_k) ** 2) * p_k`.",
    ],
    moral="Nothing else came in, so nothing else can have been read: the arguments are the proof of locality.",
)


# -------------------------------------------------------------------------------------------- 4: the arc


def _arc(w, p_w, x_j, p_i, a_i, c_i, r, r_w, theta, s):
    """Both velocities from the Hamiltonian, by complex steps."""
    h = 1e-30j
    H_w = (p_i * c_i * np.tanh(a_i + h * x_j) + r_w / 2 * (w + h) ** 2).imag / 1e-30
    H_p = (-((p_w + h) ** 2) / (2 * r)).imag / 1e-30
    return H_p, -s * H_w - theta * p_w


def _arcs(rng):
    for s in (1, -1, -1, 1):
        yield (*rng.normal(size=5), *rng.uniform(0.2, 10, size=4), s)


def _but(**changes):
    """The law of an arc with some of its arguments changed."""
    names = ("w", "p_w", "x_j", "p_i", "a_i", "c_i", "r", "r_w", "theta", "s")

    def mistake(right, *given):
        known = dict(zip(names, given, strict=True))
        return _arc(**(known | {name: change(known) for name, change in changes.items()}))

    return mistake


arc_law = Function(
    LESSON,
    "arc_law",
    "The law of an arc",
    points=2,
    tolerance=1e-9,
    inputs=_arcs,
    expected=_arc,
    mistakes={
        "the weight climbs: a positive price means that a larger weight is costlier, so w' = -p_w / r": (
            lambda right, *given: (-right[0], right[1])
        ),
        "r is missing in w'": lambda right, w, p_w, *rest: (-p_w, right[1]),
        "w' multiplies by r where it should divide": lambda right, w, p_w, *rest: (-p_w * rest[4], right[1]),
        "the sign s is not used: it stands in front of H_w": _but(s=lambda known: 1),
        "the sign s is not used: this is the flipped law, whatever s says": _but(s=lambda known: -1),
        "s stands in front of H_w only; the weight has the same law for both signs": lambda right, *given: (
            given[-1] * right[0],
            right[1],
        ),
        "the sign s has the wrong sense: p' = -s H_w - theta p": _but(s=lambda known: -known["s"]),
        "s belongs to H_w alone; the friction - theta p_w is never flipped": _but(
            theta=lambda known: known["s"] * known["theta"]
        ),
        "theta p_w is forgotten": _but(theta=lambda known: 0),
        "the price of the weight's size, r_w w, is forgotten": _but(r_w=lambda known: 0),
        "the speed c_i of the head is forgotten in its credit": _but(c_i=lambda known: 1),
        "the slope sigma'(a_i) is forgotten in the head's credit": _but(a_i=lambda known: 0),
        "the activity x_j of the tail is forgotten: credit times activity": _but(
            p_i=lambda known: known["p_i"] / known["x_j"]
        ),
        "the order is (w', p_w')": lambda right, *given: right[::-1],
    },
    hints=[
        "Two lines: (6) for the weight, (10) with the H_w of (8) for its costate.",
        "The head's credit is g_i = c_i (1 - tanh(a_i)²) p_i, and H_w = g_i x_j + r_w w.",
        "`return -p_w / r, -s * H_w - theta * p_w`.",
    ],
)


# ---------------------------------------------------------------------------- 5: without weight transport

ERROR, STEP = 0.05, 0.004


def _tracks_without_transport(update):
    import hlp_edu as hlp
    from hlp_edu.locality import audit

    problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    net, n, m = problem.network, 5, 30
    given = (net, np.zeros(n), np.full(m, 0.1), np.zeros(n), np.zeros(m), np.ones(1), np.zeros(1))
    rates = update(*given)
    if not isinstance(rates, (tuple, list)) or [np.shape(rate) for rate in rates] != [(n,), (m,), (n,), (m,)]:
        return "it must return four arrays: x', w', p_x', p_w', as long as x, w, p_x, p_w"
    moment = (net, *(np.linspace(0.1, 0.3, len(part)) for part in given[1:]))
    if not all(map(np.array_equal, update(*moment), update(*moment))):
        return (
            "called twice with the same arguments it gives two answers. Are there random numbers in it? Then draw them "
            "from a fixed seed, so that they are the same at each call"
        )
    found = audit(problem, update=update)
    if found.violations:
        (rate, of), (read, owner) = found.violations[0]
        return f"{len(found.violations)} reads are not allowed. One: {rate} of {of} reads {read} of {owner}"
    if found.weight_transport:
        return (
            f"{len(found.weight_transport)} reads go against the arrow: H_x,{found.weight_transport[0][0][1]} "
            f"reads the weight of {found.weight_transport[0][1][1]}"
        )
    t = STEP * np.arange(round(10 / STEP))
    z = hlp.sinusoid()(t)
    for seed in (0, 1):
        state = [np.zeros(n), 0.1 * np.random.default_rng(seed).normal(size=m), np.zeros(n), np.zeros(m)]
        x_out = np.zeros(len(t))
        for k in range(len(t)):
            x_out[k] = state[0][0]
            rates = update(net, *state, np.ones(1), z[k : k + 1])
            state = [part + STEP * np.asarray(rate) for part, rate in zip(state, rates, strict=True)]
            if not np.abs(state[0][0]) < 1e6:
                return f"no transport any more, but the run is lost at t = {t[k]:.1f}: too little friction?"
        error = np.sqrt(np.mean((x_out - z)[t > 10 / 3] ** 2))
        if error > ERROR:
            return (
                f"no transport any more, but the output is off by {error:.3f}, and {ERROR} is asked for (a zero output "
                "is off by 0.57). Too little friction, or credit that points the wrong way?"
            )


update = Function(
    LESSON,
    "update",
    "Learn without weight transport",
    points=4,
    properties=[_tracks_without_transport],
    hints=[
        "Only one line of the lesson's `update` reads a weight against the arrow: the one that collects H_x over the "
        "children. What could stand there in place of w[k]?",
        "Fixed numbers in place of weights, small or negative ones, or 0. Try several; they must work for any "
        "number of arcs. The friction can be larger on p_w than on p_x: 30 and 5 are the values of lesson 00.",
        "Leave out the line `H_x[j] += w[k] * g[i]`. Return `H_x - 5 * p_x` and `H_w - 30 * p_w` for the costates.",
    ],
    moral="It works even with no credit for the hidden neurons at all: to follow this wave the output is enough. So it "
    "says nothing about problems that need the hidden ones.",
)
