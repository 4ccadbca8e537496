"""The local allocation tax workbooks of one year -> need, debt service, revenue and allocation tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimization.errors import InputError, Problem, raise_if_any
from optimization.prepare import identities
from optimization.prepare.headings import SEARCH_ROWS
from optimization.prepare.items import MONEY_SUFFIX, Item, load_register
from optimization.prepare.results import (
    Result,
    check_level,
    fiscal_years,
    read_municipal_result,
    read_prefectural_result,
)
from optimization.prepare.sheets import Figures, read_figures
from optimization.prepare.workbook import Sheet, normalise, read_sheets
from optimization.prepare.writing import write_tables

PREFIXES = {"municipal": "muni", "prefectural": "pref"}
TITLES = {"debt_service": "公債費内訳", "need": "基準財政需要額", "revenue": "基準財政収入額"}
Books = dict[str, list[Sheet]]
SUFFIXES = (".xls", ".xlsx", ".csv")


@dataclass(frozen=True)
class Tier:
    """All sheets of one tier of one year, read and checked. Money in thousand yen."""

    tier: str
    need: Figures
    debt_service: Figures
    revenue: Figures
    receives: dict[str, bool]
    result: Result

    @property
    def sheets(self) -> dict[str, Figures]:
        """The three sheets by the name of their table."""
        return {"need": self.need, "debt_service": self.debt_service, "revenue": self.revenue}


def prepare_allocation_tax(source: Path, year: int, out: Path) -> list[Tier]:
    """Read the six workbooks of a fiscal year in `source`, check every identity, write the tables to `out`.

    Writes municipal_ and prefectural_ need, debt_service, revenue, allocation and items.csv; money in
    thousand yen as published. Raises `InputError` with all faults; then nothing has been written.
    Source: Ministry of Internal Affairs and Communications, calculation of the ordinary allocation.
    """
    tiers = read_allocation_tax(source, year)
    write_tables(tables_of(tiers), out)
    return tiers


def tables_of(tiers: list[Tier]) -> dict[str, pd.DataFrame]:
    """The tables of both tiers and items.csv, by name; money in thousand yen."""
    tables = {f"{tier.tier}_{name}": frame for tier in tiers for name, frame in _frames(tier).items()}
    return tables | {"items": _items_table(tiers)}


def read_allocation_tax(source: Path, year: int) -> list[Tier]:
    """Both tiers of a year, read and checked; `InputError` with the faults of all workbooks."""
    tiers, problems = [], list[Problem]()
    for tier in PREFIXES:
        try:
            tiers.append(read_tier(source, tier, year))
        except InputError as fault:
            problems += fault.problems
    raise_if_any(problems)
    return tiers


def read_tier(source: Path, tier: str, year: int) -> Tier:
    """The three workbooks of one tier ("municipal" or "prefectural"), read and checked."""
    return tier_of(read_books(source, f"{PREFIXES[tier]}_{year}"), tier, year)


def tier_of(books: Books, tier: str, year: int) -> Tier:
    """One tier from the raw sheets of its three workbooks.

    Raises `InputError` with all faults of the first stage that has any: headings and cells, governments,
    identities, result.
    """
    figures, problems, read = dict[str, Figures](), list[Problem](), list[Sheet]()
    for name, part in (("need", "-demand"), ("debt_service", "-demand"), ("revenue", "-income")):
        sheet = _find_sheet(books[part], name, year)
        if isinstance(sheet, Problem):
            problems.append(sheet)
            continue
        read.append(sheet)
        register = load_register(f"{tier}_{name}")
        figures[name], found = read_figures(sheet, register, joined=name == "debt_service")
        problems += found
    raise_if_any(problems + _unread([*books["-demand"], *books["-income"]], read))
    receives = _check(figures["need"], figures["debt_service"], figures["revenue"])
    result = _read_result(books[""], figures["need"], figures["revenue"], year)
    return Tier(tier, figures["need"], figures["debt_service"], figures["revenue"], receives, result)


def read_books(source: Path, stem: str) -> Books:
    """The raw sheets of the workbooks `stem`-demand, `stem`-income and `stem`, by those endings."""
    books, problems = dict[str, list[Sheet]](), list[Problem]()
    for part in ("-demand", "-income", ""):
        try:
            books[part] = read_sheets(find_workbook(source, stem + part))
        except InputError as fault:
            problems += fault.problems
    raise_if_any(problems)
    return books


def find_workbook(source: Path, stem: str) -> Path:
    """The one table file `stem` with any of the known suffixes."""
    found = [
        path
        for path in sorted(source.glob(f"{stem}.*"))
        if path.stem == stem and path.suffix.lower() in SUFFIXES
    ]
    if len(found) == 1:
        return found[0]
    message = "stands there in several formats" if found else f"no such workbook in {source.name}/"
    remedy = "keep one" if found else f"save the ministry's workbook as {stem}.xlsx or {stem}.xls"
    raise InputError([Problem(stem, message, remedy, value=", ".join(path.name for path in found))])


def _head_texts(sheet: Sheet) -> list[str]:
    return [text for cells in sheet.grid[:SEARCH_ROWS] for cell in cells if (text := normalise(cell))]


def _find_sheet(sheets: list[Sheet], name: str, year: int) -> Sheet | Problem:
    """The sheet whose head carries the title of its kind and, where it states one, the right year."""
    found = [sheet for sheet in sheets if any(TITLES[name] in text for text in _head_texts(sheet))]
    if len(found) != 1:
        message = f"{'several sheets' if found else 'no sheet'} titled {TITLES[name]}"
        return Problem(sheets[0].file, message, "use the whole workbook, unchanged")
    years = fiscal_years(_head_texts(found[0]))
    if name != "debt_service" and years != {year}:
        value = ", ".join(map(str, sorted(years)))
        return found[0].problem(f"is not titled as of FY{year}", "check file name and year", value=value)
    return found[0]


def _unread(sheets: list[Sheet], read: list[Sheet]) -> list[Problem]:
    """Sheets that hold something which would be passed over."""
    message, remedy = "the sheet is none that is read", "take it out, or put its rows where they belong"
    known = [id(sheet) for sheet in read]
    return [s.problem(message, remedy) for s in sheets if s.holds_anything and id(s) not in known]


def _check(need: Figures, debt: Figures, revenue: Figures) -> dict[str, bool]:
    """Every identity of the three sheets; returns which governments receive."""
    same = identities.check_same_governments(need, debt) + identities.check_same_governments(need, revenue)
    raise_if_any(same)
    receives = identities.receiving(need, revenue)
    problems = identities.check_transfer(need) + identities.check_debt_service(need, debt)
    for figures in (need, debt, revenue):
        problems += identities.check_sums(figures)
        problems += identities.check_total_rows(figures, receives)
    raise_if_any(problems + identities.check_marks(need, receives))
    return receives


def shortfall(need: Figures, revenue: Figures) -> int:
    """Sum of need - revenue over the receiving governments, thousand yen."""
    counted = dict(zip(revenue.codes, revenue.values[identities.REVENUE], strict=True))
    gaps = (
        value - counted[code] for code, value in zip(need.codes, need.values[identities.NEED], strict=True)
    )
    return sum(gap for gap in gaps if gap > 0)


def _read_result(sheets: list[Sheet], need: Figures, revenue: Figures, year: int) -> Result:
    full = [sheet for sheet in sheets if sheet.holds_anything]
    if len(full) != 1:
        message = f"holds {len(full)} sheets with content, not one"
        raise InputError([Problem(sheets[0].file, message, "use the ministry's table, unchanged")])
    if need.register.tier == "municipal":
        result, problems = read_municipal_result(full[0], need, year)
    else:
        result, problems = read_prefectural_result(full[0], need)
    raise_if_any(problems)
    raise_if_any(check_level(result, shortfall(need, revenue)))
    return result


def written_items(figures: Figures) -> list[Item]:
    """The columns a table is written with: items, debt service, grand totals; no sub-totals."""
    ranks = {"item": 0, "transfer": 2, "total": 3}
    kept = [item for item in figures.items if item.kind in ranks]
    return sorted(kept, key=lambda item: 1 if item.id == identities.DEBT else ranks[item.kind])


def _frames(tier: Tier) -> dict[str, pd.DataFrame]:
    key = "code" if tier.tier == "municipal" else "prefecture_code"
    frames = {}
    for name, figures in tier.sheets.items():
        columns = {item.column: figures.values[item.id] for item in written_items(figures)}
        frames[name] = pd.DataFrame({key: figures.codes, **columns}).sort_values(key)
    codes = sorted(tier.receives)
    paid, receiving = [tier.result.allocation[c] for c in codes], [int(tier.receives[c]) for c in codes]
    allocation = {key: codes, f"ordinary_allocation{MONEY_SUFFIX}": paid, "marked_receiving": receiving}
    return frames | {"allocation": pd.DataFrame(allocation)}


def _items_table(tiers: list[Tier]) -> pd.DataFrame:
    rows = [
        _item_row(f"{tier.tier}_{name}", tier.tier, item)
        for tier in tiers
        for name, figures in tier.sheets.items()
        for item in written_items(figures)
    ]
    return pd.DataFrame(rows)


def _item_row(table: str, tier: str, item: Item) -> dict[str, object]:
    share = item.share
    return {
        "table": table,
        "column": item.column,
        "name_ja": item.name_ja,
        "measurement_unit": item.measurement_unit,
        "measurement_unit_ja": item.measurement_unit_ja,
        "tier": tier,
        "kind": item.kind,
        "unit": "thousand_yen",
        "counted_share": share.share if share else None,
        "counted_share_mark": share.mark if share else "",
        "counted_share_source": share.source if share else "",
    }
