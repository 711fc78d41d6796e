"""Twenty-one claims about the method, what was measured for each, and what follows: the words of lesson 16.

The numbers come from the study "claims", which ships and which `again` measures anew; the verdict follows from them.
The thresholds, the conditions and the sentences, which are in claims.toml, are ours.
"""

import html
import math
import tomllib
from pathlib import Path
from typing import NamedTuple

from hlp_edu.studies import study
from hlp_edu.studies.claims import Claims
from hlp_edu.validate import one_of
from hlp_edu.words import digits

__all__ = [
    "CLAIMS", "Claim", "Page", "SITUATIONS", "VERDICTS", "again", "cards", "compare_guess", "evidence", "questions",
    "scoreboard", "situations",
]  # fmt: skip

VERDICTS = ("holds", "holds if", "does not hold here", "not testable here")
SHORT = {8: "global boundary conditions", 21: "lifelong learning, video"}  # in the picture
TIE = 1.05  # what is within five per cent of the least is best, too
LETTERS = dict(zip("hidn", VERDICTS, strict=True))
MARKS = dict(zip(VERDICTS, "\N{BLACK CIRCLE}\N{CIRCLE WITH LEFT HALF BLACK}\N{MULTIPLICATION SIGN}?", strict=True))


class Claim(NamedTuple):
    """A claim, and how its numbers are to be read.

    Parameters
    ----------
    name, quote : str
        In a few words, and as the review words it.
    lesson : str
        The notebook that shows the subject in full.
    numbers : list of str
        What each number of the study is, in its order.
    words : str
        One sentence; {0}, {1}, ... stand for the numbers.
    shown : int
        Which number the card shows.
    """

    name: str
    quote: str
    lesson: str
    numbers: list
    words: str
    shown: int


CLAIMS = {
    int(k): Claim(**claim)
    for k, claim in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}


class Page:
    """Text that shows itself as HTML: in a notebook, in the colours of the page.

    Parameters
    ----------
    text, source : str
        As plain text, and as HTML.
    """

    def __init__(self, text, source):
        self.text, self.source = text, source

    def _repr_html_(self):
        return self.source

    def __repr__(self):
        return self.text


def _rows():
    return {row["claim"]: row for row in study("claims").rows}


def _numbers(row):
    return [row[key] for key in "abcd" if not math.isnan(row[key])]


def _number(value, count=2):
    return f"{int(value):,}" if float(value).is_integer() else digits(value, count)


def verdict(row):
    """The verdict that follows from a row of the study.

    Parameters
    ----------
    row : dict
        With ``always`` and ``given``: 1, 0 or -1 (not tested).

    Examples
    --------
    >>> verdict({"always": 0, "given": 1})
    'holds if'
    """
    if row["always"] < 0:
        return VERDICTS[3]
    return VERDICTS[0 if row["always"] else 1 if row["given"] > 0 else 2]


def questions():
    """The claims, numbered, in three columns; the review's own words are folded."""
    lines = [f"{k:2}. {claim.name}: {claim.quote}" for k, claim in CLAIMS.items()]
    names = "".join(f"<li>{html.escape(claim.name)}</li>" for claim in CLAIMS.values())
    quotes = "".join(f"<li>{html.escape(claim.name)}: {html.escape(claim.quote)}</li>" for claim in CLAIMS.values())
    return Page(
        "\n".join(lines),
        f'<ol style="columns: 3 13em; text-align: left">{names}</ol>'
        f"<details><summary>In the review's words</summary><ol>{quotes}</ol></details>",
    )


def scoreboard():
    """All verdicts in one picture: a mark for each claim, in the lane of its verdict."""
    from hlp_edu.plotting import PALETTE, Picture, figure

    rows, lanes = _rows(), {name: [] for name in VERDICTS}
    for k in CLAIMS:
        lanes[verdict(rows[k])].append(k)
    good = dict(marker="o", color=PALETTE["positive"])
    styles = [good, good | dict(fillstyle="left")]
    styles += [dict(marker="X", color=PALETTE["negative"]), dict(marker="$?$", color=PALETTE["ink"])]
    fig, (ax,) = figure(height=0.34 * max(map(len, lanes.values())) + 0.4)
    ax.set_position((0.01, 0.02, 0.98, 0.9))
    for x, (name, members), style in zip((0, 1.2, 2.2, 3.25), lanes.items(), styles, strict=True):
        ax.plot(x + 0.06, -1.1, markersize=11, linestyle="none", **style)
        ax.text(x + 0.13, -1.1, f"{name}: {len(members)}", weight="semibold", va="center", size=12)
        for y, k in enumerate(members):
            ax.text(x + 0.1, y, k, size=11, ha="right", va="center", color=PALETTE["soft"])
            ax.text(x + 0.13, y, SHORT.get(k, CLAIMS[k].name), size=11, va="center", color=PALETTE["ink"])
    ax.set(xlim=(0, 4.3), ylim=(max(map(len, lanes.values())) - 0.5, -1.8))
    ax.axis("off")
    named = "; ".join(f"{name}: {', '.join(f'{k} {CLAIMS[k].name}' for k in some)}" for name, some in lanes.items())
    counts = "; ".join(f"{name} {len(some)}" for name, some in lanes.items())
    return Picture(fig, f"{named}.", f"Of {len(CLAIMS)} claims: {counts}.", "The laws hold; the comparisons do not")


def compare_guess(guess):
    """How many of the guesses are as measured, in a sentence.

    Parameters
    ----------
    guess : str
        A letter for each claim: h holds, i holds if, d does not hold here, n not testable here; anything else is no
        guess.

    Raises
    ------
    ValueError
        If there is not one letter for each claim.

    Examples
    --------
    >>> compare_guess("?" * 21)
    'no guesses yet: write them at the top and run again'
    """
    if not isinstance(guess, str) or len(guess) != len(CLAIMS):
        raise ValueError(f"guess = {guess!r}: must be a string of {len(CLAIMS)} letters, one for each claim")
    rows = _rows()
    right = [k for k, letter in zip(CLAIMS, guess, strict=True) if LETTERS.get(letter) == verdict(rows[k])]
    if not set(guess) & set(LETTERS):
        return "no guesses yet: write them at the top and run again"
    return f"{len(right)} of {len(CLAIMS)} as measured"


def again(claim):
    """Measure a claim anew, and say whether the study has the same.

    Parameters
    ----------
    claim : int
        Its number.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is no such claim.
    """
    one_of("claim", claim, CLAIMS)
    made, kept = Claims.compute(claim), _rows()[claim]
    same = all(math.isclose(a, b, rel_tol=Claims.repeats, abs_tol=1e-5) for a, b in
               zip(_numbers(made), _numbers(kept), strict=True))  # fmt: skip
    same = same and verdict(made) == verdict(kept)
    what = CLAIMS[claim]
    first = f"{_number(_numbers(made)[what.shown])} {what.numbers[what.shown]}"
    return f"{claim}. {what.name}: {verdict(made)}; {first}; {'as' if same else 'NOT as'} in the study"


def cards(*verdicts):
    """A card for each claim: verdict, one number, one sentence, the lesson.

    Parameters
    ----------
    *verdicts : str
        Of `VERDICTS`: only claims with one of these; all by default.

    Returns
    -------
    Page

    Raises
    ------
    ValueError
        If there is no such verdict.
    """
    for one in verdicts:
        one_of("verdicts", one, VERDICTS)
    rows, texts, made = _rows(), [], []
    for k, claim in CLAIMS.items():
        said = verdict(rows[k])
        if verdicts and said not in verdicts:
            continue
        numbers = [_number(value) for value in _numbers(rows[k])]
        words = claim.words.format(*numbers)
        label, value = claim.numbers[claim.shown], numbers[claim.shown]
        texts.append(f"{k}. {claim.name}: {said.upper()}. {value} {label}. {words} ({claim.lesson[:2]})")
        made.append(
            '<li style="border: 1px solid; border-radius: 6px; padding: 0.6em 0.8em; margin: 0">'
            f"<strong>{k}. {claim.name}</strong><br>{MARKS[said]} <strong>{said}</strong><br>"
            f'<span style="font-size: 1.5em">{value}</span> {html.escape(label)}<br>{html.escape(words)} '
            f'<a href="{claim.lesson}.ipynb">Lesson {claim.lesson[:2]}</a></li>'
        )
    grid = "display: grid; grid-template-columns: repeat(auto-fill, minmax(17em, 1fr)); gap: 0.7em; padding: 0"
    return Page("\n".join(texts), f'<ul style="{grid}; list-style: none; text-align: left">{"".join(made)}</ul>')


def evidence(ax, claim):
    """Write all numbers of a claim, for an `hlp_edu.Explorer`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to.
    claim : int
        Its number.

    Returns
    -------
    str
        The caption.

    Raises
    ------
    ValueError
        If there is no such claim.
    """
    from hlp_edu.plotting import PALETTE

    one_of("claim", claim, CLAIMS)
    row, what = _rows()[claim], CLAIMS[claim]
    values = [_number(value) for value in _numbers(row)]
    for k, (label, value) in enumerate(zip(what.numbers, values, strict=True)):
        ax.text(0.2, k, value, size=19, ha="right", va="center", color=PALETTE["output"])
        ax.text(0.23, k, label, size=12, va="center", color=PALETTE["ink"])
    ax.set(xlim=(0, 1), ylim=(3.6, -0.6))
    ax.axis("off")
    return f"{claim}. {what.name}: {verdict(row)}. {what.words.format(*values)}"


# ------------------------------------------------------------------------------ when would I use this?

COMPARED = ("gradient flow", "damped flip", "per-arc signs", "prospective")
COMPARED += ("online SGD", "truncated BPTT", "RTRL", "MPC")
SITUATIONS = {
    "storage is tight": "numbers kept beside states and weights, 6 neurons, 60 arcs",
    "laws switch": "error on the stream whose law changes; the last value again has 0.57",
    "the target jumps": "cost over the least possible, patched signals",
    "memory of the past": "error on the waves; the last value again has 0.20",
    "depth": "exam after three hidden layers learned from a stream",
    "noise": "exam after targets with noise of size 0.4",
    "no global clock": "error on the wave, every neuron with a speed of its own; silence has 0.57",
}


def _measured():
    """{(situation, method): (value, lesson)} of all that was measured, from the studies."""
    found, names = {}, dict(zip(("SGD", "BPTT", "RTRL"), COMPARED[4:7], strict=True))
    names |= {"gradient flow": COMPARED[0], "damped flip": COMPARED[1], "per-arc signs, damped": COMPARED[2]}
    names["prospective steering"] = COMPARED[3]
    for row in study("streams").rows:
        where = {"switching": "laws switch", "waves": "memory of the past"}.get(row["stream"])
        if row["method"] in names and where:
            found[where, names[row["method"]]] = row["rmse"], "14"
        if row["method"] in names and row["method"] != "prospective steering" and row["stream"] == "sunspots":
            found["storage is tight", names[row["method"]]] = row["stores"], "14"
    names |= {"online backprop": COMPARED[4], "prospective flow": COMPARED[3]}
    for row in study("contest").rows:
        if row["task"] in ("deep", "noise"):
            where = "depth" if row["task"] == "deep" else "noise"
            found[where, names[row["method"]]] = row["rmse"], "15"
    names |= {"per-arc signs": COMPARED[2], "online SGD": COMPARED[4], "MPC": COMPARED[7]}
    wheres = {"jumps": "the target jumps", "clocks": "no global clock"}
    for row in study("situations").rows:
        where, name = wheres.get(row["situation"]), names[row["law"]]
        if row["situation"] == "noise":  # rates in finer steps than in the contest
            found["noise", name] = row["value"], "15"
        if where and row["law"] != "prospective flow":
            lesson = "16" if where == "no global clock" else "13" if name == "prospective" else "11"
            found[where, name] = row["value"], lesson
        if row["situation"] == "kept" and row["law"] == "prospective flow":
            found["storage is tight", name] = row["value"], "16"
    return found


def situations():
    """When to use what: situations by methods, each cell a number of the course, or untested; smaller is better."""
    found, texts, body = _measured(), [], []
    for what, unit in SITUATIONS.items():
        cells = {name: found.get((what, name)) for name in COMPARED}
        best = TIE * min(value for value, _ in filter(None, cells.values()))
        words = ["untested" if cell is None else f"{_number(cell[0], 3)} ({cell[1]})" for cell in cells.values()]
        words = [w + " best" * (c is not None and c[0] <= best) for w, c in zip(words, cells.values(), strict=True)]
        named = [f"{name} {word}" for name, word in zip(cells, words, strict=True)]
        texts.append(f"{what} ({unit}): {', '.join(named)}")
        body.append((f'{what}<br><small style="font-weight: normal">{unit}</small>', *words))
    note = (
        "In brackets the lesson; smaller is better; <strong>best</strong> is the least of a row, or within 5 % of it."
    )
    return Page("\n".join(texts), _table(("situation", *COMPARED), body, note))


def _table(titles, body, caption):
    """An HTML table with a caption and headings; it takes its colours from the page."""
    head = "".join(f'<th scope="col" style="text-align: left">{title}</th>' for title in titles)
    lines = []
    for first, *rest in body:
        cells = "".join(
            f'<td style="text-align: left">{"<em>untested</em>" if word == "untested" else _strong(word)}</td>'
            for word in rest
        )
        lines.append(f'<tr><th scope="row" style="text-align: left">{first}</th>{cells}</tr>')
    caption = f'<caption style="text-align: left">{caption}</caption>'
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _strong(word):
    return f"<strong>{word}</strong>" if word.endswith(" best") else html.escape(word)
