"""The saving of a draft has its range: that which a run of the same decision tells."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from visitor import Page

from optimization.case.assignments import package_given
from optimization.case.face import load_package, with_on_top
from optimization.case.load import load_case
from optimization.outcome.applied import apply
from optimization.reading.whereabouts import input_folder

CASE = "iwate-2022"


def ask(page: Page, question: dict[str, Any]) -> Any:
    """An answer about a range."""
    return page.post("/api/range", content=json.dumps(question), headers={"content-type": "application/json"})


@pytest.mark.parametrize("prefectures", [[], ["03"]])
def test_the_range_of_a_draft_is_that_of_a_run(page: Page, prefectures: list[str]) -> None:
    said = ask(page, {"case": CASE, "tiers": {"fire": "prefecture"}, "prefectures": prefectures}).json()
    case, top = load_case(input_folder(CASE)), package_given(["responsibility.fix.fire=prefecture"])
    assert top is not None
    package = with_on_top(case, load_package(case, "status_quo"), top)
    run = replace(apply(case, package, prefectures), ranged=True, breaches=[])
    assert run.saving_range is not None
    record = run.saving_range.record
    assert said == {key: record[key] for key in ("draws", "real_million_yen", "budgets_million_yen")}
    assert said["draws"] == 20 and said["real_million_yen"]["low"] < said["real_million_yen"]["high"]


def test_a_draft_that_breaks_a_limit_has_its_range_too(page: Page) -> None:
    draft = {
        "case": CASE,
        "tiers": {"fire": "prefecture"},
        "settings": {"discipline.grant_dependence_ceiling": 0.01},
    }
    counted = page.post(
        "/api/apply", content=json.dumps(draft), headers={"content-type": "application/json"}
    ).json()
    assert counted["limits"]
    ends = ask(page, draft).json()["real_million_yen"]
    assert ends["low"] < ends["middle"] < ends["high"]


def test_what_cannot_be_asked_is_told(page: Page) -> None:
    assert ask(page, {"case": CASE, "tiers": {"fire": "moon"}}).status_code == 422
    assert ask(page, {"case": "nowhere"}).status_code == 422
