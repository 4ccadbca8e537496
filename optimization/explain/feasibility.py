"""Whether limits can hold together: the program of a package without what no limit depends on.

Of the wide-area bodies only those enter that could relieve a budget that can bind, or, where a rule bounds the shortage
in crises, lower it by responding jointly: acting alone is always open to the others, and costs are no limit. The linear
relaxation is asked first; what it rules out is impossible. Where it does not, a plan is looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.dictionary.settings import value_of, with_values
from optimization.dictionary.typed_settings import Settings
from optimization.explain.limits import Limit
from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.allocation import pool_is_shared_out
from optimization.ledger.decision import status_quo
from optimization.ledger.horizon import SECOND_PHASE
from optimization.ledger.joint_response import joint_saving
from optimization.model.columns import columns
from optimization.model.model import REWRITABLE
from optimization.model.screening import screen, shortage_is_bounded
from optimization.outcome.clock import Clock
from optimization.outcome.completion import ANY_PLAN, any_plan
from optimization.outcome.in_place import under, under_limits
from optimization.outcome.master import MasterProblem, master_problem, no_collection
from optimization.outcome.question import laid_out
from optimization.rules.checks import breaches
from optimization.solving.highs import Limits, Outcome, Status, solve
from optimization.solving.residual import FEASIBILITY
from optimization.solving.standard_form import StandardForm, changed, with_slack

PLAN_SECONDS = 15.0
"""Time in which a plan, or the proof that there is none, must be found."""


LINEAR_SECONDS = 90.0
"""Most time for the last way of asking a linear relaxation: its least miss."""

FIRST_WAY_SECONDS = 8.0
"""Time for a relaxation with its costs, which are no limit and only guide the search for a plan."""

FREE_OF_COST_SECONDS = 30.0
"""Time for a relaxation without them: where hardly any limit is left to break, the simplex method may go round without
end, or give up, on a program whose least miss it finds in seconds."""

MISSED, KEPT = 1e-4, 1e-7
"""Least miss of all rows together, each in units of its largest coefficient, from which there is no point that keeps
them, and up to which a point keeps them; between the two nothing is said."""


SETTLED = (Status.OPTIMAL, Status.INFEASIBLE)
"""What a relaxation comes to whose question is answered."""


class Rung(StrEnum):
    """What has shown that limits cannot hold together."""

    COUNTING = "counting"
    LINEAR = "linear relaxation"
    INTEGER = "integer program"


@dataclass(frozen=True)
class Verdict:
    """Whether limits hold together: a point of the program (None where none is possible, or none was found in time),
    what showed it, and whether it is settled."""

    values: np.ndarray | None
    rung: Rung
    settled: bool = True

    @property
    def impossible(self) -> bool:
        """Whether it is proven that no plan exists."""
        return self.values is None and self.settled


@dataclass
class Built:
    """A program under some settings, ready to be written anew in part."""

    settings: Settings
    problem: MasterProblem


@dataclass
class Feasibility:
    """Questions on the feasibility of one package on a case (or on some of its prefectures)."""

    case: Case
    package: ResolvedPackage
    prefectures: tuple[str, ...] = ()
    seconds: float = PLAN_SECONDS
    questions: int = 0
    _built: dict[str, Built] = field(default_factory=dict)

    def of(
        self,
        settings: Settings,
        without: Collection[Limit] = (),
        linear_only: bool = False,
        seconds: float | None = None,
    ) -> Verdict:
        """Whether the settings hold together when some limits are left out; `linear_only` asks the relaxation alone."""
        self.questions += 1
        seconds = seconds or self.seconds
        built, form = self._asked(settings, without)
        if linear_only:  # costs are no limit, and their absence spares most of the time
            form = changed(form, cost=np.zeros_like(form.cost))
        relaxed = relaxation(form, Limits(gap=ANY_PLAN, threads=1, seconds=max(seconds, LINEAR_SECONDS)))
        if relaxed.values is None:
            return Verdict(None, Rung.LINEAR, relaxed.status is Status.INFEASIBLE)
        if linear_only:
            return Verdict(relaxed.values, Rung.LINEAR)
        columns = under(built.problem.columns, _left(settings, without))
        asked = MasterProblem(columns, built.problem.model, form)
        found = any_plan(asked, relaxed, seconds)
        settled = found.values is not None or found.status is Status.INFEASIBLE
        return Verdict(found.values, Rung.INTEGER, settled)

    def kept_by_todays(self, settings: Settings, without: Collection[Limit] = ()) -> bool:
        """Whether today's arrangement keeps the settings when some limits are left out, by the ledger: a plan that need
        not be searched. False where it does not, or the settings differ in more than limits."""
        settings, known = _left(settings, without), next(iter(self._built.values()))
        if any(settings.get(key) != value for key, value in known.settings.items() if key not in REWRITABLE):
            return False
        instance = under(known.problem.columns, settings).instance
        return not breaches(Accounts(instance, with_bonds(instance, status_quo(instance))))

    def todays(self, limit: Limit) -> Any:
        """What a switch or a prescription is today."""
        if limit.entry:
            return self.case.services.loc[limit.entry, "home_tier"]
        return limit.value(self.package.today)

    def form(self, settings: Settings, without: Collection[Limit] = ()) -> StandardForm:
        """The program without some limits."""
        return self._asked(settings, without)[1]

    def _asked(self, settings: Settings, without: Collection[Limit]) -> tuple[Built, StandardForm]:
        """What is built for some settings, and its program without some limits."""
        shaped = settings
        for limit in without:
            if not limit.rows:
                shaped = limit.without(shaped)
        built = self.built(shaped)
        return built, with_free_rows(built.problem.form, [limit for limit in without if limit.rows])

    def built(self, settings: Settings) -> Built:
        """The program under some settings: that of the same decisions with the changed rows written anew, or built."""
        shape = repr(
            sorted((k, v) for k, v in settings.items() if k not in REWRITABLE or pool_is_shared_out(settings))
        )
        last = self._built.get(shape)
        if last is not None:
            other = {key for key in REWRITABLE if value_of(settings, key) != value_of(last.settings, key)}
            if not other:
                return last
            with no_collection():
                problem = under_limits(last.problem, settings, other)
            if problem is not None:
                self._built[shape] = Built(settings, problem)
                return self._built[shape]
        self._built[shape] = self._new(settings)
        return self._built[shape]

    def _new(self, settings: Settings) -> Built:
        one_phase = with_values(settings, {SECOND_PHASE: 0})
        instance = laid_out(self.case, replace(self.package, settings=one_phase), self.prefectures)
        screening = screen(instance)
        body, column = screening.listed
        binding = np.any([screening.tight, *screening.tight_later], axis=0)
        relieving = np.asarray(instance.bodies.membership @ binding.astype(float)) > 0
        inside = relieving[body]
        if shortage_is_bounded(instance):
            inside = inside | joint_saving(instance)[body, column]
        return Built(settings, master_problem(columns(instance, screening, inside), Clock()))


def relaxation(form: StandardForm, limits: Limits) -> Outcome:
    """The linear relaxation of a program. Where that does not settle in a first part of the time whether it has a
    solution it is asked without its costs, which are no limit, and then for a point that misses its rows by the
    least."""
    ways = [(form, FIRST_WAY_SECONDS)] if form.cost.any() else []
    ways.append((changed(form, cost=np.zeros_like(form.cost)), FREE_OF_COST_SECONDS))
    for asked, seconds in ways:
        found = solve(asked, replace(limits, seconds=min(limits.seconds, seconds)), relax=True)
        if found.status in SETTLED:
            return found
    return least_miss(form, limits)


def least_miss(form: StandardForm, limits: Limits) -> Outcome:
    """Whether a relaxation has a solution, by the least by which its rows must be missed: always a program with a
    solution. The values are those of a point that keeps all rows."""
    up, down = np.flatnonzero(np.isfinite(form.row_lower)), np.flatnonzero(np.isfinite(form.row_upper))
    rows = np.concatenate([up, down])
    largest = np.asarray(abs(form.matrix).max(axis=1).todense()).ravel()[rows]
    each = 1.0 / np.where(largest > 0.0, largest, 1.0)
    sign = np.concatenate([np.ones(len(up)), -np.ones(len(down))])
    found = solve(with_slack(form, rows, each, sign), limits, relax=True)
    if found.status is not Status.OPTIMAL or found.values is None:
        return replace(found, status=Status.NOTHING, values=None)
    if found.objective >= MISSED:
        return replace(found, status=Status.INFEASIBLE, values=None)
    known = found.objective <= KEPT
    status = Status.OPTIMAL if known else Status.NOTHING
    return replace(found, status=status, values=found.values[: len(form.cost)] if known else None)


def rows_of(form: StandardForm, limit: Limit) -> np.ndarray:
    """Rows of a limit, in every year of a horizon."""
    found = [numbers for name, numbers in form.rows_by_rule.items() if name.rpartition(".")[2] in limit.rows]
    numbers = np.concatenate([np.zeros(0, dtype=int), *found])
    if limit.row is None:
        return numbers
    return np.array([n for n in numbers if form.constraints[n].index() == limit.row], dtype=int)


def with_free_rows(form: StandardForm, limits: Iterable[Limit]) -> StandardForm:
    """The program with the rows of some limits free."""
    lower, upper = form.row_lower.copy(), form.row_upper.copy()
    for limit in limits:
        rows = rows_of(form, limit)
        lower[rows], upper[rows] = -np.inf, np.inf
    return changed(form, row_lower=lower, row_upper=upper)


def held(form: StandardForm, values: np.ndarray, limit: Limit) -> bool:
    """Whether a point keeps the rows of a limit."""
    rows = rows_of(form, limit)
    part = form.matrix[rows]
    activity, size = part @ values, np.maximum(1.0, np.abs(part) @ np.abs(values))
    low, high = form.row_lower[rows], form.row_upper[rows]
    return bool(((activity >= low - FEASIBILITY * size) & (activity <= high + FEASIBILITY * size)).all())


def _left(settings: Settings, without: Collection[Limit]) -> Settings:
    """The settings with some limits left out."""
    for limit in without:
        settings = limit.without(settings)
    return settings
