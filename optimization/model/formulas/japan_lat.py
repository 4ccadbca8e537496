"""Japan's local allocation tax: the shortfall of revenue against need, cut by the adjustment rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo

from optimization.ledger.allocation import SETTLED, rate_is_free, rate_range
from optimization.model.adjustment import shortfall_bounds
from optimization.model.columns import Columns
from optimization.model.expressions import total
from optimization.model.formulas import settled
from optimization.model.need import need_bounds


def gap_bounds(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least and most of (1 - rate) need - capacity for each government, shape (G,), within the range of the rate."""
    return shortfall_bounds(columns, need_bounds(columns))


def bounds(columns: Columns, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and most grant of the governments served."""
    if columns.instance.settings[SETTLED]:
        return settled.bounds(columns, here)
    low, high = gap_bounds(columns)
    return np.maximum(0.0, low[here]), np.maximum(0.0, high[here])


def add_rows(model: pyo.ConcreteModel, columns: Columns, here: np.ndarray) -> None:
    """(F4) transfer[g] = max(0, (1 - rate) need[g] - capacity[g]), exactly

    gap >= 0 always:   transfer = gap
    gap <= 0 always:   transfer = 0
    else:              transfer >= gap;  transfer <= gap - gap_lo (1 - d);  transfer <= gap_hi d
    with the bounds of the gap taken from each government's own figures. Where the rate is free, need[g] is the part of
    need that is kept (F1).
    """
    settings = columns.instance.settings
    if settings[SETTLED]:
        settled.add_rows(model, columns, here)
        return
    factor = 1.0 if rate_is_free(settings) else 1.0 - rate_range(settings)[0]
    low, high = gap_bounds(columns)
    for g in here.tolist():
        model.transfer[g].setlb(0.0)
        model.transfer[g].setub(max(0.0, float(high[g])))
    switched = [g for g in here.tolist() if low[g] < 0 < high[g]]
    always = [g for g in here.tolist() if low[g] >= 0 and high[g] > 0]
    for g in switched:
        model.d.add(g)

    def less_gap(model: pyo.ConcreteModel, g: int, *more: tuple[float, Any]) -> Any:
        return total([(1.0, model.transfer[g]), (-factor, model.need[g]), (1.0, model.capacity[g]), *more])

    def upper(model: pyo.ConcreteModel, g: int) -> Any:
        return less_gap(model, g, (-float(low[g]), model.d[g])) <= -float(low[g])

    def switch(model: pyo.ConcreteModel, g: int) -> Any:
        return total([(1.0, model.transfer[g]), (-float(high[g]), model.d[g])]) <= 0.0

    model.F4_always = pyo.Constraint(always, rule=lambda m, g: less_gap(m, g) == 0.0)
    model.F4_lower = pyo.Constraint(switched, rule=lambda m, g: less_gap(m, g) >= 0.0)
    model.F4_upper = pyo.Constraint(switched, rule=upper)
    model.F4_switch = pyo.Constraint(switched, rule=switch)
