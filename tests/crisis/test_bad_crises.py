"""Faults in the crisis tables and settings: one clear message each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.face import INPUTS
from optimization.case.load import load_case
from optimization.case.parameters import Parameters
from optimization.errors import InputError
from tests.crisis.crisis_case import LOCAL, Shock, two_towns

CASE = INPUTS / "iwate-2022"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"crisis.scenarios": ["localy"]}, "no such scenario in the case"),
        ({"crisis.shortage_price": 0.5}, "is not above the cost of serving"),
    ],
)
def test_a_setting_that_cannot_be_is_said(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        _ = two_towns({"local": LOCAL}, **changes).instance.crisis


def test_odds_above_one_are_said() -> None:
    shocks = {f"s{n}": Shock("flood", 0.6, {"01201": 1.0}) for n in range(2)}
    with pytest.raises(InputError, match="the probabilities sum to 1.2"):
        _ = two_towns(shocks).instance.crisis


def test_a_surge_without_its_urgency_is_said() -> None:
    question = two_towns({"local": LOCAL})
    table = question.case.parameters.table
    parameters = Parameters(table[table["parameter"] != "crisis_urgency"], {})
    lacking = replace(question, case=replace(question.case, parameters=parameters))
    with pytest.raises(InputError, match="crisis_urgency"):
        _ = lacking.instance.crisis


def spoil(name: str, change: Callable[[pd.DataFrame], pd.DataFrame], folder: Path) -> Path:
    shutil.copytree(CASE, folder)
    table = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
    change(table).to_csv(folder / f"{name}.csv", index=False)
    return folder


def put(column: str, value: str, row: int = 0) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[row, column] = value
        return table

    return change


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("crisis_scenarios", put("probability_low", "0.9"), "the range is not in order"),
        ("crisis_scenarios", put("severity_high", "0.9"), "the range is not in order"),
        ("crisis_scenarios", put("crisis_type", "meteor"), "is not a known value"),
        ("crisis_scenarios", put("scenario", "fire"), "is the name of a service too"),
        ("crisis_exposure", put("area", "99"), "is no prefecture and no municipality"),
        ("crisis_exposure", put("scenario", "storm"), "does not stand in crisis_scenarios.csv"),
        ("crisis_exposure", put("exposed_share", "1.5"), "the most it can be"),
        ("parameters", lambda t: t.replace({"parameter": {"aid_loss_bloc": "aid_loss_blocs"}}), "is not a parameter"),
    ],
)  # fmt: skip
def test_a_fault_of_the_tables_is_said(
    name: str, change: Callable[[pd.DataFrame], pd.DataFrame], words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as fault:
        load_case(spoil(name, change, tmp_path / "case"))
    assert any(words in problem.message for problem in fault.value.problems), fault.value.problems


def test_a_case_without_crisis_tables_knows_no_scenario(tmp_path: Path) -> None:
    shutil.copytree(CASE, tmp_path / "case")
    for name in ("crisis_scenarios", "crisis_exposure"):
        (tmp_path / "case" / f"{name}.csv").unlink()
    assert load_case(tmp_path / "case").crises.scenarios.empty
    assert not load_case(CASE).crises.scenarios.empty


def test_the_narrower_area_counts() -> None:
    """Iwate: the nation's row of the pandemic, the coast's own rows of the tsunami."""
    crises = load_case(CASE).crises
    assert (crises.exposed["pandemic"] == 1.0).all()
    assert crises.exposed.at["03210", "tohoku_coast"] == 0.8
    assert crises.exposed.at["03201", "tohoku_coast"] == 0.0
