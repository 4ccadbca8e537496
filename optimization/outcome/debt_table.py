"""The debts of every government by the law's formula as tables: what the two ratios are made of, and which part stands
for which service."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.ledger.accounts import Accounts
from optimization.ledger.debt import crossing, debts_of

MIL = "_million_yen"


def debt_tables(after: Accounts, before: Accounts) -> dict[str, pd.DataFrame]:
    """The tables `debts` and `debts_of_services`; the second only where it is known what debts were made for."""
    found = {"debts": debts(after, before)}
    shares = debts_of_services(after)
    return found | ({"debts_of_services": shares} if len(shares) else {})


def debts(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Standard financial scale, the debt service that the need recognises, and over their difference debt service and
    future burden of every government, today and under the package, million yen; what of the debt service in need was
    for works, and who crosses a step of the law."""
    table = pd.DataFrame({"government": after.instance.case.governments.index})
    table[f"debt_service_for_works{MIL}"] = after.instance.asset_debt_service
    table["debt_term_years"] = after.instance.debt_years
    for label, accounts in (("_today", before), ("", after)):
        found = debts_of(accounts)
        table[f"standard_scale{label}{MIL}"] = found.scale
        table[f"debt_service_in_need{label}{MIL}"] = found.in_need
        table[f"real_debt_service{label}{MIL}"] = found.service
        table[f"future_burden{label}{MIL}"] = found.burden
    table["crosses_a_step"] = crossing(after, before).astype(int)
    return table


def debts_of_services(after: Accounts) -> pd.DataFrame:
    """Which share of the debt for works of who answers today goes along with each service at each place when somebody
    else answers for it."""
    instance = after.instance
    share = instance.of_works(np.ones(len(instance.case.governments)))
    i, s = np.nonzero(share)
    return pd.DataFrame(
        {
            "code": instance.case.codes.to_numpy()[i],
            "service": instance.services.to_numpy()[s],
            "government": instance.case.governments.index.to_numpy()[instance.home_government[i, s]],
            "share_of_debt_ratio": share[i, s],
        }
    )
