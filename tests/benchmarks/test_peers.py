"""The same step elsewhere: JAX (a jitted lax.scan) and PyTorch (autograd), on the CPU, in float64, one thread.

They are no dependencies. Install them by hand beside the course (jax, and torch's CPU build), then run
`python -m pytest tests/benchmarks/test_peers.py`. Everybody starts from the same state, goes the same
steps, records the output alone, and must arrive at the same weights.
"""

import time

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu.flow import METHODS as FLOW_METHODS
from hlp_edu.flow import advance
from hlp_edu.laws import ArcLaw, Cost, Wiring

C, Q, R_W, R, THETA_W, THETA_X = 20.0, 100.0, 1.0, 0.1, 30.0, 5.0
POLICY = hlp.Flipped(dissipation_w=THETA_W, dissipation_x=THETA_X)
H = 1e-4
STEPS = {5: 20000, 50: 4000, 500: 100, 2000: 20}
SLOW = 20  # peers that take long go fewer steps
ROUNDS = {5: 10, 50: 20, 500: 10, 2000: 4}


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


def hlp_edu(case, method, steps):
    """One run of ours: a function without arguments that gives the state at its end."""
    _, problem, begin = case
    arguments = dict(T=steps * H, dt=H, method=method, record="output", start=begin)

    def go():
        end = hlp.run(problem, POLICY, **arguments).final
        return end.x, end.w, end.p_x, end.p_w

    return go


def numpy(case, method, steps):
    """Vectorised numpy."""
    n, _, begin = case

    def go():
        state, out = list(parts(n, begin)), []
        for k in range(steps):
            out.append(state[0][0])
            state = step(np, method, k * H, state)
        return state

    return go


def jax(case, method, steps):
    """A jitted lax.scan."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    n, _, begin = case

    @jax.jit
    def go(state):
        return jax.lax.scan(lambda s, k: (tuple(step(jnp, method, k * H, s)), s[0][0]), state, jnp.arange(steps))

    start = tuple(jnp.asarray(part) for part in parts(n, begin))
    return lambda: jax.block_until_ready(go(start))[0]


def torch(case, method, steps):
    """Hamilton's equations by PyTorch's autograd: nobody writes a gradient."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    n, _, begin = case
    ones = torch.ones(1, dtype=torch.float64)

    def velocities(t, x, W, p, P):
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

    return go


PEERS = {"JAX, jitted scan": (jax, 1), "numpy": (numpy, SLOW), "PyTorch, autograd": (torch, SLOW)}


@METHODS
def test_a_step(case, method, note, one_core):
    """Ours and theirs in turn, round after round: what disturbs one disturbs all."""
    n = case[0]
    runners = {"hlp_edu": (hlp_edu, 1)} | PEERS
    going = {}
    for who, (maker, fewer) in runners.items():
        steps = max(2, STEPS[n] // fewer)
        try:
            going[who] = maker(case, method, steps), steps, []
        except pytest.skip.Exception:
            continue
        end = going[who][0]()  # whatever has to be compiled
        assert arrived(case, steps, method, end), who
    for _ in range(ROUNDS[n]):
        for go, steps, times in going.values():
            start = time.perf_counter()
            go()
            times.append((time.perf_counter() - start) / steps)
    for who, (_, _, times) in going.items():
        note(f"{n} neurons, {method}", who, times)


@METHODS
@pytest.mark.parametrize("arcs", [10**4, 10**5, 10**6, 10**7])
@pytest.mark.parametrize("near", [True, False], ids=["from nearby", "from anywhere"])
def test_a_sparse_digraph(arcs, near, method, note):
    """Ten arcs for each neuron: what one costs, whatever the size, where parents are found in the cache or are not."""
    n = arcs // 10
    dice = np.random.default_rng(0)
    heads = np.repeat(np.arange(n), 10)
    tails = (heads + dice.integers(-500, 500, arcs)) % n if near else dice.integers(0, n, arcs)
    one_number = np.unique(heads * n + tails)  # sorted by head, then by tail, each arc once
    heads, tails, m = one_number // n, one_number % n, len(one_number)
    # A networkx digraph of 1e7 arcs would take more memory than many a laptop has: here is what is made of it.
    first_run = np.searchsorted(heads, np.arange(n + 1)).astype(np.uint64)
    one_each = np.arange(m + 1, dtype=np.uint64)
    wiring = Wiring(first_run, one_each, tails.astype(np.uint64), np.array([0]), np.full(n, C))
    law = ArcLaw(R_W, 1 / R, THETA_W, 1.0, 0.0)
    rows, rule, values = np.empty((0, 0)), POLICY.compiled(), POLICY.values()

    def seconds(steps):
        state = [dice.standard_normal(n), dice.standard_normal(m) / 3, np.zeros(n), np.zeros(m)]
        signs, times = [np.full(n, -1.0), np.full(1, -1.0)], H * np.arange(steps + 1)
        z, u = np.full((steps + 1, 3, 1), 0.5), np.empty((steps + 1, 3, 0))
        start = time.perf_counter()
        done, _, culprit = advance(
            wiring, Cost(Q, R_W, R), law, 0.0, THETA_X, -1.0, True, False, rule, values, FLOW_METHODS[method],
            H, times, z, u, *state, *signs, 1e8, False, False, 0, 1000, rows, rows, rows, rows,
            np.empty((1, 0), np.int8), np.empty(1), np.empty(1),
        )  # fmt: skip
        assert (done, culprit) == (steps, -1)
        return time.perf_counter() - start

    steps, rounds = max(4, 10**7 // arcs), 3 if arcs < 10**7 else 2
    short = min(seconds(1) for _ in range(rounds))
    times = [(seconds(steps + 1) - short) / steps for _ in range(rounds)]
    note(f"sparse, {m} arcs, {method}", "hlp_edu, parents " + ("nearby" if near else "anywhere"), times, arcs=m)


@METHODS
def test_share_of_the_memory_bandwidth(case, method, roofline, record_property):
    """At 2,000 neurons a step is a walk through memory: how close to the machine's own speed is it?

    The machine's speed is that of the leanest loop over as many numbers: a sum reads them, a scaling reads
    and writes them. An arc is two numbers. Euler reads and writes them once a step, Runge-Kutta reads them
    four times and writes them once.
    """
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
