"""Every connected set of municipalities up to a size: the complete list of small wide-area bodies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def connected_sets(borders: Sequence[set[int]], most: int) -> Iterator[frozenset[int]]:
    """All connected sets of 2 to `most` places, each once; `borders[i]` are the places that touch i.

    A set is grown from its smallest place by places that touch it and did not touch it before (the ESU
    enumeration of Wernicke 2006), which reaches every connected set by one way only.
    """
    for start in range(len(borders)):
        later = {j for j in borders[start] if j > start}
        yield from _grow(borders, start, (start,), later, borders[start] | {start}, most)


def _grow(
    borders: Sequence[set[int]],
    start: int,
    members: tuple[int, ...],
    open_: set[int],
    met: set[int],
    most: int,
) -> Iterator[frozenset[int]]:
    """Sets that contain `members` and grow by the places `open_`; `met` are members and their borders."""
    waiting = sorted(open_)
    for n, place in enumerate(waiting):
        larger = (*members, place)
        yield frozenset(larger)
        if len(larger) < most:
            fresh = {j for j in borders[place] if j > start} - met
            yield from _grow(borders, start, larger, {*waiting[n + 1 :], *fresh}, met | borders[place], most)
