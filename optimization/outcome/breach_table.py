"""Every limit that a decision which was given does not keep, with its amount in yen where it is one of money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from optimization.ledger.instance import Instance
from optimization.reading.units import MILLION_IN_YEN
from optimization.rules.checks import Breach

COLUMNS = ["rule", "setting", "place", "excess", "unit", "excess_yen"]


def breach_table(found: Sequence[Breach], instance: Instance) -> pd.DataFrame:
    """A row a breach: label of the rule, setting that holds the limit, where, by how much in the rule's unit, and yen a
    year (of a limit by resident of a place: of all its residents; missing where the limit is none of money)."""
    people = instance.case.once(
        "residents", lambda: instance.case.municipalities["population_persons"].to_dict()
    )
    rows = [
        (each.rule, each.setting, each.where, float(each.amount), each.unit, _yen(each, people))
        for each in found
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _yen(breach: Breach, people: Mapping[str, float]) -> float:
    if breach.unit.startswith("million yen"):
        return breach.amount * MILLION_IN_YEN
    place = breach.where.split(" ")[0]
    if breach.unit == "yen per resident" and place in people:
        return breach.amount * float(people[place])
    return np.nan
