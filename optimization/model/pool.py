"""The money the nation gives: what the pool of the allocation tax (F5) and the national limit (F6) speak of.

The limits themselves are statements of `rules.fiscal`.
"""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from optimization.dictionary.tiers import LOCAL_TIERS, NATION
from optimization.ledger.allocation import pool_range
from optimization.model.affine import Affine, block, fixed
from optimization.model.columns import Columns
from optimization.model.money import guarantee, transfer
from optimization.reading.units import MILLION_IN_BILLION


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """sigma[n] share of national tax n that feeds the pool."""
    low, high = pool_range(columns.instance)
    model.sigma = pyo.Var(range(len(low)), bounds=lambda _, n: (float(low[n]), float(high[n])))


def ordinary_yield(columns: Columns) -> np.ndarray:
    """What the whole of each national tax would bring to the ordinary pool, shape (N,), million yen."""
    case = columns.instance.case
    return (1.0 - case.national["special_share"]) * case.national_taxes["yield_million_yen"].to_numpy(float)


def pool_added(columns: Columns) -> Affine:
    """What other shares of national taxes than the law's bring to the pool, (1,)."""
    ordinary = ordinary_yield(columns)
    law = columns.instance.case.national_taxes["pool_share"].to_numpy(float)
    return block("sigma", ordinary, -float(ordinary @ law))


def paid(columns: Columns) -> Affine:
    """Transfer with the corrections of earlier years, (G,)."""
    return transfer(columns) + fixed(columns.instance.residual)


def national_cost(columns: Columns) -> np.ndarray:
    """What each duty costs the nation, shape (duties,): its earmarked share of a local tier's standard
    cost, the whole budget cost of its own services."""
    instance = columns.instance
    zeros = np.zeros(len(instance.case.codes), dtype=int)
    value = {t: instance.costs.by_tier[t].standard * instance.national_share for t in LOCAL_TIERS}
    value[NATION] = instance.costs.by_tier[NATION].budget
    matrix = columns.duty_matrix(value, dict.fromkeys(value, zeros), 1)
    return np.asarray(matrix.toarray()[0])


def national_outlay(columns: Columns) -> Affine:
    """What the nation pays, (1,): earmarked shares and guarantees, its own services and their units, the allocation
    with corrections, and the taxes it hands over (or, below 0, takes back)."""
    instance, tax = columns.instance, columns.instance.tax
    everyone = [np.arange(len(instance.case.governments))]
    units = [float(instance.costs.unit_fixed[s]) if t == NATION else 0.0 for t, _, s, _ in columns.unit_rows]
    given = (paid(columns) + guarantee(columns)).summed(everyone)
    assigned = tax.assigned[0].copy()
    assigned[tax.free] = 0.0
    handed = block("theta", tax.total[tax.free], float(tax.total @ (assigned - 1.0)))
    own = block("y", national_cost(columns)) + block("u", np.array(units, dtype=float))
    return own + given + handed


def national_shortfall(columns: Columns) -> Affine:
    """What the nation borrows in a later year, (1,); nothing in the first."""
    if columns.instance.bond_share is None:
        return fixed(np.zeros(1))
    return block("shortfall", np.array([1.0 / MILLION_IN_BILLION]))
