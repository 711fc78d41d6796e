"""The optimum against a transcription written from scratch (CasADi, IPOPT) and against finite differences."""

import math
import pickle

import casadi
import networkx as nx
import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu.optimum import NotConverged, Optimum


def five(speed=5, **changes):
    return hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid(), q=100, r_w=1, r=0.1, speed=speed, **changes)


def sparse():
    """A sparse digraph with a cycle, two inputs and two outputs; phi grows."""
    graph = nx.DiGraph([("u", "a"), ("v", "b"), ("a", "b"), ("b", "c"), ("c", "a"), ("v", "c"), ("b", "b")])
    network = hlp.Network(graph, inputs=["u", "v"], outputs=["c", "a"])
    signals = dict(u=hlp.sinusoid(0.7, 3.0, 0.4, 0.3), v=hlp.constant(1.0))
    targets = [hlp.sinusoid(0.5, 4.0), hlp.sinusoid(0.3, 2.5, 1.0)]
    return hlp.Tracking(network, targets, q=20, r_w=0.5, r=0.2, speed=[4, 6, 3], theta=0.3, inputs=signals)


def transcription(problem, T, x0, w0, intervals, points=4):
    """The least cost, by Radau collocation of the dynamics and IPOPT. Shares nothing with hlp_edu but the labels."""
    net = problem.network
    n, m = len(net.neurons), len(net.arcs)
    opti = casadi.Opti()
    tau = np.append(0, casadi.collocation_points(points, "radau"))
    C, D, B = casadi.collocation_coeff(list(tau[1:]))
    C, B = np.array(C), np.array(B).ravel()
    ends = 0.5 * T * (1 - np.cos(np.pi * np.arange(intervals + 1) / intervals))  # fine where things happen fast
    W = casadi.SX.sym("w", m)
    X, U = casadi.SX.sym("x", n), casadi.SX.sym("u", len(net.inputs))
    sources = dict(zip(net.labels, casadi.vertsplit(casadi.vertcat(X, U)), strict=True))
    heard = {label: 0 for label in net.neurons}
    for k, (tail, head) in enumerate(net.arcs):
        heard[head] += W[k] * sources[tail]
    f = [problem.speed[i] * (casadi.tanh(heard[label]) - X[i]) for i, label in enumerate(net.neurons)]
    dynamics = casadi.Function("f", [X, W, U], [casadi.vertcat(*f)])
    place = [net.neurons.index(label) for label in net.outputs]
    x, w, J = casadi.MX(x0), casadi.MX(w0), 0
    for begin, h in zip(ends[:-1], np.diff(ends), strict=True):
        xs = [x] + [opti.variable(n) for _ in range(points)]
        ws = [w] + [opti.variable(m) for _ in range(points)]
        vs = [opti.variable(m) for _ in range(points)]
        for j in range(1, points + 1):
            t = begin + tau[j] * h
            u = np.array([float(signal(np.array([t]))[0]) for signal in problem.inputs.values()])
            z = np.array([float(signal(np.array([t]))[0]) for signal in problem.targets])
            opti.set_initial(xs[j], x0)
            opti.set_initial(ws[j], w0)
            opti.subject_to(casadi.horzcat(*xs) @ C[:, j - 1] == h * dynamics(xs[j], ws[j], u))
            opti.subject_to(casadi.horzcat(*ws) @ C[:, j - 1] == h * vs[j - 1])
            e = xs[j][place] - z
            cost = problem.q * casadi.sumsqr(e) + problem.r_w * casadi.sumsqr(ws[j])
            cost += problem.r * casadi.sumsqr(vs[j - 1])
            J += h * B[j - 1] * 0.5 * cost * math.exp(problem.theta * t)
        x, w = xs[-1], ws[-1]
    opti.minimize(J)
    opti.solver("ipopt", {"print_time": False, "ipopt.print_level": 0, "ipopt.sb": "yes", "ipopt.tol": 1e-9})
    return float(opti.solve().value(J))


def test_five_neurons_both_methods_and_an_independent_transcription():
    best = hlp.optimum(five(), T=6, progress=False)
    assert isinstance(best, Optimum) and set(best.costs) == {"collocation", "adjoint"}
    assert best.agree and best.cost == min(best.costs.values())
    assert np.ptp(list(best.costs.values())) < 1e-6 * best.cost
    independent = transcription(five(), 6.0, best.x[0], best.w[0], intervals=32)
    assert best.cost == pytest.approx(independent, rel=1e-5)
    # Hamilton's equations, and their conditions at both ends (9)
    np.testing.assert_allclose(best.p_x[-1], 0, atol=1e-12)
    np.testing.assert_allclose(best.p_w[-1], 0, atol=1e-12)
    velocity = np.gradient(best.w, best.t, axis=0, edge_order=2)
    np.testing.assert_allclose(velocity, -best.p_w / 0.1, atol=5e-3)
    assert np.isfinite(best.hamiltonian).all() and (best.sign == 1).all()


def test_a_sparse_digraph_with_two_outputs():
    problem = sparse()
    best = hlp.optimum(problem, T=3, dt=0.005, progress=False)
    assert best.agree
    independent = transcription(problem, 3.0, best.x[0], best.w[0], intervals=30)
    assert best.cost == pytest.approx(independent, rel=1e-5)


def test_costates_are_the_sensitivities_of_the_optimal_cost():
    problem = sparse()
    x0, w0 = np.array([0.2, -0.1, 0.3]), 0.2 * np.ones(7)

    def least(x0, w0):
        return hlp.optimum(problem, 2, x0=x0, w0=w0, method="adjoint", tolerance=1e-7, progress=False)

    best, eps = least(x0, w0), 1e-3
    for i in range(3):
        nudge = eps * np.eye(3)[i]
        slope = (least(x0 + nudge, w0).cost - least(x0 - nudge, w0).cost) / (2 * eps)
        assert slope == pytest.approx(best.p_x[0, i], rel=1e-4, abs=1e-6)
    for k in range(7):
        nudge = eps * np.eye(7)[k]
        slope = (least(x0, w0 + nudge).cost - least(x0, w0 - nudge).cost) / (2 * eps)
        assert slope == pytest.approx(best.p_w[0, k], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("t0", [0.0, 2.0])
def test_the_gradient_is_exact(t0):
    problem, dice = sparse(), np.random.default_rng(0)
    v = dice.normal(size=(41, 7))
    J, gradient = hlp.cost_gradient(problem, v, dt=0.02, t0=t0)
    for _ in range(3):
        d = dice.normal(size=v.shape)
        up, down = (hlp.cost_gradient(problem, v + eps * d, dt=0.02, t0=t0)[0] for eps in (1e-5, -1e-5))
        assert (up - down) / 2e-5 == pytest.approx((gradient * d).sum(), rel=1e-7)
    # the cost itself: a run with constant weights costs what `run` says
    idle = np.zeros((1001, 7))
    frozen = hlp.run(problem, hlp.Frozen(), T=1, dt=1e-3, t0=t0)
    assert hlp.cost_gradient(problem, idle, dt=1e-3, t0=t0)[0] == pytest.approx(frozen.cost, rel=1e-9)


def test_time_may_begin_anywhere_and_where_a_run_stopped():
    problem = sparse().replace(theta=0)
    first = hlp.run(problem, hlp.GradientFlow(mu=0.05), T=1, dt=0.01)
    on = hlp.optimum(problem, T=1, start=first.final, method="adjoint", progress=False)
    assert on.t[0] == pytest.approx(1.0) and on.t[-1] == pytest.approx(2.0)
    np.testing.assert_array_equal(on.x[0], first.x[-1])
    assert on.cost < hlp.run(problem, hlp.GradientFlow(mu=0.05), T=1, dt=0.01, start=first.final).cost


def test_jumps_of_the_target():
    problem = hlp.Tracking(hlp.fully_connected(1), hlp.steps([0.5, 1.2], [0.5, -0.5, 0.3]), speed=10)
    best = hlp.optimum(problem, T=2, dt=0.0025, progress=False)
    assert best.agree, best.note


def test_where_collocation_cannot_serve_it_says_so():
    wide = hlp.Tracking(hlp.fully_connected(10), hlp.sinusoid(), speed=5)
    best = hlp.optimum(wide, T=0.5, progress=False)
    assert "adjoint alone" in repr(best) and "120" in best.note and best.agree is None
    assert set(best.costs) == {"adjoint"}
    with pytest.raises(ValueError, match="120 are more than collocation"):
        hlp.optimum(wide, T=0.5, method="collocation", progress=False)
    jumping = hlp.Tracking(hlp.chain(1), hlp.sinusoid(), speed=5, inputs={"u": hlp.steps([0.2], [0, 1])})
    assert "'u' jumps" in hlp.optimum(jumping, T=0.5, progress=False).note


def test_failure_is_honest_and_carries_the_best_found():
    with pytest.raises(NotConverged, match="could still save") as caught:
        hlp.optimum(five(), T=1, method="adjoint", iterations=2, progress=False)
    best, again = caught.value.best, pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.best.cost == best.cost
    assert isinstance(best, Optimum) and np.isfinite(best.cost)
    assert best.cost > hlp.optimum(five(), T=1, method="adjoint", progress=False).cost


def test_saved_and_loaded(tmp_path):
    best = hlp.optimum(sparse(), T=0.5, method="adjoint", progress=False)
    again = Optimum.load(best.save(tmp_path / "best"))
    assert again.costs == best.costs and repr(again) == repr(best)
    np.testing.assert_array_equal(again.p_w, best.p_w)


@pytest.mark.parametrize(
    "changes, words",
    [
        (dict(T=-1), "T = -1"),
        (dict(dt=2.0), "dt = 2: must be at most T"),
        (dict(dt=0.5), "dt = 0.5: must be at most 1 / speed"),
        (dict(dt=0), "dt = 0"),
        (dict(method="magic"), "method = 'magic'"),
        (dict(tolerance=0), "tolerance = 0"),
        (dict(iterations=0), "iterations = 0"),
        (dict(x0=[1.0]), "x0 has shape"),
        (dict(w0=[math.nan] * 30), r"w0\[0\] = nan"),
        (dict(seed=-1), "seed = -1"),
    ],
)
def test_bad_arguments(changes, words):
    with pytest.raises(ValueError, match=words):
        hlp.optimum(five(), **(dict(T=1, progress=False) | changes))


def test_bad_controls():
    with pytest.raises(ValueError, match=r"v has shape \(3, 2\): must be \(steps \+ 1, 30\)"):
        hlp.cost_gradient(five(), np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"v\[0, 0\] = nan: every entry"):
        hlp.cost_gradient(five(), np.full((3, 30), np.nan))
    with pytest.raises(ValueError, match="must be a hlp_edu Tracking"):
        hlp.optimum("problem", T=1)


def test_the_function_and_its_file_share_a_name():
    import hlp_edu.optimum  # noqa: F401

    assert callable(hlp.optimum) and hlp.optimum.__name__ == "optimum"


@pytest.mark.filterwarnings("ignore:.*no input neuron")
@pytest.mark.parametrize("method", ["adjoint", "collocation"])
@pytest.mark.parametrize("arcs", [[], [(0, 1), (1, 0)]], ids=["no arcs", "a cycle"])
def test_without_inputs_the_optimum_of_a_rest_is_to_rest(arcs, method):
    graph = nx.empty_graph(2, nx.DiGraph)
    graph.add_edges_from(arcs)
    problem = hlp.Tracking(hlp.Network(graph, outputs=[0]), hlp.sinusoid())
    found = hlp.optimum(problem, T=1, dt=0.02, x0=[0, 0], w0=[0] * len(arcs), method=method, progress=False)
    t = np.linspace(0, 1, 10001)
    assert not found.x.any() and found.cost == pytest.approx(50 * np.trapezoid(hlp.sinusoid()(t) ** 2, t), rel=1e-6)


def test_a_file_of_a_run_holds_no_optimum(tmp_path):
    file = hlp.run(five(), hlp.Flipped(30, 5), T=0.1).save(tmp_path / "run")
    with pytest.raises(ValueError, match="path = .*: holds a run, but no optimum"):
        Optimum.load(file)
