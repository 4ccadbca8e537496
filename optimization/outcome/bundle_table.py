"""The table of joint work: which related services two tiers answer for, today and then, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimization.ledger.accounts import Accounts

MIL = "_million_yen"
COLUMNS = ("year", "service", "with_service", "rule_group", f"base{MIL}", "rate_ratio", "tier_today", "with_tier_today",
           "tier", "with_tier", "apart_today", "apart", f"cost_today{MIL}", f"cost{MIL}")  # fmt: skip


def bundle_table(after: Accounts, before: Accounts) -> dict[str, pd.DataFrame]:
    """The table `joint_work`, a bundle in a rule group in every year; none where a case has no bundles."""
    if not len(after.instance.bundles.names):
        return {}
    horizon = after.instance.horizon
    years = (after.instance.case.fiscal_year,) if horizon is None else horizon.years
    pairs = zip(years, [after, *after.later], [before, *before.later], strict=True)
    rows = [row for year, now, today in pairs for row in _rows(year, now, today)]
    return {"joint_work": pd.DataFrame(rows, columns=list(COLUMNS))}


def _rows(year: int, after: Accounts, before: Accounts) -> Iterator[tuple[object, ...]]:
    """The rows of one year."""
    bundles, groups, names = after.instance.bundles, after.instance.groups, after.instance.services
    for n, k in np.argwhere(bundles.base > 0).tolist():
        one, other = int(bundles.first[n]), int(bundles.second[n])
        tiers = [each.decision.tier[s, k] for each in (before, after) for s in (one, other)]
        apart = [int(tiers[0] != tiers[1]), int(tiers[2] != tiers[3])]
        cost = [float(each.joint_work[n, k]) for each in (before, after)]
        yield (year, names[one], names[other], groups.labels[k], float(bundles.base[n, k]), float(bundles.rate[n]),
               *tiers, *apart, *cost)  # fmt: skip
