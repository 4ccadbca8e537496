"""Every package on the teaching case: SCIP and CBC, reading the whole program from a file, find our optimum."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from optimization.case.case import Case
from optimization.case.face import INPUTS, load_package
from optimization.case.load import load_case
from optimization.case.resolved import ResolvedPackage
from optimization.model.columns import columns
from optimization.model.model import build_model
from optimization.model.screening import screen
from optimization.outcome.question import laid_out
from optimization.outcome.solve import solve
from optimization.solving.highs import Limits
from optimization.solving.standard_form import StandardForm, compile_model
from tests.other_solvers import Verdict, cbc, scip, write_mps

pytestmark = pytest.mark.referee

PACKAGES = sorted(path.stem for path in (INPUTS / "packages").glob("*.toml"))
GAP, AGREE = 1e-6, 2e-6
"""Gap asked of each solver, and what two answers may then differ by."""

FREER = {
    "all_connected": "prices bodies that the file does not list",
    "horizon_phased": "may decide anew in 2040, the file decides once",
}
"""Packages of which the file holds a part of the plans: ours may be cheaper, never dearer."""

TOO_LONG_FOR_CBC = {"horizon_2050", "horizon_phased"}
"""It has no plan of these after minutes; SCIP takes a second."""

TOO_LONG_IN_PARTS = {"crisis_ready"}
"""The decomposed method has the plan, and proves it to 1e-5 within a minute only; `auto` takes the plain one."""


@cache
def teaching() -> Case:
    return load_case(INPUTS / "iwate-2022")


def whole_program(package: ResolvedPackage, case: Case | None = None) -> StandardForm:
    """All of a package's program, dominated pairs and all: nothing that makes ours quick; of the teaching case, or of
    another."""
    instance = laid_out(case or teaching(), package)
    return compile_model(build_model(columns(instance, screen(instance, keep_dominated=True))))


def ours(package: ResolvedPackage, method: str) -> Verdict:
    """What ours comes to: the least cost, without what giving changes back that save too little costs on top."""
    result = solve(teaching(), package, limits=Limits(gap=GAP, seconds=120.0, threads=1), method=method)
    least = result.outcome if result.stay is None else result.stay.least
    return Verdict(str(least.status), least.objective)


@pytest.mark.parametrize("name", PACKAGES)
def test_two_other_solvers_agree(name: str, tmp_path: Path) -> None:
    package = load_package(teaching(), name)
    form = whole_program(package)
    write_mps(form, tmp_path / "whole.mps")
    found = {"scip": scip(tmp_path / "whole.mps", form.constant, GAP)}
    if name not in TOO_LONG_FOR_CBC:
        found["cbc"] = cbc(tmp_path / "whole.mps", form.constant, GAP)
    for method in ("plain", "auto" if name in TOO_LONG_IN_PARTS else "decomposed"):
        mine = ours(package, method)
        assert {name: v.status for name, v in found.items()} == dict.fromkeys(found, mine.status), method
        for verdict in found.values():
            if name in FREER:
                assert mine.value <= verdict.value * (1 + AGREE), FREER[name]
            elif mine.status == "optimal":
                assert mine.value == pytest.approx(verdict.value, rel=AGREE), method


def test_bodies_that_are_only_priced_are_found_by_one_who_lists_them(tmp_path: Path) -> None:
    """`generated` against the list of all connected sets of up to three, which the file holds in full."""
    answers = {}
    for source in ("generated", "connected"):
        reform = tmp_path / source / "all_connected.toml"
        reform.parent.mkdir()
        reform.write_text(
            (INPUTS / "packages" / "all_connected.toml").read_text(encoding="utf-8")
            .replace('"generated"', f'"{source}"')
            .replace('"wide_area.connected_members" = 8', '"wide_area.connected_members" = 3'),
            encoding="utf-8",
        )  # fmt: skip
        answers[source] = load_package(teaching(), str(reform))
    form = whole_program(answers["connected"])
    write_mps(form, tmp_path / "listed.mps")
    listed = scip(tmp_path / "listed.mps", form.constant, GAP)
    priced = ours(answers["generated"], "auto")
    assert listed.status == priced.status == "optimal"
    assert priced.value == pytest.approx(listed.value, rel=AGREE)
    few = whole_program(answers["generated"])
    write_mps(few, tmp_path / "few.mps")
    assert listed.value < scip(tmp_path / "few.mps", few.constant, GAP).value * (1 - AGREE)
