"""The cost of every way of providing: alone, together, by a higher tier; who bears which part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimization.dictionary.tiers import BLOC, MUNICIPALITY, NATION, PREFECTURE
from optimization.ledger.layout import lay_out
from tests.small_case import Prefecture, Service, Small, Town, given_curves, small

MOVING = {
    "trips_to_seat": 1.0,
    "transition_cost": 0.2,
    "taste_weight": 1.0,
    "unit_fixed_cost_million_yen": 9.0,
}


def region(**changes: Any) -> Small:
    """Two towns of prefecture 01, 10 km apart, one of 02; a fire service open to all, a park that stays."""
    return small(
        [
            Town("01201", 10_000, {"fire": 100.0, "park": 10.0}, east_km=0.0),
            Town(
                "01202", 30_000, {"fire": 150.0, "park": 10.0}, east_km=10.0, income_tax=30_000 * np.exp(0.4)
            ),
            Town("02201", 40_000, {"fire": 200.0, "park": 10.0}, east_km=90.0),
        ],
        [
            Service("fire", tiers=("prefecture", "bloc", "nation"), wide=True, slope=1.0, parameters=MOVING),
            Service("park"),
            Service("health", home="prefecture", tiers=("municipality",), parameters=MOVING),
        ],
        [Prefecture("01", need={"health": 40.0}), Prefecture("02", need={"health": 40.0})],
        parameters={
            "travel_cost_yen_per_person_km": 50.0,
            "bloc_coordination_rate": 0.1,
            "national_overhead": 0.3,
        },
        bodies={"pair": ["01201", "01202"]},
        changes={"wide_area.services": ["fire"], **changes},
    )


def test_alone_and_at_home_nothing_is_added() -> None:
    costs = region().instance.costs.by_tier
    for part in ("access", "coordination", "uniformity", "transition"):
        assert not getattr(costs[MUNICIPALITY], part)[:, :2].any(), part
    assert not costs[PREFECTURE].transition[:, 2].any()
    assert costs[MUNICIPALITY].transition[:, 2] == pytest.approx(0.02 * np.array([10, 30, 40]))


def test_higher_tiers_add_travel_to_the_branch_transition_and_coordination() -> None:
    """Branch of 01 at the larger town: 10,000 x 2 x 10 km x 50 yen = 10. A fifth of a year's cost over ten
    years: 2, 3, 4. Bloc: a tenth more for two prefectures; nation: three tenths."""
    costs = region().instance.costs.by_tier
    for tier in (PREFECTURE, BLOC, NATION):
        assert costs[tier].access[:, 0] == pytest.approx([10, 0, 0])
        assert costs[tier].transition[:, 0] == pytest.approx([2, 3, 4])
    assert costs[PREFECTURE].coordination[:, 0] == pytest.approx([0, 0, 0])
    assert costs[BLOC].coordination == pytest.approx(0.1 * costs[BLOC].standard)
    assert costs[NATION].coordination == pytest.approx(0.3 * costs[NATION].standard)


def test_the_loss_of_uniformity_grows_with_the_area() -> None:
    """Tastes 0, 0.4, 0. Prefecture 01: mean 0.3, gaps -0.3 and 0.1; bloc and nation: mean 0.15, gaps -0.15,
    0.25, -0.15. Spending x gap^2 (price elasticity 0.5)."""
    costs = region().instance.costs.by_tier
    for tier, gaps in (
        (PREFECTURE, [0.3, 0.1, 0.0]),
        (BLOC, [0.15, 0.25, 0.15]),
        (NATION, [0.15, 0.25, 0.15]),
    ):
        expected = costs[tier].standard[:, 0] * np.square(gaps)
        assert costs[tier].uniformity[:, 0] == pytest.approx(expected)


def test_a_service_that_nobody_may_move_has_no_cost_of_moving() -> None:
    case = region()
    assert list(case.case.movable_services) == ["fire", "health"]
    assert case.instance.costs.unit_fixed == pytest.approx([9, 0, 9])
    for tier in (PREFECTURE, BLOC, NATION):
        park = case.instance.costs.by_tier[tier]
        assert not park.access[:, 1].any() and not park.transition[:, 1].any()


def test_a_body_costs_its_members_less_and_its_residents_the_way_to_the_hub() -> None:
    """100 / 4 + 150 x 3/4 = 137.5; access 10; uniformity on what each spends alone: 100 x 0.09 + 150 x 0.01;
    transition 0.02 x 250."""
    body = region().instance.costs.bodies
    assert body.standard == pytest.approx(np.array([[137.5]]))
    assert body.access == pytest.approx(np.array([[10.0]]))
    assert body.uniformity == pytest.approx(np.array([[10.5]]))
    assert body.transition == pytest.approx(np.array([[5.0]]))
    assert body.coordination == pytest.approx(np.array([[0.0]]))


def test_society_bears_travel_and_uniformity_and_budgets_do_not() -> None:
    case = region(**{"weights.access": 2.0, "weights.uniformity": 0.5, "weights.transition": 3.0})
    body = case.instance.costs.bodies
    assert body.budget == pytest.approx(np.array([[142.5]]))
    assert body.social(case.instance.settings) == pytest.approx(
        np.array([[137.5 + 2 * 10 + 0.5 * 10.5 + 3 * 5]])
    )


def test_a_town_without_the_service_adds_neither_scale_nor_travel() -> None:
    """Only 01201 has water: the body {01201, 01202} provides it at its own scale and cost."""
    case = small(
        [Town("01201", 10_000, {"water": 50.0}), Town("01202", 30_000, east_km=10.0)],
        [Service("water", wide=True, slope=1.0, parameters={"trips_to_seat": 1.0})],
        parameters={"travel_cost_yen_per_person_km": 50.0},
        bodies={"pair": ["01201", "01202"]},
        changes={"wide_area.services": ["water"]},
    )
    body = case.instance.costs.bodies
    assert body.standard == pytest.approx(np.array([[50.0]]))
    assert body.access == pytest.approx(np.array([[10.0]]))  # its people go to the hub, 01202


@pytest.mark.parametrize(("minutes", "allowed"), [(10.1, True), (9.9, False)])
def test_the_travel_limit_decides_which_pairs_exist(minutes: float, allowed: bool) -> None:
    """10 km at 60 km/h; the limit of 1,000 minutes times the factor."""
    case = region(**{"access.limit_factor": minutes / 1000})
    assert case.instance.costs.allowed.tolist() == [[allowed]]


def test_only_services_open_to_bodies_become_wide() -> None:
    case = region(**{"wide_area.services": ["fire", "park"]})  # the table opens fire alone
    assert list(case.instance.costs.wide_services) == ["fire"]
    assert case.instance.costs.wide_columns.tolist() == [0]


def test_a_package_without_candidate_bodies_can_be_laid_out_and_solved() -> None:
    case = region(**{"wide_area.radius_km": 1.0})
    assert len(case.instance.bodies) == 0
    # fire 450, parks 30, health 80 and its people's way to the branch, uniformity of the two prefectures
    health = case.instance.costs.by_tier[PREFECTURE]
    assert case.optimum().objective == pytest.approx(
        450 + 30 + 80 + health.access[:, 2].sum() + health.uniformity[:, 2].sum()
    )


def test_a_run_on_one_prefecture_prices_it_as_the_whole_country_does() -> None:
    case = region()
    with given_curves(case.curves):
        part = lay_out(case.case, case.package.settings, ["01"])
    for tier in (MUNICIPALITY, PREFECTURE, BLOC, NATION):
        whole, alone = case.instance.costs.by_tier[tier], part.costs.by_tier[tier]
        for name in ("standard", "access", "coordination", "uniformity", "transition"):
            assert getattr(alone, name) == pytest.approx(getattr(whole, name)[:2]), (tier, name)
