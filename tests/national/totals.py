"""The official totals of FY2022 and the law's formula, asked of a table of governments."""

from __future__ import annotations

import pandas as pd
import pytest
from national_run import TOKYO

BILLION = 1_000.0
THOUSAND_YEN = 1e-3
"""In million yen."""

# Official totals of FY2022, billion yen (initial decision of July 2022; data README, read 2026-11-24).
TOTALS = {
    "municipality": {"need": 25_053.3, "revenue": 17_362.1, "shortfall": 7_887.5, "surplus": 196.3},
    "prefecture": {"need": 21_141.8, "revenue": 12_018.7, "shortfall": 9_123.1, "surplus": 0.0},
}
COUNT = {"municipality": 1_718, "prefecture": 46}
NOT_RECEIVING = {"municipality": 72, "prefecture": 0}


def check_totals(governments: pd.DataFrame, label: str) -> None:
    """Needs, revenues, shortfalls, surpluses and their number, by tier; Tokyo apart.

    `label` is `_today` or empty: the columns of today, or of the package.
    """
    for tier, totals in TOTALS.items():
        rows = governments[(governments["tier"] == tier) & (governments.index != TOKYO)]
        need, capacity = rows[f"need{label}_million_yen"], rows[f"capacity{label}_million_yen"]
        gap = need - capacity
        found = {
            "need": need.sum(),
            "revenue": capacity.sum(),
            "shortfall": gap.clip(lower=0).sum(),
            "surplus": -gap.clip(upper=0).sum(),
        }
        assert len(rows) == COUNT[tier]
        assert {name: round(value / BILLION, 1) for name, value in found.items()} == totals, tier
        assert int((rows[f"receiving{label}"] == 0).sum()) == NOT_RECEIVING[tier]
    assert governments.at[TOKYO, f"receiving{label}"] == 0
    assert governments.at[TOKYO, f"grant{label}_million_yen"] == 0.0


def check_against_the_formula(
    governments: pd.DataFrame, published: pd.DataFrame, by_formula: pd.Series, label: str
) -> None:
    """Need, capacity and grant of every government to one thousand yen."""
    assert set(governments.index) == set(published.index)
    found = governments.reindex(published.index)
    for column, expected in (
        ("need", published["need"]),
        ("capacity", published["revenue"]),
        ("grant", by_formula),
    ):
        apart = (found[f"{column}{label}_million_yen"] - expected).abs()
        assert apart.max() <= THOUSAND_YEN, (column, apart.idxmax(), apart.max())
    assert (found["allocation_paid_today_million_yen"] - published["paid"]).abs().max() <= THOUSAND_YEN
    assert found["residual_million_yen"].to_numpy() == pytest.approx(
        (published["paid"] - by_formula).to_numpy(), abs=THOUSAND_YEN
    )
