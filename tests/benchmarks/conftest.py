"""Print what the benchmarks measured as one small table; nothing is judged by a stop-watch."""

import pytest

rows, lines = [], []


@pytest.fixture
def per_step(benchmark):
    """Note microseconds a step, once a benchmark has been timed."""

    def note(group, who, steps):
        if benchmark.stats is not None and not benchmark.disabled:
            rows.append((group, who, 1e6 * benchmark.stats.stats.median / steps))
            benchmark.extra_info["microseconds a step"] = rows[-1][2]

    return note


@pytest.fixture
def roofline():
    """Note a line about the memory."""
    return lines.append


def pytest_terminal_summary(terminalreporter):
    """The table, if benchmarks were timed (python -m pytest tests/benchmarks)."""
    if rows:
        terminalreporter.section("microseconds a step (medians, set-up included), and times our own")
        ours = {group: number for group, who, number in rows if who.startswith("hlp_edu")}
        for group, who, number in sorted(rows, key=lambda row: (int(row[0].split()[0]), row[0], row[2])):
            ratio = f"{number / ours[group]:8.1f}" if group in ours else ""
            terminalreporter.line(f"{group:>20}  {who:40} {number:10.2f} {ratio}")
    for line in lines:
        terminalreporter.line(line)
