"""Thousands of runs, and a browser that other applications use too."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from visitor import EXAMPLE, LOCAL, Page

from optimization.web import cases
from optimization.web.downloads import inert, inert_csv, keep_newest
from optimization.web.jobs import RUNNING, Job, Jobs, Order
from optimization.web.run_list import ON_A_PAGE
from optimization.web.server import application

MANY = 130


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of which only the record is there, one a minute; some under a study."""
    root = tmp_path_factory.mktemp("many")
    record = json.loads((EXAMPLE / "run.json").read_text(encoding="utf-8"))
    for number in range(MANY):
        hour, minute = divmod(number, 60)
        name = f"20260101T{hour:02}{minute:02}00Z-{number:08x}"
        folder = root / ("web" if number % 3 else "study") / name
        folder.mkdir(parents=True)
        record["written"] = f"2026-01-01T{hour:02}:{minute:02}:00Z"
        (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return root


@pytest.fixture
def page(results: Path) -> Iterator[Page]:
    with Page(application(results, jobs=Jobs(results)), base_url=LOCAL, follow_redirects=False) as visitor:
        yield visitor


def listed(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/runs/([\w-]+)"', text)


def test_the_list_comes_a_page_at_a_time_newest_first(page: Page) -> None:
    pages = [page.get(f"/runs?page={number}&lang=en").text for number in (1, 2, 3)]
    found = [listed(text) for text in pages]
    assert [len(names) for names in found] == [ON_A_PAGE, ON_A_PAGE, MANY - 2 * ON_A_PAGE]
    assert len({name for names in found for name in names}) == MANY
    times = [when for text in pages for when in re.findall(r"2026-01-01 \d\d:\d\d(?=</td>)", text)]
    assert len(times) == MANY and times == sorted(times, reverse=True)
    assert "Page 2 of 3" in pages[1]
    for odd in ("0", "-1", "x", "99999999999999999999", "٣", ""):
        assert len(listed(page.get("/runs", params={"page": odd}).text)) == ON_A_PAGE
    assert listed(page.get("/runs?page=999").text) == found[2]


def test_what_was_ticked_stays_ticked_on_other_pages(page: Page) -> None:
    first = listed(page.get("/runs").text)[3]
    text = page.get(f"/runs?page=2&run={first}&run=unknown").text
    assert f'name="run" value="{first}" checked' in text
    assert f'name="run" value="{first}" checked' in page.get(f"/runs?run={first}").text
    assert page.get(f"/compare?run={first}&run=unknown").status_code == 404


def test_only_the_runs_of_the_page_are_read_whole(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    whole = cases.read_run_record
    monkeypatch.setattr(
        cases, "read_run_record", lambda folder, sealed: read.append(folder) or whole(folder, sealed)
    )
    page.get("/runs?page=3")
    page.get("/runs?page=3")
    assert len(read) <= MANY - 2 * ON_A_PAGE


def test_asking_for_progress_looks_at_no_run(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(results)
    name = "20260102T000000Z-00000000"
    jobs.jobs[name] = Job(name, "me", Order("iwate-2022", "wide_area"), datetime.now(UTC), state=RUNNING)

    def looked(*_: object) -> None:
        raise AssertionError("a poll must not look at runs")

    for function in ("run_places", "_folders", "_record"):
        monkeypatch.setattr(cases, function, looked)
    with Page(application(results, jobs=jobs), base_url=LOCAL) as page:
        assert page.get(f"/runs/{name}/progress").json()["state"] == RUNNING
        jobs.jobs.clear()


def test_cookies_are_ours_alone(page: Page) -> None:
    """Browsers send a host's cookies to every port: another application's, and another server's, stay what they are."""
    other = {"cookie": "session=theirs; lang=xx; key=theirs"}
    first = page.get("/?lang=ja", headers=other)
    names = {line.partition("=")[0] for line in first.headers.get_list("set-cookie")}
    assert names == {"optimization-8000-session", "optimization-lang"}
    with Page(page.app, base_url="http://127.0.0.1:8001") as second:
        assert "optimization-8001-session" in second.get("/").headers["set-cookie"]
    odd = page.get("/", headers={"host": "localhost"})
    assert "optimization-80-session=" in odd.headers["set-cookie"]


def test_workbooks_do_not_pile_up(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.xlsx").write_text("x")
        time.sleep(0.01)
    keep_newest(tmp_path, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["6.xlsx", "7.xlsx", "8.xlsx"]


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n＝＋－＠﹢﹣﹦﹫−"])
def test_no_cell_begins_a_formula(sign: str) -> None:
    assert inert(f"{sign}cmd|x") == f"'{sign}cmd|x"
    assert "'" in inert_csv(f'a,b\n1,"{sign}SUM(A1)"\n')


def test_numbers_and_names_are_left_alone() -> None:
    for cell in ("-1.5", "+2", "-1e-3", "", "盛岡市", "a=b", "'x"):
        assert inert(cell) == cell


def test_a_link_in_a_circle_costs_no_run(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    shutil.copytree(EXAMPLE, tmp_path / "mine")
    assert [run.folder.name for run in cases.run_places(tmp_path)] == ["mine"]
