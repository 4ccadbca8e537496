"""Whether two choices of a tier differ, as linear columns.

With one tier for each choice, 1/2 sum_t |one[t] - other[t]| is 1 where they differ and 0 where not. An auxiliary column
stands only for a tier that is open to both, where neither is fixed; elsewhere the form is linear as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyomo.core as pyo
from scipy import sparse

from optimization.model.affine import Affine
from optimization.model.expressions import total


class Choice(NamedTuple):
    """A choice of one tier: the block of its columns and the position there of the column of every tier open to it."""

    block: str
    at: Mapping[str, int]


class Pair(NamedTuple):
    """Two choices of a tier."""

    one: Choice
    other: Choice

    @property
    def undecided(self) -> tuple[str, ...]:
        """Tiers open to both choices, where neither is fixed to one."""
        if min(len(self.one.at), len(self.other.at)) == 1:
            return ()
        return tuple(t for t in self.one.at if t in self.other.at)


def keys(pairs: Mapping[Any, Pair]) -> list[tuple[Any, ...]]:
    """Of every auxiliary column the key of its pair and its tier."""
    return [(*key, t) for key, pair in pairs.items() for t in pair.undecided]


def no_less(model: pyo.ConcreteModel, pairs: Mapping[Any, Pair], block: str) -> pyo.Constraint:
    """Rows apart[key,t] >= one[t] - other[t] of every auxiliary column of a block."""

    def rule(model: pyo.ConcreteModel, *key: Any) -> Any:
        one, other = (getattr(model, choice.block)[choice.at[key[-1]]] for choice in pairs[key[:-1]])
        return total([(1.0, getattr(model, block)[key]), (-1.0, one), (1.0, other)]) >= 0.0

    return pyo.Constraint(keys(pairs), rule=rule)


def weighted(
    pairs: Mapping[Any, Pair], weights: Sequence[float], block: str, sizes: Mapping[str, int]
) -> Affine:
    """Sum over pairs of weight x whether they differ, (1,), over the columns of choices (of which there are `sizes` in
    their blocks) and the auxiliary ones of `block`."""
    parts = {name: np.zeros(size) for name, size in sizes.items()} | {block: np.zeros(len(keys(pairs)))}
    at = 0
    for pair, weight in zip(pairs.values(), weights, strict=True):
        for sure, other in ((pair.one, pair.other), (pair.other, pair.one)):
            if len(sure.at) == 1:  # apart unless the other choice falls on the one tier of this one
                ((tier, column),) = sure.at.items()
                parts[sure.block][column] += weight
                if tier in other.at:
                    parts[other.block][other.at[tier]] -= weight
                break
        else:
            for tier, column in pair.one.at.items():
                shared = tier in pair.other.at
                parts[block if shared else pair.one.block][at if shared else column] += weight
                at += shared
    return Affine(np.zeros(1), {name: sparse.csr_matrix(row[None, :]) for name, row in parts.items()})
