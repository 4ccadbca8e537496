"""The need a formula recognises: unit costs, scale correction, simplification, refunds of debt."""

from __future__ import annotations

from typing import Any

import pytest

from optimization.rules.checks import breaches
from tests.fiscal.fiscal_case import decided, money, push
from tests.small_case import Prefecture, Service, Small, Town, small


def same_need_in_the_model(case: Small) -> dict[str, float]:
    """Need by government; the solved model's is the same."""
    accounts = case.optimum()
    pushed = push(case, ("transfer", [1.0]))
    assert pushed is not None
    assert pushed.of(pushed.model.need) == pytest.approx(accounts.revised_need - accounts.guarantee)
    return money(accounts, accounts.revised_need)


# unit costs -------------------------------------------------------------------------------------------


def two_services(fixed: float = 10.0, **changes: Any) -> Small:
    """A town that needs 100 of fire and 60 of water beside 20, its prefecture 40 of health beside 10. Fire
    may go to the prefecture at a unit of `fixed`."""
    return small(
        [Town("01201", 10_000, {"fire": 100.0, "water": 60.0}, other=20.0, full=30.0)],
        [
            Service("fire", tiers=("prefecture",), parameters={"unit_fixed_cost_million_yen": fixed}),
            Service("water"),
            Service("health", home="prefecture"),
        ],
        [Prefecture("01", need={"health": 40.0}, other=10.0, full=5.0)],
        changes=changes,
    )


def test_the_revision_of_one_service_leaves_the_others() -> None:
    changes = {
        "formula.unit_cost_revision_by_service": {"fire": [1.1, 1.1], "health": [0.5, 0.5]},
        "formula.unit_cost_revision": [0.9, 0.9],
    }
    case = two_services(**changes)
    assert same_need_in_the_model(case) == pytest.approx({"01": 10 + 20, "01201": 20 + 110 + 54})
    accounts = case.optimum()
    assert money(accounts, accounts.grant) == pytest.approx({"01": 30 - 5, "01201": 184 - 30})
    assert money(accounts, accounts.standard_cost) == pytest.approx({"01": 50, "01201": 180})


def test_a_revised_duty_takes_its_revision_along_to_the_next_tier() -> None:
    changes = {
        "formula.unit_cost_revision_by_service": {"fire": [1.1, 1.1]},
        "responsibility.fix": {"fire": "prefecture"},
    }
    assert same_need_in_the_model(two_services(**changes)) == pytest.approx({"01": 50 + 110, "01201": 80})


FREED = {"formula.unit_cost_revision_by_service": {"fire": [0.4, 0.9], "water": [0.2, 1.5]}}


def test_free_unit_costs_are_decided_service_by_service() -> None:
    """Soft budgets push both down. 20 + 100 a + 60 b must cover 95% of 180: 151 for the two together."""
    changes = {**FREED, "equity.adequacy_floor": 0.95, "weights.soft_budget": 0.1}
    accounts = two_services(**changes).optimum()
    a, b, health = accounts.decision.revision
    assert 100 * a + 60 * b == pytest.approx(151.0)
    assert health == 1.0
    assert money(accounts, accounts.grant) == pytest.approx({"01": 45.0, "01201": 171.0 - 30})


def test_the_bound_of_one_service_holds_where_the_other_cannot_help() -> None:
    """Fire at the prefecture: funds 50 + 100 a reach .95 x 150 at a = .925, above the bound of .9."""
    changes = {**FREED, "responsibility.fix": {"fire": "prefecture"}}
    for floor, status in ((0.9332, "optimal"), (0.9334, "infeasible")):  # 140 / 150
        assert two_services(**changes, **{"equity.adequacy_floor": floor}).solve().outcome.status == status


def test_free_unit_costs_at_the_prefecture_reach_what_adequacy_asks() -> None:
    """50 + 100 a >= .93 x 150 = 139.5: a = .895. The town: 20 + 60 b >= .93 x 80 = 74.4: b = .90667."""
    changes = {
        "formula.unit_cost_revision_by_service": {"fire": [0.4, 0.9], "water": [0.2, 1.5]},
        "responsibility.fix": {"fire": "prefecture"},
        "equity.adequacy_floor": 0.93,
        "weights.soft_budget": 0.1,
    }
    accounts = two_services(**changes).optimum()
    assert accounts.decision.revision == pytest.approx([0.895, 54.4 / 60, 1.0])
    assert money(accounts, accounts.grant) == pytest.approx({"01": 139.5 - 5, "01201": 74.4 - 30})


# scale correction -------------------------------------------------------------------------------------


def sizes(strength: float, **changes: Any) -> Small:
    """10,000 and 800,000 people at cost per head ~ P ^ -.5, efficient at 90,000."""
    return small(
        [
            Town("01201", 10_000, {"fire": 120.0}, other=30.0, full=0.0),
            Town("01202", 800_000, {"fire": 900.0}, full=0.0),
        ],
        [Service("fire", slope=0.5), Service("health", home="prefecture", slope=0.5)],
        [Prefecture("01", need={"health": 70.0}, full=0.0)],
        changes={
            "formula.scale_correction": strength,
            "formula.efficient_scale_persons": 90_000.0,
            **changes,
        },
    )


@pytest.mark.parametrize(("strength", "recognised"), [(1.0, 120.0), (0.5, 80.0), (0.0, 40.0)])
def test_the_scale_correction_recognises_small_size_by_its_strength(
    strength: float, recognised: float
) -> None:
    """At nine times the size cost per head is a third: 120 x (strength + (1 - strength) / 3). Who is
    larger than efficient keeps its need, and so does the prefecture."""
    case = sizes(strength)
    assert same_need_in_the_model(case) == pytest.approx({"01": 71, "01201": 30 + recognised, "01202": 900})
    accounts = case.optimum()
    assert money(accounts, accounts.standard_cost) == pytest.approx({"01": 71, "01201": 150, "01202": 900})
    assert money(accounts, accounts.grant)["01201"] == pytest.approx(30 + recognised)


def test_a_revised_unit_cost_multiplies_the_corrected_need() -> None:
    changes = {"formula.unit_cost_revision": [1.2, 1.2]}
    assert same_need_in_the_model(sizes(0.5, **changes)) == pytest.approx(
        {"01": 1 + 70 * 1.2, "01201": 30 + 80 * 1.2, "01202": 900 * 1.2}
    )


# simplification ---------------------------------------------------------------------------------------


def spread(share: float, weight: float) -> Small:
    """Fire of 160 in two of three towns (10 and 30 thousand people, 100 and 300 km2 swapped), water of 90
    in all; a national share of 20% on fire, so that needs are net."""
    return small(
        [
            Town("01201", 10_000, {"fire": 100.0, "water": 10.0}, full=0.0, area_km2=300.0),
            Town("01202", 30_000, {"fire": 60.0, "water": 30.0}, full=0.0, area_km2=100.0),
            Town("01203", 20_000, {"water": 50.0}, other=5.0, full=0.0, area_km2=200.0),
        ],
        [Service("fire", parameters={"national_share": 0.2}), Service("water")],
        changes={"formula.simplified_share": share, "formula.area_weight": weight},
    )


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_simplified_share_spreads_each_service_by_people_and_area(share: float) -> None:
    """Weight of area .2. Fire: people 1/4, 3/4, area 3/4, 1/4. Water: people 1/6, 3/6, 2/6, area 3/6, 1/6, 2/6."""
    fire = (160 * (0.8 * 1 / 4 + 0.2 * 3 / 4), 160 * (0.8 * 3 / 4 + 0.2 * 1 / 4), 0.0)  # 56, 104
    water = (90 * (0.8 / 6 + 0.2 * 3 / 6), 90 * (0.8 * 3 / 6 + 0.2 / 6), 90 * (0.8 * 2 / 6 + 0.2 * 2 / 6))
    today = ((100, 10), (60, 30), (0, 50))
    expected = [
        (1 - share) * sum(now) + share * (f + w) for now, f, w in zip(today, fire, water, strict=True)
    ]
    need = same_need_in_the_model(spread(share, 0.2))
    assert need == pytest.approx(
        {"01": 1.0, "01201": expected[0], "01202": expected[1], "01203": 5 + expected[2]}
    )
    assert sum(need.values()) == pytest.approx(1 + 160 + 90 + 5)


# debt service -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refund", "honoured", "dropped"),
    [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 30.0), (0.5, 0.2, 12.0), (0.25, 0.4, 13.5)],
)
def test_what_is_no_longer_refunded_leaves_the_need_and_not_the_cost(
    refund: float, honoured: float, dropped: float
) -> None:
    """(1 - refund) x (1 - honoured) of 30 in the town, of 10 in the prefecture."""
    case = small(
        [Town("01201", 10_000, {"fire": 100.0}, other=50.0, debt=30.0, full=20.0)],
        [Service("fire")],
        [Prefecture("01", other=40.0, debt=10.0, full=4.0)],
        changes={"formula.debt_service_refund": refund, "formula.promised_refunds_honoured": honoured},
    )
    assert same_need_in_the_model(case) == pytest.approx({"01": 40 - dropped / 3, "01201": 150 - dropped})
    accounts = case.optimum()
    assert money(accounts, accounts.grant) == pytest.approx({"01": 36 - dropped / 3, "01201": 130 - dropped})
    assert money(accounts, accounts.standard_cost) == pytest.approx({"01": 40, "01201": 150})
    assert accounts.spending == pytest.approx(accounts.standard_cost)
    without = case.but(**{"discipline.balance": True})
    assert without.solve().outcome.status == ("optimal" if dropped == 0 else "infeasible")
    assert ("D1" in {b.rule for b in breaches(decided(without))}) is (dropped > 0)
