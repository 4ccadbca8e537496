"""The stay-put rule: among plans that cost almost as little as the cheapest, the one in which least changes.

    fewest people whose duties change hands, then fewest new bodies, then least cost
    over the plans whose cost is at most the larger of (1 + tolerance) x the proven least cost and the cheapest found

Where a change must bring a least saving, its threshold is counted as a cost of every change (and of every new body)
first: cost + threshold x changes is made least, and is what the tolerance is allowed on. A plan with fewest people
within that limit has no change that brings less than its threshold: without it the plan would concern fewer people,
and cost plus thresholds would be no more, so that it would have been chosen.

All is solved as mixed-integer programs over the pairs of body and service that the run has let in, in a limited time,
each from the plan before it: what is found is never worse, and the rest is told as a gap.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from optimization.dictionary.typed_settings import Settings
from optimization.model.choice import is_change, is_new_body, people_of_changes
from optimization.model.columns import Columns
from optimization.outcome.choices import BODIES, COST, FRICTION, PEOPLE, Given, StayPut
from optimization.outcome.formula import unit_of_cost
from optimization.outcome.given_back import giving_back
from optimization.outcome.master import MasterProblem
from optimization.outcome.readback import read_result
from optimization.outcome.result import Result
from optimization.solving.deadline import Deadline
from optimization.solving.highs import Limits
from optimization.solving.lexicographic import Aim, Reached, held, in_order
from optimization.solving.lexicographic import value_of as at
from optimization.solving.standard_form import StandardForm

TOLERANCE: Final = "choice.stay_put_tolerance"
OF_CHANGES: Final = "choice.change_threshold_million_yen"
OF_BODIES: Final = "choice.body_threshold_million_yen"

MOST_SECONDS = 60.0
"""Time for the rule, where the run has as much left."""

SHARE = 0.5
"""Part of the time left that each aim may take."""

WHOLE_PEOPLE = 1e6
"""Persons in which people are reckoned where they are held."""

COST_GAP = 1e-6
"""How near the cheapest the plan is that costs least among those in which least changes."""


def asked(settings: Settings) -> bool:
    """Whether a package asks for a plan in which less changes."""
    known = settings[TOLERANCE], settings[OF_CHANGES], settings[OF_BODIES]
    return any(each is not None for each in known)


def staying(result: Result, problem: MasterProblem, limits: Limits) -> Result:
    """The result with the plan that the rule chooses; the cheapest where there is no plan, or its plan would break a
    rule of the package. The bound stays that of the least cost, and so does the gap."""
    least = result.outcome
    if least.values is None or result.accounts is None:
        return result
    own = replace(limits, seconds=min(limits.seconds, MOST_SECONDS), threads=1)
    start = np.where(problem.form.integer, np.round(least.values), least.values)
    reached = _reached(problem, start, least.bound, own)
    values, given = reached[-1].values, list[Given]()
    threshold = result.instance.settings[OF_CHANGES]
    if threshold is not None:
        values, given = giving_back(problem, values, threshold, own)
    people, bodies = (_of(problem, name) for name in (PEOPLE, BODIES))
    stay = StayPut(
        tolerance=result.instance.settings[TOLERANCE] or 0.0,
        least=least,
        cost=0.0,
        people=(at(people, start), at(people, values)),
        bodies=(round(at(bodies, start)), round(at(bodies, values))),
        reached=tuple(reached),
        given=tuple(given),
    )
    found = read_result(result.package, problem, replace(least, values=values))
    if found.breaches and not result.breaches:
        same = stay.people[0], stay.bodies[0]
        return replace(
            result, stay=replace(stay, people=(same[0],) * 2, bodies=(same[1],) * 2, kept=False, given=())
        )
    return replace(
        result,
        outcome=found.outcome,
        accounts=found.accounts,
        solver_grants=found.solver_grants,
        breaches=found.breaches,
        stay=stay,
    )


def certified(result: Result) -> Result:
    """A result whose certificate is that of the least cost, and beside it what the rule costs."""
    if result.stay is None:
        return result
    least, outcome = result.stay.least, result.outcome
    stay = replace(result.stay, cost=outcome.objective - least.objective)
    return replace(result, outcome=replace(outcome, status=least.status, gap=least.gap), stay=stay)


def _reached(problem: MasterProblem, start: np.ndarray, bound: float, limits: Limits) -> list[Reached]:
    """What the aims come to from the cheapest plan, on which `bound` is proven."""
    form, settings, deadline = problem.form, problem.instance.settings, Deadline(limits.seconds)
    room = (settings[TOLERANCE] or 0.0) * abs(bound)
    friction = _of(problem, FRICTION, bound)
    found: list[Reached] = []
    if settings[OF_CHANGES] or settings[OF_BODIES]:
        found = in_order(form, [friction], start, limits, SHARE)
        start, bound = found[0].values, found[0].bound
    most = max(at(friction, start), bound + room)
    within = held(form, friction, most)
    aims = [_of(problem, name, bound) for name in (PEOPLE, BODIES, COST)]
    return found + in_order(within, aims, start, deadline.within(limits), SHARE)


def _of(problem: MasterProblem, name: str, cost: float = 0.0) -> Aim:
    """An aim over the columns of a program; `cost` is about what its plans cost."""
    form, table = problem.form, problem.columns
    if name == PEOPLE:
        return Aim(name, on_block(form, "y", people_of_changes(table)), unit=WHOLE_PEOPLE)
    if name == BODIES:
        return Aim(name, _bodies(form, table, 1.0))
    total = unit_of_cost(cost)
    if name == COST:
        return Aim(name, form.cost, form.constant, total, COST_GAP)
    settings = table.instance.settings
    more = on_block(form, "y", (settings[OF_CHANGES] or 0.0) * is_change(table))
    more += _bodies(form, table, settings[OF_BODIES] or 0.0)
    return Aim(name, form.cost + more, form.constant, total, COST_GAP)


def _bodies(form: StandardForm, table: Columns, each: float) -> np.ndarray:
    numbers, index = form.column_family("z")
    new = dict(zip(table.body_rows.tolist(), is_new_body(table).tolist(), strict=True))
    cost = np.zeros(len(form.cost))
    cost[numbers] = [each * new[b] for b in index.tolist()]
    return cost


def on_block(form: StandardForm, name: str, value: np.ndarray) -> np.ndarray:
    """A value for each member of a block of variables as one for each column of a program."""
    numbers, index = form.column_family(name)
    cost = np.zeros(len(form.cost))
    cost[numbers] = value[index]
    return cost
