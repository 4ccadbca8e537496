"""What joint response in crises is worth to every pair at the prices of a relaxation."""

from __future__ import annotations

import numpy as np

from optimization.dictionary.tiers import BLOC, MUNICIPALITY
from optimization.ledger.joint_response import JointResponse
from optimization.model.columns import Columns
from optimization.model.crisis_columns import CrisisColumns
from optimization.reading.units import MILLION_IN_BILLION
from optimization.solving.standard_form import StandardForm

CRISIS_COLUMNS = ("g", "short", "idle", "received", "sent", "come", "tail", "eta")
"""Blocks of variables that a pair left out of the model could make cheaper."""


def joint_values(table: Columns, form: StandardForm, duals: np.ndarray) -> np.ndarray:
    """Worth of joint response, shape (B, W), million yen: of a pair in the model what its rows C5 say, of one
    left out what its g would earn at the duals of the pools, as if every member led for itself."""
    result = np.zeros(table.instance.costs.allowed.shape)
    if table.crisis is None:
        return result
    body, service = table.screening.listed
    result[body, service] = left_out_values(table, form, duals)
    inside = np.zeros(len(table.pair_body))
    rows, index = form.family("C5")
    pairs = np.array([n for n, _ in table.crisis.joint_columns], dtype=int)[index]
    np.add.at(inside, pairs, -duals[rows])
    result[table.pair_body, table.pair_service] = inside
    return result


def left_out_values(table: Columns, form: StandardForm, duals: np.ndarray) -> np.ndarray:
    """What g of every listed pair would earn, summed over the kinds of crisis, shape (listed,):

    max(0, - sum over scenarios and blocs of (dual(C3own) x change of shortage + dual(C3idle) x change of what is
    idle - dual(C6) x helped x delayed x change of surge))
    """
    crisis = table.crisis
    assert crisis is not None
    data, (body, service) = crisis.crisis, table.screening.listed
    pairs = JointResponse(table.instance, data, body, table.instance.costs.wide_columns[service])
    earned = {kind: np.zeros(len(body)) for kind in data.kind}
    for w, kind in enumerate(data.kind):
        price = _pool_prices(crisis, form, duals, w)
        for part, change in enumerate(pairs.changes(w)):
            earned[kind] -= (change * price[part][pairs.service]).sum(axis=1)
    return np.asarray(sum(np.maximum(0.0, value) for value in earned.values()))


def _pool_prices(
    crisis: CrisisColumns, form: StandardForm, duals: np.ndarray, w: int
) -> tuple[np.ndarray, ...]:
    """Reduced cost that one million yen more of surge, shortage and idle capacity in the municipalities' own
    pools brings to g in scenario w, (S, blocs) each."""
    shape = (len(crisis.instance.services), len(crisis.instance.areas[BLOC].names))
    result = tuple(np.zeros(shape) for _ in range(3))
    for part, rule in ((1, "C3own"), (2, "C3idle"), (0, "C6")):
        rows, index = form.family(rule)
        for r, n in zip(rows.tolist(), index.tolist(), strict=True):
            pool = crisis.pools[n]
            if pool.w == w and pool.tier == MUNICIPALITY:
                late = crisis.crisis.helped[pool.s] * crisis.crisis.delayed[MUNICIPALITY][pool.s]
                result[part][pool.s, pool.place] = (
                    MILLION_IN_BILLION * duals[r] * (-late if part == 0 else 1.0)
                )
    return result
