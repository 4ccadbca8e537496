"""Each statistic of the validation page by hand, on cases of a few figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE, INPUTS, load_package
from optimization.case.load import load_case
from optimization.case.resolved import ResolvedPackage
from optimization.dictionary.settings import load_settings
from optimization.ledger.factors import Factor, factors_of
from optimization.ledger.measures import gini
from optimization.outcome.saving_range import rank_correlation
from optimization.outcome.solve import solve
from optimization.solving.highs import Limits
from validation import influence as room
from validation.curves import held_out
from validation.dispersion import dispersion, pairwise_gini
from validation.formula import adjustment_rate, formula_errors, formula_summary, strength_index
from validation.joint import joint_bodies
from validation.page import REFERENCE
from validation.width import widths, with_former_ranges

TEACHING = INPUTS / "iwate-2022"


def test_a_gini_by_hand() -> None:
    """Three people with 1, one with 5: mean 2. Of 16 pairs 6 are 4 apart, so the mean difference is 24 / 16 = 1.5, and
    1.5 / (2 x 2) = 0.375."""
    assert pairwise_gini(np.array([1.0, 5.0]), np.array([3.0, 1.0])) == pytest.approx(0.375)
    assert pairwise_gini(np.array([2.0, 2.0]), np.array([3.0, 1.0])) == 0.0


def test_two_roads_to_a_gini() -> None:
    draw = np.random.default_rng(1)
    value, weight = draw.uniform(1, 9, 200), draw.uniform(1, 5, 200)
    assert pairwise_gini(value, weight) == pytest.approx(gini(value, weight), rel=1e-12)


def tiny(folder: Path, paid: list[int]) -> Path:
    """Four municipalities and a prefecture; rate 0.001 but for what `paid` says of the municipalities."""
    wards = {"code": "13100", "a": 1, "b": 1}
    for name, column, values in (
        ("need", "need_after_transfer_thousand_yen", [100_000, 200_000, 300_000, 400_000]),
        ("revenue", "standard_revenue_thousand_yen", [50_000, 80_000, 310_000, 100_000]),
        ("allocation", "ordinary_allocation_thousand_yen", paid),
    ):
        codes = ["01201", "01202", "01203", "01204", wards["code"]]
        pd.DataFrame({"code": codes, column: [*values, 1]}).to_csv(
            folder / f"municipal_{name}.csv", index=False
        )
    for name, column, value in (
        ("need", "need_after_transfer_thousand_yen", 1_000_000),
        ("revenue", "standard_revenue_thousand_yen", 400_000),
        ("allocation", "ordinary_allocation_thousand_yen", 599_000),
    ):
        frame = pd.DataFrame({"prefecture_code": ["01", "13"], column: [value, 1]})
        frame.to_csv(folder / f"prefectural_{name}.csv", index=False)
    return folder


def test_the_formula_by_hand(tmp_path: Path) -> None:
    """100,000 - 50,000 - 100 = 49,900; 200,000 - 80,000 - 200 = 119,800; nothing, revenue being above need; 400,000 -
    100,000 - 400 = 299,600, of which 600 less was paid, a correction."""
    folder = tiny(tmp_path, [49_900, 119_800, 0, 299_000])
    assert adjustment_rate(folder) == 0.001
    errors = formula_errors(folder, 2022).set_index("government")
    assert errors["formula_thousand_yen"].tolist() == [49_900, 119_800, 0, 299_600, 599_000]
    assert errors["error_thousand_yen"].tolist() == [0, 0, 0, 600, 0]
    found = formula_summary(errors.reset_index()).set_index("tier").loc["municipal"]
    assert (found["governments"], found["not_receiving"], found["to_a_thousand_yen"]) == (4, 1, 2)
    assert found["to_one_percent"] == 3  # 600 of 299,000 are 0.2%
    assert found["left_over_ratio"] == pytest.approx(600 / (49_900 + 119_800 + 299_000))
    assert (found["largest_error_million_yen"], found["largest_error_at"]) == (0.6, "01204")


def test_the_strength_index_by_hand() -> None:
    """0.4 in 2018 and 0.6 in 2020 make 0.5; published 0.52."""
    errors = pd.DataFrame(
        {
            "fiscal_year": [2018, 2020],
            "government": ["01201", "01201"],
            "revenue_thousand_yen": [40, 60],
            "need_thousand_yen": [100, 100],
        }
    )
    published = pd.DataFrame({"fiscal_year": ["2020"], "code": ["01201"], "fiscal_strength_index": ["0.52"]})
    found = strength_index(errors, published).iloc[0]
    assert (found["fiscal_year"], found["government"], found["years"]) == (2020, "01201", 2)
    assert (found["mean"], found["published"]) == (0.5, 0.52)
    with pytest.raises(ValueError):  # one year of three tells nothing
        strength_index(errors[errors["fiscal_year"] == 2018], published)


def test_the_real_ginis_are_those_of_the_earlier_analysis() -> None:
    for row in dispersion(DEFAULT_CASE).itertuples():
        assert row.gini == pytest.approx(REFERENCE[row.tier, row.measure], abs=0.0011), row


def test_a_rank_correlation_by_hand() -> None:
    """Ranks 1 2 3 4 against 1 2 4 3: 1 - 6 x 2 / (4 x 15) = 0.8."""
    assert rank_correlation(pd.Series([1, 5, 7, 9]), pd.Series([10, 20, 40, 30])) == pytest.approx(0.8)
    assert rank_correlation(np.array([1.0, 1.0, 2.0]), np.array([3.0, 4.0, 5.0])) == pytest.approx(
        0.866, abs=1e-3
    )
    assert rank_correlation(np.array([1.0, 1.0]), np.array([3.0, 4.0])) == 0.0


def test_former_ranges_stand_in_the_place_of_todays() -> None:
    case = load_case(TEACHING)
    former = pd.read_csv(DEFAULT_CASE.parents[1] / "docs/evidence/former_ranges.csv")
    assert len(former) == 12 and set(former["mark"]) == {"assumption"}
    found = with_former_ranges(case, former).parameters
    rows = found.table.set_index(["parameter", "service"])
    assert tuple(rows.loc[("scale_realisation", "waste"), ["low", "central", "high"]]) == (0.4, 0.7, 1.0)
    assert (found.table["mark"] == "assumption").sum() == (
        case.parameters.table["mark"] == "assumption"
    ).sum() + 12
    with pytest.raises(ValueError, match="does not have"):
        with_former_ranges(case, former.assign(service="no_such"))


def test_the_width_is_that_of_the_draws() -> None:
    """Of a plan and the ranges of one and the same case before and now is the same."""
    case = load_case(TEACHING)
    now = case.parameters.table.query("parameter == 'scale_realisation' and service == 'waste'")
    table = widths(
        case, now[["parameter", "service", "low", "central", "high", "mark"]], ["wide_area"], draws=3
    )
    assert (
        list(table["plan"]) == ["before", "before", "now", "now"]
        and table["width_million_yen"].nunique() == 1
    )
    assert (table["width_million_yen"] == table["high_million_yen"] - table["low_million_yen"]).all()


def test_a_prefecture_held_out_of_one_is_refused_by_the_fit() -> None:
    """One prefecture alone leaves nothing to fit on: no figure is made up."""
    with pytest.raises(ValueError):
        held_out(load_case(TEACHING))


def test_joint_bodies_by_hand() -> None:
    """The share of a prefecture, from its own tables: 3 of 103 spent by joint bodies."""
    case = load_case(TEACHING)
    plan = solve(case, load_package(case, "wide_area"))
    gaps = pd.DataFrame(
        {"prefecture_code": ["03"], "fiscal_year": ["2022"], "expenditure_total_gap_thousand_yen": ["3"]}
    )
    spent = pd.DataFrame(
        {
            "code": ["03201", "03202"],
            "fiscal_year": ["2022", "2022"],
            "expenditure_total_thousand_yen": ["60", "40"],
        }
    )
    found = joint_bodies(case, plan, gaps, spent, 2022).iloc[0]
    assert found["spent_by_joint_bodies_ratio"] == pytest.approx(3 / 103)
    table = plan.tables["provision"].query("responsible_tier == 'municipality'")
    wide = table.query("provider_kind == 'wide_area_body'")["standard_million_yen"].sum()
    assert found["wide_area_ratio"] == pytest.approx(wide / table["standard_million_yen"].sum())
    assert 0 < found["wide_area_ratio"] < 1


def test_the_influence_of_a_price_is_that_of_two_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """`retention_40` frees the counted share alone: its saving hangs on a weight, and not on travel."""
    few = {"weights.dulled_incentive", "travel_cost_yen_per_person_km"}

    def factors(case: Case, package: ResolvedPackage) -> tuple[list[Factor], pd.DataFrame]:
        found, table = factors_of(case, package)
        return [factor for factor in found if factor.name in few], table

    monkeypatch.setattr(room, "factors_of", factors)
    case = load_case(TEACHING)
    package = load_package(case, "retention_40")
    table = room.influence(case, package, ()).set_index("factor")
    assert set(table.index) == few and table["central"].nunique() == 1
    travel = table.loc["travel_cost_yen_per_person_km"]
    assert travel["at_low"] == pytest.approx(travel["at_high"], abs=1e-6)
    high = load_settings()["weights.dulled_incentive"].high
    dear = replace(package, settings={**package.settings, "weights.dulled_incentive": high})
    again = solve(case, dear, limits=Limits(gap=1e-4, threads=1))
    expected = again.baseline.objective - again.outcome.objective
    assert table.at["weights.dulled_incentive", "at_high"] == pytest.approx(expected, rel=1e-6)
    assert expected != pytest.approx(table["central"].iloc[0], rel=0.01)
