"""The areas whose capacity one tier pools in a crisis: which municipality lies in which."""

from __future__ import annotations

import numpy as np

from optimization.case.case import BLOC, NATION, PREFECTURE
from optimization.ledger.instance import Instance


def pool_of_tier(instance: Instance, tier: str) -> np.ndarray:
    """Number of the pool to which each municipality belongs when this tier leads, shape (I,)."""
    number, _ = instance.bloc
    pools = {PREFECTURE: instance.prefecture, BLOC: number[instance.prefecture]}
    return pools.get(tier, np.zeros(len(instance.prefecture), dtype=int))


def pool_names(instance: Instance, tier: str) -> list[str]:
    """Names of the pools of a tier."""
    names = {PREFECTURE: list(instance.case.prefectures.index), BLOC: list(instance.bloc[1])}
    return names.get(tier, [NATION])


def bloc_of_body(instance: Instance) -> np.ndarray:
    """Bloc of each candidate body's hub, shape (B,): where the body asks for aid and lends."""
    hubs = instance.case.codes.get_indexer(instance.bodies.table["hub"])
    return np.asarray(pool_of_tier(instance, BLOC)[hubs])
