"""Optima worked out by hand: the arithmetic stands in each test, and the optimum flips where it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts
from optimization.ledger.measures import duties_moved
from optimization.model.model import build_model
from optimization.solving.highs import solve
from optimization.solving.residual import fix
from optimization.solving.standard_form import compile_model
from tests.small_case import EXACT, Prefecture, Service, Small, Town, small

METHODS = ("plain", "decomposed")
FIRE = Service(
    "fire",
    wide=True,
    slope=2.0,
    parameters={
        "national_share": 0.2,
        "scale_realisation": 0.5,
        "trips_to_seat": 2.0,
        "coordination_rate": 0.02,
        "taste_weight": 1.0,
        "transition_cost": 0.1,
    },
)
GENERAL = {
    "detour_factor": 1.25,
    "travel_cost_yen_per_person_km": 50.0,
    "taste_elasticity": 0.5,
    "coordination_fixed_million_yen": 0.5,
}
SMALL_TOWN = Town("01201", 10_000, {"fire": 80.0}, east_km=0.0)
LARGE_TOWN = Town("01202", 30_000, {"fire": 120.0}, east_km=10.0, income_tax=30_000 * np.exp(0.4))


def pair(preferences: Mapping[str, Mapping[str, float]] | None = None, **changes: Any) -> Small:
    """Two towns that may act together, with what their like make of sharing where it is given; gross of the earmarked
    fifth they spend 100 and 150 alone."""
    return small(
        [SMALL_TOWN, LARGE_TOWN],
        [FIRE],
        parameters=GENERAL,
        bodies={"both": ["01201", "01202"]},
        preferences=preferences,
        changes={"wide_area.services": ["fire"], **changes},
    )


STANDARD = 100 * 1 / 4 + 150 * 3 / 4  # (40,000 / 10,000) ^ (-2 x 0.5) and (40,000 / 30,000) ^ -1: 137.5
ACCESS = 10_000 * 2 * 2 * 10 * 1.25 * 50 / 1e6  # persons x trips x there and back x km x detour x yen: 25
COORDINATION = 0.02 * STANDARD * (2 - 1) + 0.5 * 2  # 3.75
# tastes 0 and 0.5 x 0.4 = 0.2, mean 0.15: gaps -0.15 and 0.05; spending x gap^2 / (2 x 0.5)
UNIFORMITY = 100 * 0.15**2 + 150 * 0.05**2  # 2.625
TRANSITION = 0.1 * 250 / 10  # repaid over ten years without interest: 2.5
TOGETHER = STANDARD + ACCESS + COORDINATION + UNIFORMITY + TRANSITION  # 171.375


@pytest.mark.parametrize("method", METHODS)
def test_two_towns_act_together_and_every_part_of_the_cost_is_that_by_hand(method: str) -> None:
    accounts = pair(**{"weights.body_million_yen": 30.0}).optimum(method)
    assert accounts.decision.joint == ((0, 0),)
    assert accounts.objective_parts == pytest.approx(
        {
            "standard": STANDARD,
            "access": ACCESS,
            "coordination": COORDINATION,
            "uniformity": UNIFORMITY,
            "transition": TRANSITION,
            "units": 0.0,
            "bodies": 30.0,
            "joint_work": 0.0,
            "soft_budget": 0.0,
            "dulled_incentive": 0.0,
        }
    )
    assert accounts.objective == pytest.approx(201.375)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("body_cost", "joint", "objective"), [(78.6, 1, 249.975), (78.65, 0, 250.0)])
def test_two_towns_part_when_a_body_costs_more_than_the_saving(
    method: str, body_cost: float, joint: int, objective: float
) -> None:
    """Saving 250 - 171.375 = 78.625."""
    accounts = pair(**{"weights.body_million_yen": body_cost}).optimum(method)
    assert len(accounts.decision.joint) == joint
    assert accounts.objective == pytest.approx(objective)


@pytest.mark.parametrize(
    ("weight", "part"),
    [
        ("weights.access", ACCESS),
        ("weights.coordination", COORDINATION),
        ("weights.uniformity", UNIFORMITY),
        ("weights.transition", TRANSITION),
    ],
)
def test_each_weight_tips_the_decision_where_its_part_eats_up_the_saving(weight: str, part: float) -> None:
    """Body cost 78.625 - part leaves a saving of one part: a weight below 2 keeps the body, above 2 not."""
    body = 78.625 - part
    below = pair(**{"weights.body_million_yen": body, weight: 1.99}).optimum()
    above = pair(**{"weights.body_million_yen": body, weight: 2.01}).optimum()
    assert below.decision.joint and not above.decision.joint
    assert below.objective == pytest.approx(250 - 0.01 * part)
    assert above.objective == pytest.approx(250)


def test_a_town_beyond_the_travel_limit_cannot_join() -> None:
    """12.5 road km at 60 km/h are 12.5 minutes; a limit of 1,000 minutes x factor."""
    near, far = pair(**{"access.limit_factor": 0.0126}), pair(**{"access.limit_factor": 0.0124})
    assert near.optimum().decision.joint and not far.optimum().decision.joint


# the prefecture, the bloc, the nation -----------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("fixed", "tier"), [(84.9, "prefecture"), (85.1, "municipality")])
def test_the_prefecture_takes_over_while_its_unit_costs_less_than_it_saves(
    method: str, fixed: float, tier: str
) -> None:
    """137.5 at the prefecture's scale, 25 of travel to the branch at the larger town, 2.5 of transition:
    250 - 165 = 85 may go into the production unit."""
    parameters = {
        "trips_to_seat": 2.0,
        "transition_cost": 0.1,
        "unit_fixed_cost_million_yen": fixed,
    }
    case = small(
        [Town("01201", 10_000, {"fire": 100.0}), Town("01202", 30_000, {"fire": 150.0}, east_km=10.0)],
        [Service("fire", tiers=("prefecture",), slope=1.0, parameters=parameters)],
        parameters={"detour_factor": 1.25, "travel_cost_yen_per_person_km": 50.0},
        changes={"responsibility.free_services": ["fire"], "responsibility.free_tiers": ["prefecture"]},
    )
    accounts = case.optimum(method)
    assert set(accounts.decision.tier.values()) == {tier}
    assert accounts.objective == pytest.approx(min(250.0, 165.0 + fixed))


def three_prefectures(overhead: float, **changes: Any) -> Small:
    """Towns of 10,000, 30,000 and 40,000 in three prefectures, two of them in one bloc."""
    return small(
        [
            Town("01201", 10_000, {"fire": 100.0}),
            Town("02201", 30_000, {"fire": 150.0}),
            Town("03201", 40_000, {"fire": 200.0}),
        ],
        [
            Service(
                "fire",
                tiers=("prefecture", "bloc", "nation"),
                slope=1.0,
                parameters={"unit_fixed_cost_million_yen": 20.0},
            )
        ],
        [Prefecture("01", "east"), Prefecture("02", "east"), Prefecture("03", "west")],
        parameters={"bloc_coordination_rate": 0.1, "national_overhead": overhead},
        changes={
            "rules.groups": "uniform",
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["prefecture", "bloc", "nation"],
            **changes,
        },
    )


# nation: 10/80 x 100 + 30/80 x 150 + 40/80 x 200 = 168.75 before overhead, a unit of 20 in each prefecture
# blocs: 10/40 x 100 + 30/40 x 150 = 137.5, a tenth more for two prefectures, 200 in the west, two units
BLOCS = 137.5 * 1.1 + 200 + 2 * 20  # 391.25; prefectures would cost 450 + 60, municipalities 450


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("overhead", "tier", "objective"),
    [(0.5, "nation", 168.75 * 1.5 + 60), (0.96, "nation", 168.75 * 1.96 + 60), (0.97, "bloc", BLOCS)],
)
def test_nation_or_bloc_by_the_overhead_of_the_nation(
    method: str, overhead: float, tier: str, objective: float
) -> None:
    """The nation opens a unit of 20 in each prefecture. Equal at (391.25 - 60) / 168.75 - 1 = 0.963."""
    accounts = three_prefectures(overhead).optimum(method)
    assert set(accounts.decision.tier.values()) == {tier}
    assert accounts.objective == pytest.approx(objective)


def test_the_national_limit_pushes_the_service_back_to_the_blocs() -> None:
    """The nation would pay 168.75 x 1.5 + 3 x 20 = 313.125 and no grants (the needs move away from the towns)."""
    free = three_prefectures(0.5, **{"nation.limit_million_yen": 313.2}).optimum()
    bound = three_prefectures(0.5, **{"nation.limit_million_yen": 313.0})
    assert free.national_outlay == pytest.approx(313.125)
    # at the blocs the prefectures need 25 + 1, 112.5 + 1, 200 + 1 and own 1 each: grants 337.5 break the limit
    assert bound.solve().outcome.status == "infeasible"
    wider = three_prefectures(1.21, **{"nation.limit_million_yen": 337.6}).optimum()
    assert set(wider.decision.tier.values()) == {"bloc"}
    assert wider.national_outlay == pytest.approx(337.5)


def test_each_group_of_places_gets_its_own_tier_and_blocs_share_one_unit() -> None:
    """A rule for each prefecture. East: 137.5 x 1.1 + 20 = 171.25 against 250 alone: both choose the bloc
    and share its unit. West: alone 200 against bloc 220, prefecture 220, nation 100 x 2.5 + 20 = 270."""
    changes = {"rules.groups": "by_prefecture"}
    accounts = three_prefectures(1.5, **changes).optimum()
    # nation for both eastern ones: (12.5 + 56.25) x 2.5 + 20 = 191.9 > 171.25
    assert accounts.decision.tier == {(0, 0): "bloc", (0, 1): "bloc", (0, 2): "municipality"}
    assert accounts.objective == pytest.approx(171.25 + 200)
    # each eastern prefecture pays its half of the unit by people: 20 x 1/4 and 20 x 3/4
    spent = dict(zip(accounts.instance.case.governments.index, accounts.spending, strict=True))
    assert spent["01"] == pytest.approx(1 + 25 * 1.1 + 5)
    assert spent["02"] == pytest.approx(1 + 112.5 * 1.1 + 15)


@pytest.mark.parametrize("method", METHODS)
def test_one_tier_for_a_service_joins_what_the_places_would_choose_apart(method: str) -> None:
    """Apart: bloc in the east, municipality in the west, 371.25. With one tier for all: the blocs, 391.25,
    against municipalities 450, prefectures 510 and the nation 168.75 x 2.5 + 20 = 441.875."""
    changes = {"rules.groups": "by_prefecture", "clarity.tiers_per_service": 1}
    accounts = three_prefectures(1.5, **changes).optimum(method)
    assert set(accounts.decision.tier.values()) == {"bloc"}
    assert accounts.objective == pytest.approx(BLOCS)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("most", "objective"), [(0, 450.0), (1, 397.5), (2, 371.25)])
def test_few_changes_are_spent_where_they_save_most(method: str, most: int, objective: float) -> None:
    """Alone 100 + 150 + 200. The bloc serves prefecture 01 for 25 x 1.1 + 20 = 47.5, which saves 52.5, and 02 for
    112.5 x 1.1 = 123.75 and the same unit; of one change 01 has it, 450 - 52.5; two make 171.25 + 200."""
    changes = {"rules.groups": "by_prefecture", "clarity.changes_ceiling": most}
    accounts = three_prefectures(1.5, **changes).optimum(method)
    assert accounts.objective == pytest.approx(objective)
    assert duties_moved(accounts) == most


@pytest.mark.parametrize(("taxes", "tier"), [(30.1, "bloc"), (29.9, "municipality")])
def test_each_prefecture_must_pay_its_part_of_the_blocs_unit_and_no_more(taxes: float, tier: str) -> None:
    """Prefecture 01 answers for 25 of need and pays 27.5 and a quarter of the unit of 20: 7.5 beyond its
    need, which a quarter of its taxes must cover: 30. Prefecture 02 is rich."""
    case = small(
        [Town("01201", 10_000, {"fire": 100.0}), Town("02201", 30_000, {"fire": 150.0})],
        [Service("fire", tiers=("bloc",), slope=1.0, parameters={"unit_fixed_cost_million_yen": 20.0})],
        [Prefecture("01", base=taxes), Prefecture("02", base=400.0)],
        parameters={"bloc_coordination_rate": 0.1},
        changes={
            "rules.groups": "uniform",
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["bloc"],
            "discipline.balance": True,
        },
    )
    accounts = case.optimum()
    assert set(accounts.decision.tier.values()) == {tier}
    assert accounts.objective == pytest.approx(137.5 * 1.1 + 20 if tier == "bloc" else 250.0)


# the counted share ------------------------------------------------------------------------------------


def counted(accounts: Accounts) -> float:
    """The counted share of the municipalities' common tax."""
    names = list(accounts.instance.tax.names)
    return float(accounts.decision.counted[names.index("municipal.land")])


def taxed(**changes: Any) -> Small:
    """Two receiving towns and one that neither gives nor takes at a counted share above 60%."""
    return small(
        [
            Town("01201", 10_000, {"fire": 100.0}, base=60.0, full=0.0),
            Town("01202", 10_000, {"fire": 80.0}, base=40.0, full=0.0),
            Town("01203", 10_000, {"fire": 60.0}, base=100.0, full=0.0),
        ],
        [Service("fire")],
        changes={"formula.counted_share": [0.5, 0.75], **changes},
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_counted_share_falls_until_the_pool_is_empty(method: str) -> None:
    """Keeping taxes is worth 0.05 x 100 (taxes of the two that receive today) a unit of share. The two ask
    for 180 - 100 rho; with 115 in the pool rho = 0.65, above the 0.6 where the third begins to receive."""
    changes = {"weights.dulled_incentive": 0.05, "pool.ordinary_million_yen": 115.0}
    accounts = taxed(**changes).optimum(method)
    rho = (180 - 115) / 100
    assert accounts.decision.counted[0] == pytest.approx(rho)
    assert accounts.grant.sum() == pytest.approx(115)
    assert accounts.objective == pytest.approx(240 + 0.05 * rho * 100)


def test_the_counted_share_when_the_third_town_receives_too() -> None:
    """Below 0.6 all three receive: 240 - 200 rho = 125 gives rho = 0.575, and grants of 65.5, 57 and 2.5."""
    changes = {"weights.dulled_incentive": 0.05, "pool.ordinary_million_yen": 125.0}
    accounts = taxed(**changes).optimum()
    assert accounts.decision.counted[0] == pytest.approx((240 - 125) / 200)
    assert sorted(accounts.grant[accounts.grant > 0]) == pytest.approx([2.5, 57.0, 65.5])


@pytest.mark.parametrize(
    ("soft_budget", "rho"),
    [
        (0.02, 0.5),  # slope 5 - 2 = 3 above 0.6 and 5 - 4 = 1 below: down to the bound
        (0.04, 0.6),  # slope 5 - 4 = 1 above 0.6, 5 - 8 = -3 below: where the third town would start
        (0.06, 0.75),  # slope 5 - 6 = -1 above: up to the bound
    ],
)
def test_the_counted_share_settles_where_soft_budget_and_incentive_balance(
    soft_budget: float, rho: float
) -> None:
    changes = {"weights.dulled_incentive": 0.05, "weights.soft_budget": soft_budget}
    accounts = taxed(**changes).optimum()
    grants = 180 - 100 * rho + max(0.0, 60 - 100 * rho)
    assert accounts.decision.counted[0] == pytest.approx(rho)
    assert accounts.objective == pytest.approx(240 + 5 * rho + soft_budget * grants)


def test_the_retention_floor_holds_the_counted_share_down() -> None:
    """Soft budgets alone would count 75%; a retention of 40% allows 60%."""
    changes = {
        "weights.soft_budget": 0.06,
        "discipline.retention_floor": 0.4,
        "formula.counted_share_prefecture": [0.5, 0.75],
    }
    assert taxed(**changes).optimum().decision.counted[0] == pytest.approx(0.6)


def test_a_pool_below_the_least_grants_is_infeasible() -> None:
    """At 75% the towns ask for 180 - 75 = 105."""
    assert taxed(**{"pool.ordinary_million_yen": 105.01}).solve().outcome.status == "optimal"
    assert taxed(**{"pool.ordinary_million_yen": 104.99}).solve().outcome.status == "infeasible"


# adequacy, balance, dependence ------------------------------------------------------------------------


def poor_town(fixed: float = 10.0, **changes: Any) -> Small:
    """Adjustment rate 20%. The town needs 100 and has taxes of 40: grant 80 - 30 = 50, funds 90. Its rich
    prefecture (100 of other need, taxes of 300) may take the service over with a unit of `fixed`."""
    return small(
        [Town("01201", 10_000, {"fire": 100.0}, base=40.0, full=0.0)],
        [Service("fire", tiers=("prefecture",), parameters={"unit_fixed_cost_million_yen": fixed})],
        [Prefecture("01", other=100.0, base=300.0, full=0.0)],
        adjustment_rate=0.2,
        changes={
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["prefecture"],
            **changes,
        },
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("rule", "tier"),
    [
        ({"equity.adequacy_floor": 0.899}, "municipality"),
        ({"equity.adequacy_floor": 0.901}, "prefecture"),
        ({"discipline.balance": False}, "municipality"),
        ({"discipline.balance": True}, "prefecture"),
    ],
)
def test_adequacy_and_balance_move_a_duty_away_from_a_town_that_cannot_pay(
    method: str, rule: dict[str, Any], tier: str
) -> None:
    """Funds 90 of a need of 100: coverage 0.9, and a deficit of 10."""
    accounts = poor_town(**rule).optimum(method)
    assert set(accounts.decision.tier.values()) == {tier}
    assert accounts.objective == pytest.approx(100.0 if tier == "municipality" else 110.0)


def test_a_dear_unit_breaks_the_balance_of_the_prefecture_too() -> None:
    """Prefecture: funds 300, spending 100 + 100 + unit."""
    assert poor_town(99.9, **{"discipline.balance": True}).optimum().objective == pytest.approx(199.9)
    assert poor_town(100.1, **{"discipline.balance": True}).solve().outcome.status == "infeasible"


def test_adequacy_bounds_the_counted_share() -> None:
    """0.8 x 100 - 40 rho + 40 >= 0.92 x 100 gives rho <= 0.7, though soft budgets ask for 0.75."""
    changes = {
        "equity.adequacy_floor": 0.92,
        "formula.counted_share": [0.5, 0.75],
        "weights.soft_budget": 0.1,
        "responsibility.fix": {"fire": "municipality"},
    }
    accounts = poor_town(**changes).optimum()
    assert accounts.decision.counted[0] == pytest.approx(0.7)
    assert accounts.objective == pytest.approx(100 + 0.1 * (80 - 28))


@pytest.mark.parametrize(("ceiling", "tier"), [(0.70, "prefecture"), (0.72, "municipality")])
def test_the_dependence_ceiling_stops_a_duty_that_only_grants_would_pay(ceiling: float, tier: str) -> None:
    """Handing the health service (60) down saves 20 of travel: 10,000 x 1 x 2 x 20 km x 50 yen. The town's
    grant would be 0.8 x 160 - 30 = 98 of funds of 138: 0.710. Today it is 50 / 90 = 0.556."""
    case = small(
        [
            Town("01201", 10_000, {"fire": 100.0}, base=40.0, full=0.0, east_km=20.0, area="0101"),
            Town("01202", 10_001, {"fire": 1.0}, base=2.0, full=0.0, area="0101"),
        ],
        [
            Service("fire"),
            Service(
                "health",
                home="prefecture",
                tiers={"city": ("municipality",)},
                parameters={"trips_to_seat": 1.0},
            ),
        ],
        [Prefecture("01", need={"health": 60.0 * 20_001 / 10_000}, other=100.0, base=400.0, full=0.0)],
        parameters={"travel_cost_yen_per_person_km": 50.0},
        adjustment_rate=0.2,
        changes={
            "rules.groups": "free",
            "responsibility.free_services": ["health"],
            "responsibility.free_tiers": ["municipality"],
            "discipline.grant_dependence_ceiling": ceiling,
        },
    )
    accounts = case.optimum()
    group = case.instance.groups.labels.index("01201")
    assert accounts.decision.tier[1, group] == tier
    town = list(case.case.governments.index).index("01201")
    assert accounts.grant[town] == pytest.approx(98.0 if tier == "municipality" else 50.0)
    assert accounts.objective == pytest.approx(101 + 120.006 + (0.0 if tier == "municipality" else 20.0))


def test_who_depends_above_the_ceiling_today_may_stay_there() -> None:
    """The town of 50 / 90 keeps its grant under a ceiling of 30%, though it may not rise."""
    accounts = poor_town(**{"discipline.grant_dependence_ceiling": 0.3}).optimum()
    assert accounts.grant.max() == pytest.approx(50.0)


# unit costs free --------------------------------------------------------------------------------------


def test_a_free_unit_cost_falls_to_what_adequacy_allows() -> None:
    """80 kappa - 30 + 40 >= 0.8 x 100: kappa = 0.875. Standard cost stays unrevised."""
    changes = {
        "formula.unit_cost_revision": [0.5, 1.2],
        "equity.adequacy_floor": 0.8,
        "weights.soft_budget": 0.1,
        "responsibility.fix": {"fire": "municipality"},
    }
    accounts = poor_town(**changes).optimum()
    assert accounts.decision.revision[0] == pytest.approx(0.875)
    assert accounts.grant.max() == pytest.approx(80 * 0.875 - 30)
    assert accounts.standard_cost.min() == pytest.approx(100.0)


@pytest.mark.parametrize("method", METHODS)
def test_free_unit_costs_together_with_free_tiers(method: str) -> None:
    """At the town kappa costs 0.1 x (80 kappa - 30) and must reach 0.875 for adequacy 0.8: 100 + 4. At
    the prefecture no grant is needed: 100 + unit. The duty moves when the unit costs less than 4."""
    changes = {
        "formula.unit_cost_revision": [0.5, 1.2],
        "equity.adequacy_floor": 0.8,
        "weights.soft_budget": 0.1,
    }
    stays, moves = (poor_town(fixed, **changes).optimum(method) for fixed in (4.1, 3.9))
    assert stays.objective == pytest.approx(104.0)
    assert moves.objective == pytest.approx(103.9)
    assert set(moves.decision.tier.values()) == {"prefecture"}


@pytest.mark.parametrize("chosen", ["municipality", "prefecture"])
@pytest.mark.parametrize("kappa", [0.5, 0.7, 1.2])
def test_the_rows_of_a_free_unit_cost_leave_only_the_product(chosen: str, kappa: float) -> None:
    """With the tier and the revision given, least and most of every w are revision x (1 if chosen)."""
    columns = poor_town(**{"formula.unit_cost_revision": [0.5, 1.2]}).columns()
    form = compile_model(build_model(columns))
    names = [variable.name for variable in form.variables]
    tiers = {f"y[{n}]": float(t == chosen) for n, (_, _, t) in enumerate(columns.duties)}
    given = {**tiers, "kappa[0]": kappa}
    at = np.array([names.index(name) for name in given])
    held = fix(form, at, np.array(list(given.values())))
    products = [n for n, name in enumerate(names) if name.startswith("w[")]
    assert len(products) == 2
    for n in products:
        cost = np.arange(len(names)) == n
        ends = [s * solve(replace(held, cost=s * cost), EXACT, relax=True).objective for s in (1.0, -1.0)]
        assert ends == pytest.approx([kappa * tiers[names[n].replace("w", "y")]] * 2)


# bodies per municipality ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("limit", "objective"), [(2, 200.0), (1, 300.0), (0, 400.0)])
def test_a_town_joins_no_more_bodies_than_it_may(method: str, limit: int, objective: float) -> None:
    """A spends 100 on fire, C 100 on water, B 100 on each, equal in size: at slope 1 two act for the cost
    of one. Fire asks for the body {A, B} and water for {B, C}: B would be in two."""
    case = small(
        [
            Town("01201", need={"fire": 100.0}),
            Town("01202", need={"fire": 100.0, "water": 100.0}),
            Town("01203", need={"water": 100.0}),
        ],
        [Service("fire", wide=True, slope=1.0), Service("water", wide=True, slope=1.0)],
        bodies={"ab": ["01201", "01202"], "bc": ["01202", "01203"]},
        changes={
            "wide_area.services": ["fire", "water"],
            "wide_area.bodies_per_municipality": limit,
        },
    )
    assert case.optimum(method).objective == pytest.approx(objective)
