"""Clarity: how many tiers answer for one service across the country, how many duties change hands."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from optimization.ledger.measures import NO_CHANGES_CEILING
from optimization.model.columns import Columns
from optimization.model.expressions import total


def tiers_per_service(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(R1) y[s,k,t] <= used[s,t];  sum_t used[s,t] <= clarity.tiers_per_service"""
    limit = columns.instance.settings["clarity.tiers_per_service"]
    pairs: dict[tuple[int, str], list[int]] = {}
    for n, (s, _, t) in enumerate(columns.duties):
        pairs.setdefault((s, t), []).append(n)
    tiers: dict[int, list[str]] = {}
    for s, t in pairs:
        tiers.setdefault(s, []).append(t)
    crowded = [s for s, names in tiers.items() if len(names) > limit]
    index = [(s, t) for s in crowded for t in tiers[s]]
    model.used = pyo.Var(index, domain=pyo.Binary)
    rows = [(s, t, n) for s, t in index for n in pairs[s, t]]

    def linked(model: pyo.ConcreteModel, s: int, t: str, n: int) -> Any:
        return total([(1.0, model.y[n]), (-1.0, model.used[s, t])]) <= 0.0

    def few(model: pyo.ConcreteModel, s: int) -> Any:
        return total((1.0, model.used[s, t]) for t in tiers[s]) <= float(limit)

    model.R1_used = pyo.Constraint(rows, rule=linked)
    model.R1_few = pyo.Constraint(crowded, rule=few)


def changes(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(R9) sum_{s,k} (1 - y[s,k,today's tier]) <= clarity.changes_ceiling"""
    limit, home = columns.instance.settings["clarity.changes_ceiling"], columns.instance.groups.home
    duties = {(s, k) for s, k, _ in columns.duties}
    stay = [(-1.0, model.y[n]) for n, (s, _, t) in enumerate(columns.duties) if t == home[s]]
    rows = range(limit < NO_CHANGES_CEILING)
    model.R9 = pyo.Constraint(rows, rule=lambda m, _: total(stay) <= float(limit - len(duties)))
