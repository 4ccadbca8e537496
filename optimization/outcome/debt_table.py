"""The debts of every government by the law's formula as a table: what the two ratios are made of."""

from __future__ import annotations

import pandas as pd

from optimization.ledger.accounts import Accounts
from optimization.ledger.debt import crossing, debts_of

MIL = "_million_yen"


def debts(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Standard financial scale, the debt service that the need recognises, and over their difference debt service and
    future burden of every government, today and under the package, million yen; and who crosses a step of the law."""
    table = pd.DataFrame({"government": after.instance.case.governments.index})
    for label, accounts in (("_today", before), ("", after)):
        found = debts_of(accounts)
        table[f"standard_scale{label}{MIL}"] = found.scale
        table[f"debt_service_in_need{label}{MIL}"] = found.in_need
        table[f"real_debt_service{label}{MIL}"] = found.service
        table[f"future_burden{label}{MIL}"] = found.burden
    table["crosses_a_step"] = crossing(after, before).astype(int)
    return table
