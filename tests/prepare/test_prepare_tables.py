"""The compiled tables and the indicators become the tables of a case; spoilt ones are named."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from optimization.errors import InputError
from optimization.prepare import finance_tables, population_tables
from optimization.prepare.tables import read_tables
from optimization.reading.japan import JOINT_PARTS, PREFECTURES

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="session")
def tables(official: Path) -> Tables:
    """All tables of the case of FY2022."""
    return read_tables(official / "tables", 2022)


def test_the_nation_is_whole(tables: Tables) -> None:
    """Published persons and households; 1,718 municipalities and the joint wards; no ward alone."""
    people = tables["municipalities"]
    assert people["population_persons"].sum() == 125_927_902
    assert people["households"].sum() == 59_761_065
    assert len(people) == 1719
    assert not set(people["code"]) & set(JOINT_PARTS)
    classes = people["city_class"].value_counts().to_dict()
    assert classes == {
        "town": 743,
        "city": 687,
        "village": 183,
        "core_city": 62,
        "special_city": 23,
        "designated_city": 20,
        "wards": 1,
    }


def test_joint_wards_are_the_sum_of_the_wards(tables: Tables, official: Path) -> None:
    """Sums of people and area, the office of Shinjuku, a health centre of its own."""
    source = pd.read_csv(official / "tables" / "population_municipality.csv", dtype={"code": str})
    places = pd.read_csv(official / "tables" / "municipality_geo.csv", dtype={"code": str}).set_index("code")
    joint = tables["municipalities"].set_index("code").loc["13100"]
    wards = source[source["code"].isin(JOINT_PARTS)]
    assert joint["population_persons"] == wards["population"].sum() == 9_522_872
    assert joint["age_75_plus_persons"] == wards["age_75_plus"].sum()
    assert joint["area_km2"] == pytest.approx(places.loc[list(JOINT_PARTS), "area_km2"].sum(), abs=0.01)
    assert (joint["office_lon_deg"], joint["office_lat_deg"]) == tuple(
        places.loc["13104", ["office_lon", "office_lat"]]
    )
    assert (joint["name_ja"], joint["has_own_health_centre"], joint["landmass"]) == ("特別区", 1, "honshu")


def test_ages_and_withheld_ages_sum_to_the_population(tables: Tables) -> None:
    """The ministry withholds 9,191 ages in small municipalities; they stay apart, nothing is filled in."""
    people = tables["municipalities"]
    ages = people[
        ["age_0_14_persons", "age_15_64_persons", "age_65_plus_persons", "age_not_published_persons"]
    ]
    assert (ages.sum(axis=1) == people["population_persons"]).all()
    assert people["age_not_published_persons"].sum() == 9_191


def test_futaba_has_its_office_in_the_town(tables: Tables) -> None:
    """The evacuation office in Iwaki is overridden: the office lies within 5 km of the centroid."""
    futaba = tables["municipalities"].set_index("code").loc["07546"]
    assert abs(futaba["office_lon_deg"] - futaba["centroid_lon_deg"]) < 0.05
    assert abs(futaba["office_lat_deg"] - futaba["centroid_lat_deg"]) < 0.05


def test_prefectures(tables: Tables) -> None:
    """47 rows that sum to the nation; each capital is a city of its prefecture."""
    frame, people = tables["prefectures"], tables["municipalities"].set_index("code")
    assert list(frame["prefecture_code"]) == list(PREFECTURES)
    assert frame["population_persons"].sum() == 125_927_902
    assert (frame["capital_code"].str[:2] == frame["prefecture_code"]).all()
    assert frame["name_en"].is_unique
    named = dict(zip(frame["prefecture_code"], people.loc[frame["capital_code"], "name_ja"], strict=True))
    for code, name in (
        ("01", "札幌市"),
        ("08", "水戸市"),
        ("13", "特別区"),
        ("24", "津市"),
        ("35", "山口市"),
        ("40", "福岡市"),
        ("47", "那覇市"),
    ):
        assert named[code] == name


def test_borders_are_pairs_of_known_neighbours(tables: Tables, official: Path) -> None:
    """One row a pair; all but the 48 islands have a border; lengths are kept but for those among wards."""
    frame = tables["adjacency"]
    assert (frame["code_a"] < frame["code_b"]).all()
    assert not frame.duplicated(["code_a", "code_b"]).any()
    people = tables["municipalities"]
    isolated = set(people["code"]) - set(frame["code_a"]) - set(frame["code_b"])
    assert isolated == set(people.loc[people["is_island"] == 1, "code"])
    assert len(isolated) == 48
    source = pd.read_csv(official / "tables" / "adjacency.csv", dtype={"code_a": str, "code_b": str})
    inner = source["code_a"].isin(JOINT_PARTS) & source["code_b"].isin(JOINT_PARTS)
    assert frame["shared_boundary_km"].sum() == pytest.approx(
        source.loc[~inner, "shared_boundary_km"].sum(), abs=0.5
    )
    assert (frame["same_prefecture"] == (frame["code_a"].str[:2] == frame["code_b"].str[:2])).all()


def test_medical_areas_share_out_everybody(tables: Tables) -> None:
    """Shares sum to 1; only Kawasaki and the joint wards lie in several areas; 335 areas."""
    frame = tables["medical_areas"]
    sums = frame.groupby("code")["population_share"].sum()
    assert ((sums - 1).abs() < 1e-5).all()
    counts = frame["code"].value_counts()
    assert counts[counts > 1].to_dict() == {"13100": 7, "14130": 2}
    assert frame["medical_area_code"].nunique() == 335


def test_projections_sum_to_the_published_totals(tables: Tables) -> None:
    """National totals of 2020 and 2050; thirteen members of the jointly projected group."""
    frame = tables["projections"]
    totals = frame.groupby("year")["population_persons"].sum()
    assert (totals["2020"], totals["2050"]) == (126_146_099, 104_686_386)
    assert len(totals) == 7
    assert (frame["projection_group"] == "07_hamadori").sum() == 7
    members = tables["projection_members"]
    assert len(members) == 13
    assert not set(members["code"]) & set(frame["code"])


def test_settlements(tables: Tables) -> None:
    """Eight years of every municipality; the wards' ratios stay empty, all others are filled."""
    frame = tables["settlements"]
    assert frame.groupby("fiscal_year").size().to_dict() == {str(year): 1719 for year in range(2015, 2023)}
    empty = frame["current_balance_ratio_percent"].isna()
    assert set(frame.loc[empty, "code"]) == {"13100"}
    assert (frame["revenue_total_thousand_yen"] > 0).all()
    both = tables["prefectural_settlements"]
    assert both.groupby("government").size().to_dict() == {"municipalities": 47, "prefecture": 47}


def test_joint_bodies_of_2022(tables: Tables) -> None:
    """Joint bodies spent 1.93 trillion yen in FY2022 (README of the official data)."""
    frame = tables["joint_bodies"]
    spent = frame.loc[frame["fiscal_year"] == "2022", "expenditure_total_gap_thousand_yen"].sum()
    assert round(spent / 1e9, 2) == 1.93


def test_indicators(official: Path) -> None:
    """Four years of 1,718 municipalities, 23 wards and 47 prefectures; a dash is no burden, not zero."""
    frame = finance_tables.indicators(official / "indicators")
    sizes = frame.groupby(["level", "fiscal_year"]).size()
    assert sizes.loc["municipality"].to_dict() == dict.fromkeys(range(2018, 2022), 1718)
    assert sizes.loc["ward"].to_dict() == dict.fromkeys(range(2018, 2022), 23)
    assert sizes.loc["prefecture"].to_dict() == dict.fromkeys(range(2018, 2022), 47)
    assert (frame["future_burden_ratio_percent"].isna() == (frame["no_burden"] == 1)).all()
    sapporo = frame.query("code == '01100' and fiscal_year == 2018").iloc[0]
    assert (sapporo["fiscal_strength_index"], sapporo["future_burden_ratio_percent"]) == (0.73, 57.3)


# ---- spoilt tables


def replace(official: Path, folder: Path, file: str, change: Callable[[str], str]) -> Path:
    """A folder of links to the official tables with one of them changed."""
    for path in [*(official / "tables").glob("*.csv"), *(official / "tables").glob("*.topojson")]:
        (folder / path.name).symlink_to(path)
    (folder / file).unlink()
    text = (official / "tables" / file).read_text(encoding="utf-8")
    (folder / file).write_text(change(text), encoding="utf-8")
    return folder


PEOPLE, PLACES = "population_municipality.csv", "municipality_geo.csv"
SPOILT = {
    "population": (
        PEOPLE,
        "札幌市,1960668,",
        "札幌市,1960669,",
        r"sum to .* 125,927,902 \(found '125,927,903'\)",
    ),
    "ages": (PEOPLE, ",214424,", ",214425,", r"row 01100: the ages do not sum"),
    "text": (PLACES, "1121.26", "big", r"row 01100, column area_km2: not a number \(found 'big'\)"),
    "blank": (PLACES, "1121.26", "", r"row 01100, column area_km2: not a number"),
    "column": (
        "city_class.csv",
        "has_own_health_centre",
        "centre",
        r"column has_own_\w+: the column is missing",
    ),
    "column twice": (
        "city_class.csv",
        "city_class_ja",
        "city_class",
        r"column city_class: stands 2 times",
    ),
    "short code": (
        "profile_municipality.csv",
        "\n01202,",
        "\n1202,",
        r"not a code of 5 digits \(found '1202'\)",
    ),
    "code twice": ("profile_municipality.csv", "\n01202,", "\n01100,", r"row 01100: the row stands twice"),
    "unknown code": (
        "city_class.csv",
        "\n01202,",
        "\n01299,",
        r"row 01202: lacks a municipality[\s\S]*01299",
    ),
    "projection": (
        "projection_municipality.csv",
        "札幌市,2050,1",
        "札幌市,2050,2",
        r"row 01 2050: does not sum",
    ),
    "share": ("medical_area_membership.csv", "0.5659", "0.6659", r"row 14130: the shares do not sum to 1"),
    "long line": ("adjacency.csv", "31.49,", "31.49,,", r"row line 2: has 8 fields, the header 7"),
    "neighbour": ("adjacency.csv", "01100,01203,", "01100,99999,", r"row 99999: holds an unknown"),
    "no text": ("adjacency.csv", "", "", r"adjacency\.csv: is empty"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_spoilt_tables_are_named(official: Path, tmp_path: Path, case: str) -> None:
    """One `InputError` that names file, row, column and value."""
    file, old, new, pattern = SPOILT[case]
    folder = replace(official, tmp_path, file, lambda text: text.replace(old, new, 1) if old else "")
    with pytest.raises(InputError) as caught:
        read_tables(folder, 2022)
    assert re.search(pattern, str(caught.value)), str(caught.value)[:2000]


def test_missing_tables_are_all_named(tmp_path: Path) -> None:
    """An empty folder: every table is asked for once."""
    with pytest.raises(InputError) as caught:
        read_tables(tmp_path, 2022)
    files = [problem.file for problem in caught.value.problems]
    assert len(files) == len(set(files))
    assert {"population_municipality.csv", "adjacency.csv", "finance_prefecture.csv"} <= set(files)


def test_a_year_without_settlement_is_named(official: Path) -> None:
    """FY2023 is not in the statistics."""
    with pytest.raises(InputError, match="does not hold FY2023 whole"):
        finance_tables.prefectural_settlements(official / "tables", 2023)


@pytest.mark.parametrize(
    ("cell", "value", "pattern"),
    [
        ("D3", "n/a", r"line 3, column D: not a number \(found 'n/a'\)"),
        ("D3", "-", r"line 3, column D: not a number \(found '-'\)"),
        ("A3", "011003", r"line 3: neither a code nor a prefecture \(found '011003'\)"),
        ("D2", "財政力", r"has no headings of indicators"),
        ("A1", "全市町村", r"names no fiscal year above its headings"),
        ("A4", "011002", r"row 01100 2021: a government stands twice"),
    ],
)
def test_spoilt_indicators_are_named(
    official: Path, tmp_path: Path, cell: str, value: str, pattern: str
) -> None:
    """One cell of an indicator workbook changed."""
    book = openpyxl.load_workbook(official / "indicators" / "city_R3.xlsx")
    book.active.delete_rows(40, 2000)
    book.active[cell] = value
    book.save(tmp_path / "city_R3.xlsx")
    with pytest.raises(InputError, match=pattern):
        finance_tables.indicators(tmp_path)


def test_indicators_need_workbooks(tmp_path: Path) -> None:
    """A folder without any."""
    with pytest.raises(InputError, match="holds no workbooks"):
        finance_tables.indicators(tmp_path)


def test_capitals_are_known() -> None:
    """Every capital that is not the first city is listed for an existing prefecture."""
    assert set(population_tables.CAPITALS) <= set(PREFECTURES)
