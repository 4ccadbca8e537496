"""Guarantee by grant, equalisation by capacity alone (Sato 2006).

The guarantee is `guarantee.share`; this family is the other half.
"""

from __future__ import annotations

import numpy as np

from optimization.ledger.formulas.position import Position


def transfers(position: Position) -> np.ndarray:
    """equalisation_rate x max(0, mean revenue per head - own) x population"""
    return position.equalisation_rate * shortfall(position)


def shortfall(position: Position) -> np.ndarray:
    """max(0, expected revenue at the tier's mean per head - own revenue), (G,)."""
    return np.maximum(0.0, position.expected(position.revenue) - position.revenue)
