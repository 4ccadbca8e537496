"""What is left of a program once some columns are fixed, and the parts into which it falls."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from optimization.solving.standard_form import StandardForm

FEASIBILITY = 1e-6
"""Relative violation that a row of fixed columns may show before it counts as broken."""


@dataclass(frozen=True)
class Part:
    """One independent part: its own program, and where its columns stand in the whole."""

    form: StandardForm
    columns: np.ndarray

    @property
    def key(self) -> bytes:
        """What tells this part from any other of the same program."""
        form, digest = self.form, hashlib.sha256()
        for array in (self.columns, form.cost, form.matrix.data, form.matrix.indices, form.row_lower,
                      form.row_upper, form.lower, form.upper):  # fmt: skip
            digest.update(array.tobytes())
        return digest.digest()


def fix(form: StandardForm, columns: np.ndarray, values: np.ndarray) -> StandardForm:
    """A program with some columns held at given values, (columns,) each."""
    lower, upper = form.lower.copy(), form.upper.copy()
    lower[columns] = upper[columns] = values
    return replace(form, lower=lower, upper=upper)


class Rest(NamedTuple):
    """What is left of a program with fixed columns: `free` columns and `rows` that hold one of them, by number, their
    `matrix`, what fixed columns add to each of these rows, and the fixed values (NaN elsewhere)."""

    free: np.ndarray
    rows: np.ndarray
    matrix: sparse.csr_matrix
    shift: np.ndarray
    values: np.ndarray


def rest(form: StandardForm) -> Rest:
    """Remove the fixed columns. Raises ValueError when a row of fixed columns alone is broken."""
    fixed = form.lower == form.upper
    values = np.where(fixed, form.lower, 0.0)
    activity = form.matrix @ values
    free = np.flatnonzero(~fixed)
    matrix = sparse.csr_matrix(form.matrix[:, free])
    used = np.diff(matrix.indptr) > 0
    _refuse_broken(form, np.flatnonzero(~used), activity, np.abs(form.matrix) @ np.abs(values))
    rows = np.flatnonzero(used)
    return Rest(free, rows, matrix[rows], activity[rows], np.where(fixed, form.lower, np.nan))


def _refuse_broken(form: StandardForm, rows: np.ndarray, activity: np.ndarray, size: np.ndarray) -> None:
    """Raise ValueError where some rows do not hold with an activity, whose terms have some size, both by row."""
    at, slack = activity[rows], FEASIBILITY * np.maximum(1.0, size[rows])
    broken = (at < form.row_lower[rows] - slack) | (at > form.row_upper[rows] + slack)
    if broken.any():
        raise ValueError(f"{int(broken.sum())} rows cannot hold with the fixed columns")


def whole_rest(form: StandardForm) -> tuple[Part, np.ndarray]:
    """All that is left of a program with fixed columns as one part, and the fixed values (NaN elsewhere)."""
    left = rest(form)
    everything = StandardForm(
        cost=form.cost[left.free],
        constant=0.0,
        matrix=left.matrix,
        row_lower=form.row_lower[left.rows] - left.shift,
        row_upper=form.row_upper[left.rows] - left.shift,
        lower=form.lower[left.free],
        upper=form.upper[left.free],
        integer=form.integer[left.free],
        variables=(),
        constraints=(),
    )
    return Part(everything, left.free), left.values


def split(form: StandardForm) -> tuple[list[Part], np.ndarray, float]:
    """Remove the fixed columns and cut the rest into connected parts.

    Returns the parts (largest first), the fixed values (NaN elsewhere) and the cost of what is
    fixed. Raises ValueError when a row of fixed columns alone is broken.
    """
    left = rest(form)
    parts = [part for part, _ in _cut(form, left.free, left.rows, left.matrix, left.shift)]
    return parts, left.values, form.constant + float(form.cost @ np.nan_to_num(left.values))


class Frame:
    """A program of which some columns are to be fixed at this value and that: what is left falls into the same parts
    whatever the values, so that it is cut once, and values move the sides of the parts' rows alone. Parts are numbered
    as `split` orders them."""

    def __init__(self, form: StandardForm, columns: np.ndarray) -> None:
        self._form, self._columns = form, columns
        nothing = fix(form, columns, np.zeros(len(columns)))
        fixed = nothing.lower == nothing.upper
        held = np.where(fixed & np.isfinite(nothing.lower), nothing.lower, 0.0)
        self._others, self._size = form.matrix @ held, np.abs(form.matrix) @ np.abs(held)
        self._held, self._of = np.where(fixed, held, np.nan), sparse.csr_matrix(form.matrix[:, columns])
        free = np.flatnonzero(~fixed)
        matrix = sparse.csr_matrix(form.matrix[:, free])
        used = np.diff(matrix.indptr) > 0
        rows = np.flatnonzero(used)
        self._bare = np.flatnonzero(~used)
        cut = _cut(form, free, rows, matrix[rows], np.zeros(len(rows)))
        self.parts = [part for part, _ in cut]
        self._rows = [own for _, own in cut]

    def at(self, values: np.ndarray) -> At:
        """What is left with the columns at some values (columns,). Raises ValueError when a row of fixed columns alone
        is broken."""
        form, shift = self._form, self._others + self._of @ values
        _refuse_broken(form, self._bare, shift, self._size + np.abs(self._of) @ np.abs(values))
        known = self._held.copy()
        known[self._columns] = values
        cost = form.constant + float(form.cost @ np.nan_to_num(known))
        return At([shift[own] for own in self._rows], known, cost)

    def part(self, number: int, shift: np.ndarray) -> StandardForm:
        """The program of a part whose rows hold what the fixed columns add to each, (rows of the part,)."""
        own = self.parts[number].form
        return replace(own, row_lower=own.row_lower - shift, row_upper=own.row_upper - shift)


class At(NamedTuple):
    """A frame at some values: what the fixed columns add to the rows of each part, the fixed values (NaN elsewhere) and
    their cost."""

    shifts: list[np.ndarray]
    known: np.ndarray
    cost: float


def _cut(
    form: StandardForm, free: np.ndarray, rows: np.ndarray, matrix: sparse.csr_matrix, shift: np.ndarray
) -> list[tuple[Part, np.ndarray]]:
    """The parts, largest first, and the rows of the whole that each holds."""
    cut = list(_connected(form, free, rows, matrix, shift))
    return sorted(cut, key=lambda each: (-len(each[0].columns), each[0].columns[0]))


def _connected(
    form: StandardForm, free: np.ndarray, rows: np.ndarray, matrix: sparse.csr_matrix, shift: np.ndarray
) -> Iterator[tuple[Part, np.ndarray]]:
    """The parts and their rows as they are found."""
    graph = sparse.bmat([[None, matrix], [matrix.T, None]], format="csr")
    count, label = connected_components(graph, directed=False)
    of_row, of_column = label[: len(rows)], label[len(rows) :]
    row_order = np.argsort(of_row, kind="stable")
    column_order = np.argsort(of_column, kind="stable")
    row_cut = np.searchsorted(of_row[row_order], np.arange(count + 1))
    column_cut = np.searchsorted(of_column[column_order], np.arange(count + 1))
    blocks = sparse.csr_matrix(matrix[row_order][:, column_order])  # block by block along the diagonal
    for n in range(count):
        r = row_order[row_cut[n] : row_cut[n + 1]]
        c = column_order[column_cut[n] : column_cut[n + 1]]
        if not len(c):
            continue
        where, start = free[c], blocks.indptr[row_cut[n] : row_cut[n + 1] + 1]
        inside = slice(start[0], start[-1])
        block = (blocks.data[inside], blocks.indices[inside] - column_cut[n], start - start[0])
        part = Part(
            StandardForm(
                cost=form.cost[where],
                constant=0.0,
                matrix=sparse.csr_matrix(block, shape=(len(r), len(c))),
                row_lower=form.row_lower[rows[r]] - shift[r],
                row_upper=form.row_upper[rows[r]] - shift[r],
                lower=form.lower[where],
                upper=form.upper[where],
                integer=form.integer[where],
                variables=(),
                constraints=(),
            ),
            where,
        )
        yield part, rows[r]
