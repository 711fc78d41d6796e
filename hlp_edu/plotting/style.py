"""What a line is, and how it therefore looks: one palette of meanings, one font, one style file.

A plot is told the *role* of a line ("target", "optimum", "flip"), never its colour. Colour, line style, width and
marker of a role are the same in every picture of the course; roles that meet in one picture keep apart for the three
common colour deficiencies, and line style or marker keeps them apart in grey.
"""

import contextlib
import functools
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb

from hlp_edu.words import listed

__all__ = ["PALETTE", "ROLES", "Role", "named", "role"]

HERE = Path(__file__).parent
for file in (HERE / "fonts").glob("*.ttf"):
    font_manager.fontManager.addfont(file)
SHEET = dict(matplotlib.rc_params_from_file(HERE / "course.mplstyle", use_default_template=False))
INK, SOFT, GRID, PAPER, PALE = "#333333", "#595959", "#E6E6E6", "#FFFFFF", "#C4C4C4"


class Role(NamedTuple):
    """How a line of one meaning looks.

    Parameters
    ----------
    color : str
        Of the line and, darkened where needed, of its name.
    dash : str or tuple
        Line style, as matplotlib takes it.
    width : float
        In points.
    marker : str
        Where points are drawn.
    """

    color: str
    dash: str | tuple = "-"
    width: float = 2.0
    marker: str = "o"

    @property
    def line(self):
        """The arguments of ``ax.plot``."""
        return dict(color=self.color, linestyle=self.dash, linewidth=self.width)

    @property
    def ink(self):
        """The colour, dark enough to be read as text on white (a contrast of at least 4.5)."""
        return readable(self.color)


ROLES = {
    "target": Role("#2B2B2B", (0, (4, 2.2)), 1.5, "_"),
    "output": Role("#005EF5", "-", 2.0, "o"),
    "optimum": Role("#DB9902", "-", 2.6, "*"),
    "MPC": Role("#56ADD2", (0, (6, 1.5)), 2.0, "s"),
    "prospective": Role("#871671", "-", 2.2, "D"),
    "gradient flow": Role("#056A40", (0, (9, 1.5, 2, 1.5)), 2.0, "^"),
    "flip": Role("#C53E00", (0, (2.2, 1)), 2.0, "v"),
    "canonical": Role("#4B2FB6", (0, (7, 1.5, 1.5, 1.5, 1.5, 1.5)), 2.0, "P"),
    "costate": Role("#B27CBB", (0, (10, 1.2)), 2.0, "h"),
    "backprop": Role("#33110A", (0, (5, 1.2, 1.2, 1.2)), 1.8, "X"),
    "baseline": Role("#8C8C8C", (0, (1, 1)), 1.8, "|"),
    "Lagrangian": Role("#2BA6A6", "-", 2.0, "o"),
    "Hamiltonian": Role("#1D3A6E", (0, (4, 1.5)), 2.0, "s"),
    "positive": Role("#2166AC", "-", 2.0, "o"),
    "negative": Role("#B2182B", (0, (2.4, 1.2)), 2.0, "x"),
    "measured": Role("#2B2B2B", "-", 1.2, "o"),
    "theory": Role("#8C8C8C", (0, (5, 2)), 1.6, "_"),
    # members of an ordered family, from the first (light) to the last (dark)
    "first": Role("#A9BBC6", "-", 2.0, "o"),
    "second": Role("#7F9CAD", (0, (7, 1.5)), 2.0, "s"),
    "third": Role("#557A90", (0, (4, 1.5)), 2.0, "^"),
    "fourth": Role("#2F556B", (0, (2, 1.2)), 2.0, "D"),
    "fifth": Role("#102E40", "-", 2.0, "v"),
}
# Policies and methods by their names: what each of them is.
ALIASES = {
    "damped flip": "flip", "bare flip": "flip", "per-arc signs": "flip", "per-arc signs, damped": "flip",
    "Hamiltonian servo": "flip", "periodic": "flip", "Hamiltonian band": "flip", "flipped": "flip",
    "SGD": "backprop", "SGD x 5": "backprop", "backpropagation": "backprop", "persistence": "baseline",
    "frozen": "baseline", "prospective flow": "prospective", "prospective steering": "prospective",
    "Lagrangian L": "Lagrangian", "Hamiltonian H": "Hamiltonian",
}  # fmt: skip
PALETTE = {name: one.color for name, one in ROLES.items()} | {
    "ink": INK, "soft": SOFT, "grid": GRID, "paper": PAPER, "pale": PALE
}  # fmt: skip


def role(name):
    """The `Role` of that name.

    Parameters
    ----------
    name : str
        One of ROLES, or a policy's name ("damped flip" is a flip); what follows a colon ("flip: no friction") is a
        label and is ignored.

    Raises
    ------
    ValueError
        If there is no such role.

    Examples
    --------
    >>> role("target").color
    '#2B2B2B'
    """
    key, _ = _parts(name)
    if key not in ROLES:
        raise ValueError(f"{name!r}: is not the role of a line; the roles are {listed(ROLES, 99)}")
    return ROLES[key]


def named(names):
    """Roles and labels of several lines: {"flip: no friction": ...} is a flip, labelled "no friction".

    Parameters
    ----------
    names : iterable of str
        A role, or a role, a colon and a label.

    Returns
    -------
    list of (Role, str)

    Raises
    ------
    ValueError
        If a role is unknown, or stands for two lines of one picture.

    Examples
    --------
    >>> [label for _, label in named(["target", "flip: no friction"])]
    ['target', 'no friction']
    """
    found, seen = [], {}
    for name in names:
        found.append((role(name), label_of(name)))
        key, _ = _parts(name)
        if key in seen:
            raise ValueError(f"{name!r}: the role {key!r} is taken by {seen[key]!r}; one role, one line")
        seen[key] = name
    return found


@contextlib.contextmanager
def styled():
    """Draw with the course's style; afterwards matplotlib is as it was. Also a decorator."""
    inside = matplotlib.rcParams["font.family"] == SHEET["font.family"]  # a copy of all settings takes milliseconds
    with contextlib.nullcontext() if inside else matplotlib.rc_context(SHEET):
        yield


def label_of(name):
    """The label of a line: what follows the colon, or the name itself."""
    return _parts(name)[1]


def is_role(name):
    """Whether a name is that of a role or a policy, with or without a label."""
    return _parts(name)[0] in ROLES


def _parts(name):
    """The role that a name stands for, and its label."""
    first, _, label = (part.strip() for part in str(name).partition(":"))
    return ALIASES.get(first, first), label or first


@functools.cache
def readable(colour):
    """The colour, darkened until its contrast to white is 4.5."""
    rgb = np.array(to_rgb(colour))
    while True:
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        if 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.5:
            return to_hex(rgb)
        rgb = rgb * 0.95


def diverging():
    """The colour map from the negative role over white to the positive one."""
    return LinearSegmentedColormap.from_list("signs", [ROLES["negative"].color, PAPER, ROLES["positive"].color])
