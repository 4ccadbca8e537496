"""Which worlds have something in common, as one threshold on the level of one group of numbers.

A tree of one split: among all groups and all levels halfway between two neighbouring ones, the split that tells most
worlds right; of equals the first group, then the level nearest to the centre. With few worlds a deeper tree would tell
chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from optimization.ledger.factors import Number
from optimization.ledger.worlds import CENTRE, GROUPS, Worlds, value_at

ERRORS = 3.0
"""Standard errors from which on a group is taken to move a saving."""


class Split(NamedTuple):
    """A threshold: the group, whether the worlds lie above it, the level of the group from 0 to 1, and the part of all
    worlds that it tells right."""

    group: str
    above: bool
    level: float
    right: float


def best_split(groups: Sequence[str], levels: np.ndarray, has: np.ndarray) -> Split | None:
    """The threshold on the levels (W, groups) that best tells the worlds that have something, boolean (W,), from the
    others; None where all or none have it, or no threshold tells more than always saying the same."""
    if has.all() or not has.any():
        return None
    tried: list[tuple[float, int, float, bool, float]] = []
    for n in range(len(groups)):
        known = np.unique(levels[:, n])
        between = (known[:-1] + known[1:]) / 2.0
        above = ((levels[:, n, None] > between) == has[:, None]).mean(axis=0)
        for side, right in ((True, above), (False, 1.0 - above)):
            for level, part in zip(between.tolist(), right.tolist(), strict=True):
                tried.append((-part, n, abs(level - CENTRE), side, level))
    if not tried:
        return None
    lost, n, _, side, level = min(tried)
    if -lost <= max(has.mean(), 1.0 - has.mean()):
        return None
    return Split(groups[n], side, level, -lost)


class Threshold(NamedTuple):
    """A split as a threshold on one number of the group: the number, whether it lies above, and its value there."""

    number: Number
    above: bool
    value: float


def telling(worlds: Worlds, service: str) -> dict[str, tuple[Number, int]]:
    """The groups of numbers on which a service can hang, each with the number by which its level is told (and the sign
    by which it follows the group): the first of the group that is the service's own, or of all services."""
    found = {}
    for group, numbers in worlds.numbers.items():
        order = list(GROUPS[group])
        own = [
            (order.index(key if setting else key.rpartition(".")[2]), number, sign)
            for number, sign, setting in numbers
            for key in [number.key]
            if setting or "." not in key or service in key.rpartition(".")[0].split("+")
        ]
        if own:
            _, number, sign = min(own, key=lambda each: each[0])
            found[group] = number, sign
    return found


def of_number(number: Number, sign: int, above: bool, level: float) -> Threshold:
    """A threshold on the level of a group as one on a number that follows the group by a sign."""
    return Threshold(number, above == (sign > 0), value_at(number, level if sign > 0 else 1.0 - level))


def moving(levels: np.ndarray, saved: np.ndarray) -> np.ndarray:
    """Which groups move what is saved (W,) beyond chance, boolean (groups,): those whose part in a straight line
    through all draws lies three standard errors or more from nothing. `levels` (W, groups)."""
    count, groups = levels.shape
    if count <= groups + 1:
        return np.ones(groups, dtype=bool)
    against = np.column_stack([np.ones(count), levels])
    inverse = np.linalg.pinv(against.T @ against)
    part = inverse @ against.T @ saved
    rest = saved - against @ part
    error = np.sqrt(float(rest @ rest) / (count - groups - 1) * np.diag(inverse))
    return np.asarray(np.abs(part) >= ERRORS * error)[1:]
