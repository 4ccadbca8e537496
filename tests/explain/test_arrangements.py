"""What the arrangement of a service is worth, to whom, what it rests on: by hand, and against all decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest

from optimization.explain.arrangement_words import arrangement_sentences
from optimization.explain.arrangements import arrangements, rests_on, worth_of
from optimization.ledger.cost_kinds import real_cost
from optimization.ledger.provided import Provided
from optimization.outcome.run import Answer
from optimization.outcome.session import Session
from tests.model.random_case import decisions, random_question
from tests.seeds import seeds
from tests.small_case import EXACT, Prefecture, Service, Small, Town, given_curves, small

UNIT = "unit_fixed_cost_million_yen"
Ranges = Mapping[str, tuple[float, float]]


def fire(unit: float, ranges: Ranges | None = None, **changes: object) -> Small:
    """Fire of a town of 10,000 in a prefecture of 40,000: 100 alone, 50 in the prefecture's hands (slope 0.5), whose
    unit costs `unit`. The numbers named have a range, all others none."""
    question = small(
        [Town("01201", 10_000, {"fire": 100.0}, full=1000.0), Town("01202", 30_000, {"roads": 10.0}, full=1000.0)],
        [
            Service("fire", tiers=("prefecture",), slope=0.5, parameters={UNIT: unit}),
            Service("roads"),
        ],
        [Prefecture("01", full=1000.0)],
        {
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["municipality", "prefecture"],
            **changes,
        },
    )  # fmt: skip
    return with_ranges(question, ranges or {})


def with_ranges(question: Small, ranges: Ranges) -> Small:
    """The question whose named numbers have a range."""
    parameters = question.case.parameters
    table = parameters.table.assign(unit="yen", source="made for the test", mark="assumption")
    table["low"] = table["high"] = table["central"]
    for key, (low, high) in ranges.items():
        at = parameters.keys.index(key)
        table.loc[at, ["low", "high"]] = [low, high]
    return replace(question, case=replace(question.case, parameters=replace(parameters, table=table)))


def answered(question: Small) -> Answer:
    with given_curves(question.curves):
        session = Session(question.case, (), EXACT, "plain")
        assert session.solve(question.package).accounts is not None
    return session.last


def told(question: Small) -> tuple[pd.Series, pd.DataFrame, str]:
    """The one row of fire, the numbers it rests on, and all sentences."""
    last = answered(question)
    with given_curves(question.curves):
        worth = worth_of(last, ["fire"])
        table, carried = arrangements(worth), rests_on(worth, last, question.case)
    assert len(table) == 1
    return table.iloc[0], carried, " ".join(arrangement_sentences(table, carried))


def test_a_move_is_held_against_today_and_says_at_which_unit_cost_it_no_longer_pays() -> None:
    """100 alone; 50 and a unit of 30 with the prefecture: 20 saved, 35 at a unit of 15, -10 at one of 60, 0 at 50."""
    row, carried, text = told(fire(30.0, {f"fire.{UNIT}": (15.0, 60.0)}))
    assert (row["instead"], row["as_today"]) == ("municipality", 1)
    assert len(row["rule_groups"].split("|")) == 1
    assert row["saving_million_yen"] == pytest.approx(20.0)
    assert row["saving_of_budgets_million_yen"] == pytest.approx(20.0)
    assert row["saving_of_residents_million_yen"] == pytest.approx(0.0)
    sectors = row[["nation_million_yen", "prefectures_million_yen", "municipalities_million_yen"]]
    assert sectors.sum() == pytest.approx(20.0)
    number = carried.set_index("number").loc[f"fire.{UNIT}"]
    assert number[["saving_at_low_million_yen", "saving_at_high_million_yen"]].tolist() == pytest.approx(
        [35, -10]
    )
    assert number["overturned_at"] == pytest.approx(50.0, abs=0.5)
    assert (
        "leaving it with the municipality, as today" in text
        and "at: fire.unit_fixed_cost_million_yen at" in text
    )
    assert "15 to 60, assumption: made for the test" in text


def test_a_service_that_stays_is_held_against_the_move() -> None:
    """At a unit of 60 the move would cost 10; it would pay below 50."""
    row, carried, text = told(fire(60.0, {f"fire.{UNIT}": (45.0, 90.0)}))
    assert (row["instead"], row["as_today"]) == ("prefecture", 0)
    assert row["saving_million_yen"] == pytest.approx(10.0)
    assert carried.set_index("number").at[f"fire.{UNIT}", "overturned_at"] == pytest.approx(50.0, abs=0.5)
    assert "giving it to the prefecture" in text


def test_a_saving_whose_numbers_have_no_range_rests_on_none() -> None:
    _, carried, text = told(fire(30.0))
    assert carried.empty and "no number with a range" in text


def test_a_number_that_cannot_overturn_is_told_as_such() -> None:
    _, carried, text = told(fire(30.0, {f"fire.{UNIT}": (20.0, 40.0)}))
    assert carried["overturned_at"].isna().all() and "No value of one of these numbers alone" in text


def test_the_limits_that_the_other_arrangement_breaks_are_named() -> None:
    """The pool holds what is needed when fire is the prefecture's, and too little where it is not."""
    towns = [
        Town("01201", 10_000, {"fire": 100.0}, other=60.0),
        Town("01202", 30_000, {"roads": 10.0}, full=1000.0),
    ]
    changes = {
        "responsibility.free_services": ["fire"],
        "responsibility.free_tiers": ["municipality", "prefecture"],
        "pool.ordinary_million_yen": 120.0,
    }
    services = [Service("fire", tiers=("prefecture",), slope=0.5, parameters={UNIT: 0.0}), Service("roads")]
    question = with_ranges(small(towns, services, [Prefecture("01")], changes), {})
    row, _, text = told(question)
    assert row["instead"] == "municipality" and row["rules_broken"] == "F5"
    assert "would break F5" in text


@pytest.mark.parametrize("seed", seeds(4, 30))
def test_every_arrangement_is_the_cheapest_of_all_listed_decisions_with_its_roles(seed: int) -> None:
    question = random_question(seed).but(
        **{"weights.observed_sharing_million_yen": 0.0}
    )  # cost decides alone
    with given_curves(question.curves):
        session = Session(question.case, (), EXACT, "plain")
        if session.solve(question.package).accounts is None:
            return
        worth = worth_of(session.last, list(question.instance.services))
    instance = session.last.instance

    def least(tier: Mapping[tuple[int, int], str]) -> float:
        same = [d for d in decisions(instance) if dict(d.tier) == dict(tier)]
        return min(real_cost(Provided(instance, d).provision_parts) for d in same)

    for accounts in (worth.plan, *(other.accounts for other in worth.others)):
        cost = real_cost(accounts.provision_parts)
        assert cost == pytest.approx(least(accounts.decision.tier), rel=1e-6)
    kept = {other.service for other in worth.others}
    open_to = {s for (s, _), tiers in instance.groups.options.items() if len(tiers) > 1}
    assert kept <= open_to
