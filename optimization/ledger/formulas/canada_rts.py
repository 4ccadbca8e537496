"""Canada's representative tax system: five bases, no need side, nobody pays in."""

from __future__ import annotations

import numpy as np

from optimization.ledger.formulas.position import Position


def transfers(position: Position) -> np.ndarray:
    """max(0, sum over five bases of (standard x mean yield per head x population - own yield)),
    scaled to the envelope; no receiver is lifted above `canada_cap` x the mean capacity."""
    standard, cap = position.parameter("canada_standard"), position.parameter("canada_cap")
    entitlement = np.zeros(len(position.need))
    for group in np.unique(position.base_group):
        base = position.bases[:, position.base_group == group].sum(axis=1)
        entitlement += standard * position.expected(base) - base
    scaled = position.to_envelope(np.maximum(0.0, entitlement))
    room = np.maximum(0.0, cap * position.expected(position.revenue) - position.revenue)
    return np.minimum(scaled, room)
