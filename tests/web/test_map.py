"""The map of the workbench: every figure is that of a run, every town leads to the cells of official workbooks."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from visitor import Page

from optimization.case.assignments import package_given
from optimization.case.case import Case
from optimization.case.face import load_package, with_on_top
from optimization.case.load import load_case
from optimization.outcome.applied import apply
from optimization.outcome.result import Result
from optimization.outcome.trace import trace
from optimization.reading.whereabouts import input_folder
from optimization.web.language import PHRASES, Voice
from optimization.web.map_data import map_of as map_of_case

CASE = "iwate-2022"
FIXED = ["fire|waste:03201|03202|03203", "fire:03205"]
DRAFT: dict[str, Any] = {
    "case": CASE,
    "tiers": {"elderly_care@town_below_10k": "prefecture"},
    "settings": {"wide_area.fix": FIXED, "formula.counted_share": [0.7, 0.7]},
}


@pytest.fixture(scope="module")
def case() -> Case:
    """The teaching case."""
    return load_case(input_folder(CASE))


@pytest.fixture(scope="module")
def run(case: Case) -> Result:
    """What the draft is as a package."""
    top = package_given(
        [
            f"wide_area.fix=[{', '.join(map(repr, FIXED))}]",
            "formula.counted_share=[0.7, 0.7]",
            "responsibility.fix.elderly_care@town_below_10k=prefecture",
        ]
    )
    assert top is not None
    return apply(case, with_on_top(case, load_package(case, "status_quo"), top))


def ask(page: Page, address: str, question: dict[str, Any]) -> Any:
    """An answer under /api."""
    return page.post(
        address, content=json.dumps({**DRAFT, **question}), headers={"content-type": "application/json"}
    )


def test_layers_are_the_tables_of_a_run(page: Page, run: Result, case: Case) -> None:
    wanted = ["bodies", "debts", "league", "travel:fire"]
    said = ask(page, "/api/apply", {"layers": wanted}).json()["layers"]
    tables = run.tables
    bodies = tables["bodies"]
    assert said["bodies"] == {
        name: bodies[name].tolist() for name in ("services", "member_codes", "source", "hub_code")
    }
    assert "03201|03202|03203" in said["bodies"]["member_codes"]
    own = tables["governments"].set_index("government").loc[case.codes]
    assert said["debts"]["ratio_now"] == own["real_debt_service_ratio"].tolist()
    assert said["debts"]["stage_today"] == own["debt_stage_today"].tolist()
    way = tables["provision"].query("service == 'fire'").set_index("code")["travel_minutes"]
    assert said["travel:fire"]["now"] == [float(way[code]) if code in way else None for code in case.codes]
    assert any(said["travel:fire"]["now"])
    places = tables["places"]
    for kind, column in (("class", "class"), ("prefecture", "prefecture_code")):
        table = said["league"][kind]
        for n, name in enumerate(table["group"]):
            rows = places[places[column] == name]
            change = rows["change_yen_per_resident"]
            assert table["places"][n] == len(rows) and table["lose"][n] == int((rows["gains"] < 0).sum())
            assert table["mean_yen"][n] == np.average(change, weights=rows["population_persons"])
            assert (table["least_yen"][n], table["most_yen"][n]) == (change.min(), change.max())
    for kind in ("size", "finance"):
        assert sum(said["league"][kind]["places"]) == len(places)
        assert sum(said["league"][kind]["gain"]) == int((places["gains"] > 0).sum())


def test_a_town_leads_to_the_official_cells(page: Page, run: Result, case: Case) -> None:
    said = ask(page, "/api/town", {"code": "03202"}).json()
    places, governments = (
        run.tables[name].set_index(key) for name, key in (("places", "code"), ("governments", "government"))
    )
    for name, value in places.loc["03202"].items():
        assert said["place"][name] == value
    for key, code in (("own", "03202"), ("home", "03")):
        for name, value in governments.loc[code].items():
            assert said["governments"][key][name] == value
        table = trace(run, code)
        assert said["grants"][key] == {name: table[name].tolist() for name in table}
        official = table[table["workbook"] != ""]
        assert len(official) > 20 and (official["sheet"] != "").all() and (official["heading"] != "").all()
    duties = said["duties"]
    at = duties["service"].index("fire")
    assert duties["members_now"][at] == "03201|03202|03203"
    rows = run.tables["provision"].query("code == '03202'").set_index("service")
    assert duties["minutes_now"] == rows.loc[duties["service"], "travel_minutes"].tolist()
    assert duties["tier_now"] == rows.loc[duties["service"], "responsible_tier"].tolist()


@pytest.mark.parametrize(
    ("address", "question", "words"),
    [
        ("/api/apply", {"layers": ["colours"]}, "is no layer"),
        ("/api/apply", {"layers": ["bodies:fire"]}, "is no layer"),
        ("/api/apply", {"layers": ["travel:fyre"]}, "did you mean 'fire'"),
        ("/api/apply", {"layers": ["debts"] * 21}, "at most 20"),
        ("/api/town", {"code": "<script>"}, "is no municipality of the case"),
        ("/api/town", {"code": "9" * 5_000}, "at most"),
        ("/api/town", {}, "field required"),
    ],
)
def test_what_there_is_not_is_said(page: Page, address: str, question: dict[str, Any], words: str) -> None:
    found = ask(page, address, question)
    assert found.status_code == 422
    assert any(words in f"{each['message']} {each['remedy']}" for each in found.json()["faults"]), found.text


def map_of(page: Page, language: str) -> Any:
    """The map that the workbench names, and the answer it came with."""
    text = page.get(f"/workbench?case={CASE}&package=status_quo&lang={language}").text
    data = json.loads(re.findall(r'id="bench-data">(.*?)</script>', text, re.S)[0])
    return page.get(data["map"])


def test_the_map_holds_what_it_is_drawn_from(page: Page, case: Case, run: Result) -> None:
    answer = map_of(page, "en")
    found = answer.json()
    assert answer.headers["cache-control"].endswith("immutable")
    assert found["codes"] == case.codes.tolist()
    assert {ring[0] for ring in found["rings"]} == set(range(len(case.codes)))
    for ring in found["rings"]:
        corners = np.array(ring[1:]).reshape(-1, 2).cumsum(axis=0)
        assert len(corners) > 2 and (corners >= 0).all() and (corners <= np.array(found["size"])).all()
    assert (np.array(found["office"]).reshape(-1, 2) <= np.array(found["size"])).all()
    today = {
        (service, "|".join(case.codes[members]))
        for service, bodies in found["today"].items()
        for members in bodies
    }
    table = run.tables["bodies_today"]
    assert today == set(zip(table["service"], table["member_codes"], strict=True)) and today
    for kind, groups in found["groups"].items():
        assert set(groups) <= set(found["labels"][kind])


def test_the_japanese_map_holds_no_english(page: Page) -> None:
    found = map_of(page, "ja").json()
    words = [
        *found["names"],
        *found["homes"],
        *(t for each in found["labels"].values() for t in each.values()),
    ]
    assert not [word for word in words if re.search("[A-Za-z]", word)]


@pytest.mark.parametrize(
    "query", ["", "case=../x", "case=iwate-2022&prefecture=99", "case=iwate-2022&prefecture=%3Cb%3E"]
)
def test_a_map_that_there_is_not_is_not_found(page: Page, query: str) -> None:
    assert page.get(f"/workbench/map.json?{query}").status_code == 404


def test_a_map_that_may_have_changed_is_not_kept(page: Page) -> None:
    assert page.get(f"/workbench/map.json?case={CASE}").headers["cache-control"] == "no-store"


def test_a_case_without_outlines_is_drawn_by_its_town_halls(case: Case) -> None:
    found = map_of_case(replace(case, outlines=case.outlines.iloc[:0]), Voice("en"))
    places = np.array(found["office"]).reshape(-1, 2)
    assert found["rings"] == [] and len(places) == len(case.codes)
    assert (places > 0).all() and (places < np.array(found["size"])).all()


def test_scripts_are_sent_as_scripts(page: Page) -> None:
    for path in sorted(PHRASES.parent.glob("static/*.js")):
        kind = page.get(f"/static/{path.name}").headers["content-type"]
        assert kind.startswith("text/javascript"), path.name
