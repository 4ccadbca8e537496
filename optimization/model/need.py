"""Standard financial need follows responsibility (F1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
from scipy import sparse

from optimization.case.case import TIERS
from optimization.model.columns import LOCAL_TIERS, Columns
from optimization.model.expressions import linear, row


def need_matrix(columns: Columns) -> sparse.csr_matrix:
    """Unrevised standard need that each duty brings to each government, shape (G, duties)."""
    instance = columns.instance
    government = {t: instance.paying_government(t) for t in LOCAL_TIERS}
    need = {t: instance.standard_need[t] for t in LOCAL_TIERS}
    return columns.duty_matrix(need, government, len(instance.case.governments))


def revised_services(columns: Columns) -> list[int]:
    """Services whose unit cost the package frees (all of the table, or none)."""
    low, high = columns.instance.settings["formula.unit_cost_revision"]
    return list(range(len(columns.instance.services))) if high > low else []


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """need[g] standard need after revision; kappa[s] revision of the unit cost, and
    w[n] = kappa[s] x y[n] for the duties of local tiers when it is free."""
    low, high = columns.instance.settings["formula.unit_cost_revision"]
    free = set(revised_services(columns))
    local = [n for n, (s, _, t) in enumerate(columns.duties) if s in free and t in TIERS[:3]]
    model.need = pyo.Var(range(len(columns.instance.case.governments)))
    model.kappa = pyo.Var(sorted(free), bounds=(low, high))
    model.w = pyo.Var(local, bounds=(0.0, high))


def standard_need(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F1) need[g] = other_need[g] + sum over duties of kappa[s] y[n] x standard need[g,n]

    With the revision fixed, kappa is a number; freed, w[n] stands for the product.
    """
    matrix = need_matrix(columns)
    other = columns.instance.other_need
    revision = columns.instance.settings["formula.unit_cost_revision"][0]

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        values, duties = row(matrix, g)
        if len(model.w):
            terms, factor = [model.w[n] for n in duties], 1.0
        else:
            terms, factor = [model.y[n] for n in duties], revision
        coefficients = [1.0, *(-factor * value for value in values)]
        return linear(coefficients, [model.need[g], *terms]) == float(other[g])

    model.F1 = pyo.Constraint(range(len(other)), rule=rule)


def revision_product(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F1) w = kappa x y exactly, kappa in [lo, hi] and y binary (McCormick):

    lo y <= w <= hi y,   kappa - hi (1 - y) <= w <= kappa - lo (1 - y)
    """
    low, high = columns.instance.settings["formula.unit_cost_revision"]
    rows = {
        "at_least_lo": (lambda w, k, y: linear([-1.0, low], [w, y]), 0.0),
        "at_most_hi": (lambda w, k, y: linear([1.0, -high], [w, y]), 0.0),
        "near_kappa_below": (lambda w, k, y: linear([-1.0, 1.0, high], [w, k, y]), high),
        "near_kappa_above": (lambda w, k, y: linear([1.0, -1.0, -low], [w, k, y]), -low),
    }

    def rule(model: pyo.ConcreteModel, n: int, name: str) -> Any:
        make, bound = rows[name]
        return make(model.w[n], model.kappa[columns.duties[n][0]], model.y[n]) <= bound

    model.F1w = pyo.Constraint(list(model.w), list(rows), rule=rule)


def choice_bounds(matrix: sparse.csr_matrix, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least and most of a sum over duties when one tier is chosen for each service and group, row by
    row of `matrix` (rows, duties), each row on its own."""
    by_column = matrix.tocsc()
    low, high = np.zeros(matrix.shape[0]), np.zeros(matrix.shape[0])
    by_duty: dict[tuple[int, int], list[int]] = {}
    for number, (s, k, _) in enumerate(columns.duties):
        by_duty.setdefault((s, k), []).append(number)
    for numbers in by_duty.values():
        choice = by_column[:, numbers]
        touched = np.unique(choice.indices)
        values = choice[touched].toarray()
        low[touched] += values.min(axis=1)
        high[touched] += values.max(axis=1)
    return low, high


def need_bounds(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least and most need each government can have under any choice of duties, shape (G,) each."""
    low_factor, high_factor = columns.instance.settings["formula.unit_cost_revision"]
    low, high = choice_bounds(need_matrix(columns), columns)
    return columns.instance.other_need + low_factor * low, columns.instance.other_need + high_factor * high
