"""Conditions: a threshold, and with many worlds a box of two, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.ledger.factors import Number
from optimization.ledger.worlds import World, joint_draws, one_factor
from optimization.recommend.conditions import MANY_WORLDS, condition

GROUPS = ("realisation", "overhead", "travel")


@dataclass
class Told:
    """Groups of one number each that runs from 0 to 10."""

    groups: tuple[str, ...] = GROUPS

    @property
    def numbers(self) -> dict[str, list[tuple[Number, int, bool]]]:
        return {
            group: [(Number(f"{group}_number", 0.0, 5.0, 10.0, "yen", "assumption", "ours"), 1, False)]
            for group in self.groups
        }


def levels(drawn: list[World], group: str) -> np.ndarray:
    return np.array([world.level(group) for world in drawn])


def test_a_box_of_two_groups_is_found_and_told_in_words() -> None:
    drawn = joint_draws(60, 3, GROUPS)
    has = (levels(drawn, "realisation") > 0.4) & (levels(drawn, "travel") < 0.6)
    found = condition(Told(), drawn, has)  # type: ignore[arg-type]
    assert found is not None and found.right >= 0.95
    first, second = found.cuts
    assert (first.group, first.above, second.group, second.above) == ("realisation", True, "travel", False)
    assert abs(first.level - 0.4) < 0.06 and abs(second.level - 0.6) < 0.06
    assert " and " in found.words and "realisation_number above" in found.words
    inside = (levels(drawn, "realisation") > first.level) & (levels(drawn, "travel") <= second.level)
    assert found.right == (inside == has).mean()


def test_one_threshold_stays_one_where_a_second_tells_no_more() -> None:
    drawn = joint_draws(60, 4, GROUPS)
    found = condition(Told(), drawn, levels(drawn, "overhead") > 0.5)  # type: ignore[arg-type]
    assert found is not None and found.right == 1.0 and [cut.group for cut in found.cuts] == ["overhead"]


def test_with_few_worlds_no_box_is_told() -> None:
    drawn = joint_draws(MANY_WORLDS - 1, 5, GROUPS)
    has = (levels(drawn, "realisation") > 0.4) & (levels(drawn, "travel") < 0.6)
    found = condition(Told(), drawn, has)  # type: ignore[arg-type]
    assert found is not None and len(found.cuts) == 1


def test_what_all_worlds_or_none_have_needs_no_condition() -> None:
    drawn = one_factor(GROUPS)
    for has in (np.ones(len(drawn), dtype=bool), np.zeros(len(drawn), dtype=bool)):
        assert condition(Told(), drawn, has) is None  # type: ignore[arg-type]
