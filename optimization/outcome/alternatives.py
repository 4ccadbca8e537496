"""What a plan is held against: every change given back, every duty that stays handed on, every group of municipalities
that acts together otherwise than today as it acts today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from optimization.ledger.decision import Decision
from optimization.ledger.instance import Instance
from optimization.outcome.choices import GivenBack
from optimization.outcome.steps import Duty, Pair, Step, as_today, todays_pairs


@dataclass(frozen=True)
class Change:
    """A duty that may be with another tier than today's: that tier; whether the plan has it there (`inside`); whether
    it must be kept, or was given back. `step` undoes it where the plan has it, else makes it, and `together` does so
    with all rule groups of the service; `anew`: provision was decided anew on both sides of the step."""

    duty: Duty
    tier: str
    inside: bool
    step: Step
    together: Step
    needed: bool = False
    returned: bool = False
    anew: bool = False


@dataclass(frozen=True)
class Group:
    """Municipalities that a plan lets act together in a service otherwise than today: the pairs of body and service of
    the plan, those of today, and how many bodies more stand then, a body that stands for several services in parts."""

    service: int
    places: tuple[int, ...]
    plan: tuple[Pair, ...]
    today: tuple[Pair, ...]
    more_bodies: float


@dataclass(frozen=True)
class Alternatives:
    """All that a decision is held against. `base` is the decision from which changes are undone whose provision was
    decided anew."""

    decision: Decision
    base: Decision
    changes: tuple[Change, ...]
    groups: tuple[Group, ...]

    @property
    def rows(self) -> list[int]:
        """Rows of the list of all bodies that any of it needs."""
        found = {b for each in (self.decision, self.base) for b, _ in each.joint}
        for change in self.changes:
            found |= {b for step in (change.step, change.together) for b, _ in (*step.ended, *step.begun)}
        return sorted(found | {b for group in self.groups for b, _ in (*group.plan, *group.today)})


def alternatives(instance: Instance, decision: Decision, back: GivenBack) -> Alternatives:
    """What a decision is held against; `back` tells what giving back its changes comes to, where that was priced."""
    base = decision if back.joint is None else replace(decision, joint=back.joint)
    changes = [*_undone(instance, decision, back), *_made(instance, decision, back)]
    return Alternatives(decision, base, tuple(changes), tuple(_groups(instance, decision)))


def _undone(instance: Instance, decision: Decision, back: GivenBack) -> Iterator[Change]:
    """The changes of a plan, each to be undone."""
    home = instance.groups.home
    moved = {duty: tier for duty, tier in sorted(decision.tier.items()) if tier != home[duty[0]]}
    priced = {given.duty: given for given in back.given}
    wholes: dict[int, Step] = {}
    for (s, k), tier in moved.items():
        given = priced.get((s, k))
        if given is not None and given.without is not None and given.without_all is not None:
            yield Change((s, k), tier, True, given.without, given.without_all, given.needed, anew=True)
        else:
            if s not in wholes:
                of_service = [group for service, group in moved if service == s]
                wholes[s] = as_today(instance, decision, s, of_service, home[s])
            alone = as_today(instance, decision, s, [k], home[s])
            yield Change((s, k), tier, True, alone, wholes[s], given is not None and given.needed)


def _made(instance: Instance, decision: Decision, back: GivenBack) -> Iterator[Change]:
    """The duties that stay with today's tier, each to be handed to every other tier open to it."""
    home = instance.groups.home
    returned = {duty for duties in back.returned for duty in duties}
    stays = {duty for duty, tier in decision.tier.items() if tier == home[duty[0]]}
    together: dict[tuple[int, str], Step] = {}
    for (s, k), tiers in sorted(instance.groups.options.items()):
        for tier in tiers if (s, k) in stays else ():
            if tier == home[s]:
                continue
            if (s, tier) not in together:
                groups = [g for (t, g), open_ in instance.groups.options.items()
                          if t == s and tier in open_ and (t, g) in stays]  # fmt: skip
                together[s, tier] = as_today(instance, decision, s, groups, tier)
            alone = as_today(instance, decision, s, [k], tier)
            yield Change((s, k), tier, False, alone, together[s, tier], returned=(s, k) in returned)


def _groups(instance: Instance, decision: Decision) -> Iterator[Group]:
    """Municipalities linked by bodies of today or of the plan in a service that they answer for, where these differ."""
    position = instance.costs.wide_position
    today: dict[int, list[Pair]] = {}
    for b, s, _ in instance.bodies.whole_today:
        today.setdefault(position[s], []).append((b, position[s]))
    plan: dict[int, list[Pair]] = {}
    for pair in decision.joint:
        plan.setdefault(pair[1], []).append(pair)
    plan_of, today_of = (Counter(b for each in of.values() for b, _ in each) for of in (plan, today))
    for w in sorted(today.keys() | plan.keys()):
        s = int(instance.costs.wide_columns[w])
        before = list(todays_pairs(instance, s, decision.tier))
        now = plan.get(w, [])
        for places, theirs in _linked(instance, s, sorted({*before, *now})):
            ours, then = (tuple(pair for pair in each if pair in theirs) for each in (now, before))
            if set(ours) != set(then):
                more = sum(_part(pair, plan_of, today_of) for pair in ours)
                fewer = sum(_part(pair, today_of, plan_of) for pair in then)
                yield Group(s, places, ours, then, more - fewer)


def _part(pair: Pair, of: Counter[int], others: Counter[int]) -> float:
    """What part of a body a pair bears: of one that does not stand otherwise each of its services bears the same."""
    return 0.0 if others[pair[0]] else 1.0 / of[pair[0]]


def _served(instance: Instance, pair: Pair, s: int) -> np.ndarray:
    """Positions of the members of a body that have a service."""
    members = instance.bodies.members(pair[0])
    return np.asarray(members[instance.today[members, s] > 0])


def _linked(instance: Instance, s: int, pairs: Sequence[Pair]) -> Iterator[tuple[tuple[int, ...], set[Pair]]]:
    """Pairs of one service that share members, with the members of all of them."""
    if not pairs:
        return
    members = instance.bodies.membership[[b for b, _ in pairs]]
    count, label = connected_components(sparse.csr_matrix(members @ members.T), directed=False)
    for n in range(count):
        here = [pair for pair, of in zip(pairs, label.tolist(), strict=True) if of == n]
        places = {int(i) for pair in here for i in _served(instance, pair, s)}
        yield tuple(sorted(places)), set(here)
