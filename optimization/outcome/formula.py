"""The formula chosen after cost: with who provides what held, least cost, then least dispersion, then least change of
the law.

Within the gap to which a plan is known many formulas cost the same, or all of them do where cost does not hang on the
formula at all. So that retention, grants and receivers say something, they are chosen by rules of their own
(`model.choice`), each solved to its optimum with those before it held.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from optimization.model.affine import Affine, variables_of
from optimization.model.choice import Distances, change_of_law, spread
from optimization.outcome.certificate import proven
from optimization.outcome.choices import CHANGE, COST, DISPERSION, FormulaChoice
from optimization.outcome.master import MasterProblem
from optimization.outcome.readback import read_result
from optimization.outcome.result import Result
from optimization.reading.units import MILLION_IN_BILLION
from optimization.solving.highs import Limits, Status
from optimization.solving.lexicographic import Aim, in_order, with_distances, with_mean
from optimization.solving.residual import Part, fix, whole_rest
from optimization.solving.standard_form import StandardForm

MOST_SECONDS = 30.0
"""Time for the choice of a formula, where the run has as much left."""

PART, TINY = 5e-3, 1e-3
"""Part of a plan's cost, and least amount (million yen), in which its cost is reckoned where it is held: the solver's
rounding is then no more than 1e-8 of the plan. Of a large plan a billion yen."""


class Expressions(NamedTuple):
    """n expressions matrix @ columns + constant, (n, columns) and (n,), and their weights (n,)."""

    matrix: sparse.csr_matrix
    constant: np.ndarray
    weight: np.ndarray
    around_mean: bool


def chosen(result: Result, problem: MasterProblem, limits: Limits) -> Result:
    """A result with the formula of its plan chosen, read back and re-checked like any other, within the limits
    of the solver and `MOST_SECONDS`. Its plan stays as it was where a rule would be broken."""
    before = result.outcome
    if before.values is None or result.accounts is None:
        return result
    asked = replace(limits, seconds=min(limits.seconds, MOST_SECONDS), threads=1)
    values, choice = with_chosen_formula(problem, before.values, asked)
    if values is before.values:
        return replace(result, formula=(choice,))
    found = read_result(result.package, problem, replace(before, values=values))
    if found.breaches and not result.breaches:
        return replace(result, formula=(replace(choice, kept=False),))
    outcome = proven(found.outcome, before.bound, limits)
    if before.status is Status.OPTIMAL:  # cost may rise by as much as the solver keeps its rows, and no more
        outcome = replace(outcome, status=before.status)
    return replace(
        result,
        outcome=outcome,
        accounts=found.accounts,
        solver_grants=found.solver_grants,
        breaches=found.breaches,
        formula=(choice,),
    )


def with_chosen_formula(
    problem: MasterProblem, values: np.ndarray, limits: Limits
) -> tuple[np.ndarray, FormulaChoice]:
    """The point of a plan with the formula that the aims choose in the seconds given, provision as it is. Where they
    are not settled in time the formula stays as it was."""
    form = problem.form
    law = [on_columns(form, each) for each in change_of_law(problem.model, problem.columns)]
    law = [each for each in law if _open(form, each)]
    if not law:
        return values, FormulaChoice()
    fixed = problem.provision
    point = np.where(form.integer, np.round(values), values)
    try:
        part, known = whole_rest(fix(form, fixed, point[fixed]))
    except ValueError:  # a point that the solver takes to its own tolerance, and the rows of provision do not
        return values, FormulaChoice()
    even = [on_columns(form, each) for each in spread(problem.model, problem.columns)]
    apart = [[_rest_of(each, part, known) for each in some] for some in (even, law)]
    unit = unit_of_cost(form.constant + float(form.cost @ values))
    wide, start, aims = _aims(part, point[part.columns], apart, unit)
    found = in_order(wide, aims, start, limits)
    choice = FormulaChoice(tuple(found))
    if not choice.settled:
        return values, choice
    chosen = np.where(np.isnan(known), 0.0, known)
    chosen[part.columns] = found[-1].values[: len(part.columns)]
    return chosen, choice


def unit_of_cost(total: float) -> float:
    """Million yen in which the cost of a plan is reckoned where it is held, see `PART`."""
    return float(np.clip(PART * abs(total), TINY, 1.0 / MILLION_IN_BILLION))


def _aims(
    part: Part, start: np.ndarray, distances: list[list[Expressions]], unit: float
) -> tuple[StandardForm, np.ndarray, list[Aim]]:
    """The program with a column for every distance, the point with them, and the aims over its columns; `unit` is that
    of cost."""
    form, chosen = part.form, []
    for some in distances:
        weights = []
        for each in some:
            of = _as_wide(each.matrix, form)
            if each.around_mean:
                form, start, of = with_mean(form, start, of, each.constant, each.weight)
                form, start = with_distances(form, start, of, each.constant)
            else:
                form, start = with_distances(form, start, of, each.constant)
            weights.append((len(form.cost) - len(each.weight), each.weight))
        chosen.append(weights)
    aims = []
    if part.form.cost.any():
        own = np.zeros(len(form.cost))
        own[: len(part.form.cost)] = part.form.cost
        aims.append(Aim(COST, own, unit=unit))
    for name, weights in zip((DISPERSION, CHANGE), chosen, strict=True):
        cost = np.zeros(len(form.cost))
        for first, weight in weights:
            cost[first : first + len(weight)] = weight
        aims.append(Aim(name, cost))
    return form, start, aims


def _as_wide(matrix: sparse.csr_matrix, form: StandardForm) -> sparse.csr_matrix:
    """A matrix over the first columns of a program as one over all of them."""
    more = len(form.cost) - matrix.shape[1]
    return sparse.csr_matrix(sparse.hstack([matrix, sparse.csr_matrix((matrix.shape[0], more))]))


def on_columns(form: StandardForm, of: Distances) -> Expressions:
    """Expressions over the blocks of a program as ones over its columns; a variable that no row uses is no column and
    keeps its lower bound."""
    matrix, constant = placed(form, of.place, of.of)
    return Expressions(matrix, constant, of.weight, of.around_mean)


def placed(form: StandardForm, place: object, of: Affine) -> tuple[sparse.csr_matrix, np.ndarray]:
    """The matrix (n, columns) and constants (n,) of expressions over the blocks at a place of a program."""
    constant = of.constant.copy()
    whole = sparse.csr_matrix((len(of), len(form.cost)))
    for name, part in of.parts.items():
        variables = variables_of(place, name)
        at = np.array([form.column_of(variable) for variable in variables], dtype=int)
        absent = at < 0
        lowest = [(v.lb or 0.0) if gone else 0.0 for v, gone in zip(variables, absent, strict=True)]
        constant += part @ np.array(lowest)
        kept = np.flatnonzero(~absent)
        pick = sparse.csr_matrix(
            (np.ones(len(kept)), (kept, at[kept])), shape=(len(variables), len(form.cost))
        )
        whole = whole + part @ pick
    return sparse.csr_matrix(whole), constant


def _rest_of(each: Expressions, part: Part, known: np.ndarray) -> Expressions:
    """Expressions over what is left of a program, the fixed columns in their constants."""
    fixed = each.matrix @ np.nan_to_num(known)
    return each._replace(
        matrix=sparse.csr_matrix(each.matrix[:, part.columns]), constant=each.constant + fixed
    )


def _open(form: StandardForm, each: Expressions) -> bool:
    """Whether an expression can change."""
    columns = np.unique(each.matrix.indices)
    return bool((form.lower[columns] < form.upper[columns]).any())
