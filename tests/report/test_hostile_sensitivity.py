"""Sensitivity studies that somebody has changed are refused, never half shown."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimization.dictionary.parameters import parameter_label
from optimization.errors import InputError
from optimization.report.page import render_report
from tests.report.report_runs import EXAMPLE, example

Change = Callable[[Path], object]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A small study of the example's question."""
    duties = example().tables["responsibility"][["service", "rule_group", "tier"]]
    effects = {
        "output": ["cost_million_yen"],
        "factor": ["detour_factor"],
        "central": [1.0],
        "at_low": [0.5],
        "at_high": [2.0],
    }
    tables = {
        "recommendations": duties.assign(mark="firm", share_of_draws=1.0, rival_tier=""),
        "effects": pd.DataFrame(effects),
        "numbers": pd.DataFrame({"key": ["detour_factor"], "varied": ["True"]}),
        "draws": pd.DataFrame({"draw": [0, 1], "status": ["optimal", "infeasible"]}),
        "overturns": pd.DataFrame({"service": ["fire"]}),
    }  # fmt: skip
    for name, table in tables.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    about = {"case": "iwate-2022", "package": "role_division", "prefectures_asked": [], "method": "tornado"}
    (tmp_path / "study.json").write_text(json.dumps(about), encoding="utf-8")
    return tmp_path


def cell(table: str, column: str, value: object) -> Change:
    def change(folder: Path) -> None:
        frame = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
        frame.loc[0, column] = str(value)
        frame.to_csv(folder / f"{table}.csv", index=False)

    return change


def text(name: str, content: str) -> Change:
    return lambda folder: (folder / name).write_text(content, encoding="utf-8")


def without(table: str, column: str) -> Change:
    def change(folder: Path) -> None:
        frame = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
        frame.drop(columns=column).to_csv(folder / f"{table}.csv", index=False)

    return change


def twice(folder: Path) -> None:
    file = folder / "recommendations.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines, lines[1]]), encoding="utf-8")


def test_the_study_is_shown_as_it_stands(study: Path) -> None:
    assert parameter_label("detour_factor", "en") in render_report(EXAMPLE, studies=[study])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (text("study.json", "[]"), "the study is of another question"),
        (text("study.json", "[" * 100_000), "is no study"),
        (text("effects.csv", ""), "is no study"),
        (lambda folder: (folder / "draws.csv").unlink(), "is no study"),
        (
            lambda folder: ((folder / "draws.csv").unlink(), os.mkfifo(folder / "draws.csv")),
            "is no regular file",
        ),
        (
            lambda folder: (
                (folder / "draws.csv").unlink(),
                (folder / "draws.csv").symlink_to("/etc/passwd"),
            ),
            "is a link that leads out of the folder",
        ),
        (without("effects", "at_low"), "effects.csv: column at_low: the column is missing"),
        (without("draws", "status"), "draws.csv: column status: the column is missing"),
        (cell("effects", "at_low", "a lot"), "effects.csv: column at_low: must be numbers"),
        (cell("effects", "factor", "luck"), "column factor: is not known to the run (found 'luck')"),
        (
            cell("recommendations", "service", "ghosts"),
            "column service: is not known to the run (found 'ghosts')",
        ),
        (cell("recommendations", "mark", "sure"), "column mark: is not known to the run"),
        (twice, "recommendations.csv: column service, rule_group: holds a row twice"),
    ],
)
def test_a_study_of_another_form_is_refused(study: Path, change: Change, words: str) -> None:
    change(study)
    with pytest.raises(InputError) as caught:
        render_report(EXAMPLE, studies=[study])
    assert words in str(caught.value)
