"""National decisions first, then the parts: the same optimum, an honest bound, and an honest stop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimization.solving.decomposed import exclusive_choices, solve_decomposed
from optimization.solving.highs import Limits, Progress, Status, solve
from tests.model.random_case import random_question
from tests.solving.programs import program, random_blocks, violation

EXACT = Limits(gap=1e-9, seconds=30.0, threads=1)


@pytest.mark.parametrize("seed", range(16))
def test_random_blocks_have_the_same_optimum_both_ways(seed: int) -> None:
    form, national = random_blocks(seed)
    plain, parts = solve(form, EXACT), solve_decomposed(form, national, EXACT)
    assert parts.status is plain.status
    if plain.values is None:
        assert parts.values is None
        return
    assert parts.objective == pytest.approx(plain.objective, rel=1e-7)
    assert parts.objective == pytest.approx(form.cost @ parts.values + form.constant)
    assert violation(form, parts.values) <= 1e-6
    assert parts.relaxation - 1e-9 <= parts.bound <= plain.objective * (1 + 1e-9)


@pytest.mark.parametrize("seed", [3, 8, 9, 12])
def test_a_wide_gap_is_kept_and_its_bound_is_true(seed: int) -> None:
    form, national = random_blocks(seed)
    best = solve(form, EXACT).objective
    loose = solve_decomposed(form, national, replace(EXACT, gap=0.2))
    assert loose.status in (Status.OPTIMAL, Status.INFEASIBLE)
    if loose.status is Status.OPTIMAL:
        assert loose.gap <= 0.2
        assert loose.bound <= best * (1 + 1e-6)
        assert loose.objective >= best * (1 - 1e-6)


def test_the_examples_hold_possible_and_impossible_programs() -> None:
    states = {solve(random_blocks(seed)[0], EXACT).status for seed in range(16)}
    assert states == {Status.OPTIMAL, Status.INFEASIBLE}


def test_infeasible_in_whole_numbers_only_is_found_out() -> None:
    """x0 + x1 = 1 (national), 2 z = 1 with z whole: the relaxation takes z = 1/2."""
    form = program([1, 2, 1], [([1, 1, 0], 1, 1), ([0, 0, 2], 1, 1)], upper=1.0, integer=True)
    outcome = solve_decomposed(form, np.array([0, 1]), EXACT)
    assert outcome.status is Status.INFEASIBLE and outcome.values is None


def test_the_cheaper_choice_is_found_where_rounding_goes_wrong() -> None:
    """National choice a or b; z covers a demand of 4 a + 3 b - 2 in steps of 4: a costs nothing and asks
    for one step (5), b costs 1 and asks for one step too; with a demand above 4 only b fits one step."""
    form = program(
        [0, 1, 5],
        [([1, 1, 0], 1, 1), ([-6, -3, 4], 0, np.inf)],
        upper=[1, 1, 5],
        integer=True,
    )
    # relaxation: a: z = 1.5 costs 7.5; b: 1 + z = 0.75 costs 4.75. Whole: a 10, b 6.
    outcome = solve_decomposed(form, np.array([0, 1]), EXACT)
    assert outcome.status is Status.OPTIMAL
    assert outcome.values == pytest.approx([0, 1, 1]) and outcome.objective == pytest.approx(6)


def test_groups_of_which_exactly_one_is_chosen_are_read_from_the_rows() -> None:
    form = program(
        np.ones(6),
        [
            ([1, 1, 0, 0, 0, 0], 1, 1),  # a group
            ([0, 0, 1, 1, 0, 1], 1, 1),  # holds a column that is not national
            ([0, 0, 1, 2, 0, 0], 1, 1),  # not all coefficients are 1
            ([0, 0, 0, 1, 1, 0], 0, 1),  # at most one
            ([0, 1, 1, 0, 0, 0], 1, 1),  # its second column is free, its first already in a group
        ],
        upper=1.0,
        integer=True,
    )
    choices = exclusive_choices(form, np.array([0, 1, 2, 3, 4]))
    assert [group.tolist() for group in choices] == [[0, 1], [2], [3], [4]]


def test_stopping_from_outside_keeps_what_was_found() -> None:
    form, national = random_blocks(3)
    seen: list[Progress] = []

    def stop_at_first_incumbent(progress: Progress) -> bool:
        seen.append(progress)
        return not np.isfinite(progress.incumbent)

    outcome = solve_decomposed(form, national, replace(EXACT, gap=0.0), on_progress=stop_at_first_incumbent)
    assert outcome.values is not None and violation(form, outcome.values) <= 1e-6
    assert outcome.status in (Status.INCUMBENT, Status.OPTIMAL)
    assert (outcome.status is Status.OPTIMAL) == (outcome.gap == 0.0)
    assert outcome.bound <= solve(form, EXACT).objective * (1 + 1e-9)
    assert not np.isfinite(seen[0].incumbent) and np.isfinite(seen[-1].incumbent)


def test_no_time_at_all_claims_nothing() -> None:
    form, national = random_blocks(3)
    outcome = solve_decomposed(form, national, Limits(gap=0.0, seconds=0.0, threads=1))
    assert outcome.status is not Status.INFEASIBLE
    assert outcome.bound <= solve(form, EXACT).objective * (1 + 1e-9)


def test_progress_never_gets_worse() -> None:
    for seed in (3, 8, 9):
        form, national = random_blocks(seed)
        outcome = solve_decomposed(form, national, EXACT, on_progress=lambda progress: True)
        incumbents = [progress.incumbent for progress in outcome.history]
        bounds = [progress.bound for progress in outcome.history]
        assert incumbents == sorted(incumbents, reverse=True)
        assert bounds == sorted(bounds)


@pytest.mark.parametrize("seed", range(60, 72))
def test_random_questions_have_the_same_optimum_both_ways(seed: int) -> None:
    question = random_question(seed)
    plain, parts = (question.solve(method).outcome for method in ("plain", "decomposed"))
    assert plain.status is parts.status
    assert parts.objective == plain.objective or parts.objective == pytest.approx(plain.objective, rel=1e-7)
