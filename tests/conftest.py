"""What all tests share."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time, and no stop-watch: the first call of a test may compile.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# The checks draw the same cases in this process and in all that it starts; HLP_EDU_SEED=... for others.
os.environ.setdefault("HLP_EDU_SEED", "1234")


@pytest.fixture(scope="session")
def root():
    """Return the clone's top level."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def artefacts(root):
    """Return a folder for pictures that somebody may want to look at after the tests."""
    folder = root / "build" / "artefacts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pytest_configure(config):
    """Let this process, and all that the tests start, hear Ctrl-C; a job in the background of a shell does not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
