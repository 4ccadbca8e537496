"""Wiring: the whole program from its rules. Nothing is computed here."""

from __future__ import annotations

import pyomo.environ as pyo

from optimization.model import (
    clarity,
    discipline,
    equity,
    formulas,
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
    for part in (responsibility, provision, need, taxes, pool, formulas):
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
    objective.total_cost(model, columns)
    return model
