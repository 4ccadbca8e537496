"""What is borrowed over a horizon and owed in each of its years; see `ledger.horizon` for the formulas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.dictionary.typed_settings import Settings
from optimization.ledger.instance import Horizon, Instance


def carried_on(rate: float, span: int) -> tuple[float, float]:
    """What is left after `span` years of a yen owed at their start, and of a yen borrowed in each of them."""
    kept = 1.0 - rate
    return kept**span, float(sum(kept**k for k in range(span)))


def debt_path(
    borrowed: np.ndarray, span: tuple[int, ...], repayment: float, before: float = 0.0
) -> np.ndarray:
    """Debt at the start of every year and when the last span ends, shape (Y + 1,), from what is borrowed in each
    (million yen a year); 0 at first and `before` at the second."""
    debt = np.zeros(len(borrowed) + 1)
    for h in range(1, len(debt)):
        old, new = carried_on(repayment, span[h - 1])
        debt[h] = old * debt[h - 1] + new * borrowed[h - 1] + (before if h == 1 else 0.0)
    return debt


@dataclass(frozen=True)
class Debts:
    """What is borrowed and owed over a horizon, shape (Y,) each: `bonds` and the nation's `shortfall`, million yen a
    year."""

    horizon: Horizon
    settings: Settings
    bonds: np.ndarray
    shortfall: np.ndarray

    @property
    def local(self) -> np.ndarray:
        """Extraordinary bonds owed at the start of each year, million yen."""
        return self._path(self.bonds, 0)[:-1]

    @property
    def national(self) -> np.ndarray:
        """The nation's shortfalls owed at the start of each year, million yen."""
        return self._path(self.shortfall, 1)[:-1]

    @property
    def at_end(self) -> tuple[float, float]:
        """What municipalities and the nation owe when the last year's span ends, million yen."""
        return float(self._path(self.bonds, 0)[-1]), float(self._path(self.shortfall, 1)[-1])

    @property
    def cost(self) -> np.ndarray:
        """What all of it costs in each year, what the year itself borrows included, million yen."""
        owed = self.local + self.bonds + self.national + self.shortfall
        return np.asarray(self.settings["horizon.debt_cost"] * owed)

    @property
    def weighted_cost(self) -> float:
        """The cost of debts in the weighted mean year, with what follows a phase that ends before the horizon, million
        yen a year."""
        return float(self.horizon.weight @ self.cost + self.horizon.lasting * sum(self.at_end))

    @property
    def service(self) -> np.ndarray:
        """Repayment and cost of the extraordinary bonds owed at the start of each year, million yen."""
        rate = self.settings["horizon.debt_repayment"] + self.settings["horizon.debt_cost"]
        return np.asarray(rate * self.local)

    def _path(self, borrowed: np.ndarray, whose: int) -> np.ndarray:
        repayment = self.settings["horizon.debt_repayment"]
        return debt_path(borrowed, self.horizon.span, repayment, self.horizon.before[whose])


def bond_share(instance: Instance) -> np.ndarray:
    """Each government's part of an extraordinary bond, shape (G,): by its allocation in the first year."""
    paid = np.maximum(0.0, instance.formula_paid)
    return paid / paid.sum() if paid.sum() > 0 else np.zeros(len(paid))
