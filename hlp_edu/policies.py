"""What is done about the boundary problem: the sign s of (10), and the dissipation.

Here are the policies whose signs never change, and the one that takes a *rule* of your own, which looks at the present
and fills the signs in place. A rule is plain Python; it is compiled, and called once at the start of each step; signs
are held over the step. `switching.py` has the library's rules, `prospective.py` the policies that look ahead.
"""

from dataclasses import dataclass, fields

import numpy as np

from hlp_edu import rules
from hlp_edu.validate import number

__all__ = ["Canonical", "Flipped", "Frozen", "GradientFlow", "Policy"]

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
        self.rule = rules.checked(rule)

    def values(self):
        """The numbers that the rule reads, an array; empty for a rule of one's own."""
        return np.zeros(0)

    def compiled(self):
        """The rule, ready for the loop in time."""
        return rules.compiled_rule(self.rule, tuple(rules.surroundings(self.rule)))

    def lookahead(self, problem):
        """What the kernel needs of a rule that looks ahead, for a ``problem``; None for all others."""
        return None

    def rehearse(self, neurons, arcs):
        """Try the rule once for so many ``neurons`` and ``arcs``; one that fails raises a ValueError."""
        for name in ("dissipation_w", "dissipation_x"):  # it may have been changed since
            number(name, getattr(self, name))
        rules.rehearse(self.rule, self.sign_at_start, neurons, arcs)

    def __repr__(self):
        parts = [self.rule.__name__] if type(self) is Policy else []
        parts += [f"{name}={value:g}" for name, value in vars(self).items() if isinstance(value, float) and value != 0]
        return f"{type(self).__name__}({', '.join(parts)})"


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
        return rules.compiled_rule(type(self).rule)

    def rehearse(self, neurons, arcs):
        """The rules are tested; but a number may have been changed since."""
        self.__post_init__()


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
