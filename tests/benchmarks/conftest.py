"""Print what the benchmarks measured as one small table; nothing is judged by a stop-watch."""

import os
import statistics

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="session")
def timed(request):
    """Whether the benchmarks are timed; with --benchmark-disable they are only tried."""
    return not request.config.getoption("benchmark_disable")


@pytest.fixture
def one_core():
    """Stay on one core: a process that is moved has to fill another cache."""
    if not hasattr(os, "sched_setaffinity"):  # not on macOS, not on Windows
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture
def one_thread():
    """One thread for numpy's matrices."""
    with threadpool_limits(1):
        yield


rows, lines = [], []


@pytest.fixture
def note():
    """Note the seconds that a step took in each round, and how many arcs it went over."""

    def write(group, name, seconds, arcs=None):
        rows.append((group, name, 1e6 * statistics.median(seconds), 1e6 * min(seconds), arcs))

    return write


@pytest.fixture
def per_step(benchmark, note):
    """Note the same of a benchmark, once it has been timed."""

    def write(group, name, steps):
        if benchmark.stats is not None and not benchmark.disabled:
            note(group, name, [seconds / steps for seconds in benchmark.stats.stats.data])
            benchmark.extra_info["microseconds a step"] = rows[-1][2]

    return write


@pytest.fixture
def bandwidth():
    """Note a line about the memory."""
    return lines.append


def pytest_terminal_summary(terminalreporter):
    """The table, if benchmarks were timed (python -m pytest tests/benchmarks)."""
    if rows:
        terminalreporter.section("microseconds a step, set-up included: median, and times ours; best, and times ours")
        ours = {row[0]: row[2:4] for row in rows if row[1].startswith("hlp_edu")}
        for group, name, median, best, arcs in rows:
            line = f"{group:>30}  {name:40} {median:11.2f}"
            if arcs is not None:
                line += f"       {best:11.2f}       {1e3 * best / arcs:6.2f} ns an arc"
            elif group in ours:
                line += f" {median / ours[group][0]:5.1f} {best:11.2f} {best / ours[group][1]:5.1f}"
            terminalreporter.line(line)
    for line in lines:
        terminalreporter.line(line)
