"""The areas whose capacity one tier pools in a crisis: which municipality lies in which."""

from __future__ import annotations

import numpy as np

from optimization.dictionary.tiers import BLOC, NATION, rank
from optimization.ledger.instance import Instance


def pool_of_tier(instance: Instance, tier: str) -> np.ndarray:
    """Number of the pool to which each municipality belongs when a higher tier leads, shape (I,)."""
    return instance.areas[tier].of_place


def pool_names(instance: Instance, tier: str) -> list[str]:
    """Names of the pools of a tier."""
    return [NATION] if tier == NATION else list(instance.areas[tier].names)


def lends_in_a_bloc(tier: str) -> bool:
    """Whether the pools of a tier lie in one bloc each, within which they help one another first."""
    return rank(tier) <= rank(BLOC)


def bloc_of_body(instance: Instance) -> np.ndarray:
    """Bloc of each candidate body's hub, shape (B,): where the body asks for aid and lends."""
    hubs = instance.case.codes.get_indexer(instance.bodies.table["hub"])
    return np.asarray(pool_of_tier(instance, BLOC)[hubs])
