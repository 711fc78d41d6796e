"""The result of a run: what happened, row by row, and where to go on."""

from dataclasses import dataclass, field

import numpy as np

from hlp_edu.archive import load_run, save_run
from hlp_edu.network import Network
from hlp_edu.state import State
from hlp_edu.validate import number, require

__all__ = ["Trajectory"]


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

        Where a stream knows no target there is no error; nan if it knows none at all.

        Examples
        --------
        >>> import hlp_edu as hlp
        >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.constant(0.5))
        >>> hlp.run(problem, hlp.GradientFlow(mu=0.03), T=5, dt=0.01).rmse(after=4) < 0.01
        True
        """
        after = -np.inf if after is None else number("after", after)
        if self.diverged_at is not None:
            return np.inf
        late = self.t >= after - 1e-9
        require(late.any(), f"after = {after:g}: must be at most the last time, {self.t[-1]:g}")
        error = (self.outputs - self.target)[late]
        known = error[np.isfinite(error)]
        return float(np.sqrt(np.mean(known**2))) if known.size else np.nan

    def save(self, path):
        """Write everything to a new file, and return its name: the ``path``, with the ending ".npz" if it has none.

        FileExistsError if it exists: nothing is overwritten. Labels of the network must be numbers or strings.
        """
        return save_run(path, self)

    @classmethod
    def load(cls, path):
        """The trajectory that `save` wrote to ``path``; FileNotFoundError or ValueError if it holds none."""
        return cls(**load_run(path))

    def __repr__(self):
        span = f"t = {self.t[0]:g} to {self.t[-1]:g}" if len(self.t) else "no rows"
        if self.diverged_at is not None:
            return f"Trajectory({span}, {len(self.t)} rows, DIVERGED at t = {self.diverged_at:.4g}: {self.reason})"
        return f"Trajectory({span}, {len(self.t)} rows, cost {self.cost:.4g}, rmse {self.rmse():.3g})"
