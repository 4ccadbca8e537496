"""`solve.py compare`: runs side by side, in one table that is also written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from optimization.cli.app import start

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare") / "table"
    assert start(["compare", "status_quo", "wide_area", "--case", str(IWATE), "--out", str(folder)]) == 0
    return folder


def test_only_what_differs_is_listed_with_todays_value(comparison: Path) -> None:
    table = pd.read_csv(comparison / "comparison.csv", dtype=str, keep_default_na=False)
    assert list(table.columns) == ["kind", "name", "unit", "today", "status_quo", "wide_area"]
    settings = table[table["kind"] == "setting"].set_index("name")
    assert set(settings.index) == {"wide_area.services", "equity.adequacy_floor", "discipline.balance"}
    assert settings.loc["equity.adequacy_floor", ["status_quo", "wide_area"]].tolist() == ["off", "0.97"]
    outcomes = table[table["kind"] == "outcome"].set_index("name")
    cost = outcomes.loc["cost", ["status_quo", "wide_area"]].astype(float)
    assert cost["wide_area"] < cost["status_quo"]
    assert outcomes.at["cost", "today"] == outcomes.at["cost of today", "today"]
    assert float(outcomes.at["cost", "today"]) == pytest.approx(cost["status_quo"])
    assert float(outcomes.at["cost of today", "wide_area"]) == pytest.approx(cost["status_quo"])
    bodies = outcomes.loc["wide_area_bodies", ["today", "status_quo", "wide_area"]].astype(float)
    assert bodies["today"] == bodies["status_quo"] == 13 < bodies["wide_area"]  # 13 sets share fire or waste


def test_finished_runs_are_compared_without_solving_again(
    comparison: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a finished run must not be solved again")

    monkeypatch.setattr("optimization.cli.commands.solve", never)
    runs = [str(comparison / "1-status_quo"), str(comparison / "2-wide_area")]
    assert start(["compare", *runs, "--out", str(tmp_path / "again")]) == 0
    again, before = (folder / "comparison.csv" for folder in (tmp_path / "again", comparison))
    assert again.read_text(encoding="utf-8") == before.read_text(encoding="utf-8")


def test_a_name_that_is_neither_run_nor_package_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(["compare", "status_qou", "--case", str(IWATE), "--out", str(tmp_path / "x")]) == 2
    assert "status_quo" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
