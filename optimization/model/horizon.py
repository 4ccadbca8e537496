"""The horizon: fiscal rows of every later year on the same decisions, and what short pools leave behind (H1-H4).

Every later year is a block of the model that shares the decisions of the whole (who answers, who provides, shares and
unit costs) and has accounts of its own: need, capacity, transfers. Bonds and debts are billion yen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyomo.environ as pyo

from optimization.dictionary.settings import value_of
from optimization.dictionary.typed_settings import SettingKey
from optimization.ledger import debt
from optimization.ledger.borrowing import bond_share, carried_on
from optimization.ledger.instance import Horizon
from optimization.model import discipline, equity, formulas, need, pool, taxes
from optimization.model.columns import Columns
from optimization.model.equity import Funds
from optimization.model.expressions import BILLION, total
from optimization.model.objective import dulled_incentive, soft_budget

DEBT_ROWS: Mapping[SettingKey, str] = {debt.SERVICE_CEILING: "H3", debt.BURDEN_CEILING: "H3burden"}
"""Rows of the ceilings in later years."""

SHARED = ("y", "x", "v", "z", "u", "rho", "theta", "phi", "kappa", "w", "gamma", "e", "sigma")
"""Blocks of decisions that all years have in common."""

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


def later_years(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(H1) every fiscal rule of the first year in each later one, with the bond B of the year taking need out of the
    formula and standing in for it: need[g] falls, funds[g] rise by share[g] x B; the nation's limit (F6) gives way by
    the shortfall"""
    for year, part in columns.later.items():
        block = pyo.Block(concrete=True)
        model.add_component(block_name(year), block)
        for name in SHARED:  # the same variables, not copies: they belong to the model
            block.__dict__[name] = getattr(model, name)
        block.__dict__["bond"] = model.bond[year]
        block.__dict__["shortfall"] = model.shortfall[year]
        need.add_accounts(block, part)
        taxes.add_accounts(block, part)
        formulas.add_variables(block, part)
        for rule in RULES:
            rule(block, part)


RULES = (
    need.standard_need,
    taxes.standard_revenue,
    formulas.allocate,
    pool.pool,
    pool.national_limit,
    equity.adequacy,
    equity.ceiling,
    equity.dispersion,
    equity.burden,
    equity.losses,
    discipline.balance,
    discipline.grant_dependence,
    discipline.own_source,
    discipline.match,
    discipline.earmarked,
)
"""Rules that repeat in every later year; D4 has a form of its own there (H3)."""


def bond_when_short(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(H4) bond[h] <= most x bonding[h]
    (H4pool) allocation[h] >= pool[h] - M (1 - bonding[h]): a bond meets what the pool cannot, and no more"""
    later = columns.later

    def only_then(model: pyo.ConcreteModel, year: int) -> Any:
        most = BILLION * later[year].most_bond
        return total([(1.0, model.bond[year]), (-most, model.bonding[year])]) <= 0.0

    def used_up(model: pyo.ConcreteModel, year: int) -> Any:
        block = model.component(block_name(year))
        terms, room = pool.pool_row(block, later[year])
        most = room - sum(factor * v.ub for factor, v in terms if factor < 0)
        return total([*terms, (-most, model.bonding[year])]) >= room - most

    model.H4 = pyo.Constraint(list(later), rule=only_then)
    model.H4pool = pyo.Constraint(list(later), rule=used_up)


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
                return total(terms) == BILLION * horizon.before[whose]
            old, new = carried_on(rate, horizon.span[at - 1])
            terms += [(-old, getattr(model, debt_of)[before]), (-new, getattr(model, borrowed)[before])]
            return total(terms) == 0.0

        return rule

    model.H2 = pyo.Constraint(list(columns.later), rule=path("owed", "bond", 0))
    model.H2nation = pyo.Constraint(list(columns.later), rule=path("national_debt", "shortfall", 1))


def debt_thresholds(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(H3) funds[g,h] x ceiling[g] >= today's debt service[g] + (repayment + cost) x share[g] x owed[h]
    (H3burden) funds[g,h] x ceiling[g] >= today's future burden[g] + share[g] x owed[h]

    with the ceilings of D4: old debts are renewed, the bonds since come on top."""
    instance = columns.instance
    if not columns.later:
        return
    last = [*columns.later.values()][-1].instance
    for (key, label), owed, rate in zip(
        DEBT_ROWS.items(),
        (debt.real_debt_service, debt.future_burden),
        (_service_rate(columns), 1.0),
        strict=True,
    ):
        on = value_of(last.settings, key) < debt.NO_CEILING[key]
        rows = [(y, g) for y in columns.later for g in range(len(instance.bond))] if on else []
        old = owed(instance, columns.today.funds) if on else None
        bound, share = debt.debt_ceilings(last)[key], bond_share(instance)
        funds = (
            {y: Funds(model.component(block_name(y)), part) for y, part in columns.later.items()}
            if on
            else {}
        )

        def rule(
            model: pyo.ConcreteModel,
            year: int,
            g: int,
            old: Any = old,
            bound: Any = bound,
            rate: float = rate,
            funds: dict[int, Funds] = funds,
            share: Any = share,
        ) -> Any:
            terms = funds[year].terms(g, float(bound[g]))
            terms.append((-rate * float(share[g]) / BILLION, model.owed[year]))
            return total(terms) >= float(old[g] - bound[g] * funds[year].constant[g])

        model.add_component(label, pyo.Constraint(rows, rule=rule))


def _service_rate(columns: Columns) -> float:
    settings = columns.instance.settings
    return float(settings["horizon.debt_repayment"] + settings["horizon.debt_cost"])


def horizon_cost(model: pyo.ConcreteModel, columns: Columns) -> Terms:
    """sum over later years of weight[h] x (grants, counted taxes and bonds of the year at their weights (D6)
    + debt_cost x (owed[h] + bond[h] + national_debt[h] + shortfall[h])), and of a phase that ends before the horizon
    lasting x what is then owed"""
    horizon = columns.instance.horizon
    return list(_cost(model, columns, horizon)) if horizon is not None else []


def _cost(model: pyo.ConcreteModel, columns: Columns, horizon: Horizon) -> Iterator[tuple[float, Any]]:
    settings = columns.instance.settings
    for (year, part), weight in zip(columns.later.items(), horizon.weight[1:], strict=True):
        block = model.component(block_name(year))
        for value, variable in soft_budget(block, part) + dulled_incentive(block, part):
            yield float(weight) * value, variable
        unit = float(weight) * settings["horizon.debt_cost"] / BILLION
        yield unit + float(weight) * settings["weights.soft_budget"] / BILLION, model.bond[year]
        for variable in (model.owed[year], model.national_debt[year], model.shortfall[year]):
            yield unit, variable
    if horizon.lasting and horizon.later:
        old, new = carried_on(settings["horizon.debt_repayment"], horizon.span[-1])
        last, unit = horizon.years[-1], horizon.lasting / BILLION
        for debt_of, borrowed in ((model.owed, model.bond), (model.national_debt, model.shortfall)):
            yield old * unit, debt_of[last]
            yield new * unit, borrowed[last]
