"""LQ tracking against closed forms, scipy's Riccati and boundary solvers, python-control, matrix exponentials."""

import control
import numpy as np
import pytest
from scipy.integrate import solve_bvp, solve_ivp
from scipy.linalg import solve_continuous_are

import hlp_edu as hlp
from hlp_edu.linear_quadratic import LQTracking, natural_rate, scalar_riccati

SCALARS = [(-1, 1, 10, 0.1), (0, 1, 2, 0.5), (0.7, -2, 3, 1.5), (-3, 0.5, 1, 4)]


def matrices(seed, n=3, m=2):
    dice = np.random.default_rng(seed)
    A, B = dice.normal(size=(n, n)), dice.normal(size=(n, m))
    C = dice.normal(size=(n, n))
    return A, B, C @ C.T, np.diag(dice.uniform(0.3, 2, m))


@pytest.mark.parametrize("a, b, q, r", SCALARS)
def test_scalar_closed_forms(a, b, q, r):
    problem, nu = LQTracking(a, b, q, r, hlp.constant(0.5)), natural_rate(a, b, q, r)
    tau = np.array([0.0, 0.01, 0.3, 1.0, 4.0])
    np.testing.assert_allclose(problem.riccati(tau)[:, 0, 0], scalar_riccati(a, b, q, r, tau), atol=1e-10)
    assert problem.P_inf[0, 0] == pytest.approx((a + nu) * r / b**2, abs=1e-10)
    assert problem.P_inf[0, 0] == pytest.approx(float(scalar_riccati(a, b, q, r, np.inf)), abs=1e-10)
    np.testing.assert_allclose(problem.spectrum("canonical"), [-nu, nu], atol=1e-10)
    np.testing.assert_allclose(
        problem.spectrum("flipped"), a + np.sqrt(q * b * b / r) * np.array([-1j, 1j]), atol=1e-10
    )
    best = problem.optimal(3, x0=0.2, dt=0.005)
    np.testing.assert_allclose(best.P[:, 0, 0], scalar_riccati(a, b, q, r, 3 - best.t), atol=1e-10)
    # same fixed point: x* = z (q b^2 / r) / nu^2
    rest = np.linalg.solve(problem.canonical, [0, -q * 0.5]), np.linalg.solve(problem.flipped_matrix(), [0, q * 0.5])
    np.testing.assert_allclose(rest[0], rest[1], atol=1e-12)
    assert rest[0][0] == pytest.approx(0.5 * (q * b * b / r) / nu**2, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_algebraic_riccati_against_two_libraries(seed):
    A, B, Q, R = matrices(seed)
    problem = LQTracking(A, B, Q, R, [hlp.constant(0)] * 3)
    np.testing.assert_allclose(problem.P_inf, solve_continuous_are(A, B, Q, R), rtol=1e-8, atol=1e-9)
    K, P, poles = control.lqr(A, B, Q, R)
    np.testing.assert_allclose(problem.P_inf, P, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(problem.riccati(50.0), problem.P_inf, rtol=1e-8, atol=1e-9)
    spectrum = problem.spectrum("canonical")
    np.testing.assert_allclose(np.sort_complex(poles), spectrum[:3], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("seed", range(2))
def test_the_optimum_solves_the_boundary_problem(seed):
    A, B, Q, R = matrices(seed)
    signals = [hlp.sinusoid(0.8, 4), hlp.constant(0.3), hlp.sinusoid(0.5, 2, 1.0)]
    problem = LQTracking(A, B, Q, R, signals)
    best = problem.optimal(2, x0=[0.5, -0.2, 0.1], dt=0.002)
    gain = np.hstack([np.zeros((3, 3)), Q])

    def law(t, y):
        return problem.canonical @ y + gain.T @ np.array([s(t) * np.ones_like(t) for s in signals])

    def ends(start, end):
        return np.append(start[:3] - [0.5, -0.2, 0.1], end[3:])

    mesh = np.linspace(0, 2, 200)
    solved = solve_bvp(law, ends, mesh, np.zeros((6, 200)), tol=1e-9, max_nodes=20000)
    np.testing.assert_allclose(best.x, solved.sol(best.t)[:3].T, atol=1e-6)
    np.testing.assert_allclose(best.p, solved.sol(best.t)[3:].T, atol=1e-5)
    # and nothing is cheaper: perturbing the control costs more, to second order
    assert best.cost < problem.receding(2, x0=[0.5, -0.2, 0.1], dt=0.002).cost
    assert best.cost < problem.reversed_riccati(2, x0=[0.5, -0.2, 0.1], dt=0.002).cost


def test_costates_are_sensitivities():
    A, B, Q, R = matrices(5)
    problem = LQTracking(A, B, Q, R, [hlp.sinusoid()] * 3)
    x0 = np.array([0.3, 0.1, -0.4])
    best = problem.optimal(2, x0=x0, dt=0.005)
    for i in range(3):
        up, down = (problem.optimal(2, x0=x0 + eps * np.eye(3)[i], dt=0.005).cost for eps in (1e-3, -1e-3))
        assert (up - down) / 2e-3 == pytest.approx(best.p[0, i], rel=1e-6)


def test_the_forward_runs_against_matrix_exponentials():
    problem = LQTracking(-1, 1, 10, 0.1, hlp.constant(0.8))
    from scipy.linalg import expm

    for run, matrix in ((problem.forward(1), problem.canonical), (problem.flipped(1), problem.flipped_matrix())):
        rest = np.linalg.solve(problem.canonical, [0, -8])
        np.testing.assert_allclose([run.x[-1, 0], run.p[-1, 0]], rest - expm(matrix) @ rest, rtol=1e-7)


def test_the_counterexample_to_stability():
    for q in (3.9, 4.1):
        flip = LQTracking([[-1, 0], [1, -1]], [[1], [0]], np.diag([0, q]), 1, [hlp.constant(0)] * 2)
        assert (flip.spectrum("flipped").real.max() > 0) == (q > 4)
        assert flip.spectrum("canonical").real[:2].max() < 0


def test_time_reversal_costs():
    """Reversing the coefficient is cheap; reversing the offset costs much where the target moves."""
    ratios = {}
    for name, signal in dict(constant=hlp.constant(0.8), wave=hlp.sinusoid()).items():
        problem = LQTracking(-1, 1, 10, 0.1, signal)
        best = problem.optimal(20).cost
        ratios[name] = [
            problem.reversed_riccati(20, offset="exact").cost / best,
            problem.reversed_riccati(20).cost / best,
            problem.receding(20).cost / best,
            problem.flipped(20).cost / best,
        ]
    np.testing.assert_allclose(ratios["constant"], [1.13, 1.12, 1.00, 2.33], atol=0.01)
    np.testing.assert_allclose(ratios["wave"], [1.07, 2.91, 1.49, 1.07], atol=0.01)


def ratios_to_the_optimum(signal, frictions):
    """Costs by J*: P reversed, P and d reversed, frozen target, bare flip, flip with the best of the frictions."""
    problem = LQTracking(-1, 1, 10, 0.1, signal)
    best = problem.optimal(20, dt=0.002).cost
    runs = [
        problem.reversed_riccati(20, dt=0.002, offset="exact"),
        problem.reversed_riccati(20, dt=0.002),
        problem.receding(20, dt=0.002),
        problem.flipped(20, dt=0.002),
    ]
    damped = min(problem.flipped(20, dt=0.002, dissipation=theta).cost for theta in frictions)
    return [run.cost / best for run in runs] + [damped / best]


def test_the_table_of_costs():
    fast = hlp.sinusoid(0.8, 2 * np.pi / 5)
    np.testing.assert_allclose(ratios_to_the_optimum(fast, [4]), [1.01, 4.02, 1.94, 2.81, 2.61], atol=0.01)
    patched = np.array([ratios_to_the_optimum(hlp.patchwork(seed), [10, 12, 14]) for seed in range(10)])
    np.testing.assert_allclose(np.median(patched, axis=0), [1.03, 2.82, 1.84, 8.50, 2.40], atol=0.02)
    assert (patched[:, 0] < 1.08).all()  # reversing P alone is cheap, whatever the target does
    # what reads the wrong side of time costs far more
    assert (patched[:, 1] > patched[:, 2]).all() and (patched[:, 2] > 1.5).all()


@pytest.mark.parametrize("offset", ["reversed", "exact"])
def test_time_reversal_against_an_adaptive_solver(offset):
    """A function of time as the target; the equations of (12) written out once more, for solve_ivp."""
    a, b, q, r, T = 0.4, 1.5, 3.0, 0.7, 3.0
    problem = LQTracking(a, b, q, r, lambda t: np.cos(2 * t))

    tight = dict(rtol=1e-10, atol=1e-12, dense_output=True)
    P = solve_ivp(lambda t, P: 2 * a * P - b * b / r * P * P + q, (0, T), [0], **tight).sol
    sign, span = (1, (0, T)) if offset == "reversed" else (-1, (T, 0))  # d as in (12) from the end, or forward

    def law(t, d):
        return sign * ((a - b * b / r * P(t)) * d - q * np.cos(2 * t))

    d = solve_ivp(law, span, [0], **tight).sol

    def price(t, x):
        return P(t)[0] * x + d(t)[0]

    def plant(t, y):
        p = price(t, y[0])
        return [a * y[0] - b * b / r * p, q / 2 * (y[0] - np.cos(2 * t)) ** 2 + b * b / r * p * p / 2]

    x, cost = solve_ivp(plant, (0, T), [0.5, 0], **tight).y[:, -1]
    run = problem.reversed_riccati(T, x0=0.5, offset=offset)
    assert run.x[-1, 0] == pytest.approx(x, abs=1e-8) and run.cost == pytest.approx(cost, abs=1e-8)


def test_a_jump_is_not_stepped_across():
    # The answer does not depend on the step, although the target jumps at its joins.
    for way in ("optimal", "reversed_riccati", "receding", "flipped"):
        problem = LQTracking(-1, 1, 10, 0.1, hlp.steps([0.5, 1.2], [0.8, -0.3, 0.4]))
        coarse, fine = (getattr(problem, way)(2, dt=dt).cost for dt in (0.01, 0.001))
        assert coarse == pytest.approx(fine, rel=2e-5)
    blind = LQTracking(-1, 1, 10, 0.1, lambda t: problem.targets[0](t))  # the same, but it hides its jumps
    assert abs(blind.flipped(2, dt=0.01).cost / problem.flipped(2, dt=0.01).cost - 1) > 1e-4


def test_a_long_plan_is_the_endless_one():
    problem = LQTracking(-1, 1, 10, 0.1, hlp.sinusoid())
    assert problem.receding(5, horizon=3).cost == pytest.approx(problem.receding(5).cost, rel=1e-9)
    assert problem.receding(5, horizon=0.05).cost > problem.receding(5).cost


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((np.ones((2, 3)), 1, 1, 1), "A has shape"),
        ((-1, [[1], [2]], 1, 1), "B has shape"),
        ((-1, 1, np.eye(2), 1), "Q has shape"),
        ((-1, 1, 1, np.eye(2)), "R has shape"),
        ((-1, 1, -1, 1), "Q has the eigenvalue -1"),
        ((-1, 1, 1, 0), "R has the eigenvalue 0"),
        ((-1, 1, 1, -2), "R has the eigenvalue -2"),
        ((1, 0, 1, 1), "B does not act on it"),
        (("a", 1, 1, 1), "A = 'a'"),
        ((np.nan, 1, 1, 1), r"A\[0, 0\] = nan: every entry"),
        ((np.eye(2) * -1, np.eye(2), [[1, 2], [0, 1]], np.eye(2)), "Q: must be symmetric"),
    ],
)
def test_bad_matrices(arguments, words):
    count = np.shape(arguments[0])[0] if np.ndim(arguments[0]) else 1
    with pytest.raises(ValueError, match=words):
        LQTracking(*arguments, [hlp.constant(0)] * count)


def test_bad_targets_and_times():
    with pytest.raises(ValueError, match="2 given for 1 states"):
        LQTracking(-1, 1, 1, 1, [hlp.constant(0)] * 2)
    problem = LQTracking(-1, 1, 1, 1, hlp.constant(0))
    with pytest.raises(ValueError, match="T = -1"):
        problem.optimal(-1)
    for tau in (-1.0, 1e308, np.nan):
        with pytest.raises(ValueError, match="tau = .*from 0 to 1e"):
            problem.riccati(tau)
    with pytest.raises(ValueError, match="law = 'both'"):
        problem.spectrum("both")
    with pytest.raises(ValueError, match="offset = 'no'"):
        problem.reversed_riccati(1, offset="no")
    with pytest.raises(ValueError, match="x0 has shape"):
        problem.flipped(1, x0=[1, 2])
    for name in ("x0", "p0"):
        with pytest.raises(ValueError, match=f"{name} = .*: must be one number, or one per state"):
            problem.flipped(1, **{name: [[1.0], [1.0, 2.0]]})


def test_targets_are_checked_where_they_are_read():
    def saw(t):
        t %= 2
        return t

    for target, words in ((lambda t: 1j * t, "target"), (lambda t: 1 / 0, "target.*fails with ZeroDivisionError")):
        with pytest.raises(ValueError, match=words):
            LQTracking(-1, 1, 1, 1, target).flipped(1)
    kept, changed = (LQTracking(-1, 1, 1, 1, z).flipped(3) for z in (lambda t: t % 2, saw))
    assert np.array_equal(kept.x, changed.x) and np.array_equal(kept.t, changed.t)


def test_a_run_that_leaves_all_bounds_costs_infinity():
    problem = LQTracking(-1, 1, 10, 0.1, hlp.constant(0.8))
    for far in (
        problem.optimal(0.1, x0=1e308, dt=0.01),
        problem.flipped(0.1, p0=1e308, dt=0.01),
        problem.forward(100, dt=0.01),
    ):
        assert far.cost == np.inf and len(far.t) == len(far.x)


@pytest.mark.parametrize("name, value", [("A", -1e199), ("B", 1e199), ("Q", 1e300), ("R", 5e-324)])
def test_numbers_that_would_overflow_are_refused(name, value):
    with pytest.raises(ValueError, match=f"^{name} has the (entry|eigenvalue) "):
        LQTracking(**(dict(A=-1.0, B=1.0, Q=10.0, R=0.1, target=hlp.constant(0.8)) | {name: value}))
