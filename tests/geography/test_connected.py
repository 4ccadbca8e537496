"""Every connected set once: against all combinations of small random maps."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from optimization.geography.connected import connected_sets


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("most", [2, 3, 5])
def test_all_connected_sets_and_no_other(seed: int, most: int) -> None:
    graph = nx.gnp_random_graph(9, 0.3, seed=seed)
    borders = [set(graph[i]) for i in range(9)]
    found = [frozenset(row) for block in connected_sets(borders, most) for row in block.tolist()]
    expected = {
        frozenset(places)
        for size in range(2, most + 1)
        for places in combinations(range(9), size)
        if nx.is_connected(graph.subgraph(places))
    }
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.parametrize("seed", range(6))
def test_bounds_keep_exactly_the_sets_within_them(seed: int) -> None:
    draw, graph = np.random.default_rng(seed), nx.gnp_random_graph(10, 0.3, seed=seed)
    people, place = draw.integers(1, 9, 10).astype(float), draw.uniform(0, 10, 10)
    order = np.lexsort((np.arange(10), -people))
    near = np.abs(place[:, None] - place) <= 4.0
    blocks = connected_sets([set(graph[i]) for i in range(10)], 5, order, near, people, 20.0)
    found = [tuple(row) for block in blocks for row in block.tolist()]
    expected = {
        frozenset(some)
        for size in range(2, 6)
        for some in combinations(range(10), size)
        if nx.is_connected(graph.subgraph(some))
        and people[list(some)].sum() <= 20.0
        and near[min(some, key=lambda i: (-people[i], i)), list(some)].all()
    }
    assert len(found) == len(expected) and {frozenset(row) for row in found} == expected
    assert all(row[0] == min(row, key=lambda i: (-people[i], i)) for row in found)


def test_places_without_borders_are_in_no_set() -> None:
    assert list(connected_sets([set(), set()], 4)) == []
