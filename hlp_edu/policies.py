"""What is done about the boundary problem: the sign s of (10), and the dissipation.

Every policy is a *rule* that looks at the present and fills the signs in place. A rule is plain Python; it is
compiled, and called once at the start of each step; signs are held over the step.
"""

import inspect
import math
from dataclasses import dataclass, fields

import numpy as np

from hlp_edu.compiled import built_in_rule, student_rule
from hlp_edu.lookahead import Ahead, towards
from hlp_edu.validate import number, one_of

__all__ = [
    "Canonical", "Flipped", "Frozen", "GradientFlow", "HamiltonianBand", "HamiltonianServo", "PerArc", "Periodic",
    "Policy", "ProspectiveFlow", "ProspectiveSteering",
]  # fmt: skip

ARGUMENTS = ("t", "H", "p_x", "p_w", "H_x", "H_w", "s_x", "s_w")
LEAST = {"mu": 0, "flipped": 0}  # bounds of the policies' numbers
ABOVE = {"period": 0}


class Policy:
    """A sign policy of one's own.

    Parameters
    ----------
    rule : callable
        ``rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w)``: fills the signs ``s_x`` (one per neuron) and ``s_w`` (one per arc)
        in place, each +1 (canonical) or -1 (flipped). They hold the last step's signs when it is called; at the start
        they are -1. Written with numbers, arrays, loops and conditions, so that it can be compiled.
    dissipation_w, dissipation_x : float
        Dissipation of p_w and of p_x, added to the problem's theta.

    Raises
    ------
    ValueError
        If the rule does not take these eight arguments; `run` says so if it fails or cannot be compiled.

    Examples
    --------
    >>> def flip_everything(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    ...     s_x[:] = -1
    ...     s_w[:] = -1
    >>> Policy(flip_everything, dissipation_w=30, dissipation_x=5)
    Policy(flip_everything, dissipation_w=30, dissipation_x=5)
    """

    dissipation_w = dissipation_x = 0.0
    sign_at_start = -1.0
    one_sign = False  # whether all arcs share one sign
    steady = False  # whether the signs never change
    inertia, gain = 1.0, 0.0  # whether p_w is a state of its own; if not, it is gain times H_w
    extra_reads = ()  # what the audit grants beyond the neighbourhoods of lesson 04: `locality.EXTRA`

    def __init__(self, rule, dissipation_w=0.0, dissipation_x=0.0):
        self.dissipation_w = number("dissipation_w", dissipation_w)
        self.dissipation_x = number("dissipation_x", dissipation_x)
        rule = getattr(rule, "py_func", rule)  # what numba compiled is compiled again, by us
        if not inspect.isfunction(rule):
            raise ValueError(f"rule = {rule!r}: must be a function of ({', '.join(ARGUMENTS)})")
        if len(inspect.signature(rule).parameters) != len(ARGUMENTS):
            raise ValueError(f"rule {rule.__name__}{inspect.signature(rule)}: must take ({', '.join(ARGUMENTS)})")
        self.rule = rule

    def values(self):
        """The numbers that the rule reads, an array; empty for a rule of one's own."""
        return np.zeros(0)

    def compiled(self):
        """The rule, ready for the loop in time."""
        return student_rule(self.rule, tuple(_surroundings(self.rule)))

    def look(self, problem):
        """What the kernel needs of a rule that looks ahead; None for all others.

        Parameters
        ----------
        problem : Tracking
        """
        return None

    def slopes(self, problem, times, grid, middles):
        """The slopes of the targets that the rule asks for, shape (steps + 1, 3, outputs, 2); by default none.

        Parameters
        ----------
        problem : Tracking
        times : numpy.ndarray, shape (steps + 1,)
        grid : pair of float
            Origin of time, and the step.
        middles : bool
            See `Tracking.at_steps`.
        """
        return np.zeros((len(times), 3, 0, 2))

    def rehearse(self, neurons, arcs):
        """Try the rule once, uncompiled: compiled code would hide what goes wrong in it.

        Parameters
        ----------
        neurons, arcs : int
            Lengths of the arrays.

        Raises
        ------
        ValueError
            If the rule fails.
        """
        dice = np.random.default_rng(0)
        p_x, H_x = dice.standard_normal((2, neurons))
        p_w, H_w = dice.standard_normal((2, arcs))
        s_x, s_w = np.full(neurons, self.sign_at_start), np.full(arcs, self.sign_at_start)
        try:
            with np.errstate(all="ignore"):
                self.rule(0.0, 1.0, p_x, p_w, H_x, H_w, s_x, s_w)
        except Exception as error:
            raise ValueError(
                f"rule {self.rule.__name__}: fails on arrays of {neurons} neurons and {arcs} arcs: {error!r}"
            ) from error

    def __repr__(self):
        shown = [self.rule.__name__] if type(self) is Policy else []
        shown += [f"{name}={value:g}" for name, value in vars(self).items() if isinstance(value, float) and value != 0]
        return f"{type(self).__name__}({', '.join(shown)})"


def _surroundings(function, known=()):
    """The outside values that a rule reads: compiled code keeps them, so they are part of what is looked up."""
    seen = inspect.getclosurevars(function)
    for name, value in sorted((seen.globals | seen.nonlocals).items()):
        value = getattr(value, "py_func", value)
        if inspect.isfunction(value) and value not in known:
            yield name, value
            yield from _surroundings(value, (*known, function))
        elif isinstance(value, np.ndarray):
            yield name, value.dtype.str, value.shape, value.tobytes()
        else:
            yield name, repr(value)


class _BuiltIn(Policy):
    """One of the library's policies: a dataclass of numbers, and a rule that reads them as ``values``."""

    def __post_init__(self):
        for field in fields(self):
            if field.type is not float:
                continue
            bounds = dict(above=ABOVE.get(field.name), least=LEAST.get(field.name))
            setattr(self, field.name, number(field.name, getattr(self, field.name), **bounds))

    def values(self):
        """All numbers of the policy but its dissipations."""
        named = [field.name for field in fields(self) if field.type is float and "dissipation" not in field.name]
        return np.array([getattr(self, name) for name in named])

    def compiled(self):
        """The rule, ready for the loop in time."""
        return built_in_rule(type(self).rule)

    def rehearse(self, neurons, arcs):
        """Nothing to try: these rules are tested."""

    @staticmethod
    def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values):
        """Leave the signs as they are."""
        pass


@dataclass(repr=False, eq=False)
class Canonical(_BuiltIn):
    """Hamilton's equations without a flip: s = +1. Run forward in time, they explode (lesson 06)."""

    sign_at_start = 1.0
    one_sign = steady = True


@dataclass(repr=False, eq=False)
class Flipped(_BuiltIn):
    """The Hamiltonian sign flip, always: s = -1, with dissipation (see `Policy`); without, the bare flip."""

    one_sign = steady = True
    dissipation_w: float = 0.0
    dissipation_x: float = 0.0


@dataclass(repr=False, eq=False)
class Periodic(_BuiltIn):
    """Alternate: first flipped, then canonical, over and over.

    Parameters
    ----------
    period : float
        Time units of one flipped and one canonical phase together, above 0.
    flipped : float
        Fraction of the period that is flipped, from 0 to 1.
    """

    one_sign = True
    period: float = 0.1
    flipped: float = 0.5
    dissipation_w: float = 0.0
    dissipation_x: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        number("flipped", self.flipped, least=0, most=1)

    @staticmethod
    def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values):
        """Flipped in the first part of each period."""
        s = -1.0 if (t / values[0]) % 1.0 < values[1] else 1.0
        s_x[:] = s
        s_w[:] = s


@dataclass(repr=False, eq=False)
class HamiltonianBand(_BuiltIn):
    """Keep the Hamiltonian in a band: flip when H leaves it above, unflip when below, else hold.

    Parameters
    ----------
    low, high : float
        The band.
    """

    one_sign = True
    low: float = -1.0
    high: float = 1.0
    dissipation_w: float = 0.0
    dissipation_x: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        number("high", self.high, least=self.low)

    @staticmethod
    def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values):
        """Flipped above the band, canonical below it."""
        if H > values[1]:
            s_x[:] = -1.0
            s_w[:] = -1.0
        elif H < values[0]:
            s_x[:] = 1.0
            s_w[:] = 1.0


@dataclass(repr=False, eq=False)
class HamiltonianServo(_BuiltIn):
    """Flip p_x always; let p_w be canonical only where that drives a negative H back to zero.

    The sign of p_w is +1 iff H < 0 and p . H_(x,w) > 0. The rule is global: it reads H.
    """

    one_sign = True
    dissipation_w: float = 0.0
    dissipation_x: float = 0.0

    @staticmethod
    def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values):
        """Canonical iff H < 0 and p . H_(x,w) > 0."""
        power = 0.0
        for i in range(p_x.size):
            power += p_x[i] * H_x[i]
        for k in range(p_w.size):
            power += p_w[k] * H_w[k]
        s_x[:] = -1.0
        s_w[:] = 1.0 if H < 0.0 and power > 0.0 else -1.0


@dataclass(repr=False, eq=False)
class PerArc(_BuiltIn):
    """Per-arc signs: every arc is canonical iff p_w H_w > mu H_w^2, else flipped; p_x is flipped.

    It slides along p_w = mu H_w, that is, it imitates the gradient flow w' = -(mu / r) H_w by switching. Fully local:
    an arc reads its own costate and its own gradient.

    Parameters
    ----------
    mu : float
        Where it slides, at least 0; sqrt(r / q) is the scale.
    """

    mu: float
    dissipation_w: float = 0.0
    dissipation_x: float = 0.0

    @staticmethod
    def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values):
        """Canonical where p_w H_w > mu H_w^2."""
        for i in range(s_x.size):
            s_x[i] = -1.0
        for k in range(s_w.size):
            s_w[k] = 1.0 if p_w[k] * H_w[k] > values[0] * H_w[k] * H_w[k] else -1.0


@dataclass(repr=False, eq=False)
class GradientFlow(_BuiltIn):
    """Plain local gradient flow w' = -(mu / r) H_w, with p_x flipped: no inertia, no costate of w.

    Parameters
    ----------
    mu : float
        At least 0; p_w is reported as mu H_w.
    """

    one_sign = steady = True
    inertia = 0.0
    mu: float

    @property
    def gain(self):
        """The number mu in p_w = mu H_w."""
        return self.mu


FILTER_TIME, STEEPEST = 0.01, 3.5  # of a measured slope: its memory, and what must be a jump


class _Prospective(_BuiltIn):
    """A rule that looks ahead. No costate of the weights; p_w is reported as -r w'."""

    one_sign = steady = True
    inertia = 0.0

    def __post_init__(self):
        super().__post_init__()
        one_of("slope", self.slope, ("known", "measured"))

    def slopes(self, problem, times, grid, middles):
        """The slopes z' and z'' of the targets, known by their signals or measured: `measured_slope`."""
        if self.slope == "known":
            return problem.slopes_at_steps(times, middles)
        number("dt", grid[1], least=FILTER_TIME / 1000)  # a filter of more steps takes too long
        found = np.zeros((len(times), 3, len(problem.targets), 2))
        found[..., 0] = measured_slope(problem.target_at, times, *grid)[:, None]
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
class ProspectiveFlow(_Prospective):
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

    def look(self, problem):
        """(16)."""
        gain = self.mu / problem.r
        numbers = (False, gain, self.kappa, self.lead, gain * problem.r_w, 0.0, 0.0, 0.0)
        return Ahead(*numbers, np.zeros(0, int), np.zeros(0, bool), *np.zeros((3, len(problem.network.neurons))))


@dataclass(repr=False, eq=False)
class ProspectiveSteering(_Prospective):
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
        one_of("lead", self.lead, (True, False))
        number("floor", self.floor, above=0)

    def __repr__(self):
        changed = [field.name for field in fields(self) if getattr(self, field.name) != field.default]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in changed)})"

    def look(self, problem):
        """(17)."""
        outputs = problem.network.outputs
        if len(outputs) != 1:
            raise ValueError(f"policy = {self!r}: steers one output; this network has {len(outputs)}")
        if not problem.q > 0:
            raise ValueError(f"q = {problem.q:g}: must be above 0 to steer; with 0 no error counts")
        decay = math.sqrt(problem.r_w / problem.r)
        numbers = (True, 0.0, -1.0, float(self.lead), decay, self.lean, self.level, self.floor)
        order, messages = towards(problem.network)
        nodes = np.zeros((3, len(problem.network.labels)))
        return Ahead(*numbers, order, messages, *nodes)

    def slopes(self, problem, times, grid, middles):
        """As they are used."""
        if not self.lead:
            return np.zeros((len(times), 3, 1, 2))
        return super().slopes(problem, times, grid, middles)


@dataclass(repr=False, eq=False)
class Frozen(_BuiltIn):
    """The weights are held: nothing is learned. The costates p_x run on, flipped; p_w is 0."""

    one_sign = steady = True
    inertia = 0.0
