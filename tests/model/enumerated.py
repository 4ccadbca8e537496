"""The answer of both methods held against a list of all decisions, each priced and checked by the ledger alone."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from optimization.ledger.accounts import Accounts
from optimization.outcome.result import Result
from optimization.rules.checks import breaches
from tests.small_case import Small

METHODS = ("plain", "decomposed")


def cheapest(tried: Iterable[Accounts]) -> Accounts | None:
    """The cheapest of some decisions that breaks no rule; None where each breaks one."""
    by_cost = sorted(tried, key=lambda accounts: accounts.objective)
    return next((accounts for accounts in by_cost if not breaches(accounts)), None)


def found_by_both_methods(
    question: Small, best: Accounts | None, near: float = 1e-6, above: float = 1e-6
) -> list[Result]:
    """What both methods find: a plan that breaks no rule and costs what the best of all decisions does, `near` it as a
    part of its cost, with a bound no further `above` it; or nothing where no decision keeps the rules."""
    results = [question.solve(method) for method in METHODS]
    for method, result in zip(METHODS, results, strict=True):
        if best is None:
            assert result.outcome.status == "infeasible", (method, result.outcome)
            continue
        assert result.outcome.status == "optimal", (method, result.outcome)
        assert result.breaches == [], (method, result.breaches)
        assert result.outcome.objective == pytest.approx(best.objective, rel=near), method
        assert result.outcome.bound <= best.objective * (1 + above), (method, result.outcome.bound)
    return results
