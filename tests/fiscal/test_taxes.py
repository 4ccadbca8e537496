"""Taxes by item: what is counted, what is assigned, what is kept, what feeds the pool."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from optimization.errors import InputError
from optimization.model.model import build_model
from optimization.rules.checks import breaches
from tests.fiscal.fiscal_case import decided, money, push, with_taxes
from tests.small_case import Prefecture, Service, Small, Town, small


def taxed(**changes: Any) -> Small:
    """Two receiving towns (needs 200 and 150, land 100 and 20, sales 40 and 20, fees 10 each) and their
    prefecture (need 300, business 240)."""
    case = small(
        [
            Town("01201", 10_000, {"fire": 200.0}, base=140.0, full=10.0),
            Town("01202", 10_000, {"fire": 150.0}, base=40.0, full=10.0),
        ],
        [Service("fire")],
        [Prefecture("01", other=300.0, base=240.0, full=0.0)],
        changes=changes,
    )
    return with_taxes(case, "municipal", sales={"01201": 40.0, "01202": 20.0})


def position(case: Small, name: str) -> int:
    return list(case.instance.tax.names).index(name)


# counted shares ---------------------------------------------------------------------------------------


def test_today_three_quarters_and_the_whole_are_counted() -> None:
    accounts = decided(taxed())
    assert money(accounts, accounts.capacity) == pytest.approx({"01": 180, "01201": 115, "01202": 40})
    assert money(accounts, accounts.own_revenue) == pytest.approx({"01": 240, "01201": 150, "01202": 50})


@pytest.mark.parametrize("common", [0.75, 0.6])
def test_a_tax_with_a_share_of_its_own_leaves_the_common_share_to_the_others(common: float) -> None:
    changes = {"taxes.counted_share": {"municipal.sales": [0.5, 0.5]}, "formula.counted_share": [common] * 2}
    accounts = taxed(**changes).optimum()
    expected = {"01": 180.0, "01201": common * 100 + 0.5 * 40 + 10, "01202": common * 20 + 0.5 * 20 + 10}
    assert money(accounts, accounts.capacity) == pytest.approx(expected)
    grants = {"01": 120.0, "01201": 200 - expected["01201"], "01202": 150 - expected["01202"]}
    assert money(accounts, accounts.grant) == pytest.approx(grants)


def test_a_share_of_its_own_is_decided_apart_from_the_common_one() -> None:
    """.05 a yen counted against .1 a yen granted: both shares go up; at a price of .2 of the pool's limit
    the cheaper one only. Grants of 350 - 75% of 120 - 60 s - 20 within 205 need s = 35 / 60."""
    changes = {
        "taxes.counted_share": {"municipal.sales": [0.2, 0.9]},
        "weights.dulled_incentive": 0.05,
        "pool.ordinary_million_yen": 120.0 + 205.0,
    }
    case = taxed(**changes)
    accounts = case.optimum()
    assert accounts.decision.counted[position(case, "municipal.sales")] == pytest.approx(35 / 60)
    assert accounts.decision.counted[position(case, "municipal.land")] == pytest.approx(0.75)
    # counted taxes of those who receive: 90 of land, 35 of sales, 180 of business
    assert accounts.objective_parts["dulled_incentive"] == pytest.approx(0.05 * (90 + 35 + 180))


def test_deductions_of_the_sheet_are_part_of_the_revenue_whatever_is_counted() -> None:
    case = taxed(**{"formula.counted_share": [0.5, 0.5]})
    case.case.governments.loc["01201", "deduction_million_yen"] = -7.0
    accounts = decided(case)
    assert money(accounts, accounts.capacity)["01201"] == pytest.approx(0.5 * 140 + 10 - 7)
    pushed = push(case, ("transfer", [1.0]))
    assert pushed is not None
    assert pushed.of(pushed.model.capacity) == pytest.approx(accounts.capacity)


# assignment -------------------------------------------------------------------------------------------


def test_an_assigned_base_moves_capacity_own_revenue_and_the_nations_outlay() -> None:
    """Land x 1.5 gives the towns 50 and 10; fees x 0 takes 20 back: the nation hands over 40 and saves
    the grants that 75% of 60 less 20 no longer need, 25."""
    before = decided(taxed())
    changes = {"taxes.assigned": {"municipal.land": [1.5, 1.5], "municipal.fees": [0.0, 0.0]}}
    accounts = taxed(**changes).optimum()
    assert money(accounts, accounts.capacity) == pytest.approx(
        {"01": 180, "01201": 0.75 * 190, "01202": 0.75 * 50}
    )
    assert money(accounts, accounts.own_revenue) == pytest.approx({"01": 240, "01201": 190, "01202": 50})
    assert accounts.national_outlay - before.national_outlay == pytest.approx(40 - 25)


def test_the_national_limit_counts_the_taxes_handed_over() -> None:
    """Grants 120 + 85 + 110 today; land x 1.5 costs 60 and saves 45."""
    land = {"taxes.assigned": {"municipal.land": [1.5, 1.5]}}
    for limit, status in ((330.01, "optimal"), (329.99, "infeasible")):
        result = taxed(**land, **{"nation.limit_million_yen": limit}).solve()
        assert result.outcome.status == status


SWAP = {
    "taxes.assigned": {"municipal.land": [1.2, 1.2], "prefectural.business": [0.5, 1.5]},
    "taxes.neutral": ["municipal.land + prefectural.business"],
}


def test_a_neutral_swap_takes_from_one_tier_what_it_gives_to_the_other() -> None:
    """Land of 120 grows by 24; business of 240 shrinks by a tenth."""
    case = taxed(**SWAP)
    accounts = case.optimum()
    assert accounts.decision.assigned[position(case, "prefectural.business")] == pytest.approx(0.9)
    assert money(accounts, accounts.capacity) == pytest.approx(
        {"01": 0.75 * 216, "01201": 0.75 * (120 + 40) + 10, "01202": 0.75 * (24 + 20) + 10}
    )
    assert accounts.own_revenue.sum() == pytest.approx(440)
    # what the towns' grants lose (15 + 3), the prefecture's gains
    assert accounts.grant.sum() == pytest.approx(120 + 85 + 110)


@pytest.mark.parametrize("business", [[0.95, 0.95], [0.91, 1.5], [0.5, 0.89]])
def test_a_swap_that_cannot_cancel_is_refused(business: list[float]) -> None:
    """Land of 120 grows by 24; business of 240 would have to stand at .9."""
    fixed = {"municipal.land": [1.2, 1.2], "prefectural.business": business}
    with pytest.raises(InputError) as raised:
        taxed(**{**SWAP, "taxes.assigned": fixed}).solve()
    (problem,) = raised.value.problems
    assert (problem.column, problem.value) == ("taxes.neutral", "municipal.land + prefectural.business")
    changes = [24 + 240 * (end - 1) for end in business]
    assert f"by {changes[0]:,.0f} to {changes[1]:,.0f} million yen" in problem.message


def test_a_swap_of_fixed_taxes_that_cancel_is_solved() -> None:
    fixed = {"municipal.land": [1.2, 1.2], "prefectural.business": [0.9, 0.9]}
    assert taxed(**{**SWAP, "taxes.assigned": fixed}).optimum().own_revenue.sum() == pytest.approx(440)


def test_a_decision_that_unbalances_a_swap_is_reported() -> None:
    case = taxed(**SWAP)
    assigned = decided(case).decision.assigned.copy()
    assigned[position(case, "prefectural.business")] = 0.9
    assert breaches(decided(case, assigned=assigned)) == []
    assigned[position(case, "prefectural.business")] = 0.95
    (found,) = breaches(decided(case, assigned=assigned))
    assert found.rule == "F2swap" and found.amount == pytest.approx(24 - 12)


def test_a_free_swap_moves_no_further_than_the_other_tax_allows() -> None:
    """The towns' land would grow to 5 times; business may lose half of 240: 120 = 1.0 x 120."""
    free = {"municipal.land": [0.0, 5.0], "prefectural.business": [0.5, 1.5]}
    case = taxed(**{**SWAP, "taxes.assigned": free})
    land, business = position(case, "municipal.land"), position(case, "prefectural.business")
    most = push(case, ("phi", [0.0]), ("theta", [-1.0, 0.0]))
    assert most is not None and list(most.model.theta) == [land, business]
    assert most.accounts.decision.assigned[[land, business]] == pytest.approx([2.0, 0.5])
    assert breaches(most.accounts) == []


# share and assignment at once -------------------------------------------------------------------------

BOTH = {
    "taxes.counted_share": {"municipal.sales": [0.4, 0.8]},
    "taxes.assigned": {"municipal.sales": [0.5, 2.0]},
}


@pytest.mark.parametrize(
    ("theta", "phi", "holds"),
    [
        (0.5, 0.2, True),
        (0.5, 0.4, True),
        (1.25, 0.75, True),
        (2.0, 0.8, True),
        (2.0, 1.6, True),
        (0.5, 0.19, False),
        (0.5, 0.41, False),
        (1.25, 0.49, False),
        (1.25, 1.01, False),
        (2.0, 1.61, False),
    ],
)
def test_the_product_of_share_and_assignment_can_be_all_that_it_can_be(
    theta: float, phi: float, holds: bool
) -> None:
    """.4 theta <= phi <= .8 theta: every product of the two ranges and no other number."""
    case = taxed(**BOTH)
    model, j = build_model(case.columns()), position(case, "municipal.sales")
    model.theta[j].set_value(theta, skip_validation=True)
    model.phi[j].set_value(phi, skip_validation=True)
    lowest, highest = model.phi[j].bounds
    inside = lowest - 1e-9 <= phi <= highest + 1e-9
    for row in model.F2phi.values():
        inside &= (row.lower is None or pyo.value(row.body - row.lower) >= -1e-9) and (
            row.upper is None or pyo.value(row.body - row.upper) <= 1e-9
        )
    assert inside is holds


@pytest.mark.parametrize("wants", [(1.0, 0.1), (1.0, -0.3), (-1.0, 0.6), (-1.0, 1.0), (0.1, 1.0)])
def test_share_and_assignment_read_back_multiply_to_the_solvers_revenue(wants: tuple[float, float]) -> None:
    case = taxed(**BOTH)
    pushed = push(case, ("phi", [wants[0]]), ("theta", [wants[1]]))
    assert pushed is not None
    j = position(case, "municipal.sales")
    share, assigned = pushed.accounts.decision.counted[j], pushed.accounts.decision.assigned[j]
    assert 0.4 - 1e-9 <= share <= 0.8 + 1e-9 and 0.5 - 1e-9 <= assigned <= 2.0 + 1e-9
    assert pushed.of(pushed.model.phi) == pytest.approx([share * assigned])
    assert money(pushed.accounts, pushed.of(pushed.model.capacity))["01201"] == pytest.approx(
        75 + 40 * share * assigned + 10
    )


def test_both_ends_of_the_product_by_hand() -> None:
    """The largest phi at the least theta is .4 a unit of base, the least at the largest .8."""
    case = taxed(**BOTH)
    for wants, share, assigned in (((-1.0, 10.0), 0.8, 0.5), ((1.0, -10.0), 0.4, 2.0)):
        pushed = push(case, ("phi", [wants[0]]), ("theta", [wants[1]]))
        assert pushed is not None
        j = position(case, "municipal.sales")
        assert pushed.accounts.decision.counted[j] == pytest.approx(share)
        assert pushed.accounts.decision.assigned[j] == pytest.approx(assigned)


def test_a_tax_assigned_to_nobody_counts_nothing_and_breaks_nothing() -> None:
    changes = {
        "taxes.counted_share": {"municipal.sales": [0.4, 0.8]},
        "taxes.assigned": {"municipal.sales": [0.0, 2.0]},
        "discipline.retention_floor": 0.25,
    }
    pushed = push(taxed(**changes), ("phi", [0.0]), ("theta", [1.0]))
    assert pushed is not None and breaches(pushed.accounts) == []
    assert money(pushed.accounts, pushed.accounts.capacity)["01201"] == pytest.approx(75 + 10)


# retention --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("assigned", [[1.5, 1.5], [0.5, 2.0]])
def test_the_retention_floor_binds_a_share_of_its_own(assigned: list[float]) -> None:
    """Soft budgets would count 80%; a retention of 45% allows 55%, whatever is assigned. The common
    shares stand at 50%."""
    changes = {
        "taxes.counted_share": {"municipal.sales": [0.4, 0.8]},
        "taxes.assigned": {"municipal.sales": assigned},
        "formula.counted_share": [0.5, 0.5],
        "formula.counted_share_prefecture": [0.5, 0.5],
        "weights.soft_budget": 0.1,
    }
    j = position(taxed(), "municipal.sales")
    free = taxed(**changes).optimum()
    bound = taxed(**changes, **{"discipline.retention_floor": 0.45}).optimum()
    assert free.decision.counted[j] == pytest.approx(0.8)
    assert bound.decision.counted[j] == pytest.approx(0.55)
    assert bound.decision.assigned[j] == pytest.approx(assigned[1])
    # .1 of a yen of grant for every yen less counted
    assert bound.objective - free.objective == pytest.approx(0.1 * 60 * assigned[1] * 0.25)


@pytest.mark.parametrize("tier", ["counted_share", "counted_share_prefecture"])
def test_the_retention_floor_binds_the_common_share_of_each_tier(tier: str) -> None:
    changes = {
        "formula.counted_share": [0.6, 0.6],
        "formula.counted_share_prefecture": [0.6, 0.6],
        f"formula.{tier}": [0.5, 0.9],
        "discipline.retention_floor": 0.35,
        "weights.soft_budget": 0.1,
    }
    case = taxed(**changes)
    name = "municipal.land" if tier == "counted_share" else "prefectural.business"
    assert case.optimum().decision.counted[position(case, name)] == pytest.approx(0.65)


OWN = {"taxes.counted_share": {"municipal.land": [0.5, 0.5], "municipal.sales": [0.5, 0.5]}}
FLOOR = {"discipline.retention_floor": 0.4, "formula.counted_share_prefecture": [0.6, 0.6]}


def test_a_common_share_that_counts_no_tax_is_not_bound() -> None:
    """Both municipal taxes have a share of their own; the common 75% counts nothing any more."""
    result = taxed(**OWN, **FLOOR).solve()
    assert result.outcome.status == "optimal" and result.breaches == []
    assert list(build_model(taxed(**OWN, **FLOOR).columns()).D3) == [1]
    one = {"taxes.counted_share": {"municipal.land": [0.5, 0.5]}}
    assert taxed(**one, **FLOOR).solve().outcome.status == "infeasible"
    gone = {"taxes.assigned": {"municipal.sales": [0.0, 0.0]}}  # what is common is nobody's
    assert taxed(**one, **gone, **FLOOR).solve().outcome.status == "optimal"


def test_a_common_share_that_counts_no_tax_is_no_argument() -> None:
    """The pool is too small, the retention is not at fault."""
    case = taxed(**OWN, **FLOOR, **{"pool.ordinary_million_yen": 100.0})
    (sentence,) = case.solve().arguments
    assert "pool of 100 million yen" in sentence


def test_a_case_whose_taxes_all_count_in_full_keeps_the_rules() -> None:
    case = taxed()
    bases = case.case.tax_bases
    full = bases.loc[:, bases.columns.get_level_values("counted_share") == 1.0]
    case = replace(case, case=replace(case.case, tax_bases=full)).but(**{"discipline.retention_floor": 0.4})
    result = case.solve()
    assert result.outcome.status == "optimal" and result.breaches == []


# names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "value", "key"),
    [
        ("taxes.counted_share", {"municipal.lnad": [0.5, 0.5]}, "municipal.lnad"),
        ("taxes.assigned", {"municipal.lnad": [0.5, 0.5]}, "municipal.lnad"),
        ("taxes.neutral", ["municipal.lnad + prefectural.business"], "municipal.lnad"),
    ],
)
def test_an_unknown_tax_is_named_with_the_nearest_one(setting: str, value: Any, key: str) -> None:
    with pytest.raises(InputError) as raised:
        taxed(**{setting: value}).solve()
    (problem,) = raised.value.problems
    assert (problem.column, problem.value) == (setting, key)
    assert problem.remedy == "did you mean 'municipal.land'?"


def test_an_unknown_national_tax_is_named_with_the_nearest_one() -> None:
    with pytest.raises(InputError) as raised:
        taxed(**{"pool.national_tax_shares": {"incme": [0.3, 0.3]}}).solve()
    (problem,) = raised.value.problems
    assert problem.column == "pool.national_tax_shares" and problem.value == "incme"
    assert problem.remedy == "did you mean 'income'?"


def test_a_tax_counted_in_full_cannot_get_a_share() -> None:
    with pytest.raises(InputError) as raised:
        taxed(**{"taxes.counted_share": {"municipal.fees": [0.5, 0.5]}}).solve()
    (problem,) = raised.value.problems
    assert problem.value == "municipal.fees" and "counted in full by law" in problem.message


@pytest.mark.parametrize("name", ["germany_horizontal", "per_capita", "canada_rts"])
def test_a_family_of_numbers_refuses_a_free_assignment(name: str) -> None:
    changes = {"taxes.assigned": {"municipal.land": [0.5, 1.5]}, "formula.family": name}
    with pytest.raises(InputError) as raised:
        taxed(**changes).solve()
    (problem,) = raised.value.problems
    assert (
        problem.column == "taxes.assigned" and problem.value == "municipal.land" and name in problem.message
    )


# the pool ---------------------------------------------------------------------------------------------


def test_shares_of_national_taxes_raise_the_pool_by_their_ordinary_part() -> None:
    """Income tax 1,000 at 20%, liquor 500 at 50% by law; 6% is special."""
    shares = {"income": [0.25, 0.25], "liquor": [0.4, 0.4]}
    accounts = decided(taxed(**{"pool.national_tax_shares": shares, "pool.ordinary_million_yen": 300.0}))
    assert accounts.pool == pytest.approx(300 + 0.94 * (1000 * 0.05 - 500 * 0.1))
    only = {"income": [0.25, 0.25]}
    accounts = decided(taxed(**{"pool.national_tax_shares": only, "pool.ordinary_million_yen": 300.0}))
    assert accounts.pool == pytest.approx(300 + 0.94 * 50)


def test_the_model_pays_out_of_the_raised_pool() -> None:
    """315 are asked for and the pool has 280: .94 x 1,000 x (sigma - .2) >= 35 from sigma = .23723."""
    least = 0.2 + 35 / 940
    for share, status in ((least + 1e-5, "optimal"), (least - 1e-5, "infeasible")):
        changes = {"pool.national_tax_shares": {"income": [share, share]}, "pool.ordinary_million_yen": 280.0}
        assert taxed(**changes).solve().outcome.status == status
    free = {"pool.national_tax_shares": {"income": [0.1, 0.9]}, "pool.ordinary_million_yen": 280.0}
    pushed = push(taxed(**free), ("sigma", [1.0, 0.0]))
    assert pushed is not None
    assert pushed.of(pushed.model.sigma) == pytest.approx([least, 0.5])
    assert pushed.accounts.pool == pytest.approx(315.0)


def test_corrections_of_earlier_years_come_out_of_the_pool() -> None:
    """A government got 5 more than the formula: 315 + 5."""
    town = Town("01201", 10_000, {"fire": 100.0}, full=0.0, residual=5.0)
    for pool, status in ((105.01, "optimal"), (104.99, "infeasible")):
        case = small([town], [Service("fire")], changes={"pool.ordinary_million_yen": pool})
        assert case.solve().outcome.status == status
    assert decided(case).paid == pytest.approx(105.0)
    assert np.isclose(decided(case).transfer.sum(), 100.0)
