"""Money as settled: municipal and prefectural settlements, joint bodies, official fiscal indicators."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from optimization.errors import InputError, Problem, raise_if_any
from optimization.prepare.columns import compiled_names, merge_wards, read_table, shaped
from optimization.prepare.headings import SEARCH_ROWS
from optimization.prepare.results import fiscal_years
from optimization.prepare.workbook import Sheet, column_letter, normalise, read_sheets
from optimization.reading.codes import PREFECTURE_CODES, has_valid_check_digit
from optimization.reading.japan import JOINT_PARTS, PREFECTURES

MONEY = "thousand_yen"
BURDEN = "future_burden_ratio_percent"
BEYOND = 1e6
"""Per cent that no ratio reaches."""

INDICATORS = {
    "財政力指数": "fiscal_strength_index",
    "経常収支比率": "current_balance_ratio_percent",
    "実質公債費比率": "real_debt_service_ratio_percent",
    "将来負担比率": BURDEN,
}
Row = dict[str, str | int | float | None]


def settlements(source: Path) -> pd.DataFrame:
    """Municipal settlements of all years held, thousand yen; the wards summed, their ratios left empty."""
    money, ratios = compiled_names("settlements", MONEY), compiled_names("settlements", "percent")
    published = {f"{name}_pct": name for name in ratios}
    keys = ("code", "fiscal_year")
    frame = read_table(source / "finance_municipality.csv", keys, (*money, *published))
    frame = merge_wards(frame[[*keys, *money, *published]].rename(columns=published), keys, ratios)
    return shaped(frame, "settlements")


def prefectural_settlements(source: Path, year: int) -> pd.DataFrame:
    """Settlement of the case year, one row a prefecture and a `government` (prefecture | municipalities).

    Thousand yen; columns the statistics keep for only one of the two are empty for the other.
    """
    file, keys = "finance_prefecture.csv", ("prefecture_code", "fiscal_year", "government")
    figures = compiled_names("prefectural_settlements", MONEY, "percent", "ratio")
    frame = read_table(source / file, keys, ("revenue_total", "expenditure_total"), figures)
    frame = frame[frame["fiscal_year"] == str(year)].sort_values(["prefecture_code", "government"])
    if len(frame) != 2 * len(PREFECTURES):
        message = f"does not hold FY{year} whole"
        raise InputError([Problem(file, message, "choose a year it holds", value=f"{len(frame)} rows")])
    return shaped(frame, "prefectural_settlements")


def joint_bodies(source: Path) -> pd.DataFrame:
    """Spending by joint bodies, inferred per prefecture and year, thousand yen."""
    figures, keys = compiled_names("joint_bodies", MONEY), ("prefecture_code", "fiscal_year")
    return shaped(read_table(source / "finance_joint_bodies_gap.csv", keys, figures), "joint_bodies")


def indicators(source: Path) -> pd.DataFrame:
    """Official fiscal indicators of every year found: municipalities, wards one by one, prefectures.

    The future burden ratio is empty where the ministry prints '-' and `no_burden` is then 1.
    """
    folder, rows, problems = f"{source.name}/", list[Row](), list[Problem]()
    paths = sorted([*source.glob("city_*.xls*"), *source.glob("prefecture_*.xls*")])
    if not paths:
        problems.append(Problem(folder, "holds no workbooks city_* or prefecture_*", "give their folder"))
    for path in paths:
        try:
            for sheet in read_sheets(path):
                rows += _indicator_rows(sheet) if sheet.holds_anything else []
        except InputError as fault:
            problems += fault.problems
    raise_if_any(problems)
    keys = ["level", "code", "fiscal_year"]
    frame = pd.DataFrame(rows).sort_values(keys)
    message, remedy = "a government stands twice in one year", "keep one workbook a year"
    doubled = frame[frame.duplicated(keys)]
    raise_if_any(
        [Problem(folder, message, remedy, row=f"{r.code} {r.fiscal_year}") for r in doubled.itertuples()]
    )
    return shaped(frame, "indicators")


def _indicator_rows(sheet: Sheet) -> list[Row]:
    texts = [[normalise(cell) for cell in cells] for cells in sheet.grid]
    heads = [row for row, cells in enumerate(texts[:SEARCH_ROWS]) if set(INDICATORS) <= set(cells)]
    titles = [text for cells in texts[: heads[0] if heads else 0] for text in cells]
    if not heads:
        remedy = "take out the sheets that hold other things; every other one is read"
        raise InputError([sheet.problem("has no headings of indicators", remedy)])
    years = fiscal_years(titles)
    if len(years) != 1:
        message = f"names {'several fiscal years' if years else 'no fiscal year'} above its headings"
        remedy, stated = "let its title name one as 令和3年度", ", ".join(map(str, sorted(years)))
        raise InputError([sheet.problem(message, remedy, value=stated)])
    (year,) = years
    columns = {name: texts[heads[0]].index(heading) for heading, name in INDICATORS.items()}
    rows, problems = list[Row](), list[Problem]()
    for row in range(heads[0] + 1, len(texts)):
        first = texts[row][0]
        if not any(texts[row]) or first.endswith("平均"):
            continue
        place = _place(first)
        if place is None:
            message = "neither a code nor a prefecture"
            problems.append(sheet.problem(message, "restore it", row=f"line {row + 1}", value=first))
            continue
        values, faults = _ratios(sheet, row, columns)
        problems += faults
        rows.append(Row(level=place[0], code=place[1], fiscal_year=year) | values)
    raise_if_any(problems)
    return rows


def _place(text: str) -> tuple[str, str] | None:
    """Level and code of a six-digit code or a prefecture's name."""
    if has_valid_check_digit(text):
        return ("ward" if text[:5] in JOINT_PARTS else "municipality"), text[:5]
    code = PREFECTURE_CODES.get(text)
    return ("prefecture", code) if code else None


def _ratios(sheet: Sheet, row: int, columns: dict[str, int]) -> tuple[Row, list[Problem]]:
    values, problems = Row(), list[Problem]()
    for name, column in columns.items():
        cell = sheet.grid[row][column]
        if isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) < BEYOND:
            values[name] = float(cell)
        elif normalise(cell) == "-" and name == BURDEN:
            values[name] = None
        else:
            line, letter = f"line {row + 1}", column_letter(column)
            problems.append(sheet.problem("not a number", "restore it", line, letter, str(cell)))
    values["no_burden"] = int(normalise(sheet.grid[row][columns[BURDEN]]) == "-")
    return values, problems
