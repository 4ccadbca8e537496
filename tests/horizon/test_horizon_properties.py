"""What must hold of any plan of several years."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimization.ledger.accounts import Accounts
from optimization.outcome.result import PLAN, TODAY
from optimization.outcome.session import Session
from tests.crisis.crisis_case import LOCAL, two_towns
from tests.horizon.horizon_case import STILL, ageing_town, grown
from tests.horizon.test_horizon_brute_force import random_question
from tests.horizon.test_horizon_by_hand import phased
from tests.model.random_case import random_question as one_year
from tests.seeds import seeds
from tests.small_case import EXACT, given_curves

SEEDS = seeds(2, 6)


@pytest.mark.parametrize("seed", seeds(3, 8))
def test_without_later_years_and_crises_it_is_the_model_without_them_to_the_last_digit(seed: int) -> None:
    question = one_year(seed)
    case = (
        replace(question.case, crises=two_towns({"local": LOCAL}).case.crises) if seed == 0 else question.case
    )
    other = replace(question, case=case).but(
        **{
            "horizon.years": [],
            "horizon.need_growth": 0.03,
            "horizon.debt_cost": 0.5,
            "crisis.scenarios": [],
            "crisis.shortage_price": 9.0,
        }
    )
    for method in ("plain", "decomposed"):
        before, after = question.solve(method).outcome, other.solve(method).outcome
        assert (before.status, before.objective, before.bound) == (after.status, after.objective, after.bound)


@pytest.mark.parametrize("seed", SEEDS)
def test_years_like_the_first_change_nothing(seed: int) -> None:
    question = random_question(seed).but(**{**STILL, "horizon.years": ["2050"]})
    codes = question.case.codes
    still = grown(question, {code: {2050: (1.0, 1.0)} for code in codes})
    limit = {"pool.ordinary_million_yen": 1e6, "nation.limit_million_yen": 1e7}
    many, one = still.but(**limit).solve("plain"), still.but(**limit, **{"horizon.years": []}).solve("plain")
    assert many.outcome.status == one.outcome.status
    if one.accounts is not None:
        assert many.outcome.objective == pytest.approx(one.outcome.objective, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_tighter_rule_in_later_years_never_lowers_cost(seed: int) -> None:
    question = random_question(seed).but(**{"equity.adequacy_floor": "off", "discipline.balance": False})
    costs = []
    for floor in (0.0, 0.8, 0.95, 1.05):
        result = question.but(**{"equity.adequacy_floor": floor}).solve("plain")
        costs.append(result.outcome.objective if result.accounts is not None else float("inf"))
    assert costs == sorted(costs)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_phases_cost_no_more_than_one(seed: int) -> None:
    question = random_question(seed, phases=True)
    twice, once = question.solve(), question.but(**{"horizon.second_phase_year": 0}).solve()
    if once.accounts is not None and twice.outcome.status == "optimal":
        assert twice.outcome.objective <= once.outcome.objective * (1 + 1e-9)


def test_debt_dearer_to_carry_costs_more() -> None:
    cheap, dear = (
        ageing_town(**{"horizon.debt_cost": cost}).optimum("plain").objective for cost in (0.01, 0.05)
    )
    assert dear > cheap


def test_what_waiting_costs_is_told_course_by_course() -> None:
    # the plan moves fire at once (unit 20, saving 50 today, 87 in 2050); waiting until 2050 costs 30 x weight of 2022
    result = phased(20.0, 0.02).solve()
    by_course = {(a.decided_for, a.from_year): a.accounts for a in result.courses}
    assert set(by_course) == {(TODAY, 2022), (PLAN, 2022), (PLAN, 2050), ("2022", 2022), ("2050", 2022)}
    plan = by_course[PLAN, 2022]
    assert result.accounts is not None and plan.objective == pytest.approx(result.accounts.objective)
    horizon = result.instance.horizon
    assert horizon is not None
    late: Accounts = by_course[PLAN, 2050]
    assert late.objective - plan.objective == pytest.approx(30.0 * float(horizon.weight[0]))
    table = result.tables["waiting"]
    assert set(table["year"]) == {"all", "2022", "2050"}
    assert (table["rules_broken"] == 0).all()


def test_a_session_answers_two_phases_too() -> None:
    question = phased(60.0, 0.02, 2050)
    with given_curves(question.curves):
        result = Session(question.case, limits=EXACT).solve(question.package)
    assert result.outcome.objective == pytest.approx(question.optimum().objective, rel=1e-12)


def test_the_tables_tell_every_year() -> None:
    result = phased(60.0, 0.02, 2050).solve()
    tables = result.tables
    assert list(tables["horizon"]["year"]) == [2022, 2050]
    assert list(tables["horizon"]["phase"]) == [1, 2]
    weighted = tables["horizon"]["weight"] @ (
        tables["horizon"]["total_million_yen"] + tables["horizon"]["debt_cost_million_yen"]
    )
    assert weighted == pytest.approx(result.outcome.objective)
    second = tables["responsibility_second"].set_index("service")["tier"]
    assert second["fire"] == "prefecture"
    assert tables["responsibility"].set_index("service")["tier"]["fire"] == "municipality"
    coverage = tables["horizon_coverage"]
    assert set(coverage["tier"]) == {"municipality", "prefecture"}
    assert len(tables["horizon_governments"]) == 2 * len(result.instance.case.governments)
