"""What decisions and limits are worth, against questions asked from the beginning and lists of all decisions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.explain.limits import limits_of
from optimization.explain.prices import derivative, forced_tiers, given_back, shadow_prices
from optimization.explain.words import plan_sentences, threshold_sentence
from optimization.ledger.phases import restricted
from optimization.outcome.in_place import rewritten, under
from optimization.outcome.run import answer
from optimization.outcome.session import Session
from optimization.outcome.solve import solve
from optimization.outcome.terms import Terms
from optimization.solving.highs import Limits
from optimization.solving.highs import solve as solve_form
from tests.model.random_case import best, random_question
from tests.seeds import seeds
from tests.small_case import EXACT, given_curves

IWATE = ("03",)
LIMITED = Limits(gap=3e-5, seconds=60.0, threads=1)


@cache
def japan() -> Case:
    return load_case(DEFAULT_CASE)


@cache
def iwate() -> Session:
    case = japan()
    session = Session(case, IWATE, LIMITED)
    package = load_package(case, "role_division", IWATE)
    changed = {**package.settings, "discipline.own_source_floor_municipal": 0.9}
    session.solve(replace(package, settings=changed))
    return session


@cache
def prices() -> pd.DataFrame:
    return shadow_prices(iwate())


@cache
def forced() -> pd.DataFrame:
    return forced_tiers(iwate(), ("registry",))


@cache
def back() -> pd.DataFrame:
    return given_back(teaching())


@cache
def teaching() -> Session:
    case = load_case("inputs/iwate-2022")
    session = Session(case, limits=LIMITED)
    session.solve(load_package(case, "role_division"))
    return session


def test_a_change_saves_no_less_than_where_all_else_is_decided_anew() -> None:
    """Every change has its row; with the duty given back and all else decided anew the least cost is no more than with
    the others kept."""
    last = teaching().last
    instance, plan = last.instance, last.result.accounts
    assert plan is not None
    moved = {d for d, t in plan.decision.tier.items() if t != instance.groups.home[d[0]]}
    names, labels = list(instance.services), list(instance.groups.labels)
    rows = list(back().itertuples())
    assert {(names.index(row.service), labels.index(row.rule_group)) for row in rows} == moved
    for row in rows[::6]:
        duty = names.index(row.service), labels.index(row.rule_group)
        anew = teaching().holding({duty: row.tier_today})
        assert row.saving_million_yen >= anew.bound - plan.objective - 0.5


def test_a_shadow_price_is_what_solving_again_from_the_beginning_says() -> None:
    session = iwate()
    package, base = session.last.result.package, session.last.result.outcome
    tried = prices()[prices()["side"] == "tighter"]
    assert len(tried) >= 4
    for _, row in tried.iterrows():
        settings = {**package.settings, row["setting"]: row["value"] + row["step"]}
        again = solve(japan(), replace(package, settings=settings), IWATE, LIMITED)
        if again.accounts is None:
            assert np.isnan(row["change_million_yen"])
            continue
        # both optima lie within their gaps: the two differences can be no farther apart than these
        room = 2 * LIMITED.gap * base.objective
        assert again.outcome.objective - base.objective == pytest.approx(row["change_million_yen"], abs=room)
        assert row["at_least_million_yen"] <= row["change_million_yen"] <= row["at_most_million_yen"]
        assert row["price_per_unit"] == pytest.approx(row["change_million_yen"] / row["step"])


def test_a_tighter_limit_never_pays_and_a_looser_one_never_costs() -> None:
    for side, sign in (("tighter", 1), ("looser", -1)):
        rows = prices()[prices()["side"] == side]
        assert (sign * rows["change_million_yen"].dropna() >= -LIMITED.gap * 1e6).all()
    assert (~prices()["within_the_gap"]).any(), "no limit has a price: the test has become empty"


def test_the_dual_of_the_relaxation_lies_between_the_slopes_of_its_value_to_either_side() -> None:
    session = iwate()
    last = session.last
    package = last.result.package
    relaxed = solve_form(last.problem.form, LIMITED, relax=True)
    assert relaxed.values is not None and relaxed.row_duals is not None
    seen = 0
    for limit in limits_of(package):
        if limit.key not in prices()["setting"].to_numpy() or not limit.direction:
            continue
        slope = derivative(session, package, limit, relaxed.values, relaxed.row_duals)
        step = 1e-5 * max(1.0, abs(limit.value(package.settings)))
        slopes: list[float] = []
        for sign in (1.0, -1.0):
            settings = limit.at(package.settings, limit.value(package.settings) + sign * step)
            form = rewritten(
                last.problem.form, last.problem.model, under(last.problem.columns, settings), {limit.key}
            )
            assert form is not None
            value = solve_form(form, LIMITED, relax=True).objective
            if np.isfinite(value):
                slopes.append(sign * (value - relaxed.objective) / step)
        rewritten(last.problem.form, last.problem.model, last.problem.columns, {limit.key})
        room = 1e-3 + 0.02 * max(map(abs, slopes))
        assert min(slopes) - room <= slope <= max(slopes) + room, limit.key
        seen += abs(slope) > 1e-6
    assert seen >= 1


def test_forcing_a_tier_costs_what_the_question_with_that_tier_alone_says() -> None:
    session = iwate()
    last = session.last
    names, labels = list(last.instance.services), list(last.instance.groups.labels)
    assert len(forced()) >= 6
    for _, row in forced().iterrows():
        duty = names.index(row["service"]), labels.index(row["rule_group"])
        alone = restricted(last.instance, {duty: (row["forced_tier"],)})
        again = answer(alone, last.result.package, Terms(LIMITED, "decomposed")).result
        room = 2 * LIMITED.gap * last.result.outcome.objective
        change = again.outcome.objective - last.result.outcome.objective
        assert change == pytest.approx(row["forced_cost_million_yen"], abs=room)


@pytest.mark.parametrize("seed", seeds(2, 9))
def test_forced_tiers_agree_with_a_list_of_all_decisions(seed: int) -> None:
    question = random_question(seed)
    least = best(question.instance)
    with given_curves(question.curves):
        session = Session(question.case, (), EXACT)
        result = session.solve(question.package)
        if least is None or result.accounts is None:
            assert (least is None) == (result.accounts is None)
            return
        table = forced_tiers(session)
    names, labels = list(question.instance.services), list(question.instance.groups.labels)
    for _, row in table.iterrows():
        duty = names.index(row["service"]), labels.index(row["rule_group"])
        other = best(restricted(question.instance, {duty: (row["forced_tier"],)}))
        if other is None:
            assert np.isnan(row["forced_cost_million_yen"])
        else:
            expected: Any = pytest.approx(other.objective - least.objective, abs=1e-6 * least.objective)
            assert row["forced_cost_million_yen"] == expected


def test_the_sentences_name_the_dearest_change_and_every_price() -> None:
    text = " ".join(
        plan_sentences(iwate().last.result, forced_tiers=forced(), given_back=back(), shadow_prices=prices())
    )
    dearest = forced().sort_values("forced_cost_million_yen").iloc[-1]
    assert f"{dearest['service']} of {dearest['rule_group']}" in text
    for _, row in prices()[~prices()["within_the_gap"]].iterrows():
        assert row["setting"] in text


def test_changes_that_save_too_little_are_named_and_else_it_is_said_that_none_is() -> None:
    result = teaching().last.result
    settings = {**result.instance.settings, "choice.change_threshold_million_yen": 100.0}
    asked = replace(result, instance=replace(result.instance, settings=settings))
    table = pd.DataFrame(
        [
            ("fire", "town", "municipality", "prefecture", 250.0),
            ("waste", "city", "municipality", "prefecture", 40.0),
        ],
        columns=["service", "rule_group", "tier_today", "tier", "saving_million_yen"],
    )
    assert list(threshold_sentence(result, table)) == []
    (poor,) = threshold_sentence(asked, table)
    assert poor.startswith("1 of 2 changes save less than the 100 million") and "waste of city (40.0)" in poor
    (none,) = threshold_sentence(asked, table[:1])
    assert none.startswith("All 1 changes")
