"""The objective: total annual cost in million yen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo

from optimization.dictionary.tiers import MUNICIPALITY, TIERS
from optimization.model.bundles import joint_work
from optimization.model.columns import Columns
from optimization.model.crisis import crisis_cost
from optimization.model.expressions import total
from optimization.reading.units import MILLION_IN_BILLION


def duty_cost(columns: Columns) -> np.ndarray:
    """Social cost that each y brings, shape (duties,): of a higher tier for all its places, of the
    municipal tier for the places no body can serve (elsewhere x and v carry it)."""
    instance = columns.instance
    value = dict(instance.social.by_tier)
    value[MUNICIPALITY] = np.where(columns.has_alone, 0.0, value[MUNICIPALITY])
    zeros = np.zeros(len(instance.case.codes), dtype=int)
    return np.asarray(columns.duty_matrix(value, dict.fromkeys(TIERS, zeros), 1).toarray()[0])


def total_cost(
    model: pyo.ConcreteModel, columns: Columns, later: list[tuple[float, Any]] | None = None
) -> None:
    """minimise  sum of provision + access + coordination + uniformity + transition over what is chosen
    + fixed cost of units + body cost x number of bodies
    - observed_sharing x sum over pairs (b, s) that provide of worth[b,s], in units of a logit (costs.sharing)
    + joint work of the bundles for which two tiers answer (R11)
    + soft_budget x sum of grants (D6)
    + dulled_incentive x sum of counted taxes of the governments that receive today (D6)
    + the mean cost of crises and of reserves, where the package names crises

    Over a horizon costs of provision are the weighted mean of the years, and the terms of D6 are weighted likewise;
    `later` holds those of later years with what debts cost.

    The two of D6 pull against each other: a lower counted share lets a government keep more of a tax
    rise and asks for more grants.
    """
    pairs, constant = terms(model, columns, later)
    model.total_cost = pyo.Objective(expr=total(pairs, constant), sense=pyo.minimize)


def terms(
    model: pyo.ConcreteModel, columns: Columns, later: list[tuple[float, Any]] | None = None
) -> tuple[list[tuple[float, Any]], float]:
    """Terms of the objective as pairs of coefficient and variable, and its constant, at the costs of the columns'
    question; the variables may be those of the model of another question with the same columns."""
    instance, settings = columns.instance, columns.instance.settings
    alone = instance.social.by_tier[MUNICIPALITY]
    place = np.array(columns.alone, dtype=int).reshape(-1, 2)
    s = instance.costs.wide_columns[place[:, 1]] if len(place) else np.zeros(0, int)
    mass = instance.mass
    blocks = [
        (duty_cost(columns), model.y),
        (alone[place[:, 0], s], model.x),
        (instance.social.bodies[columns.pair_body, columns.pair_service], model.v),
        (np.full(len(model.z), mass * settings["weights.body_million_yen"]), model.z),
        (mass * settings["weights.provision"] * np.asarray(columns.unit_cost.sum(axis=0)).ravel(), model.u),
    ]
    pairs = [
        (float(c), variable)
        for values, block in blocks
        for c, variable in zip(values, block.values(), strict=True)
        if c
    ]
    first = 1.0 if instance.horizon is None else float(instance.horizon.weight[0])
    pairs += [(first * c, v) for c, v in soft_budget(model, columns) + dulled_incentive(model, columns)]
    pairs += later or []
    crisis, constant = crisis_cost(model, columns)
    apart = joint_work(columns)
    return pairs + apart.terms(model, 0) + crisis, constant


def soft_budget(model: pyo.ConcreteModel, columns: Columns) -> list[tuple[float, Any]]:
    """(D6) eta x sum of what is received, special allocation out of the pool too; a government that pays in counts
    nothing."""
    eta = columns.instance.settings["weights.soft_budget"]
    given = [(eta, v) for v in model.grant.values()]
    given += [(eta / MILLION_IN_BILLION, v) for v in model.left.values()]
    return given if eta else []


def dulled_incentive(model: pyo.ConcreteModel, columns: Columns) -> list[tuple[float, Any]]:
    """(D6) weights.dulled_incentive x sum, over governments that receive today and taxes counted in part, of base x
    assigned share x counted share: terms of the objective as pairs of coefficient and variable, on rho, or on phi for a
    tax with a share of its own; those of coefficient 0 are left out."""
    instance = columns.instance
    weight, tax = instance.settings["weights.dulled_incentive"], instance.tax
    base = weight * tax.base[instance.receiving_today].sum(axis=0)
    common = tax.partial & ~tax.own_share
    pairs = [
        (float((base * tax.assigned[0])[common & (tax.tier == t)].sum()), model.rho[t]) for t in model.rho
    ]
    pairs += [(float(base[j]), v) for j, v in model.phi.items()]
    return [pair for pair in pairs if pair[0]]
