"""Odd values for the public functions: a result, or a sentence that names the argument (see `fuzz`)."""

import collections

import pytest
from fuzz import CALLS, ODD, call, questions
from hypothesis import HealthCheck, given, settings


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(questions())
def test_odd_values_get_a_result_or_a_sentence(question):
    assert call(*question) is None


@pytest.mark.parametrize("name", sorted(CALLS))
def test_right_values_get_a_result(name):
    counts = collections.Counter()
    assert call(name, {}, counts) is None
    assert counts["result"] or name.endswith(".load")


@pytest.mark.parametrize(
    "name, argument", [("run", "T"), ("run(start)", "w"), ("Tracking", "q"), ("patchwork at", "t")]
)
def test_every_odd_value(name, argument):
    wrong = [(value, words) for value in ODD if (words := call(name, {argument: value}))]
    assert wrong == []
