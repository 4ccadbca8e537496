"""A plan held in the program, so that only its formula is left: at the central values, where it is chosen as in every
run, and in a world, where it is asked whether any formula of the package keeps all limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from optimization.case.case import Case
from optimization.ledger.worlds import World
from optimization.model.columns import columns
from optimization.model.screening import screen
from optimization.outcome.applied import as_outcome
from optimization.outcome.clock import Clock
from optimization.outcome.formula import chosen
from optimization.outcome.given_back import Prices
from optimization.outcome.master import MasterProblem, master_problem
from optimization.outcome.readback import read_result
from optimization.outcome.result import Result
from optimization.outcome.starting import as_mask
from optimization.recommend.blended import Blends, Plan
from optimization.solving.highs import Limits, Status
from optimization.solving.highs import solve as solve_plain
from optimization.solving.residual import fix
from optimization.solving.standard_form import StandardForm

METHOD: Final = "recommended"
"""Method named in the result of a plan that was chosen for many worlds."""

FORMULA_SECONDS: Final = 30.0
"""Time for the formula of a plan."""


def as_result(blends: Blends, plan: Plan, whole: Case, limits: Limits) -> Result:
    """A plan with its formula chosen, its accounts at the central values, and every rule re-checked."""
    found = held(blends, plan, limits)
    if found is None:
        raise RuntimeError("the plan was not found again at the central values")
    problem, values = found
    outcome = as_outcome(problem.form.constant + float(problem.form.cost @ values))
    outcome = replace(outcome, values=values, status=Status.INCUMBENT)
    result = chosen(read_result(blends.package, problem, outcome), problem, limits)
    assert result.accounts is not None
    told = replace(as_outcome(result.accounts.objective), log="Chosen for many worlds: see recommend.json.\n")
    return replace(result, outcome=told, method=METHOD, whole=whole, ranged=True)


def formula_keeps(blends: Blends, plan: Plan, world: World) -> bool | None:
    """Whether some formula within the package keeps all its limits with a plan at the numbers of a world; None where
    there was no time to tell."""
    question = blends.worlds.question_in(world)
    seen = blends.seen([plan])
    screening = screen(question, seen)
    may_serve = as_mask(question, screening)
    if not all(may_serve[pair] for pair in plan.joint):
        return False
    problem = master_problem(columns(question, screening, seen[screening.listed]), Clock())
    limits = Limits(gap=1.0, seconds=FORMULA_SECONDS, threads=1)
    found = solve_plain(with_plan(problem, plan), limits)
    if found.values is not None:
        return True
    return False if found.status is Status.INFEASIBLE else None


def held(blends: Blends, plan: Plan, limits: Limits) -> tuple[MasterProblem, np.ndarray] | None:
    """The program over the pairs of a plan, and its cheapest point at which statute and provision are the plan's; None
    where no formula was found with which it keeps all limits at the central values."""
    problem = master_problem(blends.table([plan]), Clock())
    found = solve_plain(with_plan(problem, plan), replace(limits, seconds=FORMULA_SECONDS, threads=1))
    return None if found.values is None else (problem, found.values)


def with_plan(problem: MasterProblem, plan: Plan) -> StandardForm:
    """A program at which statute and provision are a plan's: what is left is the formula."""
    table, form = problem.columns, problem.form
    fixed: dict[int, float] = {}
    for name, chosen_here in (("y", statute_of(table.duties, plan)), ("v", _provision(table, plan))):
        numbers, index = form.column_family(name)
        fixed |= dict(zip(numbers.tolist(), chosen_here[index].tolist(), strict=True))
    return fix(form, np.array(list(fixed)), np.array(list(fixed.values())))


def plan_at(prices: Prices, point: np.ndarray) -> Plan:
    """The plan of a point of provision (its columns in the order of the problem's `provision`)."""
    problem = prices.problem
    values = np.zeros(len(problem.form.cost))
    values[problem.provision] = point
    statute = prices.statute(values)
    tier = {(s, k): t for (s, k, t), one in zip(prices.duties, statute, strict=True) if one > 0.5}
    return Plan(tier, prices.pairs_at(point))


def statute_of(duties: Sequence[tuple[int, int, str]], plan: Plan) -> np.ndarray:
    """The statute of a plan, 0 or 1 for each (service, group, tier)."""
    return np.array([float(plan.tier[s, k] == tier) for s, k, tier in duties])


def _provision(table: Any, plan: Plan) -> np.ndarray:
    joint = set(plan.joint)
    pairs = zip(table.pair_body.tolist(), table.pair_service.tolist(), strict=True)
    return np.array([float(pair in joint) for pair in pairs])
