"""A saving twice: of the norm, and of money spent.

The model's costs are standard costs: what the norm of the allocation tax holds a service to cost. Need per head falls
faster with size than spending does, so that a yen less of the norm need not be a yen less spent:

    saving of the norm, service s   N_s = dStandard_s + dBeside_s
    saving of money spent           M_s = spending_ratio_s x dStandard_s + dBeside_s

where d is today less plan, and beside the standard cost stand coordination, transition and new units, which are paid in
money. The standard cost has fallen by own x (1 - (curve(group) / curve(own)) ^ scale_realisation). Where
scale_realisation is a coefficient of spending on the curve of need, as estimated ones are, it has put the slope of
spending in the place of the norm's already: the ratio is 1, for another would count one effect twice. Where it is a
guess at a part of the norm's slope, the ratio is what of that slope spending shows. It is a ratio of slopes and none of
levels: what is spent beyond the norm is neither counted nor promised. What the norm's own slope would promise in full,
with scale_realisation 1 in the place of what comes true, is told beside both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from optimization.case.case import Case
from optimization.case.parameters import SPENDING_RATIO
from optimization.costs.provision import BUDGET
from optimization.ledger.decision import Decision, status_quo
from optimization.ledger.factors import Number
from optimization.ledger.provided import Provided
from optimization.ledger.worlds import Worlds, decision_in, only_bodies

STANDARD, REALISATION = "standard", "scale_realisation"


@dataclass(frozen=True)
class Saved:
    """What budgets save by service, million yen a year, (S,) each: of `standard` cost, and of what stands `beside` it
    (coordination, transition, new units; below 0 where the plan adds to them)."""

    standard: np.ndarray
    beside: np.ndarray

    @property
    def norm(self) -> np.ndarray:
        """What is saved of the norm, (S,)."""
        return self.standard + self.beside

    def spent(self, ratio: np.ndarray) -> np.ndarray:
        """What is saved of money spent where a yen of standard cost is `ratio` (S,) of it, (S,)."""
        return ratio * self.standard + self.beside


def saved(today: Provided, plan: Provided) -> Saved:
    """What budgets save under a plan, service by service."""

    def of(kind: str) -> np.ndarray:
        return np.asarray((today.components[kind] - plan.components[kind]).sum(axis=0))

    units = sum((today.units[tier] - plan.units[tier]).sum(axis=0) for tier in today.units)
    return Saved(of(STANDARD), np.asarray(sum(of(kind) for kind in BUDGET if kind != STANDARD) + units))


def by_slope_of_norm(worlds: Worlds, decision: Decision) -> Saved:
    """What budgets would save if the whole slope of the norm came true, the plan as it is: `scale_realisation` 1."""
    table = worlds.whole.parameters.table
    whole = {f"{s}.{REALISATION}": 1.0 for s in table.loc[table["parameter"] == REALISATION, "service"]}
    bodies = worlds.instance.bodies
    question = worlds.question_at(whole, only_bodies(bodies, decision.existing_bodies))
    today, plan = status_quo(question), decision_in(question, decision)
    return saved(Provided(question, today), Provided(question, plan))


@dataclass(frozen=True)
class Ratios:
    """What a yen saved of the norm is in money spent: the number of each service that has one, by service."""

    services: tuple[str, ...]
    numbers: dict[str, Number]

    def at(self, value: Callable[[Number], float]) -> np.ndarray:
        """Ratios (S,) with every number at a value; 1 where a service has none, whose cost has no scale to gain by."""
        return np.array([value(self.numbers[s]) if s in self.numbers else 1.0 for s in self.services])

    @property
    def ends(self) -> Iterator[np.ndarray]:
        """All at their low ends, at their central values, at their high ends, (S,) each."""
        for level in (0.0, 0.5, 1.0):
            yield self.at(partial(Number.at, level=level))


def ratios_of(case: Case) -> Ratios | None:
    """The ratios of a case; None where it gives none, so that money spent cannot be told."""
    table, found = case.parameters.table, {}
    for row in table[table["parameter"] == SPENDING_RATIO].to_dict("records"):
        service = str(row["service"])
        central = case.parameters(SPENDING_RATIO, service)
        low, high = min(float(row["low"]), central), max(float(row["high"]), central)
        key = f"{service}.{SPENDING_RATIO}"
        found[service] = Number(key, low, central, high, row["unit"], row["mark"], row["source"])
    return Ratios(tuple(case.services.index), found) if found else None
