"""The committed page and tables are what the script makes of the data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from optimization.case.face import DEFAULT_CASE
from optimization.case.load import load_case
from validation import __main__ as script
from validation import formula
from validation.page import page

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_that_of_its_tables() -> None:
    names = sorted(path.stem for path in (DOCS / "validation").glob("*.csv"))
    assert len(names) == 13
    expected = page({name: script.read(name) for name in names})
    assert (DOCS / "validation.md").read_text(encoding="utf-8") == expected, "run: make validation"


def test_the_quick_tables_are_those_of_the_data(tmp_path: Path) -> None:
    case, errors = load_case(DEFAULT_CASE), script.errors_of_all_years()
    tables = {
        "formula_errors": errors,
        "formula": formula.formula_summary(errors),
        **script.from_the_case(case, DEFAULT_CASE),
    }
    assert len(tables) == 9
    for name, table in tables.items():
        assert_as_committed(name, table, tmp_path)


@pytest.mark.national
def test_the_slow_tables_are_those_of_the_data(tmp_path: Path) -> None:
    for name, table in script.slower(load_case(DEFAULT_CASE), DEFAULT_CASE).items():
        assert_as_committed(name, table, tmp_path)


def assert_as_committed(name: str, table: pd.DataFrame, folder: Path) -> None:
    path = folder / f"{name}.csv"
    table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
    committed = pd.read_csv(
        DOCS / "validation" / path.name, dtype={"government": str, "largest_error_at": str}
    )
    found = pd.read_csv(path, dtype={"government": str, "largest_error_at": str})
    pd.testing.assert_frame_equal(found, committed, rtol=2e-6)


def test_every_parameter_of_the_case_stands_on_the_page() -> None:
    text = (DOCS / "validation.md").read_text(encoding="utf-8")
    parameters = pd.read_csv(DEFAULT_CASE / "parameters.csv", dtype=str)
    for name in parameters["parameter"].unique():
        assert f"| `{name}`:" in text, name
