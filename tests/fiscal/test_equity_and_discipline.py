"""Each rule of equity and discipline where it binds: how far it lets a lever go, by hand.

The towns' unit cost kappa of fire is free between .5 and 1.5; grants are pushed up or down until a rule
stops them. The ledger must call the decision sound just inside that point and name the rule just outside.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.debt import debt_ratios, debt_stages
from optimization.ledger.decision import status_quo
from optimization.ledger.hold_harmless import guaranteed_share, top_ups
from optimization.ledger.measures import all_measures
from optimization.ledger.rules import breaches
from optimization.outcome.tables import hold_harmless, measures_table
from tests.fiscal.fiscal_case import decided, money, push, with_taxes
from tests.small_case import Prefecture, Service, Small, Town, small

STEP = 1e-3
FREE = {"formula.unit_cost_revision": [0.5, 1.5]}


def towns(
    rich: float = 100.0,
    debt: float = 0.0,
    debt_ratio: float = 0.0,
    burden_ratio: float = 0.0,
    **changes: Any,
) -> Small:
    """A poor town (fire 100, fees 40, other 0 or its debt), a rich one (fire 50, fees 100) and their
    prefecture (100 of other need, dues 60); populations 10, 10 and 20 thousand. The ratios are the poor
    town's.

    Poor: transfer 100 kappa - 40, funds 100 kappa, cost 100; today's coverage 1. Rich: coverage 2, no
    transfer. Prefecture: transfer 40, coverage 1.
    """
    return small(
        [
            Town(
                "01201",
                10_000,
                {"fire": 100.0},
                full=40.0,
                other=debt,
                debt=debt,
                debt_ratio=debt_ratio,
                burden_ratio=burden_ratio,
            ),
            Town("01202", 10_000, {"fire": 50.0}, full=rich),
        ],
        [Service("fire")],
        [Prefecture("01", other=100.0, full=60.0)],
        changes={**FREE, **changes},
    )


UP, DOWN = -1.0, 1.0
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


def with_kappa(case: Small, kappa: float) -> Accounts:
    return decided(case, revision=np.array([kappa]))


def rules_of(accounts: Accounts) -> set[str]:
    return {breach.rule for breach in breaches(accounts)}


def stops_at(case: Small, rule: str, way: float, kappa: float, outward: float) -> None:
    """The model stops at kappa, and so does the ledger's check."""
    pushed = push(case, ("transfer", [way] * 3))
    assert pushed is not None
    assert pushed.of(pushed.model.kappa) == pytest.approx([kappa])
    assert rules_of(pushed.accounts) == set()
    assert rules_of(with_kappa(case, kappa - outward * STEP)) == set()
    assert rules_of(with_kappa(case, kappa + outward * STEP)) == {rule}


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


# debt: today's funds of the poor town are 120, 100 kappa + 20 with its debt service of 20 -----------------


@pytest.mark.parametrize(
    ("rule", "key", "ratios", "ceiling", "kappa"),
    [
        # 12% of 120 are 14.4, within 15% of 96
        ("D4", "discipline.debt_service_ceiling", {"debt_ratio": 0.12}, 0.15, 0.76),
        # above the ceiling today: no worse than today
        ("D4", "discipline.debt_service_ceiling", {"debt_ratio": 0.12}, 0.10, 1.0),
        # 2 x 120 within 2.5 x 96
        ("D4burden", "discipline.future_burden_ceiling", {"burden_ratio": 2.0}, 2.5, 0.76),
        ("D4burden", "discipline.future_burden_ceiling", {"burden_ratio": 2.0}, 1.5, 1.0),
    ],
)
def test_debt_bounds_the_funds_from_below(
    rule: str, key: str, ratios: dict[str, float], ceiling: float, kappa: float
) -> None:
    stops_at(towns(debt=20.0, **ratios, **{key: ceiling}), rule, DOWN, kappa, -1.0)


def test_a_refund_that_ends_comes_on_top_of_the_debt_service() -> None:
    """Half of the refund of 20 ends: funds are 100 kappa + 10, debt service 14.4 + 10 within 25% of 97.6;
    the future burden is what it was, 240 within 2.5 x 96."""
    changes = {
        "formula.debt_service_refund": 0.5,
        "formula.promised_refunds_honoured": 0.0,
        "discipline.debt_service_ceiling": 0.25,
    }
    case = towns(debt=20.0, debt_ratio=0.12, burden_ratio=2.0, **changes)
    stops_at(case, "D4", DOWN, 0.876, -1.0)
    case = case.but(**{"discipline.debt_service_ceiling": 1.0, "discipline.future_burden_ceiling": 2.5})
    stops_at(case, "D4burden", DOWN, 0.86, -1.0)


@pytest.mark.parametrize(
    ("service", "burden", "kind", "stage"),
    [
        (0.179, 3.49, "city", "sound"),
        (-0.02, 0.0, "city", "sound"),
        (0.18, 0.0, "city", "permission"),
        (0.25, 0.0, "city", "early_warning"),
        (0.0, 3.5, "city", "early_warning"),
        (0.0, 3.99, "designated_city", "sound"),
        (0.0, 4.0, "designated_city", "early_warning"),
        (0.35, 3.0, "city", "rehabilitation"),
        (0.19, 3.6, "city", "early_warning"),
    ],
)
def test_the_stage_is_the_gravest_that_a_ratio_reaches(
    service: float, burden: float, kind: str, stage: str
) -> None:
    """Funds as today; the prefecture beside it is held against 4.0."""
    towns = [Town("01201", need={"fire": 100.0}, debt_ratio=service, burden_ratio=burden, kind=kind)]
    case = small(towns, [Service("fire")], [Prefecture("01", burden_ratio=3.99)])
    assert dict(zip(case.case.governments.index, debt_stages(decided(case)), strict=True)) == {
        "01": "sound",
        "01201": stage,
    }


def test_less_money_brings_a_town_to_the_next_stage() -> None:
    """12% of 120 are 24% of 60: kappa .4."""
    case = towns(debt=20.0, debt_ratio=0.12, **{"formula.unit_cost_revision": [0.1, 1.5]})
    accounts = with_kappa(case, 0.4)
    assert money(accounts, debt_ratios(accounts)[0])["01201"] == pytest.approx(0.24)
    found = {name: value for name, (value, _) in all_measures(accounts).items()}
    assert (found["governments_sound"], found["governments_permission"]) == (2.0, 1.0)
    assert found["real_debt_service_ratio_highest"] == pytest.approx(0.24)
    assert debt_stages(todays_accounts(case.instance)).tolist() == ["sound"] * 3


def test_tokyo_with_its_wards_takes_the_larger_ratio() -> None:
    case = small(
        [Town("13100", need={"fire": 100.0}, debt_ratio=0.03, burden_ratio=0.0, kind="wards")],
        [Service("fire")],
        [Prefecture("13", debt_ratio=0.01, burden_ratio=0.4)],
    )
    row = case.case.governments.loc["13+13100"]
    assert (row["real_debt_service_ratio"], row["future_burden_ratio"]) == (0.03, 0.4)


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


# the path of hold harmless ----------------------------------------------------------------------------


def test_the_path_tops_up_less_every_year() -> None:
    """Coverage .75 against today's 1, in steps of .1: 15, 5 and nothing of the cost of 100."""
    case = towns(**{"equity.hold_harmless_years": 3, "equity.hold_harmless_step": 0.1})
    accounts = with_kappa(case, 0.75)
    poor = [money(accounts, year)["01201"] for year in top_ups(accounts)]
    assert poor == pytest.approx([15.0, 5.0, 0.0])
    assert top_ups(accounts).sum(axis=1) == pytest.approx([15.0, 5.0, 0.0])
    table = hold_harmless(accounts)
    assert table["government"].tolist() == ["01201", "01201"]
    assert table["year"].tolist() == [1, 2]
    assert table["guaranteed_coverage_ratio"].tolist() == pytest.approx([0.9, 0.8])
    assert table["top_up_million_yen"].tolist() == pytest.approx([15.0, 5.0])
    measures = measures_table(accounts, todays_accounts(case.instance)).set_index("measure")
    row = measures.loc["hold_harmless_top_up_year_2"]
    assert (row["unit"], row["today"], row["under_package"]) == ("million yen per year", 0.0, 5.0)


def test_the_path_promises_a_share_of_the_cost_of_what_one_answers_for() -> None:
    """A duty that goes to the prefecture takes its standard cost along: nothing is topped up for it."""
    case = towns(**{"equity.hold_harmless_years": 1}).but(**{"formula.unit_cost_revision": [1.0, 1.0]})
    tier = dict.fromkeys(status_quo(case.instance).tier, "prefecture")
    accounts = decided(case, tier=tier)
    assert money(accounts, accounts.standard_cost) == pytest.approx({"01": 250.0, "01201": 0.0, "01202": 0.0})
    # the prefecture receives 150 more than its 40, coverage 1: no top-up
    assert (top_ups(accounts) == 0.0).all()


def test_a_path_that_has_run_out_promises_nothing() -> None:
    case = towns(**{"equity.hold_harmless_years": 12, "equity.hold_harmless_step": 0.1})
    paid = top_ups(with_kappa(case, 0.5)).sum(axis=1)
    assert paid == pytest.approx([40.0, 30.0, 20.0, 10.0, *[0.0] * 8])
    assert guaranteed_share(case.instance)[-3:] == pytest.approx([0.0, 0.0, 0.0])


def test_without_a_path_there_is_no_table_of_it() -> None:
    tables = {years: towns(**{"equity.hold_harmless_years": years}).solve().tables for years in (0, 1)}
    assert set(tables[1]) - set(tables[0]) == {"hold_harmless"}
    assert list(tables[1]["hold_harmless"]) == [
        "government", "name_ja", "year", "guaranteed_coverage_ratio", "top_up_million_yen",
    ]  # fmt: skip


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
