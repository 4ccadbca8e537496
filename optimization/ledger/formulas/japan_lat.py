"""Japan's local allocation tax (FACTS A1)."""

from __future__ import annotations

import numpy as np

from optimization.ledger.formulas.position import Position


def transfers(position: Position) -> np.ndarray:
    """max(0, (1 - adjustment rate) need - capacity): shortfalls, each cut in proportion to need."""
    return np.maximum(0.0, (1.0 - position.adjustment_rate) * position.need - position.capacity)
