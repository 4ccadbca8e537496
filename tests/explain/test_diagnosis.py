"""Diagnoses against lists of all decisions, against arithmetic, and on the teaching case."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from optimization.explain import feasibility
from optimization.explain.diagnosis import Diagnosis, diagnose
from optimization.explain.feasibility import SETTLED, Rung, least_miss, relaxation
from optimization.explain.folder import write_diagnosis
from optimization.explain.limits import limits_of
from optimization.explain.words import sentences
from optimization.rules.quantities import Scope
from optimization.solving.highs import Limits, Outcome, Status, solve
from optimization.solving.standard_form import StandardForm
from tests.model.random_case import best, random_question
from tests.seeds import seeds
from tests.small_case import Prefecture, Service, Small, Town, given_curves, small
from tests.solving.programs import program

COUNT = 26
SEEDS = seeds(7, COUNT)


def diagnosed(question: Small) -> Diagnosis:
    with given_curves(question.curves):
        return diagnose(question.case, question.package)


@cache
def listed(seed: int) -> tuple[Small, Diagnosis, bool]:
    question = random_question(seed)
    return question, diagnosed(question), best(question.instance) is None


def under(question: Small, settings: dict[str, Any]) -> Small:
    changed = {k: v for k, v in settings.items() if question.package.settings[k] != v}
    return question.but(**changed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_package_is_impossible_when_no_listed_decision_keeps_its_limits(seed: int) -> None:
    _, found, impossible = listed(seed)
    assert found.impossible is impossible


@pytest.mark.parametrize("end", [Status.NOTHING, Status.FAILED])
def test_where_a_relaxation_comes_to_no_end_its_least_miss_tells(
    monkeypatch: pytest.MonkeyPatch, end: Status
) -> None:
    """Once it has run out of time, once the solver has given up: the diagnosis is that of when it ends."""
    question = one_town(**{"pool.ordinary_million_yen": 50_000.0})
    expected = diagnosed(question)

    def without_end(form: StandardForm, limits: Limits) -> Outcome:
        stuck = replace(solve(form, limits, relax=True), status=end, values=None)
        assert stuck.status not in SETTLED
        return least_miss(form, limits)

    monkeypatch.setattr(feasibility, "relaxation", without_end)
    found = diagnosed(question)
    assert found.impossible and expected.proven and found.proven
    assert (found.conflict, found.repairs[0].loosenings) == (
        expected.conflict,
        expected.repairs[0].loosenings,
    )


@pytest.mark.parametrize("end", [Status.NOTHING, Status.FAILED])
def test_a_relaxation_without_end_is_asked_for_its_least_miss(
    monkeypatch: pytest.MonkeyPatch, end: Status
) -> None:
    """x + y = 3 with x, y <= 1 misses by 1; x + y = 2 by nothing. Before that it is asked without its costs."""
    whole = feasibility.solve
    asked: list[int] = []

    def stuck(form: StandardForm, limits: Limits, **how: Any) -> Outcome:
        asked.append(len(form.cost))
        found = whole(form, limits, **how)
        return replace(found, status=end, values=None) if len(form.cost) == 2 else found

    monkeypatch.setattr(feasibility, "solve", stuck)
    verdicts = []
    for total in (3.0, 2.0):
        two = program([1.0, 0.0], [([1.0, 1.0], total, total)], upper=1.0)
        verdicts.append(relaxation(two, Limits(threads=1)))
    assert asked == [2, 2, 4, 2, 2, 4]
    assert [each.status for each in verdicts] == [Status.INFEASIBLE, Status.OPTIMAL]
    assert verdicts[0].values is None and verdicts[1].values == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("seed", SEEDS)
def test_without_the_other_limits_the_conflict_stays_and_without_any_of_its_own_it_goes(seed: int) -> None:
    question, found, impossible = listed(seed)
    if not impossible:
        assert not found.conflict
        return
    assert found.proven
    settings = dict(question.package.settings)
    for limit in limits_of(question.package):
        if limit.rows and limit not in found.conflict:
            settings = limit.without(settings)
    assert best(under(question, settings).instance) is None
    for limit in found.conflict:
        if limit.rows:
            assert best(under(question, limit.without(settings)).instance) is not None, limit.label


@pytest.mark.parametrize("seed", SEEDS)
def test_a_repair_makes_a_listed_decision_possible_and_less_does_not(seed: int) -> None:
    question, found, impossible = listed(seed)
    if not impossible:
        return
    for repair in found.repairs:
        assert repair.checked == "by running it"
        if not all(step.limit.rows for step in repair.loosenings):
            continue  # a list holds what such a repair frees at one value only
        assert best(under(question, dict(repair.settings)).instance) is not None
        if len(repair.loosenings) == 1 and repair.loosenings[0].proven is not None:
            step = repair.loosenings[0]
            short = step.limit.at(question.package.settings, step.proven)
            assert best(under(question, short).instance) is None


def test_the_questions_cover_what_they_should() -> None:
    """Impossible packages that counting, the relaxation and only the whole program rule out, and repairs."""
    found = [listed(seed)[1] for seed in range(COUNT) if listed(seed)[2]]
    assert len(found) >= 5 and sum(bool(each.repairs) for each in found) >= 5
    assert {each.rung for each in found} >= {Rung.LINEAR}


def one_town(**changes: Any) -> Small:
    """A town with a need of 100,000 and a revenue of 1, all counted: it must be paid 99,999."""
    return small([Town("01201", 10_000, {"fire": 100_000.0})], [Service("fire")], [Prefecture("01")], changes)


def test_a_pool_too_small_is_told_with_its_figures() -> None:
    """50,000 against 99,999: the repair rounds up to the billion, 100,000."""
    found = diagnosed(one_town(**{"pool.ordinary_million_yen": 50_000.0}))
    assert found.rung is Rung.COUNTING and found.proven
    assert [limit.key for limit in found.conflict if limit.rows] == ["pool.ordinary_million_yen"]
    (step,) = found.repairs[0].loosenings
    assert (step.old, step.new) == (50_000.0, 100_000.0)
    text = " ".join(sentences(found))
    assert "50,000 million yen to 100,000 million yen" in text and "checked by running it" in text


def test_two_limits_that_conflict_are_both_named_and_either_can_give_way() -> None:
    """The town answers for 100,000 and can have 99,999 + 1: coverage 1. The pool allows 90,000, and the formula asks
    less than the need where unit costs fall: adequacy 1 then needs all of it back."""
    question = one_town(
        **{
            "pool.ordinary_million_yen": 90_000.0,
            "equity.adequacy_floor": 1.0,
            "formula.unit_cost_revision": [0.5, 1.0],
        }
    )
    found = diagnosed(question)
    assert {limit.key for limit in found.conflict} == {"pool.ordinary_million_yen", "equity.adequacy_floor"}
    assert {repair.loosenings[0].limit.key for repair in found.repairs} == {
        "pool.ordinary_million_yen",
        "equity.adequacy_floor",
    }
    floor = next(r.loosenings[0] for r in found.repairs if r.loosenings[0].limit.rule == "E1")
    assert floor.new == pytest.approx(0.9, abs=1e-3)  # (90,000 + 1) / 100,000
    pool, floor = found.misses
    assert (pool.scope, pool.total_million_yen) == (Scope.NATION, pytest.approx(9_999.0, rel=1e-3))
    assert (floor.count, floor.total_million_yen) == (1, pytest.approx(10_000.0, rel=1e-3))


def test_a_conflict_of_whole_decisions_alone_is_said_to_be_one() -> None:
    """The town spends 80,000 against 45,001 of its own, .56, and .6 is asked. Moving the fire service to the nation,
    60,000, would do, but the nation may only take on 15,000 beside grants of 35,000 today: a quarter of it, which
    leaves 65,000 to spend and a share of .69."""
    towns = [Town("01201", 10_000, {"fire": 60_000.0, "water": 20_000.0}, full=45_000.0)]
    services = [Service("fire", tiers=("nation",)), Service("water")]
    free = {"responsibility.free_services": "all", "responsibility.free_tiers": ["nation"]}
    limits = {
        "discipline.own_source_floor_municipal": 0.6,
        "nation.limit_million_yen": 15_000.0 + 35_000.0,
        "pool.ordinary_million_yen": 35_000.0,
    }
    found = diagnosed(small(towns, services, [Prefecture("01")], {**free, **limits}))
    assert found.impossible and found.rung is Rung.INTEGER and found.proven
    assert {limit.key for limit in found.conflict} >= {"discipline.own_source_floor_municipal"}
    assert "only whole decisions" in " ".join(sentences(found))
    assert found.repairs


def test_a_possible_package_has_nothing_to_mend() -> None:
    found = diagnosed(one_town())
    assert found.impossible is False and not found.conflict and not found.repairs
    assert "possible" in next(iter(sentences(found)))


def test_a_question_left_open_says_what_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search finds nothing in time the sentences tell of the relaxation, the search and what goes on."""

    def nothing(form: StandardForm, relaxed: Outcome, *_: object) -> Outcome:
        return replace(relaxed, status=Status.NOTHING, values=None)

    monkeypatch.setattr(feasibility, "any_plan", nothing)
    found = diagnosed(one_town())
    assert found.impossible is None and found.rung is Rung.INTEGER
    text = " ".join(sentences(found))
    assert "says nothing" in text and "relaxation has a solution" in text and "--time-limit" in text


def test_the_folder_holds_sentences_figures_and_repairs_to_run(tmp_path: Path) -> None:
    found = diagnosed(one_town(**{"pool.ordinary_million_yen": 50_000.0}))
    write_diagnosis(found, tmp_path / "told")
    record = json.loads((tmp_path / "told" / "diagnosis.json").read_text(encoding="utf-8"))
    assert record["impossible"] and record["rung"] == "counting" and record["proven"]
    assert record["repairs"][0]["changes"][0]["to"] == 100_000.0
    text = (tmp_path / "told" / "diagnosis.md").read_text(encoding="utf-8")
    assert text.startswith("# Why") and "pool.ordinary_million_yen" in text
    repair = (tmp_path / "told" / "repair_1.toml").read_text(encoding="utf-8")
    assert '"pool.ordinary_million_yen" = 100000.0' in repair
