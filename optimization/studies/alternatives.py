"""Plans that cost almost as little and differ most: who could answer for what without much being lost.

Two plans differ by the duties (service, rule group) that they give to different tiers. What it costs to move each duty
alone adds up to an estimate of what a statute costs; a small program finds the farthest statute of an estimated cost,
which is then priced whole, and the estimate is asked for less or more until the true cost meets the budget. `most` is
a proven bound: no plan within the budget differs by more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from optimization.errors import Problem, raise_if_any
from optimization.ledger.instance import Instance
from optimization.outcome.session import Session
from optimization.outcome.steps import Duty
from optimization.solving.highs import Limits, solve
from optimization.solving.standard_form import StandardForm

Statute = Mapping[Duty, str]

ROUNDS = 6
"""Statutes priced in search of the farthest within the budget."""

TIE = 0.5
"""Weight of the estimated cost of all moves against one duty of difference: among the farthest the cheapest."""

MOST_SECONDS, MOST_GAP = 20.0, 0.02
"""Time and gap of the bound on the distance."""

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """A statute, its cost and its proven least cost, million yen a year, the duties in which it differs from the
    nearest plan before it, and the most in which any could."""

    tier: Statute
    objective: float
    bound: float
    distance: int
    most: int


@dataclass(frozen=True)
class Moves:
    """What it costs to hold each duty at each tier open to it, million yen a year; 0 for the tier it has, nothing for
    a tier that leaves no plan."""

    cost: Mapping[Duty, Mapping[str, float]]


def alternative_plans(
    session: Session,
    slack: float,
    count: int,
    least: int = 1,
    report: Report = lambda done, total: None,
) -> list[Plan]:
    """The last plan of a session, then up to `count` plans that cost at most 1 + `slack` times as much, each as far as
    can be from all before it and at least `least` duties away. Raises ValueError where the session has no plan."""
    last = session.last
    accounts, outcome = last.result.accounts, last.result.outcome
    if accounts is None:
        raise ValueError("there is no plan to vary")
    budget = max(outcome.objective, (1.0 + slack) * last.result.cheapest.objective)
    plans = [Plan(dict(accounts.decision.tier), outcome.objective, outcome.bound, 0, 0)]
    moves = single_moves(session, report)
    while len(plans) <= count:
        found = farthest(session, plans, moves, budget, least)
        if found is None:
            break
        plans.append(found)
    return plans


def single_moves(session: Session, report: Report = lambda done, total: None) -> Moves:
    """What each move alone costs, all else decided anew."""
    last = session.last
    assert last.result.accounts is not None
    chosen, base = last.result.accounts.decision.tier, last.result.cheapest
    cost: dict[Duty, dict[str, float]] = {duty: {tier: 0.0} for duty, tier in chosen.items()}
    tasks = session.other_tiers()
    for n, (duty, tier) in enumerate(tasks, start=1):
        found = session.holding({duty: tier})
        if found.values is not None:
            cost[duty][tier] = max(0.0, found.objective - base.objective)
        report(n, len(tasks))
    return Moves(cost)


def farthest(session: Session, plans: Sequence[Plan], moves: Moves, budget: float, least: int) -> Plan | None:
    """The plan within the budget found farthest from the nearest of some plans; None where none is far enough."""
    room = budget - plans[0].objective
    low, high, allowed = 0.0, room, room
    best: Plan | None = None
    barred: list[Statute] = []
    for _ in range(ROUNDS):
        statute = farthest_estimated(moves, plans, allowed, barred)
        far = 0 if statute is None else distance(statute, plans)
        if statute is None or far < least or (best is not None and far <= best.distance):
            low = allowed  # nothing farther at this estimate
        else:
            found = session.holding(statute)
            barred.append(statute)
            if found.values is not None and found.objective <= budget:
                best, low = Plan(statute, found.objective, found.bound, far, 0), allowed
            else:
                high = allowed
        allowed = 0.5 * (low + high) if high > low else 2.0 * allowed
        high = max(high, allowed)
    return None if best is None else replace(best, most=most_distance(session, plans, budget))


def distance(statute: Statute, plans: Sequence[Plan]) -> int:
    """Duties in which a statute differs from the nearest of some plans."""
    return min(apart(statute, plan.tier) for plan in plans)


def apart(one: Statute, other: Statute) -> int:
    """Duties that two statutes give to different tiers."""
    return sum(one[duty] != tier for duty, tier in other.items())


def farthest_estimated(
    moves: Moves, plans: Sequence[Plan], allowed: float, barred: Sequence[Statute] = ()
) -> Statute | None:
    """The statute farthest from the nearest of some plans whose moves, each on its own, cost no more in sum than what
    is allowed:

    maximise t - TIE x cost / allowed  subject to  one tier for a duty, cost <= allowed,
    t <= duties in which it differs from each plan, and it is none of those barred
    """
    columns = [(duty, tier, cost) for duty, tiers in moves.cost.items() for tier, cost in tiers.items()]
    duties = {duty: n for n, duty in enumerate(moves.cost)}
    size, count = len(columns) + 1, len(duties)
    price = np.array([cost for *_, cost in columns])
    one = sparse.csr_matrix(
        (np.ones(len(columns)), ([duties[duty] for duty, *_ in columns], range(len(columns)))), (count, size)
    )
    rows = [np.append(1e-3 * price, 0.0), *(same(columns, plan.tier, 1.0) for plan in plans)]
    rows += [same(columns, statute, 0.0) for statute in barred]
    tops = [1e-3 * allowed, *([float(count)] * len(plans)), *([float(count - 1)] * len(barred))]
    program = StandardForm(
        cost=np.append(TIE / max(allowed, 1.0) * price, -1.0),
        constant=0.0,
        matrix=sparse.csr_matrix(sparse.vstack([one, np.array(rows)])),
        row_lower=np.append(np.ones(count), np.full(len(rows), -np.inf)),
        row_upper=np.append(np.ones(count), tops),
        lower=np.zeros(size),
        upper=np.append(np.ones(len(columns)), count),
        integer=np.ones(size, dtype=bool),
        variables=(),
        constraints=(),
    )
    outcome = solve(program, Limits(gap=0.0, absolute=0.1, seconds=20.0, threads=1))
    if outcome.values is None:
        return None
    return {duty: tier for n, (duty, tier, _) in enumerate(columns) if outcome.values[n] > 0.5}


def same(columns: Sequence[tuple[Duty, str, float]], statute: Statute, of_t: float) -> np.ndarray:
    """Row that counts the duties a statute shares, and t."""
    return np.array([*(float(statute[duty] == tier) for duty, tier, _ in columns), of_t])


def most_distance(session: Session, plans: Sequence[Plan], budget: float) -> int:
    """A bound on how far from the nearest of some plans any plan within the budget can be: the same program over the
    whole national part, whose cost is a proven least cost. The number of duties where no bound is found in time."""
    last = session.last
    form, duties = last.problem.form, last.problem.columns.duties
    part, columns = (
        (form, np.arange(len(form.cost))) if session.national is None else session.national.part(form)
    )
    place = {int(column): n for n, column in enumerate(columns)}
    numbers, index = form.column_family("y")
    where = {place[int(column)]: duties[n] for n, column in zip(index, numbers, strict=True)}
    size, count = len(part.cost), len({(s, k) for s, k, _ in where.values()})
    rows, tops = [np.append(1e-3 * part.cost, 0.0)], [1e-3 * (budget - part.constant)]
    for plan in plans:
        row = np.zeros(size + 1)
        for column, (s, k, tier) in where.items():
            row[column] = float(plan.tier[s, k] == tier)
        row[-1] = 1.0
        rows.append(row)
        tops.append(float(count))
    integer = np.zeros(size + 1, dtype=bool)
    integer[list(where)] = True
    program = StandardForm(
        cost=np.append(np.zeros(size), -1.0),
        constant=0.0,
        matrix=sparse.csr_matrix(
            sparse.vstack([sparse.hstack([part.matrix, sparse.csr_matrix((part.matrix.shape[0], 1))]), rows])
        ),
        row_lower=np.append(part.row_lower, np.full(len(rows), -np.inf)),
        row_upper=np.append(part.row_upper, tops),
        lower=np.append(part.lower, 0.0),
        upper=np.append(part.upper, float(count)),
        integer=integer,
        variables=(),
        constraints=(),
    )
    outcome = solve(program, Limits(gap=MOST_GAP, seconds=MOST_SECONDS, threads=1))
    return int(min(count, np.floor(-outcome.bound + 1e-6))) if np.isfinite(outcome.bound) else count


def open_tiers(
    instance: Instance, keep: Sequence[tuple[str, str, str]], forbid: Sequence[tuple[str, str, str]]
) -> dict[Duty, tuple[str, ...]]:
    """The tiers open when some are kept and others forbidden, each a service, a rule group ('' for all) and a tier.

    Raises InputError where a name is unknown, a kept tier is not open to the duty, or none is left.
    """
    names, labels = list(instance.services), list(instance.groups.labels)
    options = dict(instance.groups.options)
    problems: list[Problem] = []
    for flag, wishes in (("--keep", keep), ("--forbid", forbid)):
        for service, group, tier in wishes:
            text = f"{service}{'@' + group if group else ''}={tier}"
            duties = [(s, k) for s, k in options if names[s] == service and (not group or labels[k] == group)]
            if not duties:
                remedy = f"name a service of the case and one of its rule groups: {', '.join(labels)}"
                problems.append(Problem("command line", "names no duty", remedy, column=flag, value=text))
            for duty in duties:
                before = options[duty]
                after = (tier,) if flag == "--keep" else tuple(t for t in before if t != tier)
                if not after or not set(after) <= set(before):
                    remedy = f"open to {labels[duty[1]]} are {', '.join(before)}"
                    problems.append(
                        Problem("command line", "leaves no open tier", remedy, column=flag, value=text)
                    )
                    break
                options[duty] = after
    raise_if_any(problems)
    return {duty: tiers for duty, tiers in options.items() if tiers != instance.groups.options[duty]}


def differences(session: Session, plans: Sequence[Plan]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tables: the plans (plan, cost_million_yen, bound_million_yen, more_than_the_best_ratio, distance_duties,
    most_duties, and the duties in which it differs from each plan before), and every duty on which they differ, a
    column of tiers for each plan."""
    instance = session.last.instance
    names, labels = list(instance.services), list(instance.groups.labels)
    rows = []
    for n, plan in enumerate(plans):
        differs = {
            f"differs_from_plan_{m}_duties": apart(plan.tier, other.tier) for m, other in enumerate(plans[:n])
        }
        rows.append(
            {
                "plan": n,
                "cost_million_yen": plan.objective,
                "bound_million_yen": plan.bound,
                "more_than_the_best_ratio": plan.objective / plans[0].objective - 1.0,
                "distance_duties": plan.distance,
                "most_duties": plan.most,
                **differs,
            }
        )
    duties = [d for d in plans[0].tier if len({plan.tier[d] for plan in plans}) > 1]
    table = pd.DataFrame(
        {
            "service": [names[s] for s, _ in duties],
            "rule_group": [labels[k] for _, k in duties],
            **{f"plan_{n}": [plan.tier[d] for d in duties] for n, plan in enumerate(plans)},
        }
    )
    return pd.DataFrame(rows), table
