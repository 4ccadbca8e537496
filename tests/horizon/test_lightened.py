"""A statute over years is lightened of what makes debts break a limit, and of no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.resolved import with_settings
from optimization.dictionary.settings import with_values
from optimization.outcome import completion
from optimization.outcome.lightened import cheapest_given_back
from optimization.outcome.question import laid_out
from optimization.outcome.run import least_cost
from optimization.outcome.terms import Terms
from optimization.solving.highs import Limits

INPUTS = Path(__file__).parents[2] / "inputs"


def test_the_changes_that_cost_least_are_given_back_until_every_row_has_room() -> None:
    """The first row lacks 3, the second would lose 2 by the second change: the first and the third, at 5 and
    4, mend it at 9; the second alone would at 6, and break the other row."""
    worth = sparse.csr_matrix(np.array([[2.0, 3.0, 1.0], [0.0, -2.0, 0.0]]))
    given = cheapest_given_back(worth, np.array([-3.0, 1.0]), np.array([5.0, 6.0, 4.0]))
    assert given is not None and given.tolist() == [True, False, True]
    loose = cheapest_given_back(worth, np.array([-3.0, 2.0]), np.array([5.0, 6.0, 4.0]))
    assert loose is not None and loose.tolist() == [False, True, False]


def test_nothing_is_given_back_where_nothing_lacks_or_nothing_helps() -> None:
    worth, price = sparse.csr_matrix(np.array([[1.0]])), np.array([1.0])
    assert cheapest_given_back(worth, np.array([0.0]), price) is None
    assert cheapest_given_back(worth, np.array([-2.0]), price) is None


def test_the_plan_of_the_teaching_case_to_2050_is_found_without_a_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Held to the very step in 2050 the relaxation's statute breaks it in three places: what is given back mends it, so
    that no statute is searched with who receives held."""

    def no_search(*_: Any) -> None:
        raise AssertionError("a statute was searched")

    monkeypatch.setattr(completion, "_with_switches", no_search)
    case = load_case(INPUTS / "iwate-2022")
    package = load_package(case, "recommended_2050")
    strict = with_settings(package, with_values(package.settings, {"horizon.debt_steps_reach": 0.0}))
    limits = Limits(gap=1e-3, seconds=60.0, threads=1)
    result = least_cost(laid_out(case, strict), strict, Terms(limits)).result
    assert result.outcome.status == "optimal" and result.breaches == []
    assert result.accounts is not None
    moved = [t for (s, _), t in result.accounts.decision.tier.items() if t != result.instance.groups.home[s]]
    assert len(moved) > 3
