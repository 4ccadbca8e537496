"""Every hard rule re-checked on the accounts of a decision, outside the solver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from optimization.dictionary.tiers import MUNICIPALITY, TIERS
from optimization.ledger.accounts import Accounts
from optimization.ledger.allocation import pool_range, rate_range
from optimization.ledger.decision import Decision, body_by_place
from optimization.ledger.instance import Instance
from optimization.ledger.phases import broken_order
from optimization.ledger.tax_sources import TIER_NAMES, TaxSources
from optimization.rules.accounts import AccountsReading, later_readings
from optimization.rules.listed import STATEMENTS
from optimization.rules.quantities import QUANTITIES, Scope
from optimization.rules.statement import Reading, Statement

TOLERANCE = 1e-6
"""Relative to the size of what a rule speaks of; the solver's own feasibility tolerance."""


@dataclass(frozen=True)
class Breach:
    """A rule that does not hold: its label, where, by how much, in which unit (empty: it holds or it does not), and the
    setting that holds the limit (empty: none does)."""

    rule: str
    where: str
    amount: float
    unit: str = ""
    setting: str = ""


def breaches(accounts: Accounts) -> list[Breach]:
    """All breaches of the hard rules of the package; empty for a sound decision. Raises ValueError for what
    is no decision at all: a service provided twice or without responsibility (R2)."""
    _ = accounts.bodies  # working it out raises
    return [
        *_responsibility(accounts),
        *_bodies(accounts),
        *_bounds(accounts),
        *_crises(accounts),
        *broken_statements(accounts),
        *_later(accounts),
    ]


def broken_statements(accounts: Accounts) -> Iterator[Breach]:
    """The limits of the package that the accounts of one year do not keep."""
    reading = AccountsReading(accounts)
    for statement in STATEMENTS:
        if statement.in_force(accounts.instance.settings):
            yield from broken(statement, reading, accounts)


def broken(statement: Statement, reading: Reading, accounts: Accounts) -> Iterator[Breach]:
    """Where one limit is not kept, beyond the rounding of what it speaks of."""
    chosen = statement.chosen(reading)
    for excess, size in statement.excesses(reading):
        keys = statement.keys(len(excess)) if chosen is None else chosen.tolist()
        for n in np.flatnonzero(excess > TOLERANCE * size):
            where, unit = _called(accounts, statement, keys[n]), QUANTITIES[statement.of[0]].unit
            amount = float(excess[n]) / statement.part
            yield Breach(statement.label, where, amount, unit, statement.setting)


def _called(accounts: Accounts, statement: Statement, key: int | None) -> str:
    """What a row of a statement stands for, in a word."""
    instance = accounts.instance
    if key is None:
        return "nation"
    match statement.scope:
        case Scope.TIER:
            return TIER_NAMES[key]
        case Scope.SERVICE:
            return str(instance.services[key])
        case Scope.TAX:
            return str(instance.tax.names[key])
        case Scope.PLACE:
            return str(instance.case.once("codes", instance.case.codes.tolist)[key])
        case Scope.SCENARIO:
            return str(instance.crisis.names[key]) if instance.crisis else str(key)
        case _:
            return str(instance.case.once("governments", instance.case.governments.index.tolist)[key])


def _later(accounts: Accounts) -> Iterator[Breach]:
    """The limits in every later year of the horizon, on what is then owed. Of a second phase also its statute and
    (H5)."""
    if accounts.instance.horizon is None:
        return
    yield from _second_phase(accounts)
    years = accounts.instance.horizon.years[1:]
    for year, later, reading in zip(years, accounts.later, later_readings(accounts), strict=True):
        for statement in STATEMENTS:
            if statement.in_force(later.instance.settings) and not statement.decided_once:
                for found in broken(statement, reading, later):
                    yield replace(found, where=f"{found.where} in {year}")
        for found in _bounds(later):
            yield replace(found, where=f"{found.where} in {year}")


def _second_phase(accounts: Accounts) -> Iterator[Breach]:
    """What is decided once, on the decision of the second phase, and (H5): what has moved stays moved."""
    instance, horizon = accounts.instance, accounts.instance.horizon
    if horizon is None or accounts.decision.second is None:
        return
    then = accounts.in_later_year[horizon.second]
    body_by_place(then.instance, then.decision)
    once = [s for s in STATEMENTS if s.decided_once and s.in_force(then.instance.settings)]
    reading = AccountsReading(then)
    limits = [found for statement in once for found in broken(statement, reading, then)]
    for found in [*_responsibility(then), *_bodies(then), *limits, *_swaps(instance.tax, then.decision)]:
        yield replace(found, where=f"{found.where} from {horizon.second}")
    for s, k in broken_order(instance, accounts.decision):
        yield Breach("H5", f"{instance.services[s]}/{instance.groups.labels[k]}", 1.0)


def _responsibility(accounts: Accounts) -> list[Breach]:
    """(R1, R6) one tier for every duty, among the allowed."""
    instance, tier = accounts.instance, accounts.decision.tier
    names = instance.groups.labels
    return [
        Breach("R6", f"{instance.services[s]}/{names[k]}", 1.0)
        for (s, k), options in instance.groups.options.items()
        if tier.get((s, k)) not in options
    ]


def _bodies(accounts: Accounts) -> list[Breach]:
    """(R4) bodies per municipality, (R7, R8, R10) who may serve, (R10) who may act alone."""
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
        Breach(_why_not(instance, b, w), f"{ids[b]}/{instance.costs.wide_services[w]}", 1.0)
        for b, w in accounts.decision.joint
        if not instance.costs.allowed[b, w]
    ]


def _why_not(instance: Instance, b: int, w: int) -> str:
    """Rule by which a body may not serve: its bounds (R8), a body of today that it cuts through (R10), or else the way
    to its seat (R7)."""
    if not instance.bodies.table["within_bounds"].iloc[b]:
        return "R8"
    cut = instance.bodies.existing.cut_through(
        int(instance.costs.wide_columns[w]), instance.bodies.membership[[b]]
    )
    return "R10" if cut[0] else "R7"


def _bounds(accounts: Accounts) -> list[Breach]:
    """(F1, F2, F3, F5) what is decided of the formula within the package's ranges, (F2swap) swaps that cancel."""
    instance, decision = accounts.instance, accounts.decision
    tax = instance.tax
    found = []
    for rule, value, (low, high) in (
        ("F2", decision.counted, tax.counted),
        ("F2", decision.assigned, tax.assigned),
        ("F1", decision.revision, instance.revision),
        ("F3", decision.guarantee, instance.guarantee),
        ("F5", decision.pool_share, pool_range(instance)),
    ):
        outside = np.maximum(low - value, value - high)
        found += [Breach(rule, str(n), float(outside[n])) for n in np.flatnonzero(outside > TOLERANCE)]
    return [*found, *_rate(accounts), *_swaps(tax, decision)]


def _rate(accounts: Accounts) -> Iterator[Breach]:
    """(F4rate) the adjustment rate within its range, and above the least only where nothing is left of the pool."""
    low, high = rate_range(accounts.instance.settings)
    rate = accounts.adjustment_rate
    outside = max(low - rate, rate - high)
    if outside > TOLERANCE:
        yield Breach("F4rate", "nation", outside)
    if rate > low + TOLERANCE and accounts.released > TOLERANCE * accounts.pool:
        yield Breach("F4pool", "nation", accounts.released)


def _swaps(tax: TaxSources, decision: Decision) -> Iterator[Breach]:
    """(F2swap) what a swap takes from one tax it gives to another, by the sums of these sources."""
    for group in tax.neutral:
        moved = float(tax.total[group] @ (decision.assigned[group] - 1.0))
        if abs(moved) > TOLERANCE * float(tax.total[group].max()):
            yield Breach("F2swap", "+".join(tax.names[group]), moved)


def _crises(accounts: Accounts) -> list[Breach]:
    """(C1) one lead among the possible, (C2) not below who is responsible, (C3) reserves where they may be kept."""
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
    return found
