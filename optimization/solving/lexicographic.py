"""One aim after the other: each program is solved with what the aims before it have reached held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from optimization.solving.deadline import Deadline
from optimization.solving.highs import Limits, Outcome, Status, solve
from optimization.solving.standard_form import StandardForm

HELD = 1e-9
"""By how much an aim that has been reached may be missed later, in its unit. The solver keeps its rows to a millionth;
more would be used up, and a share of 80% come out as 79.99995%."""

KEPT = 1e-6
"""How near the solver keeps its rows, in the unit of an aim."""

EXACT = Limits(gap=1e-7, absolute=1e-7)
"""How exactly each aim is solved."""


@dataclass(frozen=True)
class Aim:
    """A number to be made least: `cost` (columns,) and a constant; `unit` by which it is divided wherever it is held,
    so that it is neither large nor tiny; the relative `gap` to which it is solved."""

    name: str
    cost: np.ndarray
    constant: float = 0.0
    unit: float = 1.0
    gap: float = EXACT.gap


@dataclass(frozen=True)
class Reached:
    """What an aim has come to: its value at the start and at the end, its bound, the status of its program and the
    seconds it took; `values` of all columns (those of before where nothing better was found)."""

    aim: Aim
    before: float
    value: float
    bound: float
    status: Status
    seconds: float
    values: np.ndarray

    @property
    def proven(self) -> bool:
        """Whether no point within what was held before does better."""
        return self.status is Status.OPTIMAL


def in_order(
    form: StandardForm, aims: Sequence[Aim], start: np.ndarray, limits: Limits, share: float = 1.0
) -> list[Reached]:
    """Every aim solved in its order from a point of the program (columns,), within the seconds of the limits in all,
    of which each may take a share of what is left. One that is not solved in time is held at the best that was
    found."""
    deadline, found, values = Deadline(limits.seconds), list[Reached](), start
    for aim in aims:
        asked = deadline.within(replace(limits, gap=aim.gap, absolute=EXACT.absolute * aim.unit), share)
        before = value_of(aim, values)
        outcome = _solved(form, aim, values, asked)
        if outcome.values is not None and outcome.objective <= before + KEPT * aim.unit:
            values = outcome.values
        value = value_of(aim, values)
        found.append(Reached(aim, before, value, outcome.bound, outcome.status, outcome.seconds, values))
        form = held(form, aim, value)
    return found


def _solved(form: StandardForm, aim: Aim, start: np.ndarray, limits: Limits) -> Outcome:
    """The outcome of one aim; no search where the relaxation proves that the start is as good as asked already."""
    program, before, deadline = (
        replace(form, cost=aim.cost, constant=aim.constant),
        value_of(aim, start),
        Deadline(limits.seconds),
    )
    relaxed = solve(program, replace(limits, threads=1), relax=True)
    if relaxed.values is not None and before - relaxed.objective <= max(
        limits.absolute, limits.gap * abs(before)
    ):
        return replace(relaxed, status=Status.OPTIMAL, values=start).at_cost(before, relaxed.objective)
    return solve(program, deadline.within(limits), start=start)


def value_of(aim: Aim, values: np.ndarray) -> float:
    """What an aim is at a point, (columns,)."""
    return aim.constant + float(aim.cost @ values)


def held(form: StandardForm, aim: Aim, most: float) -> StandardForm:
    """The program with a row that holds an aim at most at a value, but for `HELD`."""
    side = (most - aim.constant) / aim.unit + HELD
    row = sparse.csr_matrix(aim.cost / aim.unit)
    return replace(
        form,
        matrix=sparse.csr_matrix(sparse.vstack([form.matrix, row])),
        row_lower=np.append(form.row_lower, -np.inf),
        row_upper=np.append(form.row_upper, side),
    )


def with_distances(
    form: StandardForm, values: np.ndarray, of: sparse.csr_matrix, constant: np.ndarray
) -> tuple[StandardForm, np.ndarray]:
    """The program with a column for the distance of each expression of @ x + constant from 0, (n,), at the end, and
    the point with these columns:

    distance >= of @ x + constant,  distance >= -(of @ x + constant)
    """
    count = of.shape[0]
    own = sparse.identity(count, format="csr")
    rows = sparse.vstack([sparse.hstack([-of, own]), sparse.hstack([of, own])])
    wider = _wider(
        form, np.zeros(count), np.full(count, np.inf), rows, np.append(constant, -constant), np.inf
    )
    return wider, np.append(values, np.abs(of @ values + constant))


def with_mean(
    form: StandardForm, values: np.ndarray, of: sparse.csr_matrix, constant: np.ndarray, weight: np.ndarray
) -> tuple[StandardForm, np.ndarray, sparse.csr_matrix]:
    """The program with a column for the mean by weight of expressions of @ x + constant at the end, the point with it,
    and the expressions less their mean over the columns then."""
    share = weight / weight.sum()
    mean, side = sparse.csr_matrix(share @ of), float(share @ constant)
    row = sparse.hstack([-mean, sparse.csr_matrix([[1.0]])])
    wider = _wider(form, np.array([-np.inf]), np.array([np.inf]), row, np.array([side]), side)
    less = sparse.hstack([of, sparse.csr_matrix(np.full((of.shape[0], 1), -1.0))])
    return wider, np.append(values, float((mean @ values)[0]) + side), sparse.csr_matrix(less)


def _wider(
    form: StandardForm,
    lower: np.ndarray,
    upper: np.ndarray,
    rows: sparse.csr_matrix,
    least: np.ndarray,
    most: float,
) -> StandardForm:
    """A program with further continuous columns and rows."""
    count = len(lower)
    none = sparse.csr_matrix((form.matrix.shape[0], count))
    return replace(
        form,
        cost=np.append(form.cost, np.zeros(count)),
        matrix=sparse.csr_matrix(sparse.vstack([sparse.hstack([form.matrix, none]), rows])),
        row_lower=np.append(form.row_lower, least),
        row_upper=np.append(form.row_upper, np.full(rows.shape[0], most)),
        lower=np.append(form.lower, lower),
        upper=np.append(form.upper, upper),
        integer=np.append(form.integer, np.zeros(count, dtype=bool)),
    )
