"""The bodies that exist today in the baseline and in a reform, by hand and against a list of all decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.decision import status_quo
from optimization.rules.checks import breaches
from tests.model.enumerated import METHODS, found_by_both_methods
from tests.model.random_case import best, random_question
from tests.seeds import seeds
from tests.small_case import Prefecture, Service, Small, Town, small, today_table

FIRE = Service(
    "fire",
    tiers=("prefecture",),
    wide=True,
    slope=0.5,
    parameters={"coordination_rate": 0.02, "transition_cost": 0.5},
)
TOWNS = [
    Town("01201", people=40_000, need={"fire": 40.0}, base=200.0),
    Town("01202", people=40_000, need={"fire": 40.0}, base=200.0),
    Town("01203", people=20_000, need={"fire": 30.0}, base=200.0, kind="town"),
]


def three_towns(**changes: Any) -> Small:
    """Two cities of 40,000 share their fire service; a town of 20,000 has its own. Cost falls with the root of people,
    coordination is 2% for each member more, a change costs half of own cost over ten years: 5% a year."""
    return small(
        TOWNS,
        [FIRE],
        [Prefecture("01")],
        bodies={"all": ("01201", "01202", "01203"), "second": ("01202", "01203")},
        bodies_today={("union", "fire"): ("01201", "01202")},
        changes=changes,
    )


OPENED = {"wide_area.services": ["fire"]}
TOGETHER = 80.0 / np.sqrt(2.0)  # 40 + 40 at twice the size


def test_today_prices_what_is_shared_as_shared() -> None:
    """The union: 80 / sqrt 2 = 56.57, and 2% of it for the second member; the town alone: 30. Need stays 110."""
    accounts = todays_accounts(three_towns().instance)
    assert accounts.components["standard"].sum() == pytest.approx(TOGETHER + 30.0)
    assert accounts.components["coordination"].sum() == pytest.approx(0.02 * TOGETHER)
    assert accounts.components["transition"].sum() == 0.0
    assert accounts.revised_need.sum() == pytest.approx(110.0 + 1.0)
    assert three_towns().optimum().objective == pytest.approx(accounts.objective)


def test_a_union_is_extended_and_only_who_joins_pays() -> None:
    """Together 110 at their sizes: 40 x sqrt(.4) twice and 30 x sqrt(.2), i.e. 64.0; coordination 2 x 2% of it; the
    town's change 5% of 30. 64.01 x 1.04 + 1.5 = 68.1 against 56.57 x 1.02 + 30 = 87.7."""
    extended = (2 * 40.0 * np.sqrt(0.4) + 30.0 * np.sqrt(0.2)) * 1.04 + 0.05 * 30.0
    for method in METHODS:
        found = three_towns(**OPENED).optimum(method)
        assert found.objective == pytest.approx(extended), method
        assert found.components["transition"].sum() == pytest.approx(1.5), method


def test_a_union_that_is_kept_is_not_split() -> None:
    """The second city and the town alone: half of the union's people, so nobody continues it. Allowed only where
    bodies need not be kept; then both cities pay their change, 5% of 40 each, the town 5% of 30."""
    kept, free = three_towns(**OPENED), three_towns(**OPENED, **{"wide_area.keep_existing": False})
    split = kept.instance.bodies.table.index.get_loc(_row(kept, ("01202", "01203")))
    assert not kept.instance.costs.allowed[split, 0]
    split = free.instance.bodies.table.index.get_loc(_row(free, ("01202", "01203")))
    assert free.instance.costs.allowed[split, 0]
    decision = replace(status_quo(free.instance), joint=((split, 0),))
    assert Accounts(free.instance, decision).components["transition"].sum() == pytest.approx(2.0 + 2.0 + 1.5)
    assert breaches(Accounts(free.instance, decision)) == []
    alone = replace(status_quo(kept.instance), joint=())
    assert {(b.rule, b.where) for b in breaches(Accounts(kept.instance, alone))} == {
        ("R10", "01201/fire"),
        ("R10", "01202/fire"),
    }


def _row(question: Small, codes: tuple[str, ...]) -> str:
    bodies, places = question.instance.bodies, question.case.codes.get_indexer(list(codes))
    return next(
        name for b, name in enumerate(bodies.table.index) if set(bodies.members(b)) == set(places.tolist())
    )


def test_a_union_gives_way_where_its_duty_leaves() -> None:
    """The prefecture takes fire over in every class: the union ends, with the transition of all three."""
    asked = {"responsibility.fix": {"fire": "prefecture"}}
    found = three_towns(**asked).optimum()
    assert found.decision.joint == ()
    assert found.components["transition"].sum() == pytest.approx(0.05 * 110.0)


def test_today_can_hold_more_unions_than_a_package_allows() -> None:
    """Nobody may belong to a body, and the union still stands: it exists."""
    found = three_towns(**OPENED, **{"wide_area.bodies_per_municipality": 0}).optimum()
    assert [b for b, _ in found.decision.joint] == [b for b, *_ in found.instance.bodies.whole_today]


def shared_question(seed: int) -> Small:
    """A random question in which some towns share fire, some water, today."""
    question, draw = random_question(seed), np.random.default_rng(10_000 + seed)
    codes = list(question.case.codes)
    same = [[c for c in codes if c[:2] == p] for p in question.case.prefectures.index]
    sets = [group for group in same if len(group) > 1]
    bodies = {}
    for service in ("fire", "water"):
        for n, group in enumerate(sets):
            if draw.random() < 0.7:
                members = draw.choice(group, size=min(len(group), int(draw.integers(2, 4))), replace=False)
                bodies[f"{service}{n}", service] = sorted(members.tolist())
    case = replace(question.case, bodies_today=today_table(bodies))
    kept = bool(draw.random() < 0.7)
    return replace(question, case=case).but(**{"wide_area.keep_existing": kept})


@pytest.mark.parametrize("seed", seeds(5, 40))
def test_both_methods_find_the_best_of_all_decisions_that_keep_what_exists(seed: int) -> None:
    question = shared_question(seed)
    for result in found_by_both_methods(question, best(question.instance)):
        if result.accounts is not None and question.package.settings["wide_area.keep_existing"]:
            assert whole(question, result.accounts)


def whole(question: Small, accounts: Accounts) -> bool:
    """Whether every body of today still has together whoever of one rule group is still responsible: read from the
    table and the decision, by codes."""
    case, group = question.case, question.instance.groups.of_municipality
    for (_, service), rows in case.bodies_today.groupby(["body_id", "service"]):
        s, w = (
            case.services.index.get_loc(service),
            list(accounts.instance.costs.wide_services).index(service),
        )
        places = case.codes.get_indexer(rows["code"])
        places = [i for i in places if accounts.tiers[i, s] == "municipality"]
        for k in {group[i] for i in places}:
            same = [i for i in places if group[i] == k]
            if len(same) > 1 and (
                len({accounts.bodies[i, w] for i in same}) > 1 or accounts.bodies[same[0], w] < 0
            ):
                return False
    return True
