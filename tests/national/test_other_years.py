"""The status quo of other years: the same program on the workbooks of every other year at hand.

Population, areas and the hand-written tables are those of the embedded case, as `prepare` takes them over; only the
allocation-tax tables and the adjustment rate change. Services whose need items did not exist yet are left out.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from optimization import load_case, load_package, solve
from optimization.case.face import DEFAULT_CASE
from optimization.prepare.command import run

REPO = Path(__file__).parents[2]
OFFICIAL = Path(os.environ.get("OFFICIAL_DATA") or REPO.parent / "shared" / "data") / "allocation_tax"
TOKYO = "13+13100"
BILLION = 1_000.0

# Official totals, billion yen, without Tokyo and its wards (sums of the workbooks' total columns).
TOTALS = {
    (2016, "initial", "municipality"): (21_934.1, 15_444.5, 6_687.1, 197.5, 73),
    (2016, "initial", "prefecture"): (20_168.8, 11_591.2, 8_577.6, 0.0, 0),
    (2018, "initial", "municipality"): (22_796.1, 16_271.5, 6_702.8, 178.2, 73),
    (2018, "initial", "prefecture"): (19_333.8, 11_168.8, 8_165.0, 0.0, 0),
    (2020, "initial", "municipality"): (23_983.4, 17_152.6, 7_050.7, 219.9, 74),
    (2020, "initial", "prefecture"): (20_189.0, 11_679.4, 8_509.6, 0.0, 0),
    (2021, "initial", "municipality"): (24_753.2, 16_570.1, 8_301.7, 118.5, 51),
    (2021, "initial", "prefecture"): (19_177.5, 10_234.6, 8_942.9, 0.0, 0),
    (2021, "revised", "municipality"): (24_753.2, 16_570.1, 8_301.7, 118.5, 51),
    (2021, "revised", "prefecture"): (20_271.4, 10_234.6, 10_036.8, 0.0, 0),
}
ADJUSTMENT_RATE = {2016: 0.000822657, 2018: 0.000968214, 2020: 0.000510886}


@pytest.mark.national
@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official workbooks are not at hand (OFFICIAL_DATA)")
@pytest.mark.parametrize(("year", "vintage"), list(dict.fromkeys((y, v) for y, v, _ in TOTALS)))
def test_the_status_quo_of_other_years_gives_the_official_figures(
    year: int, vintage: str, tmp_path: Path
) -> None:
    folder = tmp_path / f"japan-{year}"
    run(OFFICIAL, None, None, year, folder, vintage=vintage, base=DEFAULT_CASE)
    case = load_case(folder)
    rate = case.national["adjustment_rate"]
    assert rate == pytest.approx(ADJUSTMENT_RATE.get(year, rate), abs=1e-9)
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
        assert found == TOTALS[year, vintage, tier]
        formula = ((1 - rate) * need - revenue).clip(lower=0)
        assert (formula - rows["grant_million_yen"]).abs().max() < 1e-3
