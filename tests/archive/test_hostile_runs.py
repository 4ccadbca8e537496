"""Run folders changed and sealed anew: nothing is shown that contradicts itself, nothing read outside."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optimization.archive import read_changes, read_run, read_run_record, read_settings
from optimization.archive.fit import NEEDED
from optimization.archive.seal import SUMS, seal
from optimization.errors import InputError
from optimization.referee.audit import audit_run
from optimization.referee.compare import compare_runs
from optimization.report.page import render_report
from optimization.report.view import view_run
from optimization.report.workbook import write_workbook

EXAMPLE = Path(__file__).parents[2] / "results" / "example"
IWATE = EXAMPLE.parents[1] / "inputs" / "iwate-2022"
Rows = list[list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example"))


def refused(read: Callable[[Path], object], folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(folder)
    assert all(problem.file and problem.remedy for problem in caught.value.problems)
    return str(caught.value)


def record(folder: Path, **entries: Any) -> None:
    """Change entries of the record, or take them out (...), and seal anew."""
    found = json.loads((folder / "run.json").read_text(encoding="utf-8")) | entries
    kept = {key: value for key, value in found.items() if value is not ...}
    (folder / "run.json").write_text(json.dumps(kept), encoding="utf-8")
    seal(folder)


def table(folder: Path, name: str, change: Callable[[Rows], object]) -> None:
    """Change the rows of a table, its header first, and seal anew."""
    file = folder / f"{name}.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    change(rows)
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(rows)
    seal(folder)


def cell(column: str, value: str, row: int = 1) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[row][rows[0].index(column)] = value

    return change


def without(name: str) -> Callable[[Rows], None]:
    """Take out the one row that begins with a name."""

    def change(rows: Rows) -> None:
        rows.remove(next(row for row in rows if row[0] == name))

    return change


# ---- the record


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"case": "../packages"}, "column case: value error, must be the name of a folder, not a path"),
        ({"case": "/etc"}, "column case: "),
        ({"case": ".."}, "column case: "),
        ({"case": 3}, "column case: "),
        ({"status": "splendid"}, "column status: "),
        ({"prefectures_asked": "03"}, "column prefectures_asked: "),
        ({"prefectures_asked": ...}, "column prefectures_asked: field required"),
        ({"gap": "0"}, "column gap: "),
        ({"gap": None}, "column gap: is missing where there is a decision"),
        ({"objective_parts_million_yen": {"joy": 1.0}}, "'joy' is no part of the cost"),
        ({"objective_parts_million_yen": [1]}, "column objective_parts_million_yen: "),
        ({"seconds": {"solve": "long"}}, "column seconds.solve: "),
        ({"threads": 0}, "column threads: "),
        ({"written": "yesterday"}, "column written: "),
        ({"versions": None}, "column versions: "),
        ({"baseline_million_yen": 1e300}, "column baseline_million_yen: "),
    ],
)
def test_a_record_of_another_kind_is_refused(folder: Path, entries: dict[str, Any], words: str) -> None:
    record(folder, **entries)
    for read in (read_run_record, read_run, view_run, audit_run):
        assert words in refused(read, folder)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999"])
def test_figures_that_are_none_are_refused(folder: Path, text: str) -> None:
    file = folder / "run.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**found, "gap": "HERE"}).replace('"HERE"', text), encoding="utf-8")
    seal(folder)
    assert "column gap: " in refused(read_run, folder)


# ---- the tables


def test_a_cell_is_empty_only_where_the_dictionary_says_what_that_means(folder: Path) -> None:
    """A part of nobody is no number; a cost that is missing, or a word in its place, is a fault."""
    served = "population_served_by_alone_ratio"
    of_nobody = read_run(folder)[1]["services"][served].isna().tolist()
    assert not of_nobody[0] and not all(of_nobody)
    table(folder, "services", cell(served, ""))
    assert read_run(folder)[1]["services"][served].isna().tolist() == [True, *of_nobody[1:]]
    for value in ("nan", "NaN", "none", " "):
        table(folder, "services", cell(served, value, row=2))
        assert f"line 3, column {served}: must be a number" in refused(read_run, folder)
    table(folder, "services", cell(served, "0.5", row=2))
    table(folder, "services", cell("total_million_yen", ""))
    assert "column total_million_yen: must be a number" in refused(read_run, folder)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (
            "tiers",
            lambda rows: rows.__delitem__(slice(0, None)),
            "tiers.csv: column tier: the column is missing",
        ),
        ("tiers", lambda rows: [row.pop() for row in rows], "the column is missing"),
        ("tiers", lambda rows: [row.append(row[0]) for row in rows], "tiers.csv: column tier: stands twice"),
        ("tiers", lambda rows: rows[1].append("x"), "line 2 has 12 cells, the header 11"),
        ("tiers", lambda rows: rows[2].append("x"), "tiers.csv: cannot be read"),
        (
            "tiers",
            lambda rows: rows[2].pop(),
            "row line 3, column own_revenue_million_yen: must be a number",
        ),
        ("tiers", cell("tier", "bodies", 4), "column tier: is not a tier"),
        (
            "tiers",
            lambda rows: rows.pop(),
            "tiers.csv: column tier: has no row for this tier (found 'nation')",
        ),
        ("tiers", cell("services", "-1"), "column services: must be a number of at least 0"),
        ("services", cell("total_million_yen", "inf"), "column total_million_yen: must be a finite number"),
        (
            "services",
            cell("total_million_yen", "=1+1"),
            "column total_million_yen: must be a number (found '=1+1')",
        ),
        ("responsibility", cell("changed", "2"), "column changed: must be one of 0, 1"),
        ("responsibility", cell("tier", "emperor"), "column tier: is not a word known here"),
        (
            "responsibility",
            lambda rows: rows.append(rows[1]),
            "the row stands twice (found 'fire/city_100k_up')",
        ),
        (
            "provision",
            cell("service", "ghosts"),
            "column service: does not stand in services.csv (found 'ghosts')",
        ),
        ("provision", cell("provider_kind", "sound"), "column provider_kind: is no kind of provider"),
        (
            "bodies",
            lambda rows: rows.__delitem__(slice(1, None)),
            "column provider: does not stand in bodies.csv",
        ),
        (
            "bodies",
            cell("member_codes", "03202|99999"),
            "column member_codes: does not stand in provision.csv",
        ),
        ("bodies", cell("members", "9"), "column members: does not fit the members of the body"),
        ("formula", without("pool"), "has no row for this parameter (found 'pool')"),
        ("governments", cell("population_persons", "0"), "column population_persons: must be at least 1"),
        ("governments", cell("class", "city"), "column class: is not a word known here"),
        ("outlook", cell("prefecture_code", "03"), "outlook.csv: "),
    ],
)
def test_a_table_of_another_form_is_refused(
    folder: Path, name: str, change: Callable[[Rows], object], words: str
) -> None:
    table(folder, name, change)
    assert words in refused(read_run, folder)


@pytest.mark.parametrize("name", NEEDED)
def test_a_table_that_is_gone_is_missed(folder: Path, name: str) -> None:
    (folder / f"{name}.csv").unlink()
    seal(folder)
    for read in (read_run, audit_run):
        assert f"{name}.csv: is missing" in refused(read, folder)


def test_tables_that_belong_together_come_together(folder: Path) -> None:
    shutil.copy(folder / "taxes.csv", folder / "taxes_second.csv")
    seal(folder)
    assert "provision_second.csv: is missing" in refused(read_run, folder)


def test_other_tables_in_the_folder_are_not_read(folder: Path) -> None:
    (folder / "notes.csv").write_bytes(b"\xff\0")
    assert "notes" not in read_run(folder)[1]


def test_changes_and_settings_are_checked_like_a_package(folder: Path) -> None:
    (folder / "changes.csv").write_text("setting,from\n", encoding="utf-8")
    assert "changes.csv: column to: the column is missing" in refused(read_changes, folder)
    file = folder / "package.resolved.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"weights.access" = 1.0', '"weights.access" = "a lot"'), encoding="utf-8")
    assert "weights.access: must be a number" in refused(read_settings, folder)
    file.write_text("[", encoding="utf-8")
    assert "is not valid TOML" in refused(read_settings, folder)


# ---- what leads out of the folder, or has no end


@pytest.mark.parametrize("name", ["tiers.csv", "changes.csv", "run.json", "package.resolved.toml"])
@pytest.mark.parametrize("target", ["/etc/passwd", "/dev/zero", "circle"])
def test_links_that_lead_out_are_not_followed(folder: Path, tmp_path: Path, name: str, target: str) -> None:
    (folder / name).unlink()
    (folder / name).symlink_to(name if target == "circle" else target)
    (folder / SUMS).unlink()

    def read(place: Path) -> object:
        return read_run(place, sealed=False), read_changes(place), read_settings(place)

    assert "root:" not in refused(read, folder)
    assert refused(lambda place: write_workbook(place, tmp_path / "x.xlsx"), folder)
    assert not (tmp_path / "x.xlsx").exists()


@pytest.mark.parametrize("name", ["tiers.csv", "tiers.parquet", "run.json", SUMS])
def test_a_pipe_is_not_waited_for(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    refused(read_run, folder)


def test_a_hole_of_gigabytes_is_not_summed(folder: Path) -> None:
    os.truncate(folder / "tiers.parquet", 40 * 2**30)
    assert "tiers.parquet: has been changed" in refused(read_run, folder)


# ---- figures that contradict each other


def test_nobody_is_shown_figures_that_contradict_each_other(folder: Path) -> None:
    def dearer(rows: Rows) -> None:
        at = rows[0].index("standard_million_yen")
        rows[1][at] = str(float(rows[1][at]) + 1000.0)

    table(folder, "provision", dearer)
    words = "its tables contradict each other: not so that objective agrees to 1e-6"
    for read in (view_run, render_report, lambda place: compare_runs([place, EXAMPLE])):
        assert words in refused(read, folder)


def test_a_run_of_another_case_is_refused(folder: Path) -> None:
    table(folder, "governments", cell("government", "04201", 2))
    assert "is not in the case (found '04201')" in refused(lambda place: view_run(place, IWATE), folder)
    record(folder, prefectures_asked=["99"])
    assert "lacks a prefecture of the run (found '99')" in refused(view_run, folder)


def test_a_measure_that_a_sentence_needs_is_missed(folder: Path) -> None:
    table(
        folder,
        "measures",
        lambda rows: rows.__setitem__(slice(None), [r for r in rows if r[0] != "national_outlay"]),
    )
    assert "measures.csv: has no row for this measure (found 'national_outlay')" in refused(
        render_report, folder
    )


def test_a_table_larger_than_a_workbook_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optimization.report.workbook.MOST_CELLS", 100)
    assert "it has more than 100 cells" in refused(
        lambda place: write_workbook(place, tmp_path / "x.xlsx"), folder
    )
    assert not (tmp_path / "x.xlsx").exists()
