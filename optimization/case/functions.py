"""The three functions of a duty, for the services of the debate: who sets the standard, who pays, who delivers.

A function is held by a tier that the law names, by whoever answers for the service (`responsible`), or by whoever
answers for another service (the teachers of schools). Who answers pays: that is what responsibility means in the
accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from optimization.dictionary.settings import nearest
from optimization.dictionary.tiers import TIERS
from optimization.errors import Problem

STANDARD, MONEY, DELIVERY = FUNCTIONS = ("standard", "money", "delivery")
RESPONSIBLE = "responsible"
Tables = Mapping[str, pd.DataFrame]


def functions_of(tables: Tables) -> pd.DataFrame:
    """Who holds each function of a service of the debate, by service (sorted) and function; the tables have passed
    `function_problems`."""
    table = tables["functions"].sort_values(["service", "function"])
    held = table.pivot(index="service", columns="function", values="held_by")
    return held.reindex(columns=list(FUNCTIONS)).astype(object)


def function_problems(tables: Tables) -> Iterator[Problem]:
    """Every service of the table has one holder of each function, whom the model knows; who answers pays."""
    table, services = tables["functions"], set(tables["services"]["service"])
    known = [RESPONSIBLE, *TIERS, *sorted(services)]
    for service, rows in table.groupby("service"):
        for function in FUNCTIONS:
            if function not in set(rows["function"]):
                message, remedy = f"has no row for its {function}", "add who holds it"
                yield Problem("functions", message, remedy, str(service), "function", function)
    for row in table.itertuples():
        label = f"{row.service}/{row.function}"
        if row.held_by not in known:
            message, remedy = "is no tier, no service and not 'responsible'", nearest(row.held_by, known)
            yield Problem("functions", message, remedy, label, "held_by", row.held_by)
        elif row.function == MONEY and row.held_by != RESPONSIBLE:
            message, remedy = "cannot pay without answering for the service", f"write {RESPONSIBLE}"
            yield Problem("functions", message, remedy, label, "held_by", row.held_by)
