"""Worlds: the costs of a question under other values of the numbers that are not known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.parameters import UNSURE
from optimization.case.resolved import ResolvedPackage
from optimization.dictionary.settings import with_values
from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import Decision, status_quo
from optimization.ledger.factors import CRISIS, OF_FAMILY, Number
from optimization.ledger.instance import Instance
from optimization.ledger.layout import lay_out
from optimization.ledger.worlds import (
    GROUPS,
    World,
    Worlds,
    decision_in,
    joint_draws,
    one_factor,
    only_bodies,
    value_at,
)
from optimization.outcome.alternatives import Alternatives, alternatives
from optimization.outcome.choices import GivenBack
from optimization.outcome.question import laid_out
from optimization.outcome.saving_range import saving_range

REPO = Path(__file__).parents[2]
NOT_OF_COSTS = {
    "travel_speed_km_per_hour", "max_travel_minutes", "annual_probability", "severity", "discount_rate",
    "spending_ratio",
}  # fmt: skip
"""Numbers that are not known and of which no cost is made in a normal year: who may serve, and crises."""


def held(instance: Instance, decision: Decision) -> Alternatives:
    """What a decision is held against whose changes nobody has priced."""
    return alternatives(instance, decision, GivenBack())


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(REPO / "inputs/iwate-2022")


@pytest.fixture(scope="module")
def package(case: Case) -> ResolvedPackage:
    return load_package(case, "role_division", ["03"])


@pytest.fixture(scope="module")
def worlds(case: Case, package: ResolvedPackage) -> Worlds:
    return Worlds(case, package, laid_out(case, package, ["03"]))


def test_the_costs_of_a_world_are_those_of_its_question_laid_out_anew(
    case: Case, package: ResolvedPackage, worlds: Worlds
) -> None:
    world = joint_draws(3, 5, worlds.groups)[1]
    assumptions, settings = worlds.values(world)
    assert len(assumptions) > 200 and set(settings) == {"weights.body_million_yen"}
    anew = lay_out(case.with_parameters(assumptions), with_values(package.settings, settings), ["03"])
    found = worlds.question_in(world)
    for tier, parts in anew.costs.by_tier.items():
        assert np.allclose(found.costs.by_tier[tier].budget, parts.budget, rtol=1e-12)
        assert np.allclose(found.costs.by_tier[tier].access, parts.access, rtol=1e-12)
        assert np.allclose(found.costs.by_tier[tier].uniformity, parts.uniformity, rtol=1e-12)
    assert np.allclose(found.costs.bodies.budget, anew.costs.bodies.budget, rtol=1e-12)
    assert (found.costs.allowed == anew.costs.allowed).all()


def test_of_a_list_of_few_bodies_a_decision_costs_what_it_costs_of_all(worlds: Worlds) -> None:
    instance = worlds.instance
    decision = status_quo(instance)
    world = one_factor(worlds.groups)[3]
    few = only_bodies(instance.bodies, [])
    whole, part = (worlds.question_in(world, bodies) for bodies in (instance.bodies, few))
    costs = [Accounts(each, decision_in(each, decision)).real_cost for each in (whole, part)]
    assert len(few) < len(instance.bodies)
    assert costs[0] == pytest.approx(costs[1], rel=1e-13)


def test_at_the_centre_nothing_changes(worlds: Worlds) -> None:
    assert worlds.values(World("centre")) == ({}, {})
    same = worlds.question_in(World("centre"))
    assert (same.costs.by_tier["nation"].budget == worlds.instance.costs.by_tier["nation"].budget).all()


def test_every_draw_has_each_level_once_in_each_part_of_the_range() -> None:
    drawn = joint_draws(8, 3)
    levels = np.array([[world.level(group) for group in GROUPS] for world in drawn])
    assert (np.sort((levels * 8).astype(int), axis=0) == np.arange(8)[:, None]).all()
    assert joint_draws(8, 3) == drawn != joint_draws(8, 4)


def test_one_group_at_a_time_goes_to_either_end(worlds: Worlds) -> None:
    found = one_factor(["overhead", "transition"])
    assert [world.name for world in found] == [
        "centre", "overhead_low", "overhead_high", "transition_low", "transition_high",
    ]  # fmt: skip
    dear, _ = worlds.values(found[4])
    assert dear["transition_years"] == 10.0 and dear["fire.transition_cost"] == 0.3


def test_an_estimate_follows_its_distribution_and_stays_where_it_can_lie() -> None:
    told = Number("fire.scale_realisation", 0.2, 0.5, 0.9, "ratio", "estimated", "a study")
    assert value_at(told, 0.5) == pytest.approx(0.5)
    assert value_at(told, 0.05) == pytest.approx(0.2) and value_at(told, 0.95) == pytest.approx(0.9)
    assert value_at(told, 0.0) == 0.0 and value_at(told, 1.0) == 1.0
    assumed = replace(told, mark="assumption")
    assert value_at(assumed, 0.0) == 0.2 and value_at(assumed, 0.75) == pytest.approx(0.7)


def test_every_number_that_is_not_known_and_of_which_costs_are_made_is_in_a_group(case: Case) -> None:
    table = case.parameters.table
    unknown = set(table.loc[table["mark"].isin(UNSURE), "parameter"])
    grouped = {name for names in GROUPS.values() for name in names}
    rest = {name for name in unknown - grouped if not name.startswith(CRISIS) and name not in OF_FAMILY}
    assert rest - NOT_OF_COSTS == set()


def test_what_stays_as_it_is_saves_nothing_in_any_draw(case: Case) -> None:
    package = load_package(case, "status_quo", ["03"])
    instance = laid_out(case, package, ["03"])
    found = saving_range(case, package, instance, held(instance, status_quo(instance)), draws=3)
    assert found is not None and np.abs(found.real).max() < 1e-6 and np.abs(found.budgets).max() < 1e-6


def test_the_saving_in_a_draw_is_that_of_plan_against_today_in_that_world(
    case: Case, package: ResolvedPackage, worlds: Worlds
) -> None:
    instance = worlds.instance
    home = status_quo(instance)
    tier = {
        duty: "nation" if "nation" in instance.groups.options[duty] else old
        for duty, old in home.tier.items()
    }
    plan = replace(home, tier=tier, joint=())
    found = saving_range(case, package, instance, held(instance, plan), draws=3)
    assert found is not None and np.ptp(found.real) > 1000.0
    for n, world in enumerate(joint_draws(3, 0, worlds.groups)):
        question = worlds.question_in(world)
        costs = [
            Accounts(question, decision_in(question, each)).real_cost for each in (status_quo(question), plan)
        ]
        assert found.real[n] == pytest.approx(costs[0] - costs[1], abs=1e-4)
    assert found.moved_by[0][0] in GROUPS and found.record["draws"] == 3


def test_of_a_plan_of_two_phases_the_first_is_counted(
    case: Case, package: ResolvedPackage, worlds: Worlds
) -> None:
    instance, home = worlds.instance, status_quo(worlds.instance)
    body = next(b for b in range(len(instance.bodies)) if b not in home.existing_bodies)
    decision = replace(home, second=replace(home, joint=tuple(sorted((*home.joint, (body, 0))))))
    found = saving_range(case, package, instance, held(instance, decision), draws=2)
    assert found is not None and np.abs(found.real).max() < 1e-6
