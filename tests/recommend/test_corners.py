"""Corners of the box that are found by search, against all of them enumerated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimization.errors import InputError
from optimization.ledger.worlds import World, one_factor
from optimization.recommend.corners import Climb, Looked, all_corners, corner, known_corners, search_corners
from optimization.recommend.criteria import criterion_named
from optimization.recommend.evaluating import asked
from optimization.recommend.search import Search
from optimization.recommend.workers import Here
from optimization.solving.deadline import Deadline
from tests.recommend.test_enumeration import ROUNDING, Unarchived
from tests.recommend.world_case import BOX, BoxCase
from tests.small_case import EXACT

GROUPS = tuple(BOX)
POSSIBLE = (6, 28, 8, 9, 10, 13, 16, 18, 22, 23, 24, 25, 35, 36, 37)
"""Numbers of random questions that have a plan."""


def searched(case: BoxCase, drawn: list[World], folder: Path) -> Search:
    question = asked(case.question.case, case.question.package, (), EXACT, "plain")
    solving = Unarchived(question, case.blends.over(drawn), folder, Here())
    search = Search(criterion_named("worst", len(drawn)), solving, 0.0, Deadline(60.0))
    search.run(lambda least: 1e-3)
    return search


def with_corners(search: Search, drawn: list[World]) -> tuple[list[World], Looked]:
    worlds, end, looked = search_corners(
        search,
        drawn,
        GROUPS,
        lambda count: criterion_named("worst", count),
        lambda: search.run(lambda least: 1e-3),
        "gap reached",
    )
    assert end == "gap reached"
    return worlds, looked


@pytest.mark.parametrize("seed", POSSIBLE)
def test_no_corner_is_worse_than_those_the_search_has_found(seed: int, tmp_path: Path) -> None:
    case, drawn = BoxCase(seed), one_factor(GROUPS)
    everywhere = [*drawn, *all_corners(GROUPS)]
    costs = case.enumerated_in(everywhere)
    least = float((costs - costs.min(axis=0)).max(axis=1).min())
    search = searched(case, drawn, tmp_path)
    before = float(search.criteria[search.best])
    worlds, looked = with_corners(search, drawn)
    told = float(search.criteria[search.best])
    assert before < told and len(worlds) == len(drawn) + len(looked.joined)
    of_plan = search.evaluator.over(everywhere).costs([search.plans[search.best]])[0] - costs.min(axis=0)
    assert told == pytest.approx(of_plan.max(), abs=1e-2)
    assert least - ROUNDING <= told <= least + 1e-2
    assert all(len(each.weights) == search.worlds for each in search.found)
    assert np.allclose(search.table, search.evaluator.costs(search.plans))


def test_all_corners_asked_are_the_whole_truth(tmp_path: Path) -> None:
    case = BoxCase(6)
    corners = [*case.drawn, *all_corners(GROUPS)]
    costs = case.enumerated_in(corners)
    search = searched(case, corners, tmp_path)
    least = float((costs - costs.min(axis=0)).max(axis=1).min())
    assert float(search.criteria[search.best]) == pytest.approx(least, abs=1e-2)


def test_a_climb_ends_where_no_neighbour_promises_more() -> None:
    def promise(world: World) -> float:
        a, b, c = (world.level(group) for group in "abc")
        return 3 * a + 2 * (1 - b) + (c if a else -c)

    climb = Climb("abc", promise)
    climb.up(World("start", {"b": 1.0}))
    assert climb.ranked[0] == corner("abc", (1.0, 0.0, 1.0))
    assert len(climb.promised) <= 8


def test_a_corner_tells_the_end_of_every_group() -> None:
    found = all_corners(("a", "b"))
    assert [world.name for world in found] == ["corner_00", "corner_01", "corner_10", "corner_11"]
    assert found[2].levels == {"a": 1.0, "b": 0.0}


def test_a_choice_of_corners_that_there_is_not_is_said() -> None:
    with pytest.raises(InputError, match="no choice of corners"):
        known_corners("some")
