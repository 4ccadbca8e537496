"""The cost of every way of providing every service: alone, in a body, by a higher tier.

cost = standard + access + coordination + uniformity + transition. Standard, coordination and
transition are money of the responsible government (its budget); access is the residents' time and
fares, uniformity a loss of welfare: society bears them, no budget does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from optimization.case.case import Case
from optimization.costs import components
from optimization.costs.sharing import shared_worth
from optimization.costs.standard import NO_SCALE, StandardCosts, realised_ratio, tier_scale
from optimization.dictionary.settings import setting_key, value_of
from optimization.dictionary.tiers import MUNICIPALITY, PREFECTURE, TIERS, tier_of
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.geography.candidates import Bodies
from optimization.geography.distance import travel_minutes

COMPONENTS = ("standard", "access", "coordination", "uniformity", "transition")
BUDGET = ("standard", "coordination", "transition")

WEIGHT_OF: Mapping[str, SettingKey] = {
    "standard": "weights.provision",
    **{c: setting_key(f"weights.{c}") for c in COMPONENTS[1:]},
}


@dataclass(frozen=True)
class Parts:
    """The five components of a cost, arrays of one shape, million yen per year."""

    standard: np.ndarray
    access: np.ndarray
    coordination: np.ndarray
    uniformity: np.ndarray
    transition: np.ndarray

    def social(self, settings: Settings) -> np.ndarray:
        """Weighted sum of all components: what the objective counts."""
        return np.asarray(sum(value_of(settings, WEIGHT_OF[c]) * getattr(self, c) for c in COMPONENTS))

    @cached_property
    def budget(self) -> np.ndarray:
        """What the responsible government pays, earmarked grants included."""
        return np.asarray(sum(getattr(self, c) for c in BUDGET))

    def rows(self, keep: np.ndarray) -> Parts:
        """The parts of some rows only."""
        return Parts(**{c: getattr(self, c)[keep] for c in COMPONENTS})


@dataclass(frozen=True)
class ProvisionCosts:
    """Costs of provision.

    `by_tier[t]`: Parts of shape (I, S) for a municipality providing alone and for higher tiers.
    `bodies`: Parts of shape (B, W) over `wide_services`, NaN-free: the services the package opens, and those that
    bodies provide today or by prescription. `allowed` (B, W) tells which pairs may serve: today's bodies and those that
    are prescribed, and those of an opened service that keep its travel-time limit (R7) and cut through no body of today
    that must stand, nor through a prescribed one (R10); `may_act_alone` (I, W)
    where a municipality may provide by itself (R10); `worth` (B, W) what a pair is worth to its members by the
    preferences that bodies of today show, in units of a logit, 0 where the objective does not ask.
    """

    services: pd.Index
    wide_services: pd.Index
    by_tier: dict[str, Parts]
    unit_fixed: np.ndarray
    bodies: Parts
    allowed: np.ndarray
    may_act_alone: np.ndarray
    worth: np.ndarray

    @cached_property
    def wide_columns(self) -> np.ndarray:
        """Positions of the wide services among all services."""
        return self.services.get_indexer(self.wide_services)

    @cached_property
    def wide_position(self) -> dict[int, int]:
        """Position among the wide services (W) of each of them, by its position among all (S)."""
        return positions(self.wide_columns)

    @cached_property
    def own(self) -> np.ndarray:
        """Standard cost of each municipality alone, shape (I, S)."""
        return self.by_tier[MUNICIPALITY].standard

    def share(self, body: int, column: int, members: np.ndarray) -> np.ndarray:
        """The part of each member, shape (members,), in what a body (row) spends on a wide service (W): in proportion
        to what each would spend alone. Worked out once for each pair."""
        if (body, column) not in self._shares:
            own = self.own[members, self.wide_columns[column]]
            self._shares[body, column] = own / own.sum()
        return self._shares[body, column]

    @cached_property
    def _shares(self) -> dict[tuple[int, int], np.ndarray]:
        """Shares that have been asked for."""
        return {}


def positions(columns: np.ndarray) -> dict[int, int]:
    """Where each service of a selection (W,) of all stands in it."""
    return {s: w for w, s in enumerate(columns.tolist())}


def tier_parts(case: Case, standard: StandardCosts, office_km: np.ndarray) -> dict[str, Parts]:
    """Parts of every tier, each of shape (I, S).

    A service that stays where it is has no transition cost; a municipality alone has no
    coordination and no uniformity loss, and its residents go to their own town hall.
    """
    services = case.services.index
    home = case.services["home_tier"].to_numpy()
    movable = case.movable_services
    columns = services.get_indexer(movable)
    today = np.where(
        home[None, :] == MUNICIPALITY, standard.by_tier[MUNICIPALITY], standard.by_tier[PREFECTURE]
    )
    taste = components.log_taste(case)
    result = {}
    for tier in TIERS:
        level = standard.by_tier[tier]
        parts = {name: np.zeros_like(level) for name in COMPONENTS} | {"standard": level}
        if tier != MUNICIPALITY:
            parts["access"][:, columns] = components.access(case, movable, office_km)
            gap = taste - _area_mean(case, tier, taste)
            parts["uniformity"] = components.uniformity(case, services, level, gap)
            parts["coordination"] = level * _tier_coordination(case, tier)[:, None]
        moved = home[columns] != tier
        parts["transition"][:, columns] = components.transition(case, movable, today[:, columns]) * moved
        parts["access"] *= today > 0
        result[tier] = Parts(**parts)
    return result


def _area_mean(case: Case, tier: str, taste: np.ndarray) -> np.ndarray:
    """Population-weighted mean taste of the area of each municipality's tier, shape (I,)."""
    people = case.municipalities["population_persons"].astype(float)
    scale = tier_scale(case, people)
    weighted = tier_scale(case, people * taste)
    return weighted[tier] / scale[tier]


def _tier_coordination(case: Case, tier: str) -> np.ndarray:
    """Coordination of a tier as a share of standard cost, shape (I,): the parameter that `tiers.toml` names (for a bloc
    for every further prefecture, for the nation as it is), none elsewhere."""
    entry = tier_of(tier)
    share = np.full(len(case.codes), case.parameters(entry.coordination) if entry.coordination else 0.0)
    if not entry.each:
        return share
    prefectures = case.municipalities["prefecture_code"].groupby(case.area_of(tier)).transform("nunique")
    return share * (prefectures.to_numpy(float) - 1.0)


def body_parts(case: Case, standard: StandardCosts, bodies: Bodies, wide: pd.Index, km: np.ndarray) -> Parts:
    """Parts of every candidate body for the services it may provide, shape (B, W).

    std[b,s] = sum over members of own[i,s] x (g_s(P_b) / g_s(P_i)) ^ scale_realisation,
    exact for a body of one; P_b is the size of the members that have the service (a town whose
    prefecture runs public assistance adds no scale to it).
    """
    columns = case.services.index.get_indexer(wide)
    own = standard.by_tier[MUNICIPALITY][:, columns]
    members = bodies.membership
    level = np.zeros((len(bodies), len(wide)))
    for position, service in enumerate(wide):
        level[:, position] = _body_standard(case, service, standard, own[:, position], bodies)
    hubs = case.codes.get_indexer(bodies.table["hub"])
    rows = np.repeat(np.arange(len(bodies)), bodies.size)
    hub_km = km[members.indices, hubs[rows]]
    per_km = components.access(case, wide, np.ones(len(case.codes)))
    travelled = members.copy()
    travelled.data = hub_km
    taste = components.log_taste(case)
    return Parts(
        standard=level,
        access=travelled @ (per_km * (own > 0)),
        coordination=components.coordination(case, wide, level, bodies.size.astype(float)),
        uniformity=_body_uniformity(case, wide, own, bodies, taste),
        transition=components.transition(case, wide, members @ own - _undisturbed(bodies, columns, own)),
    )


def _undisturbed(bodies: Bodies, columns: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Own cost (I, W) of the members who stay in the body of today that each body continues, (B, W)."""
    result = np.zeros((len(bodies), len(columns)))
    for w, s in enumerate(columns.tolist()):
        if s in bodies.existing.services:
            goes_on = bodies.continues(s)
            rows = np.flatnonzero(goes_on >= 0)
            stays = bodies.existing.membership(s).multiply(own[:, w][:, None]).tocsr()
            together = sparse.csr_matrix(bodies.membership[rows] @ stays)
            result[rows, w] = np.asarray(together[np.arange(len(rows)), goes_on[rows]]).ravel()
    return result


def _leaving(case: Case, bodies: Bodies, municipal: Parts) -> Parts:
    """The parts of a municipality that provides by itself, (I, S): who leaves a body of today pays the transition,
    but for a member that is the greater part of it."""
    transition = municipal.transition.copy()
    for s in bodies.existing.services:
        number = bodies.existing.of(s)
        leaves = (number >= 0) & ~bodies.existing.goes_on_alone(s)
        service = case.services.index[[s]]
        cost = components.transition(case, service, municipal.standard[:, [s]])[:, 0]
        transition[number >= 0, s] = np.where(leaves, cost, 0.0)[number >= 0]
    return replace(municipal, transition=transition)


def _body_standard(
    case: Case, service: str, standard: StandardCosts, own: np.ndarray, bodies: Bodies
) -> np.ndarray:
    basis = case.services.at[service, "scale_basis"]
    if basis == NO_SCALE:
        return np.asarray(bodies.membership @ own)
    size = case.basis(basis).to_numpy(float)
    ratio = realised_ratio(case, service, standard.curves[service])
    unit = ratio(np.array([1.0]), np.maximum(size, 1.0))
    together = bodies.membership @ (size * (own > 0))
    return np.asarray(bodies.membership @ (own * unit)) * ratio(np.maximum(together, 1.0), np.array([1.0]))


def _body_uniformity(
    case: Case, wide: pd.Index, own: np.ndarray, bodies: Bodies, taste: np.ndarray
) -> np.ndarray:
    """Loss of the members summed by body, (B, W); service by service, for members x services is large."""
    members = bodies.membership
    people = case.municipalities["population_persons"].to_numpy(float)
    mean = (members @ (people * taste)) / (members @ people)
    gap = taste[members.indices] - np.repeat(mean, bodies.size)
    loss, everybody = members.copy(), np.ones(members.shape[1])
    result = np.zeros((len(bodies), len(wide)))
    for position in range(len(wide)):
        column = slice(position, position + 1)
        loss.data = components.uniformity(case, wide[column], own[members.indices, column], gap).ravel()
        result[:, position] = loss @ everybody
    return result


def body_parts_of(
    case: Case,
    settings: Settings,
    standard: StandardCosts,
    tiers: dict[str, Parts],
    bodies: Bodies,
    km: np.ndarray,
    also: Collection[str] = (),
) -> ProvisionCosts:
    """All costs of provision under a package's settings: the given parts of the tiers, and the
    parts of the candidate bodies for the services the package opens to them, or that `also` opens."""
    named = dict.fromkeys((*settings["wide_area.services"], *also))
    opened = [s for s in named if case.services.at[s, "wide_area"]]
    shared = case.services.index[bodies.existing.shared]
    wide = pd.Index([*opened, *(s for s in shared if s not in opened)])
    columns = case.services.index.get_indexer(wide)
    tiers = {**tiers, MUNICIPALITY: _leaving(case, bodies, tiers[MUNICIPALITY])}
    movable = case.movable_services
    fixed = np.zeros(len(case.services))
    fixed[case.services.index.get_indexer(movable)] = case.parameters.of(
        "unit_fixed_cost_million_yen", movable
    )
    return ProvisionCosts(
        services=case.services.index,
        wide_services=wide,
        by_tier=tiers,
        unit_fixed=fixed,
        bodies=body_parts(case, standard, bodies, wide, km),
        allowed=_may_serve(case, settings, bodies, wide, wide.isin(opened)),
        may_act_alone=np.column_stack([bodies.existing.may_act_alone(s) for s in columns.tolist()])
        if len(wide)
        else np.ones((len(case.codes), 0), dtype=bool),
        worth=shared_worth(case, settings, standard.curves, bodies, wide, km),
    )


def _may_serve(
    case: Case, settings: Settings, bodies: Bodies, wide: pd.Index, opened: np.ndarray
) -> np.ndarray:
    """Which pairs may serve, (B, W): see `ProvisionCosts`."""
    columns = case.services.index.get_indexer(wide)
    allowed = in_reach(case, settings, bodies, wide) & opened
    for w, s in enumerate(columns.tolist()):
        allowed[:, w] &= ~bodies.existing.cut_through(s, bodies.membership)
    position = positions(columns)
    standing, fixed = bodies.standing, {(s, members) for s, members in bodies.existing.prescribed}
    barred = {s: bodies.existing.cut_through(s, bodies.membership) for s in {s for s, _ in fixed}}
    for b, s in standing:
        allowed[b, position[s]] = not (s in barred and barred[s][b]) or (s, bodies.who(b)) in fixed
    return np.asarray(allowed)


def in_reach(case: Case, settings: Settings, bodies: Bodies, wide: pd.Index) -> np.ndarray:
    """Which bodies within the package's bounds keep the longest way to a seat of each service (R7), boolean (B, W)."""
    minutes = travel_minutes(bodies.table["max_km"].to_numpy(float), case)
    limit = case.parameters.of("max_travel_minutes", wide).to_numpy() * settings["access.limit_factor"]
    return np.asarray((minutes[:, None] <= limit) & bodies.table["within_bounds"].to_numpy()[:, None])
