"""Switzerland's fiscal equalisation since 2020: progressive fill to a floor, the strong pay."""

from __future__ import annotations

import numpy as np

from optimization.ledger.formulas.position import Position


def transfers(position: Position) -> np.ndarray:
    """With index r = own / mean revenue per head:

    r < 0.70         filled up to the floor (0.865)
    0.70 <= r < 1    a (1 - r)^p of the mean
    r > 1            pays the same share of its excess, such that the strong pay together
                     strong_share of what the weak receive
    """
    mean = position.expected(position.revenue)
    index = position.revenue / mean
    low, floor = position.parameter("switzerland_low_index"), position.parameter("switzerland_floor")
    power = position.parameter("switzerland_power")
    scale = (floor - low) / (1.0 - low) ** power
    fill = np.where(index < low, floor - index, scale * np.maximum(0.0, 1.0 - index) ** power)
    received = np.where(index < 1.0, fill, 0.0) * mean
    excess = np.maximum(0.0, position.revenue - mean)
    owed = position.parameter("switzerland_strong_share") * received.sum()
    share = min(1.0, owed / excess.sum()) if excess.sum() > 0 else 0.0
    return received - share * excess
