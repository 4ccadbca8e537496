"""The objective of a run reckoned anew from its written tables."""

from __future__ import annotations

import pandas as pd

from optimization.dictionary.settings import value_of
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.referee.bundles import joint_work
from optimization.referee.horizon import weighted_objective
from optimization.referee.sharing import worth

COMPONENT_WEIGHTS: dict[str, SettingKey] = {
    "standard": "weights.provision",
    "access": "weights.access",
    "coordination": "weights.coordination",
    "uniformity": "weights.uniformity",
    "transition": "weights.transition",
    "units": "weights.provision",
}


def recompute_objective(tables: dict[str, pd.DataFrame], settings: Settings) -> float:
    """The objective from the tables: components by place, units by service, bodies, grants, shares; over a horizon
    the weighted mean of the years, of which the first must be the one that the other tables tell of."""
    first = _of_first_year(tables, settings)
    crises = _crises(tables, settings) if "crisis_shortage" in tables else 0.0
    if "horizon" not in tables:
        return first + crises
    written = float(tables["horizon"]["total_million_yen"].iloc[0])
    agrees = abs(first - written) <= 1e-6 * abs(first)
    return weighted_objective(tables, settings, COMPONENT_WEIGHTS) + crises if agrees else float("nan")


def _of_first_year(tables: dict[str, pd.DataFrame], settings: Settings) -> float:
    provision, services = tables["provision"], tables["services"]
    total = 0.0
    for component, weight in COMPONENT_WEIGHTS.items():
        table = services if component == "units" else provision
        total += value_of(settings, weight) * float(table[f"{component}_million_yen"].sum())
    total += settings["weights.body_million_yen"] * len(tables["bodies"])
    first = tables["joint_work"]["year"].min() if "joint_work" in tables else None
    total += settings["weights.joint_work"] * joint_work(tables, first)
    total -= settings["weights.observed_sharing_million_yen"] * worth(tables)
    governments = tables["governments"]
    given = float(governments["grant_million_yen"].sum()) + _special(tables, settings)
    total += settings["weights.soft_budget"] * given
    taxes = tables["taxes"][tables["taxes"]["counted_in_part"] == 1]
    counted = taxes["base_of_receiving_today_million_yen"] * taxes["counted_ratio"] * taxes["assigned_ratio"]
    total += settings["weights.dulled_incentive"] * float(counted.sum())
    return total


def _special(tables: dict[str, pd.DataFrame], settings: Settings) -> float:
    """What is paid out as special allocation of what the formula leaves of the pool."""
    left = tables["formula"].set_index("parameter").at["released", "under_package"]
    return max(0.0, float(left)) if settings["pool.released"] == "special" else 0.0


def _crises(tables: dict[str, pd.DataFrame], settings: Settings) -> float:
    """Mean cost of serving and of shortage, reserves, leads other than today's and other than the normal provider."""
    nation = tables["crisis_shortage"].query("prefecture_code == 'all'").set_index("scenario")
    odds = nation["probability_per_year"].astype(float)
    serving = tables["crisis_cost"].groupby("scenario")["serving_million_yen"].sum()
    lost = settings["crisis.shortage_price"] * nation["shortage_million_yen"]
    reserves = float(tables["crisis_reserve"]["cost_million_yen"].astype(float).sum())
    changed = int(tables["crisis_protocol"]["changed"].astype(int).sum())
    yearly = float((odds * (serving + lost)).sum())
    protocol = tables["crisis_protocol"]
    apart = int((protocol["lead"] != protocol["responsible_tier"]).sum())
    leads = settings["crisis.lead_change_million_yen"] * changed
    return yearly + reserves + leads + settings["crisis.lead_apart_million_yen"] * apart
