"""Learn from a stream: samples come one by one, are heard once, and are gone.

A sample is a pair (u, z): what the inputs are, and what the outputs should have been. It is held
for a while (a zero-order hold); the network moves on meanwhile, under the very laws and the very
loop of `hlp_edu.run`. In the first part of the hold the target is silent: what the outputs are when
it breaks its silence is the network's *guess*, made before it could know.
"""

import json
import math
import numbers
import os
import queue
import tempfile
import threading
import zipfile
from dataclasses import dataclass, field

import numpy as np

import hlp_edu
from hlp_edu.flow import CHUNK, run
from hlp_edu.policies import Policy
from hlp_edu.problem import Tracking
from hlp_edu.signals import constant
from hlp_edu.trajectory import Clock, State, Trajectory
from hlp_edu.validate import number

WIDE = 1_000_000  # numbers in the table of inputs of one chunk: 8 MB


class SourceError(ValueError):
    """A source of samples ended too early, stalled, failed, or gave what no network can take.

    Parameters
    ----------
    message : str
        What happened, and at which sample.
    state : StreamState, optional
        Where the stream stood: all samples before are learned. Pass it as ``start=`` to go on.
    """

    def __init__(self, message, state=None):
        super().__init__(message)
        self.state = state


@dataclass(eq=False)
class StreamState:
    """Where a stream stopped; pass it as ``start=`` to `stream`, with a source that goes on from there.

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
        """Write it to a file; a stream's state that is there already is replaced, in one go.

        An interruption leaves the old file or the new one, never half of one.

        Parameters
        ----------
        path : str or path
            Gets the ending ".npz" if it has none.

        Returns
        -------
        str
            The name of the file.

        Raises
        ------
        FileExistsError
            If the file exists and holds something else.
        """
        path = os.fspath(path)
        path = path if path.endswith(".npz") else path + ".npz"
        if os.path.exists(path):
            try:
                StreamState.load(path)
            except ValueError:
                raise FileExistsError(f"path = {path!r}: exists, and holds no state of a stream") from None
        facts = dict(samples=self.samples, rhythm=self.rhythm, clock=self.at.clock, version=hlp_edu.__version__)
        arrays = {name: getattr(self.at, name) for name in _STATE}
        folder, name = os.path.split(os.path.abspath(path))
        handle, rough = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, stream=np.array(json.dumps(facts)), **arrays)
            os.replace(rough, path)
        except BaseException:
            os.unlink(rough)
            raise
        return path

    @classmethod
    def load(cls, path):
        """Read what `save` wrote.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        StreamState

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it holds no state of a stream.
        """
        path = os.fspath(path)
        if not path.endswith(".npz") and not os.path.exists(path):
            path += ".npz"
        if os.path.exists(path) and not zipfile.is_zipfile(path):
            raise ValueError(f"path = {path!r}: holds no state of a stream")
        with np.load(path, allow_pickle=False) as file:
            if "stream" not in file.files:
                raise ValueError(f"path = {path!r}: holds no state of a stream")
            facts = json.loads(str(file["stream"]))
            at = State(Clock(*facts["clock"]), *(file[name] for name in _STATE))
        return cls(at, facts["samples"], facts["rhythm"])

    def __repr__(self):
        return f"StreamState({self.samples} samples, t = {self.at.t:g})"


_STATE = ("x", "w", "p_x", "p_w", "s_x", "s_w")


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
        All that `hlp_edu.run` gives for this stretch of time. Its target is the one of the sample,
        during the silence too.
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
    """A problem whose targets and inputs are still open: a stream will supply them.

    Parameters
    ----------
    network : Network
        With at least one output. Its input "bias", if it has one, is 1; a sample gives all others.
    q, r_w, r, speed
        As in `Tracking`.

    Returns
    -------
    Tracking
        With all targets, and all inputs but the bias, at 0.

    Raises
    ------
    ValueError
        As `Tracking`.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> open_problem(hlp.feed_forward([2, 1]), r=0.5).r
    0.5
    """
    silence = constant(0.0)
    given = {label: silence for label in getattr(network, "inputs", ()) if label != "bias"}
    outputs = len(getattr(network, "outputs", ()))
    return Tracking(network, [silence] * outputs, q=q, r_w=r_w, r=r, speed=speed, inputs=given)


class _Held(Tracking):
    """A problem with samples in the place of its signals."""

    def __init__(self, problem, steps, silent, dt):
        self.__dict__.update(problem.__dict__)
        self.steps, self.silent, self.dt = steps, silent, dt
        self.fed = np.array([label != "bias" for label in self.network.inputs], bool)

    def take(self, u, z, begin):
        self.u, self.z, self.begin = u, z, begin

    def at_steps(self, times, middles=True):
        """A sample is held from its first step to the end of its last; its target is silent at first."""
        step = np.rint((times - self.begin) / self.dt).astype(int)
        step = np.minimum(step, len(self.z) * self.steps - 1)  # the next sample is not known at the end
        sample = step // self.steps
        z = np.repeat(self.z[sample][:, None], 3, axis=1)
        z[step % self.steps < self.silent] = np.nan
        u = np.empty((len(times), 3, len(self.fed)))
        u[:, :, self.fed] = self.u[sample][:, None]
        if not self.fed.all():
            u[:, :, ~self.fed] = self.inputs["bias"](times)[:, None, None]
        return z, u

    def shown(self, times):
        """The targets of the samples, silent or not."""
        step = np.rint((times - self.begin) / self.dt).astype(int)
        return self.z[np.minimum(step // self.steps, len(self.z) - 1)]


class Stream:
    """See `stream`."""

    def __init__(
        self, problem, policy, source, samples, hold, dt, listen, start, chunk, timeout, record, progress, arguments
    ):
        if not isinstance(problem, Tracking):
            raise ValueError(f"problem = {problem!r}: must be a hlp_edu Tracking")
        if not isinstance(policy, Policy):
            raise ValueError(f"policy = {policy!r}: must be a policy, for example hlp_edu.GradientFlow(mu=1)")
        for name, value in (("samples", samples), ("chunk", chunk)):
            if value is not None and (not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1):
                raise ValueError(f"{name} = {value!r}: must be a whole number, at least 1")
        hold, dt = number("hold", hold, above=0), number("dt", dt, above=0)
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
        if source is not None and not hasattr(source, "__iter__"):
            raise ValueError(f"source = {source!r}: must be an iterator of samples (u, z), or None")
        self._steps = max(1, math.ceil(hold / dt - 1e-9))
        self._dt, self._hold = hold / self._steps, hold
        self._silent = min(round(listen / self._dt), self._steps - 1)
        self._rhythm = dict(hold=hold, dt=self._dt, listen=self._silent * self._dt)
        self._problem, self._policy, self._given = problem, policy, dict(arguments, record=record)
        self._held = None if source is None else _Held(problem, self._steps, self._silent, self._dt)
        self._source = None if source is None else iter(source)
        self._reader = _Reader(self._source, number("timeout", timeout, above=0)) if timeout is not None else None
        wide = 3 * self._steps * (len(problem.network.inputs) + len(problem.network.outputs))
        self._most = int(chunk) if chunk is not None else max(1, min(CHUNK // self._steps, WIDE // wide))
        self.state, self.samples, self.diverged_at = None, 0, None
        self._go_on_from(start)
        self._until = None if samples is None else self.samples + int(samples)
        self._waiting, self._trouble, self._over = [], None, False
        self._bar, self._silence, self._total = None, not progress, samples

    def _go_on_from(self, start):
        if start is None:
            return
        if isinstance(start, State):
            start = StreamState(start, 0, self._rhythm)
        if not isinstance(start, StreamState):
            raise ValueError(f"start = {start!r}: must be a StreamState, or the `final` of a trajectory")
        for name, value in self._rhythm.items():
            was = start.rhythm.get(name, value)
            if not math.isclose(was, value, rel_tol=1e-9, abs_tol=1e-12):
                raise ValueError(f"{name} = {value:g}: the stream that start= comes from had {name} = {was:g}")
        for name in ("seed", "t0", "x0", "w0", "p0"):
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
        self._collect()
        if not self._waiting:
            if self._trouble is not None:
                return next(self)
            self._close()
            raise StopIteration
        chunk = self._learn()
        self._show(len(self._waiting))
        self._waiting = []
        return chunk

    def collect(self):
        """Run to the end, and keep the guesses and the targets (which grow with the stream).

        Returns
        -------
        guess, target : numpy.ndarray, shape (samples, outputs)

        Raises
        ------
        SourceError
            As the stream itself.
        """
        width = len(self._problem.network.outputs)
        pairs = [(np.empty((0, width)), np.empty((0, width)))] + [(chunk.guess, chunk.target) for chunk in self]
        return tuple(np.concatenate(column) for column in zip(*pairs, strict=True))

    # -- reading --

    def _collect(self):
        """Read until a chunk is full, the source has nothing more, or something is wrong."""
        while not self._over and len(self._waiting) < self._most:
            number_ = self.samples + len(self._waiting)
            if number_ == self._until:
                self._over = True
            elif self._source is None:
                self._waiting.append(None)
            else:
                try:
                    self._waiting.append(self._checked(self._read(number_), number_))
                except StopIteration:
                    self._over = True
                    if self._until is not None:
                        self._trouble = SourceError(f"source: ended after {number_} samples; {self._until} were due")
                    return
                except SourceError as trouble:
                    self._trouble = trouble
                    return

    def _read(self, number_):
        try:
            return self._reader.read(number_) if self._reader else next(self._source)
        except (StopIteration, SourceError):
            raise
        except Exception as error:
            raise SourceError(f"source: fails at sample {number_} with {error!r}") from error

    def _checked(self, sample, number_):
        if not isinstance(sample, (tuple, list)) or len(sample) != 2:
            raise SourceError(f"source: sample {number_} is {sample!r}; it must be a pair (u, z)")
        network, u, z = self._problem.network, sample[0], sample[1]
        z = (
            np.full(len(network.outputs), np.nan)
            if z is None
            else _row("z", z, len(network.outputs), "output", number_)
        )
        return _row("u", () if u is None else u, int(self._held.fed.sum()), "input", number_), z

    # -- learning --

    def _learn(self):
        count, start = len(self._waiting), {} if self.state is None else dict(start=self.state.at)
        problem, begin = self._problem, self.state.at.t if start else float(self._given.get("t0", 0.0))
        if self._held is not None:
            problem = self._held
            u, z = (np.array(column) for column in zip(*self._waiting, strict=True))
            problem.take(u, z, begin)
        made = run(problem, self._policy, count * self._hold, dt=self._dt, **self._given, **start)
        gone = made.final.clock.count - (self.state.at.clock.count if self._same_clock() else 0)
        rows = self._silent + self._steps * np.arange(count)
        rows = rows[rows < len(made.t)]
        if self._held is not None:
            made.target = problem.shown(made.t)
        chunk = Chunk(self.samples, made.outputs[rows].copy(), made.target[rows].copy(), made)
        self.samples += count if made.diverged_at is None else gone // self._steps
        self.state = StreamState(made.final, self.samples, self._rhythm)
        if made.diverged_at is not None:
            self.diverged_at, self._over, self._trouble = made.diverged_at, True, None
        return chunk

    def _same_clock(self):
        return self.state is not None and self.state.at.clock.dt == self._dt

    def _show(self, count):
        from tqdm.auto import tqdm

        if self._bar is None:
            # In a notebook tqdm does not look at its own variable TQDM_DISABLE, so it is read here.
            silent = self._silence or os.environ.get("TQDM_DISABLE", "") not in ("", "0")
            self._bar = tqdm(total=self._total, delay=1.0, leave=False, unit=" samples", disable=silent)
        self._bar.update(count)

    def _close(self):
        if self._bar is not None:
            self._bar.close()

    def __repr__(self):
        return f"Stream({self.samples} samples learned)"


class _Reader:
    """Waits for a source no longer than it may. Asks for one sample at a time: it never reads ahead."""

    def __init__(self, source, timeout):
        self.timeout = timeout
        self.asked, self.answers, self.outstanding = queue.SimpleQueue(), queue.SimpleQueue(), False
        threading.Thread(
            target=self._serve, args=(source, self.asked, self.answers), name="source of a stream", daemon=True
        ).start()

    @staticmethod
    def _serve(source, asked, answers):
        while asked.get():
            try:
                answers.put((next(source), None))
            except BaseException as error:
                answers.put((None, error))

    def read(self, number_):
        if not self.outstanding:
            self.asked.put(True)
        self.outstanding = True
        try:
            sample, error = self.answers.get(timeout=self.timeout)
        except queue.Empty:
            raise SourceError(
                f"source: sample {number_} has not come within {self.timeout:g} s; go on with next() to wait again"
            ) from None
        self.outstanding = False
        if error is not None:
            raise error
        return sample

    def __del__(self):
        self.asked.put(False)  # lets the thread go


def _row(name, values, size, what, number_):
    try:
        row = np.array(values, np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise SourceError(f"source: {name} of sample {number_} is {values!r}; it must be {size} numbers") from None
    if len(row) != size:
        raise SourceError(
            f"source: {name} of sample {number_} has {len(row)} entries; it must have {size}, one per {what}"
        )
    if not np.isfinite(row).all():
        bad = int(np.flatnonzero(~np.isfinite(row))[0])
        raise SourceError(f"source: {name}[{bad}] of sample {number_} is {row[bad]}; it must be a finite number")
    return row


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
    problem : Tracking
        Network, prices and speeds. Samples take the place of its targets and of its inputs, except
        that of an input "bias". See `open_problem`.
    policy : Policy
        What is done about the boundary problem.
    source : iterable of (u, z), optional
        u: one number per input that is not "bias", in the order of ``network.inputs`` (None if there
        is no such input); z: one number per output, or None: nobody says what was right. A list, a
        file's rows, a video's frames, a live generator. Without a source the problem's own signals
        run on, in stretches of ``hold``.
    samples : int, optional
        Stop after so many. By default: when the source ends.
    hold, dt, listen : float
        How long a sample lasts; the integrator's step, shortened a little if ``hold`` is no multiple of
        it; how long the target is silent at first, rounded to whole steps.
    start : StreamState or State, optional
        Where another stream, or a run, stopped. The source must go on from there:
        ``itertools.islice(source, state.samples, None)`` skips what was learned already.
    chunk : int, optional
        Samples per chunk; by default so many that the tables of a chunk stay small. With a live source 1
        gives every sample its answer at once. The numbers do not depend on it.
    timeout : float, optional
        Seconds to wait for a sample; forever by default.
    record : {"output", "all"}
        What the trajectory of a chunk keeps, as in `run`.
    progress : bool
        Show a progress bar when it takes longer than a second. TQDM_DISABLE=1 in the environment
        silences it everywhere.
    **arguments
        seed, t0, x0, w0, p0, method and limit of `run`.

    Returns
    -------
    Stream
        An iterator over `Chunk`. Its ``state`` is where it stands, after the last chunk that it gave out
        (to be saved, and passed as ``start=``); ``samples`` counts what is learned; ``diverged_at`` is the
        time when the run left its limits, where the stream ends, or None.

    Raises
    ------
    ValueError
        If an argument is out of its bounds. While iterating, SourceError, which is a ValueError with a
        ``state``: if the source ends before ``samples``, stalls, fails, or gives something else than a pair of the
        right widths of finite numbers. What came before is learned first. Iterating on skips what was wrong.

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
        The series; it is read once, and no more of it is kept than the lags.
    lags : int
        How many values the network gets, the latest first.

    Yields
    ------
    u : numpy.ndarray, shape (lags,)
    z : float

    Raises
    ------
    ValueError
        If ``lags`` is no whole number of at least 1.

    Examples
    --------
    >>> [(u.tolist(), z) for u, z in next_of([1, 2, 3, 4], lags=2)]
    [([2.0, 1.0], 3.0), ([3.0, 2.0], 4.0)]
    """
    if not isinstance(lags, numbers.Integral) or isinstance(lags, bool) or lags < 1:
        raise ValueError(f"lags = {lags!r}: must be a whole number, at least 1")
    return _next_of(values, int(lags))


def _next_of(values, lags):
    from collections import deque

    past = deque(maxlen=lags)
    for value in values:
        value = float(value)
        if len(past) == lags:
            yield np.array(past), value
        past.appendleft(value)
