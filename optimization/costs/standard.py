"""Standard cost of every service for every municipality, at the scale of each tier.

Standard cost is the official standard need made gross of the nation's earmarked share:
own = need / (1 - national_share). At another scale it follows the curve of its kind:

- a municipal service follows g_s, fitted across municipalities; `scale_realisation` is the part
  of the fitted slope that a move really brings (the slope holds geography as well as scale):
      std(P) = own x (g_s(P) / g_s(P_i)) ^ scale_realisation
  and beyond the efficient scale nothing more is gained: there g_s is flat
- a prefectural service follows the elasticity across prefectures; a larger scale than the largest
  observed one brings nothing more:
      std(P) = spread need x (P / P_p) ^ (prefectural_elasticity x scale_realisation)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.costs.curves import MINIMUM_OBSERVATIONS, ScaleCurve, fit_curve, flat_curve
from optimization.dictionary.tiers import MUNICIPALITY, PREFECTURE, TIERS
from optimization.errors import InputError, Problem

NO_SCALE = "none"


@dataclass(frozen=True)
class StandardCosts:
    """Gross standard cost in million yen per year.

    `by_tier[t]` has shape (I, S): what municipality i's part of service s costs at tier t's
    scale. `curves` are the fitted curves of the municipal services.
    """

    by_tier: dict[str, np.ndarray]
    curves: dict[str, ScaleCurve]

    def rows(self, keep: np.ndarray) -> StandardCosts:
        """The costs of some municipalities only."""
        return StandardCosts({tier: costs[keep] for tier, costs in self.by_tier.items()}, self.curves)


def curve_data(case: Case) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Scale, need (million yen) and code of every municipality that has the service, for each
    municipal service with a scale effect and enough of them to fit a curve."""
    data = {}
    for service, row in case.services.iterrows():
        if row["home_tier"] != MUNICIPALITY or row["scale_basis"] == NO_SCALE:
            continue
        scale = case.basis(row["scale_basis"])
        need = case.standard_need(service).reindex(case.codes)
        seen = (need > 0) & (scale > 0)
        if seen.sum() >= MINIMUM_OBSERVATIONS:
            data[service] = (scale[seen].to_numpy(), need[seen].to_numpy(), case.codes[seen].to_numpy())
    return data


def fitted_curves(case: Case) -> dict[str, ScaleCurve]:
    """Scale curve of every municipal service, fitted on the official needs of all municipalities;
    flat where the service has no scale basis or too few municipalities have it."""
    return case.once("fitted curves", lambda: _fitted_curves(case))


def _fitted_curves(case: Case) -> dict[str, ScaleCurve]:
    municipal = case.services.index[case.services["home_tier"] == MUNICIPALITY]
    curves = {service: flat_curve() for service in municipal}
    return curves | {
        service: fit_curve(scale, need) for service, (scale, need, _) in curve_data(case).items()
    }


def scale_curves(case: Case) -> dict[str, ScaleCurve]:
    """The fitted curves as costs follow them: level from `efficient_scale_persons` on, for each service at the size
    (households, pupils, the elderly) that so many residents have on the mean of the case."""
    return level_from_efficient_scale(case, fitted_curves(case))


def level_from_efficient_scale(case: Case, fitted: dict[str, ScaleCurve]) -> dict[str, ScaleCurve]:
    """Fitted curves of a case, each level from the efficient scale of its parameters on."""
    efficient = case.parameters("efficient_scale_persons")
    people, curves = float(case.municipalities["population_persons"].sum()), dict(fitted)
    for service, curve in fitted.items():
        if not curve.flat:
            each = float(case.basis(case.services.at[service, "scale_basis"]).sum()) / people
            most = max(curve.observed_min, min(curve.observed_max, efficient * each))
            curves[service] = replace(curve, observed_max=most)
    return curves


class Needs(NamedTuple):
    """What standard costs start from, whatever the parameters: the need of each service that stands for every
    municipality, (I,) by service, and the scale at which each tier serves it, (I,) by basis and tier."""

    own: dict[str, np.ndarray]
    scales: dict[str, dict[str, np.ndarray]]


def needs_of(case: Case) -> Needs:
    """Needs and scales of all services of a case."""
    return case.once("needs", lambda: _needs_of(case))


def _needs_of(case: Case) -> Needs:
    bases = set(case.services["scale_basis"]) - {NO_SCALE}
    prefecture, own = case.municipalities["prefecture_code"], {}
    for service, home in case.services["home_tier"].items():
        need = case.standard_need(service)
        own[service] = (
            need.reindex(case.codes) if home == MUNICIPALITY else spread(case, service) * prefecture.map(need)
        ).to_numpy(float)
    return Needs(own, {basis: tier_scale(case, case.basis(basis)) for basis in bases})


def standard_costs(case: Case, curves: dict[str, ScaleCurve], needs: Needs | None = None) -> StandardCosts:
    """Standard costs of all services at all tiers, columns in the order of `case.services`. `needs` are those of the
    case, where they are known."""
    needs = needs or needs_of(case)
    shape = (len(case.codes), len(case.services))
    by_tier = {tier: np.zeros(shape) for tier in TIERS}
    share = case.parameters.of("national_share", case.services.index).to_numpy()
    table = case.services[["home_tier", "scale_basis"]].itertuples()
    for column, (service, home, basis) in enumerate(table):
        own, scale = needs.own[service], needs.scales.get(basis)
        if scale is None:
            costs = dict.fromkeys(TIERS, own)
        elif home == MUNICIPALITY:
            costs = _municipal(case, service, curves[service], own, scale)
        else:
            costs = _prefectural(case, service, own, scale)
        for tier in TIERS:
            by_tier[tier][:, column] = costs[tier] / (1.0 - share[column])
    return StandardCosts(by_tier, curves)


def tier_scale(case: Case, size: pd.Series) -> dict[str, np.ndarray]:
    """Scale at which each tier serves municipality i, by tier: the sum of its area, shape (I,) each."""
    own, number = size.to_numpy(float), case.area_numbers
    return {tier: np.bincount(number[tier], weights=own)[number[tier]] for tier in TIERS}


def realised_ratio(
    case: Case, service: str, curve: ScaleCurve
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Cost ratio (to, from) of a municipal service between two scales, 1 where it has none."""
    if curve.flat:
        return lambda to, frm: np.ones(np.broadcast(to, frm).shape)
    realisation = case.parameters("scale_realisation", service)
    return lambda to, frm: (curve.per_unit(to) / curve.per_unit(frm)) ** realisation


def _municipal(
    case: Case, service: str, curve: ScaleCurve, own: np.ndarray, scale: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Standard cost net of the earmarked share at each tier's scale."""
    ratio = realised_ratio(case, service, curve)
    return {tier: own * ratio(scale[tier], scale[MUNICIPALITY]) for tier in TIERS}


def _prefectural(
    case: Case, service: str, today: np.ndarray, scale: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Standard cost net of the earmarked share at each tier's scale."""
    largest = case.national["largest_prefecture_scale"]
    elasticity = case.parameters("prefectural_elasticity", service) * case.parameters(
        "scale_realisation", service
    )
    ceiling = np.maximum(scale[PREFECTURE], largest)
    return {
        tier: today * (np.minimum(scale[tier], ceiling) / scale[PREFECTURE]) ** elasticity for tier in TIERS
    }


def spread(case: Case, service: str) -> pd.Series:
    """Part of its prefecture's need of a service that stands for each municipality (sums to 1 by
    prefecture), by the size named in `spread_by`; excluded classes already run the service
    themselves and have no part."""
    row = case.services.loc[service]
    size = case.basis(row["spread_by"])
    excluded = set(filter(None, row["excluded_classes"].split("|")))
    if "own_health_centre" in excluded:
        size = size.where(case.municipalities["has_own_health_centre"] == 0, 0.0)
    size = size.where(~case.municipalities["city_class"].isin(excluded), 0.0)
    prefecture = case.municipalities["prefecture_code"]
    total = size.groupby(prefecture).transform("sum")
    empty = prefecture[total == 0]
    unserved = empty[empty.map(case.standard_need(service)) > 0]
    if len(unserved):
        raise InputError(
            [
                Problem(
                    file="services.csv",
                    row=service,
                    column="spread_by",
                    value=row["spread_by"],
                    message=f"no municipality of prefecture {unserved.iloc[0]} can take the service's need",
                    remedy="choose another size in spread_by or fewer excluded classes",
                )
            ]
        )
    return (size / total.where(total > 0, 1.0)).fillna(0.0)
