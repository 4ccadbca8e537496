"""What a run of the tests could not check, in one line at its end."""

from __future__ import annotations

from typing import Any

OFFICIAL = "OFFICIAL_DATA"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests want the ministry's files, which are not part of the repository."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(OFFICIAL in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(
            f"{count} tests skipped for want of the official workbooks: set {OFFICIAL} to the folder that holds "
            "allocation_tax/, tables/ and indicators/ (workbooks of our own stood in where they could)."
        )
