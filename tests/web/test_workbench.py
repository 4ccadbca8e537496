"""The workbench: what its page works with, and that nothing of an address or a case becomes script."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from visitor import Page

from optimization.case.load import load_case
from optimization.dictionary.settings import load_settings
from optimization.errors import InputError, Problem
from optimization.reading.whereabouts import input_folder
from optimization.web import workbench
from optimization.web.workbench import SLIDERS, SWITCHES

ADDRESS = "/workbench?case=iwate-2022&package=role_division"


def data(page: Page, language: str = "en") -> dict[str, Any]:
    """What the page works with."""
    found = re.search(r'id="bench-data">(.*?)</script>', page.get(f"{ADDRESS}&lang={language}").text, re.S)
    assert found
    return dict(json.loads(found[1]))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_cell_knows_the_tiers_that_the_table_opens(page: Page, language: str) -> None:
    known, case = data(page, language), load_case(input_folder("iwate-2022"))
    assert {each["id"] for each in known["services"]} == set(case.services.index)
    assert all(each["label"] for each in [*known["services"], *known["groups"]])
    for key, tiers in known["open"].items():
        service, _, group = key.partition("@")
        assert tiers[0] == case.services.at[service, "home_tier"]
        if group in ("core_city", "designated_city"):
            assert set(tiers) == set(case.allowed_tiers[service, group]) | {tiers[0]}


def test_sliders_say_what_the_package_has_in_its_bounds(page: Page) -> None:
    known = data(page)
    assert {each["key"] for each in known["sliders"]} == {key for key, *_ in SLIDERS}
    assert {each["key"] for each in known["switches"]} == set(SWITCHES)
    for each in known["sliders"]:
        setting = load_settings()[each["key"]]
        assert each["source"] and each["label"] and each["low"] < each["high"] <= each["most"]
        assert each["value"] is None or each["low"] <= each["value"] <= each["most"]
        assert (each["value"] is None) <= setting.off
    retained = next(each for each in known["sliders"] if each["key"] == "formula.counted_share")
    assert retained["left"] and 0.0 <= retained["value"] <= 1.0


@pytest.mark.parametrize("query", ["case=../x", "package=../x", "case=%3Cscript%3E", "package=draft.toml"])
def test_what_there_is_not_is_not_found(page: Page, query: str) -> None:
    answer = page.get(f"/workbench?{query}")
    assert answer.status_code == 404 and "<script>" not in answer.text


def test_the_data_cannot_end_its_element(page: Page) -> None:
    text = page.get(ADDRESS).text
    inside = text.partition('id="bench-data">')[2].partition("</script>")[0]
    assert "<" not in inside
    scripts = re.findall(r"<script[^>]*>", text)
    ours = [
        each
        for each in scripts
        if re.fullmatch(r'<script src="/static/\w+\.js" (?:defer|type="module")>', each)
    ]
    assert len(scripts) == len(ours) + 1 and '<script type="application/json" id="bench-data">' in scripts


@pytest.mark.parametrize("language", ["en", "ja"])
def test_packages_are_composed_in_the_order_of_the_address(page: Page, language: str) -> None:
    query = f"case=iwate-2022&package=wide_area&package=retention_40&package=&lang={language}"
    answer = page.get(f"/workbench?{query}")
    assert answer.status_code == 200
    found = re.search(r'id="bench-data">(.*?)</script>', answer.text, re.S)
    assert found and json.loads(found[1])["package"] == "wide_area+retention_40"
    assert page.get("/workbench?case=iwate-2022&package=wide_area%2Bretention_40").status_code == 200
    assert answer.text.count('<select name="package">') == 3


def test_packages_that_cannot_be_composed_say_why(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def conflict(_: object) -> None:
        raise InputError([Problem("package", "<b>conflict</b>", "leave one out")])

    monkeypatch.setattr(workbench, "package_asked", conflict)
    answer = page.get(ADDRESS)
    assert answer.status_code == 422 and "&lt;b&gt;conflict" in answer.text
    assert "bench-data" not in answer.text and answer.text.count('<select name="package">') == 2
    assert page.get("/workbench?" + "&".join(["package=wide_area"] * 13)).status_code == 404


def test_a_part_of_the_country_is_worked_on(page: Page) -> None:
    text = page.get("/workbench?case=iwate-2022&prefecture=03").text
    found = re.search(r'id="bench-data">(.*?)</script>', text, re.S)
    assert found
    data = json.loads(found[1])
    assert data["prefectures"] == ["03"] and all(code.startswith("03") for code in data["places"])
    for wrong in ("13", "Iwate", "%3Cb%3E"):
        assert page.get(f"/workbench?case=iwate-2022&prefecture={wrong}").status_code == 404
