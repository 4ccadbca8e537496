"""Folders of results that somebody has changed: their pages say so; files sent are the folder's own and inert."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from visitor import EXAMPLE, LOCAL, Page

from optimization.archive.seal import seal
from optimization.web.downloads import inert, inert_csv
from optimization.web.jobs import Jobs
from optimization.web.server import application

ID = "20250601T000000Z-0badcafe"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "web" / ID))


@pytest.fixture
def page(folder: Path) -> Iterator[Page]:
    results = folder.parents[1]
    jobs = Jobs(results, waiting=1, each=1, threads=1)
    with Page(application(results, jobs=jobs), base_url=LOCAL, follow_redirects=False) as client:
        yield client


def changed(folder: Path, name: str, old: str, new: str) -> None:
    """Replace a text of a file once, and seal anew."""
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    seal(folder)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("services.csv", "\nfire,", "\nghosts,"),
        ("tiers.csv", "\nbloc,", "\nnation,"),
        ("governments.csv", "population_persons", "people"),
        ("measures.csv", "ratio,0", "ratio,x"),
    ],
)
def test_a_run_that_was_changed_is_said_to_be(
    page: Page, folder: Path, name: str, old: str, new: str
) -> None:
    changed(folder, name, old, new)
    for path in ("", "/report", "/town?q=03201"):
        answer = page.get(f"/runs/{ID}{path}")
        assert answer.status_code == 422 and name in answer.text, path
        assert str(folder) not in answer.text


def test_a_record_that_leads_elsewhere_is_no_run(page: Page, folder: Path) -> None:
    changed(folder, "run.json", '"case": "iwate-2022"', '"case": "../packages"')
    assert page.get(f"/runs/{ID}").status_code == 404
    assert ID not in page.get("/runs").text


@pytest.mark.parametrize("name", ["solver.csv", "governments.csv", "package.resolved.toml"])
def test_links_are_not_sent(page: Page, folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to("/etc/passwd")
    path = "package.toml" if name.endswith("toml") else f"tables/{name}"
    answer = page.get(f"/runs/{ID}/{path}")
    assert answer.status_code == 404 and "root:" not in answer.text


def test_a_table_is_sent_with_its_formulas_disarmed(page: Page, folder: Path) -> None:
    same = page.get(f"/runs/{ID}/tables/governments.csv")
    assert same.text == (folder / "governments.csv").read_text(encoding="utf-8")
    changed(folder, "governments.csv", "盛岡市", "=HYPERLINK(x)")
    sent = page.get(f"/runs/{ID}/tables/governments.csv").text
    cells = [cell for row in csv.reader(io.StringIO(sent)) for cell in row]
    assert [cell for cell in cells if "HYPERLINK" in cell] == ["'=HYPERLINK(x)"]
    (folder / "governments.csv").write_bytes(b"\xff")
    assert page.get(f"/runs/{ID}/tables/governments.csv").status_code == 422


def test_a_script_in_a_name_stays_a_name(page: Page, folder: Path) -> None:
    changed(folder, "services.csv", "Fire and ambulance", "<script>alert(1)</script>")
    for path in ("", "/report"):
        text = page.get(f"/runs/{ID}{path}?lang=en").text
        assert not re.search(r"<script>alert", text), path


@pytest.mark.parametrize("cell", ["=1+1", "+a", "-a", "@x", "\tx", "\rx", "=", "-"])
def test_what_begins_like_a_formula_is_disarmed(cell: str) -> None:
    assert inert(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a", "-1.5", "+2", "-1e9", "a=1", "岩手県"])
def test_numbers_and_words_are_left_alone(cell: str) -> None:
    assert inert(cell) == cell


def test_a_table_without_formulas_is_left_as_it_is() -> None:
    text = 'a,b\r\n"x, y",-1\r\n'
    assert inert_csv(text) == text
    assert inert_csv('a\n"=1,1"\n') == 'a\n"\'=1,1"\n'
