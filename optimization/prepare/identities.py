"""The identities every official sheet keeps to the last thousand yen."""

from __future__ import annotations

from optimization.errors import Problem
from optimization.prepare.sheets import OVER, SHORT, Figures, shown
from optimization.reading.codes import same_name
from optimization.reading.japan import SETTLED_TOGETHER

REMEDY = "a figure was changed or a column is missing: fetch the workbook again"
NEED, NEED_BEFORE, TRANSFER = "need_after_transfer", "need_before_transfer", "transfer_to_extraordinary_bond"
REVENUE, DEBT = "standard_revenue", "debt_service"
"""Governments that receive or not by their joint account, whatever each alone lacks."""


def _differences(figures: Figures, message: str, found: list[int], due: list[int]) -> list[Problem]:
    problems = [
        Problem(figures.label, message, REMEDY, row=f"{code} {names[1]}", value=f"{a:,} is not {b:,}")
        for code, names, a, b in zip(figures.codes, figures.names, found, due, strict=True)
        if a != b
    ]
    return shown(problems)


def check_sums(figures: Figures) -> list[Problem]:
    """Items sum to every sub-total and total they enter, for each government."""
    problems = []
    for total in figures.items:
        parts = [item for item in figures.items if total.id in item.sums]
        if not parts:
            continue
        sums = [0] * len(figures.codes)
        for part in parts:
            sums = [a + part.sign * b for a, b in zip(sums, figures.values[part.id], strict=True)]
        message = f"the items do not sum to {total.name_ja}"
        problems += _differences(figures, message, sums, figures.values[total.id])
    return problems


def check_transfer(need: Figures) -> list[Problem]:
    """Need before transfer - transfer to the extraordinary bond = need after transfer."""
    before, transfer = need.values[NEED_BEFORE], need.values[TRANSFER]
    found = [a - b for a, b in zip(before, transfer, strict=True)]
    message = "need before transfer - transfer is not need after transfer"
    return _differences(need, message, found, need.values[NEED])


def check_same_governments(first: Figures, second: Figures) -> list[Problem]:
    """Two sheets hold the same governments under the same names and marks."""
    a = dict(zip(first.codes, zip(first.names, first.marks, strict=True), strict=True))
    b = dict(zip(second.codes, zip(second.names, second.marks, strict=True), strict=True))
    remedy, problems = "use workbooks of one year", list[Problem]()
    for code in sorted(a.keys() | b.keys()):
        if code not in a or code not in b:
            message = f"holds the government, {first.label} does not" if code in b else "lacks the government"
            value = (a.get(code) or b[code])[0][1]
            problems.append(Problem(second.label, message, remedy, row=code, value=value))
        elif a[code][1] != b[code][1] or not same_name(code, a[code][0][1], b[code][0][1]):
            value = f"{b[code]} is not {a[code]}"
            message = f"name or mark differs from {first.label}"
            problems.append(Problem(second.label, message, remedy, row=code, value=value))
    return shown(problems)


def check_debt_service(need: Figures, debt: Figures) -> list[Problem]:
    """The itemised debt service equals the need sheet's debt service column, joined by code."""
    itemised = dict(zip(debt.codes, debt.values[DEBT], strict=True))
    due = [itemised[code] for code in need.codes]
    return _differences(need, "debt service differs from its itemised sheet", need.values[DEBT], due)


def receiving(need: Figures, revenue: Figures) -> dict[str, bool]:
    """Which governments receive, by code: those whose need exceeds their revenue. Tokyo and its wards, settled
    together, are as the sheet says: by their mark, or by a row 超過 that is one government's figures."""
    counted = dict(zip(revenue.codes, revenue.values[REVENUE], strict=True))
    receives = {
        code: value > counted[code] for code, value in zip(need.codes, need.values[NEED], strict=True)
    }
    for place, (code, mark) in enumerate(zip(need.codes, need.marks, strict=True)):
        if code in SETTLED_TOGETHER:
            alone = need.totals.get(OVER) == {item: values[place] for item, values in need.values.items()}
            receives[code] = mark == SHORT if mark else receives[code] and not alone
    return receives


def check_marks(need: Figures, receives: dict[str, bool]) -> list[Problem]:
    """The mark 不足 stands exactly where need exceeds revenue (sheets without marks pass)."""
    message = f"the mark {SHORT}/{OVER} contradicts need - revenue"
    return shown(
        [
            Problem(need.label, message, REMEDY, row=f"{code} {names[1]}", value=mark)
            for code, names, mark in zip(need.codes, need.names, need.marks, strict=True)
            if mark and (mark == SHORT) != receives[code]
        ]
    )


def check_total_rows(figures: Figures, receives: dict[str, bool]) -> list[Problem]:
    """The sheet's own rows of totals equal the column sums of their governments; one problem a row."""
    chosen = {
        SHORT: [receives[code] for code in figures.codes],
        OVER: [not receives[code] for code in figures.codes],
    }
    problems = []
    for name, row in figures.totals.items():
        mask = chosen.get(name, [True] * len(figures.codes))
        off = []
        for item in figures.items:
            total = sum(value for value, keep in zip(figures.values[item.id], mask, strict=True) if keep)
            if total != row[item.id]:
                off.append((item.name_ja, f"{total:,} is not {row[item.id]:,}"))
        if off:
            others = f" (as in {len(off) - 1} other columns)" if len(off) > 1 else ""
            message = f"the column does not sum to the row {name}{others}"
            problems.append(Problem(figures.label, message, REMEDY, column=off[0][0], value=off[0][1]))
    return problems
