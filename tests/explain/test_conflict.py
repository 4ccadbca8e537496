"""The smallest conflict against a list of all sets of conditions."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from optimization.solving.conflict import smallest_conflict, smallest_hitting_set

CONDITIONS = range(7)


def system(seed: int) -> tuple[frozenset[int], ...]:
    """Minimal conflicts drawn at random; a set of conditions holds together when it contains none."""
    draw = random.Random(seed)
    return tuple(frozenset(draw.sample(CONDITIONS, draw.randint(1, 4))) for _ in range(draw.randint(1, 5)))


@pytest.mark.parametrize("seed", range(60))
def test_the_smallest_of_all_conflicts_is_found(seed: int) -> None:
    conflicts, asked = system(seed), 0

    def holds(kept: frozenset[int]) -> frozenset[int] | None:
        nonlocal asked
        asked += 1
        return None if any(conflict <= kept for conflict in conflicts) else kept

    found = smallest_conflict(CONDITIONS, holds)
    assert holds(frozenset(found)) is None
    assert len(found) == min(map(len, conflicts))
    assert asked < 2 ** len(CONDITIONS)


def test_no_condition_is_named_where_nothing_holds_anyhow() -> None:
    assert smallest_conflict(CONDITIONS, lambda kept: None) == ()


@pytest.mark.parametrize("seed", range(20))
def test_a_hitting_set_is_the_smallest(seed: int) -> None:
    sets = system(seed)
    found = smallest_hitting_set(CONDITIONS, sets)
    sizes = [
        size
        for size in range(8)
        for some in combinations(CONDITIONS, size)
        if all(each & set(some) for each in sets)
    ]
    assert all(each & set(found) for each in sets) and len(found) == sizes[0]


def test_conditions_that_can_hold_together_are_no_conflict() -> None:
    with pytest.raises(ValueError, match="can hold together"):
        smallest_conflict(CONDITIONS, lambda kept: frozenset(CONDITIONS))
