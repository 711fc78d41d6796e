"""The flow against an independent solution; orders; going on; recording; divergence; many runs."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st
from reference import Dense, beginning, flat, given, orders, random_case

import hlp_edu as hlp
import hlp_edu.flow

METHODS = ("rk4", "euler", "exponential")
POLICIES = {
    "canonical": hlp.Canonical(),
    "flipped": hlp.Flipped(dissipation_w=3, dissipation_x=0.5),
    "periodic": hlp.Periodic(period=0.07, flipped=0.6, dissipation_w=1),
    "band": hlp.HamiltonianBand(-0.2, 0.2, dissipation_w=3),
    "servo": hlp.HamiltonianServo(dissipation_w=15, dissipation_x=20),
    "per arc": hlp.PerArc(mu=0.03, dissipation_w=1),
    "gradient flow": hlp.GradientFlow(mu=0.03),
    "frozen": hlp.Frozen(),
}


def five(target=None, **changes):
    return hlp.Tracking(hlp.fully_connected(5), target or hlp.sinusoid(), **changes)


def sign_policy(s, theta_x, theta_w):
    """A constant sign with dissipation: the built-in canonical policy has none."""
    return (
        hlp.Flipped(theta_w, theta_x)
        if s < 0
        else hlp.Periodic(flipped=0, dissipation_w=theta_w, dissipation_x=theta_x)
    )


def error(run, reference):
    """Largest difference of final state and cost, relative to their size."""
    ours, theirs = np.append(flat(run.final), run.cost), np.append(*reference)
    return np.max(np.abs(ours - theirs)) / max(1.0, np.max(np.abs(theirs)))


# --- against the independent solution ---------------------------------------------------------------


@hypothesis_given(seed=st.integers(0, 10_000), s=st.sampled_from([-1.0, 1.0]), dissipate=st.booleans())
@settings(max_examples=25)
def test_run_agrees_with_a_dense_solution_on_random_digraphs(seed, s, dissipate):
    problem = random_case(seed)
    theta_w, theta_x = (2.0, 0.7) if dissipate else (0.0, 0.0)
    dense = Dense(problem, s, s, problem.theta + theta_x, problem.theta + theta_w)
    begin = beginning(problem, seed)
    policy = sign_policy(s, theta_x, theta_w) if dissipate or s < 0 else hlp.Canonical()
    run = hlp.run(problem, policy, T=0.7, dt=0.002, t0=0.4, **given(begin))
    assert error(run, dense.solve(begin, 0.7, t0=0.4)) < 1e-6
    assert run.t[0] == 0.4 and run.t[-1] == 0.4 + 0.7


def test_gradient_flow_and_frozen_agree_with_a_dense_solution():
    problem = random_case(11, theta=0.3)
    begin = beginning(problem, 11)

    class Slaved(Dense):  # w' = -(mu / r) H_w, p_w = mu H_w
        def rate(self, t, state):
            x, W, P, _ = self.parts(state)
            PW = self.mu * self.look(t, x, W, P, 0 * W)[2]
            held = state.copy()
            held[2 * self.n + self.n * self.N : -1] = PW.ravel()
            rate = super().rate(t, held)
            rate[2 * self.n + self.n * self.N : -1] = 0
            return rate

    for policy, mu in ((hlp.GradientFlow(0.2), 0.2), (hlp.Frozen(), 0.0)):
        dense = Slaved(problem, -1, -1)
        dense.mu = mu
        run = hlp.run(problem, policy, T=1, dt=0.002, **given(begin))
        state, cost = dense.solve(begin, 1.0)
        n, m = len(begin[0]), len(begin[1])
        assert np.allclose(flat(run.final)[: 2 * n + m], state[: 2 * n + m], atol=1e-9)
        assert run.cost == pytest.approx(cost, abs=1e-9)
        assert np.allclose(run.p_w, mu * problem.gradients(run.x, run.w, run.p_x, run.p_w, run.t)[1], atol=1e-12)
        if not mu:
            assert (run.w == begin[1]).all() and (run.p_w == 0).all()


@pytest.mark.parametrize("method, order", [("rk4", 4), ("euler", 1), ("exponential", 1)])
@pytest.mark.parametrize("signal", ["sinusoid", "patchwork"])
def test_orders_of_convergence(method, order, signal, record_property):
    target = hlp.sinusoid() if signal == "sinusoid" else hlp.patchwork(seed=3)
    problem = hlp.Tracking(hlp.fully_connected(3), target, q=10, speed=4, theta=0.2)
    joins = target.jumps(0.0, 2.99)
    assert len(joins) == 0 if signal == "sinusoid" else len(joins) >= 1
    begin = beginning(problem, 5)
    reference = Dense(problem, -1, -1, 0.2 + 1, 0.2 + 3).solve(begin, 3.0, joins=list(joins), rtol=1e-12)
    policy = hlp.Flipped(dissipation_w=3, dissipation_x=1)
    steps = [0.00625, 0.003125, 0.0015625] if method == "rk4" else [0.004, 0.002, 0.001]
    errors = [error(hlp.run(problem, policy, 3, dt, method=method, **given(begin)), reference) for dt in steps]
    observed = orders(errors)
    record_property("errors", [f"{e:.2e}" for e in errors])
    record_property("orders", observed.round(2).tolist())
    assert abs(observed[-1] - order) < 0.1, (errors, observed)


def test_a_jump_between_two_steps_costs_the_order_and_no_more():
    problem = hlp.Tracking(hlp.feed_forward([1, 1]), hlp.steps([0.5003], [0, 0.5]), inputs={"u1": hlp.constant(1)})
    begin = beginning(problem, 1)
    exact = Dense(problem, -1, -1, 5, 30).solve(begin, 1.0, joins=[0.5003])
    assert error(hlp.run(problem, hlp.Flipped(30, 5), 1, 0.001, **given(begin)), exact) < 1e-2


def test_exponential_solves_the_leak_exactly():
    # A weight held and an input at rest: x relaxes to tanh(w u) at rate c, whatever the step.
    problem = hlp.Tracking(hlp.chain(1), hlp.constant(0), q=0, inputs={"u": hlp.constant(0.6)}, speed=1e6)
    run = hlp.run(problem, hlp.Frozen(), T=1, dt=0.1, method="exponential", x0=[0.9], w0=[1.5])
    assert np.allclose(run.x[1:, 0], np.tanh(0.9), atol=1e-15)
    slow = problem.replace(speed=3.0)
    run = hlp.run(slow, hlp.Frozen(), T=1, dt=0.1, method="exponential", x0=[0.9], w0=[1.5])
    assert np.allclose(run.x[:, 0], np.tanh(0.9) + (0.9 - np.tanh(0.9)) * np.exp(-3 * run.t), atol=1e-14)


# --- the published sets -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "policy, median",
    [
        (hlp.Flipped(dissipation_w=30, dissipation_x=5), 0.029),
        (hlp.PerArc(mu=0.03), 0.024),
        (hlp.PerArc(mu=0.04, dissipation_w=10), 0.018),
        (hlp.HamiltonianServo(dissipation_w=15, dissipation_x=20), 0.031),
    ],
    ids=["damped flip", "per-arc signs", "per-arc signs, damped", "Hamiltonian servo"],
)
def test_the_online_policies_follow_the_sinusoid(policy, median, record_property):
    found = hlp.runs(five(speed=20), policy, seeds=range(20), T=20, dt=0.002, progress=False)
    assert all(run.diverged_at is None for run in found)
    errors = [run.rmse(after=20 / 3) for run in found]
    record_property("median", round(float(np.median(errors)), 5))
    record_property("max", round(float(np.max(errors)), 5))
    assert abs(np.median(errors) / median - 1) < 0.1
    assert np.max(errors) < 1.2 * median


# --- going on ---------------------------------------------------------------------------------------


def same(a, b):
    return all(np.array_equal(getattr(a, key), getattr(b, key)) for key in ("x", "w", "p_x", "p_w", "s_x", "s_w"))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", POLICIES)
def test_two_runs_are_one(name, method, monkeypatch):
    policy = POLICIES[name]
    problem = five(hlp.patchwork(seed=2), speed=5, q=10)
    arguments = dict(dt=0.01, method=method, seed=3)
    whole = hlp.run(problem, policy, T=2, **arguments)
    assert whole.diverged_at is None
    monkeypatch.setattr(hlp_edu.flow, "CHUNK", 17)
    chunks = hlp.run(problem, policy, T=2, **arguments)
    monkeypatch.setattr(hlp_edu.flow, "CHUNK", 4096)
    first = hlp.run(problem, policy, T=1, **arguments)
    second = hlp.run(problem, policy, T=1, dt=0.01, method=method, start=first.final)
    assert same(whole.final, chunks.final) and same(whole.final, second.final)
    for key in ("t", "x", "w", "p_x", "p_w", "target", "sign", "lagrangian", "hamiltonian"):
        rows = getattr(whole, key)
        assert np.array_equal(rows, getattr(chunks, key)), key
        assert np.array_equal(rows[:101], getattr(first, key)), key
        assert np.array_equal(rows[100:], getattr(second, key)), key
    assert whole.cost == pytest.approx(first.cost + second.cost, rel=1e-12)
    assert whole.cost == pytest.approx(chunks.cost, rel=1e-12)


def test_a_run_in_many_parts_shows_the_same_clock():
    # 0.1 is no binary number: a clock that added steps up would drift.
    problem, state = five(speed=5), None
    whole = hlp.run(problem, POLICIES["flipped"], T=30, dt=0.1, seed=1)
    for _ in range(30):
        part = hlp.run(problem, POLICIES["flipped"], T=1, dt=0.1, **(dict(start=state) if state else dict(seed=1)))
        state = part.final
    assert same(state, whole.final) and state.t == pytest.approx(30, abs=1e-12) and part.t[-1] == whole.t[-1]


def test_going_on_with_another_policy_step_and_method():
    problem = five(speed=5)
    first = hlp.run(problem, hlp.Flipped(dissipation_w=30, dissipation_x=5), T=1, dt=0.01)
    then = hlp.run(problem, hlp.Frozen(), T=0.5, dt=0.005, method="exponential", start=first.final)
    assert then.t[0] == first.t[-1] == 1 and then.t[-1] == 1.5
    assert (then.w == first.w[-1]).all() and (then.sign == -1).all()
    assert (hlp.run(problem, hlp.Canonical(), T=0.1, start=first.final).sign == 1).all()


# --- recording --------------------------------------------------------------------------------------


def test_times_begin_and_end_where_they_should():
    problem = five(speed=5)
    for T, dt, count in ((1, 0.1, 11), (0.3, 0.1, 4), (1, 0.3, 5), (1, 1, 2), (2.1, 0.7, 4), (1, 0.001, 1001)):
        run = hlp.run(problem, POLICIES["flipped"], T=T, dt=dt)
        assert run.t[0] == 0 and run.t[-1] == T and len(run.t) == count
        assert np.allclose(np.diff(run.t), T / (count - 1), rtol=1e-12) and T / (count - 1) <= dt * (1 + 1e-9)


@pytest.mark.parametrize("name", POLICIES)
def test_output_records_agree_with_full_records(name, monkeypatch):
    monkeypatch.setattr(hlp_edu.flow, "CHUNK", 13)
    problem = random_case(21, speed=4.0)
    full = hlp.run(problem, POLICIES[name], T=0.6, dt=0.01, seed=1)
    slim = hlp.run(problem, POLICIES[name], T=0.6, dt=0.01, seed=1, record="output")
    for key in ("t", "target", "outputs", "lagrangian", "hamiltonian"):
        assert np.array_equal(getattr(full, key), getattr(slim, key)), key
    assert slim.cost == full.cost and slim.rmse() == full.rmse() and same(slim.final, full.final)
    assert slim.x.shape == (61, len(problem.network.outputs))
    assert slim.w.size == slim.p_x.size == slim.p_w.size == 0
    if full.sign.ndim == 1:
        assert np.array_equal(full.sign, slim.sign)
    else:
        assert slim.sign.shape == (61, 0)


@pytest.mark.parametrize("every", [1, 2, 3, 7, 60, 61, 1000])
@pytest.mark.parametrize("chunk", [4096, 5])
def test_every_so_many_steps(every, chunk, monkeypatch):
    monkeypatch.setattr(hlp_edu.flow, "CHUNK", chunk)
    problem = five(speed=5)
    full = hlp.run(problem, POLICIES["per arc"], T=0.6, dt=0.01)
    thin = hlp.run(problem, POLICIES["per arc"], T=0.6, dt=0.01, every=every)
    rows = sorted({*range(0, 61, every), 60})
    for key in ("t", "x", "w", "p_x", "p_w", "target", "sign", "lagrangian", "hamiltonian"):
        assert np.array_equal(getattr(full, key)[rows], getattr(thin, key)), key
    assert thin.cost == pytest.approx(full.cost, rel=1e-12) and same(thin.final, full.final)


def test_rows_hold_what_the_problem_says():
    problem = random_case(8)
    run = hlp.run(problem, hlp.Flipped(1, 1), T=1, dt=0.01, **given(beginning(problem, 8)))
    assert np.array_equal(run.target, problem.target_at(run.t))
    assert np.allclose(run.hamiltonian, problem.hamiltonian(run.x, run.w, run.p_x, run.p_w, run.t), atol=1e-13)
    assert np.allclose(run.lagrangian, problem.lagrangian(run.x, run.w, -run.p_w / problem.r, run.t), atol=1e-13)
    for key, values in vars(run.final).items():
        if key in ("x", "w", "p_x", "p_w"):
            assert np.array_equal(getattr(run, key)[-1], values)


def test_defaults_are_drawn_from_the_seed():
    problem = five()
    dice = np.random.default_rng(7)
    run = hlp.run(problem, hlp.Canonical(), T=0.01, seed=7)
    assert np.array_equal(run.x[0], 0.5 * dice.standard_normal(5))
    assert np.array_equal(run.w[0], 0.5 / np.sqrt(5) * dice.standard_normal(30))
    assert not run.p_x[0].any() and not run.p_w[0].any()
    with_w = hlp.run(problem, hlp.Canonical(), T=0.01, seed=7, w0=np.zeros(30))
    assert np.array_equal(with_w.x[0], run.x[0]) and not with_w.w[0].any()


def test_arguments_are_not_changed_by_a_run():
    problem = five()
    begin = beginning(problem)
    kept = [part.copy() for part in begin]
    first = hlp.run(problem, hlp.Flipped(30, 5), T=0.1, **given(begin))
    state = flat(first.final).copy()
    hlp.run(problem, hlp.Flipped(30, 5), T=0.1, start=first.final)
    assert all(np.array_equal(a, b) for a, b in zip(begin, kept, strict=True))
    assert np.array_equal(flat(first.final), state)


# --- divergence -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("record", ["all", "output"])
@pytest.mark.parametrize("limit", [1e3, 1e8, 1e300])
def test_a_diverging_run_stops_and_says_so(method, record, limit):
    run = hlp.run(five(), hlp.Canonical(), T=60, dt=0.01, method=method, record=record, limit=limit)
    assert 0 < run.diverged_at < 60 and run.cost == np.inf and run.rmse() == np.inf
    assert run.reason and run.reason in repr(run) and "DIVERGED" in repr(run)
    for key in ("t", "x", "w", "p_x", "p_w", "target", "lagrangian", "hamiltonian"):
        assert np.isfinite(getattr(run, key)).all(), key
    assert np.abs(run.w).max(initial=0) <= limit and np.abs(run.p_w).max(initial=0) <= limit
    assert len(run.t) == len(run.x) == len(run.sign) and np.isfinite(flat(run.final)).all()
    assert run.t[-1] == pytest.approx(run.final.t) and run.t[-1] <= run.diverged_at <= run.t[-1] + 0.0100001
    assert np.abs(np.concatenate([run.final.x, run.final.w, run.final.p_x])).max() <= limit


def test_the_reason_names_the_culprit():
    run = hlp.run(five(), hlp.Canonical(), T=20, limit=50)
    assert run.reason.startswith(("|p_x| of neuron", "|p_w| of arc (")) and "passed 50" in run.reason
    last = hlp.run(five(), hlp.Canonical(), T=20, limit=50, every=7)
    assert last.diverged_at == run.diverged_at and last.reason == run.reason and (last.t <= run.t[-1]).all()


def test_a_beginning_beyond_the_limit():
    run = hlp.run(five(), hlp.Flipped(30, 5), T=1, w0=np.full(30, 1e9), limit=1e8)
    assert run.diverged_at is not None and np.isfinite(run.x).all()
    overflow = hlp.run(five(), hlp.Flipped(30, 5), T=1, w0=np.full(30, 1e200), limit=1e300)
    assert overflow.diverged_at == 0 and len(overflow.t) == 0 and "not finite" in overflow.reason
    assert "no rows" in repr(overflow)


# --- many runs --------------------------------------------------------------------------------------


def test_many_runs_do_not_depend_on_the_workers():
    def problem(seed):
        return five(hlp.patchwork(seed=seed), speed=10)

    def policy(seed):
        return hlp.PerArc(mu=0.01 * (1 + seed))

    arguments = dict(seeds=range(6), T=1, dt=0.005, progress=False)
    one, two, four = (hlp.runs(problem, policy, workers=k, **arguments) for k in (1, 2, 4))
    for seed in range(6):
        alone = hlp.run(problem(seed), policy(seed), T=1, dt=0.005, seed=seed, record="output")
        for run in (one[seed], two[seed], four[seed]):
            assert same(run.final, alone.final) and run.cost == alone.cost
            assert np.array_equal(run.outputs, alone.outputs) and run.about["seed"] == seed


def test_many_runs_pass_arguments_on():
    found = hlp.runs(
        five(), hlp.Flipped(30, 5), seeds=(k for k in (4, 2)), T=0.1, progress=False, record="all", every=10
    )
    assert [run.about["seed"] for run in found] == [4, 2] and found[0].w.shape == (11, 30)


# --- wrong arguments --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(problem="a"), ["problem = 'a'", "must be a hlp_edu Tracking"]),
        (dict(policy="flipped"), ["policy = 'flipped'", "must be a policy"]),
        (dict(policy=hlp.Flipped), ["policy = <class", "must be a policy"]),
        (dict(T=0), ["T = 0", "above 0"]),
        (dict(T=-1), ["T = -1", "above 0"]),
        (dict(T=np.nan), ["T = nan", "finite"]),
        (dict(T="20"), ["T = '20'", "finite number"]),
        (dict(dt=0), ["dt = 0", "above 0"]),
        (dict(dt=-0.1), ["dt = -0.1", "above 0"]),
        (dict(dt=np.inf), ["dt = inf", "finite"]),
        (dict(dt=2), ["dt = 2", "at most T = 1"]),
        (dict(method="rk45"), ["method = 'rk45'", "'euler', 'rk4', 'exponential'"]),
        (dict(method=["rk4"]), ["method = ['rk4']", "'rk4'"]),
        (dict(record="none"), ["record = 'none'", "'all', 'output'"]),
        (dict(record="all", T=1e9), ["record = 'all'", "GB", "record='output'"]),
        (dict(limit=0), ["limit = 0", "above 0"]),
        (dict(every=0), ["every = 0", "at least 1"]),
        (dict(every=1.5), ["every = 1.5", "whole number"]),
        (dict(seed=-1), ["seed = -1", "at least 0"]),
        (dict(seed=1.0), ["seed = 1.0", "whole number"]),
        (dict(seed=None), ["seed = None", "whole number"]),
        (dict(t0=np.nan), ["t0 = nan", "finite"]),
        (dict(w0=[1, 2]), ["w0 has shape (2,)", "(30,)", "arc"]),
        (dict(w0=np.full(30, np.nan)), ["w0[0] = nan", "finite"]),
        (dict(w0=["a"] * 30), ["w0 = ", "30 numbers"]),
        (dict(x0=np.zeros((1, 5))), ["x0 has shape (1, 5)", "(5,)", "neuron"]),
        (dict(x0=[0, 0, np.inf, 0, 0]), ["x0[2] = inf", "finite"]),
        (dict(p0=np.zeros(35)), ["p0 = ", "a pair (p_x, p_w)"]),
        (dict(p0=[np.nan]), ["p0 = [nan]", "a pair (p_x, p_w)"]),
        (dict(p0=(np.zeros(5), np.zeros(5))), ["p0[1] has shape (5,)", "(30,)"]),
        (dict(p0=(np.zeros(4), np.zeros(30))), ["p0[0] has shape (4,)", "(5,)"]),
        (dict(start={}), ["start = {}", "State"]),
    ],
)
def test_wrong_arguments_of_run(change, words):
    arguments = dict(problem=five(), policy=hlp.Flipped(30, 5), T=1) | change
    with pytest.raises(ValueError) as caught:
        hlp.run(**arguments)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_wrong_arguments_with_start():
    problem = five()
    final = hlp.run(problem, hlp.Flipped(30, 5), T=0.1).final
    for name, value in (("x0", np.zeros(5)), ("w0", np.zeros(30)), ("t0", 1), ("p0", (np.zeros(5), np.zeros(30)))):
        with pytest.raises(ValueError, match=f"{name}: cannot be given together with start="):
            hlp.run(problem, hlp.Flipped(30, 5), T=1, start=final, **{name: value})
    with pytest.raises(ValueError, match=r"start: holds 5 neurons and 30 arcs; this network has 4 and 20"):
        hlp.run(hlp.Tracking(hlp.fully_connected(4), hlp.sinusoid()), hlp.Flipped(30, 5), T=1, start=final)


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(seeds=[]), ["seeds = []", "at least one"]),
        (dict(seeds=3), ["seeds = 3", "sequence"]),
        (dict(workers=0), ["workers = 0", "at least 1"]),
        (dict(problem=lambda seed: seed), ["problem = 1", "Tracking"]),
        (dict(policy=lambda seed: seed), ["policy = 1", "policy"]),
        (dict(method="leap"), ["method = 'leap'"]),
        (dict(problem=hlp.Tracking), ["problem = <class", "is a class; call it"]),
        (dict(policy=hlp.Flipped), ["policy = <class", "is a class; call it"]),
        (dict(seeds=[1, 2], start="final"), ["start: all runs would be the same", "one seed"]),
    ],
)
def test_wrong_arguments_of_runs(change, words):
    arguments = dict(problem=five(), policy=hlp.Flipped(30, 5), T=1, seeds=[1], progress=False) | change
    with pytest.raises(ValueError) as caught:
        hlp.runs(**arguments)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.filterwarnings("ignore:.*no input neuron")
@pytest.mark.parametrize("policy", [*POLICIES.values(), hlp.ProspectiveFlow(0.03), hlp.ProspectiveSteering()], ids=repr)
def test_without_arcs_a_state_only_leaks(policy):
    alone = hlp.Tracking(hlp.Network(nx.empty_graph(1, nx.DiGraph), outputs=[0]), hlp.sinusoid())
    made = hlp.run(alone, policy, T=0.2, dt=0.01, x0=[0.5])
    assert np.allclose(made.x[:, 0], 0.5 * np.exp(-20 * made.t), rtol=1e-4) and made.w.shape == (21, 0)
    assert np.isin(made.sign, (-1, 1)).all()


def test_a_weight_of_time_that_is_too_large_is_refused():
    problem, words = five(theta=10), "theta = 10: exp.theta t. is too large for numbers"
    for call in (
        lambda: hlp.run(problem, hlp.Flipped(1, 1), 0.1, t0=100),
        lambda: hlp.cost_gradient(problem, np.zeros((3, 30)), t0=100),
        lambda: hlp.optimum(problem, 0.1, t0=100, progress=False),
    ):
        with pytest.raises(ValueError, match=words):
            call()
