"""A question under other settings without laying it out anew: whatever does not hang on a setting stays.

Laying out the country takes a second, most of it for figures that are the case's alone. Who may answer (rule groups)
and who stands together today are worked out again where a setting changes them; what is known of the rest is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from optimization.case.rule_groups import RuleGroups, rule_groups
from optimization.costs.provision import body_parts_of
from optimization.dictionary.settings import setting_key
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.geography.existing import existing_bodies
from optimization.ledger.accounts import share_today
from optimization.ledger.instance import FACED, Instance
from optimization.ledger.layout import Candidates

OF_THE_CASE: Final = (
    "national_share", "today", "standard_need", "municipal_government", "prefectural_government", "home_government",
    "asset_share", "asset_debt_service", "debt_service", "debt_years", "other_cost", "bond", "receiving_today",
    "residual", "special_share", "formula_paid", "tiers_held", "population", "area", "prefecture", "areas", "offices",
)  # fmt: skip
"""What a question works out of its case alone, whatever a package says."""

OF_NEED: Final = ("formula_need",)
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
)
"""Settings on which the bodies of today, and what they may do, hang."""


def relaid(base: Instance, settings: Settings, candidates: Candidates) -> Instance:
    """A question of one year under other settings; `candidates` lists its bodies where they have to be listed again.
    Raises `InputError` for rule groups that there are not."""
    if base.horizon is not None or settings["horizon.years"]:
        raise ValueError("a question over several years is laid out anew")
    groups = rule_groups(base.case, settings, base.today)
    bodies, costs = base.bodies, base.costs
    if not (_same(base.settings, settings, OF_BODIES) and _same_for_bodies(base, groups)):
        existing = existing_bodies(base.case, groups, settings["wide_area.keep_existing"])
        bodies = candidates(base.case, settings, base.km, existing)
        costs = body_parts_of(base.case, settings, base.standard, costs.by_tier, bodies, base.km)
    changed = replace(base, settings=settings, groups=groups, bodies=bodies, costs=costs)
    known = (*OF_THE_CASE, *(OF_NEED if _same(base.settings, settings, NEED) else ()))
    vars(changed).update({name: getattr(base, name) for name in known})
    if groups.labels == base.groups.labels and _same(base.settings, settings, _faced(settings)):
        share_today(base, changed)
    return changed


def _faced(settings: Settings) -> list[SettingKey]:
    """Settings under which today's arrangement is judged."""
    return [setting_key(key) for key in settings if key.startswith(("weights.", *FACED))]


def _same(one: Settings, other: Settings, keys: Collection[SettingKey]) -> bool:
    return all(one[key] == other[key] for key in keys)


def _same_for_bodies(base: Instance, groups: RuleGroups) -> bool:
    """Whether the bodies of today fall into the same parts."""
    shared = set(base.bodies.existing.services)
    return groups.labels == base.groups.labels and all(
        options == groups.options[duty] for duty, options in base.groups.options.items() if duty[0] in shared
    )
