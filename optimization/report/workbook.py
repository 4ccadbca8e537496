"""A run folder as one Excel workbook for readers who open no CSV: what the run is, then its tables, labelled.

Values stay those of the CSV files; labels, units and explanations come from the data dictionary in English or
Japanese. Text is written as text, whatever it looks like: no cell of a workbook is a formula or a link.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive import read_run_record
from optimization.archive.form import AGAIN, TIME, within
from optimization.dictionary.in_japanese import in_japanese
from optimization.dictionary.results import (
    Language,
    ResultColumn,
    column_of,
    load_results,
    load_units,
    load_words,
    text,
    unit_label,
    word,
)
from optimization.errors import InputError, Problem, raise_if_any
from optimization.ledger.cost_kinds import JUDGEMENT, of_kind, real_cost
from optimization.reading.files import MOST_RESULT, read_text
from optimization.reading.whereabouts import input_folder
from optimization.report.language import speaker
from optimization.report.titles import titled
from optimization.report.trace_table import write_steps
from optimization.report.traced import Traced
from optimization.report.workbook_cells import ENGLISH, Cells, cells_of

ASSUMPTIONS = "parameters"
ROW_UNIT = "of the row"
HEADER_ROWS = 3
LONGEST = 32_767
"""Characters that a cell of Excel can hold."""
MOST_CELLS = 2_000_000
"""Cells of a table; the largest of the whole country has 0.9 million."""

SHOWN = 20
"""Faults reported of one table."""

NARROWEST, WIDEST = 9, 40
"""Width of a column in characters."""
SAMPLE = 500
"""Rows that are looked at for the width of a column."""
MONEY, GAP = "#,##0.0", "0.00000%"
AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""Options under which XlsxWriter writes text as text, whatever it looks like."""


@dataclass(frozen=True)
class Sheet:
    """A table as text, cell by cell, ready to be written: `columns` as the CSV file names them."""

    table: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def without(self, column: str) -> Sheet:
        """The table without a column that it may have."""
        if column not in self.columns:
            return self
        at = list(self.columns).index(column)
        columns, *rows = ([*row[:at], *row[at + 1 :]] for row in (self.columns, *self.rows))
        return Sheet(self.table, columns, rows)


def write_workbook(
    folder: Path,
    target: Path,
    language: Language = "en",
    assumptions: pd.DataFrame | None = None,
    steps: Traced | str | None = None,
) -> None:
    """Write a run folder as the workbook `target` (.xlsx): a sheet about the run, one for each table, one for the words
    in them and, where `assumptions` (the case's parameters.csv) are given, one for those. `steps` of every grant have a
    sheet of their own; a text in their place says why there is none.

    A table has three header rows: label, unit, name as in the CSV file. Numbers keep 16 digits, codes stay text. The
    same folder gives the same workbook. Nothing is left where writing fails. Raises InputError when the folder is no
    run, holds what the dictionary does not know, or `target` exists or cannot be written.
    """
    record = read_run_record(folder)
    sheets = _sheets(folder, assumptions)
    with _new_file(target) as draft:
        _write(draft, record, sheets, language, steps)


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """A draft to write, renamed to `target` at the end of the block; nothing is left where it fails."""
    try:
        if target.is_symlink() or target.exists():
            remedy = "name a new file, or move the old one away"
            raise InputError([Problem(str(target), "already exists", remedy)])
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
            draft = Path(scratch) / "draft.xlsx"
            yield draft
            os.replace(draft, target)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise InputError([Problem(str(target), message, "name a file under a writable folder")]) from error


def _sheets(folder: Path, assumptions: pd.DataFrame | None) -> list[Sheet]:
    """The tables of the folder in the order of the dictionary, the assumptions last; every fault at once."""
    found = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    known = load_results()
    problems = [
        Problem(str(found[name]), "is no table of a run", "take it out of the folder")
        for name in found
        if name not in known
    ]
    sheets = []
    for name in known:
        if name in found:
            try:
                header, *rows = _rows(found[name])
            except (OSError, ValueError, csv.Error) as error:
                problems.append(Problem(str(found[name]), f"cannot be read ({error})", AGAIN))
            else:
                sheets.append(Sheet(name, header, rows))
    if assumptions is not None:
        cells = [["" if pd.isna(v) else str(v) for v in row] for row in assumptions.itertuples(index=False)]
        sheets.append(Sheet(ASSUMPTIONS, [str(c) for c in assumptions.columns], cells))
    for sheet in sheets:
        problems += islice(_faults(sheet, str(found.get(sheet.table, f"{sheet.table}.csv"))), SHOWN)
    raise_if_any(problems)
    return sheets


def service_labels(sheets: Sequence[Sheet], language: Language) -> dict[str, str]:
    """What services are called, by the table of services."""
    for sheet in sheets:
        if sheet.table == "services":
            at = [sheet.columns.index(name) for name in ("service", f"label_{language}")]
            return {row[at[0]]: row[at[1]] for row in sheet.rows}
    return {}


def _rows(file: Path) -> Iterator[list[str]]:
    """The rows of a CSV file, its header first; ValueError where it has none, or more than a workbook can hold."""
    left = MOST_CELLS
    for row in csv.reader(io.StringIO(read_text(within(file), MOST_RESULT), newline="")):
        left -= len(row)
        if left < 0:
            raise ValueError(f"it has more than {MOST_CELLS:,} cells")
        yield row


def _faults(sheet: Sheet, file: str) -> Iterator[Problem]:
    """Columns that the dictionary does not know, rows that are not as long as the header."""
    for line, row in enumerate(sheet.rows, start=2):
        if len(row) != len(sheet.columns):
            message = f"has {len(row)} cells where the header has {len(sheet.columns)}"
            yield Problem(file, message, "write the run anew", row=str(line))
    for column in sheet.columns:
        try:
            column_of(sheet.table, column)
        except KeyError:
            remedy = "export the run with the version of the tool that wrote it"
            yield Problem(file, "is no column of this table", remedy, column=column)


def _write(
    draft: Path,
    record: Mapping[str, Any],
    sheets: Sequence[Sheet],
    language: Language,
    steps: Traced | str | None,
) -> None:
    # rows are flushed as they are written: a national run has close to a million cells
    options = {"constant_memory": True, "tmpdir": str(draft.parent)}
    # the archive is made in memory: one that meets a full disk while it is closed is closed again, and fails again
    whole = io.BytesIO()
    xlsxwriter = engine()
    book = xlsxwriter.Workbook(whole, options)
    try:
        created = datetime.strptime(record["written"], TIME)
        book.set_properties({"title": str(record["package"]), "created": created})
        found = {sheet.table: (sheet.columns, sheet.rows) for sheet in sheets}
        pen = Pen(book, language, cells_of(found, str(record["case"])) if language == "ja" else None)
        _about(pen, record, sheets, steps)
        for sheet in sheets:
            _table(pen, sheet)
        if isinstance(steps, Traced):
            write_steps(pen, steps, service_labels(sheets, language))
        _words(pen)
    finally:
        try:
            book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            raise OSError(str(error)) from error
    draft.write_bytes(whole.getvalue())


def engine() -> Any:
    """XlsxWriter, which only workbooks need."""
    try:
        import xlsxwriter
    except ImportError as error:
        remedy = 'install it with: pip install "role-division[report]"'
        raise InputError([Problem("workbook", "needs the package XlsxWriter", remedy)]) from error
    return xlsxwriter


@dataclass
class Pen:
    """A workbook with the language of its labels, and its formats by what they show."""

    book: Any
    language: Language
    cells: Cells | None = None
    _formats: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)

    def style(self, **properties: Any) -> Any:
        """A format; the same properties give the same one."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(properties)
        return self._formats[key]

    def say(self, name: str) -> str:
        """A text of the dictionary."""
        return text(name, self.language)

    def head(self, sheet: Any, row: int, cells: Sequence[str], **more: Any) -> None:
        """A row of headings."""
        style = self.style(
            bold=True, bg_color="#DCE6F1", text_wrap=True, valign="top", num_format="@", **more
        )
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell, style)

    def cell(self, sheet: Any, row: int, column: int, value: str, shown: str, **more: Any) -> None:
        """A value: a number where its unit is shown as one and it is finite, else text; nothing where it is empty."""
        number = _number(value) if shown else None
        if number is not None:
            sheet.write_number(row, column, number, self.style(num_format=shown, **more))
        elif value:
            # the text format keeps it text when a reader edits the cell
            sheet.write_string(row, column, self._fitting(value), self.style(num_format="@", **more))

    def said(self, table: str, column: str, entry: ResultColumn, value: str) -> str:
        """The text of a cell: in Japanese by its label, unless it is a number or a code."""
        if self.cells is None or not value or entry.unit == "code" or load_units()[entry.unit].shown:
            return value
        return self.cells.said(table, column, value)

    def _fitting(self, value: str) -> str:
        if len(value) <= LONGEST:
            return value
        note = f" ... ({self.say('cut')})"
        return value[: LONGEST - len(note)] + note


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _table(pen: Pen, sheet: Sheet) -> None:
    """A sheet of a table: three header rows that stay in sight, a filter, widths, formats by unit."""
    page = pen.book.add_worksheet(load_results()[sheet.table].said("title", pen.language))
    sheet = sheet if pen.cells is None else sheet.without(ENGLISH)
    entries = [column_of(sheet.table, column) for column in sheet.columns]
    units, last = load_units(), max(len(sheet.columns) - 1, 0)
    shown = [units[entry.unit].shown for entry in entries]
    for n, width in enumerate(_widths(sheet, shown)):
        page.set_column(n, n, width)
    end = HEADER_ROWS - 1 + len(sheet.rows)
    page.freeze_panes(HEADER_ROWS, 1)
    page.autofilter(HEADER_ROWS - 1, 0, end, last)
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{end + 1}"})
    pen.head(page, 0, [entry.said("label", pen.language) for entry in entries])
    pen.head(page, 1, [unit_label(entry.unit, pen.language) for entry in entries], italic=True)
    pen.head(page, 2, sheet.columns, font_color="#595959")
    unit = sheet.columns.index("unit") if "unit" in sheet.columns else None
    by_row = [n for n, entry in enumerate(entries) if entry.unit == ROW_UNIT]
    for row, cells in enumerate(sheet.rows, start=HEADER_ROWS):
        if unit is not None and cells[unit] in units:
            for n in by_row:
                shown[n] = units[cells[unit]].shown
        marked = {"bg_color": "#FFF2CC"} if sheet.table == ASSUMPTIONS and "assumption" in cells else {}
        for n, value in enumerate(cells):
            pen.cell(
                page, row, n, pen.said(sheet.table, sheet.columns[n], entries[n], value), shown[n], **marked
            )


def _widths(sheet: Sheet, shown: Sequence[str]) -> list[int]:
    """Width of every column: that of its name or of its longest value (a number is shown with few digits)."""
    result = []
    for n, (name, number) in enumerate(zip(sheet.columns, shown, strict=True)):
        longest = 14 if number else max((_span(row[n]) for row in sheet.rows[:SAMPLE]), default=0)
        # a long name wraps at nothing, but a filter button must not hide the value
        result.append(min(WIDEST, max(NARROWEST, longest, min(len(name), 24)) + 2))
    return result


def _span(value: str) -> int:
    """Places that a text takes; a full-width sign takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in value)


def _about(pen: Pen, record: Mapping[str, Any], sheets: Sequence[Sheet], steps: Traced | str | None) -> None:
    """The first sheet: what the run is and how sure, where figures come from, which sheets follow."""
    page = pen.book.add_worksheet(pen.say("about"))
    for n, width in enumerate((32, 72, 30, 60, 24)):
        page.set_column(n, n, width)
    page.write_string(0, 0, pen.say("title"), pen.style(bold=True, font_size=14))
    row = 2
    for label, value, shown in _facts(pen, record, any(sheet.table == ASSUMPTIONS for sheet in sheets)):
        page.write_string(row, 0, label, pen.style(bold=True, valign="top"))
        pen.cell(page, row, 1, value, shown, text_wrap=True, valign="top", align="left")
        row += 1
    if isinstance(steps, str):
        page.write_string(row, 0, pen.say("trace_lacking"), pen.style(bold=True, valign="top"))
        pen.cell(page, row, 1, steps, "", text_wrap=True, valign="top", align="left")
        row += 1
    row += 1
    pen.head(page, row, [pen.say(name) for name in ("sheet", "one_row", "file", "source")])
    listed = [
        (entry.said("title", pen.language), entry.said("row", pen.language), f"{sheet.table}.csv",
         entry.said("source", pen.language))
        for sheet in sheets
        for entry in (load_results()[sheet.table],)
    ]  # fmt: skip
    if isinstance(steps, Traced):
        listed.append((pen.say("trace"), pen.say("trace_row"), "", ""))
    for cells in (*listed, (pen.say("words"), pen.say("word"), "", "")):
        row += 1
        for n, value in enumerate(cells):
            pen.cell(page, row, n, value, "", text_wrap=True, valign="top")


def _facts(pen: Pen, record: Mapping[str, Any], marked: bool) -> Iterator[tuple[str, str, str]]:
    """Label, value and number format of every line about the run."""

    def fact(name: str, value: object, shown: str = "") -> tuple[str, str, str]:
        return pen.say(name), pen.say("none") if value is None else str(value), shown

    told = in_japanese if pen.language == "ja" else str
    yield fact("package", titled(str(record["package"]), speaker(pen.language)))
    yield fact("case", record["case"])
    if record.get("prefectures_asked"):
        yield fact("prefectures", ", ".join(record["prefectures_asked"]))
    yield fact("fiscal_year", record["fiscal_year"], "0")
    yield fact("status", word(record["status"], pen.language))
    parts = record.get("objective_parts_million_yen")
    yield fact("cost_today", real_cost(record["baseline_parts_million_yen"]), MONEY)
    yield fact("cost", parts and real_cost(parts), MONEY)
    if judged := sum(of_kind(parts or {}, JUDGEMENT).values()):
        yield fact("judged", judged, MONEY)
    yield fact("bound", record.get("bound_million_yen"), MONEY)
    yield fact("gap", record.get("gap"), GAP)
    yield fact("breaches", len(record.get("breaches", ())), "0")
    yield fact("written", record["written"])
    yield fact("meaning", pen.say("certificate_meaning"))
    yield fact("certificate", told(record.get("certificate") or pen.say("none")))
    for name, key in (("reasons", "counting_arguments"), ("warnings", "warnings")):
        for line in record.get(key) or ():
            yield fact(name, told(str(line)))
    yield fact("figures", pen.say("figures_meaning"))
    if marked:
        yield fact("figures", pen.say("marked"))
    yield fact("figures", pen.say("values"))
    for name, line in _credits(str(record["case"])):
        yield fact(name, told(line))


def _credits(case: str) -> list[tuple[str, str]]:
    """Publishers and licence of a case that comes with the tool; none where its description is not at hand."""
    try:
        file = input_folder(Path(case).name) / "datapackage.json"
        package = json.loads(file.read_text(encoding="utf-8"))
        people = [("credits", str(entry["title"])) for entry in package.get("contributors", [])]
        terms = [("licence", f"{entry['title']} ({entry['path']})") for entry in package.get("licenses", [])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return people + terms


def _words(pen: Pen) -> None:
    """The last sheet: every word that may stand in a cell, in both languages."""
    page = pen.book.add_worksheet(pen.say("words"))
    page.set_column(0, 2, 60)
    page.freeze_panes(1, 1)
    pen.head(page, 0, [pen.say(name) for name in ("word", "english", "japanese")])
    for row, (name, pair) in enumerate(load_words().items(), start=1):
        for n, value in enumerate((name, *pair)):
            pen.cell(page, row, n, value, "")
