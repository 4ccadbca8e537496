"""Japan's local allocation tax with duties settled: whoever takes a duty over is given its need, whoever hands it on
gives it, also where nothing is received."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pyomo.core as pyo
from scipy import sparse

from optimization.ledger.allocation import rate_range
from optimization.model.adjustment import shortfall_bounds
from optimization.model.affine import Affine, block, constraint, fixed, rows
from optimization.model.columns import Columns
from optimization.model.money import bonded, is_free
from optimization.model.need import need_bounds


def home_need(columns: Columns) -> Affine:
    """Need net of guarantees beyond today's share if every duty were with today's tier, (G,): of the unit costs and
    guarantee shares that the package frees a linear expression."""
    instance, need, gross = columns.instance, columns.need_at_home, columns.gross_at_home
    found = fixed(instance.other_need + gross @ instance.national_share) + -1.0 * bonded(columns)
    for name, bounds, sign, matrix in (
        ("kappa", instance.revision, 1.0, need),
        ("gamma", instance.guarantee, -1.0, gross),
    ):
        free = is_free(bounds)
        found += fixed(sign * matrix @ np.where(free, 0.0, bounds[0]))
        if free.any():
            found += block(name, sparse.csr_matrix(sign * matrix[:, free]))
    return found


def _home_bounds(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least and most need at home, shape (G,) each, million yen."""
    instance, need, gross = columns.instance, columns.need_at_home, columns.gross_at_home
    (k_low, k_high), (g_low, g_high) = instance.revision, instance.guarantee
    base = instance.other_need + gross @ instance.national_share
    return base + need @ k_low - gross @ g_high - columns.most_bonded, base + need @ k_high - gross @ g_low


def _kept_home(columns: Columns, home: Affine) -> Affine:
    """(1 - rate) home need, (G,): where the rate is free, unit costs and guarantees are not, so that beside a constant
    there is only a bond, which comes off at the highest rate (H4)."""
    low, high = rate_range(columns.instance.settings)
    if low == high:
        return (1.0 - low) * home
    return block("beta", sparse.csr_matrix(home.constant[:, None])) + -(1.0 - high) * bonded(columns)


def bounds(columns: Columns, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and most transfer of the governments served, shape (here,) each: below 0 for who hands duties on."""
    (low, high), home = need_bounds(columns), _home_bounds(columns)
    least, most = shortfall_bounds(columns, home)
    home_low, home_high = home
    lower = low - home_high + np.maximum(0.0, least)
    upper = high - home_low + np.maximum(0.0, most)
    return lower[here], upper[here]


def add_rows(model: pyo.ConcreteModel, columns: Columns, here: np.ndarray) -> None:
    """(F4) transfer[g] = need[g] - home need[g] + max(0, (1 - rate) home need[g] - capacity[g]), exactly

    filled[g] is the second part. With gap = (1 - rate) home need - capacity, from each government's figures:
    gap >= 0 always:   filled = gap
    gap <= 0 always:   filled = 0
    else:              filled >= gap;  filled >= 0;  filled <= gap - gap_lo (1 - d);  filled <= gap_hi d
    None of these rows hangs on who answers for what.
    """
    count = len(columns.instance.bond)
    model.filled = pyo.Var(range(count))
    own = {
        name: block(name, sparse.identity(count, format="csr"))
        for name in ("transfer", "need", "capacity", "filled")
    }
    home, filled = home_need(columns), own["filled"]
    gap = _kept_home(columns, home) - own["capacity"]
    low, high = shortfall_bounds(columns, _home_bounds(columns))
    least, most = bounds(columns, here)
    for g, lower, upper in zip(here.tolist(), least.tolist(), most.tolist(), strict=True):
        model.transfer[g].setlb(lower)
        model.transfer[g].setub(upper)
    switched = [g for g in here.tolist() if low[g] < 0 < high[g]]
    before = len(model.d)
    for g in switched:
        model.d.add(g)
    always, never = [g for g in here.tolist() if low[g] >= 0], [g for g in here.tolist() if high[g] <= 0]
    at = (switched, range(before, len(model.d)))
    switch = block("d", sparse.csr_matrix((np.ones(len(switched)), at), (count, len(model.d))))
    parts: dict[str, tuple[Affine, Any, str, list[int]]] = {
        "F4_settled": (own["transfer"] - own["need"] + home - filled, 0.0, "==", here.tolist()),
        "F4_always": (filled - gap, 0.0, "==", always),
        "F4_never": (filled, 0.0, "==", never),
        "F4_lower": (filled - gap, 0.0, ">=", switched),
        "F4_least": (filled, 0.0, ">=", switched),
        "F4_upper": (reduce(add, [filled, -gap, -low * switch]), -low, "<=", switched),
        "F4_switch": (filled - high * switch, 0.0, "<=", switched),
    }
    for name, (left, right, sense, only) in parts.items():
        setattr(model, name, constraint(rows(model, range(count), left, right, sense, only)))
