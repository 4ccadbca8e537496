"""Capacity: what the standard revenue counts of local taxes (F2), and what is kept (D3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimization.model.columns import Columns
from optimization.model.expressions import linear

SHARES = ("formula.counted_share", "formula.counted_share_prefecture")


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """rho[0], rho[1] share of municipal and prefectural taxes counted; capacity[g] standard revenue."""
    settings = columns.instance.settings
    model.rho = pyo.Var(range(2), bounds=lambda _, t: tuple(settings[SHARES[t]]))
    model.capacity = pyo.Var(range(len(columns.instance.case.governments)))


def standard_revenue(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F2) capacity[g] = sum_t rho[t] x tax base[g,t] + revenue counted in full[g]"""
    base, full = columns.instance.tax_base, columns.instance.full_counted

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        coefficients, variables = [1.0], [model.capacity[g]]
        for t in np.flatnonzero(base[g]).tolist():
            coefficients.append(-base[g, t])
            variables.append(model.rho[t])
        return linear(coefficients, variables) == float(full[g])

    model.F2 = pyo.Constraint(range(len(full)), rule=rule)


def retention(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(D3) 1 - rho[t] >= retention_floor"""
    floor = columns.instance.settings["discipline.retention_floor"]
    tiers = range(2) if floor > 0 else []
    model.D3 = pyo.Constraint(tiers, rule=lambda m, t: linear([1.0], [m.rho[t]]) <= 1.0 - floor)


def capacity_bounds(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least and most standard revenue of each government within the package's shares, shape (G,)."""
    base, full = columns.instance.tax_base, columns.instance.full_counted
    low, high = np.array([columns.instance.settings[name] for name in SHARES]).T
    return base @ low + full, base @ high + full
