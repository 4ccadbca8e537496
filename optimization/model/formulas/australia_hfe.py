"""Australia's equalisation: need less revenue plus an equal sum per head, with a floor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo

from optimization.ledger.allocation import Figures, fixed_pool_share, position_of
from optimization.ledger.formulas import australia_hfe as arithmetic
from optimization.model.columns import Columns
from optimization.model.expressions import total
from optimization.model.need import need_bounds
from optimization.model.taxes import capacity_bounds

__all__ = ["add_rows", "bounds"]


def _gap_bounds(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    need_low, need_high = need_bounds(columns)
    capacity_low, capacity_high = capacity_bounds(columns)
    return need_low - capacity_high, need_high - capacity_low


def _floor(columns: Columns, here: np.ndarray) -> tuple[np.ndarray, float]:
    instance = columns.instance
    zero = np.zeros(len(instance.case.governments))
    assigned, pool_share = instance.tax.assigned[0], fixed_pool_share(instance)
    position = position_of(instance, here, Figures(zero, zero, zero, assigned, pool_share))
    return arithmetic.floor(position), position.envelope


def _per_head_bounds(columns: Columns, here: np.ndarray) -> tuple[float, float]:
    """Range of the equal sum per head c: with the sum of max(floor, gap + c pop) at the envelope."""
    low, high = (bound[here] for bound in _gap_bounds(columns))
    _, envelope = _floor(columns, here)
    people = columns.instance.population[here]
    return -float((high / people).max()), float((envelope - low.sum()) / people.sum())


def bounds(columns: Columns, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least: the floor. Most: the largest gap with the largest sum per head."""
    floor, _ = _floor(columns, here)
    _, high = (bound[here] for bound in _gap_bounds(columns))
    _, most = _per_head_bounds(columns, here)
    return floor, np.maximum(floor, high + most * columns.instance.population[here])


def add_rows(model: pyo.ConcreteModel, columns: Columns, here: np.ndarray) -> None:
    """(F4) transfer[g] = max(floor[g], need[g] - capacity[g] + c pop[g]) and sum transfer = envelope

    transfer >= floor;  transfer >= gap + c pop;  transfer <= floor + M d;  transfer <= gap + c pop + L (1 - d)
    with M and L from each government's own figures; c is one decision for all.
    """
    people = columns.instance.population
    floor, envelope = _floor(columns, here)
    low, _ = _gap_bounds(columns)
    c_low, c_high = _per_head_bounds(columns, here)
    _, most = bounds(columns, here)
    least = dict(zip(here.tolist(), floor.tolist(), strict=True))
    top = dict(zip(here.tolist(), most.tolist(), strict=True))
    model.equal_sum = pyo.Var(bounds=(c_low, c_high))
    for g in here.tolist():
        model.transfer[g].setlb(least[g])
        model.transfer[g].setub(top[g])
        model.d.add(g)

    def over(model: pyo.ConcreteModel, g: int, *more: tuple[float, Any]) -> Any:
        own = [(1.0, model.transfer[g]), (-1.0, model.need[g]), (1.0, model.capacity[g])]
        return total([*own, (-float(people[g]), model.equal_sum), *more])

    def upper(model: pyo.ConcreteModel, g: int) -> Any:
        room = max(0.0, least[g] - float(low[g]) - c_low * float(people[g]))
        return over(model, g, (room, model.d[g])) <= room

    def at_floor(model: pyo.ConcreteModel, g: int) -> Any:
        return total([(1.0, model.transfer[g]), (-(top[g] - least[g]), model.d[g])]) <= least[g]

    places = here.tolist()
    model.F4_over = pyo.Constraint(places, rule=lambda m, g: over(m, g) >= 0.0)
    model.F4_level = pyo.Constraint(places, rule=upper)
    model.F4_floor = pyo.Constraint(places, rule=at_floor)
    model.F4_sum = pyo.Constraint(
        rule=lambda m: total((1.0, m.transfer[g]) for g in places) == float(envelope)
    )
