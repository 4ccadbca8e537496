"""report, export and what machines read, on the example that is kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import ON_IWATE, REPO, command

EXAMPLE = REPO / "results" / "example"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "run"))


def test_report_writes_both_languages_into_the_folder(folder: Path) -> None:
    finished = command("report", folder)
    assert finished.code == 0, finished.err
    for name, lang in (("report.html", "en"), ("report.ja.html", "ja")):
        assert f'<html lang="{lang}">' in (folder / name).read_text(encoding="utf-8")
        assert name in finished.out
    assert command("report", folder).code == 0, "a report may be made anew"


def test_report_in_one_language_elsewhere(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "page.html"
    finished = command("report", folder, "--language", "ja", "--out", target, "--json")
    assert json.loads(finished.out) == {"written": [str(target)]}
    assert '<html lang="ja">' in target.read_text(encoding="utf-8")
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("report", "nowhere"), "is not a run folder"),
        (("report", EXAMPLE, "--language", "fr"), "choose en or ja"),
        (("report", EXAMPLE, "--study", EXAMPLE), "is no study"),
        (("report", EXAMPLE, "--case", REPO / "inputs" / "japan-2022"), "is not the case of the run"),
        (("export", "nowhere"), "is not a run folder"),
        (("export", EXAMPLE, "--language", "fr"), "choose en or ja"),
    ],
)
def test_faults_end_with_two(arguments: tuple[str | Path, ...], words: str) -> None:
    finished = command(*arguments)
    assert finished.code == 2 and words in finished.err
    assert not (EXAMPLE / "report.html").exists()


def test_export_writes_a_workbook_once(folder: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    finished = command("export", folder, "--language", "ja")
    assert finished.code == 0, finished.err
    book = openpyxl.load_workbook(folder.parent / "run.xlsx", read_only=True)
    assert book.sheetnames[0] == "概要"
    book.close()
    again = command("export", folder, "--language", "ja")
    assert again.code == 2 and "already exists" in again.err


def test_machines_read_a_comparison(folder: Path, tmp_path: Path) -> None:
    finished = command("compare", folder, EXAMPLE, *ON_IWATE, "--out", tmp_path / "cmp", "--json")
    assert finished.code == 0, finished.err
    record = json.loads(finished.out)
    names = [Path(path).name for path in record["written"]]
    assert names == ["comparison.csv", "comparison.html", "comparison.ja.html"]
    assert {row["kind"] for row in record["comparison"]} == {"outcome"}


def test_machines_read_the_packages() -> None:
    listed = json.loads(command("packages", "--json").out)
    assert {"role_division", "status_quo"} <= {package["name"] for package in listed}


def test_machines_read_a_study(tmp_path: Path) -> None:
    """A tornado of one assumption: eight levels and the centre; its record names the question."""
    out = tmp_path / "study"
    finished = command(
        "sensitivity", "role_division", *ON_IWATE, "--only", "detour_factor", "--gap", "1e-2",
        "--processes", "1", "--out", out, "--json",
    )  # fmt: skip
    assert finished.code == 0, finished.err
    record = json.loads(finished.out)
    assert len(record["draws"]) == 9
    assert {row["factor"] for row in record["effects"]} == {"detour_factor"}
    assert record["study"]["package"] == "role_division" and record["study"]["only"] == ["detour_factor"]
    left_out = [row for row in record["numbers"] if row["why_not"] == "not asked for"]
    assert left_out and all(row["factor"] != "detour_factor" for row in left_out)


def test_an_unknown_assumption_is_told() -> None:
    finished = command("sensitivity", "role_division", *ON_IWATE, "--only", "detour_facter")
    assert finished.code == 2 and "did you mean 'detour_factor'?" in finished.err
