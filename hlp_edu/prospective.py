"""Rules that look ahead: credit that is not late, and a target that is met where it will be.

A neuron knows where it is heading, x_i + x_i' / c_i = tanh(a_i), and how its credit is changing. Two rules use that:

    (16)  w_ij' = -(mu / r) (tanh'(a_i) D_i x_j + r_w w_ij)                  prospective gradient flow
          D_i = c_i p_i + p_i' = sum over children k of  w_ki g_k  + q e_i   (the credit, looking ahead by 1 / c_i)
          e_i = x_i + kappa (tanh(a_i) - x_i) - z - lead z'                  (on outputs, in (10) too)

    (17)  w_ij' = delta_i x_j - sqrt(r_w / r) w_ij                           prospective steering, one output
          K_i = tanh'(a_i)^2 (sum over parents j of  x_j^2 + w_ij^2 K_j)     (leverage of the weights on a_i)
          h_i = tanh'(a_i) (a_i + sum over parents j of  w_ij h_j)           (what the decay of all weights takes)
          omega = sqrt((q K + r_w) / r),  kappa = 2 / (1 + sqrt(1 + 2 omega / c))               (at the output)
          z^ = z + (1 / omega + kappa / c) z' + z'' / (omega c) - r_w h / (q K) - lean (z - level)
          eps = (-omega ((1 - kappa) x + kappa tanh(a) - z^) + sqrt(r_w / r) h) / K
          delta = tanh'(a) eps at the output, delta_i = tanh'(a_i) sum over children k of  w_ki delta_k  elsewhere

The messages K, h and delta of (17) travel along the arcs that lead towards the output (`towards`).

These rules do not run in blocks: an arc learns from what its head's children have reported, so a stage goes over the
arcs twice, and a block is fast because it goes over them once.
"""

import math
from dataclasses import dataclass, fields
from typing import NamedTuple

import networkx as nx
import numpy as np

from hlp_edu.compiled import compiled, four
from hlp_edu.policies import BuiltIn
from hlp_edu.tanh import tanh
from hlp_edu.validate import number, one_of

__all__ = ["ProspectiveFlow", "ProspectiveSteering"]

FILTER_TIME, STEEPEST = 0.01, 3.5  # of a measured slope: its memory, and what must be a jump


class Ahead(NamedTuple):
    """The numbers of a rule, and room for its messages."""

    steers: bool  # (17), else (16)
    gain: float  # mu / r
    kappa: float  # in (17) negative: as its equation gives it
    lead: float  # of (17): 1 or 0
    decay: float  # of a weight
    lean: float
    level: float
    floor: float  # of K
    credit: float  # of (16): how far the credit looks ahead, in units of 1 / c
    order: np.ndarray  # neurons from which the output can be reached, the farthest first
    messages: np.ndarray  # whether the messages of (17) travel along an arc
    segments: np.ndarray  # neuron i has the segments of arcs segments[i] to segments[i + 1]
    learning: np.ndarray  # of each neuron: an arc moves by this times its parent's state
    leverage: np.ndarray  # K
    tangent: np.ndarray  # h


@compiled
def arc_ahead(ahead, w, x_tail, learning):
    """Velocity of a weight, (16) and (17)."""
    return learning * x_tail - ahead.decay * w


@compiled
def look_ahead(model, work, ahead, signals, at, k):
    """Fill ``ahead.learning`` at a stage, from activations, states, weights and costates; complete H_x for (16)."""
    w = work.w[min(k, 1)]
    if ahead.steers:
        steer(model, work, ahead, signals.z[at], signals.slope[at], work.x[k], w)
    else:
        flow_ahead(model, work, ahead, signals.z[at], signals.slope[at], k, w)


@compiled
def flow_ahead(model, work, ahead, target, slope, k, w):
    """(16): all arcs report first; then each neuron's credit, and how it changes, are known."""
    for o in range(model.outputs.size):
        i = model.outputs[o]
        if target[o] == target[o]:
            work.H_x[i] += model.law.q * (ahead.kappa * (tanh(work.a[i]) - work.x[k, i]) - ahead.lead * slope[o, 0])
    for b in range(model.segments.shape[0]):
        head, tail, start, count = four(model.segments, b)
        for c in range(count):
            work.H_x[tail + c] += w[start + c] * work.credit[k, head]  # (7)
    for i in range(ahead.learning.size):
        sigma = tanh(work.a[i])
        D = model.speed[i] * work.p_x[k, i] + ahead.credit * work.H_x[i]
        ahead.learning[i] = -ahead.gain * (1.0 - sigma * sigma) * D


@compiled
def steer(model, work, ahead, target, slope, x, w):
    """(17): leverage and tangent travel towards the output, the correction travels back. Costates are not used."""
    K, h, delta, out = ahead.leverage, ahead.tangent, ahead.learning, model.outputs[0]
    for i in range(delta.size):
        delta[i] = work.H_x[i] = 0.0
    for i in ahead.order:
        sigma = tanh(work.a[i])
        K[i], h[i] = 0.0, work.a[i]
        for b in range(ahead.segments[i], ahead.segments[i + 1]):
            _, tail, start, count = four(model.segments, b)
            for c in range(count):
                m, j = start + c, tail + c
                K[i] += x[j] * x[j]
                if ahead.messages[m]:
                    K[i] += w[m] * w[m] * K[j]
                    h[i] += w[m] * h[j]
        K[i] *= (1.0 - sigma * sigma) ** 2
        h[i] *= 1.0 - sigma * sigma
    if target[0] == target[0]:
        K_out, sigma = max(K[out], ahead.floor), tanh(work.a[out])
        delta[out] = correction(model.law, ahead, K_out, h[out], model.speed[out], x[out], sigma, target[0], slope[0])
    for i in ahead.order[::-1]:
        sigma = tanh(work.a[i])
        delta[i] *= 1.0 - sigma * sigma
        for b in range(ahead.segments[i], ahead.segments[i + 1]):
            _, tail, start, count = four(model.segments, b)
            for c in range(count):
                if ahead.messages[start + c]:
                    delta[tail + c] += w[start + c] * delta[i]


@compiled
def correction(law, ahead, K, h, c, x, sigma, z, slope):
    """The correction eps of (17): how fast the output's heading should change, for each unit of leverage."""
    omega = math.sqrt((law.q * K + law.r_w) / law.r)
    kappa = ahead.kappa if ahead.kappa >= 0.0 else 2.0 / (1.0 + math.sqrt(1.0 + 2.0 * omega / c))
    z_ = z - law.r_w * h / (law.q * K) - ahead.lean * (z - ahead.level)
    z_ += ahead.lead * ((1.0 / omega + kappa / c) * slope[0] + slope[1] / (omega * c))
    return (-omega * ((1.0 - kappa) * x + kappa * sigma - z_) + ahead.decay * h) / K


def towards(network):
    """Neurons in the order in which messages reach the output, and whether each arc carries them.

    Messages travel from where the way to the output is longer to where it is shorter. Where the arcs that do not
    leave the output form no cycle, the longest way counts, and every path carries messages; else the shortest.
    """
    out, n = int(network.output_index[0]), len(network.neurons)
    inner = np.flatnonzero((network.tails < n) & (network.tails != out))
    heads, tails = network.heads[inner], network.tails[inner]
    back = nx.DiGraph()
    back.add_node(out)
    back.add_edges_from(zip(heads.tolist(), tails.tolist(), strict=True))
    shortest = nx.single_source_shortest_path_length(back, out)
    back, far = back.subgraph(shortest), np.full(n, -1)
    far[list(shortest)] = list(shortest.values())
    if nx.is_directed_acyclic_graph(back):  # then generations are the longest ways
        for hops, level in enumerate(nx.topological_generations(back)):
            far[level] = hops
    order = np.argsort(-far, kind="stable")
    messages = np.zeros(len(network.heads), bool)
    messages[inner] = (far[tails] > far[heads]) & (far[heads] >= 0)
    return order[far[order] >= 0], messages


# --- the policies ---------------------------------------------------------------------------------------------------


class Prospective(BuiltIn):
    """A rule that looks ahead. No costate of the weights; p_w is reported as -r w'."""

    one_sign = steady = True
    inertia = 0.0
    orders = 1  # of the slopes that it uses

    def __post_init__(self):
        super().__post_init__()
        one_of("slope", self.slope, ("known", "measured"))

    def slopes(self, problem, times, grid, middles):
        """The slopes z' and z'' of the targets at the steps, (steps + 1, 3, outputs, 2), known or measured.

        Parameters
        ----------
        problem : Tracking
        times : numpy.ndarray, shape (steps + 1,)
        grid : pair of float
            Origin of time, and the step.
        middles : bool
            See `Tracking.at_steps`.
        """
        found = np.zeros((len(times), 3, len(problem.targets), 2))
        if self.slope == "measured":
            number("dt", grid[1], least=FILTER_TIME / 1000)  # a filter of more steps takes too long
            found[..., 0] = measured_slope(problem.target_at, times, *grid)[:, None]
        else:
            for order in range(self.orders):
                found[..., order] = problem.slopes_at_steps(times, order + 1, middles)
        return found

    def __repr__(self):
        measured = ', slope="measured"' if self.slope == "measured" else ""
        return super().__repr__()[:-1] + measured + ")"


def measured_slope(signal, times, origin, h):
    """The slope of a signal, from its values at the steps origin + k h up to each of the ``times``.

    A mean of the differences so far, weighted by exp(-age / FILTER_TIME). Where it is steeper than STEEPEST there was
    a jump, and it stays zero until the jump is forgotten. Before ``origin`` nothing is known.
    """
    keep, gone = math.exp(-h / FILTER_TIME), round((times[0] - origin) / h)  # steps until the first time
    oldest = math.ceil(20 * FILTER_TIME / h)  # difference that counts, in steps
    past = min(oldest + 1, gone)
    values = signal(np.append(origin + (gone + np.arange(-past, 0)) * h, times))
    difference = np.zeros_like(values)
    difference[1:] = np.diff(values, axis=0) / h
    found = np.zeros_like(difference[past:])
    for age in range(oldest + 1):
        shifted = difference[max(past - age, 0) : len(difference) - age]
        found[len(found) - len(shifted) :] += (1 - keep) * keep**age * shifted
    return np.where(np.abs(found) > STEEPEST, 0.0, found)


@dataclass(repr=False, eq=False)
class ProspectiveFlow(Prospective):
    """Gradient flow with credit that is not late, (16): a neuron's error and credit look ahead.

    It reads, beside what gradient flow reads, where the neuron is heading, how its costate changes, and z'.

    Parameters
    ----------
    mu, kappa, lead : float
        Rate of the weights, at least 0; share of the output's heading in the error; time by which the target is
        led, in time units.
    slope : {"known", "measured"}
        Whether the target's signal tells z', or it is measured from the target so far.

    Raises
    ------
    ValueError
        If a number is out of its bounds, or ``slope`` is neither.
    """

    extra_reads = ("heading", "slope", "change of the costate")
    mu: float = 0.04
    kappa: float = 0.8
    lead: float = 0.08
    slope: str = "known"

    def lookahead(self, problem):
        """(16)."""
        gain, none = self.mu / problem.r, np.zeros(0, int)
        numbers = (False, gain, self.kappa, self.lead, gain * problem.r_w, 0.0, 0.0, 0.0, 1.0)
        messages = np.zeros((3, len(problem.network.neurons)))
        return Ahead(*numbers, none, none.astype(bool), none, *messages)


@dataclass(repr=False, eq=False)
class ProspectiveSteering(Prospective):
    """Steer one output as its own Riccati equation says, (17): no constant is tuned, no costate is used.

    It reads, beside parents' states, weights and sums, z' and z''; two messages travel forward, one back.

    Parameters
    ----------
    lead : bool
        Whether the slopes of the target are used; if not, the target is taken to stay where it is.
    lean : float
        Lean towards ``level`` by this share of the distance: a jump is coming some time.
    level : float
        Mean of the target after a jump.
    floor : float
        Least leverage, above 0: with less the output can hardly be moved at the moment, and the correction is bounded.
        Where it is too high, the decay of the weights wins, and a deep network ends at the dead point (lesson 13).
    slope : {"known", "measured"}
        Whether the target's signal tells z' and z'', or z' is measured from the target so far, and z'' left out.

    Raises
    ------
    ValueError
        If an argument is out of its bounds; when it is run, if the network has not one output or q is 0.
    """

    extra_reads = ("heading", "slope", "messages")
    lead: bool = True
    lean: float = 0.0
    level: float = 0.25
    floor: float = 0.001
    slope: str = "known"

    def __post_init__(self):
        super().__post_init__()
        self.orders = 2 if one_of("lead", self.lead, (True, False)) else 0

    def __repr__(self):
        changed = [field.name for field in fields(self) if getattr(self, field.name) != field.default]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in changed)})"

    def lookahead(self, problem):
        """(17)."""
        outputs = problem.network.outputs
        if len(outputs) != 1:
            raise ValueError(f"policy = {self!r}: steers one output; this network has {len(outputs)}")
        if not problem.q > 0:
            raise ValueError(f"q = {problem.q:g}: must be above 0 to steer; with 0 no error counts")
        decay = math.sqrt(problem.r_w / problem.r)
        numbers = (True, 0.0, -1.0, float(self.lead), decay, self.lean, self.level, self.floor, 0.0)
        network = problem.network
        segments = np.searchsorted(network.segments[:, 0], np.arange(len(network.neurons) + 1))
        messages = np.zeros((3, len(network.labels)))
        return Ahead(*numbers, *towards(network), segments, *messages)
