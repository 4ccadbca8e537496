"""Today's law, government by government: what the official workbooks say must come out.

Quick enough for the normal suite; the same is asked of solve.py's own tables in `test_whole_country.py`.
"""

from __future__ import annotations

import pandas as pd
import pytest
from totals import check_against_the_formula, check_totals

from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.outcome.solve import solve


@pytest.fixture(scope="module")
def governments() -> pd.DataFrame:
    """The accounts of all governments under the status quo, as a run writes them."""
    case = load_case(DEFAULT_CASE)
    return solve(case, load_package(case, "status_quo")).tables["governments"].set_index("government")


@pytest.mark.parametrize("label", ["_today", ""])
def test_the_official_totals_come_out(governments: pd.DataFrame, label: str) -> None:
    check_totals(governments, label)


@pytest.mark.parametrize("label", ["_today", ""])
def test_every_grant_is_the_formulas(
    governments: pd.DataFrame, published: pd.DataFrame, by_formula: pd.Series, label: str
) -> None:
    check_against_the_formula(governments, published, by_formula, label)


def test_the_signs_are_the_marks_of_the_sheets(published: pd.DataFrame) -> None:
    receiving = (published["need"] > published["revenue"]).astype(int)
    assert (receiving == published["marked"]).all()


def test_the_residuals_are_the_corrections_alone(
    governments: pd.DataFrame, published: pd.DataFrame, by_formula: pd.Series
) -> None:
    municipal = published["tier"] == "municipal"
    residual = (published["paid"] - by_formula)[municipal]
    found = governments["residual_million_yen"].reindex(residual.index)
    assert (found - residual).abs().max() <= 1e-3
    assert residual.abs().sum() / published["paid"][municipal].sum() == pytest.approx(0.0028, abs=5e-5)
