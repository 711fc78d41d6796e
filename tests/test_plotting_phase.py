"""Phase portraits: what is drawn, where, and what is refused."""

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu import plotting
from hlp_edu.plotting import ROLES

TURN = np.linspace(0, 6, 50)
SPIRAL = np.exp(-TURN) * np.cos(TURN), np.exp(-TURN) * np.sin(TURN)


def law(x, p):
    return -x - p, x - p


def test_a_portrait_says_and_shows():
    made = hlp.plot_phase(law, {"flip: in": SPIRAL, "optimum": (TURN, TURN)}, "Round and in.", rest=(0, 0))
    assert repr(made) == made.alt == "Round and in."
    (ax,) = made.axes
    paths = [line for line in ax.lines if len(line.get_xdata()) == 50]
    np.testing.assert_array_equal(paths[0].get_xydata(), np.transpose(SPIRAL))
    assert [line.get_color() for line in paths] == [ROLES["flip"].color, ROLES["optimum"].color]
    rings = [line for line in ax.lines if line.get_marker() == "o"]
    assert [tuple(ring.get_xydata()[0]) for ring in rings] == [(1, 0), (0, 0)]
    assert any(line.get_marker() == "D" for line in ax.lines)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["in", "optimum"]


def test_arrows_point_as_the_paths_look_on_the_screen():
    fig, (ax,) = plotting.figure()
    hlp.plot_phase(law, {"flip": SPIRAL}, "", ax, limits=((-3, 1), (-1, 1)))
    arrows = ax.collections[0]
    x, p = arrows.XY.T
    here = np.transpose([x, p])
    ahead = ax.transData.transform(here + 1e-6 * np.transpose(law(x, p))) - ax.transData.transform(here)
    np.testing.assert_allclose(np.arctan2(arrows.V, arrows.U), np.arctan2(*ahead.T[::-1]), atol=1e-6)
    np.testing.assert_allclose(np.hypot(arrows.U, arrows.V), 1)
    assert ax.get_xlim() == (-3, 1) and plotting.description(ax) == "Paths in a plane: flip."


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(paths={}), "must be a dict .* of one path or more"),
        (dict(paths={"in": SPIRAL}), "'in': is not the role"),
        (dict(paths={"flip": (TURN, TURN[1:])}), "has shape .49,.: must be .50,."),
        (dict(paths={"flip": 3 * [TURN]}), "must be a dict .name: .x, p.."),
        (dict(limits=(0, 1)), "must be"),
        (dict(rest=(1, 2, 3)), "rest has shape .3,.: must be .2,."),
        (dict(law=lambda x, p: x), "law: gives shape .9, 13. for arrays of shape .9, 13.; must be .2, 9, 13."),
        (dict(limits=((1, 0), (0, 1))), "must be"),
        (dict(ax=3), "matplotlib Axes"),
    ],
)
def test_what_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        hlp.plot_phase(**(dict(law=law, paths={"flip": SPIRAL}, caption="w") | change))
