"""The library refuses what the command line refuses, and writes what was solved."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from optimization import load_case, load_package, solve
from optimization.archive import run_record, write_run
from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE
from optimization.errors import InputError
from optimization.outcome.session import Session
from optimization.referee.audit import audit_run
from optimization.solving.highs import Limits
from tests.horizon.test_horizon_by_hand import phased
from tests.small_case import EXACT

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"


@pytest.fixture(scope="module")
def read() -> Case:
    return load_case(IWATE)


@pytest.mark.parametrize("asked", [["99"], "03", ["9"], [True], [3.0], ["03", "99"], [""], ["Miyagi"]])
def test_prefectures_that_the_case_has_not_are_refused_wherever_they_are_named(
    read: Case, asked: Any
) -> None:
    package = load_package(read, "status_quo")
    doors: list[Callable[[], object]] = [
        lambda: solve(read, package, asked),
        lambda: load_package(read, "status_quo", asked),
        lambda: Session(read, asked).solve(package),
        lambda: read.restrict(asked),
    ]
    for door in doors:
        with pytest.raises(InputError, match="prefecture") as fault:
            door()
        assert all("two-digit codes" in problem.remedy for problem in fault.value.problems)


@pytest.mark.parametrize("asked", [["3"], [3], ["岩手県"], ["Iwate-ken", "03"]])
def test_prefectures_are_taken_as_people_call_them_wherever_they_are_named(read: Case, asked: Any) -> None:
    package = load_package(read, "status_quo", asked)
    assert list(read.restrict(asked).prefectures.index) == ["03"]
    result = Session(read, asked).solve(package)
    assert run_record(result, Limits(), "auto", asked)["prefectures_asked"] == ["03"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"gap": np.nan},
        {"gap": -1e-4},
        {"gap": 2.0},
        {"gap": "0.1"},
        {"absolute": np.nan},
        {"seconds": -1.0},
        {"seconds": np.nan},
        {"seconds": np.inf},
        {"threads": 0},
        {"threads": 1.5},
        {"threads": True},
        {"seed": -1},
        {"processes": 0},
    ],
)
def test_limits_that_no_solver_can_keep_to_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError) as fault:
        Limits(**wrong)
    (problem,) = fault.value.problems
    assert problem.column in wrong and problem.value == repr(wrong[problem.column])


def test_a_method_that_is_none_is_refused(read: Case) -> None:
    with pytest.raises(InputError, match="is not a method"):
        solve(read, load_package(read, "status_quo"), method="simplex")


CHANGES: dict[str, Callable[[Case], object]] = {
    "municipalities": lambda case: case.municipalities.__setitem__("population_persons", 1),
    "governments": lambda case: case.governments.loc.__setitem__((case.codes[0], "name_ja"), "else"),
    "services": lambda case: case.services.__setitem__("label_en", "other"),
    "national": lambda case: case.national.__setitem__("adjustment_rate", 0.9),  # type: ignore[attr-defined]
    "allowed_tiers": lambda case: case.allowed_tiers.clear(),  # type: ignore[attr-defined]
    "parameters": lambda case: case.parameters.table.__setitem__("central", 0.0),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_case_that_was_changed_after_it_was_read_is_refused(name: str) -> None:
    case = load_case(IWATE)
    package = load_package(case, "status_quo")
    CHANGES[name](case)
    for door in (lambda: solve(case, package), lambda: solve(case.restrict(["03"]), package)):
        with pytest.raises(InputError, match="was changed after it was read") as fault:
            door()
        assert [problem.column for problem in fault.value.problems] == [name]


def test_what_is_made_of_a_case_by_its_own_means_is_accepted_and_remembered_anew(read: Case) -> None:
    key = read.parameters.keys[0]
    part = read.restrict(["03"]).with_parameters({key: 2 * read.parameters(key)})
    part.unchanged()
    pickle.loads(pickle.dumps(part)).unchanged()
    other = replace(part, municipalities=part.municipalities.assign(population_persons=1))
    with pytest.raises(InputError, match="was changed"):
        other.unchanged()


def test_what_is_written_is_what_was_solved_whatever_is_done_to_the_tables(tmp_path: Path) -> None:
    result = phased(60.0, 0.02).but(**{"horizon.years": []}).solve()
    mine = result.tables
    mine["governments"].loc[:, "name_ja"] = "else"
    mine["services"]["standard_million_yen"] = 0.0
    write_run(result, tmp_path / "run", EXACT, "decomposed", ())
    assert "else" not in (tmp_path / "run" / "governments.csv").read_text(encoding="utf-8")
    assert audit_run(tmp_path / "run").sound


def test_an_edited_table_does_not_pass_the_audit_even_where_no_statement_speaks_of_it(tmp_path: Path) -> None:
    result = phased(60.0, 0.02).but(**{"horizon.years": []}).solve()
    folder = write_run(result, tmp_path / "run", EXACT, "decomposed", ())
    file = folder / "services.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("fire", "fires", 1), encoding="utf-8")
    assert not audit_run(folder).checks["files are as written"]


def test_a_package_read_for_other_places_is_refused() -> None:
    """The pool of the whole country would be that of one prefecture: 16,970,487 million yen in the place of 397,826."""
    nation = load_case(DEFAULT_CASE)
    with pytest.raises(InputError) as caught:
        solve(nation, load_package(nation, "role_division"), ["03"])
    said = str(caught.value)
    assert "pool.ordinary_million_yen" in said and "other places" in said and "['03']" in said


def test_a_package_written_into_is_refused(read: Case) -> None:
    for key, value in (
        ("rules.groups", "nonsense"),
        ("discipline.retention_floor", float("nan")),
        ("equity.adequacy_floor", 7.0),
    ):
        package = load_package(read, "role_division")
        cast(dict[str, Any], package.settings)[key] = value
        with pytest.raises(InputError, match=key):
            solve(read, package)


@pytest.mark.parametrize("arguments", [("role_division",), (None,)])
def test_what_has_not_been_read_is_refused(read: Case, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InputError, match="load_package"):
        solve(read, *arguments)
    with pytest.raises(InputError, match="load_case"):
        solve(cast(Case, "inputs/iwate-2022"), load_package(read, "status_quo"))
