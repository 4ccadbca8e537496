"""The horizon: fiscal rows of every later year on the same decisions, and what short pools leave behind (H1-H4).

Every later year is a block of the model that shares the decisions of the whole (who answers, who provides, shares and
unit costs) and has accounts of its own: need, capacity, transfers. Bonds and debts are billion yen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyomo.core as pyo

from optimization.ledger.allocation import rate_is_free
from optimization.ledger.borrowing import carried_on
from optimization.ledger.instance import Horizon
from optimization.model import adjustment, equity, formulas, limits, need, places, pool, taxes
from optimization.model.columns import Columns
from optimization.model.expressions import total
from optimization.model.objective import dulled_incentive, soft_budget
from optimization.reading.units import MILLION_IN_BILLION

SHARED = ("y", "x", "v", "z", "u", "rho", "theta", "phi", "kappa", "w", "gamma", "e", "sigma")
"""Blocks of decisions that all years have in common."""

OF_A_YEAR = ("bond", "shortfall", "owed")
"""Blocks of the whole program with one variable for each later year."""

SHORT = ("H4", "H4pool")
"""Components that tell when a pool is short."""

Terms = list[tuple[float, Any]]


def block_name(year: int) -> str:
    """Name of a year's block; the rows of a rule in it are `year2030.F5`, ..."""
    return f"year{year}"


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """bond[h] and shortfall[h] of year h, bonding[h] where its pool does not suffice, owed[h] and national_debt[h] at
    its start; none in the first year."""
    later = list(columns.later)
    model.bond = pyo.Var(later, domain=pyo.NonNegativeReals)
    model.shortfall = pyo.Var(later, domain=pyo.NonNegativeReals)
    model.owed = pyo.Var(later, domain=pyo.NonNegativeReals)
    model.national_debt = pyo.Var(later, domain=pyo.NonNegativeReals)
    model.bonding = pyo.Var(later, domain=pyo.Binary)


class Year:
    """A later year as a place of the program: components of its own in a block, beside the decisions that all years
    share and its own bond, shortfall and debts. What is added to it is added to the block."""

    def __init__(self, model: pyo.ConcreteModel, year: int) -> None:
        shared = {name: getattr(model, name) for name in SHARED}
        shared |= {name: getattr(model, name)[year] for name in OF_A_YEAR}
        vars(self).update(block=model.component(block_name(year)), shared=shared)

    def __getattr__(self, name: str) -> Any:
        shared = vars(self)["shared"]
        return shared[name] if name in shared else getattr(vars(self)["block"], name)

    def __setattr__(self, name: str, component: Any) -> None:
        setattr(vars(self)["block"], name, component)


def later_years(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(H1) every limit of the first year in each later one, with the bond B of the year taking need out of the formula
    and standing in for it: need[g] falls, funds[g] rise by share[g] x B; the nation's limit (F6) gives way by the
    shortfall

    (H3) the ceilings of debts (D4) hold on what is owed by then: old debts are renewed, the bonds since come on top."""
    for year, part in columns.later.items():
        model.add_component(block_name(year), pyo.Block(concrete=True))
        place = Year(model, year)
        for room in (need, taxes, pool, adjustment):
            room.add_accounts(place, part)
        for adding in (formulas, equity, places):
            adding.add_variables(place, part)
        for rule in (
            need.standard_need,
            adjustment.kept_part_of_duties,
            taxes.standard_revenue,
            formulas.allocate,
            pool.paid_out,
            adjustment.rate_when_short,
            equity.deviations,
            places.accounts_of_places,
            places.deviations,
        ):
            rule(place, part)
        limits.write(place, part, limits.components(later=True))


def bond_when_short(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(H4) bond[h] <= most x bonding[h]
    (H4pool) allocation[h] >= pool[h] - M (1 - bonding[h]): a bond meets what the pool cannot, and no more"""
    later = columns.later

    def only_then(model: pyo.ConcreteModel, year: int) -> Any:
        most = MILLION_IN_BILLION * later[year].most_bond
        return total([(1.0, model.bond[year]), (-most, model.bonding[year])]) <= 0.0

    def used_up(model: pyo.ConcreteModel, year: int) -> Any:
        return pool.used_up(Year(model, year), later[year], model.bonding[year])

    model.H4 = pyo.Constraint(list(later), rule=only_then)
    model.H4pool = pyo.Constraint(list(later), rule=used_up)


def rate_before_a_bond(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(H4rate) alpha[h] - lo >= (hi - lo) x bonding[h] where the rate is free: a small shortfall is spread, what its
    upper end leaves is borrowed"""
    later = columns.later

    def rule(model: pyo.ConcreteModel, year: int) -> Any:
        return adjustment.most_before_a_bond(Year(model, year), later[year], model.bonding[year])

    free = [year for year, part in later.items() if rate_is_free(part.instance.settings)]
    model.H4rate = pyo.Constraint(free, rule=rule)


def debts(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(H2) owed[h+1] = (1 - repayment)^n owed[h] + sum over the n years of h's span of (1 - repayment)^k x bond[h]
    (H2nation) the same of the nation's shortfalls; at the first later year what is owed `before` a second phase"""
    horizon, rate = columns.instance.horizon, columns.instance.settings["horizon.debt_repayment"]

    def path(debt_of: str, borrowed: str, whose: int) -> Any:
        def rule(model: pyo.ConcreteModel, year: int) -> Any:
            assert horizon is not None
            at = horizon.years.index(year)
            before = horizon.years[at - 1]
            terms: Terms = [(1.0, getattr(model, debt_of)[year])]
            if at == 1:
                return total(terms) == MILLION_IN_BILLION * horizon.before[whose]
            old, new = carried_on(rate, horizon.span[at - 1])
            terms += [(-old, getattr(model, debt_of)[before]), (-new, getattr(model, borrowed)[before])]
            return total(terms) == 0.0

        return rule

    model.H2 = pyo.Constraint(list(columns.later), rule=path("owed", "bond", 0))
    model.H2nation = pyo.Constraint(list(columns.later), rule=path("national_debt", "shortfall", 1))


def horizon_cost(model: pyo.ConcreteModel, columns: Columns) -> Terms:
    """sum over later years of weight[h] x (grants, counted taxes and bonds of the year at their weights (D6)
    + debt_cost x (owed[h] + bond[h] + national_debt[h] + shortfall[h])), and of a phase that ends before the horizon
    lasting x what is then owed"""
    horizon = columns.instance.horizon
    return list(_cost(model, columns, horizon)) if horizon is not None else []


def _cost(model: pyo.ConcreteModel, columns: Columns, horizon: Horizon) -> Iterator[tuple[float, Any]]:
    settings = columns.instance.settings
    for (year, part), weight in zip(columns.later.items(), horizon.weight[1:], strict=True):
        place = Year(model, year)
        for value, variable in soft_budget(place, part) + dulled_incentive(place, part):
            yield float(weight) * value, variable
        unit = float(weight) * settings["horizon.debt_cost"] / MILLION_IN_BILLION
        yield unit + float(weight) * settings["weights.soft_budget"] / MILLION_IN_BILLION, model.bond[year]
        for variable in (model.owed[year], model.national_debt[year], model.shortfall[year]):
            yield unit, variable
    if horizon.lasting and horizon.later:
        old, new = carried_on(settings["horizon.debt_repayment"], horizon.span[-1])
        last, unit = horizon.years[-1], horizon.lasting / MILLION_IN_BILLION
        for debt_of, borrowed in ((model.owed, model.bond), (model.national_debt, model.shortfall)):
            yield old * unit, debt_of[last]
            yield new * unit, borrowed[last]
