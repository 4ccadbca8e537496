"""Which worlds have something in common: a threshold on one group of numbers, or a box of two, in words and numbers.

The threshold is the one that tells most worlds right (`outcome.conditions`). With many worlds a second threshold on
another group is taken beside it (both must hold), the best of all pairs, where the box tells so many worlds more that
it is not chance; with few worlds it always would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from optimization.dictionary.results import word
from optimization.ledger.factors import Number
from optimization.ledger.worlds import CENTRE, World, Worlds
from optimization.outcome.conditions import best_split, of_number

LARGE: Final = 1000.0
"""Figure from which on digits after the point say nothing."""

MANY_WORLDS: Final = 30
"""Worlds from which on a box of two thresholds is looked for."""

MORE_RIGHT: Final = 0.05
"""Part of the worlds that a box must tell right beyond what one threshold does."""

MOST_LEVELS: Final = 20
"""Levels of a group at which a threshold of a box may lie: of more, as many evenly among them."""

SAME: Final = 1e-9
"""Parts of the worlds that differ by less are one."""


class Cut(NamedTuple):
    """A threshold: the group, whether the worlds lie above it, the level of the group from 0 to 1."""

    group: str
    above: bool
    level: float


class Condition(NamedTuple):
    """One threshold, or two that must both hold; the part of all worlds that they tell right; the whole in words."""

    cuts: tuple[Cut, ...]
    right: float
    words: str


def condition(worlds: Worlds, drawn: Sequence[World], has: np.ndarray) -> Condition | None:
    """The threshold, or the box of two, that best tells the worlds that have something, boolean (W,), from the others;
    None where all or none have it, or nothing tells more than always saying the same."""
    if has.all() or not has.any():
        return None
    levels = np.array([[world.level(group) for group in worlds.groups] for world in drawn])
    split, chosen = best_split(worlds.groups, levels, has), tuple[Cut, ...]()
    told = float(max(has.mean(), 1.0 - has.mean()))
    if split is not None:
        chosen, told = (Cut(split.group, split.above, split.level),), split.right
    if len(drawn) >= MANY_WORLDS:
        pair, more = _best_pair(*_cuts(worlds.groups, levels), has, worlds.groups)
        if more >= told + MORE_RIGHT:
            chosen, told = pair, more
    if not chosen:
        return None
    return Condition(chosen, told, " and ".join(_words(worlds, cut) for cut in chosen))


def _cuts(groups: Sequence[str], levels: np.ndarray) -> tuple[list[Cut], np.ndarray]:
    """Thresholds of every group, and which worlds each holds in, boolean (thresholds, W)."""
    cuts, inside = [], []
    for n, group in enumerate(groups):
        known = np.unique(levels[:, n])
        for level in _evenly((known[:-1] + known[1:]) / 2.0):
            for above in (True, False):
                cuts.append(Cut(group, above, level))
                inside.append((levels[:, n] > level) == above)
    return cuts, np.array(inside, dtype=bool).reshape(len(cuts), len(levels))


def _best_pair(
    cuts: Sequence[Cut], inside: np.ndarray, has: np.ndarray, groups: Sequence[str]
) -> tuple[tuple[Cut, ...], float]:
    """The two thresholds on two groups that together tell most worlds right, and what part of them."""
    each, number = inside.astype(float), [groups.index(cut.group) for cut in cuts]
    both, both_have = each @ each.T, (each * has) @ each.T
    right = (2.0 * both_have - both + (len(has) - has.sum())) / len(has)
    right = np.where(np.less.outer(number, number), right, -1.0)
    top = float(right.max(initial=-1.0))
    if top < 0:
        return (), top

    def rank(n: int) -> tuple[int, float, bool, float]:
        return number[n], abs(cuts[n].level - CENTRE), not cuts[n].above, cuts[n].level

    one, other = min(
        np.argwhere(right >= top - SAME).tolist(), key=lambda pair: (rank(pair[0]), rank(pair[1]))
    )
    return (cuts[one], cuts[other]), top


def _evenly(levels: np.ndarray) -> list[float]:
    """Of many levels so many, evenly among them."""
    if len(levels) > MOST_LEVELS:
        levels = levels[np.linspace(0, len(levels) - 1, MOST_LEVELS).round().astype(int)]
    return [float(level) for level in levels]


def _words(worlds: Worlds, cut: Cut) -> str:
    """A threshold in words, with the value of every number of the group that is one for all services."""
    numbers: Sequence[tuple[Number, int, bool]] = worlds.numbers[cut.group]
    thresholds = [
        of_number(number, sign, cut.above, cut.level)
        for number, sign, setting in numbers
        if setting or "." not in number.key
    ]
    values = [
        f"{each.number.key} {'above' if each.above else 'below'} {_figure(each.value)} {each.number.unit}"
        for each in thresholds
    ]
    told = f" ({'; '.join(values)})" if values else ""
    side = "above" if cut.above else "below"
    return f"{word(f'numbers_{cut.group}', 'en')} {side} {cut.level:.2f} of its range{told}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:.3g}"
