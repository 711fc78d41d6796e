"""Print what the benchmarks measured as one small table; nothing is judged by a stop-watch."""

import os
import statistics

import pytest

# One thread each; numpy and JAX read this when they are loaded.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def one_core():
    """One core for everybody, so that no library quietly takes two."""
    if not hasattr(os, "sched_setaffinity"):  # not on macOS, not on Windows
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    yield
    os.sched_setaffinity(0, before)


rows, lines = [], []


@pytest.fixture
def note():
    """Note the seconds that a step took in each round, and how many arcs it went over."""

    def write(group, who, seconds, arcs=None):
        rows.append((group, who, 1e6 * statistics.median(seconds), 1e6 * min(seconds), arcs))

    return write


@pytest.fixture
def per_step(benchmark, note):
    """Note the same of a benchmark, once it has been timed."""

    def write(group, who, steps):
        if benchmark.stats is not None and not benchmark.disabled:
            note(group, who, [seconds / steps for seconds in benchmark.stats.stats.data])
            benchmark.extra_info["microseconds a step"] = rows[-1][2]

    return write


@pytest.fixture
def roofline():
    """Note a line about the memory."""
    return lines.append


def pytest_terminal_summary(terminalreporter):
    """The table, if benchmarks were timed (python -m pytest tests/benchmarks)."""
    if rows:
        terminalreporter.section("microseconds a step, set-up included: median, and times ours; best, and times ours")
        ours = {row[0]: row[2:4] for row in rows if row[1].startswith("hlp_edu")}
        for group, who, median, best, arcs in rows:
            line = f"{group:>30}  {who:40} {median:11.2f}"
            if arcs is not None:
                line += f"       {best:11.2f}       {1e3 * best / arcs:6.2f} ns an arc"
            elif group in ours:
                line += f" {median / ours[group][0]:5.1f} {best:11.2f} {best / ours[group][1]:5.1f}"
            terminalreporter.line(line)
    for line in lines:
        terminalreporter.line(line)
