"""Bodies on demand: the same optimum as with every connected set listed, and a bound that covers them all."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import networkx as nx
import numpy as np
import pytest

import optimization.outcome.unlisted as room
from optimization.errors import InputError
from optimization.ledger.layout import lay_out
from optimization.outcome.certificate import without_plan
from optimization.outcome.question import laid_out
from optimization.outcome.run import answer, better
from optimization.outcome.terms import Terms
from optimization.outcome.unlisted import GENERATED, all_sets, listed_sets, with_sets
from optimization.solving.highs import Limits
from tests.crisis.crisis_case import LOCAL, two_towns
from tests.seeds import seeds
from tests.small_case import Prefecture, Service, Small, Town, given_curves, small

SEEDS = seeds(6, 60)


def random_question(seed: int) -> Small:
    """Eight towns on a random map over two prefectures, two or three services they may provide together."""
    draw = np.random.default_rng(seed)

    def between(low: float, high: float) -> float:
        return float(np.round(draw.uniform(low, high), 3))

    codes = [f"0{1 + (n >= 5)}{201 + n}" for n in range(8)]
    graph = nx.gnp_random_graph(8, 0.4, seed=seed)
    towns = [
        Town(code, int(draw.integers(2_000, 60_000)),
             {"fire": between(20, 120), "waste": between(20, 120), "water": between(0, 60)},
             base=between(0, 60), other=between(0, 10), east_km=between(0, 40))
        for code in codes
    ]  # fmt: skip
    numbers = {
        "coordination_rate": between(0, 0.05),
        "trips_to_seat": between(0, 1),
        "max_travel_minutes": 60.0,
    }
    services = [
        Service("fire", tiers=("prefecture",), wide=True, slope=between(0, 0.4), parameters=numbers),
        Service("waste", wide=True, slope=between(0, 0.4), parameters={"transition_cost": between(0, 0.2)}),
        Service("water", wide=True, slope=between(0, 0.4)),
    ]
    rules = {
        "discipline.balance": True,
        "equity.adequacy_floor": between(0.5, 1.0),
        "wide_area.max_population_persons": int(draw.integers(40_000, 150_000)),
        "wide_area.min_population_persons": int(draw.integers(0, 30_000)),
        "wide_area.radius_km": between(10, 40),
    }
    return small(
        towns,
        services,
        [Prefecture("01", base=between(0, 50)), Prefecture("02")],
        parameters={"coordination_fixed_million_yen": between(0, 3), "travel_cost_yen_per_person_km": 40.0},
        borders=[(codes[a], codes[b]) for a, b in graph.edges],
        changes={
            "rules.groups": "by_class",
            "wide_area.services": ["fire", "waste", "water"][: int(draw.integers(2, 4))],
            "wide_area.sources": [["connected"], ["connected", "nearest"]][int(draw.integers(2))],
            "wide_area.connected_members": int(draw.integers(2, 5)),
            "wide_area.cross_prefectures": bool(draw.random() < 0.5),
            "wide_area.bodies_per_municipality": int(draw.integers(1, 4)),
            "weights.body_million_yen": between(0, 10),
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["municipality", "prefecture"],
            **{key: value for key, value in rules.items() if draw.random() < 0.5},
        },
    )


def on_demand(question: Small) -> Small:
    """The same with the connected sets priced instead of listed."""
    sources = question.changes["wide_area.sources"]
    return question.but(**{"wide_area.sources": [GENERATED if s == "connected" else s for s in sources]})


@pytest.mark.parametrize("seed", SEEDS)
def test_the_optimum_is_that_of_the_whole_list(seed: int) -> None:
    question = random_question(seed)
    whole = question.solve("plain").outcome
    for method in ("decomposed", "plain"):
        result = on_demand(question).solve(method)
        if whole.status == "infeasible":
            assert result.outcome.status != "optimal"
            continue
        assert result.breaches == []
        assert result.outcome.bound <= whole.objective * (1 + 1e-7)
        assert result.outcome.objective == pytest.approx(whole.objective, rel=1e-6)


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_a_service_that_the_statute_gives_away_asks_for_no_body(seed: int) -> None:
    question = random_question(seed).but(**{"responsibility.fix": {"fire": "prefecture"}})
    listed, priced = question.solve("plain"), on_demand(question).solve("decomposed")
    assert priced.breaches == []
    assert priced.outcome.objective == pytest.approx(listed.outcome.objective, rel=1e-6)


def test_few_bodies_are_listed() -> None:
    listed = {True: 0, False: 0}
    for seed in range(6):
        question = random_question(seed)
        for demand in (True, False):
            asked = on_demand(question) if demand else question
            listed[demand] += asked.solve("decomposed").size["candidate_bodies"]
    assert 0 < listed[True] < 0.8 * listed[False]


@pytest.mark.parametrize("seed", range(4))
def test_the_gain_of_every_set_is_its_formula(seed: int) -> None:
    question = random_question(seed)
    instance, draw = question.instance, np.random.default_rng(seed)
    unlisted = all_sets(instance)
    count, wide = instance.costs.own.shape[0], len(instance.costs.wide_services)
    place, crowd = draw.uniform(0, 150, (count, wide)), -draw.uniform(0, 5, count)
    cost = dict(zip(listed_sets(instance), np.arange(len(instance.bodies)), strict=True))
    seen = 0
    for group in unlisted.clusters.values():
        gain = group.more.gain(place[group.places], crowd[group.places], 3.0)
        for members, found in zip(group.positions(np.arange(len(gain))), gain, strict=True):
            b, who = cost[members], list(members)
            each = place[who].sum(axis=0) - instance.social.bodies[b]
            allowed = instance.costs.allowed[b] & (
                instance.costs.own[who][:, instance.costs.wide_columns].sum(0) > 0
            )
            expected = np.maximum(0.0, each)[allowed].sum() - 3.0 + crowd[who].sum()
            assert found == pytest.approx(max(0.0, expected), rel=1e-5, abs=1e-4)
            assert found >= max(0.0, expected) - 1e-9  # rounded so that no gain is underrated
            seen += 1
    assert (
        seen == sum(len(s) > 1 and source != "nearest" for s, source in listed_sets(instance).items()) or seen
    )


@pytest.mark.parametrize("seed", range(4))
def test_sets_on_the_list_gain_nothing_and_all_others_may(seed: int) -> None:
    question = on_demand(random_question(seed))
    instance = question.but(**{"wide_area.sources": ["nearest", GENERATED]}).instance
    known = set(listed_sets(instance))
    every = all_sets(instance).beside(instance)
    for group in every.clusters.values():
        positions = group.positions(np.arange(len(group.hub)))
        assert [members in known for members in positions] == group.more.inside.tolist()


def test_a_body_of_today_that_lies_in_two_clusters_is_none_of_their_sets() -> None:
    """Two pairs of neighbours with nothing between them, and a union of today that holds a town of either."""
    codes = ("01201", "01202", "01203", "01204")
    question = small(
        [Town(code, 10_000, {"fire": 40.0}, base=60.0) for code in codes],
        [Service("fire", wide=True, slope=0.3)],
        [Prefecture("01")],
        borders=[codes[:2], codes[2:]],
        bodies_today={("union", "fire"): codes[1:3]},
        changes={"wide_area.services": ["fire"], "wide_area.sources": ["connected"]},
    )
    priced = on_demand(question)
    every = all_sets(priced.instance).beside(priced.instance)
    assert (1, 2) in listed_sets(priced.instance) and len(every.clusters) == 2
    assert not any(group.more.inside.any() for group in every.clusters.values())
    whole, result = question.solve("plain"), priced.solve("decomposed")
    assert result.breaches == []
    assert result.outcome.objective == pytest.approx(whole.outcome.objective, rel=1e-6)


def test_sets_that_join_the_list_keep_the_others() -> None:
    instance = random_question(1).but(**{"wide_area.sources": ["nearest"]}).instance
    before = listed_sets(instance)
    new = [pair for pair in combinations(range(5), 2) if pair not in before][:1]
    after = listed_sets(with_sets(instance, new))
    assert {s for s in after if after[s] == GENERATED} <= set(new)
    assert {s: source for s, source in after.items() if source != GENERATED} == before


def test_the_certificate_covers_a_horizon_too() -> None:
    question = random_question(3).but(**{"horizon.years": ["2050"], "discipline.balance": False})
    whole = question.solve("plain").outcome
    priced = on_demand(question).solve("decomposed").outcome
    assert priced.objective == pytest.approx(whole.objective, rel=1e-6)
    assert priced.bound <= whole.objective * (1 + 1e-7)


def test_crises_ask_for_a_list() -> None:
    question = two_towns({"local": LOCAL}, **{"wide_area.sources": [GENERATED]})
    with pytest.raises(InputError, match="cannot be priced where bodies respond to crises"):
        question.solve("decomposed")


def test_the_plain_method_lists_no_more_than_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_LISTED", 2)
    with pytest.raises(InputError, match="too many for the plain method"):
        on_demand(random_question(0)).solve("plain")


def test_where_no_service_is_open_to_bodies_there_is_nothing_to_price() -> None:
    question = on_demand(random_question(0)).but(**{"wide_area.services": []})
    with given_curves(question.curves):
        instance = lay_out(question.case, question.package.settings)
    assert not room.wanted(instance)
    assert question.solve("decomposed").outcome.status == "optimal"


def test_a_plan_found_before_the_list_grew_is_not_lost() -> None:
    question = on_demand(random_question(4))
    with given_curves(question.curves):
        terms = Terms(Limits(gap=1e-9, threads=1), "decomposed")
        plan = answer(laid_out(question.case, question.package), question.package, terms)
    lost = replace(plan.result, accounts=None, outcome=without_plan(plan.result.outcome))
    kept = better(plan, replace(plan, result=lost), Limits(gap=1e-9))
    assert kept.result.accounts is plan.result.accounts
    assert kept.result.outcome.objective == plan.result.outcome.objective
