"""Who is in one joint body with whom: sets of partners inferred from places, marks and names of waste operators.

Partners are published nowhere. Within a prefecture the municipalities that provide a function jointly are drawn
together, pair by pair of sets, while the mean affinity of their members is at least `THRESHOLD` and they touch.
Affinity counts what partners have in common: the medical area, the county, the other functions they tick, nearness.
Known bodies, names that name several members, and marks of a whole prefecture come first. What remains single joins
the neighbour it has most affinity to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from optimization.dictionary.tables import load_tables
from optimization.prepare.columns import shaped
from optimization.prepare.joint_today import JOINT, SERVICE_OF, WASTE, WITHOUT_PLACE, known_bodies
from optimization.prepare.settlement_cards import MARKS

SAME_AREA, SAME_COUNTY, SAME_MARKS, NEARNESS, NEAR_KM = 2.0, 0.5, 2.0, 1.0, 20.0
"""What a pair gains for one medical area, one county, all other marks alike, and no distance (it falls by e every
20 km)."""

THRESHOLD, SWAY = 3.9, 0.1
"""Least mean affinity of two sets that are one body: with it fire has 255 bodies, where fire unions have about 290
headquarters. A set is stable that also comes out with the threshold a tenth lower and higher."""

MOST_PEOPLE = 700_000
"""Residents beyond which sets are not drawn together."""

WATER_KM = 60.0
"""How far an island may lie from its partners, within a medical area."""

PREFECTURE_WIDE, WIDE_SHARE = frozenset({"tax"}), 0.75
"""Functions for which agencies of whole prefectures exist, and the share of municipalities that must tick."""

EARTH_KM = 6371.0
KIND = re.compile(r"[市町村]$")


@dataclass(frozen=True)
class Places:
    """Municipalities as the inference sees them, by code: `table` (name_ja, county_ja, population_persons, is_island,
    the office in degrees, medical_area), `borders` with the neighbours by land, `ticks` the marks of joint_today by
    function."""

    table: pd.DataFrame
    borders: Mapping[str, Collection[str]]
    ticks: pd.DataFrame

    @cached_property
    def name(self) -> dict[str, str]:
        """Names by code."""
        return dict(self.table["name_ja"])

    @cached_property
    def area(self) -> dict[str, str]:
        """Medical areas by code; empty where there is none."""
        return dict(self.table["medical_area"].fillna(""))

    @cached_property
    def county(self) -> dict[str, str]:
        """Counties by code; empty for cities."""
        return dict(self.table["county_ja"].fillna(""))

    @cached_property
    def pattern(self) -> dict[str, tuple[int, ...]]:
        """Marks of all functions that have a place, by code."""
        ticks = self.ticks.drop(columns=list(WITHOUT_PLACE), errors="ignore")
        return dict(zip(ticks.index, ticks.itertuples(index=False, name=None), strict=True))


@dataclass
class Group:
    """One set of partners on its way: members, why, and the waste operators whose names fit it."""

    members: list[str]
    evidence: set[str] = field(default_factory=set)
    seats: frozenset[str] = frozenset()


def bodies_today(joint: pd.DataFrame, places: Places, operators: pd.DataFrame) -> pd.DataFrame:
    """One row a member of every inferred body of every function: `joint` is joint_today, `operators` holds
    prefecture_code and operator of those that run incinerators (may be empty). Sorted by function, body and code."""
    rows = list[tuple[str, ...]]()
    for function in [f for f in MARKS.values() if f not in WITHOUT_PLACE]:
        of_function = joint[joint["function"] == function].set_index("code")
        members = of_function.index[of_function["status"] == JOINT]
        rests_on = dict(of_function["rests_on"])
        for prefecture in sorted(set(members.str[:2])):
            codes = [code for code in members if code[:2] == prefecture]
            names = operators.loc[operators["prefecture_code"] == prefecture, "operator"]
            for group, level in groups_of(codes, function, places, list(names) if function == WASTE else []):
                rows += _rows(function, group, level, rests_on) if len(group.members) > 1 else []
    frame = pd.DataFrame(rows, columns=list(load_tables()["bodies_today"].columns))
    return shaped(frame.sort_values(["function", "body_id", "code"], ignore_index=True), "bodies_today")


def groups_of(
    codes: Sequence[str], function: str, places: Places, operators: Sequence[str]
) -> list[tuple[Group, str]]:
    """Groups of the joint municipalities of one prefecture with their confidence; a group of one has no partners."""
    whole = _whole(codes, function, places)
    if whole is not None:
        return [(whole, "high"), *((Group([c]), "low") for c in codes if c not in whole.members)]
    affinity = _affinity(codes, function, places)
    seeds = _seeds(codes, places, operators)
    drawing, runs = Drawing(codes, affinity, seeds, places), []
    for sway in (1.0 + SWAY, 1.0, 1.0 - SWAY):  # each goes on from the one before
        drawing.draw(THRESHOLD * sway)
        runs.append(drawing.settled())
    stable = [{frozenset(group.members) for group in run} for run in (runs[0], runs[2])]
    result = []
    for group in runs[1]:
        group.members.sort()
        named = "operator_names" in group.evidence and set(group.members) in [set(s.members) for s in seeds]
        kept = all(frozenset(group.members) in sets for sets in stable)
        group.evidence |= set(_shared(group, places))
        result.append((group, "high" if named else "medium" if kept else "low"))
    return result


def _whole(codes: Sequence[str], function: str, places: Places) -> Group | None:
    """The one body of (most of) a prefecture, known or told by the marks."""
    for body in known_bodies():
        if body.function == function and body.prefecture_code == codes[0][:2]:
            return Group(body.members(codes), {"known_body"})
    of_prefecture = places.table.index.str[:2] == codes[0][:2]
    if function in PREFECTURE_WIDE and len(codes) >= WIDE_SHARE * of_prefecture.sum():
        return Group(list(codes), {"prefecture_share"})
    return None


# ---- affinity


def _affinity(codes: Sequence[str], function: str, places: Places) -> np.ndarray:
    """What each pair has in common."""
    table = places.table.loc[list(codes)]
    area, county = (np.array([known[c] for c in codes], str) for known in (places.area, places.county))
    others = [f for f in SERVICE_OF if f not in (function, "tax")] + ["crematorium", "infectious_disease"]
    ticks = places.ticks.loc[list(codes), [f for f in others if f != function]].to_numpy(float)
    alike = 1.0 - np.abs(ticks[:, None, :] - ticks[None]).mean(axis=2)
    return np.asarray(
        SAME_AREA * (area[:, None] == area)
        + SAME_COUNTY * ((county[:, None] == county) & (county != "")[:, None])
        + SAME_MARKS * alike
        + NEARNESS * np.exp(-distance_km(table) / NEAR_KM)
    )


def distance_km(table: pd.DataFrame) -> np.ndarray:
    """Great-circle distance between offices, km."""
    lon, lat = (np.radians(table[f"office_{name}_deg"].to_numpy(float)) for name in ("lon", "lat"))
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half = half + np.cos(lat)[:, None] * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


def _touching(codes: Sequence[str], places: Places) -> np.ndarray:
    """Which pairs touch: by land, or over water where an island without such a neighbour lies in the medical area."""
    place = {code: number for number, code in enumerate(codes)}
    touching = np.zeros((len(codes), len(codes)), bool)
    for code, at in place.items():
        for other in places.borders.get(code, ()):
            if other in place:
                touching[at, place[other]] = True
    table, area = places.table.loc[list(codes)], np.array([places.area[code] for code in codes], str)
    lone = ~touching.any(axis=1) & (table["is_island"].to_numpy(float) == 1)
    water = lone[:, None] & (area[:, None] == area) & (distance_km(table) <= WATER_KM)
    touching |= water | water.T
    np.fill_diagonal(touching, False)
    return touching


# ---- drawing sets together


class Drawing:
    """Sets on their way together: what each pair of them has in common in all (`links`), whether they touch."""

    def __init__(
        self, codes: Sequence[str], affinity: np.ndarray, seeds: Sequence[Group], places: Places
    ) -> None:
        seeded = {code for seed in seeds for code in seed.members}
        self.groups = [Group(list(seed.members), set(seed.evidence), seed.seats) for seed in seeds]
        self.groups += [Group([code]) for code in codes if code not in seeded]
        place = {code: number for number, code in enumerate(codes)}
        member = np.zeros((len(self.groups), len(codes)))
        for number, group in enumerate(self.groups):
            member[number, [place[code] for code in group.members]] = 1.0
        self.people = member @ places.table.loc[list(codes), "population_persons"].to_numpy(float)
        self.links = member @ affinity @ member.T
        self.touching = member @ _touching(codes, places) @ member.T > 0
        np.fill_diagonal(self.touching, False)
        self.size = member.sum(axis=1)
        seats = [group.seats for group in self.groups]
        self.apart = np.array([[bool(one and other and one != other) for one in seats] for other in seats])

    def best(self, allowed: np.ndarray) -> tuple[int, int, float]:
        """The pair of touching sets with most in common among those allowed, and how much; -1 where there is none."""
        mean = np.where(allowed & self.touching, self.links, -1.0)
        mean /= np.where(mean < 0, 1.0, np.outer(self.size, self.size))
        first, second = divmod(int(mean.argmax()), len(self.size))
        return first, second, float(mean[first, second])

    def join(self, into: int, other: int) -> None:
        """One set of two; the other is emptied and touches nothing any more."""
        for table in (self.links, self.touching, self.apart):
            table[into] += table[other]
            table[:, into] += table[:, other]
        self.touching[other], self.touching[:, other], self.touching[into, into] = False, False, False
        self.size[into] += self.size[other]
        self.people[into] += self.people[other]
        mine, theirs = self.groups[into], self.groups[other]
        self.groups[into] = Group(
            mine.members + theirs.members, mine.evidence | theirs.evidence, mine.seats | theirs.seats
        )
        self.groups[other] = Group([])

    def draw(self, threshold: float) -> None:
        """Joins sets while some two have at least the threshold in common."""
        while True:
            first, second, mean = self.best((self.people[:, None] + self.people <= MOST_PEOPLE) & ~self.apart)
            if mean < threshold:
                return
            self.join(first, second)

    def settled(self) -> list[Group]:
        """The sets once every single one has joined its best neighbour, whatever that one's size."""
        whole = deepcopy(self)
        while True:
            alone = np.repeat((whole.size == 1)[:, None], len(whole.size), axis=1)
            single, into, mean = whole.best(alone)
            if mean < 0:
                return [group for group in whole.groups if group.members]
            whole.join(into, single)
            whole.groups[into].evidence.add("left_over")


# ---- evidence


def _seeds(codes: Sequence[str], places: Places, operators: Sequence[str]) -> list[Group]:
    """Groups told by names of operators: those whose name names members; a member named twice belongs to the first
    that names most."""
    named = [(operator, named_members(operator, codes, places.name)) for operator in operators]
    seeds, taken = [], set[str]()
    for operator, members in sorted(named, key=lambda pair: (-len(pair[1]), pair[0])):
        free = [code for code in members if code not in taken]
        if free:
            taken |= set(free)
            evidence = "operator_names" if len(free) > 1 else "operator_seat"
            seeds.append(Group(free, {evidence}, frozenset({operator})))
    return seeds


def named_members(operator: str, codes: Sequence[str], name: Mapping[str, str]) -> list[str]:
    """Municipalities whose name, with or without its kind, stands in the name of an operator; longest names first, so
    that a short one within a long one does not count."""
    rest, found = operator, []
    spelt = [(text, code) for code in codes for text in {name[code], KIND.sub("", name[code])}]
    for spelling, code in sorted(spelt, key=lambda pair: (-len(pair[0]), pair)):
        if len(spelling) > 1 and spelling in rest:
            rest = rest.replace(spelling, "・")
            found.append(code)
    return sorted(set(found))


def _shared(group: Group, places: Places) -> Iterator[str]:
    """What all members of a group have in common."""
    if len({places.area[code] for code in group.members}) == 1:
        yield "medical_area"
    if len(counties := {places.county[code] for code in group.members}) == 1 and counties != {""}:
        yield "county"
    if len({places.pattern[code] for code in group.members}) == 1:
        yield "same_marks"
    reached, inside = {group.members[0]}, set(group.members)
    while more := {n for code in reached for n in places.borders.get(code, ())} & inside - reached:
        reached |= more
    yield "border" if reached == inside else "water"


def _rows(function: str, group: Group, confidence: str, rests_on: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The rows of a body; who does not tick has that among its evidence."""
    body = f"{function}-{min(group.members)}"
    rows = list[tuple[str, ...]]()
    for code in sorted(group.members):
        evidence = group.evidence | ({"no_own_staff"} if rests_on[code] == "no_own_staff" else set())
        rows.append((body, function, code, "|".join(sorted(evidence)), confidence, "inferred"))
    return rows
