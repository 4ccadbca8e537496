"""Tightening a bound never lowers the optimal cost, and in each of these questions it raises it somewhere."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.small_case import Prefecture, Service, Small, Town, small


def question(**changes: Any) -> Small:
    """A poor and a rich town and a prefecture; fire may move up at a unit of 12, unit costs, counted shares
    and guarantees are free, grants and counted taxes have a price."""
    return small(
        [
            Town(
                "01201",
                10_000,
                {"fire": 100.0, "water": 30.0},
                base=40.0,
                full=10.0,
                other=15.0,
                debt_ratio=0.09,
                burden_ratio=0.9,
            ),
            Town("01202", 30_000, {"fire": 50.0, "water": 30.0}, base=30.0, full=60.0),
        ],
        [
            Service(
                "fire",
                tiers=("prefecture",),
                parameters={"unit_fixed_cost_million_yen": 12.0, "national_share": 0.2},
            ),
            Service("water"),
        ],
        [Prefecture("01", other=60.0, base=50.0, full=20.0)],
        adjustment_rate=0.05,
        changes={
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["prefecture"],
            "formula.unit_cost_revision": [0.6, 1.4],
            "formula.counted_share": [0.5, 0.9],
            "guarantee.share": {"fire": [0.0, 0.6]},
            "weights.soft_budget": 0.2,
            "weights.dulled_incentive": 0.05,
            **changes,
        },
    )


BOUNDS: dict[str, list[float]] = {
    "equity.adequacy_floor": [0.6, 0.9, 1.1, 1.3],
    "equity.coverage_ceiling": [2.0, 1.2, 1.0],
    "equity.dispersion_ceiling": [1.0, 0.2, 0.1, 0.02],
    "equity.tax_price_spread": [1.0, 0.4, 0.2],
    "equity.loss_limit": [0.9, 0.2, 0.1, 0.0],
    "equity.hold_harmless_budget_million_yen": [100.0, 10.0, 3.0, 0.0],
    "discipline.retention_floor": [0.05, 0.2, 0.35],
    "discipline.grant_dependence_ceiling": [0.9, 0.69, 0.5],
    "discipline.own_source_floor_municipal": [0.2, 0.5, 0.7],
    "discipline.own_source_floor_prefectural": [0.2, 0.27, 0.29],
    "discipline.match_ceiling": [2.0, 0.3, 0.25, 0.1],
    "discipline.earmarked_ceiling": [0.9, 0.3, 0.2, 0.05],
    "discipline.debt_service_ceiling": [0.5, 0.14, 0.12, 0.10],
    "discipline.future_burden_ceiling": [5.0, 1.4, 1.2, 1.0],
    "pool.ordinary_million_yen": [200.0, 60.0, 45.0, 30.0],
    "nation.limit_million_yen": [400.0, 100.0, 80.0, 60.0],
}
FUNDED = {"equity.adequacy_floor": 1.0}
WELL_FUNDED = {"equity.adequacy_floor": 1.1, "guarantee.share": {"fire": [0.2, 0.2]}}
BESIDE: dict[str, dict[str, Any]] = {
    "equity.coverage_ceiling": FUNDED,
    "equity.tax_price_spread": WELL_FUNDED,
    "equity.hold_harmless_budget_million_yen": {"equity.hold_harmless_years": 5},
    "discipline.grant_dependence_ceiling": WELL_FUNDED,
    "pool.ordinary_million_yen": FUNDED,
    "discipline.own_source_floor_prefectural": {"responsibility.fix": {"fire": "prefecture"}},
}
"""Rules without which low unit costs would save every grant before the bound is felt."""


def costs(question: Small, key: str, values: list[Any]) -> list[float]:
    """Optimal cost at each value, infinite where no decision is left."""
    found = []
    for value in values:
        result = question.but(**{key: value}).solve()
        assert result.breaches == []
        found.append(result.accounts.objective if result.accounts else float("inf"))
    return found


@pytest.mark.parametrize("key", BOUNDS)
def test_a_tighter_bound_never_costs_less(key: str) -> None:
    found = costs(question(**BESIDE.get(key, {})), key, BOUNDS[key])
    assert found[0] < float("inf")
    assert all(before <= after + 1e-6 for before, after in pairwise(found)), found
    assert found[-1] > found[0] + 1e-3, found


def test_balance_on_top_never_costs_less() -> None:
    off, on = costs(question(), "discipline.balance", [False, True])
    assert on > off + 1e-3


def test_fewer_people_who_may_lose_never_cost_less() -> None:
    case = question(**{"equity.loss_limit": 0.02})
    found = costs(case, "equity.losers_population_ceiling", [1.0, 0.5, 0.2, 0.0])
    assert found == sorted(found) and found[-1] > found[0] + 1e-3, found


def test_a_slower_path_within_its_budget_never_costs_less() -> None:
    """More years guarantee less than the first, and cost nothing."""
    case = question(**{"equity.hold_harmless_years": 5, "equity.hold_harmless_budget_million_yen": 2.0})
    found = costs(case, "equity.hold_harmless_step", [0.5, 0.1, 0.02, 0.0])
    assert found == sorted(found) and found[-1] > found[0] + 1e-3, found
    one, five, thirty = costs(case, "equity.hold_harmless_years", [1, 5, 30])
    assert one == pytest.approx(five) == pytest.approx(thirty)


@pytest.mark.parametrize("key", ["formula.unit_cost_revision", "formula.counted_share"])
def test_a_narrower_range_of_a_lever_never_costs_less(key: str) -> None:
    low, high = {"formula.unit_cost_revision": (0.6, 1.4), "formula.counted_share": (0.5, 0.9)}[key]
    middle = (low + high) / 2
    ranges = [
        [middle + share * (low - middle), middle + share * (high - middle)] for share in (1.0, 0.6, 0.3, 0.0)
    ]
    found = costs(question(), key, ranges)
    assert all(before <= after + 1e-6 for before, after in pairwise(found)), found
    assert found[-1] > found[0] + 1e-3, found
