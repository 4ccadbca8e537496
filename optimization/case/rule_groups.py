"""Rule groups: the groups of municipalities to which a statute gives one rule.

From the convoy system (`uniform`, one rule for all) to full asymmetry (`free`, a rule for each).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.prescribed import members_prescribed
from optimization.dictionary.settings import GROUP, nearest
from optimization.dictionary.tiers import MUNICIPALITY, TIERS
from optimization.dictionary.typed_settings import Settings
from optimization.errors import Problem, raise_if_any
from optimization.reading.japan import PREFECTURES

FIX: Final = "responsibility.fix"

SIZE_CLASSES = (
    "designated_city", "core_city", "wards", "city_100k_up", "city_50k_100k", "city_below_50k", "town_10k_up",
    "town_below_10k",
)  # fmt: skip
"""Classes of `size_class`."""

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
    a group when the service table allows it for every class in the group (R6). Raises InputError for a
    tier prescribed to one group that there is not, or whose classes do not allow it, and for bodies that are prescribed
    and cannot be. Members of a prescribed body stay responsible, unless another tier is prescribed to their group.
    """
    rule = settings["rules.groups"]
    labels, of_municipality, allowed = case.once(f"rule groups {rule}", lambda: _divided(case, rule))
    home = tuple(case.services["home_tier"])
    held = {
        (s, int(of_municipality[i])) for s, members in members_prescribed(case, settings) for i in members
    }
    options, closed = {}, []
    for s, service in enumerate(case.services.index):
        present = np.bincount(of_municipality, weights=today[:, s], minlength=len(labels)) > 0
        for k in np.flatnonzero(present):
            options[s, int(k)] = _options(service, labels[k], home[s], allowed[service][k], settings)
            if (s, int(k)) in held and MUNICIPALITY in options[s, int(k)]:
                options[s, int(k)] = (MUNICIPALITY,)
            closed += _closed(service, labels[k], allowed[service][k], settings)
    raise_if_any([*_unknown_groups(case, settings, labels), *closed])
    return RuleGroups(tuple(labels), of_municipality, options, home)


def _divided(case: Case, rule: str) -> tuple[np.ndarray, np.ndarray, dict[str, list[list[str]]]]:
    """Labels (K,) of the groups under a rule, the group of each municipality (I,), and by service the tiers that the
    service table allows for every legal class in each group."""
    names = group_labels(case.municipalities, rule)
    labels, of_municipality = np.unique(names.to_numpy(str), return_inverse=True)
    kind = case.municipalities["city_class"].to_numpy(str)
    classes = [tuple(np.unique(kind[of_municipality == k])) for k in range(len(labels))]
    allowed = {
        service: [
            [t for t in TIERS if all(t in case.allowed_tiers[service, c] for c in of)] for of in classes
        ]
        for service in case.services.index
    }
    return labels, of_municipality, allowed


def _options(service: str, group: str, home: str, allowed: list[str], settings: Settings) -> tuple[str, ...]:
    prescribed = settings[FIX]
    fixed = prescribed.get(f"{service}{GROUP}{group}", prescribed.get(service))
    if fixed is not None:
        return (fixed if fixed in allowed else home,)
    if service in settings["responsibility.at_home"]:
        return (home,)
    if service not in settings["responsibility.free_services"]:
        return (home,)
    return (home, *(t for t in settings["responsibility.free_tiers"] if t in allowed and t != home))


def _closed(service: str, group: str, allowed: list[str], settings: Settings) -> list[Problem]:
    """What is wrong with a tier that is prescribed to one rule group by name."""
    entry = f"{service}{GROUP}{group}"
    tier = settings[FIX].get(entry)
    if tier is None or tier in allowed:
        return []
    message = f"is not open to {group} in allowed_tiers.csv"
    return [
        Problem("package", message, f"choose {' or '.join(allowed)}", column=f"{FIX}.{entry}", value=tier)
    ]


def _unknown_groups(case: Case, settings: Settings, labels: Collection[str]) -> list[Problem]:
    """Entries for rule groups that there are not; a group of another part of the country is known."""
    rule, faults = settings["rules.groups"], []
    for entry in settings[FIX]:
        _, at, group = entry.partition(GROUP)
        if at and group not in labels and not _elsewhere(group, rule, case):
            remedy = f"{nearest(group, _names(rule, labels))} (rules.groups is {rule})"
            faults.append(
                Problem("package", "is no rule group", remedy, column=f"{FIX}.{entry}", value=group)
            )
    return faults


def _names(rule: str, labels: Collection[str]) -> list[str]:
    return list(SIZE_CLASSES) if rule == "by_class" else [str(label) for label in labels]


def _elsewhere(group: str, rule: str, case: Case) -> bool:
    """Whether a label is that of a group which lies in another part of the country, or which the case has none of."""
    if rule == "by_class":
        return group in SIZE_CLASSES
    code, _, kind = group.partition("_")
    outside = code[:2] in PREFECTURES and code[:2] not in case.prefectures.index
    forms = {
        "by_prefecture": len(code) == 2 and not kind,
        "class_x_prefecture": len(code) == 2 and kind in SIZE_CLASSES,
        "free": len(code) == 5 and code.isdecimal() and not kind,
    }
    return outside and forms.get(rule, False)
