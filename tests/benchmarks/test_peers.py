"""The same step elsewhere: JAX (a jitted lax.scan) and PyTorch (autograd), on the CPU, in float64, one thread.

They are no dependencies. Install them by hand beside the course (jax, and torch's CPU build), then run
`python -m pytest tests/benchmarks/test_peers.py`. Everybody starts from the same state, goes the same
steps, records the output alone, and must arrive at the same weights.
"""

import os

import numpy as np
import pytest

import hlp_edu as hlp

C, Q, R_W, R, THETA_W, THETA_X = 20.0, 100.0, 1.0, 0.1, 30.0, 5.0
POLICY = hlp.Flipped(dissipation_w=THETA_W, dissipation_x=THETA_X)
H = 1e-4
STEPS = {5: 4000, 50: 1000, 500: 100, 2000: 20}
SLOW = 20  # peers that take long go fewer steps

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module", params=list(STEPS))
def case(request):
    """Neurons, a problem, a state to start from."""
    n = request.param
    problem = hlp.Tracking(hlp.fully_connected(n), hlp.sinusoid(), q=Q, r_w=R_W, r=R, speed=C)
    begin = hlp.run(problem, POLICY, T=10 * H, dt=H).final
    begin.clock = begin.clock._replace(origin=0.0, count=0)
    return n, problem, begin


def parts(n, begin):
    """The state as dense matrices: x, W with the bias in the last column, p_x, P_W."""
    return begin.x.copy(), begin.w.reshape(n, n + 1).copy(), begin.p_x.copy(), begin.p_w.reshape(n, n + 1).copy()


def arrived(case, steps, method, state):
    """Whether a peer is where we are."""
    _, problem, begin = case
    ours = hlp.run(problem, POLICY, T=steps * H, dt=H, method=method, record="output", start=begin).final
    theirs = [np.asarray(part).ravel() for part in state]
    return all(np.allclose(a, b, atol=1e-9) for a, b in zip(theirs, (ours.x, ours.w, ours.p_x, ours.p_w), strict=True))


def rates(lib, t, x, W, p, P):
    """The laws as one writes them with matrices, for any library that speaks numpy."""
    y = lib.concatenate([x, lib.ones(1)])
    sigma = lib.tanh(W @ y)
    g = C * (1 - sigma**2) * p
    n = x.shape[0]
    output = lib.concatenate([lib.ones(1), lib.zeros(n - 1)])
    H_x = -C * p + (g @ W)[:n] + Q * output * (x - 0.8 * lib.sin(t))
    H_W = g[:, None] * y[None, :] + R_W * W
    return C * (sigma - x), -P / R, H_x - THETA_X * p, H_W - THETA_W * P


def step(lib, method, t, state):
    """One step of Euler or Runge-Kutta 4."""

    def moved(how_far, velocity):
        return [part + how_far * rate for part, rate in zip(state, velocity, strict=True)]

    k_1 = rates(lib, t, *state)
    if method == "euler":
        return moved(H, k_1)
    k_2 = rates(lib, t + H / 2, *moved(H / 2, k_1))
    k_3 = rates(lib, t + H / 2, *moved(H / 2, k_2))
    k_4 = rates(lib, t + H, *moved(H, k_3))
    return moved(H / 6, [a + 2 * b + 2 * c + d for a, b, c, d in zip(k_1, k_2, k_3, k_4, strict=True)])


METHODS = pytest.mark.parametrize("method", ["euler", "rk4"])


@METHODS
def test_hlp_edu(benchmark, case, method, per_step):
    n, problem, begin = case
    steps = STEPS[n]
    arguments = dict(T=steps * H, dt=H, method=method, record="output", start=begin)
    run = benchmark(hlp.run, problem, POLICY, **arguments)
    per_step(f"{n} neurons, {method}", "hlp_edu", steps)
    assert run.diverged_at is None


@METHODS
def test_numpy(benchmark, case, method, per_step):
    n, _, begin = case
    steps = max(2, STEPS[n] // SLOW)

    def go():
        state, out = list(parts(n, begin)), []
        for k in range(steps):
            out.append(state[0][0])
            state = step(np, method, k * H, state)
        return state

    state = benchmark.pedantic(go, rounds=5, warmup_rounds=1)
    per_step(f"{n} neurons, {method}", "numpy", steps)
    assert arrived(case, steps, method, state)


@METHODS
def test_jax(benchmark, case, method, per_step):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    n, _, begin = case
    steps = STEPS[n]

    @jax.jit
    def go(state):
        return jax.lax.scan(lambda s, k: (tuple(step(jnp, method, k * H, s)), s[0][0]), state, jnp.arange(steps))

    start = tuple(jnp.asarray(part) for part in parts(n, begin))
    state, _ = benchmark.pedantic(lambda: jax.block_until_ready(go(start)), rounds=5, warmup_rounds=1)
    per_step(f"{n} neurons, {method}", "JAX, jitted scan", steps)
    assert arrived(case, steps, method, state)


@METHODS
def test_torch(benchmark, case, method, per_step):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    n, _, begin = case
    steps = max(2, STEPS[n] // SLOW)
    ones = torch.ones(1, dtype=torch.float64)

    def velocities(t, x, W, p, P):
        """Hamilton's equations by autograd: nobody writes a gradient."""
        x, W = x.detach().requires_grad_(), W.detach().requires_grad_()
        f = C * (torch.tanh(W @ torch.cat([x, ones])) - x)
        hamiltonian = Q / 2 * (x[0] - 0.8 * np.sin(t)) ** 2 + R_W / 2 * (W * W).sum() + p @ f
        H_x, H_W = torch.autograd.grad(hamiltonian, (x, W))
        return f.detach(), -P / R, H_x - THETA_X * p, H_W - THETA_W * P

    def go():
        state, out = [torch.as_tensor(part) for part in parts(n, begin)], []
        for k in range(steps):
            out.append(float(state[0][0]))
            k_1 = velocities(k * H, *state)
            if method == "euler":
                state = [a + H * b for a, b in zip(state, k_1, strict=True)]
                continue
            k_2 = velocities(k * H + H / 2, *(a + H / 2 * b for a, b in zip(state, k_1, strict=True)))
            k_3 = velocities(k * H + H / 2, *(a + H / 2 * b for a, b in zip(state, k_2, strict=True)))
            k_4 = velocities(k * H + H, *(a + H * b for a, b in zip(state, k_3, strict=True)))
            looks = zip(state, k_1, k_2, k_3, k_4, strict=True)
            state = [s + H / 6 * (a + 2 * b + 2 * c + d) for s, a, b, c, d in looks]
        return state

    state = benchmark.pedantic(go, rounds=5, warmup_rounds=1)
    per_step(f"{n} neurons, {method}", "PyTorch, autograd", steps)
    assert arrived(case, steps, method, state)


@METHODS
def test_share_of_the_memory_bandwidth(case, method, roofline, record_property):
    """At 2,000 neurons a step is a walk through memory: how close to the machine's own speed is it?

    The machine's speed is that of the leanest loop over as many numbers: a sum reads them, a scaling reads
    and writes them. An arc is two numbers. Euler reads and writes them once a step, Runge-Kutta reads them
    four times and writes them once.
    """
    import time

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

    n, problem, begin = case
    if n < 2000:
        pytest.skip("small networks live in the cache")
    m, steps = n * (n + 1), 20

    def best_of(function, *arguments, times=7, **named):
        function(*arguments, **named)
        found = []
        for _ in range(times):
            start = time.perf_counter()
            function(*arguments, **named)
            found.append(time.perf_counter() - start)
        return min(found)

    a, b = np.ones(m), np.ones(m)
    both, read = best_of(scale, a, b, 1.0), best_of(add_up, a, b, 1.0)
    floor = both if method == "euler" else both + 3 * read
    arguments = dict(dt=H, method=method, record="output", start=begin)
    long = best_of(hlp.run, problem, POLICY, T=steps * H, times=3, **arguments)
    short = best_of(hlp.run, problem, POLICY, T=H, times=3, **arguments)
    ours = (long - short) / (steps - 1)
    size = 32 if method == "euler" else 80
    roofline(
        f"{method}: {size} bytes an arc a step; reading {16 * m / read / 1e9:.0f} GB/s, reading and writing "
        f"{32 * m / both / 1e9:.0f} GB/s; a step {size * m / ours / 1e9:.0f} GB/s: "
        f"{floor / ours:.0%} of what is possible"
    )
    record_property("share of the bandwidth", floor / ours)
    assert ours > 0
