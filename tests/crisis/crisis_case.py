"""Small questions about crises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.small_case import Prefecture, Service, Shock, Small, Town, small

SURGE = {"surge_earthquake": 3.0, "surge_infection": 3.0, "crisis_urgency": 1.0}


def two_towns(
    shocks: Mapping[str, Shock], parameters: Mapping[str, float] | None = None, **changes: Any
) -> Small:
    """Two towns of 100 million yen for fire each, half as much spare, and one body that costs 4 a year to run and
    saves nothing in normal times."""
    return small(
        [Town("01201", need={"fire": 100.0}), Town("01202", need={"fire": 100.0}, east_km=1.0)],
        [Service("fire", tiers=("prefecture", "bloc", "nation"), wide=True, parameters=SURGE)],
        parameters={"spare_capacity_share": 0.5, **(parameters or {})},
        bodies={"ab": ["01201", "01202"]},
        shocks=shocks,
        changes={
            "wide_area.services": ["fire"],
            "weights.body_million_yen": 4.0,
            "crisis.scenarios": ["all"],
            "crisis.aid_share": 0.0,
            "crisis.lead_change_million_yen": 0.0,
            "crisis.lead_apart_million_yen": 0.0,
            **changes,
        },
    )


LOCAL = Shock("earthquake", 0.1, {"01201": 0.5})
"""Town 01201 alone: surge (3 - 1) x 0.5 x 100 = 100, own spare 50; its neighbour's spare 50."""

COMMON = Shock("infection", 0.1, {"01201": 0.5, "01202": 0.5})
"""Both towns at once: 100 each against 50 each."""

__all__ = [
    "COMMON",
    "LOCAL",
    "SURGE",
    "Prefecture",
    "Service",
    "Shock",
    "Small",
    "Town",
    "small",
    "two_towns",
]
