"""Equity: adequacy (E1), ceiling (E2), dispersion (E3), burden (E4), access (E5), losses (E6).

All are written on funds over standard cost, never on yen per head: the allocation tax widens the
dispersion per head while it closes the coverage of need.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
from scipy import sparse

from optimization.ledger import hold_harmless as path
from optimization.ledger.measures import mean_own_share, own_share
from optimization.model.columns import Columns
from optimization.model.expressions import BILLION, row, total
from optimization.model.need import Guarantee, choice_bounds
from optimization.model.taxes import OwnRevenue

Pairs = list[tuple[float, Any]]


class Funds:
    """funds[g] = own revenue + transfer[g] + guarantee[g] + extraordinary bond, and the standard cost
    of what g answers for, both as a constant and pairs of coefficient and variable."""

    def __init__(self, model: pyo.ConcreteModel, columns: Columns) -> None:
        self._model, self._revenue, self._columns = model, OwnRevenue(model, columns), columns
        self._guarantee, self._cost = Guarantee(model, columns), columns.net_cost
        instance = columns.instance
        self.constant = self._revenue.constant + instance.bond
        self.cost_constant = instance.other_cost + instance.bond

    def terms(self, g: int, factor: float = 1.0) -> Pairs:
        """factor x (funds[g] - its constant)."""
        own = self._revenue.terms(g, factor) + self._guarantee.terms(g, factor)
        return [(factor, self._model.transfer[g]), *own, *self._columns.bond_terms(self._model, g, factor)]

    def cost_terms(self, g: int, factor: float = 1.0) -> Pairs:
        """factor x (standard cost[g] - its constant)."""
        values, duties = row(self._cost, g)
        return [(factor * value, self._model.y[n]) for value, n in zip(values, duties, strict=True)]


def adequacy(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(E1) funds[g] >= floor x standard cost[g]

    Standard cost is unrevised: a lower unit cost in the formula does not make the duty cheaper.
    """
    floor = columns.instance.settings["equity.adequacy_floor"]
    funds = Funds(model, columns)

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        right = float(floor * funds.cost_constant[g] - funds.constant[g])
        return total(funds.terms(g) + funds.cost_terms(g, -floor)) >= right

    model.E1 = pyo.Constraint(_all(columns) if floor > 0 else [], rule=rule)


def ceiling(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(E2) funds[g] <= ceiling x standard cost[g] + (today's excess over it, where there is one)

    A government above the ceiling today keeps its ratio; nobody else may rise above.
    """
    settings = columns.instance.settings
    top = settings["equity.coverage_ceiling"]
    today = columns.today.coverage
    funds = Funds(model, columns)

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        bound = max(top, float(today[g]))
        right = float(bound * funds.cost_constant[g] - funds.constant[g])
        return total(funds.terms(g) + funds.cost_terms(g, -bound)) <= right

    model.E2 = pyo.Constraint(_all(columns) if top > 0 else [], rule=rule)


def dispersion(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(E3) sum_g weight[g] x |funds[g] - level x standard cost[g]| / today's cost[g] <= bound

    the population-weighted mean absolute deviation of coverage around a stated level, with
    deviation[g] >= funds - level x cost and >= its negative.
    """
    instance = columns.instance
    bound = instance.settings["equity.dispersion_ceiling"]
    level = instance.settings["equity.dispersion_level"]
    rows = _all(columns) if bound > 0 else []
    funds, size = Funds(model, columns), columns.today.standard_cost
    weight = instance.population / instance.population.sum()
    model.deviation = pyo.Var(rows, bounds=(0.0, None))

    def part(model: pyo.ConcreteModel, g: int, sign: float) -> Any:
        scale = sign / float(size[g])
        gap = funds.terms(g, scale) + funds.cost_terms(g, -level * scale)
        right = scale * float(level * funds.cost_constant[g] - funds.constant[g])
        return total([*gap, (-1.0, model.deviation[g])]) <= right

    model.E3 = pyo.Constraint(rows, [1.0, -1.0], rule=part)
    mean = [(float(weight[g]), model.deviation[g]) for g in rows]
    model.E3_mean = pyo.Constraint(range(bool(rows)), rule=lambda m, _: total(mean) <= bound)


def burden(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(E4) tax_price_spread: |own part[g] - mean own part of its tier| <= spread x standard cost[g]

    own part = standard cost - transfer - guarantee: what residents pay of the standard service. The
    mean is that of today's taxes over today's cost of the tier, so that the row stays linear.
    """
    instance = columns.instance
    spread = instance.settings["equity.tax_price_spread"]
    rows = _all(columns) if spread > 0 else []
    funds, guarantee = Funds(model, columns), Guarantee(model, columns)
    today = columns.today
    share, own = mean_own_share(today), own_share(today)

    def side(model: pyo.ConcreteModel, g: int, sign: float) -> Any:
        keep = 1.0 - float(share[g])
        slack = spread + max(0.0, abs(float(own[g] - share[g])) - spread)
        terms = [(-sign * c, v) for c, v in [(1.0, model.transfer[g]), *guarantee.terms(g)]]
        terms += funds.cost_terms(g, sign * keep - slack)
        return total(terms) <= float((slack - sign * keep) * funds.cost_constant[g])

    model.E4 = pyo.Constraint(rows, [1.0, -1.0], rule=side)


def losses(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(E6) funds[g] >= (1 - loss_limit) x today's coverage[g] x standard cost[g], or loser[g] = 1;
    people in losers <= losers_population_ceiling of all

    The bound that a loser may fall to is adequacy's floor (or 0).
    """
    settings, instance = columns.instance.settings, columns.instance
    limit, people_limit = settings["equity.loss_limit"], settings["equity.losers_population_ceiling"]
    rows = _all(columns) if limit < 1 else []
    funds, today = Funds(model, columns), columns.today.coverage
    floor = settings["equity.adequacy_floor"]
    weight = instance.population / instance.population.sum()
    model.loser = pyo.Var(rows if people_limit > 0 else [], domain=pyo.Binary)
    cost_high = _highest_cost(columns) if rows else today

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        kept = (1.0 - limit) * float(today[g])
        terms = funds.terms(g) + funds.cost_terms(g, -kept)
        if g in model.loser:
            terms.append((max(0.0, kept - floor) * float(cost_high[g]), model.loser[g]))
        return total(terms) >= kept * float(funds.cost_constant[g]) - float(funds.constant[g])

    model.E6 = pyo.Constraint(rows, rule=rule)
    count = [(float(weight[g]), v) for g, v in model.loser.items()]
    model.E6_people = pyo.Constraint(range(bool(count)), rule=lambda m, _: total(count) <= people_limit)


def hold_harmless(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(E6) top_up[g] >= (1 - hold_harmless_step) x today's coverage[g] x standard cost[g] - funds[g], >= 0;
    sum_g top_up[g] <= hold_harmless_budget

    in the first year of the path. A later year guarantees a smaller share of the same coverage, so its
    top-ups are no larger and its rows are implied. Funds are those before the top-up.
    """
    settings = columns.instance.settings
    budget = settings[path.BUDGET]
    rows = _all(columns) if settings[path.YEARS] > 0 and budget < path.NO_BUDGET else []
    funds, today = Funds(model, columns), columns.today.coverage
    model.top_up = pyo.Var(rows, bounds=(0.0, None))

    def rule(model: pyo.ConcreteModel, g: int) -> Any:
        kept = float(path.guaranteed_share(columns.instance)[0] * today[g])
        terms = [(1.0, model.top_up[g]), *funds.terms(g), *funds.cost_terms(g, -kept)]
        return total(terms) >= kept * float(funds.cost_constant[g]) - float(funds.constant[g])

    model.E6path = pyo.Constraint(rows, rule=rule)
    paid = [(BILLION, v) for v in model.top_up.values()]
    model.E6path_sum = pyo.Constraint(range(bool(paid)), rule=lambda m, _: total(paid) <= BILLION * budget)


def _all(columns: Columns) -> range:
    return range(len(columns.instance.case.governments))


def _highest_cost(columns: Columns) -> np.ndarray:
    _, high = choice_bounds(sparse.csr_matrix(columns.net_cost), columns)
    return np.asarray(high + columns.instance.other_cost + columns.instance.bond)
