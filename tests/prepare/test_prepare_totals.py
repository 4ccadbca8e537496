"""The real workbooks of all years at hand give the published totals and the formula gives the amounts paid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimization.prepare.allocation_tax import Tier, read_tier
from optimization.prepare.finance_tables import indicators

Frames = Callable[[str, int], pd.DataFrame]
BILLION = 1e6  # thousand yen
APART = {"municipal": "13100", "prefectural": "13"}

# FY2022 without the joint wards and Tokyo, billion yen: README of the official data.
README_2022 = {
    "municipal": {
        "need": 25_053.3,
        "revenue": 17_362.1,
        "shortfall": 7_887.5,
        "surplus": 196.3,
        "paid": 7_866.2,
    },
    "prefectural": {
        "need": 21_141.8,
        "revenue": 12_018.7,
        "shortfall": 9_123.1,
        "surplus": 0.0,
        "paid": 9_104.2,
    },
}
# All governments, 0.1 billion yen: FACTS A2 (prefectural results of 2018 and 2020 are final).
FACTS_A2 = {
    (2016, "prefectural"): {"need": 221_489, "revenue": 139_457, "paid": 85_759, "transfer": 21_701},
    (2016, "municipal"): {"need": 235_258, "revenue": 178_053, "paid": 71_390, "transfer": 16_773},
    (2018, "prefectural"): {"need": 213_294, "revenue": 134_755, "paid": 81_622, "transfer": 21_853},
    (2018, "municipal"): {"need": 243_640, "revenue": 186_970, "paid": 69_045, "transfer": 18_699},
    (2020, "prefectural"): {"need": 222_330, "revenue": 139_484, "paid": 84_965, "transfer": 17_211},
    (2020, "municipal"): {"need": 255_963, "revenue": 197_213, "paid": 70_961, "transfer": 14_529},
    (2021, "prefectural"): {"need": 212_800, "revenue": 121_834, "paid": 89_276, "transfer": 32_421},
    (2021, "municipal"): {"need": 264_214, "revenue": 189_498, "paid": 74_645, "transfer": 22_403},
    (2022, "prefectural"): {"need": 232_150, "revenue": 144_321, "paid": 91_042, "transfer": 9_543},
    (2022, "municipal"): {"need": 266_869, "revenue": 200_468, "paid": 78_662, "transfer": 8_262},
}
RATE = {2018: 0.000968214, 2020: 0.000510886, 2022: 0.000827104}


@pytest.mark.parametrize("name", APART)
def test_totals_of_2022(frame: Frames, name: str) -> None:
    """Need, revenue, shortfall, surplus and paid to 0.1 billion yen; all but the 72 receive."""
    found = frame(name, 2022).drop(APART[name])
    gap = found["need"] - found["revenue"]
    sums = found[["need", "revenue", "paid"]].sum().to_dict()
    sums |= {"shortfall": gap.clip(lower=0).sum(), "surplus": -gap.clip(upper=0).sum()}
    assert {key: round(value / BILLION, 1) for key, value in sums.items()} == README_2022[name]
    assert (~found["receives"]).sum() == (72 if name == "municipal" else 0)
    assert len(found) == (1718 if name == "municipal" else 46)


@pytest.mark.parametrize(("year", "name"), FACTS_A2)
def test_totals_of_all_governments(frame: Frames, year: int, name: str) -> None:
    """Sums with Tokyo and the wards, one unit in the last published digit allowed for cutting off."""
    sums = frame(name, year)[["need", "revenue", "paid", "transfer"]].sum() / BILLION * 10
    for key, published in FACTS_A2[year, name].items():
        assert abs(sums[key] - published) <= 1, key


def test_formula_reproduces_the_amounts_paid_in_2022(frame: Frames) -> None:
    """(need - revenue) - rate x need, rounded: 837 exact to 1 thousand yen, 1,527 of 1,646 within 1%."""
    found = frame("municipal", 2022)
    found = found[found["receives"]]
    due = (found["need"] - found["revenue"] - RATE[2022] * found["need"]).round()
    residual = (found["paid"] - due).abs()
    assert len(found) == 1646
    assert (residual <= 1).sum() == 837
    assert (residual <= 0.01 * found["paid"]).sum() == 1527
    assert round(residual.sum() / found["paid"].sum(), 4) == 0.0028


@pytest.mark.parametrize("year", [2020, 2022])
def test_both_tiers_have_one_adjustment_rate(frame: Frames, year: int) -> None:
    """The rate fitted (median) from either tier is the national one."""
    for name in APART:
        found = frame(name, year)
        found = found[found["receives"]]
        fitted = ((found["need"] - found["revenue"] - found["paid"]) / found["need"]).median()
        assert fitted == pytest.approx(RATE[year], abs=2e-7), name


def test_totals_of_the_revised_decision(official: Path, tier: Callable[[str, int], Tier]) -> None:
    """December 2021 added 1,107.2 billion yen to the prefectures' amounts, and two items to the need."""
    initial = tier("prefectural", 2021)
    revised = read_tier(official / "allocation_tax", "prefectural", 2021, "revised")
    assert (initial.vintage, revised.vintage, tier("municipal", 2021).vintage) == (
        "initial",
        "revised",
        "revised",
    )
    paid, added = (sum(read.result.allocation.values()) / BILLION for read in (initial, revised))
    assert (round(paid, 1), round(added, 1)) == (8_927.6, 10_034.8)
    new = {item.id for item in revised.need.items} - {item.id for item in initial.need.items}
    assert new == {"economic_measures", "extraordinary_bond_redemption_fund"}
    assert sum(revised.need.values["need_after_transfer"]) == 22_379_777_354


def test_what_the_years_hold_beyond_the_registry_is_told_once(tier: Callable[[str, int], Tier]) -> None:
    """Working rows, columns of memos and a sub-total that runs on, each in one line; clean years say nothing."""
    assert [len(tier("municipal", year).notices) for year in (2016, 2018, 2020, 2021, 2022)] == [
        3,
        0,
        0,
        3,
        0,
    ]
    assert [len(tier("prefectural", year).notices) for year in (2016, 2018, 2020, 2021, 2022)] == [
        3,
        0,
        0,
        0,
        0,
    ]


@pytest.mark.parametrize("year", [2016, 2018, 2020, 2021, 2022])
def test_tokyo_and_the_joint_wards_stand_in_the_sheets(tier: Callable[[str, int], Tier], year: int) -> None:
    """1,719 rows with 13100, 47 with 13; both marked as not receiving and paid nothing."""
    for name, code in APART.items():
        read = tier(name, year)
        assert len(read.need.codes) == (1719 if name == "municipal" else 47)
        assert not read.receives[code]
        assert read.result.allocation[code] == 0


def test_annex_of_2020_agrees_with_the_formula(books: Callable, frame: Frames) -> None:
    """Final need and revenue of the annex itself give the final amounts at the same rate, all 46."""
    grid = books("prefectural", 2020)[""][0].grid
    rows = [row for row in grid if isinstance(row[8], float) and row[8] > 0 and row[0] != "合計"]
    residuals = [row[3] - row[6] - RATE[2020] * row[3] - row[9] for row in rows]
    assert len(rows) == 46
    assert max(map(abs, residuals)) <= 1
    assert sum(row[9] for row in rows) == frame("prefectural", 2020)["paid"].sum()


def test_ratios_agree_with_the_published_index(frame: Frames, official: Path) -> None:
    """The index of FY2020 is the mean ratio of FY2018-2020, and FY2019 is not at hand.

    So only its neighbours can be compared: their mean is within 0.03 of the index for 98% of municipalities.
    """
    index = indicators(official / "indicators").query("level == 'municipality' and fiscal_year == 2020")
    index = index.set_index("code")["fiscal_strength_index"]
    ratios = [frame("municipal", year)["revenue"] / frame("municipal", year)["need"] for year in (2018, 2020)]
    differences = (sum(ratios) / 2 - index).abs().dropna()
    assert len(differences) >= 1717
    assert (differences <= 0.03).mean() > 0.98
    assert differences.median() < 0.007
