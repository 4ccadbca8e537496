"""The teachers of designated cities, taken out of the need item in which they stand: by hand, and in the tables."""

from __future__ import annotations

import pandas as pd
import pytest

from optimization.case.load import load_case
from optimization.prepare.city_teachers import parted
from optimization.reading.table_file import text_table
from optimization.reading.whereabouts import DEFAULT_CASE

WHOLE, PART = "other_education_population_thousand_yen", "city_teachers_thousand_yen"

PEOPLE = pd.DataFrame(
    {
        "code": ["01100", "01201", "01202", "01203", "02100"],
        "city_class": ["designated_city", "core_city", "core_city", "city", "designated_city"],
        "population_persons": ["1000", "300", "100", "50", "200"],
    }
)


def sheet() -> dict[str, pd.DataFrame]:
    need = pd.DataFrame({"code": PEOPLE["code"], "fire_thousand_yen": 1, WHOLE: [9_000, 700, 300, 900, 450]})
    items = pd.DataFrame(
        {
            "table": "municipal_need",
            "column": need.columns[1:],
            "name_ja": ["消防費", "その他"],
            "kind": "item",
        }
    )
    return {"municipal_need": need, "items": items}


def test_what_a_designated_city_needs_beyond_core_cities_is_its_teachers() -> None:
    """Core cities: 1,000 for 400 residents, 2.5 each. 9,000 - 2,500 = 6,500 are teachers; 450 is less than 500."""
    found = parted(sheet(), PEOPLE, 2017)
    need = found["municipal_need"].set_index("code")
    assert need[PART].to_dict() == {"01100": 6_500, "01201": 0, "01202": 0, "01203": 0, "02100": 0}
    assert need[WHOLE].to_dict() == {"01100": 2_500, "01201": 700, "01202": 300, "01203": 900, "02100": 450}
    assert list(need.columns) == ["fire_thousand_yen", WHOLE, PART]
    assert found["items"]["column"].tolist() == ["fire_thousand_yen", WHOLE, PART]


def test_before_2017_prefectures_paid_them() -> None:
    assert parted(sheet(), PEOPLE, 2016) == {}


def test_without_core_cities_nothing_tells_them_apart() -> None:
    nobody = PEOPLE.assign(city_class="city")
    assert parted(sheet(), nobody, 2022) == {}


def test_the_embedded_tables_are_parted_so_and_hold_the_published_item() -> None:
    """Parted anew from the published figures the tables come out to the last digit; 20 cities, 911.8 billion yen,
    within a twentieth of what the break of the series from FY2016 to FY2022 shows."""
    folder = DEFAULT_CASE
    need, items, people = (
        text_table(folder / f"{n}.csv") for n in ("municipal_need", "items", "municipalities")
    )
    teachers, rest = need[PART].astype(int), need[WHOLE].astype(int)
    published = need.drop(columns=PART).assign(**{WHOLE: teachers + rest})
    before = {"municipal_need": published, "items": items[items["column"] != PART]}
    again = parted(before, people, 2022)["municipal_need"]
    assert again.astype(str).equals(need)
    assert (teachers > 0).sum() == 20 and teachers.sum() == pytest.approx(911.78e6, rel=1e-4)
    history = pd.read_parquet(folder.parent / "japan-history" / "history.parquet")
    series = history[
        (history["tier"] == "municipal") & (history["item"] == WHOLE.removesuffix("_thousand_yen"))
    ]
    year = {y: series[series["fiscal_year"] == y].set_index("code")["thousand_yen"] for y in (2016, 2022)}
    assert (year[2022].reindex(need["code"]).to_numpy() == (teachers + rest).to_numpy()).all()
    kind = people.set_index("code")["city_class"]
    core, cities = kind.index[kind == "core_city"], kind.index[kind == "designated_city"]
    grown = year[2016][cities].sum() * year[2022][core].sum() / year[2016][core].sum()
    assert teachers.sum() == pytest.approx(year[2022][cities].sum() - grown, rel=0.05)


def test_they_are_a_service_of_the_city_with_a_third_from_the_nation() -> None:
    case = load_case(DEFAULT_CASE)
    assert case.services.at["city_teachers", "home_tier"] == "municipality"
    assert case.parameters("national_share", "city_teachers") == pytest.approx(1 / 3, abs=1e-4)
    need = case.standard_need("city_teachers")
    kind = case.municipalities["city_class"]
    assert set(kind[need.index[need > 0]]) == {"designated_city"}
    assert case.allowed_tiers["city_teachers", "designated_city"] == ("municipality", "prefecture", "nation")
