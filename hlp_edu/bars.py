"""Progress bars: shown where something takes longer than a second, and silent where that is asked for."""

import os


def bar(show=True, **options):
    """A tqdm bar; silent if ``show`` is false or TQDM_DISABLE is set in the environment."""
    from tqdm.auto import tqdm

    # In a notebook tqdm ignores its own variable TQDM_DISABLE, so it is read here.
    silent = not show or os.environ.get("TQDM_DISABLE", "") not in ("", "0")
    return tqdm(delay=1.0, leave=False, disable=silent, **options)
