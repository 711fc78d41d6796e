"""What things take, next to their peers in the same process. `python -m pytest tests/benchmarks` times them.

The numbers are reported, not judged: another machine, or a busy one, has others. What is judged is that
everybody computes the same thing.
"""

import gc
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import hlp_edu as hlp

THETA_W, THETA_X = 30.0, 5.0
POLICY = hlp.Flipped(dissipation_w=THETA_W, dissipation_x=THETA_X)


FIRST_RUN = (
    "import hlp_edu as hlp; hlp.run(hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid()), hlp.Flipped(30, 5), T=20)"
)


def problem_of(n):
    return hlp.Tracking(hlp.fully_connected(n), hlp.sinusoid(), speed=20)


# --- budgets ----------------------------------------------------------------------------------------


@pytest.mark.benchmark(group="import")
@pytest.mark.parametrize("line", ["pass", "import hlp_edu", "import numpy", "import hlp_edu; hlp_edu.run", FIRST_RUN])
def test_import(benchmark, line, root):
    """Budget: under 0.6 s for `import hlp_edu`."""
    environment = os.environ | {"PYTHONPATH": str(root)}

    def start():
        return subprocess.run([sys.executable, "-c", line], env=environment, cwd=root, check=True)

    assert benchmark.pedantic(start, rounds=3, warmup_rounds=1).returncode == 0


@pytest.mark.benchmark(group="20 time units of five neurons, dt = 0.01, all recorded")
@pytest.mark.parametrize("method", ["rk4", "euler", "exponential"])
def test_twenty_time_units(benchmark, method):
    """Budget: under 10 ms with rk4."""
    problem = problem_of(5)
    run = benchmark(hlp.run, problem, POLICY, T=20, dt=0.01, method=method)
    assert run.w.shape == (2001, 30) and run.diverged_at is None


# --- a step, against peers --------------------------------------------------------------------------


def numpy_step(problem, begin):
    """The same laws, vectorised over a dense matrix, as one writes them in numpy."""
    n, c, q, r_w, r = len(begin.x), problem.speed, problem.q, problem.r_w, problem.r
    W, PW = begin.w.reshape(n, n + 1).copy(), begin.p_w.reshape(n, n + 1).copy()

    def rate(t, x, W, P, PW):
        y = np.append(x, 1.0)
        sigma = np.tanh(W @ y)
        g = c * (1 - sigma**2) * P
        H_x = -c * P + (g @ W)[:n]
        H_x[0] += q * (x[0] - 0.8 * np.sin(t))
        H_W = np.outer(g, y) + r_w * W
        return c * (sigma - x), -PW / r, H_x - THETA_X * P, H_W - THETA_W * PW

    return rate, [begin.x.copy(), W, begin.p_x.copy(), PW]


def flat(parts):
    return np.concatenate([np.ravel(part) for part in parts])


@pytest.fixture(scope="module", params=[5, 50, 500])
def case(request):
    """A problem, a state to start from, a step and how many of them."""
    n = request.param
    problem = problem_of(n)
    begin = hlp.run(problem, POLICY, T=0.01, dt=0.01).final
    begin.clock = begin.clock._replace(origin=0.0, count=0)
    return n, problem, begin, 1e-3, {5: 10_000, 50: 1000, 500: 50}[n]


@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_step_of_hlp_edu(benchmark, case, method, per_step):
    n, problem, begin, h, steps = case
    benchmark.group = f"{n} neurons"
    arguments = dict(T=steps * h, dt=h, method=method, record="output", start=begin, every=steps)
    run = benchmark(hlp.run, problem, POLICY, **arguments)
    per_step(f"{n} neurons, {method}", "hlp_edu", steps)
    assert run.diverged_at is None


def test_step_of_numpy(benchmark, case, per_step, one_thread):
    n, problem, begin, h, steps = case
    benchmark.group = f"{n} neurons"
    steps //= 5
    rate, start = numpy_step(problem, begin)

    def euler():
        state = [part.copy() for part in start]
        for k in range(steps):
            state = [part + h * velocity for part, velocity in zip(state, rate(k * h, *state), strict=True)]
        return state

    state = benchmark(euler)
    per_step(f"{n} neurons, euler", "numpy", steps)
    ours = hlp.run(problem, POLICY, T=steps * h, dt=h, method="euler", record="output", start=begin).final
    assert np.allclose(flat(state), flat([ours.x, ours.w, ours.p_x, ours.p_w]), atol=1e-10)


def test_step_of_scipy(benchmark, case, per_step, one_thread):
    n, problem, begin, h, steps = case
    benchmark.group = f"{n} neurons"
    steps //= 5
    rate, start = numpy_step(problem, begin)
    cuts = np.cumsum([part.size for part in start])[:-1]

    def flat_rate(t, state):
        x, w, p_x, p_w = np.split(state, cuts)
        return flat(rate(t, x, w.reshape(n, n + 1), p_x, p_w.reshape(n, n + 1)))

    def integrate():  # tolerances so loose that every step has the length h
        return solve_ivp(
            flat_rate, (0, steps * h), flat(start), max_step=h, first_step=h, rtol=1.0, atol=1e9, t_eval=[steps * h]
        )

    found = benchmark(integrate)
    per_step(f"{n} neurons, rk4", f"scipy, RK45, {found.nfev / steps:.0f} evaluations a step", steps)
    ours = hlp.run(problem, POLICY, T=steps * h, dt=h, record="output", start=begin).final
    assert np.allclose(found.y[:, -1], flat([ours.x, ours.w, ours.p_x, ours.p_w]), atol=1e-6)


# --- memory -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["one run", "many parts"])
def test_memory_of_a_stream_does_not_grow(how):
    problem = problem_of(5)  # a patchwork would keep 32 bytes of every piece it has made

    def peak(steps):
        tracemalloc.start()
        if how == "one run":
            hlp.run(problem, POLICY, T=steps * 0.01, dt=0.01, record="output", every=steps)
        else:
            state = None
            for part in range(steps // 1000):
                state = hlp.run(problem, POLICY, T=10, dt=0.01, record="output", start=state).final
                if part % 25 == 0:
                    gc.collect()  # Python keeps up to 2,000 used tuples of each length, until this empties the lists
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(10_000)  # whatever is loaded on first use
    short, long = peak(50_000), peak(400_000)
    assert long < 1.2 * short + 50_000, (short, long)
