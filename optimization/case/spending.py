"""What was spent by purpose beside what the formula recognises for the same purpose, government by government.

Spending is that of a later settlement, whoever paid: earmarked grants, fees and bonds are in it, except where it says
that it came from general funds. Need is a norm of the case's year, before the extraordinary bond takes its part out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.dictionary.purposes import NO_PURPOSE, load_purposes, purpose_of
from optimization.dictionary.tiers import MUNICIPALITY

SPENT = ("total_million_yen", "construction_million_yen", "general_funds_million_yen")
TOTALS = ("transfer_to_extraordinary_bond", "need_before_transfer", "need_after_transfer")
"""Columns of the tables of need that are no items."""


class Counterpart(NamedTuple):
    """What stands beside a purpose: services of a tier, and items of its need that belong to no service."""

    services: tuple[str, ...]
    items: tuple[str, ...]


def purposes() -> list[str]:
    """All purposes, last what is for no one of them."""
    return [*load_purposes(), NO_PURPOSE]


def year_of_spending(case: Case) -> int:
    """The last fiscal year whose spending the case knows; ValueError where it knows none."""
    return int(case.spending["fiscal_year"].max())


def spent_by_purpose(case: Case) -> pd.DataFrame:
    """Spending of `year_of_spending` by code and purpose, million yen, columns `SPENT`; no rows where there is none."""
    return case.once("spent by purpose", lambda: _spent_by_purpose(case))


def _spent_by_purpose(case: Case) -> pd.DataFrame:
    spending = case.spending[case.spending["fiscal_year"] == case.spending["fiscal_year"].max()]
    purpose = spending["purpose"].map(purpose_of("spent")).rename("purpose")
    return spending[list(SPENT)].groupby([spending.index, purpose]).sum()


def counterparts(case: Case, tier: str) -> dict[str, Counterpart]:
    """Every purpose -> what of a tier's services and need stands beside it; each service and item stands once."""
    services = case.services[case.services["home_tier"] == tier]["need_items"]
    taken = {item for items in services for item in items.split("+")}
    loose = [name for name in _need(case, tier) if name not in taken and name not in TOTALS]
    of_service = [purpose_of("services").get(str(name), NO_PURPOSE) for name in services.index]
    of_item = [purpose_of("items").get(name, NO_PURPOSE) for name in loose]
    return {
        purpose: Counterpart(
            tuple(str(s) for s, of in zip(services.index, of_service, strict=True) if of == purpose),
            tuple(item for item, of in zip(loose, of_item, strict=True) if of == purpose),
        )
        for purpose in purposes()
    }


def needed_by_purpose(case: Case, tier: str) -> pd.DataFrame:
    """Standard financial need of every government of a tier by purpose (code x purpose), million yen; NaN where nothing
    stands beside the purpose. A row adds up to the need before the transfer to the extraordinary bond."""
    table = _need(case, tier)
    columns = {}
    for purpose, beside in counterparts(case, tier).items():
        parts = [*(case.standard_need(s) for s in beside.services), *(table[item] for item in beside.items)]
        columns[purpose] = sum(parts[1:], parts[0]) if parts else pd.Series(np.nan, table.index)
    return pd.DataFrame(columns)


def of_services(costs: pd.DataFrame, beside: Mapping[str, Counterpart]) -> pd.DataFrame:
    """Figures of services (rows x service) added up by purpose; NaN where a purpose has no service."""
    columns = {
        purpose: costs[list(names.services)].sum(axis=1) if names.services else np.nan
        for purpose, names in beside.items()
    }
    return pd.DataFrame(columns, index=costs.index)


def _need(case: Case, tier: str) -> pd.DataFrame:
    return case.municipal_need if tier == MUNICIPALITY else case.prefectural_need
