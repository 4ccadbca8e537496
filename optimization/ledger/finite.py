"""Every figure a question is made of is a number: where one is not, the place, the figure and the year are named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from optimization.costs.provision import COMPONENTS
from optimization.dictionary.tiers import TIERS
from optimization.errors import Problem
from optimization.ledger.instance import Instance

Figures = tuple[str, np.ndarray, Any, Any]
"""What it is, the figures (rows, columns) or (rows,), and what rows and columns are called."""


def finite_problems(instance: Instance) -> Iterator[Problem]:
    """A fault for every figure of any year that is no finite number."""
    horizon = instance.horizon
    years = [(instance.case.fiscal_year, instance)]
    if horizon is not None:
        years += zip(horizon.years[1:], horizon.later, strict=True)
    for year, each in years:
        for what, figures, rows, columns in _figures(each):
            if np.isfinite(figures).all():
                continue
            for row, *column in np.argwhere(~np.isfinite(figures)):
                name = columns[column[0]] if column else ""
                where = f"{what} of {name}" if name else what
                message = f"{where} in {year} cannot be worked out: it comes to {figures[(row, *column)]}"
                remedy = f"correct what it is made of: figures, projections and parameters of {rows[row]}"
                yield Problem("case", message, remedy, row=str(rows[row]), column=name or what)


def _figures(instance: Instance) -> Iterator[Figures]:
    """All figures of one year that enter the program or the accounts."""
    case, costs = instance.case, instance.costs
    places, services, governments = case.codes, instance.services, case.governments.index
    money = [name for name in case.governments if name.endswith("_million_yen")]
    yield "the account", case.governments[money].to_numpy(float), governments, money
    yield "the tax base", instance.tax.base, governments, instance.tax.names
    yield "other cost", instance.other_cost, governments, ()
    yield "the fixed cost of a unit", costs.unit_fixed, services, ()
    for tier in TIERS:
        yield f"recognised need ({tier})", instance.formula_need[tier], places, services
        for name in COMPONENTS:
            yield f"{name} cost ({tier})", getattr(costs.by_tier[tier], name), places, services
    hubs = instance.bodies.table["hub"].array
    for name in COMPONENTS:
        yield f"{name} cost (bodies)", getattr(costs.bodies, name), hubs, costs.wide_services
