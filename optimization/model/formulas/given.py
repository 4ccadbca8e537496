"""Families whose transfers depend on revenue, population and area alone: numbers, not decisions."""

from __future__ import annotations

import numpy as np
import pyomo.core as pyo

from optimization.errors import InputError, Problem
from optimization.ledger.allocation import Figures, family_transfers, fixed_pool_share, served
from optimization.ledger.formulas import NEED_FAMILIES
from optimization.model.columns import Columns


def amounts(columns: Columns) -> np.ndarray:
    """Transfers of all governments by their families with nobody's need counted, shape (G,).

    Raises InputError when the package frees a tax assignment (the formula's means would then move
    with a decision, and the product is not linear) or the pool that a family shares out.
    """
    instance = columns.instance
    tax = instance.tax
    if len(tax.free):
        here = next(name for name in served(instance) if name not in NEED_FAMILIES)
        raise InputError(
            [
                Problem(
                    "package",
                    f"taxes.assigned cannot be free under {here}",
                    f"fix the assignment (the same number twice), or use one of {', '.join(NEED_FAMILIES)}",
                    column="taxes.assigned",
                    value=str(tax.names[tax.free[0]]),
                )
            ]
        )
    assigned = tax.assigned[0]
    revenue = tax.base @ assigned + tax.fixed
    nothing = np.zeros(len(revenue))
    figures = Figures(nothing, revenue, revenue, assigned, fixed_pool_share(instance))
    return family_transfers(instance, figures)


def bounds(columns: Columns, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and most transfer: the number itself."""
    amount = amounts(columns)[here]
    return amount, amount


def add_rows(model: pyo.ConcreteModel, columns: Columns, here: np.ndarray) -> None:
    """(F4) transfer[g] = the family's number."""
    amount = amounts(columns)
    for g in here.tolist():
        model.transfer[g].setlb(float(amount[g]))
        model.transfer[g].setub(float(amount[g]))
