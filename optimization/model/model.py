"""Wiring: the whole program from its rules. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import pyomo.core as pyo

from optimization.dictionary.typed_settings import SettingKey
from optimization.model import (
    adjustment,
    bundles,
    clarity,
    crisis,
    equity,
    formulas,
    horizon,
    limits,
    need,
    objective,
    places,
    pool,
    provision,
    responsibility,
    taxes,
)
from optimization.model.columns import Columns
from optimization.rules import places as of_places
from optimization.rules.fiscal import ADEQUACY, OWNER, least_released, losers, losses, most_released
from optimization.rules.listed import STATEMENTS

POOL: Final = "pool.ordinary_million_yen"
COST = "total_cost"
VARIABLES = (
    responsibility,
    bundles,
    provision,
    need,
    taxes,
    pool,
    adjustment,
    formulas,
    equity,
    places,
    clarity,
    crisis,
    horizon,
)
"""Families of rules with variables of their own."""

RULES = (
    responsibility.one_responsible_tier,
    bundles.apart_by_tier,
    provision.provided_once,
    provision.body_exists,
    provision.bodies_per_municipality,
    provision.unit_opened,
    need.standard_need,
    need.exact_products,
    adjustment.kept_part_of_duties,
    taxes.standard_revenue,
    taxes.counted_of_assigned,
    taxes.neutral_swaps,
    formulas.allocate,
    pool.paid_out,
    adjustment.rate_when_short,
    equity.deviations,
    equity.path_top_ups,
    places.accounts_of_places,
    places.deviations,
    clarity.used_tiers,
    crisis.one_lead,
    crisis.lead_not_below,
    crisis.lead_apart,
    crisis.pool_shortage,
    crisis.reserve_of_a_lead,
    crisis.joint_response,
    crisis.mutual_aid,
    crisis.tail_of_shortages,
)
"""Rules of the first year that are no limits; the limits are written from their statements after them."""


def build_model(columns: Columns) -> pyo.ConcreteModel:
    """The Pyomo model of one instance."""
    model = pyo.ConcreteModel("role_division_and_fiscal_design")
    for part in VARIABLES:
        part.add_variables(model, columns)
    for rule in RULES:
        rule(model, columns)
    limits.write(model, columns, limits.components(later=False))
    horizon.later_years(model, columns)
    horizon.bond_when_short(model, columns)
    horizon.rate_before_a_bond(model, columns)
    horizon.debts(model, columns)
    objective.total_cost(model, columns, horizon.horizon_cost(model, columns))
    return model


WEIGHTS: tuple[SettingKey, ...] = ("weights.soft_budget", "weights.dulled_incentive")
"""Settings that stand in the objective alone where the plan has no later years, and in other rows too where it has."""

SHAPING = {"clarity.tiers_per_service", "crisis.lead_is_provider", OWNER}
"""Limits on which it hangs which columns there are: used[s,t] only of services that more tiers may answer for,
other_lead only where a package minds who leads, what the pool leaves only where it is paid out."""

REWRITABLE: Mapping[SettingKey, tuple[str, ...]] = {
    **{
        key: tuple(dict.fromkeys(s.component for s in STATEMENTS if s.setting == key))
        for key in dict.fromkeys(s.setting for s in STATEMENTS if not s.by_providers)
        if key not in SHAPING
    },
    **dict.fromkeys(WEIGHTS, (COST,)),
}
"""Settings that stand in the rows of their statements (or in the objective) and nowhere else in the program, with
these components: a change of theirs is made in place. What hangs on who provides is not among them."""


def components(columns: Columns, settings: Collection[str]) -> list[str]:
    """The components in which some settings of `REWRITABLE` stand, those of later years with their block."""
    names = _components(columns, settings)
    later = [
        f"{horizon.block_name(year)}.{name}"
        for year, part in columns.later.items()
        for name in _again(part, names)
    ]
    return [*names, *later]


def _again(part: Columns, names: list[str]) -> list[str]:
    """Which of some components have rows in a later year too."""
    force = [s.component for s in STATEMENTS if not s.decided_once and s.in_force(part.instance.settings)]
    return [name for name in names if name in force]


def _components(columns: Columns, settings: Collection[str]) -> list[str]:
    """Those of the first year and of the whole program."""
    names = [name for key, found in REWRITABLE.items() if key in settings for name in found]
    if ADEQUACY in settings and losers.in_force(columns.instance.settings):
        names.append(losses.component)  # what losers may fall to
    if of_places.COVER in settings and of_places.losers.in_force(columns.instance.settings):
        names.append(of_places.loss.component)  # what places that may lose more may fall to
    if POOL in settings:
        bounds = (least_released, most_released)
        names += [s.component for s in bounds if s.in_force(columns.instance.settings)]
    if POOL in settings and columns.later:
        names += horizon.SHORT
    return list(dict.fromkeys(names))


def rewrite(model: pyo.ConcreteModel, columns: Columns, settings: Collection[str]) -> None:
    """Write the components of some settings of `REWRITABLE` anew on a built model, in every year."""
    for name in components(columns, settings):
        block, _, component = name.rpartition(".")
        place = model.component(block) if block else model
        place.del_component(component)
        place.del_component(f"{component}_index")
    names = _components(columns, settings)
    limits.write(model, columns, [n for n in limits.components(later=False) if n in names])
    for year, part in columns.later.items():
        place = horizon.Year(model, year)
        limits.write(place, part, _again(part, names))
    if set(horizon.SHORT) & set(names):
        horizon.bond_when_short(model, columns)
    if COST in names:
        objective.total_cost(model, columns, horizon.horizon_cost(model, columns))
