"""Numbers in words: the digits that captions, tables and messages print."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlp_edu.validate import finite, number
from hlp_edu.words import brief, cell, counted, digits, listed, sentence, without_math


@given(st.floats(-1e12, 1e12), st.integers(1, 6))
def test_digits_are_significant_digits(value, count):
    text = digits(value, count)
    assert float(text) == float(f"{value:.{count}g}")
    if 1e-4 <= abs(float(text)) < 1e6:
        assert "e" not in text and text.lstrip("-").replace(".", "").lstrip("0").rstrip("0") != ""


@pytest.mark.parametrize(
    "value, text",
    [(0.0, "0"), (0.1, "0.10"), (2.5e-4, "2.5e-04"), (0.00099, "9.9e-04"), (1234.5, "1200"), (2e6, "2.0e+06")]
    + [(np.float64(7.0), "7.0"), (-0.25, "-0.25"), (12, "12"), ("A", "A"), (None, "None"), (np.inf, "inf")],
)
def test_cells_of_tables(value, text):
    assert cell(value) == text


def test_small_phrases():
    assert [brief(value) for value in (0.123456, 3, True, "a", 1e9, np.bool_(True), 1 + 2j)] == [
        *("0.1235", "3", "True", "a", "1e+09", "True", "1+2j")
    ]
    assert (counted(1, "arc"), counted(0, "arc")) == ("1 arc", "0 arcs")
    assert listed(range(8), 6) == "0, 1, 2, 3, 4, 5 and 2 more" and listed(["a"]) == "a"
    assert sentence("So") == sentence("So.") == "So." and without_math(r"$w_{1\mathrm{b}}$ is 2") == "w_1b is 2"


@pytest.mark.parametrize(
    "check, words",
    [
        (lambda: number("a", 2, least=0, below=1), "a = 2: must be a finite number, at least 0, below 1"),
        (lambda: number("a", 0, above=0, most=1), "a = 0: must be a finite number above 0, at most 1"),
        (lambda: number("a", True), "a = True: must be a finite number"),
        (lambda: number("a", "1"), "a = '1': must be a finite number"),
        (lambda: finite("a", np.array([[1, np.inf]])), r"a\[0, 1\] = inf"),
    ],
)
def test_validators_name_the_argument_its_value_and_what_is_allowed(check, words):
    with pytest.raises(ValueError, match=words):
        check()
