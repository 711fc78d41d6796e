"""Instruments that run in the browser: the live network, the saddle that becomes a spiral, and pages made from them.

The browser's laws are `live.js`; `parts.js` draws, `stage.js` and `spiral.js` are the two instruments. There is no
build step: the modules are joined into one, for the notebook and for a page alike.
"""

import html
import os
import re
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from matplotlib.colors import to_hex, to_rgb

from hlp_edu.data import drawing
from hlp_edu.flow import run
from hlp_edu.network import fully_connected
from hlp_edu.plotting.style import PALETTE, ROLES
from hlp_edu.policies import Canonical, Flipped, Frozen, GradientFlow, Policy
from hlp_edu.problem import Tracking
from hlp_edu.prospective import ProspectiveFlow
from hlp_edu.switching import PerArc
from hlp_edu.targets import recorded
from hlp_edu.validate import kind, number, one_of, whole

__all__ = ["Live", "Spiral", "page"]

HERE = Path(__file__).parent
VIEW = "application/vnd.jupyter.widget-view+json"
MODULES = {"live": ("live.js", "parts.js", "stage.js"), "spiral": ("parts.js", "spiral.js")}
STEP = 1e-3  # of the browser's Runge-Kutta, in time units
LEAST = 2.0  # time units of a drawing that is worth a comparison
ROLES_SHOWN = ("target", "output", "optimum", "canonical", "flip", "costate", "positive", "negative")


# ---- the look: one palette, by day and by night -----------------------------------------------------


def _contrast(one, other):
    """The contrast of two colours, from 1 to 21."""
    lights = []
    for colour in (one, other):
        rgb = np.array(to_rgb(colour))
        lights.append(np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def _mixed(colour, with_, fraction):
    """A colour, mixed with a fraction of another."""
    return to_hex((1 - fraction) * np.array(to_rgb(colour)) + fraction * np.array(to_rgb(with_)))


def _lightened(colour, paper, least):
    """A colour, mixed with white until it has this contrast to the paper."""
    return next(
        mixed for k in range(51) if _contrast(mixed := _mixed(colour, "white", k / 50), paper) >= least or k == 50
    )


def _colours(night):
    """The variables of the style sheet: names and colours."""
    ink, paper = PALETTE["ink"], PALETTE["paper"]
    if not night:
        found = {name: ROLES[name].ink for name in ROLES_SHOWN}
        found |= {name: PALETTE[name] for name in ("ink", "soft", "grid", "paper", "pale")}
        return found | {"edge": PALETTE["baseline"], "on-output": paper}
    paper = _mixed(ink, "black", 0.6)
    found = {name: _lightened(ROLES[name].color, paper, 5) for name in ROLES_SHOWN}
    found |= {"target": _mixed(ink, "white", 0.94), "ink": _mixed(ink, "white", 0.88), "paper": paper}
    found |= {"soft": _mixed(ink, "white", 0.6), "grid": _mixed(ink, "white", 0.08), "pale": _mixed(ink, "white", 0.25)}
    return found | {"edge": _mixed(ink, "white", 0.45), "on-output": paper}


def _style(place=".hlp-live"):
    """The style sheet, for instruments and for a page (`place` is where the variables are set)."""

    def rule(selector, night):
        names = "; ".join(f"--{name}: {colour}" for name, colour in _colours(night).items())
        return f"{selector} {{ {names}; color-scheme: {'dark' if night else 'light'}; }}"

    rules = [rule(place, False), f"@media (prefers-color-scheme: dark) {{ {rule(place, True)} }}"]
    for night, theme in ((False, "true"), (True, "false")):  # JupyterLab's theme counts more than the system's
        rules.append(rule(f'body[data-jp-theme-light="{theme}"] {place}', night))
    return "\n".join([*rules, (HERE / "look.css").read_text(encoding="utf-8")])


def _script(name):
    """The modules of an instrument as one: without their imports of each other."""
    texts = [(HERE / module).read_text(encoding="utf-8") for module in MODULES[name]]
    return "\n".join(re.sub(r'^import \{[^}]*\} from "\./\w+\.js";\n', "", text, flags=re.M) for text in texts)


_BRIDGE = """
export default {
  render({ model, el }) {
    const names = NAMES;
    const root = document.createElement("div");
    el.append(root);
    const instrument = NAME(root, {
      settings: Object.fromEntries(names.map((name) => [name, model.get(name)])),
      changed(name, value) { model.set(name, value); model.save_changes(); },
      drawn(message) { model.send(message); },
    });
    const listeners = names.map((name) => [`change:${name}`, () => instrument.set(name, model.get(name))]);
    for (const [event, listener] of listeners) model.on(event, listener);
    return () => { for (const [event, listener] of listeners) model.off(event, listener); instrument.end(); };
  },
};
"""


def _module(name, names):
    """The module that anywidget loads."""
    return _script(name) + _BRIDGE.replace("NAMES", str(list(names))).replace("NAME(", f"{name}(")


# ---- in the notebook ----------------------------------------------------------------------------------

# The still goes where the instrument is alive; without a kernel the empty view goes, and the still stays.
_ONE_OF_TWO = (
    "<style>.jp-OutputArea-child:has(.hlp-still) + .jp-OutputArea-child:not(:has(.jp-OutputArea-output *)) "
    "{ display: none }</style>"
)


class _Instrument(anywidget.AnyWidget):
    """An instrument in a notebook: a still first, and then the view, which replaces it where there is a kernel."""

    def _ipython_display_(self):
        from IPython.display import display

        data, metadata = self.still()._repr_mimebundle_()
        data["text/html"] = f'<div class="hlp-still">{data["text/html"]}</div>{_ONE_OF_TWO}'
        display(data, metadata=metadata, raw=True)
        display({VIEW: self._view(), "text/plain": repr(self)}, raw=True)

    def _view(self):
        """What a notebook keeps of a living view."""
        shown = self._repr_mimebundle_()
        return (shown[0] if isinstance(shown, tuple) else shown)[VIEW]


class Live(_Instrument):
    """A target that you draw with the mouse, a finger or the arrow keys, and a network that follows it, live.

    The laws (1), (2), (6), (7), (8) and (10) run in the browser, with the prices q = 100, r_w = 1, r = 0.1 and steps of
    0.001 time units; `trajectory` runs the same laws in Python. A notebook that is opened without a kernel shows a
    still. What has not been drawn yet is replaced by a drawing that ships with the course.

    Parameters
    ----------
    policy : str
        "damped flip", "bare flip", "per-arc signs", "gradient flow", "prospective", "frozen" or "no flip".
    friction : float
        Dissipation of p_w under the damped flip, from 0 to 60.
    speed : float
        Speed of propagation c of all neurons, from 2 to 60.
    neurons : int
        From 1 to 20, fully connected; another number begins anew.

    Attributes
    ----------
    drawn : bool
        Whether a hand has moved the target since the last start, for at least two time units.

    Raises
    ------
    ValueError
        If an argument is out of its bounds.

    Examples
    --------
    >>> live = Live(neurons=3)
    >>> live.drawn, live.target
    (False, recorded(401 samples from 0 to 20))
    """

    policy = traitlets.Any("damped flip").tag(sync=True)
    friction = traitlets.Any(30.0).tag(sync=True)
    speed = traitlets.Any(20.0).tag(sync=True)
    neurons = traitlets.Any(5).tag(sync=True)
    _esm = _module("live", ("policy", "friction", "speed", "neurons"))
    _css = _style()

    def __init__(self, policy="damped flip", friction=30, speed=20, neurons=5):
        self._forget()
        super().__init__(policy=policy, friction=friction, speed=speed, neurons=neurons)
        self.on_msg(self._on_message)

    @traitlets.validate("policy", "friction", "speed", "neurons")
    def _checked(self, proposal):
        """ValueError for what the browser would not take."""
        name, value = proposal["trait"].name, proposal["value"]
        if name == "policy":
            return one_of(name, value, _POLICIES)
        if name == "neurons":
            return whole(name, value, most=20)
        return number(name, value, least={"friction": 0, "speed": 2}[name], most=60)

    @property
    def drawn(self):
        """Whether a hand has moved the target since the last start, for at least two time units."""
        return self._hand and len(self._t) > 1 and self._t[-1] >= LEAST

    @property
    def target(self):
        """The target as it was drawn since the last start, a `recorded` signal; or else the one that ships."""
        return recorded(self._t, self._z) if self.drawn else recorded(*drawing()[:2])

    @property
    def problem(self):
        """The `Tracking` problem that the instrument shows: this network, this target."""
        return Tracking(fully_connected(self.neurons), self.target, q=100, r_w=1, r=0.1, speed=self.speed)

    @property
    def start(self):
        """Its start: {"x0": shape (neurons,), "w0": shape (arcs,)}, or {"seed": 0} if nothing was drawn."""
        return dict(x0=np.array(self._x), w0=np.array(self._w)) if self.drawn else dict(seed=0)

    def trajectory(self, policy=None, T=None):
        """Run the drawn target from the same start in Python, under one policy all the way.

        Parameters
        ----------
        policy : Policy, optional
            By default the one that is chosen in the instrument now.
        T : float, optional
            How long, in time units; by default as long as the drawing, and never longer.

        Returns
        -------
        Trajectory

        Raises
        ------
        ValueError
            If an argument is of the wrong kind, or T is not positive.
        """
        kind("policy", policy, (Policy, type(None)), "a policy, or None")
        end = float(self.target.t[-1])
        T = end if T is None else min(number("T", T, above=0), end)
        policy = _POLICIES[self.policy](self.friction) if policy is None else policy
        return run(self.problem, policy, T=T, dt=STEP, **self.start)

    def still(self):
        """The picture that stands in where nothing runs, a `Picture`: the shipped drawing, or yours, and the output."""
        from hlp_edu.plotting import plot_tracking

        whose = "of what you drew" if self.drawn else "of a drawing that ships with the course"
        return plot_tracking(
            self.trajectory(T=20),
            caption=f"A still picture, {whose}. Run the cell with a kernel, and you can move the target yourself.",
            headline="The output follows a target that was not announced",
            more=f"{self.policy.capitalize()}, {self.neurons} neurons, random start, one pass.",
        )

    def _forget(self):
        self._id, self._t, self._z, self._x, self._w, self._hand = None, [], [], [], [], False

    def _on_message(self, _, content, buffers):
        """Take in what the browser says: where a run begins, and pieces of the target."""
        if content.get("kind") == "begin":
            self._forget()
            self._id, self._x, self._w = content["id"], content["x"], content["w"]
        elif content.get("kind") == "more" and content["id"] == self._id and content["at"] <= len(self._t):
            del self._t[content["at"] :], self._z[content["at"] :]  # a piece that comes twice counts once
            self._t += content["t"]
            self._z += content["z"]
            self._hand = content["hand"]

    def __repr__(self):
        return "A live network: run this cell with a kernel, then drag the target or press the arrow keys."


_POLICIES = {  # the browser's laws as policies, given the friction
    "damped flip": lambda friction: Flipped(friction, 5),
    "bare flip": lambda friction: Flipped(),
    "per-arc signs": lambda friction: PerArc(0.03),
    "gradient flow": lambda friction: GradientFlow(0.03),
    "prospective": lambda friction: ProspectiveFlow(),
    "frozen": lambda friction: Frozen(),
    "no flip": lambda friction: Canonical(),
}


class Spiral(_Instrument):
    """A saddle that becomes a spiral, under one slider: the sign s in the law of p goes from 1 to -1.

    The flow of x' = a x + v with q = 10, r = 0.1 and the target 0.8, drawn by the browser, beside its two eigenvalues
    (13): s = 1 is canonical, s = -1 flipped.

    Parameters
    ----------
    sign : float
        The sign s, from -1 to 1.
    leak : float
        The leak a, from -2 to 0.5.

    Raises
    ------
    ValueError
        If an argument is out of its bounds.

    Examples
    --------
    >>> Spiral(sign=-1).sign
    -1.0
    """

    sign = traitlets.Any(1.0).tag(sync=True)
    leak = traitlets.Any(-1.0).tag(sync=True)
    _esm = _module("spiral", ("sign", "leak"))
    _css = _style()

    def __init__(self, sign=1.0, leak=-1.0):
        super().__init__(sign=sign, leak=leak)

    @traitlets.validate("sign", "leak")
    def _checked(self, proposal):
        """ValueError for what the browser would not take."""
        name, value = proposal["trait"].name, proposal["value"]
        return number(name, value, least={"sign": -1, "leak": -2}[name], most={"sign": 1, "leak": 0.5}[name])

    def still(self):
        """The picture that stands in where nothing runs, a `Picture`: the eigenvalues (13) while the sign turns."""
        from hlp_edu.plotting import plot_lines

        s, q, r = np.linspace(-0.05, 0.05, 2001), 10, 0.1  # around where they meet
        half = self.leak * (1 - s) / 2
        left = half**2 + s * (self.leak**2 + q / r)
        root = np.sqrt(np.abs(left))
        apart, turn = np.where(left > 0, root, 0), np.where(left > 0, 0, root)
        return plot_lines(
            {"canonical: larger rate": half + apart, "optimum: smaller rate": half - apart, "flip: turning rate": turn},
            s,
            "A still picture: run the cell with a kernel, and you can turn the sign yourself.",
            headline="The two rates meet, and leave the real axis together",
            more=f"Real parts (rates) and imaginary parts (turning rate) of the eigenvalues; leak a = {self.leak:g}.",
            notes=("real part of both", (0.6 * s[0], half[0]), (0.55 * s[0], half[0] - 1)),
            xlabel="sign s: flipped below, canonical above 0",
            ylabel="per time unit",
        )

    def __repr__(self):
        return "A saddle that becomes a spiral: run this cell with a kernel, then move the slider."


# ---- on a page -----------------------------------------------------------------------------------------

_PAGES = {
    "live": (
        "Drag the target. The output follows.",
        "Every weight moves by what the two ends of its arrow report, and by nothing else: no data set, no training "
        "phase, and nothing is known about what comes next. Try: no flip, no friction, frozen weights.",
    ),
    "spiral": (
        "One sign turns a saddle into a spiral",
        "The exact laws of the best controller run away when they run forward in time. Move the slider: the sign in "
        "the law of the costate p turns, the rest point stays, and the two eigenvalues leave the real axis.",
    ),
}
_FOOT = "From the course hlp_edu. This file needs no server and no network; the laws are in its source."


def page(path, name="live"):
    """Write an instrument as one self-contained page: no server, no network. Returns the path.

    Parameters
    ----------
    path : str or path
        The file, which must end in .html. FileExistsError if it exists: nothing is overwritten.
    name : {"live", "spiral"}
        Which instrument.

    Raises
    ------
    ValueError
        If the name is unknown, or the path has another ending.
    """
    one_of("name", name, _PAGES)
    path = os.fspath(path)
    if not path.endswith(".html"):
        raise ValueError(f"path = {path!r}: must end in .html")
    title, lead = _PAGES[name]
    parts = dict(title=html.escape(title), lead=html.escape(lead), foot=html.escape(_FOOT), name=name)
    parts |= dict(style=_style("body"), script=_script(name))
    text = (HERE / "page.html").read_text(encoding="utf-8")
    text = re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], text)
    with open(path, "x", encoding="utf-8") as file:  # "x" refuses an existing file
        file.write(text)
    return path
