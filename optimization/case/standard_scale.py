"""The standard financial scale of every government, by which the law divides debts, and what their bonds are for.

It is made of taxes and transfer taxes at standard rates, the ordinary allocation and what may be issued of the
extraordinary bond. A case without the table says so, and takes general funds of today in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from optimization.case.plausible import OWNERS, outside
from optimization.errors import Problem
from optimization.reading.japan import DEFICIT_BONDS
from optimization.reading.units import MILLION_IN_THOUSAND

Tables = Mapping[str, pd.DataFrame]
Problems = Iterator[Problem]

NAME = "standard_scale"
SCALE, TAXES, BONDS = (
    f"{name}_thousand_yen" for name in ("standard_scale", "standard_tax_revenue", "bonds_outstanding")
)
LEVELS = {"municipal": "municipality", "prefectural": "prefecture"}

PARTS = (0.9, 1.1)
"""Standard taxes, allocation and bond of the case over the scale of the same year; .963 to 1 in FY2022, for the scale
holds what was added in December."""

OTHER_YEAR = (0.4, 2.5)
"""The ratio where the scale is of another year than the case."""

NO_TABLE = (
    "standard_scale.csv is not there: the standard financial scale of the law, by which debts are divided, "
    "is taken to be today's general funds, and what the future burden gains where refunds end is left out"
)


NO_SPENDING = (
    "municipal_spending.csv or prefectural_spending.csv is not there: which debts were made for which service is not "
    "known for all, and theirs stay where they are when a duty moves"
)


def year_of_scale(table: pd.DataFrame, fiscal_year: float) -> int:
    """The year of the table that counts: the newest not after the case's, else the oldest."""
    before = table.loc[table["fiscal_year"] <= fiscal_year, "fiscal_year"]
    return int(before.max() if len(before) else table["fiscal_year"].min())


def scale_of(tables: Tables, tier: str) -> pd.DataFrame:
    """Columns of the accounts of a tier, million yen by code: `standard_scale` and `bonds_outstanding` (missing where
    the case has no table), `asset_debt_service`, the debt service in the need for bonds that paid for works."""
    table = tables[NAME]
    if table.empty:
        return _asset_debt_service(tables, tier).to_frame()
    year = year_of_scale(table, _case_year(tables))
    rows = table[(table["level"] == LEVELS[tier]) & (table["fiscal_year"] == year)].set_index("code")
    found = pd.DataFrame(
        {
            "standard_scale_million_yen": rows[SCALE].astype(float) / MILLION_IN_THOUSAND,
            "bonds_outstanding_million_yen": rows[BONDS].astype(float) / MILLION_IN_THOUSAND,
        }
    )
    return found.join(_asset_debt_service(tables, tier), how="right")


def _asset_debt_service(tables: Tables, tier: str) -> pd.Series:
    key = next(key for name, key, _ in OWNERS if name == tier)
    table = tables[f"{tier}_debt_service"].set_index(key)
    deficit = table.reindex(columns=[f"{kind}_thousand_yen" for kind in DEFICIT_BONDS]).sum(axis=1)
    amount = (table["debt_service_thousand_yen"] - deficit) / MILLION_IN_THOUSAND
    return amount.rename("asset_debt_service_million_yen").sort_index()


def _case_year(tables: Tables) -> float:
    return float(tables["national"].set_index("item").at["fiscal_year", "value"])


def debt_notices(tables: Tables) -> tuple[str, ...]:
    """What is to be said of a case without the table, or with one of another year, or without spending by purpose."""
    found, table = [], tables[NAME]
    if table.empty:
        found.append(NO_TABLE)
    elif (year := year_of_scale(table, _case_year(tables))) != _case_year(tables):
        found.append(f"the standard financial scale, by which debts are divided, is that of FY{year}")
    if any(tables[f"{tier}_spending"].empty for tier, _, _ in OWNERS):
        found.append(NO_SPENDING)
    return tuple(found)


def scale_problems(tables: Tables) -> Problems:
    """Every government of the case has a row in the year that counts, nobody else has one, and no tax is more than
    the scale."""
    table = tables[NAME]
    if table.empty:
        return
    label = table["level"] + "/" + table["code"] + "/" + table["fiscal_year"].astype(str)
    for row, taxes in zip(
        label[table[TAXES] > table[SCALE]], table[TAXES][table[TAXES] > table[SCALE]], strict=True
    ):
        yield Problem(NAME, f"is more than {SCALE}", "correct one of the two", row, TAXES, str(taxes))
    year = year_of_scale(table, _case_year(tables))
    for tier, key, owner in OWNERS:
        known = set(tables[owner][key])
        rows = table[table["level"] == LEVELS[tier]]
        for code in sorted(set(rows["code"]) - known):
            yield Problem(
                NAME, f"is no code of {owner}.csv", "remove the row, or correct it", code, "code", code
            )
        for code in sorted(known - set(rows.loc[rows["fiscal_year"] == year, "code"])):
            message = f"has no row for this {LEVELS[tier]} in {year}, the year that counts"
            yield Problem(NAME, message, "add its row, or take out the rows of that year", code, "code", code)


def scale_bounds(tables: Tables) -> Problems:
    """The scale against what it is made of: its taxes, and the allocation and extraordinary bond of the case."""
    table = tables[NAME]
    if table.empty:
        return
    year = year_of_scale(table, _case_year(tables))
    ends = PARTS if year == _case_year(tables) else OTHER_YEAR
    for tier, key, _ in OWNERS:
        rows = table[(table["level"] == LEVELS[tier]) & (table["fiscal_year"] == year)].set_index("code")
        paid = tables[f"{tier}_allocation"].set_index(key)["ordinary_allocation_thousand_yen"]
        bond = tables[f"{tier}_need"].set_index(key)["transfer_to_extraordinary_bond_thousand_yen"]
        parts = rows[TAXES] + paid.reindex(rows.index) + bond.reindex(rows.index)
        words = "times the taxes in it, the allocation and the extraordinary bond"
        ends_of_scale = (1 / ends[1], 1 / ends[0])
        yield from outside(NAME, rows[SCALE] / parts, ends_of_scale, SCALE, rows[SCALE], words)
