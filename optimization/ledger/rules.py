"""Every hard rule re-checked on the accounts of a decision, outside the solver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from optimization.case.case import MUNICIPALITY, TIERS
from optimization.dictionary.settings import value_of
from optimization.ledger import debt, hold_harmless, measures
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.allocation import pool_range
from optimization.ledger.decision import Decision, body_by_place
from optimization.ledger.phases import broken_order
from optimization.ledger.tax_sources import TaxSources

TOLERANCE = 1e-6
"""Relative to the size of the rule's right-hand side; the solver's own feasibility tolerance."""

NO_BOUND = 10.0
"""The value of discipline.match_ceiling that switches the rule off."""


@dataclass(frozen=True)
class Breach:
    """A rule that does not hold: its label, where, by how much (in the rule's own unit)."""

    rule: str
    where: str
    amount: float


def breaches(accounts: Accounts) -> list[Breach]:
    """All breaches of the hard rules of the package; empty for a sound decision. Raises ValueError for what
    is no decision at all: a service provided twice or without responsibility (R2)."""
    body_by_place(accounts.instance, accounts.decision)
    return [
        *_responsibility(accounts),
        *_bodies(accounts),
        *_money(accounts),
        *_governments(accounts),
        *_crises(accounts),
        *_later(accounts),
    ]


def _later(accounts: Accounts) -> Iterator[Breach]:
    """The fiscal rules in every later year of the horizon, and D4 on what is then owed. The nation's limit (F6) is no
    hard rule there: what exceeds it is owed. Of a second phase also its statute and (H5)."""
    if accounts.instance.horizon is None:
        return
    years = accounts.instance.horizon.years[1:]
    yield from _second_phase(accounts)
    for year, later in zip(years, accounts.later, strict=True):
        for found in [*_money(later), *_governments(later)]:
            if found.rule not in ("F6", "D4", "D4burden"):
                yield replace(found, where=f"{found.where} in {year}")
    names = accounts.instance.case.governments.index
    for key, rule in debt.RULES.items():
        last = accounts.later[-1].instance if years else accounts.instance
        if value_of(last.settings, key) >= debt.NO_CEILING[key]:
            continue
        bound = debt.debt_ceilings(last)[key]
        for year, later, owed in zip(years, accounts.later, debt.owed_later(accounts, key), strict=True):
            excess = owed - bound * later.funds
            for g in np.flatnonzero(excess > TOLERANCE * np.maximum(1.0, later.funds)):
                yield Breach(rule, f"{names[g]} in {year}", float(excess[g]))


def _second_phase(accounts: Accounts) -> Iterator[Breach]:
    """(R1, R4, R6, R7, F2swap) on the decision of the second phase, (H5) what has moved stays moved."""
    instance, horizon = accounts.instance, accounts.instance.horizon
    if horizon is None or accounts.decision.second is None:
        return
    then = accounts.later[horizon.years.index(horizon.second) - 1]
    body_by_place(then.instance, then.decision)
    for found in [*_responsibility(then), *_bodies(then), *_swaps(instance.tax, then.decision)]:
        yield replace(found, where=f"{found.where} from {horizon.second}")
    for s, k in broken_order(instance, accounts.decision):
        yield Breach("H5", f"{instance.services[s]}/{instance.groups.labels[k]}", 1.0)


def _responsibility(accounts: Accounts) -> list[Breach]:
    """(R1) one tier for every duty and few for a service, (R6) among the allowed, (R9) few changes."""
    instance, tier = accounts.instance, accounts.decision.tier
    names = instance.groups.labels
    found = [
        Breach("R6", f"{instance.services[s]}/{names[k]}", 1.0)
        for (s, k), options in instance.groups.options.items()
        if tier.get((s, k)) not in options
    ]
    used = {s: len(tiers) for s, tiers in accounts.decision.tiers_in_use.items()}
    limit = instance.settings["clarity.tiers_per_service"]
    most = instance.settings["clarity.changes_ceiling"]
    moved = measures.duties_moved(accounts)
    if most < measures.NO_CHANGES_CEILING and moved > most:
        found.append(Breach("R9", "nation", float(moved - most)))
    return found + [
        Breach("R1", instance.services[s], float(n - limit)) for s, n in sorted(used.items()) if n > limit
    ]


def _bodies(accounts: Accounts) -> list[Breach]:
    """(R4) bodies per municipality, (R7) who may serve, (R10) who may act alone."""
    instance = accounts.instance
    existing = accounts.decision.existing_bodies
    limit = instance.most_bodies
    count = np.asarray(instance.bodies.membership[existing].sum(axis=0)).ravel()
    found = [
        Breach("R4", str(instance.case.codes[i]), float(count[i] - limit[i]))
        for i in np.flatnonzero(count > limit)
    ]
    ids, wide = instance.bodies.table.index, instance.costs.wide_columns
    here = (accounts.tiers[:, wide] == MUNICIPALITY) & (accounts.bodies < 0) & ~instance.costs.may_act_alone
    found += [
        Breach("R10", f"{instance.case.codes[i]}/{instance.costs.wide_services[w]}", 1.0)
        for i, w in np.argwhere(here)
    ]
    return found + [
        Breach("R7", f"{ids[b]}/{instance.costs.wide_services[w]}", 1.0)
        for b, w in accounts.decision.joint
        if not instance.costs.allowed[b, w]
    ]


def _money(accounts: Accounts) -> list[Breach]:
    """(F5) pool, (F6) national limit, (D3) retention, (D2, D5) sums over tiers, (E6) the path's budget,
    bounds of the shares."""
    instance, settings, decision = accounts.instance, accounts.instance.settings, accounts.decision
    tax = instance.tax
    highest = float((decision.counted * (decision.assigned > 0))[tax.partial].max(initial=0.0))
    retained = 1.0 - settings["discipline.retention_floor"]
    limits = [
        ("F5", accounts.paid, accounts.pool),
        ("F6", accounts.national_outlay, settings["nation.limit_million_yen"]),
        ("D3", highest if retained < 1 else 0.0, retained),
    ]
    if settings["discipline.match_ceiling"] < NO_BOUND:
        limits.append(("D5", measures.mismatch(accounts), settings["discipline.match_ceiling"]))
    if settings["discipline.earmarked_ceiling"] < 1:
        limits.append(("D5e", measures.earmarked_share(accounts), settings["discipline.earmarked_ceiling"]))
    if settings["equity.dispersion_ceiling"] > 0:
        limits.append(("E3", measures.dispersion(accounts), settings["equity.dispersion_ceiling"]))
    floors = (
        settings["discipline.own_source_floor_municipal"],
        settings["discipline.own_source_floor_prefectural"],
    )
    for t, floor in enumerate(floors):
        if floor > 0:
            limits.append(("D2own", -measures.own_source_share(accounts)[t], -floor))
    found = _path(accounts) + [
        Breach(rule, "nation", value - limit)
        for rule, value, limit in limits
        if value > limit + TOLERANCE * max(1.0, abs(limit))
    ]
    for rule, value, (low, high) in (
        ("F2", decision.counted, tax.counted),
        ("F2", decision.assigned, tax.assigned),
        ("F1", decision.revision, instance.revision),
        ("F3", decision.guarantee, instance.guarantee),
        ("F5", decision.pool_share, pool_range(instance)),
    ):
        outside = np.maximum(low - value, value - high)
        found += [Breach(rule, str(n), float(outside[n])) for n in np.flatnonzero(outside > TOLERANCE)]
    return [*found, *_swaps(tax, decision)]


def _swaps(tax: TaxSources, decision: Decision) -> Iterator[Breach]:
    """(F2swap) what a swap takes from one tax it gives to another, by the sums of these sources."""
    for group in tax.neutral:
        moved = float(tax.total[group] @ (decision.assigned[group] - 1.0))
        if abs(moved) > TOLERANCE * float(tax.total[group].max()):
            yield Breach("F2swap", "+".join(tax.names[group]), moved)


def _path(accounts: Accounts) -> list[Breach]:
    """(E6) every year's top-ups within the budget of the path, to the rounding of the accounts topped up."""
    budget = accounts.instance.settings[hold_harmless.BUDGET]
    if budget >= hold_harmless.NO_BUDGET:
        return []
    return [
        Breach("E6path", f"year {year}", paid - budget)
        for year, top_up in enumerate(hold_harmless.top_ups(accounts), start=1)
        for paid, size in [(float(top_up.sum()), float(accounts.standard_cost[top_up > 0].sum()))]
        if paid > budget + TOLERANCE * max(1.0, budget, size)
    ]


def _governments(accounts: Accounts) -> list[Breach]:
    """(E1, E2, E4, E6) equity and (D1, D2, D4) discipline, government by government."""
    instance, settings = accounts.instance, accounts.instance.settings
    names = instance.case.governments.index
    today = todays_accounts(instance)
    cost, funds = accounts.standard_cost, accounts.funds
    rows = []
    if settings["equity.adequacy_floor"] > 0:
        rows.append(("E1", settings["equity.adequacy_floor"] * cost - funds, cost))
    if settings["equity.coverage_ceiling"] > 0:
        top = np.maximum(settings["equity.coverage_ceiling"], today.coverage)
        rows.append(("E2", funds - top * cost, cost))
    if settings["equity.tax_price_spread"] > 0:
        mean = measures.mean_own_share(today)
        slack = np.maximum(settings["equity.tax_price_spread"], np.abs(measures.own_share(today) - mean))
        rows.append(("E4", (np.abs(measures.own_share(accounts) - mean) - slack) * cost, cost))
    if settings["equity.loss_limit"] < 1:
        kept = (1.0 - settings["equity.loss_limit"]) * today.coverage
        lost = kept * cost - funds
        people = instance.population / instance.population.sum()
        losers = float(people[lost > TOLERANCE * cost].sum())
        if losers > settings["equity.losers_population_ceiling"] + TOLERANCE:
            rows.append(("E6", lost, cost))
    if settings["discipline.balance"]:
        rows.append(("D1", accounts.spending - funds, accounts.spending))
    ceiling = settings["discipline.grant_dependence_ceiling"]
    if ceiling < 1:
        bound = np.maximum(ceiling, measures.dependence(today))
        rows.append(("D2", accounts.transfer - bound * funds, funds))
    rows += [(rule, excess, funds) for rule, excess in _debt(accounts, today)]
    return [
        Breach(rule, str(names[g]), float(excess[g]))
        for rule, excess, size in rows
        for g in np.flatnonzero(excess > TOLERANCE * np.maximum(1.0, np.abs(size)))
    ]


def _crises(accounts: Accounts) -> list[Breach]:
    """(C1) one lead among the possible, (C2) not below who is responsible, (C3) reserves where they may be kept,
    (C7, C8) bounds on shortage."""
    response, settings = accounts.response, accounts.instance.settings
    if response is None:
        return []
    instance, decision = accounts.instance, accounts.decision
    found = []
    for (s, k, kind), options in response.crisis.options.items():
        where, lead = (
            f"{instance.services[s]}/{instance.groups.labels[k]}/{kind}",
            decision.lead.get((s, k, kind)),
        )
        if lead not in options:
            found.append(Breach("C1", where, 1.0))
        elif TIERS.index(lead) < TIERS.index(decision.tier[s, k]):
            found.append(Breach("C2", where, 1.0))
    for (tier, pool, s), amount in decision.reserve.items():
        if amount < 0 or tier not in settings["crisis.reserve_tiers"]:
            found.append(Breach("C3", f"{tier}/{pool}/{instance.services[s]}", abs(amount)))
    asked = response.crisis.demand.sum(axis=(1, 2))
    limits = [
        ("C7", "nation", response.value_at_risk, settings["crisis.cvar_ceiling_million_yen"], asked.max())
    ]
    if settings["crisis.worst_case_share"] < 1:
        bound = settings["crisis.worst_case_share"] * asked
        limits += [
            ("C8", *row, size)
            for *row, size in zip(response.crisis.names, response.total, bound, asked, strict=True)
        ]
    return found + [
        Breach(rule, where, float(value - limit))
        for rule, where, value, limit, size in limits
        if value > limit + TOLERANCE * max(1.0, size)
    ]


def _debt(accounts: Accounts, today: Accounts) -> Iterator[tuple[str, np.ndarray]]:
    """(D4) what is owed beyond the ceilings of the two debt ratios, shape (G,) each."""
    instance, bounds = accounts.instance, debt.debt_ceilings(accounts.instance)
    owed = debt.real_debt_service(instance, today.funds), debt.future_burden(instance, today.funds)
    for (key, rule), amount in zip(debt.RULES.items(), owed, strict=True):
        if value_of(instance.settings, key) < debt.NO_CEILING[key]:
            yield rule, amount - bounds[key] * accounts.funds
