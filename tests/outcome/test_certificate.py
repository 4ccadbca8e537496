"""What a certificate is worth: one rule for a gap that is reached, and no bound above its plan."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from optimization.ledger.instance import Instance
from optimization.outcome.certificate import BOUND, proven
from optimization.outcome.clock import SOLVE, STAY_PUT, Clock
from optimization.outcome.question import laid_out
from optimization.outcome.readback import read_result
from optimization.outcome.result import Result
from optimization.outcome.run import Answer, _Run, answer, better
from optimization.outcome.terms import Terms
from optimization.outcome.two_phases import in_two_phases
from optimization.solving.deadline import Deadline
from optimization.solving.decomposed import solve_decomposed
from optimization.solving.highs import Limits, Status, gap_reached, solve
from tests.horizon.test_horizon_brute_force import random_question
from tests.horizon.test_horizon_by_hand import phased
from tests.small_case import EXACT, Small, given_curves
from tests.solving.programs import random_blocks

ROUNDED = 1.0 - 6e-16
"""What the sums of one plan differ by when they are made in another order."""


@cache
def answered() -> Answer:
    """A small question with a plan, and all it was answered with."""
    question = phased(60.0, 0.02)
    with given_curves(question.curves):
        found = answer(laid_out(question.case, question.package), question.package, Terms(EXACT))
    assert found.result.accounts is not None and found.result.breaches == []
    return found


def read_again(part: float) -> Result:
    """The same answer read with a bound that is so many times its plan's cost."""
    found = answered()
    outcome = replace(found.result.outcome, bound=part * found.result.outcome.objective)
    return read_result(found.result.package, found.problem, outcome)


def test_a_gap_of_nothing_is_reached_to_rounding_and_no_farther() -> None:
    assert gap_reached(752_810.0, 752_810.0 * ROUNDED, 0.0)
    assert gap_reached(0.0, 0.0, 0.0)
    assert not gap_reached(752_810.0, 752_810.0 * (1 - 1e-8), 0.0)
    assert gap_reached(100.0, 99.0, 0.01) and not gap_reached(100.0, 98.9, 0.01)
    assert not gap_reached(np.inf, 100.0, 0.5) and not gap_reached(100.0, -np.inf, 0.5)


def test_every_search_ends_optimal_at_a_gap_of_nothing() -> None:
    asked, plan = Limits(gap=0.0), answered().result.outcome
    rounded = replace(plan, bound=-np.inf, status=Status.INCUMBENT)
    assert proven(rounded, plan.objective * ROUNDED, asked).status is Status.OPTIMAL
    form, national = random_blocks(3)
    assert solve_decomposed(form, national, asked).status is Status.OPTIMAL
    two_phases = random_question(3, phases=True).solve(limits=asked).outcome
    assert two_phases.status is Status.OPTIMAL and two_phases.termination == "gap reached"


def test_two_phases_whose_bounds_sum_to_the_plan_but_for_rounding_are_optimal() -> None:
    question = phased(60.0, 0.02, 2050)
    assert two_phases_with(question, ROUNDED).outcome.status is Status.OPTIMAL


def two_phases_with(question: Small, part: float) -> Result:
    """The plan of two phases, of which every part has a bound so many times its cost."""

    def solved(instance: Instance) -> Result:
        found = answer(instance, question.package, Terms(EXACT)).result
        outcome = replace(found.outcome, bound=part * found.outcome.objective)
        return replace(found, outcome=outcome)

    with given_curves(question.curves):
        return in_two_phases(question.instance, solved, Limits(gap=0.0), Deadline(60.0))


@pytest.mark.parametrize("part", [1.0, ROUNDED, 1 / ROUNDED, 1 + 1e-8])
def test_a_bound_at_its_plan_but_for_rounding_is_none_above_it(part: float) -> None:
    result = read_again(part)
    assert result.breaches == []
    assert result.outcome.bound <= result.outcome.objective


def test_a_bound_above_its_plan_is_said_and_stays() -> None:
    result = read_again(1.01)
    cost = answered().result.outcome.objective
    (breach,) = result.breaches
    assert breach.rule == BOUND and breach.amount == pytest.approx(0.01 * cost)
    assert result.outcome.bound == pytest.approx(1.01 * cost)


def test_no_search_hides_a_bound_above_its_plan() -> None:
    form, national = random_blocks(3)
    relaxed = solve(form, replace(EXACT, threads=1), relax=True)
    best = solve(form, EXACT).objective
    wrong = replace(relaxed, bound=best + 0.1 * abs(best))
    assert solve_decomposed(form, national, EXACT, relaxed=wrong).overstated > 0
    plan = answered().result.outcome
    assert proven(plan, 1.01 * plan.objective, EXACT).overstated > 0
    assert proven(plan, (1 + 1e-8) * plan.objective, EXACT).overstated == 0


def test_a_longer_list_that_contradicts_an_earlier_plan_is_said() -> None:
    found = answered()
    dearer = replace(found.result.outcome, objective=1.02 * found.result.outcome.objective)
    later = replace(found, result=replace(found.result, outcome=replace(dearer, bound=dearer.objective)))
    assert [breach.rule for breach in better(found, later, EXACT).result.breaches] == [BOUND]


def test_bounds_of_two_phases_above_their_plan_are_said() -> None:
    result = two_phases_with(phased(60.0, 0.02, 2050), 1.01)
    assert [breach.rule for breach in result.breaches] == [BOUND]
    assert result.outcome.bound > result.outcome.objective


def test_a_run_on_a_clock_that_others_used_has_its_whole_limit() -> None:
    """Each phase of a plan runs on the clock of the whole: what an earlier one took is not taken off twice."""
    question, used = phased(60.0, 0.02), Clock()
    used.seconds[SOLVE] = 1e6
    run = _Run.begun(question.package, Terms(Limits(seconds=30.0)), used)
    assert not run.search.over and run.search.left == pytest.approx(30.0)
    used.seconds[SOLVE] += 20.0
    assert run.search.left == pytest.approx(10.0)


def test_a_search_that_was_cut_leaves_time_to_choose_the_formula() -> None:
    """Of 100 seconds the search has 80 (a fifth is kept), and what it took, with the stay-put rule, is the formula's
    no more."""
    question, clock = phased(60.0, 0.02), Clock()
    run = _Run.begun(question.package, Terms(Limits(seconds=100.0)), clock, kept=20.0)
    clock.seconds[SOLVE] = 80.0
    assert run.search.over and run.whole.left == pytest.approx(20.0)
    clock.seconds[STAY_PUT] = 12.0
    assert run.whole.left == pytest.approx(8.0)
