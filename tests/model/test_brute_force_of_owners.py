"""The solver against a list of all decisions, where what the formula leaves of the pool has another owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from scipy.optimize import brentq

from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.decision import Decision
from optimization.ledger.instance import Instance
from tests.model.enumerated import cheapest, found_by_both_methods
from tests.model.random_case import decisions, random_question
from tests.seeds import seeds
from tests.small_case import Small

TAX = "municipal.land"


def question(seed: int, owner: str) -> Small:
    """A random question of today's formula whose pool often leaves something, its counted share fixed."""
    asked = random_question(seed)
    moved = {"taxes.assigned": {TAX: [0.9, 1.3]}} if owner == "transfer" else {}
    return asked.but(
        **{
            "pool.released": owner,
            "pool.ordinary_million_yen": 1.05 * float(todays_accounts(asked.instance).paid),
            "formula.family": "japan_lat",
            "formula.family_prefecture": "japan_lat",
            "formula.counted_share": [0.75, 0.75],
            "equity.losers_population_ceiling": 0.0,
            **moved,
        }
    )


def with_taxes(instance: Instance, decision: Decision) -> Iterator[Decision]:
    """The decision with the tax moved by what the pool leaves: what is handed over rises with it more steeply than
    grants fall, so there is one such share at most."""
    if not len(instance.tax.free):
        yield decision
        return
    at = int(instance.tax.free[0])
    low, high = (float(end[at]) for end in instance.tax.assigned)

    def at_share(share: float) -> Decision:
        assigned = decision.assigned.copy()
        assigned[at] = share
        return replace(decision, assigned=assigned)

    def beyond(share: float) -> float:
        accounts = Accounts(instance, at_share(share))
        return accounts.handed_over - accounts.released

    if beyond(low) <= 0.0 <= beyond(high):
        yield at_share(float(brentq(beyond, low, high, xtol=1e-15)))


def best(instance: Instance) -> Accounts | None:
    """Cheapest decision that breaks no rule."""
    return cheapest(Accounts(instance, d) for one in decisions(instance) for d in with_taxes(instance, one))


@pytest.mark.parametrize("owner", ["special", "transfer"])
@pytest.mark.parametrize("seed", seeds(3, 30))
def test_both_methods_find_the_best_of_all_listed_decisions(seed: int, owner: str) -> None:
    asked = question(seed, owner)
    found_by_both_methods(asked, best(asked.instance))


def test_the_questions_cover_what_they_should() -> None:
    """Much is left, nothing is, and no decision keeps the rules."""
    seen = {"left": 0, "impossible": 0}
    for seed in range(12):
        found = best(question(seed, "special").instance)
        seen["impossible"] += found is None
        seen["left"] += found is not None and found.released > 1.0
        if min(seen.values()) > 0:
            return
    pytest.fail(f"the questions have become too tame: {seen}")
