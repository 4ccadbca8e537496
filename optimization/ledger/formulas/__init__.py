"""Allocation formulas as arithmetic: one module per family behind one face, found by the family's name.

    transfers(position) -> array (G,), million yen; negative where a government pays

A family sees a `Position` only. Means are taken within a tier; a government of two tiers (Tokyo with
its wards) is held against the sum of both tiers' means.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

import numpy as np

from optimization.dictionary.families import load_families
from optimization.ledger.formulas.position import Position


class Arithmetic(Protocol):
    """What a module of a family offers."""

    def transfers(self, position: Position) -> np.ndarray:
        """What each government is given (or, below 0, pays), shape (G,), million yen."""


FAMILIES = {name: cast(Arithmetic, import_module(f"{__name__}.{name}")) for name in load_families()}

NEED_FAMILIES = tuple(name for name, family in load_families().items() if family.follows_need)
"""Families whose transfers follow need, and so the responsibilities that are decided."""

ENVELOPE_FAMILIES = tuple(name for name, family in load_families().items() if family.shares_pool)
"""Families that share out their tier's part of the pool, whatever is asked for."""

__all__ = ["ENVELOPE_FAMILIES", "FAMILIES", "NEED_FAMILIES", "Position"]
