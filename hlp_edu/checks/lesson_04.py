"""The tasks of lesson 04: who may read what, the laws of a neuron and an arc that are new, and no weight transport."""

import functools

import numpy as np

from hlp_edu.checks.core import Function, Value, negated, sealed
from hlp_edu.checks.draws import dice
from hlp_edu.locality import audit

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


# ------------------------------------------------------------------------------ 3: the costate of another neuron


def _logistic(a):
    return 1 / (1 + np.exp(-a))


def _neuron(p, c, a, theta, children, error, **but):
    """The costate of a neuron with a ceiling, with the ways to get it wrong."""
    what = {"leak": -1.0, "own": -1.0, "room": True, "slope": True, "weigh": True, "speed": True, "s": 1.0} | but
    H = (what["leak"] + what["own"] * _logistic(a)) * c * p + error
    for w, c_k, x_k, a_k, p_k in children:
        slope = 1 - np.tanh(a_k) ** 2 if what["slope"] == "tanh" else _logistic(a_k) * (1 - _logistic(a_k))
        credit = (c_k if what["speed"] else c) * (slope if what["slope"] else 1.0) * p_k
        H += (w if what["weigh"] else 1.0) * credit * (1 - x_k if what["room"] else 1.0)
    return -theta * p - what["s"] * H


def _but(**changes):
    return lambda right, *given: _neuron(*given, **changes)


def _by_wiggling(p, c, a, theta, children, error):
    """The same from the Hamiltonian: every term that contains x_i, at x_i + i h."""
    h = 1e-30j
    H = p * c * (-h - h * _logistic(a)) + error * h
    H += sum(p_k * c_k * (1 - x_k) * _logistic(a_k + w * h) for w, c_k, x_k, a_k, p_k in children)
    return -theta * p - H.imag / 1e-30


def _neighbourhoods(rng):
    for count, friction, is_output in ((2, 0, 0), (1, 3, 1), (3, 5, 1), (0, 1, 1), (4, 2, 0)):
        children = [
            (rng.normal(), rng.uniform(1, 20), rng.uniform(0, 1), rng.normal(), rng.normal()) for _ in range(count)
        ]
        theta, error = friction * rng.uniform(0.5, 1.5), is_output * 100 * rng.normal() + 0.0  # never -0
        yield rng.normal(), rng.uniform(1, 20), rng.normal(), theta, children, error


neuron_costate = Function(
    LESSON,
    "neuron_costate",
    "The costate of a neuron with a ceiling",
    points=2,
    inputs=_neighbourhoods,
    expected=_by_wiggling,
    mistakes={
        "the whole sign is wrong": negated,
        "the sign in front of H_x is wrong: this is the flipped law, and the canonical one is asked for": _but(s=-1.0),
        "that is the lesson's neuron: here x_i stands in its own law twice, times 1 + s(a_i)": _but(own=0.0),
        "the sign of the room that is left is wrong: in (1 - x_i) s(a_i) the state has a minus": _but(own=1.0),
        "the leak is forgotten: - x_i is still there": _but(leak=0.0),
        "a child's room is forgotten: its input is multiplied by 1 - x_k": _but(room=False),
        "the slope s'(a_k) of the child is forgotten": _but(slope=False),
        "that is the slope of tanh; these neurons have s' = s (1 - s)": _but(slope="tanh"),
        "a child's credit comes back through the weight w_ki, and that is forgotten": _but(weigh=False),
        "it takes its own speed where the child's c_k belongs": _but(speed=False),
        "of all children only the last one counts: add them up": lambda right, p, c, a, theta, children, error: _neuron(
            p, c, a, theta, children[-1:], error
        ),
        "that is the bracket H_x; the costate moves against it, and there is friction: p' = -theta p - H_x": (
            lambda right, p, c, a, theta, *rest: -right - theta * p
        ),
        "theta p is forgotten": lambda right, p, c, a, theta, *rest: right + theta * p,
        "an output is in error, and does not complain": lambda right, p, c, a, theta, children, error: right + error,
    },
    hints=[
        "Step 3 of the lesson, anew: in which terms of H does x_i appear? In its own law (twice), in the sums a_k of "
        "its children, and in the error.",
        "The own law gives p c (-1 - s(a)). A child k gives p_k c_k (1 - x_k) s'(a_k) w_ki, with s' = s (1 - s).",
        "`H = -c * p * (1 + s(a)) + error`, and for each child "
        "`H += w * c_k * (1 - x_k) * s(a_k) * (1 - s(a_k)) * p_k`. Then -theta p - H.",
    ],
    moral="Nothing else came in, so nothing else can have been read: the arguments are the proof of locality. "
    "Mind what is new: this neuron has to know its own sum, and the state of each child.",
)


# -------------------------------------------------------------------------------------------- 4: another arc


def _arc(w, p_w, x_j, g_i, r, r_w, theta, s):
    """Both velocities from the Hamiltonian, by complex steps: the best v, then H at w + i h and p_w + i h."""
    h = 1e-30j

    def best(w, p_w):
        v = -np.arcsinh(p_w / r)
        return g_i * x_j * w + r_w / 4 * (w**2 - 1) ** 2 + r * (np.cosh(v) - 1) + p_w * v

    return best(w, p_w + h).imag / 1e-30, -s * best(w + h, p_w).imag / 1e-30 - theta * p_w


def _arcs(rng):
    for s in (1, -1, -1, 1):
        yield (*rng.normal(size=4), *rng.uniform(0.2, 10, size=3), s)


def _given(**changes):
    """The law of an arc with some of its arguments changed."""
    names = ("w", "p_w", "x_j", "g_i", "r", "r_w", "theta", "s")

    def mistake(right, *given):
        known = dict(zip(names, given, strict=True))
        return _arc(**(known | {name: change(known) for name, change in changes.items()}))

    return mistake


def _velocity(change):
    """Another velocity of the weight, from p_w and r."""
    return lambda right, w, p_w, x_j, g_i, r, *rest: (change(p_w, r), right[1])


def _size(change):
    """Another slope of the weight's price than w³ - w."""

    def mistake(right, w, p_w, x_j, g_i, r, r_w, theta, s):
        return right[0], right[1] + s * r_w * (w**3 - w - change(w))

    return mistake


arc_law = Function(
    LESSON,
    "arc_law",
    "The law of an arc with other prices",
    points=2,
    inputs=_arcs,
    expected=_arc,
    mistakes={
        "the weight climbs: a positive price means that a larger weight is costlier, so w' has the other sign": (
            _velocity(lambda p_w, r: np.arcsinh(p_w / r))
        ),
        "that is the lesson's w' = -p_w / r, which belongs to the price r v²/2: minimise anew, with this price": (
            _velocity(lambda p_w, r: -p_w / r)
        ),
        "r is missing in w': r sinh v + p_w = 0": _velocity(lambda p_w, r: -np.arcsinh(p_w)),
        "that is the slope at v = p_w; H is smallest at the v whose slope r sinh v is -p_w": (
            _velocity(lambda p_w, r: -r * np.sinh(p_w))
        ),
        "the sign s is not used: it stands in front of H_w": _given(s=lambda known: 1),
        "the sign s is not used: this is the flipped law, whatever s says": _given(s=lambda known: -1),
        "s stands in front of H_w only; the weight has the same law for both signs": lambda right, *given: (
            given[-1] * right[0],
            right[1],
        ),
        "the sign s has the wrong sense: p' = -s H_w - theta p": _given(s=lambda known: -known["s"]),
        "s belongs to H_w alone; the friction - theta p_w is never flipped": _given(
            theta=lambda known: known["s"] * known["theta"]
        ),
        "theta p_w is forgotten": _given(theta=lambda known: 0),
        "the price of the weight's size is forgotten": _size(lambda w: 0),
        "that is the lesson's price of the size, r_w w²/2; derive the new one with respect to w": _size(lambda w: w),
        "a factor w is missing in the slope of the price: the inner derivative of w² - 1 is 2 w": (
            _size(lambda w: (w**2 - 1) / 2)
        ),
        "a factor 2 is too much in the slope of the price: r_w/4 · 2 (w² - 1) · 2 w": _size(lambda w: 2 * (w**3 - w)),
        "the activity x_j of the tail is forgotten: credit times activity": _given(x_j=lambda known: 1),
        "that is sinh, and its inverse solves r sinh v = -p_w": _velocity(lambda p_w, r: -np.sinh(p_w / r)),
        "the order is (w', p_w')": lambda right, *given: right[::-1],
    },
    hints=[
        "Steps 1 and 4 of the lesson, anew. Only r (cosh v - 1) + p_w v contains v, and its derivative is zero at the "
        "best v.",
        "There r sinh v + p_w = 0, so w' = v = -arcsinh(p_w / r). In H_w the price of the size leaves its derivative, "
        "r_w (w³ - w).",
        "`H_w = g_i * x_j + r_w * (w**3 - w)`, and `return -np.arcsinh(p_w / r), -s * H_w - theta * p_w`.",
    ],
    moral="Slow weights move as in the lesson, fast ones are held back, and all of them like to be +1 or -1. The laws "
    "are as local as before: the prices change, the neighbourhood does not.",
)


# ---------------------------------------------------------------------------- 5: without weight transport

ERROR, STEP, HIDDEN = 0.15, 0.004, 4


@functools.cache
def _two_stories():
    """The bias, four hidden neurons and the output, with a wave."""
    import networkx as nx

    import hlp_edu as hlp

    hidden, out = range(1, HIDDEN + 1), HIDDEN + 1
    arcs = [("bias", i) for i in hidden] + [(i, out) for i in hidden]
    return hlp.Tracking(hlp.Network(nx.DiGraph(arcs), inputs=["bias"], outputs=[out]), hlp.sinusoid(0.8))


def _form(update, problem):
    """Whether it returns four arrays, the same ones at each call."""
    net = problem.network
    n, m, k = len(net.neurons), len(net.arcs), len(net.inputs)
    moment = (net, *(np.linspace(0.1, 0.3, size) for size in (n, m, n, m, k, 1)))
    rates = update(*moment)
    if not isinstance(rates, (tuple, list)) or [np.shape(rate) for rate in rates] != [(n,), (m,), (n,), (m,)]:
        return "it must return four arrays: x', w', p_x', p_w', as long as x, w, p_x, p_w"
    if not all(map(np.allclose, rates, update(*moment))):
        return (
            "called twice with the same arguments it gives two answers. Are there random numbers in it? Then draw them "
            "from a fixed seed, so that they are the same at each call"
        )


def _tracks_without_transport(update):
    problem = _two_stories()
    words = _form(update, problem)
    if words:
        return words
    met = []

    def audited(network, *moment):
        met[:] = [network]  # with one more input and arc for each neuron; the march takes the same one
        return update(network, *moment)

    found = audit(problem, update=audited)
    if found.violations:
        (rate, of), (read, owner) = found.violations[0]
        return f"{len(found.violations)} reads are not allowed. One: {rate} of {of} reads {read} of {owner}"
    if found.weight_transport:
        return (
            f"{len(found.weight_transport)} reads go against the arrow: H_x,{found.weight_transport[0][0][1]} "
            f"reads the weight of {found.weight_transport[0][1][1]}"
        )
    t, rng = STEP * np.arange(round(20 / STEP)), dice()
    for up in (1, -1):
        z = up * 0.8 * np.sin(2 * np.pi * t / rng.uniform(6, 8))
        w = 0.1 * rng.normal(size=len(problem.network.arcs))
        x_out, error, met_again = _followed(update, met[0], t, z, w)
        if met_again:
            return met_again
        if len(x_out) < len(t):
            return f"no transport any more, but the run is lost at t = {t[len(x_out)]:.1f}: too little friction?"
        if error > ERROR:
            silent = np.abs(x_out[t > 20 / 3]).max() < 0.1
            return f"no transport any more, but the output is off by {error:.3f}, and {ERROR} is asked for. " + (
                "It is silent: do the hidden neurons get any credit?"
                if silent
                else "Too little friction, or credit that comes back too strongly, or too weakly?"
            )
        if up == 1 and _followed(update, met[0], t, z, w, credit=False)[1] < 2 * ERROR:
            return (
                "it follows even if the hidden neurons get no credit (their p_x is held at 0): something else moves "
                "them, and the output learns to read that"
            )


def _followed(update, net, t, z, w, credit=True):
    """The output that follows z, up to where it is lost, its error, and a reading of weights that the audit missed.

    The network is the audit's, whose inputs but for the bias are 0; without credit hidden p_x are held at 0.
    """
    n, own = len(net.neurons), np.asarray(net.tails) <= len(net.neurons)  # from neurons and the bias
    u, x_out, start = np.eye(len(net.inputs))[0], [], np.ones(len(own))
    start[own] = w
    state = [np.zeros(n), start, np.zeros(n), np.zeros(len(own))]
    for k, now in enumerate(z):
        x_out.append(state[0][-1])
        rates = update(net, *state, u, np.array([now]))
        if k % 500 == 250 and credit and _reads_back(update, net, state, u, now, rates):
            return x_out, 0.0, "in the audit it reads no weight against the arrow, and on the march it does"
        state = [part + STEP * np.asarray(rate) for part, rate in zip(state, rates, strict=True)]
        state[1][~own], state[3][~own] = 1, 0
        if not credit:
            state[2][:-1] = 0
        if not np.abs(state[0]).max() < 1e6:
            return np.array(x_out[:-1]), np.inf, None
    x_out = np.array(x_out)
    return x_out, np.sqrt(np.mean((x_out - z)[t > 20 / 3] ** 2)), None


def _reads_back(update, net, state, u, now, rates):
    """Whether the credit of other hidden neurons changes with two weights into the output that keep its sum."""
    x, w, *costates = state
    one, two = np.flatnonzero((net.heads == len(x) - 1) & (np.asarray(net.tails) < len(x)))[:2]
    other = w.copy()
    other[one], other[two] = w[one] + x[net.tails[two]], w[two] - x[net.tails[one]]
    return not np.allclose(update(net, x, other, *costates, u, np.array([now]))[2], rates[2], atol=1e-9)


update = Function(
    LESSON,
    "update",
    "Learn without weight transport",
    points=3,
    properties=[_tracks_without_transport],
    hints=[
        "Only one line of the lesson's `update` reads a weight against the arrow: the one that collects H_x over the "
        "children. Leave it out, and the hidden neurons get no credit and stay near 0: then the output has nothing to "
        "listen to. What could stand there in place of w[k]?",
        "Fixed numbers in place of weights: the weights then learn to suit them. (Lillicrap et al. found this in 2016 "
        "and called it feedback alignment.) They must do for any number of arcs. The friction can be larger on p_w "
        "than on p_x: 30 and 5 are the values of lesson 00.",
        "`B = 0.5 * np.ones(len(w))` and `H_x[j] += B[k] * g[i]`. Return `H_x - 5 * p_x` and `H_w - 30 * p_w` for the "
        "costates. Random numbers of a fixed seed do even better than the weights themselves.",
    ],
    moral="Credit came back along wires that know nothing of the weights, and the hidden neurons learned to use it. "
    "Leave those wires out and the output stays silent: here the hidden neurons matter.",
)

sealed(globals())
