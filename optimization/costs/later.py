"""The case of a later year: the same places with the people, needs and taxes that projections leave them.

    need[i, item, h]  = need[i, item] x growth of its driver x (1 + need_growth)^n
                        x (g_s(P_h) / g_s(P))^scale_realisation
    need[p, item, h]  = the same with (P_h / P)^(elasticity x scale_realisation)
    tax base[g, j, h] = base[g, j] x growth of residents below 65 x (1 + revenue_growth)^n

n years after the case's. A smaller place needs more per head, along the same curve that prices its scale today. Area,
roads, other needs (debt service, promotion of regions) and the corrections of earlier years stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.projections import AGES, UNDER_65, driver_growth, times
from optimization.costs.curves import ScaleCurve
from optimization.costs.standard import NO_SCALE, realised_ratio
from optimization.dictionary.tiers import MUNICIPALITY
from optimization.reading.japan import JOINT_ACCOUNT, JOINT_MUNICIPALITY, JOINT_PREFECTURE

FOLLOWS = {
    "population_persons": AGES[0],
    "households": AGES[0],
    "age_0_14_persons": UNDER_65,
    "age_15_64_persons": UNDER_65,
    "age_65_plus_persons": AGES[1],
    "age_75_plus_persons": AGES[2],
    "elementary_pupils": UNDER_65,
    "junior_high_pupils": UNDER_65,
    "employed_primary": UNDER_65,
    "income_tax_million_yen": UNDER_65,
}
"""Sizes of municipalities and the driver each follows; all others (area, schools, staff) stay."""


def case_of_year(
    case: Case, curves: Mapping[str, ScaleCurve], year: int, need_growth: float, revenue_growth: float
) -> Case:
    """The whole case in a projected year after its own. `need_growth`, `revenue_growth`: real growth per year of the
    cost of a unit of service and of the tax base of a resident below 65."""
    span = year - case.fiscal_year
    growth = driver_growth(case.growth, case.municipalities, year)
    sizes = {c: case.municipalities[c] * growth[d] for c, d in FOLLOWS.items() if c in case.municipalities}
    case = replace(case, as_read={})  # its tables are meant to change
    later = replace(case, municipalities=case.municipalities.assign(**sizes))
    dearer = (1.0 + need_growth) ** span
    municipal, prefectural = case.municipal_need.copy(), case.prefectural_need.copy()
    for service, row in case.services.iterrows():
        home = row["home_tier"] == MUNICIPALITY
        table = municipal if home else prefectural
        of = growth if home else _by_prefecture(case, growth)
        scale = (
            _municipal_scale(case, later, service, curves)
            if home
            else _prefectural_scale(case, later, service)
        )
        for item, driver in zip(row["need_items"].split("+"), row["need_drivers"].split("+"), strict=True):
            table[item] = table[item] * of[driver].reindex(table.index) * scale.reindex(table.index) * dearer
    later = replace(later, municipal_need=municipal, prefectural_need=prefectural)
    return _with_accounts(case, later, growth, (1.0 + revenue_growth) ** span)


def _by_prefecture(case: Case, growth: pd.DataFrame) -> pd.DataFrame:
    """Growth of every driver in each prefecture: that of its residents together."""
    register, prefecture = case.municipalities, case.municipalities["prefecture_code"]
    people = pd.DataFrame({age: register[age].astype(float) for age in AGES})
    people[UNDER_65] = people[AGES[0]] - people[AGES[1]]
    before = people.groupby(prefecture).sum()
    after = (people * growth[people.columns]).groupby(prefecture).sum()
    return times(after, before).assign(fixed=1.0)


def _municipal_scale(case: Case, later: Case, service: str, curves: Mapping[str, ScaleCurve]) -> pd.Series:
    """What need per unit gains as the place shrinks along the service's curve, by code."""
    basis = case.services.at[service, "scale_basis"]
    if basis == NO_SCALE:
        return pd.Series(1.0, index=case.codes)
    ratio = realised_ratio(case, service, curves[service])
    after, before = (np.maximum(each.basis(basis).to_numpy(float), 1.0) for each in (later, case))
    return pd.Series(ratio(after, before), index=case.codes)


def _prefectural_scale(case: Case, later: Case, service: str) -> pd.Series:
    """How a prefectural service's cost per head changes with the size of each prefecture in a later year, a factor by
    prefecture code."""
    basis, prefecture = case.services.at[service, "scale_basis"], case.municipalities["prefecture_code"]
    if basis == NO_SCALE:
        return pd.Series(1.0, index=case.prefectures.index)
    after, before = (each.basis(basis).groupby(prefecture).sum() for each in (later, case))
    elasticity = case.parameters("prefectural_elasticity", service)
    return times(after, before) ** (elasticity * case.parameters("scale_realisation", service))


def _with_accounts(case: Case, later: Case, growth: pd.DataFrame, richer: float) -> Case:
    """The accounts of all governments on later needs and taxes; what the formula would pay them without a limit of
    the pool, and the corrections of today."""
    bases = case.tax_bases * _tax_growth(case, growth) * richer
    frame = case.governments
    need = frame["need_million_yen"].astype(float).copy()
    for service, row in case.services.iterrows():
        municipal = row["home_tier"] == MUNICIPALITY
        payer = case.government_of_municipality if municipal else case.government_of_prefecture
        more = later.standard_need(service) - case.standard_need(service)
        here = more.index.intersection(payer.index)
        need = need.add(more[here].groupby(payer[here].to_numpy()).sum(), fill_value=0.0)
    counted = bases.columns.get_level_values("counted_share").to_numpy(float)
    revenue = (bases * counted).sum(axis=1) + frame["deduction_million_yen"]
    factor = 1.0 - case.national["adjustment_rate"]
    before = np.maximum(0.0, factor * frame["need_million_yen"] - frame["revenue_million_yen"])
    after = np.maximum(0.0, factor * need - revenue)
    accounts = frame.assign(
        need_million_yen=need.reindex(frame.index),
        revenue_million_yen=revenue,
        allocation_paid_million_yen=frame["allocation_paid_million_yen"] - before + after,
    )
    return replace(later, tax_bases=bases, governments=accounts)


def _tax_growth(case: Case, growth: pd.DataFrame) -> np.ndarray:
    """Growth of residents below 65 behind every tax of every government, (G, J): of the municipality behind a
    municipal tax, of the prefecture behind a prefectural one."""
    municipal, prefectural = growth[UNDER_65], _by_prefecture(case, growth)[UNDER_65]
    of = {"municipal": municipal.to_dict(), "prefectural": prefectural.to_dict()}
    of["municipal"][JOINT_ACCOUNT] = of["municipal"].get(JOINT_MUNICIPALITY, 1.0)
    of["prefectural"][JOINT_ACCOUNT] = of["prefectural"].get(JOINT_PREFECTURE, 1.0)
    tiers = [str(name).split(".")[0] for name in case.tax_bases.columns.get_level_values("source")]
    columns = {tier: [of[tier].get(code, 1.0) for code in case.governments.index] for tier in set(tiers)}
    return np.column_stack([columns[tier] for tier in tiers])


def national_growth(case: Case, year: int, revenue_growth: float) -> float:
    """Growth of national taxes to a year: residents below 65 of the whole case, and what each yields more."""
    growth = driver_growth(case.growth, case.municipalities, year)[UNDER_65]
    people = (case.municipalities[AGES[0]] - case.municipalities[AGES[1]]).astype(float)
    whole = float(people.sum())
    part = float((people * growth).sum()) / whole if whole else 1.0
    return part * (1.0 + revenue_growth) ** (year - case.fiscal_year)
