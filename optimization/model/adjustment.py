"""The adjustment rate where a package frees it: as the law does, a short pool is spread over those who receive.

The grant is max(0, (1 - alpha) need - capacity), so that the kept part of need, beta = 1 - alpha, stands in a product
with every duty. With exactly one tier chosen for a service and group the product b[n] = beta x y[n] is exact and
linear, as those of unit costs and guarantees are. Where duties are settled the rate is of the need at home alone, and
no product is needed. Each year has a rate of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo

from optimization.dictionary.families import FAMILY_SETTINGS, TODAYS_FAMILY
from optimization.dictionary.settings import value_of
from optimization.errors import Problem, raise_if_any
from optimization.ledger.allocation import SETTLED, rate_is_free, rate_range
from optimization.model.columns import Columns
from optimization.model.expressions import total
from optimization.model.money import is_free
from optimization.model.need import exact_product
from optimization.model.pool import used_up
from optimization.model.taxes import capacity_bounds

KEY = "formula.adjustment_rate"


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """The variables of the first year. Raises InputError where more is free than one product can say."""
    raise_if_any(_faults(columns))
    add_accounts(model, columns)


def add_accounts(model: pyo.ConcreteModel, columns: Columns) -> None:
    """beta[0] part of need that the formula keeps; b[n] = beta x y[n]; adjusting[0] = 1 where the rate may lie above
    its lower end; none where the rate is a number."""
    settings = columns.instance.settings
    free, (low, high) = rate_is_free(settings), kept_range(columns)
    one, duties = range(int(free)), range(len(columns.duties) if free and not settings[SETTLED] else 0)
    model.beta = pyo.Var(one, bounds=(low, high))
    model.b = pyo.Var(duties, bounds=(0.0, high))
    model.adjusting = pyo.Var(one, domain=pyo.Binary)


def kept_range(columns: Columns) -> tuple[float, float]:
    """Least and most part of need that the formula keeps."""
    low, high = rate_range(columns.instance.settings)
    return 1.0 - high, 1.0 - low


def shortfall_bounds(columns: Columns, need: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Least and most of (1 - rate) need - capacity, shape (G,), within the range of the rate, from the least and the
    most of a need."""
    kept = np.array(kept_range(columns))[:, None]
    (low, high), (least, most) = need, capacity_bounds(columns)
    return (kept * low).min(axis=0) - most, (kept * high).max(axis=0) - least


def _faults(columns: Columns) -> list[Problem]:
    instance, settings = columns.instance, columns.instance.settings
    if not rate_is_free(settings):
        return []
    families = [value_of(settings, key) for key in FAMILY_SETTINGS]
    remedy = "fix the rate (one number), or what it is multiplied with"
    reasons = {
        f"is no part of {next((f for f in families if f != TODAYS_FAMILY), '')}, one of the families in use": (
            families != [TODAYS_FAMILY] * len(families)
        ),
        "cannot be free together with unit costs (formula.unit_cost_revision)": is_free(
            instance.revision
        ).any(),
        "cannot be free together with guarantees (guarantee.share)": is_free(instance.guarantee).any(),
    }
    low, high = rate_range(settings)
    value = f"[{low:g}, {high:g}]"
    return [Problem("package", why, remedy, column=KEY, value=value) for why, so in reasons.items() if so]


def kept_part_of_duties(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F4kept) b[n] = beta x y[n] exactly, a number in [lo, hi] times a binary, using that exactly one tier of a
    (service, group) is chosen:

    lo y[n] <= b[n] <= hi y[n],   sum over the tiers of (s, k) of b[n] = beta
    """
    count = len(columns.instance.services)
    low, high = (np.full(count, edge) for edge in kept_range(columns))
    exact_product(model, columns, "F4kept", model.b, lambda _: model.beta[0], (low, high))


def rate_when_short(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F4rate) alpha - lo <= (hi - lo) x adjusting
    (F4pool) allocation >= pool - M (1 - adjusting): need is cut by more than the least rate where the pool is used up,
    and no further"""
    low, high = kept_range(columns)
    one = list(model.adjusting)
    model.F4rate = pyo.Constraint(
        one, rule=lambda _, n: total([(1.0, model.beta[n]), (high - low, model.adjusting[n])]) >= high
    )
    model.F4pool = pyo.Constraint(one, rule=lambda _, n: used_up(model, columns, model.adjusting[n]))


def most_before_a_bond(model: pyo.ConcreteModel, columns: Columns, bonding: Any) -> Any:
    """beta <= hi - (hi - lo) x bonding: what a year borrows is what its highest rate leaves."""
    low, high = kept_range(columns)
    return total([(1.0, model.beta[0]), (high - low, bonding)]) <= high
