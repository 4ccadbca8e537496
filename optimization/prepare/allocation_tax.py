"""The local allocation tax workbooks of one year -> need, debt service, revenue and allocation tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from optimization.errors import InputError, Problem, raise_if_any
from optimization.prepare import identities
from optimization.prepare.headings import SEARCH_ROWS
from optimization.prepare.items import MONEY_SUFFIX, UNMAPPED, Item, load_register
from optimization.prepare.results import (
    Result,
    check_amounts,
    fiscal_years,
    is_below,
    level_notice,
    read_municipal_result,
    read_prefectural_result,
)
from optimization.prepare.sheets import Figures, holds_governments, read_figures
from optimization.prepare.workbook import Sheet, normalise, read_sheets
from optimization.prepare.writing import write_tables
from optimization.reading.settled import account

PREFIXES = {"municipal": "muni", "prefectural": "pref"}
TITLES = {"debt_service": "公債費内訳", "need": "基準財政需要額", "revenue": "基準財政収入額"}
DEMAND = re.compile(r"(?:muni|pref)_(\d{4})-demand\.\w+")
Books = dict[str, list[Sheet]]
SUFFIXES = (".xls", ".xlsx", ".csv")
INITIAL, REVISED = "initial", "revised"
VINTAGES = (INITIAL, REVISED)
"""Decisions of a year: that of July, and the one after a supplementary budget of winter (workbooks named -revised)."""

BOND_YEARS = range(2001, 2025)
"""Fiscal years in which the extraordinary bond stood in for a part of the need."""


@dataclass(frozen=True)
class Tier:
    """All sheets of one tier of one year, read and checked. Money in thousand yen.

    `vintage` is that of the need: initial or revised. `notices` tell, once each, what was read beyond the registry.
    """

    tier: str
    need: Figures
    debt_service: Figures
    revenue: Figures
    receives: dict[str, bool]
    result: Result
    vintage: str = INITIAL
    notices: list[str] = field(default_factory=list)

    @property
    def decisions(self) -> list[str]:
        """What the notices say of need and amounts that are of unlike decisions."""
        return [notice for notice in self.notices if "decision" in notice or "decided" in notice]

    @property
    def paid_apart(self) -> bool:
        """Whether the amounts are of an earlier decision than the need: far below what the sheets lack."""
        return is_below(self.result, shortfall(self.need, self.revenue))

    @property
    def sheets(self) -> dict[str, Figures]:
        """The three sheets by the name of their table."""
        return {"need": self.need, "debt_service": self.debt_service, "revenue": self.revenue}


def prepare_allocation_tax(source: Path, year: int, out: Path, vintage: str = INITIAL) -> list[Tier]:
    """Read the six workbooks of a fiscal year in `source`, check every identity, write the tables to `out`.

    Writes municipal_ and prefectural_ need, debt_service, revenue, allocation and items.csv; money in
    thousand yen as published. Raises `InputError` with all faults; then nothing has been written.
    Source: Ministry of Internal Affairs and Communications, calculation of the ordinary allocation.
    """
    tiers = read_allocation_tax(source, year, vintage)
    write_tables(tables_of(tiers), out)
    return tiers


def tables_of(tiers: list[Tier]) -> dict[str, pd.DataFrame]:
    """The tables of both tiers and items.csv, by name; money in thousand yen."""
    tables = {f"{tier.tier}_{name}": frame for tier in tiers for name, frame in _frames(tier).items()}
    return tables | {"items": _items_table(tiers)}


def read_allocation_tax(source: Path, year: int, vintage: str = INITIAL) -> list[Tier]:
    """Both tiers of a year, read and checked; `InputError` with the faults of all workbooks.

    The revised decision is read where a workbook of it lies beside the initial one; of one tier at least it must.
    """
    if vintage == REVISED and not any(_revised(source, year)):
        message, remedy = "no workbook of a revised decision", f"name it like pref_{year}-demand-revised.xlsx"
        raise InputError([Problem(f"{source.name}/", message, remedy, value=f"FY{year}")])
    tiers, problems = [], list[Problem]()
    for tier in PREFIXES:
        try:
            tiers.append(read_tier(source, tier, year, vintage))
        except InputError as fault:
            problems += fault.problems
    raise_if_any(problems)
    return tiers


def _revised(source: Path, year: int) -> list[Path]:
    return [path for prefix in PREFIXES.values() for path in source.glob(f"{prefix}_{year}*-{REVISED}.*")]


def years_at_hand(source: Path) -> list[tuple[int, str]]:
    """Every fiscal year and vintage of which `source` holds workbooks of need, in order."""
    years = {int(found[1]) for path in source.iterdir() if (found := DEMAND.fullmatch(path.name))}
    revised = [(year, REVISED) for year in years if _revised(source, year)]
    return sorted([(year, INITIAL) for year in years] + revised)


def read_tier(source: Path, tier: str, year: int, vintage: str = INITIAL) -> Tier:
    """The three workbooks of one tier ("municipal" or "prefectural"), read and checked."""
    return tier_of(read_books(source, f"{PREFIXES[tier]}_{year}", vintage), tier, year)


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
        register, joined = load_register(f"{tier}_{name}"), name == "debt_service"
        figures[name], found = read_figures(sheet, register, joined, year in BOND_YEARS)
        problems += found
    beside, said = _beside([*books["-demand"], *books["-income"]], read, tier)
    raise_if_any(problems + beside)
    need, debt, revenue = figures["need"], figures["debt_service"], figures["revenue"]
    _name_debt_service(need, debt)
    receives = _check(need, debt, revenue)
    result = _read_result(books[""], need, revenue, year)
    later = [item.name_ja for item in need.items if item.decided_later]
    notices = [*said, *(notice for sheet in (need, debt, revenue) for notice in sheet.notices)]
    if later:
        notices.append(
            f"{need.label}: holds {', '.join(later)}, decided in winter: the need is the revised one"
        )
    notices += level_notice(result, shortfall(need, revenue), year)
    vintage = REVISED if later or REVISED in need.label else INITIAL
    return Tier(tier, need, debt, revenue, receives, result, vintage, notices)


def _name_debt_service(need: Figures, debt: Figures) -> None:
    """The column of debt service in the need sheet, where its heading is another one: it repeats the itemised sheet."""
    due = dict(zip(debt.codes, debt.values[identities.DEBT], strict=True))
    if identities.DEBT in need.values or set(due) != set(need.codes):
        return
    itemised = [due[code] for code in need.codes]
    for item in need.items:
        if item.id.startswith(UNMAPPED) and need.values[item.id] == itemised:
            known = next(
                known for known in load_register(need.register.table).items if known.id == identities.DEBT
            )
            others = tuple(i for i in need.register.items if i.id not in (item.id, known.id))
            need.register = need.register.with_items((*others, known))
            need.values[known.id] = need.values.pop(item.id)
            for row in need.totals.values():
                row[known.id] = row.pop(item.id)
            need.notices = [
                notice.replace(f"imported as {item.id}", f"it is {known.id}, as its sheet shows")
                for notice in need.notices
            ]
            return


def read_books(source: Path, stem: str, vintage: str = INITIAL) -> Books:
    """The raw sheets of the workbooks `stem`-demand, `stem`-income and `stem`, by those endings; of the revised
    decision those named so, where they are there."""
    books, problems = dict[str, list[Sheet]](), list[Problem]()
    for part in ("-demand", "-income", ""):
        name = stem + part
        if vintage == REVISED and any(path.stem == f"{name}-{REVISED}" for path in source.glob(f"{name}-*")):
            name += f"-{REVISED}"
        try:
            books[part] = read_sheets(find_workbook(source, name))
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


def _beside(sheets: list[Sheet], read: list[Sheet], tier: str) -> tuple[list[Problem], list[str]]:
    """Sheets beside those that are read: one that holds rows of governments is a fault, any other is told."""
    message, remedy = "the sheet is none that is read", "take it out, or put its rows where they belong"
    known = [id(sheet) for sheet in read]
    rest = [sheet for sheet in sheets if sheet.holds_anything and id(sheet) not in known]
    theirs = [sheet for sheet in rest if holds_governments(sheet, tier)]
    others = [sheet for sheet in rest if sheet not in theirs]
    return [s.problem(message, remedy) for s in theirs], [
        f"{s.label}: not read: no government in it" for s in others
    ]


def _check(need: Figures, debt: Figures, revenue: Figures) -> dict[str, bool]:
    """Every identity of the three sheets; returns which governments receive."""
    same = identities.check_same_governments(need, debt) + identities.check_same_governments(need, revenue)
    raise_if_any(same)
    receives = identities.receiving(need, revenue)
    problems = identities.check_transfer(need) + identities.check_debt_service(need, debt)
    for figures in (need, debt, revenue):
        problems += identities.check_sums(figures) or identities.check_total_rows(figures, receives)
    raise_if_any(problems or identities.check_marks(need, receives))
    return receives


def lacking(need: Figures, revenue: Figures) -> dict[str, int]:
    """What each government's need exceeds its revenue by (0 where it does not), thousand yen by code."""
    counted = dict(zip(revenue.codes, revenue.values[identities.REVENUE], strict=True))
    return {
        code: max(0, value - counted[code])
        for code, value in zip(need.codes, need.values[identities.NEED], strict=True)
    }


def shortfall(need: Figures, revenue: Figures) -> int:
    """Sum of need - revenue over the receiving governments, thousand yen."""
    return sum(lacking(need, revenue).values())


def _read_result(sheets: list[Sheet], need: Figures, revenue: Figures, year: int) -> Result:
    full = [sheet for sheet in sheets if sheet.holds_anything]
    if len(full) != 1:
        message = f"holds {len(full)} sheets with content, not one"
        raise InputError([Problem(sheets[0].file, message, "use the ministry's table, unchanged")])
    if need.register.tier == "municipal":
        result, problems = read_municipal_result(full[0], need, year)
    else:
        result, problems = read_prefectural_result(full[0], need, lacking(need, revenue))
    raise_if_any(problems)
    raise_if_any(check_amounts(result, _account(need, revenue, result), _names(need), year))
    return result


def _account(need: Figures, revenue: Figures, result: Result) -> pd.DataFrame:
    return account(
        pd.Series(need.values[identities.NEED], need.codes),
        pd.Series(revenue.values[identities.REVENUE], revenue.codes),
        pd.Series(result.allocation),
    )


def _names(need: Figures) -> dict[str, str]:
    return {code: name for code, (_, name) in zip(need.codes, need.names, strict=True)}


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
