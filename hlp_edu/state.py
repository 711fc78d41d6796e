"""Where a run stands, and all that it needs to go on."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hlp_edu.validate import kind, number, numbers_of, require, vector, whole

__all__ = ["Clock", "State"]

STATE_ARRAYS = ("x", "w", "p_x", "p_w", "s_x", "s_w")


class Clock(NamedTuple):
    """Time as a count of steps: t = origin + count * dt, the same however often a run was resumed.

    The ``count`` of steps ``dt`` began at the time ``origin``.
    """

    origin: float
    count: int
    dt: float

    @property
    def time(self):
        """The time that the clock shows."""
        return self.origin + self.count * self.dt


@dataclass(eq=False)
class State:
    """All that a run needs in order to continue; pass it as ``start=`` to `run`.

    A ``clock``; states ``x``, their costates ``p_x`` and signs ``s_x``; weights ``w``, ``p_w`` and ``s_w``.
    """

    clock: Clock
    x: np.ndarray
    w: np.ndarray
    p_x: np.ndarray
    p_w: np.ndarray
    s_x: np.ndarray
    s_w: np.ndarray

    @property
    def t(self):
        """The time of this state."""
        return self.clock.time


def checked_state(name, state, neurons, arcs):
    """A copy of a state of so many neurons and arcs; a ValueError names the part that is not as it must be."""
    kind(name, state, State, "a State, for example the `final` of a trajectory")
    given = numbers_of(f"{name}.x", state.x).size, numbers_of(f"{name}.w", state.w).size
    words = f"{name}: holds {given[0]} neurons and {given[1]} arcs; this network has {neurons} and {arcs}"
    require(given == (neurons, arcs), words)
    clock = kind(f"{name}.clock", state.clock, (tuple, list), "a Clock of origin, count and dt")
    require(len(clock) == 3, f"{name}.clock = {clock!r}: must be a Clock of origin, count and dt")
    origin, dt = number(f"{name}.clock.origin", clock[0]), number(f"{name}.clock.dt", clock[2], least=0)
    parts = [Clock(origin, whole(f"{name}.clock.count", clock[1], least=0, most=2**53), dt)]
    for part in STATE_ARRAYS:
        size, what = (neurons, "neuron") if part.endswith("x") else (arcs, "arc")
        parts.append(vector(f"{name}.{part}", getattr(state, part), size, what))
        require(part[0] != "s" or (abs(parts[-1]) <= 1).all(), f"{name}.{part}: a sign must be from -1 to 1")
    return State(*parts)
