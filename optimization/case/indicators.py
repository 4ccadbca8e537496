"""The debt ratios of every government, from the ministry's newest indicators not after the case's year.

They are those of the Act on Assurance of Sound Financial Status of Local Governments. The 23 wards publish
theirs one by one and settle jointly (13100): ratios cannot be added, so the joint account takes the largest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from optimization.errors import Problem
from optimization.reading.japan import JOINT_MUNICIPALITY, JOINT_PARTS

RATIOS = ("real_debt_service_ratio", "future_burden_ratio")
"""The ratios on the accounts; the table has them in percent."""

BURDEN = "future_burden_ratio_percent"
PERCENT = 100.0

STANDS_IN = 5
"""Years by which the indicators may be older than the year that counts without a word."""

DEBT = "real_debt_service_ratio_percent"
ALIKE = ("current_balance_ratio_percent", DEBT)
ROUNDED = 0.051
"""Points by which a ratio of the same year may differ between two tables."""

DRIFT = 6.0
"""Points by which a debt service ratio of prefectures may move within the years that two tables are apart."""


def newest_year(indicators: pd.DataFrame, fiscal_year: float) -> int | None:
    """Newest year of the table that is not after the case's; None where every year is later."""
    years = indicators.loc[indicators["fiscal_year"] <= fiscal_year, "fiscal_year"]
    return int(years.max()) if len(years) else None


def debt_ratios(indicators: pd.DataFrame, fiscal_year: float) -> pd.DataFrame:
    """`RATIOS` by code of municipality (13100: the largest of the wards) or prefecture, not in percent;
    no positive burden (`no_burden`) is 0. The table has passed `indicator_problems`."""
    rows = indicators[indicators["fiscal_year"] == newest_year(indicators, fiscal_year)]
    code = rows["code"].where(rows["level"] != "ward", JOINT_MUNICIPALITY).rename("code")
    ratios = pd.DataFrame({ratio: rows[f"{ratio}_percent"] / PERCENT for ratio in RATIOS})
    ratios.loc[rows["no_burden"] == 1, "future_burden_ratio"] = 0.0
    return ratios.groupby(code).max()


def indicator_problems(tables: Mapping[str, pd.DataFrame], fiscal_year: float) -> Iterator[Problem]:
    """Every government (every ward for 13100) has a row in the year that counts; a future burden is a
    number or marked as none. A `fiscal_year` that is not known (NaN) is reported elsewhere."""
    table = tables["indicators"]
    label = table["level"] + "/" + table["code"] + "/" + table["fiscal_year"].astype(str)
    empty, none = table[BURDEN].isna(), table["no_burden"] == 1
    for row in label[empty & ~none]:
        message, remedy = "is empty and not marked as no burden", "fill in the ratio or write no_burden = 1"
        yield Problem("indicators", message, remedy, row, BURDEN)
    for row, ratio in zip(label[none & ~empty], table.loc[none & ~empty, BURDEN], strict=True):
        message, remedy = "stands beside no_burden = 1", "keep one of the two"
        yield Problem("indicators", message, remedy, row, BURDEN, f"{ratio:g}")
    if fiscal_year != fiscal_year:
        return
    year = newest_year(table, fiscal_year)
    if year is None:
        message = f"holds no year up to {fiscal_year:.0f}, the case's"
        remedy = "add the indicators of that year or of one before it"
        yield Problem("indicators", message, remedy, column="fiscal_year")
        return
    if fiscal_year - year > STANDS_IN:
        message = f"has {year} as its newest year, and {fiscal_year:.0f} counts"
        remedy = "correct the year of national.csv, or say there which year stands in: indicator_year"
        yield Problem("indicators", message, remedy, column="fiscal_year")
    here = table[table["fiscal_year"] == year]
    given = set(zip(here["level"], here["code"], strict=True))
    for level, code in _wanted(tables):
        if (level, code) not in given:
            message = f"has no row for this {level} in {year}, the year that counts"
            remedy = "add its row, or take out the rows of that year"
            yield Problem("indicators", message, remedy, code, "code", code)


def _wanted(tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, str]]:
    """Level and code of every government of the case, the wards one by one."""
    for code in tables["municipalities"]["code"]:
        if code == JOINT_MUNICIPALITY:
            yield from (("ward", ward) for ward in JOINT_PARTS)
        else:
            yield "municipality", code
    yield from (("prefecture", code) for code in tables["prefectures"]["prefecture_code"])


def ratio_problems(tables: Mapping[str, pd.DataFrame]) -> Iterator[Problem]:
    """The ratios stand in the settlements too: of municipalities for the same years, of prefectures for near ones."""
    table = tables["indicators"]
    both = tables["prefectural_settlements"]
    theirs = both[both["government"] == "prefecture"].set_index("prefecture_code")[DEBT].dropna()
    newest = table[table["level"] == "prefecture"].sort_values("fiscal_year").groupby("code")[DEBT].last()
    for code in newest.index.intersection(theirs.index):
        if abs(newest[code] - theirs[code]) > DRIFT:
            message = f"is far from that of prefectural_settlements.csv, {theirs[code]:g}"
            yield Problem("indicators", message, "correct one of the two", code, DEBT, f"{newest[code]:g}")
    keys = ["code", "fiscal_year"]
    own = table[table["level"] == "municipality"].set_index(keys)[[*ALIKE]]
    settled = tables["settlements"].set_index(keys)[[*ALIKE]].reindex(own.index)
    far = (own - settled).abs() > ROUNDED
    for column in ALIKE:
        for code, year in far.index[far[column]]:
            message = f"is not that of settlements.csv, {settled.at[(code, year), column]:g}"
            row, found = f"municipality/{code}/{year}", f"{own.at[(code, year), column]:g}"
            yield Problem("indicators", message, "correct one of the two", row, column, found)
