"""The commands that solve many times: exit codes, folders, what they say."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import ON_IWATE, assert_refused, command, write_package

SMALL_POOL = '"pool.ordinary_million_yen" = 100000.0'


def test_an_impossible_package_is_explained_and_its_repair_runs(tmp_path: Path) -> None:
    package = write_package(tmp_path, "poor", SMALL_POOL)
    told = command("explain", "status_quo", package, *ON_IWATE, "--out", tmp_path / "told")
    assert told.code == 3
    assert (
        "cannot" in told.out
        and "pool.ordinary_million_yen" in told.out
        and "checked by running it" in told.out
    )
    assert json.loads((tmp_path / "told" / "diagnosis.json").read_text(encoding="utf-8"))["impossible"]
    repair = tmp_path / "told" / "repair_1.toml"
    ran = command("run", "status_quo", package, repair, *ON_IWATE, "--out", tmp_path / "mended")
    assert ran.code == 0, ran.err


def test_a_possible_package_is_explained_by_what_its_decisions_are_worth(tmp_path: Path) -> None:
    line = ["explain", "role_division", *ON_IWATE, "--services", "registry", "--out", tmp_path / "told"]
    told = command(*line)
    assert told.code == 0, told.err
    tiers = pd.read_csv(tmp_path / "told" / "forced_tiers.csv")
    assert set(tiers["service"]) == {"registry"} and (tiers["forced_cost_million_yen"].dropna() >= -10).all()
    limits = pd.read_csv(tmp_path / "told" / "shadow_prices.csv")
    assert {"pool.ordinary_million_yen", "nation.limit_million_yen"} <= set(limits["setting"])
    assert (tmp_path / "told" / "explanation.md").read_text(encoding="utf-8").startswith("# Why")
    worth = pd.read_csv(tmp_path / "told" / "arrangements.csv")
    assert set(worth["service"]) == {"registry"} and "registry" in told.out and "To whom: " in told.out
    carried = pd.read_csv(tmp_path / "told" / "rests_on.csv")
    assert set(carried["service"]) == {"registry"} and "It rests (" in told.out
    record = json.loads((tmp_path / "told" / "explanation.json").read_text(encoding="utf-8"))
    assert len(record["arrangements"]) == len(worth) and len(record["rests_on"]) == len(carried)


def test_an_infeasible_run_points_to_the_explanation(tmp_path: Path) -> None:
    package = write_package(tmp_path, "poor", SMALL_POOL)
    ran = command("run", "status_quo", package, *ON_IWATE, "--out", tmp_path / "run")
    assert ran.code == 3
    assert "solve.py explain" in (tmp_path / "run" / "diagnosis.md").read_text(encoding="utf-8")


def test_alternatives_and_fronts_write_their_tables(tmp_path: Path) -> None:
    line = ["alternatives", "role_division", *ON_IWATE, "--count", "1", "--within", "0.002", "--gap", "0.001"]
    found = command(*line, "--out", tmp_path / "alternatives", "--forbid", "registry=nation")
    assert found.code == 0, found.err
    assert "What is kept and forbidden costs" in found.out
    plans = pd.read_csv(tmp_path / "alternatives" / "plans.csv")
    assert len(plans) == 2 and plans["more_than_the_best_ratio"].max() <= 0.002
    line = ["pareto", "role_division", *ON_IWATE, "--against", "clarity", "--points", "3"]
    found = command(*line, "--out", tmp_path / "pareto")
    assert found.code == 0, found.err
    assert set(pd.read_csv(tmp_path / "pareto" / "front.csv")["limit"].dropna()) == {1.0}
    line = ["pareto", "status_quo", *ON_IWATE, "--against", "clarity,equity", "--lexicographic"]
    found = command(*line, "--out", tmp_path / "order")
    assert found.code == 0, found.err
    assert list(pd.read_csv(tmp_path / "order" / "lexicographic.csv")["aim"]) == ["clarity", "equity"]


@pytest.mark.parametrize("name", ["explain", "alternatives", "pareto"])
def test_an_existing_folder_is_refused(name: str, tmp_path: Path) -> None:
    assert_refused(command(name, "status_quo", *ON_IWATE, "--out", tmp_path), "already exists")


@pytest.mark.parametrize("name", ["explain", "alternatives"])
def test_a_plan_of_two_phases_is_refused_before_anything_is_solved(name: str, tmp_path: Path) -> None:
    told = command(name, "horizon_phased", *ON_IWATE, "--out", tmp_path / "told")
    assert_refused(told, "two phases")
    assert "horizon.second_phase_year" in told.err and not (tmp_path / "told").exists()
