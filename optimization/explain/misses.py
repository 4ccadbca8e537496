"""Who misses a limit of a conflict, and by how much: with all else kept, the least that anybody must go without.

The rows of a limit may be missed, at a cost of the money that is then missing, and the sum is made least. What a row of
a place is short of is told in yen per resident and, times its residents, in money.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from optimization.explain.feasibility import LINEAR_SECONDS, Feasibility
from optimization.explain.limits import STATED, Limit
from optimization.model.columns import Columns
from optimization.model.horizon import block_name
from optimization.model.quantities import ColumnsReading
from optimization.outcome.completion import first_plan
from optimization.reading.units import MILLION_IN_YEN
from optimization.rules.quantities import QUANTITIES, Scope
from optimization.rules.statement import Statement
from optimization.solving.highs import Limits, solve
from optimization.solving.standard_form import StandardForm, with_slack

NAMES_SHOWN = 3

MONEY, YEN, RATIO = "million yen", "yen per resident", "ratio"
"""Units in which a limit is missed."""

LEAST = {MONEY: 1e-3, YEN: 0.1, RATIO: 1e-6}
"""What a row must be short of at least to be missed, by unit: less is the solver's rounding."""


@dataclass(frozen=True)
class Miss:
    """How far a limit of the conflict is missed when all others hold and it is missed as little as possible in sum: the
    rule (where the limit stands for several; else empty) and the scope of its rows, the year in which it is missed most
    (0: the question has one), how many members miss it then and with how many residents, those that miss most with what
    each lacks in `unit`, and million yen in all (not a number where what is missed is no money)."""

    limit: Limit
    rule: str
    scope: Scope
    year: int
    count: int
    people: float
    worst: tuple[tuple[str, float], ...]
    unit: str
    total_million_yen: float


class _Row(NamedTuple):
    """A row of a limit: its number in the program, the member it is about, by position (-1 for the nation), the year
    (0: the first), what one unit of it is in the unit of its quantities, and the residents of a government or place."""

    number: int
    member: int
    year: int
    unit: float
    people: float


def missed(question: Feasibility, limit: Limit, linear: bool) -> list[Miss]:
    """Who misses a limit that stands in rows of its own, for each of its statements; none where it shapes the program,
    or nothing is known of it in time."""
    settings = question.package.settings
    stated = [each for each in STATED.get(limit.key, ()) if limit.rows and each.in_force(settings)]
    if not stated:
        return []
    form, table = question.form(settings), question.built(settings).problem.columns
    rows = [(each, list(_rows(form, table, each))) for each in stated]
    every = [(row, _weight(each, row)) for each, own in rows for row in own]
    if not every:
        return []
    numbers, weight = np.array([row.number for row, _ in every]), np.array([size for _, size in every])
    elastic = with_slack(form, numbers, weight / np.median(weight))
    outcome = solve(elastic, Limits(gap=0.05, seconds=LINEAR_SECONDS, threads=1), relax=True)
    if outcome.values is not None and not linear:
        outcome = first_plan(elastic, outcome, question.seconds)
    if outcome.values is None:
        return []
    short = dict(zip(numbers.tolist(), outcome.values[len(form.cost) :].tolist(), strict=True))
    found = [_miss(limit, each, own, short, table) for each, own in rows]
    return [miss for miss in found if miss is not None]


def member_of(row: Any) -> int:
    """The member of its scope, by position, that a row stands for, -1 for the nation: an absolute value has two rows,
    told apart by their sign."""
    index = row.index()
    first = index[0] if isinstance(index, tuple) else index
    return -1 if first is None else int(first)


def _rows(form: StandardForm, table: Columns, statement: Statement) -> Iterator[_Row]:
    """The rows of a statement in every year."""
    for year, part in ((0, table), *table.later.items()):
        name = f"{block_name(year)}.{statement.component}" if year else statement.component
        scale = statement.scaled(ColumnsReading(part))
        people = _people(part, statement.scope)
        for number in form.rows_of(name).tolist():
            member = member_of(form.constraints[number])
            if statement.scope is Scope.TIER and member not in statement.tiers:
                continue
            each = float(scale[member]) if isinstance(scale, np.ndarray) else float(scale)
            residents = 0.0 if people is None else float(people[member])
            yield _Row(number, member, year, 1.0 / each / statement.part, residents)


def _people(table: Columns, scope: Scope) -> np.ndarray | None:
    """Residents of every government (G,) or place (I,); nothing of other members."""
    if scope is Scope.GOVERNMENT:
        return table.instance.population
    if scope is Scope.PLACE:
        return table.instance.case.municipalities["population_persons"].to_numpy(float)
    return None


def _weight(statement: Statement, row: _Row) -> float:
    """What it costs to miss a row by one unit: the money that is then missing."""
    return row.unit * (max(1.0, row.people) / MILLION_IN_YEN if statement.scope is Scope.PLACE else 1.0)


def _unit(statement: Statement) -> str:
    unit = QUANTITIES[statement.of[0]].unit
    return next((known for known in (MONEY, YEN) if unit.startswith(known)), RATIO)


def _miss(
    limit: Limit, statement: Statement, rows: list[_Row], short: dict[int, float], table: Columns
) -> Miss | None:
    """Who misses one statement, in the year in which it is missed most; None where nobody does."""
    unit, by_year = _unit(statement), dict[int, dict[int, float]]()
    people = {(row.year, row.member): row.people for row in rows}
    for row in rows:
        if row.unit * short[row.number] > LEAST[unit]:
            of = by_year.setdefault(row.year, {})
            of[row.member] = of.get(row.member, 0.0) + row.unit * short[row.number]

    def total(year: int) -> float:
        per_head = statement.scope is Scope.PLACE and unit == YEN
        each = by_year[year].items()
        return sum(amount * (people[year, n] / MILLION_IN_YEN if per_head else 1.0) for n, amount in each)

    if not by_year:
        return None
    year = max(by_year, key=total)
    order = sorted(by_year[year].items(), key=lambda item: -item[1])
    money = unit == MONEY or statement.scope is Scope.PLACE
    return Miss(
        limit,
        statement.label if len(STATED[limit.key]) > 1 else "",
        statement.scope,
        year,
        len(order),
        sum(people[year, n] for n, _ in order),
        tuple((_name(table, statement.scope, n), amount) for n, amount in order[:NAMES_SHOWN]),
        unit,
        total(year) if money else float("nan"),
    )


def _name(table: Columns, scope: Scope, member: int) -> str:
    """What a member of a scope is called."""
    case = table.instance.case
    if scope is Scope.GOVERNMENT:
        return str(case.governments["name_ja"].iloc[member])
    if scope is Scope.PLACE:
        return str(case.municipalities["name_ja"].iloc[member])
    return ""
