"""Guarantee grants by service (F3): fixed, free, net in the need, and at the nation's cost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fiscal.fiscal_case import decided, money, push
from tests.small_case import Prefecture, Service, Small, Town, small


def guaranteed(rich: float = 200.0, fixed: float = 5.0, **changes: Any) -> Small:
    """Fire of gross 100 in a poor and gross 50 in a rich town, a fifth earmarked today; water of 40."""
    return small(
        [
            Town("01201", 10_000, {"fire": 80.0, "water": 40.0}, full=30.0, bond=3.0),
            Town("01202", 10_000, {"fire": 40.0}, full=rich),
        ],
        [
            Service(
                "fire",
                tiers=("prefecture",),
                parameters={"national_share": 0.2, "unit_fixed_cost_million_yen": fixed},
            ),
            Service("water"),
        ],
        [Prefecture("01", other=60.0, full=10.0)],
        changes=changes,
    )


def test_today_the_guarantee_is_the_earmarked_share() -> None:
    accounts = decided(guaranteed())
    assert accounts.guarantee == pytest.approx(0.0)
    # earmarked 20 + 10, grants 90 and 50
    assert accounts.national_outlay == pytest.approx(30 + 90 + 50)


@pytest.mark.parametrize("gamma", [0.0, 0.2, 0.5, 0.9])
def test_a_guarantee_by_hand(gamma: float) -> None:
    """(gamma - .2) x gross to poor and rich alike; what the poor one gets so it no longer gets as grant."""
    accounts = guaranteed(**{"guarantee.share": {"fire": [gamma, gamma]}}).optimum()
    more = gamma - 0.2
    assert money(accounts, accounts.guarantee) == pytest.approx(
        {"01": 0.0, "01201": 100 * more, "01202": 50 * more}
    )
    assert money(accounts, accounts.grant) == pytest.approx(
        {"01": 50.0, "01201": 90 - 100 * more, "01202": 0}
    )
    assert money(accounts, accounts.funds) == pytest.approx(
        {"01": 60.0, "01201": 30 + 90 + 3, "01202": 200 + 50 * more}
    )
    # the nation pays the guarantee of the rich town on top; that of the poor one replaces its grant
    assert accounts.national_outlay == pytest.approx(170 + 50 * more)


def test_a_guarantee_above_the_gap_is_kept() -> None:
    """Need 120 - 110 of guarantee leaves no gap to a revenue of 30; funds rise all the same."""
    changes = {"guarantee.share": {"fire": [0.9, 0.9], "water": [1.0, 1.0]}}
    accounts = guaranteed(**changes).optimum()
    assert money(accounts, accounts.guarantee)["01201"] == pytest.approx(70 + 40)
    assert money(accounts, accounts.grant)["01201"] == pytest.approx(0.0)
    assert money(accounts, accounts.funds)["01201"] == pytest.approx(30 + 110 + 3)


def test_a_guarantee_follows_the_duty_to_the_prefecture() -> None:
    """Gross 150 at .5: 45 beyond the earmarked 30; need 60 + 120 - 45 against a revenue of 10."""
    changes = {"guarantee.share": {"fire": [0.5, 0.5]}, "responsibility.fix": {"fire": "prefecture"}}
    accounts = guaranteed(**changes).optimum()
    assert money(accounts, accounts.guarantee) == pytest.approx({"01": 45.0, "01201": 0.0, "01202": 0.0})
    assert money(accounts, accounts.grant) == pytest.approx({"01": 125.0, "01201": 10.0, "01202": 0.0})
    assert accounts.national_outlay == pytest.approx(30 + 45 + 135)


def test_the_national_limit_counts_the_guarantee() -> None:
    """170 + .3 x 50."""
    share = {"guarantee.share": {"fire": [0.5, 0.5]}}
    for limit, status in ((185.01, "optimal"), (184.99, "infeasible")):
        assert guaranteed(**share, **{"nation.limit_million_yen": limit}).solve().outcome.status == status


# free -------------------------------------------------------------------------------------------------


def test_a_free_guarantee_rises_until_the_earmarked_ceiling() -> None:
    """Soft budgets are saved by guarantees. Of gross 190 local services 35% may be earmarked: 150 gamma
    = 66.5. The poor town saves 100 x (gamma - .2)."""
    changes = {
        "guarantee.share": {"fire": [0.0, 1.0]},
        "discipline.earmarked_ceiling": 0.35,
        "weights.soft_budget": 0.1,
    }
    accounts = guaranteed(**changes).optimum()
    gamma = 66.5 / 150
    assert accounts.decision.guarantee == pytest.approx([gamma, 0.0])
    assert accounts.objective == pytest.approx(190 + 0.1 * (50 + 90 - 100 * (gamma - 0.2)))


def test_a_free_guarantee_falls_to_what_the_national_limit_leaves() -> None:
    """The limit of 160 forces 10 off the rich town's earmarked money: 50 x (.2 - gamma) = 10."""
    changes = {
        "guarantee.share": {"fire": [0.0, 1.0]},
        "nation.limit_million_yen": 160.0,
        "weights.soft_budget": 0.1,
    }
    accounts = guaranteed(**changes).optimum()
    assert accounts.decision.guarantee[0] == pytest.approx(0.0, abs=1e-8)
    assert money(accounts, accounts.guarantee)["01202"] == pytest.approx(-10.0)
    assert guaranteed(**changes).but(**{"nation.limit_million_yen": 159.9}).solve().accounts is None


@pytest.mark.parametrize("tier", ["municipality", "prefecture"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_free_product_of_guarantee_and_duty_is_exact(tier: str, sign: float) -> None:
    """Pushed up or down, e[n] is gamma of the chosen tier's duty and 0 of the other's."""
    case = guaranteed(
        **{
            "guarantee.share": {"fire": [0.1, 0.7]},
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["prefecture"],
        }
    )
    duties = case.columns().duties
    wish = [0.0 if t == tier else 1000.0 for _, _, t in duties]
    for wants in ([("e", [sign] * 9)], [("e", [sign] * 9), ("gamma", [-2.5 * sign])]):
        pushed = push(case, ("y", wish), *wants)
        assert pushed is not None
        (gamma,) = pushed.of(pushed.model.gamma)
        assert pushed.accounts.decision.tier[0, 0] == tier
        freed = {n: float(v) for n, v in zip(pushed.model.e, pushed.of(pushed.model.e), strict=True)}
        assert freed == pytest.approx({n: gamma if duties[n][2] == tier else 0.0 for n in freed}, abs=1e-7)
        assert pushed.of(pushed.model.need) == pytest.approx(
            pushed.accounts.revised_need - pushed.accounts.guarantee, abs=1e-6
        )


def test_a_free_guarantee_and_a_free_duty_find_the_cheaper_way_to_save_a_grant() -> None:
    """At the towns: grants 140 less 100 x (gamma - .2), gamma at most .5: 110. At the prefecture: 10 of
    water, and 60 + 120 - 150 x (gamma - .2) - 10 = 125: 135 in all, and a unit. Each yen costs .1."""
    changes = {
        "guarantee.share": {"fire": [0.0, 0.5]},
        "responsibility.free_services": ["fire"],
        "responsibility.free_tiers": ["prefecture"],
        "weights.soft_budget": 0.1,
    }
    accounts = guaranteed(fixed=0.0, **changes).optimum()
    assert accounts.decision.tier[0, 0] == "municipality"
    assert accounts.objective == pytest.approx(190 + 11.0)
    # with the rich town poor (20 of revenue) its gap of 20 - 50 x .3 = 5 and the prefecture's 135 stand
    accounts = guaranteed(rich=20.0, fixed=0.0, **changes).optimum()
    assert accounts.objective == pytest.approx(190 + 0.1 * (50 + 60 + 5))
