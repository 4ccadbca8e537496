"""The compiled tables -> the tables of a case, with the wards joined and units in the column names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from optimization.errors import InputError, Problem, raise_if_any
from optimization.prepare import finance_tables, places, population_tables
from optimization.prepare.writing import write_tables


def prepare_tables(source: Path, year: int, out: Path) -> dict[str, pd.DataFrame]:
    """Read the compiled tables in `source`, check them and write those of a case to `out`.

    Raises `InputError` with every fault; then nothing has been written. Returns the tables by name.
    """
    tables = read_tables(source, year)
    write_tables(tables, out)
    return tables


def read_tables(source: Path, year: int) -> dict[str, pd.DataFrame]:
    """All tables of a case that come from the compiled tables, checked against one another.

    `year` chooses the prefectural settlement; people are of the register that the tables hold.
    Raises `InputError` with the faults of all of them.
    """
    builders: dict[str, Callable[[Path], pd.DataFrame]] = {
        "municipalities": population_tables.municipalities,
        "adjacency": population_tables.adjacency,
        "medical_areas": population_tables.medical_areas,
        "projections": population_tables.projections,
        "projection_members": population_tables.projection_members,
        "population_history": population_tables.population_history,
        "settlements": finance_tables.settlements,
        "prefectural_settlements": lambda folder: finance_tables.prefectural_settlements(folder, year),
        "joint_bodies": finance_tables.joint_bodies,
        "outlines": places.outlines,
    }
    tables, problems = dict[str, pd.DataFrame](), list[Problem]()
    for name, build in builders.items():
        try:
            tables[name] = build(source)
        except InputError as fault:
            problems += [problem for problem in fault.problems if problem not in problems]
    raise_if_any(problems)
    tables["prefectures"] = population_tables.prefectures(tables["municipalities"])
    raise_if_any(_foreign_codes(tables))
    return tables


def prepare_indicators(source: Path, out: Path) -> pd.DataFrame:
    """Read the ministry's indicator workbooks in `source` and write indicators.csv to `out`."""
    frame = finance_tables.indicators(source)
    write_tables({"indicators": frame}, out)
    return frame


def _foreign_codes(tables: dict[str, pd.DataFrame]) -> list[Problem]:
    """Every table holds exactly the municipalities of the first (adjacency: islands may be absent)."""
    known = set(tables["municipalities"]["code"])
    projected = tables["projections"].loc[lambda frame: frame["projection_group"] == "", "code"]
    held = {
        "medical_areas": set(tables["medical_areas"]["code"]),
        "projections": set(projected) | set(tables["projection_members"]["code"]),
        "population_history": set(tables["population_history"]["code"]),
        "settlements": set(tables["settlements"]["code"]),
        "outlines": set(tables["outlines"]["code"]),
    }
    bordering = set(tables["adjacency"]["code_a"]) | set(tables["adjacency"]["code_b"])
    islands = set(tables["municipalities"].loc[lambda frame: frame["is_island"] == 1, "code"])
    held["adjacency"] = bordering | islands
    return [
        Problem(
            f"{name}.csv",
            "does not hold this municipality" if code in known else "holds an unknown municipality",
            "use tables of one date",
            row=code,
        )
        for name, codes in held.items()
        for code in sorted(codes ^ known)
    ]
