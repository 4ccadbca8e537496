"""How far residents are from the seat of whoever serves them (E5)."""

from __future__ import annotations

import numpy as np

from optimization.dictionary.tiers import MUNICIPALITY
from optimization.geography.distance import travel_minutes
from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import jointly


def minutes_to_seat(accounts: Accounts) -> np.ndarray:
    """Minutes from each town hall to the seat that provides each service, shape (I, S): 0 where the
    municipality provides alone, to the hub of its body, or to the branch office of a higher tier."""
    instance = accounts.instance
    case = instance.case
    higher = (accounts.tiers != MUNICIPALITY) & (accounts.tiers != "")
    km = np.where(higher, instance.office_km[:, None], 0.0)
    hubs = case.codes.get_indexer(instance.bodies.table["hub"])
    for each in jointly(instance, accounts.decision):
        km[each.members, each.service] = instance.km[each.members, hubs[each.body]]
    return travel_minutes(km, case)


def people_within(accounts: Accounts, minutes: float) -> float:
    """Share of people for whom the farthest seat of any service lies within some minutes (E5)."""
    people = accounts.instance.case.municipalities["population_persons"].to_numpy(float)
    near = minutes_to_seat(accounts).max(axis=1) <= minutes
    return float(people[near].sum() / people.sum())
