"""The table of all years of the allocation tax: its file, columns and types."""

from __future__ import annotations

import pyarrow as pa

HISTORY = "history.parquet"
COLUMNS = {
    "fiscal_year": "fiscal year, from April",
    "vintage": "decision the figure belongs to: initial (July) or revised (winter)",
    "tier": "municipal or prefectural",
    "code": "code of today: five digits of a municipality, two of a prefecture; 13100 is the 23 wards together",
    "receiving": "whether the government receives: need above revenue; Tokyo and its wards by their joint account",
    "table": "need, debt_service (a part of need, itemised), revenue or allocation",
    "item": "item of the table; totals among them, see history_items.csv",
    "thousand_yen": "amount as published",
}
"""Column of the table -> meaning."""

_NAME = pa.dictionary(pa.int32(), pa.string())
TABLE = pa.schema(
    [
        ("fiscal_year", pa.int32()),
        ("vintage", _NAME),
        ("tier", _NAME),
        ("code", _NAME),
        ("receiving", pa.bool_()),
        ("table", _NAME),
        ("item", _NAME),
        ("thousand_yen", pa.int64()),
    ]
)
