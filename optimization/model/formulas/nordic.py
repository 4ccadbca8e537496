"""Nordic equalisation: symmetric on revenue and on need, so linear without a switch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo

from optimization.model.columns import Columns
from optimization.model.expressions import total
from optimization.model.money import own_revenue
from optimization.model.need import need_bounds


def weights(columns: Columns, here: np.ndarray) -> np.ndarray:
    """Matrix (here, here) that turns amounts into what each would have at its tiers' means: the
    linear form of `Position.expected`."""
    instance = columns.instance
    tiers, people = instance.tiers_held[here], instance.population[here]
    single = tiers.sum(axis=1) == 1
    result = np.zeros((len(here), len(here)))
    for t in range(tiers.shape[1]):
        of_mean = (tiers[:, t] == 1) & single
        if of_mean.any():
            result += np.outer(tiers[:, t] * people, of_mean / people[of_mean].sum())
    return result


def bounds(columns: Columns, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wide bounds from each government's own figures and the means' ranges."""
    p = columns.instance.case.parameters
    low, high = (bound[here] for bound in need_bounds(columns))
    tax = columns.instance.tax
    least, most = ((tax.base @ a + tax.fixed)[here] for a in tax.assigned)
    mean = weights(columns, here)
    rate, level, need_rate = p("nordic_rate"), p("nordic_level"), p("nordic_need_rate")
    lower = rate * (level * (mean @ least) - most) + need_rate * (low - mean @ high)
    upper = rate * (level * (mean @ most) - least) + need_rate * (high - mean @ low)
    return lower, upper


def add_rows(model: pyo.ConcreteModel, columns: Columns, here: np.ndarray) -> None:
    """(F4) transfer[g] = rate x (level x mean revenue - own revenue) + need_rate x (need - mean need)

    The two means are variables of their own, one each for a tier, so that rows stay short.
    """
    instance = columns.instance
    p = instance.case.parameters
    rate, level, need_rate = p("nordic_rate"), p("nordic_level"), p("nordic_need_rate")
    revenue = own_revenue(columns)
    tiers, people = instance.tiers_held, instance.population
    single = here[tiers[here].sum(axis=1) == 1]
    kept = [t for t in range(tiers.shape[1]) if tiers[single, t].any()]
    model.mean_need, model.mean_revenue = pyo.Var(kept), pyo.Var(kept)

    def mean(model: pyo.ConcreteModel, t: int, what: str) -> Any:
        group = single[tiers[single, t] == 1]
        size = float(people[group].sum())
        if what == "need":
            return total([(-1.0, model.mean_need[t]), *((1.0 / size, model.need[g]) for g in group)]) == 0.0
        constant = float(revenue.constant[group].sum()) / size
        terms = [pair for g in group for pair in revenue.terms(model, g, 1.0 / size)]
        return total([(-1.0, model.mean_revenue[t]), *terms]) == -constant

    def transfer(model: pyo.ConcreteModel, g: int) -> Any:
        terms = [(1.0, model.transfer[g]), (-need_rate, model.need[g]), *revenue.terms(model, g, rate)]
        for t in kept:
            if tiers[g, t]:
                terms.append((-rate * level * float(people[g]), model.mean_revenue[t]))
                terms.append((need_rate * float(people[g]), model.mean_need[t]))
        return total(terms) == -rate * float(revenue.constant[g])

    model.F4_mean = pyo.Constraint(kept, ["need", "revenue"], rule=mean)
    model.F4_symmetric = pyo.Constraint(here.tolist(), rule=transfer)
