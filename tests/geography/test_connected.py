"""Every connected set once: against all combinations of small random maps."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import pytest

from optimization.geography.connected import connected_sets


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("most", [2, 3, 5])
def test_all_connected_sets_and_no_other(seed: int, most: int) -> None:
    graph = nx.gnp_random_graph(9, 0.3, seed=seed)
    borders = [set(graph[i]) for i in range(9)]
    found = list(connected_sets(borders, most))
    expected = {
        frozenset(places)
        for size in range(2, most + 1)
        for places in combinations(range(9), size)
        if nx.is_connected(graph.subgraph(places))
    }
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_places_without_borders_are_in_no_set() -> None:
    assert list(connected_sets([set(), set()], 4)) == []
