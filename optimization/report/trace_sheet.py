"""The steps of a grant as one Excel sheet. Text stays text: no cell is a formula."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from optimization.report.page import write_report
from optimization.report.workbook import AS_TEXT, engine

HEADS = (
    ("block", "Block 段階", 14), ("label_en", "Line", 46), ("label_ja", "項目", 46), ("service", "Service 事務", 22),
    ("workbook", "Workbook 資料", 20), ("sheet", "Sheet 表", 20), ("heading", "Heading 見出し", 46),
    ("amount_million_yen", "Million yen a year 百万円／年", 24),
)  # fmt: skip
"""Column of the trace, its heading and width."""


def write_trace(table: pd.DataFrame, called: str, target: Path) -> None:
    """Write the lines of one government; totals stand in bold. Raises InputError where the file cannot be written."""
    whole = (
        io.BytesIO()
    )  # an archive that meets a full disk while it is closed is closed again, and fails again
    with engine().Workbook(whole, {"in_memory": True, **AS_TEXT}) as book:
        page = book.add_worksheet("trace")
        head = book.add_format({"bold": True, "bg_color": "#DCE6F1"})
        money, bold = (book.add_format({"num_format": "#,##0.000000", "bold": b}) for b in (False, True))
        page.freeze_panes(2, 0)
        page.write_string(0, 0, called, book.add_format({"bold": True}))
        for column, (_, heading, width) in enumerate(HEADS):
            page.set_column(column, column, width)
            page.write_string(1, column, heading, head)
        for row, line in enumerate(table.to_dict("records"), start=2):
            for column, (name, *_) in enumerate(HEADS):
                if name == "amount_million_yen":
                    page.write_number(row, column, float(line[name]), bold if line["total"] else money)
                else:
                    page.write_string(row, column, str(line[name]))
    write_report(whole.getvalue(), target)
