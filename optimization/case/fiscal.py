"""The allocation-tax accounts of every government as the official workbooks give them.

Standard revenue counts most taxes at 75% and some in full (FACTS A1): with `counted_share` c of
item j, the tax at the standard rate is counted / c. The part counted at 75% is the base on which
a package may set another share; the part counted in full stays so.
"""

from __future__ import annotations

import pandas as pd

from optimization.case.case import TOKYO_JOINT, TOKYO_PREFECTURE, TOKYO_WARDS

MILLION = 1_000.0
"""Thousand yen in a million yen."""

TODAY_SHARE = 0.75
"""Share of most local taxes that standard revenue counts today (FACTS A1)."""

ACCOUNTS = {
    "need_million_yen": "need_after_transfer_thousand_yen",
    "bond_transfer_million_yen": "transfer_to_extraordinary_bond_thousand_yen",
    "debt_service_million_yen": "debt_service_thousand_yen",
}


def tax_bases(revenue: pd.DataFrame, shares: pd.Series, tier: str) -> pd.DataFrame:
    """Counted revenue split by how it is counted, million yen; `tier` is municipal or prefectural.

    `revenue` has one column per item in thousand yen as counted, `shares` the counted share of
    each item (1.0, 0.75 or, where the sheet mixes both, between).

    A mixed item counted at share c is one part at 75% and one in full: of 100 yen the first part
    is 100 (1 - c) / 0.25. What the parts at 75% do not explain of the standard revenue is counted
    in full: the other items, less the sheet's deductions.
    """
    at_standard_rate = revenue[shares.index] / MILLION / shares
    base = (at_standard_rate * ((1.0 - shares) / (1.0 - TODAY_SHARE))).sum(axis=1)
    full = revenue["standard_revenue_thousand_yen"] / MILLION - TODAY_SHARE * base
    return pd.DataFrame({f"tax_base_{tier}_million_yen": base, "full_counted_million_yen": full})


def tier_accounts(
    need: pd.DataFrame, revenue: pd.DataFrame, allocation: pd.DataFrame, shares: pd.Series, tier: str
) -> pd.DataFrame:
    """Accounts of the governments of one tier, million yen, indexed by code."""
    accounts = pd.DataFrame({name: need[column] / MILLION for name, column in ACCOUNTS.items()})
    accounts["revenue_million_yen"] = revenue["standard_revenue_thousand_yen"] / MILLION
    accounts["allocation_paid_million_yen"] = allocation["ordinary_allocation_thousand_yen"] / MILLION
    return accounts.join(tax_bases(revenue, shares, tier))


def government_accounts(municipal: pd.DataFrame, prefectural: pd.DataFrame) -> pd.DataFrame:
    """All fiscal governments: each municipality and prefecture, Tokyo and its wards as one.

    The law settles Tokyo's prefecture and wards together (the wards' surplus counts), so the
    formula must never see one of them alone.
    """
    rows = pd.concat([municipal.assign(tier="municipality"), prefectural.assign(tier="prefecture")])
    bases = ["tax_base_municipal_million_yen", "tax_base_prefectural_million_yen"]
    rows[bases] = rows[bases].fillna(0.0)
    if {TOKYO_PREFECTURE, TOKYO_WARDS} <= set(rows.index):
        pair = rows.loc[[TOKYO_PREFECTURE, TOKYO_WARDS]]
        joint = pair.drop(columns=["tier", "name_ja", "prefecture_code"]).sum().to_frame(TOKYO_JOINT).T
        joint["name_ja"] = "東京都・特別区"
        joint["tier"] = "prefecture"
        joint["prefecture_code"] = TOKYO_PREFECTURE
        rows = pd.concat([rows.drop(index=pair.index), joint])
    rows.index.name = "government"
    numbers = rows.columns.drop(["tier", "name_ja", "prefecture_code"])
    return rows.astype(dict.fromkeys(numbers, float)).sort_index()
