"""That the debts of a written run are those of the law's formula, to one yen.

Statements are made of the rows of tables, in floating point or in fractions (`number` makes a figure of a cell).
Nothing here uses the model or the ledger.
"""

from __future__ import annotations

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

TABLE = "debts"
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
    kept = 1 - (1 - number(settings["formula.debt_service_refund"])) * (
        1 - number(settings["formula.promised_refunds_honoured"])
    )
    lacking = set(accounts) - {row["government"] for row in tables[TABLE]}
    for who in sorted(lacking):
        yield Closure("every government's debts are written", who, 1)
    for row in tables[TABLE]:
        who, account = row["government"], accounts[row["government"]]

        def of(name: str, when: str, row: Mapping[str, Any] = row) -> Any:
            return number(row[f"{name}{when}_million_yen"])

        def counted(when: str, account: Mapping[str, Any] = account) -> Any:
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
        before, after = of("debt_service_in_need", "_today"), of("debt_service_in_need", "")
        yield Closure("need recognises debt service as far as refunds go", who, after - kept * before)
        borne = of("real_debt_service", "") - of("real_debt_service", "_today")
        words = "what the need no longer recognises is borne on top"
        yield Closure(words, who, borne - (before - after))


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
