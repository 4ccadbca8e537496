"""A question under other settings without laying it out anew: whatever does not hang on a setting stays.

Laying out the country takes a second, most of it for figures that are the case's alone. Who may answer (rule groups)
and who stands together today are worked out again where a setting changes them; what is known of the rest is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from optimization.case.prescribed import prescribed_bodies
from optimization.case.rule_groups import RuleGroups, rule_groups
from optimization.costs.provision import ProvisionCosts, body_parts_of
from optimization.costs.sharing import OBSERVED
from optimization.dictionary.tiers import MUNICIPALITY
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.geography.candidates import Bodies
from optimization.geography.existing import Prescribed, under_groups
from optimization.ledger.accounts import share_today
from optimization.ledger.instance import Instance, kept_today
from optimization.ledger.layout import OF_NEED, OF_THE_CASE, Candidates

ONE = (MUNICIPALITY,)
MOST_KNOWN = 24
"""Lists of bodies, and accounts of today, that are remembered."""

NEED: Final[tuple[SettingKey, ...]] = (
    "formula.scale_correction",
    "formula.efficient_scale_persons",
    "formula.simplified_share",
    "formula.area_weight",
)
"""Settings on which the recognised need hangs."""

OF_BODIES: Final[tuple[SettingKey, ...]] = (
    "wide_area.services",
    "wide_area.keep_existing",
    "wide_area.max_members",
    "wide_area.max_population_persons",
    "wide_area.min_population_persons",
    "wide_area.radius_km",
    "access.limit_factor",
    OBSERVED,
)
"""Settings on which the bodies of today, and what they may do, hang."""


Key = tuple[Any, ...]


@dataclass
class Known:
    """What former questions on one base have worked out: bodies with their costs, who holds today's accounts, and
    questions with the bodies of a decision `listed`, by the costs that they had before (which are kept alive)."""

    bodies: dict[Key, tuple[Bodies, ProvisionCosts]] = field(default_factory=dict)
    today: dict[Key, Instance] = field(default_factory=dict)
    listed: dict[Key, tuple[ProvisionCosts, Instance]] = field(default_factory=dict)


def relaid(base: Instance, settings: Settings, candidates: Candidates, known: Known) -> Instance:
    """A question of one year under other settings; `candidates` lists its bodies where they have to be listed again,
    `known` is what is remembered between questions. Raises `InputError` for rule groups that there are not."""
    if base.horizon is not None or settings["horizon.years"]:
        raise ValueError("a question over several years is laid out anew")
    groups = rule_groups(base.case, settings, base.today)
    prescribed = prescribed_bodies(base.case, settings, groups.options, groups.of_municipality)
    bodies, costs = remembered(
        known.bodies,
        (_values(settings, OF_BODIES), _parts(base, groups), prescribed),
        lambda: _bodies(base, settings, groups, candidates, prescribed),
    )
    changed = replace(base, settings=settings, groups=groups, bodies=bodies, costs=costs)
    same = _values(base.settings, NEED) == _values(settings, NEED)
    vars(changed).update({name: getattr(base, name) for name in (*OF_THE_CASE, *(OF_NEED if same else ()))})
    key = (_values(settings, kept_today(settings)), groups.labels)
    share_today(remembered(known.today, key, lambda: changed), changed)
    return changed


def _bodies(
    base: Instance, settings: Settings, groups: RuleGroups, candidates: Candidates, prescribed: Prescribed
) -> tuple[Bodies, ProvisionCosts]:
    existing = under_groups(base.bodies.existing, groups, settings["wide_area.keep_existing"], prescribed)
    bodies = candidates(base.case, settings, base.km, existing)
    costs = body_parts_of(base.case, settings, base.standard, base.costs.by_tier, bodies, base.km)
    return bodies, costs


def _values(settings: Settings, keys: Collection[SettingKey]) -> Key:
    return tuple(repr(settings[key]) for key in keys)


def _parts(base: Instance, groups: RuleGroups) -> Key:
    """Along which lines the bodies of today may be divided."""
    shared = set(base.bodies.existing.services)
    divided = sorted(duty for duty, tiers in groups.options.items() if duty[0] in shared and tiers != ONE)
    return groups.labels, tuple(divided)


Found = TypeVar("Found")


def remembered(store: dict[Key, Found], key: Key, work: Callable[[], Found], most: int = MOST_KNOWN) -> Found:
    """What is stored under a key, worked out where it is not; of `most` that are kept the oldest is forgotten."""
    if key not in store:
        found = work()
        while len(store) >= most:
            store.pop(next(iter(store)), None)
        store[key] = found
    return store[key]
