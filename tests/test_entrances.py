"""State and files are checked where they enter: what is wrong gets one ValueError that names it."""

import dataclasses
import io
import json
import zipfile

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu.network import Network
from hlp_edu.state import Clock
from hlp_edu.stream import StreamState

PROBLEM = hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid())
POLICY = hlp.Flipped(dissipation_w=30)
RUN = hlp.run(PROBLEM, POLICY, 0.2, dt=0.05)


@pytest.mark.parametrize("name, size", [("x", 2), ("p_x", 2), ("s_x", 2), ("w", 6), ("p_w", 6), ("s_w", 6)])
def test_a_state_of_the_wrong_shape_kind_or_range_is_refused(name, size):
    wrong = [
        np.zeros(size + 1),
        np.zeros(0),
        np.zeros((size, 1)),
        np.full(size, np.nan),
        np.zeros(size) + 1j,
        "x",
        None,
    ]
    wrong += [np.full(size, np.inf), [10**400] * size] + ([np.full(size, 3.0)] if name.startswith("s") else [])
    for value in wrong:
        for policy in (POLICY, hlp.PerArc(mu=0.03)):
            with pytest.raises(ValueError, match=rf"^start(\.{name}\b|: holds)"):
                hlp.run(PROBLEM, policy, 0.1, dt=0.05, start=dataclasses.replace(RUN.final, **{name: value}))


@pytest.mark.parametrize(
    "clock", [None, (1, 2), (np.nan, 0, 0.1), (0.0, -1, 0.1), (0.0, 1.5, 0.1), (0.0, 0, -1), "abc"]
)
def test_a_clock_that_is_none_is_refused(clock):
    with pytest.raises(ValueError, match=r"^start\.clock"):
        hlp.run(PROBLEM, POLICY, 0.1, dt=0.05, start=dataclasses.replace(RUN.final, clock=clock))


def test_a_state_that_is_given_is_not_changed():
    before = RUN.final.x.copy()
    hlp.run(PROBLEM, POLICY, 0.1, dt=0.05, start=RUN.final)
    assert (RUN.final.x == before).all()


@pytest.mark.parametrize(
    "heads, tails, words",
    [
        ([0, 9], [0, 0], "heads: holds"), ([0, -1], [0, 0], "heads: holds"), ([0], [0, 1], "heads and tails"),
        ([0.5], [0], "heads: must be whole"), ([0, 0], [1, 1], "is given twice"), ([0], [7], "tails: holds"),
        ([2], [0], "leads into the input"), ([[0]], [[0]], "heads: must be whole"),
    ],
)  # fmt: skip
def test_a_network_of_indices_that_do_not_fit_is_refused(heads, tails, words):
    with pytest.raises(ValueError, match=words):
        Network._from_indices([1, 2], ["u"], [1], heads, tails)


@pytest.mark.parametrize("arguments", [(["a", "a"], [], ["a"]), ([[1]], [], []), (["a"], ["u"], ["b"]), (3, [], [])])
def test_labels_that_are_none_are_refused(arguments):
    with pytest.raises(ValueError, match="neurons|outputs"):
        Network._from_indices(*arguments, [], [])


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: hlp.fully_connected(10**6), "^n = 1000000: must be a whole number, at least 1 and at most 7071$"),
        (lambda: hlp.feed_forward([10**5, 10**5]), "is too large"),
        (lambda: hlp.feed_forward([1] * 10**6), "is too large"),
        (lambda: hlp.chain(10**12), "^n = 10{12}: must be a whole number, at least 1 and at most 50000000$"),
    ],
)
def test_a_network_that_cannot_fit_is_refused_at_once(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def saved(tmp_path):
    stream = hlp.stream(PROBLEM, POLICY, samples=2, hold=0.1, dt=0.05, progress=False)
    stream.collect()
    return [(hlp.Trajectory, RUN.save(tmp_path / "run")), (StreamState, stream.state.save(tmp_path / "stream"))]


def test_files_with_flipped_bytes_load_or_are_refused_in_words(tmp_path):
    dice, refused = np.random.default_rng(0), 0
    for kind, path in saved(tmp_path):
        whole = np.fromfile(path, np.uint8)
        for _ in range(300):
            damaged = whole.copy()
            damaged[dice.integers(len(whole), size=dice.integers(1, 5))] = dice.integers(256, size=1)
            (tmp_path / "x.npz").write_bytes(damaged[: dice.integers(len(whole))] if dice.random() < 0.2 else damaged)
            try:
                kind.load(tmp_path / "x.npz")
            except ValueError as error:
                assert str(error).startswith("path = ")
                refused += 1
    assert refused > 300


def test_files_with_wrong_fields_are_refused_by_name(tmp_path):
    for kind, path in saved(tmp_path):
        with np.load(path) as found:
            fields = {name: found[name] for name in found.files}
        entry = "facts" if kind is hlp.Trajectory else "stream"
        for name, value in fields.items():
            wrong = [None, np.zeros((3, 3, 3)), np.array(["x"]), np.full(value.shape, np.nan)] if name != entry else []
            facts = json.loads(str(fields[entry]))
            if name == entry:
                odd = (None, [], "x", 10**400, {"a": 1}, [[]])
                wrong = [np.array(json.dumps(facts | {key: one})) for key in facts for one in odd if key not in
                         ("version", "about", "diverged_at", "cost", "inputs", "rhythm", "reason")]  # fmt: skip
            for one in wrong:
                changed = {key: part for key, part in (fields | {name: one}).items() if part is not None}
                np.savez(tmp_path / "x.npz", **changed)
                try:
                    again = kind.load(tmp_path / "x.npz")
                except ValueError as error:
                    assert "path = " in str(error) and "holds no" in str(error)
                else:  # a recording may hold anything in its rows but in the times
                    assert name in ("x", "w", "p_x", "p_w", "target", "lagrangian", "hamiltonian", "sign"), (name, one)
                    assert again.x.shape == RUN.x.shape


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(-1,)", "(2,3,", "'x'"])
def test_a_file_that_claims_to_be_huge_is_refused(tmp_path, shape):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    with zipfile.ZipFile(RUN.save(tmp_path / "run")) as old, zipfile.ZipFile(tmp_path / "x.npz", "w") as new:
        for name in old.namelist():
            crafted = io.BytesIO(b"\x93NUMPY\x01\x00v\x00" + header.encode()).getvalue()
            new.writestr(name, crafted if name == "x.npy" else old.read(name))
    with pytest.raises(ValueError, match="holds no trajectory"):
        hlp.Trajectory.load(tmp_path / "x.npz")


def test_times_that_are_too_large_for_the_step_are_refused():
    for t0 in (1e17, -1e17, 1e300):
        with pytest.raises(ValueError, match="t0, T near"):
            hlp.run(PROBLEM, POLICY, 0.1, dt=0.05, t0=t0)
    with pytest.raises(ValueError, match=r"T = .*steps of dt"):
        hlp.run(PROBLEM, POLICY, 1e300, dt=1e-300)


def test_a_late_patchwork_costs_no_more_than_an_early_one():
    z, t = hlp.patchwork(seed=1), np.linspace(0, 30, 301)
    for begin in (0, 6_130, 1e9, 1e13):  # the first stretch of time ends at 6,144
        values, jumps = z(begin + t), z.jumps(begin, begin + 30)
        assert np.abs(values).max() <= 0.8 and np.ptp(values) > 0.1 and 5 < len(jumps) < 35
        assert (values == [z(np.array([one]))[0] for one in begin + t]).all()
        assert len(z._pieces(begin, begin + 30)[0]) < 20_000


@pytest.mark.parametrize(
    "target", [lambda t: 0.5 if t > 1 else 0.0, lambda t: float(t), lambda t: [0.0, 1.0][int(t > 1)]]
)
def test_a_target_for_one_time_gets_the_sentence_that_helps(target):
    with pytest.raises(ValueError, match="must take an array of times, as in lambda t"):
        hlp.Tracking(hlp.fully_connected(2), target)


def test_a_complex_target_is_refused():
    with pytest.raises(ValueError, match="one real number per time"):
        hlp.Tracking(hlp.fully_connected(2), lambda t: np.exp(1j * t))


def test_the_parts_of_a_clock_are_kept():
    again = hlp.run(PROBLEM, POLICY, 0.1, dt=0.05, start=RUN.final)
    assert again.final.clock == Clock(0.0, 6, 0.05)
