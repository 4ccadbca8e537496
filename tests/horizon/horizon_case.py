"""Small questions over several years: projections that give the growth a test asks for, to the digit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from optimization.case.projections import AGES, REGISTER_LAG_YEARS
from tests.small_case import Prefecture, Service, Small, Town, small

STILL = {
    "horizon.revenue_growth": 0.0,
    "horizon.need_growth": 0.0,
    "horizon.debt_cost": 0.02,
    "horizon.debt_repayment": 0.05,
}
"""Nothing grows but people."""

FIRST, ROUND = 2022, 2020


def grown(question: Small, growth: Mapping[str, Mapping[int, tuple[float, float]]]) -> Small:
    """The question with residents (all, 65 and older) of every projected year as so many times those of the register;
    those of 75 and older follow the 65.

    The register day lies between the first two projections, p(t) = p0^(1 - part) p1^part, so that
    growth of the first later year is (p1 / p0)^(1 - part) and the figures here are chosen to make it what is asked.
    """
    years = sorted(next(iter(growth.values())))
    part = (FIRST - REGISTER_LAG_YEARS - ROUND) / (years[0] - ROUND)
    register = question.case.municipalities
    columns = {}
    for age in AGES:
        which = 0 if age == AGES[0] else 1
        wanted = pd.DataFrame(
            {code: {y: pair[which] for y, pair in of.items()} for code, of in growth.items()}
        ).T
        ratio = wanted[years[0]] ** (1.0 / (1.0 - part))
        columns[age, ROUND] = register[age].astype(float)
        for year in years:
            columns[age, year] = register[age] * wanted[year] * ratio**part
    frame = pd.DataFrame(columns).rename_axis(index="code", columns=[None, "year"]).sort_index()
    return replace(question, case=replace(question.case, projections=frame))


def ageing_town(ceiling: float | str = "off", **changes: Any) -> Small:
    """One town without industry whose need follows its residents of 65 and older: 100 in 2022, 120 in 2030, 150 from
    2040 on. It has 40 of its own, and the pool holds today's 60. Residents below 65 stay as many."""
    question = small(
        [Town("01201", need={"care": 100.0}, full=40.0)],
        [Service("care", driver="age_65_plus_persons")],
        changes={
            "pool.ordinary_million_yen": 60.0,
            "horizon.years": ["2030", "2040", "2050"],
            "discipline.debt_service_ceiling": ceiling,
            **STILL,
            **changes,
        },
    )
    return grown(
        question, {"01201": {y: (0.7 + 0.3 * e, e) for y, e in {2030: 1.2, 2040: 1.5, 2050: 1.5}.items()}}
    )


__all__ = ["STILL", "Prefecture", "Service", "Small", "Town", "ageing_town", "grown", "small"]
