"""Analyses attached to a run: started from its page, watched, read in both languages, gone with it."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest
from visitor import EXAMPLE, OWN, SAME, Page, ids, undecided

NAME = "20260303T000000Z-0123abcd"
PLANS = "plan,cost_million_yen,more_than_the_best_ratio,distance_duties\n0,772705.04,0.0,0\n1,773428.04,0.00094,29\n"
DUTIES = "service,rule_group,plan_0,plan_1\nfire,core_city,municipality,prefecture\n=cmd,<b>,x,y\n"
DIAGNOSIS = (
    '{"conflict": [{"setting": "equity.adequacy_floor", "value": 2.0}], "repairs": [{"changes": '
    '[{"setting": "equity.adequacy_floor", "from": 2.0, "to": 1.1}]}]}'
)


@pytest.fixture
def attached(results: Path) -> Path:
    """A run of the page with two analyses, and what is none."""
    shutil.copytree(EXAMPLE, results / "web" / NAME, dirs_exist_ok=True)
    folder = results / "web" / ".attached" / NAME
    for kind, files in (
        ("alternatives", {"plans.csv": PLANS, "duties.csv": DUTIES}),
        (
            "explain",
            {"diagnosis.json": DIAGNOSIS, "diagnosis.md": "# Why\n\n- It <b>cannot</b> be\\_done.\n"},
        ),
    ):
        place = folder / f"{kind}-20260303T000001Z-0123abcd"
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / name).write_text(text, encoding="utf-8")
    (folder / "other-20260303T000001Z-0123abcd").mkdir(exist_ok=True)
    return folder


def heads(text: str) -> list[str]:
    return re.findall(r'<th scope="col">([^<]*)</th>', text)


def test_analyses_open_from_their_run_in_both_languages(page: Page, attached: Path) -> None:
    text = page.get(f"/runs/{NAME}?lang=en").text
    links = re.findall(rf'href="(/runs/{NAME}/analyses/[^"]+)"', text)
    assert len(links) == 2
    for link in links:
        english, japanese = (page.get(f"{link}?lang={language}").text for language in ("en", "ja"))
        assert "<b>" not in english.partition("<main")[2].partition("</main>")[0].replace("<b></b>", "")
        assert len(heads(english)) == len(heads(japanese)) > 0
        assert not [head for head in heads(japanese) if re.search("[A-Za-z]", head)]
        if "explain" in link:
            assert "It &lt;b&gt;cannot&lt;/b&gt; be_done." in english
            assert "cannot" not in japanese and "財源充足率の下限" in japanese
        else:
            assert "Plan 1" in english and "Prefecture" in english.title()
            saved = page.get(f"{link}/tables/duties.csv")
            assert saved.status_code == 200 and "'=cmd" in saved.text
    page.get("/?lang=en")


@pytest.mark.parametrize(
    "path",
    [
        "/analyses/other-20260303T000001Z-0123abcd",
        "/analyses/alternatives-20260303T000001Z-0123abcd/tables/..%2fplans.csv",
        "/analyses/alternatives-20260303T000001Z-0123abcd/tables/run.csv",
        "/analyses/..%2f..%2f20260303T000000Z-0123abcd",
        "/analyses/alternatives-20260303T000001Z-0123abcd/report",
        "/analyses/%3Cscript%3E",
    ],
)
def test_what_is_not_attached_is_not_found(page: Page, attached: Path, path: str) -> None:
    assert page.get(f"/runs/{NAME}{path}").status_code == 404


def test_what_cannot_be_asked_starts_nothing(page: Page, attached: Path) -> None:
    before = ids(page)
    other = undecided(page)
    assert page.post_form(f"/runs/{NAME}/analyses", {"kind": "../x"}).status_code == 404
    assert page.post_form("/runs/nothing/analyses", {"kind": "explain"}).status_code == 404
    assert page.post_form(f"/runs/{other}/analyses", {"kind": "alternatives"}).status_code == 422
    assert page.post(f"/runs/{NAME}/analyses", data={"kind": "explain"}, headers=SAME).status_code == 403
    for number in range(20):
        (attached / f"explain-20260303T0001{number:02d}Z-0123abcd").mkdir(exist_ok=True)
    assert page.post_form(f"/runs/{NAME}/analyses", {"kind": "explain"}).status_code == 422
    assert ids(page) == before


def test_a_run_takes_its_analyses_with_it(page: Page, attached: Path) -> None:
    assert page.post_form(f"/runs/{NAME}/delete", {}).status_code == 303
    assert not attached.exists()


@pytest.mark.parametrize("kind", ["explain", "alternatives", "sensitivity", "recommend"])
def test_an_analysis_runs_and_is_attached(page: Page, kind: str) -> None:
    job = page.post_form(f"/runs/{OWN}/analyses?lang=en", {"kind": kind}).headers["location"]
    end, phases = time.monotonic() + 900, set()
    while not (now := page.get(f"{job}/progress").json())["over"]:
        assert time.monotonic() < end
        phases.add(now["phase"])
        time.sleep(0.3)
    assert any("solving" in phase for phase in phases)
    place = page.get(job)
    assert place.status_code == 303, place.text
    text = page.get(place.headers["location"]).text
    if kind == "recommend":
        assert page.get(f"{place.headers['location']}/report").status_code == 200
    else:
        assert heads(text)
    if kind == "sensitivity":
        answer = page.get(f"/runs/{OWN}/report?lang=en")
        report = answer.text
        assert answer.status_code == 200, report
        assert "moves one" in report or "overturn" in report
    assert place.headers["location"] in page.get(f"/runs/{OWN}").text
