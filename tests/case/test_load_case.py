"""Loading a case: the official totals, the accounts' identity, the order of rows, optional tables."""

from __future__ import annotations

import random
import shutil
from dataclasses import fields
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.case.check import check_examined
from optimization.case.crisis import PROBABILITY, SEVERITY, CrisisTables
from optimization.case.indicators import RATIOS, debt_ratios, indicator_problems, newest_year
from optimization.case.load import load_case
from optimization.case.parameters import Parameters
from optimization.case.ranges import BY_SERVICE, CRISIS, CRISIS_BY_SERVICE, GENERAL
from optimization.case.tables import OPTIONAL, Examined, read_tables
from optimization.case.today import TODAY_TABLES
from optimization.dictionary.tables import load_tables
from optimization.dictionary.tiers import TIERS
from optimization.reading.table_file import text_table

INPUTS = Path(__file__).parents[2] / "inputs"
IWATE = INPUTS / "iwate-2022"


@cache
def national() -> Case:
    return load_case(INPUTS / "japan-2022")


@cache
def teaching() -> Case:
    return load_case(IWATE)


def assert_equal(one: Case, other: Case, but: tuple[str, ...] = ()) -> None:
    """Every field the same, frames to their order and types; what a case remembers of itself repeats them."""
    for name in {field.name for field in fields(Case)} - {"as_read", *but}:
        left, right = getattr(one, name), getattr(other, name)
        if isinstance(left, Parameters):
            left, right = left.table, right.table
        if isinstance(left, CrisisTables):
            for table in fields(CrisisTables):
                pd.testing.assert_frame_equal(getattr(left, table.name), getattr(right, table.name))
        elif isinstance(left, pd.DataFrame):
            pd.testing.assert_frame_equal(left, right, check_exact=True, obj=name)
        else:
            assert left == right, name


# ---- figures


def test_counts_of_the_nation() -> None:
    case = national()
    assert (case.name, case.fiscal_year) == ("japan-2022", 2022)
    assert (len(case.municipalities), len(case.prefectures), len(case.governments)) == (1_719, 47, 1_765)
    assert (len(case.services), len(case.user_bodies)) == (44, 0)
    assert case.municipalities["population_persons"].sum() == 125_927_902


@pytest.mark.parametrize(
    ("tier", "column", "billion_yen"),
    [
        ("municipality", "need_million_yen", 25_053.3),
        ("municipality", "revenue_million_yen", 17_362.1),
        ("prefecture", "need_million_yen", 21_141.8),
        ("prefecture", "revenue_million_yen", 12_018.7),
    ],
)
def test_totals_are_the_official_ones(tier: str, column: str, billion_yen: float) -> None:
    """1,718 municipalities and 46 prefectures: Tokyo and its wards stand aside as one government."""
    rows = national().governments.drop(index="13+13100")
    rows = rows[rows["tier"] == tier]
    assert len(rows) == {"municipality": 1_718, "prefecture": 46}[tier]
    assert rows[column].sum() / 1_000 == pytest.approx(billion_yen, abs=0.05)


def test_counted_bases_give_the_revenue_of_every_government() -> None:
    """counted share x base of every tax, less deductions = standard revenue."""
    rows, bases = national().governments, national().tax_bases
    counted = bases * bases.columns.get_level_values("counted_share").to_numpy(float)
    capacity = counted.sum(axis=1) + rows["deduction_million_yen"]
    np.testing.assert_allclose(capacity, rows["revenue_million_yen"], rtol=1e-12)
    assert (rows["deduction_million_yen"] <= 1e-6).all()


def test_frames_are_joined_by_code() -> None:
    case = national()
    assert case.codes.equals(case.municipal_need.index)
    assert case.prefectures.index.equals(case.prefectural_need.index)
    assert case.codes.is_monotonic_increasing
    assert case.prefectures.at["03", "bloc"] == "tohoku"
    assert case.municipalities.at["03201", "income_tax_million_yen"] == pytest.approx(12_432.597)
    assert case.governments.at["13+13100", "prefecture_code"] == "13"
    assert case.standard_need("police")["03"] == pytest.approx(18_171.320)


def test_debt_ratios_are_those_of_the_newest_indicators() -> None:
    """FY2021 for the case of FY2022; a dash of the ministry is no burden; of Tokyo (1.5%, 37.5%) and its
    wards (at most 0.0%, none) the larger counts."""
    ratios = national().governments[list(RATIOS)]
    assert ratios.loc["01209"].tolist() == pytest.approx([0.683, 2.740])  # Yubari
    assert ratios.loc["03201"].tolist() == pytest.approx([0.099, 0.578])
    assert ratios.loc["13+13100"].tolist() == pytest.approx([0.015, 0.375])
    assert (ratios["future_burden_ratio"] == 0.0).any()
    assert ((ratios["real_debt_service_ratio"] >= 0.18).sum(), ratios.isna().sum().sum()) == (2, 0)


@pytest.mark.parametrize(("fiscal_year", "year", "ratio"), [(2020, 2020, 0.10), (2030, 2021, 0.11)])
def test_indicators_after_the_case_do_not_count(fiscal_year: int, year: int, ratio: float) -> None:
    table = pd.DataFrame(
        {
            "level": "municipality",
            "code": "03201",
            "fiscal_year": [2019, 2020, 2021],
            "real_debt_service_ratio_percent": [9.0, 10.0, 11.0],
            "future_burden_ratio_percent": [50.0, np.nan, 70.0],
            "no_burden": [0, 1, 0],
        }
    )
    assert newest_year(table, fiscal_year) == year
    burden = {2020: 0.0, 2021: 0.7}[year]
    assert debt_ratios(table, fiscal_year).loc["03201"].tolist() == pytest.approx([ratio, burden])


def test_every_ward_must_stand_among_the_indicators() -> None:
    """On the national tables, spoilt in memory: the joint account of the wards needs all of them."""
    tables = dict(read_tables(INPUTS / "japan-2022"))
    table = tables["indicators"]
    tables["indicators"] = table[~((table["code"] == "13123") & (table["fiscal_year"] == 2021))]
    (problem,) = indicator_problems(tables, 2022.0)
    assert (problem.row, problem.message) == (
        "13123",
        "has no row for this ward in 2021, the year that counts",
    )


def test_services_keep_the_order_of_the_official_budget() -> None:
    services = list(national().services.index)
    assert services[:2] == ["fire", "municipal_roads"]
    assert services.index("general_administration") + 1 == services.index("police")
    assert all(tiers == tuple(t for t in TIERS if t in tiers) for tiers in national().allowed_tiers.values())


def test_the_teaching_case_is_a_case() -> None:
    case = teaching()
    assert (len(case.municipalities), list(case.prefectures.index)) == (33, ["03"])
    pd.testing.assert_frame_equal(case.municipal_need, national().municipal_need.loc[case.codes])


# ---- the form of a case


def test_folder_may_be_text_and_other_files_are_left_alone(tmp_path: Path) -> None:
    """The name is the folder's; a further CSV, even a broken one, is neither read nor an input."""
    folder = tmp_path / "iwate-2022"
    shutil.copytree(IWATE, folder)
    (folder / "notes.csv").write_bytes(b"\xff\x00,,\n")
    (folder / "more.csv").mkdir()
    case = load_case(f"{folder}/")
    assert_equal(case, teaching(), but=("path",))
    tables = {f"{name}.csv" for name in load_tables()}
    of_a_whole_case = {
        "bundles",
        "functions",
        "crisis_scenarios",
        "crisis_exposure",
        "outlines",
        "readings",
        "sharing_preferences",
        "standard_scale",
        *TODAY_TABLES,
    }
    assert set(case.sha256) == tables - {f"{name}.csv" for name in OPTIONAL - of_a_whole_case}


def test_order_of_rows_makes_no_difference(tmp_path: Path) -> None:
    folder = tmp_path / "japan-2022"
    folder.mkdir()
    for file in sorted((INPUTS / "japan-2022").glob("*.csv")):
        header, *rows = file.read_text(encoding="utf-8").splitlines()
        random.Random(file.name).shuffle(rows)
        (folder / file.name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    assert_equal(load_case(folder), national(), but=("path", "sha256"))


def test_order_of_columns_makes_no_difference(tmp_path: Path) -> None:
    """Columns are found by name; only the items of the need tables set the order of services."""
    folder = tmp_path / "iwate-2022"
    shutil.copytree(IWATE, folder)
    for name in ("municipalities", "services", "parameters", "adjacency", "municipal_allocation"):
        frame = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        frame[frame.columns[::-1]].to_csv(folder / f"{name}.csv", index=False)
    case = load_case(folder)
    assert list(case.services.index) == list(teaching().services.index)
    pd.testing.assert_frame_equal(case.governments, teaching().governments)
    pd.testing.assert_frame_equal(case.municipalities, teaching().municipalities, check_like=True)


def test_byte_order_mark_windows_line_ends_and_missing_end(tmp_path: Path) -> None:
    folder = tmp_path / "iwate-2022"
    shutil.copytree(IWATE, folder)
    for file in folder.glob("*.csv"):
        text = file.read_bytes().replace(b"\n", b"\r\n").rstrip(b"\r\n")
        file.write_bytes(b"\xef\xbb\xbf" + text)
    assert_equal(load_case(folder), teaching(), but=("path", "sha256"))


def test_bodies_of_the_user_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "iwate-2022"
    shutil.copytree(IWATE, folder)
    (folder / "bodies.csv").write_text("body_id,code\nnorth,03207\nnorth,03202\n", encoding="utf-8")
    case = load_case(folder)
    assert case.user_bodies.to_dict("list") == {"body_id": ["north", "north"], "code": ["03202", "03207"]}
    assert "bodies.csv" in case.sha256


def test_empty_cells_stay_empty() -> None:
    """What is not published is missing, never zero; texts that may be empty are empty texts."""
    tables = read_tables(IWATE)
    ratio = tables["prefectural_settlements"]["fiscal_strength_index"]
    assert ratio.isna().any()
    assert (tables["parameters"]["service"] == "").any()
    assert tables["services"]["spread_by"].isna().sum() == 0
    check_examined(Examined(tables, {}, frozenset(tables)), IWATE)


def test_needed_parameters_are_those_the_costs_read() -> None:
    """A parameter taken out of the table is missed exactly for the services that use it."""
    case = national()
    given = case.parameters.table.groupby("parameter")["service"].agg(set)
    of_crises = set(CRISIS) | set(CRISIS_BY_SERVICE) | {PROBABILITY, SEVERITY}
    assert set(given.index) == set(GENERAL) | set(BY_SERVICE) | of_crises | {"joint_work_rate"}
    for parameter in ("trips_to_seat", "transition_cost", "unit_fixed_cost_million_yen"):
        assert given[parameter] >= set(case.movable_services)
    wide = case.services.index[case.services["wide_area"] == 1]
    for parameter in ("coordination_rate", "max_travel_minutes"):
        assert given[parameter] == set(wide)
    assert given["national_share"] == given["taste_weight"] == set(case.services.index)


def test_an_income_tax_of_nothing_that_adds_up_is_read(tmp_path: Path) -> None:
    """Corrections of earlier years may leave a village no counted income tax; the least per head of the others then
    tells its residents' income, and the accounts keep the nothing."""
    folder = tmp_path / "iwate"
    shutil.copytree(IWATE, folder)
    table = text_table(folder / "municipal_revenue.csv").set_index("code")
    income = "inhabitant_income_thousand_yen"
    table.loc["03201", "property_land_thousand_yen"] = str(
        int(table.at["03201", "property_land_thousand_yen"]) + int(table.at["03201", income])
    )
    table.loc["03201", income] = "0"
    table.reset_index().to_csv(folder / "municipal_revenue.csv", index=False, lineterminator="\n")
    case, before = load_case(folder), load_case(IWATE)
    per_head = case.municipalities["income_tax_million_yen"] / case.municipalities["population_persons"]
    assert per_head["03201"] == pytest.approx(per_head.drop("03201").min())
    assert case.tax_bases.loc["03201", "municipal.inhabitant_income"].sum() == 0
    pd.testing.assert_series_equal(
        case.governments["revenue_million_yen"], before.governments["revenue_million_yen"]
    )
