"""What a formula sees of the governments it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Position:
    """Governments of one family, shape (G,) each, money in million yen per year.

    `need`: revised need net of guarantee grants beyond today's earmarked share; `capacity`: standard
    revenue as counted; `revenue`: all own revenue at standard rates. `tiers` (G, 2) marks the tiers a
    government holds (municipal, prefectural). `envelope` is the money the family may share out,
    `adjustment_rate` and `parameter` the package's and the case's numbers. `home_need` is the need if every duty were
    with today's tier, where duties are settled (None: they are not).
    """

    need: np.ndarray
    capacity: np.ndarray
    revenue: np.ndarray
    bases: np.ndarray
    base_group: np.ndarray
    population: np.ndarray
    area: np.ndarray
    tiers: np.ndarray
    envelope: float
    adjustment_rate: float
    equalisation_rate: float
    parameter: Callable[[str], float]
    home_need: np.ndarray | None = None

    def expected(self, amount: np.ndarray) -> np.ndarray:
        """What each government would have of `amount` (G,) at its tiers' mean per head, (G,).

        The mean of a tier is over the governments that hold this tier alone.
        """
        result = np.zeros(len(amount))
        single = self.tiers.sum(axis=1) == 1
        for t in range(self.tiers.shape[1]):
            here = (self.tiers[:, t] == 1) & single
            if here.any():
                mean = amount[here].sum() / self.population[here].sum()
                result += self.tiers[:, t] * mean * self.population
        return result

    def to_envelope(self, amount: np.ndarray) -> np.ndarray:
        """Amounts scaled so that they sum to the envelope (unchanged when they sum to nothing)."""
        total = amount.sum()
        return amount * (self.envelope / total) if total > 0 else amount
