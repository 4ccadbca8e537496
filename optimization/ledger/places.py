"""What residents have: the money of both tiers that serve a place, per resident.

A government's own ratio changes when duties move; a resident does not care which office does it. So equity is told of
places, each municipality with its part of the prefecture, in yen per resident:

    leeway[i] = sum over the governments g of place i of (funds[g] - standard cost[g]) / residents[g]
    cover[i]  = sum of funds[g] / residents[g]  over  sum of standard cost[g] / residents[g]

A duty that moves together with its money changes neither by a yen. Who is settled with the prefecture (the wards of
Tokyo) has one government. Standard cost holds debt service; what acting together saves stays with the governments and
is told in `flows`.
"""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from scipy import sparse

from optimization.ledger.accounts import Accounts
from optimization.ledger.instance import Instance
from optimization.reading.units import MILLION_IN_YEN

PARTS: Final = ("duty", "retention", "windfall", "pool")
"""What a change of leeway is made of, see `parts`."""


STILL: Final = 100.0
"""A change of leeway up to so many yen per resident is neither a gain nor a loss."""


def of_both_tiers(of: np.ndarray, above: np.ndarray, residents: np.ndarray) -> sparse.csr_matrix:
    """The matrix (I, G) that turns million yen of governments into yen per resident of places.

    `of` and `above` (I,) are the positions of each place's municipal and prefectural government, which may be one;
    `residents` (G,) are those of each government."""
    two = np.flatnonzero(of != above)
    weight = MILLION_IN_YEN / residents
    entries = np.concatenate([weight[of], weight[above[two]]])
    where = (np.concatenate([np.arange(len(of)), two]), np.concatenate([of, above[two]]))
    return sparse.csr_matrix((entries, where), shape=(len(of), len(residents)))


def per_resident(instance: Instance) -> sparse.csr_matrix:
    """The matrix (I, G) that turns million yen of governments into yen per resident of places."""
    if instance not in _MATRICES:
        of, above = instance.municipal_government, instance.prefectural_government
        _MATRICES[instance] = of_both_tiers(of, above, instance.population)
    return _MATRICES[instance]


_MATRICES: WeakKeyDictionary[Instance, sparse.csr_matrix] = WeakKeyDictionary()


def people(instance: Instance) -> np.ndarray:
    """Each place's part of all residents, shape (I,)."""
    own = instance.case.municipalities["population_persons"].to_numpy(float)
    return own / own.sum()


def leeway(accounts: Accounts) -> np.ndarray:
    """Yen per resident left when the standard cost of both tiers' duties is paid, shape (I,)."""
    return np.asarray(per_resident(accounts.instance) @ (accounts.funds - accounts.standard_cost))


def borne(accounts: Accounts) -> np.ndarray:
    """Standard cost of both tiers' duties, yen per resident, shape (I,)."""
    return np.asarray(per_resident(accounts.instance) @ accounts.standard_cost)


def own_taxes(accounts: Accounts) -> np.ndarray:
    """Own revenue of both tiers at standard rates, yen per resident, shape (I,)."""
    return np.asarray(per_resident(accounts.instance) @ accounts.own_revenue)


def cover(accounts: Accounts) -> np.ndarray:
    """Funds of both tiers over the standard cost of their duties, per resident each, shape (I,)."""
    return 1.0 + leeway(accounts) / borne(accounts)


def tax_price(accounts: Accounts) -> np.ndarray:
    """Own taxes over the standard cost of both tiers' duties, shape (I,)."""
    return own_taxes(accounts) / borne(accounts)


def mean_tax_price(accounts: Accounts) -> np.ndarray:
    """Own taxes of all places over what their duties cost, by residents: one number for every place, shape (I,)."""
    weight = people(accounts.instance)
    mean = float(weight @ own_taxes(accounts)) / float(weight @ borne(accounts))
    return np.full(len(weight), mean)


def spread(value: np.ndarray, weight: np.ndarray) -> float:
    """Mean distance from the mean, both by weights that sum to 1."""
    return float(weight @ np.abs(value - float(weight @ value)))


def dispersion(accounts: Accounts) -> float:
    """Mean distance of leeway from its own mean, by residents, yen per resident (P3)."""
    return spread(leeway(accounts), people(accounts.instance))


def _kept(accounts: Accounts) -> tuple[np.ndarray, np.ndarray]:
    """What of its own revenue a government keeps, shape (G,), million yen: what the formula does not count, where need
    exceeds what is counted; own revenue and transfer beyond need where it does not. And whether it does not."""
    surplus = accounts.net_need < accounts.capacity
    beyond = accounts.own_revenue + accounts.transfer - accounts.net_need
    return np.where(surplus, beyond, accounts.own_revenue - accounts.capacity), surplus


def parts(after: Accounts, before: Accounts) -> dict[str, np.ndarray]:
    """By `PARTS`, where the change of leeway comes from, yen per resident, shape (I,) each: `duty`, need that is not
    the cost of duties; own revenue that is kept, as `retention` where a government has a shortfall both times, as
    `windfall` where it has a surplus; `pool`, everything else: the adjustment by which grants fall behind the
    shortfall, guarantees, bonds, special allocation."""
    (now, rich), (then, once_rich) = _kept(after), _kept(before)
    duty = (after.revised_need - after.standard_cost) - (before.revised_need - before.standard_cost)
    whole = (after.funds - after.standard_cost) - (before.funds - before.standard_cost)
    surplus, kept = rich | once_rich, now - then
    found = {
        "duty": duty,
        "retention": np.where(surplus, 0.0, kept),
        "windfall": np.where(surplus, kept, 0.0),
        "pool": whole - duty - kept,
    }
    matrix = per_resident(after.instance)
    return {name: np.asarray(matrix @ found[name]) for name in PARTS}
