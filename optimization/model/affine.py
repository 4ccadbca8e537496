"""Linear expressions over the columns of a program as matrices: many rows at once, without term-by-term arithmetic."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyomo.core as pyo
from scipy import sparse

from optimization.model.expressions import linear, row

HOLDS: Mapping[str, Callable[[Any, Any], Any]] = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}
"""The senses of a relation."""


class Affine:
    """constant + sum over blocks of columns of matrix @ block: n expressions at once.

    `constant` has shape (n,); `parts` holds by the name of a block of variables a matrix (n, columns of the block).
    Sums and products with numbers, or with one number for each expression, are of the same kind.
    """

    __array_ufunc__ = None  # a product with an array is ours, not an array of products

    def __init__(self, constant: np.ndarray, parts: Mapping[str, sparse.csr_matrix] | None = None) -> None:
        self.constant = np.asarray(constant, dtype=float)
        self.parts = dict(parts or {})

    def __len__(self) -> int:
        return len(self.constant)

    def __add__(self, other: Affine) -> Affine:
        parts = dict(self.parts)
        for name, matrix in other.parts.items():
            parts[name] = parts[name] + matrix if name in parts else matrix
        return Affine(self.constant + other.constant, parts)

    def __rmul__(self, factor: Any) -> Affine:
        factor = np.broadcast_to(np.asarray(factor, dtype=float), self.constant.shape)
        scale = sparse.diags(factor, format="csr")
        return Affine(factor * self.constant, {name: scale @ matrix for name, matrix in self.parts.items()})

    def __neg__(self) -> Affine:
        return -1.0 * self

    def __sub__(self, other: Affine) -> Affine:
        return self + -other

    def summed(self, groups: Sequence[np.ndarray]) -> Affine:
        """Sums over groups of the expressions, one for each group."""
        member = np.concatenate([np.zeros(0, int), *groups])
        of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        pick = sparse.csr_matrix((np.ones(len(member)), (of, member)), shape=(len(groups), len(self)))
        return self.through(pick)

    def without_dust(self, size: float) -> Affine:
        """The expressions without coefficients up to a size: what differences of equal sums have left of rounding."""
        parts = {}
        for name, matrix in self.parts.items():
            kept = sparse.csr_matrix(matrix, copy=True)
            kept.sum_duplicates()
            kept.data[np.abs(kept.data) <= size] = 0.0
            kept.eliminate_zeros()
            parts[name] = kept
        return Affine(self.constant, parts)

    def through(self, matrix: sparse.csr_matrix) -> Affine:
        """matrix @ the expressions: as many as the matrix has rows."""
        parts = {name: sparse.csr_matrix(matrix @ part) for name, part in self.parts.items()}
        return Affine(matrix @ self.constant, parts)

    def terms(self, place: Any, number: int, factor: float = 1.0) -> list[tuple[float, Any]]:
        """factor x the variable part of one expression, as pairs of coefficient and variable of a program."""
        return [
            (factor * value, variables[n])
            for name, matrix in self.parts.items()
            for variables in [variables_of(place, name)]
            for value, n in zip(*row(matrix, number), strict=True)
        ]


def fixed(constant: np.ndarray) -> Affine:
    """Numbers that no column changes."""
    return Affine(constant)


def block(name: str, matrix: Any, constant: np.ndarray | float = 0.0) -> Affine:
    """matrix @ a block of variables + a constant; a single row may be given as a plain array."""
    matrix = sparse.csr_matrix(np.atleast_2d(matrix) if isinstance(matrix, np.ndarray) else matrix)
    return Affine(np.broadcast_to(np.asarray(constant, dtype=float), (matrix.shape[0],)), {name: matrix})


def variables_of(place: Any, name: str) -> Sequence[Any]:
    """The variables of a block of a program, in its order; a single variable is a block of one."""
    found = getattr(place, name)
    return list(found.values()) if hasattr(found, "values") else [found]


def rows(
    place: Any,
    keys: Sequence[Any],
    left: Affine,
    right: Any,
    sense: str = "<=",
    only: Sequence[int] | None = None,
) -> dict[Any, Any]:
    """Relations left <=, >= or == right by key, one for each expression (or for those at `only`), with the constants on
    the right; without those that hold whatever the columns are. One that no columns can mend asks `never`, which is 0,
    to be more or less. Raises ValueError where the program has other columns than the expressions."""
    variables = {name: variables_of(place, name) for name in left.parts}
    for name, matrix in left.parts.items():
        if matrix.shape[1] != len(variables[name]):
            raise ValueError(f"{name} has {len(variables[name])} columns, {matrix.shape[1]} are spoken of")
    for matrix in left.parts.values():
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    sides = np.broadcast_to(np.asarray(right, dtype=float), left.constant.shape) - left.constant
    found = {}
    for n in range(len(keys)) if only is None else only:
        values: list[float] = []
        columns: list[Any] = []
        for name, matrix in left.parts.items():
            part = slice(matrix.indptr[n], matrix.indptr[n + 1])
            values += matrix.data[part].tolist()
            columns += [variables[name][m] for m in matrix.indices[part].tolist()]
        side = float(sides[n])
        if not values:
            if HOLDS[sense](0.0, side):
                continue
            values, columns = [1.0], [_never(place)]
        found[keys[n]] = HOLDS[sense](linear(values, columns), side)
    return found


def constraint(found: Mapping[Any, Any]) -> pyo.Constraint:
    """A component of relations by key; of one alone where its key is None."""
    if list(found) == [None]:
        return pyo.Constraint(rule=lambda _: found[None])
    return pyo.Constraint(list(found), rule=lambda _, *key: found[key[0] if len(key) == 1 else key])


def _never(place: Any) -> Any:
    """A variable of the program that is 0."""
    if place.component("never") is None:
        place.never = pyo.Var(bounds=(0.0, 0.0))
    return place.never
