"""The result of a run: what happened, row by row, and where to go on."""

import warnings
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from hlp_edu.network import Network
from hlp_edu.storage import check_rows, load_arrays, refuse_file, save_arrays
from hlp_edu.validate import kind, number, numbers_of, require, vector, whole

__all__ = ["Clock", "State", "Trajectory"]


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


_ROWS = ("t", "x", "w", "p_x", "p_w", "target", "sign", "lagrangian", "hamiltonian")
_FACTS = ("cost", "diverged_at", "reason", "record", "about")
STATE_ARRAYS = ("x", "w", "p_x", "p_w", "s_x", "s_w")


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


@dataclass(repr=False, eq=False)  # comparing arrays with == would be no yes or no
class Trajectory:
    """States, weights, costates and costs over time. Rows are times; columns follow the network.

    With ``record="output"``, x has the outputs alone, and p_x, w, p_w and signs per arc have no columns.

    Parameters
    ----------
    t : numpy.ndarray, shape (steps,)
        Times, the first and the last included.
    x, p_x, w, p_w : numpy.ndarray, shape (steps, neurons), and (steps, arcs)
        States, weights and their costates.
    target : numpy.ndarray, shape (steps, outputs)
        The signals to be followed.
    sign : numpy.ndarray of int, shape (steps,) or (steps, arcs)
        The sign of p_w's law, from each row's time on: one for all arcs, or one per arc.
    lagrangian, hamiltonian, cost : numpy.ndarray, shape (steps,), and float
        (4) and (5), without phi; the integral (4), with phi, inf if the run diverged.
    final : State
        The last row, to be passed as ``start=`` to `run`.
    diverged_at, reason : float and str, or None
        When the run was ended because a number grew past the limit, and which one.
    network, record, about : Network, {"all", "output"}, and dict
        Whose columns these are, what was kept, and how it was computed: problem, policy, method, dt, seed, version.
    """

    t: np.ndarray
    x: np.ndarray
    w: np.ndarray
    p_x: np.ndarray
    p_w: np.ndarray
    target: np.ndarray
    sign: np.ndarray
    lagrangian: np.ndarray
    hamiltonian: np.ndarray
    cost: float
    final: State
    diverged_at: float | None
    reason: str | None
    network: Network
    record: str = "all"
    about: dict = field(default_factory=dict)

    @property
    def outputs(self):
        """The states of the output neurons, shape (steps, outputs)."""
        return self.x if self.record == "output" else self.x[:, self.network.output_index]

    def rmse(self, after=None):
        """Root of the mean squared error of the outputs, from a time ``after`` on; inf if the run diverged.

        Examples
        --------
        >>> import hlp_edu as hlp
        >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.constant(0.5))
        >>> hlp.run(problem, hlp.GradientFlow(mu=0.03), T=5, dt=0.01).rmse(after=4) < 0.01
        True
        """
        after = self.t[0] if after is None else number("after", after)
        if self.diverged_at is not None:
            return np.inf
        late = self.t >= after - 1e-9
        require(late.any(), f"after = {after:g}: must be at most the last time, {self.t[-1]:g}")
        return float(np.sqrt(np.mean((self.outputs[late] - self.target[late]) ** 2)))

    def save(self, path):
        """Write everything to a new file, and return its name: the ``path``, with the ending ".npz" if it has none.

        FileExistsError if it exists: nothing is overwritten. Labels of the network must be numbers or strings.
        """
        network = self.network
        for label in network.labels:
            plain = isinstance(label, (str, int, float))
            require(plain, f"label {label!r}: only labels that are numbers or strings can be saved")
        facts = {name: getattr(self, name) for name in _FACTS} | dict(clock=self.final.clock)
        facts |= dict(neurons=network.neurons, inputs=network.inputs, outputs=network.outputs)
        arrays = {name: getattr(self, name) for name in _ROWS}
        arrays |= {"final_" + name: getattr(self.final, name) for name in STATE_ARRAYS}
        return save_arrays(path, "facts", facts, arrays | dict(heads=network.heads, tails=network.tails))

    @classmethod
    def load(cls, path):
        """The trajectory that `save` wrote to ``path``; FileNotFoundError or ValueError if it holds none."""
        final = ["final_" + name for name in STATE_ARRAYS]
        names, what = [*_ROWS, *final, "heads", "tails"], "trajectory that hlp_edu saved"
        facts, arrays = load_arrays(path, "facts", names, what)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the dead point was explained when the network was made
                labels = (facts["neurons"], facts["inputs"], facts["outputs"])
                network = Network._from_indices(*labels, arrays["heads"], arrays["tails"])
            state = State(Clock(*facts["clock"]), *(arrays[name] for name in final))
            state = checked_state("final", state, len(network.neurons), len(network.heads))
            kept = {name: arrays[name] for name in _ROWS} | {name: facts[name] for name in _FACTS}
            check_rows(kept, len(network.neurons), len(network.heads), len(network.outputs))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise refuse_file(path, what, error) from None
        return cls(**kept, final=state, network=network)

    def __repr__(self):
        span = f"t = {self.t[0]:g} to {self.t[-1]:g}" if len(self.t) else "no rows"
        if self.diverged_at is not None:
            return f"Trajectory({span}, {len(self.t)} rows, DIVERGED at t = {self.diverged_at:.4g}: {self.reason})"
        return f"Trajectory({span}, {len(self.t)} rows, cost {self.cost:.4g}, rmse {self.rmse():.3g})"
