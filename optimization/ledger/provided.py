"""Who answers for what and who provides it under a decision, place by place, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimization.costs.provision import BUDGET, COMPONENTS, WEIGHT_OF
from optimization.costs.sharing import OBSERVED
from optimization.dictionary.settings import value_of
from optimization.dictionary.tiers import LOCAL_TIERS, NATION, TIERS
from optimization.ledger.decision import (
    Decision,
    body_by_place,
    held_by_place,
    joined,
    jointly,
    tier_by_place,
)
from optimization.ledger.instance import Instance


@dataclass(frozen=True)
class Provided:
    """What one decision provides on one instance; money in million yen per year. Raises ValueError for a decision over
    another list of bodies than the instance's."""

    instance: Instance
    decision: Decision

    def __post_init__(self) -> None:
        if self.decision.bodies is not self.instance.bodies:
            raise ValueError("the decision speaks of another list of candidate bodies than the question")

    @cached_property
    def tiers(self) -> np.ndarray:
        """Responsible tier, shape (I, S)."""
        return tier_by_place(self.instance, self.decision)

    @cached_property
    def held_by(self) -> dict[str, np.ndarray]:
        """Whether each tier answers at each place for each service, shape (I, S) by tier."""
        return held_by_place(self.instance, self.decision)

    @cached_property
    def away(self) -> np.ndarray:
        """Whether another tier than today's answers at each place for each service, shape (I, S)."""
        home = np.array(self.instance.groups.home)
        result = np.ones(self.instance.today.shape, dtype=bool)
        for tier, held in self.held_by.items():
            result[:, home == tier] = ~held[:, home == tier]
        return result

    @cached_property
    def bodies(self) -> np.ndarray:
        """Row of the providing body, shape (I, W); -1 where none."""
        return body_by_place(self.instance, self.decision)

    @cached_property
    def components(self) -> dict[str, np.ndarray]:
        """Each cost component by place and service, shape (I, S). A body's money is shared by its
        members in proportion to what each would spend alone, travel and uniformity likewise."""
        costs = self.instance.costs
        result = {c: np.zeros(self.instance.today.shape) for c in COMPONENTS}
        for tier in TIERS:
            here = np.flatnonzero(self.held_by[tier])
            for c in COMPONENTS if len(here) else ():
                result[c].ravel()[here] = getattr(costs.by_tier[tier], c).ravel()[here]
        each = list(jointly(self.instance, self.decision))
        every = joined(each)
        share = np.concatenate(
            [np.zeros(0), *(costs.share(one.body, one.column, one.members) for one in each)]
        )
        for c in COMPONENTS:
            result[c][every.member, every.service] = (
                share * getattr(costs.bodies, c)[every.body, every.column]
            )
        return result

    @cached_property
    def budget(self) -> np.ndarray:
        """Money part of the cost by place and service (access and uniformity are not), shape (I, S)."""
        return np.asarray(sum(self.components[c] for c in BUDGET))

    @cached_property
    def units(self) -> dict[str, np.ndarray]:
        """Fixed cost of the offices that a tier opens where it serves what it does not run today, by tier, (G, S): by
        the government in whose area they lie."""
        instance = self.instance
        result = {}
        for tier in TIERS:
            moved = np.array(instance.groups.home) != tier
            serves = self.held_by[tier] & (instance.today > 0) & moved
            taken = np.flatnonzero(serves.any(axis=0))
            result[tier] = np.zeros((len(instance.case.governments), len(instance.services)))
            for offices in instance.offices[tier] if len(taken) else ():
                runs = np.zeros((offices.share.shape[0], len(taken)))
                np.maximum.at(runs, offices.of_place, serves[:, taken].astype(float))
                result[tier][:, taken] += (offices.share.T @ runs) * instance.costs.unit_fixed[taken]
        return result

    @cached_property
    def provision_parts(self) -> dict[str, float]:
        """The terms of the objective of this year that hang on who answers and who provides, and on no formula."""
        settings = self.instance.settings
        parts = {c: value_of(settings, WEIGHT_OF[c]) * float(self.components[c].sum()) for c in COMPONENTS}
        fixed = sum(float(unit.sum()) for unit in self.units.values())
        parts["units"] = settings["weights.provision"] * fixed
        parts["bodies"] = settings["weights.body_million_yen"] * len(self.decision.existing_bodies)
        parts["joint_work"] = settings["weights.joint_work"] * float(self.joint_work.sum())
        if settings[OBSERVED]:
            parts["observed_sharing"] = -settings[OBSERVED] * self.shared_worth
        return parts

    @property
    def shared_worth(self) -> float:
        """What all bodies are worth to their members by the preferences that bodies of today show, units of a logit."""
        worth = self.instance.costs.worth
        return float(sum(worth[each.body, each.column] for each in jointly(self.instance, self.decision)))

    @cached_property
    def debt_service_moved(self) -> np.ndarray:
        """Debt service in today's need that has come to each government, or left it (below 0), with duties, (G,)."""
        return self.moved(self.instance.asset_debt_service)

    def moved(self, amount: np.ndarray) -> np.ndarray:
        """How much more, or less, each government has of an amount for works that follows duties, from what each has
        today, both shape (G,)."""
        instance = self.instance
        part, change = instance.of_works(amount), np.zeros(len(amount))
        away = self.away
        np.add.at(change, instance.home_government[away], -part[away])
        for tier in LOCAL_TIERS:
            here = np.where(away & self.held_by[tier], part, 0.0).sum(axis=1)
            np.add.at(change, instance.paying_government(tier), here)
        return change

    def sum_of(self, value: dict[str, np.ndarray], factor: np.ndarray | None = None) -> np.ndarray:
        """Sum over local responsibilities of factor[s] x value[t][i, s] by paying government, (G,)."""
        factor = np.ones(len(self.instance.services)) if factor is None else factor
        total = np.zeros(len(self.instance.case.governments))
        for tier in LOCAL_TIERS:
            amount = np.where(self.held_by[tier], value[tier], 0.0) @ factor
            np.add.at(total, self.instance.paying_government(tier), amount)
        return total

    @cached_property
    def national_debt_service(self) -> float:
        """Debt service that the nation pays with the duties it has taken over, million yen."""
        part = self.instance.of_works(self.instance.asset_debt_service)
        return float(part[self.held_by[NATION]].sum())

    @cached_property
    def national_services(self) -> float:
        """Budget cost of the services that the nation provides itself, without its units, million yen."""
        return float(self.instance.costs.by_tier[NATION].budget[self.held_by[NATION]].sum())

    @cached_property
    def joint_work(self) -> np.ndarray:
        """What bundles of related services cost where two tiers answer for them, (N, K), million yen."""
        bundles = self.instance.bundles
        return bundles.cost * bundles.apart(self.decision.tier)
