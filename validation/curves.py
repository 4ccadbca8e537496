"""The scale curves against prefectures that were held out, and against what small and large places really need."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.case.case import MUNICIPALITY, Case
from optimization.case.spending import counterparts
from optimization.costs.curves import ScaleCurve, fit_curve
from optimization.costs.standard import NO_SCALE, curve_data, fitted_curves

SMALL, LARGE = 10_000, 100_000
"""Residents below and from which a municipality counts as small and as large."""

SPENDING = ("welfare", "public_works", "education")
"""Purposes of spending that the settlements of the case's year tell."""


def held_out(case: Case) -> pd.DataFrame:
    """Every service's curve, fitted without one prefecture in turn and asked for the needs of its municipalities:
    median absolute error of a municipality in sample and held out, median signed error held out, and the mean absolute
    error of a held-out prefecture's total. Errors are shares of the official need."""
    rows = []
    for service, (scale, need, codes) in curve_data(case).items():
        home = np.array([code[:2] for code in codes])
        inside = fit_curve(scale, need).per_unit(scale) * scale / need - 1.0
        outside = np.empty(len(need))
        for prefecture in np.unique(home):
            held = home == prefecture
            outside[held] = fit_curve(scale[~held], need[~held]).per_unit(scale[held]) * scale[held]
        totals = pd.DataFrame({"asked": outside, "need": need}).groupby(home).sum()
        error = outside / need - 1.0
        rows.append(
            {
                "service": service,
                "municipalities": len(need),
                "median_abs_error_in_sample": float(np.median(np.abs(inside))),
                "median_abs_error_held_out": float(np.median(np.abs(error))),
                "median_error_held_out": float(np.median(error)),
                "mean_abs_error_of_prefecture_total": float(
                    (totals["asked"] / totals["need"] - 1.0).abs().mean()
                ),
            }
        )
    return pd.DataFrame(rows)


def small_and_large(case: Case) -> pd.DataFrame:
    """Need per head in small municipalities over that in large ones, service by service: as official needs have it, the
    same without the designated cities among the large (which bear duties of prefectures), and as the curves foretell it
    from size alone, with and without them."""
    people, curves, rows = case.municipalities["population_persons"], fitted_curves(case), []
    designated = case.municipalities["city_class"] == "designated_city"
    for service, (scale, need, codes) in curve_data(case).items():
        size, plain = people.loc[codes].to_numpy(float), ~designated.loc[codes].to_numpy(bool)
        asked = curves[service].per_unit(scale) * scale
        rows.append(
            {
                "service": service,
                "observed_ratio": _ratio(need, size),
                "foretold_ratio": _ratio(asked, size),
                "observed_without_designated_ratio": _ratio(need[plain], size[plain]),
                "foretold_without_designated_ratio": _ratio(asked[plain], size[plain]),
            }
        )
    return pd.DataFrame(rows)


def small_and_large_spending(case: Case, settlements: pd.DataFrame, year: int) -> pd.DataFrame:
    """The same for what municipalities spent on three purposes, beside the official need of the services that serve
    them and what the curves foretell; of all years' `settlements` (as text) one is used."""
    people, curves = case.municipalities["population_persons"], fitted_curves(case)
    spent = settlements[settlements["fiscal_year"] == str(year)].set_index("code")
    codes = case.codes[np.isin(case.codes, spent.index)]
    size, rows = people.loc[codes].to_numpy(float), []
    beside = counterparts(case, MUNICIPALITY)
    for purpose in SPENDING:
        services = beside[purpose].services
        need = sum(
            case.standard_need(service).reindex(codes).fillna(0.0).to_numpy(float) for service in services
        )
        asked = sum(
            _foretold(case, service, curves[service]).reindex(codes).to_numpy(float) for service in services
        )
        money = spent.loc[codes, f"exp_{purpose}_thousand_yen"].astype(float).to_numpy() / 1e3
        spending, needed, foretold = (
            _ratio(figure, size) for figure in (money, np.asarray(need), np.asarray(asked))
        )
        rows.append(
            {
                "purpose": purpose.replace("_", " "),
                "spent_ratio": spending,
                "need_ratio": needed,
                "foretold_ratio": foretold,
            }
        )
    return pd.DataFrame(rows)


def _foretold(case: Case, service: str, curve: ScaleCurve) -> pd.Series:
    """What a curve asks for where the service exists; the official need where the service has no scale."""
    need = case.standard_need(service).reindex(case.codes).fillna(0.0)
    basis = case.services.at[service, "scale_basis"]
    if basis == NO_SCALE:
        return need
    scale = case.basis(basis).reindex(case.codes)
    seen = (need > 0) & (scale > 0)
    asked = need.copy()
    asked[seen] = curve.per_unit(scale[seen].to_numpy()) * scale[seen]
    return asked


def _ratio(money: np.ndarray, people: np.ndarray) -> float:
    """Money per head in small places over money per head in large ones."""
    small, large = people < SMALL, people >= LARGE
    return float(money[small].sum() / people[small].sum() / (money[large].sum() / people[large].sum()))
