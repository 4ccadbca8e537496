"""Small programs in arrays, without Pyomo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from optimization.solving.standard_form import StandardForm


def program(
    cost: ArrayLike,
    rows: Sequence[tuple[ArrayLike, float, float]],
    lower: ArrayLike = 0.0,
    upper: ArrayLike = np.inf,
    integer: ArrayLike = False,
    constant: float = 0.0,
) -> StandardForm:
    """minimise cost @ x + constant, each row (coefficients, least, most)."""
    cost = np.asarray(cost, dtype=float)
    count = len(cost)
    return StandardForm(
        cost=cost,
        constant=constant,
        matrix=sparse.csr_matrix(np.array([row for row, *_ in rows], dtype=float).reshape(-1, count)),
        row_lower=np.array([low for _, low, _ in rows], dtype=float),
        row_upper=np.array([high for *_, high in rows], dtype=float),
        lower=np.broadcast_to(np.asarray(lower, dtype=float), count).copy(),
        upper=np.broadcast_to(np.asarray(upper, dtype=float), count).copy(),
        integer=np.broadcast_to(np.asarray(integer, dtype=bool), count).copy(),
        variables=(),
        constraints=(),
    )


def knapsack(seed: int, items: int = 20, rows: int = 4) -> StandardForm:
    """A multi-dimensional knapsack: minus the worth of what fits into `rows` limits."""
    draw = np.random.default_rng(seed)
    weights = draw.integers(10, 100, size=(rows, items)).astype(float)
    worth = weights.sum(axis=0) / rows + draw.integers(0, 30, items)
    limits = [(row, -np.inf, float(row.sum() // 2)) for row in weights]
    return program(-worth, limits, upper=1.0, integer=True)


def violation(form: StandardForm, point: np.ndarray) -> float:
    """Largest amount by which a point breaks a row or a bound."""
    activity = form.matrix @ point
    parts = [form.row_lower - activity, activity - form.row_upper, form.lower - point, point - form.upper]
    return float(max(part.max(initial=0.0) for part in parts))


def random_blocks(seed: int, blocks: int = 4, with_links: bool = True) -> tuple[StandardForm, np.ndarray]:
    """A program of independent blocks tied only by a few national columns: groups of which exactly one is
    1. Returns the form and the positions of the national columns."""
    draw = np.random.default_rng(seed)
    groups, options, size = 2, 3, 5
    national = groups * options
    count = national + blocks * size
    rows: list[tuple[np.ndarray, float, float]] = []
    for g in range(groups):
        row = np.zeros(count)
        row[g * options : (g + 1) * options] = 1.0
        rows.append((row, 1.0, 1.0))
    for b in range(blocks):
        own = national + b * size + np.arange(size)
        cover = np.zeros(count)
        cover[own] = draw.uniform(1, 5, size)
        if with_links:
            cover[:national] = -draw.uniform(0, 3, national) * (draw.random(national) < 0.5)
        rows.append((cover, float(draw.uniform(2, 11)), np.inf))
        chain = np.zeros(count)
        chain[own[:3]] = 1.0
        rows.append((chain, -np.inf, 2.0))
        chain = np.zeros(count)
        chain[own[2:]] = 1.0
        rows.append((chain, -np.inf, 2.0))
    cost = draw.uniform(1, 10, count)
    integer = draw.random(count) < 0.7
    integer[:national] = True
    shuffle = draw.permutation(count)
    place = np.empty(count, dtype=int)
    place[shuffle] = np.arange(count)
    order = draw.permutation(len(rows))
    form = program(
        cost[shuffle],
        [(rows[r][0][shuffle], rows[r][1], rows[r][2]) for r in order],
        upper=1.0,
        integer=integer[shuffle],
        constant=3.5,
    )
    return form, np.sort(place[:national])
