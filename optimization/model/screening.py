"""Which (body, service) pairs enter the model, and which balance rows can bind.

A pair whose social cost is not below that of its members acting apart (alone, or in the bodies of today that must be
kept) cannot lower total cost. It may be left out for good (exactly) when no member's budget could need it: going back
must leave every member's balance row (D1) satisfied whatever else is decided. A body may cost society
more through travel and still relieve one member's budget; such a pair goes to the reserve, from
which the solver's duals bring it back. Which of the listed pairs a run starts with is the choice of `outcome.starting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimization.dictionary.families import TODAYS_FAMILY
from optimization.dictionary.tiers import MUNICIPALITY
from optimization.ledger.allocation import SETTLED, rate_range
from optimization.ledger.instance import Instance
from optimization.ledger.joint_response import joint_saving, joint_worth
from optimization.rules.clarity import shortage_at_risk, worst_crisis

ROUNDING = 1e-9


@dataclass(frozen=True)
class Screening:
    """Pairs as two arrays each (body row, wide-service column).

    `kept` may enter the model; `reserve` are dominated and may still relieve a budget; `removed`
    counts the dominated pairs left out exactly, `unreachable` those beyond the travel limit.
    `tight` (I,) marks municipalities whose balance row can bind, `tight_later` the same in every later year of a
    horizon.
    """

    kept: tuple[np.ndarray, np.ndarray]
    reserve: tuple[np.ndarray, np.ndarray]
    removed: int
    unreachable: int
    tight: np.ndarray
    tight_later: tuple[np.ndarray, ...] = ()

    @cached_property
    def listed(self) -> tuple[np.ndarray, np.ndarray]:
        """All pairs that may enter the model: the kept ones, then the reserve."""
        body, column = (np.concatenate(both) for both in zip(self.kept, self.reserve, strict=True))
        return body, column


def balance_margin(instance: Instance) -> np.ndarray:
    """Least that a municipality has left over when it provides everything alone, whatever the
    statute and the formula decide within the package's bounds, shape (I,), million yen. Under japan_lat

        own revenue - capacity + (1 - rate) other need - other cost, at its worst,
        + sum over what may be its own of ((1 - rate) revision x recognised need
          + rate x guarantee beyond today's share - standard cost - transition - a unit for what it does not run
          today - debt service brought along that the allocation does not pay), at its worst

    Where duties are settled the rate is taken of the need at home alone, not of what is handed on. Other formulas
    promise nothing, nor does an account that a prefecture's duties burden too (Tokyo with
    its wards): the margin is -infinity, and every row is kept. The rate is the worse end of its range.
    """
    if instance.settings["formula.family"] != TODAYS_FAMILY:
        return np.full(len(instance.case.codes), -np.inf)
    return np.min([_margin_at(instance, rate) for rate in rate_range(instance.settings)], axis=0)


def _margin_at(instance: Instance, rate: float) -> np.ndarray:
    """The least margin at one adjustment rate, shape (I,): with all else decided it is a straight line in the rate."""
    tax = instance.tax
    government = instance.municipal_government
    kept = tax.base[government] @ np.minimum(
        (1.0 - tax.counted[1]) * tax.assigned[0], (1.0 - tax.counted[1]) * tax.assigned[1]
    )
    settled = 0.0
    if instance.settings[SETTLED]:
        most = instance.formula_need[MUNICIPALITY] * instance.revision[1]
        most = most + (instance.national_share - instance.guarantee[0]) * instance.costs.own
        at_home = np.where(np.array(instance.groups.home) == MUNICIPALITY, np.maximum(0.0, most), 0.0)
        settled = rate * (at_home.sum(axis=1) + instance.other_need[government])
        rate = 0.0
    other = (1.0 - rate) * instance.other_need[government] - instance.other_cost[government]
    more = rate * (instance.guarantee[0] - instance.national_share) * instance.costs.own
    each = (1.0 - rate) * instance.revision[0] * instance.formula_need[MUNICIPALITY] + more
    each = each - instance.standard_need[MUNICIPALITY] - instance.costs.by_tier[MUNICIPALITY].transition
    each = each - _debts_brought(instance, 1.0 - (1.0 - rate) * instance.recognised_share)
    taken_over = (np.array(instance.groups.home) != MUNICIPALITY) & (instance.today > 0)
    each = each - instance.costs.unit_fixed * taken_over
    worst = np.where(municipal_option(instance), np.minimum(0.0, each), 0.0).sum(axis=1)
    joint = instance.tiers_held[government, 1] == 1.0
    return np.where(joint, -np.inf, kept + other + worst - settled)


def _debts_brought(instance: Instance, unpaid: float) -> np.ndarray:
    """What the allocation leaves unpaid of the debt service that comes along with the services of others, (I, S)."""
    of_others = np.array(instance.groups.home) != MUNICIPALITY
    return np.where(of_others, unpaid * instance.of_works(instance.asset_debt_service), 0.0)


def municipal_option(instance: Instance) -> np.ndarray:
    """Where the municipality itself may be responsible, shape (I, S)."""
    possible = np.zeros(instance.costs.own.shape, dtype=bool)
    for (s, k), tiers in instance.groups.options.items():
        if MUNICIPALITY in tiers:
            possible[instance.groups.of_municipality == k, s] = True
    return possible


def reachable(instance: Instance) -> np.ndarray:
    """Pairs that may serve, (B, W): within the travel limit, someone to serve, every member free to take part."""
    costs, members = instance.costs, instance.bodies.membership
    own = costs.own[:, costs.wide_columns]
    barred = (own > 0) & ~municipal_option(instance)[:, costs.wide_columns]
    return np.asarray(costs.allowed & ((members @ own) > 0) & ((members @ barred.astype(float)) == 0))


def screen(instance: Instance, keep_dominated: bool | np.ndarray = False) -> Screening:
    """Sort all pairs of the instance. `keep_dominated` keeps every reachable pair (the plain list), or those that it
    marks, boolean (B, W)."""
    costs, members = instance.costs, instance.bodies.membership
    together = members @ costs.own[:, costs.wide_columns]
    apart, within_reach = as_if_apart(instance), reachable(instance)
    least = instance.social.bodies - joint_worth(instance)
    better = least < apart - ROUNDING * np.maximum(apart, 1.0)
    kept = within_reach & (better | instance.standing_pairs | keep_dominated)
    years = (instance, *(instance.horizon.later if instance.horizon else ()))
    tight, relieving = zip(*(_budgets(each, kept) for each in years), strict=True)
    reserve = within_reach & ~kept & np.any(relieving, axis=0)
    if shortage_is_bounded(instance):
        reserve |= within_reach & ~kept & joint_saving(instance)
    return Screening(
        kept=_pairs(kept),
        reserve=_pairs(reserve),
        removed=int((within_reach & ~kept & ~reserve).sum()),
        unreachable=int((~costs.allowed & (together > 0)).sum()),
        tight=tight[0],
        tight_later=tight[1:],
    )


def as_if_apart(instance: Instance) -> np.ndarray:
    """What the members of each pair cost society without it, (B, W): alone, or in what it holds of the bodies of today
    that must be kept, each with its standing cost."""
    members, alone = instance.bodies.membership, instance.social.alone
    result = np.asarray(members @ alone)
    existing = instance.bodies.existing
    if not existing.kept or not len(existing):
        return result
    opening = instance.mass * instance.settings["weights.body_million_yen"]
    row_of = {instance.bodies.who(b): b for b, _ in instance.bodies.standing}
    by_member = members.tocsc()
    for s, places in zip(existing.service, map(np.array, existing.members), strict=True):
        w = instance.costs.wide_position[s]
        rows = np.unique(by_member[:, places].indices)
        held, which = np.unique(members[rows][:, places].toarray() > 0, axis=0, return_inverse=True)
        more = np.zeros(len(held))
        for n, part in enumerate(held):
            b = row_of.get(tuple(places[part].tolist()))
            if b is not None:
                more[n] = instance.social.bodies[b, w] + opening - alone[places[part], w].sum()
        result[rows, w] += more[which.ravel()]
    return result


def _budgets(instance: Instance, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """In one year: municipalities whose balance row can bind (I,), and pairs that may relieve one of them (B, W)."""
    costs, members = instance.costs, instance.bodies.membership
    own = costs.own[:, costs.wide_columns]
    together = members @ own
    if not instance.settings["discipline.balance"]:
        return np.zeros(len(own), dtype=bool), np.zeros(together.shape, dtype=bool)
    relief = np.divide(costs.bodies.budget, together, out=np.ones_like(together), where=together > 0)
    tight = _tight_rows(instance, own, relief, kept)
    touches_tight = np.asarray(members @ tight.astype(float)) > 0
    relieves = relief < 1.0 - ROUNDING
    for w, s in enumerate(costs.wide_columns.tolist()):
        if (
            s in instance.bodies.existing.services
        ):  # a body of today may burden a member more than acting alone
            shared = instance.bodies.existing.of(s) >= 0
            relieves[:, w] |= np.asarray(members @ shared.astype(float)) > 0
    return tight, relieves & touches_tight[:, None]


def shortage_is_bounded(instance: Instance) -> bool:
    """Whether a rule bounds the shortage of crises (C7, C8): its price has then no limit known beforehand."""
    settings = instance.settings
    return shortage_at_risk.in_force(settings) or worst_crisis.in_force(settings)


def _tight_rows(instance: Instance, own: np.ndarray, relief: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Municipalities whose margin does not cover the dearest kept bodies for them, shape (I,)."""
    members = instance.bodies.membership
    excess = np.zeros(len(own))
    for column in range(own.shape[1]):
        factor = np.where(kept[:, column], np.maximum(relief[:, column] - 1.0, 0.0), 0.0)
        if factor.any():
            worst = members.T.multiply(factor).max(axis=1).toarray().ravel()
            excess += worst * own[:, column]
    return balance_margin(instance) < excess - ROUNDING


def _pairs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.nonzero(mask)
    return rows, columns
