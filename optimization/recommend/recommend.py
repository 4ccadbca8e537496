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
from optimization.errors import InputError, Problem
from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.worlds import World, decision_in, one_factor
from optimization.outcome.clock import Clock
from optimization.outcome.given_back import Prices
from optimization.outcome.master import master_problem
from optimization.outcome.result import Result
from optimization.outcome.steps import Duty
from optimization.outcome.verdict import NoPlanError, Worth
from optimization.recommend.blended import BODY, Blends, Evaluated, Plan, costs_of
from optimization.recommend.corners import (
    ALL,
    NONE,
    SEARCHED,
    Looked,
    all_corners,
    is_corner,
    known_corners,
    search_corners,
)
from optimization.recommend.criteria import WORST, Criterion, criterion_named
from optimization.recommend.evaluating import Solving, asked
from optimization.recommend.held import as_result, formula_keeps, plan_at, statute_of
from optimization.recommend.search import CLOSER, OnMoment, Search
from optimization.recommend.workers import Asked, workers_for
from optimization.rules.checks import Breach, breaches
from optimization.solving.deadline import Deadline
from optimization.solving.highs import Limits, Status
from optimization.solving.standard_form import changed

GIVEN_UP_SECONDS = 60.0
"""Time for what it costs to give up each change."""

MENDED_SECONDS = 60.0
"""Time to look for formulas in worlds in which limits break."""

OF_PROVISION = "R"
"""First letter of the labels of rules on who answers and who provides, with which a formula has nothing to do."""

PART = 1.0 / CLOSER
"""How much wider the gap of every question is than that of the plan: those that decide are asked again, closer."""

ENDS = {"gap reached": Worth.OPTIMAL, "gap open": Worth.INCUMBENT, "time limit": Worth.INCUMBENT}
"""What the end of a search is worth."""


class GivenUp(NamedTuple):
    """A change of the plan given up, or several: by how much the criterion rises, and what it costs in the world where
    it costs most, and in the one where it costs least, million yen a year (below 0 where the plan is cheaper
    without)."""

    rises: float
    at_worst: float
    at_best: float


@dataclass(frozen=True)
class Recommendation:
    """A plan for many worlds. `search` holds every plan met and its costs, `number` says which of them it is; `result`
    is the plan with its formula and accounts at the central values, `end` why the search ended, `gap` how near the
    bound was asked, million yen a year; `question` is what was asked, `looked` what a search among corners has done."""

    blends: Blends
    criterion: Criterion
    search: Search
    number: int
    result: Result
    end: str
    gap: float
    question: Asked
    looked: Looked | None = None

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
    def mended(self) -> dict[str, bool]:
        """Whether in a world in which limits of money break another formula within the package keeps all of them, by
        world. Missing are those in which a body may not serve where it does, which no formula mends, and those for
        which there was no time."""
        deadline, found = Deadline(MENDED_SECONDS), dict[str, bool]()
        for world in self.worlds:
            broken = self.broken.get(world.name, [])
            if (
                broken
                and not any(each.rule.startswith(OF_PROVISION) for each in broken)
                and not deadline.over
            ):
                keeps = formula_keeps(self.blends, self.plan, world)
                found |= {} if keeps is None else {world.name: keeps}
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
    def given_up(self) -> dict[tuple[Duty, ...], GivenUp]:
        """What it costs to give up each change of the plan, and all changes of a service together, all other duties
        kept and provision decided anew at the blend of worlds where the bound is highest, over the pairs of all worlds'
        own plans. Limits of money are left out. What there was no time for is missing."""
        blends, deadline = self.blends, Deadline(GIVEN_UP_SECONDS)
        master = master_problem(blends.table([self.plan, *self.own]), Clock())
        cost, constant = costs_of(master, blends.questions)
        form = changed(master.form, cost=self.weights @ cost, constant=float(self.weights @ constant))
        prices = Prices(replace(master, form=form))
        statute = statute_of(prices.duties, self.plan)
        with_all = prices.provision(statute)
        if with_all is None:
            return {}
        found: dict[tuple[Duty, ...], np.ndarray] = {(): with_all}
        services = [tuple(sorted(some)) for some in prices.together(statute) if len(some) > 1]
        for given in [*prices.alone(statute), *services]:
            without = None if deadline.over else prices.provision(prices.without(statute, given))
            if without is not None:
                found[given] = without
        costs = self.search.evaluator.costs([plan_at(prices, point) for point in found.values()])
        before, criterion = costs[0], self.criterion.of(costs[0] - self.search.least)
        return {
            given: GivenUp(
                self.criterion.of(after - self.search.least) - criterion,
                float((after - before).max()),
                float((after - before).min()),
            )
            for given, after in zip(found, costs, strict=True)
            if given
        }

    def without_body(self, body: int, column: int) -> GivenUp | None:
        """What it costs where the members of a body act alone in a service, all else kept; None where one of them may
        not."""
        instance = self.blends.instance
        members = instance.bodies.members(body)
        needed = instance.costs.own[members, instance.costs.wide_columns[column]] > 0
        if not instance.costs.may_act_alone[members, column][needed].all():
            return None
        more = self._dissolved(body, column, members[needed])
        regrets = self.regrets[self.number]
        return GivenUp(self.criterion.of(regrets + more) - self.of_plan, float(more.max()), float(more.min()))

    def _dissolved(self, body: int, column: int, places: np.ndarray) -> np.ndarray:
        """What acting alone costs some places beyond a body, in every world, (W,): its standing cost too where it
        provides nothing else."""
        last = sum(b == body for b, _ in self.plan.joint) == 1
        questions = self.blends.questions
        alone = [
            float(q.social.alone[places, column].sum() - q.social.bodies[body, column]) for q in questions
        ]
        return np.array(alone) - (np.array([q.settings[BODY] for q in questions]) if last else 0.0)

    @property
    def _corners(self) -> dict[str, Any]:
        """Which corners joined the worlds, and how surely there is none worse."""
        joined = [world.name for world in self.worlds if is_corner(world)]
        looked = self.looked
        if looked is None:
            return {"joined": joined, "all_asked": bool(joined)}
        return {
            "joined": joined,
            "all_asked": len(looked.asked) == looked.of,
            "of": looked.of,
            "priced": len(looked.priced),
            "asked": len(looked.asked),
            "regret_where_asked_and_no_worse_million_yen": dict(looked.no_worse),
        }

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
            "corners": self._corners,
            "worlds_in_which_limits_break": {
                name: sorted({breach.rule for breach in found}) for name, found in self.broken.items()
            },
            "worlds_in_which_another_formula_keeps_all": [
                name for name, keeps in self.mended.items() if keeps
            ],
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
    corners: str = NONE,
    scheduler: str = "",
) -> Recommendation:
    """The plan of a package that regrets least over some worlds (those of one factor, where none are given; the first
    is the centre) and the corners that are wanted beside them. `folder` keeps what is answered: the same call goes on
    from there. `limits.gap` is how near the bound the plan must come, as a part of the least cost, `limits.seconds` the
    time for the whole search; `scheduler` names a Dask scheduler whose workers answer in place of processes.

    Raises `InputError` for what cannot be asked, `NoPlanError` where a world has no plan.
    """
    known_corners(corners)
    criterion_named(criterion, 1, tail)
    _only_the_worst(corners, criterion)
    limits = limits or Limits()
    codes = tuple(case.prefecture_codes(prefectures))
    question = asked(case, package, codes, replace(limits, gap=PART * limits.gap, threads=1), method)
    blends = question.laid_out()
    groups = one_factor_groups(blends)
    drawn = list(worlds or one_factor(groups))
    drawn += all_corners(groups) if corners == ALL else []
    blends = blends.over(drawn)
    deadline = Deadline(limits.seconds)
    looked = None
    with workers_for(question, processes, scheduler) as workers:
        solving = Solving(question, blends, folder, workers)
        search = Search(criterion_named(criterion, len(drawn), tail), solving, np.inf, deadline, tell)

        def go_on() -> str:
            return search.run(lambda least: limits.gap * abs(float(least[0])))

        end = go_on()
        if not search.whole:
            raise _no_plan(package, drawn, search.own)
        if corners == SEARCHED:
            found = search_corners(
                search, drawn, groups, lambda count: criterion_named(criterion, count, tail), go_on, end
            )
            drawn, end, looked = found
    number, blends = search.best, blends.over(drawn)
    result = as_result(blends, search.plans[number], case, limits)
    return Recommendation(blends, search.criterion, search, number, result, end, search.gap, question, looked)


def _only_the_worst(corners: str, criterion: str) -> None:
    """Corners are the least likely worlds there are: only the worst regret asks for them."""
    if corners != NONE and criterion != WORST:
        message = f"add the worlds that are worst, which says nothing of the criterion {criterion}"
        remedy = f"leave it out, or take the criterion {WORST}"
        raise InputError([Problem("command line", message, remedy, column="--corners", value=corners)])


def _no_plan(package: ResolvedPackage, drawn: Sequence[World], own: Sequence[Evaluated]) -> NoPlanError:
    """Why there is no recommendation: a world without a plan, or no time for all."""
    for world, each in zip(drawn, own, strict=False):
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
