"""A threshold on one group of numbers that tells worlds apart (`outcome.conditions`), in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from optimization.dictionary.results import word
from optimization.ledger.factors import Number
from optimization.ledger.worlds import World, Worlds, value_at
from optimization.outcome.conditions import best_split

LARGE = 1000.0
"""Figure from which on digits after the point say nothing."""


class Condition(NamedTuple):
    """A threshold: the group, whether the worlds lie above it, the level of the group from 0 to 1, the part of all
    worlds that it tells right, and the whole in words."""

    group: str
    above: bool
    level: float
    right: float
    words: str


def condition(worlds: Worlds, drawn: Sequence[World], has: np.ndarray) -> Condition | None:
    """The threshold that best tells the worlds that have something, boolean (W,), from the others; None where all or
    none have it, or no threshold tells more than always saying the same."""
    levels = np.array([[world.level(group) for group in worlds.groups] for world in drawn])
    split = best_split(worlds.groups, levels, has)
    if split is None:
        return None
    words = _words(worlds, split.group, split.above, split.level)
    return Condition(split.group, split.above, split.level, split.right, words)


def _words(worlds: Worlds, group: str, above: bool, level: float) -> str:
    """A threshold in words, with the value of every number of the group that is one for all services."""
    numbers: Sequence[tuple[Number, int, bool]] = worlds.numbers[group]
    values = [
        f"{number.key} {'above' if above == (sign > 0) else 'below'} "
        f"{_figure(value_at(number, level if sign > 0 else 1.0 - level))} {number.unit}"
        for number, sign, setting in numbers
        if setting or "." not in number.key
    ]
    told = f" ({'; '.join(values)})" if values else ""
    return f"{word(f'numbers_{group}', 'en')} {'above' if above else 'below'} {level:.2f} of its range{told}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:.3g}"
