"""What is done about the boundary problem: the sign s of (10), and the dissipation.

Every policy is a *rule* that looks at the present and fills the signs in place. A rule is plain Python; it is
compiled, and called once at the start of each step; signs are held over the step.
"""

import inspect
from dataclasses import dataclass, fields

import numpy as np

from hlp_edu.compiled import compiled_rule
from hlp_edu.validate import number, require
from hlp_edu.words import shown

__all__ = [
    "Canonical", "Flipped", "Frozen", "GradientFlow", "HamiltonianBand", "HamiltonianServo", "PerArc", "Periodic",
    "Policy",
]  # fmt: skip

ARGUMENTS = "(t, H, p_x, p_w, H_x, H_w, s_x, s_w)"
BOUNDS = dict(mu=dict(least=0), period=dict(above=0), flipped=dict(least=0, most=1), floor=dict(above=0))


class Policy:
    """A sign policy of one's own.

    Parameters
    ----------
    rule : callable
        ``rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w)``: fills the signs ``s_x`` (one per neuron) and ``s_w`` (one per arc)
        in place, each +1 (canonical) or -1 (flipped). They hold the last step's signs when it is called; at the start
        they are -1. Written with numbers, arrays, loops and conditions, so that it can be compiled; `run` raises a
        ValueError if it cannot be, or fails.
    dissipation_w, dissipation_x : float
        Dissipation of p_w and of p_x, added to the problem's theta.

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
        require(inspect.isfunction(rule), f"rule = {shown(rule)}: must be a function of {ARGUMENTS}")
        signature = inspect.signature(rule)
        require(len(signature.parameters) == 8, f"rule {rule.__name__}{signature}: must take {ARGUMENTS}")
        self.rule = rule

    def values(self):
        """The numbers that the rule reads, an array; empty for a rule of one's own."""
        return np.zeros(0)

    def compiled(self):
        """The rule, ready for the loop in time."""
        return compiled_rule(self.rule, tuple(_surroundings(self.rule)))

    def look(self, problem):
        """What the kernel needs of a rule that looks ahead, for a ``problem``; None for all others."""
        return None

    def rehearse(self, neurons, arcs):
        """Try the rule once for so many ``neurons`` and ``arcs``, uncompiled, which shows what goes wrong in it.

        A rule that fails raises a ValueError.
        """
        dice, sizes = np.random.default_rng(0), (neurons, arcs)
        costates, gradients = ([dice.standard_normal(size) for size in sizes] for _ in range(2))
        signs = [np.full(size, self.sign_at_start) for size in sizes]
        try:
            with np.errstate(all="ignore"):
                self.rule(0.0, 1.0, *costates, *gradients, *signs)
        except Exception as error:
            arrays = f"arrays of {neurons} neurons and {arcs} arcs"
            raise ValueError(f"rule {self.rule.__name__}: fails on {arrays}: {error!r}") from error

    def __repr__(self):
        parts = [self.rule.__name__] if type(self) is Policy else []
        parts += [f"{name}={value:g}" for name, value in vars(self).items() if isinstance(value, float) and value != 0]
        return f"{type(self).__name__}({', '.join(parts)})"


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


class BuiltIn(Policy):
    """One of the library's policies: a dataclass of numbers, and a rule that reads them as ``values``."""

    def __post_init__(self):
        for name in self._numbers():
            setattr(self, name, number(name, getattr(self, name), **BOUNDS.get(name, {})))

    def _numbers(self):
        return [field.name for field in fields(self) if field.type is float]

    def values(self):
        """All numbers of the policy but its dissipations."""
        return np.array([getattr(self, name) for name in self._numbers() if "dissipation" not in name])

    def compiled(self):
        """The rule, ready for the loop in time."""
        return compiled_rule(type(self).rule)

    def rehearse(self, neurons, arcs):
        """Nothing to try: these rules are tested."""


@dataclass(repr=False, eq=False)
class Canonical(BuiltIn):
    """Hamilton's equations without a flip: s = +1. Run forward in time, they explode (lesson 06)."""

    sign_at_start = 1.0
    one_sign = steady = True


@dataclass(repr=False, eq=False)
class Flipped(BuiltIn):
    """The Hamiltonian sign flip, always: s = -1, with dissipation (see `Policy`); without, the bare flip."""

    one_sign = steady = True
    dissipation_w: float = 0.0
    dissipation_x: float = 0.0


@dataclass(repr=False, eq=False)
class Periodic(BuiltIn):
    """Alternate: in each ``period`` first a fraction that is ``flipped``, then the rest, canonical."""

    one_sign = True
    period: float = 0.1
    flipped: float = 0.5
    dissipation_w: float = 0.0
    dissipation_x: float = 0.0

    @staticmethod
    def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values):
        """Flipped in the first part of each period."""
        s = -1.0 if (t / values[0]) % 1.0 < values[1] else 1.0
        s_x[:] = s
        s_w[:] = s


@dataclass(repr=False, eq=False)
class HamiltonianBand(BuiltIn):
    """Keep the Hamiltonian between ``low`` and ``high``: flip when H is above, unflip when below, else hold."""

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
class HamiltonianServo(BuiltIn):
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
class PerArc(BuiltIn):
    """Per-arc signs: every arc is canonical iff p_w H_w > mu H_w^2, else flipped; p_x is flipped.

    It slides along p_w = mu H_w, that is, it imitates the gradient flow w' = -(mu / r) H_w by switching. Fully local:
    an arc reads its own costate and its own gradient. The scale of ``mu``, at least 0, is sqrt(r / q).
    """

    mu: float
    dissipation_w: float = 0.0
    dissipation_x: float = 0.0

    @staticmethod
    def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w, values):
        """Canonical where p_w H_w > mu H_w^2."""
        s_x[:] = -1.0
        for k in range(s_w.size):
            s_w[k] = 1.0 if p_w[k] * H_w[k] > values[0] * H_w[k] * H_w[k] else -1.0


@dataclass(repr=False, eq=False)
class GradientFlow(BuiltIn):
    """Plain local gradient flow w' = -(``mu`` / r) H_w, with p_x flipped: no inertia; p_w is reported as mu H_w."""

    one_sign = steady = True
    inertia = 0.0
    mu: float

    @property
    def gain(self):
        """The number mu in p_w = mu H_w."""
        return self.mu


@dataclass(repr=False, eq=False)
class Frozen(BuiltIn):
    """The weights are held: nothing is learned. The costates p_x run on, flipped; p_w is 0."""

    one_sign = steady = True
    inertia = 0.0
