"""What sharing a service is worth to those who take part in it, by the preferences that bodies of today show.

    worth[b,s] = sum over members i that have s of (sum over features f of coefficient[s,f] x feature[f,i,b] - asked[s])

Features are shares of what the service costs a member alone (the saving that the whole curve promises, the way to the
largest member, a further member, the fixed cost of taking part, the loss from one level for unlike wishes), and beside
these prices what no price tells: partners of the own county and medical area, the own size, being the largest. The
coefficients are those of a logit (`optimization.evidence`, table `sharing_preferences`): their unit is the spread of
what nobody has observed, no yen. They hold for the numbers of the case as they stand there, whatever a package
assumes, but for the efficient scale, from which on the curve is level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse

from optimization.case.case import Case
from optimization.case.parameters import Parameters
from optimization.case.sharing import ASKED, FEATURES
from optimization.costs import components
from optimization.costs.curves import ScaleCurve
from optimization.dictionary.typed_settings import Settings
from optimization.errors import InputError, Problem
from optimization.geography.candidates import Bodies
from optimization.geography.distance import medical_area_of
from optimization.geography.existing import WHOLE

OBSERVED: Final = "weights.observed_sharing_million_yen"
DENSITY_OF_ONE = 1e-2
PERSONS, RESIDENTS, PER_KM2 = 11.0, 10.0, 6.0
"""Logs about which sizes and densities are told."""


def shared_worth(
    case: Case,
    settings: Settings,
    curves: Mapping[str, ScaleCurve],
    bodies: Bodies,
    wide: pd.Index,
    km: np.ndarray,
) -> np.ndarray:
    """Worth of every body in every wide service, (B, W), in units of the logit; 0 where a service has no preferences,
    everywhere where the objective does not ask. Raises `InputError` where it asks and the case has none."""
    result = np.zeros((len(bodies), len(wide)))
    if not settings[OBSERVED]:
        return result
    if case.sharing_preferences.empty:
        message = "asks for preferences that the case does not have"
        remedy = "estimate them (solve.py estimate --write on the whole country), or leave it at 0"
        raise InputError(
            [Problem("package", message, remedy, column=OBSERVED, value=str(settings[OBSERVED]))]
        )
    for w, service in enumerate(wide):
        coefficient = preferences_of(case, service)
        if coefficient is not None:
            result[:, w] = by_feature(case, service, curves[service], km, bodies.membership) @ coefficient
    return result


def preferences_of(case: Case, service: str) -> np.ndarray | None:
    """Coefficients of a service (F + 1,): those of `FEATURES`, and less what a member asks; None where it has none, or
    only of functions that are a part of it."""
    table = case.sharing_preferences
    rows = table[(table["service"] == service) & table["function"].isin(WHOLE)]
    if rows.empty:
        return None
    value = rows.set_index("feature")["value"]
    return np.append(value[list(FEATURES)].to_numpy(float), -float(value[ASKED]))


def by_feature(
    case: Case, service: str, curve: ScaleCurve, km: np.ndarray, members: sparse.csr_matrix
) -> np.ndarray:
    """Every feature summed over the members that have the service, and their number last, (B, F + 1); `members` (B, I)
    has ones. Parameters are the central ones of the case."""
    number, member = np.diff(members.indptr), members.indices
    body = np.repeat(np.arange(len(number)), number)
    central = replace(case, parameters=Parameters(case.parameters.table, {})) if _assumes(case) else case
    each = np.column_stack([member_features(central, service, curve, km, body, member), np.ones(len(member))])
    each[~(case.standard_need(service).reindex(case.codes).to_numpy(float) > 0)[member]] = 0.0
    place = sparse.csr_matrix((np.ones(len(body)), (body, np.arange(len(body)))), (len(number), len(body)))
    return np.asarray(place @ each)


def _assumes(case: Case) -> bool:
    return bool(case.parameters.overrides)


def member_features(
    case: Case, service: str, curve: ScaleCurve, km: np.ndarray, body: np.ndarray, member: np.ndarray
) -> np.ndarray:
    """Features (R, F) of every member of every body, in the order of `FEATURES`. `body` (R,) numbers the bodies from 0,
    none left out, `member` (R,) their members; `curve` is the service's whole curve, `km` (I, I) the straight line
    between town halls."""
    places, index = case.municipalities, pd.Index([service])
    people = places["population_persons"].to_numpy(float)
    scale = case.basis(case.services.at[service, "scale_basis"]).clip(lower=1.0).to_numpy(float)
    need = case.standard_need(service).reindex(case.codes).to_numpy(float)
    own = np.maximum(need / (1.0 - case.parameters("national_share", service)), 1.0)
    number = np.bincount(body)
    count = len(number)
    together = np.bincount(body, scale[member], count)
    order = np.lexsort((-people[member], body))
    first = np.concatenate([[0], np.cumsum(number)[:-1]])
    hub, second = member[order][first], member[order][first + np.minimum(1, number - 1)]
    away = km[member, hub[body]]
    each = components.access(case, index, np.ones(len(people)))[:, 0]
    taste = components.log_taste(case)
    mean = np.bincount(body, people[member] * taste[member], count) / np.bincount(body, people[member], count)
    loss = components.uniformity(case, index, own[member][:, None], taste[member] - mean[body])[:, 0]
    partner = np.where(hub[body] == member, people[second[body]], people[hub[body]])
    dense = np.log(people / places["habitable_area_km2"].clip(lower=DENSITY_OF_ONE).to_numpy(float))
    columns = {
        "scale": np.log(curve.per_unit(scale[member]) / curve.per_unit(together[body])),
        "distance": np.log1p(each[member] * away / own[member] * 100) if each.any() else np.log1p(away),
        "coordination": np.log(np.maximum(1.0, number[body] - 1.0)),
        "fixed": case.parameters("coordination_fixed_million_yen") / own[member],
        "taste": loss / own[member],
        "county": _same(places["county_ja"].fillna("").to_numpy(str), body, member, blank=True),
        "medical_area": _same(_areas(case), body, member),
        "largest": (hub[body] == member).astype(float),
        "partner_size": np.log(partner) - PERSONS,
        "own_size": np.log(people[member]) - RESIDENTS,
        "density": dense[member] - PER_KM2,
        "joining": np.ones(len(member)),
    }
    return np.column_stack([columns[name] for name in FEATURES])


def _areas(case: Case) -> np.ndarray:
    return medical_area_of(case).reindex(case.codes).fillna("").to_numpy(str)


def _same(label: np.ndarray, body: np.ndarray, member: np.ndarray, blank: bool = False) -> np.ndarray:
    """Part of a member's partners (by number) that bear its label; none for who bears none (`blank`)."""
    kind = pd.Series(label[member])
    alike = kind.groupby([body, kind.to_numpy()]).transform("size").to_numpy(float) - 1.0
    same = alike / np.maximum(1.0, np.bincount(body)[body] - 1.0)
    return np.where(kind.to_numpy() == "", 0.0, same) if blank else same
