"""Sensitivity: the factors, the draws, and what is made of their answers."""

from __future__ import annotations

import operator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE, INPUTS, load_package
from optimization.case.load import load_case
from optimization.case.overlay import overlay
from optimization.case.parameters import UNSURE
from optimization.dictionary.settings import load_settings
from optimization.ledger.factors import Factor, Number, factors_of
from optimization.outcome.verdict import NoPlanError
from optimization.studies.overturns import LEVELS
from optimization.studies.sensitivity import (
    analyse,
    bodies,
    design,
    effects,
    mark,
    overturns,
    recommendations,
)
from optimization.studies.study import Study, resolved

pytest.importorskip("SALib")


@cache
def japan() -> Case:
    return load_case(DEFAULT_CASE)


def number(key: str, low: float = 0.0, central: float = 1.0, high: float = 4.0) -> Number:
    return Number(key, low, central, high, "ratio", "assumption", "the tests")


FACTORS = (
    Factor("price", (number("price"),), setting=True),
    Factor("shares", (number("a.share"), number("b.share"))),
    Factor("idle", (number("idle"),)),
)


def test_a_level_runs_from_the_low_end_through_the_centre_to_the_high_end() -> None:
    assert [number("x").at(level) for level in (0.0, 0.25, 0.5, 0.75, 1.0)] == [0.0, 0.5, 1.0, 2.5, 4.0]
    assert Number("n", 1, 3, 5, "bodies", "assumption", "", whole=True).at(0.3) == 2


def test_every_number_marked_as_an_assumption_is_varied_or_says_why_not() -> None:
    case = japan()
    package = load_package(case, "role_division")
    factors, table = factors_of(case, package)
    marked = case.parameters.table["mark"].isin(UNSURE).sum()
    settings = [key for key, s in load_settings().items() if s.mark == "assumption"]
    assert len(table) == marked + len(settings)
    assert set(settings) <= set(table["key"])
    assert (table["varied"] == (table["why_not"] == "")).all()
    assert sum(len(factor.numbers) for factor in factors) == table["varied"].sum()
    left = set(table.loc[~table["varied"], "factor"])
    assert "surge_infection" in left and "national_share" not in left
    with_crises, _ = factors_of(case, load_package(case, "crisis_ready"))
    assert "surge_infection" in {factor.name for factor in with_crises}


def test_a_draw_is_a_package_with_the_values_of_its_levels() -> None:
    case = japan()
    package = load_package(case, "role_division")
    factors, _ = factors_of(case, package)
    plan = design(factors, "tornado", 0, 0)
    assert len(plan.levels) == 1 + len(factors) * len(LEVELS)
    assert plan.cell("role_division", 0).varied == {"packages": "role_division"}
    f = [factor.name for factor in factors].index("travel_cost_yen_per_person_km")
    low = plan.cell("role_division", 1 + f * len(LEVELS))
    assert dict(low.assumptions) == {"travel_cost_yen_per_person_km": 30.0} and not low.settings
    assert resolved(case, low).assumptions["travel_cost_yen_per_person_km"] == 30.0


def test_what_the_nation_pays_today_follows_the_assumed_shares() -> None:
    """The default of the national limit is today's outlay: with other shares it is another."""
    case = japan()
    package = load_package(case, "role_division")
    factors, _ = factors_of(case, package)
    plan = design(factors, "tornado", 0, 0)
    f = [factor.name for factor in factors].index("national_share")
    high = resolved(case, plan.cell("role_division", (f + 1) * len(LEVELS)))
    key = "nation.limit_million_yen"
    assert high.settings[key] == pytest.approx(case.with_parameters(high.assumptions).defaults[key])
    assert high.settings[key] > package.settings[key]


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_draws_repeat_with_their_seed_and_move_the_numbers_of_a_factor_together_in_morris(
    method: str,
) -> None:
    plan = design(FACTORS, method, 60, 5)
    assert (plan.levels == design(FACTORS, method, 60, 5).levels).all()
    assert (plan.levels[0] == 0.5).all() and plan.levels.min() >= 0 and plan.levels.max() <= 1
    assert len(plan.levels) <= 61
    if method == "morris":
        steps = np.diff(plan.levels[1:5], axis=0) != 0
        assert (steps[:, 1] == steps[:, 2]).all() and (steps.any(axis=1)).all()


def answers_of(levels: np.ndarray) -> list[dict[str, Any]]:
    """A plan whose cost is 10 x price + 3 x (a + b), and in which duty s/k goes to the nation above a price level .6
    and the body joins where a is below .9."""
    rows = []
    for price, a, b, _ in levels:
        cost = 10 * price + 3 * (a + b)
        rows.append(
            {
                "status": "optimal",
                "gap": 0.0,
                "objective_million_yen": cost,
                "tiers": {"s/k": "nation" if price > 0.6 else "prefecture", "t/k": "prefecture"},
                "bodies": ["1+2"] if a < 0.9 else [],
            }
        )
    return rows


def test_a_tornado_tells_the_ends_the_turning_point_and_nothing_of_what_is_idle() -> None:
    plan = design(FACTORS, "tornado", 0, 0)
    rows = answers_of(plan.levels)
    table = effects(plan, rows, 0)
    cost = table[table["output"] == "cost_million_yen"].set_index("factor")
    assert list(cost.index) == ["price", "shares", "idle"]
    assert cost.loc["price", ["central", "at_low", "at_high", "width"]].tolist() == [8.0, 3.0, 13.0, 10.0]
    assert cost.loc["idle", "width"] == 0.0
    turned = overturns(plan, rows)
    (found,) = turned.to_dict("records")
    assert (found["service"], found["tier"], found["becomes"], found["factor"]) == (
        "s",
        "prefecture",
        "nation",
        "price",
    )
    # .625 is the first level above .6: its value is 1 + .25 x 3
    assert (found["holds_at_level"], found["overturned_at_level"]) == (0.5, 0.625)
    assert (found["holds_at_value"], found["overturned_at_value"]) == (1.0, 1.75)


def test_a_recommendation_is_marked_by_the_share_of_joint_draws_in_which_it_holds() -> None:
    plan = design(FACTORS, "sobol", 2_000, 1)
    rows = answers_of(plan.levels)
    table = recommendations(plan, rows).set_index("service")
    # price levels are even between 0 and 1, and the duty turns above .6; the body joins where a level is below .9
    assert table.loc["s", "share_of_draws"] == pytest.approx(0.6, abs=0.02)
    assert (table.loc["s", "mark"], table.loc["s", "rival_tier"]) == ("open", "nation")
    assert (table.loc["t", "share_of_draws"], table.loc["t", "mark"]) == (1.0, "firm")
    assert list(bodies(plan, rows)["mark"]) == ["likely"]
    assert set(table["overturned_by"]) == {""}
    assert [mark(x) for x in (0.95, 0.94, 0.8, 0.79)] == ["firm", "likely", "likely", "open"]


def test_a_tornado_says_what_overturns_and_comforts_nobody() -> None:
    """Four of 25 draws turn the duty: that share is no likelihood, and what none of them turns is not firm."""
    plan = design(FACTORS, "tornado", 0, 0)
    rows = answers_of(plan.levels)
    table = recommendations(plan, rows).set_index("service")
    assert (table.loc["s", "mark"], table.loc["s", "overturned_by"]) == ("overturned", "price at 1.75 ratio")
    assert (table.loc["t", "mark"], table.loc["t", "overturned_by"]) == ("tested_alone", "")
    (body,) = bodies(plan, rows).to_dict("records")
    assert (body["mark"], body["overturned_by"]) == ("overturned", "shares at 1 of its ranges")
    assert not {"firm", "likely", "open"} & {*table["mark"], body["mark"]}


def test_what_must_move_least_is_named_first() -> None:
    factors = tuple(Factor(name, (number(name),)) for name in ("w", "x", "y", "z"))
    plan = design(factors, "tornado", 0, 0)
    limits = {"w": 0.95, "x": 0.7, "y": 0.8, "z": 0.6}
    rows = [
        {"tiers": {"s/k": "b" if any(map(operator.gt, level, limits.values())) else "a"}, "bodies": []}
        for level in plan.levels
    ]
    said = recommendations(plan, rows)["overturned_by"][0]
    assert said == "z at 1.75 ratio; x at 2.5 ratio; y at 3.25 ratio; and 1 more"


def test_sobol_shares_of_a_straight_line_are_those_of_its_slopes() -> None:
    """Var = 100/12 + 9/12 + 9/12: price 100/118, the shares together 18/118, idle 0."""
    plan = design(FACTORS, "sobol", 8_000, 1)
    table = effects(plan, answers_of(plan.levels), 1)
    cost = table[table["output"] == "cost_million_yen"].set_index("factor")
    assert cost.loc["price", "first_order"] == pytest.approx(100 / 118, abs=0.03)
    assert cost.loc["shares", "total"] == pytest.approx(18 / 118, abs=0.03)
    assert cost.loc["idle", "total"] == pytest.approx(0.0, abs=1e-9)


def test_morris_ranks_factors_and_names_what_overturns() -> None:
    plan = design(FACTORS, "morris", 200, 1)
    rows = answers_of(plan.levels)
    cost = effects(plan, rows, 1).query("output == 'cost_million_yen'")
    assert list(cost["factor"]) == ["price", "shares", "idle"]
    # a step of two thirds of a level moves the cost by ten times as much per level, and the two shares by six at most
    assert cost["mu_star"].iloc[0] == pytest.approx(10.0) and 0 < cost["mu_star"].iloc[1] <= 6.0 + 1e-9
    first = overturns(plan, rows).iloc[0]
    assert (first["service"], first["factor"]) == ("s", "price")
    assert first["correlation_of_level_and_holding"] < -0.5


def test_an_analysis_of_the_teaching_case_continues_and_repeats(tmp_path: Path) -> None:
    case = load_case(INPUTS / "iwate-2022")
    package = load_package(case, "status_quo")
    study = Study("s", "", (), 1e-2, 60.0, "auto", 0, ())
    seen: list[int] = []

    def run() -> pd.DataFrame:
        found = analyse(
            case, package, study, "morris", 2, tmp_path, 2, "",
            lambda done, total, failed: seen.append(done),
            only=("detour_factor", "travel_cost_yen_per_person_km"),
        )  # fmt: skip
        assert found.unsettled == 0 and len(found.tables["draws"]) == found.draws
        assert set(found.tables["recommendations"]["share_of_draws"]) == {1.0}  # no tier is free
        return found.tables["draws"]

    first = run()
    # the first answer is that of the centre, which is given before anything is told: it stays
    lost = sorted((tmp_path / "cells").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)[-3:]
    for path in lost:
        path.unlink()
    seen.clear()
    pd.testing.assert_frame_equal(first, run())
    assert seen[0] == len(first) - 3


def test_a_package_without_a_plan_has_nothing_to_test(tmp_path: Path) -> None:
    case = load_case(INPUTS / "iwate-2022")
    small = tmp_path / "small.toml"
    small.write_text(overlay("small", "t", ("x", "x"), {"pool.ordinary_million_yen": 1.0}), encoding="utf-8")
    study = Study("s", "", (), 1e-2, 60.0, "auto", 0, ())
    package = load_package(case, ["status_quo", small])
    with pytest.raises(NoPlanError, match="no plan .infeasible.: at the central values .*pool") as caught:
        analyse(case, package, study, "tornado", 2, tmp_path / "out", 1, "", lambda *a: None)
    assert caught.value.worth.exit_code == 3
