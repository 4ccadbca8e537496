"""Tables sent as CSV: no text in them is a formula to the spreadsheet program that opens it."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from optimization.errors import InputError, Problem
from optimization.files import MOST_RESULT, read_text

STARTS = "=+-\u2212@\t\r\n"
"""Signs with which a cell is taken for a formula; their full-width and small forms are too, in a Japanese Excel."""


def inert(cell: str) -> str:
    """A cell as it is, or behind an apostrophe where it would be a formula; numbers are left alone."""
    if not cell or unicodedata.normalize("NFKC", cell[0]) not in STARTS:
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def inert_csv(text: str) -> str:
    """A table as CSV, the very same where no cell would be a formula. Row by row: all cells of a large table at once
    take twenty times its size."""
    if all(inert(cell) == cell for row in _rows(text) for cell in row):
        return text
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([inert(cell) for cell in row] for row in _rows(text))
    return out.getvalue()


def _rows(text: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""))


def table_of(path: Path) -> str:
    """A table of a run as it is sent; raises `InputError` where it cannot be read."""
    try:
        return inert_csv(read_text(path, MOST_RESULT))
    except (OSError, ValueError, csv.Error) as error:
        remedy = "take a copy that nobody has changed, or solve again"
        raise InputError([Problem(path.name, f"cannot be read ({error})", remedy)]) from error
