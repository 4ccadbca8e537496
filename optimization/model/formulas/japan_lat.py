"""Japan's local allocation tax: the shortfall of revenue against need, cut by the adjustment rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimization.model.columns import Columns
from optimization.model.expressions import linear
from optimization.model.need import need_bounds
from optimization.model.taxes import capacity_bounds


def gap_bounds(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least and most of (1 - rate) need - capacity for each government, shape (G,)."""
    factor = 1.0 - columns.instance.settings["formula.adjustment_rate"]
    need_low, need_high = need_bounds(columns)
    capacity_low, capacity_high = capacity_bounds(columns)
    return factor * need_low - capacity_high, factor * need_high - capacity_low


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """grant[g] >= 0, and d[g] = 1 if g receives, only where the sign of the gap can change."""
    low, high = gap_bounds(columns)
    count = len(low)
    model.grant = pyo.Var(range(count), bounds=lambda _, g: (0.0, max(0.0, float(high[g]))))
    model.d = pyo.Var(np.flatnonzero((low < 0) & (high > 0)).tolist(), domain=pyo.Binary)


def grant(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F4) grant[g] = max(0, (1 - rate) need[g] - capacity[g]), exactly

    gap >= 0 always:   grant = gap
    gap <= 0 always:   grant = 0 (by its bound)
    else:              grant >= gap;  grant <= gap - gap_lo (1 - d);  grant <= gap_hi d
    with the bounds of the gap taken from each government's own figures.
    """
    factor = 1.0 - columns.instance.settings["formula.adjustment_rate"]
    low, high = gap_bounds(columns)
    open_switch = list(model.d)
    always = np.flatnonzero((low >= 0) & (high > 0)).tolist()

    def less_gap(model: pyo.ConcreteModel, g: int, *more: tuple[float, Any]) -> Any:
        coefficients = [1.0, -factor, 1.0, *(c for c, _ in more)]
        return linear(
            coefficients, [model.grant[g], model.need[g], model.capacity[g], *(v for _, v in more)]
        )

    def upper(model: pyo.ConcreteModel, g: int) -> Any:
        return less_gap(model, g, (-float(low[g]), model.d[g])) <= -float(low[g])

    def switch(model: pyo.ConcreteModel, g: int) -> Any:
        return linear([1.0, -float(high[g])], [model.grant[g], model.d[g]]) <= 0.0

    model.F4_always = pyo.Constraint(always, rule=lambda m, g: less_gap(m, g) == 0.0)
    model.F4_lower = pyo.Constraint(open_switch, rule=lambda m, g: less_gap(m, g) >= 0.0)
    model.F4_upper = pyo.Constraint(open_switch, rule=upper)
    model.F4_switch = pyo.Constraint(open_switch, rule=switch)
