"""Wiring: the whole program from its rules. Nothing is computed here."""

from __future__ import annotations

import pyomo.environ as pyo

from optimization.model import discipline, equity, need, objective, pool, provision, responsibility, taxes
from optimization.model.columns import Columns
from optimization.model.formulas import japan_lat

FORMULAS = {"japan_lat": japan_lat}


def build_model(columns: Columns) -> pyo.ConcreteModel:
    """The Pyomo model of one instance."""
    formula = FORMULAS[columns.instance.settings["formula.family"]]
    model = pyo.ConcreteModel("role_division_and_fiscal_design")
    for part in (responsibility, provision, need, taxes, formula):
        part.add_variables(model, columns)
    responsibility.one_responsible_tier(model, columns)
    provision.provided_once(model, columns)
    provision.body_exists(model, columns)
    provision.bodies_per_municipality(model, columns)
    provision.unit_opened(model, columns)
    need.standard_need(model, columns)
    need.revision_product(model, columns)
    taxes.standard_revenue(model, columns)
    taxes.retention(model, columns)
    formula.grant(model, columns)
    pool.pool(model, columns)
    pool.national_limit(model, columns)
    equity.adequacy(model, columns)
    discipline.balance(model, columns)
    discipline.grant_dependence(model, columns)
    objective.total_cost(model, columns)
    return model
