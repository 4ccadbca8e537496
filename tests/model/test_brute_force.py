"""The solver against a list of all decisions, each priced and checked by the ledger alone."""

from __future__ import annotations

from functools import cache

import pytest

from optimization.ledger.accounts import Accounts
from tests.model.enumerated import found_by_both_methods
from tests.model.random_case import best, random_question
from tests.seeds import seeds

SEEDS = 30


@cache
def listed(seed: int) -> Accounts | None:
    return best(random_question(seed).instance)


@pytest.mark.parametrize("seed", seeds(8, SEEDS))
def test_both_methods_find_the_best_of_all_listed_decisions(seed: int) -> None:
    found_by_both_methods(random_question(seed), listed(seed))


def test_the_listed_questions_cover_what_they_should() -> None:
    """Limits that bind, bodies, moved duties, interior counted shares, reserves and impossible packages."""
    seen = {"infeasible": 0, "limits bind": 0, "bodies": 0, "duties move": 0, "share inside": 0, "reserve": 0}
    for seed in range(SEEDS):
        if min(seen.values()) >= 1:
            return
        question, accounts = random_question(seed), listed(seed)
        seen["reserve"] += len(question.columns().screening.reserve[0]) > 0
        if accounts is None:
            seen["infeasible"] += 1
            continue
        loose = question.but(
            **{
                "pool.ordinary_million_yen": 1e6,
                "nation.limit_million_yen": 1e7,
                "equity.adequacy_floor": "off",
                "discipline.balance": False,
                "discipline.grant_dependence_ceiling": "off",
            }
        ).optimum()
        home = question.instance.groups.home
        low, high = question.package.settings["formula.counted_share"]
        seen["limits bind"] += accounts.objective > loose.objective * (1 + 1e-6)
        seen["bodies"] += bool(accounts.decision.joint)
        seen["duties move"] += any(t != home[s] for (s, _), t in accounts.decision.tier.items())
        seen["share inside"] += low + 1e-6 < accounts.decision.counted[0] < high - 1e-6
    pytest.fail(f"the questions have become too tame: {seen}")
