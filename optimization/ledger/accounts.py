"""Accounts of a decision: cost by place and service, money of every government, the objective.

    N_g = other need + sum of revised standard needs of what g is responsible for       (F1)
    R_g = counted share x tax base + revenue counted in full                            (F2)
    a_g = max(0, (1 - adjustment rate) N_g - R_g)                                       (F4)
    funds_g = tax base + full + a_g + extraordinary bond
    coverage_g = funds_g / standard cost of what g is responsible for (unrevised, with the bond)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimization.case.case import BLOC, MUNICIPALITY, NATION, PREFECTURE, TIERS
from optimization.costs.provision import BUDGET, COMPONENTS, WEIGHT_OF
from optimization.ledger.decision import Decision, body_by_place, tier_by_place
from optimization.ledger.instance import Instance


@dataclass(frozen=True)
class Accounts:
    """The accounts of one decision on one instance; money in million yen per year."""

    instance: Instance
    decision: Decision

    @cached_property
    def tiers(self) -> np.ndarray:
        """Responsible tier, shape (I, S)."""
        return tier_by_place(self.instance, self.decision)

    @cached_property
    def bodies(self) -> np.ndarray:
        """Row of the providing body, shape (I, W); -1 where none."""
        return body_by_place(self.instance, self.decision)

    @cached_property
    def components(self) -> dict[str, np.ndarray]:
        """Each cost component by place and service, shape (I, S). A body's money is shared by its
        members in proportion to what each would spend alone, travel and uniformity likewise."""
        costs = self.instance.costs
        result = {c: np.zeros(self.tiers.shape) for c in COMPONENTS}
        for tier in TIERS:
            here = self.tiers == tier
            for c in COMPONENTS:
                result[c][here] = getattr(costs.by_tier[tier], c)[here]
        for b, w in self.decision.joint:
            members, s = self.instance.bodies.members(b), costs.wide_columns[w]
            own = costs.own[members, s]
            for c in COMPONENTS:
                result[c][members, s] = own / own.sum() * getattr(costs.bodies, c)[b, w]
        return result

    @cached_property
    def budget(self) -> np.ndarray:
        """Money part of the cost by place and service (access and uniformity are not), shape (I, S)."""
        return np.asarray(sum(self.components[c] for c in BUDGET))

    @cached_property
    def units(self) -> dict[str, np.ndarray]:
        """Fixed cost of the production units that higher tiers open for services they do not run
        today, by service: prefecture (P, S), bloc (R, S), nation (1, S)."""
        instance = self.instance
        number, names = instance.bloc
        shape = {PREFECTURE: len(number), BLOC: len(names), NATION: 1}
        place = {PREFECTURE: instance.prefecture, BLOC: number[instance.prefecture]}
        result = {}
        for tier, size in shape.items():
            runs = np.zeros((size, len(instance.services)))
            at = place.get(tier, np.zeros(len(self.tiers), int))
            np.maximum.at(runs, at, (self.tiers == tier).astype(float))
            moved = np.array(instance.groups.home) != tier
            result[tier] = runs * instance.costs.unit_fixed * moved
        return result

    @cached_property
    def revised_need(self) -> np.ndarray:
        """Need N_g after revision and transfer, shape (G,)."""
        return self._need(self.decision.revision)

    @cached_property
    def standard_cost(self) -> np.ndarray:
        """Standard cost net of earmarked grants of what g is responsible for, shape (G,)."""
        return self._need(np.ones(len(self.instance.services))) + self.instance.bond

    def _need(self, revision: np.ndarray) -> np.ndarray:
        instance = self.instance
        need = instance.other_need.copy()
        for tier in (MUNICIPALITY, PREFECTURE, BLOC):
            standard = np.where(self.tiers == tier, instance.standard_need[tier], 0.0) @ revision
            np.add.at(need, instance.paying_government(tier), standard)
        return need

    @cached_property
    def capacity(self) -> np.ndarray:
        """Standard revenue R_g, shape (G,)."""
        return self.instance.tax_base @ np.array(self.decision.counted_share) + self.instance.full_counted

    @cached_property
    def grant(self) -> np.ndarray:
        """Ordinary allocation a_g by the formula, shape (G,)."""
        rate = self.instance.settings["formula.adjustment_rate"]
        return np.maximum(0.0, (1.0 - rate) * self.revised_need - self.capacity)

    @cached_property
    def funds(self) -> np.ndarray:
        """General funds, shape (G,)."""
        instance = self.instance
        return instance.tax_base.sum(axis=1) + instance.full_counted + self.grant + instance.bond

    @cached_property
    def coverage(self) -> np.ndarray:
        """Funds over standard cost, shape (G,)."""
        return self.funds / self.standard_cost

    @cached_property
    def spending(self) -> np.ndarray:
        """Actual spending of general funds, shape (G,): other need, the bond's part, the budget cost
        of all responsibilities less their earmarked grants, and the fixed cost of new units."""
        instance = self.instance
        total = instance.other_need + instance.bond
        for tier in (MUNICIPALITY, PREFECTURE, BLOC):
            earmarked = instance.costs.by_tier[tier].standard * instance.national_share
            net = np.where(self.tiers == tier, self.budget - earmarked, 0.0).sum(axis=1)
            np.add.at(total, instance.paying_government(tier), net)
        first = instance.case.governments.index.get_indexer(instance.case.government_of_prefecture)
        np.add.at(total, first, self.units[PREFECTURE].sum(axis=1) + self.bloc_part)
        return total

    @cached_property
    def bloc_part(self) -> np.ndarray:
        """Each prefecture's part of the fixed cost of its bloc's units, by population, shape (P,)."""
        share = bloc_population_share(self.instance)
        return share * self.units[BLOC].sum(axis=1)[self.instance.bloc[0]]

    @cached_property
    def national_outlay(self) -> float:
        """What the nation pays: earmarked shares, national services, ordinary allocation."""
        instance = self.instance
        total = float(self.grant.sum() + instance.residual.sum() + self.units[NATION].sum())
        for tier in (MUNICIPALITY, PREFECTURE, BLOC):
            gross = np.where(self.tiers == tier, instance.costs.by_tier[tier].standard, 0.0)
            total += float((gross @ instance.national_share).sum())
        return total + float(instance.costs.by_tier[NATION].budget[self.tiers == NATION].sum())

    @cached_property
    def objective_parts(self) -> dict[str, float]:
        """The terms of the objective, each weighted, million yen per year."""
        settings = self.instance.settings
        parts = {c: settings[WEIGHT_OF[c]] * float(self.components[c].sum()) for c in COMPONENTS}
        fixed = sum(float(unit.sum()) for unit in self.units.values())
        parts["units"] = settings["weights.provision"] * fixed
        parts["bodies"] = settings["weights.body_million_yen"] * len(self.decision.existing_bodies)
        parts["soft_budget"] = settings["weights.soft_budget"] * float(self.grant.sum())
        counted = self.instance.tax_base[self.instance.receiving_today].sum(axis=0)
        parts["dulled_incentive"] = settings["weights.dulled_incentive"] * float(
            counted @ np.array(self.decision.counted_share)
        )
        return parts

    @cached_property
    def objective(self) -> float:
        """Total annual cost, million yen."""
        return sum(self.objective_parts.values())


def bloc_population_share(instance: Instance) -> np.ndarray:
    """Each prefecture's share of its bloc's population within the case, shape (P,)."""
    people = instance.case.municipalities["population_persons"].to_numpy(float)
    by_prefecture = np.bincount(instance.prefecture, weights=people, minlength=len(instance.bloc[0]))
    by_bloc = np.bincount(instance.bloc[0], weights=by_prefecture)
    return by_prefecture / by_bloc[instance.bloc[0]]
