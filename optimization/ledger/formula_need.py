"""The need a formula recognises: scale correction and simplification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimization.case.case import MUNICIPALITY, TIERS

if TYPE_CHECKING:
    from optimization.ledger.instance import Instance


def formula_need(instance: Instance) -> dict[str, np.ndarray]:
    """Recognised need by tier, shape (I, S), million yen, before revision:

        need = standard need x (1 - strength lost to scale) and, blended in by simplified_share,
        the tier's total spread over population and area

    With `formula.scale_correction` = 1 and `formula.simplified_share` = 0 it is the standard need.
    """
    recognised = {t: _efficient_scale(instance, t) for t in TIERS}
    share = instance.settings["formula.simplified_share"]
    if share == 0.0:
        return recognised
    return {t: (1.0 - share) * need + share * _simplified(instance, need) for t, need in recognised.items()}


def _efficient_scale(instance: Instance, tier: str) -> np.ndarray:
    """Municipal needs between today's full recognition of small size (strength 1) and the need at the
    efficient scale (strength 0):

        need x (strength + (1 - strength) x min(1, g_s(efficient) / g_s(P_i)))
    """
    strength = instance.settings["formula.scale_correction"]
    need = instance.standard_need[tier]
    if strength == 1.0 or tier != MUNICIPALITY:
        return need
    case = instance.case
    people = case.municipalities["population_persons"].to_numpy(float)
    efficient = instance.settings["formula.efficient_scale_persons"]
    result = need.copy()
    for s, (service, row) in enumerate(case.services.iterrows()):
        curve = instance.standard.curves.get(service)
        if curve is None or curve.flat:
            continue
        size = case.basis(row["scale_basis"]).to_numpy(float)
        at_efficient = size * efficient / people
        ratio = np.minimum(1.0, curve.ratio(np.maximum(at_efficient, 1.0), np.maximum(size, 1.0)))
        result[:, s] = need[:, s] * (strength + (1.0 - strength) * ratio)
    return result


def _simplified(instance: Instance, need: np.ndarray) -> np.ndarray:
    """Each service's total spread by population and area among the places that have it, the total of
    every service kept."""
    weight = instance.settings["formula.area_weight"]
    frame = instance.case.municipalities
    has = need > 0
    people = has * frame["population_persons"].to_numpy(float)[:, None]
    area = has * frame["area_km2"].to_numpy(float)[:, None]
    people_share = people / np.maximum(people.sum(axis=0), 1e-12)
    area_share = area / np.maximum(area.sum(axis=0), 1e-12)
    return np.asarray(need.sum(axis=0) * ((1.0 - weight) * people_share + weight * area_share))
