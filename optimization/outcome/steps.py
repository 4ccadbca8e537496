"""What a plan would cost with one thing otherwise: some duties with another tier, some bodies in the place of others.

All other duties and bodies stay as they are, so that a difference of a step is told from the sums of the duties and
bodies it touches, in any world, without drawing up accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
from scipy import sparse

from optimization.dictionary.tiers import MUNICIPALITY, TIERS
from optimization.ledger.decision import Decision
from optimization.ledger.instance import Instance

Duty = tuple[int, int]
"""A service and a rule group, by position."""

Pair = tuple[int, int]
"""A body of the list and a wide-area service, by position."""

BODY: Final = "weights.body_million_yen"


@dataclass(frozen=True)
class Step:
    """A plan with one thing otherwise: duties with another tier each, pairs of body and service that end and begin."""

    tiers: Mapping[Duty, str]
    ended: tuple[Pair, ...] = ()
    begun: tuple[Pair, ...] = ()

    def among(self, row: Mapping[int, int]) -> Step:
        """The step over a list of bodies on which those of this one stand in other rows."""
        ended, begun = (tuple((row[b], w) for b, w in pairs) for pairs in (self.ended, self.begun))
        return Step(self.tiers, ended, begun)

    def on(self, decision: Decision) -> Decision | None:
        """A decision with the step taken; None where it has not the pairs that end."""
        held = set(decision.joint)
        if not set(self.ended) <= held:
            return None
        joint = tuple(sorted((held - set(self.ended)) | set(self.begun)))
        return replace(decision, tier={**decision.tier, **self.tiers}, joint=joint)


@dataclass
class Cover:
    """Whom the offices of every tier serve, by rule group: told by who lives where, and by no number."""

    instance: Instance
    known: dict[tuple[str, int], list[np.ndarray]] = field(default_factory=dict)

    def of(self, tier: str, s: int) -> list[np.ndarray]:
        """For each kind of offices of a tier, whether an area has places of a group with the service, (areas, K)."""
        if (tier, s) not in self.known:
            groups, here = self.instance.groups, self.instance.today[:, s] > 0
            self.known[tier, s] = []
            for offices in self.instance.offices[tier]:
                served = np.zeros((offices.share.shape[0], len(groups.labels)), dtype=bool)
                served[offices.of_place[here], groups.of_municipality[here]] = True
                self.known[tier, s].append(served)
        return self.known[tier, s]


@dataclass(frozen=True)
class PriceList:
    """What single duties, pairs and offices cost in one question, whatever is decided, million yen a year: without what
    crises and debts cost."""

    question: Instance
    cover: Cover

    @cached_property
    def duties(self) -> dict[str, np.ndarray]:
        """Cost of every service in every rule group, by tier, (K, S)."""
        question, groups = self.question, self.question.groups
        places = np.arange(len(question.case.codes))
        shape = len(groups.labels), len(places)
        member = sparse.csr_matrix((np.ones(len(places)), (groups.of_municipality, places)), shape)
        here = question.today > 0
        return {tier: member @ np.where(here, question.social.by_tier[tier], 0.0) for tier in TIERS}

    @cached_property
    def pairs(self) -> np.ndarray:
        """What every body's providing a service costs more than its members' doing it alone, (B, W), without its
        standing cost; no saving holds a judgement."""
        question, social = self.question, self.question.social
        here = question.today[:, question.costs.wide_columns] > 0
        alone = question.bodies.membership @ np.where(here, social.alone, 0.0)
        return np.asarray(social.bodies + social.judged - alone)

    @cached_property
    def of_unit(self) -> dict[str, list[np.ndarray]]:
        """What an office costs as a part of a unit, by tier and kind, (areas,)."""
        return {
            tier: [np.asarray(kind.share.sum(axis=1)).ravel() for kind in kinds]
            for tier, kinds in self.question.offices.items()
        }

    def of_pairs(self, pairs: Sequence[Pair]) -> float:
        """What some pairs cost more than their members' doing it alone."""
        return float(sum(self.pairs[pair] for pair in pairs))

    def standing(self, bodies: float) -> float:
        """What some bodies cost by standing."""
        return float(self.question.settings[BODY] * bodies)


@dataclass(frozen=True)
class StepCosts:
    """What steps from a decision cost in one question, million yen a year."""

    prices: PriceList
    decision: Decision

    @property
    def question(self) -> Instance:
        """The question in which they do."""
        return self.prices.question

    def more(self, step: Step) -> float:
        """What the decision costs more with a step taken."""
        decided, sums = self.decision.tier, self.prices.duties
        more = sum(sums[tier][k, s] - sums[decided[s, k]][k, s] for (s, k), tier in step.tiers.items())
        if step.ended or step.begun:
            more += self.prices.of_pairs(step.begun) - self.prices.of_pairs(step.ended)
            held = set(self.decision.joint)
            after = {b for b, _ in (held - set(step.ended)) | set(step.begun)}
            more += self.prices.standing(len(after) - len({b for b, _ in held}))
        tiers = {**decided, **step.tiers}
        for s in {s for s, _ in step.tiers}:
            more += self._units(s, tiers) - self._units(s, decided)
        return float(more + self._joint_work(step, tiers))

    def _joint_work(self, step: Step, tiers: Mapping[Duty, str]) -> float:
        """What joint work of related services costs more."""
        bundles, price, more = self.question.bundles, self.question.joint_work_price, 0.0
        decided = self.decision.tier
        for s, k in step.tiers:
            for n in np.flatnonzero((bundles.first == s) | (bundles.second == s)).tolist():
                a, b = (int(bundles.first[n]), k), (int(bundles.second[n]), k)
                if bundles.base[n, k] > 0 and not (s == b[0] and a in step.tiers):
                    more += price[n, k] * ((tiers[a] != tiers[b]) - float(decided[a] != decided[b]))
        return more

    def _units(self, s: int, tiers: Mapping[Duty, str]) -> float:
        """Fixed cost of the offices that tiers open for a service that they do not run today."""
        question, groups, total = self.question, self.question.groups, 0.0
        at: dict[str, list[int]] = {}
        for k in range(len(groups.labels)):
            if (tier := tiers.get((s, k), groups.home[s])) != groups.home[s]:
                at.setdefault(tier, []).append(k)
        for tier, here in at.items():
            kinds = zip(self.prices.of_unit[tier], self.prices.cover.of(tier, s), strict=True)
            total += sum(float(cost @ served[:, here].any(axis=1)) for cost, served in kinds)
        return float(question.settings["weights.provision"] * question.costs.unit_fixed[s] * total)


def as_today(instance: Instance, decision: Decision, service: int, groups: Sequence[int], tier: str) -> Step:
    """The step by which rule groups hand a service to a tier: its bodies that lose members there end, and who is left
    with the municipalities provides in bodies of today where they are whole, or else alone."""
    tiers = {(service, k): tier for k in groups}
    column = instance.costs.wide_position.get(service)
    if column is None:
        return Step(tiers)
    moving = np.isin(instance.groups.of_municipality, list(groups)) & (instance.today[:, service] > 0)
    own = [(b, w) for b, w in decision.joint if w == column]
    ended = tuple(pair for pair in own if moving[instance.bodies.members(pair[0])].any())
    after = {**decision.tier, **tiers}
    kept = {int(i) for pair in own if pair not in ended for i in instance.bodies.members(pair[0])}
    begun = tuple(
        pair
        for pair in todays_pairs(instance, service, after)
        if not kept & set(instance.bodies.members(pair[0]).tolist()) and pair not in own
        and (moving[instance.bodies.members(pair[0])].any() or _freed(instance, pair, ended))
    )  # fmt: skip
    return Step(tiers, ended, begun)


def _freed(instance: Instance, pair: Pair, ended: Sequence[Pair]) -> bool:
    """Whether members of a body are those of bodies that end."""
    members = set(instance.bodies.members(pair[0]).tolist())
    return any(members & set(instance.bodies.members(b).tolist()) for b, _ in ended)


def todays_pairs(instance: Instance, service: int, tiers: Mapping[Duty, str]) -> Iterator[Pair]:
    """The bodies of today for a service whose members are all municipalities that answer for it themselves."""
    column, groups = instance.costs.wide_position[service], instance.groups.of_municipality
    for b, s, _ in instance.bodies.whole_today:
        if s == service:
            members = instance.bodies.members(b)
            members = members[instance.today[members, s] > 0]
            if all(tiers[s, int(groups[i])] == MUNICIPALITY for i in members):
                yield b, column
