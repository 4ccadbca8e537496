"""A second solver agrees: SCIP on the same program, handed over as an MPS file."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimization.solving.highs import Limits, Status, solve
from optimization.solving.standard_form import StandardForm
from tests.model.random_case import random_question
from tests.other_solvers import scip, write_mps
from tests.small_case import EXACT
from tests.solving.programs import knapsack, random_blocks

pytest.importorskip("pyscipopt", reason="the referee needs pyscipopt (extra 'referee')")


def assert_agree(form: StandardForm, path: Path) -> Status:
    ours = solve(form, Limits(gap=1e-9, seconds=60.0, threads=1))
    write_mps(form, path)
    theirs = scip(path, form.constant)
    assert theirs.status == str(ours.status)
    if ours.status is not Status.INFEASIBLE:
        assert ours.status is Status.OPTIMAL and theirs.value == pytest.approx(ours.objective, rel=1e-5)
    return ours.status


def test_scip_finds_the_same_optimum_of_random_questions(tmp_path: Path) -> None:
    states = [
        assert_agree(random_question(seed).form(keep_dominated=True), tmp_path / f"{seed}.mps")
        for seed in (0, 2, 4, 6, 8, 15, 20, 24, 42, 43)
    ]
    assert {Status.OPTIMAL, Status.INFEASIBLE} == set(states)


def test_scip_finds_the_same_optimum_of_random_programs(tmp_path: Path) -> None:
    for seed in range(3):
        assert_agree(random_blocks(seed)[0], tmp_path / f"blocks{seed}.mps")
        assert_agree(knapsack(seed, items=12), tmp_path / f"knapsack{seed}.mps")


def test_scip_finds_the_same_optimum_with_free_unit_costs_and_guarantees(tmp_path: Path) -> None:
    free = {
        "formula.unit_cost_revision": [0.9, 1.1],
        "guarantee.share": {"fire": [0.0, 0.4]},
        "formula.family": "japan_lat",
        "formula.family_prefecture": "japan_lat",
    }
    question = random_question(24).but(**free)
    form = question.form(keep_dominated=True)
    assert_agree(form, tmp_path / "free.mps")
    value = scip(tmp_path / "free.mps", form.constant).value
    assert question.solve(limits=EXACT).outcome.objective == pytest.approx(value, rel=1e-6)
