"""The status quo of other years: the same program on the workbooks of FY2018 and FY2020.

Population, areas and the hand-written tables are those of the embedded case; only the allocation-tax tables
and the adjustment rate change. Services whose need items did not exist yet are left out.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from optimization import load_case, load_package, solve
from optimization.prepare.allocation_tax import prepare_allocation_tax

REPO = Path(__file__).parents[2]
OFFICIAL = Path(os.environ.get("OFFICIAL_DATA") or REPO.parent / "shared" / "data") / "allocation_tax"
TOKYO = "13+13100"
BILLION = 1_000.0

ADJUSTMENT_RATE = {2018: 0.000968214, 2020: 0.000510886}
# Official totals, billion yen, without Tokyo and its wards (sums of the workbooks' total columns, 2026-11-24).
TOTALS = {
    (2018, "municipality"): (22_796.1, 16_271.5, 6_702.8, 178.2, 73),
    (2018, "prefecture"): (19_333.8, 11_168.8, 8_165.0, 0.0, 0),
    (2020, "municipality"): (23_983.4, 17_152.6, 7_050.7, 219.9, 74),
    (2020, "prefecture"): (20_189.0, 11_679.4, 8_509.6, 0.0, 0),
}
RENUMBERED = {2018: {"40305": "40231"}}
"""Nakagawa became a city in October 2018 and took a new code."""


def text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def case_of(year: int, folder: Path) -> Path:
    """The embedded case with the allocation-tax tables of another year."""
    case, official = folder / f"japan-{year}", folder / "official"
    shutil.copytree(REPO / "inputs" / "japan-2022", case)
    prepare_allocation_tax(OFFICIAL, year, official)
    for path in official.glob("*.csv"):
        table = text(path)
        if "code" in table:
            table = table.assign(code=table["code"].replace(RENUMBERED.get(year, {})))
        table.to_csv(case / path.name, index=False, lineterminator="\n")
    known = {
        tier: set(text(case / f"{tier}_need.csv").columns.str.removesuffix("_thousand_yen"))
        for tier in ("municipal", "prefectural")
    }
    services = text(case / "services.csv")
    tier = services["home_tier"].map({"municipality": "municipal", "prefecture": "prefectural"})
    there = [set(i.split("+")) <= known[t] for i, t in zip(services["need_items"], tier, strict=True)]
    gone = set(services["service"][[not flag for flag in there]])
    assert gone <= {"digital", "prefectural_digital"}
    for name in ("services", "allowed_tiers", "parameters"):
        table = text(case / f"{name}.csv")
        table[~table["service"].isin(gone)].to_csv(case / f"{name}.csv", index=False, lineterminator="\n")
    national = text(case / "national.csv").set_index("item")
    national.loc["adjustment_rate", "value"] = str(ADJUSTMENT_RATE[year])
    national.loc["fiscal_year", "value"] = str(year)
    national.reset_index().to_csv(case / "national.csv", index=False, lineterminator="\n")
    return case


@pytest.mark.national
@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official workbooks are not at hand (OFFICIAL_DATA)")
@pytest.mark.parametrize("year", [2018, 2020])
def test_the_status_quo_of_other_years_gives_the_official_figures(year: int, tmp_path: Path) -> None:
    case = load_case(case_of(year, tmp_path))
    result = solve(case, load_package(case, "status_quo"))
    assert result.outcome.status == "optimal"
    assert result.breaches == []
    table = result.tables["governments"].set_index("government").drop(index=TOKYO)
    for tier in ("municipality", "prefecture"):
        rows = table[table["tier"] == tier]
        need, revenue = rows["need_million_yen"], rows["capacity_million_yen"]
        gap = need - revenue
        sums = (need.sum(), revenue.sum(), gap.clip(lower=0).sum(), -gap.clip(upper=0).sum())
        found = (*(abs(round(value / BILLION, 1)) for value in sums), int((gap <= 0).sum()))
        assert found == TOTALS[year, tier]
        formula = ((1 - ADJUSTMENT_RATE[year]) * need - revenue).clip(lower=0)
        assert (formula - rows["grant_million_yen"]).abs().max() < 1e-3
