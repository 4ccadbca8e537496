"""What a person and a program read: help, lists, notes, progress, JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from command_line import IWATE, ON_IWATE, RUN_IWATE, Run, command, write_package

from optimization.case.face import DEFAULT_CASE, DEFAULT_PACKAGE
from optimization.case.load import load_case
from optimization.cli import commands
from optimization.cli.app import COMMANDS
from optimization.ledger.cost_kinds import real_cost

SCREEN_LINES = 24
OVERVIEW_LINES = 29
"""Of the overview, which has a line for every command."""


def test_the_commands_are_those_the_readme_names() -> None:
    assert {"run", "validate", "packages", "prepare", "cut"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_screen_and_shows_an_example(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    finished = command(name, "--help")
    assert finished.code == 0
    lines = finished.out.splitlines()
    assert len(lines) <= SCREEN_LINES
    assert max(map(len, lines)) <= 80
    assert f"Example: solve.py {name} " in finished.out


def test_the_overview_lists_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    finished = command("--help")
    assert finished.code == 0
    assert len(finished.out.splitlines()) <= OVERVIEW_LINES
    for name in COMMANDS:
        assert re.search(rf"^  {name}  +\S.*[^.]\.$", finished.out, re.MULTILINE), name
    assert "Example" in finished.out


def test_without_a_command_the_default_package_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(commands, "run", lambda *a, **k: asked.append(a) or 0)
    assert command().code == 0
    assert asked == [([DEFAULT_PACKAGE], DEFAULT_CASE, "", None)]


def test_packages_lists_every_file() -> None:
    finished = command("packages", *ON_IWATE)
    assert finished.code == 0
    for path in (IWATE.parent / "packages").glob("*.toml"):
        assert re.search(rf"^{path.stem} ", finished.out, re.MULTILINE), path.stem


@pytest.mark.usefixtures("quick_case")
def test_a_package_in_full_shows_provisions_and_changes() -> None:
    finished = command("packages", "role_division", *ON_IWATE)
    assert finished.code == 0
    assert "wide_area  Elective wide-area cooperation" in finished.out  # what it extends
    assert "  4. A receiving government keeps at least 25 percent" in finished.out
    assert "formula.counted_share: [0.75, 0.75] -> [0.6, 0.75] [role_division]" in finished.out


@pytest.mark.usefixtures("quick_case")
def test_validate_tells_what_it_checked() -> None:
    finished = command("validate", "wide_area", *ON_IWATE)
    assert finished.code == 0
    assert "33 municipal governments, 1 prefectures, 44 services" in finished.out
    assert "wide_area: 3 settings differ from today. No fault found." in finished.out


@pytest.mark.usefixtures("quick_case")
def test_validate_warns_of_a_setting_that_changes_nothing(tmp_path: Path) -> None:
    path = write_package(tmp_path, "idle", '"rules.groups" = "by_class"\n"weights.access" = 2.0')
    finished = command("validate", path, *ON_IWATE)
    assert finished.code == 0
    assert "warning: " in finished.out and "rules.groups = by_class changes nothing" in finished.out


def test_composition_prints_what_is_overridden(tmp_path: Path) -> None:
    path = write_package(tmp_path, "stricter", '"equity.adequacy_floor" = 0.9\n"discipline.balance" = false')
    finished = command("run", "wide_area", path, *RUN_IWATE, "--out", tmp_path / "run", "--json")
    assert finished.code == 0
    assert "note: equity.adequacy_floor: 0.97 (wide_area) -> 0.9 (stricter)" in finished.err
    record = json.loads(finished.out)
    assert record["package"] == "wide_area+stricter"
    assert "discipline.balance: true (wide_area) -> false (stricter)" in record["overridden"]
    text = (tmp_path / "run" / "package.resolved.toml").read_text(encoding="utf-8")
    assert '"equity.adequacy_floor" = 0.9' in text and "stricter" in text


def test_json_is_the_record_and_nothing_else(tmp_path: Path) -> None:
    finished = command("run", "status_quo", *RUN_IWATE, "--out", tmp_path / "run", "--json")
    assert finished.code == 0
    printed = json.loads(finished.out)
    written = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    for record in (printed, written):
        record.pop("written"), record.pop("peak_memory_mb")
    assert printed == written
    assert "Solving" not in finished.err  # a program that asks for JSON asks for silence


def test_progress_goes_to_standard_error_only(reform: Run) -> None:
    assert "Reading the case" in reform.finished.err and "Solving role_division" in reform.finished.err
    assert re.search(r"best plan .*gap", reform.finished.err)
    assert "Solving" not in reform.finished.out and "best plan" not in reform.finished.out


def test_the_screen_says_what_the_tables_say(reform: Run) -> None:
    out = reform.finished.out
    total = real_cost(reform.record["objective_parts_million_yen"]) / 1e3
    today = real_cost(reform.record["baseline_parts_million_yen"]) / 1e3
    assert f"{total - today:+,.1f} ({total / today - 1:+.2%})" in out
    governments = pd.read_csv(reform.folder / "governments.csv", dtype={"government": str})
    municipal = governments[governments["tier"] == "municipality"]
    assert f"{municipal['grant_million_yen'].sum() / 1e3:,.1f}" in out
    assert f"{len(pd.read_csv(reform.folder / 'bodies.csv'))} wide-area bodies of " in out
    assert f"Run folder: {reform.folder}" in out
    changed = pd.read_csv(reform.folder / "responsibility.csv")
    for service in changed.loc[changed["changed"] == 1, "service"].unique():
        assert re.search(rf"^{service} ", out, re.MULTILINE), service


def test_cut_writes_a_case_that_reads(tmp_path: Path) -> None:
    finished = command("cut", *ON_IWATE, "--prefectures", "03", "--out", tmp_path / "again")
    assert finished.code == 0
    again, original = load_case(tmp_path / "again"), load_case(IWATE)
    pd.testing.assert_frame_equal(again.governments, original.governments)
    anew = command("cut", *ON_IWATE, "--prefectures", "03", "--out", tmp_path / "again")
    assert anew.code == 0  # a case may be cut anew
