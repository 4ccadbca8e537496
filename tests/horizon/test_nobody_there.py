"""Growth where nobody stands: of nobody it is 1, from nobody there is none; every figure of a question is a number."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.case.projections import UNDER_65, driver_growth, growth, projected, times
from optimization.dictionary.tiers import MUNICIPALITY
from optimization.errors import InputError
from optimization.ledger.finite import finite_problems
from tests.case.test_projections import small as tables
from tests.cli.command_line import IWATE, command, write_package
from tests.horizon.horizon_case import STILL, Service, Small, Town, grown, small

TOWN = "03524"


def aged(people: float) -> Small:
    """Schools of two towns; in the first nobody is below 65, and in 2050 there are `people` times its residents while
    those of 65 and older halve."""
    towns = [Town("01201", need={"schools": 50.0}), Town("01202", need={"schools": 50.0})]
    question = small(
        towns,
        [Service("schools", driver=UNDER_65)],
        changes={"horizon.years": ["2050"], **STILL},
    )
    register = question.case.municipalities.copy()
    for age in ("age_65_plus_persons", "age_75_plus_persons"):
        register.loc["01201", age] = register.at["01201", "population_persons"]
    question = replace(question, case=replace(question.case, municipalities=register))
    return grown(question, {"01201": {2050: (people, 0.5)}, "01202": {2050: (0.5, 0.5)}})


def test_growth_of_nobody_is_one_and_from_nobody_without_end() -> None:
    found = times(pd.Series([6.0, 0.0, 0.0, 5.0]), pd.Series([3.0, 3.0, 0.0, 0.0]))
    assert found.tolist() == [2.0, 0.0, 1.0, np.inf]


def test_a_place_where_nobody_is_below_65_keeps_what_it_spends_on_them() -> None:
    question = aged(people=0.5)
    case = question.case
    assert driver_growth(case.growth, case.municipalities, 2050).at["01201", UNDER_65] == 1.0
    accounts = question.optimum()
    spent = [later.standard_cost for later in accounts.later]
    assert np.isfinite(spent).all()
    need = accounts.later[0].instance.standard_need[MUNICIPALITY][:, 0]
    assert need[0] > 49.0 > need[1]


def test_those_who_are_to_come_where_nobody_is_are_a_fault() -> None:
    with pytest.raises(InputError) as caught:
        _ = aged(people=0.6).instance
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.column) == ("municipalities", "01201", "age_65_plus_persons")
    assert "2050" in problem.message and UNDER_65 in problem.message


def test_a_group_in_which_a_member_has_nobody_of_an_age_grows_as_far_as_it_can() -> None:
    given = tables()
    register = given["municipalities"].copy()
    register.loc[register["code"] == "07003", "age_75_plus_persons"] = 0
    nobody = register.assign(
        age_75_plus_persons=register["age_75_plus_persons"].where(register["code"] == "01001", 0)
    )
    for changed in (register, nobody):
        found = growth(projected({**given, "municipalities": changed}), 2022)
        assert np.isfinite(found.to_numpy()).all()


def test_a_figure_that_is_no_number_is_told_with_place_figure_and_year() -> None:
    question = aged(people=0.5)
    instance = question.instance
    assert list(finite_problems(instance)) == []
    horizon = instance.horizon
    assert horizon is not None
    costs = horizon.later[0].costs
    part = replace(costs.by_tier["nation"], transition=np.where([[True], [False]], np.nan, 0.0))
    spoilt = replace(costs, by_tier={**costs.by_tier, "nation": part})
    later = replace(horizon.later[0], costs=spoilt)
    (problem,) = finite_problems(replace(instance, horizon=replace(horizon, later=(later,))))
    assert (problem.row, problem.column) == ("01201", "schools")
    assert "transition cost (nation)" in problem.message and "2050" in problem.message


def without_the_young(folder: Path, all_years: bool) -> Path:
    """The teaching case with a town of the old alone, in all projected years or before 2030 only."""
    case = Path(shutil.copytree(IWATE, folder / "case"))
    (case / "datapackage.json").unlink()
    register = pd.read_csv(case / "municipalities.csv", dtype=str, keep_default_na=False)
    here = register["code"] == TOWN
    ages = [
        c
        for c in register
        if c.startswith("age_") and c not in ("age_65_plus_persons", "age_75_plus_persons")
    ]
    register.loc[here, ages] = "0"
    register.loc[here, "age_65_plus_persons"] = register.loc[here, "population_persons"]
    register.to_csv(case / "municipalities.csv", index=False)
    table = pd.read_csv(case / "projections.csv", dtype=str, keep_default_na=False)
    here = table["code"] == TOWN
    table.loc[here, "age_65_plus_persons"] = table.loc[here, "population_persons"]
    if not all_years:
        here &= table["year"] >= "2030"
        people = table.loc[here, "population_persons"].astype(int)
        table.loc[here, "age_65_plus_persons"] = (people // 2).astype(str)
        table.loc[here, "age_75_plus_persons"] = (people // 4).astype(str)
    table.to_csv(case / "projections.csv", index=False)
    return case


@pytest.mark.parametrize(("all_years", "code"), [(True, 0), (False, 2)])
def test_validate_says_what_run_would(all_years: bool, code: int, tmp_path: Path) -> None:
    case = without_the_young(tmp_path, all_years)
    package = write_package(tmp_path, "later", '"horizon.years" = ["2030"]')
    told = command("validate", package, "--case", case)
    assert told.code == code, told.err
    if code:
        run = command("run", package, "--case", case, "--out", tmp_path / "run")
        assert run.code == code and not (tmp_path / "run").exists()
        assert TOWN in told.err and "2030" in told.err and "age_65_plus_persons" in told.err
        assert [line for line in told.err.splitlines() if TOWN in line] == [
            line for line in run.err.splitlines() if TOWN in line
        ]


def test_validate_tells_what_cannot_go_together() -> None:
    told = command("validate", "all_connected+crisis_ready", "--case", IWATE)
    assert told.code == 2 and "bodies respond to crises together" in told.err
