"""That what residents are said to have follows from the governments' accounts, in floating point or in fractions.

Nothing here uses the model or the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from optimization.referee.closure import Closure, Rows

RESIDENT = "_yen_per_resident"
STILL = 100
"""Yen per resident within which leeway neither rises nor falls."""

PARTS = ("duty", "retention", "windfall", "pool")


def place_closures(tables: Mapping[str, Rows], number: Callable[[Any], Any]) -> Iterator[Closure]:
    """Leeway and cover of every place are those of its governments, and its change is the sum of its parts; none for a
    run of before there were places. Distances are million yen of all residents of the place together."""
    if "places" not in tables:
        return
    accounts = {row["government"]: row for row in tables["governments"]}
    for row in tables["places"]:
        mine = dict.fromkeys((row["municipal_government"], row["prefectural_government"]))
        people = number(row["population_persons"])
        for when in ("_today", ""):
            sums = {name: number(0) for name in ("funds", "standard_cost", "own_revenue")}
            for account in (accounts[code] for code in mine):
                for name in sums:
                    figure = number(account[f"{name}{when}_million_yen"])
                    sums[name] += figure / number(account["population_persons"])
            left, cost = sums["funds"] - sums["standard_cost"], sums["standard_cost"]
            written = number(row[f"leeway{when}{RESIDENT}"]) / 1_000_000
            yield Closure(
                "leeway of a place is that of its governments", row["code"], people * (written - left)
            )
            for name, part in (("cover", sums["funds"]), ("tax_price", sums["own_revenue"])):
                ratio = number(row[f"{name}{when}_ratio"])
                yield Closure(
                    f"{name} of a place is that of its governments",
                    row["code"],
                    people * (ratio * cost - part),
                )
        change = number(row[f"change{RESIDENT}"])
        now, then = (number(row[f"leeway{when}{RESIDENT}"]) for when in ("", "_today"))
        parts = sum(number(row[f"change_by_{name}{RESIDENT}"]) for name in PARTS)
        for words, distance in (
            ("the change of leeway is the difference", change - now + then),
            ("the change of leeway is the sum of its parts", change - parts),
        ):
            yield Closure(words, row["code"], people * distance / 1_000_000)
        side = 0 if abs(change) <= STILL else 1 if change > 0 else -1
        yield Closure("who gains is who has more leeway", row["code"], number(row["gains"]) - side)
