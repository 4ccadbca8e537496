"""What the map of the workbench paints beside the change of leeway: bodies, debts, the way to who provides, groups.

Every figure is that of the table of a run of the same decision (`bodies`, `governments`, `provision`, `places`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from optimization.dictionary.settings import nearest
from optimization.errors import Problem, raise_if_any
from optimization.ledger.accounts import Accounts
from optimization.ledger.debt import debt_ratios, debt_stages
from optimization.ledger.travel import minutes_to_seat
from optimization.outcome.result import Result
from optimization.web.league import league

BODIES, DEBTS, LEAGUE, TRAVEL = NAMES = ("bodies", "debts", "league", "travel")
OF: Final = ":"
"""What stands between `travel` and its service."""


def layers_of(result: Result, wanted: Sequence[str], places: pd.DataFrame) -> dict[str, Any]:
    """Some layers of a decision that was counted, each by its name; `travel:fire` is the way of one service. `places`
    is the decision's table of places. Raises `InputError` for a layer or a service that there is not."""
    after, before = result.accounts, result.baseline
    assert after is not None
    raise_if_any([problem for name in wanted for problem in _unknown(name, list(after.instance.services))])
    found: dict[str, Any] = {}
    for name in wanted:
        kind, _, service = name.partition(OF)
        match kind:
            case "bodies":
                found[name] = _bodies(after)
            case "debts":
                found[name] = _debts(after, before)
            case "league":
                found[name] = league(after.instance.case, places)
            case _:
                found[name] = _travel(after, before, service)
    return found


def _bodies(accounts: Accounts) -> dict[str, list[str]]:
    """Services, members, source and hub of every body that provides, as the table of bodies tells them."""
    instance, services = accounts.instance, accounts.instance.costs.wide_services.to_numpy(object)
    codes, provided = instance.case.codes.to_numpy(object), dict[int, list[int]]()
    for b, w in accounts.decision.joint:
        provided.setdefault(b, []).append(w)
    table = instance.bodies.table.iloc[list(provided)]
    return {
        "services": ["|".join(services[columns]) for columns in provided.values()],
        "member_codes": ["|".join(codes[instance.bodies.members(b)]) for b in provided],
        "source": table["source"].tolist(),
        "hub_code": table["hub"].tolist(),
    }


def _unknown(name: str, services: Sequence[str]) -> list[Problem]:
    kind, _, service = name.partition(OF)
    if kind not in NAMES or (kind != TRAVEL and service):
        return [Problem("question", "is no layer", nearest(kind, NAMES), "", "layers", name[:80])]
    if kind == TRAVEL and service not in services:
        return [Problem("question", "is not a service", nearest(service, services), "", "layers", name[:80])]
    return []


def _debts(after: Accounts, before: Accounts) -> dict[str, list[Any]]:
    """Real debt service ratio of every place's municipal government and the step of the law that its debts reach."""
    own = after.instance.municipal_government
    return {
        f"{name}_{when}": values[own].tolist()
        for when, accounts in (("today", before), ("now", after))
        for name, values in (("ratio", debt_ratios(accounts)[0]), ("stage", np.array(debt_stages(accounts))))
    }


def _travel(after: Accounts, before: Accounts, service: str) -> dict[str, list[Any]]:
    """Minutes from every town hall to the seat that provides a service, null where nobody has it."""
    s = int(after.instance.services.get_loc(service))
    has = after.instance.today[:, s] > 0
    return {
        when: [
            minutes if there else None
            for minutes, there in zip(np.round(minutes_to_seat(accounts)[:, s], 1).tolist(), has, strict=True)
        ]
        for when, accounts in (("today", before), ("now", after))
    }
