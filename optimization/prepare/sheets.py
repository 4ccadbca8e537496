"""Reading one sheet of need, debt service or revenue into a table of whole thousand yen by government."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from optimization.codes import PREFECTURE_CODES, has_valid_check_digit
from optimization.errors import Problem
from optimization.prepare.headings import (
    CODE,
    MARK,
    MUNICIPALITY,
    PREFECTURE,
    Layout,
    check_unit,
    find_layout,
    place_columns,
)
from optimization.prepare.items import Item, Register
from optimization.prepare.workbook import Cell, Sheet, column_letter, normalise

LONG_CODE = re.compile(r"C(\d{6})\d{6}")
NUMBERED_NAME = re.compile(r"(\d{1,2})(\D+)")
TOTAL_ROWS = ("不足", "超過", "合計")
NOTE = re.compile(r"※|\(?注")
MOST = 1e15
"""Thousand yen no figure reaches; a larger number, an endless one or none at all is broken."""

SHORT, OVER = "不足", "超過"


@dataclass
class Figures:
    """One sheet read: `values[item id]` runs parallel to `codes`, in thousand yen as published.

    `marks` holds 不足 or 超過 a government (empty where the sheet has no marks); `totals[mark][item id]`
    are the sheet's own total rows.
    """

    label: str
    register: Register
    codes: list[str] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    values: dict[str, list[int]] = field(default_factory=dict)
    totals: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def items(self) -> list[Item]:
        """The registered columns the sheet holds, in the register's order."""
        return [item for item in self.register.items if item.id in self.values]


def whole_number(cell: Cell) -> int | None:
    """A cell as whole thousand yen; blank counts as nothing (0); None when it is text or broken."""
    if cell is None or (isinstance(cell, str) and not normalise(cell)):
        return 0
    if isinstance(cell, (bool, str)) or not abs(cell) <= MOST or cell != int(cell):
        return None
    return int(cell)


def read_figures(sheet: Sheet, register: Register, joined: bool = False) -> tuple[Figures, list[Problem]]:
    """One sheet by its headings; all faults are collected, nothing is guessed."""
    figures = Figures(sheet.label, register)
    is_municipal = register.tier == "municipal"
    layout = find_layout(sheet, CODE if is_municipal else PREFECTURE)
    if isinstance(layout, Problem):
        return figures, [layout]
    problems = check_unit(sheet, layout.first_row)
    for heading in (PREFECTURE, MUNICIPALITY, MARK) if is_municipal else ():
        if heading not in layout.keys:
            problems.append(sheet.problem(f"has no column headed {heading}", "restore the column"))
    placed, found = place_columns(sheet, layout, register, joined)
    problems += found + _missing_totals(sheet, register, placed)
    if problems:
        return figures, problems
    figures.values = {item.id: [] for item in placed.values()}
    for row in range(layout.first_row, len(sheet.grid)):
        problems += _read_row(sheet, layout, row, placed, figures)
    return figures, problems + _doubled_codes(figures)


def _missing_totals(sheet: Sheet, register: Register, placed: dict[int, Item]) -> list[Problem]:
    held = set(placed.values())
    return [
        sheet.problem("a necessary column is missing", "use the whole workbook", value=item.headings[0])
        for item in register.items
        if item.kind in ("total", "transfer") and item not in held
    ]


def _doubled_codes(figures: Figures) -> list[Problem]:
    seen, problems = set[str](), list[Problem]()
    for code in figures.codes:
        if code in seen:
            message, remedy = "the code stands twice", "keep one row a government"
            problems.append(Problem(figures.label, message, remedy, row=code))
        seen.add(code)
    return problems


def _read_row(
    sheet: Sheet, layout: Layout, row: int, placed: dict[int, Item], figures: Figures
) -> list[Problem]:
    cells = sheet.grid[row]
    keys = {heading: normalise(cells[column]) for heading, column in layout.keys.items()}
    total = next((keys[name] for name in (PREFECTURE, MUNICIPALITY) if keys.get(name) in TOTAL_ROWS), "")
    if total and not keys.get(CODE):
        return _read_total_row(sheet, row, total, placed, figures)
    if not any(key and not NOTE.match(key) for key in keys.values()):
        return _leftovers(sheet, row, placed)
    code, names, problems = _government(sheet, keys, row)
    mark = keys.get(MARK, "")
    if MARK in keys and mark not in (SHORT, OVER):
        message = f"the mark is neither {SHORT} nor {OVER}"
        problems.append(sheet.problem(message, "restore it", row=f"{code} {names[1]}", value=mark))
    numbers, found = _numbers(sheet, row, f"{code or f'line {row + 1}'} {names[1]}", placed)
    if not problems + found:
        figures.codes.append(code)
        figures.names.append(names)
        figures.marks.append(mark)
        for item, number in numbers.items():
            figures.values[item].append(number)
    return problems + found


def _read_total_row(
    sheet: Sheet, row: int, total: str, placed: dict[int, Item], figures: Figures
) -> list[Problem]:
    numbers, problems = _numbers(sheet, row, total, placed)
    if total in figures.totals:
        message = "the row of totals stands twice"
        problems.append(sheet.problem(message, "keep one", row=f"line {row + 1}", value=total))
    figures.totals[total] = numbers
    return problems


def _leftovers(sheet: Sheet, row: int, placed: dict[int, Item]) -> list[Problem]:
    """Rows without a key may hold notes and zeros only: a figure there belongs to nobody."""
    for column in placed:
        cell = sheet.grid[row][column]
        if isinstance(cell, (int, float)) and cell != 0:
            message, remedy = "figures in a row without a code", "restore the code or remove the row"
            line, letter = f"line {row + 1}", column_letter(column)
            return [sheet.problem(message, remedy, row=line, column=letter, value=str(cell))]
    return []


def _government(sheet: Sheet, keys: dict[str, str], row: int) -> tuple[str, tuple[str, str], list[Problem]]:
    """Code, (prefecture, name) and faults of a row of data."""
    prefecture, line = keys[PREFECTURE], f"line {row + 1}"
    if CODE not in keys:
        numbered = NUMBERED_NAME.fullmatch(prefecture)
        if numbered and PREFECTURE_CODES.get(numbered[2]) == numbered[1].zfill(2):
            return numbered[1].zfill(2), (numbered[2], numbered[2]), []
        message, remedy = "not a prefecture with its number", "a row must read like '3 岩手'"
        return "", ("", prefecture), [sheet.problem(message, remedy, row=line, value=prefecture)]
    names, found = (prefecture, keys[MUNICIPALITY]), LONG_CODE.fullmatch(keys[CODE])
    if found is None:
        message = "not a code (C and twelve digits)"
    elif not has_valid_check_digit(found[1]):
        message = "the check digit of the code is wrong"
    elif PREFECTURE_CODES.get(prefecture) != found[1][:2]:
        message = f"the code belongs to another prefecture than {prefecture or 'none'}"
    else:
        return found[1][:5], names, []
    place = f"{line} {names[1]}"
    problem = sheet.problem(message, "restore the row", row=place, column=CODE, value=keys[CODE])
    return "", names, [problem]


def _numbers(
    sheet: Sheet, row: int, name: str, placed: dict[int, Item]
) -> tuple[dict[str, int], list[Problem]]:
    numbers, problems = dict[str, int](), list[Problem]()
    for column, item in placed.items():
        cell = sheet.grid[row][column]
        number = whole_number(cell)
        if number is None or (cell is None and item.kind in ("total", "transfer")):
            message, place = "not a whole number of thousand yen", f"{column_letter(column)} ({item.name_ja})"
            problems.append(
                sheet.problem(message, "restore the figure", row=name, column=place, value=str(cell))
            )
        else:
            numbers[item.id] = number
    return numbers, problems
