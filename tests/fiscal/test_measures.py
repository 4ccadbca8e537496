"""Measures: the Gini coefficient, the measures of a small case by hand, the country of today."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimization.case.load import load_case
from optimization.costs.curves import flat_curve
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.layout import lay_out
from optimization.ledger.measures import all_measures, gini, municipal
from tests.fiscal.fiscal_case import decided, family
from tests.small_case import Prefecture, Service, Small, Town, given_curves, settings, small

JAPAN = Path(__file__).parents[2] / "inputs" / "japan-2022"


def pairwise(value: np.ndarray, weight: np.ndarray) -> float:
    """Mean absolute difference of all pairs over twice the mean."""
    share = weight / weight.sum()
    apart = np.abs(value[:, None] - value[None, :])
    return float(share @ apart @ share / (2.0 * (share @ value)))


@pytest.mark.parametrize(
    ("value", "weight", "expected"),
    [
        ([1, 3], [1, 1], 0.25),  # 2 x 1/4 x 2 / (2 x 2)
        ([1, 3], [3, 1], 0.25),  # 2 x 3/16 x 2 / (2 x 1.5)
        ([3, 1], [1, 3], 0.25),
        ([5, 5, 5], [1, 2, 3], 0.0),
        ([0, 0, 0, 1], [1, 1, 1, 1], 0.75),
        ([0, 1], [9, 1], 0.9),
        # pairs 1 x 1 + 2 x 3 + 2 x 2 = 11, twice, of 16; mean 11 / 4
        ([1, 2, 4], [1, 1, 2], (2 * 11 / 16) / (2 * 11 / 4)),
        ([0, 0], [1, 1], 0.0),
    ],
)
def test_gini_by_hand(value: list[float], weight: list[float], expected: float) -> None:
    assert gini(np.array(value, float), np.array(weight, float)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_gini_is_the_pairwise_mean_difference(seed: int) -> None:
    draw = np.random.default_rng(seed)
    value = draw.choice([draw.uniform(0, 9, 60), draw.integers(0, 4, 60).astype(float)])
    weight = draw.uniform(0, 5, 60) * (draw.random(60) < 0.9)
    assert gini(value, weight) == pytest.approx(pairwise(value, weight), abs=1e-12)
    assert gini(7.0 * value, 3.0 * weight) == pytest.approx(gini(value, weight))


# a small country --------------------------------------------------------------------------------------


def country(**changes: object) -> Small:
    """Two towns of 10 and 30 thousand: needs 100 and 90, revenues 30 + 10 (of 40 + 10) and 150 (of 200)."""
    return small(
        [
            Town("01201", 10_000, {"fire": 100.0}, base=40.0, full=10.0),
            Town("01202", 30_000, {"fire": 80.0}, other=10.0, base=200.0, full=0.0, debt_ratio=0.2),
        ],
        [Service("fire", parameters={"national_share": 0.2})],
        [Prefecture("01", other=120.0, base=80.0, full=20.0, burden_ratio=4.1)],
        changes=changes,
    )


def test_measures_of_a_small_country_by_hand() -> None:
    accounts = decided(country())
    found = {name: value for name, (value, _) in all_measures(accounts).items()}
    two = np.array([10.0, 30.0])
    by_hand = {
        "gini_municipal_revenue_per_head": pairwise(np.array([40 / 10, 150 / 30]), two),
        "gini_municipal_revenue_and_grant_per_head": pairwise(np.array([100 / 10, 150 / 30]), two),
        "gini_municipal_revenue_over_need": pairwise(np.array([40 / 100, 150 / 90]), two),
        "gini_municipal_revenue_and_grant_over_need": pairwise(np.array([1.0, 150 / 90]), two),
        # funds 50 + 60 and 200
        "gini_municipal_coverage": pairwise(np.array([1.1, 200 / 90]), two),
        "coverage_floor_municipal": 1.1,
        "coverage_ceiling_municipal": 200 / 90,
        "coverage_max_over_min_municipal": 200 / 99,
        # mean 1.1 / 4 + 3/4 x 2.2222; distances 3/4 and 1/4 of 1.1222
        "coverage_mean_absolute_deviation_municipal": (200 / 90 - 1.1) * 2 * 3 / 16,
        # own part .4 and 1
        "tax_price_spread_municipal": 0.6,
        "retention_municipal": 0.25,
        "retention_prefectural": 0.25,
        # gross 125 + 100 + 10
        "own_source_share_municipal": 250 / 235,
        "own_source_share_prefectural": 100 / 120,
        "grant_municipal": 60.0,
        "grant_prefectural": 40.0,
        "grant_dependence_highest": 60 / 110,
        "real_debt_service_ratio_highest": 0.2,
        "future_burden_ratio_highest": 4.1,
        "governments_sound": 1.0,
        "governments_permission": 1.0,
        "governments_early_warning": 1.0,
        "governments_rehabilitation": 0.0,
        # towns 310 against 190, prefecture 140 against 120
        "mismatch_of_money_and_responsibility": 310 / 190 - 1,
        "earmarked_share": 0.2,
        "governments_without_shortfall": 1.0,
        "contributions": 0.0,
        # earmarked 25 + 20
        "national_outlay": 45 + 100,
        "tiers_per_service": 1.0,
        # all of 225 but the earmarked 45
        "spending_decided_and_paid_by_the_same_tier": 180 / 225,
        "people_whose_municipality_gains": 0.0,
        "people_whose_municipality_loses": 0.0,
    }
    assert {name: found[name] for name in by_hand} == pytest.approx(by_hand)


def test_gainers_and_losers_are_counted_in_people() -> None:
    """Unit costs x 1.1 give the poor town 10 more and the rich one nothing; x .9 takes 10."""
    for revision, gains, loses in ((1.1, 0.25, 0.0), (0.9, 0.0, 0.25)):
        case = country(**{"formula.unit_cost_revision": [revision, revision]})
        found = all_measures(decided(case), todays_accounts(case.instance))
        assert found["people_whose_municipality_gains"][0] == pytest.approx(gains)
        assert found["people_whose_municipality_loses"][0] == pytest.approx(loses)


def test_contributions_are_what_payers_pay() -> None:
    """Nordic, no need but equal per head apart: mean revenue 250 / 40 a head: expected 62.5 and 187.5."""
    accounts = decided(country(**family("nordic", "japan_lat")))
    # needs 100 and 90 against means of 47.5 and 142.5
    poor = 0.75 * (62.5 - 50) + 0.9 * (100 - 47.5)
    rich = 0.75 * (187.5 - 200) + 0.9 * (90 - 142.5)
    assert poor == pytest.approx(-rich)
    assert all_measures(accounts)["contributions"][0] == pytest.approx(-rich)
    assert all_measures(accounts)["grant_municipal"][0] == pytest.approx(0.0)


# the country ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def japan() -> Accounts:
    """Japan of FY2022 as it is. Today's accounts need no scale curve, so flat ones stand in."""
    case = load_case(JAPAN)
    services = case.services.index[case.services["home_tier"] == "municipality"]
    with given_curves(dict.fromkeys(services, flat_curve())):
        return todays_accounts(lay_out(case, settings(case)))


def test_the_ginis_of_the_country_are_the_published_ones(japan: Accounts) -> None:
    """FACTS E1: .118, .156, .165, .010 for 1,718 municipalities; the measure takes what was paid."""
    found = all_measures(japan)
    assert len(municipal(japan.instance)) == 1718
    for name, published in (
        ("revenue_per_head", 0.118),
        ("revenue_and_grant_per_head", 0.156),
        ("revenue_over_need", 0.165),
        ("revenue_and_grant_over_need", 0.010),
    ):
        assert found[f"gini_municipal_{name}"][0] == pytest.approx(published, abs=7e-4)


def test_the_published_ginis_to_the_last_digit_with_every_gap_filled(japan: Accounts) -> None:
    """FACTS fills max(0, need - revenue) in full: no adjustment rate, no corrections of earlier years."""
    here = municipal(japan.instance)
    frame = japan.instance.case.governments.iloc[here]
    people = japan.instance.population[here]
    need, revenue = (frame[f"{name}_million_yen"].to_numpy() for name in ("need", "revenue"))
    filled = np.maximum(need, revenue)
    measured = [gini(v, people) for v in (revenue / people, filled / people, revenue / need, filled / need)]
    assert [round(value, 3) for value in measured] == [0.118, 0.156, 0.165, 0.010]
    assert measured[0] == pytest.approx(pairwise(revenue / people, people))


def test_the_allocation_widens_money_per_head_and_closes_the_coverage_of_need(japan: Accounts) -> None:
    found = {name: value for name, (value, _) in all_measures(japan).items()}
    before, after = (found[f"gini_municipal_{n}_per_head"] for n in ("revenue", "revenue_and_grant"))
    assert after > 1.3 * before
    before, after = (found[f"gini_municipal_{n}_over_need"] for n in ("revenue", "revenue_and_grant"))
    assert after < 0.1 * before
    for tier in ("municipal", "prefectural"):
        assert found[f"retention_{tier}"] == pytest.approx(0.25)
