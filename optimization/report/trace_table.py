"""Every step of every grant as one sheet of the workbook of a run: a row a government, a column a step."""

from __future__ import annotations

from typing import Any

from optimization.dictionary.results import Language, text
from optimization.outcome.trace import Line
from optimization.report.traced import Traced

HEADS = 5
"""Rows of headings: block, step, service, workbook and sheet, heading there."""
STEP = "#,##0.000000"
"""Million yen to the yen."""


def block_title(block: str, language: Language) -> str:
    """What a block of steps is called."""
    return text(f"trace_{block}", language)


def where(line: Line, language: Language) -> str:
    """The workbook and the sheet in which an official amount stands; '' for one that is worked out."""
    workbook, sheet, _ = line.source
    return f"{workbook}{'、' if language == 'ja' else ', '}{sheet}" if workbook else ""


def write_steps(pen: Any, found: Traced, services: dict[str, str]) -> None:
    """Write the sheet: five rows of headings that stay in sight, totals in bold. Each total is the sum of the columns
    since the total before it in its block. `services` are their labels."""
    language: Language = pen.language
    page = pen.book.add_worksheet(text("trace", language))
    page.set_column(0, 1, 14)
    page.set_column(2, len(found.lines) + 1, 18)
    page.freeze_panes(HEADS, 2)
    at = 1 if language == "ja" else 0
    rows = (
        [block_title(line.block, language) for line in found.lines],
        [f"= {line.label[at]}" if line.total else line.label[at] for line in found.lines],
        [services.get(line.service, line.service) for line in found.lines],
        [where(line, language) for line in found.lines],
        [line.source[2] for line in found.lines],
    )
    for row, cells in enumerate(rows):
        corner = (
            [text("trace_code", language), text("trace_name", language)] if row == HEADS - 1 else ["", ""]
        )
        pen.head(page, row, [*corner, *cells])
    plain, bold = (pen.style(num_format=STEP, bold=heavy) for heavy in (False, True))
    for n, (code, name) in enumerate(found.names.items()):
        page.write_string(HEADS + n, 0, str(code), pen.style(num_format="@"))
        page.write_string(HEADS + n, 1, str(name), pen.style(num_format="@"))
        for column, line in enumerate(found.lines, start=2):
            page.write_number(HEADS + n, column, float(line.amount[n]) + 0.0, bold if line.total else plain)
