"""The adapter: every status, what is kept apart, and how a solve is stopped."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimization.solving.highs import Limits, Progress, Status, relative_gap, solve
from tests.solving.programs import knapsack, program, violation

QUICK = Limits(gap=1e-9, seconds=30.0, threads=1)


def test_an_optimal_program_returns_point_objective_and_bound() -> None:
    """minimise x + 2 y + 5 with x + y >= 1.5, whole numbers, x at most 1: x = 1, y = 1."""
    form = program([1, 2], [([1, 1], 1.5, np.inf)], upper=[1, 9], integer=True, constant=5.0)
    outcome = solve(form, QUICK)
    assert outcome.status is Status.OPTIMAL
    assert outcome.values == pytest.approx([1, 1])
    assert outcome.objective == outcome.bound == pytest.approx(8.0)
    assert outcome.gap <= 1e-9
    assert outcome.row_duals is None and outcome.relaxation == -np.inf


def test_an_infeasible_linear_program_has_no_point_and_no_bound() -> None:
    form = program([1, 1], [([1, 1], 3, np.inf)], upper=1.0)
    outcome = solve(form, QUICK, relax=True)
    assert outcome.status is Status.INFEASIBLE
    assert outcome.values is None and outcome.row_duals is None
    assert outcome.objective == np.inf and outcome.bound == -np.inf


def test_a_program_infeasible_only_in_whole_numbers_is_infeasible_though_its_relaxation_is_not() -> None:
    form = program([1, 1], [([2, 2], 1, 1)], upper=1.0, integer=True)
    assert solve(form, QUICK, relax=True).status is Status.OPTIMAL
    outcome = solve(form, QUICK)
    assert outcome.status is Status.INFEASIBLE and outcome.values is None


def test_an_unbounded_program_is_a_failure_not_a_solution() -> None:
    outcome = solve(program([-1, 0], [([1, -1], -np.inf, 0)]), QUICK, relax=True)
    assert outcome.status is Status.FAILED and outcome.values is None


def test_no_time_gives_no_point_and_proves_nothing() -> None:
    outcome = solve(knapsack(1), Limits(gap=0.0, seconds=0.0, threads=1))
    assert outcome.status is Status.NOTHING
    assert outcome.values is None and outcome.objective == np.inf and outcome.gap == np.inf


def test_a_relaxation_out_of_time_has_no_bound_and_no_duals() -> None:
    outcome = solve(knapsack(1), Limits(seconds=0.0, threads=1), relax=True)
    assert outcome.status in (Status.NOTHING, Status.INCUMBENT)
    assert outcome.bound == outcome.relaxation == -np.inf
    assert outcome.row_duals is None


def test_a_stopped_search_keeps_its_incumbent_and_a_bound_below_it() -> None:
    form = knapsack(2, items=60, rows=10)

    def until_found(progress: Progress) -> bool:
        return not np.isfinite(progress.incumbent)

    outcome = solve(form, Limits(gap=0.0, seconds=60.0, threads=1), on_progress=until_found)
    assert outcome.status is Status.INCUMBENT
    assert outcome.values is not None and violation(form, outcome.values) <= 1e-6
    assert outcome.objective == pytest.approx(form.cost @ outcome.values)
    assert outcome.bound < outcome.objective
    assert outcome.gap == pytest.approx(relative_gap(outcome.objective, outcome.bound)) and outcome.gap > 0
    assert outcome.history


def test_a_start_point_is_never_lost() -> None:
    form = knapsack(3, items=60, rows=10)
    start = np.zeros(60)
    start[np.argmin(form.cost)] = 1.0
    outcome = solve(form, Limits(gap=0.0, seconds=0.5, threads=1), start=start)
    assert outcome.values is not None
    assert outcome.objective <= form.cost @ start


def test_an_optimal_start_point_is_confirmed() -> None:
    form = knapsack(4)
    best = solve(form, QUICK)
    again = solve(form, QUICK, start=best.values)
    assert again.status is Status.OPTIMAL and again.objective == pytest.approx(best.objective)


@pytest.mark.parametrize("gap", [0.5, 0.05, 0.0])
def test_the_asked_gap_is_kept(gap: float) -> None:
    form = knapsack(5)
    outcome = solve(form, replace(QUICK, gap=gap))
    best = solve(form, QUICK).objective
    assert outcome.status is Status.OPTIMAL and outcome.gap <= gap + 1e-12
    assert outcome.bound <= best + 1e-6 <= outcome.objective + 2e-6


def test_other_numbers_of_threads_within_one_process_change_no_answer() -> None:
    form = knapsack(6)
    found = [solve(form, replace(QUICK, threads=threads)).objective for threads in (1, 2, 1, 2)]
    assert found == pytest.approx([found[0]] * 4)


def test_the_same_seed_and_threads_give_the_same_point() -> None:
    first, second = (solve(knapsack(7), QUICK) for _ in range(2))
    assert np.array_equal(first.values, second.values) and first.nodes == second.nodes


def test_duals_of_a_relaxation_are_those_by_hand() -> None:
    """minimise 2 x + 3 y with x + y >= 4 and x <= 3: a unit more of the first row costs 3 (y), a unit more
    of the second saves 1."""
    form = program([2, 3], [([1, 1], 4, np.inf), ([1, 0], -np.inf, 3)])
    outcome = solve(form, QUICK, relax=True)
    assert outcome.row_duals == pytest.approx([3, -1])
    assert outcome.relaxation == outcome.objective == outcome.bound == pytest.approx(9)


@pytest.mark.parametrize("seed", range(3))
def test_duals_bound_the_relaxation_from_below(seed: int) -> None:
    """Weak duality: rows and bounds priced by the duals give the optimal value, and never more at a point."""
    form = knapsack(seed)
    outcome = solve(form, QUICK, relax=True)
    assert outcome.row_duals is not None
    reduced = form.cost - form.matrix.T @ outcome.row_duals
    sides = np.where(outcome.row_duals > 0, form.row_lower, form.row_upper)
    used = np.abs(outcome.row_duals) > 1e-9
    value = (
        outcome.row_duals[used] @ sides[used] + np.minimum(reduced * form.lower, reduced * form.upper).sum()
    )
    assert value == pytest.approx(outcome.objective)


def test_the_log_is_kept_and_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with_log = solve(knapsack(8), QUICK, tmp_path / "solver.log")
    assert "HiGHS" in with_log.log and with_log.log == (tmp_path / "solver.log").read_text()
    assert solve(knapsack(8), QUICK).log == ""
    assert capfd.readouterr().out == ""


def test_a_coefficient_that_is_no_number_is_refused() -> None:
    with pytest.raises(RuntimeError, match="refused"):
        solve(program([1.0], [([np.inf], 0, 1)]), QUICK)


def test_relative_gaps_by_hand() -> None:
    assert relative_gap(200.0, 198.0) == pytest.approx(0.01)
    assert relative_gap(-200.0, -202.0) == pytest.approx(0.01)
    assert relative_gap(0.0, 0.0) == 0.0
    assert relative_gap(np.inf, 5.0) == relative_gap(5.0, -np.inf) == np.inf


def test_small_programs_agree_with_trying_every_point() -> None:
    for seed in range(4):
        form = knapsack(seed, items=10, rows=3)
        points = np.array(list(itertools.product([0.0, 1.0], repeat=10)))
        inside = (points @ form.matrix.T.toarray() <= form.row_upper).all(axis=1)
        assert solve(form, QUICK).objective == pytest.approx((points[inside] @ form.cost).min())
