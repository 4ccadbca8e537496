"""Actual spending of every government over the columns, of which balance (D1) speaks, and whose balance can bind.

The limit itself is a statement of `rules.fiscal`.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from optimization.dictionary.tiers import LOCAL_TIERS, MUNICIPALITY, PREFECTURE
from optimization.model.affine import Affine
from optimization.model.columns import Columns


def bindable(columns: Columns) -> list[int]:
    """Governments whose balance row can bind: all prefectures and the tight municipalities."""
    instance = columns.instance
    if not instance.settings["discipline.balance"]:
        return []
    tight = instance.municipal_government[columns.screening.tight]
    prefectures = np.flatnonzero(instance.case.governments["tier"] == PREFECTURE)
    return np.union1d(tight, prefectures).tolist()


def spending_matrix(columns: Columns) -> sparse.csr_matrix:
    """Net actual cost that each y, x, v and u (in this order) brings to each government, and the debt service that goes
    along with duties, (G, columns).

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
    y = columns.duty_matrix(net, government, count) + columns.debt_service_moved
    place = np.array(columns.alone, dtype=int).reshape(-1, 2)
    s = costs.wide_columns[place[:, 1]] if len(place) else np.zeros(0, int)
    x = sparse.csr_matrix(
        (alone[place[:, 0], s], (instance.municipal_government[place[:, 0]], np.arange(len(place)))),
        shape=(count, len(place)),
    )
    return sparse.csr_matrix(sparse.hstack([y, x, _body_part(columns, count), _unit_part(columns)]))


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


def _unit_part(columns: Columns) -> sparse.csr_matrix:
    """Offices of local tiers, paid by the government in whose area they lie, (G, units)."""
    local = [unit.tier in LOCAL_TIERS for unit in columns.unit_rows]
    return sparse.csr_matrix(columns.unit_cost @ sparse.diags_array(np.array(local, dtype=float)))


def spending(columns: Columns) -> Affine:
    """Actual spending of general funds, (G,): other cost, the bond's part and the net cost of what is provided."""
    instance = columns.instance
    matrix = sparse.csc_matrix(spending_matrix(columns))
    sizes = (len(columns.duties), len(columns.alone), len(columns.pair_body), len(columns.unit_rows))
    ends = np.cumsum([0, *sizes]).tolist()
    parts = {
        name: sparse.csr_matrix(matrix[:, ends[n] : ends[n + 1]])
        for n, name in enumerate(("y", "x", "v", "u"))
    }
    return Affine(instance.other_cost + instance.bond, parts)
