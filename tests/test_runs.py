"""Many runs: given up by Ctrl-C, without a trace; on a Dask cluster of two processes; in bounded memory."""

import signal
import subprocess
import sys
import time
import tracemalloc

import joblib
import numpy as np
import pytest

import hlp_edu as hlp

PROBLEM = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid(), speed=20)
POLICY = hlp.Flipped(dissipation_w=30, dissipation_x=5)

LONG = """
import threading, time
import hlp_edu as hlp
problem = hlp.Tracking(hlp.fully_connected(NEURONS), hlp.sinusoid(), speed=20)
policy = hlp.Flipped(dissipation_w=30, dissipation_x=5)
hlp.run(problem, policy, T=0.1)  # whatever has to be compiled
threads = set(threading.enumerate())
print("ready", flush=True)
try:
    hlp.runs(problem, policy, seeds=range(50), T=100_000, workers=2, every=1000, progress=False)
except KeyboardInterrupt:
    begun = time.process_time()
    time.sleep(0.5)
    print("interrupted", len(set(threading.enumerate()) - threads), time.process_time() - begun < 0.2, flush=True)
else:
    print("not interrupted", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("neurons", [5, 300])
def test_control_c_ends_many_runs_and_leaves_no_thread(neurons):
    program = LONG.replace("NEURONS", str(neurons))
    child = subprocess.Popen([sys.executable, "-W", "error", "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "ready\n"
        time.sleep(1.0)
        begun = time.perf_counter()
        child.send_signal(signal.SIGINT)
        said, _ = child.communicate(timeout=60)
    finally:
        child.kill()
    assert said == "interrupted 0 True\n" and child.returncode == 0
    assert time.perf_counter() - begun < 30  # seconds; the runs themselves would take an hour


def test_a_failing_run_ends_the_others():
    def problem(seed):
        return PROBLEM if seed else None

    begun = time.perf_counter()
    with pytest.raises(ValueError, match="must be a hlp_edu Tracking"):
        hlp.runs(problem, POLICY, seeds=[1, 0, 2, 3], T=100_000, workers=2, every=1000, progress=False)
    assert time.perf_counter() - begun < 30


def test_no_more_workers_than_runs(monkeypatch):
    asked, parallel = [], joblib.Parallel
    monkeypatch.setattr(joblib, "Parallel", lambda n_jobs, **given: asked.append(n_jobs) or parallel(n_jobs, **given))
    assert len(hlp.runs(PROBLEM, POLICY, seeds=[1, 2], T=0.1, workers=9, start=None, progress=False)) == 2
    assert asked == [2]


def patched(seed):
    return PROBLEM.replace(target=hlp.patchwork(seed=seed))


def per_arc(seed):
    return hlp.PerArc(mu=0.01 * (1 + seed))


def test_a_dask_cluster_of_two_processes_gives_the_same_numbers():
    distributed = pytest.importorskip("distributed", reason="Dask is not installed (pip install distributed)")
    arguments = dict(seeds=range(6), T=1, dt=0.005, progress=False)
    here = hlp.runs(patched, per_arc, **arguments)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client, joblib.parallel_config(backend="dask"):
        assert len(client.scheduler_info()["workers"]) == 2
        there = hlp.runs(patched, per_arc, **arguments)
        done = client.run(lambda dask_worker: dask_worker.state.executed_count)
    assert len(done) == 2 and all(done.values()), "both processes have worked"
    for one, other in zip(here, there, strict=True):
        for key in ("x", "w", "p_x", "p_w", "s_x", "s_w"):
            assert np.array_equal(getattr(one.final, key), getattr(other.final, key)), key
        assert one.cost == other.cost and np.array_equal(one.outputs, other.outputs)


def test_memory_of_many_runs_is_what_they_record():
    def peak(T):
        tracemalloc.start()
        hlp.runs(PROBLEM, POLICY, seeds=range(20), T=T, dt=0.01, every=10_000, workers=2, progress=False)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(10)
    short, long = peak(100), peak(1000)
    assert long < 1.5 * short + 100_000, (short, long)
