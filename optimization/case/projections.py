"""Projected residents of every municipality, by age, from the national institute's projections.

The institute counts from a census; the case counts residents by the register. `projected` keeps the
institute's own figures, so that they add up to its published totals; `growth` is what a figure of the register
is multiplied by. Where municipalities are projected only jointly, each gets the part of the group that it has of
the group's register today: an assumption, for they will not all recover alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from optimization.errors import Problem

AGES = ("population_persons", "age_65_plus_persons", "age_75_plus_persons")
"""What is projected, persons; the register of the case has the same columns."""

UNDER_65, UNMOVED = "under_65_persons", "fixed"
DRIVERS = (*AGES, UNDER_65, UNMOVED)
"""What the need of a later year may follow: the projected ages, the residents below 65 (pupils and those of working
age, who are not projected apart), or nothing."""

NOBODY = 1e-6
"""Persons below which there is nobody, but for rounding."""

Frame = TypeVar("Frame", pd.Series, pd.DataFrame)

REGISTER_LAG_YEARS = 0.75
"""The projections are of 1 October, the register of a case is of 1 January of its fiscal year."""


def projected(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Projected persons: rows by code, sorted, columns (age of `AGES`, year). The tables have passed
    `projection_problems`."""
    wide = tables["projections"].pivot(index="code", columns="year", values=list(AGES)).astype(float)
    members = tables["projection_members"]
    register = tables["municipalities"].set_index("code")
    here = members[members["code"].isin(register.index)]
    parts = []
    for age in AGES:
        part = register.loc[here["code"], age].to_numpy(float)
        share = _share(part, here["projection_group"].to_numpy())
        parts.append(
            wide[age].loc[here["projection_group"]].mul(share, axis=0).set_axis(here["code"], axis=0)
        )
    grouped = pd.concat(parts, axis=1, keys=AGES, names=wide.columns.names)
    return pd.concat([wide[wide.index.isin(register.index)], grouped]).sort_index()


def _share(part: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Each member's part of its group; of a group of nobody each has as much."""
    whole = pd.Series(part).groupby(group).transform("sum").to_numpy()
    members = pd.Series(part).groupby(group).transform("size").to_numpy()
    return np.where(whole > 0, part, 1.0) / np.where(whole > 0, whole, members)


def growth(projection: pd.DataFrame, fiscal_year: int) -> pd.DataFrame:
    """Persons in each projected year after the case's, per person on the register of the case: same rows, the
    columns after `fiscal_year`.

    growth[h] = projected[h] / projected at 1 January of the fiscal year, the latter between the two years that
    enclose it (the nearest two, where none do) by a constant rate of change.
    """
    years = projection.columns.get_level_values("year").unique()
    moment = fiscal_year - REGISTER_LAG_YEARS
    after = int(np.searchsorted(years, moment))
    after = min(max(1, after), len(years) - 1)
    low, high = years[after - 1], years[after]
    part = (moment - low) / (high - low)
    later = [year for year in years if year > fiscal_year]
    result = {}
    for age in AGES:
        start = projection[age][low] ** (1.0 - part) * projection[age][high] ** part
        result[age] = times(projection[age][later], start.to_numpy()[:, None])
    return pd.concat(result, axis=1, names=projection.columns.names)


def driver_growth(growth: pd.DataFrame, register: pd.DataFrame, year: int) -> pd.DataFrame:
    """Growth of every driver of `DRIVERS` from the register to a year: code x driver. Residents below 65 are the
    difference of two projected ages."""
    result = pd.DataFrame({age: growth[age][year] for age in AGES})
    people, elderly = (register[age].astype(float) for age in AGES[:2])
    left = people * result[AGES[0]] - elderly * result[AGES[1]]
    result[UNDER_65] = times(np.maximum(0.0, left), people - elderly)
    return result.assign(**{UNMOVED: 1.0})


def times(after: Frame, before: Any) -> Frame:
    """How many times as many persons there are afterwards: 1 where there is nobody before or after, infinite where
    there is nobody before only."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result = after / before
    return result.where((after >= NOBODY) | (before >= NOBODY), 1.0)


def growth_problems(
    growth: pd.DataFrame, register: pd.DataFrame, years: Collection[int]
) -> Iterator[Problem]:
    """A fault for every age of whom nobody is on the register of a place while some are projected: no growth can be
    counted from nobody. Where nobody is projected either, their growth is 1 (of nothing)."""
    for year in years:
        found = driver_growth(growth, register, year)
        for row, column in np.argwhere(~np.isfinite(found.to_numpy(float))):
            code, driver = found.index[row], found.columns[column]
            message = f"nobody stands there for {driver}, but some are projected for {year}"
            remedy = "correct the ages of the municipality, or its rows of projections.csv"
            at = {UNDER_65: "age_65_plus_persons"}.get(driver, driver)
            value = str(register.at[code, at])
            yield Problem("municipalities", message, remedy, row=str(code), column=at, value=value)


def projection_problems(tables: Mapping[str, pd.DataFrame]) -> Iterator[Problem]:
    """Every municipality is projected for every year of the table, by itself or in one group that is."""
    table, members = tables["projections"], tables["projection_members"]
    years = sorted(set(table["year"]))
    if len(years) < 2:
        yield Problem("projections", "holds fewer than two years", "add the other years", column="year")
        return
    group = members.set_index("code")["projection_group"]
    by_code = table.groupby("code")["year"].agg(set)
    for code in tables["municipalities"]["code"]:
        name = group.get(code, code)
        if name not in by_code:
            what = "this municipality" if name == code else f"the group {name} of {code}"
            yield Problem("projections", f"has no row for {what}", "add its rows", name, "code", name)
        elif missing := [str(year) for year in years if year not in by_code[name]]:
            message = f"has no row of {', '.join(missing)}, which others have"
            yield Problem("projections", message, "add the rows", name, "year")
        elif name != code and code in by_code:
            message = f"is projected by itself and in the group {name}"
            yield Problem("projections", message, "keep one of the two", code, "code", code)
    for age in AGES:
        for row in table[table[age] <= 0].itertuples():
            message, remedy = "must be above 0: growth is counted from it", "correct the figure"
            yield Problem("projections", message, remedy, f"{row.code}/{row.year}", age, "0")
    for small, large in ((AGES[1], AGES[0]), (AGES[2], AGES[1])):
        for row in table[table[small] > table[large]].to_dict("records"):
            message, remedy = f"is above {large}", "correct one of the two"
            yield Problem(
                "projections", message, remedy, f"{row['code']}/{row['year']}", small, str(row[small])
            )
