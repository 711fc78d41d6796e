"""Credit as a filter, against runs of the laws, exact gradients and THEORY of its own: see lesson 13."""

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu import filters
from hlp_edu.backprop import meet_backprop
from hlp_edu.compare import tracking_problem
from hlp_edu.studies.settings import Settings


def fitted(t, values, rate):
    """The complex amplitude of exp(i rate t) in values, and what is left."""
    basis = np.stack([np.cos(rate * t), np.sin(rate * t)], axis=1)
    (a, b), *_ = np.linalg.lstsq(basis, values, rcond=None)
    return a - 1j * b, np.abs(values - basis @ [a, b]).max()


@pytest.mark.parametrize("rate", [2.0, 10.0, 40.0])
def test_the_flipped_filter_is_what_the_law_does(rate):
    problem = hlp.Tracking(
        hlp.chain(1), hlp.sinusoid(0.5, 2 * np.pi / rate), q=3, speed=10, inputs={"u": hlp.constant(0)}
    )
    run = hlp.run(problem, hlp.Frozen(), T=20, dt=0.002, x0=[0], w0=[0])
    rows = run.t > 10
    D, _ = fitted(run.t[rows], 10 * run.p_x[rows, 0], rate)
    source, _ = fitted(run.t[rows], -3 * run.target[rows, 0], rate)
    assert D / source == pytest.approx(complex(filters.transfer("flipped", rate / 10)), abs=1e-3)


@pytest.mark.parametrize("rate", [2.0, 10.0])
def test_the_exact_filter_is_what_the_adjoint_does(rate):
    """g x of one neuron with a constant input of 1 and weight 0 is D."""
    c, problem = 10.0, None
    problem = hlp.Tracking(
        hlp.chain(1), hlp.sinusoid(0.5, 2 * np.pi / rate), q=3, r_w=0, speed=c, inputs={"u": hlp.constant(1)}
    )
    t, found = filters.credits(problem, [0.0], T=20, dt=0.01)
    rows = (t > 5) & (t < 15)
    source, _ = fitted(t[rows], -3 * problem.target_at(t[rows])[:, 0], rate)
    for name, rule in {"exact": "exact", "flipped": "flipped", "instantaneous": "instantaneous",
                       "look-ahead": "look-ahead", "flipped, own look-ahead": "instantaneous"}.items():  # fmt: skip
        D, rest = fitted(t[rows], found[name][rows, 0], rate)
        assert D / source == pytest.approx(complex(filters.transfer(rule, rate / c)), abs=4e-3), name
        assert rest < 0.01


def test_exact_and_look_ahead_have_one_phase_and_exact_and_flipped_one_gain():
    w = np.geomspace(0.01, 100, 50)
    exact, flipped, at_once, ahead = (filters.transfer(rule, w) for rule in filters.RULES)
    np.testing.assert_allclose(np.angle(exact), np.angle(ahead))
    np.testing.assert_allclose(np.angle(exact), -np.angle(flipped))
    np.testing.assert_allclose(abs(exact), abs(flipped))
    np.testing.assert_allclose(abs(exact) * abs(ahead), at_once.real)
    with pytest.raises(ValueError, match="rule = 'other'"):
        filters.transfer("other", 1)


def test_angles_have_the_order_of_the_lesson():
    for make in (filters.random_chain, filters.random_net):
        for c in (5, 20):
            found = [filters.angles(*make(seed, c), dt=0.1 / c) for seed in range(6)]
            flipped, own, at_once, ahead = np.median([list(one.values()) for one in found], axis=0)
            assert ahead < at_once < own < flipped, (make, c)
    clean, noisy = (filters.angles(*filters.random_chain(1, 10), noise=size) for size in (0, 0.05))
    assert noisy["look-ahead"] > 60 > 10 > clean["look-ahead"]
    assert abs(noisy["flipped"] - clean["flipped"]) < 1


def test_the_exact_gradient_of_credits_is_that_of_finite_differences():
    problem, w = filters.random_net(0, 5.0)
    t, found = filters.credits(problem, w, T=4, dt=0.01)
    steps = 400
    J = [
        hlp.cost_gradient(
            problem, np.zeros((steps + 1, len(w))), dt=0.01, x0=np.zeros(5), w0=w + h * np.eye(len(w))[3]
        )[0]
        for h in (1e-5, -1e-5)
    ]
    whole = found["exact"][:, 3].sum() * 0.01
    assert whole == pytest.approx((J[0] - J[1]) / 2e-5, rel=0.02)  # the first and the last step are left out


def test_growth_changes_sign_where_the_lesson_says():
    assert filters.growth("gradient flow", [1.9, 2.1]).tolist() == sorted(filters.growth("gradient flow", [1.9, 2.1]))
    assert filters.growth("gradient flow", 1.99) < 0 < filters.growth("gradient flow", 2.01)
    for law in ("credit looks ahead", "prospective"):
        assert (filters.growth(law, np.geomspace(0.01, 1e4, 30)) < 0).all()
    with pytest.raises(ValueError, match="law = 'other'"):
        filters.growth("other", 1)


@pytest.mark.parametrize("credit, heading, lead", [(0, 0, 0), (1, 0, 0), (1, 0.8, 0.08), (0, 1, 0.05)])
def test_the_closed_loop_is_what_a_small_run_does(credit, heading, lead):
    network = hlp.Network(hlp.chain(1).graph, inputs=["u"], outputs=[1])
    rate, mu = 6.0, 0.02
    problem = hlp.Tracking(network, hlp.sinusoid(0.01, 2 * np.pi / rate), q=100, r_w=0, r=0.1, speed=20,
                           inputs={"u": hlp.constant(1)})  # fmt: skip
    rule = filters.altered(hlp.ProspectiveFlow(mu, heading, lead), credit=credit)
    run = hlp.run(problem, rule, T=20, dt=0.002, x0=[0], w0=[0])
    rows = run.t > 10
    x, z = (fitted(run.t[rows], part[rows, 0], rate)[0] for part in (run.outputs, run.target))
    expected = filters.closed_loop([rate], 20, 1000 * mu, heading, lead, credit)[0]
    assert np.degrees(np.angle(x / z)) == pytest.approx(expected, abs=0.1)


def test_delays_matched_to_the_depth():
    net = hlp.feed_forward([3, 4, 4, 2])
    inputs = {f"u{k + 1}": hlp.sinusoid(1, 5 + 2 * k, phase=k) for k in range(3)}
    problem = hlp.Tracking(net, [hlp.sinusoid(0.5, 6), hlp.sinusoid(0.5, 9, phase=1)], q=1, inputs=inputs)
    w, times = 0.5 * np.random.default_rng(0).standard_normal(46), np.linspace(0, 30, 7)
    plain = filters.meet_backprop_ahead(problem, w, 30, times, "not")
    assert plain == pytest.approx(meet_backprop(problem, w, 30, times).error, rel=1e-5)
    for how, slope in (("not", -1), ("own", -1), ("depth", -2)):
        far, further = (filters.meet_backprop_ahead(problem, w, c, times, how) for c in (100, 300))
        assert np.log(further / far) / np.log(3) == pytest.approx(slope, abs=0.12), how
    assert filters.meet_backprop_ahead(problem, w, 30, times, "own") < plain


def test_noise_is_of_its_size_and_repeats():
    clean = hlp.patchwork(3)
    noisy = filters.Noisy(clean, 0.05, seed=4)
    t = np.arange(0, 200, 0.003)
    assert (noisy(t) - clean(t)).std() == pytest.approx(0.05, rel=0.03)
    np.testing.assert_array_equal(noisy(t), filters.Noisy(clean, 0.05, seed=4)(t))
    assert noisy.jumps(0, 10).tolist() == clean.jumps(0, 10).tolist()
    slope, step = filters.Noisy(hlp.sinusoid(), 0.05, seed=4), 1e-6
    np.testing.assert_allclose(slope.derivative(t), (slope(t + step) - slope(t - step)) / (2 * step), atol=1e-6)
    assert filters.Noisy(np.sin, 0.1).jumps(0, 10).size == 0 and "size=0.05" in repr(noisy)
    with pytest.raises(ValueError, match="size = -1"):
        filters.Noisy(clean, -1)


def test_the_cost_counts_the_clean_target():
    noisy = filters.Noisy(hlp.sinusoid(), 0.1, seed=1)
    problem = tracking_problem("sinusoid").replace(target=noisy)
    run = hlp.run(problem, hlp.GradientFlow(0.03), T=5, dt=2e-3)
    clean = (run.outputs[:, 0] - hlp.sinusoid()(run.t)) ** 2
    seen = (run.outputs[:, 0] - run.target[:, 0]) ** 2
    expected = run.cost + 50 * np.trapezoid(clean - seen, run.t)
    assert filters.cost_of_clean(run, noisy) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(ValueError, match="is not the target"):
        filters.cost_of_clean(run, filters.Noisy(hlp.sinusoid(), 0.2))


def test_parts_can_be_replaced_one_by_one():
    problem, how = tracking_problem("patched", 1), dict(T=3, dt=5e-3, seed=1)
    steer, flow = hlp.ProspectiveSteering(), hlp.ProspectiveFlow()
    for policy in (steer, flow):
        assert hlp.run(problem, filters.altered(policy), **how).cost == hlp.run(problem, policy, **how).cost
    for policy, change in ((steer, dict(kappa=0)), (steer, dict(decay=0.3)), (steer, dict(curvature=False)),
                           (flow, dict(credit=0))):  # fmt: skip
        assert hlp.run(problem, filters.altered(policy, **change), **how).cost != hlp.run(problem, policy, **how).cost
    plain = filters.altered(hlp.ProspectiveFlow(mu=0.03, kappa=0, lead=0), credit=0)
    assert hlp.run(problem, plain, **how).cost == pytest.approx(hlp.run(problem, hlp.GradientFlow(0.03), **how).cost)
    with pytest.raises(ValueError, match="must be a ProspectiveFlow"):
        filters.altered(hlp.Flipped())
    with pytest.raises(ValueError, match="part = 'floor'"):
        filters.altered(steer, floor=1)


LADDER = {  # the steps of the lesson's ladder: mu, kappa, lead, credit
    "gradient flow": (0.03, 0, 0, 0), "credit": (0.03, 0, 0, 1), "error": (0.1, 1, 0, 0), "both": (0.05, 0.8, 0, 1),
    "led": (0.04, 0.8, 0.08, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", LADDER)
def test_each_step_of_the_ladder_has_its_best_rate(name):
    """On signals 100 to 104: twice or half the rate is no better; nor is another kappa."""
    mu, kappa, lead, credit = LADDER[name]

    def cost(mu, kappa):
        rule = filters.altered(hlp.ProspectiveFlow(mu, kappa, lead), credit=credit)
        runs = hlp.runs(
            lambda seed: tracking_problem("patched", seed), rule, range(100, 105), T=20, dt=5e-3, progress=False
        )
        return np.median([run.cost for run in runs])

    best = cost(mu, kappa)
    others = [(2 * mu, kappa), (mu / 2, kappa)] + [(mu, kappa - 0.4)] * (kappa > 0)
    assert min(cost(*other) for other in others) > 0.99 * best


def test_a_floor_that_is_too_high_ends_at_the_dead_point():
    silent = []
    for floor in (0.001, 0.01):
        rule = hlp.ProspectiveSteering(floor=floor)
        runs = [hlp.run(Settings.problem("bias-2-2-1", seed), rule, 20, dt=5e-3, seed=seed) for seed in range(5)]
        silent.append(sum(np.abs(run.outputs[-1000:]).max() < 1e-3 for run in runs))
    assert silent[0] == 0 and silent[1] >= 1


def test_the_bode_plot_says_what_it_shows():
    picture = filters.bode(headline="one")
    assert "flipped falls to -84" in picture.alt and len(picture.fig.axes) == 2


CHAIN, W = filters.random_chain(0, 20.0)
TWO = hlp.Tracking(hlp.Network(hlp.fully_connected(2).graph, ["bias"], [1, 2]), [hlp.sinusoid(), hlp.constant(0)])
NOISY = filters.Noisy(hlp.sinusoid(), 0.1)
SHORT = dict(T=0.5, dt=0.05)


def shown_noise(**arguments):
    return hlp.run(hlp.Tracking(hlp.fully_connected(2), NOISY), hlp.Frozen(), T=0.2, dt=0.01, **arguments)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: filters.growth("prospective", -1), "omega = -1: must be from 0"),
        (lambda: filters.closed_loop(1.0, 20, 30), "frequency = 1.0: must be a list of numbers above 0"),
        (lambda: filters.closed_loop([1, -1], 20, 30), "frequency = .*: must be a list of numbers above 0"),
        (lambda: filters.closed_loop([1], 20, 30, lead=1e308), "lead = 1e.308, .*: one is too large"),
        (lambda: filters.Noisy(3, 0.1), "signal = 3: must be a function"),
        (lambda: NOISY(1e308), "band is too fast"),
        (lambda: filters.Noisy(np.sin, 0.1).derivative(0.0), "slope of its clean signal is not known"),
        (lambda: filters.credits(TWO, [0] * 6, **SHORT), "problem = .*: must have one output"),
        (lambda: filters.credits(CHAIN, W, T=0.5, dt=0.1), "T = 0.5: must be at least eight steps of dt = 0.1"),
        (lambda: filters.credits(CHAIN, W, T=1e8, dt=0.05), "T = 1e.08: credits would take 9"),
        (lambda: filters.credits(CHAIN, W, **SHORT, noise=1e300), "noise = 1e.300, .*: too large"),
        (lambda: filters.angles(CHAIN.replace(q=0), W, **SHORT), "the exact gradient is 0"),
        (lambda: filters.meet_backprop_ahead(CHAIN, W, 20, []), "times = .*at least one instant"),
        (lambda: filters.meet_backprop_ahead(CHAIN, W, 20, [1], per_c=2), "per_c = 2: must be .* at most 1"),
        (lambda: filters.meet_backprop_ahead(CHAIN, W, 20, [1e17]), "is too small for times"),
        (lambda: meet_backprop(CHAIN, W, 1e-9, [1]), "speed = 1e-09: must be .* at least 1e-06"),
        (lambda: filters.altered(hlp.ProspectiveFlow(), kappa="x"), "kappa = 'x': must be a finite number"),
        (lambda: filters.altered(hlp.ProspectiveSteering(), credit=1), "part = 'credit': must be one of"),
        (lambda: filters.cost_of_clean(3, NOISY), "trajectory = 3: must be"),
        (lambda: filters.cost_of_clean(shown_noise(), 3), "noisy = 3: must be"),
        (lambda: filters.cost_of_clean(shown_noise(every=5), NOISY), "must be recorded at every step"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_duration_that_is_no_multiple_of_the_step():
    t, found = filters.credits(CHAIN, W, T=1, dt=0.03)  # 34 steps
    assert {values.shape for values in found.values()} == {(32, 3)} and np.allclose(np.diff(t), 1 / 34)
    problem = hlp.Tracking(hlp.feed_forward([1, 2, 1]), hlp.sinusoid(), inputs={"u1": hlp.sinusoid(period=5)})
    given = dict(problem=problem, w=[0.5] * 7, speed=30, times=[1.0, 2.0], settle=2.04)
    assert filters.meet_backprop_ahead(**given, matched="not") == pytest.approx(meet_backprop(**given).error, rel=1e-3)


def test_credits_leave_out_what_the_weights_cost_and_phi():
    plain = filters.angles(CHAIN, W, T=2)
    assert filters.angles(CHAIN.replace(r_w=1, theta=0.5), W, T=2) == plain


@pytest.mark.parametrize("theta", [-1.0, 0.0, 0.5])
def test_the_cost_of_clean_is_that_of_a_run_on_the_clean_target(theta):
    """The weights are frozen, hence both runs are the same."""
    problem, how = hlp.Tracking(hlp.fully_connected(2), NOISY, theta=theta), dict(T=3, dt=0.002)
    clean = hlp.run(problem.replace(target=NOISY.signal), hlp.Frozen(), **how).cost
    noisy = hlp.run(problem, hlp.Frozen(), **how)
    assert filters.cost_of_clean(noisy, NOISY, theta=theta) == pytest.approx(clean, rel=1e-4)


def test_noise_keeps_the_corners_of_a_signal():
    corners = hlp.recorded([0, 1, 2, 3], [0, 1, 0, 2])
    clean, noisy = (hlp.Tracking(hlp.fully_connected(2), z) for z in (corners, filters.Noisy(corners, 0.0)))
    t = np.arange(0, 3.01, 0.25)
    assert np.array_equal(clean.slopes_at_steps(t), noisy.slopes_at_steps(t))


def test_comparisons_with_backprop_without_moving_inputs_or_gradient():
    still = hlp.Tracking(hlp.chain(1), hlp.constant(0.5), inputs={"u": lambda t: 0.5})
    assert filters.meet_backprop_ahead(still, [1.0], 10, [1.0]) < 1e-6
    for meet in (meet_backprop, filters.meet_backprop_ahead):
        with pytest.raises(ValueError, match="w: backprop's gradient is 0"):
            meet(still.replace(inputs={"u": hlp.constant(0)}), [1.0], 10, [1.0])
