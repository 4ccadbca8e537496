"""What must hold for any crisis: bounds, monotony, identity where nothing can happen."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import status_quo
from optimization.ledger.response import cvar, share_in_steps
from tests.crisis.crisis_case import (
    COMMON,
    LOCAL,
    SURGE,
    Prefecture,
    Service,
    Shock,
    Small,
    Town,
    small,
    two_towns,
)
from tests.crisis.test_crisis_brute_force import random_question

PARTS = st.floats(0.0, 0.2)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 100), PARTS), min_size=1, max_size=5), st.sampled_from([0.5, 0.9, 0.95])
)
def test_value_at_risk_is_the_least_over_all_thresholds(
    outcomes: list[tuple[float, float]], level: float
) -> None:
    """Rockafellar and Uryasev: CVaR = min over eta of eta + mean excess / (1 - level); the minimum lies at one of
    the losses or at 0, so listing these is enough."""
    loss, odds = np.array(outcomes).T
    at = [eta + float(odds @ np.maximum(loss - eta, 0.0)) / (1.0 - level) for eta in [0.0, *loss.tolist()]]
    assert cvar(loss, odds, level) == pytest.approx(min(at), abs=1e-9)


@pytest.mark.parametrize("ceiling", [30.0, 60.0, 95.0])
def test_a_ceiling_on_the_value_at_risk_holds_as_the_ledger_counts_it(ceiling: float) -> None:
    """Prefecture leads; reserves are dear, so that the ceiling binds: the CVaR is the ceiling itself."""
    question = two_towns(
        {"local": LOCAL, "common": COMMON},
        {"reserve_cost_share": 5.0},
        **{
            "crisis.lead_infection": "prefecture",
            "crisis.lead_earthquake": "prefecture",
            "crisis.reserve_tiers": ["prefecture"],
            "crisis.cvar_level": 0.85,
            "crisis.cvar_ceiling_million_yen": ceiling,
        },
    )
    found = question.optimum()
    # the worst 15% of years: 10% with the common shock (200 - 100 - reserve), 5% with the local one (0)
    assert found.response.value_at_risk == pytest.approx(min(ceiling, 0.1 * 100 / 0.15), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_with_no_odds_of_a_crisis_the_optimum_is_that_without_them(seed: int) -> None:
    """To the last digit."""
    question = random_question(seed).but(
        **{"crisis.worst_case_share": "off", "crisis.cvar_ceiling_million_yen": "off"}
    )
    never = replace(
        question, case=question.case.with_parameters({f"shock{n}.annual_probability": 0.0 for n in range(2)})
    )
    without = question.but(**{"crisis.scenarios": []})
    for method in ("plain", "decomposed"):
        assert never.solve(method).outcome.objective == without.solve(method).outcome.objective
    assert never.optimum().response is None


@pytest.mark.parametrize("seed", range(6))
def test_a_milder_crisis_never_costs_more(seed: int) -> None:
    question = random_question(seed).but(
        **{"crisis.worst_case_share": "off", "crisis.cvar_ceiling_million_yen": "off"}
    )
    costs = []
    for severity in (1.0, 0.7, 0.4):
        case = question.case.with_parameters({f"shock{n}.severity": severity for n in range(2)})
        costs.append(replace(question, case=case).optimum().objective)
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize("seed", range(6))
def test_more_reserve_never_leaves_more_unserved(seed: int) -> None:
    question = random_question(seed)
    instance, draw = question.instance, np.random.default_rng(seed)
    for leads in product(*instance.crisis.options.values()):
        decision = replace(status_quo(instance), lead=dict(zip(instance.crisis.options, leads, strict=True)))
        reserve, before = {}, Accounts(instance, decision).response.total
        for tier, pool, s in [("prefecture", 0, 0), ("bloc", 1, 0), ("nation", 0, 1), ("nation", 0, 0)]:
            reserve[tier, pool, s] = float(draw.uniform(0, 50))
            after = Accounts(instance, replace(decision, reserve=dict(reserve))).response.total
            assert (after <= before + 1e-9).all()
            before = after


def test_a_pool_of_independent_shocks_needs_less_reserve_than_its_parts() -> None:
    """Four prefectures, each struck alone with odds of 5%: surge 200, nothing spare. A quarter of the surge may stay
    unserved. Each prefecture on its own keeps 150; a bloc that leads for all keeps 150 once."""
    codes = [f"0{n}201" for n in range(1, 5)]

    def question(lead: str) -> Small:
        return small(
            [Town(code, need={"fire": 100.0}) for code in codes],
            [Service("fire", tiers=("prefecture", "bloc"), parameters=SURGE)],
            [Prefecture(code[:2]) for code in codes],
            shocks={f"shock{n}": Shock("earthquake", 0.05, {code: 1.0}) for n, code in enumerate(codes)},
            changes={
                "crisis.scenarios": ["all"],
                "crisis.lead_earthquake": lead,
                "crisis.reserve_tiers": ["prefecture", "bloc"],
                "crisis.worst_case_share": 0.25,
                "crisis.aid_share": 0.0,
            },
        )  # fmt: skip

    parts = question("prefecture").optimum().decision.reserve
    pool = question("bloc").optimum().decision.reserve
    assert sum(parts.values()) == pytest.approx(4 * 150.0)
    assert sum(pool.values()) == pytest.approx(150.0)


def test_the_nation_bears_the_steps_of_the_law() -> None:
    """Standard tax 1,000; cost 100: 50% of 20, 80% of 20, 90% of 60 = 10 + 16 + 54 = 80. Cost 30: 10 + 8 = 18."""
    found = share_in_steps(np.array([100.0, 30.0, 0.0]), np.array([1000.0, 1000.0, 1000.0]))
    assert found == pytest.approx([80.0, 18.0, 0.0])


def test_who_leads_pays_and_the_nation_pays_its_own_lead_in_full() -> None:
    question = two_towns({"local": LOCAL}, **{"wide_area.services": []})
    own = question.optimum().response
    assert own.served_by_payer[0].sum() == pytest.approx(50.0)
    assert own.served_by_payer[0, -1] == 0.0
    nation = question.but(**{"crisis.lead_earthquake": "nation"}).optimum().response
    assert nation.served_by_payer[0, -1] == pytest.approx(100.0)
    assert nation.national_share.sum() == 0.0
