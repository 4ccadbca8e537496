"""A Japanese workbook holds no English but for the names of columns as the CSV files have them, codes and files."""

from __future__ import annotations

import io
import re

import openpyxl
from latin import latin
from visitor import OWN, Page, ids, undecided

from optimization.dictionary.results import column_of, load_results, text

NAMED_BY_FILE = re.compile(r"[a-z_]+\.csv|[\w+-]+_[\w-]+|[A-Z]{1,2}\d+[a-z]?")


def test_no_cell_holds_english(page: Page) -> None:
    answer = page.get(f"/runs/{OWN}/workbook.xlsx", headers={"cookie": "optimization-lang=ja"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
    titles = {entry.said("title", "ja"): name for name, entry in load_results().items()}
    found = []
    for sheet in book:
        rows = list(sheet.iter_rows(values_only=True))
        table = titles.get(sheet.title)
        if sheet.title == text("words", "ja"):
            continue  # the glossary, in both languages
        coded = set()
        if table is not None:
            names = [str(cell) for cell in rows[2] if cell is not None]
            coded = {n for n, name in enumerate(names) if column_of(table, name).unit == "code"}
            assert "label_en" not in names
            rows = [*rows[:2], *rows[3:]]
        cells = {
            str(cell)
            for row in rows
            for n, cell in enumerate(row)
            if isinstance(cell, str) and n not in coded
        }
        also = NAMED_BY_FILE if table is None else None
        found += [(sheet.title, cell[:90]) for cell in sorted(cells) if latin(cell, also)]
    assert not found, "\n".join(map(str, found))


def test_a_comparison_in_excel_holds_none_either(page: Page) -> None:
    other = next(name for name in ids(page) if name not in (OWN, undecided(page)))
    asked = f"/compare.xlsx?run={OWN}&run={other}"
    english, japanese = (
        openpyxl.load_workbook(
            io.BytesIO(page.get(asked, headers={"cookie": f"optimization-lang={language}"}).content)
        ).worksheets[0]
        for language in ("en", "ja")
    )
    cells = [
        str(cell) for row in japanese.iter_rows(values_only=True) for cell in row if isinstance(cell, str)
    ]
    assert not [cell for cell in cells if latin(cell)]
    numbers = [
        [cell for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, int | float)]
        for sheet in (english, japanese)
    ]
    assert numbers[0] == numbers[1]
