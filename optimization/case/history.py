"""The allocation tax of all years at hand, as `prepare --history` wrote it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from optimization.dictionary.history import COLUMNS, HISTORY, TABLE
from optimization.errors import InputError, Problem

REMEDY = "write it anew: solve.py prepare --history --allocation-tax FOLDER"
MOST = 10_000_000
"""Rows that are read; all years since the war would be fewer."""


def load_history(
    folder: str | Path, years: Collection[int] | None = None, items: Collection[str] | None = None,
    vintage: str = "initial",
) -> pd.DataFrame:  # fmt: skip
    """The table of `folder` (such as inputs/japan-history) as text and numbers, columns as in `COLUMNS`.

    `years` and `items` keep those only. Of each year, tier and table the asked `vintage` counts, or the other one
    where only that was published: one figure for a government, year and item. Raises `InputError` for a file of
    another shape.
    """
    path = Path(folder) / HISTORY
    if not path.is_file():
        raise InputError([Problem(str(path), "is missing", REMEDY)])
    try:
        if parquet.read_metadata(path).num_rows > MOST:
            raise InputError([Problem(str(path), f"has more than {MOST:,} rows", REMEDY)])
        wanted = [("item", "in", set(items))] if items is not None else None
        table = parquet.read_table(path, columns=list(COLUMNS), filters=wanted).cast(TABLE)
    except (OSError, ValueError, KeyError, pa.ArrowException) as fault:
        raise InputError([Problem(str(path), f"cannot be read ({fault})", REMEDY)]) from fault
    frame = table.to_pandas()
    if years is not None:
        frame = frame[frame["fiscal_year"].isin(list(years))]
    keys = ["fiscal_year", "tier", "table"]
    is_asked = frame["vintage"] == vintage
    is_published = is_asked.groupby([frame[key] for key in keys], observed=True).transform("any")
    keep = is_asked | ~is_published
    return (
        frame[keep]
        .astype(dict.fromkeys(("vintage", "tier", "code", "table", "item"), str))
        .reset_index(drop=True)
    )
