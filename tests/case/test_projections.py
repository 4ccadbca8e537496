"""Projections: the published totals, the jointly projected group, growth from the register, faults of the tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.case.load import load_case
from optimization.case.projections import AGES, growth, projected, projection_problems

INPUTS = Path(__file__).parents[2] / "inputs"
PUBLISHED = {2020: 126_146_099, 2030: 120_115_783, 2040: 112_837_404, 2050: 104_686_386}


def small() -> dict[str, pd.DataFrame]:
    """A town by itself, and two that are projected together."""
    years = {2020: (1000, 300, 100), 2025: (900, 310, 120), 2050: (500, 250, 150)}
    rows = [
        (code, year, *(factor * n for n in persons), group)
        for code, factor, group in (("01001", 1, ""), ("07_x", 4, "07_x"))
        for year, persons in years.items()
    ]
    register = [("01001", 990, 300, 100), ("07002", 3000, 600, 100), ("07003", 1000, 600, 300)]
    return {
        "projections": pd.DataFrame(rows, columns=["code", "year", *AGES, "projection_group"]),
        "projection_members": pd.DataFrame(
            [("07_x", "07002"), ("07_x", "07003")], columns=["projection_group", "code"]
        ),
        "municipalities": pd.DataFrame(register, columns=["code", *AGES]),
    }


def test_the_nation_adds_up_to_the_published_totals() -> None:
    """The group of Fukushima is shared out and nothing is lost."""
    case = load_case(INPUTS / "japan-2022")
    assert list(case.projections.index) == list(case.codes)
    totals = case.projections[AGES[0]].sum()
    for year, published in PUBLISHED.items():
        assert totals[year] == pytest.approx(published, abs=0.01)


def test_a_group_is_shared_by_its_register_of_the_same_age() -> None:
    """07002 has 3000 of 4000 residents, 600 of 1200 of 65+, 100 of 400 of 75+; the group 2000, 1000, 600 in 2050."""
    frame = projected(small())
    assert list(frame.index) == ["01001", "07002", "07003"]
    found = [frame.at["07002", (age, 2050)] for age in AGES]
    assert found == pytest.approx([2000 * 0.75, 1000 * 0.5, 600 * 0.25])


def test_growth_is_counted_from_the_register_day() -> None:
    """1 January 2022 is a quarter of the way from October 2020 to October 2025: 1000 x 0.9^0.25 stood then."""
    frame = growth(projected(small()), 2022)
    assert set(frame.columns.get_level_values("year")) == {2025, 2050}
    assert frame.at["01001", (AGES[0], 2050)] == pytest.approx(0.5 / 0.9**0.25)


def test_growth_before_the_first_projection_goes_back_at_its_rate() -> None:
    """1 January 2018 lies 0.55 of a step before October 2020."""
    frame = growth(projected(small()), 2018)
    assert frame.at["01001", (AGES[0], 2020)] == pytest.approx(0.9**0.55)


def test_order_of_rows_makes_no_difference() -> None:
    tables = small()
    shuffled = {name: table.iloc[::-1] for name, table in tables.items()}
    pd.testing.assert_frame_equal(projected(tables), projected(shuffled))


def drop(table: str, rows: slice) -> dict[str, pd.DataFrame]:
    tables = small()
    return {**tables, table: tables[table].drop(tables[table].index[rows])}


def with_cell(row: int, column: str, value: object) -> dict[str, pd.DataFrame]:
    tables = small()
    frame = tables["projections"].copy()
    frame.loc[row, column] = value
    return {**tables, "projections": frame}


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (drop("projections", slice(0, 3)), "has no row for this municipality"),
        (drop("projections", slice(3, 6)), "has no row for the group 07_x of 07002"),
        (drop("projections", slice(2, 3)), "has no row of 2050"),
        (drop("projection_members", slice(0, 1)), "has no row for this municipality"),
        (with_cell(0, AGES[0], 0), "must be above 0"),
        (with_cell(0, AGES[2], 0), "must be above 0"),
        (with_cell(2, AGES[1], 501), "is above population_persons"),
        (with_cell(2, AGES[2], 251), "is above age_65_plus_persons"),
    ],
)
def test_faults_are_named(tables: dict[str, pd.DataFrame], said: str) -> None:
    problems = list(projection_problems(tables))
    assert any(said in problem.message for problem in problems)
    assert all(problem.file == "projections" and problem.remedy for problem in problems)


def test_sound_tables_have_no_problem() -> None:
    assert not list(projection_problems(small()))


def test_one_year_is_no_projection() -> None:
    tables = small()
    only = tables["projections"][tables["projections"]["year"] == 2020]
    assert [p.message for p in projection_problems({**tables, "projections": only})] == [
        "holds fewer than two years"
    ]


def test_a_part_of_the_country_keeps_its_rows() -> None:
    case = load_case(INPUTS / "japan-2022").restrict(["07"])
    assert list(case.growth.index) == list(case.codes)
    assert np.isfinite(case.growth.to_numpy()).all()
