"""The official data (read once) and small copies of the workbooks that a test may spoil."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from copies import PREFIX, Copy, Grid

from optimization.prepare.allocation_tax import Tier, read_books, tier_of
from optimization.prepare.workbook import Cell, Sheet, normalise

REPO = Path(__file__).parents[2]
OFFICIAL = Path(os.environ.get("OFFICIAL_DATA") or REPO.parent / "shared" / "data")
KEPT = ("富山県", "福井県")


@pytest.fixture(scope="session")
def official() -> Path:
    """The folder with allocation_tax/, indicators/ and tables/."""
    if not (OFFICIAL / "allocation_tax").is_dir():
        pytest.skip(
            f"no official data in {OFFICIAL}: set OFFICIAL_DATA to the folder that holds allocation_tax/"
        )
    return OFFICIAL


@pytest.fixture(scope="session")
def books(official: Path) -> Callable[[str, int], dict[str, list[Sheet]]]:
    """(tier, year) -> the raw sheets of its three workbooks."""
    return cache(lambda tier, year: read_books(official / "allocation_tax", f"{PREFIX[tier]}_{year}"))


@pytest.fixture(scope="session")
def tier(books: Callable[[str, int], dict[str, list[Sheet]]]) -> Callable[[str, int], Tier]:
    """(tier, year) -> everything read and checked."""
    return cache(lambda name, year: tier_of(books(name, year), name, year))


@pytest.fixture(scope="session")
def frame(tier: Callable[[str, int], Tier]) -> Callable[[str, int], pd.DataFrame]:
    """(tier, year) -> need, revenue, transfer and paid in thousand yen and receives, by code."""

    def build(name: str, year: int) -> pd.DataFrame:
        read = tier(name, year)
        need = pd.DataFrame(read.need.values, index=read.need.codes)
        revenue = pd.Series(read.revenue.values["standard_revenue"], read.revenue.codes)
        return pd.DataFrame(
            {
                "need": need["need_after_transfer"],
                "transfer": need["transfer_to_extraordinary_bond"],
                "revenue": revenue,
                "paid": pd.Series(read.result.allocation),
                "receives": pd.Series(read.receives),
            }
        )

    return cache(build)


@pytest.fixture(scope="session")
def small_original(books: Callable[[str, int], dict[str, list[Sheet]]]) -> Copy:
    """FY2022 of the municipalities of two prefectures, with rows of totals made to fit."""
    read = books("municipal", 2022)
    need, debt = (_cut(sheet.grid) for sheet in read["-demand"])
    return Copy(need, debt, _cut(read["-income"][0].grid), _cut_result(read[""][0].grid))


@pytest.fixture
def small(small_original: Copy) -> Copy:
    """A fresh copy of the two prefectures."""
    return copy.deepcopy(small_original)


@pytest.fixture
def prefectural(books: Callable[[str, int], dict[str, list[Sheet]]]) -> Copy:
    """A fresh copy of the prefectural workbooks of FY2020 (result: annex 2-7-3)."""
    read = copy.deepcopy(books("prefectural", 2020))
    need, debt = read["-demand"]
    return Copy(need.grid, debt.grid, read["-income"][0].grid, read[""][0].grid, "prefectural", 2020)


def _cut(grid: Grid) -> Grid:
    first = next(row for row, cells in enumerate(grid) if normalise(cells[0]).startswith("C0"))
    kept = [list(cells) for cells in grid[first:] if cells[1] in KEPT]
    totals = []
    for name in ("不足", "超過", "合計"):
        rows = [cells for cells in kept if name in (cells[4], "合計")]
        sums: list[Cell] = [sum(cells[column] or 0 for cells in rows) for column in range(5, len(grid[0]))]
        totals.append([None, None, name, None, None, *sums])
    return [list(cells) for cells in grid[:first]] + kept + totals


def _cut_result(grid: Grid) -> Grid:
    kept, prefecture = [], None
    for cells in grid[6:]:
        prefecture = cells[1] or prefecture
        if prefecture in KEPT:
            kept.append(list(cells))
    return [list(cells) for cells in grid[:6]] + kept
