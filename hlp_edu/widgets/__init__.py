"""Pictures that answer: sliders under a drawing, and instruments that run live in the browser.

`Explorer` puts a picture of this package under sliders; Python draws it. The other instruments are drawn by the
browser, at the speed of the hand.
"""

from hlp_edu.widgets.explorer import Explorer

__all__ = ["Explorer"]
