"""Bundles: related services for which two tiers answer cost joint work (R11)."""

from __future__ import annotations

import numpy as np
import pyomo.core as pyo

from optimization.model.affine import Affine
from optimization.model.apart import Pair, keys, no_less, weighted
from optimization.model.columns import Columns


def bundled(columns: Columns) -> dict[tuple[int, int], Pair]:
    """The choices of both services of every bundle that costs something where it is apart, by (bundle, group)."""
    bundles = columns.instance.bundles
    return {
        (n, k): Pair(*(columns.duty_choice(int(s[n]), k) for s in (bundles.first, bundles.second)))
        for n, k in np.argwhere(columns.instance.joint_work_price > 0).tolist()
    }


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """apart[n,k,t] >= 0: by how much the first service of bundle n is more with tier t in group k than the second."""
    model.apart = pyo.Var(keys(bundled(columns)), domain=pyo.NonNegativeReals)


def apart_by_tier(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(R11) apart[n,k,t] >= y[s,k,t] - y[s',k,t]   for the services s, s' of bundle n

    so that sum_t apart = 1/2 sum_t |y[s,k,t] - y[s',k,t]|: 1 where two tiers answer for the bundle, 0 where one does.
    """
    model.R11 = no_less(model, bundled(columns), "apart")


def joint_work(columns: Columns) -> Affine:
    """Joint work in the objective, (1,), million yen a year: price[n,k] x 1/2 sum_t |y[s,k,t] - y[s',k,t]|."""
    pairs, price = bundled(columns), columns.instance.joint_work_price
    return weighted(pairs, [float(price[key]) for key in pairs], "apart", {"y": len(columns.duties)})
