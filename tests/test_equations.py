"""One numeric test for every equation that lesson 00 numbers, against something that does not use it."""

import networkx as nx
import numpy as np
import pytest
from reference import Dense, beginning, flat, given, orders, random_case
from scipy.integrate import quad, simpson, solve_bvp, solve_ivp
from scipy.linalg import solve_continuous_are

import hlp_edu as hlp
from hlp_edu.locality import library_update

CASES = [random_case(seed) for seed in (1, 2, 3)]


def slope(function, at, step=1e-6):
    """Gradient of a function of one array by central differences."""
    return np.array([(function(at + step * e) - function(at - step * e)) / (2 * step) for e in np.eye(len(at))])


def derivative(rows, t):
    """Time derivative of recorded rows, of fourth order; two rows are lost at either end."""
    return (rows[:-4] - 8 * rows[1:-3] + 8 * rows[3:-1] - rows[4:]) / (12 * (t[1] - t[0]))


@pytest.mark.parametrize("problem", CASES, ids="abc")
def test_equation_01(problem):
    """a_i = sum over the parents j of w_ij x_j."""
    net, (x, w, _, _) = problem.network, beginning(problem)
    value = dict(zip(net.neurons, x, strict=True)) | dict(zip(net.inputs, problem.inputs_at(0.7), strict=True))
    weight = dict(zip(net.arcs, w, strict=True))
    f = problem.dynamics(x, w, 0.7)
    for k, i in enumerate(net.neurons):
        a = sum(weight[j, i] * value[j] for j in net.graph.predecessors(i))
        assert np.arctanh(f[k] / problem.speed[k] + x[k]) == pytest.approx(a, abs=1e-12)


def test_equation_02():
    """x' = c (-x + tanh(a)): with weights and input at rest a neuron relaxes to tanh(w u) at rate c."""
    problem = hlp.Tracking(hlp.chain(1), hlp.constant(0), speed=3, inputs={"u": hlp.constant(0.7)})
    run = hlp.run(problem, hlp.Frozen(), T=2, dt=0.001, x0=[-0.4], w0=[1.3])
    rest = np.tanh(1.3 * 0.7)
    assert np.allclose(run.x[:, 0], rest + (-0.4 - rest) * np.exp(-3 * run.t), atol=1e-12)


@pytest.mark.parametrize("problem", CASES, ids="abc")
def test_equation_03(problem):
    """w' = v: the velocity whose square is priced moves the weights."""
    run = hlp.run(problem, hlp.Flipped(2, 1), T=1, dt=0.001, **given(beginning(problem)))
    idle = problem.lagrangian(run.x, run.w, np.zeros_like(run.w), run.t)
    for v in (np.zeros_like(run.w), -run.p_w / problem.r, run.w):
        price = problem.lagrangian(run.x, run.w, v, run.t) - idle
        assert np.allclose(price, problem.r / 2 * np.sum(v**2, axis=1), atol=1e-12)
    # the velocity whose price stands in the recorded Lagrangian is the one that moved the weights
    v = np.sum(derivative(run.w, run.t) ** 2, axis=1)
    assert np.allclose((run.lagrangian - idle)[2:-2], problem.r / 2 * v, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("problem", CASES, ids="abc")
def test_equation_04(problem):
    """J: the integral of q/2 |x - z|^2 + r_w/2 |w|^2 + r/2 |v|^2, weighted by exp(theta t)."""
    assert problem.theta != 0
    run = hlp.run(problem, hlp.Flipped(2, 1), T=1, dt=0.001, t0=0.5, **given(beginning(problem)))
    e, v = run.outputs - run.target, -run.p_w / problem.r
    L = (problem.q * (e**2).sum(1) + problem.r_w * (run.w**2).sum(1) + problem.r * (v**2).sum(1)) / 2
    assert np.allclose(run.lagrangian, L, atol=1e-12)
    assert run.cost == pytest.approx(simpson(L * np.exp(problem.theta * run.t), x=run.t), rel=1e-9)


@pytest.mark.parametrize("problem", CASES, ids="abc")
def test_equation_05(problem):
    """H is the least value of L + p_x . f + p_w . v over all velocities v, reached at v = -p_w / r."""
    x, w, p_x, p_w = begin = beginning(problem)
    H, f = problem.hamiltonian(*begin, 0.3), problem.dynamics(x, w, 0.3)

    def with_velocity(v):
        return problem.lagrangian(x, w, v, 0.3) + p_x @ f + p_w @ v

    best = -p_w / problem.r
    assert with_velocity(best) == pytest.approx(H, abs=1e-12)
    dice = np.random.default_rng(0)
    for size in (1e-3, 1.0):
        assert all(with_velocity(best + size * dice.standard_normal(len(w))) > H for _ in range(20))


@pytest.mark.parametrize("problem", CASES, ids="abc")
def test_equation_06(problem):
    """w' = -p_w / r, the derivative of H by p_w."""
    begin = beginning(problem)
    x, w, p_x, p_w = begin
    H_p = slope(lambda p: problem.hamiltonian(x, w, p_x, p), p_w)
    assert np.allclose(H_p, -p_w / problem.r, atol=1e-7)
    run = hlp.run(problem, hlp.Canonical(), T=0.2, dt=0.001, **given(begin))
    assert np.allclose(derivative(run.w, run.t), (-run.p_w / problem.r)[2:-2], atol=1e-8)


@pytest.mark.parametrize("problem", CASES, ids="abc")
def test_equation_07(problem):
    """p_x' = -theta p_x - H_x, H_x the derivative of H by the states."""
    begin = beginning(problem)
    x, w, p_x, p_w = begin
    H_x = slope(lambda x: problem.hamiltonian(x, w, p_x, p_w, 0.4), x)
    assert np.allclose(problem.gradients(*begin, 0.4)[0], H_x, atol=1e-6)
    run = hlp.run(problem, hlp.Canonical(), T=0.2, dt=0.001, **given(begin))
    H_x, _ = problem.gradients(run.x, run.w, run.p_x, run.p_w, run.t)
    assert np.allclose(derivative(run.p_x, run.t), (-problem.theta * run.p_x - H_x)[2:-2], atol=1e-6)


@pytest.mark.parametrize("problem", CASES, ids="abc")
def test_equation_08(problem):
    """p_w' = -theta p_w - H_w, H_w the derivative of H by the weights."""
    begin = beginning(problem)
    x, w, p_x, p_w = begin
    H_w = slope(lambda w: problem.hamiltonian(x, w, p_x, p_w, 0.4), w)
    assert np.allclose(problem.gradients(*begin, 0.4)[1], H_w, atol=1e-6)
    run = hlp.run(problem, hlp.Canonical(), T=0.2, dt=0.001, **given(begin))
    _, H_w = problem.gradients(run.x, run.w, run.p_x, run.p_w, run.t)
    assert np.allclose(derivative(run.p_w, run.t), (-problem.theta * run.p_w - H_w)[2:-2], atol=1e-6)


def optimum(problem, x0, w0, T):
    """Least cost and its costate at t = 0: (6) to (8) with the two ends of (9), by collocation."""
    n, m = len(x0), len(w0)

    def split(y):
        return y[:n].T, y[n : n + m].T, y[n + m : 2 * n + m].T, y[2 * n + m :].T

    def rate(t, y):
        x, w, p_x, p_w = split(y)
        H_x, H_w = problem.gradients(x, w, p_x, p_w, t)
        f, theta = problem.dynamics(x, w, t), problem.theta
        return np.concatenate([f.T, -p_w.T / problem.r, (-theta * p_x - H_x).T, (-theta * p_w - H_w).T])

    def ends(a, b):
        return np.concatenate([a[:n] - x0, a[n : n + m] - w0, b[n + m :]])

    t = np.linspace(0, T, 41)
    guess = np.zeros((2 * (n + m), len(t)))
    guess[: n + m] = np.concatenate([x0, w0])[:, None]
    found = solve_bvp(rate, ends, t, guess, tol=1e-9, max_nodes=20_000)
    assert found.success

    def running(t):
        x, w, _, p_w = split(found.sol(t))
        return problem.lagrangian(x, w, -p_w / problem.r, t) * np.exp(problem.theta * t)

    cost = quad(running, 0, T, epsabs=1e-11, epsrel=1e-11, limit=200)[0]
    return cost, found.sol(0.0)[n + m :], found.sol(T)[n + m :]


def test_equation_09():
    """x, w are given at 0, p = 0 at T; and p(0) says how the least cost depends on the beginning."""
    net = hlp.Network(hlp.fully_connected(1).graph, ["bias"], [1])  # a self-loop and a bias
    problem = hlp.Tracking(net, hlp.sinusoid(), q=10, speed=2, theta=0.3)
    begin = np.array([0.2, 0.3, -0.4])
    _, p, last = optimum(problem, begin[:1], begin[1:], T=1.0)
    assert np.allclose(last, 0, atol=1e-9) and np.abs(p).min() > 0.01
    measured = slope(lambda y: optimum(problem, y[:1], y[1:], T=1.0)[0], begin, step=1e-3)
    assert np.allclose(p, measured, atol=2e-6), (p, measured)


@pytest.mark.parametrize("problem", CASES, ids="abc")
@pytest.mark.parametrize("s", [1, -1])
def test_equation_10(problem, s):
    """p' = -s H_(x,w) - theta p, with a dissipation for x and one for w."""
    more_x, more_w = 0.6, 2.5
    policy = hlp.Periodic(flipped=(1 - s) / 2, dissipation_w=more_w, dissipation_x=more_x)
    run = hlp.run(problem, policy, T=0.3, dt=0.001, **given(beginning(problem)))
    assert (run.sign == s).all()
    H_x, H_w = problem.gradients(run.x, run.w, run.p_x, run.p_w, run.t)
    for p, H, more in ((run.p_x, H_x, more_x), (run.p_w, H_w, more_w)):
        assert np.allclose(derivative(p, run.t), (-s * H - (problem.theta + more) * p)[2:-2], atol=1e-6)


def quasi_steady(problem, w):
    """States and costates at rest for given weights, in a network without cycles."""
    n = len(problem.network.neurons)
    x = np.zeros(n)
    for _ in range(n + 1):  # layer by layer
        x = x + problem.dynamics(x, w) / problem.speed
    H_0 = problem.gradients(x, w, np.zeros(n), np.zeros_like(w))[0]  # H_x is linear in p_x
    A = np.array([problem.gradients(x, w, e, np.zeros_like(w))[0] - H_0 for e in np.eye(n)]).T
    return x, np.linalg.solve(A, -H_0)


def test_equation_11():
    """The flip at infinite speed is r w'' + theta r w' + grad L = 0: heavy ball."""
    net = hlp.feed_forward([2, 3, 1])
    inputs = {"u1": hlp.constant(0.5), "u2": hlp.constant(-0.8)}
    problem = hlp.Tracking(net, hlp.constant(0.6), q=5, r_w=0.2, r=0.5, speed=7, theta=1.5, inputs=inputs)
    w0 = 0.5 * np.random.default_rng(1).standard_normal(len(net.arcs))

    def gradient(w):
        x, p_x = quasi_steady(problem, w)
        return problem.gradients(x, w, p_x, np.zeros_like(w))[1]

    def loss(w):
        x, _ = quasi_steady(problem, w)
        return problem.lagrangian(x, w, np.zeros_like(w))

    assert np.allclose(gradient(w0), slope(loss, w0), atol=1e-7), "H_w at rest is the gradient of the loss"

    # The step: p first, with the old weights, then w with the new p, is heavy ball to rounding.
    r, theta, h = problem.r, problem.theta, 0.05
    w, p, ball, before = w0, np.zeros_like(w0), w0, w0
    for _ in range(500):
        p = p + h * (gradient(w) - theta * p)
        w = w - h * p / r
        ball, before = ball - h**2 / r * gradient(ball) + (1 - theta * h) * (ball - before), ball
        assert np.abs(w - ball).max() < 1e-12
    assert np.abs(w - w0).max() > 0.1

    # The flow: the library's run comes near it as 1/c.
    def second_order(t, y):
        w, v = np.split(y, 2)
        return np.concatenate([v, -gradient(w) / r - theta * v])

    T = 1.0
    exact = solve_ivp(second_order, (0, T), np.concatenate([w0, 0 * w0]), rtol=1e-9, atol=1e-11).y[: len(w0), -1]
    errors = []
    for c in (200.0, 400.0, 800.0):
        fast = problem.replace(speed=c)
        run = hlp.run(fast, hlp.Flipped(), T=T, dt=5e-4, x0=quasi_steady(fast, w0)[0], w0=w0)
        errors.append(np.abs(run.w[-1] - exact).max())
    assert errors[-1] < 0.01 * np.abs(exact - w0).max() and np.allclose(orders(errors), 1, atol=0.1), errors


LQ = [(-1.0, 1.0, 10.0, 0.1), (0.5, 2.0, 3.0, 0.7), (0.0, 1.0, 4.0, 0.25)]  # a, b, q, r of x' = a x + b v


@pytest.mark.parametrize("a, b, q, r", LQ)
def test_equation_12(a, b, q, r):
    """mu = sqrt(a^2 + q b^2/r); P = q tanh(mu tau) / (mu - a tanh(mu tau)); p = P x + d."""
    mu, T = np.sqrt(a**2 + q * b**2 / r), 2.0
    canonical = np.array([[a, -(b**2) / r], [-q, -a]])
    assert np.allclose(np.sort(np.linalg.eigvals(canonical)), [-mu, mu])

    def P(t):
        tanh = np.tanh(mu * (T - t))
        return q * tanh / (mu - a * tanh)

    riccati = solve_ivp(
        lambda tau, P: 2 * a * P + q - b**2 / r * P**2, (0, T), [0.0], rtol=1e-11, atol=1e-12, dense_output=True
    )
    t = np.linspace(0, T, 21)
    assert np.allclose(P(t), riccati.sol(T - t)[0], atol=1e-9)
    P_inf = (a + mu) * r / b**2
    assert P_inf == pytest.approx(solve_continuous_are([[a]], [[b]], [[q]], [[r]])[0, 0])
    assert P(-50.0) == pytest.approx(P_inf)

    # p = P x + d with d backwards from 0 solves Hamilton's equations and both ends
    d = solve_ivp(
        lambda t, d: -(a - b**2 * P(t) / r) * d + q * np.sin(t),
        (T, 0),
        [0.0],
        rtol=1e-11,
        atol=1e-12,
        dense_output=True,
    ).sol
    forward = solve_ivp(
        lambda t, x: a * x - b**2 / r * (P(t) * x + d(t)[0]), (0, T), [0.3], rtol=1e-11, atol=1e-12, dense_output=True
    ).sol
    bvp = solve_bvp(
        lambda t, y: np.array([a * y[0] - b**2 / r * y[1], -q * (y[0] - np.sin(t)) - a * y[1]]),
        lambda y0, yT: np.array([y0[0] - 0.3, yT[1]]),
        np.linspace(0, T, 51),
        np.zeros((2, 51)),
        tol=1e-9,
        max_nodes=20_000,
    )
    assert bvp.success
    assert np.allclose(forward(t)[0], bvp.sol(t)[0], atol=1e-7)
    assert np.allclose(P(t) * forward(t)[0] + d(t)[0], bvp.sol(t)[1], atol=1e-7)


@pytest.mark.parametrize("a, b, q, r", LQ)
def test_equation_13(a, b, q, r):
    """Flipped: a +- i sqrt(q b^2/r) around the same fixed point; with dissipation two conditions decide."""
    mu, z = np.sqrt(a**2 + q * b**2 / r), 0.7
    canonical, flipped = np.array([[a, -(b**2) / r], [-q, -a]]), np.array([[a, -(b**2) / r], [q, a]])
    push = np.array([0, q * z])
    values = np.linalg.eigvals(flipped)
    assert np.allclose(values.real, a) and np.allclose(
        np.sort(values.imag), np.sqrt(q / r) * abs(b) * np.array([-1, 1])
    )
    for A, sign in ((canonical, 1), (flipped, -1)):
        fixed = np.linalg.solve(A, -sign * push)
        assert fixed[0] == pytest.approx(z * (q * b**2 / r) / mu**2)
    # the flipped flow itself, from another method
    run = solve_ivp(lambda t, y: flipped @ y - push, (0, 3), [0.1, 0.0], rtol=1e-10, atol=1e-12)
    rate, turn, rest = a, np.sqrt(q / r) * abs(b), np.linalg.solve(flipped, push)
    y0 = np.array([0.1, 0.0]) - rest
    x = rest[0] + np.exp(rate * 3) * (y0[0] * np.cos(turn * 3) - b**2 / r / turn * y0[1] * np.sin(turn * 3))
    assert run.y[0, -1] == pytest.approx(x, abs=1e-7)
    stable = []
    for theta in np.linspace(0.01, 40, 200):
        damped = np.linalg.eigvals(flipped - np.diag([0, theta])).real.max() < 0
        assert damped == (2 * a < theta and a**2 - a * theta + q * b**2 / r > 0)
        stable.append(damped)
    assert any(stable)


@pytest.mark.parametrize("problem", CASES, ids="abc")
@pytest.mark.parametrize("s_x, s_w", [(1, 1), (-1, -1), (-1, 1)])
def test_equation_14(problem, s_x, s_w):
    """dH/dt: what the flip, the dissipations, the target and the inputs do to the energy."""
    more_x, more_w, T = 0.5, 2.0, 0.5

    def signs(t, H, p_x, p_w, H_x, H_w, sx, sw):
        sx[:] = s_x
        sw[:] = s_w

    policy = hlp.Policy(signs, dissipation_w=more_w, dissipation_x=more_x)
    dense = Dense(problem, s_x, s_w, problem.theta + more_x, problem.theta + more_w)
    begin = beginning(problem)
    H0 = problem.hamiltonian(*begin, 0.0)
    state, _, gain = dense.solve(begin, T, energy=True, rtol=1e-12)
    n, m = len(begin[0]), len(begin[1])
    assert problem.hamiltonian(*np.split(state, [n, n + m, 2 * n + m]), T) - H0 == pytest.approx(gain, abs=1e-8)

    errors = []
    for dt in (0.02, 0.01, 0.005):
        run = hlp.run(problem, policy, T=T, dt=dt, **given(begin))
        assert np.allclose(flat(run.final), state, rtol=1e-3, atol=1e-3)
        # Simpson's rule on the rows: of order 4, as the run itself
        rows = zip(run.x, run.w, run.p_x, run.p_w, run.t, strict=True)
        power = [dense.power(t, dense.flat(x, w, p_x, p_w)) for x, w, p_x, p_w, t in rows]
        errors.append(abs(run.hamiltonian[-1] - run.hamiltonian[0] - simpson(power, x=run.t)))
    assert errors[-1] < 1e-5 * max(1, abs(gain)) and orders(errors)[-1] > 3.5, (errors, orders(errors))


@pytest.mark.parametrize("problem", CASES, ids="abc")
@pytest.mark.parametrize("s", [1, -1])
def test_equation_15(problem, s):
    """Divergence of the flow: sum_i (1 - s) df_i/dx_i - n_x theta_x - n_w theta_w."""
    theta_x, theta_w = 0.7, 3.0
    x, w, p_x, p_w = begin = beginning(problem)
    n, m = len(x), len(w)

    def flow(y):
        x, w, p_x, p_w = np.split(y, [n, n + m, 2 * n + m])
        H_x, H_w = problem.gradients(x, w, p_x, p_w)
        f = problem.dynamics(x, w)
        return np.concatenate([f, -p_w / problem.r, -s * H_x - theta_x * p_x, -s * H_w - theta_w * p_w])

    divergence = np.trace(slope(flow, np.concatenate(begin)))
    df = np.trace(slope(lambda x: problem.dynamics(x, w), x))
    assert divergence == pytest.approx((1 - s) * df - n * theta_x - m * theta_w, abs=1e-6)
    if s == -1:  # a volume carried by the library's own run shrinks at that rate
        T, h, policy = 0.02, 1e-5, hlp.Flipped(theta_w - problem.theta, theta_x - problem.theta)

        def end(y):
            x, w, p_x, p_w = np.split(y, [n, n + m, 2 * n + m])
            return flat(hlp.run(problem, policy, T=T, dt=T / 4, x0=x, w0=w, p0=(p_x, p_w)).final)

        volume = np.linalg.slogdet(slope(end, np.concatenate(begin), step=h))[1]
        assert volume / T == pytest.approx(divergence, rel=0.05)


@pytest.mark.parametrize("problem", CASES, ids="abc")
def test_equation_16(problem):
    """Prospective flow is gradient flow with the costate p + p' / c, and an error that looks ahead."""
    problem = problem.replace(theta=0)
    policy, net, (x, w, p_x, p_w) = hlp.ProspectiveFlow(0.05, 0.7, 0.1), problem.network, beginning(problem)
    z, u, dz = problem.target_at(0.3), problem.inputs_at(0.3), np.linspace(-2, 3, len(net.outputs))
    dx, dw, dp_x, dp_w = library_update(problem, policy)(net, x, w, p_x, p_w, u, z, dz)
    heading = x + problem.dynamics(x, w, 0.3) / problem.speed
    moved = np.zeros(len(x))
    moved[net.output_index] = problem.q * (0.7 * (heading - x)[net.output_index] - 0.1 * dz)
    assert np.allclose(dx, problem.dynamics(x, w, 0.3), atol=1e-12)
    assert np.allclose(dp_x, problem.gradients(x, w, p_x, p_w, 0.3)[0] + moved, atol=1e-9)  # (10), flipped
    ahead = problem.gradients(x, w, p_x + dp_x / problem.speed, p_w, 0.3)[1]
    assert np.allclose(dw, -0.05 / problem.r * ahead, rtol=1e-10, atol=1e-12) and not dp_w.any()


@pytest.mark.parametrize("tree", [{(1, 2), (2, 3), (4, 3), ("u", 1), ("bias", 4)}, {(1, 3), (3, 3), ("bias", 3)}])
@pytest.mark.parametrize("lean", [0.0, 0.1])
def test_equation_17(tree, lean):
    """Prospective steering moves the output's heading towards the led target at the Riccati equation's rate.

    On a tree, with the neurons where they are heading, by differences of the output as a function of the weights.
    """
    net = hlp.Network(nx.DiGraph(tree), [end for end in ("u", "bias") if end in dict(tree)], [3])
    q, r_w, r, c, u, z, dz = 50.0, 2.0, 0.3, 15.0, 0.6, 0.4, -0.8
    problem = hlp.Tracking(
        net, hlp.constant(z), q=q, r_w=r_w, r=r, speed=c, inputs={"u": hlp.constant(u)} if "u" in net.inputs else {}
    )
    w, loop = np.random.default_rng(4).normal(0, 0.7, len(net.heads)), 0.2  # the output's arc to itself reads 0.2

    def states(w):
        weight, x = dict(zip(net.arcs, w, strict=True)), {"u": u, "bias": 1.0}
        for i in (1, 2, 4, 3):
            parents = net.graph.predecessors(i) if i in net.neurons else ()
            x[i] = np.tanh(sum(weight[j, i] * (loop if j == i else x[j]) for j in parents))
        return np.array([x[i] for i in net.neurons])

    out = net.neurons.index(3)
    x, dF = states(w), slope(lambda w: states(w)[out], w)
    sigma, x[out] = x[out], loop if (3, 3) in tree else x[out]
    K, h = dF @ dF, dF @ w
    omega = np.sqrt((q * K + r_w) / r)
    kappa = 2 / (1 + np.sqrt(1 + 2 * omega / c))
    led = z + (1 / omega + kappa / c) * dz - r_w * h / (q * K) - lean * (z - 0.25)
    policy = hlp.ProspectiveSteering(lean=lean)
    dw = library_update(problem, policy)(net, x, w, 0 * x, 0 * w, problem.inputs_at(0.0), [z], [dz])[1]
    assert dF @ dw == pytest.approx(-omega * ((1 - kappa) * x[out] + kappa * sigma - led), rel=1e-6)
    across = dw + np.sqrt(r_w / r) * w
    assert np.allclose(across, dF * (dF @ across) / K, atol=1e-6)  # the cheapest way: along the gradient


@pytest.mark.parametrize("q, K, r, c", [(100, 1, 0.1, 20), (3, 0.2, 2.0, 5), (1e4, 2.0, 0.01, 1.0)])
def test_equation_17_gains(q, K, r, c):
    """Its omega and kappa are the gains of the Riccati equation of x' = c (s - x), s' = v, for r_w = 0."""
    A, B = np.array([[-c, c], [0.0, 0.0]]), np.array([[0.0], [1.0]])
    P = solve_continuous_are(A, B, np.diag([q, 0.0]), [[r / K]])
    by_x, by_s = (K / r * B.T @ P)[0]
    omega = np.sqrt(q * K / r)
    kappa = 2 / (1 + np.sqrt(1 + 2 * omega / c))
    assert by_s == pytest.approx(omega * kappa) and by_x == pytest.approx(omega * (1 - kappa))
