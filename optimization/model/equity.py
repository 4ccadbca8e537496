"""Equity with variables of its own: dispersion (E3), losers and the hold-harmless path (E6).

The limits themselves are statements of `rules.fiscal`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo
from scipy import sparse

from optimization.ledger import hold_harmless as path
from optimization.model.affine import Affine, block, constraint, fixed, rows
from optimization.model.columns import Columns
from optimization.model.money import funds, standard_cost
from optimization.model.need import choice_bounds
from optimization.rules import fiscal


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """deviation[g] distance of coverage from its level, where dispersion is limited; loser[g] = 1 where more may be
    lost than the limit; top_up[g] in the first year of the path, million yen, where top-ups are limited."""
    settings, count = columns.instance.settings, len(columns.instance.case.governments)

    def every(on: bool) -> range:
        return range(count if on else 0)

    model.deviation = pyo.Var(every(fiscal.dispersion.in_force(settings)), bounds=(0.0, None))
    model.loser = pyo.Var(every(fiscal.losers.in_force(settings)), domain=pyo.Binary)
    model.top_up = pyo.Var(every(fiscal.top_ups.in_force(settings)), bounds=(0.0, None))


def people(columns: Columns) -> np.ndarray:
    """Each government's part of all residents, shape (G,)."""
    return columns.instance.population / columns.instance.population.sum()


def deviations(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(E3) deviation[g] >= |funds[g] - level x standard cost[g]| / today's cost[g]"""
    if not len(model.deviation):
        model.E3 = pyo.Constraint([])
        return
    level = columns.instance.settings["equity.dispersion_level"]
    gap = (1.0 / columns.today.standard_cost) * (funds(columns) - level * standard_cost(columns))
    found: dict[Any, Any] = {}
    for sign in (1.0, -1.0):
        keys = [(g, sign) for g in model.deviation]
        found |= rows(
            model, keys, sign * gap - block("deviation", sparse.identity(len(keys), format="csr")), 0.0
        )
    model.E3 = constraint(found)


def mean_deviation(columns: Columns) -> Affine:
    """Mean deviation by residents, (1,)."""
    return block("deviation", people(columns))


def let_off(columns: Columns) -> Affine:
    """What a loser lacks of its promised coverage at most, (G,): down to adequacy's floor (or 0) of the highest cost
    that it can have; nothing where nobody may lose."""
    settings = columns.instance.settings
    if not fiscal.losers.in_force(settings):
        return fixed(np.zeros(len(columns.instance.bond)))
    limit, floor = settings[fiscal.LOSS_LIMIT], settings[fiscal.ADEQUACY] or 0.0
    assert limit is not None, "there are no losers without a limit of losses"
    kept = (1.0 - limit) * columns.today.coverage
    most = np.maximum(0.0, kept - floor) * highest_cost(columns)
    return block("loser", sparse.diags(most, format="csr"))


def people_losing(columns: Columns) -> Affine:
    """Part of all people who live under losers, (1,)."""
    return block("loser", people(columns))


def path_top_ups(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(E6) top_up[g] >= (1 - hold_harmless_step) x today's coverage[g] x standard cost[g] - funds[g], >= 0

    Funds are those before the top-up.
    """
    if not len(model.top_up):
        model.E6path = pyo.Constraint([])
        return
    kept = path.guaranteed_share(columns.instance)[0] * columns.today.coverage
    topped = block("top_up", sparse.identity(len(model.top_up), format="csr"))
    left = topped + funds(columns) - kept * standard_cost(columns)
    model.E6path = constraint(rows(model, list(model.top_up), left, 0.0, ">="))


def top_ups(columns: Columns) -> Affine:
    """Top-ups of all governments in the first year of the path, (1,), million yen."""
    return block("top_up", np.ones(len(columns.instance.case.governments)))


def highest_cost(columns: Columns) -> np.ndarray:
    """Highest standard cost that each government can have, shape (G,), million yen."""
    _, high = choice_bounds(sparse.csr_matrix(columns.net_cost), columns)
    return np.asarray(high + columns.instance.other_cost + columns.instance.bond)
