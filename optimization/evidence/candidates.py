"""Bodies that municipalities could form, and what a member weighs in each: the features of `costs.sharing`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.costs.curves import ScaleCurve
from optimization.costs.sharing import member_features
from optimization.geography.candidates import (
    Borders,
    borders_of,
    cluster_sets,
    connected_parts,
    medical_sets,
    nearest_sets,
)

NEIGHBOURS = 10
"""Neighbours that the sets of nearest municipalities gather at most."""

MOST_MEMBERS = 20
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


def candidate_sets(case: Case, km: np.ndarray) -> set[Members]:
    """Sets of one prefecture that could be bodies: medical areas, clusters, nearest neighbours, counties, and the whole
    prefecture; `km` (I, I) the straight line between town halls."""
    borders = borders_of(case, cross_prefectures=False)
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


def candidates(
    case: Case, function: str, service: str, sets: set[Members], curve: ScaleCurve, km: np.ndarray
) -> Candidates:
    """The sets and the bodies of today of a function, with every member's features; `curve` is that of the service."""
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
        member_features(case, service, curve, km, body, member),
    )
