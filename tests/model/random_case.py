"""Random small questions, each from its seed, small enough that every decision can be listed."""

from __future__ import annotations

from itertools import chain, combinations, product
from typing import Any

import numpy as np

from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import Decision, status_quo
from optimization.ledger.instance import Instance
from optimization.ledger.rules import breaches
from tests.small_case import Prefecture, Service, Small, Town, small


def random_question(seed: int) -> Small:
    """3 or 4 towns in 1 or 2 prefectures, 3 services, up to 3 bodies, two groups, limits near today's."""
    draw = np.random.default_rng(seed)
    two = bool(draw.integers(2))
    codes = ["01201", "01202", "02201", "02202"] if two else ["01201", "01202", "01203"]
    towns = [
        Town(
            code,
            people=int(draw.integers(5, 40)) * 1000,
            need={
                "fire": float(np.round(draw.uniform(20, 90), 2)),
                "water": float(np.round(draw.uniform(20, 90), 2)) * float(draw.random() < 0.85),
            },
            other=float(np.round(draw.uniform(-5, 30), 2)),
            base=float(np.round(draw.choice([0.3, 1.0]) * draw.uniform(20, 150), 2)),
            full=float(np.round(draw.uniform(0, 10), 2)),
            east_km=float(np.round(draw.uniform(0, 30), 1)),
            kind=str(draw.choice(["city", "core_city"])),
            income_tax=float(draw.uniform(5, 40)) * 1000,
        )
        for code in codes
    ]
    prefectures = [
        Prefecture(
            code,
            str(draw.choice(["east", "west"])),
            {"health": float(np.round(draw.uniform(60, 200), 2))},
            other=float(np.round(draw.uniform(0, 60), 2)),
            base=float(np.round(draw.uniform(50, 300), 2)),
        )
        for code in sorted({code[:2] for code in codes})
    ]

    def parameters() -> dict[str, float]:
        return {
            "national_share": float(draw.choice([0.0, 0.2])),
            "scale_realisation": 0.8,
            "prefectural_elasticity": float(draw.uniform(-0.2, 0.1)),
            "trips_to_seat": float(draw.choice([1.0, 6.0]) * draw.uniform(0, 1.5)),
            "coordination_rate": float(draw.uniform(0, 0.03)),
            "taste_weight": float(draw.uniform(0, 0.6)),
            "transition_cost": float(draw.uniform(0, 0.2)),
            "unit_fixed_cost_million_yen": float(draw.uniform(0, 15)),
        }

    services = [
        Service("fire", tiers=("prefecture",), wide=True, slope=0.5, parameters=parameters()),
        Service("water", tiers=("bloc", "nation"), wide=True, slope=0.3, parameters=parameters()),
        Service("health", home="prefecture", tiers=("municipality",), parameters=parameters()),
    ]
    groups = [[c for c in codes if c[:2] == p.code] for p in prefectures]
    sets = [s for g in groups for size in (2, 3) for s in combinations(g, size)]
    chosen = draw.choice(len(sets), size=min(3, len(sets)), replace=False)
    free = [str(s) for s in draw.choice(["fire", "water", "health"], size=2, replace=False)]
    question = small(
        towns,
        services,
        prefectures,
        parameters={
            "travel_cost_yen_per_person_km": 30.0,
            "coordination_fixed_million_yen": 0.3,
            "bloc_coordination_rate": 0.02,
            "national_overhead": 0.05,
            "price_elasticity": 0.25,
            "taste_elasticity": 0.3,
        },
        bodies={f"b{n}": sets[n] for n in chosen.tolist()},
        adjustment_rate=float(draw.choice([0.0, 0.08])),
        changes={
            "rules.groups": "by_prefecture" if two else "by_class",
            "responsibility.free_services": free,
            "responsibility.free_tiers": ["municipality", "prefecture", "bloc", "nation"],
            "wide_area.services": ["fire", "water"],
            "wide_area.bodies_per_municipality": int(draw.integers(1, 3)),
            "weights.body_million_yen": float(draw.uniform(0, 8)),
            "weights.soft_budget": float(draw.uniform(0, 0.08)),
            "weights.dulled_incentive": float(draw.uniform(0, 0.08)),
        },
    )
    return question.but(**_limits(question, draw))


def _limits(question: Small, draw: np.random.Generator) -> dict[str, Any]:
    """Limits around what today's arrangement meets: some bind, some make the question infeasible."""
    today = Accounts(question.instance, status_quo(question.instance))
    limits: dict[str, Any] = {}
    if draw.random() < 0.6:
        limits["pool.ordinary_million_yen"] = float(today.grant.sum() * draw.uniform(0.85, 1.05))
    if draw.random() < 0.4:
        limits["nation.limit_million_yen"] = float(today.national_outlay * draw.uniform(0.85, 1.1))
    if draw.random() < 0.5:
        limits["equity.adequacy_floor"] = float(min(2.0, today.coverage.min() * draw.uniform(0.97, 1.03)))
    if draw.random() < 0.7:
        limits["discipline.balance"] = True
    if draw.random() < 0.3:
        limits["discipline.grant_dependence_ceiling"] = float(draw.uniform(0.2, 0.9))
    if draw.random() < 0.5:
        limits["formula.counted_share"] = [0.6, 0.8]
    return limits


def decisions(instance: Instance) -> list[Decision]:
    """Every decision of an instance, counted shares at 75% (free ones are filled in later)."""
    options = instance.groups.options
    listed = []
    for tiers in product(*options.values()):
        tier = dict(zip(options, tiers, strict=True))
        for joint in product(*(_joint(instance, tier, w) for w in range(len(instance.costs.wide_services)))):
            pairs = tuple(sorted(chain.from_iterable(joint)))
            listed.append(Decision(tier, pairs, (0.75, 0.75), np.ones(len(instance.services))))
    return listed


def _joint(instance: Instance, tier: dict[tuple[int, int], str], w: int) -> list[tuple[tuple[int, int], ...]]:
    """Every set of bodies that may provide wide service w together: no municipality in two of them."""
    s, group = int(instance.costs.wide_columns[w]), instance.groups.of_municipality
    served = {}
    for b in range(len(instance.bodies)):
        members = [i for i in instance.bodies.members(b).tolist() if instance.costs.own[i, s] > 0]
        if members and instance.costs.allowed[b, w] and all(
            tier[s, int(group[i])] == "municipality" for i in members
        ):
            served[b] = set(members)
    return [
        tuple((b, w) for b in some)
        for size in range(len(served) + 1)
        for some in combinations(served, size)
        if sum(len(served[b]) for b in some) == len(set().union(*(served[b] for b in some)))
    ]


def shares_worth_trying(accounts: Accounts) -> list[float]:
    """Municipal counted shares between which cost and every limit are straight lines: the package's ends,
    where a government begins to receive, and where a limit is just met."""
    instance, settings = accounts.instance, accounts.instance.settings
    low, high = settings["formula.counted_share"]
    if low == high:
        return [low]
    base = instance.tax_base[:, 0]
    counted = base * accounts.decision.counted_share[0]
    gap = (1 - settings["formula.adjustment_rate"]) * accounts.revised_need - accounts.capacity + counted
    own = accounts.funds - accounts.grant
    targets = [np.zeros(len(base)), accounts.spending - own]
    targets.append(settings["equity.adequacy_floor"] * accounts.standard_cost - own)
    paid = (instance.case.governments["allocation_paid_million_yen"] - instance.residual).to_numpy()
    ceiling = np.maximum(settings["discipline.grant_dependence_ceiling"], paid / (own + paid))
    targets += [ceiling / (1 - ceiling) * own] if (ceiling < 1).all() else []
    taxed = base > 0
    points = np.concatenate([(gap - target)[taxed] / base[taxed] for target in targets])
    points = np.unique([low, high, *points[(points > low) & (points < high)]])
    total = np.maximum(0.0, gap[:, None] - np.outer(base, points)).sum(axis=0)
    fixed = accounts.national_outlay - accounts.grant.sum()
    limits = [settings["pool.ordinary_million_yen"] - instance.residual.sum()]
    limits.append(settings["nation.limit_million_yen"] - fixed)
    crossings = [float(np.interp(-limit, -total, points)) for limit in limits if total[-1] < limit < total[0]]
    return [*points.tolist(), *crossings]


def best(instance: Instance) -> Accounts | None:
    """Cheapest decision that breaks no rule, by listing and pricing all; None when there is none."""
    tried: list[Accounts] = []
    for decision in decisions(instance):
        first = Accounts(instance, decision)
        for share in shares_worth_trying(first):
            tried.append(Accounts(instance, _with_share(decision, share)))
    tried.sort(key=lambda accounts: accounts.objective)
    return next((accounts for accounts in tried if not breaches(accounts)), None)


def _with_share(decision: Decision, share: float) -> Decision:
    return Decision(decision.tier, decision.joint, (share, decision.counted_share[1]), decision.revision)
