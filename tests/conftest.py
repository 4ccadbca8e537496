"""Which tests are slow, and what a run of the tests could not check, in one line at its end."""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SLOW = tomllib.loads((HERE / "slow.toml").read_text(encoding="utf-8"))
"""By file and test: how many of its cases every run of the tests meets."""

OFFICIAL = "OFFICIAL_DATA"


@pytest.fixture(scope="session", autouse=True)
def kept_cases() -> Iterator[None]:
    """Cases are kept for one run of the tests alone, and nothing is kept in the home of who runs them."""
    os.environ["ROLE_DIVISION_CACHE"] = folder = tempfile.mkdtemp()
    yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what `slow.toml` leaves to `make slow`, before anything is chosen by its mark."""
    items.sort(key=lambda item: item.get_closest_marker("wheel") is None)  # the longest file is begun first
    met: Counter[tuple[str, str]] = Counter()
    for item in items:
        file, name = item.path.relative_to(HERE.parent).as_posix(), getattr(item, "originalname", item.name)
        if item.get_closest_marker("slow"):
            continue
        most = SLOW.get(file, {}).get(name)
        met[file, name] += 1
        if most is not None and met[file, name] > most:
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests want the ministry's files, which are not part of the repository."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(OFFICIAL in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(
            f"{count} tests skipped for want of the official workbooks: set {OFFICIAL} to the folder that holds "
            "allocation_tax/, tables/ and indicators/ (workbooks of our own stood in where they could)."
        )
