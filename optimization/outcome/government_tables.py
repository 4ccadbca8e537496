"""Accounts of every government, today and under the package, and who is topped up on a hold-harmless path."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.case.rule_groups import size_class
from optimization.dictionary.tiers import PREFECTURE
from optimization.ledger.accounts import Accounts
from optimization.ledger.allocation import SETTLED
from optimization.ledger.debt import debt_ratios, debt_stages
from optimization.ledger.hold_harmless import guaranteed_coverage, top_ups
from optimization.outcome.result import Result

MIL = "_million_yen"


def governments(result: Result, after: Accounts, before: Accounts) -> pd.DataFrame:
    """Accounts of every government, today and under the package. `grant` is the formula's amount;
    `residual` is what was actually paid beyond today's formula (corrections of errors); `debt_stage` is
    the gravest that the two official debt ratios reach (`ledger.debt`)."""
    instance = after.instance
    frame = instance.case.governments
    table = pd.DataFrame(
        {
            "government": frame.index,
            "tier": frame["tier"].to_numpy(),
            "name_ja": frame["name_ja"].to_numpy(),
            "prefecture_code": frame["prefecture_code"].to_numpy(),
            "class": _government_class(after),
            "population_persons": instance.population.astype(int),
        }
    )
    for label, accounts in (("_today", before), ("", after)):
        table[f"need{label}{MIL}"] = accounts.revised_need
        table[f"capacity{label}{MIL}"] = accounts.capacity
        table[f"guarantee{label}{MIL}"] = accounts.guarantee
        table[f"own_revenue{label}{MIL}"] = accounts.own_revenue
        table[f"grant{label}{MIL}"] = accounts.grant
        table[f"contribution{label}{MIL}"] = accounts.contribution
        table[f"funds{label}{MIL}"] = accounts.funds
        table[f"standard_cost{label}{MIL}"] = accounts.standard_cost
        table[f"spending{label}{MIL}"] = accounts.spending
        table[f"coverage{label}_ratio"] = accounts.coverage
        table[f"receiving{label}"] = (accounts.revised_need > accounts.capacity).astype(int)
        service, burden = debt_ratios(accounts)
        table[f"real_debt_service{label}_ratio"], table[f"future_burden{label}_ratio"] = service, burden
        table[f"debt_stage{label}"] = debt_stages(accounts)
    if instance.settings[SETTLED]:
        table[f"home_need{MIL}"] = after.home_need
    assert result.solver_grants is not None
    table[f"transfer_solver{MIL}"] = result.solver_grants.reindex(frame.index).to_numpy()
    table[f"allocation_paid_today{MIL}"] = frame["allocation_paid_million_yen"].to_numpy()
    table[f"residual{MIL}"] = instance.residual
    margin_today, margin = before.funds - before.spending, after.funds - after.spending
    table[f"margin_today{MIL}"], table[f"margin{MIL}"] = margin_today, margin
    return table


def hold_harmless(after: Accounts) -> pd.DataFrame:
    """Who is topped up in which year of the hold-harmless path, to what coverage and by how much."""
    frame = after.instance.case.governments
    paid, guaranteed = top_ups(after), guaranteed_coverage(after.instance)
    year, g = np.nonzero(paid)
    return pd.DataFrame(
        {
            "government": frame.index.to_numpy()[g],
            "name_ja": frame["name_ja"].to_numpy()[g],
            "year": year + 1,
            "guaranteed_coverage_ratio": guaranteed[year, g],
            f"top_up{MIL}": paid[year, g],
        }
    )


def _government_class(accounts: Accounts) -> np.ndarray:
    """Class of each municipality by size, shape (G,), or the word for a prefecture."""
    case = accounts.instance.case
    labels = pd.Series(size_class(case.municipalities).to_numpy(), index=case.government_of_municipality)
    labels = labels[~labels.index.duplicated()]
    return np.where(
        case.governments["tier"] == PREFECTURE,
        "prefecture",
        labels.reindex(case.governments.index).astype(str),
    )
