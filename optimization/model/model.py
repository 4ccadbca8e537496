"""Wiring: the whole program from its rules. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import pyomo.environ as pyo

from optimization.dictionary.settings import setting_key
from optimization.dictionary.typed_settings import SettingKey
from optimization.model import (
    clarity,
    crisis,
    discipline,
    equity,
    formulas,
    horizon,
    need,
    objective,
    pool,
    provision,
    responsibility,
    taxes,
)
from optimization.model.columns import Columns


def build_model(columns: Columns) -> pyo.ConcreteModel:
    """The Pyomo model of one instance."""
    model = pyo.ConcreteModel("role_division_and_fiscal_design")
    for part in (responsibility, provision, need, taxes, pool, formulas, crisis, horizon):
        part.add_variables(model, columns)
    responsibility.one_responsible_tier(model, columns)
    provision.provided_once(model, columns)
    provision.body_exists(model, columns)
    provision.bodies_per_municipality(model, columns)
    provision.unit_opened(model, columns)
    need.standard_need(model, columns)
    need.exact_products(model, columns)
    taxes.standard_revenue(model, columns)
    taxes.counted_of_assigned(model, columns)
    taxes.neutral_swaps(model, columns)
    taxes.retention(model, columns)
    formulas.allocate(model, columns)
    pool.pool(model, columns)
    pool.national_limit(model, columns)
    equity.adequacy(model, columns)
    equity.ceiling(model, columns)
    equity.dispersion(model, columns)
    equity.burden(model, columns)
    equity.losses(model, columns)
    equity.hold_harmless(model, columns)
    discipline.balance(model, columns)
    discipline.grant_dependence(model, columns)
    discipline.own_source(model, columns)
    discipline.match(model, columns)
    discipline.earmarked(model, columns)
    discipline.debt_service(model, columns)
    discipline.future_burden(model, columns)
    clarity.tiers_per_service(model, columns)
    clarity.changes(model, columns)
    crisis.one_lead(model, columns)
    crisis.lead_not_below(model, columns)
    crisis.pool_shortage(model, columns)
    crisis.reserve_of_a_lead(model, columns)
    crisis.joint_response(model, columns)
    crisis.mutual_aid(model, columns)
    crisis.bounded_shortage(model, columns)
    horizon.later_years(model, columns)
    horizon.bond_when_short(model, columns)
    horizon.debts(model, columns)
    horizon.debt_thresholds(model, columns)
    objective.total_cost(model, columns, horizon.horizon_cost(model, columns))
    return model


Rule = Callable[[pyo.ConcreteModel, Columns], None]

LIMITS: Mapping[SettingKey, tuple[tuple[str, ...], Rule]] = {
    "pool.ordinary_million_yen": (("F5",), pool.pool),
    "nation.limit_million_yen": (("F6",), pool.national_limit),
    "discipline.retention_floor": (("D3", "D3own"), taxes.retention),
    "equity.adequacy_floor": (("E1",), equity.adequacy),
    "equity.coverage_ceiling": (("E2",), equity.ceiling),
    "equity.tax_price_spread": (("E4",), equity.burden),
    "discipline.grant_dependence_ceiling": (("D2",), discipline.grant_dependence),
    "discipline.own_source_floor_municipal": (("D2own",), discipline.own_source),
    "discipline.own_source_floor_prefectural": (("D2own",), discipline.own_source),
    "discipline.match_ceiling": (("D5",), discipline.match),
    "discipline.earmarked_ceiling": (("D5e",), discipline.earmarked),
    "discipline.debt_service_ceiling": (("D4",), discipline.debt_service),
    "discipline.future_burden_ceiling": (("D4burden",), discipline.future_burden),
    "clarity.changes_ceiling": (("R9",), clarity.changes),
    "weights.soft_budget": (("total_cost",), objective.total_cost),
    "weights.dulled_incentive": (("total_cost",), objective.total_cost),
}
"""Settings that stand in the rows of one rule (or in the objective) and nowhere else in the program, with
the component and the function that writes it: a change of theirs is made in place."""


NOT_OVER_YEARS = frozenset(
    {
        "discipline.debt_service_ceiling",
        "discipline.future_burden_ceiling",
        "weights.soft_budget",
        "weights.dulled_incentive",
    }
)
"""Those of them that stand in other rows too where the plan has later years."""


def _rules(columns: Columns, settings: Collection[str]) -> dict[tuple[str, Rule], tuple[str, ...]]:
    """The rules in which some `LIMITS` stand, each with the block of its year ('' for the first), and their
    components."""
    found: dict[tuple[str, Rule], tuple[str, ...]] = {}
    for key in sorted(settings):
        names, rule = LIMITS[setting_key(key)]
        found["", rule] = names
        if rule in horizon.RULES:
            found |= {(horizon.block_name(year), rule): names for year in columns.later}
        if rule is pool.pool and columns.later:
            found["", horizon.bond_when_short] = ("H4", "H4pool")
    return found


def components(columns: Columns, settings: Collection[str]) -> list[str]:
    """The components in which some `LIMITS` stand, those of later years with their block."""
    rules = _rules(columns, settings)
    return [f"{block}.{name}".lstrip(".") for (block, _), names in rules.items() for name in names]


def rewrite(model: pyo.ConcreteModel, columns: Columns, settings: Collection[str]) -> None:
    """Write the components of some `LIMITS` anew on a built model, in every year."""
    years = {"": columns, **{horizon.block_name(year): part for year, part in columns.later.items()}}
    for (block, rule), names in _rules(columns, settings).items():
        place = model.component(block) if block else model
        for name in names:
            place.del_component(name)
            place.del_component(f"{name}_index")
        rule(place, years[block])
