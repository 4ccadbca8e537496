"""What residents have as columns: leeway of places (P1 to P3, P6, P7); the limits are statements of `rules.places`.

Both tiers' rows would repeat a prefecture's duties for each of its municipalities, so two columns of every government
stand between them: what is left of its funds, and what its duties cost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyomo.core as pyo
from scipy import sparse

from optimization.dictionary.families import FAMILY_SETTINGS, TODAYS_FAMILY
from optimization.dictionary.settings import value_of
from optimization.dictionary.typed_settings import Settings
from optimization.ledger.allocation import SETTLED
from optimization.ledger.places import leeway as leeway_of
from optimization.ledger.places import people, per_resident
from optimization.model.affine import Affine, block, constraint, fixed, rows
from optimization.model.columns import Columns
from optimization.model.equity import highest_cost
from optimization.model.formulas.settled import home_need
from optimization.model.money import funds, own_revenue, standard_cost, transfer
from optimization.model.need import net_need
from optimization.reading.units import YEN_IN_MILLION, YEN_IN_THOUSAND
from optimization.rules import places as rules
from optimization.rules.statement import Statement

LEFT: Final[tuple[Statement, ...]] = (rules.cover, rules.windfall, rules.dispersion, rules.loss)
"""Statements that speak of leeway."""

BORNE: Final[tuple[Statement, ...]] = (rules.cover, rules.tax_price)
"""Statements that speak of what duties cost."""


def _any(statements: tuple[Statement, ...], settings: Settings) -> bool:
    return any(each.in_force(settings) for each in statements)


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """place_left[g] funds less standard cost and place_borne[g] standard cost, million yen, where a limit speaks of
    them; mean_leeway and leeway_deviation[i] distance from it, thousand yen per resident, where dispersion is limited;
    let_off[i] = 1 where a place may lose more than the limit."""
    settings = columns.instance.settings
    governments, places = len(columns.instance.bond), len(columns.instance.case.codes)

    def every(count: int, on: bool) -> range:
        return range(count if on else 0)

    apart = rules.dispersion.in_force(settings)
    model.place_left = pyo.Var(every(governments, _any(LEFT, settings)))
    model.place_borne = pyo.Var(every(governments, _any(BORNE, settings)))
    model.mean_leeway = pyo.Var(every(1, apart))
    model.leeway_deviation = pyo.Var(every(places, apart), bounds=(0.0, None))
    model.let_off = pyo.Var(every(places, rules.losers.in_force(settings)), domain=pyo.Binary)


def accounts_of_places(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(P) place_left[g] = funds[g] - standard cost[g] and place_borne[g] = standard cost[g]"""
    for name, variable, value in (
        ("P_left", "place_left", lambda: _left(columns)),
        ("P_borne", "place_borne", lambda: standard_cost(columns)),
    ):
        keys = list(getattr(model, variable))
        own = block(variable, sparse.identity(len(keys), format="csr")) if keys else None
        found = rows(model, keys, own - value(), 0.0, "==") if own is not None else {}
        model.add_component(name, constraint(found))


def deviations(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(P3) deviation[i] >= |leeway[i] - mean leeway| and mean leeway = sum_i people[i] x leeway[i] / all people"""
    places = list(model.leeway_deviation)
    if not places:
        model.P3, model.P3_centre = pyo.Constraint([]), pyo.Constraint([])
        return
    own = YEN_IN_THOUSAND * leeway(columns)
    weight = sparse.csr_matrix(people(columns.instance)[None, :])
    centre = own.through(weight) - block("mean_leeway", np.ones(1))
    model.P3_centre = constraint(rows(model, [0], centre, 0.0, "=="))
    gap = own - block("mean_leeway", np.ones((len(places), 1)))
    far = block("leeway_deviation", sparse.identity(len(places), format="csr"))
    found: dict[Any, Any] = {}
    for sign in (1.0, -1.0):
        found |= rows(model, [(i, sign) for i in places], sign * gap - far, 0.0)
    model.P3 = constraint(found)


def leeway(columns: Columns) -> Affine:
    """Yen per resident left when the standard cost of both tiers' duties is paid, (I,)."""
    return _columns_or(columns, LEFT, "place_left", lambda: _left(columns))


def cost_per_resident(columns: Columns) -> Affine:
    """Standard cost of both tiers' duties, yen per resident, (I,)."""
    return _columns_or(columns, BORNE, "place_borne", lambda: standard_cost(columns))


def _left(columns: Columns) -> Affine:
    """Funds less standard cost, (G,), million yen. Where duties are settled the need of whatever has come or gone
    stands in both: written over the decisions themselves it falls out, and the rows no longer hang on them."""
    settings, instance = columns.instance.settings, columns.instance
    today = all(value_of(settings, key) == TODAYS_FAMILY for key in FAMILY_SETTINGS)
    if not (settings[SETTLED] and today):
        return funds(columns) - standard_cost(columns)
    filled = block("filled", sparse.identity(len(instance.bond), format="csr"))
    given = filled + net_need(columns) - home_need(columns)
    return (funds(columns) - transfer(columns) + given - standard_cost(columns)).without_dust(YEN_IN_MILLION)


def _columns_or(
    columns: Columns, spoken: tuple[Statement, ...], name: str, value: Callable[[], Affine]
) -> Affine:
    """A sum of governments per resident of places, over its own columns where a limit speaks of it."""
    matrix = per_resident(columns.instance)
    return block(name, matrix) if _any(spoken, columns.instance.settings) else value().through(matrix)


def taxes_per_resident(columns: Columns) -> Affine:
    """Own revenue of both tiers at standard rates, yen per resident, (I,)."""
    return own_revenue(columns).through(per_resident(columns.instance))


def let_off(columns: Columns) -> Affine:
    """What a place that may lose lacks of its promised leeway at most, yen per resident, (I,): down to the floor of
    cover (or to no funds at all) at the highest cost that it can have; nothing where no place may lose more."""
    settings, instance = columns.instance.settings, columns.instance
    if not rules.losers.in_force(settings):
        return fixed(np.zeros(len(instance.case.codes)))
    limit, floor = settings[rules.LOSS], settings[rules.COVER] or 0.0
    assert limit is not None, "nobody is let off without a limit of losses"
    least = (floor - 1.0) * (per_resident(instance) @ highest_cost(columns))
    most = np.maximum(0.0, leeway_of(columns.today) - limit - least)
    return block("let_off", sparse.diags(most, format="csr"))


def people_let_off(columns: Columns) -> Affine:
    """Part of all people in places that lose more than the limit, (1,)."""
    return block("let_off", people(columns.instance))


def dispersion(columns: Columns) -> Affine:
    """Mean distance of leeway from its mean by residents, yen per resident, (1,)."""
    return block("leeway_deviation", people(columns.instance) / YEN_IN_THOUSAND)
