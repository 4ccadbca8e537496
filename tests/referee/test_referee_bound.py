"""No plan is cheaper, proven in fractions: of random questions, of the packages on the teaching case, of the nation."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.outcome.solve import solve as answer
from optimization.solving.highs import Limits, Status, solve
from optimization.solving.standard_form import StandardForm
from tests.model.random_case import random_question
from tests.referee.exact_bound import exact, prove, relaxed_bound
from tests.referee.test_referee_random import AGREE, SEEDS
from tests.referee.test_referee_teaching import FREER, PACKAGES, ours, teaching, whole_program
from tests.solving.programs import knapsack, program

pytestmark = pytest.mark.referee

TEACHING_GAP = 1e-5
"""What a plan of the teaching case may at most be above the least cost of all, relative."""

TOO_LOOSE = {"crisis_ready"}
"""The relaxed program of it is a sixteenth cheaper than any plan; closing that takes more parts than a proof may."""


def optimum(form: StandardForm) -> float:
    """Our optimum; infinite where there is none."""
    outcome = solve(form, Limits(gap=1e-9, seconds=60.0, threads=1))
    assert outcome.status in {Status.OPTIMAL, Status.INFEASIBLE}
    return outcome.objective if outcome.status is Status.OPTIMAL else np.inf


def test_a_bound_by_hand() -> None:
    """Least x + y with x + 2 y >= 3, both in [0, 10], is 3/2. By a multiplier u > 0 of the row it is at least
    3 u + 10 min(0, 1 - u) + 10 min(0, 1 - 2 u)."""
    small = exact(program([1.0, 1.0], [([1.0, 2.0], 3.0, np.inf)], upper=10.0))
    assert small.bound([0.5]) == Fraction(3, 2)
    assert small.bound([0.25]) == Fraction(3, 4)
    assert small.bound([0.75]) == Fraction(9, 4) - 5
    assert small.bound([-1.0]) == 0  # the row has no upper side to lean on
    assert small.bound([0.1]) == 3 * Fraction(0.1)  # the double, not a tenth


def test_ends_by_hand() -> None:
    """x + y = 4 with y in [1, 3] and x free: x in [1, 3]; then z - x <= 2 gives z <= 5, from below nothing."""
    rows = [([1.0, 1.0, 0.0], 4.0, 4.0), ([-1.0, 0.0, 1.0], -np.inf, 2.0)]
    given = program([0.0, 0.0, -1.0], rows, lower=[-np.inf, 1.0, -np.inf], upper=[np.inf, 3.0, np.inf])
    small = exact(given)
    assert (small.lower, small.upper) == ([1, 1, None], [3, 3, 5])
    assert small.bound([0.0, 0.0]) == small.bound([0.0, -1.0]) == -5
    assert small.bound([0.0, -2.0]) is None  # z would then be the dearer the lower, without end


@pytest.mark.parametrize("seed", range(20))
def test_no_multipliers_prove_what_is_false(seed: int) -> None:
    draw, form = np.random.default_rng(seed), knapsack(seed, items=8)
    least, small = optimum(form), exact(form)
    for scale in (1e-12, 1e-3, 1.0, 100.0):
        multipliers = scale * draw.normal(size=form.matrix.shape[0])
        bound, empty = small.bound(multipliers), small.bound(multipliers, priced=False)
        assert bound is not None and empty is not None and bound <= least + 1e-6 and empty <= 0


@pytest.mark.parametrize("seed", range(10))
def test_a_claim_too_high_is_not_proven(seed: int) -> None:
    form = knapsack(seed, items=12)
    least = round(optimum(form) * 4) / 4  # worth is counted in quarters
    assert prove(form, least).holds
    assert not prove(form, least + 1e-6).holds
    assert not prove(form, np.inf).holds


@pytest.mark.parametrize("seed", SEEDS)
def test_no_plan_of_a_random_question_is_cheaper(seed: int) -> None:
    form = random_question(seed).form(keep_dominated=True)
    assert prove(form, optimum(form) * (1 - AGREE)).holds


@pytest.mark.parametrize("name", [name for name in PACKAGES if name not in {*FREER, *TOO_LOOSE}])
def test_no_plan_of_the_teaching_case_is_cheaper(name: str) -> None:
    package = load_package(teaching(), name)
    mine = ours(package, "auto")
    assert prove(whole_program(package), mine.value * (1 - TEACHING_GAP)).holds


@pytest.mark.parametrize(("name", "share"), [("role_division", 1e-4), ("uniform", 2e-3)])
def test_no_plan_of_the_nation_is_cheaper(name: str, share: float) -> None:
    """Proven without the solver's arithmetic, of all of the program, dominated pairs and all, where the run leaves out
    what cannot matter. One rule for all is looser when relaxed: there the rest of the gap is the solver's word."""
    case = load_case(DEFAULT_CASE)
    package = load_package(case, name)
    mine = answer(case, package).outcome
    least = relaxed_bound(whole_program(package, case))
    assert least is not None
    assert mine.objective * (1 - share) <= least <= mine.objective
