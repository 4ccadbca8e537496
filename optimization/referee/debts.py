"""That the debts of a written run are those of the law's formula, to one yen.

Statements are made of the rows of tables, in floating point or in fractions (`number` makes a figure of a cell).
Nothing here uses the model or the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from optimization.dictionary.typed_settings import Settings
from optimization.reading.japan import (
    BURDEN_WARNING,
    BURDEN_WARNING_UPPER,
    DEBT_SERVICE_STAGES,
    UPPER_CLASS,
)
from optimization.referee.closure import Closure, Rows

TABLE, SHARES, NATION = "debts", "debts_of_services", "nation"
NEEDED = (TABLE, SHARES, "governments", "provision", "services", "flows", "flows_by_government")
"""Tables that the statements are read from."""

WORKS, LATER = "debt_service_for_works", "debt_service_for_works_to_come"
"""Debt service in the need for bonds that paid for works, which follows duties; and all that is still to come of it."""

RATIOS = ("real_debt_service", "future_burden")
WHEN = ("_today", "")
NEAR = 5e-10
"""By how much a ratio may fall short of a step that it has reached."""


def debt_closures(
    tables: Mapping[str, Rows], settings: Settings, number: Callable[[Any], Any]
) -> Iterator[Closure]:
    """Every statement on debts, today and under the package; none for a run of before they were written."""
    if TABLE not in tables:
        return
    accounts = {row["government"]: row for row in tables["governments"]}
    for who in sorted(set(accounts) ^ {row["government"] for row in tables[TABLE]}):
        yield Closure("every government's debts are written", who, 1)
    tiers = _tiers(tables)
    orphans = _orphans(tables, tiers)
    for row in orphans:
        yield Closure("who answers for what debts were made for is written", row["code"], 1)
    moved, to_nation = _moved(tables, tiers, orphans, number)
    kept = 1 - (1 - number(settings["formula.debt_service_refund"])) * (
        1 - number(settings["formula.promised_refunds_honoured"])
    )
    for row in tables[TABLE]:
        if row["government"] in accounts:
            yield from _of_a_government(row, accounts[row["government"]], moved, kept, number)
    yield from _paid_along(tables, moved, to_nation, number)


def _of_a_government(
    row: Mapping[str, Any],
    account: Mapping[str, Any],
    moved: Mapping[tuple[str, str], Any],
    kept: Any,
    number: Callable[[Any], Any],
) -> Iterator[Closure]:
    """The statements on one government's debts."""
    who = row["government"]

    def of(name: str, when: str) -> Any:
        return number(row[f"{name}{when}_million_yen"])

    def counted(when: str) -> Any:
        funds, given = (number(account[f"{name}{when}_million_yen"]) for name in ("funds", "guarantee"))
        return funds - given

    for name in RATIOS:
        for when in WHEN:
            base = of("standard_scale", when) - of("debt_service_in_need", when)
            ratio = number(account[f"{name}{when}_ratio"])
            yield Closure(f"{name} is its ratio of scale less need", who, of(name, when) - ratio * base)
    if bool(number(row["crosses_a_step"])) != _crosses(account, number):
        yield Closure("who crosses a step of the law is marked so", who, 1)
    more = of("standard_scale", "") - of("standard_scale", "_today")
    words = "the standard financial scale changes as funds without guarantees do"
    yield Closure(words, who, more - (counted("") - counted("_today")))
    promised = of("debt_service_in_need", "_today") + moved[who, WORKS]
    words = "need recognises debt service as far as refunds go, and it follows duties"
    yield Closure(words, who, of("debt_service_in_need", "") - kept * promised)
    borne = of("real_debt_service", "_today") + moved[who, "real_debt_service"] + (1 - kept) * promised
    words = "what is borne follows duties, with what the need no longer recognises"
    yield Closure(words, who, of("real_debt_service", "") - borne)
    later = number(row["debt_term_years"]) * of("debt_service_in_need", "_today") + moved[who, LATER]
    owed = of("future_burden", "_today") + moved[who, "future_burden"] + (1 - kept) * later
    yield Closure(
        "debts to be borne follow duties, with what need will no longer recognise",
        who,
        of("future_burden", "") - owed,
    )


def _moved(
    tables: Mapping[str, Rows], tiers: Tiers, orphans: Rows, number: Callable[[Any], Any]
) -> tuple[dict[tuple[str, str], Any], dict[str, Any]]:
    """What has come to each government with duties (below 0: left it), by government and amount; and of each amount
    what has gone to the nation. Amounts below 0 stay where they are."""
    come: dict[tuple[str, str], Any] = defaultdict(int)
    to_nation: dict[str, Any] = defaultdict(int)
    if SHARES not in tables:
        return come, to_nation
    answers, home = tiers
    payer = _payers(tables)
    amounts = {row["government"]: _of_works(row, number) for row in tables[TABLE]}
    left_out = {(row["code"], row["service"]) for row in orphans}
    for row in tables[SHARES]:
        tier = answers.get((row["code"], row["service"]))
        if tier == home.get(row["service"]) or (row["code"], row["service"]) in left_out:
            continue
        for name, amount in amounts[row["government"]].items():
            part = number(row["share_of_debt_ratio"]) * max(amount, 0)
            come[row["government"], name] -= part
            if tier == NATION:
                to_nation[name] += part
            else:
                come[payer[tier == "municipality", row["code"]], name] += part
    return come, to_nation


Tiers = tuple[dict[tuple[str, str], str], dict[str, str]]
"""Who answers for each service at each place, and who does today for each service."""


def _tiers(tables: Mapping[str, Rows]) -> Tiers:
    """Who answers for each service at each place, and who does today for each service."""
    answers = {(row["code"], row["service"]): row["responsible_tier"] for row in tables["provision"]}
    return answers, {row["service"]: row["home_tier"] for row in tables["services"]}


def _orphans(tables: Mapping[str, Rows], tiers: Tiers) -> list[Mapping[str, Any]]:
    """Rows of debts for works of which the other tables do not say who answers, or who owes."""
    answers, home = tiers
    owing = {row["government"] for row in tables[TABLE]}
    return [
        row
        for row in tables.get(SHARES, ())
        if (row["code"], row["service"]) not in answers
        or row["service"] not in home
        or row["government"] not in owing
    ]


def _of_works(row: Mapping[str, Any], number: Callable[[Any], Any]) -> dict[str, Any]:
    """What of a government's debts follows duties, by amount."""
    works = number(row[f"{WORKS}_million_yen"])
    found = {name: number(row[f"{name}_today_million_yen"]) for name in RATIOS}
    return {WORKS: works, LATER: works * number(row["debt_term_years"]), **found}


def _payers(tables: Mapping[str, Rows]) -> dict[tuple[bool, str], str]:
    """Who pays at each place for a service of the municipality, and for one of the prefecture or its bloc."""
    accounts = [row["government"] for row in tables["governments"]]
    of_part = {part: who for who in accounts for part in who.split("+")}
    places = {row["code"] for row in tables["provision"]}
    return {(own, code): of_part[code if own else code[:2]] for own in (True, False) for code in places}


def _paid_along(
    tables: Mapping[str, Rows],
    moved: Mapping[tuple[str, str], Any],
    to_nation: Mapping[str, Any],
    number: Callable[[Any], Any],
) -> Iterator[Closure]:
    """Who answers pays the debt service in the need that has come along: local governments among their other needs,
    the nation as a flow of its own."""
    if "flows_by_government" not in tables:
        return
    for row in tables["flows_by_government"]:
        if row["kind"] == "other_needs":
            more = number(row["package_million_yen"]) - number(row["today_million_yen"])
            words = "debt service that follows a duty is paid by who answers for it"
            yield Closure(words, row["government"], more - moved[row["government"], WORKS])
    paid = sum(number(row["package_million_yen"]) for row in tables["flows"] if row["kind"] == "debt_service")
    yield Closure("the nation pays the debt service of what it takes over", "", paid - to_nation[WORKS])


def _crosses(account: Mapping[str, Any], number: Callable[[Any], Any]) -> bool:
    """Whether the ratios of a government reach a step under the package that they are under today."""
    upper = account["class"] in ("prefecture", UPPER_CLASS)
    steps = {
        "real_debt_service": DEBT_SERVICE_STAGES,
        "future_burden": (BURDEN_WARNING_UPPER if upper else BURDEN_WARNING,),
    }
    return any(
        number(account[f"{name}_today_ratio"]) < step - NEAR <= number(account[f"{name}_ratio"])
        for name in RATIOS
        for step in steps[name]
    )
