"""A CSV table as people and spreadsheets save it, opened in one way for every room that reads tables of a case.

A byte order mark, either end of line, columns and rows at the end that hold nothing, and numbers in quotation marks
make no difference. Another encoding, a heading that stands twice or a row of another length is said with its remedy.
Every cell is text: what it may hold is for the reader to say.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from optimization.errors import InputError, Problem, raise_if_any, shortened
from optimization.reading.files import MOST_TABLE, read_bytes

MOST_ROWS, MOST_COLUMNS, MOST_FAULTS = 1_000_000, 1_000, 10_000
"""Rows and columns of a table (the largest of the whole country has 14,000 and 57); faulty rows looked for."""

MOST_HEADER = 100_000
"""Characters of the line of headings; the longest has 2,000."""

MARK = b"\xef\xbb\xbf"
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
WORKBOOKS = (b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"))
NOTE = "sep="
"""What a first line for spreadsheets begins with; it is no row of the table."""

SAVE = "save the table as 'CSV UTF-8'"
OPEN_QUOTE = "close the quotation mark that stands open in this row"

BLANK = "(without a name)"
Wrong = tuple[str, str]
"""What is wrong with a file, and the remedy."""


@dataclass(frozen=True)
class Sheet:
    """One file as text: `file` for messages, the header, cells by position, line of each row; `named`: the codes beside
    which a name stood, once they are read."""

    file: str
    header: list[str]
    cells: pa.Table
    lines: list[int]
    named: frozenset[str] = frozenset()

    def column(self, name: str) -> pa.Array:
        """Cells of the (first) column of that name."""
        return self.cells.column(self.header.index(name))

    def label(self, position: int, keys: Iterable[str]) -> str:
        """How a person finds the row: its key values, else its line."""
        values = [self.column(key)[position].as_py() for key in keys if key in self.header]
        if not values or not values[0].strip():
            return f"line {self.lines[position]}"
        return "/".join(filter(None, values))[:80]


def text_table(file: Path) -> pd.DataFrame:
    """All cells of a table as text, columns and rows in the order of the file.

    Raises `InputError` for a file that is no table, a heading that stands twice and a row of another length.
    """
    problems: list[Problem] = []
    sheet = read_sheet(file, file.name, problems)
    for name, count in Counter(sheet.header if sheet else []).items():
        if not name.strip():
            problems.append(
                Problem(file.name, "a column has no heading", "name it or delete it", column=BLANK)
            )
        elif count > 1:
            problems.append(Problem(file.name, f"stands {count} times", "keep it once", column=name))
    raise_if_any(shortened(problems))
    if sheet is None:
        raise InputError(problems)
    return pd.DataFrame(
        {name: cells.to_pandas() for name, cells in zip(sheet.header, sheet.cells.columns, strict=True)},
        dtype=str,
    )


def number_table(file: Path, key: str) -> pd.DataFrame:
    """A table by the codes of its column `key`; columns that hold nothing but numbers are numbers."""
    return text_table(file).set_index(key).apply(_numbers)


def _numbers(cells: pd.Series) -> pd.Series:
    try:
        return pd.to_numeric(cells)
    except ValueError:
        return cells


def read_sheet(file: Path, name: str, problems: list[Problem]) -> Sheet | None:
    """The file as text, or None with the reason added to `problems`; rows of another length are added and left out."""
    content, fault = _content(file)
    if fault is None:
        header, fault = _header(content)
    if fault is not None:
        problems.append(Problem(name, *fault))
        return None
    width = _width(header)
    cells, ragged, fault = _parsed(content, len(header))
    if fault is None and (len(header) > width or _only_blanks_beyond(ragged, width)):
        trimmed = _parsed(_without_blanks_beyond(content, width), width)
        if not trimmed[1]:
            (cells, ragged, fault), header = trimmed, header[:width]
    if fault is None and cells.num_rows > MOST_ROWS:
        message = f"has {cells.num_rows:,} rows, and no table has more than {MOST_ROWS:,}"
        fault = message, "save the table without the rows that say nothing"
    if fault is not None:
        problems.append(Problem(name, *fault))
        return None
    cells = cells.slice(1).combine_chunks()
    count = cells.num_rows + len(ragged)
    lines = [n for n in range(2, count + 2) if n not in ragged]
    for line, row in ragged.items():
        message = f"has {row.actual_columns} fields, the header {len(header)}"
        remedy = (
            OPEN_QUOTE if "\n" in row.text else "mend its commas; put texts with commas in quotation marks"
        )
        problems.append(Problem(name, message, remedy, row=f"line {line}"))
    kept = _filled_length(cells)
    return Sheet(name, header, cells.slice(0, kept), lines[:kept])


# ---- bytes


def decoded(content: bytes) -> str:
    """Text in UTF-8 without its byte order mark; ValueError that names the encoding where it is another."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"is not UTF-8 text (line {line}){_what_it_is(content)}") from error
    return text.lstrip("\ufeff")


def _what_it_is(content: bytes) -> str:
    """What a content is that is not UTF-8; '' where nothing tells."""
    if content.startswith(WIDE_MARKS):
        return ", but UTF-16, as spreadsheets save 'Unicode text'"
    if content.startswith(WORKBOOKS):
        return ", but a workbook"
    try:
        content.decode("cp932")
    except UnicodeDecodeError:
        return ""
    return ", but Shift_JIS (cp932), as spreadsheets of Windows save plain 'CSV'"


def _content(file: Path) -> tuple[bytes, Wrong | None]:
    """Bytes of a text file without byte order mark and empty end, or what is wrong with it."""
    if not file.exists():
        return b"", ("no such file", "add it: the table belongs to every case")
    if file.is_dir():
        return b"", ("is a folder, not a file", "remove the folder and put the table in its place")
    try:
        content = read_bytes(file, MOST_TABLE)
    except OSError as error:
        remedy = "put the table itself in its place, for the user who runs this to read"
        return b"", (f"cannot be read: {error.strerror}", remedy)
    try:
        decoded(content)
    except ValueError as error:
        return b"", (str(error), SAVE)
    while content.startswith(MARK):
        content = content.removeprefix(MARK)
    if b"\0" in content:
        return b"", ("is not CSV: it holds a zero byte", SAVE)
    if not content.strip():
        return b"", ("is empty", "write the header and the rows of the table")
    return content.rstrip(b"\r\n") + b"\n", None


def _header(content: bytes) -> tuple[list[str], Wrong | None]:
    first = content[: content.index(b"\n") + 1].decode("utf-8").splitlines()[0]
    header = _cells(first)
    if first.count('"') % 2:
        return header, ("has a header with a quotation mark left open", "close it")
    if len(first) > MOST_HEADER:
        return header, (f"has a header of {len(first):,} characters", "keep the names of its columns")
    if len(header) > MOST_COLUMNS:
        return header, (f"has {len(header):,} columns", f"keep those of the table: none has {MOST_COLUMNS:,}")
    if first.casefold().startswith(NOTE):
        return header, (f"begins with the line {first[:20]!r}, a note for spreadsheets", "delete that line")
    if len(header) < 2 and (mark := next((m for m in "\t;|" if m in first), "")):
        return header, (f"its columns are separated by {mark!r}", "save the table separated by commas")
    return header, None


# ---- cells


def _parsed(content: bytes, width: int) -> tuple[pa.Table, dict[int, arrow_csv.InvalidRow], Wrong | None]:
    """Rows of `width` cells, the header among them; the others by their line; why there are none."""
    ragged: dict[int, arrow_csv.InvalidRow] = {}

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        ragged[row.number] = row
        return "skip" if len(ragged) < MOST_FAULTS else "error"

    names = [str(position) for position in range(width)]
    reading = arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(content) + 1)
    parsing = arrow_csv.ParseOptions(
        newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=set_aside
    )
    typing = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    try:
        return arrow_csv.read_csv(pa.BufferReader(content), reading, parsing, typing), ragged, None
    except pa.ArrowInvalid as error:
        return None, ragged, (f"is not CSV: {error}", SAVE)


def _width(header: list[str]) -> int:
    """Number of columns up to the last that has a name."""
    return max((place for place, name in enumerate(header, 1) if name.strip()), default=len(header))


def _only_blanks_beyond(ragged: dict[int, arrow_csv.InvalidRow], width: int) -> bool:
    """Whether there are rows of another length, and none that is short or has more than blanks to the right."""
    return bool(ragged) and all(
        width < row.actual_columns <= MOST_COLUMNS
        and len(row.text) < csv.field_size_limit()
        and not "".join(_cells(row.text)[width:]).strip()
        for row in ragged.values()
    )


def _cells(text: str) -> list[str]:
    """Cells of one row; of a row with a cell beyond all bounds the whole text."""
    try:
        return next(csv.reader(io.StringIO(text, newline="")), [])
    except csv.Error:
        return [text]


def _without_blanks_beyond(content: bytes, width: int) -> bytes:
    """Every row without what is blank to the right of the named columns; as it is where a cell is beyond all bounds."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    try:
        for row in csv.reader(io.StringIO(content.decode("utf-8"), newline="")):
            beyond = "".join(row[width:]).strip()
            writer.writerow(row if beyond else row[:width])
    except csv.Error:
        return content
    return out.getvalue().encode("utf-8")


def _filled_length(cells: pa.Table) -> int:
    """Number of rows up to the last that holds anything."""
    last = 0
    for column in cells.columns:
        if last == cells.num_rows:
            break
        filled = np.flatnonzero(pc.not_equal(column.slice(last), "").to_numpy())
        last += int(filled[-1]) + 1 if len(filled) else 0
    return last
