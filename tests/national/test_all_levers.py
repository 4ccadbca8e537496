"""Unit costs, counted shares, the pool and guarantees free together, on the whole country."""

from __future__ import annotations

import pytest

from optimization import load_case, load_package, solve
from optimization.case.face import DEFAULT_CASE
from optimization.ledger.accounts import Accounts
from optimization.solving.highs import Limits


@pytest.mark.national
def test_all_levers_free_together_are_certified_to_a_thousandth_in_ten_minutes() -> None:
    case = load_case(DEFAULT_CASE)
    package = load_package(case, "all_levers")
    result = solve(case, package, limits=Limits(gap=1e-3, seconds=600.0))
    assert result.outcome.status == "optimal"
    assert result.outcome.gap <= 1e-3
    assert result.seconds["solve"] < 600.0
    assert result.breaches == []
    decided = result.accounts
    assert isinstance(decided, Accounts)
    assert decided.objective < result.baseline.objective
    formula = Accounts(result.instance, decided.decision)
    assert (abs(formula.transfer - result.solver_grants.to_numpy()) <= 1e-6 * formula.standard_cost).all()
