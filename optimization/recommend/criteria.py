"""How the regrets of a plan in many worlds come to one number, and what no plan can fall below.

regret_w(x) = c_w(x) - least cost in world w. Every criterion is the largest weighted mean of regrets over a set of
weights of the worlds:

    criterion(x) = max over lambda in Lambda of sum_w lambda_w regret_w(x)
    Lambda       = { lambda >= 0, sum lambda = 1, lambda_w <= most_w }

with most = 1 for the worst regret, p_w / (1 - a) for the mean of the worst part 1 - a (CVaR), p_w for the mean. By the
duality of linear programs it is also

    criterion(x) = min over t and s >= 0 of  t + sum_w most_w s_w   with  t + s_w >= regret_w(x),

which stands in the restricted master; and for any lambda in Lambda what the cheapest plan of the blended costs has in
mean regret bounds the criterion of every plan from below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import highspy
import numpy as np
from scipy import sparse

from optimization.errors import InputError, Problem
from optimization.solving.highs import Limits, pass_model, quiet, solve
from optimization.solving.standard_form import StandardForm

WORST, CVAR, EXPECTED = "worst", "cvar", "expected"
CRITERIA: Final = (WORST, CVAR, EXPECTED)
TINY: Final = 1e-9
"""Part of a world that counts as none."""

SMALL: Final = Limits(gap=0.0, seconds=30.0, threads=1)


@dataclass(frozen=True)
class Criterion:
    """A criterion by its name, and the most that each world may weigh, (W,)."""

    name: str
    most: np.ndarray

    def of(self, regrets: np.ndarray) -> float:
        """The criterion of the regrets of a plan, (W,)."""
        return float(self.weights_of(regrets) @ regrets)

    def of_each(self, regrets: np.ndarray) -> np.ndarray:
        """The criterion of the regrets of many plans (plans, W), (plans,)."""
        count = min(
            regrets.shape[1], math.ceil(1.0 / self.most.min() - TINY)
        )  # so many worlds weigh, at most
        worst = np.argpartition(-regrets, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(regrets, worst, axis=1), axis=1, kind="stable")
        worst = np.take_along_axis(worst, order, axis=1)
        most = self.most[worst]
        weights = np.clip(1.0 - (np.cumsum(most, axis=1) - most), 0.0, most)
        return np.asarray((weights * np.take_along_axis(regrets, worst, axis=1)).sum(axis=1))

    def weights_of(self, regrets: np.ndarray) -> np.ndarray:
        """The weights at which the mean of some regrets is largest: as much as may be on the largest ones."""
        weights, left = np.zeros(len(regrets)), 1.0
        for w in np.argsort(-regrets, kind="stable"):
            weights[w] = min(left, self.most[w])
            left -= weights[w]
        return weights


def criterion_named(name: str, count: int, tail: float = 0.2) -> Criterion:
    """A criterion over `count` worlds of equal weight; `tail` is the part of the worst worlds that CVaR looks at.
    Raises `InputError` for one there is not, and for a tail that is no part."""
    if name not in CRITERIA:
        remedy = f"choose {', '.join(CRITERIA)}"
        raise InputError(
            [Problem("command line", "is no criterion", remedy, column="--criterion", value=name)]
        )
    if not 0.0 < tail <= 1.0:
        remedy = "give a part above 0 and at most 1, such as 0.2"
        raise InputError(
            [Problem("command line", "is no part of the worlds", remedy, column="--tail", value=str(tail))]
        )
    each = np.full(count, 1.0 / count)
    most = {WORST: np.ones(count), CVAR: np.minimum(1.0, each / tail), EXPECTED: each}[name]
    return Criterion(name, most)


def best_mixture(regrets: np.ndarray, criterion: Criterion) -> tuple[float, np.ndarray]:
    """The weights (W,) at which the least mean regret of some plans (plans, W) is largest, and that largest: what a
    plan could reach that is any mixture of them.

    maximise v  subject to  v <= sum_w lambda_w regret[j, w] for every plan j,  lambda in Lambda
    """
    plans, count = regrets.shape
    rows = np.vstack([np.column_stack([regrets, -np.ones(plans)]), np.append(np.ones(count), 0.0)])
    program = StandardForm(
        cost=np.append(np.zeros(count), -1.0),
        constant=0.0,
        matrix=sparse.csr_matrix(rows),
        row_lower=np.append(np.zeros(plans), 1.0),
        row_upper=np.append(np.full(plans, np.inf), 1.0),
        lower=np.append(np.zeros(count), -np.inf),
        upper=np.append(criterion.most, np.inf),
        integer=np.zeros(count + 1, dtype=bool),
        variables=(),
        constraints=(),
    )
    found = solve(program, SMALL)
    if found.values is None:
        raise RuntimeError(f"the program of the weights was not solved: {found.termination}")
    weights = np.clip(found.values[:-1], 0.0, criterion.most)
    return -found.objective, weights / weights.sum()


def nearest_weights(
    regrets: np.ndarray, criterion: Criterion, level: float, near: np.ndarray
) -> np.ndarray | None:
    """The weights nearest to some (W,) at which no plan seen has a mean regret below a level; None where the small
    quadratic program is not solved.

    minimise |lambda - near|^2  subject to  level <= sum_w lambda_w regret[j, w],  lambda in Lambda
    """
    plans, count = regrets.shape
    scale = max(1.0, float(np.abs(regrets).max()))
    matrix = sparse.csr_matrix(np.vstack([regrets / scale, np.ones(count)]))
    lower = np.append(np.full(plans, level / scale), 1.0)
    upper = np.append(np.full(plans, np.inf), 1.0)
    form = StandardForm(
        -2.0 * near, float(near @ near), matrix, lower, upper, np.zeros(count), criterion.most,
        np.zeros(count, dtype=bool), (), (),
    )  # fmt: skip
    solver = quiet(replace(SMALL, seconds=5.0))
    pass_model(solver, form, relax=True)
    diagonal = np.arange(count + 1, dtype=np.int32)
    solver.passHessian(count, count, 1, diagonal[:-1], np.arange(count, dtype=np.int32), np.full(count, 2.0))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    weights = np.clip(np.array(solver.getSolution().col_value), 0.0, criterion.most)
    total = weights.sum()
    return weights / total if total > 0 else None
