"""Index tables of the crisis columns: leads, reserves, pools of each scenario, joint responses of bodies.

A pool of the municipalities' own lead is the sum over a bloc; others are the area of the tier that leads.
Amounts are billion yen of standard cost a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import numpy as np
from scipy import sparse

from optimization.dictionary.tiers import BLOC, MUNICIPALITY, TIERS
from optimization.ledger.crisis import Crisis
from optimization.ledger.instance import Instance
from optimization.ledger.joint_response import JointResponse
from optimization.ledger.pools import lends_in_a_bloc, pool_of_tier
from optimization.reading.units import MILLION_IN_BILLION

NOTHING = 1e-9
"""Amounts below this, in billion yen, are no reason for a row or a column."""


@dataclass(frozen=True)
class Pool:
    """Pool of a service in a scenario under the lead of a tier; `place` numbers the area among those of the tier
    (the bloc for the municipalities' own lead)."""

    w: int
    s: int
    tier: str
    place: int
    bloc: int


class Sums(NamedTuple):
    """What each rule group (K,) brings to a pool, billion yen: its demand, the shortage it has by itself, the capacity
    it leaves over; for the pools of higher tiers `short` is demand less capacity, `idle` the capacity."""

    demand: np.ndarray
    short: np.ndarray
    idle: np.ndarray


@dataclass(frozen=True)
class CrisisColumns:
    """Columns of the crisis part on one instance; `pair_body`, `pair_service` (among S) of every v."""

    instance: Instance
    crisis: Crisis
    pair_body: np.ndarray
    pair_service: np.ndarray

    @cached_property
    def leads(self) -> list[tuple[int, int, str, str]]:
        """(service, group, kind, tier) of every q."""
        return [(*lead, t) for lead, tiers in self.crisis.options.items() for t in TIERS if t in tiers]

    @cached_property
    def lead_number(self) -> dict[tuple[int, int, str, str], int]:
        """Position of each lead in `leads`."""
        return {lead: number for number, lead in enumerate(self.leads)}

    @cached_property
    def reserves(self) -> list[tuple[str, int, int]]:
        """(tier, place, service) of every reserve: where the tier may lead and some place may be struck, in any of
        the package's scenarios."""
        whole, groups = self.instance.crisis, self.instance.groups.of_municipality
        assert whole is not None
        kinds = np.array(whole.kind)
        found = set()
        for s, k, kind, tier in self.leads:
            if tier in self.instance.settings["crisis.reserve_tiers"]:
                struck = (whole.demand[kinds == kind][:, :, s] > 0).any(axis=0) & (groups == k)
                places = np.unique(pool_of_tier(self.instance, tier)[struck])
                found |= {(tier, int(place), s) for place in places}
        return sorted(found)

    @cached_property
    def pools(self) -> list[Pool]:
        """Every pool that may exist and is struck, or may lend to one that is, by scenario and service."""
        return [pool for pool, _ in self._listed]

    @cached_property
    def _sums(self) -> list[Sums]:
        """What the groups bring to each pool."""
        return [sums for _, sums in self._listed]

    @cached_property
    def _listed(self) -> list[tuple[Pool, Sums]]:
        found = []
        lends = self.instance.settings["crisis.aid_share"] > 0
        keeps = set(self.reserves) if lends else set()
        for w in range(len(self.crisis.names)):
            for s in self.crisis.services(w).tolist():
                for pool, sums in self._of(w, s):
                    demand, idle = sums.demand, sums.idle
                    own = pool.tier == MUNICIPALITY  # a body across blocs may bring a surge from elsewhere
                    spare = lends and (idle.sum() > NOTHING or (pool.tier, pool.place, s) in keeps)
                    if own or demand.sum() > NOTHING or spare:
                        found.append((pool, sums))
        return found

    def _of(self, w: int, s: int) -> Iterator[tuple[Pool, Sums]]:
        """All pools of a service in a scenario and what each group brings to them."""
        groups, kind = self.instance.groups, self.crisis.kind[w]
        demand, capacity = self.crisis.demand[w, :, s], self.crisis.capacity[w, :, s]
        short, idle = self.crisis.alone(w, s)
        bloc = pool_of_tier(self.instance, BLOC)
        for tier in TIERS:
            area = bloc if tier == MUNICIPALITY else pool_of_tier(self.instance, tier)
            may = np.array([(s, k, kind, tier) in self.lead_number for k in range(len(groups.labels))])
            here = may[groups.of_municipality] & ((demand > 0) | (capacity > 0))
            values = (demand, short, idle) if tier == MUNICIPALITY else (demand, demand - capacity, capacity)
            shape = (int(area.max()) + 1, len(groups.labels))
            cell = area[here] * shape[1] + groups.of_municipality[here]
            tables = [
                MILLION_IN_BILLION
                * np.bincount(cell, each[here], minlength=shape[0] * shape[1]).reshape(shape)
                for each in values
            ]
            if tier == MUNICIPALITY:
                places = np.unique(area) if here.any() else area[:0]
            else:  # a tier may lead, and lend its reserve, where nothing is struck and nothing idle
                places = np.unique(area[may[groups.of_municipality]])
            for place in places.tolist():
                home = int(bloc[area == place][0]) if lends_in_a_bloc(tier) else -1
                yield Pool(w, s, tier, place, home), Sums(*(table[place] for table in tables))

    @cached_property
    def demand(self) -> sparse.csr_matrix:
        """Demand that each lead brings to each pool, (pools, leads), billion yen."""
        return self._matrix([sums.demand for sums in self._sums])

    @cached_property
    def short(self) -> sparse.csr_matrix:
        """What each lead brings of `Sums.short` to each pool, (pools, leads), billion yen."""
        return self._matrix([sums.short for sums in self._sums])

    @cached_property
    def idle(self) -> sparse.csr_matrix:
        """Capacity left over that each lead brings to each pool, (pools, leads), billion yen."""
        return self._matrix([sums.idle for sums in self._sums])

    def _matrix(self, brought: list[np.ndarray]) -> sparse.csr_matrix:
        """What each rule group brings to each pool as a matrix over pools and leads."""
        rows, columns, data = [], [], []
        for n, (pool, amounts) in enumerate(zip(self.pools, brought, strict=True)):
            for k in np.flatnonzero(np.abs(amounts) > 0).tolist():
                rows.append(n)
                columns.append(self.lead_number[pool.s, k, self.crisis.kind[pool.w], pool.tier])
                data.append(amounts[k])
        return sparse.csr_matrix((data, (rows, columns)), shape=(len(self.pools), len(self.leads)))

    def leads_of_pool(self, n: int) -> list[int]:
        """Positions of the leads that put a place of the pool's area under its tier."""
        pool, groups = self.pools[n], self.instance.groups.of_municipality
        inside = pool_of_tier(self.instance, pool.tier) == pool.place
        leads = ((pool.s, k, self.crisis.kind[pool.w], pool.tier) for k in np.unique(groups[inside]).tolist())
        return [self.lead_number[lead] for lead in leads if lead in self.lead_number]

    @cached_property
    def struck(self) -> np.ndarray:
        """Whether a pool can face a surge, boolean over `pools`: else it only lends."""
        return np.array(
            [p.tier == MUNICIPALITY or sums.demand.sum() > NOTHING for p, sums in self._listed], dtype=bool
        )

    @cached_property
    def lends(self) -> np.ndarray:
        """Whether a pool can have something idle, boolean over `pools`; none where mutual aid is off."""
        if self.instance.settings["crisis.aid_share"] <= 0:
            return np.zeros(len(self.pools), dtype=bool)
        keeps = set(self.reserves)
        return np.array(
            [
                (pool.tier, pool.place, pool.s) in keeps or self._may_be_idle(pool, sums)
                for pool, sums in self._listed
            ],
            dtype=bool,
        )

    def _may_be_idle(self, pool: Pool, sums: Sums) -> bool:
        if pool.tier == MUNICIPALITY:
            return True
        return bool((sums.short < -NOTHING).any())

    @cached_property
    def exchanges(self) -> list[tuple[int, int]]:
        """(scenario, service) in which some pool may ask for aid and some may lend."""
        asks, lends = (
            {(pool.w, pool.s) for pool, yes in zip(self.pools, mask, strict=True) if yes}
            for mask in (self.struck, self.lends)
        )
        return sorted(asks & lends)

    @cached_property
    def joint(self) -> JointResponse:
        """Joint response of the pairs in the model."""
        return JointResponse(self.instance, self.crisis, self.pair_body, self.pair_service)

    @cached_property
    def joint_columns(self) -> list[tuple[int, str]]:
        """(pair, kind) of every g: joint responses that change some shortage."""
        return self._in_some_scenario(self.joint.effect > 0)

    @cached_property
    def bound_to_respond(self) -> list[tuple[int, str]]:
        """Those that may do harm, since what they take into another bloc is missed in the one it leaves."""
        return self._in_some_scenario((self.joint.moved > 0) & self.joint.possible)

    def _in_some_scenario(self, mask: np.ndarray) -> list[tuple[int, str]]:
        """(pair, kind) of a mask over scenarios and pairs."""
        found = {(int(n), kind) for w, kind in enumerate(self.crisis.kind) for n in np.flatnonzero(mask[w])}
        return sorted(found)

    def leads_of_pair(self, n: int, kind: str) -> list[int]:
        """The municipalities' own leads that all members of a pair need to respond jointly."""
        s, members = int(self.pair_service[n]), self.instance.bodies.members(int(self.pair_body[n]))
        members = members[self.instance.today[members, s] > 0]
        groups = np.unique(self.instance.groups.of_municipality[members]).tolist()
        return [self.lead_number[s, k, kind, MUNICIPALITY] for k in groups]

    @cached_property
    def joint_changes(self) -> tuple[sparse.csr_matrix, ...]:
        """What each g changes in the pools of the municipalities' own lead: surge, shortage, idle capacity,
        (pools, g) each, billion yen."""
        number = {column: m for m, column in enumerate(self.joint_columns)}
        pool_at = {(p.w, p.s, p.place): n for n, p in enumerate(self.pools) if p.tier == MUNICIPALITY}
        entries: list[list[tuple[int, int, float]]] = [[], [], []]
        for w, kind in enumerate(self.crisis.kind):
            for part, change in enumerate(self.joint.changes(w)):
                pairs, blocs = np.nonzero(np.abs(change) > 0)
                for n, r in zip(pairs.tolist(), blocs.tolist(), strict=True):
                    m, pool = number.get((n, kind)), pool_at.get((w, int(self.pair_service[n]), r))
                    if m is not None and pool is not None:
                        entries[part].append((pool, m, MILLION_IN_BILLION * change[n, r]))
        shape = (len(self.pools), len(self.joint_columns))
        result = []
        for found in entries:
            row, column, data = zip(*found, strict=True) if found else ((), (), ())
            result.append(
                sparse.csr_matrix((np.array(data), (np.array(row, int), np.array(column, int))), shape)
            )
        return tuple(result)

    def of_scenario(self) -> dict[int, list[int]]:
        """Struck pools by scenario."""
        numbers = np.flatnonzero(self.struck).tolist()
        return {w: list(part) for w, part in groupby(numbers, key=lambda n: self.pools[n].w)}
