"""Fiscal discipline: balance (D1), own sources and grant dependence (D2), debt (D4), money that follows
responsibility (D5). Retention (D3) is with the taxes, the soft-budget cost (D6) in the objective, the
national limit (D7) with the pool."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
from scipy import sparse

from optimization.case.case import BLOC, MUNICIPALITY, PREFECTURE
from optimization.dictionary.settings import value_of
from optimization.dictionary.typed_settings import SettingKey
from optimization.ledger import debt
from optimization.ledger.accounts import bloc_population_share
from optimization.ledger.measures import dependence
from optimization.ledger.rules import NO_BOUND
from optimization.model.columns import LOCAL_TIERS, Columns
from optimization.model.equity import Funds
from optimization.model.expressions import BILLION, row, total
from optimization.model.need import Guarantee
from optimization.model.taxes import OwnRevenue

OWN_SOURCE: tuple[SettingKey, ...] = (
    "discipline.own_source_floor_municipal",
    "discipline.own_source_floor_prefectural",
)


def balance(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(D1) funds[g] >= other cost[g] + bond[g] + actual net cost of what g answers for

    Actual net cost = budget cost of the chosen provision less the earmarked share of standard cost.
    Rows of municipalities that cannot bind are proved redundant in `screening` and left out.
    """
    instance = columns.instance
    rows = bindable(columns)
    count = len(instance.case.governments)
    matrix = spending_matrix(columns) if rows else sparse.csr_matrix((count, 0))
    variables = [*model.y.values(), *model.x.values(), *model.v.values(), *model.u.values()]
    funds = Funds(model, columns)
    room = funds.constant - instance.other_cost - instance.bond

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        values, numbers = row(matrix, g)
        spent = [(-value, variables[n]) for value, n in zip(values, numbers, strict=True)]
        return total(funds.terms(g) + spent) >= -float(room[g])

    model.D1 = pyo.Constraint(rows, rule=rule)


def bindable(columns: Columns) -> list[int]:
    """Governments whose balance row can bind: all prefectures and the tight municipalities."""
    instance = columns.instance
    if not instance.settings["discipline.balance"]:
        return []
    tight = instance.municipal_government[columns.screening.tight]
    prefectures = np.flatnonzero(instance.case.governments["tier"] == PREFECTURE)
    return np.union1d(tight, prefectures).tolist()


def spending_matrix(columns: Columns) -> sparse.csr_matrix:
    """Net actual cost that each y, x, v and u (in this order) brings to each government, (G, columns).

    A body's money is shared by its members in proportion to what each would spend alone.
    """
    instance, costs = columns.instance, columns.instance.costs
    count = len(instance.case.governments)
    net = {}
    for tier in LOCAL_TIERS:
        part = costs.by_tier[tier]
        net[tier] = part.budget - part.standard * instance.national_share
    alone = net[MUNICIPALITY]
    net[MUNICIPALITY] = np.where(columns.has_alone, 0.0, alone)
    government = {t: instance.paying_government(t) for t in LOCAL_TIERS}
    y = columns.duty_matrix(net, government, count)
    place = np.array(columns.alone, dtype=int).reshape(-1, 2)
    s = costs.wide_columns[place[:, 1]] if len(place) else np.zeros(0, int)
    x = sparse.csr_matrix(
        (alone[place[:, 0], s], (instance.municipal_government[place[:, 0]], np.arange(len(place)))),
        shape=(count, len(place)),
    )
    return sparse.csr_matrix(sparse.hstack([y, x, _body_part(columns, count), _unit_part(columns, count)]))


def _body_part(columns: Columns, count: int) -> sparse.csr_matrix:
    instance, costs = columns.instance, columns.instance.costs
    members = instance.bodies.membership[columns.pair_body]
    pair = np.repeat(np.arange(len(columns.pair_body)), np.diff(members.indptr))
    s = columns.pair_service_number[pair]
    own = costs.own[members.indices, s]
    together = np.bincount(pair, weights=own, minlength=len(columns.pair_body))
    budget = costs.bodies.budget[columns.pair_body, columns.pair_service]
    cost = own * (budget / together)[pair] - own * instance.national_share[s]
    rows = instance.municipal_government[members.indices]
    return sparse.csr_matrix((cost, (rows, pair)), shape=(count, len(columns.pair_body)))


def _unit_part(columns: Columns, count: int) -> sparse.csr_matrix:
    instance = columns.instance
    prefecture = instance.case.governments.index.get_indexer(instance.case.government_of_prefecture)
    share, bloc = bloc_population_share(instance), instance.bloc[0]
    entries = []
    for m, (tier, place, s, _) in enumerate(columns.unit_rows):
        fixed = float(instance.costs.unit_fixed[s])
        if tier == PREFECTURE:
            entries.append((prefecture[place], m, fixed))
        elif tier == BLOC:
            entries += [(prefecture[p], m, fixed * share[p]) for p in np.flatnonzero(bloc == place)]
    row_, column, value = zip(*entries, strict=True) if entries else ((), (), ())
    return sparse.csr_matrix((value, (row_, column)), shape=(count, len(columns.unit_rows)))


def grant_dependence(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(D2) transfer[g] <= c x funds[g], c = the larger of the package's ceiling and the government's own
    dependence today: nobody above the ceiling may depend more."""
    instance = columns.instance
    ceiling = instance.settings["discipline.grant_dependence_ceiling"]
    funds = Funds(model, columns)
    bound = np.maximum(ceiling, dependence(columns.today))

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        c = float(bound[g])
        return total([(1.0, model.transfer[g]), *funds.terms(g, -c)]) <= c * float(funds.constant[g])

    model.D2 = pyo.Constraint(range(len(bound)) if ceiling < 1 else [], rule=rule)


def own_source(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(D2) own revenue of a tier >= floor x gross spending of the tier (standard cost with the earmarked
    share, other cost and bond), for municipalities (0) and prefectures (1)"""
    instance = columns.instance
    floors = [value_of(instance.settings, key) for key in OWN_SOURCE]
    matrix, revenue = columns.gross_cost, OwnRevenue(model, columns)
    fixed = instance.other_cost + instance.bond

    def rule(model: pyo.ConcreteModel, t: int) -> Any:
        here = tier_members(columns, t)
        own = [pair for g in here for pair in revenue.terms(g, BILLION)]
        values, duties = row(sparse.csr_matrix(matrix[here].sum(axis=0)), 0)
        spent = [(-BILLION * floors[t] * value, model.y[n]) for value, n in zip(values, duties, strict=True)]
        return total(own + spent) >= BILLION * float(
            floors[t] * fixed[here].sum() - revenue.constant[here].sum()
        )

    model.D2own = pyo.Constraint([t for t in range(2) if floors[t] > 0], rule=rule)


def match(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(D5) |funds - standard cost| of a tier <= match_ceiling x standard cost of the tier: money follows
    responsibility, for municipalities (0) and prefectures (1)"""
    instance = columns.instance
    bound = instance.settings["discipline.match_ceiling"]
    funds = Funds(model, columns)

    def rule(model: pyo.ConcreteModel, t: int, sign: float) -> Any:
        terms: list[tuple[float, Any]] = []
        right = 0.0
        for g in tier_members(columns, t):
            terms += funds.terms(g, sign * BILLION) + funds.cost_terms(g, BILLION * (-sign - bound))
            right += BILLION * float((sign + bound) * funds.cost_constant[g] - sign * funds.constant[g])
        return total(_collected(terms)) <= right

    model.D5 = pyo.Constraint(range(2) if bound < NO_BOUND else [], [1.0, -1.0], rule=rule)


def earmarked(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(D5) earmarked shares and guarantees <= earmarked_ceiling x gross standard cost of local services"""
    instance = columns.instance
    ceiling = instance.settings["discipline.earmarked_ceiling"]
    gross = sparse.csr_matrix(columns.gross_cost.sum(axis=0))
    share = instance.national_share

    def rule(model: pyo.ConcreteModel) -> Any:
        values, duties = row(gross, 0)
        terms = [
            (BILLION * value * (share[columns.duties[n][0]] - ceiling), model.y[n])
            for value, n in zip(values, duties, strict=True)
        ]
        terms += [(BILLION * c, v) for c, v in Guarantee(model, columns).total()]
        return total(_collected(terms)) <= 0.0

    model.D5e = pyo.Constraint(rule=rule) if ceiling < 1 else pyo.Constraint([])


def debt_service(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(D4) (real debt service ratio today[g] x funds today[g] + refund no longer recognised[g]) / funds[g]
    <= the larger of debt_service_ceiling and the ratio today[g]

    Debt is what it is, funds change; whoever is above the ceiling today may not get worse.
    """
    owed = debt.real_debt_service(columns.instance, columns.today.funds)
    model.D4 = _borne_by_funds(model, columns, debt.SERVICE_CEILING, owed)


def future_burden(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(D4) future burden ratio today[g] x funds today[g] / funds[g] <= the larger of future_burden_ceiling
    and the ratio today[g]"""
    owed = debt.future_burden(columns.instance, columns.today.funds)
    model.D4burden = _borne_by_funds(model, columns, debt.BURDEN_CEILING, owed)


def _borne_by_funds(
    model: pyo.ConcreteModel, columns: Columns, key: SettingKey, owed: np.ndarray
) -> pyo.Constraint:
    """Rows funds[g] >= owed[g] / ceiling[g] of a debt ratio whose ceiling is the setting `key`."""
    funds, bound = Funds(model, columns), debt.debt_ceilings(columns.instance)[key]
    on = value_of(columns.instance.settings, key) < debt.NO_CEILING[key]

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        return total(funds.terms(g)) >= float(owed[g] / bound[g] - funds.constant[g])

    return pyo.Constraint(range(len(owed)) if on else [], rule=rule)


def tier_members(columns: Columns, t: int) -> np.ndarray:
    """Governments of the municipal (0) or prefectural (1) tier; Tokyo with its wards is of the second."""
    prefectural = (columns.instance.case.governments["tier"] == PREFECTURE).to_numpy()
    return np.flatnonzero(prefectural == bool(t))


def _collected(terms: list[tuple[float, Any]]) -> list[tuple[float, Any]]:
    """The same sum with each variable once."""
    by_variable: dict[int, tuple[float, Any]] = {}
    for coefficient, variable in terms:
        before = by_variable.get(id(variable), (0.0, variable))[0]
        by_variable[id(variable)] = (before + coefficient, variable)
    return [pair for pair in by_variable.values() if pair[0] != 0.0]
