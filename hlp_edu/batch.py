"""Many runs side by side, on all cores."""

import os
import threading

from hlp_edu import flow
from hlp_edu.bars import bar
from hlp_edu.validate import require, sequence, whole
from hlp_edu.words import shown

__all__ = ["runs"]

# The threads that work for a call of `runs`, and the event that stops them, under a text that can be sent to another
# process, where it stands for nothing.
_calls = {}


def runs(problem, policy, seeds, T, workers=None, progress=True, record="output", **arguments):
    """Many runs side by side, on all cores. The numbers do not depend on how many cores there are.

    Parameters
    ----------
    problem, policy : Tracking and Policy, or callable
        One for all runs, or a function of the seed that gives it.
    seeds : iterable of int
        One run for each; at least one.
    workers : int, optional
        How many runs at a time; all cores by default.
    progress : bool
        Show a progress bar when it takes longer than a second, unless TQDM_DISABLE=1 is in the environment.
    T, record, **arguments
        Passed to `run`. With record="output", here the default, hundreds of runs fit in memory.

    Returns
    -------
    list of Trajectory
        In the order of ``seeds``.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> len(hlp.runs(problem, hlp.GradientFlow(mu=0.03), seeds=range(3), T=1, dt=0.01))
    3
    """
    import joblib

    seeds = sequence("seeds", seeds)
    require(seeds, f"seeds = {shown(seeds)}: must be a sequence of at least one seed, for example range(10)")
    workers = min(len(seeds), os.cpu_count() if workers is None else whole("workers", workers))
    for name, given in (("problem", problem), ("policy", policy)):
        require(not isinstance(given, type), f"{name} = {shown(given)}: is a class; call it, to make one")
    require("seed" not in arguments, "seed: is set by each of the seeds; give seeds=[1] for one run")
    same = arguments.get("start") is not None and not callable(problem) and not callable(policy)
    require(len(seeds) == 1 or not same, "start: all runs would be the same, whatever their seed; give one seed")

    # The compiled loop lets go of the interpreter lock, so threads share the work and the compiled
    # code. Inside joblib.parallel_config (a Dask cluster, say) that backend is used instead.
    call = f"{os.getpid()}.{id(seeds)}"
    threads, cancel = _calls[call] = set(), threading.Event()
    pool = joblib.Parallel(n_jobs=workers, prefer="threads", return_as="generator")
    results = pool(joblib.delayed(_one)(call, problem, policy, seed, T=T, record=record, **arguments) for seed in seeds)
    try:
        return list(bar(progress, iterable=results, total=len(seeds), unit="run"))
    except BaseException:  # Ctrl-C, or a run that failed: the others stop at their next chunk, and are waited for
        cancel.set()
        results.close()
        for thread in list(threads):
            thread.join(timeout=60)
        raise
    finally:
        del _calls[call]


def _one(call, problem, policy, seed, **arguments):
    """One run, in whatever thread or process it is sent to."""
    threads, flow.cancelled.event = _calls.get(call, (set(), None))
    if threading.current_thread() is not threading.main_thread():
        threads.add(threading.current_thread())
    try:
        problem, policy = (given(seed) if callable(given) else given for given in (problem, policy))
        return flow.run(problem, policy, seed=seed, **arguments)
    finally:
        flow.cancelled.event = None
