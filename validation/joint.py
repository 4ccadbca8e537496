"""What existing joint bodies spend against the share of the cost that a plan puts into wide-area bodies."""

from __future__ import annotations

import pandas as pd

from optimization.case.case import Case
from optimization.outcome.result import Result


def joint_bodies(
    case: Case, plan: Result, gaps: pd.DataFrame, settlements: pd.DataFrame, year: int
) -> pd.DataFrame:
    """By prefecture: spending by joint bodies over all local spending, and standard cost of services provided by
    wide-area bodies over that of all municipal services under a plan; shares. `gaps` is the case's table of joint
    bodies, inferred from two publications, and `settlements` that of municipalities, both as text."""
    gap = gaps[gaps["fiscal_year"] == str(year)].set_index("prefecture_code")
    spent = settlements[settlements["fiscal_year"] == str(year)]
    total = spent["expenditure_total_thousand_yen"].astype(float).groupby(spent["code"].str[:2]).sum()
    joint = gap["expenditure_total_gap_thousand_yen"].astype(float)
    table = plan.tables["provision"]
    local = table[table["responsible_tier"] == "municipality"]
    home, cost = local["code"].str[:2], local["standard_million_yen"]
    wide = (
        cost.where(local["provider_kind"] == "wide_area_body", 0.0).groupby(home).sum()
        / cost.groupby(home).sum()
    )
    codes = sorted(set(joint.index) & set(wide.index))
    return pd.DataFrame(
        {
            "prefecture_code": codes,
            "spent_by_joint_bodies_ratio": (joint / (total + joint)).loc[codes].to_numpy(),
            "wide_area_ratio": wide.loc[codes].to_numpy(),
        }
    )
