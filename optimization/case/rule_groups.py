"""Rule groups: the groups of municipalities to which a statute gives one rule.

From the convoy system (`uniform`, one rule for all) to full asymmetry (`free`, a rule for each).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.dictionary.tiers import TIERS
from optimization.dictionary.typed_settings import Settings

LARGE_CITY, MEDIUM_CITY, LARGE_TOWN = 100_000, 50_000, 10_000
"""Size bounds in persons; the ministry's own similar groups use the first two for cities."""


@dataclass(frozen=True)
class RuleGroups:
    """Groups of municipalities and what the statute may choose for each.

    `labels` names the K groups; `of_municipality` (I,) gives each municipality's group;
    `options[s, k]` the tiers open to service s in group k, today's first; a service that no
    member of the group has (a designated city's teachers are its own) has no entry.
    """

    labels: tuple[str, ...]
    of_municipality: np.ndarray
    options: Mapping[tuple[int, int], tuple[str, ...]]
    home: tuple[str, ...]

    @cached_property
    def members(self) -> list[np.ndarray]:
        """Positions of the municipalities of each group."""
        return [np.flatnonzero(self.of_municipality == k) for k in range(len(self.labels))]


def size_class(municipalities: pd.DataFrame) -> pd.Series:
    """Class of each municipality for `by_class`: legal class, cities and towns by size."""
    people = municipalities["population_persons"]
    kind = municipalities["city_class"].replace({"special_city": "city", "village": "town"})
    city = np.select(
        [people >= LARGE_CITY, people >= MEDIUM_CITY], ["city_100k_up", "city_50k_100k"], "city_below_50k"
    )
    town = np.where(people >= LARGE_TOWN, "town_10k_up", "town_below_10k")
    return kind.where(~kind.isin(["city", "town"]), np.where(kind == "city", city, town))


def group_labels(municipalities: pd.DataFrame, rule: str) -> pd.Series:
    """Label of each municipality's group under the rule `rules.groups`."""
    if rule == "uniform":
        return pd.Series("all", index=municipalities.index)
    if rule == "by_class":
        return size_class(municipalities)
    if rule == "by_prefecture":
        return municipalities["prefecture_code"]
    if rule == "class_x_prefecture":
        return municipalities["prefecture_code"] + "_" + size_class(municipalities)
    return pd.Series(municipalities.index, index=municipalities.index)


def rule_groups(case: Case, settings: Settings, today: np.ndarray) -> RuleGroups:
    """Groups and options of a package.

    `today` (I, S) is today's standard cost, which tells where a service exists. A tier is open to
    a group when the service table allows it for every class in the group (R6).
    """
    names = group_labels(case.municipalities, settings["rules.groups"])
    labels, of_municipality = np.unique(names.to_numpy(str), return_inverse=True)
    kind = case.municipalities["city_class"].to_numpy(str)
    classes = [tuple(np.unique(kind[of_municipality == k])) for k in range(len(labels))]
    home = tuple(case.services["home_tier"])
    options = {}
    for s, service in enumerate(case.services.index):
        present = np.bincount(of_municipality, weights=today[:, s], minlength=len(labels)) > 0
        for k in np.flatnonzero(present):
            allowed = [t for t in TIERS if all(t in case.allowed_tiers[service, c] for c in classes[k])]
            options[s, int(k)] = _options(service, home[s], allowed, settings)
    return RuleGroups(tuple(labels), of_municipality, options, home)


def _options(service: str, home: str, allowed: list[str], settings: Settings) -> tuple[str, ...]:
    fixed = settings["responsibility.fix"].get(service)
    if fixed is not None:
        return (fixed if fixed in allowed else home,)
    if service in settings["responsibility.at_home"]:
        return (home,)
    if service not in settings["responsibility.free_services"]:
        return (home,)
    return (home, *(t for t in settings["responsibility.free_tiers"] if t in allowed and t != home))
