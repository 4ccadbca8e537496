"""The ordinary allocation decided: three shapes of the ministry's result table.

The municipal table has no codes but the order and names of the need sheet; the prefectural table is
the statistical annex 2-7-3 in thousand yen, or a bare csv of short names and million yen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from optimization.errors import Problem
from optimization.prepare.headings import (
    MUNICIPALITY,
    SEARCH_ROWS,
    Layout,
    check_unit,
    find_layout,
    heading_paths,
)
from optimization.prepare.rate import fitted_rate
from optimization.prepare.sheets import NOTE, TOTAL_ROWS, Figures, shown, whole_number
from optimization.prepare.workbook import Cell, Sheet, column_letter, normalise
from optimization.reading.codes import PREFECTURE_CODES, same_name
from optimization.reading.japan import LAST_MERGER_TOP_UP, SETTLED_TOGETHER
from optimization.reading.japanese import signs_apart
from optimization.reading.settled import far_from_due, lacking
from optimization.reading.units import MILLION_IN_THOUSAND

ALLOCATION, TOTAL = "普通交付税", "合計"
LEVEL = 0.2  # merger top-ups lift the sum by up to a tenth, a wrong unit by a thousandfold
ONE_DECISION = 0.05  # beyond top-ups, what is paid may depart from what is lacking within one decision
HIGHEST_RATE = 0.05  # of a need decided in winter and amounts of July; 3.2% in FY2021
ERA_YEAR = re.compile(r"(平成|令和|H|R)(元|\d{1,2})(?:年度?)?")
FISCAL_YEAR = re.compile(r"(平成|令和|H|R)(元|\d{1,2})年度")
ERA_START = {"平成": 1988, "H": 1988, "令和": 2018, "R": 2018}
REMEDY = "use the ministry's table of the ordinary allocation, unchanged"


@dataclass(frozen=True)
class Result:
    """Ordinary allocation in thousand yen by code; `exact` is False when rounded to million yen."""

    label: str
    allocation: dict[str, int]
    exact: bool = True


def era_year(text: str) -> int | None:
    """Calendar year of an era year such as 令和4年度, R4 or H30; None when there is none."""
    found = ERA_YEAR.search(text)
    return None if found is None else _calendar_year(found)


def fiscal_years(texts: Iterable[str]) -> set[int]:
    """Every fiscal year that the texts name as such, 令和4年度: the date of a law, 平成19年6月22日, is none."""
    return {_calendar_year(found) for text in texts for found in FISCAL_YEAR.finditer(text)}


def _calendar_year(found: re.Match[str]) -> int:
    return ERA_START[found[1]] + (1 if found[2] == "元" else int(found[2]))


def _amount(sheet: Sheet, row: int, column: int, name: str, cell: Cell) -> int | Problem:
    number = None if cell is None else whole_number(cell)
    if number is not None and number >= 0:
        return number
    message, line = "the allocation is not a whole number of at least 0", f"line {row + 1} {name}"
    letter = column_letter(column)
    return sheet.problem(message, "restore the figure", row=line, column=letter, value=str(cell))


def read_municipal_result(sheet: Sheet, need: Figures, year: int) -> tuple[Result, list[Problem]]:
    """The municipal table, joined to the need sheet by order with every name compared."""
    layout = find_layout(sheet, MUNICIPALITY)
    if isinstance(layout, Problem):
        return Result(sheet.label, {}), [layout]
    problems = check_unit(sheet, layout.first_row)
    column = _year_column(sheet, layout, year)
    if column is None:
        problems.append(sheet.problem(f"has no column {ALLOCATION} of FY{year}", REMEDY))
    if problems or column is None:
        return Result(sheet.label, {}), problems
    return _join_by_order(sheet, layout, column, need)


def _year_column(sheet: Sheet, layout: Layout, year: int) -> int | None:
    """The column headed by the allocation and the year, not the one of an earlier year for reference."""
    for column, path in enumerate(heading_paths(sheet, layout)):
        match [part for part in path if part]:
            case [heading, stated] if heading == ALLOCATION and ERA_YEAR.fullmatch(stated):
                if era_year(stated) == year:
                    return column
    return None


def _join_by_order(sheet: Sheet, layout: Layout, column: int, need: Figures) -> tuple[Result, list[Problem]]:
    key, prefecture = layout.keys[MUNICIPALITY], ""
    names = {row: normalise(sheet.grid[row][key]) for row in range(layout.first_row, len(sheet.grid))}
    rows = [row for row, name in names.items() if name and name not in TOTAL_ROWS and not NOTE.match(name)]
    remedy = "use workbooks of one year, unchanged"
    if len(rows) != len(need.codes):
        message = f"holds {len(rows)} governments, {need.label} {len(need.codes)}"
        return Result(sheet.label, {}), [sheet.problem(message, remedy)]
    allocation, problems = dict[str, int](), list[Problem]()
    for row, code, due in zip(rows, need.codes, need.names, strict=True):
        cells = sheet.grid[row]
        prefecture = next((text for cell in cells[:key] if (text := normalise(cell))), prefecture)
        if prefecture != due[0] or not same_name(code, names[row], due[1]):
            message = f"the order differs from {need.label}: {due[0]} {due[1]} is due here"
            found = f"{prefecture} {names[row]}"
            alike = signs_apart(prefecture, due[0]) or signs_apart(names[row], due[1])
            message += f" ({alike})" if alike else ""
            problems.append(sheet.problem(message, remedy, row=f"line {row + 1}", value=found))
            continue
        amount = _amount(sheet, row, column, names[row], cells[column])
        if isinstance(amount, Problem):
            problems.append(amount)
        else:
            allocation[code] = amount
    return Result(sheet.label, allocation), shown(problems)


def read_prefectural_result(
    sheet: Sheet, need: Figures, lacking: Mapping[str, int] | None = None
) -> tuple[Result, list[Problem]]:
    """The prefectural table, by the prefectures' names: annex 2-7-3, or a csv of million yen.

    A csv may hold the amounts of several decisions side by side: those count that come nearest to what each
    prefecture is `lacking`, thousand yen by code.
    """
    exact = bool(sheet.name)
    factor = 1 if exact else MILLION_IN_THOUSAND
    columns = _annex_columns(sheet) if exact else _csv_columns(sheet, lacking or {})
    if isinstance(columns, Problem):
        return Result(sheet.label, {}), [columns]
    allocation, total, problems = dict[str, int](), None, list[Problem]()
    for row, cells in enumerate(sheet.grid):
        name = _bare_name(cells[columns[0]])
        code = PREFECTURE_CODES.get(name)
        if code is None and name != TOTAL:
            continue
        amount = _amount(sheet, row, columns[1], name, cells[columns[1]])
        if isinstance(amount, Problem):
            problems.append(amount)
        elif code is None:
            total = amount * factor
        elif code in allocation:
            problems.append(sheet.problem("the prefecture stands twice", "keep one row", row=name))
        else:
            allocation[code] = amount * factor
    result = Result(sheet.label, allocation, exact)
    return result, problems + _check_prefectures(sheet, need, result, total)


def _bare_name(cell: Cell) -> str:
    return re.sub(r"^\d+", "", normalise(cell))


def _name_columns(sheet: Sheet) -> list[int]:
    return [
        c for c in range(sheet.width) if any(_bare_name(row[c]) in PREFECTURE_CODES for row in sheet.grid)
    ]


def _annex_columns(sheet: Sheet) -> tuple[int, int] | Problem:
    """Columns of the names and of the ordinary allocation in annex 2-7-3."""
    heading, names = f"{ALLOCATION}額", _name_columns(sheet)
    for row, cells in enumerate(sheet.grid[:SEARCH_ROWS]):
        texts = [normalise(cell) for cell in cells]
        if texts.count(heading) == 1 and len(names) == 1:
            faults = check_unit(sheet, row)
            return faults[0] if faults else (names[0], texts.index(heading))
    return sheet.problem(f"has no column of prefectures with one headed {heading}", REMEDY)


def _csv_columns(sheet: Sheet, lacking: Mapping[str, int]) -> tuple[int, int] | Problem:
    """Columns of the names and of the amounts in a csv of names and one or several decisions."""
    names = _name_columns(sheet)
    used = [column for column in range(sheet.width) if any(row[column] is not None for row in sheet.grid)]
    amounts = [column for column in used if column not in names]
    far = {column: _distance(sheet, names[0], column, lacking) for column in amounts} if names else {}
    nearest = [column for column in amounts if far[column] == min(far.values())] if far else []
    if len(names) == 1 and len(nearest) == 1 and (len(amounts) == 1 or lacking):
        return names[0], nearest[0]
    return sheet.problem("is not a csv of short names and million yen", REMEDY)


def _distance(sheet: Sheet, name: int, column: int, lacking: Mapping[str, int]) -> float:
    """How far a column of million yen is from what each prefecture is lacking, in sum."""
    far = 0.0
    for cells in sheet.grid:
        code, cell = PREFECTURE_CODES.get(_bare_name(cells[name]), ""), cells[column]
        if code in lacking and isinstance(cell, (int, float)):
            far += abs(cell * MILLION_IN_THOUSAND - lacking[code])
    return far


def _check_prefectures(sheet: Sheet, need: Figures, result: Result, total: int | None) -> list[Problem]:
    """All prefectures are there and sum to the row 合計, up to rounding."""
    allocation = result.allocation
    missing = sorted(set(need.codes) - set(allocation))
    if missing:
        return [sheet.problem("lacks prefectures", "use the whole table", value=", ".join(missing))]
    if total is None:
        return [sheet.problem(f"has no row {TOTAL}", "use the whole table")]
    tolerance = 0 if result.exact else MILLION_IN_THOUSAND * (len(allocation) + 1) // 2
    if abs(total - sum(allocation.values())) <= tolerance:
        return []
    value = f"{sum(allocation.values()):,} is not {total:,} thousand yen"
    return [sheet.problem(f"the prefectures do not sum to the row {TOTAL}", REMEDY, value=value)]


def check_level(result: Result, shortfall: int) -> list[Problem]:
    """The allocation's sum is near the shortfall's: a wrong unit or year would be far from it."""
    paid = sum(result.allocation.values())
    if (1 - LEVEL) * shortfall <= paid <= (1 + LEVEL) * shortfall:
        return []
    message = "the sum is far from the shortfall of the sheets"
    value = f"{paid:,} paid, {shortfall:,} thousand yen short"
    return [Problem(result.label, message, "check unit and year", value=value)]


def check_amounts(result: Result, of: pd.DataFrame, names: Mapping[str, str], year: int) -> list[Problem]:
    """Every amount is near what the sheets lack at the rate that most amounts show, and so is their sum; `of` is the
    account of the tier. A sum that is off since most amounts are is told alone."""
    alone = of.drop([*SETTLED_TOGETHER], errors="ignore")
    columns = (alone[column].to_numpy() for column in ("need", "revenue", "paid"))
    rate = min(max(0.0, fitted_rate([tuple(columns)])), HIGHEST_RATE) if (alone["paid"] > 0).any() else 0.0
    due = far_from_due(alone, rate, year)
    level = check_level(result, round(lacking(of).sum()))
    if level and not 0 < len(due) <= len(of) / 2:
        return level
    message = "the amount disagrees with need, revenue and rate of the sheets, thousand yen"
    remedy = "restore the figures: those of a row, or of several, may have moved"
    problems = [
        Problem(
            result.label,
            f"{message}: need {of.at[code, 'need']:,.0f}, revenue {of.at[code, 'revenue']:,.0f}, due {amount:,.0f}",
            remedy,
            row=f"{code} {names[code]}",
            column=ALLOCATION,
            value=f"{of.at[code, 'paid']:,.0f}",
        )
        for code, amount in due.items()
    ]
    return shown(problems)


def is_below(result: Result, shortfall: int) -> bool:
    """Whether less is paid than one decision of need and amounts would explain."""
    return sum(result.allocation.values()) < (1 - ONE_DECISION) * shortfall


def level_notice(result: Result, shortfall: int, year: int) -> list[str]:
    """A word where the amounts are those of another decision than the need."""
    paid = sum(result.allocation.values())
    above = LEVEL if year <= LAST_MERGER_TOP_UP else ONE_DECISION
    if not is_below(result, shortfall) and paid <= (1 + above) * shortfall:
        return []
    return [
        f"{result.label}: the amounts come to {paid / shortfall:.1%} of what the sheets lack: "
        "need and amounts are of two decisions of the year"
    ]
