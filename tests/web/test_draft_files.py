"""A draft as a package file and back: byte for byte, faults in their lines."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from visitor import REPO, SAME, Page

from optimization.case.package_reader import read_package

CASE = "iwate-2022"
PACKAGES = REPO / "inputs" / "packages"
DRAFT: dict[str, Any] = {
    "case": CASE,
    "package": "wide_area+retention_40",
    "tiers": {"fire@core_city": "prefecture"},
    "settings": {"equity.adequacy_floor": 0.97, "formula.counted_share": [0.7, 0.7]},
    "assumptions": {"detour_factor": 1.3},
    "file": {"name": "mine", "author": '私 "quoted"', "date": "2026-11-24"},
}


def up(page: Page, toml: str) -> Any:
    """Read a file in, as the page does."""
    return page.post("/api/draft", json={"case": CASE, "toml": toml})


def down(page: Page, draft: dict[str, Any]) -> Any:
    """Write a draft out, as the page does: what it was told goes back through a browser's numbers."""
    return page.post("/api/package", json=json.loads(json.dumps({"case": CASE, **draft}).replace(".0,", ",")))


def test_a_draft_goes_down_and_up_byte_for_byte(page: Page, tmp_path: Path) -> None:
    first = down(page, DRAFT).json()
    (tmp_path / first["name"]).write_text(first["toml"], encoding="utf-8")
    package = read_package(tmp_path / first["name"])
    assert package.author == '私 "quoted"' and package.extends == ("wide_area", "retention_40")
    assert package.settings["responsibility.fix"] == {"fire@core_city": "prefecture"}
    found = up(page, first["toml"]).json()
    assert {key: found[key] for key in ("package", "tiers", "settings", "assumptions")} == {
        key: DRAFT[key] for key in ("package", "tiers", "settings", "assumptions")
    }
    assert down(page, found).json()["toml"] == first["toml"]
    unkept = {**found, "file": {**found["file"], "text": ""}}
    assert down(page, unkept).json()["toml"] == first["toml"]


@pytest.mark.parametrize("name", ["role_division", "hard_budget", "public_assistance_nation", "recommended"])
def test_a_file_that_is_not_changed_comes_back_as_it_was(page: Page, name: str) -> None:
    text = (PACKAGES / f"{name}.toml").read_text(encoding="utf-8")
    found = up(page, text).json()
    assert down(page, found).json()["toml"] == text
    found["settings"]["equity.adequacy_floor"] = 0.5
    changed = down(page, found).json()["toml"]
    assert changed != text
    again = up(page, changed).json()
    assert again["settings"] == found["settings"] and again["tiers"] == found["tiers"]
    assert [each["text"] for each in found["file"]["provisions"]][:1] == [
        each["text"] for each in again["file"]["provisions"]
    ][:1]


HEAD = '[package]\nname = "mine"\ntitle = "t"\nauthor = "a"\nsource = "s"\ndate = 2026-01-01\n'
BODY = 'baseline = "status_quo"\n[[provision]]\nnumber = 1\ntext = "t"\n[provision.settings]\n'
FAULTS = {
    "no TOML": (HEAD + BODY + '"equity.adequacy_floor" = = 1\n', 12, "not valid TOML"),
    "out of bounds": (HEAD + BODY + '"equity.adequacy_floor" = 75\n', 12, "above the most allowed"),
    "no setting": (HEAD + BODY + '"equity.flor" = 1\n', 12, "is not a setting"),
    "full width": (HEAD + BODY + '"equity.adequacy_floor" = ０．９\n', 12, "full-width"),
    "closed tier": (
        HEAD + BODY + '"equity.adequacy_floor" = 0.9\n"responsibility.fix" = { "schools@core_city" = "nation" }\n',
        13,
        "is not open to core_city",
    ),
    "no author": (HEAD.replace('author = "a"\n', "") + BODY + '"equity.adequacy_floor" = 0.9\n', 1, "is missing"),
    "no package beneath": (
        HEAD + 'extends = ["nobody"]\n' + BODY + '"equity.adequacy_floor" = 0.9\n',
        7,
        "is no package on the shelf",
    ),
    "no parameter": (
        HEAD + BODY + '"equity.adequacy_floor" = 0.9\n[assumptions]\n"detour" = 1.0\n',
        14,
        "is not a parameter",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_line(page: Page, fault: str) -> None:
    text, line, words = FAULTS[fault]
    answer = up(page, text)
    assert answer.status_code == 422, answer.text
    told = [each for each in answer.json()["faults"] if words in each["message"]]
    assert told, answer.text
    assert told[0]["place"].partition(",")[0] == str(line), told


def test_files_are_bounded_and_guarded(page: Page) -> None:
    assert up(page, "x" * 70_000).status_code == 422
    assert (
        page.post("/api/draft", content="{", headers={"content-type": "application/json"}).status_code == 400
    )
    assert page.post("/api/draft", json={}, headers={"origin": "http://evil.example"}).status_code == 403
    assert page.post("/api/package", data={"case": CASE}, headers=SAME).status_code == 415
    for name in ("../x", "a/b", "", "a b", "<b>"):
        answer = down(page, {**DRAFT, "file": {"name": name}})
        assert answer.status_code == 422, name
    nested = down(page, {**DRAFT, "settings": {"equity.adequacy_floor": {"a": [[[[1]]]]}}})
    assert nested.status_code == 422


def test_a_fault_is_told_in_the_language_of_the_reader(page: Page) -> None:
    headers = {"content-type": "application/json", "cookie": "optimization-lang=ja"}
    text = json.dumps({"case": CASE, "toml": FAULTS["out of bounds"][0]})
    told = page.post("/api/draft", content=text, headers=headers).json()["faults"][0]
    assert told["place"].startswith("12") and "above" not in told["message"] and "上限" in told["message"]


def test_of_many_faults_the_first_are_told(page: Page) -> None:
    answer = up(page, '[package]\nname = "x"\n' + "[[provision]]\n" * 2_000)
    assert answer.status_code == 422
    assert len(answer.json()["faults"]) == 21 and "more problems" in answer.json()["faults"][-1]["message"]


def test_what_is_changed_is_written_and_all_else_is_kept(page: Page) -> None:
    text = (PACKAGES / "role_division.toml").read_text(encoding="utf-8")
    draft = up(page, text).json()
    assert "source_ja = " in text and "reading_ja = " in text
    again = {**draft, "case": CASE, "tiers": {"fire@town_below_10k": "prefecture"}}
    changed = down(page, again).json()["toml"]
    own, other = tomllib.loads(text)["package"], tomllib.loads(changed)["package"]
    assert {**own, "extends": 0} == {**other, "extends": 0}
    told = [{**each, "text": f"{each['text']} Still."} for each in draft["file"]["provisions"]]
    said = down(page, {**draft, "case": CASE, "file": {**draft["file"], "provisions": told}}).json()["toml"]
    assert all(each["text"].endswith(" Still.") for each in tomllib.loads(said)["provision"])


def test_bodies_of_a_question_are_written_as_the_setting_says_them(page: Page) -> None:
    bodies = [{"services": ["fire", "waste"], "members": ["03202", "03203"]}]
    said = down(page, {"case": CASE, "bodies": bodies}).json()["toml"]
    settings = [each["settings"] for each in tomllib.loads(said)["provision"]]
    assert {"wide_area.fix": ["fire|waste:03202|03203"]} in settings
