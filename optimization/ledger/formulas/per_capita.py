"""A block grant by population and area."""

from __future__ import annotations

import numpy as np

from optimization.ledger.formulas.position import Position


def transfers(position: Position) -> np.ndarray:
    """The envelope shared out: block_fixed_share equally per government, block_area_share by area, the
    rest per head: a + b x population + c x area."""
    fixed, area = position.parameter("block_fixed_share"), position.parameter("block_area_share")
    count = len(position.population)
    return position.envelope * (
        fixed / count
        + area * position.area / position.area.sum()
        + (1.0 - fixed - area) * position.population / position.population.sum()
    )
