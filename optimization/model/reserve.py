"""Bringing dominated pairs back where a balance row gives them a price.

A pair of the reserve costs society no less than its members alone, and may still relieve one member's
budget. With the duals of the relaxation its reduced cost is

    social cost - sum over members of dual(R2[i,s]) + sum over members of dual(D1[g(i)]) x its part

(the dual of its own row R3 may be taken as 0). A pair whose reduced cost is at least the distance
between incumbent and relaxation cannot be part of a better plan; the others come back.
"""

from __future__ import annotations

import numpy as np

from optimization.model.columns import Columns
from optimization.model.discipline import bindable
from optimization.solving.highs import Outcome, Status
from optimization.solving.standard_form import StandardForm


def worth_bringing_back(
    table: Columns, form: StandardForm, outcome: Outcome, restored: np.ndarray
) -> np.ndarray:
    """Positions in the reserve of the pairs that must enter the model, those of `restored` left out.

    Without a usable relaxation (infeasible as it stands, or solved without duals) all come back.
    """
    size = len(table.screening.reserve[0])
    if len(restored) == size:
        return np.zeros(0, dtype=int)
    waiting = np.setdiff1d(np.arange(size), restored)
    if outcome.row_duals is None:
        return waiting if outcome.status in (Status.OPTIMAL, Status.INFEASIBLE) else np.zeros(0, dtype=int)
    cost = reduced_costs(table, form, outcome.row_duals)
    distance = outcome.objective - outcome.relaxation
    return waiting[cost[waiting] < distance]


def reduced_costs(table: Columns, form: StandardForm, duals: np.ndarray) -> np.ndarray:
    """Reduced cost of every pair of the reserve under the duals of the relaxation, shape (pairs,)."""
    instance, costs = table.instance, table.instance.costs
    body, column = table.screening.reserve
    place_dual = _place_duals(table, form, duals)
    balance = _balance_duals(table, form, duals)
    result = np.zeros(len(body))
    social = costs.bodies.social(instance.settings)
    for n, (b, w) in enumerate(zip(body, column, strict=True)):
        members, s = instance.bodies.members(int(b)), costs.wide_columns[w]
        own = costs.own[members, s]
        net = own / own.sum() * costs.bodies.budget[b, w] - own * instance.national_share[s]
        price = place_dual[members, w] * (own > 0)
        result[n] = social[b, w] - price.sum() + balance[members] @ net
    return result


def _place_duals(table: Columns, form: StandardForm, duals: np.ndarray) -> np.ndarray:
    """Dual of R2 at every place (I, W). Where no pair stood in the model, x was y itself: its
    row's dual is the cost of acting alone, its part in the balance row included."""
    instance, costs = table.instance, table.instance.costs
    alone = costs.own[:, costs.wide_columns]
    net = alone * (1.0 - instance.national_share[costs.wide_columns])
    price = instance.settings["weights.provision"] * alone
    price = price + _balance_duals(table, form, duals)[:, None] * net
    for n, constraint in enumerate(form.constraints):
        if constraint.parent_component().local_name == "R2":
            i, w = table.alone[constraint.index()]
            price[i, w] = duals[n]
    return np.asarray(price)


def _balance_duals(table: Columns, form: StandardForm, duals: np.ndarray) -> np.ndarray:
    """Dual of D1 of each municipality's government, shape (I,); 0 where it has no row."""
    by_government = np.zeros(len(table.instance.case.governments))
    if bindable(table):
        for n, constraint in enumerate(form.constraints):
            if constraint.parent_component().local_name == "D1":
                by_government[constraint.index()] = duals[n]
    return by_government[table.instance.municipal_government]
