"""Reading a spreadsheet of any kind into plain grids of cells.

The kind is told by the first bytes of the file, never by its suffix: ministries rename files.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import xlrd

from optimization.errors import InputError, Problem
from optimization.reading.files import MEGABYTE, MOST_TABLE, read_bytes
from optimization.reading.japanese import folded
from optimization.reading.table_file import decoded

Cell = str | int | float | bool | None
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
ZIP_MAGIC = b"PK\x03\x04"
PDF_MAGIC = b"%PDF"
UNCOMPUTED = re.compile(  # a formula in the XML of a sheet that no result follows; results may be empty text
    rb'<c r="([A-Z]+[0-9]+)"(?![^<>]*t="str")[^<>]*>\s*<f(?:[^<>]*/>|[^<>]*>[^<]*</f>)'
    rb"\s*(?:<v\s*/>|<v></v>)?\s*</c>"
)
MOST_UNPACKED = 32 * MEGABYTE
"""Bytes of a workbook once unpacked; the largest official one has 6 million."""

MOST_CELLS = 2_000_000
"""Cells of a workbook, blank ones within its rectangles included; the largest official one has 260,000."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: `grid[row][column]` holds the raw cell, all rows have the same width."""

    file: str
    name: str
    grid: list[list[Cell]]

    @property
    def label(self) -> str:
        """File and sheet as a problem names them."""
        return f"{self.file} [{self.name}]" if self.name else self.file

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.grid[0]) if self.grid else 0

    @property
    def holds_anything(self) -> bool:
        """Whether any cell is filled."""
        return any(normalise(cell) for cells in self.grid for cell in cells)

    def problem(self, message: str, remedy: str, row: str = "", column: str = "", value: str = "") -> Problem:
        """A problem that names this sheet."""
        return Problem(self.label, message, remedy, row, column, value)


def normalise(cell: Cell) -> str:
    """The text of a cell in the one form in which texts are compared; blank cells give an empty string."""
    return "" if cell is None else folded(str(cell))


def column_letter(index: int) -> str:
    """Letters of a column as a spreadsheet shows them: 0 -> A, 26 -> AA."""
    letters, rest = "", index + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def read_sheets(path: Path) -> list[Sheet]:
    """All sheets of an .xls, .xlsx or .csv file, told apart by content.

    Raises `InputError` when the file is missing, empty, cut off or of another kind.
    """
    try:
        content = read_bytes(path, MOST_TABLE)
        reader = _reader(content[:8])
        sheets = reader(path.name, content) if reader else []
    except InputError:
        raise
    except OSError as fault:
        raise _unreadable(path, f"cannot be read ({fault.strerror or fault})") from fault
    except Exception as fault:  # the parsers fail in many ways on a broken file: all mean the same
        raise _unreadable(path, f"cannot be read ({type(fault).__name__}: {fault})") from fault
    if not sheets:
        raise _unreadable(path, "is neither an .xls nor an .xlsx workbook nor a csv table")
    return sheets


def _reader(head: bytes) -> Callable[[str, bytes], list[Sheet]] | None:
    if head == OLE_MAGIC:
        return _read_xls
    if head.startswith(ZIP_MAGIC):
        return _read_xlsx
    is_text = bool(head) and not head.startswith(PDF_MAGIC) and min(head) >= ord("\t")
    return _read_csv if is_text else None


def _unreadable(path: Path, message: str) -> InputError:
    return InputError([Problem(path.name, message, "fetch the file again from the ministry's page")])


def _too_large(file: str, what: str) -> InputError:
    remedy = "use the ministry's workbook, unchanged: none of them is near that size"
    return InputError([Problem(file, f"has more than {what}", remedy)])


def _sheets(file: str, pages: Iterable[tuple[str, Iterable[list[Cell]]]]) -> list[Sheet]:
    """Sheets from their names and rows, each a rectangle; cells are counted as they come, so that a false sheet ends
    early."""
    sheets, left = list[Sheet](), MOST_CELLS
    for name, rows in pages:
        kept = _kept(file, rows, left)
        width = max(map(len, kept), default=0)
        left -= len(kept) * width
        sheets.append(Sheet(file, name, [row + [None] * (width - len(row)) for row in kept]))
    return sheets


def _kept(file: str, rows: Iterable[list[Cell]], most: int) -> list[list[Cell]]:
    """The rows up to the last that holds anything, each up to its last cell that does."""
    kept, width, full = list[list[Cell]](), 0, 0
    for row in rows:
        while row and row[-1] is None:
            row.pop()
        kept.append(row)
        if row:
            width, full = max(width, len(row)), len(kept)
        if full * width > most or len(kept) > MOST_CELLS:
            raise _too_large(file, f"{MOST_CELLS:,} cells")
    return kept[:full]


def _read_xls(file: str, content: bytes) -> list[Sheet]:
    # ragged: a cell far to the right does not widen every other row
    with xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), ragged_rows=True) as book:
        return _sheets(
            file,
            ((s.name, (_xls_row(s, row) for row in range(s.nrows))) for s in book.sheets()),
        )


def _xls_row(sheet: xlrd.sheet.Sheet, index: int) -> list[Cell]:
    cells: list[Cell] = []
    for value, kind in zip(sheet.row_values(index), sheet.row_types(index), strict=True):
        if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            cells.append(None)
        elif kind == xlrd.XL_CELL_ERROR:
            cells.append(xlrd.error_text_from_code.get(value, "#ERROR"))
        elif kind == xlrd.XL_CELL_BOOLEAN:
            cells.append(bool(value))
        elif kind == xlrd.XL_CELL_DATE:
            cells.append(f"date {value}")
        else:
            cells.append(value)
    return cells


def _check_parts(file: str, content: bytes) -> None:
    """Refuse an archive that unpacks beyond all bounds, and formulas that a program stored without their results:
    their cells would read as blank."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        # a reader of a part stops at the size that the archive states for it
        if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
            raise _too_large(file, f"{MOST_UNPACKED / MEGABYTE:g} MB once unpacked")
        pages = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/")]
    cells = [cell.decode() for page in pages for cell in UNCOMPUTED.findall(page)]
    if cells:
        message = f"holds formulas without results ({len(cells):,}, the first in cell {cells[0]})"
        raise InputError([Problem(file, message, "open it in a spreadsheet program and save it")])


def _read_xlsx(file: str, content: bytes) -> list[Sheet]:
    _check_parts(file, content)
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    return _sheets(file, ((sheet.title, _xlsx_rows(sheet)) for sheet in book.worksheets))


def _xlsx_rows(sheet: Any) -> Iterator[list[Cell]]:
    sheet.reset_dimensions()
    for row in sheet.iter_rows(values_only=True):
        yield [_xlsx_cell(value) for value in row]


def _xlsx_cell(value: object) -> Cell:
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _read_csv(file: str, content: bytes) -> list[Sheet]:
    try:
        text = decoded(content)
    except ValueError:  # the ministry's own tables are
        text = content.decode("cp932")
    rows = ([_csv_cell(cell.strip()) for cell in row] for row in csv.reader(io.StringIO(text)))
    return _sheets(file, [("", rows)])


def _csv_cell(text: str) -> Cell:
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d+\.\d+", text) else text or None
