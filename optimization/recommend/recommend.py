"""One plan of a package for many possible worlds, with its certificate and what is told beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.worlds import World, decision_in, one_factor
from optimization.model.columns import columns
from optimization.outcome.applied import as_outcome
from optimization.outcome.clock import Clock
from optimization.outcome.formula import chosen
from optimization.outcome.given_back import Prices
from optimization.outcome.master import MasterProblem, master_problem
from optimization.outcome.readback import read_result
from optimization.outcome.result import Result
from optimization.outcome.session import Duty
from optimization.outcome.verdict import NoPlanError, Worth
from optimization.recommend.blended import Blends, Evaluated, Plan, no_more_than_needed
from optimization.recommend.criteria import WORST, Criterion, criterion_named
from optimization.recommend.evaluating import Asked, Solving, processes_for
from optimization.recommend.recombined import pairs_seen
from optimization.recommend.search import OnMoment, Search
from optimization.rules.checks import Breach, breaches
from optimization.solving.deadline import Deadline
from optimization.solving.highs import Limits, Status
from optimization.solving.highs import solve as solve_plain
from optimization.solving.residual import fix
from optimization.solving.standard_form import changed

GIVEN_UP_SECONDS = 60.0
"""Time for what it costs to give up each change."""

METHOD = "recommended"
"""Method named in the result of a plan that was chosen for many worlds."""

FORMULA_SECONDS = 30.0
"""Time for the formula of the plan."""

ENDS = {"gap reached": Worth.OPTIMAL, "gap open": Worth.INCUMBENT, "time limit": Worth.INCUMBENT}
"""What the end of a search is worth."""


class GivenUp(NamedTuple):
    """A change of the plan given up: by how much the criterion rises, and what it costs in the world where it costs
    most, million yen a year (below 0 where the plan is cheaper without it everywhere)."""

    rises: float
    at_worst: float


@dataclass(frozen=True)
class Recommendation:
    """A plan for many worlds. `search` holds every plan met and its costs, `number` says which of them it is; `result`
    is the plan with its formula and accounts at the central values, `end` why the search ended, `gap` how near the
    bound was asked, million yen a year."""

    blends: Blends
    criterion: Criterion
    search: Search
    number: int
    result: Result
    end: str
    gap: float

    @property
    def worlds(self) -> Sequence[World]:
        """The worlds, the central one first."""
        return self.blends.drawn

    @property
    def plan(self) -> Plan:
        """Who answers and who provides."""
        return self.search.plans[self.number]

    @property
    def worth(self) -> Worth:
        """What may be said of it."""
        return Worth.BROKEN if self.result.breaches else ENDS[self.end]

    @cached_property
    def regrets(self) -> np.ndarray:
        """Regret of every plan met in every world at most, (plans, W), million yen a year: against what no plan costs
        less than there."""
        return self.search.table - self.search.least

    @property
    def of_plan(self) -> float:
        """Criterion of the plan, at most."""
        return self.criterion.of(self.regrets[self.number])

    @property
    def of_central(self) -> float:
        """Criterion of the cheapest plan of the central values, at most."""
        return self.criterion.of(self.regrets[0])

    @property
    def bound(self) -> float:
        """What the criterion of no plan can fall below."""
        return min(self.search.bound, self.of_plan)

    @cached_property
    def broken(self) -> dict[str, list[Breach]]:
        """Limits that the plan does not keep, by world in which it does not: there needs, budgets and travel are that
        world's, the decision is as it stands (but for guarantees at today's share and the adjustment rate)."""
        assert self.result.accounts is not None
        found = {}
        for world in self.worlds:
            question = self.blends.worlds.question_in(world)
            decision = with_bonds(question, decision_in(question, self.result.accounts.decision))
            if broken := breaches(Accounts(question, decision)):
                found[world.name] = broken
        return found

    @cached_property
    def weights(self) -> np.ndarray:
        """The weights of the worlds (W,) at which the bound is highest."""
        return self.search.steepest

    @cached_property
    def own(self) -> list[Plan]:
        """The cheapest plan met in every world."""
        return [self.search.plans[n] for n in np.argmin(self.search.table, axis=0)]

    @cached_property
    def given_up(self) -> dict[Duty, GivenUp]:
        """What it costs to give up each change of the plan, all other duties kept and provision decided anew at the
        blend of worlds where the bound is highest, over the pairs of all worlds' own plans. Limits of money are left
        out. A change for which there was no time is missing."""
        blends, deadline = self.blends, Deadline(GIVEN_UP_SECONDS)
        priced = blends.priced_apart(pairs_seen(blends, [self.plan, *self.own]))
        cost, constant = priced.costs
        form = changed(priced.master.form, cost=self.weights @ cost, constant=float(self.weights @ constant))
        prices = Prices(replace(priced.master, form=form))
        statute = _statute(prices.duties, self.plan)
        with_all = prices.provision(statute)
        if with_all is None:
            return {}

        def costs_at(point: np.ndarray) -> np.ndarray:
            values = np.zeros(len(form.cost))
            values[prices.problem.provision] = point
            return np.asarray(cost @ no_more_than_needed(form, values) + constant)

        before, found = costs_at(with_all), dict[Duty, GivenUp]()
        for duty in prices.changes(statute):
            without = None if deadline.over else prices.provision(prices.without(statute, (duty,)))
            if without is not None:
                after = costs_at(without)
                rises = self.criterion.of(after - self.search.least)
                rises -= self.criterion.of(before - self.search.least)
                found[duty] = GivenUp(rises, float((after - before).max()))
        return found

    @property
    def record(self) -> dict[str, Any]:
        """What `recommend.json` holds."""
        return {
            "criterion": self.criterion.name,
            "most_weight_of_a_world": float(self.criterion.most.max()),
            "status": str(self.worth),
            "termination": self.end,
            "worst_regret_million_yen": float(self.regrets[self.number].max()),
            "worst_regret_bound_million_yen": self.bound if self.criterion.name == WORST else None,
            "worst_regret_of_central_million_yen": float(self.regrets[0].max()),
            "criterion_million_yen": self.of_plan,
            "criterion_bound_million_yen": self.bound,
            "criterion_of_central_million_yen": self.of_central,
            "gap_million_yen": self.of_plan - self.bound,
            "asked_gap_million_yen": self.gap,
            "questions_asked": len(self.search.found),
            "plans_met": len(self.search.plans),
            "worlds": [{"world": world.name, "levels": dict(world.levels)} for world in self.worlds],
            "worlds_in_which_limits_break": {
                name: sorted({breach.rule for breach in found}) for name, found in self.broken.items()
            },
        }


def recommend(
    case: Case,
    package: ResolvedPackage,
    folder: Path,
    prefectures: Sequence[str] = (),
    worlds: Sequence[World] | None = None,
    criterion: str = WORST,
    tail: float = 0.2,
    limits: Limits | None = None,
    method: str = "auto",
    processes: int = 1,
    tell: OnMoment = lambda moment: None,
) -> Recommendation:
    """The plan of a package that regrets least over some worlds (those of one factor, where none are given; the first
    is the centre). `folder` keeps what is answered: the same call goes on from there. `limits.gap` is how near the
    bound the plan must come, as a part of the least cost, `limits.seconds` the time for the whole search.

    Raises `InputError` for what cannot be asked, `NoPlanError` where a world has no plan.
    """
    limits = limits or Limits()
    codes = tuple(case.prefecture_codes(prefectures))
    own = replace(limits, threads=1)
    first = Asked(case, package, codes, (), own, method).laid_out()
    drawn = tuple(worlds or one_factor(one_factor_groups(first)))
    asked = Asked(case, package, codes, drawn, own, method)
    blends = Blends(first.worlds, drawn, own, method)
    how = criterion_named(criterion, len(drawn), tail)
    deadline = Deadline(limits.seconds)
    with processes_for(asked, processes) as pool:
        solving = Solving(asked, blends, how, folder, pool)
        search = Search(how, solving, blends.start.inside, np.inf, deadline, tell)
        end = search.run(lambda least: limits.gap * abs(float(least[0])))
    if not search.whole:
        raise _no_plan(package, drawn, search.found)
    number = search.best
    result = as_result(blends, search.plans[number], case, limits)
    return Recommendation(blends, how, search, number, result, end, search.gap)


def _no_plan(package: ResolvedPackage, drawn: Sequence[World], found: Sequence[Evaluated]) -> NoPlanError:
    """Why there is no recommendation: a world without a plan, or no time for all."""
    for world, each in zip(drawn, found, strict=False):
        if each.status == Status.INFEASIBLE:
            return NoPlanError(
                package.name, Worth.INFEASIBLE, f"its limits cannot hold together ({world.name})"
            )
    message = (
        "the time ended before the cheapest plan of every world was known; what was found is archived, and the same "
        "command goes on from there"
    )
    return NoPlanError(package.name, Worth.NOTHING, message)


def one_factor_groups(blends: Blends) -> list[str]:
    """Groups of the one-factor worlds that can move in a question."""
    names = {world.name.rpartition("_")[0] for world in one_factor()}
    return [group for group in blends.worlds.groups if group in names]


def as_result(blends: Blends, plan: Plan, whole: Case, limits: Limits) -> Result:
    """A plan with its formula chosen, its accounts at the central values, and every rule re-checked."""
    problem, values = priced(blends, plan, limits)
    outcome = as_outcome(problem.form.constant + float(problem.form.cost @ values))
    outcome = replace(outcome, values=values, status=Status.INCUMBENT)
    result = chosen(read_result(blends.package, problem, outcome), problem, limits)
    assert result.accounts is not None
    told = replace(as_outcome(result.accounts.objective), log="Chosen for many worlds: see recommend.json.\n")
    return replace(result, outcome=told, method=METHOD, whole=whole)


def priced(blends: Blends, plan: Plan, limits: Limits) -> tuple[MasterProblem, np.ndarray]:
    """The program over the pairs of a plan, and its cheapest point at which statute and provision are the plan's."""
    inside = pairs_seen(blends, [plan])
    problem = master_problem(columns(blends.instance, blends.screening, inside), Clock())
    table, form = problem.columns, problem.form
    held: dict[int, float] = {}
    for name, chosen_here in (("y", _statute(table.duties, plan)), ("v", _provision(table, plan))):
        numbers, index = form.column_family(name)
        held |= dict(zip(numbers.tolist(), chosen_here[index].tolist(), strict=True))
    fixed = fix(form, np.array(list(held)), np.array(list(held.values())))
    found = solve_plain(fixed, replace(limits, seconds=FORMULA_SECONDS, threads=1))
    if found.values is None:
        raise RuntimeError(f"the plan was not found again at the central values: {found.termination}")
    return problem, found.values


def _statute(duties: Sequence[tuple[int, int, str]], plan: Plan) -> np.ndarray:
    return np.array([float(plan.tier[s, k] == tier) for s, k, tier in duties])


def _provision(table: Any, plan: Plan) -> np.ndarray:
    joint = set(plan.joint)
    pairs = zip(table.pair_body.tolist(), table.pair_service.tolist(), strict=True)
    return np.array([float(pair in joint) for pair in pairs])
