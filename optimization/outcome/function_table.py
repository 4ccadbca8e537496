"""The table of functions: who sets the standard, pays and delivers, today and under the package."""

from __future__ import annotations

import pandas as pd

from optimization.ledger.accounts import Accounts
from optimization.ledger.functions import functions

MIL = "_million_yen"


def function_table(after: Accounts, before: Accounts) -> dict[str, pd.DataFrame]:
    """The table `functions`, a duty of the debate a row; none where a case names no functions."""
    instance = after.instance
    if not len(instance.case.functions):
        return {}
    rows = []
    for today, now in zip(functions(before), functions(after), strict=True):
        row: dict[str, object] = {
            "service": instance.services[now.service],
            "rule_group": instance.groups.labels[now.group],
        }
        for label, each in (("_today", today), ("", now)):
            row |= {
                f"standard_tier{label}": each.standard,
                f"paying_tier{label}": each.pays,
                f"delivering_tier{label}": each.delivers,
                f"tiers_involved{label}": each.tiers,
                f"national_share{label}_ratio": each.national_share,
                f"budget_cost{label}{MIL}": each.spending,
            }
        rows.append(row)
    return {"functions": pd.DataFrame(rows)}
