"""The restricted master: statutes and pairs of plans seen, put together anew for the best criterion.

minimise  t + sum_w most_w s_w
subject to  t + s_w >= c_w(x) - c*_w  for every world,   x a plan of the question
over the tiers that some plan seen gives each duty, and the pairs of body and service that some plan has
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from optimization.model.columns import Columns, columns
from optimization.model.screening import screen
from optimization.outcome.clock import Clock
from optimization.outcome.master import MasterProblem, master_problem
from optimization.reading.units import MILLION_IN_BILLION
from optimization.recommend.blended import Blends, Plan, costs_of, read_plan
from optimization.recommend.criteria import Criterion
from optimization.solving.highs import Limits, solve
from optimization.solving.standard_form import StandardForm

FEW_PAIRS = 3_000
"""Listed pairs up to which the whole program can be asked, with a row for every world."""


@dataclass(frozen=True)
class Recombined:
    """A plan put together of others, what the objective counts of its formula, and what the criterion of no plan of the
    program can fall below, against the least costs it was given; million yen a year."""

    plan: Plan
    judged: float
    bound: float = -np.inf


def recombined(
    blends: Blends, criterion: Criterion, least: np.ndarray, plans: Sequence[Plan], limits: Limits
) -> Recombined | None:
    """The best plan that can be put together of some plans, against the least cost of each world (W,), million yen.
    None where none is found in the time."""
    form, master = _program(blends, criterion, least, blends.table(plans))
    numbers, index = master.form.column_family("y")
    upper = form.upper.copy()
    for column, n in zip(numbers.tolist(), index.tolist(), strict=True):
        s, k, tier = master.columns.duties[n]
        if all(plan.tier[s, k] != tier for plan in plans):
            upper[column] = 0.0
    return _solved(replace(form, upper=upper), master, limits)


def few(blends: Blends) -> bool:
    """Whether the whole program can be asked."""
    return (
        len(screen(blends.instance).listed[0]) <= FEW_PAIRS and len(blends.everything.listed[0]) <= FEW_PAIRS
    )


def whole(blends: Blends, criterion: Criterion, least: np.ndarray, limits: Limits) -> Recombined | None:
    """The best plan of the whole program with a row for every world, and its bound; None where none is found in the
    time."""
    everything = np.ones(len(blends.everything.listed[0]), dtype=bool)
    table = columns(blends.instance, blends.everything, everything)
    return _solved(*_program(blends, criterion, least, table), limits)


def _program(
    blends: Blends, criterion: Criterion, least: np.ndarray, table: Columns
) -> tuple[StandardForm, MasterProblem]:
    master = master_problem(table, Clock())
    cost, constant = costs_of(master, blends.questions)
    return with_worlds(master.form, cost, constant - least, criterion), master


def _solved(form: StandardForm, master: MasterProblem, limits: Limits) -> Recombined | None:
    found = solve(form, limits)
    if found.values is None:
        return None
    plan, judged = read_plan(master, found.values[: len(master.form.cost)])
    return Recombined(plan, judged, found.bound / MILLION_IN_BILLION)


def with_worlds(
    form: StandardForm, cost: np.ndarray, beyond: np.ndarray, criterion: Criterion
) -> StandardForm:
    """The program with a row for every world and the criterion as its objective, both in billion yen. `cost` (W,
    columns) and `beyond` (W,), the constant of the cost less the least cost, in million yen."""
    count, size = cost.shape
    spread = criterion.most < 1.0
    extra = int(spread.sum())
    shared = sparse.csr_matrix(np.ones((count, 1)))
    own = sparse.csr_matrix(
        (np.ones(extra), (np.flatnonzero(spread), np.arange(extra))), shape=(count, extra)
    )
    rows = sparse.hstack([-MILLION_IN_BILLION * sparse.csr_matrix(cost), shared, own])
    matrix = sparse.vstack(
        [sparse.hstack([form.matrix, sparse.csr_matrix((form.matrix.shape[0], 1 + extra))]), rows]
    )
    return StandardForm(
        cost=np.concatenate([np.zeros(size), [1.0], criterion.most[spread]]),
        constant=0.0,
        matrix=sparse.csr_matrix(matrix),
        row_lower=np.append(form.row_lower, MILLION_IN_BILLION * beyond),
        row_upper=np.append(form.row_upper, np.full(count, np.inf)),
        lower=np.concatenate([form.lower, [-np.inf], np.zeros(extra)]),
        upper=np.concatenate([form.upper, [np.inf], np.full(extra, np.inf)]),
        integer=np.append(form.integer, np.zeros(1 + extra, dtype=bool)),
        variables=(),
        constraints=(),
    )
