"""Pairs left out before the model is built: exactly where no budget needs them, else on call."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts
from optimization.model.columns import Columns, columns
from optimization.model.model import build_model
from optimization.model.screening import Screening, balance_margin, screen
from optimization.outcome.master import MasterProblem
from optimization.outcome.pricing import LeftOut
from optimization.outcome.starting import Start
from optimization.solving.highs import Outcome, Status, solve
from optimization.solving.residual import fix
from optimization.solving.standard_form import StandardForm, compile_model
from tests.model.random_case import decisions, random_question
from tests.small_case import EXACT, Prefecture, Service, Small, Town, small


def poor_and_rich(travel_yen: float = 65.0, **changes: object) -> Small:
    """Adjustment rate 20%. The poor town (taxes 40) gets 80 - 30 = 50 and has 90 for a need of 100, the
    rich one 200. Together (slope 1, equal size) each pays 50; 10,000 people travel 2 x 10 km a hundred
    times: 100 x 10,000 x 2 x 10 km x 6.5 yen = 130. Society loses 30, the poor town is saved."""
    return small(
        [
            Town("01201", 10_000, {"fire": 100.0}, base=40.0, full=0.0, east_km=0.0),
            Town("01202", 10_000, {"fire": 100.0}, base=200.0, full=0.0, east_km=10.0),
        ],
        [
            Service(
                "fire",
                wide=True,
                slope=1.0,
                tiers=("prefecture",),
                parameters={"trips_to_seat": 10.0, "unit_fixed_cost_million_yen": 150.0},
            )
        ],
        [Prefecture("01", other=1.0, base=1000.0)],
        parameters={"travel_cost_yen_per_person_km": travel_yen},
        bodies={"both": ["01201", "01202"]},
        adjustment_rate=0.2,
        changes={"wide_area.services": ["fire"], "discipline.balance": True, **changes},
    )


WAY_OUT = {
    "rules.groups": "free",
    "responsibility.free_services": ["fire"],
    "responsibility.free_tiers": ["prefecture"],
}


def full_list(question: Small) -> float:
    """Optimal value with every reachable pair in the model; infinite when there is none."""
    return solve(question.form(keep_dominated=True), EXACT).objective


def test_without_balance_a_dominated_pair_is_left_out_for_good() -> None:
    question = poor_and_rich(**{"discipline.balance": False})
    screening = question.columns().screening
    assert (len(screening.kept[0]), len(screening.reserve[0]), screening.removed) == (0, 0, 1)
    assert [question.optimum().objective, full_list(question)] == pytest.approx([200.0] * 2)


def test_a_pair_that_saves_society_money_is_kept() -> None:
    screening = poor_and_rich(travel_yen=40.0).columns().screening  # 100 + 80 < 200
    assert (len(screening.kept[0]), screening.removed) == (1, 0)


@pytest.mark.parametrize("method", ["plain", "decomposed"])
def test_a_dear_pair_comes_back_where_it_saves_a_poor_town(method: str) -> None:
    """Alone the poor town cannot pay: the package is possible only with the body, at 100 + 130."""
    question = poor_and_rich()
    screening = question.columns().screening
    assert (len(screening.kept[0]), len(screening.reserve[0]), screening.removed) == (0, 1, 0)
    assert screening.tight.tolist() == [True, False]
    accounts = question.optimum(method)
    assert accounts.decision.joint == ((0, 0),)
    assert [accounts.objective, full_list(question)] == pytest.approx([230.0] * 2)


@pytest.mark.parametrize("method", ["plain", "decomposed"])
def test_a_dear_pair_comes_back_by_its_reduced_cost_when_there_is_another_way_out(method: str) -> None:
    """The prefecture could take the poor town over: 100 + 100 + travel 130 to the branch + unit 150. The
    program is feasible without the pair, and only its reduced cost tells that 230 is possible."""
    question = poor_and_rich(**WAY_OUT)
    table = question.columns()
    form = compile_model(build_model(table))
    relaxed = solve(form, EXACT, relax=True)
    without = solve(form, EXACT)
    assert relaxed.row_duals is not None and without.status is Status.OPTIMAL
    assert without.objective > 230.0 + 1.0
    assert reserve_costs(table, form, relaxed.row_duals)[0] < 0
    accounts = question.optimum(method)
    assert accounts.decision.joint == ((0, 0),)
    assert [accounts.objective, full_list(question)] == pytest.approx([230.0] * 2)


def test_the_margin_is_what_the_worst_formula_leaves() -> None:
    """Kept taxes less the cut of need: 0.25 x 40 - 0.2 x 100 = -10, 0.25 x 200 - 20 = 30; at a counted
    share of up to 80% and unit costs down to 0.9: 0.2 x 40 - (1 - 0.8 x 0.9) x 100 = -20 and 12."""
    assert balance_margin(poor_and_rich().instance) == pytest.approx([-10, 30])
    worse = {"formula.counted_share": [0.7, 0.8], "formula.unit_cost_revision": [0.9, 1.0]}
    assert balance_margin(poor_and_rich(**worse).instance) == pytest.approx([-20, 12])


def test_no_town_that_acts_alone_is_left_with_less_than_its_margin() -> None:
    for seed in range(6):
        instance = random_question(seed).instance
        margin, at = balance_margin(instance), instance.municipal_government
        for decision in decisions(instance):
            if not decision.joint:
                accounts = Accounts(instance, replace(decision, counted=instance.tax.counted[1]))
                left = (accounts.funds - accounts.spending)[at]
                assert (left >= margin - 1e-9).all(), seed


def test_the_wards_of_tokyo_may_need_a_body_for_what_burdens_their_prefecture() -> None:
    """Prefecture and wards are one account: need and revenue 200, no grant. Rescue goes to the bloc, whose
    unit of 30 the account cannot pay, unless the wards save 50 of their fire in a body that costs society
    230 instead of 200."""
    question = small(
        [
            Town("13100", 10_000, {"fire": 100.0}, base=0.0, full=100.0, kind="wards"),
            Town("13201", 10_000, {"fire": 100.0}, base=400.0, full=0.0, east_km=10.0),
        ],
        [
            Service("fire", wide=True, slope=1.0, parameters={"trips_to_seat": 10.0}),
            Service(
                "rescue",
                home="prefecture",
                tiers=("bloc",),
                parameters={"unit_fixed_cost_million_yen": 30.0},
            ),
        ],
        [Prefecture("13", need={"rescue": 10.0}, other=90.0, base=0.0, full=100.0)],
        parameters={"travel_cost_yen_per_person_km": 65.0},
        bodies={"both": ["13100", "13201"]},
        changes={
            "wide_area.services": ["fire"],
            "discipline.balance": True,
            "responsibility.fix": {"rescue": "bloc"},
        },
    )
    assert question.columns().screening.tight.tolist() == [True, False]
    accounts = question.optimum()
    assert accounts.decision.joint == ((0, 0),)
    assert [accounts.objective, full_list(question)] == pytest.approx([100 + 130 + 10 + 30] * 2)


@cache
def with_reserve() -> list[int]:
    """The first seeds whose questions hold pairs back."""
    found: list[int] = []
    for seed in range(200):
        if len(random_question(seed).columns().screening.reserve[0]):
            found.append(seed)
        if len(found) == 12:
            break
    return found


@pytest.mark.parametrize("n", range(12))
def test_the_reserve_loop_finds_what_the_full_list_finds(n: int) -> None:
    question = random_question(with_reserve()[n])
    expected = full_list(question)
    for method in ("plain", "decomposed"):
        found = question.solve(method).outcome.objective
        assert found == pytest.approx(expected, rel=1e-6) or found == expected == np.inf, with_reserve()[n]


def test_without_balance_the_short_list_finds_what_the_full_list_finds() -> None:
    tested = 0
    for seed in range(20):
        question = random_question(seed).but(**{"discipline.balance": False})
        screening = question.columns().screening
        assert len(screening.reserve[0]) == 0
        if screening.removed and tested < 5:
            found, expected = question.solve().outcome.objective, full_list(question)
            assert found == pytest.approx(expected, rel=1e-6) or found == expected == np.inf, seed
            tested += np.isfinite(expected)
    assert tested == 5


def test_a_reduced_cost_never_promises_more_than_the_pair_can_cost() -> None:
    """The bound that the loop relies on: with one reserve pair forced into the relaxation its value is at
    least the relaxation without it plus the pair's reduced cost."""
    tested = 0
    for seed in with_reserve():
        question = random_question(seed)
        screening, table, form, relaxed = relaxed_without_reserve(question)
        if relaxed.row_duals is None:
            continue
        costs = reserve_costs(table, form, relaxed.row_duals)
        for n, cost in enumerate(costs[:2]):
            wider = columns(question.instance, screening, with_reserve_pair(screening, n))
            model = build_model(wider)
            with_pair = compile_model(model)
            names = [variable.name for variable in with_pair.variables]
            position = np.array([names.index(f"v[{len(wider.pair_body) - 1}]")])
            forced = solve(fix(with_pair, position, np.ones(1)), EXACT, relax=True)
            assert forced.objective >= relaxed.objective + cost - 1e-6 * abs(relaxed.objective)
            tested += 1
    assert tested >= 8


def test_the_reduced_cost_is_cost_less_duals_times_the_pairs_column() -> None:
    """Against the column that the pair has in the wider model, rows matched by what they stand for."""
    tested = 0
    dearer = poor_and_rich(**WAY_OUT, **{"weights.coordination": 1.5})
    for question in [poor_and_rich(**WAY_OUT), dearer, *map(random_question, with_reserve())]:
        screening, table, form, relaxed = relaxed_without_reserve(question)
        if relaxed.row_duals is None:
            continue
        dual = {meaning(row, table): y for row, y in zip(form.constraints, relaxed.row_duals, strict=True)}
        costs = reserve_costs(table, form, relaxed.row_duals)
        for n, cost in enumerate(costs):
            wider = columns(question.instance, screening, with_reserve_pair(screening, n))
            other = compile_model(build_model(wider))
            names = [variable.name for variable in other.variables]
            at = names.index(f"v[{len(wider.pair_body) - 1}]")
            seen = {**dual, ("R3", pair_of(wider, -1)): 0.0}
            for place, x in zip(wider.alone, range(len(wider.alone)), strict=True):
                if ("R2", place) not in seen:  # alone as cheap as its row allows: the reduced cost of x is 0
                    alone = names.index(f"x[{x}]")
                    rest = [pair for pair in entries(other, wider, alone) if pair[0] != ("R2", place)]
                    seen["R2", place] = other.cost[alone] - sum(a * seen.get(row, 0.0) for row, a in rest)
            rows = entries(other, wider, at)
            direct = other.cost[at] - sum(a * seen[row] for row, a in rows)
            assert cost == pytest.approx(direct, abs=1e-6), n
            tested += any(rule == "D1" and abs(seen[rule, index]) > 1e-6 for (rule, index), _ in rows)
    assert tested >= 2


def relaxed_without_reserve(question: Small) -> tuple[Screening, Columns, StandardForm, Outcome]:
    """The relaxation of a question on its kept pairs, and what it was made of."""
    screening = screen(question.instance)
    table = columns(question.instance, screening)
    form = compile_model(build_model(table))
    return screening, table, form, solve(form, EXACT, relax=True)


def pair_of(table: Columns, n: int) -> tuple[int, int]:
    """Body and service of pair n."""
    return int(table.pair_body[n]), int(table.pair_service[n])


def entries(form: StandardForm, table: Columns, column: int) -> list[tuple[tuple[str, Any], float]]:
    """Rows of a column by their meaning, with their coefficients."""
    found = form.matrix[:, [column]].tocoo()
    return [(meaning(form.constraints[r], table), a) for r, a in zip(found.row, found.data, strict=True)]


def meaning(row: Any, table: Columns) -> tuple[str, Any]:
    """A row by its rule and what it is about: R2 by its place, R3 by its body and service."""
    rule, index = row.parent_component().local_name, row.index()
    if rule == "R2":
        return rule, table.alone[index]
    if rule == "R3":
        return rule, pair_of(table, index)
    return rule, index


def test_only_a_pair_of_the_reserve_can_rescue_an_impossible_program() -> None:
    question = poor_and_rich()
    table = question.columns()
    form = compile_model(build_model(table))
    assert solve(form, EXACT, relax=True).status is Status.INFEASIBLE
    assert left_out(table, form).may_rescue and left_out(table, form).everything().tolist() == [True]
    wider = columns(question.instance, table.screening, np.array([True]))
    outside = left_out(wider, compile_model(build_model(wider)))
    assert not outside.may_rescue and not outside.any


def left_out(table: Columns, form: StandardForm) -> LeftOut:
    """The pairs left out of a model, exactly priced in one process."""
    return LeftOut(MasterProblem(table, form.owner, form), Start(np.zeros(0, dtype=bool), []), 0.0, 1)


def reserve_costs(table: Columns, form: StandardForm, duals: np.ndarray) -> np.ndarray:
    """Reduced costs of the pairs of the reserve, in its order."""
    return left_out(table, form).reduced_costs(duals)[table.screening.reserve]


def with_reserve_pair(screening: Screening, n: int) -> np.ndarray:
    """All kept pairs and one of the reserve."""
    inside = np.arange(len(screening.listed[0])) < len(screening.kept[0])
    inside[len(screening.kept[0]) + n] = True
    return inside
