"""Fronts against lists of all decisions; their steps, their ends, and what an unfinished one says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.outcome.session import Session
from optimization.solving.highs import Limits
from optimization.studies.pareto import AIMS, aims_named, dominated, finished, front, lexicographic, steps
from tests.model.random_case import best, random_question
from tests.seeds import seeds
from tests.small_case import EXACT, Small, given_curves


def found(question: Small, aim: str, points: int = 60) -> pd.DataFrame:
    with given_curves(question.curves):
        session = Session(question.case, (), EXACT)
        return front(question.case, session, question.package, AIMS[aim], (), points)


def least(question: Small, **changes: Any) -> float:
    accounts = best(question.but(**changes).instance)
    return np.inf if accounts is None else accounts.objective


@pytest.mark.parametrize("seed", seeds(2, 8))
@pytest.mark.parametrize("aim", ["changes", "clarity"])
def test_a_front_of_counts_is_that_of_all_listed_decisions(seed: int, aim: str) -> None:
    question = random_question(seed)
    if best(question.instance) is None:
        return
    table, key = found(question, aim), AIMS[aim].limit.key
    assert finished(table)
    highest = int(table["reached"].iloc[0])
    lowest = 0 if aim == "changes" else 1
    expected = {value: least(question, **{key: value}) for value in range(lowest, highest + 1)}
    for _, row in table.iterrows():
        value = highest if np.isnan(row["limit"]) else int(row["limit"])
        assert row["cost_million_yen"] == pytest.approx(expected[value], rel=1e-6)
    possible = {value for value, cost in expected.items() if np.isfinite(cost)}
    asked = {highest} | {int(value) for value in table["limit"].dropna()}
    assert asked == possible, "the front leaves out a value that has a plan, or asks for one that has none"


@pytest.mark.parametrize("seed", seeds(2, 7))
def test_a_front_of_adequacy_is_the_least_cost_at_every_floor(seed: int) -> None:
    question = random_question(seed)
    if best(question.instance) is None:
        return
    table = found(question, "equity", points=5)
    for _, row in table.iloc[1:].iterrows():
        accounts = best(question.but(**{"equity.adequacy_floor": row["limit"]}).instance)
        assert accounts is not None
        assert row["cost_million_yen"] == pytest.approx(accounts.objective, rel=1e-6)
        assert row["reached"] >= row["limit"] - 1e-6
    cost = table["cost_million_yen"].to_numpy()
    assert (np.diff(cost) >= -1e-6 * cost[:-1]).all()
    beyond = table["proven_impossible"].iloc[-1]
    if not np.isnan(beyond):
        assert best(question.but(**{"equity.adequacy_floor": beyond}).instance) is None


def test_aims_in_order_are_each_as_tight_as_the_earlier_ones_allow() -> None:
    """First the fewest changes, 0; the best adequacy is then that of today's tiers."""
    question = next(
        q for q in map(random_question, range(30)) if least(q, **{"clarity.changes_ceiling": 0}) < np.inf
    )
    with given_curves(question.curves):
        session = Session(question.case, (), EXACT)
        aims = aims_named(["changes", "equity"], question.package)
        table, result = lexicographic(question.case, session, question.package, aims, ())
    assert table["value"].iloc[0] == 0
    assert result.accounts is not None
    settings = {"clarity.changes_ceiling": 0, "equity.adequacy_floor": float(table["value"].iloc[1])}
    assert result.outcome.objective == pytest.approx(least(question, **settings), rel=1e-6)
    higher = settings | {"equity.adequacy_floor": settings["equity.adequacy_floor"] + 0.002}
    if settings["equity.adequacy_floor"] < AIMS["equity"].ideal:
        assert least(question, **higher) == np.inf


def test_steps_go_from_what_is_reached_to_the_tightest() -> None:
    assert steps(AIMS["changes"], 3.0, 0.0, 10) == [2, 1, 0]
    assert steps(AIMS["changes"], 100.0, 0.0, 5)[-1] == 0 and len(steps(AIMS["changes"], 100.0, 0.0, 5)) == 4
    assert steps(AIMS["equity"], 0.9, 1.0, 3) == pytest.approx([0.95, 1.0])
    assert steps(AIMS["equity"], 1.0, 0.9, 3) == []


def test_a_cell_that_another_beats_is_marked() -> None:
    table = pd.DataFrame({"reached": [0.9, 0.95, 0.95, np.nan], "cost_million_yen": [1.0, 2.0, 3.0, np.nan]})
    assert dominated(AIMS["equity"], table) == [False, False, True, False]


def test_an_unfinished_front_says_so() -> None:
    assert finished(pd.DataFrame({"status": ["optimal", "infeasible"]}))
    assert not finished(pd.DataFrame({"status": ["optimal", "stopped_with_incumbent"]}))


def test_an_unknown_aim_and_crises_that_are_not_there_are_refused() -> None:
    package = load_package(load_case(DEFAULT_CASE), "role_division")
    with pytest.raises(InputError, match="did you mean 'equity'"):
        aims_named(["equty"], package)
    with pytest.raises(InputError, match="needs crises"):
        aims_named(["crisis"], package)


def test_a_front_of_a_prefecture_rises_and_ends_where_nothing_is_possible() -> None:
    case = load_case(DEFAULT_CASE)
    package = load_package(case, "role_division", ("03",))
    session = Session(case, ("03",), Limits(gap=1e-4, threads=1))
    table = front(case, session, package, AIMS["changes"], ("03",), 5)
    assert list(table["limit"].iloc[1:]) == sorted(table["limit"].iloc[1:], reverse=True)
    assert table["limit"].iloc[-1] == 0 and table["reached"].iloc[-1] == 0
    assert (np.diff(table["cost_million_yen"]) > 0).all() and not table["dominated"].any()
