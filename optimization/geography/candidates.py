"""Candidate wide-area bodies: sets of municipalities that could act together.

Every candidate is connected by land adjacency (or a declared ferry link), lies within the
package's radius of its hub, and keeps to its bounds on members and population (R8). The hub is
the most populous member.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import pandas as pd
from scipy import sparse

from optimization.case.case import Case
from optimization.dictionary.typed_settings import Settings
from optimization.geography.connected import connected_sets
from optimization.geography.existing import (
    EXTENDED,
    PART_OF_TODAY,
    PRESCRIBED,
    TODAY,
    WITHOUT_BOUNDS,
    ExistingBodies,
)

Borders = Sequence[set[int]]
"""Positions of the municipalities that touch each municipality."""


@dataclass(frozen=True)
class Bodies:
    """Candidate bodies in a fixed order.

    `table` (index body_id): hub (code), source, members, population_persons, max_km, and whether the body keeps to
    the package's bounds (`within_bounds`): one of today, a part of it, or one prescribed stands without them.
    `membership` is a CSR matrix of ones, shape (B, I), columns in the order of the case's codes.
    """

    table: pd.DataFrame
    membership: sparse.csr_matrix
    existing: ExistingBodies

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def size(self) -> np.ndarray:
        """Members of each body, shape (B,)."""
        return np.diff(self.membership.indptr)

    @cached_property
    def standing(self) -> list[tuple[int, int]]:
        """(row, service among S) of every pair that is one of today's bodies, a part of one, or prescribed."""
        rows = np.flatnonzero(self.table["source"].isin([TODAY, PART_OF_TODAY, PRESCRIBED])).tolist()
        listed = ((row, self.existing.standing.get(self.who(row), ())) for row in rows)
        return [(row, s) for row, services in listed for s in services]

    @cached_property
    def whole_today(self) -> list[tuple[int, int, int]]:
        """(row, service among S, number of the body of today) of every body of today."""
        of = zip(self.existing.members, self.existing.service, strict=True)
        return [(self.row_of[members], s, t) for t, (members, s) in enumerate(of)]

    def continues(self, s: int) -> np.ndarray:
        """Number of the body of today that each body of the list continues in service s, (B,); -1 where none."""
        if s not in self._continues:
            self._continues[s] = self.existing.continued(s, self.membership)
        return self._continues[s]

    @cached_property
    def _continues(self) -> dict[int, np.ndarray]:
        """What `continues` has been asked for."""
        return {}

    def members(self, row: int) -> np.ndarray:
        """Positions of the members of the body in this row."""
        return self.membership.indices[self.membership.indptr[row] : self.membership.indptr[row + 1]]

    def who(self, row: int) -> tuple[int, ...]:
        """The members of the body in this row in order: what it is known by on every list."""
        return tuple(sorted(self.members(row).tolist()))

    @cached_property
    def row_of(self) -> dict[tuple[int, ...], int]:
        """Row of every body by its members in order."""
        return {self.who(row): row for row in range(len(self))}


def borders_of(case: Case, cross_prefectures: bool) -> Borders:
    """Whom each municipality touches by a land border or a declared link."""
    a = case.codes.get_indexer(case.adjacency["code_a"])
    b = case.codes.get_indexer(case.adjacency["code_b"])
    prefecture = case.municipalities["prefecture_code"].to_numpy()
    keep = np.ones(len(a), bool) if cross_prefectures else prefecture[a] == prefecture[b]
    borders: list[set[int]] = [set() for _ in case.codes]
    for i, j in zip(a[keep].tolist(), b[keep].tolist(), strict=True):
        borders[i].add(j)
        borders[j].add(i)
    return borders


def nearest_sets(borders: Borders, km: np.ndarray, neighbours: int) -> Iterator[frozenset[int]]:
    """From each municipality the sets that grow by the nearest municipality touching the set."""
    for start, far in enumerate(km):
        members, met = {start}, {start} | borders[start]
        touching = [(far[j], j) for j in borders[start]]
        heapq.heapify(touching)
        while touching and len(members) <= neighbours:
            _, nearest = heapq.heappop(touching)
            members.add(nearest)
            for j in borders[nearest] - met:
                heapq.heappush(touching, (far[j], j))
            met |= borders[nearest]
            yield frozenset(members)


def cluster_sets(case: Case, borders: Borders, km: np.ndarray) -> Iterator[frozenset[int]]:
    """The connected nodes of an average-linkage tree over each prefecture's town halls."""
    from scipy.cluster.hierarchy import linkage  # loaded with who looks for new bodies
    from scipy.spatial.distance import squareform

    prefecture = case.municipalities["prefecture_code"].to_numpy()
    for code in np.unique(prefecture):
        places = np.flatnonzero(prefecture == code)
        if len(places) < 2:
            continue
        tree = linkage(squareform(km[np.ix_(places, places)], checks=False), method="average")
        nodes = [frozenset([int(place)]) for place in places]
        for left, right, *_ in tree:
            nodes.append(nodes[int(left)] | nodes[int(right)])
            yield from connected_parts(borders, nodes[-1])


def medical_sets(case: Case, borders: Borders) -> Iterator[frozenset[int]]:
    """The secondary medical areas, split where the land border does not join them."""
    places = case.codes.get_indexer(case.medical_areas["code"])
    prefecture = case.municipalities["prefecture_code"].to_numpy()[places]
    for rows in case.medical_areas.groupby([prefecture, "medical_area_code"]).indices.values():
        yield from connected_parts(borders, places[rows].tolist())


def user_sets(case: Case) -> Iterator[frozenset[int]]:
    """The user's own bodies (`bodies.csv`: body_id, code), taken as they are."""
    for _, rows in case.user_bodies.groupby("body_id"):
        yield frozenset(case.codes.get_indexer(rows["code"]).tolist())


def all_connected(case: Case, settings: Settings, km: np.ndarray) -> Iterator[np.ndarray]:
    """Every connected set of up to `wide_area.connected_members` within the radius and below the most people (R8), in
    blocks of shape (sets, members), the hub first."""
    population = case.municipalities["population_persons"].to_numpy(float)
    return connected_sets(
        borders_of(case, settings["wide_area.cross_prefectures"]),
        min(settings["wide_area.connected_members"], settings["wide_area.max_members"]),
        order=np.lexsort((np.arange(len(population)), -population)),
        near=km <= settings["wide_area.radius_km"],
        people=population,
        most_people=settings["wide_area.max_population_persons"],
    )


def connected_parts(borders: Borders, members: Iterable[int]) -> Iterator[frozenset[int]]:
    """Connected components of two or more members."""
    left = set(members)
    while left:
        part: set[int] = set()
        edge = {left.pop()}
        while edge:
            part |= edge
            edge = set().union(*(borders[i] for i in edge)) & left
            left -= edge
        if len(part) > 1:
            yield frozenset(part)


def candidate_bodies(case: Case, settings: Settings, km: np.ndarray, existing: ExistingBodies) -> Bodies:
    """All candidates of the package and all bodies of today, each once, ordered by their members' positions.

    `settings` are the package's effective settings, `km` straight-line distances (I, I). Where the package opens a
    service that bodies of today provide, every candidate is also listed together with the bodies of today it touches.
    """
    source_of = dict.fromkeys(existing.members, TODAY)
    source_of |= {members: PRESCRIBED for members in prescribed_sets(existing) if members not in source_of}
    for members in existing.standing:
        source_of.setdefault(members, PART_OF_TODAY)
    opened = [case.services.index.get_loc(s) for s in settings["wide_area.services"]]
    if opened:
        found = _sets_of_sources(case, settings, km)
        for members, source in found.items():
            source_of.setdefault(members, source)
        if EXTENDED in settings["wide_area.sources"]:
            sets = [frozenset(members) for members in found]
            for s in sorted(set(opened) & set(existing.services)):
                for more in existing.around(s, sets):
                    source_of.setdefault(tuple(sorted(more)), EXTENDED)
    return bodies_of(case, settings, km, source_of, existing)


def prescribed_sets(existing: ExistingBodies) -> list[tuple[int, ...]]:
    """Members of every body that a package prescribes."""
    return [members for _, members in existing.prescribed if len(members) > 1]


def _sets_of_sources(case: Case, settings: Settings, km: np.ndarray) -> dict[tuple[int, ...], str]:
    """The sets of the sources a package names, each with the first that has it."""
    borders = borders_of(case, settings["wide_area.cross_prefectures"])
    makers = {
        "user": lambda: user_sets(case),
        "medical_areas": lambda: medical_sets(case, borders),
        "clusters": lambda: cluster_sets(case, borders, km),
        "nearest": lambda: nearest_sets(borders, km, settings["wide_area.neighbours"]),
        "connected": lambda: map(
            frozenset, chain.from_iterable(block.tolist() for block in all_connected(case, settings, km))
        ),
    }
    source_of: dict[tuple[int, ...], str] = {}
    for source, make in makers.items():
        if source in settings["wide_area.sources"]:
            for members in make():
                source_of.setdefault(tuple(sorted(members)), source)
    return source_of


def bodies_of(
    case: Case,
    settings: Settings,
    km: np.ndarray,
    source_of: Mapping[tuple[int, ...], str],
    existing: ExistingBodies,
) -> Bodies:
    """The sets that keep to the package's bounds (R8), stand today or are prescribed, in order, with hub, people and
    radius."""
    listed = sorted(source_of)
    size = np.array([len(members) for members in listed], dtype=int)
    places = np.fromiter(chain.from_iterable(listed), dtype=int)
    row, first = np.repeat(np.arange(len(listed)), size), np.cumsum(size) - size
    population = case.municipalities["population_persons"].to_numpy(float)
    hub = places[np.lexsort((-population[places], row))[first]]  # of equals the first in order
    table = pd.DataFrame(
        {
            "hub": case.codes[hub],
            "source": [source_of[members] for members in listed],
            "members": size,
            "population_persons": np.add.reduceat(population[places], first),
            "max_km": np.maximum.reduceat(km[hub[row], places], first),
        }
    )
    within = (
        (table["members"] <= settings["wide_area.max_members"])
        & (table["population_persons"] >= settings["wide_area.min_population_persons"])
        & (table["population_persons"] <= settings["wide_area.max_population_persons"])
        & (table["max_km"] <= settings["wide_area.radius_km"])
    ).to_numpy()
    listed_anyway = table["source"].isin(WITHOUT_BOUNDS).to_numpy()
    table["within_bounds"], within = within, within | listed_anyway
    table = table[within]
    table.index = pd.Index([f"B{number:06d}" for number in range(1, len(table) + 1)], name="body_id")
    shape = (len(listed), len(case.codes))
    membership = sparse.csr_matrix((np.ones(len(places)), (row, places)), shape=shape)
    return Bodies(table, membership[within], existing)
