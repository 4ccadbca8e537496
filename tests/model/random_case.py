"""Random small questions, each from its seed, small enough that every decision can be listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import chain, combinations, product
from typing import Any

import numpy as np

from optimization.dictionary.settings import load_settings
from optimization.ledger import places
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.allocation import pool_range
from optimization.ledger.debt import (
    BURDEN_CEILING,
    SERVICE_CEILING,
    debt_ratios,
    debts_of,
)
from optimization.ledger.decision import Decision, status_quo
from optimization.ledger.formulas import FAMILIES
from optimization.ledger.hold_harmless import BUDGET, STEP, YEARS, guaranteed_share
from optimization.ledger.instance import Instance
from optimization.ledger.measures import (
    dependence,
    earmarked_share,
    mean_own_share,
    mismatch,
    municipal,
    own_share,
    own_source_share,
    prefectural,
)
from tests.model.enumerated import cheapest
from tests.small_case import Prefecture, Service, Small, Town, small


@cache
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
            debt=float(np.round(draw.uniform(0, 20), 2)),
            area_km2=float(draw.integers(10, 300)),
            residual=(1.5, -0.5, 0.0, 0.75)[codes.index(code)],
            east_km=float(np.round(draw.uniform(0, 30), 1)),
            kind=str(draw.choice(["city", "core_city"])),
            income_tax=float(draw.uniform(5, 40)) * 1000,
            area=f"{code[:2]}0{1 + n % 2}",
        )
        for n, code in enumerate(codes)
    ]
    towns = [replace(t, debt_ratio=(t.debt - 2.0) / 150.0, burden_ratio=t.debt / 12.0) for t in towns]
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
            "branch_office_share": 0.3,
            "national_unit_share": 0.7,
            "price_elasticity": 0.25,
            "taste_elasticity": 0.3,
        },
        bodies={f"b{n}": sets[n] for n in chosen.tolist()},
        bundles=random_bundles(seed),
        preferences=random_preferences(seed),
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
            "weights.observed_sharing_million_yen": 0.0 if seed % 2 else 2.0,
        },
    )
    limits = _limits(question, draw)
    if "formula.counted_share" in limits:  # every decision is tried at many shares: fewer of them
        limits["responsibility.free_services"] = free[:1]
    return question.but(**limits)


def random_bundles(seed: int) -> dict[tuple[str, str], float]:
    """Rates of joint work of two bundles, from a stream of their own; one of two questions has none."""
    draw = np.random.default_rng([seed, 11])
    rates = draw.uniform(0.0, 0.15, 2)
    return dict(zip([("fire", "health"), ("water", "fire")], rates.tolist(), strict=True)) if seed % 2 else {}


def random_preferences(seed: int) -> dict[str, dict[str, float]]:
    """What sharing fire or water is worth to members, from a stream of its own; some of it draws, some deters."""
    draw = np.random.default_rng([seed, 13])
    features = ("scale", "distance", "largest", "own_size", "joining", "asked")
    return {s: dict(zip(features, draw.normal(0, 2, 6).tolist(), strict=True)) for s in ("fire", "water")}


def _limits(question: Small, draw: np.random.Generator) -> dict[str, Any]:
    """Rules near what today's arrangement meets: some bind, some make the question infeasible."""
    today = todays_accounts(question.instance)
    wide = question.instance.settings["equity.dispersion_level"]
    gap = float(np.average(np.abs(today.coverage - wide), weights=question.instance.population))
    usual = [
        (0.6, "pool.ordinary_million_yen", today.grant.sum() * draw.uniform(0.85, 1.05)),
        (0.4, "nation.limit_million_yen", today.national_outlay * draw.uniform(0.85, 1.1)),
        (0.5, "equity.adequacy_floor", min(2.0, today.coverage.min() * draw.uniform(0.97, 1.03))),
        (0.7, "discipline.balance", True),
        (0.3, "discipline.grant_dependence_ceiling", draw.uniform(0.2, 0.9)),
        (0.5, "formula.counted_share", [0.6, 0.8]),
    ]
    rarer = [
        (0.25, "equity.coverage_ceiling", today.coverage.max() * draw.uniform(0.6, 1.0)),
        (0.25, "equity.loss_limit", draw.uniform(0.0, 0.1)),
        (0.50, "equity.losers_population_ceiling", draw.uniform(0.0, 0.7)),
        (0.20, "equity.dispersion_ceiling", gap * draw.uniform(0.8, 1.2)),
        (0.15, "equity.tax_price_spread", draw.uniform(0.1, 0.5)),
        (0.15, "discipline.match_ceiling", mismatch(today) * draw.uniform(0.8, 1.2)),
        (0.15, "discipline.earmarked_ceiling", min(1.0, earmarked_share(today) * draw.uniform(0.8, 1.2))),
        (
            0.15,
            "discipline.own_source_floor_municipal",
            min(1.0, own_source_share(today)[0] * draw.uniform(0.9, 1.05)),
        ),
        (
            0.15,
            "discipline.own_source_floor_prefectural",
            min(1.0, own_source_share(today)[1] * draw.uniform(0.9, 1.05)),
        ),
        (0.20, SERVICE_CEILING, max(0.01, debt_ratios(today)[0].max() * draw.uniform(0.7, 1.1))),
        (0.25, "clarity.tiers_per_service", 1),
        (0.15, "guarantee.share", {"fire": [0.3, 0.3]}),
        (0.15, "taxes.assigned", {"municipal.land": [0.95, 0.95]}),
        (0.15, "pool.national_tax_shares", {"liquor": [0.49, 0.49]}),
        (0.15, "formula.scale_correction", draw.uniform(0.5, 1.0)),
        (0.15, "formula.simplified_share", draw.uniform(0.0, 0.5)),
        (0.15, "formula.debt_service_refund", 0.5),
    ]
    chosen = usual + (rarer if draw.random() < 0.6 else [])
    rules = {key: value for chance, key, value in chosen if draw.random() < chance}
    if SERVICE_CEILING in rules:
        rules[BURDEN_CEILING] = 10.0 * rules[SERVICE_CEILING]
    if "equity.loss_limit" in rules:
        rules |= {YEARS: 2, STEP: 0.5 * rules["equity.loss_limit"], BUDGET: 0.03 * float(today.grant.sum())}
    if draw.random() < 0.3:  # another formula; its transfers are not those of a counted share
        rules.pop("formula.counted_share", None)
        families = [name for name in FAMILIES if name != "japan_lat"]
        rules["formula.family"] = str(draw.choice(families))
        rules["formula.family_prefecture"] = str(draw.choice(["japan_lat", rules["formula.family"]]))
        rules.pop("pool.ordinary_million_yen", None)
        if "per_capita" in rules.values() or "australia_hfe" in rules.values():
            rules["pool.ordinary_million_yen"] = today.grant.sum() * 1.2
    if "formula.counted_share" not in rules:
        rules |= _of_places(today)
    if draw.random() < 0.15:
        rules["clarity.changes_ceiling"] = int(draw.integers(0, 3))
    return {key: float(v) if isinstance(v, np.floating) else v for key, v in rules.items()}


def _of_places(today: Accounts) -> dict[str, Any]:
    """Limits of what residents have, near what they have today, and sometimes duties settled; from a generator of its
    own, so that they change nothing else that is drawn."""
    draw = np.random.default_rng(int(1e6 * today.funds.sum()) % 2**32)
    leeway = places.leeway(today)
    apart = float(np.ptp(leeway)) + 1.0
    usual = [
        (0.4, "formula.settles_duties", True),
        (0.3, "equity.place_cover_floor", places.cover(today).min() * draw.uniform(0.9, 1.0)),
        (0.3, "equity.place_windfall_yen_per_resident", apart * draw.uniform(0.0, 0.5)),
        (0.3, "equity.place_dispersion_ceiling", draw.uniform(0.7, 1.5)),
        (0.3, "equity.place_loss_yen_per_resident", apart * draw.uniform(0.0, 0.3)),
        (0.3, "equity.place_losers_population_ceiling", draw.uniform(0.0, 0.7)),
        (0.2, "equity.place_tax_price_spread", draw.uniform(0.0, 0.3)),
    ]
    return {key: value for chance, key, value in usual if draw.random() < chance}


def decisions(instance: Instance) -> list[Decision]:
    """Every decision of an instance; what the package frees beside tiers and bodies stands at its lowest."""
    options, tax = instance.groups.options, instance.tax
    fixed = replace(
        status_quo(instance),
        counted=tax.counted[0],
        assigned=tax.assigned[0],
        revision=instance.revision[0],
        guarantee=instance.guarantee[0],
        pool_share=pool_range(instance)[0],
    )
    listed = []
    for tiers in product(*options.values()):
        tier = dict(zip(options, tiers, strict=True))
        for joint in product(*(_joint(instance, tier, w) for w in range(len(instance.costs.wide_services)))):
            pairs = tuple(sorted(chain.from_iterable(joint)))
            listed.append(replace(fixed, tier=tier, joint=pairs))
    return listed


def _joint(instance: Instance, tier: dict[tuple[int, int], str], w: int) -> list[tuple[tuple[int, int], ...]]:
    """Every set of bodies that may provide wide service w together: no municipality in two of them."""
    s, group = int(instance.costs.wide_columns[w]), instance.groups.of_municipality
    served = {}
    for b in range(len(instance.bodies)):
        members = [i for i in instance.bodies.members(b).tolist() if instance.costs.own[i, s] > 0]
        if (
            members
            and instance.costs.allowed[b, w]
            and all(tier[s, int(group[i])] == "municipality" for i in members)
        ):
            served[b] = set(members)
    return [
        tuple((b, w) for b in some)
        for size in range(len(served) + 1)
        for some in combinations(served, size)
        if sum(len(served[b]) for b in some) == len(set().union(*(served[b] for b in some)))
    ]


def loosest(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with a number for every limit that is off, at which it binds nobody."""
    known = load_settings()
    return {key: known[key].once_off if known[key].off and v is None else v for key, v in settings.items()}


def shares_worth_trying(accounts: Accounts) -> list[float]:
    """Municipal counted shares between which cost and every limit are straight lines: the package's ends,
    where a government begins to receive, and where a limit is just met."""
    instance, settings = accounts.instance, loosest(accounts.instance.settings)
    low, high = settings["formula.counted_share"]
    if low == high:
        return [low]
    today, cost = todays_accounts(instance), accounts.standard_cost
    base = instance.tax.base[:, 0] * accounts.decision.assigned[0]
    counted = base * accounts.decision.counted[0]
    need = accounts.revised_need - accounts.guarantee
    gap = (1 - accounts.adjustment_rate) * need - accounts.capacity + counted
    own = accounts.funds - accounts.grant
    ratios = [
        settings["equity.adequacy_floor"],
        np.maximum(settings["equity.coverage_ceiling"], today.coverage),
    ]
    ratios += [(1 - settings["equity.loss_limit"]) * today.coverage, settings["equity.dispersion_level"]]
    promised = [share * today.coverage for share in guaranteed_share(instance)]
    ratios += promised
    targets = [np.zeros(len(base)), accounts.spending - own, *(ratio * cost - own for ratio in ratios)]
    most = np.maximum(settings["discipline.grant_dependence_ceiling"], dependence(today))
    targets += [np.where(most < 1, most / np.maximum(1 - most, 1e-9), 1e9) * own]
    ratios_today = instance.case.governments[["real_debt_service_ratio", "future_burden_ratio"]].to_numpy(
        float
    )
    most_service = np.maximum(settings[SERVICE_CEILING], ratios_today[:, 0])
    most_burden = np.maximum(settings[BURDEN_CEILING], ratios_today[:, 1])
    debts = debts_of(accounts)
    beside = debts.base - accounts.funds + own  # what stands in the base beside the transfer
    targets += [debts.service / most_service - beside, debts.burden / most_burden - beside]
    mean = mean_own_share(today)
    slack = np.maximum(settings["equity.tax_price_spread"], np.abs(own_share(today) - mean))
    targets += [cost * (1 - mean + sign * slack) - accounts.guarantee for sign in (1, -1)]
    taxed = base > 0
    points = np.concatenate([(gap - target)[taxed] / base[taxed] for target in targets])
    points = np.unique([low, high, *points[(points > low) & (points < high)]])
    transfer = np.maximum(0.0, gap[:, None] - np.outer(base, points))
    funds = own[:, None] + transfer
    spread = (
        np.abs(funds - settings["equity.dispersion_level"] * cost[:, None]) / today.standard_cost[:, None]
    )
    weight = instance.population / instance.population.sum()
    match = settings["discipline.match_ceiling"]
    lines = [
        (transfer.sum(axis=0), accounts.pool - instance.residual.sum()),
        (
            transfer.sum(axis=0),
            settings["nation.limit_million_yen"]
            - (accounts.national_outlay - accounts.paid)
            - instance.residual.sum(),
        ),
        (weight @ spread, settings["equity.dispersion_ceiling"]),
        *((np.maximum(0.0, (r * cost)[:, None] - funds).sum(axis=0), settings[BUDGET]) for r in promised),
    ]
    for here in (municipal(instance), prefectural(instance)):
        line = funds[here].sum(axis=0)
        lines += [(line, (1 + sign * match) * cost[here].sum()) for sign in (1, -1)]
    return [*points.tolist(), *(share for line, limit in lines for share in _crossings(points, line - limit))]


def _crossings(points: np.ndarray, value: np.ndarray) -> list[float]:
    """Where a piecewise straight line passes through zero."""
    left, right = value[:-1], value[1:]
    at = np.flatnonzero(left * right < 0)
    return (points[at] + (points[at + 1] - points[at]) * left[at] / (left[at] - right[at])).tolist()


def best(instance: Instance) -> Accounts | None:
    """Cheapest decision that breaks no rule, by listing and pricing all; None when there is none."""
    tried: list[Accounts] = []
    for decision in decisions(instance):
        first = Accounts(instance, decision)
        tried += [Accounts(instance, _with_share(decision, share)) for share in shares_worth_trying(first)]
    return cheapest(tried)


def _with_share(decision: Decision, share: float) -> Decision:
    return replace(decision, counted=np.where(np.arange(len(decision.counted)) == 0, share, decision.counted))
