"""POST /api/apply: what a draft comes to, as a run of it would say; what is refused, and how."""

from __future__ import annotations

import json
from typing import Any

import pytest
from visitor import LOCAL, SAME, Page

from optimization.case.assignments import package_given
from optimization.case.face import load_package, with_on_top
from optimization.outcome.applied import apply
from optimization.web.api import Answered
from optimization.web.cases import case_of
from optimization.web.guard import LARGEST_FORM, door_for
from optimization.web.openapi import openapi
from optimization.web.server import application

CASE = "iwate-2022"


def ask(page: Page, question: Any, **headers: str) -> Any:
    """Send a question as what is no browser does."""
    text = question if isinstance(question, str) else json.dumps({"case": CASE, **question})
    return page.post("/api/apply", content=text, headers={"content-type": "application/json", **headers})


def test_the_answer_is_that_of_a_run_to_the_last_digit(page: Page) -> None:
    case = case_of(CASE)
    given = ["responsibility.fix.fire=prefecture", "responsibility.fix.elderly_care@core_city=prefecture"]
    given += ["wide_area.fix=['waste:03201|03202|03203', 'waste:03205']"]
    package = with_on_top(case, load_package(case, "role_division"), package_given(given) or pytest.fail())
    wanted = apply(case, package)
    tiers = {"fire": "prefecture", "elderly_care@core_city": "prefecture"}
    warm_up = ask(page, {"package": "role_division", "settings": {"formula.family": "nordic"}})
    fixed = {"wide_area.fix": ["waste:03201|03202|03203", "waste:03205"]}
    found = ask(page, {"package": "role_division", "tiers": tiers, "settings": fixed})
    assert warm_up.status_code == found.status_code == 200
    said = found.json()
    for name in ("sectors", "places"):
        table = wanted.tables[name]
        assert said[name] == {column: table[column].tolist() for column in table}, name
    assert said["cost"]["million_yen"] == wanted.accounts.real_cost if wanted.accounts else False
    roles = wanted.tables["responsibility"]
    assert said["roles"]["tier"] == roles["tier"].tolist()
    assert Answered.model_validate(said).status == "applied"


def test_breaches_come_with_their_amounts(page: Page) -> None:
    said = ask(page, {"settings": {"equity.adequacy_floor": 1.1}, "places": False}).json()
    assert said["places"] is None
    (limit,) = said["limits"]
    assert limit["rule"] == "E1" and limit["all_yen"] > 0
    assert limit["places"] == len(said["breaches"]["place"])
    assert sum(said["breaches"]["excess_yen"]) == pytest.approx(limit["all_yen"])


def test_bodies_are_counted(page: Page) -> None:
    body = {"services": ["fire"], "members": ["03201", "03202"]}
    today, now = ask(page, {}).json(), ask(page, {"bodies": [body]}).json()
    assert now["cost"]["million_yen"] != today["cost"]["million_yen"]
    assert today["cost"]["saving_million_yen"] == 0


FAULTS: dict[str, tuple[Any, int, str]] = {
    "no JSON": ("{", 400, "is no JSON"),
    "a list": ("[]", 422, "valid dictionary"),
    "not a number": ('{"case": "iwate-2022", "assumptions": {"detour_factor": NaN}}', 400, "is no JSON"),
    "deep": ("[" * 100_000, 400, "is no JSON"),
    "an unknown key": ({"colour": "red"}, 422, "extra inputs"),
    "a case that is none": ({"case": "../iwate-2022"}, 422, "is not a case"),
    "a package that is none": ({"package": "../../etc/passwd"}, 422, "is no package on the shelf"),
    "a file for a package": ({"package": "inputs/packages/uniform.toml"}, 422, "is no package on the shelf"),
    "a setting that is none": ({"settings": {"equity.flor": 1}}, 422, "is not a setting"),
    "a setting out of bounds": ({"settings": {"equity.adequacy_floor": 75}}, 422, "above the most allowed"),
    "a tier that is none": ({"tiers": {"fire": "emperor"}}, 422, "not one of the names"),
    "a closed tier": ({"tiers": {"schools@core_city": "nation"}}, 422, "is not open to core_city"),
    "a prefecture that is none": ({"prefectures": ["99"]}, 422, "two-digit codes"),
    "one member": ({"bodies": [{"services": ["fire"], "members": ["03201"]}]}, 422, "at least 2"),
    "a stranger": ({"bodies": [{"services": ["fire"], "members": ["03201", "x"]}]}, 422, "no municipality"),
    "a text for a number": ({"assumptions": {"detour_factor": "1"}}, 422, "valid number"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_asked_is_refused_with_every_fault(page: Page, fault: str) -> None:
    question, status, words = FAULTS[fault]
    found = ask(page, question)
    assert found.status_code == status, found.text
    faults = found.json()["faults"]
    assert any(words in f"{each['message']} {each['remedy']}" for each in faults), faults
    assert all(each["remedy"] for each in faults)


def test_the_gate(page: Page) -> None:
    assert ask(page, {}, origin="http://evil.example").status_code == 403
    assert ask(page, {}, **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert ask(page, {}, origin="null").status_code == 403
    assert ask(page, {}, host="evil.example").status_code == 400
    assert ask(page, {}, **{**SAME, "origin": LOCAL}).status_code == 200
    form = page.post("/api/apply", data={"case": CASE}, headers=SAME)
    assert form.status_code == 415 and "faults" in form.json()
    assert page.options("/api/apply").status_code == 405
    assert page.get("/api/apply").status_code == 405
    assert ask(page, " " * (LARGEST_FORM + 1)).status_code == 413


def test_a_form_is_still_no_json(page: Page) -> None:
    found = page.post("/", content="{}", headers={"content-type": "application/json", **SAME})
    assert found.status_code == 415


def test_elsewhere_than_on_this_machine_a_token_is_asked_for(page: Page, tmp_path_factory: Any) -> None:
    door = door_for("192.0.2.1")
    with Page(application(tmp_path_factory.mktemp("own"), door), base_url="http://192.0.2.1:8000") as far:
        assert ask(far, {}).status_code == 403
        assert ask(far, {}, authorization="Bearer wrong").status_code == 403
        assert ask(far, {}, authorization=f"Bearer {door.token}").status_code == 200


def test_the_description_is_of_what_is_answered(page: Page) -> None:
    described = page.get("/api/openapi.json").json()
    assert described == json.loads(json.dumps(openapi()))
    answer = described["components"]["schemas"]["Answered"]
    assert set(answer["properties"]) == set(ask(page, {}).json())
    operation = described["paths"]["/api/apply"]["post"]
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert reference.rpartition("/")[2] in described["components"]["schemas"]


def test_every_address_that_takes_json_is_described(page: Page) -> None:
    described = page.get("/api/openapi.json").json()
    app = page.app if hasattr(page.app, "routes") else page.app.app
    taken = {each.path for each in app.routes if each.path.startswith("/api/") and "POST" in each.methods}
    assert taken == set(described["paths"]) and len(taken) >= 4
    known = described["components"]["schemas"]
    text = json.dumps(described)
    assert {name.partition('"')[0] for name in text.split("#/components/schemas/")[1:]} <= set(known)
