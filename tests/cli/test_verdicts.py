"""An impossible question and a plan that breaks a rule end alike in every command that solves."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import ON_IWATE, Finished, command, write_package

import optimization.outcome.readback as readback_room
import optimization.studies.sweep as sweep
from optimization.case.load import load_case
from optimization.cli import options
from optimization.rules.checks import Breach

POOR = '"pool.ordinary_million_yen" = 100000.0'
ASKING = {
    "pareto": ("--against", "clarity", "--points", "2"),
    "alternatives": ("--count", "0"),
    "sensitivity": ("--only", "detour_factor", "--processes", "1"),
    "explain": ("--services", "registry"),
    "compare": (),
}
IN_ORDER = ("pareto", "--against", "clarity,equity", "--lexicographic")


@pytest.fixture(autouse=True)
def case_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (options, sweep):
        monkeypatch.setattr(room, "load_case", _load_once)


_load_once = functools.cache(load_case)


def swept(folder: Path, package: str, *options: str) -> Finished:
    study = folder / "s.toml"
    study.write_text(f'[study]\nname = "s"\n[[cell]]\npackages = "{package}"\n', encoding="utf-8")
    return command("sweep", study, *ON_IWATE, "--processes", "1", "--out", folder / "out", *options)


@pytest.mark.parametrize(
    "line", [(name, *options) for name, options in ASKING.items()] + [IN_ORDER], ids=" ".join
)
def test_an_impossible_package_ends_with_3_and_the_reason(line: tuple[str, ...], tmp_path: Path) -> None:
    poor = write_package(tmp_path, "poor", POOR)
    done = command(line[0], f"status_quo+{poor}", *line[1:], *ON_IWATE, "--out", tmp_path / "out")
    assert done.code == 3, done
    assert "pool" in done.err + done.out and "Traceback" not in done.err
    told = [path for path in tmp_path.rglob("*.csv") if path.name.startswith(("front", "lexico", "plans"))]
    assert not told


def test_a_study_of_impossible_questions_alone_ends_with_3_and_the_reason(tmp_path: Path) -> None:
    poor = write_package(tmp_path, "poor", POOR)
    done = swept(tmp_path, f"status_quo+{poor}")
    assert done.code == 3 and "pool" in done.err and "1 infeasible" in done.out, done


@pytest.mark.parametrize("name", ["pareto", "alternatives", "sensitivity", "explain", "compare"])
def test_a_plan_that_breaks_a_rule_ends_with_1_and_is_called_nothing_else(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readback_room, "breaches", lambda accounts: [Breach("F2swap", "03201", 5.0)])
    done = command(name, "status_quo", *ASKING[name], *ON_IWATE, "--gap", "0.01", "--out", tmp_path / "out")
    assert done.code == 1, done
    assert "breaks rules" in done.err and "F2swap" in done.err and "Status optimal" not in done.out


def test_a_study_whose_plan_breaks_a_rule_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readback_room, "breaches", lambda accounts: [Breach("F2swap", "03201", 5.0)])
    done = swept(tmp_path, "status_quo")
    assert done.code == 1 and "F2swap" in done.err and "1 breaks_rules" in done.out, done
    assert list(pd.read_csv(tmp_path / "out" / "sweep.csv")["status"]) == ["breaks_rules"]


def test_what_machines_read_keeps_the_zeros_of_codes(tmp_path: Path) -> None:
    done = swept(tmp_path, "status_quo", "--json")
    (row,) = json.loads(done.out)["sweep"]
    assert row["cell"] == "0001" and isinstance(row["key"], str) and row["breaches"] == 0
    (tmp_path / "out" / "sweep.parquet").unlink()
    from optimization.cli.console import _typed

    table = _typed(tmp_path / "out" / "sweep.csv")
    assert list(table["cell"]) == ["0001"] and table["objective_million_yen"].dtype == float
