"""Plans put together service by service: their cost is the ledger's, and no exchange of one or two services is left."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts
from optimization.recommend.blended import Plan
from optimization.recommend.costs import costs_by_service, costs_together
from optimization.recommend.criteria import CRITERIA, criterion_named
from optimization.recommend.exchanged import Ways
from tests.model.random_case import decisions
from tests.recommend.world_case import WorldCase
from tests.seeds import seeds

ROUNDING = 1e-6


@pytest.mark.parametrize("name", CRITERIA)
@pytest.mark.parametrize("tail", [0.1, 0.25, 0.3, 1.0])
def test_the_criterion_of_many_plans_is_that_of_each(name: str, tail: float) -> None:
    criterion = criterion_named(name, 7, tail)
    regrets = np.random.default_rng(5).normal(size=(20, 7))
    assert criterion.of_each(regrets) == pytest.approx([criterion.of(row) for row in regrets])


@pytest.mark.parametrize("seed", seeds(1, 40))
def test_what_services_cost_by_themselves_and_together_is_the_cost_of_the_ledger(seed: int) -> None:
    blends = WorldCase(seed).blends
    questions = [blends.worlds.question_in(world) for world in blends.drawn]
    for decision in list(decisions(blends.instance))[:200:20]:
        plan = Plan.of(decision)
        own = costs_by_service(blends.instance, plan, questions).sum(axis=1) + costs_together(plan, questions)
        formula = np.array([Accounts(question, decision).objective for question in questions]) - own
        assert np.ptp(formula) == pytest.approx(0.0, abs=ROUNDING)  # the formula costs alike in every world


@pytest.mark.parametrize("seed", seeds(1, 40))
@pytest.mark.parametrize("name", CRITERIA)
def test_no_exchange_of_one_or_two_services_is_better_than_what_is_found(seed: int, name: str) -> None:
    case = WorldCase(seed)
    blends, questions = case.blends, case.blends.questions
    draw = np.random.default_rng(seed)
    every = list({plan.name: plan for plan in map(Plan.of, decisions(blends.instance))}.values())
    plans = [every[n] for n in draw.choice(len(every), size=min(4, len(every)), replace=False)]
    parts = np.array([costs_by_service(blends.instance, plan, questions) for plan in plans])
    criterion = criterion_named(name, len(questions), 0.5)

    def cost(plan: Plan) -> np.ndarray:
        return costs_by_service(blends.instance, plan, questions).sum(axis=1) + costs_together(
            plan, questions
        )

    least = np.min([cost(plan) for plan in plans], axis=0)
    before = min(criterion.of(cost(plan) - least) for plan in plans)
    found = Ways(questions, criterion, least, plans, parts, np.zeros(len(plans))).better()
    for value, plan in found:
        assert value == pytest.approx(criterion.of(cost(plan) - least)) and value < before
    best = min([before, *(value for value, _ in found)])
    held = [plan for value, plan in found if value == best] or [
        plan for plan in plans if criterion.of(cost(plan) - least) == before
    ]
    columns = {int(s): w for w, s in enumerate(blends.instance.costs.wide_columns)}
    for s, t in combinations_with_replacement(range(len(blends.instance.services)), 2):
        for one, two in product(plans, repeat=2):
            other = exchanged(held[0], {s: one, t: two}, columns)
            assert criterion.of(cost(other) - least) >= best - 1.0 - ROUNDING


def exchanged(plan: Plan, others: dict[int, Plan], columns: dict[int, int]) -> Plan:
    """A plan in which some services are had as other plans have them."""
    tier = {(s, k): others.get(s, plan).tier[s, k] for s, k in plan.tier}
    joint = [(b, w) for s, w in columns.items() for b, c in others.get(s, plan).joint if c == w]
    return Plan(tier, tuple(sorted(joint)))
