"""The ledger by hand: grants, the joint settlement of Tokyo, spending, outlay of the nation, breaches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimization.dictionary.settings import load_settings
from optimization.ledger.accounts import Accounts
from optimization.ledger.cost_kinds import PARTS
from optimization.ledger.decision import status_quo
from optimization.reading.japan import JOINT_ACCOUNT
from optimization.rules.checks import breaches
from tests.small_case import Prefecture, Service, Small, Town, small

RATE = 0.01


def by_government(accounts: Accounts, values: np.ndarray) -> dict[str, float]:
    return dict(zip(accounts.instance.case.governments.index, values.tolist(), strict=True))


def today(case: Small) -> Accounts:
    return Accounts(case.instance, status_quo(case.instance))


def four_governments() -> Small:
    """A receiving and a rich town, their prefecture and the pair of Tokyo; adjustment rate 1%."""
    return small(
        [
            Town("01201", 10_000, {"fire": 100.0}, other=20.0, base=80.0, full=5.0, bond=7.0, residual=0.25),
            Town("01202", 10_000, {"fire": 50.0}, base=100.0, full=0.0),
            Town("13100", 30_000, {"fire": 250.0}, base=100.0, full=0.0, kind="wards"),
        ],
        [Service("fire", parameters={"national_share": 0.2})],
        [
            Prefecture("01", other=300.0, base=200.0, full=10.0),
            Prefecture("13", other=200.0, base=400.0, full=0.0),
        ],
        adjustment_rate=RATE,
    )


def test_grants_by_hand_of_receiving_and_rich_governments_and_the_joint_tokyo_pair() -> None:
    accounts = today(four_governments())
    assert by_government(accounts, accounts.grant) == pytest.approx(
        {
            "01": 0.99 * 300 - 0.75 * 200 - 10,  # 137
            "01201": 0.99 * 120 - 0.75 * 80 - 5,  # 53.8
            "01202": 0.0,  # 49.5 of need, 75 counted
            JOINT_ACCOUNT: 0.99 * 450 - 0.75 * 500,  # 70.5, though the prefecture alone has a surplus
        }
    )
    assert by_government(accounts, accounts.funds)["01201"] == pytest.approx(80 + 5 + 53.8 + 7)
    assert by_government(accounts, accounts.standard_cost)["01201"] == pytest.approx(120 + 7)
    assert by_government(accounts, accounts.coverage)["01202"] == pytest.approx(100 / 50)
    # the pool pays the formula and yesterday's corrections
    pool = 137 + 53.8 + 70.5 + 0.25
    assert four_governments().case.defaults["pool.ordinary_million_yen"] == pytest.approx(pool)


def test_today_the_solver_pays_the_same_grants() -> None:
    case = four_governments()
    result = case.solve()
    assert result.solver_grants is not None and not result.breaches
    assert result.solver_grants.to_dict() == pytest.approx(by_government(today(case), today(case).grant))


def test_the_rich_prefecture_of_tokyo_pays_for_its_poor_wards() -> None:
    """Wards alone would receive 250 - 75 = 175; with the prefecture's surplus of 225 the pair gets nothing."""
    towns = [Town("13100", 30_000, {"fire": 250.0}, base=100.0, full=0.0, kind="wards")]
    case = small(towns, [Service("fire")], [Prefecture("13", other=200.0, base=566.7, full=0.0)])
    accounts = today(case)
    assert by_government(accounts, accounts.grant) == {JOINT_ACCOUNT: 0.0}
    assert by_government(accounts, accounts.revised_need) == pytest.approx({JOINT_ACCOUNT: 450.0})


def test_the_counted_share_and_the_revision_move_the_grant_by_hand() -> None:
    """rho 0.5 and unit costs x 1.1: 0.99 x (20 + 110) - 40 - 5."""
    case = four_governments()
    decision = replace(
        status_quo(case.instance), counted=np.array([0.5, 1.0, 0.6, 1.0]), revision=np.array([1.1])
    )
    accounts = Accounts(case.instance, decision)
    grants = by_government(accounts, accounts.grant)
    assert grants["01201"] == pytest.approx(0.99 * 130 - 45)
    assert grants["01"] == pytest.approx(0.99 * 300 - 0.6 * 200 - 10)
    # Tokyo counts its wards' taxes at the municipal and its own at the prefectural share
    assert grants[JOINT_ACCOUNT] == pytest.approx(0.99 * (200 + 275) - 0.5 * 100 - 0.6 * 400)
    assert by_government(accounts, accounts.standard_cost)["01201"] == pytest.approx(127)


def two_tiers(**changes: Any) -> Small:
    """Two towns of one prefecture; the prefecture's scale halves cost per head for the smaller."""
    return small(
        [
            Town("01201", 10_000, {"fire": 80.0}, base=40.0, east_km=10.0),
            Town("01202", 30_000, {"fire": 120.0}, base=500.0),
        ],
        [
            Service(
                "fire",
                tiers=("prefecture", "nation"),
                wide=True,
                slope=1.0,
                parameters={
                    "national_share": 0.2,
                    "trips_to_seat": 1.0,
                    "transition_cost": 0.1,
                    "coordination_rate": 0.04,
                    "unit_fixed_cost_million_yen": 9.0,
                },
            )
        ],
        parameters={"travel_cost_yen_per_person_km": 50.0, "national_overhead": 0.2},
        bodies={"both": ["01201", "01202"]},
        changes={
            "rules.groups": "free",
            "wide_area.services": ["fire"],
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["prefecture", "nation"],
            **changes,
        },
    )


def test_members_share_a_body_in_proportion_to_what_they_would_spend_alone() -> None:
    """Alone 100 and 150 gross; together 100/4 + 150 x 3/4 = 137.5, coordination 5.5, transition 2.5, travel
    10,000 x 2 x 10 km x 50 yen = 10. Each pays its two or three fifths of 145.5 and gets its earmarked
    fifth of the standard cost, 20 and 30."""
    case = two_tiers()
    accounts = Accounts(case.instance, replace(status_quo(case.instance), joint=((0, 0),)))
    assert accounts.components["standard"][:, 0] == pytest.approx([55.0, 82.5])
    assert accounts.components["access"][:, 0] == pytest.approx([4.0, 6.0])
    assert accounts.objective == pytest.approx(145.5 + 10)
    spending = by_government(accounts, accounts.spending)
    assert spending["01201"] == pytest.approx(0.4 * 145.5 - 20)
    assert spending["01202"] == pytest.approx(0.6 * 145.5 - 30)
    # grants follow responsibility: joining a body changes none
    assert accounts.grant == pytest.approx(today(case).grant)


def test_a_prefecture_that_takes_one_town_over_pays_its_net_cost_and_the_unit() -> None:
    """100 x 1/4 = 25 gross at the prefecture's scale, transition 0.1 x 100 / 10 = 1, a fifth earmarked."""
    case = two_tiers()
    decision = replace(status_quo(case.instance), tier={(0, 0): "prefecture", (0, 1): "municipality"})
    accounts = Accounts(case.instance, decision)
    spending = by_government(accounts, accounts.spending)
    assert spending["01"] == pytest.approx(1 + 25 + 1 - 5 + 9)
    assert spending["01201"] == pytest.approx(0.0)
    assert by_government(accounts, accounts.revised_need) == pytest.approx(
        {"01": 1 + 20.0, "01201": 0.0, "01202": 120.0}
    )
    # grants: the prefecture's gap 21 - 1; nobody else. Nation: earmarked fifths of 25 and 150
    assert accounts.grant.sum() == pytest.approx(20.0)
    assert accounts.national_outlay == pytest.approx(20 + 5 + 30)
    assert accounts.objective == pytest.approx(25 + 1 + 10 + 9 + 150)


def test_the_nation_pays_its_own_services_whole() -> None:
    """137.5 at the nation's scale, a fifth more, transition 2.5, one unit of 9."""
    case = two_tiers()
    decision = replace(status_quo(case.instance), tier={(0, 0): "nation", (0, 1): "nation"})
    accounts = Accounts(case.instance, decision)
    assert accounts.national_outlay == pytest.approx(137.5 * 1.2 + 2.5 + 9)
    assert by_government(accounts, accounts.spending) == pytest.approx(
        {"01": 1.0, "01201": 0.0, "01202": 0.0}
    )


def test_the_incentive_term_counts_the_taxes_of_those_who_receive_today() -> None:
    """Of the two towns only the smaller receives (need 80, counted 31)."""
    accounts = today(two_tiers(**{"weights.dulled_incentive": 0.1, "weights.soft_budget": 0.5}))
    assert accounts.objective_parts["dulled_incentive"] == pytest.approx(0.1 * 0.75 * 40)
    assert accounts.objective_parts["soft_budget"] == pytest.approx(0.5 * (80 - 31))


def test_terms_of_judgement_stand_outside_the_real_cost() -> None:
    """The real cost is the objective without them, and without their weights the objective itself."""
    judged = today(two_tiers(**{"weights.dulled_incentive": 0.1, "weights.soft_budget": 0.5}))
    plain = today(two_tiers())
    assert judged.real_cost == pytest.approx(judged.objective - 0.1 * 0.75 * 40 - 0.5 * (80 - 31))
    assert plain.real_cost == plain.objective == judged.real_cost
    assert set(plain.objective_parts) <= {name for names in PARTS.values() for name in names}


def test_no_weight_of_judgement_counts_unless_a_package_names_it() -> None:
    for key in ("weights.soft_budget", "weights.dulled_incentive"):
        setting = load_settings()[key]
        assert setting.default == 0.0 and setting.mark == "assumption"


def test_a_service_provided_twice_or_without_responsibility_is_no_decision() -> None:
    case = two_tiers()
    quo = status_quo(case.instance)
    away = replace(quo, tier={(0, 0): "prefecture", (0, 1): "municipality"}, joint=((0, 0),))
    with pytest.raises(ValueError, match="without responsibility"):
        breaches(Accounts(case.instance, away))
    with pytest.raises(ValueError, match="provided twice"):
        breaches(Accounts(case.instance, replace(quo, joint=((0, 0), (0, 0)))))


# today: town 01201 has a need of 80, counts 31, receives 49 and has funds of 90; the rich town has funds of
# 501 for 120, the prefecture 1 for 1; the nation pays 49 and the fifths 50
@pytest.mark.parametrize(
    ("rule", "holds", "breaks"),
    [
        ("F5", {"pool.ordinary_million_yen": 49.0}, {"pool.ordinary_million_yen": 48.9}),
        ("F6", {"nation.limit_million_yen": 99.0}, {"nation.limit_million_yen": 98.9}),
        ("D3", {"discipline.retention_floor": 0.25}, {"discipline.retention_floor": 0.26}),
        ("E1", {"equity.adequacy_floor": 1.0}, {"equity.adequacy_floor": 1.01}),
        ("F2", {"formula.counted_share": [0.7, 0.75]}, {"formula.counted_share": [0.76, 0.8]}),
        ("F1", {"formula.unit_cost_revision": [0.9, 1.0]}, {"formula.unit_cost_revision": [1.1, 1.2]}),
        ("R6", {"responsibility.fix": {}}, {"responsibility.fix": {"fire": "prefecture"}}),
    ],
)
def test_every_limit_of_today_breaks_where_the_arithmetic_says(
    rule: str, holds: dict[str, Any], breaks: dict[str, Any]
) -> None:
    assert breaches(today(two_tiers(**holds))) == []
    assert {breach.rule for breach in breaches(today(two_tiers(**breaks)))} == {rule}


def test_breaches_of_bodies_balance_and_dependence() -> None:
    joint = {"joint": ((0, 0),)}
    many = two_tiers(**{"wide_area.bodies_per_municipality": 0})
    found = breaches(Accounts(many.instance, replace(status_quo(many.instance), **joint)))
    assert [(b.rule, b.where, b.amount) for b in found] == [("R4", "01201", 1), ("R4", "01202", 1)]
    far = two_tiers(**{"access.limit_factor": 0.009})  # 9 minutes, the body spans 10 km
    found = breaches(Accounts(far.instance, replace(status_quo(far.instance), **joint)))
    assert [b.rule for b in found] == ["R7"]
    # a prefecture that runs fire for both: need 1 + 0.8 x 137.5 = 111, grant 110, funds 111;
    # spending 111 + 2.5 of transition + unit 9
    decision = {"tier": {(0, 0): "prefecture", (0, 1): "prefecture"}}
    poor = two_tiers(**{"discipline.balance": True})
    found = breaches(Accounts(poor.instance, replace(status_quo(poor.instance), **decision)))
    assert [(b.rule, b.where) for b in found] == [("D1", "01")]
    assert found[0].amount == pytest.approx(11.5)
    needy = two_tiers(**{"discipline.grant_dependence_ceiling": 0.99})  # 110 / 111 = 0.991
    found = breaches(Accounts(needy.instance, replace(status_quo(needy.instance), **decision)))
    assert [(b.rule, b.where) for b in found] == [("D2", "01")]
    assert found[0].amount == pytest.approx(110 - 0.99 * 111)
