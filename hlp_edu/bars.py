"""Progress bars: shown where something takes longer than a second, and silent where that is asked for."""

import os


def shows_progress():
    """Whether progress is to be shown: not where TQDM_DISABLE is set in the environment."""
    # In a notebook tqdm does not look at its own variable, so it is read here.
    return os.environ.get("TQDM_DISABLE", "") in ("", "0")


def bar(show=True, **options):
    """A tqdm bar; silent if ``show`` is false or TQDM_DISABLE is set in the environment."""
    if not show or not shows_progress():
        return _Silent(options.get("iterable", ()))
    from tqdm.auto import tqdm

    return tqdm(delay=1.0, leave=False, **options)


class _Silent:
    """A bar that shows nothing; tqdm's own, disabled, would still start a thread."""

    def __init__(self, iterable):
        self.iterable = iterable

    def __iter__(self):
        return iter(self.iterable)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def update(self, n=1):
        """Nothing."""

    close = update
