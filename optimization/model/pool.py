"""The money the nation gives: what the pool of the allocation tax (F5) and the national limit (F6) speak of.

The limits themselves are statements of `rules.fiscal`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo

from optimization.dictionary.tiers import LOCAL_TIERS, NATION
from optimization.ledger.allocation import pool_range
from optimization.model.affine import Affine, block, constraint, fixed, rows
from optimization.model.columns import Columns
from optimization.model.expressions import total
from optimization.model.money import guarantee, special, transfer
from optimization.reading.units import MILLION_IN_BILLION


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """sigma[n] share of national tax n that feeds the pool; and the accounts."""
    low, high = pool_range(columns.instance)
    model.sigma = pyo.Var(range(len(low)), bounds=lambda _, n: (float(low[n]), float(high[n])))
    add_accounts(model, columns)


def add_accounts(model: pyo.ConcreteModel, columns: Columns) -> None:
    """left[0] what the formula leaves of the pool, billion yen, where it is paid out as special allocation."""
    model.left = pyo.Var(range(int(columns.instance.pays_special)), bounds=(0.0, None))


def paid_out(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F5special) left = pool - sum_g transfer[g] - corrections: it is in the funds of those who receive today, by
    their need of today, and in the nation's outlay"""
    if columns.instance.pays_special:
        rest = block("left", np.array([1.0])) - MILLION_IN_BILLION * released(columns)
        model.F5special = constraint(rows(model, [None], rest, 0.0, "=="))


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


def released(columns: Columns) -> Affine:
    """What the formula leaves of the pool, (1,)."""
    pool = fixed(np.array([columns.instance.settings["pool.ordinary_million_yen"]]))
    return pool + pool_added(columns) - paid(columns).summed(_everyone(columns))


def handed_over(columns: Columns) -> Affine:
    """National taxes that the nation hands over (or, below 0, takes back), (1,)."""
    tax = columns.instance.tax
    return block("theta", tax.total[tax.free], float(tax.total @ (tax.settled - 1.0)))


def _everyone(columns: Columns) -> list[np.ndarray]:
    return [np.arange(len(columns.instance.case.governments))]


def used_up(model: pyo.ConcreteModel, columns: Columns, switch: Any) -> Any:
    """allocation >= pool - M (1 - switch): where a switch is on nothing is left of the pool, billion yen."""
    drawn = MILLION_IN_BILLION * (paid(columns).summed(_everyone(columns)) - pool_added(columns))
    room = MILLION_IN_BILLION * columns.instance.settings["pool.ordinary_million_yen"] - float(
        drawn.constant[0]
    )
    most = room + MILLION_IN_BILLION * float(ordinary_yield(columns) @ pool_range(columns.instance)[1])
    return total([*drawn.terms(model, 0), (-most, switch)]) >= room - most


def national_cost(columns: Columns) -> np.ndarray:
    """What each duty costs the nation, shape (duties,): its earmarked share of a local tier's standard
    cost, the whole budget cost of its own services and the debt service that goes along with them."""
    instance = columns.instance
    zeros = np.zeros(len(instance.case.codes), dtype=int)
    value = {t: instance.costs.by_tier[t].standard * instance.national_share for t in LOCAL_TIERS}
    value[NATION] = instance.costs.by_tier[NATION].budget + instance.of_works(instance.asset_debt_service)
    matrix = columns.duty_matrix(value, dict.fromkeys(value, zeros), 1)
    return np.asarray(matrix.toarray()[0])


def national_outlay(columns: Columns) -> Affine:
    """What the nation pays, (1,): earmarked shares and guarantees, its own services and their units, the allocation
    with corrections and what is paid out as special allocation, and the taxes it hands over (or, below 0, takes
    back)."""
    national = np.array([unit.tier == NATION for unit in columns.unit_rows], dtype=float)
    units = np.asarray(columns.unit_cost.sum(axis=0)).ravel() * national
    given = (paid(columns) + special(columns) + guarantee(columns)).summed(_everyone(columns))
    own = block("y", national_cost(columns)) + block("u", units)
    return own + given + handed_over(columns)


def national_shortfall(columns: Columns) -> Affine:
    """What the nation borrows in a later year, (1,); nothing in the first."""
    if columns.instance.bond_share is None:
        return fixed(np.zeros(1))
    return block("shortfall", np.array([1.0 / MILLION_IN_BILLION]))
