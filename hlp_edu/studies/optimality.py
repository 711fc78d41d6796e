"""What the best run costs, and what a planner without foresight pays, on the signals of the tracking lessons."""

from hlp_edu.compare import measure, tracking_problem
from hlp_edu.mpc import mpc
from hlp_edu.optimum import optimum

__all__ = []  # read by `hlp_edu.study`, computed by `hlp-edu study`


class Optimality:
    """What the best run costs, and what a planner without foresight pays, on both signals of the tracking lessons."""

    parameters = dict(T=20.0, dt=0.01, horizon=0.3, every=0.01, tolerance=0.01)
    cases = tuple(
        (signal, seed, method)
        for signal, seeds in (("sinusoid", range(5)), ("patched", range(10)))
        for seed in seeds
        for method in ("optimum", "mpc")
    )
    repeats = {"optimum": 1e-4, "mpc": 1e-2}  # how closely another machine repeats a cost, relative

    @classmethod
    def compute(cls, signal, seed, method):
        """One row: a run that the lesson has no time for."""
        given, problem = cls.parameters, tracking_problem(signal, seed)
        if method == "optimum":
            made = optimum(problem, given["T"], dt=given["dt"], seed=seed, method="adjoint", progress=False)
        else:
            made = mpc(problem, seed=seed, progress=False, **given)
        row = measure(made)
        return dict(signal=signal, seed=seed, method=method) | {
            key: float(f"{row[key]:.5g}") for key in ("cost", "rmse")
        }
