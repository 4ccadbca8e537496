"""The model against every decision priced one by one in the ledger, on random small questions about crises."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts
from optimization.ledger.instance import Instance
from tests.crisis.crisis_case import Prefecture, Service, Shock, Small, Town, small
from tests.model.enumerated import cheapest, found_by_both_methods
from tests.model.random_case import decisions
from tests.seeds import seeds

SEEDS = seeds(4, 60)
TOWNS = ("01201", "01202", "02201", "03201")


def random_question(seed: int) -> Small:
    """Four towns in three prefectures of two blocs, two services, two bodies (one may straddle), two shocks."""
    draw = np.random.default_rng(seed)

    def share() -> float:
        return float(np.round(draw.uniform(0, 1), 2))

    towns = [
        Town(code, int(draw.integers(5_000, 50_000)), {"fire": float(draw.integers(20, 120)), "waste": 40.0},
             east_km=float(10 * n))
        for n, code in enumerate(TOWNS)
    ]  # fmt: skip
    surges = {"surge_earthquake": float(draw.uniform(1, 5)), "surge_flood": float(draw.uniform(1, 3))}
    services = [
        Service("fire", tiers=("prefecture",), wide=True, slope=0.2,
                parameters={**surges, "crisis_urgency": share(), "transition_cost": 0.1}),
        Service("waste", wide=True, slope=0.1, parameters={"surge_earthquake": 2.5, "crisis_urgency": share()}),
    ]  # fmt: skip
    kinds = draw.permutation(["earthquake", "flood"])
    shocks = {
        f"shock{n}": Shock(
            str(kinds[n]),
            float(draw.uniform(0.02, 0.3)),
            {code: share() for code in TOWNS if draw.random() < 0.7},
            {code: 0.3 * share() for code in TOWNS if draw.random() < 0.3},
        )
        for n in range(2)
    }
    pairs = [[TOWNS[0], TOWNS[1]], [TOWNS[1], TOWNS[2]], [TOWNS[2], TOWNS[3]], list(TOWNS[:3])]
    picked = draw.choice(len(pairs), size=2, replace=False)
    question = small(
        towns,
        services,
        [Prefecture("01"), Prefecture("02"), Prefecture("03", bloc="west")],
        parameters={
            "spare_capacity_share": share(),
            "response_premium": 1.2,
            "aid_loss_bloc": 0.3 * share(),
            "aid_loss_nation": 0.3 + 0.5 * share(),
            **{f"response_delay_share_{t}": 0.3 * share() for t in ("municipality", "prefecture", "bloc", "nation")},
        },
        bodies={f"b{n}": pairs[n] for n in picked.tolist()},
        borders=list(pairwise(TOWNS)),
        shocks=shocks,
        changes={
            "rules.groups": "uniform",
            "wide_area.services": ["fire", "waste"],
            "wide_area.cross_prefectures": True,
            "weights.body_million_yen": float(draw.uniform(0, 3)),
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["municipality", "prefecture"],
            "crisis.scenarios": ["all"],
            "crisis.lead_tiers": [["bloc"], ["nation"], ["prefecture", "nation"]][int(draw.integers(3))],
            "crisis.aid_share": float(draw.choice([0.0, 0.5, 1.0])),
            "crisis.aid_delay_share": share(),
            "crisis.shortage_price": float(draw.uniform(1.5, 6)),
            "crisis.lead_change_million_yen": float(draw.uniform(0, 1)),
            "crisis.lead_apart_million_yen": float(np.random.default_rng([seed, 9]).uniform(0, 3)),
            "crisis.lead_is_provider": seed % 5 == 4,
        },
    )  # fmt: skip
    if draw.random() < 0.5:
        every = [accounts.response for accounts in priced(question.instance)]
        risks = np.array([response.value_at_risk for response in every])
        worst = np.array([response.worst_share.max() for response in every])
        bounds = {
            "crisis.cvar_ceiling_million_yen": float(np.quantile(risks, draw.uniform(0, 0.5)) + 1e-4),
            "crisis.worst_case_share": float(min(1.0, np.quantile(worst, draw.uniform(0, 0.7)) + 1e-6)),
        }
        question = question.but(**{k: v for k, v in bounds.items() if draw.random() < 0.7 and v < 1e8})
    return question


def priced(instance: Instance) -> list[Accounts]:
    """Accounts of every decision with every choice of leads."""
    options = instance.crisis.options if instance.crisis else {}
    return [
        Accounts(instance, replace(decision, lead=dict(zip(options, leads, strict=True))))
        for decision in decisions(instance)
        for leads in product(*options.values())
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_optimum_is_the_cheapest_of_all_decisions(seed: int) -> None:
    question = random_question(seed)
    found_by_both_methods(question, cheapest(priced(question.instance)), near=1e-7, above=1e-9)


@pytest.mark.parametrize("seed", seeds(8, 24))
def test_reserves_are_counted_as_the_ledger_counts_them(seed: int) -> None:
    """Whatever the model makes of reserves and aid, the ledger finds the same cost, and no limit broken."""
    draw = np.random.default_rng(seed)
    tiers = ["municipality", "prefecture", "bloc", "nation"]
    question = random_question(seed).but(
        **{
            "crisis.lead_tiers": [t for t in tiers[1:] if draw.random() < 0.6],
            "crisis.reserve_tiers": [t for t in tiers[1:] if draw.random() < 0.7],
            "crisis.aid_share": 1.0,
            "crisis.shortage_price": 40.0,
        }
    )
    if draw.random() < 0.6:
        shortest = question.solve("plain").accounts
        worst = shortest.response.worst_share.max() if shortest else 1.0
        question = question.but(
            **{"crisis.worst_case_share": float(min(1.0, worst * draw.uniform(0.7, 1.0)))}
        )
    result = question.solve("plain")
    if result.outcome.status == "infeasible":
        return
    assert result.breaches == []
    assert result.outcome.status == "optimal" and result.outcome.gap <= 1e-6
