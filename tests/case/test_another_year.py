"""A case of another fiscal year and register is read, checked and solved as that of the embedded one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from optimization import load_case, load_package, solve
from optimization.errors import InputError
from optimization.prepare.population_tables import register_year
from optimization.reading.whereabouts import INPUTS

IWATE = INPUTS / "iwate-2022"


def relabelled(folder: Path, year: int, **further: int) -> Path:
    """A copy of the teaching case that says it is of another fiscal year; `further` are other years it names."""
    shutil.copytree(IWATE, folder)
    table = pd.read_csv(folder / "national.csv", dtype=str, keep_default_na=False)
    table.loc[table["item"] == "fiscal_year", "value"] = str(year)
    rows = [[item, "year", str(value), "sourced", "a copy"] for item, value in further.items()]
    pd.concat([table, pd.DataFrame(rows, columns=table.columns)]).to_csv(folder / "national.csv", index=False)
    return folder


def renamed(folder: Path, name: str) -> None:
    """The register of the case under another name of its column."""
    file = folder / "population_history.csv"
    file.write_text(file.read_text("utf-8").replace("register_persons", name, 1), encoding="utf-8")


@pytest.mark.parametrize(("year", "further"), [(2020, {}), (2023, {}), (2023, {"register_year": 2022})])
def test_a_case_of_another_year_is_read_and_solved(
    tmp_path: Path, year: int, further: dict[str, int]
) -> None:
    case = load_case(relabelled(tmp_path / f"iwate-{year}", year, **further))
    assert (case.fiscal_year, case.notices) == (year, ())
    result = solve(case, load_package(case, "status_quo"))
    assert result.outcome.status == "optimal"
    embedded = load_case(IWATE)
    today = solve(embedded, load_package(embedded, "status_quo"))
    assert result.outcome.objective == pytest.approx(today.outcome.objective, rel=1e-9)


def test_people_of_another_register_are_found_in_every_year(tmp_path: Path) -> None:
    folder = relabelled(tmp_path / "iwate-2023", 2023)
    file = folder / "population_history.csv"
    table = pd.read_csv(file, dtype=str)
    table.loc[table["code"] == "03201", "register_persons"] = "1"
    table.to_csv(file, index=False)
    with pytest.raises(InputError, match="row 03201, column register_persons: is not the population of"):
        load_case(folder)


def test_a_column_that_has_its_year_in_its_name_is_still_read_and_told(tmp_path: Path) -> None:
    folder = relabelled(tmp_path / "old", 2022)
    renamed(folder, "register_2022_persons")
    case = load_case(folder)
    said = (
        "old/population_history.csv: column register_2022_persons is read as register_persons, its name since",
    )
    assert case.notices == said
    assert set(said) <= set(load_package(case, "status_quo").warnings)


def test_an_older_case_may_hold_the_register_of_another_year(tmp_path: Path) -> None:
    """Before, its people were held against the column of their own year alone."""
    folder = relabelled(tmp_path / "old", 2020)
    file = folder / "population_history.csv"
    table = pd.read_csv(file, dtype=str)
    table["register_persons"] = (table["register_persons"].astype(int) + 1).astype(str)
    table.to_csv(file, index=False)
    renamed(folder, "register_2022_persons")
    assert load_case(folder).notices


def test_two_columns_that_may_be_meant_are_told(tmp_path: Path) -> None:
    folder = relabelled(tmp_path / "old", 2022)
    file = folder / "population_history.csv"
    table = pd.read_csv(file, dtype=str)
    table["register_2021_persons"] = table["register_persons"]
    table.rename(columns={"register_persons": "register_2022_persons"}).to_csv(file, index=False)
    with pytest.raises(InputError, match="column register_2021_persons: is not a column of the table"):
        load_case(folder)


def test_a_register_after_the_last_projected_year_is_reckoned_on(tmp_path: Path) -> None:
    """Growth from then on is that of nobody: there is no later year."""
    case = load_case(relabelled(tmp_path / "late", 2022, register_year=2060))
    assert case.growth.empty


def test_compiled_tables_tell_of_which_register_their_people_are(tmp_path: Path) -> None:
    """By figures and not by a year of ours; one slip leaves the year as it was."""
    history = pd.DataFrame(
        {"code": ["01100", "01202", "01203"], "jbk_2015": [5, 6, 7], "jbk_2023": [4, 5, 6]}
    )
    history.to_csv(tmp_path / "population_history.csv", index=False)
    people = pd.DataFrame({"code": ["01203", "01100", "01202"], "population": [6, 4, 9]})
    people.to_csv(tmp_path / "population_municipality.csv", index=False)
    assert register_year(tmp_path) == 2023
    people.assign(population=[1, 2, 3]).to_csv(tmp_path / "population_municipality.csv", index=False)
    with pytest.raises(
        InputError, match="no register in it is the population of population_municipality.csv"
    ):
        register_year(tmp_path)
