"""Responsibility: which tier answers for a service, by rule group (R1, R6)."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo

from optimization.model.columns import Columns
from optimization.model.expressions import linear


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """y[n] = 1 when the tier of duty n = (service, group, tier) is responsible.

    (R6) y exists only for tiers that the service table allows for every class of the group.
    """
    model.y = pyo.Var(range(len(columns.duties)), domain=pyo.Binary)


def one_responsible_tier(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(R1) sum_t y[s,k,t] = 1: one responsible tier for each service in each group (clarity)."""
    tiers: dict[tuple[int, int], list[int]] = {}
    for number, (s, k, _) in enumerate(columns.duties):
        tiers.setdefault((s, k), []).append(number)

    def rule(model: pyo.ConcreteModel, s: int, k: int) -> Any:
        numbers = tiers[s, k]
        return linear([1.0] * len(numbers), [model.y[n] for n in numbers]) == 1.0

    model.R1 = pyo.Constraint(list(tiers), rule=rule)
