"""The model against every decision priced one by one in the ledger, on random small questions over several years."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.instance import Instance
from optimization.rules.checks import breaches
from tests.horizon.horizon_case import STILL, Prefecture, Service, Small, Town, grown, small
from tests.model.enumerated import cheapest, found_by_both_methods
from tests.model.random_case import decisions
from tests.seeds import seeds

SEEDS = seeds(3, 60)
TIERS = (("municipality", 1.0), ("prefecture", -1.0))
TOWNS = ("01201", "01202", "01203")


def related_services(seed: int) -> dict[tuple[str, str], float]:
    """The rate of joint work of two bundles, from a stream of its own; one of two questions has none."""
    rates = np.random.default_rng([seed, 11]).uniform(0.0, 0.15, 2).tolist()
    return {("fire", "health"): rates[0], ("care", "fire"): rates[1]} if seed % 2 == 0 else {}


def random_question(seed: int, phases: bool = False) -> Small:
    """Three towns that shrink and age each in its way, three services, two bodies; often a short pool, debt ceilings,
    balance or adequacy."""
    draw = np.random.default_rng(seed)

    def between(low: float, high: float) -> float:
        return float(np.round(draw.uniform(low, high), 3))

    towns = [
        Town(code, int(draw.integers(3_000, 60_000)),
             {"fire": between(20, 120), "care": between(20, 120)},
             other=between(0, 20), base=between(20, 120), debt=between(0, 10), debt_ratio=between(0, 0.1),
             burden_ratio=between(0, 1), east_km=float(10 * n))
        for n, code in enumerate(TOWNS)
    ]  # fmt: skip
    numbers = {"transition_cost": between(0, 0.1), "unit_fixed_cost_million_yen": between(0, 20)}
    services = [
        Service("fire", tiers=("prefecture",), wide=not phases, slope=between(0, 0.5),
                driver="fixed" if phases else "population_persons", parameters=numbers),
        Service("care", wide=True, slope=between(0, 0.3), driver="age_65_plus_persons",
                parameters={"national_share": between(0, 0.5)}),
        Service("health", home="prefecture", tiers=("municipality",), driver="under_65_persons"),
    ]  # fmt: skip
    pairs = [TOWNS[:2], TOWNS[1:], (TOWNS[0], TOWNS[2]), TOWNS]
    picked = draw.choice(len(pairs), size=2, replace=False)
    question = small(
        towns,
        services,
        [Prefecture("01", need={"health": between(20, 80)}, other=between(0, 40), base=between(20, 120))],
        parameters={"discount_rate": 0.02, "coordination_fixed_million_yen": between(0, 3)},
        bodies={f"b{n}": pairs[n] for n in picked[: 1 if phases else 2].tolist()},
        bundles=related_services(seed),
        changes={
            "rules.groups": "uniform",
            "wide_area.services": ["care"] if phases else ["fire", "care"],
            "responsibility.free_services": ["fire"] if phases else ["fire", "health"],
            "responsibility.free_tiers": ["municipality", "prefecture"],
            "weights.body_million_yen": between(0, 5),
            "weights.soft_budget": between(0, 0.1),
            "horizon.years": ["2050"] if phases or draw.random() < 0.5 else ["2030", "2050"],
            **STILL,
            "horizon.need_growth": between(-0.04, 0.04) if phases else between(-0.01, 0.02),
            "horizon.revenue_growth": between(-0.01, 0.02),
            "horizon.second_phase_year": 2050 if phases else 0,
        },
    )
    growth = {
        code: {2030: (between(0.8, 1.0), between(0.9, 1.2)), 2050: (between(0.5, 0.9), between(0.6, 1.2))}
        for code in TOWNS
    }
    question = grown(question, growth)
    if phases:  # a unit that pays in one of the two years and not in the other
        worth = sorted([_saved(question.instance), _saved(question.instance.horizon.later[0])])
        unit = {"fire.unit_fixed_cost_million_yen": max(0.0, between(*worth))}
        question = replace(question, case=question.case.with_parameters(unit))
    today = Accounts(question.instance.as_today, decisions(question.instance)[0])
    rules = {
        "pool.ordinary_million_yen": float(today.grant.sum()) * between(0.9, 1.2),
        "nation.limit_million_yen": today.national_outlay * between(0.95, 1.3),
        "discipline.balance": True,
        "equity.adequacy_floor": between(0.7, 1.0),
        "discipline.debt_service_ceiling": between(0.08, 0.3),
        "clarity.tiers_per_service": 1,
    }
    question = question.but(**{key: value for key, value in rules.items() if draw.random() < 0.5})
    return question.but(**{"discipline.debt_steps_kept": seed % 3 == 0 and not phases})


def _saved(instance: Instance) -> float:
    """What fire costs less in the prefecture's hands, but for its unit."""
    parts = instance.costs.by_tier
    return float(sum(sign * parts[t].social(instance.settings)[:, 0].sum() for t, sign in TIERS))


def best(instance: Instance) -> Accounts | None:
    """The cheapest decision that breaks no rule in any year; None where there is none."""
    return cheapest(Accounts(instance, with_bonds(instance, decision)) for decision in decisions(instance))


def best_of_two_phases(instance: Instance) -> Accounts | None:
    """The cheapest of all pairs of decisions that breaks no rule in any year; None where there is none."""
    listed = decisions(instance)
    return cheapest(
        Accounts(instance, with_bonds(instance, replace(first, second=second)))
        for first, second in product(listed, listed)
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_optimum_is_the_cheapest_of_all_decisions(seed: int) -> None:
    question = random_question(seed)
    found_by_both_methods(question, best(question.instance), above=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_phases_are_the_cheapest_of_all_pairs(seed: int) -> None:
    question = random_question(seed, phases=True)
    expected = best_of_two_phases(question.instance)
    result = question.solve()
    if expected is None:
        assert result.accounts is None
    elif result.accounts is not None:  # a debt ceiling may bind the phases so that none is found
        assert result.outcome.bound <= expected.objective * (1 + 1e-9)
        assert not breaches(result.accounts)
        if result.outcome.status == "optimal":
            assert result.outcome.objective == pytest.approx(expected.objective, rel=1e-6)


def test_most_questions_of_two_phases_are_proven() -> None:
    """And some plans move a duty in the second phase only, some never for what they would pay for then."""
    results = [random_question(seed, phases=True).solve() for seed in range(12)]
    found = [r.accounts.decision for r in results if r.accounts is not None]
    assert sum(r.outcome.status in ("optimal", "infeasible") for r in results) >= 10
    assert any(d.second is not None and d.second.tier != d.tier for d in found)
    assert any(d.second is not None and d.second.tier == d.tier for d in found)
