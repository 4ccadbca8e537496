"""The stay-put rule: among plans that cost almost as little as the cheapest, the one in which least changes.

    fewest people whose duties change hands, then fewest new bodies, then least cost
    over the plans whose cost is at most the larger of (1 + tolerance) x the proven least cost and the cheapest found

Where no tolerance is given, changes that save less than a threshold are given back from the cheapest plan, one by one
(`given_back`), and nothing is searched. Where one is, the threshold is counted as a cost of every change (and of every
new body) first: cost + threshold x changes is made least, and is what the tolerance is allowed on. A plan with fewest
people within that limit has no change that brings less than its threshold: without it the plan would concern fewer
people, and cost plus thresholds would be no more, so that it would have been chosen.

All is solved as mixed-integer programs over the pairs of body and service that the run has let in, in a limited time,
each from the plan before it: what is found is never worse, and the rest is told as a gap.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimization.model.choice import is_change, is_new_body, people_of_changes
from optimization.model.columns import Columns
from optimization.outcome.choices import (
    BODIES,
    COST,
    FRICTION,
    OF_BODIES,
    OF_CHANGES,
    PEOPLE,
    TOLERANCE,
    GivenBack,
    StayPut,
)
from optimization.outcome.completion import national_columns
from optimization.outcome.formula import unit_of_cost
from optimization.outcome.given_back import giving_back
from optimization.outcome.master import MasterProblem
from optimization.outcome.readback import read_result
from optimization.outcome.result import Result
from optimization.solving.deadline import Deadline
from optimization.solving.decomposed import PartSolution, exclusive_choices, price_choices, solve_decomposed
from optimization.solving.highs import Limits, Outcome, Status, solve
from optimization.solving.lexicographic import KEPT, Aim, Reached, held, in_order
from optimization.solving.lexicographic import value_of as at
from optimization.solving.residual import fix
from optimization.solving.standard_form import StandardForm

MOST_SECONDS = 60.0
"""Time for the rule, where the run has as much left."""

SHARE = 0.5
"""Part of the time left that each aim may take."""

WHOLE_PEOPLE = 1e6
"""Persons in which people are reckoned where they are held."""

LARGE = 5_000
"""Whole columns from which a program is large: HiGHS alone then takes half a minute and more."""

NEAR = 16
"""Duties nearest to being decided otherwise in a relaxation, which are decided exactly in a large program."""

ROUNDS = 4
"""Relaxations that are asked for less, where whole bodies cost more than they."""

WHOLLY = 1.0 - 1e-6
"""Value of a duty in a relaxation from which it counts as decided."""

PLAN_GAP, FRICTION_GAP = 1e-5, 5e-5
"""How near its cheapest provision a rounded statute is priced, and how near the least cost with thresholds is sought
in a large program."""

COST_GAP = 1e-6
"""How near the cheapest the plan is that costs least among those in which least changes."""


def staying(result: Result, problem: MasterProblem, limits: Limits) -> Result:
    """The result with the plan that the rule chooses; the cheapest where there is no plan, or its plan would break a
    rule of the package. The bound stays that of the least cost, and so does the gap."""
    least = result.outcome
    if least.values is None or result.accounts is None:
        return result
    own = replace(limits, seconds=min(limits.seconds, MOST_SECONDS), threads=1)
    start = np.where(problem.form.integer, np.round(least.values), least.values)
    reached = _reached(problem, start, least.bound, own)
    values, back = reached[-1].values if reached else start, GivenBack()
    threshold = result.instance.settings[OF_CHANGES]
    if threshold is not None:
        values, back = giving_back(problem, values, threshold, replace(own, processes=limits.threads))
    people, bodies = (_of(problem, name) for name in (PEOPLE, BODIES))
    stay = StayPut(
        tolerance=result.instance.settings[TOLERANCE] or 0.0,
        least=least,
        cost=0.0,
        people=(at(people, start), at(people, values)),
        bodies=(round(at(bodies, start)), round(at(bodies, values))),
        reached=tuple(reached),
        back=back,
    )
    found = read_result(result.package, problem, replace(least, values=values))
    if found.breaches and not result.breaches:
        same = stay.people[0], stay.bodies[0]
        return replace(
            result,
            stay=replace(stay, people=(same[0],) * 2, bodies=(same[1],) * 2, kept=False, back=GivenBack()),
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
    """What the aims come to from the cheapest plan, on which `bound` is proven. In a large program the first of them
    are begun from rounded relaxations, and the statute stays once it concerns fewest people."""
    form, settings, deadline = problem.form, problem.instance.settings, Deadline(limits.seconds)
    if settings[TOLERANCE] is None and not settings[OF_BODIES]:
        return []
    room = (settings[TOLERANCE] or 0.0) * abs(bound)
    friction, people, *last = (_of(problem, name, bound) for name in (FRICTION, PEOPLE, BODIES, COST))
    large = int(form.integer.sum()) > LARGE
    found: list[Reached] = []
    if settings[OF_CHANGES] or settings[OF_BODIES]:
        own = deadline.within(limits, SHARE)
        found = [_searched(form, friction, start, own)] if large else in_order(form, [friction], start, own)
        start, bound = found[0].values, found[0].bound
    most = max(at(friction, start), bound + room)
    within = held(form, friction, most)
    if large:
        fewest = _fewest(problem, (friction, people), start, most, deadline.within(limits, SHARE))
    else:
        fewest = in_order(within, [people], start, deadline.within(limits, SHARE))[0]
    found.append(fewest)
    within, start = held(within, people, fewest.value), fewest.values
    if large:
        statute = form.columns_of("y")
        within = fix(within, statute, np.round(start[statute]))
    return found + in_order(within, last, start, deadline.within(limits), SHARE)


def _searched(form: StandardForm, friction: Aim, start: np.ndarray, limits: Limits) -> Reached:
    """Cost with thresholds made least in a large program, by the search of every run."""
    asked = replace(limits, gap=FRICTION_GAP)
    program, before = replace(form, cost=friction.cost), at(friction, start)
    outcome = solve_decomposed(program, national_columns(form), asked)
    values = outcome.values if outcome.values is not None and outcome.objective < before else start
    return Reached(
        friction, before, at(friction, values), outcome.bound, outcome.status, outcome.seconds, values
    )


def _fewest(
    problem: MasterProblem, aims: tuple[Aim, Aim], start: np.ndarray, most: float, limits: Limits
) -> Reached:
    """People (the second aim) made least in a large program within a limit of cost (the first): the relaxation gives a
    bound and a plan by rounding, and the duties that it leaves open, or nearly so, are then decided exactly."""
    (friction, people), form, deadline = aims, problem.form, Deadline(limits.seconds)
    relaxed = _relaxed(form, aims, most, limits)
    if relaxed.values is None or relaxed.row_duals is None:
        return Reached(
            people, at(people, start), at(people, start), -np.inf, Status.NOTHING, deadline.spent, start
        )
    best = _rounded(problem, aims, start, most, relaxed, deadline.within(limits, SHARE))
    choices = [choice for choice in exclusive_choices(form, form.columns_of("y")) if len(choice) > 1]
    own = held(replace(form, cost=people.cost), friction, most)
    price = np.abs(people.cost - own.matrix.T @ relaxed.row_duals)
    order = sorted(choices, key=lambda choice: _margin(price[choice], people.cost[choice]))
    decided = [
        choice for choice in order[NEAR:] if (np.minimum(relaxed.values[choice], 1.0) % 1.0 < 1e-6).all()
    ]
    decided = [
        choice for choice in decided if (np.round(relaxed.values[choice]) == np.round(best[choice])).all()
    ]
    columns = np.concatenate([np.zeros(0, dtype=int), *decided])
    nearby = in_order(fix(own, columns, np.round(best[columns])), [people], best, deadline.within(limits))[0]
    value, bound = nearby.value, relaxed.objective
    proven = value - bound <= KEPT * people.unit
    status = Status.OPTIMAL if proven else Status.INCUMBENT
    return Reached(people, at(people, start), value, bound, status, deadline.spent, nearby.values)


def _margin(price: np.ndarray, people: np.ndarray) -> float:
    """How far a duty is from being decided otherwise in a relaxation: the least price of another tier, for each
    resident whom it concerns."""
    return float(np.sort(price)[:2].sum()) / max(1.0, float(people.max()))


def _relaxed(form: StandardForm, aims: tuple[Aim, Aim], most: float, limits: Limits) -> Outcome:
    """The relaxation of people within a limit of cost."""
    friction, people = aims
    wanted = held(replace(form, cost=people.cost, constant=people.constant), friction, most)
    return solve(wanted, replace(limits, threads=1), relax=True)


def _rounded(
    problem: MasterProblem,
    aims: tuple[Aim, Aim],
    start: np.ndarray,
    most: float,
    relaxed: Outcome,
    limits: Limits,
) -> np.ndarray:
    """The plan to which a relaxation of people rounds: a duty goes home that is wholly there, any other stays where
    the plan at the start has it, and provision is solved part by part. Where whole bodies cost more than the limit, the
    relaxation is asked for as much less. The start where nothing better is found."""
    (friction, people), form, deadline = aims, problem.form, Deadline(limits.seconds)
    priced, statute = replace(form, cost=friction.cost), form.columns_of("y")
    stays = on_block(form, "y", (~is_change(problem.columns)).astype(float)) > 0
    choices, asked, solved = exclusive_choices(form, statute), most, dict[bytes, PartSolution]()
    for _ in range(ROUNDS):
        if relaxed.values is None:
            break
        guide = start.copy()
        for choice in choices:
            back = choice[stays[choice] & (relaxed.values[choice] > WHOLLY)]
            if len(back):
                guide[choice] = 0.0
                guide[back] = 1.0
        own = deadline.within(replace(limits, gap=PLAN_GAP))
        plan = price_choices(priced, statute, [guide], -np.inf, own, solved)
        if plan.values is None:
            break
        if at(friction, plan.values) <= most:
            return plan.values if at(people, plan.values) < at(people, start) else start
        asked -= at(friction, plan.values) - most
        if deadline.over:
            break
        relaxed = _relaxed(form, aims, asked, deadline.within(limits))
    return start


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
