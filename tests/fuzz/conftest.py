"""The table of outcomes at the end of a fuzzing run."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.fuzz.driver import table


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Add up what the tests have noted, in this process or in those of xdist."""
    counts: Counter[tuple[str, str, str]] = Counter()
    slowest, largest = (0.0, ""), (0.0, "")
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "fuzz" and report.when == "call":  # its teardown carries them too
                    noted = json.loads(value)
                    counts.update({tuple(key.split(" ")): n for key, n in noted["counts"].items()})
                    slowest = max(slowest, tuple(noted["slowest"]))
                    largest = max(largest, tuple(noted["largest"]))
    if counts:
        terminalreporter.section("outcomes of mutations")
        for line in table(counts):
            terminalreporter.write_line(line)
        terminalreporter.write_line(
            f"slowest {slowest[0]:.1f} s ({slowest[1]}), most memory {largest[0]:.0f} MB ({largest[1]})"
        )
