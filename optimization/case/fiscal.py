"""The allocation-tax accounts of every government as the official workbooks give them.

Standard revenue counts most taxes at 75% and some in full: with `counted_share` c of
item j, the tax at the standard rate is counted / c. The part counted at 75% is the base on which
a package may set another share; the part counted in full stays so.
"""

from __future__ import annotations

import pandas as pd

from optimization.case.indicators import RATIOS
from optimization.reading.japan import JOINT_ACCOUNT, JOINT_PREFECTURE, SETTLED_TOGETHER
from optimization.reading.units import MILLION_IN_THOUSAND

UNIT = "_thousand_yen"
IN_FULL = "_in_full"
ROUNDING = 1e-9
DEDUCTIONS = ("deduction_low_method",)
"""Items that the sheet subtracts from the sum."""

TODAY_SHARE = 0.75
"""Share of most local taxes that standard revenue counts today."""

ACCOUNTS = {
    "need_million_yen": "need_after_transfer_thousand_yen",
    "bond_transfer_million_yen": "transfer_to_extraordinary_bond_thousand_yen",
    "debt_service_million_yen": "debt_service_thousand_yen",
}


def tax_bases(revenue: pd.DataFrame, shares: pd.Series, tier: str) -> pd.DataFrame:
    """Every revenue item as a tax base at standard rates, million yen: code x source.

    `revenue` has one column per item in thousand yen as counted, `shares` the counted share of
    each item (1.0, 0.75 or, where the sheet mixes both, between), `tier` municipal or prefectural.

    A source is named `tier.item`. A mixed item counted at share c is two sources: of 100 yen
    100 (1 - c) / 0.25 are counted at 75%, the rest (`tier.item_in_full`) in full. Columns carry
    their counted share of today in the second level of the header.
    """
    columns = {}
    for column, share in shares.items():
        item = f"{tier}.{str(column).removesuffix(UNIT)}"
        at_standard_rate = revenue[column] / MILLION_IN_THOUSAND / share
        partial = (1.0 - share) / (1.0 - TODAY_SHARE)
        if partial > ROUNDING:
            columns[item, TODAY_SHARE] = at_standard_rate * partial
        if partial < 1.0 - ROUNDING:
            name = item if partial <= ROUNDING else f"{item}{IN_FULL}"
            columns[name, 1.0] = at_standard_rate * (1.0 - partial)
    return pd.DataFrame(columns).rename_axis(columns=["source", "counted_share"])


def tier_accounts(
    need: pd.DataFrame,
    revenue: pd.DataFrame,
    allocation: pd.DataFrame,
    bases: pd.DataFrame,
    ratios: pd.DataFrame,
) -> pd.DataFrame:
    """Accounts of the governments of one tier, million yen, indexed by code, with their debt ratios;
    `deduction` is what the items do not explain of the standard revenue (the sheet's deductions, never
    positive)."""
    accounts = pd.DataFrame({name: need[column] / MILLION_IN_THOUSAND for name, column in ACCOUNTS.items()})
    accounts["revenue_million_yen"] = revenue["standard_revenue_thousand_yen"] / MILLION_IN_THOUSAND
    accounts["allocation_paid_million_yen"] = (
        allocation["ordinary_allocation_thousand_yen"] / MILLION_IN_THOUSAND
    )
    counted = (bases * bases.columns.get_level_values("counted_share")).sum(axis=1)
    accounts["deduction_million_yen"] = accounts["revenue_million_yen"] - counted
    return accounts.join(ratios)


def government_accounts(municipal: pd.DataFrame, prefectural: pd.DataFrame) -> pd.DataFrame:
    """All fiscal governments: each municipality and prefecture, Tokyo and its wards as one.

    The law settles Tokyo's prefecture and wards together (the wards' surplus counts), so the
    formula must never see one of them alone. Their money is added; of their debt ratios, which cannot
    be, the larger counts.
    """
    rows = pd.concat([municipal.assign(tier="municipality"), prefectural.assign(tier="prefecture")])
    if set(SETTLED_TOGETHER) <= set(rows.index):
        pair = rows.loc[[*SETTLED_TOGETHER]]
        joint = (
            pair.drop(columns=["tier", "name_ja", "prefecture_code"])
            .sum(min_count=1)
            .to_frame(JOINT_ACCOUNT)
            .T
        )
        joint[list(RATIOS)] = pair[list(RATIOS)].max().to_numpy()
        joint["name_ja"] = "東京都・特別区"
        joint["tier"] = "prefecture"
        joint["prefecture_code"] = JOINT_PREFECTURE
        rows = pd.concat([rows.drop(index=pair.index), joint])
    rows.index.name = "government"
    numbers = rows.columns.drop(["tier", "name_ja", "prefecture_code"])
    return rows.astype(dict.fromkeys(numbers, float)).sort_index()


def joint_bases(municipal: pd.DataFrame, prefectural: pd.DataFrame, governments: pd.Index) -> pd.DataFrame:
    """Tax bases of all fiscal governments, government x source (0 where a tier has no such source)."""
    bases = pd.concat([municipal, prefectural]).fillna(0.0)
    if JOINT_ACCOUNT in governments:
        bases.loc[JOINT_ACCOUNT] = bases.loc[[*SETTLED_TOGETHER]].sum()
    return bases.reindex(governments)
