"""All years of the allocation tax in one tidy table: inputs/japan-history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from optimization.dictionary.history import COLUMNS, HISTORY, TABLE
from optimization.errors import InputError, Problem, raise_if_any
from optimization.prepare.allocation_tax import (
    INITIAL,
    REVISED,
    Tier,
    read_allocation_tax,
    written_items,
    years_at_hand,
)
from optimization.prepare.package import LICENCES
from optimization.prepare.renumbered import recoded
from optimization.prepare.writing import drafted

ITEMS = "history_items.csv"
ORDER = ["tier", "table", "item", "code", "fiscal_year", "vintage"]
CREDIT = (
    "Ministry of Internal Affairs and Communications (MIC), calculation of the ordinary local allocation tax"
)
README = """# The local allocation tax, {first} to {last}

Need and revenue by item, itemised debt service, the ordinary allocation and who receives, of every government and year
that the official workbooks at hand hold: {years}. One tidy table, `{history}`, a row for each figure, read by
`optimization.case.history.load_history`; items with their official headings in `{items}`; every column in
`datapackage.json`. Written by `python solve.py prepare --history --allocation-tax FOLDER`.

- Money is thousand yen as published; prefectures' allocations of 2021 and 2022 are published in million yen.
- Codes are text, those of today: a town that became a city stands under its present code in all years.
  Municipality 13100 is the 23 wards of Tokyo, settled with Tokyo (13): never apply the grant formula to one alone.
- `vintage` is the decision: `initial` (July) or `revised` (winter). The municipal need of 2021 was published revised
  only, beside the amounts of July.
- Until 2020 merged municipalities were paid more than the sheets explain. Corrections of earlier years' errors are
  in the amounts, not in the sheets.
- `other_education` of the designated cities doubles in 2017, when teachers' pay moved to them.

Credit: {credit}.
Terms: compatible with CC BY 4.0. The table was edited from the ministry's workbooks; the editing is this project's,
not the ministry's.
"""


def prepare_history(source: Path, out: Path) -> list[str]:
    """Read every year in `source`, check every identity, write the table with its dictionary to `out`; returns what to
    print. Raises `InputError` with the faults of all years; then nothing has been written."""
    if not source.is_dir() or not (years := years_at_hand(source)):
        raise InputError(
            [
                Problem(
                    str(source),
                    "holds no workbooks muni_YEAR-demand or pref_YEAR-demand",
                    "give their folder",
                )
            ]
        )
    tiers = _read(source, years)
    newest = max(year for year, _ in years)
    frame = pd.concat([_long(tier, year, asked) for year, asked, tier in tiers], ignore_index=True)
    frame = frame.drop_duplicates(ORDER).sort_values(ORDER, ignore_index=True)
    items = _items(tiers, frame)
    told = dict.fromkeys(notice for *_, tier in tiers for notice in tier.notices)
    with drafted(out) as folder:
        _write(frame, folder / HISTORY)
        items.to_csv(folder / ITEMS, index=False, lineterminator="\n", encoding="utf-8")
        package, readme = _described(frame, items, newest)
        (folder / "datapackage.json").write_text(
            json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        (folder / "README.md").write_text(readme, encoding="utf-8")
        size = (folder / HISTORY).stat().st_size / 1e6
    return [
        *_totals(frame),
        f"{HISTORY}: {len(frame):,} rows, {size:.1f} MB",
        *(f"notice: {text}" for text in told),
    ]


def _read(source: Path, years: list[tuple[int, str]]) -> list[tuple[int, str, Tier]]:
    """(year, vintage asked for, tier) of all years under the codes of the newest."""
    read, problems = list[tuple[int, str, Tier]](), list[Problem]()
    known: dict[str, dict[str, str]] = {}
    for year, vintage in reversed(years):
        try:
            for tier in read_allocation_tax(source, year, vintage):
                names = {code: name for code, (_, name) in zip(tier.need.codes, tier.need.names, strict=True)}
                read.append((year, vintage, recoded(tier, known.setdefault(tier.tier, names))))
        except InputError as fault:
            problems += fault.problems
    raise_if_any(problems)
    return read


def _long(tier: Tier, year: int, asked: str) -> pd.DataFrame:
    """Every figure of a tier and year in a row. Of a year read as revised, what came from no revised workbook is that
    of the initial reading and left out there."""
    frames = []
    for name, figures in tier.sheets.items():
        of_need = name != "revenue"
        vintage = tier.vintage if of_need else INITIAL
        if asked == vintage or (asked == INITIAL and of_need):
            frames += [
                _part(
                    tier,
                    year,
                    vintage,
                    name,
                    item.id,
                    dict(zip(figures.codes, figures.values[item.id], strict=True)),
                )
                for item in written_items(figures)
            ]
    paid = REVISED if asked == tier.vintage == REVISED and not tier.paid_apart else INITIAL
    if asked == paid:
        frames.append(_part(tier, year, paid, "allocation", "ordinary_allocation", tier.result.allocation))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def _part(
    tier: Tier, year: int, vintage: str, table: str, item: str, amounts: dict[str, int]
) -> pd.DataFrame:
    codes = sorted(amounts)
    return pd.DataFrame(
        {
            "fiscal_year": year,
            "vintage": vintage,
            "tier": tier.tier,
            "code": codes,
            "receiving": [tier.receives[code] for code in codes],
            "table": table,
            "item": item,
            "thousand_yen": [amounts[code] for code in codes],
        }
    )


def _items(tiers: list[tuple[int, str, Tier]], frame: pd.DataFrame) -> pd.DataFrame:
    """One row an item of a tier and table: official heading, kind, how much counts, and its years."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for *_, tier in tiers:
        for table, figures in tier.sheets.items():
            for item in written_items(figures):
                share = item.share.share if item.share else None
                row = {"name_ja": item.name_ja, "kind": item.kind, "sign": item.sign, "counted_share": share}
                rows.setdefault((tier.tier, table, item.id), row)
    keys = ["tier", "table", "item"]
    years = frame.groupby(keys)["fiscal_year"].agg(lambda found: " ".join(map(str, sorted(set(found)))))
    table = pd.DataFrame([dict(zip(keys, key, strict=True)) | row for key, row in rows.items()])
    return table.merge(years.rename("years"), on=keys).sort_values(keys, ignore_index=True)


def _write(frame: pd.DataFrame, path: Path) -> None:
    """Dictionary-encoded text, whole numbers as steps, all packed: small, and the same bytes from the same figures."""
    table = pa.Table.from_pandas(frame[list(COLUMNS)], schema=TABLE, preserve_index=False)
    text = [field.name for field in TABLE if field.name not in ("thousand_yen", "fiscal_year", "receiving")]
    steps = dict.fromkeys(("thousand_yen", "fiscal_year"), "DELTA_BINARY_PACKED")
    parquet.write_table(
        table, path, compression="zstd", compression_level=19, use_dictionary=text, column_encoding=steps
    )


def _described(frame: pd.DataFrame, items: pd.DataFrame, newest: int) -> tuple[dict[str, Any], str]:
    """datapackage.json and README.md."""
    years = sorted(set(frame["fiscal_year"]))
    kinds = {"fiscal_year": "integer", "thousand_yen": "integer", "receiving": "boolean"}
    fields = [
        {"name": name, "type": kinds.get(name, "string"), "description": meaning}
        for name, meaning in COLUMNS.items()
    ]
    package = {
        "profile": "data-package",
        "name": "japan-history",
        "title": f"Local allocation tax {years[0]} to {newest}: need and revenue by item, allocation, mark",
        "licenses": LICENCES[:1],  # no settlement cards, whose compilation has terms of its own
        "sources": [{"title": CREDIT}],
        "resources": [
            {
                "name": "history",
                "path": HISTORY,
                "format": "parquet",
                "rows": len(frame),
                "schema": {"fields": fields, "primaryKey": ORDER},
            },
            {"name": "items", "path": ITEMS, "format": "csv", "encoding": "utf-8", "rows": len(items)},
        ],
    }
    text = ", ".join(map(str, years))
    readme = README.format(
        first=years[0], last=newest, years=text, history=HISTORY, items=ITEMS, credit=CREDIT
    )
    return package, readme


def _totals(frame: pd.DataFrame) -> list[str]:
    """Need, revenue and allocation of every year, vintage and tier, billion yen."""
    shown = {
        "need_after_transfer": "need",
        "standard_revenue": "revenue",
        "ordinary_allocation": "allocation",
    }
    part = frame[frame["item"].isin(list(shown))]
    sums = part.groupby(["fiscal_year", "vintage", "tier", "item"])["thousand_yen"].sum() / 1e6
    return [
        f"FY{year} {vintage} {tier}, {shown[item]}: {amount:,.1f} billion yen"
        for (year, vintage, tier, item), amount in sums.items()
    ]
