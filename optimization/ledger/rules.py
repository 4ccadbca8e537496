"""Every hard rule re-checked on the accounts of a decision, outside the solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.case.case import MUNICIPALITY
from optimization.ledger.accounts import Accounts

TOLERANCE = 1e-6
"""Relative to the size of the rule's right-hand side; the solver's own feasibility tolerance."""


@dataclass(frozen=True)
class Breach:
    """A rule that does not hold: its label, where, by how much (in the rule's own unit)."""

    rule: str
    where: str
    amount: float


def breaches(accounts: Accounts) -> list[Breach]:
    """All breaches of the hard rules of the package; empty for a sound decision."""
    return [
        *_responsibility(accounts),
        *_bodies(accounts),
        *_money(accounts),
        *_governments(accounts),
    ]


def _responsibility(accounts: Accounts) -> list[Breach]:
    """(R1) one tier for every duty, (R6) among the allowed, (R2) provided once by the right hands."""
    instance, tier = accounts.instance, accounts.decision.tier
    names = instance.groups.labels
    found = [
        Breach("R6", f"{instance.services[s]}/{names[k]}", 1.0)
        for (s, k), options in instance.groups.options.items()
        if tier.get((s, k)) not in options
    ]
    body = accounts.bodies
    wide = instance.costs.wide_columns
    wrong = (body >= 0) & (accounts.tiers[:, wide] != MUNICIPALITY) & (instance.today[:, wide] > 0)
    return found + [Breach("R2", str(instance.case.codes[i]), 1.0) for i in np.flatnonzero(wrong.any(axis=1))]


def _bodies(accounts: Accounts) -> list[Breach]:
    """(R4) bodies per municipality, (R7) travel time."""
    instance = accounts.instance
    existing = accounts.decision.existing_bodies
    limit = instance.settings["wide_area.bodies_per_municipality"]
    count = np.asarray(instance.bodies.membership[existing].sum(axis=0)).ravel()
    found = [
        Breach("R4", str(instance.case.codes[i]), count[i] - limit) for i in np.flatnonzero(count > limit)
    ]
    ids = instance.bodies.table.index
    return found + [
        Breach("R7", f"{ids[b]}/{instance.costs.wide_services[w]}", 1.0)
        for b, w in accounts.decision.joint
        if not instance.costs.allowed[b, w]
    ]


def _money(accounts: Accounts) -> list[Breach]:
    """(F5) pool, (F6) national limit, (D3) retention, bounds of shares and revisions."""
    instance, settings, decision = accounts.instance, accounts.instance.settings, accounts.decision
    paid = float(accounts.grant.sum() + instance.residual.sum())
    found = []
    for rule, value, limit in (
        ("F5", paid, settings["pool.ordinary_million_yen"]),
        ("F6", accounts.national_outlay, settings["nation.limit_million_yen"]),
        ("D3", max(decision.counted_share), 1.0 - settings["discipline.retention_floor"]),
    ):
        if value > limit + TOLERANCE * max(1.0, abs(limit)):
            found.append(Breach(rule, "nation", value - limit))
    for name, share in zip(
        ("formula.counted_share", "formula.counted_share_prefecture"), decision.counted_share, strict=True
    ):
        low, high = settings[name]
        if not low - TOLERANCE <= share <= high + TOLERANCE:
            found.append(Breach("F2", name, share))
    low, high = settings["formula.unit_cost_revision"]
    if ((decision.revision < low - TOLERANCE) | (decision.revision > high + TOLERANCE)).any():
        found.append(Breach("F1", "unit_cost_revision", float(np.ptp(decision.revision))))
    return found


def _governments(accounts: Accounts) -> list[Breach]:
    """(E1) adequacy, (D1) balance, (D2) grant dependence, government by government."""
    instance, settings = accounts.instance, accounts.instance.settings
    names = instance.case.governments.index
    rows = []
    if settings["equity.adequacy_floor"] > 0:
        need = settings["equity.adequacy_floor"] * accounts.standard_cost
        rows.append(("E1", need - accounts.funds, accounts.standard_cost))
    if settings["discipline.balance"]:
        rows.append(("D1", accounts.spending - accounts.funds, accounts.spending))
    ceiling = settings["discipline.grant_dependence_ceiling"]
    if ceiling < 1:
        today = (instance.case.governments["allocation_paid_million_yen"] - instance.residual).to_numpy()
        before = today / (accounts.funds - accounts.grant + today)
        bound = np.maximum(ceiling, before)
        rows.append(("D2", accounts.grant - bound * accounts.funds, accounts.funds))
    return [
        Breach(rule, str(names[g]), float(excess[g]))
        for rule, excess, size in rows
        for g in np.flatnonzero(excess > TOLERANCE * np.maximum(1.0, np.abs(size)))
    ]
