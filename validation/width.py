"""How wide the range of a plan's saving is with the numbers that are estimated, and with the assumed ones before them.

A plan is held fixed; in each joint draw it and today's arrangement are counted anew, once with every number's present
range and once with the ranges that twelve of them had before anything was estimated (`former_ranges.csv` in
`docs/evidence/`). The draws are the same in both. There are two plans: the one that is decided on the present numbers,
and the one that was decided on the former ones, which banks on services whose numbers have been estimated since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.ledger.instance import Instance
from optimization.outcome.alternatives import Alternatives
from optimization.outcome.saving_range import SavingRange, ends_of, saving_range
from optimization.outcome.solve import solve

DRAWS = 100
BEFORE, NOW = "before", "now"
"""The numbers as they were assumed, and as twelve of them are estimated."""


def with_former_ranges(case: Case, former: pd.DataFrame) -> Case:
    """The case with the former low, central, high and mark of some parameters (`former` as text or numbers)."""
    keys, table = ["parameter", "service"], case.parameters.table.copy()
    place = pd.MultiIndex.from_frame(table[keys]).get_indexer(pd.MultiIndex.from_frame(former[keys]))
    if (place < 0).any():
        raise ValueError("a former range is of a parameter that the case does not have")
    for column in ("low", "central", "high"):
        table.iloc[place, table.columns.get_loc(column)] = former[column].astype(float).to_numpy()
    table.iloc[place, table.columns.get_loc("mark")] = former["mark"].to_numpy()
    return replace(case, parameters=replace(case.parameters, table=table)).remembering()


def widths(
    case: Case,
    former: pd.DataFrame,
    names: Sequence[str],
    prefectures: Sequence[str] = (),
    draws: int = DRAWS,
) -> pd.DataFrame:
    """For each package, the plan of the former and of the present numbers under the ranges before and now: what it
    saves in all from the 5th to the 95th part of a hundred draws and in the middle, million yen a year, and the part of
    the draws in which it saves."""
    return pd.DataFrame([row for name in names for row in _of(case, former, name, prefectures, draws)])


def _of(
    case: Case, former: pd.DataFrame, name: str, prefectures: Sequence[str], draws: int
) -> Iterator[dict[str, object]]:
    cases = {BEFORE: with_former_ranges(case, former), NOW: case}
    for decided, own in cases.items():
        package = load_package(own, name, list(prefectures))
        plan = solve(own, package, prefectures)
        assert plan.accounts is not None
        decision, asked = plan.accounts.decision, plan.accounts.instance
        held = Alternatives(decision, decision, (), ())
        for when, whole in cases.items():
            found = saving_range(whole, package, _asked_of(asked, whole), held, draws)
            assert found is not None
            about = {
                "package": name,
                "municipalities": len(asked.case.codes),
                "plan": decided,
                "ranges": when,
            }
            yield {**about, "draws": draws, **_told(found)}


def _asked_of(asked: Instance, whole: Case) -> Instance:
    """The question with the ranges of a case behind it."""
    table = whole.parameters.table
    return replace(asked, case=replace(asked.case, parameters=replace(asked.case.parameters, table=table)))


def _told(found: SavingRange) -> dict[str, float]:
    ends = ends_of(found.real)
    return {
        **{f"{end}_million_yen": ends[end] for end in ("low", "middle", "high")},
        "width_million_yen": ends["high"] - ends["low"],
        "saves_ratio": float((found.real > 0).mean()),
    }
