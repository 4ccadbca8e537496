"""POST /api/town: one municipality under a draft, every step of its grants down to the cells of official workbooks.

Every figure is that of a run of the same decision: its tables `places`, `governments` and `provision`, and `trace`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from optimization.dictionary.tiers import MUNICIPALITY
from optimization.errors import InputError, Problem
from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import jointly
from optimization.ledger.travel import minutes_to_seat
from optimization.outcome.government_tables import governments
from optimization.outcome.place_table import place_table
from optimization.outcome.result import Result
from optimization.outcome.trace import of_government, trace_lines
from optimization.web.api import MOST_NAME, Asked, columns_of, counted

OWN, HOME = "own", "home"
FIGURES: Final = ("need", "capacity", "grant", "funds", "standard_cost")


class TownAsked(Asked):
    """A question about one municipality under a decision."""

    code: str = Field(max_length=MOST_NAME, description="Official code of the municipality, five digits.")


class TownAnswered(BaseModel):
    """One municipality: its row of the table of places, the accounts of its two governments (`own`, `home`), who
    answers and provides each of its services, and every line of the grants of both governments with the workbook, sheet
    and heading of what is official. Money in million yen a year where a name does not say otherwise."""

    model_config = ConfigDict(extra="forbid")

    code: str
    place: dict[str, Any]
    governments: dict[str, dict[str, Any]]
    duties: dict[str, list[Any]]
    grants: dict[str, dict[str, list[Any]]]


def town_answered(asked: TownAsked) -> dict[str, Any]:
    """The answer to a question about a municipality. Raises `InputError` with every fault of what is asked."""
    result = counted(asked)
    after, before = result.accounts, result.baseline
    assert after is not None
    case = after.instance.case
    if asked.code not in case.codes:
        remedy = f"give a code of {case.name}, such as {case.codes[0]}"
        raise InputError(
            [Problem("question", "is no municipality of the case", remedy, "", "code", asked.code[:40])]
        )
    i = int(case.codes.get_loc(asked.code))
    table = governments(result, after, before).set_index("government", drop=False)
    names = case.governments.index
    held = {OWN: after.instance.municipal_government[i], HOME: after.instance.prefectural_government[i]}
    return {
        "code": asked.code,
        "place": _row(place_table(after, before), i),
        "governments": {key: _row(table, int(g)) for key, g in held.items()},
        "duties": columns_of(_duties(after, before, i)),
        "grants": _grants(result, {key: str(names[g]) for key, g in held.items()}),
    }


def _row(table: pd.DataFrame, at: int) -> dict[str, Any]:
    return {name: values[0] for name, values in columns_of(table.iloc[[at]]).items()}


def _duties(after: Accounts, before: Accounts, i: int) -> pd.DataFrame:
    """Every service that a municipality has: who answers, with whom it is provided (codes joined by '|', none where
    nobody joins) and minutes to the seat, today and now."""
    services = np.flatnonzero(after.instance.today[i] > 0)
    table = pd.DataFrame({"service": after.instance.services[services]})
    for when, accounts in (("today", before), ("now", after)):
        table[f"tier_{when}"] = accounts.tiers[i, services]
        table[f"members_{when}"] = _members(accounts, i, services)
        table[f"minutes_{when}"] = np.round(minutes_to_seat(accounts)[i, services], 1)
    return table


def _members(accounts: Accounts, i: int, services: Sequence[int] | np.ndarray) -> list[str]:
    codes = accounts.instance.case.codes
    found = {
        each.service: "|".join(codes[each.members])
        for each in jointly(accounts.instance, accounts.decision)
        if i in each.members and accounts.tiers[i, each.service] == MUNICIPALITY
    }
    return [found.get(int(s), "") for s in services]


def _grants(result: Result, of: dict[str, str]) -> dict[str, dict[str, list[Any]]]:
    """The lines of each government; none where the case does not say where its figures come from."""
    try:
        lines = trace_lines(result)
    except InputError:
        return {}
    index = result.instance.case.governments.index
    return {key: columns_of(of_government(lines, int(index.get_loc(code)))) for key, code in of.items()}
