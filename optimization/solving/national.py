"""The national part of a program: what is left of it when the cost of provision is bounded from below.

Pricing has shown that provision costs at least  constant + sum over duties of worth x y  whatever the
statute (`Cut`). With this in place of the columns and rows of provision the relaxation is small, still a
bound for the whole, and stays one when rows or costs of the national part change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse

from optimization.reading.units import MILLION_IN_BILLION
from optimization.solving.branching import Relaxed
from optimization.solving.highs import Limits, load
from optimization.solving.running import run
from optimization.solving.standard_form import StandardForm


@dataclass(frozen=True)
class Cut:
    """Provision, the columns `provision` (boolean), costs at least `constant` + `worth` @ x[`columns`], of
    which the form's own cost of these columns already holds `counted`."""

    provision: np.ndarray
    constant: float
    columns: np.ndarray
    worth: np.ndarray
    counted: np.ndarray


class NationalRelaxation:
    """The relaxation of the national part, kept alive: each solve starts from the last basis. One column
    more stands for the cost of provision, above every cut. Rows that hold a column of provision are left
    out, which only lowers the bound."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._cuts = replace(limits, threads=1), list[Cut]()
        self._basis: highspy.HighsBasis | None = None

    def add(self, cut: Cut) -> None:
        """Take a cut in; all must have been proven with the same columns of provision."""
        self._cuts.append(cut)
        self._basis = None

    def solve(self, form: StandardForm) -> Relaxed | None:
        """Bound and values of all columns (0 for those of provision); None when it has no solution."""
        part, columns = self.part(form)
        solver = load(part, self._limits, relax=True)
        if self._basis is not None:
            solver.setBasis(self._basis)
        run(solver, linear=True)
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        self._basis = solver.getBasis()
        solution = solver.getSolution()
        values, reduced = np.zeros(len(form.cost)), np.zeros(len(form.cost))
        values[columns], reduced[columns] = solution.col_value[:-1], solution.col_dual[:-1]
        return Relaxed(solver.getInfo().objective_function_value, values, reduced)

    def part(self, form: StandardForm) -> tuple[StandardForm, np.ndarray]:
        """The rows and columns of the nation, then the cost of provision and the cuts below it, in billion
        yen like other rows of the whole nation; and which columns of the form its own are, but for the last."""
        provision = self._cuts[0].provision
        columns = np.flatnonzero(~provision)
        rows = np.flatnonzero(np.abs(form.matrix) @ provision.astype(float) == 0.0)
        cost, first = form.cost.copy(), self._cuts[0]
        cost[first.columns] -= first.counted
        position = np.cumsum(~first.provision) - 1
        worth = np.zeros((len(self._cuts), len(columns) + 1))
        for n, cut in enumerate(self._cuts):
            worth[n, position[cut.columns]] = -MILLION_IN_BILLION * cut.worth
        worth[:, -1] = 1.0
        own = sparse.hstack([form.matrix[rows][:, columns], sparse.csr_matrix((len(rows), 1))])
        least = MILLION_IN_BILLION * np.array([cut.constant for cut in self._cuts])
        part = StandardForm(
            cost=np.append(cost[columns], 1.0 / MILLION_IN_BILLION),
            constant=form.constant,
            matrix=sparse.csr_matrix(sparse.vstack([own, sparse.csr_matrix(worth)])),
            row_lower=np.append(form.row_lower[rows], least),
            row_upper=np.append(form.row_upper[rows], np.full(len(least), np.inf)),
            lower=np.append(form.lower[columns], -np.inf),
            upper=np.append(form.upper[columns], np.inf),
            integer=np.append(form.integer[columns], False),
            variables=(),
            constraints=(),
        )
        return part, columns
