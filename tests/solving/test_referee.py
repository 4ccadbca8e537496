"""A second solver agrees: SCIP on the same program, handed over as an MPS file."""

from __future__ import annotations

from pathlib import Path

import highspy
import numpy as np
import pytest

from optimization.solving.highs import Limits, Status, solve
from optimization.solving.standard_form import StandardForm
from tests.model.random_case import random_question
from tests.small_case import EXACT
from tests.solving.programs import knapsack, random_blocks

pyscipopt = pytest.importorskip("pyscipopt", reason="the referee needs pyscipopt (extra 'referee')")


def write_mps(form: StandardForm, path: Path) -> None:
    """The program as an MPS file, columns and rows named by number."""
    solver = highspy.Highs()
    solver.silent()
    for n in range(len(form.cost)):
        solver.addCol(float(form.cost[n]), float(form.lower[n]), float(form.upper[n]), 0, [], [])
        if form.integer[n]:
            solver.changeColIntegrality(n, highspy.HighsVarType.kInteger)
        solver.passColName(n, f"c{n}")
    for r in range(form.matrix.shape[0]):
        part = slice(form.matrix.indptr[r], form.matrix.indptr[r + 1])
        low, high = float(form.row_lower[r]), float(form.row_upper[r])
        solver.addRow(low, high, part.stop - part.start, form.matrix.indices[part], form.matrix.data[part])
        solver.passRowName(r, f"r{r}")
    assert solver.writeModel(str(path)) != highspy.HighsStatus.kError


def scip(form: StandardForm, path: Path) -> tuple[str, float]:
    """Status and optimal value by SCIP."""
    write_mps(form, path)
    model = pyscipopt.Model()
    model.hideOutput()
    model.readProblem(str(path))
    model.setParam("limits/gap", 1e-9)
    model.setParam("limits/time", 60.0)
    model.optimize()
    status = model.getStatus()
    return status, model.getObjVal() + form.constant if status in ("optimal", "gaplimit") else np.inf


def assert_agree(form: StandardForm, path: Path) -> Status:
    ours = solve(form, Limits(gap=1e-9, seconds=60.0, threads=1))
    status, value = scip(form, path)
    assert (status == "infeasible") == (ours.status is Status.INFEASIBLE), (status, ours.status)
    if ours.status is not Status.INFEASIBLE:
        assert ours.status is Status.OPTIMAL and value == pytest.approx(ours.objective, rel=1e-5)
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
    assert_agree(question.form(keep_dominated=True), tmp_path / "free.mps")
    value = scip(question.form(keep_dominated=True), tmp_path / "again.mps")[1]
    assert question.solve(limits=EXACT).outcome.objective == pytest.approx(value, rel=1e-6)
