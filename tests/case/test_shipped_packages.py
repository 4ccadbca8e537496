"""The packages shipped with the tool: each reads, is signed, changes something and runs on Iwate.

On the teaching case every package ends with a proven optimum, keeps every rule and passes the audit of its
written tables; the one exception is named and its reason shown.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from optimization.archive import write_run
from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE, PACKAGES, load_package
from optimization.case.load import load_case
from optimization.case.package import STATUS_QUO
from optimization.case.package_reader import read_package
from optimization.case.resolved import changes
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.referee.audit import audit_run
from optimization.solving.highs import Limits, Status

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"
NAMES = sorted(path.stem for path in PACKAGES.glob("*.toml"))
HEAVY = ("horizon_2050", "horizon_phased")
"""Packages of several years, which tests/dictionary runs in every run of the tests."""
LIGHT_FIRST = [*(name for name in NAMES if name not in HEAVY), *HEAVY]
INFEASIBLE_ON_IWATE = {"hard_budget": "own-source floors are those of all Japan, beyond a poorer prefecture"}
RELAXED = {
    "hard_budget": {
        "discipline.own_source_floor_municipal": 0.4,
        "discipline.own_source_floor_prefectural": 0.3,
    }
}
"""The limits that a single prefecture cannot meet, at a level Iwate can."""

OVERRIDES = {"uniform": {"rules.groups"}, "recommended_2050": {"choice.cost_gap"}}
"""What a package may set anew in a package it extends."""

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
LIMITS = Limits(gap=1e-4, seconds=60.0, threads=1)
PROPOSALS = [
    "equalisation_only",
    "national_guarantee",
    "elective_cooperation",
    "strong_prefectures",
    "regional_blocs",
    "public_assistance_nation",
    "corporate_tax_swap",
    "retention_40",
    "horizontal_equalisation",
    "municipality_2040",
    "simple_need",
    "hard_budget",
]


@pytest.fixture(scope="module")
def iwate() -> Case:
    return load_case(IWATE)


def run(case: Case, package: str | Path, folder: Path) -> Result:
    """Solve and write; whatever was decided keeps every rule and agrees with its tables."""
    result = solve(case, load_package(case, package), (), LIMITS)
    if result.accounts is not None:
        assert result.breaches == []
        write_run(result, folder, LIMITS, "decomposed", ())
        audit = audit_run(folder)
        assert audit.sound, [name for name, held in audit.checks.items() if not held]
    return result


def relaxed(name: str, folder: Path) -> Path:
    """A package that lays `RELAXED` upon a shipped one."""
    lines = "\n".join(f'"{key}" = {value}' for key, value in RELAXED[name].items())
    path = folder / "relaxed.toml"
    path.write_text(
        f"""[package]
name = "relaxed"
title = "{name} with limits a single prefecture can meet"
title_ja = "緩和"
author = "the tests"
source = "the tests"
date = 2026-01-01
baseline = "status_quo"
extends = ["{name}"]
[[provision]]
number = 1
text = "Limits of the nation are lowered."
text_ja = "全国の下限を引き下げる。"
[provision.settings]
{lines}
""",
        encoding="utf-8",
    )
    return path


def test_the_proposals_are_shipped() -> None:
    assert set(PROPOSALS) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_package_is_signed_sourced_and_in_both_languages(name: str) -> None:
    package = read_package(PACKAGES / f"{name}.toml")
    assert package.author
    assert date(2024, 1, 1) < package.date <= date.today() + timedelta(days=1)
    assert len(package.source) > 30
    assert len(package.reading) > 30
    assert JAPANESE.search(package.title_ja)
    assert not JAPANESE.search(package.title)
    for provision in package.provisions:
        assert JAPANESE.search(provision.text_ja)
        assert provision.text_ja.endswith("。")
        assert provision.text.endswith(".")
        assert not JAPANESE.search(provision.text)


@pytest.mark.parametrize("name", NAMES)
def test_a_package_resolves_without_a_warning_and_changes_something(name: str, iwate: Case) -> None:
    resolved = load_package(iwate, name)
    assert resolved.warnings == ()
    assert {entry.key for entry in resolved.overridden} <= OVERRIDES.get(name, set())
    assert (name == STATUS_QUO) == changes(resolved).empty


@pytest.mark.parametrize("name", PROPOSALS)
def test_every_provision_of_a_proposal_is_felt(name: str, iwate: Case) -> None:
    resolved = load_package(iwate, name)
    origins = {source for origin in resolved.origin.values() for source in origin.sources}
    own = {source.provision for source in origins if source.package == name}
    assert own == {provision.number for provision in read_package(PACKAGES / f"{name}.toml").provisions}


@pytest.mark.parametrize("name", LIGHT_FIRST)
def test_a_package_runs_on_the_teaching_case(name: str, iwate: Case, tmp_path: Path) -> None:
    result = run(iwate, name, tmp_path / "run")
    expected = Status.INFEASIBLE if name in INFEASIBLE_ON_IWATE else Status.OPTIMAL
    assert result.outcome.status is expected
    if expected is Status.OPTIMAL:
        assert result.outcome.gap <= LIMITS.gap


@pytest.mark.parametrize("name", INFEASIBLE_ON_IWATE)
def test_what_makes_it_infeasible_there_is_what_it_says(name: str, iwate: Case, tmp_path: Path) -> None:
    result = run(iwate, relaxed(name, tmp_path), tmp_path / "run")
    assert result.outcome.status is Status.OPTIMAL


@pytest.mark.national
@pytest.mark.parametrize("name", INFEASIBLE_ON_IWATE)
def test_it_is_feasible_in_the_nation(name: str, tmp_path: Path) -> None:
    result = run(load_case(DEFAULT_CASE), name, tmp_path / "run")
    assert result.outcome.status is Status.OPTIMAL
