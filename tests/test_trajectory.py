"""A trajectory is kept, read again, measured and shown."""

import json
import os
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from reference import beginning, given, random_case

import hlp_edu as hlp

ROWS = ("t", "x", "w", "p_x", "p_w", "target", "sign", "lagrangian", "hamiltonian")


@pytest.mark.parametrize("record", ["all", "output"])
@pytest.mark.parametrize("policy", [hlp.Flipped(3, 1), hlp.PerArc(mu=0.1), hlp.Canonical()], ids=repr)
def test_saved_and_loaded(record, policy, tmp_path):
    problem = random_case(17)
    T = 60 if isinstance(policy, hlp.Canonical) else 0.5  # the canonical run diverges
    run = hlp.run(problem, policy, T=T, dt=0.01, record=record, **given(beginning(problem)))
    assert (run.diverged_at is not None) == isinstance(policy, hlp.Canonical)
    path = run.save(tmp_path / "kept")
    assert path == os.fspath(tmp_path / "kept.npz")
    for name in ("kept", "kept.npz"):
        back = hlp.Trajectory.load(tmp_path / name)
        for key in ROWS:
            assert np.array_equal(getattr(run, key), getattr(back, key)) and (
                getattr(run, key).dtype == getattr(back, key).dtype
            )
        for key in ("cost", "diverged_at", "reason", "record", "about"):
            assert getattr(run, key) == getattr(back, key), key
        assert repr(back) == repr(run) and back.rmse() == run.rmse()
        for key in ("neurons", "inputs", "outputs", "arcs"):
            assert getattr(run.network, key) == getattr(back.network, key), key
        assert [type(label) for label in back.network.labels] == [type(label) for label in run.network.labels]
        assert np.array_equal(back.outputs, run.outputs)


def test_going_on_from_a_file(tmp_path):
    problem = random_case(17)
    policy = hlp.HamiltonianBand(-0.1, 0.1, dissipation_w=2)
    whole = hlp.run(problem, policy, T=1, dt=0.01)
    half = hlp.run(problem, policy, T=0.5, dt=0.01)
    back = hlp.Trajectory.load(half.save(tmp_path / "half.npz"))
    then = hlp.run(problem, policy, T=0.5, dt=0.01, start=back.final)
    for key in ("x", "w", "p_x", "p_w", "sign"):
        assert np.array_equal(getattr(whole, key)[50:], getattr(then, key))
    assert then.final.t == whole.final.t


def test_a_network_without_inputs_is_loaded_without_a_second_warning(tmp_path):
    with pytest.warns(UserWarning):
        net = hlp.fully_connected(2, bias=False)
    run = hlp.run(hlp.Tracking(net, hlp.sinusoid()), hlp.Flipped(30, 5), T=0.1)
    assert hlp.Trajectory.load(run.save(tmp_path / "run")).network.arcs == net.arcs


def test_nothing_is_overwritten(tmp_path):
    run = hlp.run(random_case(1), hlp.Frozen(), T=0.1, dt=0.01)
    path = run.save(tmp_path / "run")
    before = Path(path).read_bytes()
    for name in ("run", "run.npz"):
        with pytest.raises(FileExistsError, match="run.npz"):
            run.save(tmp_path / name)
    assert Path(path).read_bytes() == before


def test_what_cannot_be_kept_or_read(tmp_path):
    net = hlp.Network(nx.DiGraph([("u", (1, 2))]), ["u"], [(1, 2)])
    run = hlp.run(hlp.Tracking(net, hlp.constant(0), inputs={"u": hlp.constant(1)}), hlp.Frozen(), T=0.1, dt=0.01)
    with pytest.raises(ValueError, match=r"label \(1, 2\): only labels that are numbers or strings"):
        run.save(tmp_path / "run")
    assert not os.listdir(tmp_path), "no half-written file is left behind"
    with pytest.raises(FileNotFoundError, match="nothing.npz"):
        hlp.Trajectory.load(tmp_path / "nothing")
    (tmp_path / "text.npz").write_text("no archive")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    np.save(tmp_path / "array.npy", np.zeros(3))
    whole = Path(hlp.run(random_case(1), hlp.Frozen(), T=0.1, dt=0.01).save(tmp_path / "whole"))
    (tmp_path / "half.npz").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with np.load(whole) as file:  # one array is missing
        np.savez(tmp_path / "less.npz", **{name: file[name] for name in file.files if name != "p_w"})
    (tmp_path / "empty.npz").touch()
    for name in ("text.npz", "other.npz", "array.npy", "half.npz", "less.npz", "empty.npz"):
        with pytest.raises(ValueError, match=rf"path = .*{name}.*holds no trajectory"):
            hlp.Trajectory.load(tmp_path / name)


def odd(name, value):
    """A change of the arrays of a file: that one is full of a value."""
    return lambda parts, facts: parts[name].fill(value)


def fact(**changes):
    return lambda parts, facts: facts.update(changes)


@pytest.mark.parametrize(
    "change, words",
    [
        *((odd(name, np.nan), f"{name}: every entry must be") for name in ("x", "w", "p_x", "p_w", "lagrangian")),
        (odd("target", np.inf), "target: every entry must be"),
        (odd("sign", 99), "sign: must be -1, 0 or 1"),
        (lambda parts, facts: parts.update(t=np.array(0.0)), r"t has shape \(\)"),
        (fact(cost="much", diverged_at=0.05, reason="x"), "cost = 'much': must be a number"),
        (fact(cost=np.nan), "cost = nan: must be a finite number"),
        (lambda parts, facts: (facts.update(outputs=[]), parts.update(target=np.zeros((11, 0)))), "outputs: must name"),
        (fact(clock=None), "final.clock = None: must be a Clock"),
        (fact(clock=[0.0, 1]), r"final.clock = \[0.0, 1\]: must be a Clock"),
    ],
)
def test_a_file_with_an_odd_part_is_not_read(change, words, tmp_path):
    with np.load(hlp.run(random_case(1), hlp.Frozen(), T=0.1, dt=0.01).save(tmp_path / "run")) as file:
        parts = dict(file)
    facts = json.loads(str(parts["facts"]))
    change(parts, facts)
    np.savez(tmp_path / "odd.npz", **parts | dict(facts=np.array(json.dumps(facts))))
    with pytest.raises(ValueError, match=f"odd.*holds no trajectory that hlp_edu saved: .*{words}"):
        hlp.Trajectory.load(tmp_path / "odd")


def test_facts_that_are_a_list_and_a_folder_are_not_read(tmp_path):
    with np.load(hlp.run(random_case(1), hlp.Frozen(), T=0.1, dt=0.01).save(tmp_path / "run")) as file:
        np.savez(tmp_path / "list.npz", **dict(file) | dict(facts=np.array("[]")))
    for name, words in (("list.npz", "holds no trajectory"), ("", "is a folder")):
        with pytest.raises(ValueError, match=rf"path = .*{name}': {words}"):
            hlp.Trajectory.load(tmp_path / name)


def test_a_run_that_diverges_at_once_has_no_rows_and_is_kept(tmp_path):
    problem = hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid())
    run = hlp.run(problem, hlp.Flipped(30, 5), T=0.1, w0=[1e9] * 6)
    back = hlp.Trajectory.load(run.save(tmp_path / "run"))
    assert len(run.t) == 0 and run.rmse() == back.rmse() == np.inf and repr(back) == repr(run)


def test_labels_of_numpy_are_those_of_python(tmp_path):
    net = hlp.Network(nx.DiGraph(list(np.array([[0, 1], [1, 2]]))), np.array([0]), [np.int64(2)])
    assert {type(label) for label in [*net.labels, *net.outputs, *net.arcs[0]]} == {int}
    run = hlp.run(hlp.Tracking(net, hlp.sinusoid(), inputs={0: hlp.constant(1)}), hlp.Frozen(), T=0.1)
    assert hlp.Trajectory.load(run.save(tmp_path / "run")).network.arcs == net.arcs


def test_rmse_counts_from_a_time_on():
    run = hlp.run(random_case(2), hlp.Flipped(3, 1), T=1, dt=0.1)
    error = run.outputs - run.target
    assert run.rmse() == pytest.approx(np.sqrt(np.mean(error**2)))
    assert run.rmse(after=0.5) == pytest.approx(np.sqrt(np.mean(error[5:] ** 2)))
    assert run.rmse(after=1) == pytest.approx(np.sqrt(np.mean(error[-1] ** 2)))
    assert run.rmse(after=-3) == run.rmse()
    with pytest.raises(ValueError, match="after = 1.5: must be at most the last time, 1"):
        run.rmse(after=1.5)
    with pytest.raises(ValueError, match="after = 'end': must be a finite number"):
        run.rmse(after="end")


def test_outputs_follow_the_networks_order():
    problem = random_case(30, largest=6)
    net = problem.network
    run = hlp.run(problem, hlp.Frozen(), T=0.2, dt=0.01)
    columns = [net.neurons.index(label) for label in net.outputs]
    assert np.array_equal(run.outputs, run.x[:, columns]) and run.target.shape == run.outputs.shape


def test_what_a_trajectory_says_of_itself():
    run = hlp.run(hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid()), hlp.Flipped(30, 5), T=1, seed=4)
    assert repr(run).startswith("Trajectory(t = 0 to 1, 1001 rows, cost ") and "rmse" in repr(run)
    assert run.about["seed"] == 4 and run.about["method"] == "rk4" and run.about["dt"] == 1e-3
    assert "Flipped(dissipation_w=30, dissipation_x=5)" == run.about["policy"] and "sinusoid" in run.about["problem"]
    assert run.final.t == 1 and run != hlp.run(hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid()), hlp.Frozen(), T=1)
