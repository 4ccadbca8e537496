"""What is looked up on the console: one municipality of a run, and the names that packages take."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import ON_IWATE, REPO, assert_refused, command

from optimization.cli.looking import Kind
from optimization.dictionary.settings import load_settings

EXAMPLE = REPO / "results" / "example"


@pytest.mark.parametrize("name", ["Tono", "遠野市", "とおの", "03208", "032085"])
def test_a_municipality_is_found_as_people_call_it(name: str) -> None:
    finished = command("town", name, EXAMPLE)
    assert finished.code == 0 and finished.out.startswith("遠野市 Tono-shi (03208), Iwate")


def test_what_a_run_means_for_a_municipality_is_what_its_tables_say() -> None:
    said = json.loads(command("town", "Tono", EXAMPLE, "--json").out)
    places = pd.read_csv(EXAMPLE / "places.csv", dtype={"code": str}).set_index("code").loc["03208"]
    residents = {row[""]: row for row in said["residents"]}
    assert residents["leeway"]["today"] == pytest.approx(places["leeway_today_yen_per_resident"])
    parts = sum(row["change"] for name, row in residents.items() if name.startswith("of which"))
    assert parts == pytest.approx(residents["leeway"]["change"], abs=1e-4)
    governments = pd.read_csv(EXAMPLE / "governments.csv", dtype={"government": str}).set_index("government")
    grant = next(row for row in said["accounts"] if row[""] == "grant")
    assert grant["package"] == pytest.approx(governments.at["03208", "grant_million_yen"])
    assert grant["prefecture"] == pytest.approx(governments.at["03", "grant_million_yen"])
    provision = pd.read_csv(EXAMPLE / "provision.csv", dtype={"code": str}).query("code == '03208'")
    answers = {row["service"]: row["answers"] for row in said["duties"]}
    assert answers == provision.set_index("service")["responsible_tier"].to_dict()


def test_without_a_run_it_is_today() -> None:
    said = json.loads(command("town", "Tono", *ON_IWATE, "--json").out)
    assert all(row["answers today"] == row["answers"] for row in said["duties"])
    assert next(row for row in said["residents"] if row[""] == "leeway")["change"] == 0


def test_a_name_that_nobody_has_is_refused_with_the_nearest(tmp_path: Path) -> None:
    assert_refused(command("town", "Toonno-machi-x", EXAMPLE), "is no municipality", "did you mean")
    assert_refused(command("town", "Tono", tmp_path), "is not a run folder")


def test_a_name_that_several_have_is_refused_with_all() -> None:
    assert_refused(command("town", "町", EXAMPLE), "municipalities", "give the code")


@pytest.mark.parametrize("kind", list(Kind))
def test_everything_that_can_be_listed_is(kind: str) -> None:
    rows = json.loads(command("list", kind, *ON_IWATE, "--json").out)
    assert rows and all(len(row) == len(rows[0]) for row in rows)


def test_the_list_of_settings_is_the_dictionary_and_can_be_narrowed() -> None:
    every = json.loads(command("list", "settings", "--json").out)
    assert [row["setting"] for row in every] == list(load_settings())
    some = json.loads(command("list", "settings", "floor", "--json").out)
    assert 0 < len(some) < len(every) and all("floor" in str(row) for row in some)


def test_what_cannot_be_listed_is_refused() -> None:
    assert_refused(command("list", "mayors"), "mayors", "services")
