"""Faults in the table of bundles: one clear message each; a rate is a parameter like others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.face import INPUTS
from optimization.case.load import load_case
from optimization.errors import InputError

CASE = INPUTS / "iwate-2022"


def spoilt(folder: Path, row: dict[str, str]) -> Path:
    shutil.copytree(CASE, folder)
    table = pd.read_csv(folder / "bundles.csv", dtype=str, keep_default_na=False)
    added = pd.DataFrame([{**table.iloc[0].to_dict(), **row}])
    pd.concat([table, added]).to_csv(folder / "bundles.csv", index=False)
    return folder


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"service_a": "fire", "service_b": "fire"}, "is a bundle of a service with itself"),
        ({"service_a": "compulsory_teachers", "service_b": "schools"}, "stands the other way round already"),
        ({"service_a": "fire", "service_b": "magic"}, "does not stand in services.csv"),
        ({"service_a": "fire", "service_b": "waste", "rate_low": "0.5"}, "the range is not in order"),
        ({"service_a": "fire", "service_b": "waste", "rate_high": "1.5"}, "rate_high"),
        ({}, "stands more than once"),
    ],
)
def test_a_faulty_bundle_is_said(row: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_case(spoilt(tmp_path / "case", row))
    assert words in str(caught.value) and "bundles.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"function": "delivery", "held_by": "king"}, "is no tier, no service and not 'responsible'"),
        ({"function": "money", "held_by": "nation"}, "cannot pay without answering for the service"),
        ({"function": "delivery", "service": "magic"}, "does not stand in services.csv"),
        (None, "has no row for its delivery"),
    ],
)
def test_faulty_functions_are_said(change: dict[str, str] | None, words: str, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(CASE, folder)
    table = pd.read_csv(folder / "functions.csv", dtype=str, keep_default_na=False)
    function = (change or {"function": "delivery"})["function"]
    at = table.index[(table["service"] == "schools") & (table["function"] == function)][0]
    if change is None:
        table = table.drop(at)
    else:
        for column, value in change.items():
            table.loc[at, column] = value
    table.to_csv(folder / "functions.csv", index=False)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert words in str(caught.value) and "functions.csv" in str(caught.value)


def test_a_case_without_the_table_has_no_bundles(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(CASE, folder)
    (folder / "bundles.csv").unlink()
    assert load_case(folder).bundles.empty


def test_the_rate_of_a_bundle_is_a_parameter() -> None:
    case = load_case(CASE)
    rate = case.parameters("joint_work_rate", "schools+compulsory_teachers")
    other = case.with_parameters({"schools+compulsory_teachers.joint_work_rate": 0.5})
    assert 0 < rate < 0.5 == other.parameters("joint_work_rate", "schools+compulsory_teachers")
