"""Each rule of equity and discipline where it binds: how far it lets a lever go, by hand.

The towns' unit cost kappa of fire is free between .5 and 1.5; grants are pushed up or down until a rule
stops them. The ledger must call the decision sound just inside that point and name the rule just outside.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimization.rules.checks import breaches
from tests.fiscal.fiscal_case import (
    DOWN,
    STEP,
    UP,
    decided,
    money,
    push,
    rules_of,
    stops_at,
    towns,
    with_taxes,
)
from tests.small_case import Prefecture, Service, Small, Town, small

BINDING = {
    # 100 kappa >= floor x 100
    "E1": ("E1", {"equity.adequacy_floor": 0.8}, DOWN, 0.8),
    # 100 kappa <= 1.2 x 100; the rich town keeps the 2 it has
    "E2": ("E2", {"equity.coverage_ceiling": 1.2}, UP, 1.2),
    # level 1.15: 1/4 |kappa - 1.15| + 1/4 |100 - 57.5| / 50 + 1/2 |100 - 115| / 100 = 1/4 |..| + .2875
    "E3 above": ("E3", {"equity.dispersion_ceiling": 0.35}, UP, 1.4),
    "E3 below": ("E3", {"equity.dispersion_ceiling": 0.35}, DOWN, 0.9),
    # level .9: 1/4 |kappa - .9| + 1/4 |100 - 45| / 50 + 1/2 |100 - 90| / 100 = 1/4 |..| + .325
    "E3 level": (
        "E3",
        {"equity.dispersion_ceiling": 0.35, "equity.dispersion_level": 0.9},
        UP,
        1.0,
    ),
    # own part of the poor 1 - (100 kappa - 40) / 100 = 1.4 - kappa, of the rich 1; the towns' mean today
    # is (40 + 50) / 150 = .6, so |.8 - kappa| <= .25; the rich town's .4 stands
    "E4 above": ("E4", {"equity.tax_price_spread": 0.25}, UP, 1.05),
    "E4 below": ("E4", {"equity.tax_price_spread": 0.25}, DOWN, 0.55),
    # the poor town's .2 of today is more than .1: it may not get farther on either side
    "E4 today": ("E4", {"equity.tax_price_spread": 0.1}, DOWN, 0.6),
    # kappa >= .9 x today's 1
    "E6": ("E6", {"equity.loss_limit": 0.1}, DOWN, 0.9),
    # the poor town has a quarter of all people
    "E6 people": ("E6", {"equity.loss_limit": 0.1, "equity.losers_population_ceiling": 0.24}, DOWN, 0.9),
    # guaranteed in the first year .9, in the third .7: 90 - 100 kappa <= 10
    "E6 path": (
        "E6path",
        {
            "equity.hold_harmless_years": 3,
            "equity.hold_harmless_step": 0.1,
            "equity.hold_harmless_budget_million_yen": 10.0,
        },
        DOWN,
        0.8,
    ),
    # yen a resident: (10,000 kappa + 5,000) / 15,000 >= .9
    "P1": ("P1", {"equity.place_cover_floor": 0.9}, DOWN, 0.85),
    # leeway of the poor town 10,000 (kappa - 1), 0 today
    "P2": ("P2", {"equity.place_windfall_yen_per_resident": 2_000.0}, UP, 1.2),
    # of the rich (100 - 50) / 10,000 = 5,000; around the mean (5,000 - 10,000 (kappa - 1)) / 2 <= 1.2 x 2,500
    "P3": ("P3", {"equity.place_dispersion_ceiling": 1.2}, DOWN, 0.9),
    "P6": ("P6", {"equity.place_loss_yen_per_resident": 1_000.0}, DOWN, 0.9),
    # half of all people live in the poor town
    "P6 people": (
        "P6",
        {"equity.place_loss_yen_per_resident": 1_000.0, "equity.place_losers_population_ceiling": 0.49},
        DOWN,
        0.9,
    ),
    # 100 kappa >= 100
    "D1": ("D1", {"discipline.balance": True}, DOWN, 1.0),
    # 100 kappa - 40 <= .7 x 100 kappa
    "D2": ("D2", {"discipline.grant_dependence_ceiling": 0.7}, UP, 40 / 30),
    # it depends on grants by .6 today and may stay there: 100 kappa - 40 <= .6 x 100 kappa
    "D2 today": ("D2", {"discipline.grant_dependence_ceiling": 0.3}, UP, 1.0),
    # 100 kappa + 100 <= 1.4 x 150
    "D5": ("D5", {"discipline.match_ceiling": 0.4}, UP, 1.1),
    # transfers 100 kappa - 40 and 40
    "F5": ("F5", {"pool.ordinary_million_yen": 130.0}, UP, 1.3),
    "F6": ("F6", {"nation.limit_million_yen": 120.0}, UP, 1.2),
}


@pytest.mark.parametrize("name", BINDING)
def test_a_rule_stops_the_grants_where_the_arithmetic_says(name: str) -> None:
    rule, changes, way, kappa = BINDING[name]
    stops_at(towns(**changes), rule, way, kappa, 1.0 if way == UP else -1.0)


@pytest.mark.parametrize("way", [UP, DOWN])
def test_without_a_rule_nothing_stops_them(way: float) -> None:
    pushed = push(towns(), ("transfer", [way] * 3))
    assert pushed is not None
    assert pushed.of(pushed.model.kappa) == pytest.approx([1.5 if way == UP else 0.5])


@pytest.mark.parametrize(("way", "kappa"), [(UP, 1.2), (DOWN, 0.7)])
def test_money_of_a_tier_may_neither_exceed_nor_lag_its_duties(way: float, kappa: float) -> None:
    """D5 with a town of 50 in place of the rich: |100 kappa + 50 - 150| <= .2 x 150 below kappa = 1, above
    it the second town receives too: 150 kappa - 150 <= 30."""
    case = towns(rich=50.0, **{"discipline.match_ceiling": 0.2})
    stops_at(case, "D5", way, kappa, 1.0 if way == UP else -1.0)


# losers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("floor", "kappa"), [(0.0, 0.5), (0.7, 0.7)])
def test_a_quarter_of_the_people_may_lose_down_to_the_adequacy_floor(floor: float, kappa: float) -> None:
    changes = {
        "equity.loss_limit": 0.1,
        "equity.losers_population_ceiling": 0.25,
        "equity.adequacy_floor": floor,
    }
    case = towns(**changes)
    pushed = push(case, ("transfer", [DOWN] * 3))
    assert pushed is not None
    assert pushed.of(pushed.model.kappa) == pytest.approx([kappa])
    loser = money(pushed.accounts, pushed.of(pushed.model.loser))
    assert loser == pytest.approx({"01": 0.0, "01201": 1.0, "01202": 0.0})
    assert rules_of(pushed.accounts) == set()


def test_a_loser_may_lose_all_its_grant() -> None:
    """The loser's row leaves room for everything: at a coverage of 1 and a limit of 10% by 90% of cost."""
    changes = {
        "formula.unit_cost_revision": [0.1, 1.5],
        "equity.loss_limit": 0.1,
        "equity.losers_population_ceiling": 0.25,
    }
    pushed = push(towns(**changes), ("transfer", [DOWN] * 3))
    assert pushed is not None
    # grants end at kappa = .4, own revenue of 40 stays
    assert money(pushed.accounts, pushed.accounts.funds)["01201"] == pytest.approx(40.0)
    assert rules_of(pushed.accounts) == set()


# taxes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "tax", "codes", "floor", "theta"),
    [
        # (40 + 100) theta >= floor x (100 + 50)
        ("municipal", "municipal.fees", ("01201", "01202"), 0.84, 0.9),
        # 60 theta >= floor x 100
        ("prefectural", "prefectural.dues", ("01",), 0.54, 0.9),
    ],
)
def test_own_sources_bound_what_can_be_taken_from_a_tier(
    setting: str, tax: str, codes: tuple[str, ...], floor: float, theta: float
) -> None:
    changes = {"formula.unit_cost_revision": [1.0, 1.0], "taxes.assigned": {tax: [0.5, 1.5]}}
    case = towns(**changes, **{f"discipline.own_source_floor_{setting}": floor})
    pushed = push(case, ("theta", [1.0]))
    assert pushed is not None
    assert pushed.of(pushed.model.theta) == pytest.approx([theta])
    own = money(pushed.accounts, pushed.accounts.own_revenue)
    today = money(pushed.accounts, decided(case, assigned=np.ones(4)).own_revenue)
    assert own == pytest.approx({c: v * (theta if c in codes else 1.0) for c, v in today.items()})
    j = list(case.instance.tax.names).index(tax)
    for change, found in ((STEP, set()), (-STEP, {"D2own"})):
        assigned = pushed.accounts.decision.assigned.copy()
        assigned[j] = theta + change
        assert rules_of(decided(case, assigned=assigned)) == found


def test_own_sources_are_held_against_gross_spending() -> None:
    """With a fifth earmarked the towns spend 150 / .8 gross: 140 theta >= .7 x 187.5 = 131.25."""
    case = small(
        [Town("01201", need={"fire": 100.0}, full=40.0), Town("01202", need={"fire": 50.0}, full=100.0)],
        [Service("fire", parameters={"national_share": 0.2})],
        changes={
            "taxes.assigned": {"municipal.fees": [0.5, 1.5]},
            "discipline.own_source_floor_municipal": 0.7,
        },
    )
    pushed = push(case, ("theta", [1.0]))
    assert pushed is not None
    assert pushed.of(pushed.model.theta) == pytest.approx([131.25 / 140])


def retained(**changes: Any) -> Small:
    case = small(
        [Town("01201", need={"fire": 100.0}, base=80.0)],
        [Service("fire")],
        [Prefecture("01", other=100.0, base=40.0)],
        changes={
            "formula.counted_share": [0.3, 0.9],
            "formula.counted_share_prefecture": [0.4, 0.9],
            **changes,
        },
    )
    return with_taxes(case, "municipal", sales={"01201": 20.0})


@pytest.mark.parametrize("floor", [0.25, 0.4])
def test_retention_caps_every_counted_share(floor: float) -> None:
    changes = {
        "discipline.retention_floor": floor,
        "taxes.counted_share": {"municipal.sales": [0.3, 0.9]},
        "taxes.assigned": {"municipal.sales": [1.2, 1.2]},
    }
    case = retained(**changes)
    pushed = push(case, ("rho", [-1.0, -1.0]), ("phi", [-1.0]))
    assert pushed is not None
    names = list(case.instance.tax.names)
    for name in ("municipal.land", "prefectural.business", "municipal.sales"):
        j = names.index(name)
        assert pushed.accounts.decision.counted[j] == pytest.approx(1 - floor)
        counted = pushed.accounts.decision.counted.copy()
        counted[j] += STEP
        assert rules_of(decided(case, counted=counted)) == {"D3"}
    assert rules_of(pushed.accounts) == set()


def test_the_earmarked_ceiling_counts_todays_shares_and_guarantees() -> None:
    """.3 x (125 + 62.5) gross: gamma of fire may reach .3, from .2 today."""
    case = small(
        [Town("01201", need={"fire": 100.0}), Town("01202", need={"fire": 50.0}, full=100.0)],
        [Service("fire", parameters={"national_share": 0.2})],
        changes={"guarantee.share": {"fire": [0.0, 1.0]}, "discipline.earmarked_ceiling": 0.3},
    )
    pushed = push(case, ("gamma", [-1.0]))
    assert pushed is not None
    assert pushed.of(pushed.model.gamma) == pytest.approx([0.3])
    for change, found in ((-STEP, set()), (STEP, {"D5e"})):
        assert rules_of(decided(case, guarantee=np.array([0.3 + change]))) == found


# access and clarity -----------------------------------------------------------------------------------


def classes(**changes: Any) -> Small:
    """Two cities that gain from their prefecture's scale and a village alone in its prefecture."""
    return small(
        [
            Town("01201", 10_000, {"fire": 100.0}, kind="city"),
            Town("01202", 40_000, {"fire": 90.0}, kind="city"),
            Town("02301", 10_000, {"fire": 40.0}, kind="village"),
        ],
        [
            Service(
                "fire",
                tiers=("prefecture",),
                slope=0.5,
                parameters={"unit_fixed_cost_million_yen": 10.0},
            )
        ],
        changes={
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["prefecture"],
            **changes,
        },
    )


def group(case: Small, code: str) -> int:
    """Rule group of a municipality."""
    at = list(case.case.municipalities.index).index(code)
    return int(case.instance.groups.of_municipality[at])


# cities alone 190; together at 50,000: 100 x 5 ^ -.5 + 90 x (5 / 4) ^ -.5, and a unit of 10
CITIES = 100 * 0.2**0.5 + 90 * 0.8**0.5 + 10
VILLAGE = 40.0  # alone in its prefecture: nothing to gain, and a unit to pay


@pytest.mark.parametrize(("limit", "objective"), [(2, CITIES + VILLAGE), (1, CITIES + VILLAGE + 10)])
def test_one_tier_for_a_service_everywhere_costs_a_unit(limit: int, objective: float) -> None:
    case = classes(**{"clarity.tiers_per_service": limit})
    assert case.optimum().objective == pytest.approx(objective)


def test_a_decision_with_more_tiers_than_allowed_is_reported() -> None:
    case = classes(**{"clarity.tiers_per_service": 1})
    mixed = {(0, group(case, "01201")): "prefecture", (0, group(case, "02301")): "municipality"}
    (found,) = breaches(decided(case, tier=mixed))
    assert (found.rule, found.where, found.amount) == ("R1", "fire", 1.0)
    assert breaches(decided(case, tier=dict.fromkeys(mixed, "prefecture"))) == []


def test_a_tier_that_the_statute_does_not_offer_is_reported() -> None:
    case = classes()
    city = group(case, "01201")
    tier = {(0, city): "nation", (0, group(case, "02301")): "municipality"}
    where = f"fire/{case.instance.groups.labels[city]}"
    assert [(b.rule, b.where) for b in breaches(decided(case, tier=tier))] == [("R6", where)]


def bodies(**changes: Any) -> Small:
    """Three towns 10 km apart on a line; acting together halves or thirds what they spend."""
    return small(
        [Town(f"0120{n}", 10_000, {"fire": 100.0, "water": 100.0}, east_km=10.0 * n) for n in (1, 2, 3)],
        [
            Service(n, wide=True, slope=1.0, parameters={"max_travel_minutes": 15.0})
            for n in ("fire", "water")
        ],
        bodies={"near": ["01201", "01202"], "far": ["01202", "01203"], "all": ["01201", "01202", "01203"]},
        changes={"wide_area.services": ["fire", "water"], "wide_area.bodies_per_municipality": 9, **changes},
    )


@pytest.mark.parametrize(("factor", "objective"), [(0.6, 600.0), (0.7, 400.0), (1.3, 400.0), (1.4, 200.0)])
def test_access_keeps_residents_within_the_travel_limit(factor: float, objective: float) -> None:
    """E5: 10 minutes between two neighbours, 20 from the seat in the first town to the third, within 15 x
    factor: from 10.5 two may act together (200 + 200), from 21 all three."""
    assert bodies(**{"access.limit_factor": factor}).optimum().objective == pytest.approx(objective)


def test_a_body_beyond_the_travel_limit_is_reported() -> None:
    decision = ((0, 0),)
    assert breaches(decided(bodies(), joint=decision)) == []
    (found,) = breaches(decided(bodies(**{"access.limit_factor": 0.6}), joint=decision))
    assert found.rule == "R7" and found.where.endswith("/fire")


def test_a_town_in_more_bodies_than_allowed_is_reported() -> None:
    case = bodies(**{"wide_area.bodies_per_municipality": 1})
    near, far = body(case, {0, 1}), body(case, {1, 2})
    (found,) = breaches(decided(case, joint=((near, 0), (far, 1))))
    assert (found.rule, found.where, found.amount) == ("R4", "01202", 1)


def body(case: Small, members: set[int]) -> int:
    """Row of the body of these towns."""
    rows = range(len(case.instance.bodies))
    return next(b for b in rows if set(case.instance.bodies.members(b).tolist()) == members)


def test_the_same_town_may_be_in_one_body_for_each_service() -> None:
    """What is provided twice is no decision at all (tests/ledger); two services in two bodies are one."""
    case = bodies()
    near, far = body(case, {0, 1}), body(case, {1, 2})
    accounts = decided(case, joint=((near, 0), (far, 1)))
    assert breaches(accounts) == []
    assert accounts.objective == pytest.approx(100 + 100 + 100 + 100)
    with pytest.raises(ValueError, match="provided twice"):
        breaches(decided(case, joint=((near, 0), (far, 0))))


# bounds of the levers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "outside", "rule", "where"),
    [
        ("revision", {0: 1.51}, "F1", "0"),
        ("revision", {0: 0.49}, "F1", "0"),
        ("counted", {0: 0.7}, "F2", "0"),
        ("assigned", {0: 1.1}, "F2", "0"),
        ("guarantee", {0: 0.1}, "F3", "0"),
        ("pool_share", {0: 0.3}, "F5", "0"),
        ("pool_share", {1: 0.4}, "F5", "1"),
    ],
)
def test_a_lever_outside_its_range_is_reported(
    part: str, outside: dict[int, float], rule: str, where: str
) -> None:
    """Kappa may be .5 to 1.5; everything else is fixed as today."""
    case = towns()
    value = getattr(decided(case).decision, part).copy()
    assert breaches(decided(case, **{part: value})) == []
    for n, number in outside.items():
        value[n] = number
    assert [(b.rule, b.where) for b in breaches(decided(case, **{part: value}))] == [(rule, where)]
