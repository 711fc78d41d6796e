"""The audit: what does each update read? Measured from outside, by changing one variable at a time.

The audit changes every variable and notes which of the updates x', w', p_x', p_w' change. It knows the
network and nothing else, so it holds for any update, the library's included.
"""

import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hlp_edu.flow import Forward
from hlp_edu.kernel import Signals
from hlp_edu.network import Network
from hlp_edu.policies import Flipped, Policy
from hlp_edu.problem import Tracking
from hlp_edu.signals import constant
from hlp_edu.validate import kind, require, whole
from hlp_edu.words import shown

__all__ = ["EXTRA", "KINDS", "Audit", "audit", "library_update"]

EXTRA = {  # what a rule may read beyond its neighbourhood, if it says so
    "heading": "an output's error reads its own sum a, where the neuron is heading",
    "slope": "an output reads z' beside z",
    "change of the costate": "an arc reads all that the velocity of its head's costate reads",
    "messages": "an arc reads messages that travel along the arcs: what any neuron is, and its parents",
}
MOST_DRAWS = 1000  # beyond, nothing new is found, and a network of five takes minutes
KINDS = ("not read", "its own", "one hop away", "only inside sigma'(a)", "VIOLATION")


def hashable(value):
    """Whether a value can be looked up."""
    with contextlib.suppress(TypeError):
        hash(value)
        return True
    return False


def library_update(problem, policy):
    """The compiled step that `run` takes, as a function of everything it could read.

    Parameters
    ----------
    problem, policy : Tracking, Policy
        Cost and speeds; signs and dissipation.

    Returns
    -------
    callable
        ``update(network, x, w, p_x, p_w, u, z, slope=None)`` gives x', w', p_x', p_w'; ``slope``: z' of each output.

    Raises
    ------
    ValueError
        If an argument is of the wrong kind, or a rule of one's own fails.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.chain(1), hlp.constant(0.5), speed=2, inputs={"u": hlp.constant(1)})
    >>> update = library_update(problem, hlp.Flipped())
    >>> dx, dw, dp_x, dp_w = update(problem.network, [0.0], [0.0], [0.0], [0.3], [1.0], [0.5])
    >>> round(float(dx[0])), round(float(dw[0])), round(float(dp_x[0]))
    (0, -3, -50)
    """
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    kind("policy", policy, Policy, "a policy, for example hlp_edu.Flipped(dissipation_w=30)")
    policy.rehearse(len(problem.network.neurons), len(problem.network.heads))

    @functools.cache
    def forward_on(network):
        twin = problem.replace(network=network, inputs=dict.fromkeys(network.inputs, constant(0)))
        vars(twin)["blocks"] = twin.model.segments, ()
        return Forward(twin, policy, "euler", 1.0, np.inf)

    def update(network, x, w, p_x, p_w, u, z, slope=None):
        before = [np.array(part, float) for part in (x, w, p_x, p_w)]
        signs = [np.full(len(part), policy.sign_at_start) for part in before[:2]]
        slope = np.zeros(len(z)) if slope is None else slope
        z, u, slope = (np.tile(np.asarray(part, float), (2, 3, 1)) for part in (z, u, slope))
        signals = Signals(np.arange(2.0), z, u, np.stack([slope, 0 * slope], axis=-1))
        # A step of length 1 adds the velocities.
        after, _, _ = forward_on(network).march((*before, *signs), signals)
        return [new - old for new, old in zip(after, before, strict=False)]

    return update


@dataclass(repr=False)
class Audit:
    """What every update reads.

    Rows of the arrays are the updates, ("x'", neuron), ("w'", arc), ("p_x'", neuron), ("p_w'", arc). Columns are
    the variables, ("x", neuron), ("w", arc), ("p_x", neuron), ("p_w", arc), ("u", input), ("z", output), for a
    rule that declares it ("z'", output), and, in ``reads`` and ``allowed``, ("a", neuron) behind them.

    Parameters
    ----------
    network : Network
        Whose updates these are.
    rows, columns : list of (str, label)
        The updates, and the variables.
    total : numpy.ndarray of bool, shape (rows, columns without a)
        Whether the update changes when the variable does, everything else being held.
    reads, allowed : numpy.ndarray of bool, shape (rows, columns)
        The same with every neuron's sum a_k held too, and a_k, which its parents and arcs may read, as a
        variable; and the neighbourhoods that lesson 04 states.
    extra : tuple of str
        Keys of `EXTRA`: what the rule declares to read beyond them.
    """

    network: Network
    rows: list
    columns: list
    total: np.ndarray
    reads: np.ndarray
    allowed: np.ndarray
    extra: tuple = ()

    @property
    def violations(self):
        """List of (update, variable): what is read and lies outside the stated neighbourhood."""
        return self._named(self.reads & ~self.allowed)

    @property
    def weight_transport(self):
        """List of (update, variable): p_x' of a neuron reads the weight of an arc that leaves it."""
        against = [
            [row[0] == "p_x'" and col[0] == "w" and col[1][0] == row[1] for col in self.columns] for row in self.rows
        ]
        return self._named(self.reads & np.array(against))

    @property
    def hidden(self):
        """List of (update, variable): read only inside sigma'(a) of a child or of the arc's head."""
        return self._named(self.kinds == 3)

    @property
    def kinds(self):
        """Array of int, shape (rows, columns without a): index into `KINDS`."""
        width = self.total.shape[1]
        reads, allowed = self.reads[:, :width], self.allowed[:, :width].copy()
        n, m = len(self.network.neurons), len(self.network.heads)
        heads, tails = self.network.heads, self.network.tails
        # x_i' reads its parents and its weights: they make up its own a_i
        allowed[heads, n + np.arange(m)] = True
        allowed[heads, np.where(tails < n, tails, tails + n + 2 * m)] = True
        own = np.zeros_like(allowed)
        for i, (update, label) in enumerate(self.rows):
            for j, (variable, of) in enumerate(self.columns[:width]):
                own[i, j] = of == label and ((variable in ("w", "p_w")) == (update in ("w'", "p_w'")))
        kinds = np.where(self.total, np.where(allowed, np.where(own, 1, 2), 3), 0)
        kinds[reads & ~self.allowed[:, :width]] = 4
        return kinds

    def of(self, of):
        """What the two updates of one neuron or arc read: {update: [(kind, label), ...]}, a_k being a variable.

        Parameters
        ----------
        of : neuron label or (tail, head)
            A neuron, or an arc of the network.

        Raises
        ------
        ValueError
            If there is no such neuron or arc.

        Examples
        --------
        >>> import hlp_edu as hlp
        >>> problem = hlp.Tracking(hlp.chain(2), hlp.constant(0.5), inputs={"u": hlp.constant(1)})
        >>> audit(problem).of((1, 2))
        {"w'": [('p_w', (1, 2))], "p_w'": [('x', 1), ('w', (1, 2)), ('p_x', 2), ('p_w', (1, 2)), ('a', 2)]}
        """
        known = hashable(of)
        names = ("x'", "p_x'") if known and of in self.network.neurons else ("w'", "p_w'")
        if not known or (names[0], of) not in self.rows:
            raise ValueError(f"of = {shown(of)}: is no neuron and no arc; neurons: {self.network.neurons}")
        rows = [self.rows.index((name, of)) for name in names]
        return {
            name: [self.columns[j] for j in np.flatnonzero(self.reads[i])] for name, i in zip(names, rows, strict=True)
        }

    def _named(self, where):
        """(update, variable) of every entry that is true."""
        return [(self.rows[i], self.columns[j]) for i, j in np.argwhere(where)]

    def __repr__(self):
        return (
            f"Audit({len(self.rows)} updates, {self.total.shape[1]} variables, {int(self.total.sum())} reads: "
            f"{len(self.violations)} violations, {len(self.hidden)} reads only inside sigma'(a), "
            f"{len(self.weight_transport)} against the arrow" + "".join(f"; {name}" for name in self.extra) + ")"
        )


def audit(problem, policy=None, update=None, draws=None, seed=0):
    """Find out by measurement which variables every update reads, as an `Audit`.

    At random states every variable is changed in turn; an update that changes reads it. It is done twice: once
    plainly, and once with every sum a_k held (each neuron gets one more input, which takes back what the change
    added to a_k). A sign that a policy chooses is part of the update; it changes only when it flips, so more
    states are tried then.

    Parameters
    ----------
    problem : Tracking
        Its network, cost and speeds.
    policy : Policy, optional
        Whose signs and dissipation are audited; always flipped, with dissipation, by default.
    update : callable, optional
        ``update(network, x, w, p_x, p_w, u, z)`` gives x', w', p_x', p_w'. It gets a network with one more
        input and arc per neuron. By default `library_update`.
    draws, seed : int, optional
        How many random states are tried, at most 1000 (3, or 200 if the policy's signs can change), and their seed.

    Raises
    ------
    ValueError
        If ``problem`` is no Tracking, or a number is out of its bounds.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> audit(hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid())).violations
    []
    """
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    policy = Flipped(dissipation_w=1, dissipation_x=1) if policy is None else policy
    kind("policy", policy, Policy, "a policy, for example hlp_edu.Flipped(dissipation_w=30)")
    draws = (3 if policy.steady or update is not None else 200) if draws is None else draws
    draws, dice = whole("draws", draws, most=MOST_DRAWS), np.random.default_rng(whole("seed", seed, least=0))
    update = library_update(problem, policy) if update is None else update
    kind("update", update, Callable, "a function update(network, x, w, p_x, p_w, u, z)")
    network = problem.network
    extra = policy.extra_reads
    total, reads = _measured(network, update, draws, dice, "slope" in extra)
    labels = dict(x=network.neurons, w=network.arcs, p_x=network.neurons, p_w=network.arcs)
    rows = [(f"{name}'", label) for name, some in labels.items() for label in some]
    slopes = {"z'": network.outputs} if "slope" in extra else {}
    labels |= dict(u=network.inputs, z=network.outputs) | slopes | dict(a=network.neurons)
    columns = [(name, label) for name, some in labels.items() for label in some]
    return Audit(network, rows, columns, total, reads, _neighbourhoods(network, not policy.inertia, extra), extra)


def _measured(network, update, draws, dice, slopes):
    """`Audit.total` and `Audit.reads`: which rates change with which variable, at some random states."""
    n, m, inputs, outs = (len(part) for part in (network.neurons, network.heads, network.inputs, network.outputs))
    heads, tails = network.heads, network.tails

    # One more input per neuron, on an arc of weight 1. It is the last of the neuron's parents.
    extra = [("clamp", neuron) for neuron in network.neurons]
    clamped = Network._from_indices(
        network.neurons, network.inputs + extra, network.outputs,
        np.append(heads, np.arange(n)), np.append(tails, n + inputs + np.arange(n)),
    )  # fmt: skip
    real = np.arange(m) + heads
    weights, costates = np.ones(m + n), np.zeros(m + n)
    cuts = np.cumsum([n, m, n, m, inputs, outs])

    def rates(variables, clamp):
        x, w, p_x, p_w, u, *signal = np.split(variables, cuts)
        weights[real], costates[real] = w, p_w
        signal = signal if slopes else signal[:1]
        rate = update(clamped, x, weights.copy(), p_x, costates.copy(), np.append(u, clamp), *signal)
        good = len(rate) == 4 and [np.shape(part) for part in rate] == [(n,), (m + n,), (n,), (m + n,)]
        require(good, f"update: must return x', w', p_x', p_w' of the {n} neurons and {m + n} arcs that it is given")
        return np.concatenate([rate[0], rate[1][real], rate[2], rate[3][real]])

    def sums(variables):
        x, w, _, _, u, *_ = np.split(variables, cuts)
        return np.bincount(heads, w * np.append(x, u)[tails], minlength=n)

    size, nothing = cuts[-1] + (outs if slopes else 0), np.zeros(n)
    total, reads = np.zeros((2 * (n + m), size), bool), np.zeros((2 * (n + m), size + n), bool)
    for _ in range(draws):
        state = 0.7 * dice.standard_normal(size)
        before = rates(state, nothing)
        steps = 10 ** dice.uniform(-1, 1.5, size + n) * dice.choice([-1, 1], size + n)
        for j in range(size):
            moved = state.copy()
            moved[j] += steps[j]
            plain = _changed(rates(moved, nothing), before)
            total[:, j] |= plain
            undo = sums(state) - sums(moved)
            reads[:, j] |= _changed(rates(moved, undo), before) if undo.any() else plain
        for k in range(n):
            clamp = nothing.copy()
            clamp[k] = steps[size + k]
            reads[:, size + k] |= _changed(rates(state, clamp), before)
    return total, reads


def _changed(after, before):
    """Where the rates differ by more than rounding, or are nan."""
    return ~(np.abs(after - before) <= 1e-9 * (1 + np.abs(before)))


def _neighbourhoods(network, slaved, extra):
    """`Audit.allowed`: what lesson 04 says that each update may read; ``slaved`` if p_w is no state; and the extra."""
    n, m, inputs = len(network.neurons), len(network.heads), len(network.inputs)
    outs = len(network.outputs)
    x, w, p_x, p_w, u, z, dz, a = np.cumsum([0, n, m, n, m, inputs, outs, outs if "slope" in extra else 0])  # columns
    allowed = np.zeros((2 * (n + m), a + n), bool)
    for i in range(n):
        allowed[i, [x + i, a + i]] = True  # x_i' reads x_i and its own sum a_i
        allowed[n + m + i, p_x + i] = True  # p_x,i' reads p_x,i
    for o, i in enumerate(network.output_index):
        allowed[n + m + i, [x + i, z + o]] = True  # ... on an output x_i and z_i
        allowed[n + m + i, [a + i] * ("heading" in extra) + [dz + o] * ("slope" in extra)] = True
    for k in range(m):
        i, j = network.heads[k], network.tails[k]
        if j < n:
            allowed[n + m + j, [p_x + i, w + k, a + i]] = True  # ... of each child its costate, weight, sum
        parent = x + j if j < n else u + j - n
        gradient = [parent, w + k, p_x + i, a + i]
        allowed[n + k, gradient if slaved else [p_w + k]] = True  # w_ij' reads p_w,ij alone
        allowed[2 * n + m + k, [*gradient, p_w + k]] = True  # p_w,ij' reads its arc and the arc's two ends
    arcs = np.arange(n, n + m)
    if "change of the costate" in extra:
        allowed[arcs] |= allowed[n + m + network.heads]
    if "messages" in extra:
        allowed[n : n + m, [*range(p_x), *range(u, a + n)]] = True
    return allowed
