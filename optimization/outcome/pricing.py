"""What the listed pairs of body and service that are left out of the master problem could still do.

The list may be long; few of its pairs are ever part of a plan. The run starts with some (`outcome.starting`). Then the
relaxation of the master problem says what responsibility is worth to each service and class in each connected cluster
of municipalities (the duals of R2, summed over the cluster's places); at these prices every cluster is solved again
over its whole list. What this gains over the pairs in the master problem is what the bound must give up, and the pairs
it uses are those to enter.

In formulas: with the rows R2, R3, R4 of cluster p kept in V_p, a copy of y for each cluster and `worth` the
price at which copies are bought,

    bound = value of the relaxation - sum over p of (V_p(pairs in the model, worth) - V_p(all pairs, worth'))

for any worth' whose sum over the clusters is that of worth for every service and class, or less where the
relaxation leaves a reduced cost on y.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from optimization.dictionary.tiers import MUNICIPALITY
from optimization.ledger.instance import Instance
from optimization.model.columns import Columns
from optimization.model.discipline import bindable
from optimization.model.horizon import block_name
from optimization.outcome.clusters import Clusters
from optimization.outcome.crisis_pricing import CRISIS_COLUMNS, joint_values
from optimization.outcome.master import MasterProblem
from optimization.outcome.starting import Start, as_mask
from optimization.outcome.terms import TAKEN_UP
from optimization.outcome.unlisted import Members
from optimization.solving import workers
from optimization.solving.covering import NONE, More, Repriced, reprice
from optimization.solving.national import Cut
from optimization.solving.standard_form import StandardForm

MOST_GROWN = 20_000
"""Sets that may enter the list because they could be part of a better plan."""


@dataclass(frozen=True)
class Pricing:
    """What the pairs left out could take off the relaxation, million yen; the pairs that would, boolean
    over the list; and what is proven of the cost of provision under any statute (nothing where a balance
    row has a price, crises are faced or there is more than one year). `growing` are the sets in use that are not
    listed."""

    correction: float
    entering: np.ndarray
    cut: Cut | None
    growing: list[Members] = field(default_factory=list)


@dataclass(frozen=True)
class Growth:
    """Sets of municipalities that could be part of a better plan and are not listed; none are named where they are too
    many to list."""

    sets: list[Members] = field(default_factory=list)
    too_many: bool = False


@dataclass(frozen=True)
class LeftOut:
    """The listed pairs that are not in a master problem, priced by the duals of its relaxations; `tolerance` is
    what the pricing may give away on the whole country, million yen, `taken_up` the value of y from which a duty counts
    as taken up in a relaxation."""

    problem: MasterProblem
    start: Start
    tolerance: float
    processes: int
    taken_up: float = TAKEN_UP

    @property
    def columns(self) -> Columns:
        """Index tables of the master problem."""
        return self.problem.columns

    @property
    def form(self) -> StandardForm:
        """The master problem in arrays."""
        return self.problem.form

    @cached_property
    def inside(self) -> np.ndarray:
        """Whether a pair stands in the model, shape (B, W)."""
        result = np.zeros(self.columns.instance.costs.allowed.shape, dtype=bool)
        result[self.columns.pair_body, self.columns.pair_service] = True
        return result

    @cached_property
    def clusters(self) -> Clusters:
        """The connected clusters of municipalities."""
        unlisted = self.start.unlisted
        listed = as_mask(self.columns.instance, self.columns.screening)
        return Clusters(self.columns.instance, listed, unlisted.of if unlisted else None)

    @property
    def any(self) -> bool:
        """Whether a pair is left out."""
        return bool(self.start.unlisted or (~self.inside[self.columns.screening.listed]).any())

    @property
    def may_rescue(self) -> bool:
        """Whether a listed pair left out could make an impossible program possible: one that relieves a budget."""
        return bool((~self.inside[self.columns.screening.reserve]).any())

    @cached_property
    def _provision(self) -> np.ndarray:
        """Which columns of the form are about who provides, boolean."""
        result = np.zeros(len(self.form.cost), dtype=bool)
        for name in ("x", "v", "z", *CRISIS_COLUMNS):
            result[self.form.column_family(name)[0]] = True
        return result

    def concerns(self, columns: np.ndarray) -> bool:
        """Whether a program of these columns could be cheaper with pairs left out."""
        return bool(self._provision[columns].any())

    @property
    def none(self) -> np.ndarray:
        """No pair, boolean over the list."""
        return np.zeros(len(self.columns.screening.listed[0]), dtype=bool)

    def everything(self) -> np.ndarray:
        """All pairs left out, boolean over the list."""
        return ~self.inside[self.columns.screening.listed]

    def correction(self, values: np.ndarray, duals: np.ndarray) -> float:
        """By how much the pairs left out could lower the value of a relaxation with these columns' values
        and row duals."""
        return self.priced(values, duals).correction if self.any else 0.0

    def priced(self, values: np.ndarray, duals: np.ndarray) -> Pricing:
        """Every cluster over its whole list, at the prices of a relaxation."""
        cost, alone = self.prices(duals)
        listed = self.clusters.listed
        worth = self._place_duals(duals, alone)
        parts = self.clusters.coverings(np.where(listed, cost, np.inf), alone, worth)
        steady = self._steady([part.worth for part in parts], values, duals)
        share = self.tolerance / len(self.columns.instance.case.codes)
        tasks = [
            (part, self.inside[rows], other, share * len(who), self._sets(name, who, duals))
            for part, rows, other, who, name in zip(
                parts, self.clusters.bodies, steady, self.clusters.places, self.clusters.names, strict=True
            )
        ]
        found = workers.each(reprice, tasks, self.processes)
        used = self.clusters.gather([part.used for part in found])[self.columns.screening.listed]
        start, least = (sum(getattr(part, name) for part in found) for name in ("start", "least"))
        instance = self.columns.instance
        more = instance.crisis is not None or instance.horizon is not None
        proven = None if more or self._balance_duals(duals).any() else self._cut(least, steady, alone)
        return Pricing(max(0.0, start - least), used & self.everything(), proven, self._growing(found))

    def _sets(self, name: int, places: np.ndarray, duals: np.ndarray) -> More | None:
        """The sets of a cluster that are not listed, at what they cost when the balance rows have their price."""
        sets = self.start.unlisted.clusters.get(name) if self.start.unlisted else None
        if sets is None:
            return None
        if any(balance[places].any() for balance in self._balances(duals)):
            sets = sets.at_costs(self.columns.instance, lambda other: self._prices_on(other, duals)[0])
        return sets.more

    def _growing(self, found: list[Repriced]) -> list[Members]:
        """The sets that are not listed and in use when all are priced."""
        if self.start.unlisted is None:
            return []
        sets = self.start.unlisted.clusters
        named = zip(self.clusters.names, found, strict=True)
        return [s for name, part in named if name in sets for s in sets[name].positions(part.joined)]

    def _cut(self, least: float, worths: list[np.ndarray], alone: np.ndarray) -> Cut:
        """What the pricing proves of the cost of provision under any statute."""
        size = len(self.columns.duties)
        worth, counted = np.zeros(size + 1), np.zeros(size + 1)
        for duty, part in zip(self._duties, worths, strict=True):
            worth += np.bincount(duty, part, minlength=size + 1)
        single = ~self.columns.has_alone[:, self.columns.instance.costs.wide_columns]
        for who, demand in zip(self.clusters.places, self.clusters.demands, strict=True):
            here = (demand != NONE) & single[who]
            counted += np.bincount(self._duty_of_place[who][here], alone[who][here], minlength=size + 1)
        numbers, duties = self.form.column_family("y")
        return Cut(self._provision, least, numbers, worth[duties], counted[duties])

    def _steady(self, worths: list[np.ndarray], values: np.ndarray, duals: np.ndarray) -> list[np.ndarray]:
        """What every duty is worth to each cluster, by cluster, its sum over them kept. Where the relaxation does not
        take a duty up, the worth it gives is spread over the clusters at random, and any cluster with more than its
        share would seem to gain. There it is shared in proportion to what serving costs (the survey's prices), and
        what the duty's reduced cost shows to be too much is left out."""
        numbers, duties = self.form.column_family("y")
        size = len(self.columns.duties) + 1
        reduced, value = np.zeros(size), np.zeros(size)
        reduced[duties] = np.maximum(0.0, (self.form.cost - self.form.matrix.T @ duals)[numbers])
        value[duties] = values[numbers]
        of = self._duties
        prices = [found.price for found in self.start.surveys]
        total, base = (
            sum(np.bincount(duty, part, minlength=size) for duty, part in zip(of, parts, strict=True))
            for parts in (worths, prices)
        )
        level = np.divide(np.maximum(0.0, total - reduced), base, out=np.zeros(size), where=base > 0)
        spread = (value < self.taken_up) & (base > 0)
        return [
            np.where(spread[duty], level[duty] * price, worth)
            for duty, price, worth in zip(of, prices, worths, strict=True)
        ]

    @cached_property
    def _duties(self) -> list[np.ndarray]:
        """Number of the duty of each demand, by cluster."""
        result = []
        for who, demand in zip(self.clusters.places, self.clusters.demands, strict=True):
            numbers = np.zeros(int(demand.max()) + 1, dtype=int)
            numbers[demand[demand != NONE]] = self._duty_of_place[who][demand != NONE]
            result.append(numbers)
        return result

    @cached_property
    def _duty_of_place(self) -> np.ndarray:
        """Number of the municipal duty that governs each place, shape (I, W); -1 where there is none."""
        wide = self.columns.instance.costs.wide_columns
        return np.column_stack([self.columns.duty_at(int(s), MUNICIPALITY) for s in wide])

    def within(self, duals: np.ndarray, distance: float) -> np.ndarray:
        """Pairs left out that can be part of a plan better than the relaxation plus `distance`, boolean
        over the list."""
        return self.everything() & (self.reduced_costs(duals)[self.columns.screening.listed] < distance)

    def sets_within(self, duals: np.ndarray, distance: float) -> Growth:
        """Sets that are not listed and can be part of a plan better than the relaxation plus `distance`, million
        yen."""
        if self.start.unlisted is None:
            return Growth()
        instance, settings = self.columns.instance, self.columns.instance.settings
        _, alone = self.prices(duals)
        place, crowd = self._place_duals(duals, alone), np.zeros(len(alone))
        place = place * (instance.costs.own[:, instance.costs.wide_columns] > 0)
        rows, index = self.form.family("R4")
        crowd[index] = duals[rows]
        opening = instance.mass * settings["weights.body_million_yen"] - distance
        found: list[Members] = []
        for name, who in zip(self.clusters.names, self.clusters.places, strict=True):
            more = self._sets(name, who, duals)
            if more is not None:
                rows = np.flatnonzero(more.gain(place[who], crowd[who], opening) > 0)
                if len(found) + len(rows) > MOST_GROWN:
                    return Growth(too_many=True)
                found += self.start.unlisted.clusters[name].positions(rows)
        return Growth(found)

    def reduced_costs(self, duals: np.ndarray) -> np.ndarray:
        """Reduced cost of every pair, the dual of its own row R3 taken as 0, shape (B, W)."""
        cost, alone = self.prices(duals)
        own = self.columns.instance.costs.own[:, self.columns.instance.costs.wide_columns]
        place = self._place_duals(duals, alone) * (own > 0)
        return np.asarray(cost - self.columns.instance.bodies.membership @ place)

    def prices(self, duals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a pair (B, W) and acting alone (I, W) cost when the balance rows (D1) have their price:

        social cost + sum over members of dual(D1) x its part of the money that is not earmarked
        - what joint response in crises is worth
        """
        pairs, alone = self._prices_on(self.columns.instance, duals)
        return pairs - joint_values(self.columns, self.form, duals), alone

    def _prices_on(self, instance: Instance, duals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a pair (B, W) and acting alone (I, W) cost at the price of the balance rows, crises left out, of the
        bodies of any list."""
        pairs, alone = instance.social.bodies, instance.social.alone
        years = [instance, *(instance.horizon.later if instance.horizon else ())]
        for each, balance in zip(years, self._balances(duals), strict=True):
            if balance.any():
                more = _balance_cost(each, balance)
                pairs, alone = pairs + more[0], alone + more[1]
        return np.asarray(pairs), np.asarray(alone)

    def _balances(self, duals: np.ndarray) -> list[np.ndarray]:
        """Dual of D1 of each municipality's government in every year, (I,) each."""
        tables = [(self.columns, ""), *((t, f"{block_name(y)}.") for y, t in self.columns.later.items())]
        return [self._balance_duals(duals, table, prefix) for table, prefix in tables]

    def _place_duals(self, duals: np.ndarray, alone: np.ndarray) -> np.ndarray:
        """Dual of R2 at every place (I, W); where no pair stands in the model, x is y itself and the
        dual of its row the cost of acting alone."""
        price = alone.copy()
        rows, index = self.form.family("R2")
        if len(rows):
            i, w = np.array(self.columns.alone)[index].T
            price[i, w] = duals[rows]
        return price

    def _balance_duals(self, duals: np.ndarray, table: Columns | None = None, prefix: str = "") -> np.ndarray:
        """Dual of D1 of each municipality's government, shape (I,), in the first year or in the later one whose rows
        have the prefix; 0 where it has no row."""
        table = table or self.columns
        by_government = np.zeros(len(table.instance.case.governments))
        if bindable(table):
            rows, index = self.form.family(f"{prefix}D1")
            by_government[index] = duals[rows]
        return by_government[table.instance.municipal_government]


def _balance_cost(instance: Instance, balance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the prices of balance rows (I,) add to pairs (B, W) and to acting alone (I, W) in one year."""
    costs, members = instance.costs, instance.bodies.membership
    wide = costs.wide_columns
    own = costs.own[:, wide]
    together = members @ own
    part = np.divide(costs.bodies.budget, together, out=np.zeros_like(together), where=together > 0)
    net = part - instance.national_share[wide]
    weighed = balance[:, None] * own
    return net * (members @ weighed), weighed * (1.0 - instance.national_share[wide])
