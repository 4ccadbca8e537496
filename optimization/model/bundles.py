"""Bundles: related services for which two tiers answer cost joint work (R11).

An auxiliary column stands only where both services may go to the tier and neither is fixed; elsewhere the cost is
linear in y as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimization.model.columns import Columns
from optimization.model.expressions import total


def bundled(columns: Columns) -> list[tuple[int, int]]:
    """(bundle, group) of every bundle that costs something in a group where it is apart."""
    return [(n, k) for n, k in np.argwhere(columns.instance.joint_work_price > 0).tolist()]


def _options(columns: Columns, n: int, k: int) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Both services of a bundle, each with the tiers open to it in a group."""
    bundles, options = columns.instance.bundles, columns.instance.groups.options
    return tuple((s, options[s, k]) for s in (int(bundles.first[n]), int(bundles.second[n])))


def undecided(columns: Columns) -> list[tuple[int, int, str]]:
    """(bundle, group, tier) of every tier open to both services of a bundle, where neither of them is fixed."""
    return [
        (n, k, t)
        for n, k in bundled(columns)
        for (_, one), (_, other) in [_options(columns, n, k)]
        if min(len(one), len(other)) > 1
        for t in one
        if t in other
    ]


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """apart[n,k,t] >= 0: by how much the first service of bundle n is more with tier t in group k than the second."""
    model.apart = pyo.Var(undecided(columns), domain=pyo.NonNegativeReals)


def apart_by_tier(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(R11) apart[n,k,t] >= y[s,k,t] - y[s',k,t]   for the services s, s' of bundle n

    so that sum_t apart = 1/2 sum_t |y[s,k,t] - y[s',k,t]|: 1 where two tiers answer for the bundle, 0 where one does.
    """
    duties, bundles = columns.duty_number, columns.instance.bundles

    def rule(model: pyo.ConcreteModel, n: int, k: int, t: str) -> Any:
        one, other = (model.y[duties[int(s[n]), k, t]] for s in (bundles.first, bundles.second))
        return total([(1.0, model.apart[n, k, t]), (-1.0, one), (1.0, other)]) >= 0.0

    model.R11 = pyo.Constraint(list(model.apart), rule=rule)


def joint_work(model: pyo.ConcreteModel, columns: Columns) -> tuple[list[tuple[float, Any]], float]:
    """Terms of the objective and the constant, million yen a year: price[n,k] x sum_t max(0, y[s,k,t] - y[s',k,t])."""
    price, duties = columns.instance.joint_work_price, columns.duty_number
    terms: list[tuple[float, Any]] = []
    constant = 0.0
    for n, k in bundled(columns):
        cost = float(price[n, k])
        (s, one), (other_s, other) = _options(columns, n, k)
        if min(len(one), len(other)) > 1:
            terms += [(cost, model.apart[n, k, t] if t in other else model.y[duties[s, k, t]]) for t in one]
            continue
        constant += cost  # one is fixed to a tier: apart = 1 - y of the other service there
        fixed, free = (one[0], other_s) if len(one) == 1 else (other[0], s)
        if (free, k, fixed) in duties:
            terms.append((-cost, model.y[duties[free, k, fixed]]))
    return terms, constant
