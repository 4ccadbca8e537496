"""The workbench: what its page works with, and that nothing of an address or a case becomes script."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from visitor import Page

from optimization.case.load import load_case
from optimization.dictionary.settings import load_settings
from optimization.reading.whereabouts import input_folder
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
    assert "<" not in inside and text.count("<script") == 3
