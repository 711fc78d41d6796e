"""Credit as a filter: how four rules send an error back through a neuron, and what their delays cost.

A leaky neuron of speed c passes credit on like a filter: D' = c (source - D) forward in time for the flip, backward for
the optimum. Here are the filters as transfer functions, credits along a run beside the exact gradient, gradients whose
delays are matched to the depth, laws linearised, noise on a target, and rules with a part taken out.
"""

import copy

import numpy as np

from hlp_edu.backprop import NO_GRADIENT, SLOWEST, _levels, backprop, instants, settling
from hlp_edu.energy import all_steps
from hlp_edu.flow import check_times, grid, run
from hlp_edu.network import Network, chain, fully_connected
from hlp_edu.optimum import cost_gradient
from hlp_edu.policies import Frozen
from hlp_edu.problem import Tracking, probe, values_of
from hlp_edu.prospective import Prospective, ProspectiveFlow
from hlp_edu.signals import Signal
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import affordable, finite, kind, number, one_of, require, vector, whole
from hlp_edu.words import shown

__all__ = [
    "RULES", "Noisy", "altered", "angles", "bode", "closed_loop", "cost_of_clean", "credits", "growth",
    "meet_backprop_ahead", "random_chain", "random_net", "transfer",
]  # fmt: skip

RULES = ("exact", "flipped", "instantaneous", "look-ahead")
ROLE = {"exact": "optimum", "flipped": "flip", "instantaneous": "backprop", "look-ahead": "costate"}


def transfer(rule, frequency):
    """What a rule makes of a source exp(i w t): the factor from the source to the credit of one neuron.

    Parameters
    ----------
    rule : {"exact", "flipped", "instantaneous", "look-ahead"}
        Costate of the optimum, costate of the flip, credit without a filter, source + source'/c.
    frequency : float or array_like
        w / c, in units of the neuron's speed.

    Returns
    -------
    numpy.ndarray of complex
        Its angle is the phase, above 0 if the credit leads; its size the gain.

    Raises
    ------
    ValueError
        If there is no such rule, or a frequency is not finite.

    Examples
    --------
    >>> float(np.angle(transfer("flipped", 1.0), deg=True))
    -45.0
    """
    one_of("rule", rule, RULES)
    s = 1j * finite("frequency", frequency)
    return {"exact": 1 / (1 - s), "flipped": 1 / (1 + s), "instantaneous": 1 + 0 * s, "look-ahead": 1 + s}[rule]


def bode(caption=None, headline="", more=""):
    """Phase and gain of the four rules over the frequency, side by side, as a `hlp_edu.Picture`.

    Parameters
    ----------
    caption, headline, more
        As for all plots.
    """
    from hlp_edu.plotting import Picture, plot_lines
    from hlp_edu.plotting.picture import figure, finish

    w = np.geomspace(0.05, 10, 200)
    fig, (left, right) = figure(columns=2, height=2.7)
    phase = {f"{ROLE[rule]}: {rule}": np.angle(transfer(rule, w), deg=True) for rule in RULES[:3]}
    phase["optimum: exact, look-ahead"] = phase.pop("optimum: exact")  # one line
    plot_lines(phase, w, ax=left, xscale="log", xlabel="frequency / c", ylabel="phase in degrees")
    gain = {f"{ROLE[rule]}: {rule}": np.abs(transfer(rule, w)) for rule in RULES}
    plot_lines(gain, w, ax=right, xscale="log", yscale="log", xlabel="frequency / c", ylabel="gain")
    finish(fig)
    words = "Phase: exact and look-ahead rise from 0 to 84 degrees, instantaneous stays at 0, flipped falls to -84. "
    words += "Gain: exact and flipped fall alike from 1 to 0.1, instantaneous stays at 1, look-ahead rises to 10."
    return Picture(fig, words, caption or words, headline, more)


def growth(law, omega):
    """The largest real part of the roots of a law, linearised around z = 0: below 0 errors die out.

    Parameters
    ----------
    law : {"gradient flow", "credit looks ahead", "prospective"}
        s (s+1)^2 + omega, s (s+1) + omega, and s^2 + (1 + kappa omega) s + omega with the kappa of (17).
    omega : float or array_like
        Gain, from 0 to 1e100. Times and rates are in units of c, that is omega / c and s / c.

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    ValueError
        If there is no such law, or a gain is out of its bounds.

    Examples
    --------
    >>> bool(abs(growth("gradient flow", 2.0)) < 1e-9)
    True
    """
    one_of("law", law, ("gradient flow", "credit looks ahead", "prospective"))
    gains = finite("omega", omega)
    require(((gains >= 0) & (gains <= 1e100)).all(), f"omega = {shown(omega)}: must be from 0 to 1e100")
    found = []
    for gain in gains.reshape(-1):
        kappa = 2 / (1 + np.sqrt(1 + 2 * gain))
        roots = {"gradient flow": [1, 2, 1, gain], "credit looks ahead": [1, 1, gain]}.get(law)
        found.append(np.roots(roots or [1, 1 + kappa * gain, gain]).real.max())
    return np.reshape(found, gains.shape)


def closed_loop(frequency, c, omega, heading=0.0, lead=0.0, credit=0.0):
    """Phase in degrees of the output against the target under (16), linearised around z = 0 for one neuron.

    Parameters
    ----------
    frequency : array_like, shape (frequencies,)
        In radians per time unit, above 0.
    c, omega : float
        Speed, above 0, and gain mu q S / r, at least 0.
    heading, lead, credit : float
        kappa, the time by which the target is led, and by how much the credit looks ahead, in units of 1/c.

    Returns
    -------
    numpy.ndarray
        Continuous in the frequency; below 0 the output lags.

    Raises
    ------
    ValueError
        If a number is not finite, or out of its bounds.

    Examples
    --------
    >>> bool(closed_loop([1.0], 20, 30)[0] < closed_loop([1.0], 20, 30, lead=0.08, credit=1)[0])
    True
    """
    s, c, omega = 1j * finite("frequency", frequency), number("c", c, above=0), number("omega", omega, least=0)
    require(s.ndim == 1 and (s.imag > 0).all(), f"frequency = {shown(frequency)}: must be a list of numbers above 0")
    heading, lead, credit = number("heading", heading), number("lead", lead), number("credit", credit)
    with np.errstate(all="ignore"):  # what overflows is refused
        back = omega * (1 + credit * s / c) / (1 + s / c)
        x_over_z = back * (1 + lead * s) / (s * (1 + s / c) + back * (1 + heading * s / c))
    words = f"c = {c:g}, omega = {omega:g}, heading = {heading:g}, lead = {lead:g}, credit = {credit:g}"
    require(np.isfinite(x_over_z).all(), f"frequency = {shown(frequency)}, {words}: one is too large or too small")
    return np.degrees(np.unwrap(np.angle(x_over_z)))


# ---- credits along a run with frozen weights, beside the exact gradient ------------------------------


class Noisy(Signal):
    """A signal with noise: forty cosines of random phase, evenly spread over a band; the same for the same seed.

    Parameters
    ----------
    signal : callable
        The clean signal.
    size : float
        Root mean square of the noise, at least 0.
    band : float
        Its highest frequency, in radians per time unit, above 0, at most 1e100.
    seed : int

    Raises
    ------
    ValueError
        If a number is out of its bounds.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> t = np.linspace(0, 100, 10_000)
    >>> float(Noisy(hlp.constant(0), 0.1)(t).std().round(2))
    0.1
    """

    def __init__(self, signal, size, band=100.0, seed=0):
        probe("signal", signal)
        self.signal, self.size = signal, number("size", size, least=0)
        dice = np.random.default_rng(whole("seed", seed, least=0))
        self.rates = number("band", band, above=0, most=1e100) * (np.arange(40) + dice.uniform(0, 1, 40)) / 40
        self.phases = dice.uniform(0, 2 * np.pi, 40)

    def _at(self, t, order):
        known = not order or callable(getattr(self.signal, "derivative", None))
        require(known, f"{self!r}: the slope of its clean signal is not known")
        return values_of("signal", self.signal, t, order) + self._noise(t, order)

    def noise(self, t):
        """The noise alone.

        Parameters
        ----------
        t : float or array_like
        """
        return self._noise(finite("t", t), 0)

    def _noise(self, t, order):
        """The noise, or its slope."""
        waves = np.zeros(t.shape)
        with np.errstate(all="ignore"):  # what overflows is refused
            for rate, phase in zip(self.rates, self.phases, strict=True):
                waves += rate**order * np.cos(rate * t + phase + order * np.pi / 2)
        require(np.isfinite(waves).all(), f"{self!r}: its band is too fast for numbers at some of the times t")
        return self.size / np.sqrt(20) * waves

    def jumps(self, t0, t1):
        """Those of the clean signal."""
        return self.signal.jumps(t0, t1) if isinstance(self.signal, Signal) else np.empty(0)

    def bends(self, t0, t1):
        """Those of the clean signal."""
        return self.signal.bends(t0, t1) if isinstance(self.signal, Signal) else np.empty(0)

    def __repr__(self):
        return f"Noisy({self.signal!r}, size={self.size:g})"


def random_chain(seed, speed):
    """A chain of three neurons with an input and a target of two waves each, and its weights, all drawn.

    Parameters
    ----------
    seed : int
    speed : float

    Returns
    -------
    problem, w : Tracking, numpy.ndarray

    Raises
    ------
    ValueError
        If the seed is no whole number of at least 0, or the speed is not above 0.
    """
    dice = np.random.default_rng(whole("seed", seed, least=0))
    problem = Tracking(chain(3), _waves(dice), q=1, r_w=0, speed=speed, inputs={"u": _waves(dice)})
    return problem, dice.uniform(0.5, 1.5, 3) * dice.choice([-1, 1], 3)


def random_net(seed, speed):
    """The same with five fully connected neurons and a bias, which get the input too.

    Parameters
    ----------
    seed, speed
        Of `random_chain`.

    Returns
    -------
    problem, w : Tracking, numpy.ndarray

    Raises
    ------
    ValueError
        As `random_chain`.
    """
    dice = np.random.default_rng(whole("seed", seed, least=0))
    graph = fully_connected(5).graph.copy()
    graph.add_edges_from([("u", neuron) for neuron in range(1, 6)])
    network = Network(graph, inputs=["u", "bias"], outputs=[1])
    problem = Tracking(network, _waves(dice), q=1, r_w=0, speed=speed, inputs={"u": _waves(dice)})
    return problem, dice.normal(0, 0.8 / np.sqrt(5), len(network.heads))


def _waves(dice):
    """Two waves, of rates between 0.5 and 3."""
    rates, phases = dice.uniform(0.5, 3, 2), dice.uniform(0, 2 * np.pi, 2)
    return lambda t: 0.4 * sum(np.sin(rate * np.asarray(t) + phase) for rate, phase in zip(rates, phases, strict=True))


def credits(problem, w, T=20.0, dt=0.01, noise=0.0, theta_x=0.0):
    """The gradient g_i x_j at every moment of a run with held weights, as the exact adjoint and four rules have it.

    Parameters
    ----------
    problem : Tracking
        One output; r_w and theta are left out.
    w : array_like, shape (arcs,)
        Weights, held.
    T, dt : float
        Duration, and step of rows and derivatives; at least eight steps.
    noise : float
        Size of the noise on the target that the four rules see, relative to the target; the exact one sees none.
    theta_x : float
        Friction of the flipped costate.

    Returns
    -------
    t : numpy.ndarray, shape (steps,)
        Middles of the steps.
    found : dict of {str: numpy.ndarray, shape (steps, arcs)}
        "exact", "flipped", "flipped, own look-ahead" (D + D'/c, as in (16)), "instantaneous", "look-ahead".

    Raises
    ------
    ValueError
        If the problem has several outputs, an argument is out of its bounds, or the run diverges.
    """
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    require(len(problem.targets) == 1, f"problem = {problem!r}: must have one output")
    problem = problem.replace(r_w=0, theta=0)
    n, m, out = len(problem.network.neurons), len(problem.network.heads), problem.network.output_index
    w, c = vector("w", w, m, "arc"), problem.speed
    steps, dt = grid(T, dt)
    T, noise, fixed = steps * dt, number("noise", noise, least=0), dict(dt=dt, x0=np.zeros(n), w0=w)
    affordable(f"T = {T:g}: credits", steps * 20 * m)
    require(steps >= 8, f"T = {T:g}: must be at least eight steps of dt = {dt:g}")
    by_control = cost_gradient(problem, np.zeros((steps + 1, m)), **fixed)[1]  # dt p_w
    exact = -np.diff(by_control[1:-1], axis=0) / dt**2  # H_w, without r_w
    clean = problem.targets[0]
    size = noise * np.std(clean(np.arange(0, T, dt)))
    seen = problem.replace(target=Noisy(clean, size), theta=theta_x)
    went = run(seen, Frozen(), T=T, **fixed)
    require(went.diverged_at is None, f"noise = {noise:g}, theta_x = {theta_x:g}: too large, the costates diverge")
    W = problem.network.matrix(w)
    y = np.concatenate([went.x, seen.inputs_at(went.t)], axis=1)
    slope = 1 - np.tanh(y @ W.T) ** 2
    error = np.zeros_like(went.x)
    error[:, out] = problem.q * (went.outputs - seen.target_at(went.t))
    inner = W[:, :n]
    flipped = c * went.p_x
    found = {"flipped": flipped, "flipped, own look-ahead": error + (slope * flipped) @ inner}
    at_once = np.eye(n) - inner.T * slope[:, None, :]
    found["instantaneous"] = np.linalg.solve(at_once, error[..., None])[..., 0]
    ahead = np.zeros_like(error)
    for _ in range(n):  # as many hops back as there are neurons
        source = error + (slope * ahead) @ inner
        ahead = source + np.gradient(source, dt, axis=0) / c
    found["look-ahead"] = ahead
    heads, tails = problem.network.heads, problem.network.tails
    gradients = {"exact": exact}
    for name, D in found.items():
        g = (slope * D)[:, heads] * y[:, tails]
        gradients[name] = ((g[1:] + g[:-1]) / 2)[1:-1]
    return (went.t[1:] + went.t[:-1])[1:-1] / 2, gradients


def angles(problem, w, **given):
    """Angles in degrees between the exact gradient along a run and each rule's; 90 is no information.

    Parameters
    ----------
    problem, w, **given
        Of `credits`. The first and the last quarter of the run are left out: no rule but the exact one knows the end.

    Returns
    -------
    dict of {str: float}

    Raises
    ------
    ValueError
        As `credits`, or if the exact gradient is 0.
    """
    t, found = credits(problem, w, **given)
    rows = (t > t[-1] / 4) & (t < 3 * t[-1] / 4)
    exact = found.pop("exact")[rows].ravel()
    require(exact.any(), f"problem = {problem!r}, w = {shown(w)}: the exact gradient is 0, and has no angles")
    return {
        name: float(np.degrees(np.arccos(np.clip(exact @ g[rows].ravel() / np.linalg.norm(exact)
                                                 / np.linalg.norm(g[rows]), -1, 1))))
        for name, g in found.items()
    }  # fmt: skip


# ---- delays matched to the depth ---------------------------------------------------------------------

MATCHED = ("not", "own", "depth")


def meet_backprop_ahead(problem, w, speed, times, matched="depth", settle=40.0, per_c=0.1):
    """The error of a layered flow's gradient against backprop's, when its credit looks ahead.

    Layer l of N gets its inputs with a lag of (l - 1) / c, and its credit lags by (N - l + 1) / c. With "depth" each
    neuron reads both ahead by that much, by their own velocities; the slope in the credit's dynamics is read at the
    moment that fits the credit, (2 l - N - 2) / c ahead; the output error at x + (N / c) x'. Plant and weights stay.

    Parameters
    ----------
    problem : Tracking
        On a layered network; its inputs know their slopes.
    w : array_like, shape (arcs,)
        Weights, held.
    speed : float
        Speed c of all neurons, at least 1e-6.
    times : array_like of float
        Instants of the comparison.
    matched : {"not", "own", "depth"}
        "not" reads all as it is, "own" reads D + D'/c as (16) does.
    settle, per_c : float
        As in `hlp_edu.backprop.meet_backprop`.

    Returns
    -------
    float
        |flow - exact| / |exact|, over all instants and arcs.

    Raises
    ------
    ValueError
        If the network has a cycle, or an argument is out of its bounds.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.feed_forward([1, 2, 1]), hlp.sinusoid(), inputs={"u1": hlp.sinusoid(period=5)})
    >>> plain, depth = (meet_backprop_ahead(problem, [0.5] * 7, 30, [1.0, 2.0], how) for how in ("not", "depth"))
    >>> depth < plain / 5
    True
    """
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    one_of("matched", matched, MATCHED)
    network, c = problem.network, number("speed", speed, least=SLOWEST)
    n, out = len(network.neurons), network.output_index
    w, times = vector("w", w, len(network.heads), "arc"), instants(times)
    steps, per_c = settling(settle, per_c)
    h = per_c / c
    check_times(np.abs(times).max(), steps * h, h)
    layer, levels = np.zeros(n), _levels(network)
    for depth, level in enumerate(levels, 1):
        layer[level] = depth
    L = len(levels)
    input_lag, credit_lag, fits, ends = (0, 0, 0, 0) if matched == "not" else (0, 1, 0, 1)
    if matched == "depth":
        input_lag, credit_lag, fits, ends = layer - 1, L - layer + 1, 2 * layer - L - 2, L
    W, start = network.matrix(w), times - steps * h
    exact = [backprop(network, w, u, z, problem.q) for u, z in zip(*_signals(problem, times), strict=True)]
    rest = [backprop(network, w, u, z, problem.q) for u, z in zip(*_signals(problem, start), strict=True)]

    def velocities(t, x, D):
        u, z = _signals(problem, t)
        du = np.zeros(u.shape)
        for k, signal in enumerate(problem.inputs.values()):
            du[:, k] = _slope(signal, t)
        a = np.concatenate([x, u], axis=1) @ W.T
        dx = c * (np.tanh(a) - x)
        da = np.concatenate([dx, du], axis=1) @ W.T
        source = ((1 - np.tanh(a + fits * da / c) ** 2) * D) @ W[:, :n]
        source[:, out] += problem.q * (x + ends * dx / c)[:, out] - problem.q * z
        return dx, c * (source - D), a, da, np.concatenate([x, u], axis=1), np.concatenate([dx, du], axis=1)

    x, D = np.array([one.x for one in rest]), np.array([one.D for one in rest])
    for k in range(steps):
        t = start + k * h
        first = velocities(t, x, D)
        second = velocities(t + h / 2, x + h / 2 * first[0], D + h / 2 * first[1])
        third = velocities(t + h / 2, x + h / 2 * second[0], D + h / 2 * second[1])
        last = velocities(t + h, x + h * third[0], D + h * third[1])
        x = x + h / 6 * (first[0] + 2 * second[0] + 2 * third[0] + last[0])
        D = D + h / 6 * (first[1] + 2 * second[1] + 2 * third[1] + last[1])
    _, dD, a, da, y, dy = velocities(times, x, D)
    delta = (1 - np.tanh(a + input_lag * da / c) ** 2) * (D + credit_lag * dD / c)
    shift = input_lag[network.heads] if matched == "depth" else 0
    found = delta[:, network.heads] * (y[:, network.tails] + shift * dy[:, network.tails] / c)
    right = np.array([one.gradient for one in exact])
    require(right.any(), NO_GRADIENT)
    return float(np.linalg.norm(found - right) / np.linalg.norm(right))


def _signals(problem, t):
    return problem.inputs_at(t), problem.target_at(t)


def _slope(signal, t):
    """Of an input: known, or by a central difference."""
    return signal.derivative(t) if isinstance(signal, Signal) else (signal(t + 1e-5) - signal(t - 1e-5)) / 2e-5


# ---- rules with a part taken out, and noise ------------------------------------------------------------


def altered(policy, curvature=True, **parts):
    """A rule that looks ahead with one of its parts replaced, to see what that part buys.

    Parameters
    ----------
    policy : ProspectiveFlow or ProspectiveSteering
    curvature : bool
        Whether z'' is used.
    **parts
        Of `hlp_edu.prospective.Ahead`: kappa, decay; of (16) also credit, by how much the credit looks ahead in units
        of 1/c.

    Returns
    -------
    Policy

    Raises
    ------
    ValueError
        If the policy does not look ahead, or has no such part.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> error_alone = altered(hlp.ProspectiveFlow(mu=0.1, kappa=1, lead=0), credit=0)
    """
    if not isinstance(policy, Prospective):
        raise ValueError(f"policy = {policy!r}: must be a ProspectiveFlow or a ProspectiveSteering")
    allowed = ("kappa", "decay", "credit") if isinstance(policy, ProspectiveFlow) else ("kappa", "decay")
    for name in parts:
        one_of("part", name, allowed)
    parts, twin = {name: number(name, value) for name, value in parts.items()}, copy.copy(policy)
    twin.lookahead = lambda problem: policy.lookahead(problem)._replace(**parts)

    def slopes(*given):
        found = np.array(policy.slopes(*given))
        found[..., 1] *= curvature
        return found

    twin.slopes = slopes
    return twin


def cost_of_clean(trajectory, noisy, q=100.0, theta=0.0):
    """The cost of a run that was shown a noisy target, with its error counted from the clean one.

    Parameters
    ----------
    trajectory : Trajectory
        With one output, recorded at every step.
    noisy : Noisy
        Its target.
    q, theta : float
        Price of the error, and growth rate of phi, of the problem.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the run is no run on that target, or an argument is of the wrong kind.
    """
    kind("trajectory", trajectory, Trajectory, "the result of hlp_edu.run")
    kind("noisy", noisy, Noisy, "a hlp_edu.filters.Noisy")
    require(trajectory.target.shape[1] == 1, f"trajectory = {trajectory!r}: must have one output")
    require(all_steps(trajectory), f"trajectory = {trajectory!r}: must be recorded at every step")
    q, phi = number("q", q, least=0), np.exp(number("theta", theta) * trajectory.t)
    e, noise = trajectory.outputs[:, 0] - trajectory.target[:, 0], noisy.noise(trajectory.t)
    if not np.allclose(trajectory.target[:, 0], noisy(trajectory.t)):
        raise ValueError(f"noisy = {noisy!r}: is not the target of this run")
    return trajectory.cost + q / 2 * float(np.trapezoid(phi * (2 * e * noise + noise**2), trajectory.t))
