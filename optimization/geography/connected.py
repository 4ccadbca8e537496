"""Every connected set of municipalities up to a size, within bounds that only tighten as a set grows.

A set belongs to its hub, its first member in a given order (the most populous). It is grown from the hub by places
that come after it, one at a time, each touching the set: every connected set with that hub is reached, for taking
away some other member always leaves it connected. The same set is reached in several orders and kept once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

BLOCK = 64
"""Hubs whose sets are grown side by side."""

NOBODY = -1


def connected_sets(
    borders: Sequence[set[int]],
    most: int,
    order: np.ndarray | None = None,
    near: np.ndarray | None = None,
    people: np.ndarray | None = None,
    most_people: float = np.inf,
) -> Iterator[np.ndarray]:
    """All connected sets of 2 to `most` places, each once: blocks of shape (sets, members), the hub first.

    `borders[i]` are the places that touch i; `order` (I,) the places, possible hubs first; `near[hub, i]` whether i may
    belong to a set of the hub; `people` (I,) and `most_people` bound the sum over a set.
    """
    count = len(borders)
    order = np.arange(count) if order is None else order
    near = np.ones((count, count), dtype=bool) if near is None else near
    people = np.zeros(count) if people is None else people
    touching = _table(borders)
    rank = np.empty(count, dtype=int)
    rank[order] = np.arange(count)
    number = np.random.default_rng(0).integers(0, 2**63, count, dtype=np.uint64)
    for first in range(0, count, BLOCK):
        sets = order[first : first + BLOCK, None].astype(np.int32)
        for _ in range(2, most + 1):
            rows, places = _growth(sets, touching, rank, near)
            fits = people[sets[rows]].sum(axis=1) + people[places] <= most_people
            sets = _each_once(np.column_stack([sets[rows[fits]], places[fits]]), number)
            if not len(sets):
                break
            yield sets


def _table(borders: Sequence[set[int]]) -> np.ndarray:
    """The places that touch each place, shape (I, most), filled up with NOBODY."""
    table = np.full((len(borders), max(map(len, borders), default=0)), NOBODY, dtype=np.int32)
    for i, touching in enumerate(borders):
        table[i, : len(touching)] = sorted(touching)
    return table


def _growth(
    sets: np.ndarray, touching: np.ndarray, rank: np.ndarray, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Every (set, place) in which the place touches the set, is no member, and may follow its hub."""
    places = touching[sets].reshape(len(sets), -1)
    hub = sets[:, :1]
    fits = (places != NOBODY) & (rank[places] > rank[hub]) & near[hub, places]
    for member in range(sets.shape[1]):
        fits &= places != sets[:, member : member + 1]
    rows, column = np.nonzero(fits)
    return rows, places[rows, column]


def _each_once(sets: np.ndarray, number: np.ndarray) -> np.ndarray:
    """The sets without repetitions: equal ones have equal sums of random numbers, and of those the members are
    compared."""
    key = number[sets].sum(axis=1, dtype=np.uint64)
    by_key = np.argsort(key, kind="stable")
    sets, key = sets[by_key], key[by_key]
    sorted_sets = np.sort(sets, axis=1)
    repeated = np.zeros(len(sets), dtype=bool)
    repeated[1:] = (key[1:] == key[:-1]) & (sorted_sets[1:] == sorted_sets[:-1]).all(axis=1)
    return sets[~repeated]
