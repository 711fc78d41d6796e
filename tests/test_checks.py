"""What a check says to answers of every kind, right, wrong and strange; hints; how it shows itself."""

import importlib
import re
import sys
import tracemalloc

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu import checks, plotting
from hlp_edu.checks import Function, Outcome, Value, core, draws, lessons, tasks_of, watch
from hlp_edu.checks.core import MARKS, backwards, negated, solution_text, transposed


def value(expected=0.5, **more):
    return Value("01_x", "half", "Half", points=1, hints=["Divide."], expected=lambda: expected, **more)


def function(expected=lambda x, k: k * x, inputs=None, **more):
    def cases(rng):
        yield rng.normal(size=5), 2.0
        yield rng.normal(size=8), -1.5

    more = {"hints": ["Multiply.", "Really."], "points": 2} | more
    return Function("01_x", "scale", "Scale", expected=expected, inputs=inputs or cases, **more)


def refused(task, answer, words):
    outcome = task.check(answer)
    assert outcome.status == "not yet" and not outcome
    assert re.search(words, outcome.reason + outcome.given), outcome
    assert task.why == str(outcome) and str(outcome).startswith("not yet, because ")


@pytest.mark.parametrize("answer", [0.5, np.float64(0.5), np.array(0.5), np.array([0.5]), [0.5], 0.5 + 4e-7, 0.5 + 0j])
def test_a_right_number(answer):
    outcome = value().check(answer)
    assert outcome and outcome.status == "correct"


@pytest.mark.parametrize(
    "answer, words",
    [
        (0.6, "^0.6 is too high$"),
        (-2, "too low"),
        (0.5 + 2e-6, "too high"),
        ("0.5", "must be a number; it is a str"),
        ({"x": 1}, "must be a number; it is a dict"),
        (object(), "must be a number; it is an object"),
        (np.nan, "is nan, no finite number"),
        (np.inf, "is inf"),
        (0.5 + 1j, "is complex"),
        ([0.5, 0.5], r"shape \(2,\) where \(\)"),
        (lambda: 0.5, "is a function.*call it"),
    ],
)
def test_a_wrong_number(answer, words):
    refused(value(), answer, words)


@pytest.mark.parametrize("answer", [..., None, [...], (1, ...), {"a": ...}, np.array([1, ...], dtype=object)])
def test_dots_are_not_attempted(answer):
    task = value()
    outcome = task.check(answer)
    assert outcome.status == "not attempted" and not outcome
    assert task.why == "not attempted. There is no answer in `half` yet."


def test_words_and_yes_or_no():
    word = value("Saddle")
    assert word.check(" saddle ") and not word.check("spiral")
    refused(word, 3, "must be a text in quotes; it is an int")
    yes = value(True)
    assert yes.check(True) and yes.check(np.True_)
    refused(yes, False, "False is not it")
    refused(yes, "yes", "must be True or False")


def test_arrays_complex_numbers_and_pairs():
    array = value(np.arange(3.0))
    assert array.check([0, 1, 2]) and array.check((0, 1, 2)) and array.check(np.arange(3))
    refused(array, [0, 1, 3], "^it gives 3 at index 2, which is not right$")
    refused(array, [[0, 1, 2]], r"shape \(1, 3\) where \(3,\)")
    refused(array, [0, 1, "x"], "must be an array of numbers")
    refused(array, [[0], [1, 2]], "must be an array of numbers")
    assert value(np.array([1j, -1j])).check([1j, -1j]) and not value(np.array([1j, -1j])).check([1j, 1j])
    pair = value((1.0, np.arange(2.0)), mistakes={"they are swapped": lambda right: right[::-1]})
    assert pair.check((1, [0, 1])) and pair.check([1, [0, 1]])
    refused(pair, 1.0, "must be 2 things.* it is a float$")
    numbers = value((1.0, 2.0))
    assert numbers.check(np.array([1.0, 2.0]))
    refused(numbers, np.array([1.0, 3.0]), "part 2: it gives 3")
    refused(numbers, np.arange(3.0), "must be 2 things.* of 3$")
    refused(pair, (1.0, 2.0, 3.0), "must be 2 things.* it is a tuple of 3$")
    refused(pair, (1, [0, 2]), "part 2: it gives 2 at index 1")
    refused(pair, ([0, 1], 1), "swapped")
    two = value((1.0, 2.0))
    assert two.check(np.array([1.0, 2.0]))
    refused(two, np.arange(3.0), "must be 2 things.* it is an array of 3$")
    refused(two, (1.5, 9.0), "part 1: it gives 1.5")  # the first that is wrong, not the one that is furthest off
    refused(pair, (1, [0, 1, 2]), r"part 2 of `half` has the shape \(3,\)")
    assert not value(0.0).check(1e-3) and value(0.0).check(1e-9)


def test_mistakes_are_named():
    task = value(
        np.array([[1.0, 2], [3, 5]]), mistakes={"transposed": transposed, "turned": backwards, "a sign": negated}
    )
    refused(task, [[1, 3], [2, 5]], "^transposed$")
    refused(task, [[3, 5], [1, 2]], "^turned$")
    refused(task, [[-1, -2], [-3, -5]], "^a sign$")
    refused(task, [[0, 0], [0, 0]], "which is not right")


def good(x, k):
    return k * x


def as_list(x, k):
    print("I am here")
    return [k * it for it in x]


def closes(x, k):
    sys.stdout.close()
    return k * x


def keeps_a_copy(x, k):
    x = x.copy()
    x *= k
    return x


def test_what_an_answer_prints_is_kept_only_as_far_as_it_is_shown(capsys):
    def prints_much(x, k):
        for _ in range(10_000):
            print("x" * 999)
        return k * x

    tracemalloc.start()
    assert function().check(prints_much)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert capsys.readouterr().out.endswith("x" * 999 + "\n" + "x" * 999 + "\n...\n")
    assert most < 5_000_000  # it printed ten million characters each time


@pytest.mark.parametrize("answer", [good, as_list, keeps_a_copy, closes])
def test_a_right_function(answer, capsys):
    assert function().check(answer)
    printed = capsys.readouterr().out
    assert ("(your code printed)\nI am here\n" in printed) == (answer is as_list)


def prints(x, k):
    print(k * x)


def forgets(x, k):
    k * x


def in_place(x, k):
    x *= k
    return x


def raises(x, k):
    raise ValueError("oh no")


def leaves(x, k):
    raise SystemExit


class Odd(BaseException):
    def __str__(self):
        raise ValueError


def throws(x, k):
    raise Odd


def for_ever(x, k):
    return for_ever(x, k)


def divides(x, k):
    return k * x / np.zeros(len(x))


def remembers(x, k, seen=[]):  # noqa: B006
    seen.append(1)
    return k * x if len(seen) < 3 else x


@pytest.mark.parametrize(
    "answer, words",
    [
        (3.0, "no function but a float"),
        (prints, "prints its answer and returns nothing: end it with `return"),
        (forgets, "^it returns nothing"),
        (in_place, "changes its argument `x`"),
        (raises, r"^it raised ValueError: oh no on this input: x = \[.*\] \(shape \(5,\)\), k = 2$"),
        (leaves, "raised SystemExit on this input"),
        (throws, "raised Odd on this input"),
        (for_ever, "raised RecursionError"),
        (divides, "what it returns is (inf|-inf|nan) at index 0"),
        (remembers, "two answers"),
        (lambda x: x, r"raised TypeError.*argument 1 = "),
        (lambda x, k: x, r"it gives .* at index \d where .* is right, on this input: x = .*k = 2"),
        (lambda x, k: k * x[:-1], r"shape \(4,\) where \(5,\)"),
        (lambda x, k: "no", "must be an array of numbers; it is a str"),
        (lambda x, k: -k * x, "^a sign$"),
        (lambda x, k: k**2 * x, "^k enters twice$"),
    ],
)
def test_a_wrong_function(answer, words, capsys):
    refused(function(mistakes={"a sign": negated, "k enters twice": lambda right, x, k: k * right}), answer, words)
    assert ("your code printed" in capsys.readouterr().out) == (answer is prints)


def blank(x, k):
    """Say something."""


def dots(x, k):
    return ...


def half_done(x, k):
    y = ...
    return y * x


def hands_dots_on(x, k):
    return x, ...


def not_implemented(x, k):
    raise NotImplementedError


@pytest.mark.parametrize("answer", [..., None, blank, dots, half_done, hands_dots_on, not_implemented])
def test_a_stub_is_not_attempted(answer):
    assert function().check(answer).status == "not attempted"


def test_a_constant_is_an_attempt():
    refused(function(), lambda x, k: 1.0, r"shape \(\)")
    refused(function(), lambda x, k: 1, r"shape \(\)")


def test_a_mistake_must_explain_every_case():
    def sometimes(x, k):
        return -k * x if k > 0 else 3 * x

    refused(function(mistakes={"a sign": negated}), sometimes, "where .* is right")


def test_properties_judge_what_has_no_single_value():
    task = function(expected=None, inputs=lambda rng: (), properties=[lambda f: None if f(1, 2) > 3 else "it is small"])
    assert task.check(lambda x, k: 4)
    refused(task, lambda x, k: 3, "^it is small$")
    refused(task, lambda x, k: 1 / 0, "ZeroDivisionError.* on this input: x = 1, k = 2")
    open_value = Value("01_x", "half", "Half", points=1, hints=["H."], properties=[lambda it: None if it > 0 else "no"])
    assert open_value.check(1) and not open_value.check(-1)


def test_lists_among_the_arguments_are_shown():
    task = function(lambda x, k: len(x) + k, inputs=lambda rng: [([], 1), ([(0.25, 2), np.ones(2)], 2)])
    refused(task, lambda x, k: 3 / len(x), r"ZeroDivisionError.* on this input: x = \[\], k = 1$")
    refused(task, lambda x, k: 1, r"is right, on this input: x = \[\(0.25, 2\), \[1., 1.\] \(shape \(2,\)\)\], k = 2$")


def test_arguments_are_copied_as_far_as_they_can_change():
    thing, problem, seen = object(), hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid()), []

    def look(one, other, arrays, words):
        seen.append(one)
        vars(other)["q"], other.network.heads[:] = 7.0, 0
        arrays["x"][1][0] = 7.0
        return 1.0

    def cases(rng):
        yield thing, problem, {"x": [1, np.zeros(2)]}, "words"

    refused(function(expected=lambda *given: 1.0, inputs=cases), look, "changes its argument `arrays`")
    assert seen == [thing] and problem.q == 100 and problem.network.heads.any()


def test_ctrl_c_goes_through():
    def interrupted(x, k):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        function().check(interrupted)


def test_hints_come_one_by_one():
    task = function()
    assert [str(task.hint()) for _ in range(3)] == [
        "Multiply.",
        "Really.",
        "`tasks.scale.solution()` shows a solution. The last hint was: Really.",
    ]
    assert repr(task.hint(1)) == "Hint 1 of 2: Multiply."
    for n in (0, 3, "1"):
        with pytest.raises(ValueError, match="n = .*from 1 to 2"):
            task.hint(n)


@pytest.mark.parametrize(
    "more", [{"points": 0}, {"points": 1.5}, {"hints": []}, {"hints": ["a"] * 4}, {"hints": "one"}]
)
def test_a_task_needs_points_and_hints(more):
    with pytest.raises(ValueError, match=f"{next(iter(more))} = "):
        function(**more)


def test_a_task_needs_something_to_check():
    for kind in (Value, Function):
        with pytest.raises(ValueError, match="must say what a right answer is"):
            kind("01_x", "y", "Y", points=1, hints=["H."])
    with pytest.raises(ValueError, match="inputs"):
        Function("01_x", "y", "Y", points=1, hints=["H."], expected=lambda: 1)


def test_a_solution_that_is_not_there():
    with pytest.raises(ValueError, match="lesson = '99_x'"):
        solution_text("99_x", "half")
    with pytest.raises(ValueError, match="name = 'half'"):
        solution_text("01_optimal_control", "half")
    with pytest.raises(ValueError):
        value().solution()


def test_it_shows_itself_in_a_notebook_and_in_a_terminal():
    outcome = Outcome("not yet", "`x` < 1", "`tasks.half.hint()` helps.")
    assert repr(outcome) == "not yet, because `x` < 1\n(`tasks.half.hint()` helps.)"
    html = outcome._repr_html_()
    assert "<code>x</code> &lt; 1" in html and "Not yet, because" in html and MARKS["not yet"][1] in html
    assert "Correct." in Outcome("correct", "Well.")._repr_html_()
    assert repr(Outcome("correct")) == "correct"
    for text in (repr(outcome), repr(Outcome("correct"))):
        text.encode("ascii")  # a terminal on Windows may know no more
    assert "<pre" in lessons()["01_optimal_control"].change.solution()._repr_html_()
    assert "<b>Hint 1 of 2.</b> Multiply." in function().hint()._repr_html_()
    assert "(2 points)" in repr(function()) and "(1 point)" in repr(value())


def test_the_colours_are_the_course_s():
    assert {colour for colour, _ in MARKS.values()} <= {*plotting.PALETTE.values()}
    assert len({mark for _, mark in MARKS.values()}) == len(MARKS)
    assert plotting.PALETTE["output"] in core.Note("a", "b")._repr_html_()


def test_tasks_are_listed_in_order():
    module = lessons()["01_optimal_control"]
    assert [task.name for task in tasks_of(module)] == ["change", "best_push", "costates", "gradient", "steer"]


# --- drawn cases, and what an answer does while it is called ------------------------------------------------


@pytest.fixture
def fresh(monkeypatch):
    """A session that has drawn nothing yet."""
    monkeypatch.setattr(draws, "_session", [])
    monkeypatch.delenv(draws.VARIABLE, raising=False)
    return monkeypatch


def test_every_session_draws_its_own_cases_and_can_have_them_again(fresh):
    seen = []
    task = function(inputs=lambda rng: [(rng.normal(size=4), 2.0)])

    def lookup(x, k):
        seen.append(x)
        return k * x if any(np.array_equal(x, known) for known in seen[:1]) else 0 * x

    assert task.check(lookup)
    first, again = checks.seed(), draws.dice().normal(size=4)
    assert np.array_equal(seen[0], again) and checks.seed() == first
    fresh.setattr(draws, "_session", [])
    assert checks.seed() != first  # one in a million that it is
    outcome = task.check(lookup)
    assert not outcome and f"seed({checks.seed()})" in repr(outcome) and "seed" not in str(outcome)
    checks.seed(first)
    assert task.check(lookup)
    assert "seed" not in repr(value().check(0.6))  # nothing is drawn there
    assert not np.array_equal(draws.dice(1).normal(size=4), again)


def test_the_seed_of_a_session_can_be_set_from_outside(fresh):
    fresh.setenv(draws.VARIABLE, "77")
    assert checks.seed() == 77 and checks.seed(5) == 5 and checks.seed() == 5
    with pytest.raises(ValueError, match="number = -1: must be a whole number, at least 0"):
        checks.seed(-1)
    fresh.setattr(draws, "_session", [])
    fresh.setenv(draws.VARIABLE, "seven")
    with pytest.raises(ValueError, match="HLP_EDU_SEED = 'seven'"):
        checks.seed()


def test_without_the_library_is_without():
    from hlp_edu.linear_quadratic import LQTracking, natural_rate

    def outside(x, k):
        return natural_rate(k, 1, 1, 1) / natural_rate(k, 1, 1, 1) * k * x

    def builds(x, k):
        LQTracking(-1, 1, 1, 1, lambda t: 0 * t)
        return k * x

    assert function().check(outside) and function(library=["natural_rate"]).check(outside)
    refused(function(library=[]), outside, "calls the library's `natural_rate`; here you are to do without")
    refused(function(library=["natural_rate"]), builds, "calls the library's `LQTracking`")
    assert function(library=["LQTracking"]).check(builds)  # what it calls inside is its own affair
    assert function(library=[]).check(good)


def test_the_check_keeps_what_is_right_from_an_answer():
    task = function()
    refused(task, lambda x, k: task.expected(x, k), "asks the check for the right value")
    refused(task, task.expected, "asks the check for the right value")
    assert task.check(good)


def test_a_library_that_was_replaced_is_noticed(monkeypatch):

    assert core.replaced() == [] and callable(hlp.run)
    monkeypatch.setattr(hlp, "run", lambda *given, **named: None)
    refused(function(), good, "`hlp_edu.run` is not the library's any more")


def test_an_import_is_no_call_of_the_library(monkeypatch):
    def imports(x, k):
        monkeypatch.delitem(sys.modules, "hlp_edu.fronts", raising=False)
        importlib.import_module("hlp_edu.fronts")

        return k * x

    assert function(library=[]).check(imports)


def test_lines_and_bytes_are_counted():
    def loop(n):
        total = 0
        for k in range(n):
            total += k
        return total

    (got, short), (_, long) = watch.lines(loop, 10), watch.lines(loop, 1010)
    assert got == 45 and long - short == 2000
    got, peak = watch.memory(lambda n: len(np.ones(n)), 10**6)
    assert got == 10**6 and 8e6 <= peak < 8.1e6
    assert watch.memory(len, "abc")[1] < 1e5
