"""That the accounts of a written run close: every flow of money has one owner at each end, to one yen.

Statements are made of the rows of tables, in floating point or in fractions (`number` makes a figure of a cell).
Nothing here uses the model or the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

YEN = Fraction(1, 10**6)
"""Million yen."""

TABLES = ("flows", "flows_by_government", "sectors")
RESIDENTS, NATION, SERVICES = "residents", "nation", "services"
COST = "resource_cost"
WHEN = {"today": "_today", "package": ""}
"""Columns of flows, and what marks the same time in other tables."""

LINES = {"local_taxes": "own_revenue", "allocation": "grant", "contribution": "contribution"}
"""Kinds of flows that stand as a column of their own among the governments."""

Rows = Sequence[Mapping[str, Any]]


class Closure(NamedTuple):
    """A statement about two figures that must be equal: in words, of whom, and their distance in million yen."""

    words: str
    where: str
    distance: Any


def closures(tables: Mapping[str, Rows], number: Callable[[Any], Any], owner: str) -> Iterator[Closure]:
    """Every statement on flows, today and under the package, whose `pool.released` is `owner`; none for a run of before
    there were flows."""
    if all(name in tables for name in TABLES):
        for when in WHEN:
            yield from _sums(tables, when, number)
            yield from _of_governments(tables, when, number)
            yield from _of_the_nation(tables, when, number)
            yield _of_the_owner(tables, when, number, "nation" if when == "today" else owner)
        yield from _nothing_appears(tables["sectors"], number)


def _amount(row: Mapping[str, Any], when: str, number: Callable[[Any], Any]) -> Any:
    return number(row[f"{when}_million_yen"])


def _road(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["from_sector"], row["to_sector"], row["kind"]


def _sums(tables: Mapping[str, Rows], when: str, number: Callable[[Any], Any]) -> Iterator[Closure]:
    """Flows are the sums of those of governments, sectors the sums of flows."""
    parts: dict[tuple[str, str, str], Any] = defaultdict(int)
    for row in tables["flows_by_government"]:
        parts[_road(row)] += _amount(row, when, number)
    balance: dict[str, Any] = defaultdict(int)
    cost: dict[str, Any] = defaultdict(int)
    for row in tables["flows"]:
        amount, road = _amount(row, when, number), _road(row)
        if road in parts:
            yield Closure("flows are the sums of the governments'", "/".join(road), amount - parts.pop(road))
        balance[road[1]] += amount
        balance[road[0]] -= amount
        cost[road[0]] += amount if road[2] == COST else 0
    for road, amount in parts.items():
        yield Closure("flows are the sums of the governments'", "/".join(road), amount)
    for row in tables["sectors"]:
        for name, found in (("balance", balance), ("resource_cost", cost)):
            written = number(row[f"{name}_{when}_million_yen"])
            yield Closure(
                f"{name} of a sector is the sum of its flows", row["sector"], written - found[row["sector"]]
            )


def _of_governments(tables: Mapping[str, Rows], when: str, number: Callable[[Any], Any]) -> Iterator[Closure]:
    """Taxes, grants and contributions are those of the governments' accounts, and what a government is left with is
    its margin with the correction of earlier years."""
    sector = {"municipality": "municipalities", "prefecture": "prefectures"}
    left: dict[str, Any] = defaultdict(int)
    line: dict[tuple[str, str], Any] = defaultdict(int)
    for row in tables["flows_by_government"]:
        amount = _amount(row, when, number)
        left[row["government"]] += amount if row["to_sector"] in sector.values() else -amount
        line[row["government"], row["kind"]] += amount
    for row in tables["governments"]:
        who, mark = row["government"], f"{WHEN[when]}_million_yen"
        for kind, name in LINES.items():
            yield Closure(
                f"{kind} of a government is its {name}", who, line[who, kind] - number(row[name + mark])
            )
        residual = number(row["residual_million_yen"])
        yield Closure("correction of a government is its residual", who, line[who, "correction"] - residual)
        margin = number(row["margin" + mark]) + residual
        yield Closure("a government is left with its margin and its correction", who, left[who] - margin)


def _of_the_nation(tables: Mapping[str, Rows], when: str, number: Callable[[Any], Any]) -> Iterator[Closure]:
    """What services use up is their cost, the pool is paid out or released, and the nation pays its outlay."""
    then, flows = (
        {_road(row): _amount(row, at, number) for row in tables["flows"]} for at in ("today", when)
    )
    used = sum(amount for (_, to, kind), amount in flows.items() if (to, kind) == (SERVICES, COST))
    budget = sum(
        number(row[f"{part}{WHEN[when]}_million_yen"])
        for row in tables["services"]
        for part in ("standard", "coordination", "transition", "units")
    )
    yield Closure("services use up what they cost", "", used - budget)
    side = "today" if when == "today" else "under_package"
    formula = {row["parameter"]: number(row[side]) for row in tables["formula"]}
    paid = sum(
        amount
        for (of, _, kind), amount in flows.items()
        if of == NATION and kind in ("allocation", "correction")
    )
    back = sum(amount for (_, to, kind), amount in flows.items() if (to, kind) == (NATION, "contribution"))
    yield Closure("the pool is paid out or released", "", formula["pool"] - formula["released"] - paid + back)
    measures = {row["measure"]: row[side] for row in tables["measures"]}
    taxes = flows[RESIDENTS, NATION, "national_taxes"]
    given = sum(amount for (of, _, _), amount in flows.items() if of == NATION) - back
    handed = then[RESIDENTS, NATION, "national_taxes"] - taxes
    yield Closure("the nation pays its outlay", "", given + handed - number(measures["national_outlay"]))


def _of_the_owner(tables: Mapping[str, Rows], when: str, number: Callable[[Any], Any], owner: str) -> Closure:
    """What the formula leaves of the pool is paid out as special allocation where the package says so, else nothing
    is."""
    side = "today" if when == "today" else "under_package"
    left = sum(number(row[side]) for row in tables["formula"] if row["parameter"] == "released")
    due = max(0 * left, left) if owner == "special" else 0
    given = sum(_amount(row, when, number) for row in tables["flows"] if row["kind"] == "special_allocation")
    return Closure("what the pool leaves goes to its owner", owner, given - due)


def _nothing_appears(sectors: Rows, number: Callable[[Any], Any]) -> Iterator[Closure]:
    """(A2) The changes of all balances together are the fall of resource cost, and today the nation's balance is 0."""
    change = sum(
        sign * number(row[f"{name}_{when}_million_yen"])
        for row in sectors
        for name in ("balance", "resource_cost")
        for when, sign in (("package", 1), ("today", -1))
    )
    yield Closure("balances change by the fall of resource cost", "", change)
    for row in sectors:
        if row["sector"] == NATION:
            yield Closure("the nation's balance is 0 today", "", number(row["balance_today_million_yen"]))
