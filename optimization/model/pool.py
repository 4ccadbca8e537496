"""The money the nation gives: the pool of the allocation tax (F5) and the national limit (F6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimization.case.case import NATION
from optimization.ledger.allocation import pool_range
from optimization.model.columns import LOCAL_TIERS, Columns
from optimization.model.expressions import BILLION, total
from optimization.model.need import Guarantee


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """sigma[n] share of national tax n that feeds the pool."""
    low, high = pool_range(columns.instance)
    model.sigma = pyo.Var(range(len(low)), bounds=lambda _, n: (float(low[n]), float(high[n])))


def pool(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F5) sum_g transfer[g] + corrections <= pool + (1 - special) x sum_n (sigma[n] - law[n]) x yield[n]

    What is left over goes to the special allocation, as the law says (Art. 6-3). The row is in billion yen.
    """
    terms, room = pool_row(model, columns)
    model.F5 = pyo.Constraint(rule=lambda m: total(terms) <= room)


def pool_row(model: pyo.ConcreteModel, columns: Columns) -> tuple[list[tuple[float, Any]], float]:
    """Left and right side of F5, billion yen."""
    instance = columns.instance
    taxes = instance.case.national_taxes
    ordinary = (1.0 - instance.case.national["special_share"]) * taxes["yield_million_yen"].to_numpy(float)
    law = float(ordinary @ taxes["pool_share"].to_numpy(float))
    room = instance.settings["pool.ordinary_million_yen"] - float(instance.residual.sum()) - law
    terms: list[tuple[float, Any]] = [(1.0, v) for v in model.transfer.values()]
    terms += [(-float(ordinary[n]), v) for n, v in model.sigma.items()]
    return _in_billion(terms), BILLION * room


def national_cost(columns: Columns) -> np.ndarray:
    """What each duty costs the nation, shape (duties,): its earmarked share of a local tier's standard
    cost, the whole budget cost of its own services."""
    instance = columns.instance
    zeros = np.zeros(len(instance.case.codes), dtype=int)
    value = {t: instance.costs.by_tier[t].standard * instance.national_share for t in LOCAL_TIERS}
    value[NATION] = instance.costs.by_tier[NATION].budget
    matrix = columns.duty_matrix(value, dict.fromkeys(value, zeros), 1)
    return np.asarray(matrix.toarray()[0])


def national_limit(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F6) sum over duties of national cost y + units + guarantees beyond today's share
    + sum_g transfer[g] + corrections + taxes handed over, sum_j (theta[j] - 1) x base[j]  <=  limit

    and the shortfall of the year, in a later one (H1)."""
    instance = columns.instance
    tax = instance.tax
    cost = national_cost(columns)
    units = [(m, s) for m, (tier, _, s, _) in enumerate(columns.unit_rows) if tier == NATION]
    terms = [(float(cost[n]), model.y[n]) for n in np.flatnonzero(cost).tolist()]
    terms += [(float(instance.costs.unit_fixed[s]), model.u[m]) for m, s in units]
    terms += [(1.0, v) for v in model.transfer.values()]
    terms += Guarantee(model, columns).total()
    terms += [(float(tax.total[j]), v) for j, v in model.theta.items()]
    fixed = np.setdiff1d(np.arange(len(tax.names)), tax.free)
    handed = float(tax.total[fixed] @ (tax.assigned[0][fixed] - 1.0)) - float(tax.total[tax.free].sum())
    limit = instance.settings["nation.limit_million_yen"] - float(instance.residual.sum()) - handed
    over = [(-1.0, model.shortfall)] if instance.bond_share is not None else []
    model.F6 = pyo.Constraint(rule=lambda m: total(_in_billion(terms) + over) <= BILLION * limit)


def _in_billion(terms: list[tuple[float, Any]]) -> list[tuple[float, Any]]:
    return [(BILLION * coefficient, variable) for coefficient, variable in terms]
