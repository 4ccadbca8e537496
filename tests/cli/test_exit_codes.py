"""Every end of a run has its exit code, its folder and its words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from command_line import IWATE, ON_IWATE, RUN_IWATE, Finished, Run, command, write_package

import optimization.outcome.readback as readback_room
import optimization.outcome.relaxed as relaxed_room
import optimization.outcome.run as run_room
import optimization.outcome.tables as outcome_tables
from optimization.cli import commands
from optimization.cli.progress import ProgressLine
from optimization.referee import audit
from optimization.referee.audit import Audit
from optimization.rules.checks import Breach
from optimization.solving.highs import Progress, Status

TABLES = {"responsibility", "provision", "bodies", "formula", "governments", "services", "tiers"}
TRILLION_IN_THOUSANDS = 1e9


def paid_today() -> float:
    """Ordinary allocation of Iwate and its municipalities, trillion yen, from the tables as published."""
    tables = [pd.read_csv(IWATE / f"{tier}_allocation.csv") for tier in ("municipal", "prefectural")]
    return sum(t["ordinary_allocation_thousand_yen"].sum() for t in tables) / TRILLION_IN_THOUSANDS


def test_0_solved_to_the_asked_gap(reform: Run) -> None:
    assert reform.finished.code == 0
    assert reform.record["status"] == "optimal"
    assert reform.record["gap"] <= reform.record["asked_gap"] == 1e-4
    assert reform.record["objective_million_yen"] < reform.record["baseline_million_yen"]
    assert "diagnosis.md" not in reform.files


class TestInfeasible:
    """Exit code 3: the reason, with numbers, before anything else."""

    def test_the_pool_is_too_small(self, run: Callable[..., Run], tmp_path: Path) -> None:
        package = write_package(tmp_path, "tight", '"pool.ordinary_million_yen" = 300000.0')
        done = run(package)
        assert done.finished.code == 3
        assert done.files == {
            "run.json", "package.resolved.toml", "changes.csv", "solver.log", "diagnosis.md", "SHA256SUMS",
        }  # fmt: skip
        paid = paid_today()
        said = (done.folder / "diagnosis.md").read_text(encoding="utf-8")
        for text in (said, done.finished.out):
            assert "pool.ordinary_million_yen" in text
            assert "300,000 million" in text
            assert f"{paid * 1e6:,.0f} million that the formula must pay" in text
            assert f"Raise the pool to {math.ceil(paid * 1e3) * 1e3:,.0f} million yen or more" in text
        assert done.record["status"] == "infeasible"
        assert done.record["objective_million_yen"] is None and done.record["gap"] is None
        assert len(done.record["counting_arguments"]) == 1

    def test_the_pool_that_the_argument_asks_for_is_enough(
        self, run: Callable[..., Run], tmp_path: Path
    ) -> None:
        amount = paid_today() * 1e6
        enough = write_package(tmp_path, "enough", f'"pool.ordinary_million_yen" = {amount + 1e-3}')
        lacking = write_package(tmp_path, "lacking", f'"pool.ordinary_million_yen" = {amount - 10}')
        assert run(enough, name="enough").finished.code == 0
        assert run(lacking, name="lacking").finished.code == 3

    def test_adequacy_is_out_of_reach(self, run: Callable[..., Run], tmp_path: Path) -> None:
        done = run(write_package(tmp_path, "adequate", '"equity.adequacy_floor" = 1.5'))
        assert done.finished.code == 3
        said = (done.folder / "diagnosis.md").read_text(encoding="utf-8")
        assert "equity.adequacy_floor" in said and "out of reach for 34 governments" in said
        assert "普代村" in said and "Lower the floor to 1.032" in said

    def test_the_floor_that_the_argument_names_is_the_border(
        self, run: Callable[..., Run], tmp_path: Path
    ) -> None:
        below = write_package(tmp_path, "below", '"equity.adequacy_floor" = 1.031')
        above = write_package(tmp_path, "above", '"equity.adequacy_floor" = 1.033')
        assert run(below, name="below").finished.code == 0
        done = run(above, name="above")
        assert done.finished.code == 3
        assert "out of reach for 1 governments" in done.finished.out

    def test_composed_packages_that_cannot_hold_together(
        self, run: Callable[..., Run], tmp_path: Path
    ) -> None:
        keep = write_package(tmp_path, "keep", '"discipline.retention_floor" = 0.5')
        done = run(f"role_division+{keep}")
        assert done.finished.code == 3
        assert "discipline.retention_floor" in done.finished.out
        assert "retention_floor: 0.25 (role_division) -> 0.5 (keep)" in done.finished.err


class TestStopped:
    """Exit codes 4 and 5: the time limit."""

    def test_5_without_a_plan(self, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
        change_outcome(
            monkeypatch,
            lambda found: replace(
                found,
                status=Status.NOTHING,
                termination="time limit",
                values=None,
                objective=np.inf,
                gap=np.inf,
            ),
        )
        done = run("role_division")
        assert done.finished.code == 5
        assert done.record["status"] == "stopped_without_incumbent"
        assert done.record["objective_million_yen"] is None and done.record["gap"] is None
        assert done.record["bound_million_yen"] > 0
        assert not any(name.endswith(".parquet") for name in done.files)
        assert "proves nothing" in (done.folder / "diagnosis.md").read_text(encoding="utf-8")
        assert "optimal" not in done.finished.out

    def test_4_with_a_plan(self, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
        change_outcome(
            monkeypatch,
            lambda found: replace(
                found, status=Status.INCUMBENT, termination="time limit", bound=found.bound * 0.9
            ),
        )
        done = run("role_division")
        assert done.finished.code == 4
        assert done.record["status"] == "stopped_with_incumbent"
        assert done.record["gap"] == pytest.approx(0.1, abs=1e-4)
        assert {f"{name}.csv" for name in TABLES} <= done.files
        assert "stopped_with_incumbent" in done.finished.out and "gap 10.0" in done.finished.out


class TestOurDefects:
    """Exit code 1: nothing of ours may pass for an answer."""

    def test_the_solver_failed(self, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
        change_outcome(
            monkeypatch,
            lambda found: replace(found, status=Status.FAILED, values=None, objective=np.inf, bound=-np.inf),
        )
        done = run("status_quo")
        assert done.finished.code == 1
        assert done.record["status"] == "solver_failure"
        assert not any(name.endswith(".parquet") for name in done.files)
        assert "want of memory" in (done.folder / "diagnosis.md").read_text(encoding="utf-8")

    def test_the_decision_breaks_a_rule(
        self, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(readback_room, "breaches", lambda accounts: [Breach("E1", "03201", 5.0)])
        done = run("status_quo")
        assert done.finished.code == 1
        assert "breaks rules in 1 places: E1" in done.finished.err
        assert done.record["status"] == "breaks_rules"
        (breach,) = done.record["breaches"]
        assert (breach["rule"], breach["where"], breach["amount"]) == ("E1", "03201", 5.0)

    def test_the_tables_do_not_agree(self, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit, "audit_run", lambda folder: Audit(0.0, {"a": True, "sums agree": False}))
        done = run("status_quo")
        assert done.finished.code == 1
        assert "re-check of the tables failed: sums agree" in done.finished.err

    def test_a_table_that_no_reader_takes_is_no_fault_of_the_input(
        self, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the program writes and then refuses is its own defect: said as such, and the answer kept."""
        plain = outcome_tables.tiers
        monkeypatch.setattr(
            outcome_tables, "tiers", lambda *accounts: plain(*accounts).assign(grant_million_yen=np.nan)
        )
        done = run("status_quo")
        assert done.finished.code == 1
        assert "re-check of the tables failed" in done.finished.err and "tiers.csv" in done.finished.err
        assert "nothing was written" not in done.finished.err
        assert "tiers.csv" in done.files

    def test_there_was_no_memory_to_check_it(
        self, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def without(folder: Path) -> Audit:
            raise MemoryError

        monkeypatch.setattr(audit, "audit_run", without)
        done = run("status_quo")
        assert done.finished.code == 4 and done.record["status"] == "optimal"
        assert "memory ran out before the run was checked" in done.finished.err


def test_stopping_from_the_keyboard_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "solve", stop)
    finished = command("run", "status_quo", *ON_IWATE, "--out", tmp_path / "run")
    assert finished == Finished(130, "", finished.err)
    assert "nothing was left half-written" in finished.err
    assert not list(tmp_path.iterdir())


def change_outcome(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> None:
    """Let the solver end otherwise than it did."""
    parts, whole = relaxed_room.solve_decomposed, run_room.solve_plain

    def changed_whole(*task: Any, **options: Any) -> Any:
        found = whole(*task, **options)
        return found if options.get("relax") else change(found)

    monkeypatch.setattr(relaxed_room, "solve_decomposed", lambda *a, **k: change(parts(*a, **k)))
    for room in (relaxed_room, run_room):
        monkeypatch.setattr(room, "solve_plain", changed_whole)


def test_stopping_from_the_keyboard_keeps_the_plan_found_by_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(progress: Progress) -> bool:
        if np.isfinite(progress.incumbent):
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr(commands, "progress_for", lambda quiet: (ProgressLine(quiet), press))
    folder = tmp_path / "run"
    finished = command("run", "role_division", *RUN_IWATE, "--method", "decomposed", "--out", folder)
    assert finished.code == 130
    assert "Stopped from the keyboard" in finished.err and f"kept in {folder}" in finished.err
    assert audit.audit_run(folder).sound
