"""Three hundred random questions: our two methods, a list of all decisions, SCIP and CBC give one answer each."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from optimization.outcome.result import Result
from optimization.solving.highs import Limits, solve
from tests.model.random_case import best, random_question
from tests.other_solvers import Verdict, cbc, scip, write_mps

pytestmark = pytest.mark.referee

SEEDS = range(1000, 1300)
AGREE = 1e-7
"""Relative difference up to which two optima are the same: CBC writes eight decimals, the solvers prove 1e-9."""


@cache
def ours(seed: int) -> dict[str, Result]:
    question = random_question(seed)
    return {method: question.solve(method) for method in ("plain", "decomposed")}


@cache
def theirs(seed: int, folder: Path) -> dict[str, Verdict]:
    form = random_question(seed).form(keep_dominated=True)
    path = folder / f"{seed}.mps"
    write_mps(form, path)
    return {"scip": scip(path, form.constant), "cbc": cbc(path, form.constant)}


@pytest.mark.parametrize("seed", SEEDS)
def test_all_find_one_optimum(seed: int, tmp_path: Path) -> None:
    listed = best(random_question(seed).instance)
    expected = Verdict("infeasible") if listed is None else Verdict("optimal", listed.objective)
    found = {
        **{name: Verdict(str(r.outcome.status), r.outcome.objective) for name, r in ours(seed).items()},
        **theirs(seed, tmp_path),
    }
    assert {name: verdict.status for name, verdict in found.items()} == dict.fromkeys(found, expected.status)
    if listed is not None:
        values = {name: verdict.value for name, verdict in found.items()}
        assert values == pytest.approx(dict.fromkeys(found, listed.objective), rel=AGREE)
        assert all(result.breaches == [] for result in ours(seed).values())
        assert all(r.outcome.bound <= listed.objective * (1 + AGREE) for r in ours(seed).values())


def test_the_questions_are_of_both_kinds() -> None:
    answers = [ours(seed)["plain"].outcome.status for seed in SEEDS[:60]]
    assert min(answers.count("optimal"), answers.count("infeasible")) >= 15, answers


def test_a_wrong_coefficient_is_noticed(tmp_path: Path) -> None:
    """The referees read the file, not our answer: with the plan's dearest column a hundredth dearer in it, both find
    the same other value."""
    form = random_question(SEEDS[0]).form(keep_dominated=True)
    right = solve(form, Limits(gap=1e-9, threads=1))
    assert right.values is not None
    cost = form.cost.copy()
    cost[np.argmax(form.cost * right.values)] *= 1.01
    write_mps(replace(form, cost=cost), tmp_path / "wrong.mps")
    found = [referee(tmp_path / "wrong.mps", form.constant).value for referee in (scip, cbc)]
    assert found[0] == pytest.approx(found[1], rel=AGREE)
    assert right.objective * (1 + 1e-5) < found[0] < np.inf
