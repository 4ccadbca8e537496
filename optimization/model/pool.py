"""The money the nation gives: the pool of the allocation tax (F5) and the national limit (F6)."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from optimization.case.case import NATION
from optimization.model.columns import LOCAL_TIERS, Columns
from optimization.model.expressions import linear


def pool(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F5) sum_g grant[g] + corrections <= pool of the ordinary allocation

    What is left over goes to the special allocation, as the law says (Art. 6-3).
    """
    instance = columns.instance
    room = instance.settings["pool.ordinary_million_yen"] - float(instance.residual.sum())
    grants = list(model.grant.values())
    model.F5 = pyo.Constraint(rule=lambda m: linear([1.0] * len(grants), grants) <= room)


def national_cost(columns: Columns) -> np.ndarray:
    """What each duty costs the nation, shape (duties,): its share of a local tier's standard cost,
    the whole budget cost of its own services."""
    instance = columns.instance
    zeros = np.zeros(len(instance.case.codes), dtype=int)
    value = {t: instance.costs.by_tier[t].standard * instance.national_share for t in LOCAL_TIERS}
    value[NATION] = instance.costs.by_tier[NATION].budget
    matrix = columns.duty_matrix(value, dict.fromkeys(value, zeros), 1)
    return np.asarray(matrix.toarray()[0])


def national_limit(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F6) sum over duties of national cost y + units + sum_g grant[g] + corrections <= limit"""
    instance = columns.instance
    cost = national_cost(columns)
    duties = np.flatnonzero(cost).tolist()
    units = [(m, s) for m, (tier, _, s, _) in enumerate(columns.unit_rows) if tier == NATION]
    grants = list(model.grant.values())
    coefficients = [
        *cost[duties],
        *(float(instance.costs.unit_fixed[s]) for _, s in units),
        *([1.0] * len(grants)),
    ]
    terms = [*(model.y[n] for n in duties), *(model.u[m] for m, _ in units), *grants]
    limit = instance.settings["nation.limit_million_yen"] - float(instance.residual.sum())
    model.F6 = pyo.Constraint(rule=lambda m: linear(coefficients, terms) <= limit)
