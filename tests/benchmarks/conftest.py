"""Print what the benchmarks measured as one small table; nothing is judged by a stop-watch."""

import pytest

rows = []


@pytest.fixture
def per_step(benchmark):
    """Note microseconds a step, once a benchmark has been timed."""

    def note(group, who, steps):
        if benchmark.stats is not None and not benchmark.disabled:
            rows.append((group, who, 1e6 * benchmark.stats.stats.median / steps))
            benchmark.extra_info["microseconds a step"] = rows[-1][2]

    return note


def pytest_terminal_summary(terminalreporter):
    """The table, if benchmarks were timed (python -m pytest tests/benchmarks)."""
    if rows:
        terminalreporter.section("microseconds a step (medians)")
        for group, who, microseconds in sorted(rows, key=lambda row: (int(row[0].split()[0]), row[0], row[2])):
            terminalreporter.line(f"{group:>20}  {who:40} {microseconds:10.2f}")
