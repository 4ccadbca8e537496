"""The horizon: later years that one plan must serve, their weights, and the debt that short pools leave.

Each year stands for the span up to the next one (the last for as many years as the one before):

    weight[h] = sum over the years k of its span of (1 + discount_rate)^-(k - first year), divided by the sum of all

In a later year the formula may promise more than the pool holds. As since 2001, the rest is met by an extraordinary
bond B[h] that takes need out of the formula and is borrowed in its stead, shared out by today's allocation:

    need[g,h] falls and funds[g,h] rise by share[g] x B[h]
    debt[h+1] = debt[h] x (1 - repayment)^n + sum over the n years of the span of B[h] x (1 - repayment)^years since

What the nation pays beyond its own limit, which grows with national taxes, is its shortfall S[h] and runs up its debt
in the same way. Each yen owed costs `horizon.debt_cost` a year.

With a second phase, responsibility and provision may change once more from one of the years on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from optimization.case.case import Case
from optimization.errors import InputError, Problem

if TYPE_CHECKING:
    from optimization.ledger.instance import Instance

YEARS = "horizon.years"
SECOND_PHASE = "horizon.second_phase_year"
FAMILIES, NEED_FAMILY = ("formula.family", "formula.family_prefecture"), "japan_lat"
ONLY_FIRST: Mapping[str, Any] = {
    "crisis.scenarios": [],
    "horizon.years": [],
    "equity.hold_harmless_years": 0,
}
"""What a later year leaves out: crises are faced with the figures of the first year, losses are cushioned in the years
that follow it."""

LATER: Mapping[str, Any] = {**ONLY_FIRST, "taxes.neutral": []}
"""Settings of a later year. A swap of taxes is set by the figures of the case's year, whenever it takes effect: at
shares that stay, its taxes grow apart afterwards."""


@dataclass(frozen=True)
class Horizon:
    """Y years, the case's first: `years`, `span` of each, `weight` (Y,) summing to 1, and `later`, the question of
    every later year on the same bodies and rule groups; `richer`: by how much national taxes have grown in each.

    `second`: from which year on a decision of its own holds; 0 for none. One phase alone is a horizon too: its weights
    are those it has in the whole (0 for a first year it leaves out), `before` (2,) what municipalities and the nation
    owe at its first later year, million yen, and `lasting` what a yen costs that is owed when it ends.
    """

    years: tuple[int, ...]
    span: tuple[int, ...]
    weight: np.ndarray
    later: tuple[Instance, ...]
    richer: tuple[float, ...]
    second: int = 0
    before: tuple[float, float] = (0.0, 0.0)
    lasting: float = 0.0

    @property
    def mass(self) -> float:
        """Weight of all years together."""
        return float(self.weight.sum())

    def in_second(self, year: int) -> bool:
        """Whether a year belongs to the second phase."""
        return 0 < self.second <= year


def horizon_years(case: Case, settings: Mapping[str, Any]) -> tuple[int, ...]:
    """The case's year and the package's later ones. Raises `InputError` for a year that is not projected or stands
    out of order."""
    projected = [int(year) for year in case.growth.columns.get_level_values("year").unique()]
    problems, years = [], [case.fiscal_year]
    for text in settings[YEARS]:
        if not text.isdecimal() or int(text) not in projected:
            remedy = (
                f"name years of projections.csv after {case.fiscal_year}: {', '.join(map(str, projected))}"
            )
            problems.append(Problem("package", "is no projected year", remedy, column=YEARS, value=text))
        elif int(text) <= years[-1]:
            problems.append(
                Problem(
                    "package",
                    "does not follow the year before it",
                    "put them in order",
                    column=YEARS,
                    value=text,
                )
            )
        else:
            years.append(int(text))
    second = settings[SECOND_PHASE]
    if second and second not in years[1:]:
        remedy = f"name one of the years of {YEARS}, or 0"
        message = "is no later year of the horizon"
        problems.append(Problem("package", message, remedy, column=SECOND_PHASE, value=str(second)))
    for key in FAMILIES if len(years) > 1 else ():
        if settings[key] != NEED_FAMILY:
            message = f"cannot be followed over later years: the pool's bond needs {NEED_FAMILY}"
            remedy = f"name {NEED_FAMILY}, or leave {YEARS} empty"
            problems.append(Problem("package", message, remedy, column=key, value=settings[key]))
    if problems:
        raise InputError(problems)
    return tuple(years)


def spans(years: tuple[int, ...]) -> tuple[int, ...]:
    """Years that each one stands for; a single year stands for itself."""
    gaps = [after - before for before, after in pairwise(years)]
    return (*gaps, gaps[-1] if gaps else 1)


def weights(years: tuple[int, ...], rate: float) -> np.ndarray:
    """Discount weights of the years, summing to 1."""
    each = np.array(
        [
            sum((1.0 + rate) ** -(year - years[0] + k) for k in range(span))
            for year, span in zip(years, spans(years), strict=True)
        ]
    )
    return each / each.sum()


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
    settings: Mapping[str, Any]
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
        """Their weighted sum, with what follows a phase that ends before the horizon, million yen a year."""
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
