"""Joint work of related services, solved by hand: where two tiers answer for a bundle it costs, today too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.flows import flows_of
from optimization.model.apart import keys
from optimization.model.bundles import bundled
from optimization.outcome.bundle_table import bundle_table
from tests.small_case import Prefecture, Service, Small, Town, small

METHODS = ("plain", "decomposed")


def schools_and_welfare(rate: float, free: list[str], moving: float = 0.0, **changes: Any) -> Small:
    """A town of 10,000 in a prefecture of 40,000. Its schools cost 100, with the prefecture 100 x (1/4) ^ 0.5 = 50
    and 40 for the office there; welfare costs 40 whoever answers, `moving` x 40 over ten years when it moves."""
    return small(
        [Town("01201", 10_000, {"schools": 100.0, "welfare": 40.0}), Town("01202", 30_000)],
        [
            Service(
                "schools",
                tiers=("prefecture",),
                slope=0.5,
                parameters={"unit_fixed_cost_million_yen": 40.0},
            ),
            Service("welfare", tiers=("prefecture", "nation"), parameters={"transition_cost": moving}),
        ],
        bundles={("schools", "welfare"): rate},
        changes={
            "responsibility.free_services": free,
            "responsibility.free_tiers": ["municipality", "prefecture", "nation"],
            **changes,
        },
    )


def tiers(question: Small, accounts: Accounts) -> dict[str, str]:
    return {str(question.instance.services[s]): tier for (s, _), tier in accounts.decision.tier.items()}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("rate", "tier", "cost"), [(0.2, "prefecture", 138.0), (0.3, "municipality", 140.0)])
def test_a_service_leaves_the_other_where_that_saves_more_than_joint_work_costs(
    method: str, rate: float, tier: str, cost: float
) -> None:
    """Leaving saves 100 - 50 - 40 = 10 and costs rate x min(100, 40): 8 at 0.2, 12 at 0.3."""
    question = schools_and_welfare(rate, ["schools"])
    accounts = question.optimum(method)
    assert tiers(question, accounts) == {"schools": tier, "welfare": "municipality"}
    assert accounts.objective == pytest.approx(cost)
    assert accounts.objective_parts["joint_work"] == pytest.approx(8.0 if tier == "prefecture" else 0.0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("rate", "moving", "both", "cost"),
    [
        (0.3, 1.0, ("prefecture", "prefecture"), 134.0),  # 50 + 40 + 40, welfare moves for 1.0 x 40 / 10
        (0.05, 1.0, ("prefecture", "municipality"), 132.0),  # 50 + 40 + 40, apart for 0.05 x 40
        (0.3, 3.0, ("municipality", "municipality"), 140.0),  # moving both 142, schools alone 142
    ],
)
def test_a_service_takes_the_other_along_where_that_is_cheaper_than_joint_work(
    method: str, rate: float, moving: float, both: tuple[str, str], cost: float
) -> None:
    question = schools_and_welfare(rate, ["schools", "welfare"], moving)
    accounts = question.optimum(method)
    assert tuple(tiers(question, accounts).values()) == both
    assert accounts.objective == pytest.approx(cost)


def apart_today(moving: float, **changes: Any) -> Small:
    """A town runs roads for 40, its prefecture others there for 60: apart today for 0.1 x min(40, 60) = 4. To hand
    those of the prefecture to the town costs `moving` x 60 over ten years and nothing else."""
    return small(
        [Town("01201", 10_000, {"roads": 40.0})],
        [
            Service("roads"),
            Service(
                "large_roads",
                home="prefecture",
                tiers=("municipality",),
                parameters={"transition_cost": moving},
            ),
        ],
        [Prefecture("01", need={"large_roads": 60.0})],
        bundles={("roads", "large_roads"): 0.1},
        changes={
            "responsibility.free_services": ["large_roads"],
            "responsibility.free_tiers": ["municipality"],
            **changes,
        },
    )


@pytest.mark.parametrize("method", METHODS)
def test_what_is_apart_today_costs_today_and_joining_it_is_the_saving(method: str) -> None:
    """Joined for 0.5 x 60 / 10 = 3: 103 in place of 104."""
    question = apart_today(0.5)
    accounts, today = question.optimum(method), todays_accounts(question.instance)
    assert today.objective_parts["joint_work"] == pytest.approx(4.0)
    assert accounts.objective_parts["joint_work"] == 0.0
    assert (today.objective, accounts.objective) == pytest.approx((104.0, 103.0))


@pytest.mark.parametrize("method", METHODS)
def test_a_separation_of_today_that_stays_is_no_new_cost(method: str) -> None:
    """Joining for 1.0 x 60 / 10 = 6 would save 4: today's arrangement stays and costs what it does today, 104."""
    question = apart_today(1.0)
    accounts, today = question.optimum(method), todays_accounts(question.instance)
    assert accounts.decision.tier == today.decision.tier
    assert accounts.objective == pytest.approx(today.objective) == pytest.approx(104.0)


def test_a_weight_of_nothing_leaves_bundles_out_of_the_decision_and_of_the_program() -> None:
    question = schools_and_welfare(0.3, ["schools", "welfare"], **{"weights.joint_work": 0.0})
    assert question.optimum().objective == pytest.approx(130.0)
    assert keys(bundled(question.columns())) == []
    both = keys(bundled(question.but(**{"weights.joint_work": 1.0}).columns()))
    assert [tier for *_, tier in both] == ["municipality", "prefecture"]


def test_the_accounts_of_all_sectors_know_nothing_of_joint_work() -> None:
    question = schools_and_welfare(0.2, ["schools"])
    accounts = question.optimum()
    free = replace(question, case=question.case.with_parameters({"schools+welfare.joint_work_rate": 0.0}))
    other = Accounts(free.instance, accounts.decision.on(free.instance.bodies))
    assert accounts.joint_work.sum() == pytest.approx(8.0) and other.joint_work.sum() == 0.0
    assert flows_of(accounts).equals(flows_of(other))
    assert (accounts.spending == other.spending).all()


def test_the_smaller_cost_is_taken_place_by_place_so_that_groups_make_no_difference() -> None:
    """Town 1 has 100 and 40, town 2 has 10 and 30: 40 + 10, whether one group or two."""
    towns = [
        Town("01201", need={"schools": 100.0, "welfare": 40.0}),
        Town("01202", need={"schools": 10.0, "welfare": 30.0}),
    ]
    for groups in ("uniform", "free"):
        question = small(
            towns,
            [Service("schools"), Service("welfare")],
            bundles={("schools", "welfare"): 0.1},
            changes={"rules.groups": groups},
        )
        assert question.instance.bundles.cost.sum() == pytest.approx(5.0)


def test_the_table_tells_what_is_apart_today_and_then() -> None:
    question = apart_today(0.5)
    accounts = question.optimum()
    (row,) = bundle_table(accounts, todays_accounts(question.instance))["joint_work"].to_dict("records")
    assert (row["tier_today"], row["with_tier_today"]) == ("municipality", "prefecture")
    assert (row["apart_today"], row["apart"]) == (1, 0)
    assert (row["base_million_yen"], row["rate_ratio"]) == pytest.approx((40.0, 0.1))
    assert (row["cost_today_million_yen"], row["cost_million_yen"]) == pytest.approx((4.0, 0.0))


def test_over_years_joint_work_is_the_weighted_mean_of_the_years() -> None:
    """Need grows by a hundredth a year: what is apart costs more in 2050, by the growth of the smaller cost."""
    question = apart_today(1.0, **{"horizon.years": ["2050"], "horizon.need_growth": 0.01})
    accounts = question.optimum()
    horizon = question.instance.horizon
    assert horizon is not None
    later = accounts.later[0].joint_work.sum()
    assert later == pytest.approx(4.0 * 1.01**28)
    expected = horizon.weight @ [4.0, later]
    assert accounts.objective_parts["joint_work"] == pytest.approx(expected)
    table = bundle_table(accounts, todays_accounts(question.instance))["joint_work"]
    assert table["year"].tolist() == [2022, 2050]
    assert table["cost_million_yen"].tolist() == pytest.approx([4.0, later])
