"""The model asked for the bodies of places whose bodies it does not know, by preferences that are known."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.case.load import load_case
from optimization.case.sharing import ASKED, FEATURES
from optimization.evidence.bodies import decided, whole_functions, with_preferences, without_bodies
from optimization.evidence.choice import Asked, Choice, fit_choice
from optimization.evidence.objections import DRAWS, _in_money
from optimization.evidence.parameters import written_into
from optimization.evidence.registered import registered
from optimization.evidence.sharing import Fitted, Observed, preferences_of_the_case
from tests.evidence.test_sharing_of_a_made_up_country import made_up

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"


@cache
def iwate() -> Case:
    return load_case(IWATE)


def likes(joining: float, **worth: float) -> Fitted:
    """Preferences of members, of which all but those named weigh nothing."""
    value = np.array([{"joining": joining, **worth}.get(name, 0.0) for name in FEATURES])
    return Fitted(Choice(value, np.ones(len(FEATURES)), np.eye(len(FEATURES)), 0.0, 100), 0.5)


def test_who_likes_bodies_is_in_one_and_who_does_not_is_in_none() -> None:
    case = without_bodies(iwate())
    found = decided(with_preferences(case, {"fire": likes(3.0), "waste": likes(-3.0)}), ["03"])
    assert set(found) == set(whole_functions()) == {"fire", "waste"}
    assert found["fire"].sum() >= 30 and not found["waste"].any()


def test_bodies_of_today_are_not_known_where_they_are_asked_for() -> None:
    """Fire brigades of today say nothing of who likes which partner: partners of the own medical area do."""
    bare = without_bodies(iwate())
    assert bare.bodies_today.empty and len(iwate().bodies_today)
    liked = with_preferences(bare, {name: likes(-1.0, medical_area=3.0) for name in whole_functions()})
    assert decided(liked, ["03"])["fire"].sum() > 25


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case into which preferences were written."""
    folder = Path(shutil.copytree(IWATE, tmp_path_factory.mktemp("case") / "iwate"))
    every = {(name, n): likes(n, scale=2.0) for name in registered().sharing["functions"] for n in range(3)}
    none = pd.DataFrame(columns=["parameter", "service", "unit", "low", "central", "high", "mark", "source"])
    written_into(folder, none, preferences_of_the_case(every))
    return folder


def test_estimated_preferences_are_a_table_that_the_case_reads(written: Path) -> None:
    table = load_case(written).sharing_preferences
    fire = table[table["function"] == "fire"].set_index("feature")
    assert fire["value"].to_dict() == {**dict.fromkeys(FEATURES, 0.0), "scale": 2.0, ASKED: 0.5}
    assert (
        fire.at["scale", "high"] == pytest.approx(2.0 + 1.645, abs=1e-3)
        and (table["mark"] == "estimated").all()
    )
    packaged = (written / "datapackage.json").read_text(encoding="utf-8")
    assert "sharing_preferences" in packaged


def test_signs_that_are_bound_are_kept_and_the_rest_is_fitted() -> None:
    found, home = made_up()
    everybody = np.ones(len(home), bool)
    free = fit_choice(found, home, set(home), everybody)
    bound = fit_choice(found, home, set(home), everybody, Asked(signs={"scale": -1, "distance": -1}))
    scale, distance = FEATURES.index("scale"), FEATURES.index("distance")
    assert free.value[scale] > 0 and bound.value[scale] == 0.0
    assert bound.value[distance] < 0 and bound.likelihood < free.likelihood


def test_among_sharers_what_draws_to_a_body_is_found_and_joining_says_nothing() -> None:
    found, home = made_up()
    shares = np.zeros(len(home), bool)
    shares[found.member[found.observed[found.body]]] = True
    among = fit_choice(found, home, set(home), shares, Asked(alone=False))
    value = dict(zip(FEATURES, among.value / among.spread, strict=True))
    assert value["scale"] == pytest.approx(2.0, abs=0.5) and value["distance"] == pytest.approx(-1.5, abs=0.5)
    assert abs(value["joining"]) < 1e-6


def test_what_a_coefficient_is_in_money_is_that_of_its_ratio() -> None:
    """Travel deters by 1.5 where the saving draws by 2.0."""
    found, home = made_up()
    shares = np.zeros(len(home), bool)
    shares[found.member[found.observed[found.body]]] = True
    everybody, people = np.ones(len(home), bool), np.full(len(home), 1e4)
    seen = Observed("fire", found, everybody, shares, everybody, people, home)
    choice = fit_choice(found, home, set(home), everybody)
    told = {words.partition(",")[0]: row for words, *row in _in_money(seen, choice, everybody, True, 0.5)}
    far = np.median(np.expm1(found.features[found.observed[found.body], FEATURES.index("distance")])) / 100
    value, low, high, draws = told["distance"]
    assert value * (1 + 100 * far) / 100 == pytest.approx(1.5 / 2.0, abs=0.2)
    assert low < value < high and draws == DRAWS
    assert told["coordination"][0] == pytest.approx(0.0, abs=1e-6), "what nobody saw costs nothing"
