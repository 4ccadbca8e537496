"""Tables of money that no account rests on, against what stands beside them: spending by purpose, joint bodies, the
national taxes. The ranges are those of all prefectures with room on both sides, as in `case.plausible`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from optimization.case.plausible import ENOUGH, OWNERS, UNIT, outside, possible
from optimization.errors import Problem
from optimization.reading.japan import PREFECTURES
from optimization.reading.units import MILLION_IN_THOUSAND, TRILLION_IN_MILLION

MADE_OF = "correct the figure, or those it is made of"
Tables = Mapping[str, pd.DataFrame]
Problems = Iterator[Problem]

TOTAL, SPENT = "total_thousand_yen", "expenditure_total_thousand_yen"

SHARES = {
    "municipal": {
        "assembly": (0.0015, 0.02),
        "general_admin": (0.04, 0.45),
        "welfare": (0.14, 0.75),
        "health_sanitation": (0.03, 0.25),
        "labour": (0.0001, 0.015),
        "agriculture": (0.0008, 0.13),
        "commerce": (0.007, 0.25),
        "public_works": (0.03, 0.27),
        "fire": (0.007, 0.09),
        "education": (0.04, 0.3),
        "debt_service": (0.01, 0.25),
    },
    "prefectural": {
        "assembly": (0.0002, 0.005),
        "general_admin": (0.015, 0.25),
        "welfare": (0.05, 0.45),
        "health_sanitation": (0.012, 0.2),
        "labour": (0.0008, 0.016),
        "agriculture": (0.0015, 0.24),
        "commerce": (0.008, 0.45),
        "public_works": (0.025, 0.4),
        "police": (0.016, 0.2),
        "education": (0.06, 0.45),
        "debt_service": (0.02, 0.32),
        "tax_grants": (0.015, 0.4),
    },
}
"""Part of all spending of a prefecture, or of its municipalities together, that a purpose takes; the others may take
none or, after a disaster, much."""

OF_IT = {"construction_thousand_yen": (0.02, 0.5), "general_funds_thousand_yen": (0.25, 0.95)}
"""Part of all spending that is construction, and that general funds pay."""

OF_SETTLEMENT, YEARS_APART = {"municipal": (0.4, 2.5), "prefectural": (0.6, 1.6)}, 4
"""Spending over the settlement of the nearest year, not more years away than the second."""

JOINT = (0.001, 0.3)
"""What joint bodies spend over what the municipalities of their prefecture do; 0.3% to 10% in FY2015 to FY2022."""

POOL = (4.0, 80.0)
"""The pool in trillion yen; 15 to 20 since FY2000."""

POOL_OVER_PAID = (0.6, 1.7)
"""The pool over all that is paid in the country; special accounts bridge the years."""


def spending(tables: Tables) -> Problems:
    """Spending by purpose against the settlements of the same governments, and the purposes against one another."""
    for tier, key, owner in OWNERS:
        name = f"{tier}_spending"
        table = tables[name]
        if table.empty:
            continue
        people = tables[owner].groupby(tables[owner][key].str[:2])["population_persons"].sum()
        for year, rows in table.groupby("fiscal_year"):
            total = rows.groupby(key)[TOTAL].sum()
            settled = _settled(tables, tier, int(str(year))).reindex(total.index)
            words = f"times {SPENT} of the settlements"
            ratio = total / settled.where(settled > 0)
            yield from outside(name, ratio, OF_SETTLEMENT[tier], TOTAL, total, words)
            yield from _shares(name, rows.assign(home=rows[key].str[:2]), SHARES[tier], people)


def _settled(tables: Tables, tier: str, year: int) -> pd.Series:
    """What was spent by code of a tier, thousand yen, in the year nearest to one; nothing where none is near."""
    if tier == "municipal":
        table = tables["settlements"].set_index("code")
    else:
        table = tables["prefectural_settlements"].set_index("prefecture_code")
        table = table[table["government"] == "prefecture"]
    years = table["fiscal_year"].unique()
    if not len(years) or np.abs(years - year).min() > YEARS_APART:
        return pd.Series(dtype=float)
    return table[table["fiscal_year"] == years[np.abs(years - year).argmin()]][SPENT].astype(float)


def _shares(
    name: str, rows: pd.DataFrame, ranges: Mapping[str, tuple[float, float]], people: pd.Series
) -> Problems:
    """What purposes and kinds of money take of all spending of a prefecture or of its municipalities together."""
    whole = rows.groupby("home")[TOTAL].sum()
    whole = whole[(people.reindex(whole.index) >= ENOUGH) & (whole > 0)]
    purposes = rows.groupby(["home", "purpose"])[TOTAL].sum().unstack(fill_value=0)
    kinds = rows.groupby("home")[[*OF_IT]].sum()
    for of, bounds, where in ((purposes, ranges, TOTAL), (kinds, OF_IT, "")):
        for part, ends in bounds.items():
            share = of[part].reindex(whole.index) / whole if part in of else pd.Series(0.0, whole.index)
            for home, value in share[(share < ends[0]) | (share > ends[1])].items():
                message = f"comes to {value:.3g} of all spending of {home}, {possible(ends)}"
                row = f"{home}/{part}" if where else str(home)
                yield Problem(name, message, UNIT, row, where or part)


def joint_bodies(tables: Tables) -> Problems:
    """What joint bodies spend is a part of what municipalities do, and the gap between the two tables that hold it."""
    table, settled = tables["joint_bodies"], tables["settlements"]
    keys = ["prefecture_code", "fiscal_year"]
    own = settled.assign(prefecture_code=settled["code"].str[:2]).groupby(keys).sum(numeric_only=True)
    both = tables["prefectural_settlements"]
    both = both[both["government"] == "municipalities"].set_index(keys)
    gaps = table.set_index(keys)
    for column in gaps:
        name = str(column).replace("_gap_", "_")
        if name not in own or name not in both:
            continue
        published = (both[name] - own[name]).reindex(gaps.index).dropna()
        for row in published.index[published != gaps[column].reindex(published.index)]:
            message = (
                f"is not {published[row]:,.0f}, what prefectural_settlements.csv has above settlements.csv"
            )
            label, found = f"{row[0]}/{row[1]}", f"{gaps.at[row, column]:.0f}"
            yield Problem("joint_bodies", message, MADE_OF, label, str(column), found)
    for name in ("revenue_total", "expenditure_total"):
        column = f"{name}_gap_thousand_yen"
        ratio, figure = gaps[column] / own[f"{name}_thousand_yen"].reindex(gaps.index), gaps[column]
        labels = [f"{home}/{year}" for home, year in gaps.index]
        words = f"times {name}_thousand_yen of its municipalities"
        yield from outside(
            "joint_bodies", ratio.set_axis(labels), JOINT, column, figure.set_axis(labels), words
        )


def pool(tables: Tables) -> Problems:
    """The pool of the national taxes can pay what is paid."""
    taxes, column = tables["national_taxes"], "yield_million_yen"
    whole = float((taxes[column] * taxes["pool_share"]).sum())
    paid = sum(
        float(tables[f"{tier}_allocation"]["ordinary_allocation_thousand_yen"].sum()) for tier, _, _ in OWNERS
    )
    ratio = whole / (paid / MILLION_IN_THOUSAND) if paid > 0 else np.inf
    is_whole = set(tables["prefectures"]["prefecture_code"]) >= set(PREFECTURES)
    ends = POOL_OVER_PAID if is_whole else (POOL_OVER_PAID[0], np.inf)
    if not POOL[0] <= (trillion := whole / TRILLION_IN_MILLION) <= POOL[1]:
        message = f"with its shares the column comes to {trillion:,.3g} trillion yen, {possible(POOL)}"
        yield Problem("national_taxes", message, UNIT, column=column)
    elif not ends[0] <= ratio <= ends[1]:
        message = f"with its shares the column comes to {ratio:,.3g} times all that is paid, {possible(ends)}"
        yield Problem("national_taxes", message, UNIT, column=column)


MONEY_BESIDE = (spending, joint_bodies, pool)
"""Checks of money that stands beside the accounts."""
