"""Nordic tax equalisation with a separate, zero-sum cost equalisation."""

from __future__ import annotations

import numpy as np

from optimization.ledger.formulas.position import Position


def transfers(position: Position) -> np.ndarray:
    """rate x (level x mean revenue - own revenue) + need_rate x (need - mean need), both per head times
    population and symmetric: who lies above pays."""
    income = position.parameter("nordic_level") * position.expected(position.revenue) - position.revenue
    cost = position.need - position.expected(position.need)
    return position.parameter("nordic_rate") * income + position.parameter("nordic_need_rate") * cost
