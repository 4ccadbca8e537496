"""Where the nation's figures and the parameters of a case must lie, whoever gives them: the case or a package."""

from __future__ import annotations

import math
from typing import NamedTuple

from optimization.case.bundles import JOINT_WORK
from optimization.case.crisis import CRISIS_TYPES
from optimization.case.parameters import SPENDING_RATIO
from optimization.dictionary.families import family_parameters
from optimization.dictionary.tiers import TIERS
from optimization.reading.numerals import share_meant


class Range(NamedTuple):
    """Where a number must lie, both ends included; `text` is what messages say."""

    text: str
    least: float = -math.inf
    most: float = math.inf

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        return self.least <= value <= self.most

    def remedy(self, value: float, otherwise: str) -> str:
        """What to do with a number outside: the one that was meant where it is a share in per cent."""
        meant = share_meant(value, "ratio", self.least, self.most) if self.most <= 1 else ""
        return f"did you mean {meant}? Else {otherwise}" if meant else otherwise


TINY, BELOW_ONE = math.nextafter(0.0, 1.0), math.nextafter(1.0, 0.0)
SHARE = Range("at least 0 and below 1", 0.0, BELOW_ONE)
FRACTION = Range("between 0 and 1", 0.0, 1.0)
POSITIVE = Range("above 0", TINY)
NOT_NEGATIVE = Range("at least 0", 0.0)

WITHIN = {"share": SHARE, "fraction": FRACTION, "positive": POSITIVE, "not_negative": NOT_NEGATIVE}
"""The ranges that the dictionary names."""

NATIONAL = {
    "fiscal_year": Range("a year between 1954 and 2100", 1954.0, 2100.0),
    "adjustment_rate": SHARE,
    "special_share": SHARE,
    "largest_prefecture_scale": POSITIVE,
}
OTHER_YEARS = {
    "register_year": Range("a year between 1954 and 2100", 1954.0, 2100.0),
    "indicator_year": Range("a year between 1954 and 2100", 1954.0, 2100.0),
}
"""Figures of a case that takes people or debt ratios from another year than its own; else the case's year."""

GENERAL = {
    "detour_factor": Range("at least 1", 1.0),
    "travel_speed_km_per_hour": POSITIVE,
    "travel_cost_yen_per_person_km": NOT_NEGATIVE,
    "price_elasticity": POSITIVE,
    "taste_elasticity": NOT_NEGATIVE,
    "taste_gap_cap": NOT_NEGATIVE,
    "discount_rate": SHARE,
    "transition_years": POSITIVE,
    "efficient_scale_persons": POSITIVE,
    "bloc_coordination_rate": NOT_NEGATIVE,
    "national_overhead": NOT_NEGATIVE,
    "branch_office_share": NOT_NEGATIVE,
    "national_unit_share": NOT_NEGATIVE,
    "coordination_fixed_million_yen": NOT_NEGATIVE,
    **{name: WITHIN[entry.within] for name, entry in family_parameters().items()},
}
OFFERED = frozenset(name for name, entry in family_parameters().items() if entry.given_here)
"""Parameters whose values the dictionary gives where a case does not."""

BY_SERVICE = {
    "national_share": SHARE,
    "taste_weight": FRACTION,
    "scale_realisation": FRACTION,
    "prefectural_elasticity": Range("between -1 and 1", -1.0, 1.0),
    "trips_to_seat": NOT_NEGATIVE,
    "unit_fixed_cost_million_yen": NOT_NEGATIVE,
    "transition_cost": NOT_NEGATIVE,
    "coordination_rate": NOT_NEGATIVE,
    "max_travel_minutes": POSITIVE,
    SPENDING_RATIO: NOT_NEGATIVE,
}

CRISIS = {
    "spare_capacity_share": NOT_NEGATIVE,
    "response_premium": NOT_NEGATIVE,
    "reserve_cost_share": NOT_NEGATIVE,
    **dict.fromkeys(("aid_loss_bloc", "aid_loss_nation"), FRACTION),
    **{f"response_delay_share_{tier}": FRACTION for tier in TIERS},
}
CRISIS_BY_SERVICE = {
    **{f"surge_{kind}": Range("at least 1", 1.0) for kind in CRISIS_TYPES},
    "crisis_urgency": FRACTION,
}
"""Read only where a package names scenarios; a service without a surge is not touched by that kind of crisis."""

OF_BUNDLES = {JOINT_WORK: FRACTION}
"""Given by the table of bundles, not by that of parameters."""

ALL_GENERAL, ALL_BY_SERVICE = {**GENERAL, **CRISIS}, {**BY_SERVICE, **CRISIS_BY_SERVICE}


def range_of(key: str) -> Range | None:
    """Where a parameter must lie, by its key `parameter` or `service.parameter`; None for one nothing reads."""
    service, _, name = key.rpartition(".")
    return ({**ALL_BY_SERVICE, **OF_BUNDLES} if service else ALL_GENERAL).get(name)
