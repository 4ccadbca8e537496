"""Write results.md from the data dictionary.

    python docs/build_results.py

The same file labels exported workbooks; a test fails when the page is not what this script writes.
"""

from __future__ import annotations

from pathlib import Path

from optimization.dictionary.results import load_results, load_words, unit_label

PAGE = Path(__file__).with_name("results.md")

HEAD = """# Tables of a run

Written by `docs/build_results.py` from `optimization/dictionary/results.toml`: do not edit.
A run's folder holds one CSV file (UTF-8, comma-separated) and one parquet file for each table. Codes are text.
A column with `_today` in its name stands for the same figure as the column without it, under today's
arrangement (現行): `need_today_million_yen` beside `need_million_yen`. A cell is empty (null in parquet) only where
its column says what that means. Words in cells are explained at the
end. Tables of crises, of a horizon and of a hold-harmless path are there where the package has such; `parameters` is a
table of the case and stands in exported workbooks alone.
"""
WORDS_HEAD = """## Words

Values of columns of the unit *word* or *words* (several, joined by `|`), and of `status` and the cost parts in
`run.json`. `#` stands for a number; after a point follows the service or national tax.

| word | English | Japanese |
|---|---|---|"""


def page() -> str:
    """Every table with its columns, then every word."""
    tables = [_table(name) for name in load_results()]
    words = [_row(f"`{name}`", *pair) for name, pair in load_words().items()]
    return "\n".join([HEAD, *tables, WORDS_HEAD, *words]) + "\n"


def _table(name: str) -> str:
    """A table: one with the columns of an earlier one refers to it."""
    tables = load_results()
    table = tables[name]
    lines = [
        f"## `{name}.csv`",
        "",
        f"{table.title} ({table.title_ja}). One row is {table.row} ({table.row_ja}).",
    ]
    lines += [f"Source: {table.source} ({table.source_ja}).", ""]
    like = next(other for other in tables if tables[other].columns == table.columns)
    if like != name:
        return "\n".join([*lines, f"Columns as in `{like}.csv`.", ""])
    lines += ["| column | label | Japanese | unit | meaning |", "|---|---|---|---|---|"]
    for column, entry in table.columns.items():
        unit = f"{entry.unit} ({unit_label(entry.unit, 'ja')})"
        meaning = f"{entry.meaning} Empty: {entry.empty}" if entry.empty else entry.meaning
        lines.append(_row(f"`{column}`", entry.label, entry.label_ja, unit, meaning))
    return "\n".join([*lines, ""])


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
