"""The steps of a grant as one Excel sheet. Text stays text: no cell is a formula."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from optimization.dictionary.results import LANGUAGES, Language
from optimization.report.page import write_report
from optimization.report.trace_table import block_title
from optimization.report.workbook import AS_TEXT, engine

HEADS = (
    ("block", ("Block", "段階"), 26), ("label_en", ("Line", "Line"), 46), ("label_ja", ("項目", "項目"), 46),
    ("service", ("Service", "事務"), 22), ("workbook", ("Workbook", "資料"), 20), ("sheet", ("Sheet", "表"), 20),
    ("heading", ("Heading", "見出し"), 46), ("amount_million_yen", ("Million yen a year", "百万円／年"), 24),
)  # fmt: skip
"""Column of the trace, its heading in English and Japanese, and its width."""


def write_trace(table: pd.DataFrame, called: str, target: Path) -> None:
    """Write the lines of one government in both languages; totals stand in bold. Raises InputError where the file
    cannot be written."""
    write_report(sheet_bytes(table, called), target)


def sheet_bytes(
    table: pd.DataFrame,
    called: str,
    services: Mapping[str, str] = MappingProxyType({}),
    language: Language | None = None,
) -> bytes:
    """The lines of one government as a workbook of one sheet, in one language or, where none is named, in both.
    `services` are their labels."""
    other = {"en": "label_ja", "ja": "label_en"}.get(language or "")
    heads = [
        (name, said[LANGUAGES.index(language)] if language else " ".join(dict.fromkeys(said)), width)
        for name, said, width in HEADS
        if name != other
    ]
    # in memory: an archive that meets a full disk while it is closed is closed again, and fails again
    whole = io.BytesIO()
    with engine().Workbook(whole, {"in_memory": True, **AS_TEXT}) as book:
        page = book.add_worksheet("trace" if language != "ja" else "算定過程")
        head = book.add_format({"bold": True, "bg_color": "#DCE6F1"})
        money, bold = (book.add_format({"num_format": "#,##0.000000", "bold": b}) for b in (False, True))
        page.freeze_panes(2, 0)
        page.write_string(0, 0, called, book.add_format({"bold": True}))
        for column, (_, heading, width) in enumerate(heads):
            page.set_column(column, column, width)
            page.write_string(1, column, heading, head)
        for row, line in enumerate(table.to_dict("records"), start=2):
            said = {"block": block_title(str(line["block"]), language)} if language else {}
            said["service"] = services.get(str(line["service"]), str(line["service"]))
            for column, (name, *_) in enumerate(heads):
                if name == "amount_million_yen":
                    page.write_number(row, column, float(line[name]), bold if line["total"] else money)
                else:
                    page.write_string(row, column, said.get(name, str(line[name])))
    return whole.getvalue()
