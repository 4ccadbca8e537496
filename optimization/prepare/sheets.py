"""Reading one sheet of need, debt service or revenue into a table of whole thousand yen by government."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
from optimization.prepare.unlisted import NEED_AFTER, NEED_BEFORE, TRANSFER, Column, settle
from optimization.prepare.workbook import Cell, Sheet, column_letter, normalise
from optimization.reading.codes import PREFECTURE_CODES, has_valid_check_digit

LONG_CODE = re.compile(r"C(\d{6})\d{6}")
SIX_DIGITS, LOST_ZERO = re.compile(r"(\d{6})(?:\.0)?"), re.compile(r"(\d{5})(?:\.0)?")
NUMBERED_NAME = re.compile(r"(\d{1,2})(\D+)")
TOTAL_ROWS = ("不足", "超過", "合計")
NOTE = re.compile(r"※|\(?注")
SUM = "計"
"""What the name of a row or column of sums ends in."""

MOST = 1e15
"""Thousand yen no figure reaches; a larger number, an endless one or none at all is broken."""

NOISE = 1e-6
"""Thousand yen by which a computed cell may miss its whole number."""

SHOWN = 10
"""Faults of one kind that are named for one sheet."""

SHORT, OVER = "不足", "超過"


@dataclass
class Figures:
    """One sheet read: `values[item id]` runs parallel to `codes`, in thousand yen as published.

    `marks` holds 不足 or 超過 a government (empty where the sheet has no marks); `totals[mark][item id]`
    are the sheet's own total rows. `register` holds the items of this sheet, those that no registry lists among
    them; `notices` tell what was taken in or left out beyond the registry.
    """

    label: str
    register: Register
    codes: list[str] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    values: dict[str, list[int]] = field(default_factory=dict)
    totals: dict[str, dict[str, int]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        """The columns the sheet holds, in the register's order."""
        return [item for item in self.register.items if item.id in self.values]


@dataclass
class Rows:
    """The rows of a sheet by kind: numbers of governments' rows and of the sheet's own totals, and rows that
    belong to nobody."""

    governments: list[int] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    stray: list[int] = field(default_factory=list)


def whole_number(cell: Cell) -> int | None:
    """A cell as whole thousand yen; blank counts as nothing (0); None when it is text or broken."""
    if cell is None or (isinstance(cell, str) and not normalise(cell)):
        return 0
    if isinstance(cell, (bool, str)) or not abs(cell) <= MOST or abs(cell - round(cell)) > NOISE:
        return None
    return round(cell)


def shown(problems: list[Problem]) -> list[Problem]:
    """At most `SHOWN` faults of a list that are all of one kind; where there are more, one further fault at the end
    says how many are left out."""
    if len(problems) <= SHOWN:
        return problems
    first = problems[0]
    more = f"{first.message}: {len(problems) - SHOWN:,} more rows"
    return [*problems[:SHOWN], Problem(first.file, more, first.remedy)]


def read_figures(
    sheet: Sheet, register: Register, joined: bool = False, has_bond: bool = True
) -> tuple[Figures, list[Problem]]:
    """One sheet by its headings; all faults are collected. What the registry does not list finds its place by the
    sheet's own sums. Without `has_bond` a need sheet may lack the transfer to the extraordinary bond."""
    figures = Figures(sheet.label, register)
    is_municipal = register.tier == "municipal"
    layout = find_layout(sheet, CODE if is_municipal else PREFECTURE)
    if isinstance(layout, Problem):
        return figures, [layout]
    problems = check_unit(sheet, layout.first_row)
    for heading in (PREFECTURE, MUNICIPALITY, MARK) if is_municipal else ():
        if heading not in layout.keys:
            problems.append(sheet.problem(f"has no column headed {heading}", "restore the column"))
    columns, found = place_columns(sheet, layout, register, joined)
    problems += found
    if problems:
        return figures, problems
    rows, problems = _read_rows(sheet, layout, figures)
    problems += _doubled_codes(figures)
    unlisted, found = _read_columns(sheet, rows, columns.known, columns.unknown, figures)
    if not problems + found:
        settled = settle(figures.register, columns.known, unlisted)
        figures.register = settled.register
        figures.notices += [f"{sheet.label}: {notice}" for notice in settled.notices]
        figures.values = {item.id: unlisted[column].values for column, item in settled.placed.items()}
        found = _read_totals(sheet, rows, settled.placed, figures)
        if not has_bond:
            _add_empty_transfer(figures)
        found += _missing_totals(sheet, figures)
    return figures, problems + found


def _add_empty_transfer(figures: Figures) -> None:
    """Need is the same before and after a transfer of nothing, where the sheet has neither column."""
    if NEED_BEFORE in figures.values and not {TRANSFER, NEED_AFTER} & set(figures.values):
        before = figures.values[NEED_BEFORE]
        figures.values |= {TRANSFER: [0] * len(before), NEED_AFTER: before}
        for row in figures.totals.values():
            row |= {TRANSFER: 0, NEED_AFTER: row[NEED_BEFORE]}
        figures.notices.append(f"{figures.label}: no transfer to the extraordinary bond, which is not issued")


def _missing_totals(sheet: Sheet, figures: Figures) -> list[Problem]:
    return [
        sheet.problem("a necessary column is missing", "use the whole workbook", value=item.headings[0])
        for item in figures.register.items
        if item.kind in ("total", "transfer") and item.id not in figures.values
    ]


def _doubled_codes(figures: Figures) -> list[Problem]:
    seen, problems = set[str](), list[Problem]()
    for code in figures.codes:
        if code in seen:
            message, remedy = "the code stands twice", "keep one row a government"
            problems.append(Problem(figures.label, message, remedy, row=code))
        seen.add(code)
    return shown(problems)


# ---- rows


def _keys(sheet: Sheet, layout: Layout, row: int) -> dict[str, str]:
    return {heading: normalise(sheet.grid[row][column]) for heading, column in layout.keys.items()}


def six_digits(text: str) -> str:
    """The code with its check digit that a text is: within C and twelve digits, alone, or alone without its leading
    zero where the check digit proves it; '' for any other text."""
    found = LONG_CODE.fullmatch(text) or SIX_DIGITS.fullmatch(text)
    if found is not None:
        return found[1]
    lost = LOST_ZERO.fullmatch(text)
    return f"0{lost[1]}" if lost is not None and has_valid_check_digit(f"0{lost[1]}") else ""


def _fill_prefectures(keyed: Mapping[int, dict[str, str]]) -> None:
    """Rows with a code that say not in which prefecture they lie are in that of the rows above, if their code is."""
    above = ""
    for keys in keyed.values():
        stated = keys.get(PREFECTURE, "")
        above = stated if stated in PREFECTURE_CODES else above
        if CODE in keys and not stated and PREFECTURE_CODES.get(above, "?") == six_digits(keys[CODE])[:2]:
            keys[PREFECTURE] = above


def _is_named(keys: dict[str, str]) -> bool:
    """Whether a row says that it is a government's: by a code, by a prefecture's name, by a number and a name."""
    if CODE in keys:
        return bool(six_digits(keys[CODE])) or keys.get(PREFECTURE, "") in PREFECTURE_CODES
    return bool(NUMBERED_NAME.fullmatch(keys[PREFECTURE]))


def _read_rows(sheet: Sheet, layout: Layout, figures: Figures) -> tuple[Rows, list[Problem]]:
    """The rows by kind, and the governments of the sheet.

    Below the last government only the sheet's own totals count, each once: sums without a name, marks and remarks
    that somebody worked with belong to nobody. Above it a row that says not whose it is may hold figures of a
    government: a problem, but for rows of sums.
    """
    rows, problems = Rows(), list[Problem]()
    keyed = {row: _keys(sheet, layout, row) for row in range(layout.first_row, len(sheet.grid))}
    _fill_prefectures(keyed)
    last = max((row for row, keys in keyed.items() if _is_named(keys)), default=-1)
    for row, keys in keyed.items():
        total = next((keys[name] for name in (PREFECTURE, MUNICIPALITY) if keys.get(name) in TOTAL_ROWS), "")
        if total and not keys.get(CODE) and total not in rows.totals:
            rows.totals[total] = row
        elif _is_named(keys) or (row < last and _claims(keys, total)):
            found = _read_government(sheet, keys, row, figures)
            problems += found
            if not found:
                rows.governments.append(row)
        elif (
            row < last and not any(keys.values()) and (place := _first_figure(sheet, row, layout)) is not None
        ):
            message, remedy = "figures in a row without a code", "restore the code or remove the row"
            line, letter, cell = f"line {row + 1}", column_letter(place), str(sheet.grid[row][place])
            problems.append(sheet.problem(message, remedy, row=line, column=letter, value=cell))
        elif not _is_note(keys) and (_first_figure(sheet, row, layout) is not None or any(keys.values())):
            rows.stray.append(row)
    if rows.stray:
        lines = ", ".join(str(row + 1) for row in rows.stray[:SHOWN]) + (
            ", ..." if len(rows.stray) > SHOWN else ""
        )
        figures.notices.append(f"{sheet.label}: lines of no government left out: {lines}")
    return rows, shown(problems)


def _claims(keys: dict[str, str], total: str) -> bool:
    """Whether a row among the governments has some name that is neither a note nor that of a sum."""
    names = [keys[name] for name in (PREFECTURE, MUNICIPALITY) if keys.get(name)]
    code = keys.get(CODE, "")
    return bool(
        (code or names) and not total and not _is_note(keys) and not (names and names[-1].endswith(SUM))
    )


def _is_note(keys: dict[str, str]) -> bool:
    given = [key for key in keys.values() if key]
    return bool(given) and all(NOTE.match(key) for key in given)


def _first_figure(sheet: Sheet, row: int, layout: Layout) -> int | None:
    """The first column, other than the keys, that holds a number other than 0 or a mark of true or false."""
    for column, cell in enumerate(sheet.grid[row]):
        if column not in layout.keys.values() and isinstance(cell, (int, float)) and cell != 0:
            return column
    return None


def _read_government(sheet: Sheet, keys: dict[str, str], row: int, figures: Figures) -> list[Problem]:
    code, names, problems = _government(sheet, keys, row)
    mark = keys.get(MARK, "")
    if MARK in keys and mark not in (SHORT, OVER):
        message = f"the mark is neither {SHORT} nor {OVER}"
        problems.append(sheet.problem(message, "restore it", row=f"{code} {names[1]}", value=mark))
    if not problems:
        figures.codes.append(code)
        figures.names.append(names)
        figures.marks.append(mark)
    return problems


def _government(sheet: Sheet, keys: dict[str, str], row: int) -> tuple[str, tuple[str, str], list[Problem]]:
    """Code, (prefecture, name) and faults of a row of data."""
    prefecture, line = keys[PREFECTURE], f"line {row + 1}"
    if CODE not in keys:
        numbered = NUMBERED_NAME.fullmatch(prefecture)
        if numbered and PREFECTURE_CODES.get(numbered[2]) == numbered[1].zfill(2):
            return numbered[1].zfill(2), (numbered[2], numbered[2]), []
        message, remedy = "not a prefecture with its number", "a row must read like '3 岩手'"
        return "", ("", prefecture), [sheet.problem(message, remedy, row=line, value=prefecture)]
    names, code = (prefecture, keys[MUNICIPALITY]), six_digits(keys[CODE])
    if not code:
        message = "not a code (C and twelve digits), nor one of six digits"
    elif not has_valid_check_digit(code):
        message = "the check digit of the code is wrong"
    elif PREFECTURE_CODES.get(prefecture) != code[:2]:
        message = f"the code belongs to another prefecture than {prefecture or 'none'}"
    else:
        return code[:5], names, []
    place = f"{line} {names[1]}"
    problem = sheet.problem(message, "restore the row", row=place, column=CODE, value=keys[CODE])
    return "", names, [problem]


def holds_governments(sheet: Sheet, tier: str) -> bool:
    """Whether some cell names a government of a tier as the ministry's sheets do: by a code, alone in the long form or
    in six digits beside its prefecture's name, or by a number and a prefecture's name."""
    rows = [[normalise(cell) for cell in cells] for cells in sheet.grid]
    if tier == "municipal":
        return any(map(_names_municipality, rows))
    numbered = (NUMBERED_NAME.fullmatch(text) for texts in rows for text in texts)
    return any(PREFECTURE_CODES.get(found[2]) == found[1].zfill(2) for found in numbered if found)


def _names_municipality(texts: Sequence[str]) -> bool:
    homes = {PREFECTURE_CODES[text] for text in texts if text in PREFECTURE_CODES}
    return any(
        LONG_CODE.fullmatch(text)
        or (has_valid_check_digit(six_digits(text)) and six_digits(text)[:2] in homes)
        for text in texts
    )


# ---- figures


def _read_columns(
    sheet: Sheet, rows: Rows, known: dict[int, Item], unknown: dict[int, str], figures: Figures
) -> tuple[dict[int, Column], list[Problem]]:
    """Every column with whole numbers in the governments' rows; of a registered one all cells must be such."""
    columns, problems = dict[int, Column](), list[Problem]()
    for column in sorted({*known, *unknown}):
        item = known.get(column)
        cells = [sheet.grid[row][column] for row in rows.governments]
        numbers = [_number(cell, item) for cell in cells]
        if all(number is not None for number in numbers):
            values = [number for number in numbers if number is not None]
            columns[column] = Column(column_letter(column), unknown.get(column, ""), values)
        elif item is not None:
            at = zip(figures.codes, figures.names, numbers, cells, strict=True)
            problems += [
                _broken(sheet, column, item, f"{code} {names[1]}", cell)
                for code, names, number, cell in at
                if number is None
            ]
        elif unknown[column]:
            letter = column_letter(column)
            figures.notices.append(
                f"{sheet.label}: column {letter} ({unknown[column]}) left out: not whole thousand yen"
            )
    return columns, shown(problems)


def _number(cell: Cell, item: Item | None) -> int | None:
    is_needed = item is not None and item.kind in ("total", "transfer")
    return None if cell is None and is_needed else whole_number(cell)


def _broken(sheet: Sheet, column: int, item: Item, row: str, cell: Cell) -> Problem:
    message, place = "not a whole number of thousand yen", f"{column_letter(column)} ({item.name_ja})"
    return sheet.problem(message, "restore the figure", row=row, column=place, value=str(cell))


def _read_totals(sheet: Sheet, rows: Rows, placed: dict[int, Item], figures: Figures) -> list[Problem]:
    problems = []
    for name, row in rows.totals.items():
        figures.totals[name] = {}
        for column, item in placed.items():
            cell = sheet.grid[row][column]
            number = _number(cell, item)
            if number is None:
                problems.append(_broken(sheet, column, item, name, cell))
            else:
                figures.totals[name][item.id] = number
    return shown(problems)
