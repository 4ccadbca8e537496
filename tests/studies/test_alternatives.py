"""Alternatives against lists of all decisions, and on the teaching case; keeping and forbidding."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product

import pytest

from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.ledger.phases import restricted
from optimization.outcome.session import Session
from optimization.solving.highs import Limits
from optimization.studies.alternatives import Plan, alternative_plans, differences, open_tiers
from tests.model.random_case import best, random_question
from tests.seeds import seeds
from tests.small_case import EXACT, Small, given_curves

SLACK = 0.1


def statutes(question: Small) -> dict[tuple[str, ...], float]:
    """Least cost of every statute that has a plan, by its tiers in the order of the duties."""
    options = question.instance.groups.options
    found = {}
    for tiers in product(*options.values()):
        alone = {duty: (tier,) for duty, tier in zip(options, tiers, strict=True)}
        accounts = best(restricted(question.instance, alone))
        if accounts is not None:
            found[tiers] = accounts.objective
    return found


@pytest.mark.parametrize("seed", seeds(5, 10))
def test_every_plan_is_within_the_slack_and_none_could_be_farther_than_proven(seed: int) -> None:
    question = random_question(seed)
    listed = statutes(question)
    with given_curves(question.curves):
        session = Session(question.case, (), EXACT)
        if session.solve(question.package).accounts is None:
            assert not listed
            return
        plans = alternative_plans(session, SLACK, 2)
    order = list(question.instance.groups.options)
    budget = (1 + SLACK) * min(listed.values())
    first = tuple(plans[0].tier[duty] for duty in order)
    assert listed[first] == pytest.approx(min(listed.values()), rel=1e-6)
    within = [tiers for tiers, cost in listed.items() if cost <= budget * (1 - 1e-9)]
    reach = max(sum(a != b for a, b in zip(first, tiers, strict=True)) for tiers in within)
    for plan in plans[1:]:
        tiers = tuple(plan.tier[duty] for duty in order)
        assert plan.objective == pytest.approx(listed[tiers], rel=1e-6)
        assert plan.objective <= budget * (1 + 1e-9)
    if len(plans) > 1:
        assert plans[1].distance <= reach <= plans[1].most
    for one, other in combinations(plans, 2):
        assert one.tier != other.tier


def test_the_listed_questions_have_alternatives() -> None:
    """The comparison above is not empty."""
    count = 0
    for seed in range(16):
        question = random_question(seed)
        with given_curves(question.curves):
            session = Session(question.case, (), EXACT)
            if session.solve(question.package).accounts is not None:
                count += len(alternative_plans(session, SLACK, 2)) > 1
        if count >= 2:
            return
    pytest.fail("hardly a question has an alternative")


@cache
def iwate() -> Session:
    case = load_case(DEFAULT_CASE)
    session = Session(case, ("03",), Limits(gap=1e-4, threads=1))
    session.solve(load_package(case, "role_division", ("03",)))
    return session


def apart(one: Plan, other: Plan) -> int:
    return sum(one.tier[duty] != other.tier[duty] for duty in one.tier)


def test_plans_of_a_prefecture_differ_by_what_is_asked_and_cost_no_more_than_is_allowed() -> None:
    session = iwate()
    plans = alternative_plans(session, 0.001, 2, least=10)
    assert len(plans) == 3
    best_cost = plans[0].objective
    for plan in plans[1:]:
        assert best_cost <= plan.objective <= 1.001 * best_cost
        assert session.holding(plan.tier).objective == pytest.approx(plan.objective, rel=1e-4)
        assert plan.distance <= plan.most
    for one, other in combinations(plans, 2):
        assert apart(one, other) >= 10
    assert plans[2].distance == min(apart(plans[2], plan) for plan in plans[:2])
    table, duties = differences(session, plans)
    assert list(table["distance_duties"]) == [plan.distance for plan in plans]
    moved = duties[["plan_0", "plan_1"]]
    assert (moved["plan_0"] != moved["plan_1"]).sum() == plans[1].distance


def test_nothing_is_offered_that_is_not_far_enough() -> None:
    assert len(alternative_plans(iwate(), 1e-7, 2, least=40)) == 1


def test_what_is_kept_stays_and_what_is_forbidden_goes() -> None:
    case = load_case(DEFAULT_CASE)
    package = load_package(case, "role_division", ("03",))
    keep, forbid = [("fire", "", "municipality")], [("registry", "city_100k_up", "nation")]
    session = Session(
        case, ("03",), Limits(threads=1), open_tiers=lambda instance: open_tiers(instance, keep, forbid)
    )
    result = session.solve(package)
    free = Session(case, ("03",), Limits(threads=1)).solve(package)
    assert result.accounts is not None and free.accounts is not None
    names, labels = list(result.instance.services), list(result.instance.groups.labels)
    tiers = {(names[s], labels[k]): tier for (s, k), tier in result.accounts.decision.tier.items()}
    assert {tier for (service, _), tier in tiers.items() if service == "fire"} == {"municipality"}
    assert tiers["registry", "city_100k_up"] != "nation"
    before = {(names[s], labels[k]): tier for (s, k), tier in free.accounts.decision.tier.items()}
    assert before["registry", "city_100k_up"] == "nation", (
        "the wish changes nothing: the test has become empty"
    )
    assert result.outcome.objective >= free.outcome.bound


@pytest.mark.parametrize(
    ("keep", "forbid", "word"),
    [
        ([("fires", "", "prefecture")], [], "names no duty"),
        ([("fire", "hamlet", "prefecture")], [], "names no duty"),
        ([("fire", "", "nation")], [], "leaves no open tier"),
        ([], [("parks", "", "municipality")], "leaves no open tier"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    keep: list[tuple[str, str, str]], forbid: list[tuple[str, str, str]], word: str
) -> None:
    with pytest.raises(InputError, match=word):
        open_tiers(iwate().last.instance, keep, forbid)
