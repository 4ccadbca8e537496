"""Japan's local allocation tax (Local Allocation Tax Act)."""

from __future__ import annotations

import numpy as np

from optimization.ledger.formulas.position import Position


def transfers(position: Position) -> np.ndarray:
    """max(0, (1 - adjustment rate) need - capacity): shortfalls, each cut in proportion to need.

    Where duties are settled the shortfall is that of the need at home, and the need of what has come or gone since is
    given or taken in full, whether a government receives or not:

        need - home need + max(0, (1 - adjustment rate) home need - capacity)
    """
    home = position.need if position.home_need is None else position.home_need
    shortfall = np.maximum(0.0, (1.0 - position.adjustment_rate) * home - position.capacity)
    return position.need - home + shortfall
