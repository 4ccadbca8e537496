"""Bodies that municipalities could form, and what each would be worth to each member, by the model's own prices.

What a member weighs (columns `FEATURES`), each as a share of what the service costs it alone: the saving that the curve
promises (the whole slope), the way to the largest member, coordination with every further member, the fixed cost of
taking part, the loss from one level for unlike wishes. Beside the prices stand what no price tells: partners of the own
county and of the own medical area, the own size, and being the largest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.costs import components
from optimization.costs.standard import scale_curves
from optimization.geography.candidates import (
    Borders,
    borders_of,
    cluster_sets,
    connected_parts,
    medical_sets,
    nearest_sets,
)
from optimization.geography.distance import medical_area_of, straight_km

PRICED = ("scale", "distance", "coordination", "fixed", "taste")
BESIDE = ("county", "medical_area", "largest", "partner_size", "own_size", "density", "joining")
FEATURES = (*PRICED, *BESIDE)
NEIGHBOURS = 10
"""Neighbours that the sets of nearest municipalities gather at most."""

MOST_MEMBERS = 20
DENSITY_OF_ONE = 1e-2
Members = tuple[int, ...]


@dataclass(frozen=True)
class Candidates:
    """Candidate bodies of one function (positions of members), a row of features (R, F) for each member of each.

    `body` (R,) the number of the body of each row, `member` (R,) its municipality; `observed` (B,) whether the body
    stands today, `listed` (B,) whether it is a candidate without being one of today; `home` (B,) its prefecture.
    """

    bodies: tuple[Members, ...]
    observed: np.ndarray
    listed: np.ndarray
    home: np.ndarray
    body: np.ndarray
    member: np.ndarray
    features: np.ndarray


def candidate_sets(case: Case) -> set[Members]:
    """Sets of one prefecture that could be bodies: medical areas, clusters, nearest neighbours, counties, and the whole
    prefecture."""
    borders, km = borders_of(case, cross_prefectures=False), straight_km(case.municipalities)
    found: set[Members] = set()
    for sets in (
        medical_sets(case, borders),
        cluster_sets(case, borders, km),
        nearest_sets(borders, km, NEIGHBOURS),
        _counties(case, borders),
    ):
        found |= {tuple(sorted(each)) for each in sets if 2 <= len(each) <= MOST_MEMBERS}
    places = case.municipalities["prefecture_code"].to_numpy()
    return found | {tuple(np.flatnonzero(places == code).tolist()) for code in np.unique(places)}


def _counties(case: Case, borders: Borders) -> Iterator[frozenset[int]]:
    """Counties, alone and each with the towns that touch it."""
    places = case.municipalities
    county = (places["prefecture_code"] + places["county_ja"].fillna("")).where(
        places["county_ja"].fillna("") != ""
    )
    for rows in county.groupby(county).indices.values():
        yield from connected_parts(borders, rows.tolist())
        around = set(rows.tolist()).union(*(borders[i] for i in rows.tolist()))
        yield from connected_parts(borders, around)


def observed_bodies(case: Case, function: str) -> list[Members]:
    """Bodies of today of a function, positions of members in order."""
    return sorted(
        tuple(sorted(rows.tolist())) for _, rows in places_of_bodies(case, function).groupby(level=0)
    )


def places_of_bodies(case: Case, function: str) -> pd.Series:
    """Position of every member of the bodies of today of a function, by body."""
    bodies = case.bodies_today[case.bodies_today["function"] == function]
    return pd.Series(case.codes.get_indexer(bodies["code"]), bodies["body_id"].to_numpy())


def candidates(case: Case, function: str, service: str, sets: set[Members]) -> Candidates:
    """The sets and the bodies of today of a function, with every member's features."""
    today = set(observed_bodies(case, function))
    prefecture = case.municipalities["prefecture_code"].to_numpy(str)
    inside = {members for members in today if len({prefecture[i] for i in members}) == 1}
    bodies = tuple(sorted(sets | inside))
    size = np.array([len(members) for members in bodies])
    body, member = np.repeat(np.arange(len(bodies)), size), np.concatenate([np.array(m) for m in bodies])
    return Candidates(
        bodies,
        np.array([members in inside for members in bodies]),
        np.array([members in sets for members in bodies]),
        prefecture[[members[0] for members in bodies]],
        body,
        member,
        _features(case, service, bodies, body, member),
    )


def _features(
    case: Case, service: str, bodies: tuple[Members, ...], body: np.ndarray, member: np.ndarray
) -> np.ndarray:
    """Features (R, F) of every member of every body, in the order of `FEATURES`."""
    places, index = case.municipalities, pd.Index([service])
    people = places["population_persons"].to_numpy(float)
    scale = case.basis(case.services.at[service, "scale_basis"]).clip(lower=1.0).to_numpy(float)
    need = case.standard_need(service).reindex(case.codes).to_numpy(float)
    own = np.maximum(need / (1.0 - case.parameters("national_share", service)), 1.0)
    curve, km = scale_curves(case)[service], straight_km(places)
    count, number = len(bodies), np.bincount(body)
    together = np.bincount(body, scale[member], count)
    order = np.lexsort((-people[member], body))
    first = np.concatenate([[0], np.cumsum(number)[:-1]])
    hub, second = member[order][first], member[order][first + 1]
    away = km[member, hub[body]]
    each = components.access(case, index, np.ones(len(people)))[:, 0]
    taste = components.log_taste(case)
    mean = np.bincount(body, people[member] * taste[member], count) / np.bincount(body, people[member], count)
    loss = components.uniformity(case, index, own[member][:, None], taste[member] - mean[body])[:, 0]
    partner = np.where(hub[body] == member, people[second[body]], people[hub[body]])
    columns = {
        "scale": np.log(curve.per_unit(scale[member]) / curve.per_unit(together[body])),
        "distance": np.log1p(each[member] * away / own[member] * 100) if each.any() else np.log1p(away),
        "coordination": np.log(number[body] - 1.0),
        "fixed": case.parameters("coordination_fixed_million_yen") / own[member],
        "taste": loss / own[member],
        "county": _same(places["county_ja"].fillna("").to_numpy(str), body, member, people, blank=True),
        "medical_area": _same(_areas(case), body, member, people),
        "largest": (hub[body] == member).astype(float),
        "partner_size": np.log(partner) - 11.0,
        "own_size": np.log(people[member]) - 10.0,
        "density": np.log(people / places["habitable_area_km2"].clip(lower=DENSITY_OF_ONE).to_numpy(float))[
            member
        ]
        - 6.0,
        "joining": np.ones(len(member)),
    }
    return np.column_stack([columns[name] for name in FEATURES])


def _areas(case: Case) -> np.ndarray:
    return medical_area_of(case).reindex(case.codes).fillna("").to_numpy(str)


def _same(
    label: np.ndarray, body: np.ndarray, member: np.ndarray, people: np.ndarray, blank: bool = False
) -> np.ndarray:
    """Part of a member's partners (by number) that bear its label; none for who bears none (`blank`)."""
    kind = pd.Series(label[member])
    alike = kind.groupby([body, kind.to_numpy()]).transform("size").to_numpy(float) - 1.0
    others = np.bincount(body)[body] - 1.0
    same = alike / others
    return np.where(kind.to_numpy() == "", 0.0, same) if blank else same
