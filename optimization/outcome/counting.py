"""Counting arguments: limits that no decision can keep, shown by addition alone.

Each government is given the most favourable choice open to it, on its own; if even then a sum or a
single account breaks a limit, the package is impossible, whatever the solver does. An empty list
proves nothing.

The figures of the advice are rounded to the side that suffices, and they are what addition shows: less is impossible,
while other limits, or decisions that cannot all be most favourable at once, may ask for more. The sentences say so,
until `advice` has tried the figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from optimization.dictionary.settings import value_of
from optimization.ledger.allocation import pool_of, pool_range
from optimization.ledger.tax_sources import SHARES
from optimization.model.columns import Columns
from optimization.model.formulas import transfer_bounds
from optimization.model.need import choice_bounds
from optimization.model.pool import national_cost
from optimization.reading.units import BILLION_IN_MILLION

UNCHECKED = "less is impossible, all limits together may ask for more, which was not checked"

POOL: Final = "pool.ordinary_million_yen"
NATION: Final = "nation.limit_million_yen"
ADEQUACY: Final = "equity.adequacy_floor"
RETENTION: Final = "discipline.retention_floor"


@dataclass(frozen=True)
class Argument:
    """A limit that cannot hold: why and what to change in words, the setting and the value nearest to its own that
    addition alone does not rule out."""

    text: str
    key: str
    value: float

    def sentence(self, known: str = UNCHECKED) -> str:
        """All in words, and what is known of the advice."""
        return f"{self.text}: {known}."


def enough(amount: float, unit: float = BILLION_IN_MILLION) -> float:
    """An amount rounded up to a unit: no less than it, but for rounding of its own."""
    return math.ceil(amount / unit - 1e-6) * unit


def counting_arguments(columns: Columns) -> list[str]:
    """Sentences with numbers, one for each limit that cannot hold, their advice unchecked."""
    return [argument.sentence() for argument in arguments(columns)]


def arguments(columns: Columns) -> list[Argument]:
    """The limits that cannot hold."""
    return [
        *_retention(columns),
        *_pool(columns),
        *_national_limit(columns),
        *_adequacy(columns),
    ]


def _retention(columns: Columns) -> list[Argument]:
    settings, counted = columns.instance.settings, columns.instance.tax.commonly_counted
    floor = settings["discipline.retention_floor"]
    if floor is None:
        return []
    found = []
    for name in (SHARES[t] for t in counted):
        least = value_of(settings, name)[0]
        if least > 1.0 - floor + 1e-9:
            lower = -enough(least - 1, 1e-3)
            text = (
                f"A retention of at least {floor:.1%} (discipline.retention_floor) cannot hold: {name} counts at "
                f"least {least:.1%}. Lower the floor to {lower:.1%} or free the share"
            )
            found.append(Argument(text, RETENTION, lower))
    return found


def least_grants(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least grant of each government by the formula alone, and with adequacy, shape (G,) each."""
    formula, _ = transfer_bounds(columns)
    floor = columns.instance.settings["equity.adequacy_floor"]
    cost_low, _ = choice_bounds(columns.net_cost, columns)
    fixed = columns.instance.other_cost + columns.instance.bond
    if floor is None:
        return formula, formula
    return formula, np.maximum(formula, floor * (fixed + cost_low) - most_own_funds(columns))


def most_own_funds(columns: Columns) -> np.ndarray:
    """Most that general funds can be before the formula's allocation: taxes as assigned at most, the largest
    guarantees, the extraordinary bond, the most that can be paid out as special allocation; shape (G,)."""
    instance = columns.instance
    tax = instance.tax
    service = np.array([s for s, _, _ in columns.duties])
    more = np.maximum(0.0, instance.guarantee[1] - instance.national_share)[service]
    _, guarantee = choice_bounds(columns.gross_cost.multiply(more).tocsr(), columns)
    special = instance.special_share * _most_special(columns)
    return np.asarray(tax.base @ tax.assigned[1] + tax.fixed + guarantee + instance.bond + special)


def _most_special(columns: Columns) -> float:
    """Most that can be paid out of the pool beside the formula, million yen."""
    instance = columns.instance
    if not instance.pays_special:
        return 0.0
    least = float(transfer_bounds(columns)[0].sum() + instance.residual.sum())
    return max(0.0, pool_of(instance, pool_range(instance)[1]) - least)


def _pool(columns: Columns) -> list[Argument]:
    instance = columns.instance
    pool = pool_of(instance, pool_range(instance)[1])
    formula, adequate = (float(g.sum() + instance.residual.sum()) for g in least_grants(columns))
    found = []
    if formula > pool * (1 + 1e-9):
        raised = enough(formula - pool)
        text = (
            f"The pool of {pool:,.0f} million yen ({POOL}) is below the {formula:,.0f} million that the formula must "
            "pay even if every government makes the choice that asks for least. Raise the pool to "
            f"{instance.settings[POOL] + raised:,.0f} million yen or more, count more of the local taxes, or raise the "
            "adjustment rate"
        )
        found.append(Argument(text, POOL, instance.settings[POOL] + raised))
    floor = instance.settings["equity.adequacy_floor"]
    if floor is not None and adequate > pool * (1 + 1e-9) and adequate > formula:
        raised = enough(adequate - pool)
        text = (
            f"The pool of {pool:,.0f} million yen ({POOL}) is below the {adequate:,.0f} million that adequacy "
            f"{floor:.3f} needs. Raise the pool to {instance.settings[POOL] + raised:,.0f} million yen or more, or "
            "lower equity.adequacy_floor"
        )
        found.append(Argument(text, POOL, instance.settings[POOL] + raised))
    return found


def _national_limit(columns: Columns) -> list[Argument]:
    instance = columns.instance
    limit = instance.settings["nation.limit_million_yen"]
    tax = instance.tax
    cost = national_cost(columns)
    gross = np.asarray(columns.gross_cost.sum(axis=0)).ravel()
    service = np.array([s for s, _, _ in columns.duties])
    cost = cost + gross * (instance.guarantee[0] - instance.national_share)[service]
    cheapest: dict[tuple[int, int], float] = {}
    for (s, k, _), value in zip(columns.duties, cost, strict=True):
        cheapest[s, k] = min(cheapest.get((s, k), np.inf), float(value))
    grants = float(least_grants(columns)[0].sum() + instance.residual.sum())
    least = grants + sum(cheapest.values()) + float(tax.total @ (tax.assigned[0] - 1.0))
    if least <= limit * (1 + 1e-9):
        return []
    raised = enough(least - limit)
    text = (
        f"The national limit of {limit:,.0f} million yen ({NATION}) is below the {least:,.0f} million that the nation "
        f"pays at least: {grants:,.0f} of allocation tax and {least - grants:,.0f} for services. Raise it to "
        f"{limit + raised:,.0f} million yen or more"
    )
    return [Argument(text, NATION, limit + raised)]


def _adequacy(columns: Columns) -> list[Argument]:
    """Governments that fall short of adequacy with the largest grant the formula can give them."""
    instance = columns.instance
    floor = instance.settings["equity.adequacy_floor"]
    if floor is None:
        return []
    _, most = transfer_bounds(columns)
    cost, _ = choice_bounds(columns.net_cost, columns)
    cost = cost + instance.other_cost + instance.bond
    funds = most_own_funds(columns) + np.maximum(0.0, most)
    short = np.flatnonzero(funds < floor * cost * (1 - 1e-9))
    if not len(short):
        return []
    reach = float((funds[short] / cost[short]).min())
    worst = short[np.argmin(funds[short] / cost[short])]
    name = instance.case.governments["name_ja"].iloc[worst]
    missing = float((floor * cost - funds)[short].sum())
    lower = -enough(-reach, 1e-3)
    text = (
        f"Adequacy {floor:.3f} (equity.adequacy_floor) is out of reach for {len(short)} governments even with "
        f"the largest grant open to them; the lowest is {name} at {reach:.3f}. They lack "
        f"{missing:,.0f} million yen. Lower the floor to {lower:.3f} or below, or "
        "revise unit costs upwards"
    )
    return [Argument(text, ADEQUACY, lower)]
