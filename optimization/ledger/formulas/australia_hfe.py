"""Australia's horizontal fiscal equalisation: need less revenue, plus an equal sum per head."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from optimization.ledger.formulas.position import Position


def transfers(position: Position) -> np.ndarray:
    """max(floor x envelope per head x population, need - revenue counted + c x population)

    with c, one number for all, such that the sum is the envelope.
    """
    gap, least = position.need - position.capacity, floor(position)
    if position.envelope <= least.sum():
        return position.to_envelope(least)

    def excess(c: float) -> float:
        return float(np.maximum(least, gap + c * position.population).sum() - position.envelope)

    reach = (np.abs(gap).max() + position.envelope) / position.population.min() + 1.0
    c = brentq(excess, -reach, reach, xtol=1e-14, rtol=8.9e-16, maxiter=500)
    return np.maximum(least, gap + c * position.population)


def floor(position: Position) -> np.ndarray:
    """Least a government gets: relativity floor x envelope per head x population, (G,)."""
    per_head = position.envelope / position.population.sum()
    return position.parameter("australia_floor") * per_head * position.population
