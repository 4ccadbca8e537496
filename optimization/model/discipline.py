"""Fiscal discipline: balance (D1) and grant dependence (D2); retention (D3) is with the taxes,
the soft-budget cost (D6) in the objective."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
from scipy import sparse

from optimization.case.case import BLOC, MUNICIPALITY, PREFECTURE
from optimization.ledger.accounts import bloc_population_share
from optimization.model.columns import LOCAL_TIERS, Columns
from optimization.model.equity import own_funds
from optimization.model.expressions import linear, row


def balance(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(D1) own funds[g] + grant[g] >= other need[g] + bond[g] + actual net cost of what g answers for

    Actual net cost = budget cost of the chosen provision less the earmarked share of standard cost.
    Rows of municipalities that cannot bind are proved redundant in `screening` and left out.
    """
    instance = columns.instance
    count = len(instance.case.governments)
    rows = bindable(columns)
    matrix = spending_matrix(columns) if rows else sparse.csr_matrix((count, 0))
    variables = [*model.y.values(), *model.x.values(), *model.v.values(), *model.u.values()]
    room = own_funds(columns) - instance.other_need - instance.bond

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        values, numbers = row(matrix, g)
        terms = [model.grant[g], *(variables[n] for n in numbers)]
        return linear([1.0, *(-value for value in values)], terms) >= -float(room[g])

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
    """(D2) grant[g] <= c x (own funds[g] + grant[g]), c = the larger of the package's ceiling and
    the government's own dependence today: nobody above the ceiling may depend more."""
    instance = columns.instance
    ceiling = instance.settings["discipline.grant_dependence_ceiling"]
    funds = own_funds(columns)
    paid = (instance.case.governments["allocation_paid_million_yen"] - instance.residual).to_numpy(float)
    bound = np.maximum(ceiling, paid / (funds + paid))

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        return linear([1.0 - float(bound[g])], [model.grant[g]]) <= float(bound[g] * funds[g])

    model.D2 = pyo.Constraint(range(len(funds)) if ceiling < 1 else [], rule=rule)
