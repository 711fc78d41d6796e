"""Rules that set the signs of (10) anew at every step, from what they see of the present: lesson 09.

Each is a policy of `policies.py`. Its rule is called at the start of a step, and its signs are held over the step.
"""

from dataclasses import dataclass

from hlp_edu.policies import BuiltIn
from hlp_edu.validate import number

__all__ = ["HamiltonianBand", "HamiltonianServo", "PerArc", "Periodic"]


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
