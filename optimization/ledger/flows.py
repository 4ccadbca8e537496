"""The closed accounts of a decision: every flow of money once, from the one who pays to the one who receives.

Sectors are residents, municipalities, prefectures (with the blocs, for which they pay, and Tokyo with its wards) and
the nation. What a sector uses up flows to `services`; what stands outside the model comes from or goes to `outside`.

    (A1) balance of a sector = what flows in - what flows out
    (A2) sum of the sectors' balances - the same today = -(resource cost - resource cost today)
    (A3) pool of the ordinary allocation = ordinary allocation paid + corrections + released

National taxes are those that pay what the nation spends here today, less those that it hands over (or plus those it
takes back): its balance is 0 today and, under a package, what it is left with. What the formula no longer asks for is
released, and `pool.released` says whose it is:

    nation      the shares of national taxes in the pool fall, and it stays with the nation
    transfer    they fall, and the nation hands over taxes of that yield: local taxes rise by what national ones fall
    special     it is paid out as special allocation to those who receive today, by their need of today

Today's special allocation (the special share of the pool, Art. 6-2 of the law) is met outside the model's needs and
costs, and is no flow of it: it stays as it is beside any package, and no yen of it is counted here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.dictionary.tiers import LOCAL_TIERS, NATION, PREFECTURE
from optimization.ledger.accounts import Accounts, todays_accounts

RESIDENTS: Final = "residents"
SERVICES: Final = "services"
OUTSIDE: Final = "outside"
SECTORS: Final = (RESIDENTS, "municipalities", "prefectures", NATION)
GOVERNING: Final = (NATION, "prefectures", "municipalities")
"""Sectors of government, in the order in which a council asks for them."""

RESOURCE_COST: Final = "resource_cost"

ROAD: Final = ["from_sector", "to_sector", "kind"]
"""Columns that tell a flow."""

NOWHERE: Final = ""
"""In place of a government's code where a flow touches none."""


Row = tuple[Any, Any, str, Any]
"""Who pays, who receives (a sector, or one for each government), the kind, and the amount, of each or in all."""


def _rows(accounts: Accounts) -> tuple[list[Row], list[Row]]:
    """Every flow of a year, million yen: those that touch a government, (G,) each, and the others."""
    instance = accounts.instance
    table = instance.case.governments
    sector = np.where(table["tier"] == PREFECTURE, "prefectures", "municipalities")
    gross = {t: instance.costs.by_tier[t].standard for t in LOCAL_TIERS}
    earmarked = accounts.sum_of(gross, instance.national_share)
    other = accounts.other_cost + instance.bond
    local: list[Row] = [
        (RESIDENTS, sector, "local_taxes", accounts.own_revenue),
        (NATION, sector, "allocation", accounts.grant),
        (sector, NATION, "contribution", accounts.contribution + 0.0),
        (NATION, sector, "correction", instance.residual),
        (NATION, sector, "special_allocation", accounts.special),
        (NATION, sector, "earmarked", earmarked + accounts.guarantee),
        (OUTSIDE, sector, "bond", instance.bond + accounts.bonded),
        (sector, SERVICES, RESOURCE_COST, accounts.spending - other + earmarked),
        (sector, OUTSIDE, "other_needs", other),
    ]
    own = accounts.national_services + float(accounts.units[NATION].sum())
    taxes = todays_accounts(instance).national_outlay - accounts.handed_over
    national: list[Row] = [
        (RESIDENTS, NATION, "national_taxes", taxes),
        (NATION, SERVICES, RESOURCE_COST, own),
        (NATION, OUTSIDE, "debt_service", accounts.national_debt_service),
    ]
    return local, national


def flows_of(accounts: Accounts) -> pd.Series:
    """Every flow of a year, million yen, indexed as `side_by_side`."""
    return side_by_side(accounts, accounts)["package_million_yen"].rename("amount")


def side_by_side(after: Accounts, before: Accounts) -> pd.DataFrame:
    """The flows of two decisions on one question, columns today_million_yen and package_million_yen, by from_sector,
    to_sector, kind and the government a flow touches."""
    rows = _rows(after)
    index = after.instance.case.once("roads of flows", lambda: _roads(after.instance.case, *rows))
    pairs = (("today_million_yen", _rows(before)), ("package_million_yen", rows))
    return pd.DataFrame({name: _amounts(*each) for name, each in pairs}, index=index)


def _roads(case: Case, local: list[Row], national: list[Row]) -> pd.MultiIndex:
    """Who pays, who receives, the kind and the government that it touches, of every flow."""
    codes = case.governments.index.to_numpy(object)
    ends = [
        np.concatenate(
            [
                *(np.broadcast_to(np.asarray(row[n], dtype=object), codes.shape) for row in local),
                np.array([row[n] for row in national], dtype=object),
            ]
        )
        for n in range(len(ROAD))
    ]
    touched = np.concatenate([*[codes] * len(local), np.full(len(national), NOWHERE, dtype=object)])
    return pd.MultiIndex.from_arrays([*ends, touched], names=[*ROAD, "government"])


def _amounts(local: list[Row], national: list[Row]) -> np.ndarray:
    """The amounts of flows, one after another."""
    return np.concatenate([*(row[-1] for row in local), np.array([row[-1] for row in national], dtype=float)])


def by_sector(flows: pd.DataFrame) -> pd.DataFrame:
    """(A1) Balance and resource cost of every sector from a table of flows: columns balance_today_million_yen,
    balance_package_million_yen, resource_cost_today_million_yen, resource_cost_package_million_yen by sector."""
    into, out = (_sums(flows, f"{end}_sector") for end in ("to", "from"))
    cost = _sums(flows[_are(flows, "kind", RESOURCE_COST)], "from_sector")
    into, out, cost = (part.reindex(SECTORS, fill_value=0.0) for part in (into, out, cost))
    sectors = pd.concat([(into - out).add_prefix("balance_"), cost.add_prefix("resource_cost_")], axis=1)
    return sectors.rename_axis("sector")


def _sums(flows: pd.DataFrame, level: str) -> pd.DataFrame:
    """Sums of flows by what their index says at a level; told by its numbers, since texts take ten times as long."""
    at = flows.index.names.index(level)
    sums = flows.groupby(flows.index.codes[at]).sum()
    return sums.set_axis(flows.index.levels[at][sums.index])


def _are(flows: pd.DataFrame, level: str, name: str) -> np.ndarray:
    """Which flows bear a name at a level of their index."""
    at = flows.index.names.index(level)
    return np.asarray(flows.index.codes[at] == flows.index.levels[at].get_loc(name))


def pool_factor(accounts: Accounts) -> float:
    """The factor on all the law's shares of national taxes at which the pool is just what is paid out of it; 1 where a
    question has no pool at all, and where what the formula leaves is paid out too."""
    if accounts.instance.pays_special or not accounts.pool:
        return 1.0
    return accounts.paid / accounts.pool
