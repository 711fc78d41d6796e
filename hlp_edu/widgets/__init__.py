"""Pictures that answer: sliders under a drawing, and instruments that run live in the browser.

`Explorer` puts a picture of this package under sliders; Python draws it. `Live` and `Spiral` are drawn by the browser,
at the speed of the hand; `page` writes one of them as a page of its own.
"""

from hlp_edu.widgets.explorer import Explorer
from hlp_edu.widgets.live import Live, Spiral, page

__all__ = ["Explorer", "Live", "Spiral", "page"]
