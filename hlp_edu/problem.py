"""What is to be minimised: a network, a cost, the speed of its signals, a weighting of time."""

import numpy as np

from hlp_edu import blocks
from hlp_edu.kernel import Model, evaluate
from hlp_edu.laws import Law
from hlp_edu.network import Network
from hlp_edu.signals import JOIN, Signal, constant
from hlp_edu.validate import finite, kind, number, numbers_of, require, vector
from hlp_edu.words import shown

__all__ = ["Tracking"]


class Tracking:
    """Let the outputs of a network follow targets, cheaply: the cost (4) under the dynamics (2).

    Parameters
    ----------
    network : Network
        With at least one output.
    target : callable or list of callables
        A signal (a function of an array of times), or one per output, in the order of
        ``network.outputs``.
    q : float
        Price of the error, at least 0.
    r_w : float
        Price of the size of the weights, at least 0.
    r : float
        Price of the speed of the weights, above 0.
    speed : float or array_like, shape (neurons,)
        Speed of propagation c, above 0, per time unit.
    theta : float
        The cost is weighted in time by phi(t) = exp(theta t).
    inputs : dict, optional
        {input label: signal}. The input "bias" is 1 unless it is named here.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid(), q=100, r_w=1, r=0.1, speed=20)
    Tracking(5 neurons, 30 arcs, target sinusoid(amplitude=0.8, period=6.28319), q=100, r_w=1, r=0.1, speed=20)
    """

    def __init__(self, network, target, q=100, r_w=1, r=0.1, speed=20, theta=0, inputs=None):
        kind("network", network, Network, "a hlp_edu Network, for example fully_connected(5)")
        require(network.outputs, "network: has no outputs; name at least one neuron in outputs=")
        self.network = network
        self.q = number("q", q, least=0)
        self.r_w = number("r_w", r_w, least=0)
        self.r = number("r", r, above=0)
        self.theta = number("theta", theta)
        n = len(network.neurons)
        each = numbers_of("speed", speed, "a finite number above 0, or one per neuron").ndim > 0
        self.speed = vector("speed", speed, n, "neuron") if each else np.full(n, number("speed", speed, above=0))
        number(f"speed[{self.speed.argmin()}]", float(self.speed.min()), above=0)
        self.targets = list(target) if isinstance(target, (list, tuple)) else [target]
        count, outputs = len(self.targets), network.outputs
        words = f"target: {count} given for {len(outputs)} outputs {outputs}; there must be one signal per output"
        require(count == len(outputs), f"{words}, in that order")
        given = {"bias": constant(1)} if "bias" in network.inputs else {}
        given |= kind("inputs", {} if inputs is None else inputs, dict, "a dict {input label: signal}")
        for label in given:
            known = label in network.inputs
            require(known, f"inputs: {label!r} is not an input of the network; its inputs: {network.inputs}")
        for label in network.inputs:
            require(label in given, f"inputs: the input {label!r} has no signal; give inputs={{{label!r}: signal}}")
        self.inputs = {label: given[label] for label in network.inputs}
        self._targets = {f"target of output {label!r}": z for label, z in zip(outputs, self.targets, strict=True)}
        self._inputs = {f"input {label!r}": signal for label, signal in self.inputs.items()}
        for name, signal in (self._targets | self._inputs).items():
            probe(name, signal)
        self.law = Law(self.q, self.r_w, self.r, self.theta, self.theta, self.theta, 1.0, 0.0)
        self.model = Model(network.segments, network.output_index, self.speed, self.law)
        self.blocks = blocks.find(network)

    def __setattr__(self, name, value):
        ready = {name, "blocks"} <= vars(self).keys()  # a subclass may add to it
        require(not ready, f"{name}: a problem is not changed; use problem.replace({name}=...)")
        super().__setattr__(name, value)

    def replace(self, **changes):
        """The same problem with ``changes`` in the arguments of `Tracking`.

        Examples
        --------
        >>> import hlp_edu as hlp
        >>> hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid()).replace(q=10).q
        10.0
        """
        same = dict(network=self.network, target=self.targets, q=self.q, r_w=self.r_w, r=self.r)
        same |= dict(speed=self.speed if np.ptp(self.speed) else self.speed[0], theta=self.theta, inputs=self.inputs)
        return Tracking(**(same | changes))

    def target_at(self, t):
        """The targets z at the times ``t``: shape (steps, outputs), or (outputs,) for a single time."""
        return _sample(self._targets, t)

    def inputs_at(self, t):
        """The input signals u at the times ``t``: shape (steps, inputs), or (inputs,) for a single time."""
        return _sample(self._inputs, t)

    def at_steps(self, times, middles=True):
        """Targets and inputs, shape (steps + 1, 3, ...), at the start, the middle and the end of every step.

        At the end of a step is the value just *before* a jump, if there is one: a step that leads up to a jump must not
        know what comes after it. In the last row only the first entry is filled. ``times``, an array, are the ends of
        the steps; without ``middles`` these stay 0, and a third of the work is saved.
        """
        return at_steps(self._targets, times, middles), at_steps(self._inputs, times, middles)

    def slopes_at_steps(self, times, order=1, middles=True):
        """The slopes z' of the targets (z'' with ``order`` 2), shape (steps + 1, 3, outputs). Arguments as `at_steps`.

        A target that has no method ``derivative(t, order)`` is refused.
        """
        for name, signal in self._targets.items():
            how = 'a signal of the library, a function with derivative(t, order), or a policy with slope="measured"'
            require(callable(getattr(signal, "derivative", None)), f"{name}: does not know its slope. Give {how}")
        return at_steps(self._targets, times, middles, order)

    def dynamics(self, x, w, t=0.0):
        """Velocities of the neurons, the right side of (2), of the shape of ``x``.

        In this method and the next three, an array may be one state or one a row, and t one time or one a row; a
        ValueError names an array of the wrong length.

        Parameters
        ----------
        x, p_x : array_like, shape (neurons,) or (steps, neurons)
            States and their costates.
        w, v, p_w : array_like, shape (arcs,) or (steps, arcs)
            Weights, their velocities and their costates.
        t : float or array_like, shape (steps,)
            Time, at which targets and inputs are read.
        """
        return self._evaluate(x, w, None, None, t)[2]

    def lagrangian(self, x, w, v, t=0.0):
        """The running cost of (4), without phi: a float, or one a row. Arguments as `dynamics`."""
        return self._evaluate(x, w, None, -self.r * _rows("v", v, len(self.network.heads)), t)[0]

    def hamiltonian(self, x, w, p_x, p_w, t=0.0):
        """The Hamiltonian (5): a float, or one a row. Arguments as `dynamics`."""
        return self._evaluate(x, w, p_x, p_w, t)[1]

    def gradients(self, x, w, p_x, p_w, t=0.0):
        """The derivatives H_x of (7) and H_w of (8), of the shapes of ``x`` and ``w``. Arguments as `dynamics`."""
        return tuple(self._evaluate(x, w, p_x, p_w, t)[4:])

    def _evaluate(self, x, w, p_x, p_w, t):
        n, m = len(self.network.neurons), len(self.network.heads)
        p_x, p_w = (np.zeros(size) if part is None else part for part, size in ((p_x, n), (p_w, m)))
        t = numbers_of("t", t, "times")
        parts = [_rows("x", x, n), _rows("w", w, m), _rows("p_x", p_x, n), _rows("p_w", p_w, m), t.reshape(-1, 1)]
        count = max(map(len, parts))
        same = all(len(part) in (1, count) for part in parts)
        require(same, f"x, w, costates and t: must have one row or {count} rows each")
        *point, times = (np.broadcast_to(part, (count, part.shape[1])) for part in parts)
        z, u = self.target_at(times[:, 0]), self.inputs_at(times[:, 0])
        L, H, *rates = evaluate(self.model, z, u, *point)
        if count == 1 and t.ndim == 0:
            L, H, *rates = float(L[0]), float(H[0]), *(rate[0] for rate in rates)
        return L, H, *rates

    def __repr__(self):
        names = (repr(z) if isinstance(z, Signal) else getattr(z, "__name__", type(z).__name__) for z in self.targets)
        speed = f"{self.speed[0]:g}" if np.ptp(self.speed) == 0 else f"{self.speed.min():g} to {self.speed.max():g}"
        theta = f", theta={self.theta:g}" if self.theta else ""
        size = f"{len(self.network.neurons)} neurons, {len(self.network.heads)} arcs"
        prices = f"q={self.q:g}, r_w={self.r_w:g}, r={self.r:g}, speed={speed}{theta}"
        return f"Tracking({size}, target {', '.join(names)}, {prices})"


def probe(name, signal):
    """Report a function that is wrong everywhere now; one that fails somewhere is reported when it is asked there."""
    example = "a function of an array of times, for example hlp_edu.constant(0.8)"
    require(callable(signal), f"{name} = {shown(signal)}: must be {example}")
    if isinstance(signal, Signal):
        return
    try:
        values = values_of(name, signal, np.array([0.0, 0.25, 0.5]))
        require(np.isfinite(values).any(), f"{name}: is {values[0]} at t = 0; must be finite")
    except ValueError as error:
        if error.__cause__ is not None:  # it fails for three times: everywhere, if not for one time
            try:
                signal(0.0)
            except Exception:
                return
        raise


def values_of(name, signal, times, order=0):
    """What a signal, or its slope, is at some times, which are finite: an array of that shape."""
    if isinstance(signal, Signal):
        return signal._at(times, order)
    try:
        found = signal(times.copy()) if order == 0 else signal.derivative(times.copy(), order)
    except Exception as error:
        must = "must take an array of times, as in lambda t: 0.8 * np.sin(t)"
        raise ValueError(f"{name}: fails with {error!r}; {must}") from error
    found = numbers_of(name, found, "a function that gives one real number per time")
    words = f"{name}: gives shape {found.shape} for times of shape {times.shape}; must give one value per time"
    require(found.shape in ((), times.shape), words)
    return np.broadcast_to(found, times.shape)


def _sample(signals, t, order=0):
    """The values of signals {name: signal}, or their slopes: a column each."""
    t = finite("t", t, "times")
    times = t.reshape(-1)
    out = np.empty((len(times), len(signals)))
    for column, (name, signal) in enumerate(signals.items()):
        out[:, column] = values_of(name, signal, times, order)
        for bad in np.flatnonzero(~np.isfinite(out[:, column])):
            raise ValueError(f"{name}: is {out[bad, column]} at t = {times[bad]:g}; must be finite")
    return out if t.ndim else out[0]


def at_steps(signals, times, middles, order=0):
    """See `Tracking.at_steps` and `slopes_at_steps`."""
    steps = len(times) - 1
    found = _sample(signals, np.append(times, 0.5 * (times[:-1] + times[1:])) if middles else times, order)
    values = np.zeros((steps + 1, 3, len(signals)))
    values[:, 0], values[:-1, 2] = found[: steps + 1], found[1 : steps + 1]
    if middles:
        values[:-1, 1] = found[steps + 1 :]
    for column, signal in enumerate(signals.values()):
        if isinstance(signal, Signal):  # of slopes: also where a recording bends
            jumps = (signal.bends if order else signal.jumps)(times[0] - JOIN, times[-1] + JOIN)
            k = np.searchsorted(times, jumps - JOIN / 2)
            here = (k > 0) & (np.abs(times[np.minimum(k, steps)] - jumps) < JOIN / 2)
            values[k[here] - 1, 2, column] = signal._at(jumps[here] - JOIN, order)
    return values


def _rows(name, value, size):
    """One state or many, as rows."""
    array = numbers_of(name, value)
    good = array.ndim in (1, 2) and array.shape[-1] == size
    require(good, f"{name} has shape {array.shape}: must be ({size},) or (steps, {size})")
    return np.atleast_2d(array)
