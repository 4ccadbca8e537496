"""Write docs/validation.md and the tables in docs/validation/ from the data.

    python -m validation                 all that the embedded cases allow (half a minute)
    python -m validation --data FOLDER   the table of all years anew from the official files first
    python -m validation --influence     what hangs on each assumption, anew (some minutes)
    python -m validation --width         how wide a plan's saving is before and after the estimates (some minutes)
    python -m validation --page          the page alone, from the tables at hand

A test fails when the page is not what this script writes, another when a table is not what the data give.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE, HISTORY, load_package
from optimization.case.history import load_history
from optimization.case.load import load_case
from optimization.outcome.solve import solve
from optimization.reading.table_file import text_table
from validation import curves, dispersion, formula, joint, spending
from validation.influence import influence
from validation.page import PLACES, page
from validation.parameters import parameter_table
from validation.sharing import sharing_today
from validation.width import widths

DOCS = Path(__file__).resolve().parent.parent / "docs"
TABLES, EVIDENCE = DOCS / "validation", DOCS / "evidence"
WIDE = ("role_division",)
"""Packages for which the width of the saving's range is told before and after the estimates."""
YEAR = 2022
DIGITS = "%.6g"


def from_the_case(case: Case, folder: Path) -> dict[str, pd.DataFrame]:
    """The tables that need nothing but the embedded case and a second or two."""
    settlements = text_table(folder / "settlements.csv")
    return {
        "dispersion": dispersion.dispersion(folder),
        "pool": formula.pool_identity(folder),
        "small_and_large": curves.small_and_large(case),
        "small_and_large_spending": curves.small_and_large_spending(case, settlements, YEAR),
        "spending_beside_need": spending.spending_beside_need(case),
        "sharing_today": sharing_today(case),
        "parameters": parameter_table(text_table(folder / "parameters.csv")),
    }


def slower(case: Case, folder: Path) -> dict[str, pd.DataFrame]:
    """The tables for which curves are fitted many times or the country is solved."""
    plan = solve(case, load_package(case, "wide_area"))
    gaps, settlements = (text_table(folder / f"{name}.csv") for name in ("joint_bodies", "settlements"))
    return {
        "held_out": curves.held_out(case),
        "joint_bodies": joint.joint_bodies(case, plan, gaps, settlements, YEAR),
    }


def errors_of_all_years(history: Path = HISTORY) -> pd.DataFrame:
    """The formula's errors of every year of the table of all years."""
    return formula.errors_of_history(load_history(history))


def _history(data: Path | None) -> Path:
    """The folder of all years; made anew first where the official files are given."""
    if data is not None:
        from optimization.prepare.history import prepare_history

        prepare_history(data / "allocation_tax", HISTORY)
    return HISTORY


def read(name: str) -> pd.DataFrame:
    """A table of docs/validation/ as it stands."""
    codes = {"government": str, "prefecture_code": str, "largest_error_at": str}
    return pd.read_csv(TABLES / f"{name}.csv", dtype=codes)


def write(name: str, table: pd.DataFrame) -> None:
    """Write a table of docs/validation/."""
    TABLES.mkdir(exist_ok=True)
    table.to_csv(TABLES / f"{name}.csv", index=False, float_format=DIGITS, lineterminator="\n")


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--influence", action="store_true")
    parser.add_argument("--width", action="store_true")
    parser.add_argument("--page", action="store_true")
    asked = parser.parse_args()
    if asked.influence:
        case = load_case(DEFAULT_CASE)
        write("influence", influence(case, load_package(case, "role_division", list(PLACES)), list(PLACES)))
    if asked.width:
        former = text_table(EVIDENCE / "former_ranges.csv")
        found = widths(load_case(DEFAULT_CASE), former, WIDE)
        found.to_csv(EVIDENCE / "width.csv", index=False, float_format=DIGITS, lineterminator="\n")
    if not asked.page:
        case = load_case(DEFAULT_CASE)
        errors = errors_of_all_years(_history(asked.data))
        write("formula_errors", errors)
        write("formula", formula.formula_summary(errors))
        write("strength_index", formula.strength_index(errors, text_table(DEFAULT_CASE / "indicators.csv")))
        for name, table in {**from_the_case(case, DEFAULT_CASE), **slower(case, DEFAULT_CASE)}.items():
            write(name, table)
    names = sorted(path.stem for path in TABLES.glob("*.csv"))
    (DOCS / "validation.md").write_text(page({name: read(name) for name in names}), encoding="utf-8")


if __name__ == "__main__":
    main()
