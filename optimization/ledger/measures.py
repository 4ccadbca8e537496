"""Measures of equity, discipline and clarity: one number each, with its unit.

Population-weighted measures are over municipalities (Tokyo's wards are settled with the prefecture and
stand among the prefectures).
"""

from __future__ import annotations

import numpy as np

from optimization.dictionary.tiers import ACCOUNT_TIERS, LOCAL_TIERS, NATION, PREFECTURE, TIERS
from optimization.ledger import places
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.debt import STAGES, crossing, debt_ratios, debt_stages, reached
from optimization.ledger.functions import apart as functions_apart
from optimization.ledger.instance import Instance


def gini(value: np.ndarray, weight: np.ndarray) -> float:
    """Weighted Gini coefficient: twice the area between the Lorenz curve and equality."""
    order = np.argsort(value, kind="stable")
    share = weight[order] / weight.sum()
    held = np.cumsum(value[order] * share)
    total = held[-1]
    return float(1.0 - (share * (2.0 * held - value[order] * share)).sum() / total) if total else 0.0


def municipal(instance: Instance) -> np.ndarray:
    """Positions of the municipalities among the governments."""
    return np.flatnonzero((instance.case.governments["tier"] != PREFECTURE).to_numpy())


def prefectural(instance: Instance) -> np.ndarray:
    """Positions of the prefectures, Tokyo with its wards among them."""
    return np.flatnonzero((instance.case.governments["tier"] == PREFECTURE).to_numpy())


def retention(accounts: Accounts) -> np.ndarray:
    """Share of a tax increase that a receiving government keeps, municipal and prefectural taxes: 1 less
    the mean counted share of the taxes counted in part, weighted by their assigned base, shape (2,)."""
    tax, decision = accounts.instance.tax, accounts.decision
    result = np.zeros(len(ACCOUNT_TIERS))
    for t in range(len(ACCOUNT_TIERS)):
        weight = tax.total * decision.assigned * (tax.partial & (tax.tier == t))
        result[t] = 1.0 - (weight @ decision.counted) / weight.sum() if weight.sum() > 0 else 1.0
    return result


def own_share(accounts: Accounts) -> np.ndarray:
    """Part of the standard cost that residents bear themselves, shape (G,)."""
    given = accounts.transfer + accounts.special + accounts.guarantee
    return 1.0 - given / accounts.standard_cost


def mean_own_share(accounts: Accounts) -> np.ndarray:
    """Cost-weighted mean of the own part over the governments that hold the same tiers, shape (G,)."""
    kind = accounts.instance.tiers_held @ np.array([1, 2])
    cost = accounts.standard_cost
    own = own_share(accounts) * cost
    result = np.zeros(len(cost))
    for k in np.unique(kind):
        result[kind == k] = own[kind == k].sum() / cost[kind == k].sum()
    return result


def dependence(accounts: Accounts) -> np.ndarray:
    """Share of the allocation, ordinary and out of what the formula leaves, in general funds, shape (G,)."""
    return (np.maximum(0.0, accounts.transfer) + accounts.special) / accounts.funds


def dispersion(accounts: Accounts) -> float:
    """Population-weighted mean of |funds - level x cost| / today's cost (E3)."""

    instance = accounts.instance
    level = instance.settings["equity.dispersion_level"]
    today = todays_accounts(instance).standard_cost
    weight = instance.population / instance.population.sum()
    return float(weight @ (np.abs(accounts.funds - level * accounts.standard_cost) / today))


def debt_service_to_locals(accounts: Accounts) -> float:
    """Debt service in today's need that follows duties to another local tier, million yen."""
    instance, home = accounts.instance, np.array(accounts.instance.groups.home)
    away = (accounts.tiers != home) & (accounts.tiers != NATION)
    return float(instance.of_works(instance.asset_debt_service)[away].sum())


def own_source_share(accounts: Accounts) -> tuple[float, float]:
    """Own revenue over gross spending of all municipalities and of all prefectures (D2)."""
    instance = accounts.instance
    gross = accounts.other_cost + instance.bond
    gross = gross + accounts.sum_of({t: instance.costs.by_tier[t].standard for t in LOCAL_TIERS})
    shares = [
        float(accounts.own_revenue[here].sum() / gross[here].sum()) if gross[here].sum() > 0 else 0.0
        for here in (municipal(instance), prefectural(instance))
    ]
    return shares[0], shares[1]


def mismatch(accounts: Accounts) -> float:
    """Largest distance of a tier's funds from its standard cost, relative to the cost (D5)."""
    distances = [
        abs(float(accounts.funds[here].sum() / accounts.standard_cost[here].sum()) - 1.0)
        for here in (municipal(accounts.instance), prefectural(accounts.instance))
        if accounts.standard_cost[here].sum() > 0
    ]
    return max(distances, default=0.0)


def earmarked_share(accounts: Accounts) -> float:
    """Earmarked shares and guarantees over gross standard cost of local services (D5)."""
    instance = accounts.instance
    by_tier = {t: instance.costs.by_tier[t].standard for t in LOCAL_TIERS}
    gross = float(accounts.sum_of(by_tier).sum())
    return float(accounts.sum_of(by_tier, accounts.decision.guarantee).sum()) / gross if gross else 0.0


def same_tier_share(accounts: Accounts) -> float:
    """Share of gross spending on services that the tier which decides it also pays (clarity): all of a
    national service, the part of a local one that is neither earmarked nor guaranteed."""
    total, same = 0.0, 0.0
    for tier in TIERS:
        here = accounts.held_by[tier]
        spent = np.where(here, accounts.budget, 0.0)
        standard = np.where(here, accounts.instance.costs.by_tier[tier].standard, 0.0)
        total += float(spent.sum())
        given = float((standard @ accounts.decision.guarantee).sum()) if tier in LOCAL_TIERS else 0.0
        same += float(spent.sum()) - given
    return same / total


def bodies_per_municipality(accounts: Accounts) -> np.ndarray:
    """Wide-area bodies each municipality belongs to, shape (I,)."""
    existing = accounts.decision.existing_bodies
    return np.asarray(accounts.instance.bodies.membership[existing].sum(axis=0)).ravel()


def tiers_per_service(accounts: Accounts) -> float:
    """Mean number of tiers that answer for one service in different places."""
    return float(np.mean([len(tiers) for tiers in accounts.decision.tiers_in_use.values()]))


def duties_moved(accounts: Accounts) -> int:
    """Duties (service, rule group) whose tier is not today's (R9)."""
    home = accounts.instance.groups.home
    return sum(tier != home[s] for (s, _), tier in accounts.decision.tier.items())


def all_measures(accounts: Accounts, today: Accounts | None = None) -> dict[str, tuple[float, str]]:
    """Every measure by name: (value, unit)."""
    before = today or accounts
    return {
        **_equity(accounts, before),
        **_of_places(accounts, before),
        **_discipline(accounts, before),
        **_clarity(accounts),
    }


def _of_places(accounts: Accounts, before: Accounts) -> dict[str, tuple[float, str]]:
    """What residents have (P): of both tiers that serve a place."""
    leeway, people = places.leeway(accounts), places.people(accounts.instance)
    change, price = leeway - places.leeway(before), places.tax_price(accounts)
    return {
        "place_leeway_mean": (float(people @ leeway), "yen per resident"),
        "place_leeway_dispersion": (places.spread(leeway, people), "yen per resident"),
        "place_cover_floor": (float(places.cover(accounts).min()), "ratio"),
        "place_tax_price_spread": (float(np.ptp(price)), "ratio"),
        "place_loss_largest": (float(max(0.0, -change.min())), "yen per resident"),
        "place_windfall_largest": (float(max(0.0, change.max())), "yen per resident"),
        "people_in_places_that_gain": (float(people[change > places.STILL].sum()), "ratio"),
        "people_in_places_that_lose": (float(people[change < -places.STILL].sum()), "ratio"),
    }


def _equity(accounts: Accounts, before: Accounts) -> dict[str, tuple[float, str]]:
    instance = accounts.instance
    result: dict[str, tuple[float, str]] = {}
    for name, here in (("municipal", municipal(instance)), ("prefectural", prefectural(instance))):
        if not len(here):
            continue
        people = instance.population[here]
        need = accounts.revised_need[here]
        with_grant = accounts.capacity[here] + accounts.transfer[here] + instance.residual[here]
        coverage = accounts.coverage[here]
        filled = np.maximum(accounts.capacity[here], need)
        for label, value in (
            ("revenue_and_shortfall_filled_per_head", filled / people),
            ("revenue_and_shortfall_filled_over_need", filled / need),
            ("revenue_per_head", accounts.capacity[here] / people),
            ("revenue_and_grant_per_head", with_grant / people),
            ("revenue_over_need", accounts.capacity[here] / need),
            ("revenue_and_grant_over_need", with_grant / need),
            ("coverage", coverage),
            ("own_revenue_per_head", accounts.own_revenue[here] / people),
        ):
            result[f"gini_{name}_{label}"] = (gini(value, people), "ratio")
        result[f"coverage_floor_{name}"] = (float(coverage.min()), "ratio")
        result[f"coverage_ceiling_{name}"] = (float(coverage.max()), "ratio")
        result[f"coverage_max_over_min_{name}"] = (float(coverage.max() / coverage.min()), "ratio")
        mean = float(people @ coverage / people.sum())
        spread = float(people @ np.abs(coverage - mean) / people.sum())
        result[f"coverage_mean_absolute_deviation_{name}"] = (spread, "ratio")
        price = own_share(accounts)[here]
        result[f"tax_price_spread_{name}"] = (float(np.ptp(price)), "ratio")
    change = np.round(accounts.coverage - before.coverage, 6)
    people = instance.population / instance.population[municipal(instance)].sum()
    here = municipal(instance)
    result["people_whose_municipality_gains"] = (float(people[here][change[here] > 0].sum()), "ratio")
    result["people_whose_municipality_loses"] = (float(people[here][change[here] < 0].sum()), "ratio")
    return result


def _discipline(accounts: Accounts, before: Accounts) -> dict[str, tuple[float, str]]:
    instance = accounts.instance
    kept, own = retention(accounts), own_source_share(accounts)
    gap = accounts.net_need - accounts.capacity
    (service, burden), stage = debt_ratios(accounts), debt_stages(accounts)
    return {
        "retention_municipal": (float(kept[0]), "ratio"),
        "retention_prefectural": (float(kept[1]), "ratio"),
        "own_source_share_municipal": (own[0], "ratio"),
        "own_source_share_prefectural": (own[1], "ratio"),
        "grant_municipal": (float(accounts.transfer[municipal(instance)].sum()), "million yen per year"),
        "grant_prefectural": (float(accounts.transfer[prefectural(instance)].sum()), "million yen per year"),
        "grant_dependence_highest": (float(dependence(accounts).max()), "ratio"),
        "real_debt_service_ratio_highest": (float(service.max()), "ratio"),
        "future_burden_ratio_highest": (float(burden.max()), "ratio"),
        **{f"governments_{s}": (float((stage == s).sum()), "governments") for s in STAGES},
        **{name: (float(who.sum()), "governments") for name, who in reached(accounts).items()},
        "governments_crossing_a_step": (float(crossing(accounts, before).sum()), "governments"),
        "mismatch_of_money_and_responsibility": (mismatch(accounts), "ratio"),
        "earmarked_share": (earmarked_share(accounts), "ratio"),
        "governments_without_shortfall": (float((gap <= 0).sum()), "governments"),
        "debt_service_to_other_local_tiers": (debt_service_to_locals(accounts), "million yen per year"),
        "debt_service_to_the_nation": (accounts.national_debt_service, "million yen per year"),
        "contributions": (float(accounts.contribution.sum()), "million yen per year"),
        "national_outlay": (accounts.national_outlay, "million yen per year"),
    }


def _clarity(accounts: Accounts) -> dict[str, tuple[float, str]]:
    bodies = bodies_per_municipality(accounts)
    share, differ, debated = functions_apart(accounts)
    told = {
        "duties_whose_functions_differ": (float(differ), "duties"),
        "spending_whose_functions_differ": (share, "ratio"),
    }
    return {
        **(told if debated else {}),
        "tiers_per_service": (tiers_per_service(accounts), "tiers"),
        "duties_moved": (float(duties_moved(accounts)), "duties"),
        "spending_decided_and_paid_by_the_same_tier": (same_tier_share(accounts), "ratio"),
        "bodies_per_municipality_mean": (float(bodies.mean()), "bodies"),
        "bodies_per_municipality_most": (float(bodies.max()), "bodies"),
        "wide_area_bodies": (float(len(accounts.decision.existing_bodies)), "bodies"),
    }
