"""Clarity: how many tiers answer for one service across the country, how many duties change hands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo
from scipy import sparse

from optimization.model.affine import Affine, block
from optimization.model.columns import Columns
from optimization.model.expressions import total


def crowded(columns: Columns) -> list[tuple[int, str]]:
    """Services that more tiers may answer for than the package allows, each with these tiers in order."""
    limit = columns.instance.settings["clarity.tiers_per_service"]
    tiers: dict[int, dict[str, None]] = {}
    for s, _, t in columns.duties:
        tiers.setdefault(s, {})[t] = None
    return [(s, t) for s, names in tiers.items() if len(names) > limit for t in names]


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """used[s,t] = 1 when tier t answers for service s in some place, for the crowded services."""
    model.used = pyo.Var(crowded(columns), domain=pyo.Binary)


def used_tiers(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(R1) y[s,k,t] <= used[s,t]"""
    pairs: dict[tuple[int, str], list[int]] = {}
    for n, (s, _, t) in enumerate(columns.duties):
        pairs.setdefault((s, t), []).append(n)

    def linked(model: pyo.ConcreteModel, s: int, t: str, n: int) -> Any:
        return total([(1.0, model.y[n]), (-1.0, model.used[s, t])]) <= 0.0

    model.R1_used = pyo.Constraint([(*pair, n) for pair in model.used for n in pairs[pair]], rule=linked)


def tiers_answering(columns: Columns) -> Affine:
    """Tiers that answer for each crowded service somewhere, (S,); nothing is said of the others."""
    service = np.array([s for s, _ in crowded(columns)], dtype=int)
    shape = len(columns.instance.services), len(service)
    return block(
        "used", sparse.csr_matrix((np.ones(len(service)), (service, np.arange(len(service)))), shape=shape)
    )


def duties_moved(columns: Columns) -> Affine:
    """Duties (service, rule group) whose tier is not today's, (1,)."""
    home = columns.instance.groups.home
    stays = np.array([-1.0 if t == home[s] else 0.0 for s, _, t in columns.duties])
    return block("y", stays, float(len({(s, k) for s, k, _ in columns.duties})))
