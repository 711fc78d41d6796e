"""Every sign policy does what it says, and a rule of one's own is as good as a built-in one."""

import numpy as np
import pytest
from reference import beginning, given, random_case

import hlp_edu as hlp


def five(target=None, **changes):
    return hlp.Tracking(hlp.fully_connected(5), target or hlp.sinusoid(), **changes)


def gradients(problem, run):
    return problem.gradients(run.x, run.w, run.p_x, run.p_w, run.t)


def test_constant_signs():
    problem = random_case(2)
    arguments = dict(T=0.2, dt=0.01, **given(beginning(problem)))
    for policy, sign in (
        (hlp.Canonical(), 1),
        (hlp.Flipped(1, 2), -1),
        (hlp.GradientFlow(0.1), -1),
        (hlp.Frozen(), -1),
    ):
        run = hlp.run(problem, policy, **arguments)
        assert run.sign.shape == (21,) and run.sign.dtype.kind == "i" and (run.sign == sign).all()
        assert (run.final.s_x == sign).all() and (run.final.s_w == sign).all()


def test_dissipation_is_added_to_the_problems_theta():
    plain, weighted = five(q=10, speed=5), five(q=10, speed=5, theta=2)
    a = hlp.run(plain, hlp.Flipped(dissipation_w=5, dissipation_x=3), T=1, dt=0.01)
    b = hlp.run(weighted, hlp.Flipped(dissipation_w=3, dissipation_x=1), T=1, dt=0.01)
    for key in ("x", "w", "p_x", "p_w", "lagrangian", "hamiltonian"):
        assert np.array_equal(getattr(a, key), getattr(b, key)), key
    assert b.cost > a.cost, "only the weighting of the cost differs"


def test_periodic():
    problem = five(q=1, speed=2)
    run = hlp.run(problem, hlp.Periodic(period=0.1, flipped=0.3), T=0.5, dt=0.01, t0=0.2)
    # away from the switches, where rounding may decide
    share = (run.t / 0.1) % 1
    clear = (np.abs(share - 0.3) > 1e-6) & (share > 1e-6) & (share < 1 - 1e-6)
    assert clear.sum() >= 30 and set(run.sign[clear]) == {-1, 1}
    assert np.array_equal(run.sign[clear], np.where(share < 0.3, -1, 1)[clear])
    for share, policy in ((1.0, hlp.Flipped()), (0.0, hlp.Canonical())):
        ours = hlp.run(problem, hlp.Periodic(period=0.1, flipped=share), T=0.5, dt=0.01)
        theirs = hlp.run(problem, policy, T=0.5, dt=0.01)
        assert np.array_equal(ours.x, theirs.x) and np.array_equal(ours.sign, theirs.sign)


def test_hamiltonian_band_has_a_memory():
    run = hlp.run(five(speed=5, q=10), hlp.HamiltonianBand(-0.3, 0.2, dissipation_w=3), T=4, dt=0.005)
    sign, expected = -1, []
    for H in run.hamiltonian:
        sign = -1 if H > 0.2 else 1 if H < -0.3 else sign
        expected.append(sign)
    assert np.array_equal(run.sign, expected)
    inside = (run.hamiltonian > -0.3) & (run.hamiltonian < 0.2)
    assert {-1, 1} == set(run.sign[inside]), "inside the band both signs occur: it depends on the past"


def test_hamiltonian_servo():
    problem = five()
    run = hlp.run(problem, hlp.HamiltonianServo(dissipation_w=15, dissipation_x=20), T=5, dt=0.002)
    H_x, H_w = gradients(problem, run)
    power = (run.p_x * H_x).sum(1) + (run.p_w * H_w).sum(1)
    assert np.array_equal(run.sign, np.where((run.hamiltonian < 0) & (power > 0), 1, -1))
    assert set(run.sign) == {-1, 1} and (run.final.s_x == -1).all()


def test_per_arc_chooses_arc_by_arc_and_slides():
    mu = 0.03
    problem = five()
    run = hlp.run(problem, hlp.PerArc(mu=mu), T=20, dt=0.0005, record="all", every=10)
    H_w = gradients(problem, run)[1]
    assert run.sign.shape == run.w.shape and (run.final.s_x == -1).all()
    assert np.array_equal(run.sign, np.where(run.p_w * H_w > mu * H_w**2, 1, -1))
    late = run.t > 10
    off = np.sqrt(np.mean((run.p_w - mu * H_w)[late] ** 2) / np.mean((mu * H_w)[late] ** 2))
    assert off < 0.1, "it slides along p_w = mu H_w"
    flow = hlp.run(problem, hlp.GradientFlow(mu=mu), T=20, dt=0.0005, every=10)
    assert np.sqrt(np.mean((run.outputs - flow.outputs)[late] ** 2)) < 0.01, "that is, it imitates the gradient flow"
    lazy = hlp.run(problem, hlp.Flipped(), T=20, dt=0.0005, every=10)
    H_w = gradients(problem, lazy)[1]
    assert np.mean((lazy.p_w - mu * H_w)[late] ** 2) > np.mean((mu * H_w)[late] ** 2), "without switching it does not"


def test_gradient_flow_is_one():
    problem = random_case(5)
    begin = beginning(problem)
    run = hlp.run(problem, hlp.GradientFlow(mu=0.2), T=1, dt=0.01, **given(begin))
    H_w = gradients(problem, run)[1]
    assert np.allclose(run.p_w, 0.2 * H_w, atol=1e-14)
    velocity = np.gradient(run.w, run.t, axis=0, edge_order=2)
    assert np.allclose(velocity[2:-2], (-0.2 / problem.r * H_w)[2:-2], atol=2e-3 * np.abs(velocity).max())
    assert np.allclose(run.lagrangian, problem.lagrangian(run.x, run.w, -0.2 / problem.r * H_w, run.t))


def test_frozen_weights_are_held():
    problem = random_case(5)
    run = hlp.run(problem, hlp.Frozen(), T=1, dt=0.01, **given(beginning(problem)))
    assert (run.w == run.w[0]).all() and (run.p_w == 0).all() and np.ptp(run.p_x) > 0


# --- rules of one's own -----------------------------------------------------------------------------


def own_flip(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    s_x[:] = -1
    s_w[:] = -1


def own_per_arc(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    s_x[:] = -1
    for k in range(len(s_w)):
        s_w[k] = 1 if p_w[k] * H_w[k] > 0.03 * H_w[k] ** 2 else -1


def own_servo(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    power = 0.0
    for i in range(len(p_x)):
        power += p_x[i] * H_x[i]
    for k in range(len(p_w)):
        power += p_w[k] * H_w[k]
    s_x[:] = -1
    s_w[:] = 1 if H < 0 and power > 0 else -1


def own_band(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    if H > 0.2:
        s_x[:] = -1
        s_w[:] = -1
    elif H < -0.3:
        s_x[:] = 1
        s_w[:] = 1


def own_scratch(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    p_w *= H_w  # a copy, on which a rule may work
    s_x[:] = -1
    for k in range(len(s_w)):
        s_w[k] = 1 if p_w[k] > 0.03 * H_w[k] ** 2 else -1


@pytest.mark.parametrize(
    "rule, built_in",
    [
        (own_flip, hlp.Flipped(30, 5)),
        (own_per_arc, hlp.PerArc(mu=0.03, dissipation_w=30, dissipation_x=5)),
        (own_scratch, hlp.PerArc(mu=0.03, dissipation_w=30, dissipation_x=5)),
        (own_servo, hlp.HamiltonianServo(30, 5)),
        (own_band, hlp.HamiltonianBand(-0.3, 0.2, dissipation_w=30, dissipation_x=5)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_rule_of_ones_own_equals_the_built_in_one_bit_for_bit(rule, built_in):
    problem = five(hlp.patchwork(seed=1))
    ours = hlp.run(problem, hlp.Policy(rule, dissipation_w=30, dissipation_x=5), T=3, dt=0.002)
    theirs = hlp.run(problem, built_in, T=3, dt=0.002)
    for key in ("x", "w", "p_x", "p_w", "lagrangian", "hamiltonian"):
        assert np.array_equal(getattr(ours, key), getattr(theirs, key)), key
    assert ours.cost == theirs.cost and ours.sign.shape == ours.w.shape
    signs = theirs.sign if theirs.sign.ndim == 2 else theirs.sign[:, None]
    assert np.array_equal(ours.sign, np.broadcast_to(signs, ours.sign.shape))


def test_a_rule_sees_what_it_should():
    problem = random_case(6)

    def until_one(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
        if t < 0.995:
            s_x[0] = 1
            s_w[len(s_w) - 1] = 1
        else:
            s_w[:] = -s_w

    run = hlp.run(problem, hlp.Policy(until_one), T=1.02, dt=0.01)
    assert (run.sign[:100, -1] == 1).all() and (run.sign[:100, :-1] == -1).all(), "at the start signs are -1"
    assert np.array_equal(run.sign[100], -run.sign[99]) and np.array_equal(run.sign[101], run.sign[99])
    assert run.final.s_x[0] == 1 and (run.final.s_x[1:] == -1).all()


def test_a_rule_is_compiled_again_when_what_it_reads_has_changed():
    problem = five(q=10, speed=5)
    mu = 0.02

    def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
        s_x[:] = -1
        for k in range(len(s_w)):
            s_w[k] = 1 if p_w[k] * H_w[k] > mu * H_w[k] ** 2 else -1

    own = hlp.Policy(rule)
    first = hlp.run(problem, own, T=1, dt=0.01)
    mu = 0.06
    second = hlp.run(problem, own, T=1, dt=0.01)
    for run, value in ((first, 0.02), (second, 0.06)):
        assert np.array_equal(run.w, hlp.run(problem, hlp.PerArc(mu=value), T=1, dt=0.01).w)
    assert not np.array_equal(first.w, second.w)


def test_a_changed_array_counts_as_changed_however_long_it_is():
    problem = five(q=10, speed=5)
    signs = np.full(5000, -1.0)

    def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
        s_x[:] = signs[2500]
        s_w[:] = signs[2500]

    own = hlp.Policy(rule)
    first = hlp.run(problem, own, T=0.1, dt=0.01)
    signs[2500] = 1.0
    second = hlp.run(problem, own, T=0.1, dt=0.01)
    assert (first.sign == -1).all() and (second.sign == 1).all()


def bad_shape(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    s_x[:] = p_w


def bad_index(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    s_w[1000] = 1


def bad_name(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    s_w[:] = nowhere  # noqa: F821


def rebound(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    s_w = np.where(p_w * H_w > 0, 1.0, -1.0)  # noqa: F841


def answers(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    return s_w


def generator(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    yield


async def coroutine(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    pass


def uncompilable(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    s_w[:] = {"flipped": [-1]}["flipped"][0] if type(t).__name__ else 0
    s_w[:] = float(str(-1.0))


@pytest.mark.parametrize(
    "rule, words",
    [
        (bad_shape, ["rule bad_shape: fails on arrays of 5 neurons and 30 arcs", "(30,)"]),
        (bad_index, ["rule bad_index: fails", "1000"]),
        (bad_name, ["rule bad_name: fails", "nowhere"]),
        (rebound, ["rule rebound: gives the name s_w to another array", "s_w[:] = -1"]),
        (answers, ["rule answers: returns array([", "return nothing"]),
        (uncompilable, ["rule: could not be compiled", "numbers, arrays, loops and conditions"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_rule_that_fails_says_so_before_the_run(rule, words, capfd):
    with pytest.raises(ValueError) as caught:
        hlp.run(five(), hlp.Policy(rule), T=1)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert capfd.readouterr().err == ""


def fails_late(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    if 1 < t < 2:
        s_w[s_w.size] = 1
    elif 2 < t < 3:
        s_w[-int(1e9 * t)] = 1
    elif 3 < t < 4:
        s_w *= 5
    elif 4 < t < 5:
        s_x[:] = np.nan
    elif 5 < t < 6:
        raise ValueError


def test_a_rule_that_fails_late_ends_the_run_with_words():
    policy = hlp.Policy(fails_late)
    assert hlp.run(five(), policy, T=1, dt=0.25).t[-1] == 1
    for k in range(1, 6):
        with pytest.raises(ValueError, match=rf"policy = Policy\(fails_late\): at t = {k}.25 its rule fails, or sets"):
            hlp.run(five(), policy, T=1, dt=0.25, t0=k)


@pytest.mark.parametrize(
    "policy, name, value",
    [
        (hlp.Flipped(30), "dissipation_w", np.nan),
        (hlp.Flipped(30), "dissipation_w", "30"),
        (hlp.Flipped(30), "dissipation_x", np.ones(3)),
        (hlp.GradientFlow(mu=0.1), "mu", -1),
        (hlp.Policy(own_flip), "dissipation_w", np.nan),
    ],
)
def test_a_number_that_is_changed_later_is_checked_at_the_start_of_a_run(policy, name, value):
    setattr(policy, name, value)
    with pytest.raises(ValueError, match=f"{name} = .*: must be a finite number"):
        hlp.run(five(), policy, T=1)


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda: hlp.Policy(3), ["rule = 3", "function of (t, H, p_x"]),
        (lambda: hlp.Policy(max), ["rule = <built-in function max>", "function of (t"]),
        (lambda: hlp.Policy(generator), ["rule = <function generator", "plain function of (t"]),
        (lambda: hlp.Policy(coroutine), ["rule = <function coroutine", "plain function of (t"]),
        (lambda: hlp.Policy(lambda t, H: None), ["<lambda>(t, H)", "must take (t, H, p_x, p_w, H_x, H_w, s_x, s_w)"]),
        (lambda: hlp.Policy(own_flip, dissipation_w=np.nan), ["dissipation_w = nan", "finite number"]),
        (lambda: hlp.Flipped(dissipation_w="30"), ["dissipation_w = '30'", "finite number"]),
        (lambda: hlp.Flipped(dissipation_x=np.inf), ["dissipation_x = inf", "finite number"]),
        (lambda: hlp.PerArc(mu=-1), ["mu = -1", "at least 0"]),
        (lambda: hlp.PerArc(mu=np.nan), ["mu = nan", "at least 0"]),
        (lambda: hlp.PerArc(mu="small"), ["mu = 'small'", "at least 0"]),
        (lambda: hlp.GradientFlow(mu=-0.1), ["mu = -0.1", "at least 0"]),
        (lambda: hlp.Periodic(period=0), ["period = 0", "above 0"]),
        (lambda: hlp.Periodic(flipped=1.5), ["flipped = 1.5", "at most 1"]),
        (lambda: hlp.Periodic(flipped=-0.5), ["flipped = -0.5", "at least 0"]),
        (lambda: hlp.HamiltonianBand(low=1, high=-1), ["high = -1", "at least 1"]),
        (lambda: hlp.HamiltonianServo(dissipation_x=None), ["dissipation_x = None", "finite number"]),
    ],
)
def test_wrong_arguments(build, words):
    with pytest.raises(ValueError) as caught:
        build()
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_policies_show_what_they_are():
    assert repr(hlp.Flipped(dissipation_w=30)) == "Flipped(dissipation_w=30)"
    assert repr(hlp.PerArc(0.03)) == "PerArc(mu=0.03)" and repr(hlp.Canonical()) == "Canonical()"
    assert repr(hlp.Policy(own_flip, dissipation_x=2)) == "Policy(own_flip, dissipation_x=2)"
