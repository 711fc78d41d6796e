"""The same step elsewhere: JAX (a jitted lax.scan), numpy and PyTorch (autograd), on the CPU, in float64, on one core.

JAX and PyTorch are no dependencies. Install them by hand beside the course (jax, and torch's CPU build), then run
`python -m pytest tests/benchmarks/test_peers.py`. Each runs in a process of its own (`peer.py`), and all must arrive
at the same weights. With --benchmark-disable only that is tested, in a few steps.
"""

import contextlib
import importlib.util
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import hlp_edu as hlp

H = 1e-4
POLICY = hlp.Flipped(dissipation_w=30, dissipation_x=5)
STEPS = {5: 20000, 50: 4000, 500: 100, 2000: 20}
ROUNDS = {5: 10, 50: 20, 500: 10, 2000: 4}
# The name in the table, and how many times fewer steps it is asked for: those that take long take fewer.
PEERS = {
    "hlp_edu": ("hlp_edu", 1),
    "jax": ("JAX, jitted scan", 1),
    "numpy": ("numpy", 20),
    "torch": ("PyTorch, autograd", 20),
}
ONE_THREAD = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
METHODS = pytest.mark.parametrize("method", ["euler", "rk4"])


@pytest.fixture(scope="module")
def peers(root):
    """The processes, by name: ours, and one for each library that is installed."""
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": str(root)}
    command = [sys.executable, str(Path(__file__).with_name("peer.py"))]
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=root)
    with contextlib.ExitStack() as processes:
        yield {
            name: processes.enter_context(subprocess.Popen([*command, name], **pipes))
            for name in PEERS
            if importlib.util.find_spec(name)
        }


def ask(process, *words):
    """Send a peer one line, and wait for what it answers."""
    process.stdin.write((" ".join(map(str, words)) + "\n").encode())
    process.stdin.flush()
    return pickle.load(process.stdout)


@METHODS
@pytest.mark.parametrize("neurons", STEPS)
def test_a_step(peers, neurons, method, timed, note):
    """Ours and theirs take turns, round after round: what disturbs one disturbs all."""
    all_steps = STEPS[neurons] if timed else STEPS[neurons] // 100
    steps = {name: max(2, all_steps // PEERS[name][1]) for name in peers}
    seconds = {name: [] for name in peers}
    for name, process in peers.items():
        theirs = ask(process, neurons, method, steps[name], 0)
        ours = ask(peers["hlp_edu"], neurons, method, steps[name], 0)
        for a, b in zip(theirs, ours, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-9, err_msg=name)
    for _ in range(ROUNDS[neurons] if timed else 0):
        for name, process in peers.items():
            seconds[name] += ask(process, neurons, method, steps[name], 1)
    for name in peers if timed else ():
        note(f"{neurons} neurons, {method}", PEERS[name][0], [s / steps[name] for s in seconds[name]])


@pytest.fixture(
    scope="module",
    params=[(near, arcs) for near in (True, False) for arcs in (10**4, 10**5, 10**6, 10**7)],
    ids=lambda param: f"{'nearby' if param[0] else 'anywhere'}-{param[1]:.0e}",
)
def digraph(request, timed):
    """A problem over neurons with ten arcs each, whose parents are nearby, and thus in the cache, or anywhere."""
    near, arcs = request.param
    if not timed and arcs > 10**4:
        pytest.skip("large digraphs are only timed")
    n, rng = arcs // 10, np.random.default_rng(0)
    heads = np.repeat(np.arange(n), 10)
    tails = (heads + rng.integers(-500, 500, arcs)) % n if near else rng.integers(0, n, arcs)
    pairs = np.unique(heads * n + tails)  # each arc once
    # A networkx digraph of 1e7 arcs would take more memory than many a laptop has. The input has no arc: without one,
    # a network is warned of.
    network = hlp.Network._from_indices(range(n), ["bias"], [0], pairs // n, pairs % n)
    return f"hlp_edu, parents {'nearby' if near else 'anywhere'}", hlp.Tracking(network, hlp.sinusoid())


@METHODS
def test_a_sparse_digraph(digraph, method, timed, note, one_core):
    """What an arc costs, whatever the size: a long run less a short one."""
    name, problem = digraph
    m, rng = len(problem.network.heads), np.random.default_rng(0)
    start = dict(x0=rng.standard_normal(len(problem.network.neurons)), w0=rng.standard_normal(m) / 3)

    def run(steps, **start):
        return hlp.run(problem, POLICY, T=steps * H, dt=H, method=method, record="output", every=10**9, **start)

    begin = run(1, **start).final

    def seconds(steps):
        start = time.perf_counter()
        end = run(steps, start=begin)
        assert end.diverged_at is None
        return time.perf_counter() - start

    steps, rounds = (max(4, 10**7 // m), 3 if m < 5e6 else 2) if timed else (4, 1)
    short = min(seconds(1) for _ in range(rounds))
    times = [(seconds(steps + 1) - short) / steps for _ in range(rounds)]
    if timed:
        note(f"sparse, {m} arcs, {method}", name, times, arcs=m)


@METHODS
def test_share_of_the_memory_bandwidth(method, timed, bandwidth, record_property, one_core):
    """At 2,000 neurons a step waits for the memory: how close to the machine's own speed is it?

    The machine's speed is that of the leanest loop over as many numbers: a sum reads them, a scaling reads
    and writes them. An arc is two numbers. Euler reads and writes them once a step, Runge-Kutta reads them
    four times and writes them once.
    """
    if not timed:
        pytest.skip("a time, nothing to test")
    from hlp_edu.compiled import compiled

    @compiled
    def scale(a, b, by):
        for k in range(a.size):
            a[k] *= by
            b[k] *= by

    @compiled
    def add_up(a, b, by):
        total, other = 0.0, 0.0
        for k in range(a.size):
            total += a[k]
            other += b[k]
        return total + by * other

    def best_of(times, function, *arguments, **named):
        function(*arguments, **named)
        found = []
        for _ in range(times):
            start = time.perf_counter()
            function(*arguments, **named)
            found.append(time.perf_counter() - start)
        return min(found)

    problem, steps = hlp.Tracking(hlp.fully_connected(2000), hlp.sinusoid()), 20
    m = len(problem.network.heads)
    a, b = np.ones(m), np.ones(m)
    both, read = best_of(7, scale, a, b, 1.0), best_of(7, add_up, a, b, 1.0)
    fastest = both if method == "euler" else both + 3 * read
    begin = hlp.run(problem, POLICY, T=H, dt=H, record="output").final
    arguments = dict(dt=H, method=method, record="output", start=begin)
    long = best_of(3, hlp.run, problem, POLICY, T=steps * H, **arguments)
    short = best_of(3, hlp.run, problem, POLICY, T=H, **arguments)
    ours = (long - short) / (steps - 1)
    size = 32 if method == "euler" else 80
    bandwidth(
        f"{method}: {size} bytes an arc a step; reading {16 * m / read / 1e9:.0f} GB/s, reading and writing "
        f"{32 * m / both / 1e9:.0f} GB/s; a step {size * m / ours / 1e9:.0f} GB/s: "
        f"{fastest / ours:.0%} of what is possible"
    )
    record_property("share of the bandwidth", fastest / ours)
