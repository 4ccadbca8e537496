"""A body that the user has named is considered as it was named, or kept out and said to be; never half of it."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import IWATE, REPO, command

from optimization import load_case, load_package
from optimization.case.case import Case
from optimization.prepare import cut_case

BODIES = {
    "inside": ["03201", "03321"],
    "half": ["03209", "03211", "02201"],
    "one": ["03210", "02201", "02202", "02203", "02204", "02205", "05201"],
    "outside": ["02201", "02202"],
}
"""Iwate is 03; Aomori 02, Akita 05."""

SAID = {
    "half": "the body half of bodies.csv is kept out: of its members 02201 lie beyond the prefectures asked for "
    "(ask for 02 too to have it)",
    "one": "the body one of bodies.csv is kept out: of its members 02201, 02202, 02203, 02204, 02205 and 1 more lie "
    "beyond the prefectures asked for (ask for 02, 05 too to have it)",
}


@functools.cache
def two_prefectures(root: Path) -> Path:
    """A case of three prefectures with bodies of the user."""
    folder = root / "tohoku"
    cut_case(REPO / "inputs" / "japan-2022", ["02", "03", "05"], folder)
    rows = [(name, code) for name, codes in BODIES.items() for code in codes]
    pd.DataFrame(rows, columns=["body_id", "code"]).to_csv(folder / "bodies.csv", index=False)
    return folder


@pytest.fixture
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_prefectures(tmp_path_factory.getbasetemp())


def held(case: Case) -> dict[str, list[str]]:
    return {str(name): list(rows["code"]) for name, rows in case.user_bodies.groupby("body_id")}


def test_a_part_holds_whole_bodies_alone_and_names_the_others(case: Path) -> None:
    whole = load_case(case)
    assert held(whole.restrict(["03"])) == {"inside": BODIES["inside"]}
    assert set(held(whole.restrict(["02", "03"]))) == {"inside", "half", "outside"}
    assert load_package(whole, "status_quo", ["03"]).warnings == tuple(SAID.values())
    assert [w.split()[2] for w in load_package(whole, "status_quo", ["02", "03"]).warnings] == ["one"]
    assert load_package(whole, "status_quo").warnings == ()


def test_a_cut_says_what_it_keeps_out(case: Path, tmp_path: Path) -> None:
    done = command("cut", "--case", case, "--prefectures", "03", "--out", tmp_path / "part")
    assert done.code == 0
    assert [line for line in done.err.splitlines() if line] == [f"note: {text}" for text in SAID.values()]
    assert held(load_case(tmp_path / "part")) == {"inside": BODIES["inside"]}
    readme = (tmp_path / "part" / "README.md").read_text(encoding="utf-8")
    assert all(f"- {text}\n" in readme for text in SAID.values())
    assert "Left out" not in (IWATE / "README.md").read_text(encoding="utf-8")


def test_a_run_says_and_records_what_it_keeps_out(case: Path, tmp_path: Path) -> None:
    arguments = ("--case", case, "--prefectures", "03", "--threads", "1")
    done = command("run", "status_quo", *arguments, "--out", tmp_path / "run")
    assert done.code == 0
    assert all(f"note: {text}\n" in done.err for text in SAID.values())
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert record["warnings"] == list(SAID.values())
    done = command("validate", "status_quo", "--case", case, "--prefectures", "03")
    assert done.code == 0 and SAID["half"] in done.out
