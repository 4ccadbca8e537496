"""Bodies found while solving: every decision speaks of its own list, and all that is told of a plan over several years
is told of that plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import status_quo
from optimization.ledger.instance import Instance
from optimization.outcome.unlisted import with_bodies_of, with_sets
from tests.horizon.horizon_case import STILL, Small, grown
from tests.outcome.test_unlisted import on_demand, random_question
from tests.seeds import seeds

SEEDS = seeds(2, 40)[1:]


def over_years(seed: int, second: int = 0) -> Small:
    """A random question of eight towns whose bodies are found while solving, some of them nobody has listed."""
    question = random_question(seed).but(
        **{"horizon.years": ["2030", "2050"], "horizon.second_phase_year": second, **STILL}
    )
    draw = np.random.default_rng(seed)
    growth = {
        code: {year: (float(draw.uniform(0.5, 1.1)), float(draw.uniform(0.9, 1.3))) for year in (2030, 2050)}
        for code in question.case.codes
    }
    return on_demand(grown(question, growth))


@pytest.mark.parametrize("second", [0, 2050])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_is_told_as_it_is(seed: int, second: int) -> None:
    costs = {}
    for method in ("plain", "decomposed"):
        result = over_years(seed, second).solve(method)
        if result.accounts is None:
            costs[method] = np.inf
            continue
        assert result.breaches == []
        costs[method] = result.outcome.objective
        told = result.tables["waiting"].set_index(["decided_for", "from_year", "year"])
        assert told.at[("plan", 2022, "all"), "cost_million_yen"] == pytest.approx(costs[method])
        assert told.at[("plan", 2022, "all"), "rules_broken"] == 0
        for phase in ("", "_second") if second else ("",):
            bodies = set(result.tables[f"bodies{phase}"]["body"])
            provision = result.tables[f"provision{phase}"].query("provider_kind == 'wide_area_body'")
            assert set(provision["provider"]) == bodies
    # where a search cannot join the two phases it has no plan, and says so
    if np.isfinite(costs["plain"]) and np.isfinite(costs["decomposed"]):
        assert costs["plain"] == pytest.approx(costs["decomposed"], rel=1e-6)
    assert second or np.isfinite(costs["plain"]) == np.isfinite(costs["decomposed"])


def pairs_only() -> Instance:
    """A question on whose list stand pairs of neighbours alone."""
    bounds = {"radius_km": 1000.0, "min_population_persons": 0, "max_population_persons": 10_000_000}
    changes = {"sources": ["nearest"], "neighbours": 1, **bounds}
    return random_question(1).but(**{f"wide_area.{key}": value for key, value in changes.items()}).instance


def test_a_decision_is_held_against_its_own_list_alone() -> None:
    instance = pairs_only()
    longer = with_sets(instance, [(0, 1, 2, 3)])
    assert len(longer.bodies) == len(instance.bodies) + 1
    today = status_quo(instance)
    with pytest.raises(ValueError, match="another list"):
        Accounts(longer, today)
    assert Accounts(longer, today.on(longer.bodies)).objective == Accounts(instance, today).objective


def test_a_body_keeps_its_members_on_every_list() -> None:
    instance = pairs_only()
    longer = with_sets(instance, [(0, 1, 2, 3)])
    row = longer.bodies.row_of[0, 1, 2, 3]
    decision = replace(status_quo(longer), joint=((row, 0),))
    with pytest.raises(ValueError, match="does not stand on the other list"):
        decision.on(instance.bodies)
    again = with_bodies_of(instance, decision)
    moved = decision.on(again.bodies)
    ((there, _),) = moved.joint
    assert again.bodies.who(there) == (0, 1, 2, 3)
    then = replace(status_quo(longer), second=decision).on(again.bodies)
    assert then.second is not None and then.second.joint == moved.joint
