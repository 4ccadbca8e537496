"""The recommended plan for the whole country, re-checked in fractions from its written tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimization.cli.app import start
from optimization.exact import exact_check
from optimization.face import INPUTS

pytestmark = pytest.mark.referee


@pytest.mark.parametrize("package", ["role_division", "uniform"])
def test_the_national_optimum_in_fractions(package: str, tmp_path: Path) -> None:
    assert start(["run", package, "--out", str(tmp_path / "run")]) == 0
    found = exact_check(tmp_path / "run")
    assert found.sound, (found.broken[:5], found.plan)
    assert len([s for s in found.statements if s.identity]) > 7000
    assert len([s for s in found.statements if not s.identity]) > 3500
    # what is above a limit is a matter of yen, in a budget of tens of trillions
    assert found.largest(identity=False).excess < 1e-5
    assert abs(found.objective_million_yen - found.recorded_million_yen) < 1e-6


@pytest.mark.parametrize(
    "package", ["all_levers", "hard_budget", "municipality_2040", "wide_area", "simple_need"]
)
def test_other_packages_on_the_teaching_case(package: str, tmp_path: Path) -> None:
    code = start(["run", package, "--case", str(INPUTS / "iwate-2022"), "--out", str(tmp_path / "run")])
    if code == 3:
        return
    assert code == 0
    found = exact_check(tmp_path / "run")
    assert found.sound, (found.broken[:5], found.plan)
