"""What the scenarios of a package ask of every service in every place, and what the places can do themselves.

All amounts are million yen of standard cost a year: the surge of a service is measured by what its normal load
costs. With m the surge of a service in a kind of crisis, e the exposed and l the lost share of a place, f the
severity of the scenario and c today's standard cost,

    demand[w,i,s]   = ((m[s] - 1) min(1, f e[w,i]) + min(1, f l[w,i])) x c[i,s]
    capacity[w,i,s] = spare_capacity_share x (1 - min(1, f l[w,i])) x c[i,s]

Only services with a surge in the kind of crisis count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimization.case.case import Case
from optimization.case.crisis import PROBABILITY, SEVERITY
from optimization.case.rule_groups import RuleGroups
from optimization.dictionary.settings import ALL, nearest, setting_key, value_of
from optimization.dictionary.tiers import MUNICIPALITY, TIERS
from optimization.dictionary.typed_settings import Settings
from optimization.errors import InputError, Problem

FREE = "free"
"""Tiers that pool the capacity of their area when they lead."""

QUIET = "quiet"
"""A year without a crisis, among scenarios."""

Lead = tuple[int, int, str]
"""(service, rule group, kind of crisis): what one lead is named for."""


@dataclass(frozen=True)
class Crisis:
    """The scenarios of a package: W scenarios, `kind` of each, `probability` (W,) per year, `demand` and
    `capacity` (W, I, S). `options[s, k, kind]`: tiers that may lead, today's first. `delayed[t]` (S,): part of
    the surge that is missed before a lead of tier t acts; `helped` (S,): part of what is wanting that aid from
    elsewhere is still in time for."""

    names: tuple[str, ...]
    kind: tuple[str, ...]
    probability: np.ndarray
    demand: np.ndarray
    capacity: np.ndarray
    options: Mapping[Lead, tuple[str, ...]]
    delayed: Mapping[str, np.ndarray]
    helped: np.ndarray

    def only(self, scenario: str) -> Crisis:
        """One scenario, as certain, or with `QUIET` none; leads stay those of all."""
        here = [w for w, name in enumerate(self.names) if name == scenario]
        return replace(
            self,
            names=tuple(self.names[w] for w in here),
            kind=tuple(self.kind[w] for w in here),
            probability=np.ones(len(here)),
            demand=self.demand[here],
            capacity=self.capacity[here],
        )

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of crisis that some lead is named for, sorted."""
        return tuple(sorted({kind for _, _, kind in self.options}))

    def services(self, w: int) -> np.ndarray:
        """Positions of the services that scenario w strains."""
        return np.flatnonzero(self.demand[w].any(axis=0))

    def alone(self, w: int, s: int) -> tuple[np.ndarray, np.ndarray]:
        """Unserved surge and capacity left over where every municipality leads for itself, shape (I,) each."""
        return unserved(self.demand[w, :, s], self.capacity[w, :, s], self.delayed[MUNICIPALITY][s])


def unserved(
    demand: np.ndarray, capacity: np.ndarray, delayed: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What stays unserved, and what capacity is left over, of pools with this demand and capacity:

    shortage = max(delayed x demand, demand - capacity);  left over = capacity - (demand - shortage)
    """
    shortage = np.maximum(delayed * demand, demand - capacity)
    return shortage, capacity - (demand - shortage)


def crisis_of(case: Case, settings: Settings, groups: RuleGroups, today: np.ndarray) -> Crisis | None:
    """The crisis part of a question; None where no scenario is named or none can happen (a scenario of
    probability 0 still counts where the worst case is bounded). `today` (I, S): gross standard cost at today's
    tier, million yen. Raises `InputError` for a scenario the case does not know, or a shortage that costs less
    than serving."""
    names, services = _named(case, settings), case.services.index
    chance = np.array([case.parameters(PROBABILITY, name) for name in names])
    if settings["crisis.worst_case_share"] is None:
        names = [name for name, p in zip(names, chance, strict=True) if p > 0]
        chance = chance[chance > 0]
    if not names:
        return None
    _check(case, settings, float(chance.sum()))
    kind = tuple(str(case.crises.scenarios.at[name, "crisis_type"]) for name in names)
    demand, capacity = _loads(case, today, names, kind)
    strained = {
        k: np.any([demand[w].any(axis=0) for w, at in enumerate(kind) if at == k], axis=0) for k in kind
    }
    urgency = {s: case.parameters("crisis_urgency", s) for s in services if _surges(case, s)}
    urgent = np.array([urgency.get(s, 0.0) for s in services])
    return Crisis(
        names=tuple(names),
        kind=kind,
        probability=chance,
        demand=demand,
        capacity=capacity,
        options={
            (s, k, c): _options(settings, groups, (s, k), c)
            for s, k in groups.options
            for c in sorted(strained)
            if strained[c][s]
        },
        helped=1.0 - settings["crisis.aid_delay_share"] * urgent,
        delayed={t: case.parameters(f"response_delay_share_{t}") * urgent for t in TIERS},
    )


def _named(case: Case, settings: Settings) -> list[str]:
    """Scenarios of the package, sorted."""
    known, asked = case.crises.scenarios.index, settings["crisis.scenarios"]
    if ALL in asked:
        return list(known)
    problems = [
        Problem("crisis_scenarios.csv", "no such scenario in the case", nearest(name, list(known)),
                column="scenario", value=name)
        for name in asked
        if name not in known
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    return sorted(set(asked))


def _check(case: Case, settings: Settings, chance: float) -> None:
    """Odds of exclusive scenarios sum to 1 at most; a shortage costs more than serving does."""
    price, premium = settings["crisis.shortage_price"], case.parameters("response_premium")
    if chance > 1.0:
        remedy = "lower them to 1 in all: scenarios exclude each other within a year"
        raise InputError(
            [
                Problem(
                    "crisis_scenarios.csv", f"the probabilities sum to {chance:g}", remedy, column=PROBABILITY
                )
            ]
        )
    if price <= premium:
        message = f"is not above the cost of serving, {premium:g}: nobody would be helped"
        remedy = "raise it, or lower the parameter response_premium"
        raise InputError(
            [Problem("package", message, remedy, column="crisis.shortage_price", value=f"{price:g}")]
        )


def _surges(case: Case, service: str) -> list[str]:
    """Kinds of crisis in which a service surges."""
    keys = set(case.parameters.keys)
    return [k for k in sorted(set(case.crises.scenarios["crisis_type"])) if f"{service}.surge_{k}" in keys]


def _loads(
    case: Case, cost: np.ndarray, names: list[str], kind: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Demand and capacity, (W, I, S) each, of services that cost (I, S) today."""
    services = case.services.index
    spare = case.parameters("spare_capacity_share")
    demand, capacity = np.zeros((len(names), *cost.shape)), np.zeros((len(names), *cost.shape))
    for w, (name, c) in enumerate(zip(names, kind, strict=True)):
        struck = [s for s, service in enumerate(services) if c in _surges(case, service)]
        severity = case.parameters(SEVERITY, name)
        exposed, lost = (
            np.minimum(1.0, severity * frame[name].to_numpy(float))[:, None]
            for frame in (case.crises.exposed, case.crises.lost)
        )
        surge = case.parameters.of(f"surge_{c}", services[struck]).to_numpy()
        demand[w][:, struck] = ((surge - 1.0) * exposed + lost) * cost[:, struck]
        capacity[w][:, struck] = spare * (1.0 - lost) * cost[:, struck]
    return demand, capacity


def _options(settings: Settings, groups: RuleGroups, duty: tuple[int, int], kind: str) -> tuple[str, ...]:
    """Tiers that may lead a duty (service, rule group) in a kind of crisis, today's first."""
    home = groups.home[duty[0]]
    above = TIERS[TIERS.index(home) :]
    fixed = value_of(settings, setting_key(f"crisis.lead_{kind}"))
    if fixed != FREE:
        return (fixed if fixed in above else home,)
    possible = {home, *settings["crisis.lead_tiers"], *groups.options[duty]}
    return (home, *(t for t in above if t in possible and t != home))
