"""Closed accounts: every yen once, with an owner at each end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.flows import by_sector, flows_of, pool_factor, released, side_by_side
from optimization.ledger.formulas import FAMILIES
from tests.ledger.test_accounts import four_governments, today
from tests.model.random_case import decisions, random_question
from tests.seeds import seeds

YEN = 1e-6
"""Million yen."""


def test_the_flows_of_four_governments_by_hand() -> None:
    """Needs net of the nation's fifth: 100 of fire is 125 gross, 25 of it earmarked; 50 is 62.5; 250 is 312.5.

    Grants 137, 53.8, 70.5 as in the accounts, a correction of 0.25. The nation spends 137 + 53.8 + 70.5 + 0.25 and
    25 + 12.5 + 62.5 = 361.55, and is counted with the taxes that pay it.
    Towns: 85 + 53.8 + 0.25 + 25 + 7 - 125 - 27 = 19.05 and 100 + 12.5 - 62.5 = 50.
    Prefectures: 210 + 137 - 300 = 47 and, with the wards, 500 + 70.5 + 62.5 - 312.5 - 200 = 120.5.
    """
    accounts = today(four_governments())
    sectors = by_sector(side_by_side(accounts, accounts))
    assert sectors["balance_today_million_yen"].to_dict() == pytest.approx(
        {"residents": -895.0 - 361.55, "municipalities": 69.05, "prefectures": 167.5, "nation": 0.0}
    )
    assert sectors["resource_cost_package_million_yen"].to_dict() == pytest.approx(
        {"residents": 0.0, "municipalities": 187.5, "prefectures": 312.5, "nation": 0.0}
    )
    flows = flows_of(accounts).groupby(["from_sector", "to_sector", "kind"]).sum()
    assert flows["residents", "nation", "national_taxes"] == pytest.approx(361.55)
    assert flows["municipalities", "outside", "other_needs"] == pytest.approx(27.0)
    assert released(accounts) == pytest.approx(accounts.pool - 261.55)
    assert pool_factor(accounts) == pytest.approx(261.55 / accounts.pool)


@pytest.mark.parametrize("seed", seeds(25, 200))
def test_whatever_is_decided_no_yen_appears_or_is_lost(seed: int) -> None:
    """(A1 to A3) on some decisions of random questions under every formula in turn."""
    question = random_question(seed)
    instance, draw = question.instance, np.random.default_rng(seed)
    before, listed = todays_accounts(instance), decisions(instance)
    for n in draw.choice(len(listed), min(4, len(listed)), replace=False):
        after = Accounts(instance, listed[n])
        sectors = by_sector(side_by_side(after, before))
        change = {
            name: sectors[f"{name}_package_million_yen"] - sectors[f"{name}_today_million_yen"]
            for name in ("balance", "resource_cost")
        }
        assert change["balance"].sum() == pytest.approx(-change["resource_cost"].sum(), abs=YEN)
        budgets = [
            each.budget.sum() + sum(unit.sum() for unit in each.units.values()) for each in (after, before)
        ]
        assert change["resource_cost"].sum() == pytest.approx(budgets[0] - budgets[1], abs=YEN)
        assert sectors["balance_today_million_yen"]["nation"] == pytest.approx(0.0, abs=YEN)
        left = before.national_outlay - after.national_outlay
        assert sectors["balance_package_million_yen"]["nation"] == pytest.approx(left, abs=YEN)
        assert after.pool == pytest.approx(after.paid + released(after), abs=YEN)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_accounts_close_under_every_formula(family: str) -> None:
    """Those that take from the rich too: what flows back to the nation is among the flows."""
    given = random_question(1).instance
    settings = {**given.settings, "formula.family": family, "formula.family_prefecture": family}
    instance = replace(given, settings=settings)
    before, after = todays_accounts(given), Accounts(instance, replace(decisions(given)[-1]))
    sectors = by_sector(side_by_side(after, before)).sum()
    change = sectors["balance_package_million_yen"] - sectors["balance_today_million_yen"]
    fall = sectors["resource_cost_today_million_yen"] - sectors["resource_cost_package_million_yen"]
    assert change == pytest.approx(fall, abs=YEN)
    back = flows_of(after).xs("contribution", level="kind").sum()
    assert back == pytest.approx(after.contribution.sum())
    assert back > 0 or family not in ("germany_horizontal", "switzerland_nfa")
