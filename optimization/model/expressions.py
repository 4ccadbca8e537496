"""Linear expressions from arrays, without Pyomo's term-by-term arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pyomo.core.expr import LinearExpression
from scipy import sparse


def linear(coefficients: Iterable[float], variables: Sequence[Any], constant: float = 0.0) -> Any:
    """constant + sum of coefficient x variable."""
    return LinearExpression(
        constant=constant, linear_coefs=[float(c) for c in coefficients], linear_vars=list(variables)
    )


def total(terms: Iterable[tuple[float, Any]], constant: float = 0.0) -> Any:
    """constant + sum over pairs of coefficient and variable."""
    pairs = list(terms)
    return linear([c for c, _ in pairs], [v for _, v in pairs], constant)


def row(matrix: sparse.csr_matrix, number: int) -> tuple[list[float], list[int]]:
    """Coefficients and columns of one row of a CSR matrix."""
    part = slice(matrix.indptr[number], matrix.indptr[number + 1])
    return matrix.data[part].tolist(), matrix.indices[part].tolist()
