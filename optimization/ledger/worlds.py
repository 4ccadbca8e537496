"""Worlds: what the costs of a question are under other values of the assumed and estimated numbers.

Numbers are gathered into groups, and all numbers of a group move together: what makes the guess of one service wrong
makes those of the others wrong too. The level of a group runs from 0 (all its numbers where they make it least) over
one half (the central values) to 1. An assumed number runs along its range in a straight line on either side of the
centre; an estimated one takes the quantile of a normal distribution of which its range is the interval of 90 percent,
cut where the number cannot lie. A group that stands at 0 or at 1 itself stands at the ends of the ranges of all its
numbers, estimated or not: draws never do, the worlds of one factor and corners always. Only numbers of which costs are
made move: what says who may serve whom (travel time, bounds of bodies), formulas and crises stay as the package has
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import NormalDist
from typing import Final

import numpy as np
from scipy import sparse

from optimization.case.case import Case
from optimization.case.parameters import ESTIMATED, Noting
from optimization.case.ranges import range_of
from optimization.case.resolved import ResolvedPackage
from optimization.costs.curves import ScaleCurve
from optimization.costs.provision import body_parts_of, tier_parts
from optimization.costs.standard import (
    Needs,
    StandardCosts,
    fitted_curves,
    level_from_efficient_scale,
    needs_of,
    standard_costs,
)
from optimization.dictionary.settings import setting_key, value_of, with_values
from optimization.geography.candidates import Bodies
from optimization.geography.distance import branch_km, town_hall_km
from optimization.ledger.decision import Decision
from optimization.ledger.factors import Number, numbers_of
from optimization.ledger.instance import Instance

GROUPS: Final[Mapping[str, Mapping[str, int]]] = {
    "realisation": {"scale_realisation": 1, "efficient_scale_persons": 1, "prefectural_elasticity": -1},
    "overhead": {"national_overhead": 1, "bloc_coordination_rate": 1},
    "transition": {"transition_cost": 1, "transition_years": -1},
    "coordination": {"coordination_rate": 1, "coordination_fixed_million_yen": 1},
    "travel": {"travel_cost_yen_per_person_km": 1, "trips_to_seat": 1, "detour_factor": 1},
    "national_shares": {"national_share": 1},
    "offices": {"unit_fixed_cost_million_yen": 1, "branch_office_share": 1, "national_unit_share": 1},
    "uniformity": {"taste_weight": 1, "taste_elasticity": 1, "taste_gap_cap": 1, "price_elasticity": -1},
    "joint_work": {"joint_work_rate": 1},
    "standing": {"weights.body_million_yen": 1},
}
"""Groups of numbers of which costs are made: parameters and settings, with the sign by which each follows its group."""

ENDS: Final = (0.0, 1.0)
"""Levels at which every number stands at an end of its range."""

ONE_FACTOR: Final = tuple(GROUPS)[:6]
"""Groups that the worlds of one factor take to either end."""

CENTRE: Final = 0.5
EFFICIENT: Final = "efficient_scale_persons"
NORMAL: Final = NormalDist()
INTERVAL: Final = NORMAL.inv_cdf(0.95)
"""Standard deviations from the centre to either end of an interval of 90 percent."""

SURE: Final = 1e-6
"""Nearest to 0 or 1 that the level of an estimated number is taken."""


@dataclass(frozen=True)
class World:
    """A world by its name and the level of every group that is not at its centre."""

    name: str
    levels: Mapping[str, float] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        """What tells a world from others."""
        return self.name, *sorted(self.levels.items())

    def level(self, group: str) -> float:
        """Level of a group from 0 to 1."""
        return self.levels.get(group, CENTRE)


def centre() -> World:
    """The world of all central values."""
    return World("centre")


def one_factor(groups: Sequence[str] = ONE_FACTOR) -> list[World]:
    """The centre, and every group alone at its low and at its high end."""
    ends = [
        World(f"{group}_{end}", {group: level})
        for group in groups
        for end, level in zip(("low", "high"), ENDS, strict=True)
    ]
    return [centre(), *ends]


def joint_draws(
    count: int, seed: int, groups: Sequence[str] = tuple(GROUPS), name: str = "draw"
) -> list[World]:
    """Worlds in which every group has a level of its own, each level once in every part of its range (a Latin
    hypercube)."""
    draw = np.random.default_rng(seed)
    levels = np.column_stack([(draw.permutation(count) + draw.random(count)) / count for _ in groups])
    return [
        World(f"{name}_{n + 1:03d}", dict(zip(groups, row, strict=True)))
        for n, row in enumerate(levels.tolist())
    ]


def value_at(number: Number, level: float) -> float:
    """Value of a number at a level of its group from 0 to 1."""
    if number.mark != ESTIMATED:
        return number.at(level)
    far = NORMAL.inv_cdf(min(max(level, SURE), 1.0 - SURE)) / INTERVAL
    side = number.high - number.central if far > 0 else number.central - number.low
    allowed, value = range_of(number.key), number.central + far * side
    return value if allowed is None else min(max(value, allowed.least), allowed.most)


@dataclass(frozen=True)
class Worlds:
    """The costs of one question in any world. `whole` is the case before the package's assumptions, of which the
    question may be a part."""

    whole: Case
    package: ResolvedPackage
    instance: Instance

    @cached_property
    def numbers(self) -> dict[str, list[tuple[Number, int, bool]]]:
        """The numbers of every group: each with its sign and whether it is a setting. A group of which nothing can move
        is missing."""
        found: dict[str, list[tuple[Number, int, bool]]] = {}
        sign_of = {name: (group, sign) for group, names in GROUPS.items() for name, sign in names.items()}
        for factor, setting, number, idle in numbers_of(self.whole, self.package):
            if factor in sign_of and not idle:
                group, sign = sign_of[factor]
                found.setdefault(group, []).append((number, sign, setting))
        return {group: found[group] for group in GROUPS if group in found}

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that can move."""
        return tuple(self.numbers)

    def values(self, world: World) -> tuple[dict[str, float], dict[str, float]]:
        """Assumptions and settings of a world that are not the package's, by key."""
        assumptions: dict[str, float] = {}
        settings: dict[str, float] = {}
        for group, numbers in self.numbers.items():
            level = world.level(group)
            if level != CENTRE:
                for number, sign, setting in numbers:
                    own = level if sign > 0 else 1.0 - level
                    value = number.at(own) if level in ENDS else value_at(number, own)
                    (settings if setting else assumptions)[number.key] = value
        return assumptions, settings

    @cached_property
    def _curves(self) -> dict[str, ScaleCurve]:
        return fitted_curves(self.whole)

    @cached_property
    def _needs(self) -> Needs:
        return needs_of(self.whole)

    @cached_property
    def _office_km(self) -> np.ndarray:
        return branch_km(self.whole, town_hall_km(self.whole))

    @cached_property
    def _kept(self) -> np.ndarray:
        """Which places of the whole case are those of the question, boolean."""
        return np.asarray(self.whole.codes.isin(self.instance.case.codes))

    def question_in(self, world: World, bodies: Bodies | None = None) -> Instance:
        """The question with the costs of a world, over its own list of bodies or another."""
        assumptions, settings = self.values(world)
        return self._with(assumptions, settings, bodies or self.instance.bodies)

    def question_at(self, values: Mapping[str, float], bodies: Bodies) -> Instance:
        """The question with the costs of some values of parameters, by key, over a list of bodies."""
        return self._with(values, {}, bodies)

    def _with(
        self, assumptions: Mapping[str, float], settings: Mapping[str, float], bodies: Bodies
    ) -> Instance:
        whole = self.whole.with_parameters({**self.package.assumptions, **assumptions})
        standard, noted = self._usual
        other = bool(noted & {key.rpartition(".")[2] for key in assumptions})
        if other:
            standard = self._standard(whole, EFFICIENT in assumptions)
        parts = tier_parts(whole, standard, self._office_km)
        if not self._kept.all():
            parts = {tier: part.rows(self._kept) for tier, part in parts.items()}
            standard = standard.rows(self._kept)
        case = self.instance.case.with_parameters(assumptions)
        today = self._of_today(case) if other else {}
        changed = with_values(self.instance.settings, {**today, **settings})
        costs = body_parts_of(case, changed, standard, parts, bodies, self.instance.km, self._opened)
        return replace(
            self.instance, case=case, settings=changed, standard=standard, costs=costs, bodies=bodies
        )

    @cached_property
    def _opened(self) -> list[str]:
        """Services that given bodies provide, which neither the package opens to bodies nor bodies of today provide."""
        own, named = self.instance, self.instance.settings["wide_area.services"]
        shared = {own.services[s] for s in own.bodies.existing.shared}
        return [str(s) for s in own.costs.wide_services if s not in named and s not in shared]

    @cached_property
    def _usual(self) -> tuple[StandardCosts, set[str]]:
        """The standard costs of the whole case under the package's own assumptions, and the names of all parameters
        that they hang on."""
        whole = self.whole.with_parameters(self.package.assumptions)
        noting = Noting(whole.parameters.table, whole.parameters.overrides)
        standard = self._standard(replace(whole, parameters=noting), anew=False)
        return standard, noting.noted | {EFFICIENT}

    def _standard(self, whole: Case, anew: bool) -> StandardCosts:
        """The standard costs of the whole case with some parameters; `anew` where its curves become level elsewhere."""
        levelled = self.instance.standard.curves
        if anew:
            levelled = level_from_efficient_scale(whole, self._curves)
        return standard_costs(whole, levelled, self._needs)

    def _of_today(self, case: Case) -> dict[str, float]:
        """Limits that are a figure of today, as that figure is in a world."""
        asked, before = self.instance.settings, self.instance.case.defaults
        return {
            key: value
            for key, value in case.defaults.items()
            if value != before[key] and value_of(asked, setting_key(key)) == before[key]
        }


def only_bodies(bodies: Bodies, rows: Sequence[int]) -> Bodies:
    """A list that holds some bodies of another (by row) and all that exist today, so that costs are reckoned of these
    alone."""
    kept = sorted({*rows, *(row for row, *_ in bodies.whole_today)})
    return Bodies(bodies.table.iloc[kept], sparse.csr_matrix(bodies.membership[kept]), bodies.existing)


def decision_in(instance: Instance, decision: Decision) -> Decision:
    """A decision in the question of a world: what follows the numbers of the world by law (guarantees at today's share)
    is that world's."""
    low, high = instance.guarantee
    guarantee = np.where(low == high, low, decision.guarantee)
    return replace(decision.on(instance.bodies), guarantee=guarantee)
