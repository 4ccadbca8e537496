"""Accounts of a decision: the money of every government on what is provided (`ledger.provided`), the objective.

N_g = other need + sum of revised standard needs of what g is responsible for       (F1)
R_g = sum over taxes of counted share x assigned base                               (F2)
G_g = sum of (gamma - earmarked share today) x gross standard cost                  (F3)
a_g - b_g = the formula's transfer on N_g - G_g and R_g                             (F4)
funds_g = own revenue + a_g - b_g + G_g + extraordinary bond + special allocation out of what the formula leaves
coverage_g = funds_g / standard cost of what g is responsible for (unrevised, with the bond)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from optimization.dictionary.families import TODAYS_FAMILY
from optimization.dictionary.tiers import (
    LOCAL_TIERS,
    NATION,
)
from optimization.ledger.allocation import (
    SETTLED,
    Figures,
    family_transfers,
    pool_of,
    rate_is_free,
    rate_range,
    served,
)
from optimization.ledger.borrowing import Debts
from optimization.ledger.cost_kinds import real_cost
from optimization.ledger.decision import (
    Decision,
    decision_in,
    status_quo,
)
from optimization.ledger.instance import Instance
from optimization.ledger.provided import Provided
from optimization.ledger.response import Response
from optimization.ledger.short_pool import least_bond, least_rate


@dataclass(frozen=True)
class Accounts(Provided):
    """The accounts of one decision on one instance; money in million yen per year. In a later year of a horizon
    `extra_bond` is its extraordinary bond, `rate_of_year` its adjustment rate. Raises ValueError for a decision over
    another list of bodies than the instance's."""

    extra_bond: float = 0.0
    rate_of_year: float | None = None

    @cached_property
    def bonded(self) -> np.ndarray:
        """Each government's part of the year's extraordinary bond, shape (G,)."""
        share = self.instance.bond_share
        return np.zeros(len(self.instance.bond)) if share is None else share * self.extra_bond

    @cached_property
    def revised_need(self) -> np.ndarray:
        """Need N_g the formula recognises after revision and transfer, shape (G,)."""
        own = self.other_need + self.sum_of(self.instance.formula_need, self.decision.revision)
        return own - self.bonded

    @cached_property
    def standard_cost(self) -> np.ndarray:
        """Standard cost net of today's earmarked share of what g is responsible for, shape (G,)."""
        return self.other_cost + self.instance.bond + self.sum_of(self.instance.standard_need)

    @cached_property
    def other_cost(self) -> np.ndarray:
        """Cost that no service carries, shape (G,): today's, and the debt service that moves with duties."""
        return self.instance.other_cost + self.debt_service_moved

    @cached_property
    def other_need(self) -> np.ndarray:
        """Need that no service carries, shape (G,): today's, and what is recognised of the debt service that moves."""
        return self.instance.other_need + self.instance.recognised_share * self.debt_service_moved

    @cached_property
    def guarantee(self) -> np.ndarray:
        """Guarantee grant beyond today's earmarked share, shape (G,): (gamma - share) x gross cost (F3)."""
        gross = {t: self.instance.costs.by_tier[t].standard for t in LOCAL_TIERS}
        return self.sum_of(gross, self.decision.guarantee - self.instance.national_share)

    @cached_property
    def capacity(self) -> np.ndarray:
        """Standard revenue R_g, shape (G,)."""
        tax = self.instance.tax
        return tax.base @ (self.decision.counted * self.decision.assigned) + tax.fixed

    @cached_property
    def own_revenue(self) -> np.ndarray:
        """All own revenue at standard rates, shape (G,)."""
        return self.instance.tax.base @ self.decision.assigned + self.instance.tax.fixed

    @cached_property
    def transfer(self) -> np.ndarray:
        """What the formula gives (or, below 0, takes), shape (G,)."""
        return family_transfers(self.instance, self.figures)

    @cached_property
    def figures(self) -> Figures:
        """What the formulas reckon with."""
        need, decided = self.net_need, self.decision
        home = self.home_need if self.instance.settings[SETTLED] else None
        own = (need, self.capacity, self.own_revenue)
        return Figures(*own, decided.assigned, decided.pool_share, home, self.adjustment_rate)

    @cached_property
    def home_need(self) -> np.ndarray:
        """Need net of guarantees beyond today's share that the package's formula would recognise if every duty were
        with today's tier, shape (G,)."""
        return replace(self, decision=self.decision.at_home(self.instance)).net_need

    @cached_property
    def short(self) -> np.ndarray:
        """By how much revenue falls short of need under the law's formula, (1 - rate) need - capacity, of duties at
        home where they are settled, shape (G,): above 0 of who receives."""
        figures = self.figures
        return np.asarray((1.0 - self.adjustment_rate) * figures.need_cut - figures.capacity)

    @property
    def net_need(self) -> np.ndarray:
        """Need that the formula recognises, net of guarantees beyond today's share, shape (G,)."""
        return self.revised_need - self.guarantee

    @property
    def adjustment_rate(self) -> float:
        """Rate by which need is cut in the year."""
        if self.rate_of_year is not None:
            return self.rate_of_year
        return next(iter(self.decision.adjustment_rates), rate_range(self.instance.settings)[0])

    @property
    def spread(self) -> float:
        """What receivers go without by the adjustment rate, million yen: how a short pool is spread over them."""
        cut = np.zeros(len(self.transfer), dtype=bool)
        cut[served(self.instance).get(TODAYS_FAMILY, np.zeros(0, int))] = True
        return float(self.adjustment_rate * self.figures.need_cut[cut & (self.transfer > 0)].sum())

    @cached_property
    def grant(self) -> np.ndarray:
        """Grant a_g received, shape (G,)."""
        return np.maximum(0.0, self.transfer)

    @cached_property
    def contribution(self) -> np.ndarray:
        """Contribution b_g paid in by rich governments, shape (G,)."""
        return np.maximum(0.0, -self.transfer)

    @cached_property
    def funds(self) -> np.ndarray:
        """General funds, shape (G,)."""
        given = self.transfer + self.guarantee + self.special
        return self.own_revenue + given + self.instance.bond + self.bonded

    @cached_property
    def coverage(self) -> np.ndarray:
        """Funds over standard cost, shape (G,)."""
        return self.funds / self.standard_cost

    @cached_property
    def spending(self) -> np.ndarray:
        """Actual spending of general funds, shape (G,): other cost, the bond's part, the budget cost
        of all responsibilities less their earmarked grants, and the fixed cost of new units."""
        instance = self.instance
        total = self.other_cost + instance.bond
        for tier in LOCAL_TIERS:
            earmarked = instance.costs.by_tier[tier].standard * instance.national_share
            net = np.where(self.held_by[tier], self.budget - earmarked, 0.0).sum(axis=1)
            np.add.at(total, instance.paying_government(tier), net)
        return np.asarray(total + sum(self.units[tier].sum(axis=1) for tier in LOCAL_TIERS))

    @cached_property
    def pool(self) -> float:
        """Money of the ordinary allocation under the decided shares of national taxes, million yen."""
        return pool_of(self.instance, self.decision.pool_share)

    @cached_property
    def paid(self) -> float:
        """Net ordinary allocation with the corrections of earlier years, million yen."""
        return float(self.transfer.sum() + self.instance.residual.sum())

    @property
    def released(self) -> float:
        """(A3) What the formula leaves of the pool, million yen: 0 or more where the plan is sound."""
        return self.pool - self.paid

    @cached_property
    def special(self) -> np.ndarray:
        """Each government's part of what is released, shape (G,), where the package pays it out as special
        allocation. Today's special allocation stands outside the accounts, today and under any package."""
        left = max(0.0, self.released) if self.instance.pays_special else 0.0
        return self.instance.special_share * left

    @cached_property
    def national_outlay(self) -> float:
        """What the nation pays: earmarked shares and guarantees, national services and the debt service that goes along
        with them, the ordinary allocation and what is paid out as special allocation, and the taxes it hands over (or,
        below 0, takes back)."""
        instance = self.instance
        total = self.paid + float(self.units[NATION].sum() + self.guarantee.sum() + self.special.sum())
        for tier in LOCAL_TIERS:
            gross = np.where(self.held_by[tier], instance.costs.by_tier[tier].standard, 0.0)
            total += float((gross @ instance.national_share).sum())
        return total + self.handed_over + self.national_services + self.national_debt_service

    @cached_property
    def handed_over(self) -> float:
        """National taxes that the nation hands over (or, below 0, takes back), million yen."""
        return float(self.instance.tax.total @ (self.decision.assigned - 1.0))

    @cached_property
    def later(self) -> list[Accounts]:
        """The decision of every later year of the horizon in it."""
        horizon = self.instance.horizon
        if horizon is None:
            return []
        bonds = self.decision.bonds or (0.0,) * len(horizon.later)
        least = tuple(rate_range(later.settings)[0] for later in horizon.later)
        years = zip(
            horizon.years[1:], horizon.later, bonds, self.decision.adjustment_rates[1:] or least, strict=True
        )
        return [
            Accounts(later, decision_in(horizon, year, self.decision), bond, rate)
            for year, later, bond, rate in years
        ]

    @property
    def in_later_year(self) -> dict[int, Accounts]:
        """The decision in every later year of the horizon, by year."""
        horizon = self.instance.horizon
        return {} if horizon is None else dict(zip(horizon.years[1:], self.later, strict=True))

    @cached_property
    def objective_parts(self) -> dict[str, float]:
        """The terms of the objective, each weighted, million yen per year; over a horizon the weighted mean of the
        years, and what debts cost."""
        own = self.year_parts
        horizon = self.instance.horizon
        if horizon is not None:
            every = [own, *(later.year_parts for later in self.later)]
            own = {name: float(horizon.weight @ [parts[name] for parts in every]) for name in own}
            own["debt"] = self.debts.weighted_cost
        return own | (self.response.parts if self.response else {})

    @cached_property
    def debts(self) -> Debts:
        """Extraordinary bonds, the nation's shortfalls and what is owed, year by year of the horizon."""
        horizon = self.instance.horizon
        assert horizon is not None
        short = [
            max(0.0, later.national_outlay - later.instance.settings["nation.limit_million_yen"])
            for later in self.later
        ]
        bonds = np.array([0.0, *(later.extra_bond for later in self.later)])
        return Debts(horizon, self.instance.settings, bonds, np.array([0.0, *short]))

    @cached_property
    def year_parts(self) -> dict[str, float]:
        """The terms of the objective of this year alone."""
        settings, parts = self.instance.settings, dict(self.provision_parts)
        given = float(self.grant.sum() + self.special.sum())
        parts["soft_budget"] = settings["weights.soft_budget"] * (given + self.extra_bond)
        tax = self.instance.tax
        counted = tax.base[self.instance.receiving_today].sum(axis=0) * tax.partial
        parts["dulled_incentive"] = settings["weights.dulled_incentive"] * float(
            counted @ (self.decision.counted * self.decision.assigned)
        )
        return parts

    @cached_property
    def response(self) -> Response | None:
        """How the decision meets the crises of the question; None where it names none."""
        crisis = self.instance.crisis
        return None if crisis is None else Response(self.instance, self.decision, crisis)

    @cached_property
    def objective(self) -> float:
        """Total annual cost with the terms of judgement, million yen."""
        return sum(self.objective_parts.values())

    @property
    def real_cost(self) -> float:
        """Total annual cost without the terms of judgement, million yen: what savings are told of."""
        return real_cost(self.objective_parts)


def todays_accounts(instance: Instance) -> Accounts:
    """Accounts of today's arrangement under today's formula, with the package's weights and assumptions; worked out
    once for each question."""
    if instance not in _TODAYS:
        today = instance.as_today
        _TODAYS[instance] = Accounts(today, with_bonds(today, status_quo(today)))
    return _TODAYS[instance]


_TODAYS: WeakKeyDictionary[Instance, Accounts] = WeakKeyDictionary()


def share_today(known: Instance, question: Instance) -> None:
    """Let a question have the accounts of today of another one, whose case, weights and crises are the same."""
    _TODAYS[question] = todays_accounts(known)


def with_bonds(instance: Instance, decision: Decision) -> Decision:
    """The decision with the least adjustment rate of every year at which the ordinary allocation fits the pool, where
    the package frees it, and in every later year of the horizon with the least bond for what the highest rate
    leaves."""
    horizon, free = instance.horizon, rate_is_free(instance.settings)
    each = [(instance, decision)]
    if horizon is not None:
        years = zip(horizon.years[1:], horizon.later, strict=True)
        each += [(later, decision_in(horizon, year, decision)) for year, later in years]
    every = [Accounts(*one, rate_of_year=rate_range(one[0].settings)[0]) for one in each]
    rates = tuple(
        least_rate(year.instance, year.figures, year.pool) if free else year.adjustment_rate for year in every
    )
    bonds = tuple(
        least_bond(year.instance, replace(year.figures, adjustment_rate=rate), year.pool)
        for year, rate in zip(every[1:], rates[1:], strict=True)
    )
    return replace(decision, adjustment_rates=rates if free else (), bonds=bonds)
