"""The offices that a tier opens for a service it does not run today, and in whose area each lies.

Whoever takes a service over opens a production unit in every area of its own that it serves (the nation a part of one
in every prefecture, `national_unit_share`) and, above the municipality, a branch office in every secondary medical
area: there residents are taken to go (`geography.distance.branch_km`), and there somebody must sit. A branch office
costs `branch_office_share` of a unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy import sparse

from optimization.case.case import Case
from optimization.dictionary.tiers import MUNICIPALITY, NATION, TIERS
from optimization.geography.distance import branch_area


class Areas(NamedTuple):
    """The areas of one tier: the number of the area of each municipality (I,), their names, the number of the area in
    which each prefecture lies (P,), and the prefecture's share of the residents there (P,); the last two say nothing
    of municipalities by themselves."""

    of_place: np.ndarray
    names: np.ndarray
    of_prefecture: np.ndarray
    share: np.ndarray


class Offices(NamedTuple):
    """Offices of one kind: the number of the area that serves each municipality (I,), and what an office there costs as
    a part of a production unit, by the government in whose area it lies, sparse (areas, G). The government pays where
    the tier is a local one; the nation pays for its own."""

    of_place: np.ndarray
    share: sparse.csr_matrix


def offices_of(
    case: Case, areas: Mapping[str, Areas], prefecture: np.ndarray, municipal: np.ndarray
) -> dict[str, tuple[Offices, ...]]:
    """The kinds of offices of every tier; `prefecture` (I,) tells the prefecture of each municipality, `municipal` (I,)
    its government."""
    count = len(case.governments)
    payer = case.governments.index.get_indexer(case.government_of_prefecture)
    number = np.unique(branch_area(case).to_numpy(str), return_inverse=True)[1]
    where = np.zeros(number.max() + 1, dtype=int)
    where[number] = payer[prefecture]
    branches = Offices(number, _each(where, case.parameters("branch_office_share"), count))
    found: dict[str, tuple[Offices, ...]] = {
        MUNICIPALITY: (Offices(np.arange(len(case.codes)), _each(municipal, 1.0, count)),)
    }
    for tier in TIERS[1:]:
        if tier == NATION:
            own = Offices(prefecture, _each(payer, case.parameters("national_unit_share"), count))
        else:
            cut = areas[tier]
            shape = (len(cut.names), count)
            own = Offices(
                cut.of_place, sparse.csr_matrix((cut.share, (cut.of_prefecture, payer)), shape=shape)
            )
        found[tier] = (own, branches)
    return found


def _each(payer: np.ndarray, share: float, count: int) -> sparse.csr_matrix:
    """Offices of which each lies in the area of one government and costs the same part of a unit."""
    rows = np.arange(len(payer))
    return sparse.csr_matrix((np.full(len(payer), share), (rows, payer)), shape=(len(payer), count))
