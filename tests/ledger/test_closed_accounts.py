"""Closed accounts: every yen once, with an owner at each end."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from optimization.dictionary.settings import load_settings, with_values
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.flows import by_sector, flows_of, pool_factor, side_by_side
from optimization.ledger.formulas import FAMILIES
from optimization.outcome.result import Result
from optimization.outcome.tables import result_tables
from optimization.referee.audit import CLOSED
from optimization.referee.closure import closures
from tests.ledger.test_accounts import four_governments, today
from tests.model.random_case import decisions, random_question
from tests.seeds import seeds
from tests.small_case import as_given

YEN = 1e-6
"""Million yen."""

OWNERS = load_settings()["pool.released"].choices or ()


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
    assert accounts.released == pytest.approx(accounts.pool - 261.55)
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
        assert after.pool == pytest.approx(after.paid + after.released, abs=YEN)


def rows_of(accounts: Accounts) -> dict[str, list[dict[str, str]]]:
    """The tables of a run with a decision, as they are written."""
    instance = accounts.instance
    grants = pd.Series(accounts.transfer, index=instance.case.governments.index)
    question = replace(random_question(0).package, settings=instance.settings)
    result = Result(question, instance, as_given(accounts), accounts, grants, tabulated=result_tables)
    return {
        name: table.astype(object).map(_digits).to_dict("records")
        for name, table in result.tables.items()
        if name in CLOSED
    }


def _digits(value: object) -> str:
    return repr(float(value)) if isinstance(value, float) else str(value)


@pytest.mark.parametrize("seed", seeds(4, 200))
def test_every_yen_has_one_owner_by_three_routes(seed: int) -> None:
    """A random decision under each owner of what the pool leaves: in the ledger, in the written tables, and in
    fractions of their digits."""
    given, draw = random_question(seed).instance, np.random.default_rng(seed)
    listed, families = (
        decisions(given),
        {"formula.family": "japan_lat", "formula.family_prefecture": "japan_lat"},
    )
    land, assigned = given.tax.names == "municipal.land", draw.uniform(0.7, 1.4)
    decision = listed[int(draw.integers(len(listed)))]
    decision = replace(decision, assigned=np.where(land, assigned, decision.assigned))
    free = {"taxes.assigned": {"municipal.land": (0.7, 1.4)}}
    pool = float(todays_accounts(given).paid) * draw.uniform(0.9, 1.3)
    for owner in OWNERS:
        changes = {"pool.released": owner, "pool.ordinary_million_yen": pool}
        instance = replace(given, settings=with_values(given.settings, {**families, **free, **changes}))
        accounts = Accounts(instance, decision)
        left = max(0.0, accounts.released) if owner == "special" else 0.0
        assert accounts.special.sum() == pytest.approx(left, abs=YEN)
        sectors = by_sector(side_by_side(accounts, todays_accounts(instance)))
        spent = todays_accounts(instance).national_outlay - accounts.national_outlay
        assert sectors.at["nation", "balance_package_million_yen"] == pytest.approx(spent, abs=YEN)
        written = rows_of(accounts)
        for number in (float, Fraction):
            found = list(closures(written, number, owner))
            assert len(found) > 50
            worst = max(found, key=lambda closure: abs(closure.distance))
            assert abs(worst.distance) <= YEN, (owner, number, worst)


@pytest.mark.parametrize(("owner", "other"), [("special", "nation"), ("nation", "special")])
def test_what_is_left_in_the_hands_of_another_is_found(owner: str, other: str) -> None:
    """The tables of one owner read as if the package named another, and a yen of it paid twice."""
    given = random_question(3).instance
    pool = 2.0 * float(todays_accounts(given).paid)
    changes = {"pool.released": owner, "pool.ordinary_million_yen": pool}
    instance = replace(given, settings=with_values(given.settings, changes))
    written = rows_of(Accounts(instance, replace(decisions(given)[0])))

    def broken(named: str) -> set[str]:
        return {c.words for c in closures(written, Fraction, named) if abs(c.distance) > 1.5 * YEN}

    assert not broken(owner)
    assert broken(other) == {"what the pool leaves goes to its owner"}
    for table in ("flows", "flows_by_government"):
        row = next(row for row in written[table] if row["kind"] == "special_allocation")
        row["package_million_yen"] = repr(float(row["package_million_yen"]) + 0.01)
    assert "what the pool leaves goes to its owner" in broken(owner)


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
