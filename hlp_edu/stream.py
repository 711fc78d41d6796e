"""Learn from a stream: samples come one by one, are used once, and are gone.

A sample is a pair (u, z): what the inputs are, and what the outputs should have been. It is held for a while
(a zero-order hold); the network moves on meanwhile, under the laws and in the loop of `hlp_edu.run`. In the first
part of the hold the target is not shown: the outputs at the moment when it is shown are the network's *guess*.
"""

import math
import queue
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hlp_edu._version import __version__
from hlp_edu.archive import load_arrays, refuse_file, replace_arrays
from hlp_edu.bars import bar
from hlp_edu.flow import CHUNK, run
from hlp_edu.policies import Policy
from hlp_edu.problem import Tracking, at_steps
from hlp_edu.signals import constant
from hlp_edu.state import STATE_ARRAYS, State, checked_state
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import kind, number, vector, whole
from hlp_edu.words import shown

__all__ = ["Chunk", "SourceError", "Stream", "StreamState", "next_of", "open_problem", "stream"]

BEGINNING = ("seed", "t0", "x0", "w0", "p0")  # what only the first chunk is told
WIDE = 1_000_000  # numbers in the table of inputs of one chunk: 8 MB


class SourceError(ValueError):
    """A source of samples ended too early, stalled, failed, or gave what no network can take.

    Parameters
    ----------
    message : str
        What happened, and at which sample.
    state : StreamState, optional
        Where the stream stood: all samples before are learned. Pass it as ``start=`` to continue.
    """

    def __init__(self, message, state=None):
        super().__init__(message)
        self.state = state


@dataclass(eq=False)
class StreamState:
    """Where a stream stopped; pass it as ``start=`` to `stream`, with a source that continues from there.

    Parameters
    ----------
    at : State
        The network.
    samples : int
        How many samples it has learned from.
    rhythm : dict
        hold, dt and listen of the stream.
    """

    at: State
    samples: int
    rhythm: dict = field(default_factory=dict)

    def save(self, path):
        """Write it to a file, in one step: an interruption leaves the old file or the new one. Return its name.

        Parameters
        ----------
        path : str or path
            Gets the ending ".npz" if it has none. A state of a stream that is there already is replaced;
            FileExistsError if the file holds something else.
        """
        facts = dict(samples=self.samples, rhythm=self.rhythm, clock=self.at.clock, version=__version__)
        arrays = {name: getattr(self.at, name) for name in STATE_ARRAYS}
        return replace_arrays(path, "stream", facts, arrays, "state of a stream")

    @classmethod
    def load(cls, path):
        """The state that `save` wrote.

        Parameters
        ----------
        path : str or path
            FileNotFoundError if there is no such file, ValueError if it holds something else.
        """
        facts, arrays = load_arrays(path, "stream", STATE_ARRAYS, "state of a stream")
        try:
            state = cls(State(facts["clock"], **arrays), facts["samples"], facts["rhythm"])
            return _checked(state, "state", arrays["x"].size, arrays["w"].size)
        except (ValueError, KeyError, TypeError) as error:
            raise refuse_file(path, "state of a stream", error) from None

    def __repr__(self):
        return f"StreamState({self.samples} samples, t = {self.at.t:g})"


def _checked(state, name, neurons, arcs):
    """A copy of a stream's state; a ValueError names what in it is not as it must be."""
    kind(f"{name}.rhythm", state.rhythm, dict, "a dict of hold, dt and listen")
    rhythm = {str(key): number(f"{name}.rhythm[{key!r}]", value, least=0) for key, value in state.rhythm.items()}
    samples = whole(f"{name}.samples", state.samples, least=0, most=2**53)
    return StreamState(checked_state(f"{name}.at", state.at, neurons, arcs), samples, rhythm)


@dataclass(repr=False, eq=False)
class Chunk:
    """What happened during some samples that followed each other.

    Parameters
    ----------
    first : int
        Number of the first of them, counted from 0.
    guess : numpy.ndarray, shape (samples, outputs)
        The outputs when the target was about to be shown. Fewer rows than samples if the run diverged.
    target : numpy.ndarray, shape (samples, outputs)
        The targets; nan where there was none.
    trajectory : Trajectory
        The result of `hlp_edu.run` for this time. Its target is that of the sample, also before it was shown.
    """

    first: int
    guess: np.ndarray
    target: np.ndarray
    trajectory: Trajectory

    def __len__(self):
        return len(self.guess)

    def __repr__(self):
        return f"Chunk(samples {self.first} to {self.first + len(self) - 1}, {self.trajectory!r})"


def open_problem(network, q=1.0, r_w=0.0, r=1.0, speed=10.0):
    """A `Tracking` whose targets and inputs are still open (zero): a stream will supply them.

    Parameters
    ----------
    network : Network
        With at least one output. Its input "bias", if it has one, is 1; a sample gives all others.
    q, r_w, r, speed
        Prices and speeds, for `Tracking`, which raises a ValueError if one is out of its bounds.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> open_problem(hlp.feed_forward([2, 1]), r=0.5).r
    0.5
    """
    zero = constant(0.0)
    given = {label: zero for label in getattr(network, "inputs", ()) if label != "bias"}
    outputs = len(getattr(network, "outputs", ()))
    return Tracking(network, [zero] * outputs, q=q, r_w=r_w, r=r, speed=speed, inputs=given)


class _Held(Tracking):
    """A problem with samples in the place of its signals."""

    def __init__(self, problem, steps, silent, dt):
        self.__dict__.update(problem.__dict__)
        self._targets = dict.fromkeys(problem._targets, constant(0.0))  # a sample that is held has no slope
        self.steps, self.silent, self.dt = steps, silent, dt
        self.fed = np.array([label != "bias" for label in self.network.inputs], bool)

    __setattr__ = object.__setattr__  # it changes from chunk to chunk

    def take(self, u, z, begin):
        """Set the samples of a chunk, and the time at which it begins."""
        self.u, self.z, self.begin = u, z, begin

    def at_steps(self, times, middles=True):
        """A sample is held from its first step to the end of its last; its target is nan at first."""
        step = self._step(times)
        step = np.minimum(step, len(self.z) * self.steps - 1)  # the next sample is not known at the end
        sample = step // self.steps
        z = np.repeat(self.z[sample][:, None], 3, axis=1)
        z[step % self.steps < self.silent] = np.nan
        u = np.empty((len(times), 3, len(self.fed)))
        u[:, :, self.fed] = self.u[sample][:, None]
        if not self.fed.all():
            u[:, :, ~self.fed] = at_steps({"inputs['bias']": self.inputs["bias"]}, times, middles)
        return z, u

    def shown(self, times):
        """The targets of the samples, also before they are shown."""
        return self.z[np.minimum(self._step(times) // self.steps, len(self.z) - 1)]

    def _step(self, times):
        return np.rint((times - self.begin) / self.dt).astype(int)


class Stream:
    """See `stream`."""

    def __init__(
        self, problem, policy, source, samples, hold, dt, listen, start, chunk, timeout, record, progress, arguments
    ):
        kind("problem", problem, Tracking, "a hlp_edu Tracking")
        kind("policy", policy, Policy, "a policy, for example hlp_edu.GradientFlow(mu=1)")
        samples = None if samples is None else whole("samples", samples)
        chunk = None if chunk is None else whole("chunk", chunk)
        hold, dt = number("hold", hold, above=0, most=1e100), number("dt", dt, above=0)
        listen = number("listen", listen, least=0)
        if dt > hold * (1 + 1e-9):
            raise ValueError(f"dt = {dt:g}: must be at most hold = {hold:g}")
        if listen >= hold:
            raise ValueError(f"listen = {listen:g}: must be below hold = {hold:g}, or no target is ever shown")
        if source is None and listen > 0:
            raise ValueError(f"listen = {listen:g}: must be 0 with source=None; the problem's own targets never pause")
        for name in ("T", "every"):
            if name in arguments:
                raise ValueError(f"{name}: a stream has no such argument; say how many samples=, and how long to hold=")
        if "t0" in arguments:
            number("t0", arguments["t0"])
        if source is not None:
            kind("source", source, Iterable, "an iterator of samples (u, z), or None")
        self._steps = max(1, math.ceil(hold / dt - 1e-9))
        self._dt, self._hold = hold / self._steps, hold
        self._silent = min(round(listen / self._dt), self._steps - 1)
        self._rhythm = dict(hold=hold, dt=self._dt, listen=self._silent * self._dt)
        self._problem, self._policy, self._given = problem, policy, dict(arguments, record=record)
        self._held = None if source is None else _Held(problem, self._steps, self._silent, self._dt)
        try:
            self._source = None if source is None else iter(source)
        except TypeError:  # an array of no axis
            raise ValueError(f"source = {shown(source)}: must be an iterator of samples (u, z), or None") from None
        timeout = None if timeout is None else number("timeout", timeout, above=0, most=1e6)
        self._reader = None if timeout is None else _Reader(self._source, timeout)
        wide = 3 * self._steps * (len(problem.network.inputs) + len(problem.network.outputs))
        self._most = chunk or max(1, min(CHUNK // self._steps, WIDE // wide))
        self.state, self.samples, self.diverged_at = None, 0, None
        self._resume(start)
        self._until = None if samples is None else self.samples + samples
        self._waiting, self._trouble, self._over = [], None, False
        self._bar = bar(progress, total=samples, unit=" samples")

    def _resume(self, start):
        """Take over where another stream, or a run, stopped."""
        if start is None:
            return
        if isinstance(start, State):
            start = StreamState(start, 0, self._rhythm)
        kind("start", start, StreamState, "a StreamState, or the `final` of a trajectory")
        network = self._problem.network
        start = _checked(start, "start", len(network.neurons), len(network.heads))
        for name, value in self._rhythm.items():
            was = start.rhythm.get(name, value)
            if not math.isclose(was, value, rel_tol=1e-9, abs_tol=1e-12):
                raise ValueError(f"{name} = {value:g}: the stream that start= comes from had {name} = {was:g}")
        for name in BEGINNING:
            if name in self._given:
                raise ValueError(f"{name}: cannot be given together with start=, which holds it already")
        self.state, self.samples = start, start.samples

    def __iter__(self):
        return self

    def __next__(self):
        if self._trouble is not None:  # what was read before it came is learned by now
            trouble, self._trouble = self._trouble, None
            trouble.state = self.state
            raise trouble
        self._read_chunk()
        if not self._waiting:
            if self._trouble is not None:
                return next(self)
            self._bar.close()
            raise StopIteration
        chunk = self._learn()
        self._bar.update(len(self._waiting))
        self._waiting = []
        return chunk

    def collect(self):
        """Run to the end; the guesses and the targets, each of shape (samples, outputs), which grow with the stream.

        ValueError if there is no end: without ``samples``, the problem's own signals go on for ever.
        """
        if self._source is None and self._until is None:
            raise ValueError("samples = None: must be given to collect the problem's own signals, which have no end")
        width = len(self._problem.network.outputs)
        pairs = [(np.empty((0, width)), np.empty((0, width)))] + [(chunk.guess, chunk.target) for chunk in self]
        return tuple(np.concatenate(column) for column in zip(*pairs, strict=True))

    def _read_chunk(self):
        """Read until a chunk is full, the source has nothing more, or something is wrong."""
        while not self._over and len(self._waiting) < self._most:
            k = self.samples + len(self._waiting)
            if k == self._until:
                self._over = True
            elif self._source is None:
                self._waiting.append(None)
            else:
                try:
                    self._waiting.append(self._checked(self._read(k), k))
                except StopIteration:
                    self._over = True
                    if self._until is not None:
                        self._trouble = SourceError(f"source: ended after {k} samples; {self._until} were due")
                    return
                except SourceError as trouble:
                    self._trouble = trouble
                    return

    def _read(self, k):
        """Sample k, as the source gives it."""
        try:
            return self._reader.read(k) if self._reader else next(self._source)
        except (StopIteration, SourceError):
            raise
        except Exception as error:
            raise SourceError(f"source: fails at sample {k} with {error!r}") from error

    def _checked(self, sample, k):
        """Sample k as two arrays of the right lengths."""
        if not isinstance(sample, (tuple, list)) or len(sample) != 2:
            raise SourceError(f"source: sample {k} is {shown(sample)}; it must be a pair (u, z)")
        outputs, inputs = len(self._problem.network.outputs), int(self._held.fed.sum())
        u, z = () if sample[0] is None else sample[0], sample[1]
        try:
            z = np.full(outputs, np.nan) if z is None else vector("z", np.reshape(z, -1), outputs, "output")
            return vector("u", np.reshape(u, -1), inputs, "input"), z
        except ValueError as error:
            raise SourceError(f"source: sample {k}: {error}") from None

    def _learn(self):
        """Run the laws on the samples that wait."""
        count, start = len(self._waiting), {} if self.state is None else dict(start=self.state.at)
        problem, begin = self._problem, self.state.at.t if start else float(self._given.get("t0", 0.0))
        if self._held is not None:
            problem = self._held
            u, z = (np.array(column) for column in zip(*self._waiting, strict=True))
            problem.take(u, z, begin)
        given = {name: value for name, value in self._given.items() if not (start and name in BEGINNING)}
        made = run(problem, self._policy, count * self._hold, dt=self._dt, **given, **start)
        rows = self._silent + self._steps * np.arange(count)
        rows = rows[rows < len(made.t)]
        if self._held is not None:
            made.target = problem.shown(made.t)
        chunk = Chunk(self.samples, made.outputs[rows].copy(), made.target[rows].copy(), made)
        gone = round((made.final.t - begin) / self._dt)  # steps: fewer than all if it diverged
        self.samples += gone // self._steps
        self.state = StreamState(made.final, self.samples, self._rhythm)
        if made.diverged_at is not None:
            self.diverged_at, self._over, self._trouble = made.diverged_at, True, None
        return chunk

    def __repr__(self):
        return f"Stream({self.samples} samples learned)"


class _Reader:
    """Waits for a source for ``timeout`` seconds. Asks for one sample at a time: it never reads ahead."""

    def __init__(self, source, timeout):
        self.timeout = timeout
        self.asked, self.answers, self.outstanding = queue.SimpleQueue(), queue.SimpleQueue(), False
        threading.Thread(
            target=self._serve, args=(source, self.asked, self.answers), name="source of a stream", daemon=True
        ).start()

    @staticmethod
    def _serve(source, asked, answers):
        """Answer each question with a sample or an error (in a thread)."""
        while asked.get():
            try:
                answers.put((next(source), None))
            except BaseException as error:
                answers.put((None, error))

    def read(self, k):
        """Sample k, or a SourceError if it does not come in time."""
        if not self.outstanding:
            self.asked.put(True)
        self.outstanding = True
        try:
            sample, error = self.answers.get(timeout=self.timeout)
        except queue.Empty:
            raise SourceError(
                f"source: sample {k} has not come within {self.timeout:g} s; call next() to wait again"
            ) from None
        self.outstanding = False
        if error is not None:
            raise error
        return sample

    def __del__(self):
        self.asked.put(False)  # lets the thread go


def stream(
    problem,
    policy,
    source=None,
    samples=None,
    hold=1.0,
    dt=0.05,
    listen=0.0,
    start=None,
    chunk=None,
    timeout=None,
    record="output",
    progress=True,
    **arguments,
):
    """Run the laws on samples as they come, in constant memory, for as long as they come.

    Sample k = (u, z) is held from t0 + k hold to t0 + (k + 1) hold. During the first ``listen`` time
    units the inputs are u and the outputs have no target: the error counts as zero, weights and
    costates move on. Then z is shown, for the rest of the hold.

    Parameters
    ----------
    problem, policy : Tracking, Policy
        Samples take the place of the problem's targets and of its inputs, but "bias". See `open_problem`.
    source : iterable of (u, z), optional
        u: one number per input that is not "bias", in the order of ``network.inputs`` (None if there is none);
        z: one number per output, or None if no target is known. A list, a file's rows, a live generator.
        Without a source the problem's own signals continue, in pieces of length ``hold``.
    samples : int, optional
        Stop after so many. By default: when the source ends.
    hold, dt, listen : float
        How long a sample lasts; the integrator's step, shortened a little if ``hold`` is no multiple of
        it; for how long the target is not shown at first, rounded to whole steps.
    start : StreamState or State, optional
        Where another stream, or a run, stopped. The source must continue from there:
        ``itertools.islice(source, state.samples, None)`` skips what was learned already.
    chunk : int, optional
        Samples per chunk, which change no number; by default so many that the tables of a chunk stay small.
        With a live source 1 gives every sample its answer at once.
    timeout : float, optional
        Seconds to wait for a sample; forever by default.
    record : {"output", "all"}
        What the trajectory of a chunk keeps.
    progress : bool
        Show a progress bar when it takes longer than a second. TQDM_DISABLE=1 silences it everywhere.
    **arguments
        seed, t0, x0, w0, p0, method and limit of `run`.

    Returns
    -------
    Stream
        An iterator over `Chunk`. Its ``state`` is that after the last chunk (to be saved, and passed as
        ``start=``); ``samples`` counts what is learned; ``diverged_at`` is the time when the run left its
        limits, where the stream ends, or None.

    Raises
    ------
    ValueError
        If an argument is out of its bounds. While iterating SourceError, a ValueError with a ``state``: if the
        source ends before ``samples``, stalls, fails, or gives something else than a pair of finite numbers of
        the right counts. What came before is learned first. Iterating on skips what was wrong.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> dice = np.random.default_rng(0)
    >>> source = ((u, 0.5 * u) for u in dice.uniform(-1, 1, 400))
    >>> problem = open_problem(hlp.feed_forward([1, 1]))
    >>> guess, target = hlp.stream(problem, hlp.GradientFlow(mu=1), source, listen=0.5).collect()
    >>> error = abs(guess - target)[:, 0]
    >>> bool(error[:100].mean() > 2 * error[-100:].mean())
    True
    """
    return Stream(
        problem, policy, source, samples, hold, dt, listen, start, chunk, timeout, record, progress, arguments
    )


def next_of(values, lags=1):
    """Samples for predicting a series one step ahead: the last ``lags`` values, and the one that follows.

    Parameters
    ----------
    values : iterable of float
        The series; it is read once, and only the last ``lags`` values are kept.
    lags : int
        How many values the network gets, the latest first: u has the shape (lags,).

    Raises
    ------
    ValueError
        If ``lags`` is no whole number from 1 to 10^9.

    Examples
    --------
    >>> [(u.tolist(), z) for u, z in next_of([1, 2, 3, 4], lags=2)]
    [([2.0, 1.0], 3.0), ([3.0, 2.0], 4.0)]
    """
    try:
        series = iter(values)
    except TypeError:  # also an array without an axis, which calls itself iterable
        raise ValueError(f"values = {shown(values)}: must be a series of numbers") from None
    return _next_of(series, whole("lags", lags, most=10**9))


def _next_of(values, lags):
    past = deque(maxlen=lags)
    for value in values:
        value = number("values", value)
        if len(past) == lags:
            yield np.array(past), value
        past.appendleft(value)
