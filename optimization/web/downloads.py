"""Files to be saved: tables as CSV, no text in them a formula to the program that opens it; workbooks kept a while."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from optimization.errors import InputError, Problem
from optimization.reading.files import MOST_RESULT, read_text

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
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


def attached(name: str) -> dict[str, str]:
    """The header of a file to be saved; a name that a header cannot hold as it is stands there in its coded form."""
    named = f'filename="{name}"' if PLAIN.fullmatch(name) else f"filename*=utf-8''{quote(name, safe='')}"
    return {"content-disposition": f"attachment; {named}"}


def keep_newest(folder: Path, count: int) -> None:
    """Remove all but the newest workbooks of a folder; one that is being sent is read to its end."""
    found = sorted(folder.glob("*.xlsx"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in found[count:]:
        with suppress(OSError):
            path.unlink()
