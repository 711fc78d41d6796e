"""Studies: the CSV that ships against rows computed here, and the learners and streams of lesson 14."""

import datetime
import math
import random

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu import studies
from hlp_edu.course.cli import main
from hlp_edu.studies import bound, streams


def test_the_study_is_complete_and_of_this_setting():
    table, plan = hlp.study("optimality"), studies.STUDIES["optimality"]
    assert [(row["signal"], row["seed"], row["method"]) for row in table.rows] == list(plan.cases)
    assert {key: table.about[key] for key in plan.parameters} == plan.parameters
    assert table.about["version"] and np.isfinite(table["cost"]).all() and np.isfinite(table["rmse"]).all()
    cost = {(row["signal"], row["seed"], row["method"]): row["cost"] for row in table.rows}
    for signal, seed, method in plan.cases:  # nothing is cheaper than the optimum
        assert method == "optimum" or cost[signal, seed, "optimum"] < cost[signal, seed, method]


def test_looking_ahead_costs_less_than_planning_for_a_frozen_target():
    cost = {(row["signal"], row["seed"], row["method"]): row["cost"] for row in hlp.study("optimality").rows}

    def over(best, method, seeds):
        return np.array([cost["patched", seed, method] / cost["patched", seed, best] for seed in seeds])

    for seeds in (range(10), range(200, 210)):
        assert (over("mpc", "prospective steering", seeds) < 1).sum() >= 9
        assert (over("mpc", "gradient flow", seeds) > 1).all()
    assert np.median(over("optimum", "prospective steering", range(10))) == pytest.approx(2.69, abs=0.01)
    assert np.median(over("optimum", "prospective flow", range(10))) == pytest.approx(3.0, abs=0.01)


def test_rows_of_the_study_computed_anew():
    """One of each method, others every day; today's are printed."""
    plan = studies.STUDIES["optimality"]
    kept = {(row["signal"], row["seed"], row["method"]): row for row in hlp.study("optimality").rows}
    dice = random.Random(datetime.date.today().isoformat())
    for method, within in plan.repeats.items():
        case = dice.choice([case for case in plan.cases if case[2] == method])
        made = plan.compute(*case)
        print(case, kept[case], made)
        assert made["cost"] == pytest.approx(kept[case]["cost"], rel=within), case
        assert made["rmse"] == pytest.approx(kept[case]["rmse"], rel=20 * within), case


BOUND = studies.STUDIES["bound"]


def test_the_study_of_the_bound_is_complete_and_consistent():
    table = hlp.study("bound")
    assert [(row["seed"], row["method"]) for row in table.rows] == list(BOUND.cases)
    assert {key: table.about[key] for key in BOUND.parameters} == BOUND.parameters and table.about["version"]
    found = {(row["seed"], row["method"]): np.array([row["cost"], row["charge"]]) for row in table.rows}
    for seed, method in BOUND.cases:  # both planners have found the least of what they look for
        assert found[seed, "least cost"][0] <= found[seed, method][0]
        assert found[seed, "charged planner"].sum() <= found[seed, method].sum()
    for method in bound.RULES:  # in the mean, a causal rule pays nothing
        charge = np.array([found[seed, method][1] for seed in range(300, 380)])
        assert abs(charge.mean()) < 3 * charge.std() / math.sqrt(len(charge)), method
    saved = [bound.avoidable(table, method)[0] for method in bound.RULES]
    cost = [np.mean([found[seed, method][0] for seed in range(300, 380)]) for method in bound.RULES]
    assert np.argsort(saved).tolist() == np.argsort(cost).tolist() == [5, 4, 3, 1, 2, 0]
    assert 0 < saved[5] < 0.03 * cost[5]  # leaning in time leaves at most 3 % to be saved


def test_rows_of_the_study_of_the_bound_computed_anew():
    """All of one signal, another one every day; today's is printed."""
    seed = random.Random(datetime.date.today().isoformat()).randrange(300, 380)
    for kept in [row for row in hlp.study("bound").rows if row["seed"] == seed]:
        made = BOUND.compute(seed, kept["method"])
        print(kept, made)
        for key in ("cost", "charge"):
            assert made[key] == pytest.approx(kept[key], rel=BOUND.repeats, abs=BOUND.repeats), (seed, kept["method"])


def test_news_are_paid_for_by_those_who_use_them():
    """Who stands where the target was pays 0 in the mean; who stands where it will be, pays."""
    fair, cheat = [], []
    for seed in range(1000, 1500):
        signal, ticks = hlp.patchwork(seed), bound.TICK * np.arange(bound.TICKS + 1)
        before, now = signal(np.maximum(ticks - 1e-7, 0)), signal(ticks)
        fair.append(bound.charges(signal, before, before).sum())
        cheat.append(bound.charges(signal, now, now).sum())
    error = np.std(fair) / math.sqrt(len(fair))
    print(np.mean(fair), error, np.mean(cheat))
    assert abs(np.mean(fair)) < 3 * error and np.mean(cheat) > 30 * error


def test_the_law_of_the_patchwork_is_the_one_that_the_charge_assumes():
    signal = hlp.patchwork(seed=5)
    ends = signal.jumps(0, 8000)
    lengths = np.bincount(np.round(np.diff(ends, prepend=0) / bound.TICK).astype(int), minlength=31) / len(ends)
    assert np.abs(lengths - bound.LENGTHS).max() < 4 * math.sqrt(0.05 / len(ends))
    z = signal(ends)
    assert abs(z.mean() - bound.MEAN) < 4 * z.std() / math.sqrt(len(z))
    assert abs((z**2).mean() - bound.SQUARE) < 4 * (z**2).std() / math.sqrt(len(z))
    assert bound.LENGTHS.sum() == pytest.approx(1) and bound.hazard(9) == 0 and bound.hazard(30) == 1
    assert bound.LEAN == pytest.approx(0.0645, abs=1e-4)


def test_the_planner_finds_what_the_optimum_finds_and_its_step_is_short_enough():
    least = hlp.optimum(bound.one_neuron(7), 20, dt=0.01, x0=[0], w0=[0], method="adjoint", progress=False).cost
    signal = hlp.patchwork(7)
    assert bound.plan(signal, fee=0.0)[2] == pytest.approx(least, rel=2e-3)
    x, a, cost, charge = bound.plan(signal)
    assert len(x) == len(a) == 4001 and x[0] == a[0] == 0
    coarse = [sum(bound.plan(signal, step=0.02 / k)[2:]) for k in (1, 2, 4)]
    assert (coarse[0] - coarse[1]) / (coarse[1] - coarse[2]) == pytest.approx(4, rel=0.2)  # of second order
    assert coarse[2] == cost + charge
    for seed in range(3):  # from elsewhere, to the same
        start = np.repeat(np.random.default_rng(seed).uniform(-1.5, 1.5, 20), 100)
        assert sum(bound.plan(signal, step=0.01, start=start)[2:]) == pytest.approx(coarse[1], rel=1e-8)


SETTINGS = studies.STUDIES["settings"]


def test_the_study_of_settings_is_complete_and_consistent():
    table = hlp.study("settings")
    assert [(row["setting"], row["seed"], row["method"]) for row in table.rows] == list(SETTINGS.cases)
    assert {key: table.about[key] for key in SETTINGS.parameters} == SETTINGS.parameters and table.about["version"]
    cost = {(row["setting"], row["seed"], row["method"]): row["cost"] for row in table.rows}
    for setting, seed, method in SETTINGS.cases:
        assert cost[setting, seed, "optimum"] <= cost[setting, seed, method] < math.inf
        assert cost[setting, seed, "prospective steering"] < cost[setting, seed, "gradient flow"]


def test_rows_of_the_study_of_settings_computed_anew():
    """The rules of four cases, and an optimum that is quick; other ones every day, printed."""
    kept, dice = hlp.study("settings").rows, random.Random(datetime.date.today().isoformat())
    quick = [row for row in kept if row["method"] == "optimum" and row["setting"] in ("r = 1", "bias-2-2-1")]
    rules = [row for row in kept if row["method"] != "optimum"]
    for row in dice.sample(rules, 4) + dice.sample(quick, 1):
        made = SETTINGS.compute(row["setting"], row["seed"], row["method"])
        print(row, made)
        assert made["mu"] == row["mu"]
        assert made["cost"] == pytest.approx(row["cost"], rel=SETTINGS.repeats.get(row["method"], 1e-4)), row


STREAMS = studies.STUDIES["streams"]


def test_the_study_of_streams_is_complete_and_of_this_setting():
    table = hlp.study("streams")
    assert [(row["stream"], row["method"]) for row in table.rows] == list(STREAMS.cases)
    assert {key: table.about[key] for key in STREAMS.parameters} == STREAMS.parameters and table.about["version"]
    for row in table.rows:
        assert (
            row["rmse min"] <= row["rmse"] <= row["rmse max"] < 2
            and np.isfinite([row["adaptive"], row["frozen"]]).all()
        )
        assert np.isfinite([row[key] for key in ("before", "switch", "back")]).all() == (
            row["stream"] in ("switching", "video")
        )
        if row["method"] in streams.LEARNERS:  # one of the twelve settings
            assert (row["rate"], row["other"]) in STREAMS.trials(row["method"]) and row["us"] > 0
    assert {len(STREAMS.trials(method)) for method in streams.LEARNERS} == {12}


def test_rows_of_the_study_of_streams_computed_anew():
    """The naive ones all, and two others, which change every day and are printed."""
    kept = {(row["stream"], row["method"]): row for row in hlp.study("streams").rows}
    for stream in streams.STREAMS:
        for method in streams.NAIVE:
            assert STREAMS.compute(stream, method)["rmse"] == pytest.approx(kept[stream, method]["rmse"], rel=1e-6)
    dice = random.Random(datetime.date.today().isoformat())
    for methods in (streams.LOCAL, ("SGD", "SGD x 5", "RTRL")):
        case = dice.choice(("waves", "sunspots", "co2", "switching")), dice.choice(methods)
        made = STREAMS.compute(*case)
        print(case, kept[case], made)
        for key in ("rate", "other", "stores"):
            assert made[key] == kept[case][key], (case, key)
        for key in ("rmse", "adaptive"):
            assert made[key] == pytest.approx(kept[case][key], rel=STREAMS.repeats), (case, key)


@pytest.mark.parametrize("method", streams.LEARNERS)
def test_every_learner_learns_freezes_and_counts(method):
    task = streams.stream_task("switching")
    setting = STREAMS.trials(method)[8 if method in streams.ONE_NUMBER else 4]
    one = streams.make(method, task, setting, seed=1)
    first = one.learn(task.samples[:400])
    rest = one.learn(task.samples[400:500])
    again = streams.make(method, task, setting, seed=1)
    assert np.array_equal(again.learn(task.samples[:500]), np.concatenate([first, rest]))  # in portions, the same
    assert streams.rms(rest, task.targets[400:500]) < 0.1 < streams.rms(first[:10], task.targets[:10])
    one.freeze()
    held = one.learn(task.samples[500:700])  # the law has changed, and nobody adapts
    assert streams.rms(held[-100:], task.targets[600:700]) > 0.4
    kept = {row["method"]: row["stores"] for row in hlp.study("streams").rows if row["stream"] == "switching"}
    assert one.stored == kept[method] and (one.stored > 0) == (method != "prospective steering")


def test_a_learner_that_diverges_guesses_infinity():
    task = streams.stream_task("switching")
    made = streams.Local(task.network, hlp.Canonical(), r=1.0).learn(task.samples[:200])
    assert np.isinf(made[-1]).all() and streams.rms(made, task.targets[:200]) == math.inf


def test_the_streams():
    shapes = {name: streams.stream_task(name) for name in streams.STREAMS}
    assert {name: len(task.samples) for name, task in shapes.items()} == dict(
        waves=3000, sunspots=3123, co2=2280, switching=3000, video=3999
    )
    assert all(len(u) + 1 == len(task.network.inputs) for task in shapes.values() for u, _ in task.samples[:5])
    assert all(np.nanmax(np.abs(task.targets)) < 1 for name, task in shapes.items() if name != "co2")
    u, z = shapes["sunspots"].samples[0]
    assert np.allclose((u + 0.8) / streams.SPOT, [70.0, 62.6, 58.0]) and np.isclose((z[0] + 0.8) / streams.SPOT, 55.7)
    assert sum(z is None for _, z in shapes["co2"].samples) == 81  # a change takes two weeks that were measured
    late = shapes["switching"]
    assert np.allclose(late.samples[1599][1], [0.6, -0.3] @ late.samples[1599][0])
    assert np.allclose(late.samples[1600][1], [-0.3, 0.6] @ late.samples[1600][0])
    assert late.switches[1] < late.tuning < late.switches[2] and shapes["video"].switches[1] < shapes["video"].tuning
    with pytest.raises(ValueError, match="name = 'stocks'"):
        streams.stream_task("stocks")
    with pytest.raises(ValueError, match="method = 'Adam'"):
        streams.learner("Adam", late.network, 1, 1)
    with pytest.raises(ValueError, match="name = 'oracle'"):
        streams.guesses_of_naive("oracle", late)


def test_naive_predictors():
    task = streams.StreamTask(streams.listener(1, 1), [([k], None if k == 2 else [2.0 * k + 1]) for k in range(10)], ())
    last = streams.guesses_of_naive("persistence", task)[:, 0]
    assert last.tolist() == [0, 1, 3, 3, 7, 9, 11, 13, 15, 17]
    assert np.allclose(streams.guesses_of_naive("linear", task)[:, 0], 2.0 * np.arange(10) + 1)
    assert np.allclose(streams.guesses_of_naive("constant", task)[:, 0], np.mean([1, 3, 7]))
    assert streams.rms([[1.0], [5.0]], np.array([[2.0], [np.nan]])) == 1.0


def test_a_run_that_was_lost_is_not_hidden_by_the_others():
    found = studies.shelf.spread([0.1, math.nan, 0.3])
    assert list(found) == ["rmse", "rmse min", "rmse max"] and all(math.isnan(value) for value in found.values())
    assert list(studies.shelf.spread([0.1, 0.3, math.inf]).values()) == [0.3, 0.1, math.inf]


class Small:
    """A study that takes no time."""

    parameters, cases = dict(T=1.0, steps=3), ((1, "a, b"), (2, "b"))

    @staticmethod
    def compute(number, word):
        return dict(number=number, word=word, value=0.5 * number)


def test_a_study_is_written_and_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(studies.STUDIES, "small", Small)
    monkeypatch.setattr(studies.shelf, "SHELF", tmp_path)
    with pytest.raises(ValueError, match="hlp-edu study small"):
        hlp.study("small")
    assert main(["study", "small", "--dir", str(tmp_path)]) == 0
    assert "2 of 2" in capsys.readouterr().out
    table = hlp.study("small")
    assert table.rows == [dict(number=1, word="a, b", value=0.5), dict(number=2, word="b", value=1.0)]
    assert table.about == dict(study="small", version=hlp.__version__, T=1.0, steps=3)


@pytest.mark.parametrize("read", [hlp.study, studies.write_study])
def test_an_unknown_study_is_named(read):
    with pytest.raises(ValueError, match="name = 'nothing': must be one of 'optimality'"):
        read("nothing")


def test_the_command_lists_and_refuses(tmp_path, capsys):
    assert main(["study"]) == 0 and "optimality: What the best run costs" in capsys.readouterr().out
    assert main(["study", "nothing"]) == 1 and "must be one of 'optimality'" in capsys.readouterr().err
    file = tmp_path / "file"
    file.write_text("")
    assert main(["study", "optimality", "--dir", str(file)]) == 1 and "is a file" in capsys.readouterr().err
