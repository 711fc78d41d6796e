"""Rules that look ahead: what they cost, how slopes are known or measured, resumed runs, clear refusals."""

import networkx as nx
import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu.compare import tracking_problem
from hlp_edu.locality import audit
from hlp_edu.prospective import FILTER_TIME, measured_slope, towards

RULES = {
    "flow": hlp.ProspectiveFlow(),
    "flow, measured": hlp.ProspectiveFlow(slope="measured"),
    "steering": hlp.ProspectiveSteering(),
    "steering, measured": hlp.ProspectiveSteering(slope="measured"),
    "steering, frozen": hlp.ProspectiveSteering(lead=False, lean=0.03),
}


def test_steering_costs_less_than_mpc_and_prospective_flow_less_than_gradient_flow():
    study = {(row["seed"], row["method"]): row["cost"] for row in hlp.study("optimality").rows
             if row["signal"] == "patched"}  # fmt: skip
    seeds, policies = (0, 3, 4), (hlp.GradientFlow(0.03), RULES["flow"], RULES["steering"])
    cost = np.array([[hlp.run(tracking_problem("patched", s), policy, T=20, seed=s, record="output").cost
                      for s in seeds] for policy in policies])  # fmt: skip
    flow, ahead, steering = cost / [study[s, "optimum"] for s in seeds]
    assert np.allclose(steering, [2.86, 2.69, 2.14], atol=0.01) and (ahead < 0.75 * flow).all()
    assert all(cost[2, k] < study[s, "mpc"] for k, s in enumerate(seeds))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("method", ["rk4", "euler", "exponential"])
def test_a_resumed_run_is_the_uninterrupted_one_to_the_last_bit(rule, method):
    problem, how = tracking_problem("patched", 5), dict(dt=0.004, method=method)
    whole = hlp.run(problem, RULES[rule], T=6, seed=5, **how)
    half = hlp.run(problem, RULES[rule], T=3, seed=5, **how)
    rest = hlp.run(problem, RULES[rule], T=3, start=half.final, **how)
    for key in ("x", "w", "p_x", "p_w"):
        assert np.array_equal(getattr(whole.final, key), getattr(rest.final, key)), key
    assert whole.cost == pytest.approx(half.cost + rest.cost, rel=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_the_weights_move_as_recorded(rule):
    problem = tracking_problem("sinusoid")
    run = hlp.run(problem, RULES[rule], T=1, dt=1e-3, seed=3)
    moved = (run.w[2:] - run.w[:-2]) / (run.t[2:] - run.t[:-2])[:, None]
    assert np.allclose(-run.p_w[1:-1] / problem.r, moved, rtol=0, atol=0.02 * np.abs(moved).max())
    H_less = run.lagrangian - problem.lagrangian(run.x, run.w, -run.p_w / problem.r, run.t)
    assert np.abs(H_less).max() < 1e-9 * run.lagrangian.max()


def test_an_order_of_four_between_jumps():
    problem, how = tracking_problem("sinusoid"), dict(T=2, seed=1)
    for rule in ("flow", "steering"):
        ends = [hlp.run(problem, RULES[rule], dt=dt, **how).final.w for dt in (0.02, 0.01, 0.005, 0.00125)]
        errors = [np.abs(end - ends[-1]).max() for end in ends[:-1]]
        assert np.log2(errors[0] / errors[1]) > 3.5 and np.log2(errors[1] / errors[2]) > 3.5, errors


def test_messages_travel_every_path_of_a_net_without_cycles_and_the_shortest_of_others():
    skip = hlp.Network(nx.DiGraph([("u", 1), (1, 2), (2, 3), (1, 3), (3, 3), (3, 1)]), ["u"], [3])
    order, messages = towards(skip)
    assert [skip.neurons[i] for i in order] == [1, 2, 3]
    assert {arc for arc, sent in zip(skip.arcs, messages, strict=True) if sent} == {(1, 2), (2, 3), (1, 3)}
    net = hlp.fully_connected(4)
    order, messages = towards(net)
    assert net.neurons[order[-1]] == net.outputs[0] and len(order) == 4
    assert {arc for arc, sent in zip(net.arcs, messages, strict=True) if sent} == {(2, 1), (3, 1), (4, 1)}
    apart = hlp.Network(nx.DiGraph([("u", 1), (2, 2), (1, 2)]), ["u"], [1])
    assert [apart.neurons[i] for i in towards(apart)[0]] == [1]


@pytest.mark.parametrize("shape", [[1, 3, 1], [2, 2, 2, 1]])
@pytest.mark.parametrize("rule", ["flow", "steering"])
def test_hidden_neurons_help_to_steer(shape, rule):
    net = hlp.feed_forward(shape)
    inputs = {label: hlp.constant(0.5) for label in net.inputs}
    problem = hlp.Tracking(net, hlp.sinusoid(0.5), q=100, r_w=1, r=0.1, speed=20, inputs=inputs)
    flow, ahead = (hlp.run(problem, policy, T=20, seed=2).cost for policy in (hlp.GradientFlow(0.03), RULES[rule]))
    assert ahead < flow


@pytest.mark.parametrize("rule", [hlp.ProspectiveFlow(), hlp.ProspectiveSteering()], ids=["flow", "steering"])
def test_the_audit_grants_what_a_rule_declares_and_no_more(rule):
    problem = hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid())
    found = audit(problem, rule)
    assert found.violations == [] and found.extra == type(rule).extra_reads
    assert ("z'", 1) in dict.fromkeys(c for r in ("w'", "p_x'") for c in found.of((1, 1)).get(r, ()))
    undeclared = type("Undeclared", (type(rule),), {"extra_reads": ("slope",)})
    assert audit(problem, undeclared()).violations


# --- slopes ------------------------------------------------------------------------------------------


SIGNALS = [hlp.sinusoid(0.5, 3, 0.4, 0.1), hlp.patchwork(7), hlp.recorded([0, 1, 3, 9], [0, 2, -1, 5]), hlp.constant(2)]


@pytest.mark.parametrize("signal", SIGNALS, ids=repr)
def test_a_slope_is_the_limit_of_differences(signal):
    t = np.random.default_rng(1).uniform(0.1, 8.9, 200)
    t = t[[len(signal.jumps(at - 1e-3, at + 1e-3)) == 0 and np.abs(at - 1) + np.abs(at - 3) > 2e-3 for at in t]]
    step = 1e-5
    assert np.allclose(signal.derivative(t), (signal(t + step) - signal(t - step)) / (2 * step), atol=1e-6)
    kinks = isinstance(signal, hlp.recorded)
    second = (signal.derivative(t + step) - signal.derivative(t - step)) / (2 * step)
    assert np.allclose(signal.derivative(t, 2), second if not kinks else 0, atol=1e-5)


def test_the_slope_before_a_jump_does_not_know_it():
    signal = hlp.patchwork(1)
    jump = signal.jumps(0, 20)[2]
    problem = hlp.Tracking(hlp.fully_connected(2), signal)
    before, after = problem.slopes_at_steps(jump + np.array([-0.01, 0, 0.01]))[[0, 1], [2, 0], 0]
    assert before == pytest.approx(float(signal.derivative(jump - 1e-9))) != after
    assert after == pytest.approx(float(signal.derivative(jump + 1e-9)))


def of(signal):
    return lambda t: signal(t)[:, None]


def test_a_measured_slope_finds_a_ramp_and_is_silent_after_a_jump():
    t = np.arange(1000) * 1e-3
    ramp = measured_slope(of(lambda t: 0.3 + 2 * t), t, 0.0, 1e-3)[:, 0]
    assert np.allclose(ramp[200:], 2, atol=1e-8) and ramp[0] == 0
    jump = measured_slope(of(hlp.steps([0.5], [0, 1])), t, 0.0, 1e-3)[:, 0]
    silent = jump[500 : 500 + int(FILTER_TIME / 1e-3 * np.log(100 / 3.5))]
    assert (silent == 0).all() and np.abs(jump).max() <= 3.5 and abs(jump[-1]) < 1e-10


def test_a_measured_slope_reads_the_past_alone():
    t, wave = np.arange(2000) * 1e-3, hlp.sinusoid()
    cut = hlp.recorded(np.append(t[:1001], [1.0005, 3]), np.append(wave(t[:1001]), [9, -9]))
    whole, known = (measured_slope(of(signal), t, 0.0, 1e-3)[:1001] for signal in (wave, cut))
    assert np.array_equal(whole, known)
    part = measured_slope(of(wave), t[700:], 0.0, 1e-3)  # the same, wherever a piece of the run begins
    assert np.array_equal(part, measured_slope(of(wave), t, 0.0, 1e-3)[700:])


def test_noise_of_a_hundredth_is_filtered():
    dice, t = np.random.default_rng(3), np.arange(0, 5, 1e-3)
    noisy = hlp.recorded(t, 0.8 * np.sin(t) + 1e-4 * dice.standard_normal(len(t)))
    error = measured_slope(of(noisy), t, 0.0, 1e-3)[100:, 0] - 0.8 * np.cos(t[100:])
    plain = np.diff(noisy(t))[99:] / 1e-3 - 0.8 * np.cos(t[100:])
    assert np.std(error) < np.std(plain) / 8 and np.std(error) < 0.02


def test_more_noise_on_the_target_costs_more():
    t = np.arange(0, 20.01, 1e-3)
    white = np.random.default_rng(0).standard_normal(len(t))
    clean, costs = hlp.sinusoid(), []
    for size in (0.0, 0.05):
        noisy = hlp.recorded(t, clean(t) + size * 0.8 * white)
        run = hlp.run(tracking_problem("sinusoid").replace(target=noisy), RULES["steering, measured"], T=20, seed=0)
        costs.append(np.mean((run.x[:, 0] - clean(run.t)) ** 2))
    assert costs[1] > costs[0]


# --- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda: hlp.ProspectiveFlow(mu=-1), ["mu = -1", "at least 0"]),
        (lambda: hlp.ProspectiveFlow(kappa="x"), ["kappa = 'x'", "finite number"]),
        (lambda: hlp.ProspectiveFlow(slope="guessed"), ["slope = 'guessed'", "'known', 'measured'"]),
        (lambda: hlp.ProspectiveSteering(lead=2), ["lead = 2", "True, False"]),
        (lambda: hlp.ProspectiveSteering(floor=0), ["floor = 0", "above 0"]),
        (lambda: hlp.run(plain_function(), RULES["flow, measured"], T=1e-5, dt=1e-6), ["dt = 1e-06", "at least 1e-05"]),
        (lambda: hlp.sinusoid().derivative([0], 3), ["order = 3", "1, 2"]),
        (lambda: steer(two_outputs(), hlp.ProspectiveSteering()), ["steers one output", "has 2"]),
        (lambda: steer(plain_function(), hlp.ProspectiveFlow()), ["does not know its slope", 'slope="measured"']),
        (lambda: steer(tracking_problem("sinusoid").replace(q=0), hlp.ProspectiveSteering()), ["q = 0", "above 0"]),
    ],
)  # fmt: skip
def test_what_is_refused(build, words):
    with pytest.raises(ValueError) as caught:
        build()
    assert all(word in str(caught.value) for word in words), str(caught.value)


def steer(problem, policy):
    return hlp.run(problem, policy, T=0.1)


def two_outputs():
    return hlp.Tracking(hlp.feed_forward([1, 2]), [hlp.sinusoid()] * 2, inputs={"u1": hlp.constant(1)})


def plain_function():
    return hlp.Tracking(hlp.fully_connected(2), np.sin)


def test_a_function_with_a_derivative_serves():
    class Wave:
        def __call__(self, t):
            return 0.5 * np.sin(t)

        def derivative(self, t, order=1):
            return 0.5 * (np.cos(t) if order == 1 else -np.sin(t))

    problem = hlp.Tracking(hlp.fully_connected(3), Wave(), q=100, r_w=1, r=0.1, speed=20)
    same = problem.replace(target=hlp.sinusoid(0.5))
    one, other = (hlp.run(each, hlp.ProspectiveSteering(), T=2) for each in (problem, same))
    assert one.cost == pytest.approx(other.cost, rel=1e-12)
    assert hlp.run(plain_function(), hlp.ProspectiveFlow(slope="measured"), T=0.1).reason is None


def test_they_show_what_they_are():
    assert repr(hlp.ProspectiveFlow()) == "ProspectiveFlow(mu=0.04, kappa=0.8, lead=0.08)"
    assert repr(hlp.ProspectiveFlow(slope="measured")).endswith('lead=0.08, slope="measured")')
    assert repr(hlp.ProspectiveSteering(lead=False)) == "ProspectiveSteering(lead=False)"
    assert repr(hlp.ProspectiveSteering(lean=0.03)) == "ProspectiveSteering(lean=0.03)"
