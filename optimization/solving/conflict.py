"""The smallest set of conditions that cannot hold together, by implicit hitting sets.

Every set of conditions that can hold together leaves out at least one condition of every conflict; what it
leaves out, once nothing more can be added, is a correction. A conflict meets every correction, so the smallest
set that meets all corrections known so far is either a conflict, and then a smallest one, or can be grown
into a set that shows one correction more (Ignatiev, Previti, Liffiton and Marques-Silva 2015).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

Holds = Callable[[frozenset[int]], frozenset[int] | None]
"""None when the conditions cannot hold together; else all conditions that hold in the point found."""


class UnsettledError(Exception):
    """A question could not be answered in its time."""


def smallest_conflict(conditions: Sequence[int], holds: Holds) -> tuple[int, ...]:
    """The fewest of some conditions, in their order, that cannot hold together; all of them are known not to.

    Among conflicts of one size the one that comes first in the order is found. Raises what `holds` raises.
    """
    corrections: list[frozenset[int]] = []
    while True:
        candidate = smallest_hitting_set(conditions, corrections)
        met = holds(frozenset(candidate))
        if met is None:
            return candidate
        corrections.append(frozenset(conditions) - grown(met, conditions, holds))


def grown(met: frozenset[int], conditions: Iterable[int], holds: Holds) -> frozenset[int]:
    """Conditions that hold together, such that no other can be added."""
    for condition in conditions:
        if condition not in met:
            met = holds(met | {condition}) or met
    return met


def smallest_hitting_set(conditions: Sequence[int], sets: Sequence[frozenset[int]]) -> tuple[int, ...]:
    """The fewest conditions of which every set has one, the first in their order."""
    for size in range(len(conditions) + 1):
        for chosen in combinations(conditions, size):
            if all(any(condition in each for condition in chosen) for each in sets):
                return chosen
    raise ValueError("a set has no condition in it: the conditions can hold together")
