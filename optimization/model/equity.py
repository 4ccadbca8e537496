"""Equity: adequacy of funds for what a government answers for (E1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimization.model.columns import Columns
from optimization.model.expressions import linear, row
from optimization.model.need import need_matrix


def own_funds(columns: Columns) -> np.ndarray:
    """General funds before the allocation: all taxes at standard rates, revenue counted in full and
    the extraordinary bond, shape (G,)."""
    instance = columns.instance
    return np.asarray(instance.tax_base.sum(axis=1) + instance.full_counted + instance.bond)


def adequacy(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(E1) own funds[g] + grant[g] >= floor x (other need[g] + bond[g] + sum of standard need y)

    Standard cost is unrevised: a lower unit cost in the formula does not make the duty cheaper.
    """
    floor = columns.instance.settings["equity.adequacy_floor"]
    matrix = need_matrix(columns)
    fixed = columns.instance.other_need + columns.instance.bond
    funds = own_funds(columns)
    governments = range(len(funds)) if floor > 0 else []

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        values, duties = row(matrix, g)
        coefficients = [1.0, *(-floor * value for value in values)]
        terms = [model.grant[g], *(model.y[n] for n in duties)]
        return linear(coefficients, terms) >= float(floor * fixed[g] - funds[g])

    model.E1 = pyo.Constraint(governments, rule=rule)
