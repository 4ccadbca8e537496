"""A run folder and its workbook side by side."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import openpyxl

from optimization.dictionary.results import Language, column_of, load_results, load_units
from optimization.report.workbook_cells import cells_of

REPO = Path(__file__).parents[2]
EXAMPLE = REPO / "results" / "example"
PARAMETERS = REPO / "inputs" / "iwate-2022" / "parameters.csv"
HEADER_ROWS = 3


def tables(folder: Path) -> dict[str, list[list[str]]]:
    """Every table of a run folder as text, its header first."""
    return {path.stem: rows_of(path) for path in sorted(folder.glob("*.csv"))}


def rows_of(path: Path) -> list[list[str]]:
    """A CSV file as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def plain(table: str, column: str) -> str:
    """The entry that speaks for a column: its own, else that without `_today`."""
    own = load_results()[table].columns
    return column if column in own else re.sub(r"_today(?=_|$)", "", column)


def read_back(path: Path) -> dict[str, list[list[Any]]]:
    """Every sheet of a workbook, row by row; links and formulas are failures."""
    book = openpyxl.load_workbook(path)
    result = {}
    for page in book:
        rows = list(page.iter_rows())
        assert all(cell.data_type != "f" and cell.hyperlink is None for row in rows for cell in row)
        result[page.title] = [[cell.value for cell in row] for row in rows]
    book.close()
    return result


def assert_equal(folder: Path, workbook: Path, language: Language = "en") -> None:
    """The sheets hold what the CSV files hold: numbers to 16 digits where the unit has them, else the very text; in
    Japanese what has a label by its label, and no column of English labels."""
    pages, units = read_back(workbook), load_units()
    whole = tables(folder)
    case = json.loads((folder / "run.json").read_text(encoding="utf-8"))["case"]
    cells = cells_of({name: (header, rows) for name, (header, *rows) in whole.items()}, case)

    def shown(table: str, column: str, value: str) -> str:
        coded = language == "en" or not value or column_of(table, column).unit == "code"
        return value if coded else cells.said(table, column, value)

    for name, (header, *rows) in whole.items():
        if language == "ja":
            kept = [n for n, column in enumerate(header) if column != "label_en"]
            header, *rows = ([row[n] for n in kept] for row in (header, *rows))
        page = pages[load_results()[name].said("title", language)]
        assert page[HEADER_ROWS - 1] == header
        assert page[0] == [column_of(name, column).said("label", language) for column in header]
        assert len(page) == HEADER_ROWS + len(rows)
        numeric = [bool(units[column_of(name, column).unit].shown) for column in header]
        for row, line in zip(rows, page[HEADER_ROWS:], strict=True):
            for column, want, found, number in zip(header, row, line, numeric, strict=True):
                wanted = want if number else shown(name, column, want)
                assert same(wanted, found, number), (name, row, want, found)


def same(want: str, found: object, number: bool) -> bool:
    """Whether a cell holds the text of the CSV file."""
    if not want:
        return found is None
    if not number:
        return found == want
    return isinstance(found, int | float) and abs(float(want) - found) <= 1e-15 * abs(found)
