"""The need a formula recognises: scale correction and simplification."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from optimization.case.case import Case
from optimization.costs.curves import ScaleCurve
from optimization.dictionary.tiers import MUNICIPALITY, TIERS
from optimization.dictionary.typed_settings import Settings


def formula_need(
    case: Case,
    settings: Settings,
    curves: Mapping[str, ScaleCurve],
    standard: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Need that the formula recognises by tier, shape (I, S), million yen, before revision, from the `standard` need
    by tier of that shape:

        need = standard need x (1 - strength lost to scale) and, blended in by simplified_share,
        the tier's total spread over population and area

    With `formula.scale_correction` = 1 and `formula.simplified_share` = 0 it is the standard need.
    """
    small = _efficient_scale(case, settings, curves, standard[MUNICIPALITY])
    recognised = {t: small if t == MUNICIPALITY else standard[t] for t in TIERS}
    share = settings["formula.simplified_share"]
    if share == 0.0:
        return recognised
    return {
        t: (1.0 - share) * need + share * _simplified(case, settings, need) for t, need in recognised.items()
    }


def _efficient_scale(
    case: Case, settings: Settings, curves: Mapping[str, ScaleCurve], need: np.ndarray
) -> np.ndarray:
    """Municipal needs between today's full recognition of small size (strength 1) and the need at the
    efficient scale (strength 0):

        need x (strength + (1 - strength) x min(1, g_s(efficient) / g_s(P_i)))
    """
    strength = settings["formula.scale_correction"]
    if strength == 1.0:
        return need
    people = case.municipalities["population_persons"].to_numpy(float)
    efficient = settings["formula.efficient_scale_persons"]
    result = need.copy()
    for s, (service, row) in enumerate(case.services.iterrows()):
        curve = curves.get(service)
        if curve is None or curve.flat:
            continue
        size = case.basis(row["scale_basis"]).to_numpy(float)
        at_efficient = size * efficient / people
        ratio = np.minimum(1.0, curve.ratio(np.maximum(at_efficient, 1.0), np.maximum(size, 1.0)))
        result[:, s] = need[:, s] * (strength + (1.0 - strength) * ratio)
    return result


def _simplified(case: Case, settings: Settings, need: np.ndarray) -> np.ndarray:
    """Each service's total spread by population and area among the places that have it, the total of
    every service kept."""
    weight = settings["formula.area_weight"]
    frame = case.municipalities
    has = need > 0
    people = has * frame["population_persons"].to_numpy(float)[:, None]
    area = has * frame["area_km2"].to_numpy(float)[:, None]
    people_share = people / np.maximum(people.sum(axis=0), 1e-12)
    area_share = area / np.maximum(area.sum(axis=0), 1e-12)
    return np.asarray(need.sum(axis=0) * ((1.0 - weight) * people_share + weight * area_share))
