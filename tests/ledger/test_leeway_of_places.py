"""What residents have, by hand; that duties which move with their money change nothing of it; that tables agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.archive import read_run
from optimization.ledger import places
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.referee.closure import YEN
from optimization.referee.places import place_closures
from tests.fiscal.fiscal_case import decided, towns
from tests.model.random_case import decisions, random_question
from tests.seeds import seeds

EXAMPLE = Path(__file__).parents[2] / "results" / "example"


def test_leeway_cover_and_tax_price_by_hand() -> None:
    """Poor town: funds 90, cost 100, taxes 40, ten thousand people: -1,000 yen. Rich: funds 100, cost 50: 5,000. Their
    prefecture: funds 100, cost 100, taxes 60, twenty thousand: nothing left, 5,000 of cost, 3,000 of taxes."""
    accounts = decided(towns(), revision=np.array([0.9]))
    assert places.leeway(accounts) == pytest.approx([-1_000.0, 5_000.0])
    assert places.cover(accounts) == pytest.approx([(9_000 + 5_000) / 15_000, (10_000 + 5_000) / 10_000])
    assert places.tax_price(accounts) == pytest.approx([(4_000 + 3_000) / 15_000, (10_000 + 3_000) / 10_000])
    assert places.dispersion(accounts) == pytest.approx(3_000.0)
    assert places.mean_tax_price(accounts) == pytest.approx([10_000 / 12_500] * 2)


def test_a_change_is_told_by_its_sources() -> None:
    """A tenth less of unit cost takes 1,000 yen of recognised need from the poor town, and nothing from the rich, which
    receives nothing: its 500 yen less of need are 500 more beyond need."""
    accounts = decided(towns(), revision=np.array([0.9]))
    found = places.parts(accounts, todays_accounts(accounts.instance))
    assert found["duty"] == pytest.approx([-1_000.0, -500.0])
    assert found["windfall"] == pytest.approx([0.0, 500.0])
    assert found["retention"] == pytest.approx([0.0, 0.0])
    assert found["pool"] == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize("seed", seeds(8, 200))
def test_where_duties_are_settled_no_move_changes_what_residents_have(seed: int) -> None:
    """Every statute of a random question, under today's shares of taxes and today's unit costs."""
    plain = {"formula.family": "japan_lat", "formula.family_prefecture": "japan_lat", "guarantee.share": {}}
    plain |= {"formula.counted_share": [0.75, 0.75], "formula.scale_correction": 1.0, "taxes.assigned": {}}
    plain |= {"formula.simplified_share": 0.0, "formula.debt_service_refund": 1.0}
    instance = random_question(seed).but(**plain, **{"formula.settles_duties": True}).instance
    before, listed = todays_accounts(instance), decisions(instance)
    statutes = {tuple(sorted(each.tier.items())): each for each in listed}
    for each in [*statutes.values()][:40]:
        if set(each.tier.values()) <= {"municipality", "prefecture"}:
            change = places.leeway(Accounts(instance, each)) - places.leeway(before)
            assert change == pytest.approx(np.zeros(len(change)), abs=1.0)


@pytest.mark.parametrize("seed", seeds(10, 200))
def test_sources_add_up_whatever_is_decided(seed: int) -> None:
    instance = random_question(seed).instance
    before = todays_accounts(instance)
    for each in decisions(instance)[:20]:
        after = Accounts(instance, each)
        change = places.leeway(after) - places.leeway(before)
        assert sum(places.parts(after, before).values()) == pytest.approx(change, abs=1e-6)


def _rows(tables: dict[str, pd.DataFrame]) -> dict[str, list[dict[str, object]]]:
    return {name: tables[name].to_dict("records") for name in ("governments", "places")}


def test_the_tables_of_a_run_agree_and_a_tampered_one_does_not() -> None:
    _, tables = read_run(EXAMPLE)
    assert all(abs(each.distance) <= YEN for each in place_closures(_rows(tables), float))
    for column, by in (
        ("leeway_yen_per_resident", 1.0),
        ("cover_today_ratio", 1e-6),
        ("tax_price_ratio", 1e-6),
        ("change_by_pool_yen_per_resident", 1.0),
        ("gains", 1),
    ):
        changed = tables["places"].copy()
        changed.loc[3, column] += by
        found = place_closures(_rows({**tables, "places": changed}), float)
        assert any(abs(each.distance) > YEN for each in found), column


def test_what_is_settled_is_paid_by_who_hands_a_duty_on() -> None:
    """Both towns hand their fire service (100 and 50) to the prefecture. It is given 150 more than its 40; the
    poor town falls from 60 to -40 and the rich, which receives nothing, pays the 50 that it no longer spends."""
    case = towns(**{"formula.settles_duties": True})
    instance = case.instance
    moved = dict.fromkeys(instance.groups.options, "prefecture")
    accounts = decided(case, revision=np.array([1.0]), tier=moved)
    assert accounts.transfer == pytest.approx([40.0 + 150.0, 60.0 - 100.0, -50.0])
    assert places.leeway(accounts) == pytest.approx(places.leeway(todays_accounts(instance)), abs=1e-6)
