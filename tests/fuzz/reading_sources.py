"""Official workbooks and compiled tables read as `prepare` reads them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import pandas as pd

from optimization.prepare import finance_tables, places, population_tables
from optimization.prepare.allocation_tax import Tier, read_tier, tables_of
from tests.fuzz.outcomes import CHANGED, EQUAL, BrokenError


def _written(tier: Tier) -> dict[str, str]:
    return {name: frame.to_csv(index=False) for name, frame in tables_of([tier]).items()}


@cache
def _tier_of(original: Path, tier: str, year: int) -> dict[str, str]:
    return _written(read_tier(original, tier, year))


def attempt_workbook(folder: Path, spoilt: Path, original: Path, rng: Random) -> str:
    read = _written(read_tier(folder, "municipal", 2022))
    return (
        EQUAL
        if read == _tier_of(original, "municipal", 2022)
        else _only_paid(read, _tier_of(original, "municipal", 2022))
    )


def _only_paid(read: dict[str, str], original: dict[str, str]) -> str:
    """Beside the amounts paid, which no sum of the sheets binds, and the key of an item whose heading is another one,
    nothing may differ."""
    differing = [
        name
        for name in original
        if not name.endswith(("allocation", "items"))
        and _figures(read.get(name, "")) != _figures(original[name])
    ]
    if differing:
        raise BrokenError(f"taken with other figures in {differing}")
    return CHANGED


def attempt_official(folder: Path, spoilt: Path, original: Path, rng: Random) -> str:
    if spoilt.name.startswith("prefecture_"):
        read = finance_tables.indicators(folder)
        return EQUAL if read.equals(_indicators(original)) else CHANGED
    year = int(spoilt.name[5:9])
    written = _written(read_tier(folder, "prefectural", year))
    return (
        EQUAL
        if written == _tier_of(original, "prefectural", year)
        else _only_paid(written, _tier_of(original, "prefectural", year))
    )


def _figures(table: str) -> list[list[str]]:
    """The columns of a written table, whatever they are called; one of nothing says nothing."""
    columns = [list(column[1:]) for column in zip(*csv.reader(table.splitlines()), strict=True)]
    return sorted(column for column in columns if any(cell != "0" for cell in column))


@cache
def _indicators(original: Path) -> pd.DataFrame:
    return finance_tables.indicators(original)


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "adjacency.csv": population_tables.adjacency,
    "medical_area_membership.csv": population_tables.medical_areas,
    "projection_municipality.csv": population_tables.projections,
    "projection_hamadori.csv": population_tables.projections,
    "projection_prefecture.csv": population_tables.projections,
    "population_history.csv": population_tables.population_history,
    "population_municipality.csv": population_tables.municipalities,
    "municipality_geo.csv": population_tables.municipalities,
    "city_class.csv": population_tables.municipalities,
    "profile_municipality.csv": population_tables.municipalities,
    "finance_municipality.csv": finance_tables.settlements,
    "finance_prefecture.csv": lambda folder: finance_tables.prefectural_settlements(folder, 2022),
    "finance_joint_bodies_gap.csv": finance_tables.joint_bodies,
    "municipalities.topojson": places.outlines,
}


@cache
def _compiled(original: Path, name: str) -> pd.DataFrame:
    return READERS[name](original)


def attempt_compiled(folder: Path, spoilt: Path, original: Path, rng: Random) -> str:
    read = READERS[spoilt.name](folder)
    return EQUAL if read.equals(_compiled(original, spoilt.name)) else CHANGED
