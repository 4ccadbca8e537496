"""Standard cost at the scale of every tier, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimization.case.case import Case
from optimization.costs.standard import fitted_curves, scale_curves, spread, standard_costs
from optimization.dictionary.tiers import BLOC, MUNICIPALITY, NATION, PREFECTURE, TIERS
from optimization.errors import InputError
from tests.small_case import Prefecture, Service, Town, make_case, power_curve


def country(**case: Any) -> Case:
    """10,000 and 30,000 people in one prefecture, 40,000 in another of the same bloc, 80,000 in a third."""
    return make_case(
        [
            Town("01201", 10_000, {"fire": 80.0}),
            Town("01202", 30_000, {"fire": 120.0}, kind="core_city"),
            Town("02201", 40_000, {"fire": 160.0}),
            Town("03201", 80_000, {"fire": 200.0}),
        ],
        [
            Service("fire", slope=1.0, parameters={"national_share": 0.2, "scale_realisation": 0.5}),
            Service(
                "police",
                home="prefecture",
                excluded=case.pop("excluded", ""),
                parameters={"prefectural_elasticity": -0.5, "national_share": 0.5},
            ),
        ],
        [
            Prefecture("01", "east", {"police": 40.0}),
            Prefecture("02", "east", {"police": 30.0}),
            Prefecture("03", "west", {"police": 50.0}),
        ],
        **case,
    )


CURVES = {"fire": power_curve(1.0)}


def test_a_municipal_service_falls_with_half_the_slope_of_its_curve() -> None:
    """Own gross 100, 150, 200, 250; (scale ratio) ^ -0.5: prefecture 1/4 and 3/4, bloc 1/8, 3/8, 1/2, nation
    1/16, 3/16, 1/4, 1/2."""
    costs = standard_costs(country(), CURVES).by_tier
    own = np.array([100.0, 150.0, 200.0, 250.0])
    parts = {
        MUNICIPALITY: [1, 1, 1, 1],
        PREFECTURE: [1 / 4, 3 / 4, 1, 1],
        BLOC: [1 / 8, 3 / 8, 1 / 2, 1],
        NATION: [1 / 16, 3 / 16, 1 / 4, 1 / 2],
    }
    for tier in TIERS:
        assert costs[tier][:, 0] == pytest.approx(own * np.sqrt(parts[tier])), tier


def test_a_prefectural_service_is_spread_by_people_and_follows_its_elasticity() -> None:
    """Gross 80, 60, 100. Prefecture 01: 20 and 60. Smaller scale costs more: x (P / P_p) ^ -0.5."""
    costs = standard_costs(country(largest_prefecture=1e9), CURVES).by_tier
    assert costs[PREFECTURE][:, 1] == pytest.approx([20, 60, 60, 100])
    assert costs[MUNICIPALITY][:, 1] == pytest.approx([20 * 2, 60 * np.sqrt(4 / 3), 60, 100])
    assert costs[BLOC][:, 1] == pytest.approx(np.array([20, 60, 60, 100]) / np.sqrt([2, 2, 2, 1]))
    assert costs[NATION][:, 1] == pytest.approx(np.array([20, 60, 60, 100]) / np.sqrt([4, 4, 4, 2]))


def test_beyond_the_largest_prefecture_a_larger_scale_brings_nothing_more() -> None:
    """Nobody is larger than 60,000, but prefecture 03 of 80,000 is the bound for itself."""
    costs = standard_costs(country(largest_prefecture=60_000.0), CURVES).by_tier
    assert costs[NATION][:, 1] == pytest.approx(np.array([20, 60, 60, 100]) / np.sqrt([1.5, 1.5, 1.5, 1]))
    assert costs[BLOC][:, 1] == pytest.approx(np.array([20, 60, 60, 100]) / np.sqrt([1.5, 1.5, 1.5, 1]))


def test_a_class_that_runs_the_service_itself_has_no_part_of_it() -> None:
    part = spread(country(excluded="core_city|designated_city"), "police")
    assert part.to_dict() == {"01201": 1.0, "01202": 0.0, "02201": 1.0, "03201": 1.0}


def test_a_need_that_nobody_can_take_is_an_input_error() -> None:
    with pytest.raises(InputError, match="prefecture 02"):
        spread(country(excluded="city"), "police")


def test_a_service_without_scale_costs_the_same_at_every_tier() -> None:
    case = country()
    case.services.loc["fire", "scale_basis"] = "none"
    costs = standard_costs(case, fitted_curves(case)).by_tier
    for tier in TIERS:
        assert costs[tier][:, 0] == pytest.approx([100, 150, 200, 250]), tier


def test_so_few_towns_give_no_curve_and_so_no_scale() -> None:
    curves = fitted_curves(country())
    assert set(curves) == {"fire"} and curves["fire"].flat


def test_the_curve_is_fitted_where_enough_towns_have_the_service() -> None:
    """Cost per head falls as P ^ -0.4 across twelve towns: standard cost at the prefecture's scale follows."""
    sizes = np.round(np.geomspace(5_000, 300_000, 12)).astype(int)
    towns = [Town(f"01{200 + n}", int(p), {"fire": 0.1 * p**0.6}) for n, p in enumerate(sizes)]
    towns.append(Town("01299", 9_000, {"fire": 0.0}))
    case = make_case(towns, [Service("fire")])
    curve = fitted_curves(case)["fire"]
    assert curve.observations == 12
    costs = standard_costs(case, {"fire": curve}).by_tier
    # beyond the largest town seen the curve is flat: the prefecture's scale counts as 300,000
    expected = 0.1 * sizes**0.6 * (300_000 / sizes) ** -0.4
    assert costs[PREFECTURE][:12, 0] == pytest.approx(expected, rel=0.01)
    assert costs[PREFECTURE][12, 0] == 0.0


def test_beyond_the_efficient_scale_nothing_more_is_gained() -> None:
    """The curve above, level from 100,000 residents on: a town of 300,000 gains nothing in a prefecture."""
    sizes = np.round(np.geomspace(5_000, 300_000, 12)).astype(int)
    towns = [Town(f"01{200 + n}", int(p), {"fire": 0.1 * p**0.6}) for n, p in enumerate(sizes)]
    case = make_case(towns, [Service("fire")])
    assert case.parameters("efficient_scale_persons") == 100_000
    costs = standard_costs(case, scale_curves(case)).by_tier
    gained = np.minimum(1.0, (100_000 / sizes) ** -0.4)
    assert costs[PREFECTURE][:, 0] == pytest.approx(0.1 * sizes**0.6 * gained, rel=0.01)
    assert costs[PREFECTURE][-1, 0] == pytest.approx(costs[MUNICIPALITY][-1, 0], rel=1e-12)


def test_keeping_some_towns_keeps_their_costs() -> None:
    costs = standard_costs(country(), CURVES)
    kept = costs.rows(np.array([False, True, False, True]))
    for tier in TIERS:
        assert np.array_equal(kept.by_tier[tier], costs.by_tier[tier][[1, 3]])
