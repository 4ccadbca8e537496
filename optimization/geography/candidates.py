"""Candidate wide-area bodies: sets of municipalities that could act together.

Every candidate is connected by land adjacency (or a declared ferry link), lies within the
package's radius of its hub, and keeps to its bounds on members and population (R8). The hub is
the most populous member.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from optimization.case.case import Case


@dataclass(frozen=True)
class Bodies:
    """Candidate bodies in a fixed order.

    `table` (index body_id): hub (code), source, members, population_persons, max_km.
    `membership` is a boolean CSR matrix, shape (B, I), columns in the order of the case's codes.
    """

    table: pd.DataFrame
    membership: sparse.csr_matrix

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def size(self) -> np.ndarray:
        """Members of each body, shape (B,)."""
        return np.diff(self.membership.indptr)

    def members(self, row: int) -> np.ndarray:
        """Positions of the members of the body in this row."""
        return self.membership.indices[self.membership.indptr[row] : self.membership.indptr[row + 1]]


def adjacency_graph(case: Case, cross_prefectures: bool) -> nx.Graph:
    """Municipal positions joined where they share a land border or a declared link."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(case.codes)))
    a = case.codes.get_indexer(case.adjacency["code_a"])
    b = case.codes.get_indexer(case.adjacency["code_b"])
    prefecture = case.municipalities["prefecture_code"].to_numpy()
    keep = np.ones(len(a), bool) if cross_prefectures else prefecture[a] == prefecture[b]
    graph.add_edges_from(zip(a[keep].tolist(), b[keep].tolist(), strict=True))
    return graph


def nearest_sets(graph: nx.Graph, km: np.ndarray, neighbours: int) -> Iterator[frozenset[int]]:
    """From each municipality the sets that grow by the nearest municipality touching the set."""
    for start in graph:
        members, frontier = {start}, set(graph[start])
        for _ in range(neighbours):
            if not frontier:
                break
            nearest = min(frontier, key=lambda j: (km[start, j], j))
            members.add(nearest)
            frontier = (frontier | set(graph[nearest])) - members
            yield frozenset(members)


def cluster_sets(case: Case, graph: nx.Graph, km: np.ndarray) -> Iterator[frozenset[int]]:
    """The connected nodes of an average-linkage tree over each prefecture's town halls."""
    prefecture = case.municipalities["prefecture_code"].to_numpy()
    for code in np.unique(prefecture):
        places = np.flatnonzero(prefecture == code)
        if len(places) < 2:
            continue
        tree = linkage(squareform(km[np.ix_(places, places)], checks=False), method="average")
        nodes = [frozenset([int(place)]) for place in places]
        for left, right, *_ in tree:
            nodes.append(nodes[int(left)] | nodes[int(right)])
            yield from connected_parts(graph, nodes[-1])


def medical_sets(case: Case, graph: nx.Graph) -> Iterator[frozenset[int]]:
    """The secondary medical areas, split where the land border does not join them."""
    prefecture = case.municipalities["prefecture_code"]
    areas = case.medical_areas.assign(prefecture_code=case.medical_areas["code"].map(prefecture))
    for _, rows in areas.groupby(["prefecture_code", "medical_area_code"]):
        yield from connected_parts(graph, frozenset(case.codes.get_indexer(rows["code"]).tolist()))


def user_sets(case: Case) -> Iterator[frozenset[int]]:
    """The user's own bodies (`bodies.csv`: body_id, code), taken as they are."""
    for _, rows in case.user_bodies.groupby("body_id"):
        yield frozenset(case.codes.get_indexer(rows["code"]).tolist())


def connected_parts(graph: nx.Graph, members: Iterable[int]) -> Iterator[frozenset[int]]:
    """Connected components of two or more members."""
    for part in nx.connected_components(graph.subgraph(members)):
        if len(part) > 1:
            yield frozenset(part)


def candidate_bodies(case: Case, settings: Mapping[str, Any], km: np.ndarray) -> Bodies:
    """All candidates of the package, each once, ordered by their members' positions.

    `settings` are the package's effective settings, `km` straight-line distances (I, I).
    """
    graph = adjacency_graph(case, settings["wide_area.cross_prefectures"])
    makers = {
        "user": lambda: user_sets(case),
        "medical_areas": lambda: medical_sets(case, graph),
        "clusters": lambda: cluster_sets(case, graph, km),
        "nearest": lambda: nearest_sets(graph, km, settings["wide_area.neighbours"]),
    }
    source_of: dict[tuple[int, ...], str] = {}
    for source, make in makers.items():
        if source in settings["wide_area.sources"]:
            for members in make():
                source_of.setdefault(tuple(sorted(members)), source)
    return _within_bounds(case, settings, km, source_of)


def _within_bounds(
    case: Case, settings: Mapping[str, Any], km: np.ndarray, source_of: Mapping[tuple[int, ...], str]
) -> Bodies:
    population = case.municipalities["population_persons"].to_numpy(float)
    rows, kept = [], []
    for members in sorted(source_of):
        places = np.array(members)
        hub = places[np.argmax(population[places])]
        radius, people = km[hub, places].max(), population[places].sum()
        if (
            len(places) <= settings["wide_area.max_members"]
            and settings["wide_area.min_population_persons"] <= people
            and people <= settings["wide_area.max_population_persons"]
            and radius <= settings["wide_area.radius_km"]
        ):
            kept.append(members)
            rows.append((case.codes[hub], source_of[members], len(places), people, radius))
    table = pd.DataFrame(rows, columns=["hub", "source", "members", "population_persons", "max_km"])
    table.index = pd.Index([f"B{number:06d}" for number in range(1, len(rows) + 1)], name="body_id")
    indptr = np.concatenate([[0], np.cumsum([len(m) for m in kept])]).astype(int)
    indices = np.concatenate([*kept, np.empty(0, int)]).astype(int)
    shape = (len(kept), len(case.codes))
    return Bodies(table, sparse.csr_matrix((np.ones(len(indices)), indices, indptr), shape=shape))
