"""Germany since 2020: symmetric rate around the mean, then a federal top-up."""

from __future__ import annotations

import numpy as np

from optimization.ledger.formulas.position import Position


def transfers(position: Position) -> np.ndarray:
    """rate x (mean measure - own revenue), payers pay (horizontal, sums to nothing within a tier)
    + top_up x max(0, top_up_level x mean measure - revenue after the first step) (federal)"""
    measure = position.expected(position.revenue)
    first = position.parameter("germany_rate") * (measure - position.revenue)
    gap = position.parameter("germany_top_up_level") * measure - (position.revenue + first)
    return first + position.parameter("germany_top_up") * np.maximum(0.0, gap)
