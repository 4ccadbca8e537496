"""A decision: everything a statute and a formula fix, whole and consistent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from optimization.dictionary.tiers import MUNICIPALITY, TIERS
from optimization.geography.candidates import Bodies
from optimization.ledger.instance import Horizon, Instance


@dataclass(frozen=True)
class Decision:
    """What is decided.

    `tier[s, k]`: responsible tier of service s in group k, for every (s, k) that exists.
    `joint`: pairs (body row, wide-service column) that provide jointly, sorted; `bodies` the list that these rows
    are of, which is that of every question the decision is held against (`on` moves it to another).
    `counted`, `assigned` (J,): share of each tax counted as revenue, and share of its base that is
    local (1 = today). `revision` (S,): unit-cost revision. `guarantee` (S,): guarantee grant as a
    share of gross standard cost. `pool_share` (N,): share of each national tax in the pool.
    `lead[s, k, kind]`: tier that leads service s of group k in a kind of crisis; `reserve[tier, pool, s]`:
    capacity kept for crises, million yen a year of standard cost. Both are empty where no crisis is asked about.
    `adjustment_rates`: rate by which need is cut in every year, the first year's first; where there are none, the least
    of the package's range. `bonds`: extraordinary bond of every later year of the horizon, million yen a year.
    `second`: the decision of the horizon's second phase, where it has one.
    """

    tier: Mapping[tuple[int, int], str]
    joint: tuple[tuple[int, int], ...]
    bodies: Bodies
    counted: np.ndarray
    assigned: np.ndarray
    revision: np.ndarray
    guarantee: np.ndarray
    pool_share: np.ndarray
    lead: Mapping[tuple[int, int, str], str] = field(default_factory=dict)
    reserve: Mapping[tuple[str, int, int], float] = field(default_factory=dict)
    adjustment_rates: tuple[float, ...] = ()
    bonds: tuple[float, ...] = ()
    second: Decision | None = None

    @property
    def existing_bodies(self) -> list[int]:
        """Rows of the bodies that provide at least one service."""
        return sorted({body for body, _ in self.joint})

    def on(self, bodies: Bodies) -> Decision:
        """The decision over another list of bodies, its second phase too. Raises ValueError where a body that provides
        does not stand there."""
        second = None if self.second is None else self.second.on(bodies)
        if bodies is self.bodies:
            return replace(self, second=second)
        row = {b: bodies.row_of.get(self.bodies.who(b)) for b in self.existing_bodies}
        if None in row.values():
            raise ValueError("a body that provides does not stand on the other list")
        joint = sorted((n, w) for b, w in self.joint if (n := row[b]) is not None)
        return replace(self, joint=tuple(joint), bodies=bodies, second=second)

    def at_home(self, instance: Instance) -> Decision:
        """The formula of the decision with every duty with today's tier, and no bodies."""
        return replace(self, tier=status_quo(instance).tier, joint=(), lead={}, second=None)

    @cached_property
    def tiers_in_use(self) -> dict[int, set[str]]:
        """Tiers that answer for each service in one place or another."""
        result: dict[int, set[str]] = {}
        for (s, _), tier in self.tier.items():
            result.setdefault(s, set()).add(tier)
        return result


def status_quo(instance: Instance) -> Decision:
    """Everything as today: today's tier, also in a crisis, the bodies that exist, today's taxes and shares."""
    home, crisis = instance.groups.home, instance.crisis
    position = instance.costs.wide_position
    return Decision(
        tier={(s, k): home[s] for s, k in instance.groups.options},
        joint=tuple(sorted((b, position[s]) for b, s, _ in instance.bodies.whole_today)),
        bodies=instance.bodies,
        counted=instance.tax.today,
        assigned=np.ones(len(instance.tax.today)),
        revision=np.ones(len(instance.services)),
        guarantee=instance.national_share,
        pool_share=instance.case.national_taxes["pool_share"].to_numpy(float),
        lead={} if crisis is None else {(s, k, kind): home[s] for s, k, kind in crisis.options},
    )


def tier_by_place(instance: Instance, decision: Decision) -> np.ndarray:
    """Responsible tier of every municipality and service, shape (I, S); '' where it has none."""
    groups = instance.groups
    table = np.full((len(instance.services), len(groups.labels)), "", dtype=object)
    for (s, k), tier in decision.tier.items():
        table[s, k] = tier
    place = table[:, groups.of_municipality].T
    return np.where(instance.today > 0, place, "")


NUMBER_OF = {tier: n for n, tier in enumerate(TIERS)}
"""Number of each tier."""


class Joint(NamedTuple):
    """A service that a body provides: row of the body, position of the service among the wide ones (W) and among all
    (S), positions of the body's members."""

    body: int
    column: int
    service: int
    members: np.ndarray


def jointly(instance: Instance, decision: Decision) -> Iterator[Joint]:
    """Every service of every body that provides it under a decision."""
    services = instance.costs.wide_columns
    for body, column in decision.joint:
        yield Joint(body, column, int(services[column]), instance.bodies.members(body))


class Joined(NamedTuple):
    """The services of all bodies that provide, laid end to end, a member of a body a row: row of the body, position of
    the service among the wide ones (W) and among all (S), position of the member."""

    body: np.ndarray
    column: np.ndarray
    service: np.ndarray
    member: np.ndarray


def joined(each: Sequence[Joint]) -> Joined:
    """Services of bodies laid end to end, all in arrays of one length."""
    sizes = [len(one.members) for one in each]
    body, column, service = (
        np.repeat(np.array([one[n] for one in each], dtype=int), sizes) for n in range(3)
    )
    members = np.concatenate([np.zeros(0, dtype=int), *(one.members for one in each)])
    return Joined(body, column, service, members)


def body_by_place(instance: Instance, decision: Decision) -> np.ndarray:
    """Row of the body that provides each wide service to each municipality, shape (I, W); -1 where
    none does. Raises ValueError when a service would be provided twice or without the
    municipalities' responsibility."""
    every = joined(list(jointly(instance, decision)))
    body, column, service, member = (part[instance.today[every.member, every.service] > 0] for part in every)
    result = np.full((len(instance.case.codes), len(instance.costs.wide_services)), -1)
    answers = _number_of_tier(instance, decision)[service, instance.groups.of_municipality[member]]
    twice = np.bincount(column * len(result) + member, minlength=1) > 1
    if twice.any() or (answers != NUMBER_OF[MUNICIPALITY]).any():
        _refused(instance, decision)
    result[member, column] = body
    return result


def _number_of_tier(instance: Instance, decision: Decision) -> np.ndarray:
    """Number of the responsible tier by service and rule group, (S, K); -1 where there is none."""
    table = np.full((len(instance.services), len(instance.groups.labels)), -1)
    for duty, tier in decision.tier.items():
        table[duty] = NUMBER_OF.get(tier, -1)
    return table


def held_by_place(instance: Instance, decision: Decision) -> dict[str, np.ndarray]:
    """Whether each tier is responsible for each service at each place, shape (I, S) by tier."""
    by_group = np.ascontiguousarray(_number_of_tier(instance, decision).T)
    number = np.where(instance.today > 0, by_group[instance.groups.of_municipality], -1)
    return {tier: number == n for tier, n in NUMBER_OF.items()}


def _refused(instance: Instance, decision: Decision) -> None:
    """Raises ValueError that names the first service of a body that cannot be."""
    tiers = tier_by_place(instance, decision)
    body = np.full((len(tiers), len(instance.costs.wide_services)), -1)
    for b, w, s, everybody in jointly(instance, decision):
        members = everybody[instance.today[everybody, s] > 0]
        if (body[members, w] >= 0).any():
            raise ValueError(f"service {instance.services[s]} is provided twice by bodies")
        if (tiers[members, s] != MUNICIPALITY).any():
            raise ValueError(f"a body provides {instance.services[s]} without responsibility")
        body[members, w] = b


def decision_in(horizon: Horizon, year: int, decision: Decision) -> Decision:
    """What holds in a year: the decision, or that of its second phase."""
    return decision.second if decision.second is not None and horizon.in_second(year) else decision
