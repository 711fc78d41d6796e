"""Claims: the studies of lessons 15 and 16 against rows computed anew, the verdicts, and what is shown of them."""

import datetime
import html.parser
import math
import random
import re

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu import claims
from hlp_edu.backprop import backprop
from hlp_edu.studies import STUDIES, contest, recall
from hlp_edu.studies import claims as measured
from hlp_edu.studies import situations as more

FULL = {name: {tuple(row.values())[: len(STUDIES[name].cases[0])]: row for row in hlp.study(name).rows}
        for name in ("contest", "recall", "situations", "claims")}  # fmt: skip


@pytest.mark.parametrize("name", FULL)
def test_a_study_is_complete_and_of_this_setting(name):
    table, plan = hlp.study(name), STUDIES[name]
    assert list(FULL[name]) == list(plan.cases)
    assert {key: table.about[key] for key in plan.parameters} == plan.parameters and table.about["version"]


# Rows that take a second.
QUICK = [("claims", (k,)) for k in (2, 3, 4, 5, 6, 13, 14, 18, 21)]
QUICK += [("recall", (delay, "line")) for delay in recall.DELAYS] + [("recall", (0.3, "local law"))]
QUICK += [("contest", ("plain", method, 100)) for method in ("online backprop", "gradient flow")]
QUICK += [("situations", case) for case in (("kept", "prospective steering"), ("kept", "damped flip"),
          ("clocks", "gradient flow"), ("jumps", "MPC"), ("jumps", "prospective steering"))]  # fmt: skip


DICE = random.Random(datetime.date.today().isoformat())  # other slow rows every day
SLOW = [(name, DICE.choice([case for case in FULL[name] if (name, case) not in QUICK])) for name in FULL]


@pytest.mark.parametrize("name, case", QUICK + SLOW, ids=str)
def test_rows_computed_anew(name, case):
    made, kept = STUDIES[name].compute(*case), FULL[name][case]
    for key, value in made.items():
        if isinstance(value, str):
            assert value == kept[key]
        else:
            assert value == pytest.approx(kept[key], rel=STUDIES[name].repeats, abs=1e-6, nan_ok=True), key


@pytest.mark.parametrize("name", contest.TASKS)
def test_the_contest_sweeps_as_backprop_does(name):
    network, w = contest.network_of(name), contest.start(name, range(3))
    u = np.array([0.3, -0.7])
    loss = [[backprop(network, one, [x, 1], [contest.rule(x)], q=100).loss for x in u] for one in w]
    assert np.allclose(50 * (contest.answers(network, w, u) - contest.rule(u)) ** 2, loss)
    step = contest.by_sgd(name, [(1e-3, 0.0)], contest.EVERY / 2, w)[0]  # one sample
    x, z = float(contest.input_at(0.0)), contest.target_at(name, np.zeros(1))
    slope = [backprop(network, one, [x, 1], z, q=100).gradient + 0.01 * one for one in w]
    assert np.allclose((w - step) / 1e-3, slope)


def test_the_contest_refuses_what_is_no_part_of_it():
    with pytest.raises(ValueError, match="name = 'chess'"):
        contest.network_of("chess")
    with pytest.raises(ValueError, match="method = 'Adam'"):
        contest.settings_of("Adam")
    assert {len(contest.settings_of(method)) for method in contest.LEARNERS} == {20}
    assert contest.wins(np.zeros((3, 1)), np.ones((3, 1)), lambda w: w[:, 0]) == 3
    t = np.arange(0, 100, contest.EVERY)
    noise = contest.target_at("noise", t) - contest.target_at("plain", t)
    assert abs(noise.std() - contest.LOUD) < 0.02


def test_a_claim_measures_what_it_quotes():
    """Rows that were vacuous once: decay must not move arcs, and the equations themselves are compared."""
    row = FULL["claims"][6,]
    assert row["c"] == 4 and row["d"] == 0  # without an error no arc has a force
    moves, canonical, bare, damped = (FULL["claims"][5,][key] for key in "abcd")
    assert max(moves, canonical) < 1e-5 < 1 < min(bare, damped)
    assert FULL["claims"][13,]["a"] < 1e-5


def test_unequal_speeds_are_unequal():
    assert (
        len(set(more.unequal(0).speed)) == 5 and 10 <= more.unequal(3).speed.min() < more.unequal(3).speed.max() <= 40
    )


@pytest.mark.parametrize(
    "always, given, word",
    [(1, -1, "holds"), (0, 1, "holds if"), (0, 0, "does not hold here"), (-1, -1, "not testable here")],
)
def test_the_verdict_follows(always, given, word):
    assert claims.verdict(dict(always=always, given=given)) == word
    assert measured.Seen(None, None, ()).always is None


def test_every_claim_has_its_words():
    assert list(claims.CLAIMS) == list(measured.MEASUREMENTS) == list(range(1, 22))
    for k, claim in claims.CLAIMS.items():
        numbers = claims._numbers(FULL["claims"][k,])
        assert len(numbers) == len(claim.numbers) > claim.shown, k
        assert max((int(n) for n in re.findall(r"\{(\d)\}", claim.words)), default=0) < len(numbers), k
        assert claim.words.endswith(".") and "{" not in claim.words.format(*numbers)


class Tags(html.parser.HTMLParser):
    """Tags that are open, and all that were met."""

    def __init__(self, text):
        super().__init__()
        self.open, self.met = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.met.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("page", [claims.questions, claims.cards, claims.situations])
def test_a_page_is_html_that_takes_its_colours_from_the_page(page):
    shown = page()
    tags = Tags(shown._repr_html_())
    assert tags.open == [] and not re.search(r"color|background", shown._repr_html_())
    assert repr(shown) and "<" not in repr(shown)
    for tag, attrs in tags.met:
        assert tag != "th" or attrs["scope"] in ("col", "row")


def test_evidence_of_no_claim():
    with pytest.raises(ValueError, match="claim = 99: must be one of"):
        claims.evidence(None, 99)


def test_cards_of_a_verdict():
    assert repr(claims.cards("not testable here")).startswith("20. more plausible: NOT TESTABLE HERE. 9 weights")
    assert len(repr(claims.cards()).splitlines()) == 21
    with pytest.raises(ValueError, match="verdicts = 'maybe'"):
        claims.cards("maybe")


def test_situations_are_numbers_of_the_course_or_untested():
    lines = repr(claims.situations()).splitlines()
    assert len(lines) == len(claims.SITUATIONS) == 7
    for line in lines:
        cells = line.split("): ", 1)[1].split(", ")
        assert len(cells) == len(claims.COMPARED) and any(cell.endswith("best") for cell in cells)
        for cell, name in zip(cells, claims.COMPARED, strict=True):
            assert re.fullmatch(rf"{name} (untested|[\d.,]+ \(1[1-6]\)( best)?)", cell), cell
    jumps = next(line for line in lines if line.startswith("the target jumps"))
    assert "prospective 2.69 (13) best" in jumps and "MPC 2.83 (11)" in jumps


def test_guesses_are_counted():
    right = "".join("hidn"[claims.VERDICTS.index(claims.verdict(row))] for row in FULL["claims"].values())
    assert claims.compare_guess(right) == "21 of 21 as measured"
    assert claims.compare_guess("?" * 21).startswith("no guesses")
    with pytest.raises(ValueError, match="21 letters"):
        claims.compare_guess("hhh")


def test_again_says_whether_the_study_is_right(monkeypatch):
    assert claims.again(2).endswith("as in the study") and "NOT" not in claims.again(2)
    monkeypatch.setattr(
        claims, "_rows", lambda: {2: dict(claim=2, always=1, given=-1, a=0.0, b=0.5, c=math.nan, d=math.nan)}
    )
    assert "NOT as in the study" in claims.again(2)
    with pytest.raises(ValueError, match="claim = 22"):
        claims.again(22)


def test_pictures_of_claims():
    board = claims.scoreboard()
    assert board.alt.startswith("The laws hold") and all(claim.name in board.alt for claim in claims.CLAIMS.values())
    fig, (ax,) = hlp.plotting.figure()
    for k in claims.CLAIMS:
        ax.clear()
        assert claims.evidence(ax, k).startswith(f"{k}. ") and len(ax.texts) == 2 * len(claims.CLAIMS[k].numbers)
