"""Groups of places, by which winners and losers are told: class, prefecture, residents, own revenue over need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.rule_groups import size_class
from optimization.outcome.place_table import RESIDENT

SIZES: Final = (5_000, 10_000, 30_000, 50_000, 100_000, 300_000)
"""Residents from which a place counts to the next group."""
STRENGTHS: Final = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Standard revenue over standard need of today from which a place counts to the next group."""
KINDS: Final = ("class", "prefecture", "size", "finance")


def strength(case: Case) -> np.ndarray:
    """Today's standard revenue over standard need of each place's municipal government, (I,)."""
    rows = case.governments.loc[case.government_of_municipality[case.codes]]
    need, revenue = (rows[f"{name}_million_yen"].to_numpy(float) for name in ("need", "revenue"))
    return np.divide(revenue, need, out=np.zeros_like(need), where=need > 0)


def groups_of(case: Case) -> pd.DataFrame:
    """The group of every place of each kind, as text: columns `KINDS`, in the order of the case's codes."""
    frame = case.municipalities.loc[case.codes]
    return pd.DataFrame(
        {
            "class": size_class(frame).to_numpy(str),
            "prefecture": frame["prefecture_code"].to_numpy(str),
            "size": _steps(frame["population_persons"].to_numpy(float), SIZES),
            "finance": _steps(strength(case), STRENGTHS),
        },
        index=case.codes,
    )


def _steps(values: np.ndarray, steps: Sequence[float]) -> np.ndarray:
    return np.searchsorted(steps, values, side="right").astype(str)


def league(case: Case, places: pd.DataFrame) -> dict[str, dict[str, list[Any]]]:
    """Of every group of each kind how many places there are, gain and lose, the people of those that lose, and the
    change of leeway: its mean by residents, least and most, yen a resident. `places` is the table of a run, in the
    order of the case."""
    change, people = places[f"change{RESIDENT}"].to_numpy(float), places["population_persons"].to_numpy(float)
    gains, found = places["gains"].to_numpy(int), {}
    groups = case.once("groups_of_places", lambda: groups_of(case))
    for kind in KINDS:
        of = groups[kind].to_numpy(str)
        names = np.unique(of)
        here = [of == name for name in names]
        found[kind] = {
            "group": names.tolist(),
            "places": [int(some.sum()) for some in here],
            "gain": [int((gains[some] > 0).sum()) for some in here],
            "lose": [int((gains[some] < 0).sum()) for some in here],
            "people_losing": [int(people[some & (gains < 0)].sum()) for some in here],
            "mean_yen": [float(np.average(change[some], weights=people[some])) for some in here],
            "least_yen": [float(change[some].min()) for some in here],
            "most_yen": [float(change[some].max()) for some in here],
        }
    return found
