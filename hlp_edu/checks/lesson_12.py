"""The tasks of lesson 12: the energies of a run, their balance, a cloud of networks, and a law found from energies."""

import copy
import functools

import numpy as np

from hlp_edu.checks import watch
from hlp_edu.checks.core import Function, negated, sealed
from hlp_edu.checks.draws import dice, seed
from hlp_edu.checks.values import like

__all__ = ["spike", "energies", "balance", "swelling", "law"]

LESSON = "12_where_the_energy_goes"


# ------------------------------------------------------------------------------ 1: how high is the spike?


def _leaps(rng):
    for outputs in (1, 1, 3):
        x, before, after = rng.uniform(-0.8, 0.8, (3, outputs))
        yield x, before, after, rng.uniform(5, 100)


def _leap_of_H(x, before, after, q):
    """From the Hamiltonian itself: of two problems that differ in their targets alone."""
    import hlp_edu as hlp

    net = hlp.feed_forward([1] + [len(x)])
    both = []
    for z in (before, after):
        problem = hlp.Tracking(net, [hlp.constant(value) for value in z], q=q, inputs={"u1": hlp.constant(0)})
        w = np.linspace(-1, 1, len(net.arcs))
        both.append(problem.hamiltonian(x, w, 0.3 * x, 0.2 * w))
    return both[1] - both[0]


def _surprise_alone(right, x, before, after, q):
    return q / 2 * ((after - before) ** 2).sum()


spike = Function(
    LESSON,
    "spike",
    "How high is the spike?",
    points=1,
    inputs=_leaps,
    expected=_leap_of_H,
    mistakes={
        "the sign is wrong: what comes after the jump counts with a plus": negated,
        "that is the surprise alone, as if the output had stood on the target before the jump": _surprise_alone,
        "it is twice as high as it should be: the error is weighted by q/2": lambda right, *given: 2 * right,
        "q is missing: the error is weighted by it": lambda right, *given: right / given[-1],
    },
    hints=[
        "At the jump x does not change and z does. Which term of H has a z in it?",
        "Delta H = q/2 (e_after² - e_before²), with e = x - z, summed over the outputs.",
    ],
    moral="L jumps by the same number. It depends on the signal, and on the error just before the jump.",
)


# ------------------------------------------------------------------------------- 2: L and H of a recorded run


def _records(rng):
    for neurons, outputs in ((3, 1), (5, 2)):
        steps, arcs = int(rng.integers(6, 30)), neurons * (neurons + 1)
        e, f, p_x = rng.normal(size=(steps, outputs)), *rng.normal(size=(2, steps, neurons))
        w, p_w = rng.normal(size=(2, steps, arcs))
        yield e, f, w, p_x, p_w, rng.uniform(5, 20), rng.uniform(0.3, 3), rng.uniform(0.05, 0.5)


def _energies(e, f, w, p_x, p_w, q, r_w, r):
    """Row by row, from the cost of each thing."""
    rows = []
    for k in range(len(e)):
        there, effort, moves = (q * e[k] @ e[k] + r_w * w[k] @ w[k]) / 2, p_w[k] @ p_w[k] / r / 2, p_x[k] @ f[k]
        rows.append((there + effort, there - effort + moves))
    L, H = np.transpose(rows)
    return L, H


def _other(L=None, H=None):
    """A mistake in L, in H or in both, as something added to the right value."""

    def value(right, e, f, w, p_x, p_w, q, r_w, r):
        parts = {
            "error": q / 2 * (e**2).sum(1),
            "size": r_w / 2 * (w**2).sum(1),
            "speed": (p_w**2).sum(1) / (2 * r),
            "unscaled": r / 2 * (p_w**2).sum(1),
            "flow": (p_x * f).sum(1),
        }
        return tuple(
            one if add is None else one + sum(factor * parts[name] for name, factor in add.items())
            for one, add in zip(right, (L, H), strict=True)
        )

    return value


def _as_recorded(energies):
    """On a run, the library's own two curves."""
    import hlp_edu as hlp

    problem = hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid(), q=20, r_w=0.5, r=0.2)
    run = hlp.run(problem, hlp.Flipped(20, 5), T=1, dt=0.01, seed=1)
    f = problem.dynamics(run.x, run.w, run.t)
    L, H = energies(run.outputs - run.target, f, run.w, run.p_x, run.p_w, 20.0, 0.5, 0.2)
    for name, got, right in (("L", L, run.lagrangian), ("H", H, run.hamiltonian)):
        if not np.allclose(got, right):
            k = int(np.argmax(np.abs(np.asarray(got) - right)))
            return (
                f"on a run of three neurons it does not give the {name} that the run has recorded; at t = "
                f"{run.t[k]:.2f} it gives {np.asarray(got)[k]:.4g} where {right[k]:.4g} is right"
            )


energies = Function(
    LESSON,
    "energies",
    "The Lagrangian and the Hamiltonian of a record",
    points=1,
    inputs=_records,
    expected=_energies,
    mistakes={
        "the order is wrong: L first, then H": lambda right, *given: right[::-1],
        "your L is what H should be: L is the cost alone, with the moving weights, and no p_x . f in it": (
            lambda right, *given: (right[1], right[1])
        ),
        "in H the moving weights count with a minus: H is a cost that has been minimised over the velocities": _other(
            H=dict(speed=2)
        ),
        "in L the velocity is v = -p_w / r, so r/2 |v|² is |p_w|² / (2 r)": _other(L=dict(speed=-1, unscaled=1)),
        "in L and in H r is on the wrong side: with v = -p_w / r, r/2 |v|² is |p_w|² / (2 r)": _other(
            dict(speed=-1, unscaled=1), dict(speed=1, unscaled=-1)
        ),
        "in L the moving weights are missing: r/2 |v|² with v = -p_w / r": _other(L=dict(speed=-1)),
        "in H the moving weights are missing: -|p_w|² / (2 r)": _other(H=dict(speed=1)),
        "in H the moving neurons are missing: p_x . f": _other(H=dict(flow=-1)),
        "in H p_x . f has the wrong sign": _other(H=dict(flow=-2)),
        "the size of the weights is missing; it is weighted by r_w": _other(dict(size=-1), dict(size=-1)),
        "each of the terms with q, r_w and 1/r has a factor 1/2": lambda right, e, f, w, p_x, p_w, q, r_w, r: (
            2 * right[0],
            2 * right[1] - (p_x * f).sum(1),
        ),
    },
    properties=[_as_recorded],
    hints=[
        "L is (4) without the integral and with v = -p_w / r; H is (5). Both begin with q/2 |e|² + r_w/2 |w|².",
        "L = q/2 |e|² + r_w/2 |w|² + |p_w|² / (2 r);  H = q/2 |e|² + r_w/2 |w|² - |p_w|² / (2 r) + p_x . f.",
        "Every row is one moment: `(e**2).sum(axis=1)` is |e|² for all of them, `(p_x * f).sum(axis=1)` is p_x . f.",
    ],
    moral="L - H = |p_w|² / r - p_x . f: at rest they are equal.",
)


# ---------------------------------------------------------------------------------------- 3: the balance


@functools.cache
def _booked(number):
    """Two runs with everything that the learner's function needs, and the library's account of them."""
    import hlp_edu as hlp
    from hlp_edu.compare import tracking_problem
    from hlp_edu.energy import account

    rng, cases = np.random.default_rng([number, 3]), []
    wave = tracking_problem("sinusoid", r=rng.uniform(0.15, 0.3))
    leaps = rng.uniform(0.5, 0.8, 4) * (1, -1, 1, -1)
    held = wave.replace(
        target=hlp.steps((1 + np.sort(rng.uniform(0.1, 0.6, 3))).round(2) + (0, 0.05, 0.1), leaps), q=60
    )
    for problem, slope in ((wave, lambda t: 0.8 * np.cos(t)), (held, lambda t: 0 * t)):
        theta_x, theta_w = rng.uniform(3, 6), rng.uniform(22, 32)
        policy = hlp.Flipped(dissipation_w=theta_w, dissipation_x=theta_x)
        begun = hlp.run(problem, policy, T=1, seed=int(rng.integers(100)))
        run = hlp.run(problem, policy, T=round(rng.uniform(1.2, 1.7), 2), dt=5e-4, start=begun.final)
        jumps = problem.targets[0].jumps(run.t[0], run.t[-1])
        cases.append((problem, run, theta_x, theta_w, slope(run.t)[:, None], jumps, account(problem, policy, run)))
    return cases


def _balanced(balance):
    import hlp_edu as hlp
    from hlp_edu.energy import account as accounted

    for problem, run, theta_x, theta_w, slope, jumps, account in _booked(seed()):
        bare = copy.copy(run)  # of the Hamiltonian it shows the beginning alone
        bare.hamiltonian = np.append(run.hamiltonian[0], np.full(len(run.t) - 1, np.nan))
        with watch.library([]) as used:
            got = np.asarray(balance(problem, bare, theta_x, theta_w, slope, jumps), float)
        if "account" in used:
            return "it calls `hlp_edu.energy.account`; here you are to add up the entries yourself"
        if got.shape != run.t.shape:
            return f"it returns the shape {got.shape} for {len(run.t)} rows: what H should be, for each of them"
        if not np.isfinite(got).all():
            return "it returns numbers that are not finite: of `run.hamiltonian` only the first is there"
        off = got - run.hamiltonian
        scale = np.abs(run.hamiltonian).max()
        if np.abs(off).max() > 0.02 * scale:
            return _missing(off, scale, run, jumps, account)
        more = dice(3).uniform(1.5, 3, 5)  # the question: the same record, with other numbers
        other = problem.replace(q=more[0] * problem.q, r=more[1] * problem.r)
        would = accounted(other, hlp.Flipped(more[2] * theta_w, more[3] * theta_x), run)
        right = would.balance + (more[4] - 1) * would.terms["target moves"]
        got = balance(other, bare, more[3] * theta_x, more[2] * theta_w, more[4] * slope, jumps)
        if np.abs(got - right).max() > 0.02 * np.abs(right).max():
            return (
                "its sum does not follow (14): with other prices, frictions and another speed of the target the "
                "entries of this record are others, and yours are not. Add up the entries; do not compute H from the "
                "states, with (5)"
            )


ENTRIES = {
    "flip of p_x": "the flip of p_x, 2 H_x . f",
    "flip of p_w": "the flip of p_w, 2 H_w . w'",
    "friction on p_x": "the friction on p_x, -theta_x p_x . f",
    "friction on p_w": "the friction on p_w, theta_w |p_w|² / r",
    "target moves": "the power of the target, -q e . z'",
    "target jumps": "the jumps of the target, q/2 (e_after² - e_before²)",
}


def _missing(off, scale, run, jumps, account):
    """Which entries of the account explain what the learner's balance is off by."""
    start = run.hamiltonian[0]
    if np.abs(off + start).max() < 0.02 * scale:
        return "the balance begins at 0: it begins with what is there, `run.hamiltonian[0]`"
    change = account.balance - start
    h = run.t[1] - run.t[0]
    if np.abs(off + change).max() < 0.02 * scale:
        return "no term is ever added: H stays at its start"
    smooth = change - account.terms["target jumps"]
    if np.abs(off - smooth * (1 / h - 1)).max() < 0.05 * np.abs(smooth / h).max():
        return "the rates are added up without the step of time: each row is worth `dt` of it"
    if np.abs(off + 2 * change).max() < 0.02 * scale:
        return "all entries have the wrong sign"
    rows = [int(np.argmin(np.abs(run.t - jump))) for jump in jumps]
    steps = np.diff(off)
    if len(rows) and np.abs(np.delete(steps, np.r_[np.array(rows) - 1, rows])).sum() < 0.1 * np.abs(steps).sum():
        return _at_jumps(off, run, rows, np.diff(account.terms["target jumps"]))
    columns = {
        name: term for name, term in account.terms.items() if name in ENTRIES and np.abs(term).max() > 1e-3 * scale
    }
    weight = np.linalg.lstsq(np.transpose(list(columns.values())), off, rcond=None)[0]
    rest = off - np.transpose(list(columns.values())) @ weight
    wrong = {name: s for name, s in zip(columns, weight, strict=True) if abs(s) > 0.1}
    if np.abs(rest).max() < 0.05 * np.abs(off).max() + 0.02 * scale and wrong:
        name = max(wrong, key=lambda name: abs(wrong[name]) * np.abs(columns[name]).max())
        words, found = ENTRIES[name], wrong[name]
        if abs(found + 1) < 0.1:
            return f"an entry is missing: {words}"
        if abs(found + 2) < 0.1:
            return f"an entry has the wrong sign: {words}"
        if abs(found + 0.5) < 0.1:
            return f"an entry has half its size: {words}"
        return f"an entry has {1 + found:.2g} times its size: {words}"
    k = int(np.argmax(np.abs(off) > 0.02 * scale))
    there, mine = run.hamiltonian[k], off[k] + run.hamiltonian[k]
    return f"at t = {run.t[k]:.3f} H is {there:.2f}, and the balance says {mine:.2f}; before that it is right"


def _at_jumps(off, run, rows, right):
    """What is wrong with a balance that is wrong at the jumps alone."""
    rows = np.array(rows)
    due = right[rows - 1]
    booked = due + off[rows] - off[rows - 1]
    slack = 0.04 * np.abs(due).max()  # a step's worth of the other entries
    late = (np.abs(booked) < slack).all() and (np.abs(off[rows + 1] - off[rows] - due) < 3 * slack).all()
    if late:
        return "the entry of a jump comes a row late: the row at the time of a jump shows the target after it"
    if (np.abs(booked) < slack).all():
        return f"an entry is missing: {ENTRIES['target jumps']}"
    if (np.abs(booked + due) < slack).all():
        return f"an entry has the wrong sign: {ENTRIES['target jumps']}"
    if (np.abs(booked - due) < slack).all() and (np.abs(off[rows + 1] - off[rows] + due) < slack).all():
        return "the entry of a jump is gone a row later: H has jumped for good, so add it in all rows from the jump on"
    worst = int(np.argmax(np.abs(booked - due)))
    k, due, booked = rows[worst], due[worst], booked[worst]
    return (
        f"at the jump at t = {run.t[k]:.1f} you add {booked:.2f}, and {due:.2f} is right: q/2 (e_after² - e_before²), "
        "both with the x of this row, and e_before with the target from before the jump"
    )


balance = Function(
    LESSON,
    "balance",
    "The balance, closed by quadrature",
    points=3,
    properties=[_balanced],
    hints=[
        "Three steps: the rate H' of (14) at every row, with s = -1; its integral from the first row on (trapezoids: "
        "`scipy.integrate.cumulative_trapezoid(rate, run.t, initial=0)`); and the entries at jumps, from their row on.",
        "`H_x, H_w = problem.gradients(run.x, run.w, run.p_x, run.p_w, run.t)`, `f = problem.dynamics(run.x, run.w, "
        "run.t)`. "
        "The rate is 2 H_x . f + 2 H_w . (-p_w / r) - theta_x p_x . f + theta_w |p_w|² / r - q e . z', each a sum "
        "over axis 1.",
        "At a jump, row `k = np.argmin(abs(run.t - jump))`: add `problem.q / 2 * (after**2 - before**2)` to `H[k:]`, "
        "where "
        "`after = run.outputs[k] - run.target[k]` and `before = run.outputs[k] - problem.target_at(jump - 1e-6)`.",
    ],
    moral="Every change of H has its term in (14).",
)


# ------------------------------------------------------------------------------------------ 4: the cloud


def _clouds(rng):
    for neurons, s in ((1, -1), (4, -1), (4, 1), (6, -1)):
        W, y = rng.normal(size=(neurons, neurons + 1)), np.append(rng.uniform(-1, 1, neurons), 1.0)
        yield W, y, rng.uniform(2, 20), s, rng.uniform(1, 6), rng.uniform(10, 30)


def _volume(W, y, c, s_x, theta_x, theta_w):
    """The divergence of the velocities of x, w, p_x, p_w by brute force: each variable, nudged by an imaginary bit."""
    n, total = len(W), 0.0
    for i in range(n):
        z = y.astype(complex)
        z[i] += 1e-30j
        slope = (c * (np.tanh(W[i] @ z) - z[i])).imag / 1e-30
        total += slope - s_x * slope - theta_x  # p_x' = -s H_x - theta p_x, and H_x,i = ... + p_x,i df_i/dx_i
    return total - W.size * theta_w


def _parts(W, y, c):
    sigma = 1 - np.tanh(W @ y) ** 2
    return -c * len(W), c * (sigma * np.diag(W)).sum()


def _swell(how):
    def value(right, W, y, c, s, theta_x, theta_w):
        leak, loops = _parts(W, y, c)
        n, m = len(W), W.size
        return how(leak, loops, s, n * theta_x, m * theta_w, n, m, theta_x, theta_w)

    return value


swelling = Function(
    LESSON,
    "swelling",
    "A cloud of networks",
    points=2,
    inputs=_clouds,
    expected=_volume,
    library=[],
    mistakes={
        "the loops are missing: a neuron with an arc to itself has df_i/dx_i = c (-1 + sigma'(a_i) w_ii)": _swell(
            lambda leak, loops, s, x, w, *_: (1 - s) * leak - x - w
        ),
        "the weight of the loop is missing: a_i contains w_ii x_i, so df_i/dx_i = c (-1 + sigma'(a_i) w_ii)": (
            lambda right, W, y, c, s, theta_x, theta_w: (
                -(1 - s) * c * (np.tanh(W @ y) ** 2).sum() - len(W) * theta_x - W.size * theta_w
            )
        ),
        "the arcs from the bias have weights, too: every entry of W is an arc, and counts for theta_w": _swell(
            lambda leak, loops, s, x, w, n, m, tx, tw: (1 - s) * (leak + loops) - x - n * n * tw
        ),
        "the leak is missing: df_i/dx_i = c (-1 + sigma'(a_i) w_ii)": _swell(
            lambda leak, loops, s, x, w, *_: (1 - s) * loops - x - w
        ),
        "the slope sigma'(a_i) = 1 - tanh(a_i)² is missing": lambda right, W, y, c, s, theta_x, theta_w: (
            (1 - s) * c * (np.diag(W) - 1).sum() - len(W) * theta_x - W.size * theta_w
        ),
        "the factor 1 - s is missing: neurons and their costates count together": _swell(
            lambda leak, loops, s, x, w, *_: leak + loops - x - w
        ),
        "1 - s has become 1 + s: the canonical cloud would shrink, and the flipped one keep its volume": _swell(
            lambda leak, loops, s, x, w, *_: (1 + s) * (leak + loops) - x - w
        ),
        "friction counts once for each costate: theta_x for each neuron, theta_w for each arc": _swell(
            lambda leak, loops, s, x, w, n, m, tx, tw: (1 - s) * (leak + loops) - tx - tw
        ),
        "theta_w counts once for each arc, not for each neuron": _swell(
            lambda leak, loops, s, x, w, n, m, tx, tw: (1 - s) * (leak + loops) - x - n * tw
        ),
        "friction has the wrong sign: it shrinks the cloud": _swell(
            lambda leak, loops, s, x, w, *_: (1 - s) * (leak + loops) + x + w
        ),
        "friction is missing": _swell(lambda leak, loops, s, x, w, *_: (1 - s) * (leak + loops)),
        "sigma' is the slope of tanh at a: 1 - tanh(a)²": lambda right, W, y, c, s, theta_x, theta_w: (
            (1 - s) * c * (np.tanh(W @ y) * np.diag(W) - 1).sum() - len(W) * theta_x - W.size * theta_w
        ),
    },
    hints=[
        "This is (15). The only derivative in it is df_i/dx_i, how the velocity of a neuron depends on its own state.",
        "Here f_i = c (-x_i + tanh(a_i)), and a_i contains w_ii x_i. So df_i/dx_i = c (-1 + (1 - tanh(a_i)²) w_ii).",
        "`a = W @ y`; the w_ii are `np.diag(W)`; there are `len(W)` neurons and `W.size` arcs.",
    ],
    moral="The leak and the friction shrink the volume. Whether the start is forgotten is another question: the bare "
    "flip's volume shrinks too.",
)


# --------------------------------------------------------------------------- 5: which law made this run? (open)

COLUMNS = ("t", "H", "H_x f", "H_w v", "p_x f", "p_w p_w", "e slope")


@functools.cache
def _records_of_laws(number):
    """One record for each pair of signs, and the law behind it; the target moves, and leaps three times."""
    rng, signs = np.random.default_rng([number, 5]), [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    return [_record(rng, *signs[k]) for k in rng.permutation(4)]


def _record(rng, s_x, s_w):
    import hlp_edu as hlp

    def fixed(t, H, p_x, p_w, H_x, H_w, signs_x, signs_w):
        signs_x[:], signs_w[:] = s_x, s_w

    leaps = hlp.steps(rng.uniform(0.2, 0.9, 3).round(3).cumsum() / 2, rng.uniform(-0.5, 0.5, 4))
    height, rate = rng.uniform(0.1, 0.3), rng.uniform(2, 5)
    problem = hlp.Tracking(hlp.fully_connected(int(rng.integers(2, 6))), lambda t: leaps(t) + height * np.sin(rate * t),
                           q=rng.uniform(40, 100), r_w=1, r=rng.uniform(0.1, 0.2))  # fmt: skip
    theta_x, theta_w = rng.uniform(4, 20), rng.uniform(8, 60)
    policy = hlp.Policy(fixed, dissipation_w=theta_w, dissipation_x=theta_x)
    run = hlp.run(problem, policy, T=1, seed=int(rng.integers(100)))
    H_x, H_w = problem.gradients(run.x, run.w, run.p_x, run.p_w, run.t)
    f, e = problem.dynamics(run.x, run.w, run.t), (run.outputs - run.target)[:, 0]
    effort = (run.p_w**2).sum(axis=1) / problem.r
    slope = problem.q * e * height * rate * np.cos(rate * run.t)
    columns = run.t, run.hamiltonian, (H_x * f).sum(1), -(H_w * run.p_w).sum(1) / problem.r, (run.p_x * f).sum(1)
    return dict(zip(COLUMNS, (*columns, effort, slope), strict=True)), (s_x, s_w, theta_x, theta_w)


def _fitted(record, rounds, slope=True):
    """The law by least squares over steps; or what becomes of it with a slip."""
    dt = np.diff(record["t"])
    step = {name: dt * (column[1:] + column[:-1]) / 2 for name, column in record.items()}
    A = np.transpose([step[name] for name in COLUMNS[2:6]])
    y = np.diff(record["H"]) + slope * step["e slope"]
    calm = np.ones(len(y), bool)
    for _ in range(rounds):
        k = np.linalg.lstsq(A[calm], y[calm], rcond=None)[0]
        off = np.abs(y - A @ k)
        calm = off <= 5 * np.median(off)
    return np.array([1 - k[0], 1 - k[1], -k[2], k[3]])


def _found_out(law):
    for record, right in _records_of_laws(seed()):
        got = np.array(like(tuple(map(float, right)), law(record), "what it returns"))
        if np.allclose(got, right, rtol=0.02):
            continue
        for rounds in (1, 2, 3, 4):
            if _alike(got, _fitted(record, rounds, slope=False)):
                return "the power of the target is missing: H' + q e . z' is what signs and frictions explain"
        if _alike(got, _fitted(record, 1)):
            return (
                "that is the fit with the leaps in it: where the target leaps, H jumps by what (14) does not say. Find "
                "the steps that do not fit, leave them out, and fit again"
            )
        return _which(got, right)


def _alike(got, found):
    """Whether an answer is such a fit, its signs rounded or not."""
    whole = np.array_equal(got[:2], got[:2].round())
    return np.allclose(got, np.append(found[:2].round() if whole else found[:2], found[2:]), rtol=1e-3, atol=1e-3)


def _which(got, right):
    """Which of the four is wrong."""
    if np.allclose(np.abs(got), np.abs(right), rtol=0.02) and (got[2:] < 0).any():
        return "a friction is negative: in (14) the friction on p_x takes away, -theta_x p_x . f, the other one adds"
    if np.allclose(got[[1, 0, 3, 2]], right, rtol=0.02):
        return "neurons and arcs are exchanged: s_x, s_w, theta_x, theta_w is the order"
    odd = got[:2][np.abs(np.abs(got[:2]) - 1) > 0.02]
    if odd.size:
        return f"a sign is +1 or -1, and it gives {odd[0]:.4g}: the factor in (14) is 1 - s, which is 0 or 2"
    if (got[:2] * right[:2] < 0).any():
        mine, theirs = (f"s_x = {s[0]:+.0f}, s_w = {s[1]:+.0f}" for s in (got, right))
        return f"it gives {mine} where {theirs} made the run"
    k = 2 if abs(got[2] / right[2] - 1) > 0.02 else 3
    return f"the signs are right, but {('theta_x', 'theta_w')[k - 2]} is {got[k]:.3f} where {right[k]:.3f} made the run"


law = Function(
    LESSON,
    "law",
    "Which law made this run? (open)",
    points=3,
    properties=[_found_out],
    hints=[
        "Equation (14) is linear in four unknowns: H' + q e . z' = (1 - s_x) H_x . f + (1 - s_w) H_w . w' "
        "- theta_x p_x . f + theta_w |p_w|² / r. Every row gives an equation.",
        "Use steps in place of slopes: over one step H changes by dt times the mean of both ends of the right side. "
        "So `y = np.diff(H) + dt * mean(q e z')`, one column of `A` for each unknown, and `np.linalg.lstsq`.",
        "Leaps: after a first fit `off = abs(y - A @ k)` is far larger in a few steps than in the median one. Keep "
        "`off <= 5 * np.median(off)`, fit again, and once more. Round the signs.",
    ],
    moral="Signs and frictions of a network that you never saw, read from its energy: the balance closes.",
)

sealed(globals())
