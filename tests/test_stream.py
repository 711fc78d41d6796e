"""Streams: the same numbers as one long run, in constant memory, whatever the source does."""

import gc
import itertools
import json
import math
import sys
import threading
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hlp_edu as hlp
from hlp_edu.stream import Chunk, SourceError, StreamState, next_of, open_problem

NET = hlp.feed_forward([2, 3, 1])
PROBLEM = open_problem(NET, q=10, r_w=0.01, r=0.5)
POLICIES = [hlp.Flipped(5, 2), hlp.GradientFlow(mu=0.3), hlp.PerArc(0.2), hlp.Periodic(0.7, 0.8, 5, 5)]


def samples(count=None, seed=0):
    dice = np.random.default_rng(seed)
    for _ in itertools.count() if count is None else range(count):
        u = dice.uniform(-1, 1, 2)
        yield u, 0.5 * u[0] - 0.3 * u[1]


def same(a, b):
    return all(np.array_equal(getattr(a, key), getattr(b, key)) for key in ("x", "w", "p_x", "p_w", "s_x", "s_w"))


# ---- what is computed --------------------------------------------------------------------------


@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_held_samples_are_one_long_run_on_steps(policy):
    """The oracle is `run` on signals that jump: the same numbers, to the last bit."""
    rows = list(samples(12))
    joins = np.arange(1, 12) * 0.5
    signals = [hlp.steps(joins, [u[i] for u, _ in rows]) for i in (0, 1)]
    direct = PROBLEM.replace(
        target=hlp.steps(joins, [z for _, z in rows]), inputs=dict(zip(["u1", "u2"], signals, strict=True))
    )
    whole = hlp.run(direct, policy, T=6, dt=0.05, seed=3)
    chunks = list(hlp.stream(PROBLEM, policy, rows, hold=0.5, dt=0.05, chunk=5, seed=3, record="all"))
    assert [len(chunk) for chunk in chunks] == [5, 5, 2] and [chunk.first for chunk in chunks] == [0, 5, 10]
    assert same(chunks[-1].trajectory.final, whole.final) and chunks[-1].trajectory.final.t == whole.final.t
    assert np.array_equal(np.concatenate([chunk.guess for chunk in chunks]), whole.outputs[:-1:10])
    assert np.array_equal(np.concatenate([chunk.trajectory.x[:-1] for chunk in chunks]), whole.x[:-1])
    assert sum(chunk.trajectory.cost for chunk in chunks) == pytest.approx(whole.cost, rel=1e-12)


def test_a_silent_target_is_no_error():
    """While it listens, the network moves as if errors had no price."""
    (sample,) = samples(1)
    listening = hlp.stream(PROBLEM, POLICIES[0], [sample], hold=1.0, dt=0.05, listen=0.6, seed=2, record="all")
    made = next(listening).trajectory
    deaf = PROBLEM.replace(q=0, inputs={"u1": hlp.constant(sample[0][0]), "u2": hlp.constant(sample[0][1])})
    first = hlp.run(deaf, POLICIES[0], T=0.6, dt=0.05, seed=2)
    assert np.array_equal(made.x[:13], first.x) and np.array_equal(made.p_w[:13], first.p_w)
    second = hlp.run(deaf.replace(q=10, target=hlp.constant(sample[1])), POLICIES[0], T=0.4, dt=0.05, start=first.final)
    assert same(made.final, second.final)
    assert np.isfinite(made.lagrangian).all() and np.isfinite(made.cost) and (made.target == sample[1]).all()


def test_a_guess_knows_nothing_of_its_target():
    rows = list(samples(30))
    changed = [*rows[:20], (rows[20][0], 0.9), *rows[21:]]
    told = [list(hlp.stream(PROBLEM, POLICIES[0], source, listen=0.5, chunk=1)) for source in (rows, changed)]
    differs = [not np.array_equal(a.guess, b.guess) for a, b in zip(*told, strict=True)]
    assert differs == [False] * 21 + [True] * 9


@pytest.mark.parametrize("slope", ["known", "measured"])
def test_a_rule_that_looks_ahead_sees_no_signal_behind_the_samples(slope):
    rows = [(u[:1], z) for u, z in samples(20)]
    problem = open_problem(hlp.feed_forward([1, 1]))
    policy = hlp.ProspectiveSteering(slope=slope)
    signals = (hlp.constant(0), hlp.sinusoid(0.8, 0.5))
    plain, hidden = (hlp.stream(problem.replace(target=z), policy, rows).collect()[0] for z in signals)
    assert np.array_equal(plain, hidden)


def test_without_a_target_nothing_is_taught(tmp_path):
    rows = [(u, None) for u, _ in samples(5)]
    (chunk,) = hlp.stream(PROBLEM, hlp.Flipped(5, 2), rows)
    assert np.isnan(hlp.Trajectory.load(chunk.trajectory.save(tmp_path / "open")).target).all()
    guess, target = hlp.stream(PROBLEM, hlp.Flipped(5, 2), rows, listen=0.5, p0=(np.zeros(4), np.zeros(13))).collect()
    assert guess.shape == (5, 1) and np.isnan(target).all() and np.isfinite(guess).all()
    moved = hlp.stream(open_problem(NET), hlp.GradientFlow(1), rows, w0=np.ones(13))
    moved.collect()
    assert np.array_equal(moved.state.at.w, np.ones(13))


def test_it_learns_and_says_so_before_it_is_told():
    guess, target = hlp.stream(PROBLEM, hlp.GradientFlow(mu=0.02), samples(2000), listen=0.5).collect()
    error = np.abs(guess - target)[:, 0]
    assert error[-100:].mean() < 0.05 < 0.2 < error[:20].mean()


def test_the_problems_own_signals():
    problem = hlp.Tracking(hlp.fully_connected(3), hlp.patchwork(2))
    chunks = list(hlp.stream(problem, hlp.GradientFlow(0.03), samples=9, hold=1.0, dt=0.01, chunk=4, seed=1))
    whole = hlp.run(problem, hlp.GradientFlow(0.03), T=9, dt=0.01, seed=1)
    assert same(chunks[-1].trajectory.final, whole.final)
    assert np.array_equal(np.concatenate([chunk.guess for chunk in chunks]), whole.outputs[:-1:100])
    assert np.array_equal(np.concatenate([chunk.target for chunk in chunks]), whole.target[:-1:100])


def test_a_bias_of_ones_own_stays():
    problem = PROBLEM.replace(inputs=PROBLEM.inputs | {"bias": hlp.constant(0.3)})
    rows = list(samples(3))
    fed = hlp.stream(problem, POLICIES[0], rows)
    fed.collect()
    joins = [1, 2]
    signals = {f"u{i + 1}": hlp.steps(joins, [u[i] for u, _ in rows]) for i in (0, 1)}
    direct = problem.replace(
        target=hlp.steps(joins, [z for _, z in rows]), inputs=signals | {"bias": hlp.constant(0.3)}
    )
    assert same(fed.state.at, hlp.run(direct, POLICIES[0], T=3, dt=0.05).final)


# ---- interrupted and resumed -------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(
    st.integers(1, 29), st.integers(1, 9), st.integers(1, 9), st.sampled_from(POLICIES), st.sampled_from([0.0, 0.35])
)
def test_resumed_equals_uninterrupted(tmp_path_factory, stop, before, after, policy, listen):
    how = dict(hold=0.7, dt=0.05, listen=listen)
    whole = hlp.stream(PROBLEM, policy, samples(30), seed=4, **how)
    guess = whole.collect()[0]
    first = hlp.stream(PROBLEM, policy, samples(), samples=stop, chunk=before, seed=4, **how)
    early = first.collect()[0]
    path = first.state.save(tmp_path_factory.mktemp("state") / "state")
    kept = StreamState.load(path)
    rest = itertools.islice(samples(30), kept.samples, None)
    second = hlp.stream(PROBLEM, policy, rest, start=kept, chunk=after, **how)
    late = second.collect()[0]
    assert kept.samples == stop and second.samples == 30
    assert np.array_equal(np.concatenate([early, late]), guess)
    assert same(second.state.at, whole.state.at) and second.state.at.clock == whole.state.at.clock


def test_a_state_is_saved_in_one_go(tmp_path, monkeypatch):
    fed = hlp.stream(PROBLEM, POLICIES[0], samples(6), chunk=3)
    next(fed)
    path = fed.state.save(tmp_path / "state")
    next(fed)
    assert fed.state.save(tmp_path / "state.npz") == path and StreamState.load(tmp_path / "state").samples == 6
    monkeypatch.setattr(np, "savez", lambda *a, **b: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        fed.state.save(path)
    assert StreamState.load(path).samples == 6 and [p.name for p in tmp_path.iterdir()] == ["state.npz"]


def test_what_is_no_state_is_not_overwritten_and_not_read(tmp_path):
    (tmp_path / "notes.npz").write_text("my notes")
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    fed = hlp.stream(PROBLEM, POLICIES[0], samples(2))
    fed.collect()
    for name in ("notes", "other"):
        with pytest.raises(FileExistsError, match="holds no state"):
            fed.state.save(tmp_path / name)
        with pytest.raises(ValueError, match="holds no state of a stream"):
            StreamState.load(tmp_path / name)
    assert (tmp_path / "notes.npz").read_text() == "my notes"
    with np.load(fed.state.save(tmp_path / "state")) as file:
        parts = dict(file)
    facts = json.loads(str(parts["stream"]))
    for changed, says in ((facts | dict(clock=None), "clock = None"), (list(facts), "holds no state")):
        np.savez(tmp_path / "odd.npz", **parts | dict(stream=np.array(json.dumps(changed))))
        with pytest.raises(ValueError, match=f"odd.*holds no state of a stream.*{says}|{says}"):
            StreamState.load(tmp_path / "odd")
    with pytest.raises(FileNotFoundError):
        StreamState.load(tmp_path / "nothing")


def test_a_stream_goes_on_from_a_run_and_under_another_policy():
    begun = hlp.run(PROBLEM, POLICIES[1], T=1, dt=0.05, seed=7)
    fed = hlp.stream(PROBLEM, hlp.Frozen(), samples(5), start=begun.final)
    fed.collect()
    assert fed.samples == 5 and np.array_equal(fed.state.at.w, begun.final.w) and fed.state.at.t == pytest.approx(6)
    assert repr(fed.state) == "StreamState(5 samples, t = 6)"


@pytest.mark.parametrize("begin", [dict(w0=np.full(len(PROBLEM.network.arcs), 0.1)), dict(t0=2.0)])
def test_a_given_start_begins_the_first_chunk_alone(begin):
    whole, parts = (hlp.stream(PROBLEM, POLICIES[0], samples(6), chunk=chunk, seed=3, **begin) for chunk in (6, 2))
    whole.collect(), parts.collect()
    assert same(parts.state.at, whole.state.at) and parts.state.at.t == whole.state.at.t


def test_an_interrupted_chunk_is_not_lost(monkeypatch):
    """Ctrl-C while a chunk is learned: its samples are not lost."""
    fed, calls = hlp.stream(PROBLEM, POLICIES[0], samples(9), chunk=4), []

    def interrupted(*a, **b):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return hlp.run(*a, **b)

    monkeypatch.setattr(sys.modules["hlp_edu.stream"], "run", interrupted)
    first = next(fed)
    with pytest.raises(KeyboardInterrupt):
        next(fed)
    assert fed.samples == 4
    whole = hlp.stream(PROBLEM, POLICIES[0], samples(9)).collect()[0]
    assert np.array_equal(np.concatenate([first.guess, fed.collect()[0]]), whole)


# ---- sources that misbehave --------------------------------------------------------------------


def bad(sample, at=5):
    yield from samples(at)
    yield sample() if callable(sample) else sample
    yield from samples(3, seed=1)


@pytest.mark.parametrize(
    "sample, says",
    [
        (([0.1, math.nan], 0.0), r"sample 5: u\[1\] = nan: every entry must be a finite number"),
        (([0.1, 0.2], math.inf), r"sample 5: z\[0\] = inf"),
        (([0.1], 0.0), r"sample 5: u has shape \(1,\): must be \(2,\), one number per input"),
        (([0.1, 0.2], [0.0, 0.1]), r"sample 5: z has shape \(2,\): must be \(1,\), one number per output"),
        ((["a", "b"], 0.0), r"sample 5: u = .*'a', 'b'.*: must be 2 numbers, one per input"),
        (0.3, r"sample 5 is 0.3; it must be a pair \(u, z\)"),
        (tuple(range(9999)), r"sample 5 is \(0, 1.{,200}; it must be a pair"),
        ((None, 0.3), r"sample 5: u has shape \(0,\)"),
    ],
)
@pytest.mark.parametrize("chunk", [None, 1, 2])
def test_a_bad_sample_is_named_and_what_came_before_is_learned(sample, says, chunk):
    good = hlp.stream(PROBLEM, POLICIES[0], samples(5))
    good.collect()
    fed, seen = hlp.stream(PROBLEM, POLICIES[0], bad(sample), chunk=chunk), 0
    with pytest.raises(SourceError, match=says) as caught:
        for piece in fed:
            assert isinstance(piece, Chunk)
            seen += len(piece)
    assert seen == 5 == fed.samples == caught.value.state.samples
    assert same(caught.value.state.at, good.state.at) and same(fed.state.at, good.state.at)
    # iterating on skips the bad one
    fed.collect()
    rest = hlp.stream(PROBLEM, POLICIES[0], samples(3, seed=1), start=caught.value.state)
    rest.collect()
    assert fed.samples == 8 and same(fed.state.at, rest.state.at)


def test_a_source_that_fails_or_ends_early():
    def broken():
        yield from samples(4)
        raise OSError("the camera is gone")

    fed = hlp.stream(PROBLEM, POLICIES[0], broken())
    with pytest.raises(SourceError, match="fails at sample 4 with OSError.*camera") as caught:
        fed.collect()
    assert caught.value.state.samples == 4 and isinstance(caught.value.__cause__, OSError)
    fed = hlp.stream(PROBLEM, POLICIES[0], samples(4), samples=10)
    assert len(next(fed)) == 4
    with pytest.raises(SourceError, match="ended after 4 samples; 10 were due") as caught:
        next(fed)
    assert caught.value.state is fed.state and fed.samples == 4
    assert list(fed) == []
    with pytest.raises(SourceError) as caught:
        next(hlp.stream(PROBLEM, POLICIES[0], [], samples=1))
    assert caught.value.state is None


def test_a_source_that_stalls_and_comes_back():
    gate = threading.Event()

    def slow():
        yield from samples(3)
        gate.wait()
        yield from itertools.islice(samples(6), 3, None)

    fed = hlp.stream(PROBLEM, POLICIES[0], slow(), timeout=1)
    assert len(next(fed)) == 3
    begun = time.monotonic()
    with pytest.raises(SourceError, match="sample 3 has not come within 1 s") as caught:
        next(fed)
    assert caught.value.state.samples == 3 and time.monotonic() - begun < 5
    gate.set()
    late = fed.collect()[0]
    whole = hlp.stream(PROBLEM, POLICIES[0], samples(6))
    assert np.array_equal(late, whole.collect()[0][3:]) and same(fed.state.at, whole.state.at)
    del fed, caught
    gc.collect()
    for _ in range(100):
        if not [thread for thread in threading.enumerate() if thread.name == "source of a stream"]:
            break
        time.sleep(0.02)
    else:
        raise AssertionError("a thread waits for a source that is no longer read")


def test_nothing_is_read_ahead():
    asked = []

    def counted():
        for k, sample in enumerate(samples()):
            asked.append(k)
            yield sample

    for timeout in (None, 5.0):
        asked.clear()
        fed = hlp.stream(PROBLEM, POLICIES[0], counted(), samples=7, chunk=2, timeout=timeout)
        next(fed)
        assert len(asked) == 2
        fed.collect()
        assert len(asked) == 7


def test_a_run_that_diverges_ends_the_stream():
    fed = hlp.stream(PROBLEM, hlp.Canonical(), samples(), chunk=3)
    chunks = list(itertools.islice(fed, 1000))
    assert len(chunks) < 1000 and chunks[-1].trajectory.diverged_at == fed.diverged_at is not None
    assert np.isfinite(fed.state.at.w).all() and np.isfinite(chunks[-1].guess).all()
    assert fed.samples == int(fed.state.at.t) and list(fed) == []


# ---- memory ------------------------------------------------------------------------------------


def endless_patchwork():
    return None, hlp.Tracking(hlp.fully_connected(5), hlp.patchwork(1))


def endless_samples():
    return samples(), PROBLEM


@pytest.mark.parametrize("make", [endless_patchwork, endless_samples])
def test_memory_does_not_grow(make):
    def peak(count):
        source, problem = make()
        tracemalloc.start()
        try:
            for _ in hlp.stream(problem, hlp.GradientFlow(0.03), source, samples=count, hold=10.0, dt=0.1):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(50)
    short, long = peak(1_000), peak(20_000)  # 1e5 and 2e6 steps of time
    assert long < 1.2 * short + 400_000  # the patchwork keeps some thousand pieces, at most


def test_wide_networks_get_short_chunks():
    net = hlp.feed_forward([600, 2])
    rows = ((np.zeros(600), np.zeros(2)) for _ in range(40))
    lengths = [len(chunk) for chunk in hlp.stream(open_problem(net), hlp.Frozen(), rows)]
    assert sum(lengths) == 40 and lengths[0] == 1_000_000 // (3 * 20 * 603)


# ---- arguments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, says",
    [
        (dict(problem=3), "problem = 3"),
        (dict(policy="flip"), "policy = 'flip'"),
        (dict(source=5), "source = 5: must be an iterator"),
        (dict(samples=0), "samples = 0: must be a whole number"),
        (dict(chunk=1.5), "chunk = 1.5"),
        (dict(hold=-1), "hold = -1"),
        (dict(dt=2.0), "dt = 2: must be at most hold = 1"),
        (dict(listen=1.0), "listen = 1: must be below hold = 1"),
        (dict(listen=-0.1), "listen = -0.1"),
        (dict(source=None, listen=0.5), "listen = 0.5: must be 0 with source=None"),
        (dict(timeout=0), "timeout = 0"),
        (dict(timeout=1e10), "timeout = 10000000000.0"),
        (dict(hold=1e308), "hold = 1e.308"),
        (dict(every=2), "every: a stream has no such argument"),
        (dict(T=2), "T: a stream has no such argument"),
        (dict(start=4), "start = 4: must be a StreamState"),
    ],
)
def test_wrong_arguments_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        hlp.stream(**(dict(problem=PROBLEM, policy=hlp.Frozen(), source=[]) | arguments))


def test_what_has_no_end_is_not_collected():
    fed = hlp.stream(PROBLEM, POLICIES[0])
    assert len(next(fed)) > 0
    with pytest.raises(ValueError, match="samples = None: must be given"):
        fed.collect()
    assert len(next(fed)) > 0


def test_a_resumed_stream_keeps_its_rhythm():
    fed = hlp.stream(PROBLEM, POLICIES[0], samples(2), listen=0.5)
    fed.collect()
    for changed, says in ((dict(hold=2.0), "hold = 2"), (dict(dt=0.1), "dt = 0.1"), (dict(listen=0.25), "listen")):
        with pytest.raises(ValueError, match=says):
            hlp.stream(PROBLEM, POLICIES[0], samples(2), start=fed.state, **(dict(listen=0.5) | changed))
    with pytest.raises(ValueError, match="seed: cannot be given together with start="):
        hlp.stream(PROBLEM, POLICIES[0], samples(2), start=fed.state, listen=0.5, seed=1)


def test_next_of_keeps_no_past():
    assert [(u.tolist(), z) for u, z in next_of(iter(range(5)), 3)] == [([2, 1, 0], 3), ([3, 2, 1], 4)]
    endless = next_of(itertools.count(), 2)
    assert next(endless)[1] == 2
    for wrong in (0, 1.5, True, 10**400):
        with pytest.raises(ValueError, match="lags = "):
            next_of([1, 2], wrong)
    for wrong in (1, np.array(0.5), None):
        with pytest.raises(ValueError, match="values = .*: must be a series of numbers"):
            next_of(wrong)


def test_the_progress_bar(capsys, monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    hlp.stream(PROBLEM, POLICIES[0], samples(3)).collect()
    assert capsys.readouterr().err == ""
    monkeypatch.delenv("TQDM_DISABLE")
    import tqdm.auto

    seen = []

    class Bar:
        def __init__(self, **given):
            seen.append(given)

        def update(self, count):
            seen.append(count)

        def close(self):
            seen.append("closed")

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    hlp.stream(PROBLEM, POLICIES[0], samples(5), samples=5, chunk=2).collect()
    assert seen[0]["total"] == 5 and seen[1:] == [2, 2, 1, "closed"]
    hlp.stream(PROBLEM, POLICIES[0], samples(5), progress=False).collect()
    assert len(seen) == 5, "without progress no bar is made"


def test_a_bias_that_moves_is_read_within_a_step():
    """As in `run`: the target of a sample is constant, and no other input moves."""
    for bias in (lambda t: np.sin(6 * np.asarray(t)), lambda t: 0.5):
        problem = hlp.Tracking(hlp.fully_connected(2), hlp.constant(0.1), inputs={"bias": bias})
        along = hlp.stream(problem, hlp.GradientFlow(0.03), [(None, 0.1)] * 3, hold=0.2, dt=0.05, progress=False)
        along.collect()
        alone = hlp.run(problem, hlp.GradientFlow(0.03), 0.6, dt=0.05)
        assert np.allclose(along.state.at.w, alone.final.w, atol=1e-13)


def test_a_target_that_is_not_known_is_no_error():
    problem = open_problem(hlp.feed_forward([1, 1]))
    for targets, known in (((None, 0.3), True), ((None, None), False)):
        chunk = next(hlp.stream(problem, hlp.GradientFlow(0.1), [(0.1, z) for z in targets], progress=False))
        error = (chunk.trajectory.outputs - 0.3)[np.isfinite(chunk.trajectory.target)]
        words = hlp.plot_tracking(chunk.trajectory).alt
        if known:
            assert chunk.trajectory.rmse() == pytest.approx(np.sqrt(np.mean(error**2)))
        else:
            assert np.isnan(chunk.trajectory.rmse()) and "No target is known" in words
