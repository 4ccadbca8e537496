"""A program under other limits: the rows of the limits that changed are written anew, all else stays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

import pyomo.core as pyo

from optimization.dictionary.typed_settings import Settings
from optimization.ledger.instance import richer_by
from optimization.model.columns import Columns
from optimization.model.model import WEIGHTS, components, rewrite
from optimization.outcome.master import MasterProblem
from optimization.solving.standard_form import StandardForm, with_cost, with_rows

Known = TypeVar("Known")


def under(table: Columns, settings: Settings) -> Columns:
    """Index tables of the columns under other limits, in every year. What has been worked out of question and columns
    stays: none of it depends on a limit, but for the weights under which today is judged."""
    horizon = table.instance.horizon
    later: dict[int, Columns] = {}
    if horizon is not None:
        years = zip(table.later.items(), horizon.richer, strict=True)
        later = {year: under(part, richer_by(growth, settings)) for (year, part), growth in years}
        horizon = replace(horizon, later=tuple(part.instance for part in later.values()))
    changed = replace(table.instance, settings=settings, horizon=horizon)
    instance = with_what_is_known(table.instance, changed, without=("as_today",))
    other = with_what_is_known(table, replace(table, instance=instance), without=("later",))
    vars(other)["later"] = later
    return other


def with_what_is_known(old: Known, changed: Known, without: Collection[str]) -> Known:
    """A changed copy with what its original has worked out, its cached properties, but for some of them."""
    cached = {name for name in vars(old) if isinstance(getattr(type(old), name, None), cached_property)}
    vars(changed).update({name: vars(old)[name] for name in cached.difference(without)})
    return changed


def under_limits(
    problem: MasterProblem, settings: Settings, changed: Collection[str]
) -> MasterProblem | None:
    """A master problem under settings that differ in the limits `changed`; None when a rule has other rows then than
    before, or a setting stands in others too. The Pyomo model is one: what was asked of it before is asked no more."""
    columns = under(problem.columns, settings)
    form = rewritten(problem.form, problem.model, columns, changed)
    return None if form is None else MasterProblem(columns, problem.model, form)


def rewritten(
    form: StandardForm, model: pyo.ConcreteModel, table: Columns, changed: Collection[str]
) -> StandardForm | None:
    """A program with the rows (or the objective) of the changed settings written anew; None when a rule has other
    rows than before, or a setting stands in others too."""
    if table.later and not set(WEIGHTS).isdisjoint(changed):
        return None
    names = components(table, changed)
    before = {name: [form.constraints[n].index() for n in form.rows_of(name)] for name in names}
    try:
        rewrite(model, table, changed)
    except ValueError:  # columns that a limit needs do not exist while it is off
        return None
    for name in names:
        component = model.find_component(name)
        rows = [] if name == "total_cost" else list(component.values())
        if {row.index() for row in rows} != set(before[name]):
            return None
        rows = [component[index] for index in before[name]]
        try:
            form = with_cost(form, component) if name == "total_cost" else with_rows(form, name, rows)
        except ValueError:
            return None
    return form
