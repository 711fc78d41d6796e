"""A picture under sliders: one function draws it, for the sliders, for small multiples, for tests."""

import contextlib
import html
import inspect
import math
import numbers
from collections.abc import Callable

import ipywidgets
import numpy as np
import traitlets
from threadpoolctl import ThreadpoolController

from hlp_edu.plotting import picture as pictures
from hlp_edu.plotting.picture import WIDTH, Picture, description, figure, panels
from hlp_edu.plotting.style import styled
from hlp_edu.validate import kind, one_of, whole
from hlp_edu.widgets.again import clear, frames, png, scales
from hlp_edu.words import brief, sentence, without_math

__all__ = ["Explorer"]

PLAY_EVERY = 100  # milliseconds

ALLOWED = (
    "(low, high, start), (low, high, start, step) or (low, high, start, 'log') for a slider, a list of strings or "
    "a dict {label: value} for a menu, True or False for a checkbox"
)


class _NamedImage(ipywidgets.Image):
    """An image with a tooltip, its name for a screen reader; where there is one, the browser needs a description."""

    description = traitlets.Unicode("").tag(sync=True)


class Explorer:
    """A drawing under sliders: it is drawn anew whenever a control moves.

    Each drawing starts from cleared axes at fixed places and is shown as a PNG. The words under the picture
    follow the controls. A notebook that is opened without being run shows the picture at the starting values.
    Arrow keys move a slider; you can also type a value beside it.

    Parameters
    ----------
    draw : callable
        ``draw(ax, **values)`` draws on ``ax``, with the plots of hlp_edu or with matplotlib, and returns a
        sentence that says what is to be seen, with its numbers. Without a sentence the values of the controls
        and the description of the plots are taken. With ``panels`` above 1: ``draw(axes, **values)``, a list
        of axes side by side.
    panels : int
        How many axes side by side.
    inches : float
        Height of the axes.
    presets : dict of {str: dict}, optional
        A button each: its name, and the values {name: value} that it sets; of a menu: the label.
    headline : str, optional
        The finding at the starting values, above the picture of a notebook that is opened without being run.
    play : str, optional
        The name of a slider that gets a button which moves it by itself, ten steps a second.
    **controls
        One for each argument of ``draw``:
        ``(low, high, start)`` or ``(low, high, start, step)``: a slider, of whole numbers if all are;
        ``(low, high, start, "log")``: a slider with a logarithmic scale;
        a list of strings, or a dict {label: value}: a menu that starts with its first entry;
        True or False: a checkbox.

    Attributes
    ----------
    controls : dict
        {name: ipywidgets widget}. Setting a widget's ``value`` draws.
    png, alt : bytes, str
        The picture, and what it shows.
    widget : ipywidgets.VBox
        Controls, picture and caption.
    fig, axes : matplotlib.figure.Figure, list of matplotlib.axes.Axes
        The figure of the current values.

    Raises
    ------
    ValueError
        If a control is not one of these, or ``draw`` does not take it; if a preset names no control
        or a value that it does not take; if ``play`` is no slider. What ``draw`` raises is shown
        under the picture and raised again.

    Examples
    --------
    >>> def draw(ax, rate):
    ...     t = np.linspace(0, 5)
    ...     ax.plot(t, np.exp(-rate * t))
    ...     return f"With rate {rate:g}, {np.exp(-5 * rate):.2g} is left at t = 5."
    >>> Explorer(draw, rate=(0.0, 2.0, 0.5))
    With rate 0.5, 0.082 is left at t = 5.
    """

    def __init__(self, draw, panels=1, *, inches=2.9, presets=None, play=None, headline="", **controls):
        kind("draw", draw, Callable, "a function draw(ax, **values)")
        if not controls:
            raise ValueError(f"controls: there must be at least one, name={ALLOWED}")
        self._draw, self._panels, self._inches = draw, whole("panels", panels), inches
        self._menus, self.controls = {}, {}
        for name, given in controls.items():
            self.controls[name] = self._control(name, given)
        longest = max(self.controls, key=len)
        for control in self.controls.values():
            control.style.description_width = _style(longest)["description_width"]  # so that sliders are aligned
        self._start = {name: control.value for name, control in self.controls.items()}
        _takes(draw, self.values)
        self._check_presets({} if presets is None else presets)

        self._image = _NamedImage(format="png", layout=ipywidgets.Layout(max_width="100%", object_fit="contain"))
        self._caption = ipywidgets.HTML()
        self.widget = ipywidgets.VBox(
            [*self._rows(presets or {}, play), self._image, self._caption],
            layout=ipywidgets.Layout(max_width=f"{100 * WIDTH:.0f}px"),
        )
        self.fig, self._paused, self._one_thread = None, False, contextlib.nullcontext
        self._redraw()
        # The arrays behind a picture are so short that threads would wait for each other.
        controller = ThreadpoolController()  # it finds the libraries that the first drawing has loaded
        self._one_thread = lambda: controller.limit(limits=1)
        # The starting picture and its words, for a notebook that is not run.
        first = self._picture(headline) if headline else Picture(self.fig, self.alt, self.alt)  # drawn once
        self._first = first._repr_mimebundle_()
        for control in self.controls.values():
            control.observe(self._moved, "value")

    @property
    def values(self):
        """The values of the controls, as ``draw`` gets them."""
        return {name: self._meaning(name, control.value) for name, control in self.controls.items()}

    @property
    def picture(self):
        """The picture of the current values as a `Picture`, drawn anew with its caption."""
        return self._picture()

    def _picture(self, headline=""):
        """The current values, drawn anew."""
        fig, axes = figure(columns=self._panels, height=self._inches)
        self._call(axes, self.values)
        return Picture(fig, self.alt, self.alt, headline)

    def set(self, **values):
        """Move several controls, and draw once.

        Parameters
        ----------
        **values
            {name: value}; of a menu: the label. ValueError if a control is unknown or does not take the value.
        """
        for name, value in values.items():
            self._check(name, value)
        self._paused = True
        try:
            for name, value in values.items():
                self.controls[name].value = bool(value) if isinstance(value, np.bool_) else value
        finally:
            self._paused = False
        self._redraw()

    def reset(self):
        """Go back to the starting values."""
        self.set(**self._start)

    def small_multiples(self, caption=None, headline="", more="", **control):
        """The same drawing for several values of one control, side by side, without sliders, as a `Picture`.

        Parameters
        ----------
        caption : str, optional
            Instead of the one that is computed.
        headline, more : str, optional
            The finding, above the axes, and a line below it.
        **control
            name=[values]; of a menu: labels. The other controls are at their starting values.

        Raises
        ------
        ValueError
            If not exactly one control is named, or it does not take a value.

        Examples
        --------
        >>> explorer = Explorer(lambda ax, rate: f"rate {rate:g}", rate=(0.0, 2.0, 0.5))
        >>> explorer.small_multiples(rate=[0.5, 1.0])
        rate = 0.5: rate 0.5. rate = 1: rate 1.
        """
        if len(control) != 1:
            raise ValueError(f"small_multiples: {len(control)} controls given; name exactly one, {self._names()}")
        ((name, shown),) = control.items()
        shown = list(shown) if isinstance(shown, (list, tuple, np.ndarray)) else shown
        if not isinstance(shown, list) or not shown:
            raise ValueError(f"{name} = {shown!r}: must be a list of at least one value")
        for value in shown:
            self._check(name, value)
        start = {other: self._meaning(other, value) for other, value in self._start.items()}
        several = [start | {name: self._meaning(name, value)} for value in shown]
        titles, said = [f"{name} = {brief(value)}" for value in shown], []
        if self._panels == 1:
            draws = [lambda ax, v=values: said.append(self._call([ax], v)) for values in several]
            fig, _ = panels(draws, titles, height=min(self._inches, 2.4))
        else:
            fig, axes = figure(self._panels, len(several), height=min(self._inches, 2.2), gap=1.1)
            for k, values in enumerate(several):
                row = axes[k * self._panels : (k + 1) * self._panels]
                said.append(self._call(row, values))
                if not row[0].get_title(loc="left"):
                    pictures.fit_title(row[0], titles[k])
            pictures.grow(fig, 0.25)  # a legend and a title above the first row
        words = " ".join(f"{title}: {sentence(text)}" for title, text in zip(titles, said, strict=True))
        return Picture(fig, words, caption or words, headline, more)

    def _control(self, name, given):
        """The widget of a control; of a menu its meanings are kept."""
        menu = None
        if isinstance(given, (bool, np.bool_)):
            return ipywidgets.Checkbox(bool(given), description=name, indent=False, layout=_layout("14em"))
        if isinstance(given, dict):
            menu = given
        elif isinstance(given, list):
            menu = {label: label for label in given} if all(isinstance(label, str) for label in given) else {}
            if len(menu) != len(given):
                raise ValueError(f"control {name} = {given!r}: its entries must be strings, each named once")
        if menu is not None:
            if not menu or not all(isinstance(label, str) for label in menu):
                raise ValueError(f"control {name} = {given!r}: must be {ALLOWED}")
            self._menus[name] = menu
            return ipywidgets.Dropdown(options=list(menu), description=name, style=_style(name), layout=_layout("22em"))
        return _slider(name, given)

    def _check_presets(self, presets):
        """ValueError if a preset is no name with values that its controls take."""
        kind("presets", presets, dict, "a dict {name: {control: value}}")
        for title, values in presets.items():
            if not isinstance(title, str) or not title.strip() or not isinstance(values, dict) or not values:
                raise ValueError(f"presets[{title!r}] = {values!r}: must be a name and a dict {{control: value}}")
            try:
                for name, value in values.items():
                    self._check(name, value)
            except ValueError as error:
                raise ValueError(f"presets[{title!r}]: {error}") from None

    def _rows(self, presets, play):
        """Sliders, each with its range; below them the presets."""
        cells = []
        for name, control in self.controls.items():
            if hasattr(control, "readout"):
                low, high = map(brief, _ends(control))
                control.tooltip = f"{name}, from {low} to {high}: arrow keys move it, or type a number beside it"
                ends = ipywidgets.Label(f"{low} to {high}", layout=_layout("auto"), style={"font_size": "85%"})
                control = ipywidgets.HBox([control, ends], layout=_layout())
            elif isinstance(control, ipywidgets.Dropdown):
                control = ipywidgets.HBox([control], layout=_layout())
            cells.append(control)
        if play is not None:
            cells.append(self._player(play))
        buttons = []
        for title, values in presets.items():
            words = ", ".join(f"{name} = {brief(value)}" for name, value in values.items())
            buttons.append(ipywidgets.Button(description=title, tooltip=words, layout=_layout("auto")))
            buttons[-1].on_click(lambda _, values=values: self.set(**values))
        reset = ipywidgets.Button(description="Reset", tooltip="Back to the starting values", icon="undo")
        reset.layout.width = "6em"
        reset.on_click(lambda _: self.reset())
        across = ipywidgets.Layout(display="flex", flex_flow="row wrap", align_items="center")
        if not buttons:
            return [ipywidgets.Box([*cells, reset], layout=across)]
        return [ipywidgets.Box(cells, layout=across), ipywidgets.Box([*buttons, reset], layout=across)]

    def _player(self, name):
        """A button that moves a slider, and follows it."""
        slider = self.controls.get(name) if isinstance(name, str) else None
        if not hasattr(slider, "readout"):
            raise ValueError(f"play = {name!r}: must be the name of a slider; controls: {', '.join(self.controls)}")
        log = isinstance(slider, ipywidgets.FloatLogSlider)
        steps = round((slider.max - slider.min) / slider.step)
        player = ipywidgets.Play(min=0, max=steps, interval=PLAY_EVERY, tooltip=f"Play {name}", layout=_layout("auto"))

        def place():
            return math.log(slider.value, slider.base) if log else slider.value

        def forward(change):
            value = slider.min + change["new"] * slider.step
            if round((place() - slider.min) / slider.step) != change["new"]:
                slider.value = min(slider.base**value if log else value, _ends(slider)[1])

        def follow(_):
            player.value = round((place() - slider.min) / slider.step)

        follow(None)
        player.observe(forward, "value")
        slider.observe(follow, "value")
        return player

    def _names(self):
        return f"one of {', '.join(self.controls)}"

    def _check(self, name, value):
        """ValueError if a control is unknown or does not take the value."""
        if name not in self.controls:
            raise ValueError(f"{name}: is not a control; it must be {self._names()}")
        if name in self._menus:
            one_of(name, value, self._menus[name])
            return
        control = self.controls[name]
        if isinstance(control, ipywidgets.Checkbox):
            kind(name, value, (bool, np.bool_), "True or False")
            return
        low, high = _ends(control)
        air = 1e-9 * (high - low)
        integral = isinstance(control, ipywidgets.IntSlider)
        types = numbers.Integral if integral else numbers.Real
        if isinstance(value, bool) or not isinstance(value, types) or not low - air <= value <= high + air:
            what = "a whole number" if integral else "a number"
            raise ValueError(f"{name} = {value!r}: must be {what} from {low:g} to {high:g}")

    def _meaning(self, name, value):
        """The value that ``draw`` gets: of a menu, what the label stands for."""
        return self._menus[name][value] if name in self._menus else value

    def _moved(self, change):
        if not self._paused:
            self._redraw()

    def _call(self, axes, values):
        """Draw, and return what the picture shows."""
        with styled():
            said = self._draw(axes[0] if self._panels == 1 else axes, **values)
        if isinstance(said, str) and said.strip():
            return said.strip()
        shown = {name: _label_of(self._menus.get(name), value) for name, value in values.items()}
        words = sentence(", ".join(f"{name} = {brief(value)}" for name, value in shown.items()))
        return " ".join([words, *filter(None, map(description, axes))])

    def _redraw(self):
        """Show the picture of the current values, or the error of ``draw``."""
        try:
            self._show(*self._drawn())
        except Exception as error:
            kind, what = type(error).__name__, html.escape(str(error))
            self._caption.value = (
                f'<div role="alert" style="line-height: 1.4; color: #A00000"><b>The picture could not be drawn '
                f"for these values.</b> {kind}: {what}</div>"
            )
            raise

    def _drawn(self):
        """Draw the picture of the current values: its PNG, and what it shows."""
        if self.fig is not None:
            clear(self.fig, self._scales)
        if self.fig is None or frames(self.fig) != self._frames:
            self.fig, self.axes = figure(columns=self._panels, height=self._inches)
            self._frames, self._scales = frames(self.fig), scales(self.fig)
        with self._one_thread(), styled():
            said = self._call(self.axes, self.values)
            pictures.finish(self.fig)
            return png(self.fig), without_math(said)

    def _show(self, png, alt):
        """Show a picture and its words."""
        self.png, self.alt = png, alt
        with self._image.hold_sync():  # one message
            self._image.value = png
            self._image.tooltip = alt  # the accessible name of the image
        self._caption.value = f'<div role="status" aria-live="polite" style="line-height: 1.4">{html.escape(alt)}</div>'

    def _repr_mimebundle_(self, include=None, exclude=None):
        view = "application/vnd.jupyter.widget-view+json"
        shown = self.widget._repr_mimebundle_()
        shown = shown[0] if isinstance(shown, tuple) else shown
        data, metadata = self._first
        return {view: shown[view]} | data, metadata

    def __repr__(self):
        return self._first[0]["text/plain"]


def _slider(name, given):
    """The slider of (low, high, start), (low, high, start, step) or (low, high, start, "log")."""
    wrong = f"control {name} = {given!r}: must be {ALLOWED}"
    if not isinstance(given, tuple) or len(given) not in (3, 4):
        raise ValueError(wrong)
    *scale, step = given if len(given) == 4 else (*given, None)
    log = isinstance(step, str) and step == "log"
    for value in scale if log or step is None else given:
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not abs(value) < 1e300:
            raise ValueError(wrong)
    low, high, start = scale
    if not low < high:
        raise ValueError(f"control {name} = {given!r}: low must be below high")
    if not low <= start <= high:
        raise ValueError(f"control {name} = {given!r}: start must lie from low to high")
    if log:
        if low <= 0:
            raise ValueError(f"control {name} = {given!r}: low must be above 0 for a logarithmic scale")
        step = _through(math.log10(start / low), math.log10(high / low) / 100)
        return ipywidgets.FloatLogSlider(
            value=float(start), base=10, min=math.log10(low), max=math.log10(high), step=step, description=name,
            readout_format=".3g", style=_style(name), layout=_layout("22em"),
        )  # fmt: skip
    if step is not None and not 0 < step <= high - low:
        raise ValueError(f"control {name} = {given!r}: step must be above 0 and at most high - low")
    if all(isinstance(value, numbers.Integral) for value in (low, high, start, 1 if step is None else step)):
        return ipywidgets.IntSlider(
            value=int(start), min=int(low), max=int(high), step=int(step or 1), description=name, style=_style(name),
            layout=_layout("22em"),
        )  # fmt: skip
    step = _through(start - low, _nice((high - low) / 100)) if step is None else step
    decimals = max(0, -math.floor(math.log10(step) + 1e-9), *(_decimals(value) for value in (step, start)))
    return ipywidgets.FloatSlider(
        value=float(start), min=float(low), max=float(high), step=float(step), description=name,
        readout_format=f".{min(decimals, 6)}f", style=_style(name), layout=_layout("22em"),
    )  # fmt: skip


def _nice(size):
    """The largest of 1, 2, 5 times a power of ten that is no larger than the size."""
    ten = 10.0 ** math.floor(math.log10(size) + 1e-9)
    return next(float(f"{ten * k:.1g}") for k in (5, 2, 1) if ten * k <= size * (1 + 1e-9))


def _through(distance, step):
    """A step of about this size that leads to the start: the browser would move it to the nearest step."""
    count = max(1, round(distance / step))
    return step if distance == 0 or math.isclose(count * step, distance) else distance / count


def _decimals(value):
    """How many decimals a number has."""
    text = f"{value:.6g}"
    return len(text.partition(".")[2]) if "e" not in text else 0


def _ends(control):
    """The two ends of a slider."""
    if isinstance(control, ipywidgets.FloatLogSlider):
        return control.base**control.min, control.base**control.max
    return control.min, control.max


def _style(name):
    """A style whose description is wide enough for the name."""
    return {"description_width": f"{0.6 + max(3, min(len(name), 22)) * 0.72:.1f}em"}


def _layout(width="29em"):
    return ipywidgets.Layout(width=width, margin="0 1em 0 0")  # two abreast fit under a picture's width


def _takes(draw, values):
    """ValueError if ``draw`` does not take these values."""
    try:
        signature = inspect.signature(draw)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(None, **values)
    except TypeError as error:
        name = getattr(draw, "__name__", "draw")
        raise ValueError(f"controls: {name}{signature} does not take {', '.join(values)}: {error}") from None


def _label_of(menu, value):
    """The label of a value of a menu."""
    return next((label for label, meaning in menu.items() if meaning is value), value) if menu else value
