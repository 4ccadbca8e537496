"""Bodies on demand: every connected set of municipalities, priced as a whole and listed only where it pays.

`wide_area.sources` with `generated` means all connected sets of up to `wide_area.connected_members` within the bounds
of R7 and R8. They are far too many for a model (5.8 million of up to 8 members in the whole country), and few can ever
pay. Their costs are computed once. At given prices of the places (duals of R2) and of crowding (R4) a set M gains

    gain(M) = sum over services of max(0, sum over members of price[i,w] - cost[M,w])
              - opening + sum over members of crowd[i]            (crowd at most 0)

and sets with a gain join the covering of their connected cluster until none is left (outcome.pricing). What they gain
there is taken off the bound, which therefore covers every connected set; where that is much, those in use enter the
list, and the question is answered anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from optimization.errors import InputError, Problem
from optimization.geography.candidates import Bodies, all_connected, bodies_of, borders_of
from optimization.ledger.decision import Decision
from optimization.ledger.instance import Instance
from optimization.ledger.layout import with_bodies
from optimization.model.screening import reachable
from optimization.solving.covering import More

Members = tuple[int, ...]
"""A set of municipalities by the positions of its members, in order."""

GENERATED = "generated"
SOURCES: Final = "wide_area.sources"

CHUNK = 50_000
"""Sets priced side by side."""

MOST_LISTED = 300_000
"""Sets that the plain method still lists."""


@dataclass(frozen=True)
class SetsOfCluster:
    """The connected sets of one connected cluster of municipalities: `places` (P,) their positions, `hub` (M,) that of
    each set's hub, `more` their members (M, P) and costs (M, W), infinite where a set may not serve."""

    places: np.ndarray
    hub: np.ndarray
    more: More

    def positions(self, rows: np.ndarray) -> list[Members]:
        """The members of some sets, each in order, as positions among all municipalities."""
        members = self.more.members[rows]
        parts = np.split(self.places[members.indices], members.indptr[1:-1])
        return [tuple(sorted(part.tolist())) for part in parts] if len(rows) else []

    def at_costs(self, instance: Instance, cost_of: Callable[[Instance], np.ndarray]) -> SetsOfCluster:
        """These sets at the costs (B, W) that a question with them as its bodies has."""
        members, count = self.more.members, instance.km.shape[0]
        shape = (len(self.hub), count)
        whole = sparse.csr_matrix((members.data, self.places[members.indices], members.indptr), shape)
        costs = []
        for first in range(0, len(self.hub), CHUNK):
            some = slice(first, first + CHUNK)
            part = with_bodies(instance, as_bodies(instance, whole[some], self.hub[some]))
            costs.append(rounded_down(np.where(reachable(part), cost_of(part), np.inf)))
        return replace(self, more=replace(self.more, cost=np.vstack(costs)))

    def without(self, listed: Collection[Members]) -> SetsOfCluster:
        """These sets, those of a list marked as held already. A body of today may lie in two clusters: it is none of
        these sets."""
        number = np.random.default_rng(0).integers(0, 2**63, len(self.places), dtype=np.uint64)
        position = {place: n for n, place in enumerate(self.places.tolist())}
        own = [members for members in listed if position.keys() >= set(members)]
        keys = {int(number[[position[i] for i in members]].sum(dtype=np.uint64)) for members in own}
        members = self.more.members
        key = np.add.reduceat(number[members.indices], members.indptr[:-1], dtype=np.uint64)
        rows = np.flatnonzero(np.isin(key, np.array(sorted(keys), dtype=np.uint64)))
        inside = np.zeros(len(self.hub), dtype=bool)
        wanted = set(own)
        inside[[row for row, s in zip(rows, self.positions(rows), strict=True) if s in wanted]] = True
        return replace(self, more=replace(self.more, inside=inside))


def rounded_down(cost: np.ndarray) -> np.ndarray:
    """Costs in single precision, never above the true ones: what is gained at them is never underrated."""
    return np.nextafter(cost.astype(np.float32), np.float32(-np.inf))


@dataclass(frozen=True)
class Unlisted:
    """All connected sets of a question, by the label of their connected cluster; `of` (I,) the label of every place."""

    of: np.ndarray
    clusters: dict[int, SetsOfCluster]

    @cached_property
    def count(self) -> int:
        """How many sets there are."""
        return sum(sets.more.members.shape[0] for sets in self.clusters.values())

    def beside(self, instance: Instance) -> Unlisted:
        """These sets, those on a question's list marked as such."""
        listed = listed_sets(instance)
        return replace(self, clusters={name: sets.without(listed) for name, sets in self.clusters.items()})


def listed_sets(instance: Instance) -> dict[Members, str]:
    """Source of every body on the list, by its members' positions in order."""
    return dict(zip(instance.bodies.row_of, instance.bodies.table["source"], strict=True))


def with_sets(instance: Instance, found: Sequence[Members]) -> Instance:
    """The question with more bodies on its list."""
    together = dict.fromkeys(found, GENERATED) | listed_sets(instance)
    return with_bodies(
        instance, bodies_of(instance.case, instance.settings, instance.km, together, instance.bodies.existing)
    )


def with_bodies_of(instance: Instance, *decisions: Decision) -> Instance:
    """The question with every body that provides under some decisions on its list: what each phase of a plan, or
    another course, has found for itself."""
    phases = [part for each in decisions for part in (each, each.second) if part is not None]
    known = instance.bodies.row_of
    found = {part.bodies.who(b) for part in phases for b in part.existing_bodies}
    new = sorted(found - known.keys())
    return with_sets(instance, new) if new else instance


def wanted(instance: Instance) -> bool:
    """Whether the package asks for bodies on demand. Raises `InputError` where they cannot be priced."""
    settings = instance.settings
    if GENERATED not in settings[SOURCES] or not settings["wide_area.services"]:
        return False
    if instance.crisis is not None:
        message = "cannot be priced where bodies respond to crises together"
        remedy = "name connected instead, with few members, or leave crisis.scenarios empty"
        raise InputError([Problem("package", message, remedy, column=SOURCES, value=GENERATED)])
    return True


def all_sets(instance: Instance) -> Unlisted:
    """Every connected set with its costs."""
    borders = borders_of(instance.case, instance.settings["wide_area.cross_prefectures"])
    pairs = np.array([(i, j) for i, touching in enumerate(borders) for j in touching], dtype=int).reshape(
        -1, 2
    )
    shape = (len(borders), len(borders))
    graph = sparse.csr_matrix((np.ones(len(pairs)), pairs.T), shape=shape)
    _, of = connected_components(graph, directed=False)
    blocks: dict[int, list[np.ndarray]] = {}
    for block in all_connected(instance.case, instance.settings, instance.km):
        label = of[block[:, 0]]
        for name in np.unique(label).tolist():
            blocks.setdefault(name, []).append(block[label == name])
    clusters = {name: _sets_of(instance, np.flatnonzero(of == name), found) for name, found in blocks.items()}
    return Unlisted(of, clusters)


def _sets_of(instance: Instance, places: np.ndarray, blocks: list[np.ndarray]) -> SetsOfCluster:
    """The sets of a cluster, those of too few people left out, and what they cost."""
    people = instance.case.municipalities["population_persons"].to_numpy(float)
    least = instance.settings["wide_area.min_population_persons"]
    blocks = [block[people[block].sum(axis=1) >= least] for block in blocks]
    size = np.concatenate([np.full(len(block), block.shape[1]) for block in blocks])
    members = np.concatenate([np.searchsorted(places, np.sort(block, axis=1)).ravel() for block in blocks])
    start = np.concatenate([[0], np.cumsum(size)])
    shape = (len(size), len(places))
    matrix = sparse.csr_matrix((np.ones(len(members), dtype=np.float32), members, start), shape=shape)
    hub = np.concatenate([block[:, 0] for block in blocks])
    sets = SetsOfCluster(places, hub, More(matrix, np.zeros((0, 0)), np.zeros(len(hub), dtype=bool)))
    return sets.at_costs(instance, lambda part: part.social.bodies)


def as_bodies(instance: Instance, members: sparse.csr_matrix, hub: np.ndarray) -> Bodies:
    """Sets (M, I) with their hubs (M,) as candidate bodies."""
    people = instance.case.municipalities["population_persons"].to_numpy(float)
    size = np.diff(members.indptr)
    far = instance.km[np.repeat(hub, size), members.indices]
    table = pd.DataFrame(
        {
            "hub": instance.case.codes.to_numpy()[hub],
            "source": GENERATED,
            "members": size,
            "population_persons": members @ people,
            "max_km": np.maximum.reduceat(far, members.indptr[:-1]) if len(hub) else np.zeros(0),
            "within_bounds": True,
        }
    )
    return Bodies(table, members.astype(float), instance.bodies.existing)


def with_all_sets(instance: Instance) -> Instance:
    """The question with every connected set on its list, for the plain method. Raises `InputError` where they are too
    many."""
    unlisted = all_sets(instance)
    if unlisted.count > MOST_LISTED:
        message = f"stands for {unlisted.count:,} connected sets, too many for the plain method"
        remedy = "use --method decomposed, or lower wide_area.connected_members"
        raise InputError([Problem("package", message, remedy, column=SOURCES, value=GENERATED)])
    sets = [each.positions(np.arange(each.more.members.shape[0])) for each in unlisted.clusters.values()]
    return with_sets(instance, list(chain.from_iterable(sets)))
