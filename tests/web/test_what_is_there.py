"""The page shows what is there now: files taken away, put back with an older date, replaced by others of their name."""

from __future__ import annotations

import io
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from visitor import EXAMPLE, LOCAL, REPO, Page

from optimization.archive.seal import seal
from optimization.reading import whereabouts
from optimization.web import cases, digest, worker
from optimization.web.digest import file_digest, folder_digest
from optimization.web.jobs import Jobs, Order
from optimization.web.server import application

LONG_AGO = 1_000_000_000
RUN = "20260101T000000Z-0123abcd"


@pytest.fixture
def shelves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Inputs of our own: the teaching case, two packages."""
    inputs, packages = tmp_path / "inputs", tmp_path / "packages"
    shutil.copytree(REPO / "inputs" / "iwate-2022", inputs / "iwate-2022")
    packages.mkdir()
    for name in ("status_quo", "wide_area"):
        shutil.copy(REPO / "inputs" / "packages" / f"{name}.toml", packages)
    for place in ("INPUTS", "EMBEDDED"):
        monkeypatch.setattr(whereabouts, place, inputs)
    monkeypatch.setattr(cases, "PACKAGES", packages)
    return inputs, packages


@pytest.fixture
def page(tmp_path: Path, shelves: tuple[Path, Path]) -> Iterator[Page]:
    results = tmp_path / "results"
    shutil.copytree(EXAMPLE, results / "web" / RUN)
    with Page(application(results, jobs=Jobs(results)), base_url=LOCAL, follow_redirects=False) as visitor:
        yield visitor


def edited(file: Path, before: str, after: str, date: int | None = None) -> None:
    """Change a text in a file, perhaps with a date of long ago."""
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")
    if date is not None:
        os.utime(file, (date, date))


def current(page: Page, key: str) -> str:
    found = re.search(
        rf'data-current="{re.escape(key)}">([^<]*)<', page.get("/?lang=en&package=wide_area").text
    )
    assert found
    return found[1]


def test_a_package_taken_away_is_listed_no_more(page: Page, shelves: tuple[Path, Path]) -> None:
    _, packages = shelves
    assert 'id="package-wide_area"' in page.get("/").text
    os.utime(packages / "wide_area.toml", (LONG_AGO, LONG_AGO))
    assert 'id="package-wide_area"' in page.get("/").text
    (packages / "wide_area.toml").unlink()
    assert 'id="package-wide_area"' not in page.get("/").text


def test_a_package_put_back_with_an_older_date_shows_its_own_values(
    page: Page, shelves: tuple[Path, Path]
) -> None:
    file = shelves[1] / "wide_area.toml"
    edited(file, '"equity.adequacy_floor" = 0.97', '"equity.adequacy_floor" = 0.91')
    assert current(page, "equity.adequacy_floor") == "0.91"
    edited(file, '"equity.adequacy_floor" = 0.91', '"equity.adequacy_floor" = 0.92', LONG_AGO)
    assert current(page, "equity.adequacy_floor") == "0.92"


def test_a_table_put_back_with_an_older_date_is_read(page: Page, shelves: tuple[Path, Path]) -> None:
    table = shelves[0] / "iwate-2022" / "municipalities.csv"
    assert "盛岡市" in page.get(f"/runs/{RUN}/town?code=03201&lang=ja").text
    edited(table, "盛岡市", "森岡市", LONG_AGO)
    assert "森岡市" in page.get(f"/runs/{RUN}/town?code=03201&lang=ja").text


def test_a_package_in_english_alone_is_shown_as_such_in_japanese(
    page: Page, shelves: tuple[Path, Path]
) -> None:
    file = shelves[1] / "wide_area.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(line for line in lines if "_ja = " not in line), encoding="utf-8")
    title = next(line for line in lines if line.startswith("title = ")).split('"')[1]
    assert f"{title}（英文のみ）" in page.get("/?lang=ja").text
    assert "（英文のみ）" not in page.get("/?lang=en").text


def test_a_faulty_package_hides_no_other_and_is_told(page: Page, shelves: tuple[Path, Path]) -> None:
    (shelves[1] / "bad.toml").write_text("[package", encoding="utf-8")
    text = page.get("/?lang=en").text
    assert 'id="package-wide_area"' in text and "bad.toml" in text


def test_a_run_replaced_by_another_of_its_name_gives_the_new_files(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "results" / "web" / RUN

    def workbook() -> str:
        book = zipfile.ZipFile(io.BytesIO(page.get(f"/runs/{RUN}/workbook.xlsx?lang=en").content))
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))

    old = "Fire and ambulance"
    assert old in page.get(f"/runs/{RUN}/report?lang=en").text and old in workbook()
    other = tmp_path / "other"
    shutil.copytree(EXAMPLE, other)
    label = next(
        line for line in (other / "services.csv").read_text().splitlines() if line.startswith("fire,")
    )
    edited(other / "services.csv", label.split(",")[1], "Firefighters", LONG_AGO)
    seal(other)
    shutil.rmtree(folder)
    other.rename(folder)
    for path in folder.iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO))
    assert "Firefighters" in page.get(f"/runs/{RUN}/report?lang=en").text
    assert "Firefighters" in workbook()
    shutil.rmtree(folder)
    for path in ("", "/report", "/workbook.xlsx", "/progress"):
        assert page.get(f"/runs/{RUN}{path}").status_code == 404
    assert RUN not in page.get("/runs").text


def order(page: Page, seen: str, **more: str) -> object:
    return page.post_form(
        "/", {"case": "iwate-2022", "package": "wide_area", "seen": seen, "lang": "en", **more}
    )


def shown(page: Page) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', page.get("/?package=wide_area").text)
    assert found
    return found[1]


def test_an_order_for_values_that_are_no_more_is_refused(
    page: Page, shelves: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the form showed, what is taken and what is run are one."""
    taken: list[Order] = []
    monkeypatch.setattr(Jobs, "submit", lambda jobs, each, session: taken.append(each) or _job(each))
    before = shown(page)
    assert order(page, before).status_code == 303  # type: ignore[attr-defined]
    assert taken[0].digest == before.split("|")[2] == cases.question_of("iwate-2022", "wide_area")
    edited(shelves[1] / "wide_area.toml", '"all"', '["fire"]', LONG_AGO)
    answer = order(page, before)
    assert answer.status_code == 422 and len(taken) == 1  # type: ignore[attr-defined]
    assert "since this page was shown" in answer.text and "wide_area" in answer.text  # type: ignore[attr-defined]
    assert order(page, shown(page)).status_code == 303  # type: ignore[attr-defined]
    assert taken[1].digest != taken[0].digest
    values = page.get("/values?case=iwate-2022&package=wide_area").json()
    assert values["seen"] == shown(page)


def _job(each: Order) -> object:
    from datetime import UTC, datetime

    from optimization.web.jobs import Job

    return Job("20260101T000000Z-00000000", "me", each, datetime.now(UTC))


def test_a_run_of_what_was_changed_while_it_waited_is_refused(tmp_path: Path) -> None:
    job = {
        "case": str(REPO / "inputs" / "iwate-2022"), "package": "wide_area", "settings": {}, "prefectures": [],
        "gap": 1e-4, "seconds": 60.0, "threads": 1, "work": str(tmp_path), "digest": "0" * 64,
        "target": str(tmp_path / "run"), "spare": str(tmp_path / "spare"),
    }  # fmt: skip
    with pytest.raises(worker.InputError, match="changed since the run was ordered"):
        worker.answer(job)


def test_a_digest_is_of_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "UNSETTLED", -1.0)  # keep every digest at once
    file = tmp_path / "a.csv"
    file.write_text("one")
    first, whole = file_digest(file), folder_digest(tmp_path)
    state = os.stat(file)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns + 10**9))
    assert (file_digest(file), folder_digest(tmp_path)) == (first, whole)
    file.write_text("two")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))  # as large and as old as before
    assert file_digest(file) != first and folder_digest(tmp_path) != whole
    file.write_text("one")
    assert folder_digest(tmp_path) == whole
    file.rename(tmp_path / "b.csv")
    assert folder_digest(tmp_path) != whole
    assert file_digest(file) == "" and folder_digest(tmp_path / "none") == ""


def test_a_file_just_written_is_read_again(tmp_path: Path) -> None:
    """Two changes within a tick of the clock of files leave the same note of them."""
    file = tmp_path / "a.csv"
    file.write_text("one")
    first = file_digest(file)
    assert str(file) not in digest._known
    file.write_text("two")
    assert file_digest(file) != first


def test_pipes_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.json")
    assert file_digest(tmp_path / "run.json") == ""
