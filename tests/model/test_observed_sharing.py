"""What sharing is worth to members by the preferences that bodies of today show: worked out by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimization.case.load import load_case
from optimization.case.sharing import FEATURES
from optimization.costs.sharing import OBSERVED, member_features
from optimization.errors import InputError
from tests.model.test_hand_solved import FIRE, GENERAL, LARGE_TOWN, METHODS, SMALL_TOWN
from tests.model.test_hand_solved import pair as hand_solved_pair
from tests.small_case import Prefecture, Small, small

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"
LIKED = {"scale": 2.0, "largest": 0.5, "joining": -1.0, "asked": 0.25}
# the whole curve P^-2: unit costs of 10,000 and 30,000 people over those of 40,000 together, in logs
SCALE = 2.0 * np.log(4.0) + 2.0 * np.log(4.0 / 3.0)  # 2.77259 + 0.57536
WORTH = 2.0 * SCALE + 0.5 * 1 - 1.0 * 2 - 0.25 * 2  # one of the two is the largest: 4.69590


def pair(**changes: Any) -> Small:
    """The two towns of the hand-solved cases: 250 alone, 171.375 together but for the body itself."""
    return hand_solved_pair({"fire": LIKED}, **changes)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("weight", "joint"), [(2.12, 0), (2.14, 1), (0.0, 0)])
def test_a_body_that_costs_more_stands_where_it_is_worth_that_to_its_members(
    method: str, weight: float, joint: int
) -> None:
    """A body of 88.625 costs 10 more than it saves: 10 / 4.6959 = 2.1295 a unit of worth."""
    accounts = pair(**{"weights.body_million_yen": 88.625, OBSERVED: weight}).optimum(method)
    assert len(accounts.decision.joint) == joint
    assert accounts.objective == pytest.approx(260 - weight * WORTH if joint else 250)
    assert accounts.real_cost == pytest.approx(260 if joint else 250), "no worth is in a saving"
    assert ("observed_sharing" in accounts.objective_parts) == (weight > 0)
    if joint:
        assert accounts.objective_parts["observed_sharing"] == pytest.approx(-weight * WORTH)


def test_the_written_features_are_those_by_hand() -> None:
    result = pair(**{OBSERVED: 1.0}).solve()
    table = result.tables["observed_sharing"].set_index("feature")
    assert table.at["scale", "of_members"] == pytest.approx(SCALE)
    assert table.loc[["largest", "joining", "asked"], "of_members"].tolist() == [1.0, 2.0, 2.0]
    assert table["worth"].sum() == pytest.approx(WORTH)
    assert "observed_sharing" not in pair().solve().tables


def test_worth_holds_for_the_numbers_of_the_case_whatever_a_package_assumes() -> None:
    question = pair(**{OBSERVED: 1.0})
    dear = replace(question, case=question.case.with_parameters({"coordination_fixed_million_yen": 5.0}))
    likes = {"fire": {"fixed": -100.0, "joining": 1.0}}
    plain, other = (
        replace(each, case=replace(each.case, sharing_preferences=small_table(likes))).instance.costs
        for each in (question, dear)
    )
    assert other.worth[0, 0] == pytest.approx(plain.worth[0, 0]) == 2.0 - 100 * (0.5 / 100 + 0.5 / 150)
    assert other.bodies.coordination[0, 0] > plain.bodies.coordination[0, 0]


def small_table(likes: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Preferences as the table of a case."""
    return small([SMALL_TOWN], [FIRE], preferences=likes).case.sharing_preferences


def test_a_saving_of_a_change_holds_no_worth() -> None:
    """The prefecture serves for 215 (165 and a unit of 50). Given back, a body of 60 serves for 231.375: a change saves
    16.375, though the objective would count 231.375 less what the body is worth."""
    fire = replace(
        FIRE, tiers=("prefecture",), parameters={**FIRE.parameters, "unit_fixed_cost_million_yen": 50.0}
    )
    question = small(
        [replace(SMALL_TOWN, other=1.0), replace(LARGE_TOWN, other=1.0)],
        [fire],
        [Prefecture("01")],
        parameters=GENERAL,
        bodies={"both": ["01201", "01202"]},
        preferences={"fire": LIKED},
        changes={
            "wide_area.services": ["fire"],
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["prefecture"],
            "weights.body_million_yen": 60.0,
            "choice.change_threshold_million_yen": 1.0,
        },
    )
    plain, liked = question.solve(), question.but(**{OBSERVED: 1.0}).solve()
    for result in (plain, liked):
        assert result.accounts is not None and set(result.accounts.decision.tier.values()) == {"prefecture"}
    saved = [result.tables["priced_changes"]["saving_million_yen"].tolist() for result in (plain, liked)]
    assert saved[1] == pytest.approx(saved[0]) and saved[0][0] > 0


def test_who_asks_for_preferences_that_a_case_does_not_have_is_told() -> None:
    question = pair(**{OBSERVED: 1.0})
    bare = replace(question, case=replace(question.case, sharing_preferences=small_table({})))
    with pytest.raises(InputError, match="does not have"):
        bare.solve()


Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda f: f[~((f["function"] == "fire") & (f["feature"] == "asked"))], "has no row asked"),
        (
            lambda f: f.assign(service=f["service"].mask(f["function"] == "fire", "waste")),
            "is fire in joint_today",
        ),
        (lambda f: f.assign(low=f["high"].astype(float) + 1), "lies outside its interval"),
        (lambda f: f.assign(feature=f["feature"].mask(f["feature"] == "scale", "size")), "size"),
    ],
)
def test_faults_of_the_table_are_said(tmp_path: Path, edit: Change, words: str) -> None:
    folder = Path(shutil.copytree(IWATE, tmp_path / "iwate"))
    file = folder / "sharing_preferences.csv"
    edit(pd.read_csv(file, dtype=str, keep_default_na=False)).to_csv(file, index=False)
    with pytest.raises(InputError) as fault:
        load_case(folder)
    assert words in str(fault.value) and "sharing_preferences.csv" in str(fault.value)


def test_features_of_a_member_do_not_hang_on_other_bodies() -> None:
    instance = pair(**{OBSERVED: 1.0}).instance
    args = instance.case, "fire", instance.standard.curves["fire"], instance.km
    one = member_features(*args, np.array([0, 0]), np.array([0, 1]))
    two = member_features(*args, np.array([0, 0, 1, 1]), np.array([1, 0, 0, 1]))
    assert np.allclose(one, two[[1, 0]]) and np.allclose(one, two[2:]) and one.shape == (2, len(FEATURES))
