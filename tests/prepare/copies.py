"""Small copies of one year's workbooks that a test may spoil."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import openpyxl

from optimization.prepare.allocation_tax import Tier, tables_of, tier_of
from optimization.prepare.workbook import Cell, Sheet, normalise

PREFIX = {"municipal": "muni", "prefectural": "pref"}
Grid = list[list[Cell]]


@dataclass
class Copy:
    """A small copy of one year's workbooks: grids by name, free to be spoilt.

    `need`, `debt`, `revenue` and `result` are grids; `top` and `first` give the row of the topmost heading
    and of the first government; `save` writes real .xlsx files.
    """

    need: Grid
    debt: Grid
    revenue: Grid
    result: Grid
    tier: str = "municipal"
    year: int = 2022
    extra: Grid | None = None
    top: ClassVar[dict[str, int]] = {"need": 2, "debt": 1, "revenue": 2}
    first: ClassVar[dict[str, int]] = {"need": 5, "debt": 6, "revenue": 6}

    def books(self) -> dict[str, list[Sheet]]:
        """As `read_books` gives them, without the detour over files."""
        stem = f"{PREFIX[self.tier]}_{self.year}"
        demand = [Sheet(f"{stem}-demand", "need", self.need), Sheet(f"{stem}-demand", "debt", self.debt)]
        demand += [Sheet(f"{stem}-demand", "rest", self.extra)] if self.extra else []
        income, result = Sheet(f"{stem}-income", "revenue", self.revenue), Sheet(stem, "result", self.result)
        return {"-demand": demand, "-income": [income], "": [result]}

    def read(self) -> Tier:
        """Read and check the copy."""
        return tier_of(self.books(), self.tier, self.year)

    def tables(self, read: Tier | None = None) -> dict[str, str]:
        """The tables the copy (or what was read of it) would be written as, as csv text."""
        return {name: frame.to_csv(index=False) for name, frame in tables_of([read or self.read()]).items()}

    def column(self, name: str, heading: str) -> int:
        """The first column of a grid under a heading that starts so."""
        grid: Grid = getattr(self, name)
        columns = range(len(grid[0]))
        return next(c for c in columns for row in grid[:7] if normalise(row[c]).startswith(heading))

    def save(self, folder: Path) -> Path:
        """Write the three workbooks as real .xlsx files; returns the folder."""
        for part, sheets in self.books().items():
            book = openpyxl.Workbook()
            book.remove(book.active)
            for sheet in sheets:
                page = book.create_sheet(sheet.name)
                for row in sheet.grid:
                    page.append(row)
            book.save(folder / f"{PREFIX[self.tier]}_{self.year}{part}.xlsx")
        return folder
