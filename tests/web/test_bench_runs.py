"""From a draft to a run and back: kept as it stands, the rest found with what is locked, names, notes, deletion."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from visitor import EXAMPLE, OWN, SAME, Page, ids, stranger

from optimization.web.cases import OWN_ID, finished_run
from optimization.web.labels import Label, Labels

CASE = "iwate-2022"


def order(page: Page, do: str, draft: dict[str, Any], **more: str) -> Any:
    """Send a draft as the workbench does."""
    return page.post_form("/workbench/run", {"do": do, "draft": json.dumps({"case": CASE, **draft}), **more})


def ended(page: Page, address: str, seconds: float = 60.0) -> dict[str, Any]:
    """What a job says when it is over."""
    end = time.monotonic() + seconds
    while not (now := page.get(f"{address}/progress").json())["over"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    return dict(now)


def counted(page: Page, draft: dict[str, Any]) -> dict[str, Any]:
    """The accounts of a draft."""
    question = {key: value for key, value in draft.items() if key not in ("places", "bodies")}
    answer = page.post("/api/apply", json=question)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_rest_is_found_with_what_is_locked_and_comes_back(page: Page, results: Path) -> None:
    draft = {
        "package": "status_quo",
        "tiers": {"elderly_care@core_city": "prefecture", "fire@core_city": "prefecture"},
        "locked": ["elderly_care@core_city"],
        "settings": {"equity.adequacy_floor": 0.9},
    }
    answer = order(page, "find", draft, name=" Elderly <b>\u202e care ", note="first\nsecond")
    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert said["name"] == "Elderly <b> care"
    assert ended(page, said["address"])["state"] == "done"
    plan = page.get(f"{said['address']}/plan").json()
    assert plan["tiers"]["elderly_care@core_city"] == "prefecture"
    assert plan["locked"] == ["elderly_care@core_city"] and plan["settings"]["equity.adequacy_floor"] == 0.9
    found = counted(page, plan)
    run = finished_run(results, said["id"])
    assert run is not None and run.record["status"] == "optimal" and run.record["gap"] <= 1e-4
    assert found["cost"]["million_yen"] == pytest.approx(sum_of(run), rel=1e-12)
    sectors = run.tables["sectors"].set_index("sector")["balance_package_million_yen"]
    assert found["sectors"]["balance_package_million_yen"] == pytest.approx(
        list(sectors.astype(float)), rel=1e-9
    )
    text = page.get(said["address"]).text
    assert "Elderly &lt;b&gt; care" in text and "first\nsecond" in text
    opened = page.get(f"{said['address']}/workbench")
    assert opened.status_code == 303
    assert json.loads(unquote(opened.headers["location"].partition("#")[2]))["tiers"] == plan["tiers"]


def sum_of(run: Any) -> float:
    """What a run says its plan costs."""
    from optimization.ledger.cost_kinds import real_cost

    return float(real_cost(run.record["objective_parts_million_yen"]))


def test_a_draft_is_kept_as_it_stands(page: Page, results: Path) -> None:
    draft = {"package": "wide_area", "tiers": {"fire@core_city": "prefecture"}}
    said = order(page, "keep", draft).json()
    assert ended(page, said["address"])["state"] == "done"
    run = finished_run(results, said["id"])
    assert run is not None and run.record["status"] == "applied"
    assert sum_of(run) == counted(page, {"case": CASE, **draft})["cost"]["million_yen"]
    plan = page.get(f"{said['address']}/plan").json()
    assert plan["tiers"] == draft["tiers"] and plan["package"] == "wide_area"


def test_a_run_is_named_noted_and_deleted(page: Page, results: Path) -> None:
    name = "20260202T000000Z-0123abcd"
    folder, address = results / "web" / name, f"/runs/{name}"
    shutil.copytree(EXAMPLE, folder)
    named = page.post_form(
        f"{address}/label", {"name": "A <i>\u202e\n", "note": "first\r\nsecond " + "x" * 3_000}
    )
    assert named.status_code == 303
    assert "A &lt;i&gt;</a>" in page.get("/runs").text
    text = page.get(address).text
    assert "first\nsecond x" in text and "x" * 2_001 not in text
    assert page.post_form(f"{address}/label", {"name": "x" * 1_000}).status_code == 413
    assert f"/compare?run={name}" not in text
    assert "A &lt;i&gt;" in page.get(f"/compare?run={name}&run={OWN}").text
    assert page.get(f"{address}/delete").status_code == 200 and folder.is_dir()
    assert page.post(f"{address}/delete", data={"csrf": "x"}, headers=SAME).status_code == 403
    assert stranger(page).post_form(f"{address}/delete", {}).status_code == 303
    assert not folder.exists() and page.get(address).status_code == 404
    assert name not in page.get("/runs").text
    assert not list((results / "web" / ".labels").glob(f"{name}*"))


def test_only_the_pages_own_runs_are_deleted(page: Page) -> None:
    others = [name for name in ids(page) if not OWN_ID.fullmatch(name)]
    assert others
    for name in [*others, "nothing", "..%2fexample"]:
        before = page.get(f"/runs/{name}").status_code
        assert page.post_form(f"/runs/{name}/delete", {}).status_code == 404
        assert page.get(f"/runs/{name}/delete").status_code == 404
        assert page.get(f"/runs/{name}").status_code == before


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        ({"tiers": {"fire": "emperor"}}, "not one of the names"),
        ({"locked": ["fire@core_city"]}, "does not say how it is"),
        ({"case": "../x"}, "is not a case"),
        ({"package": "a+b"}, "is no package on the shelf"),
        ({"settings": {"equity.adequacy_floor": "<script>"}}, "must be a number"),
    ],
)
@pytest.mark.parametrize("do", ["find", "keep"])
def test_a_draft_with_a_fault_starts_nothing(page: Page, draft: dict[str, Any], words: str, do: str) -> None:
    if do == "keep" and "locked" in draft:
        pytest.skip("what is kept as it stands needs no locks")
    before = ids(page)
    answer = order(page, do, draft)
    assert answer.status_code == 422
    assert words in answer.json()["faults"][0]["message"] and ids(page) == before


def test_the_gate_of_a_draft(page: Page) -> None:
    fields = {"do": "keep", "draft": json.dumps({"case": CASE})}
    assert page.post("/workbench/run", data=fields, headers=SAME).status_code == 403
    token = {"csrf": page.token(), **fields}
    assert (
        page.post("/workbench/run", data=token, headers={"origin": "http://evil.example"}).status_code == 403
    )
    assert page.post("/workbench/run", json=fields, headers=SAME).status_code == 415
    assert page.get("/workbench/run").status_code == 405


def test_a_run_of_before_opens_in_the_workbench(page: Page, results: Path) -> None:
    plan = page.get(f"/runs/{OWN}/plan").json()
    run = finished_run(results, OWN)
    assert run is not None
    assert counted(page, plan)["cost"]["million_yen"] == pytest.approx(sum_of(run), rel=1e-9)
    assert page.get(page.get(f"/runs/{OWN}/workbench").headers["location"]).status_code == 200


def test_labels_of_runs_that_never_came_to_be_are_swept(tmp_path: Path) -> None:
    labels, gone, new = Labels(tmp_path), "20260101T000000Z-0123abcd", "20260101T000001Z-0123abcd"
    there, other = "20260101T000002Z-0123abcd", "0123456789abcdef"
    (tmp_path / "web" / there).mkdir(parents=True)
    for name in (gone, new, there, other):
        labels.put(name, Label(name="x"))
        if name != new:
            os.utime(labels.folder / f"{name}.json", (0, 0))
    labels.put("../x", Label(name="x"))
    labels.sweep()
    assert {path.stem for path in tmp_path.rglob("*.json")} == {new, there, other}
    assert labels.get(gone) == Label() and labels.get("../x") == Label() and labels.get(new).name == "x"
