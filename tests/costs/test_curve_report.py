"""The report on scale curves: bands, folds by code, errors, bad input and speed."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from optimization.costs.curve_report import (
    ALL,
    BAND_LABELS,
    FOLDS,
    cross_validated_error,
    fit_report,
    fold_of,
    report_all,
)
from optimization.costs.curves import fit_curve

Floats = NDArray[np.float64]


def made_up(size: int = 400, spread: float = 0.2, seed: int = 0) -> tuple[Floats, Floats, list[str]]:
    """Scale, cost [size] around a power law and five-digit codes."""
    draw = np.random.default_rng(seed)
    scale = np.exp(draw.uniform(np.log(500), np.log(2e6), size))
    cost = scale**0.7 * np.exp(draw.normal(0, spread, size))
    return scale, cost, [f"{k:05d}" for k in range(1000, 1000 + size)]


def test_bands_and_counts() -> None:
    """An edge belongs to the band above: 3,000 persons count as 3-5k."""
    scale = np.array([100, 2999, 3000, 5000, 10e3, 30e3, 50e3, 100e3, 200e3, 300e3, 500e3, 4e6])
    report = fit_report(scale, scale**0.8, [str(k) for k in range(12)]).set_index("size_band")
    assert list(report.index) == [*BAND_LABELS, ALL]
    assert report["n"].tolist() == [2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 12]


def test_exact_power_law_has_no_error() -> None:
    scale, cost, codes = made_up(spread=0)
    report = fit_report(scale, cost, codes)
    assert (report[["median_abs_error", "median_abs_error_cv"]] < 0.02).all(axis=None)


def test_errors_are_those_of_the_curve() -> None:
    """Second route: the error of one band recomputed by hand from the fitted curve."""
    scale, cost, codes = made_up()
    report = fit_report(scale, cost, codes).set_index("size_band")
    error = fit_curve(scale, cost).per_unit(scale) * scale / cost - 1
    band = (scale >= 10e3) & (scale < 30e3)
    assert report.loc["10-30k", "median_abs_error"] == pytest.approx(np.median(np.abs(error[band])))
    assert report.loc["10-30k", "bias"] == pytest.approx(np.median(error[band]))
    assert report.loc[ALL, "median_abs_error"] == pytest.approx(np.median(np.abs(error)))
    assert 0.08 < report.loc[ALL, "median_abs_error_cv"] < 0.2  # median of |N(0, 0.2)| is 0.135


def test_a_government_does_not_foretell_itself() -> None:
    """A wild cost moves its own in-sample fit, never its own prediction."""
    scale, cost, codes = made_up(size=60)
    wild = cost.copy()
    wild[10] *= 5
    plain = (1 + cross_validated_error(scale, cost, codes)) * cost
    moved = (1 + cross_validated_error(scale, wild, codes)) * wild
    fold = fold_of(codes)
    np.testing.assert_allclose(moved[fold == fold[10]], plain[fold == fold[10]])
    assert not np.allclose(moved[fold != fold[10]], plain[fold != fold[10]])


def test_folds_follow_the_code() -> None:
    codes = made_up(size=1700)[2]
    folds = fold_of(codes)
    assert folds.tolist() == [int(fold_of([code])[0]) for code in codes]
    counts = np.bincount(folds, minlength=FOLDS)
    assert len(counts) == FOLDS and counts.min() > 120
    assert fold_of(["01100", "13100", "47382", "03201"]).tolist() == [2, 6, 3, 6]  # the same on every machine


def test_row_order_does_not_matter() -> None:
    scale, cost, codes = made_up()
    order = np.random.default_rng(5).permutation(len(scale))
    shuffled = fit_report(scale[order], cost[order], [codes[k] for k in order])
    pd.testing.assert_frame_equal(shuffled, fit_report(scale, cost, codes))


def test_governments_without_cost_are_left_out() -> None:
    scale, cost, codes = made_up()
    longer = fit_report(
        np.append([9e3, 8e3], scale), np.append([0.0, np.nan], cost), ["99998", "99999", *codes]
    )
    pd.testing.assert_frame_equal(longer, fit_report(scale, cost, codes))


def test_empty_band_and_too_few_rows_are_missing() -> None:
    scale = np.geomspace(1000, 2000, 8)
    report = fit_report(scale, scale**0.8, [str(k) for k in range(8)]).set_index("size_band")
    assert report.loc[">500k", "n"] == 0 and np.isnan(report.loc[">500k", "median_abs_error"])
    assert np.isnan(report.loc[ALL, "median_abs_error_cv"]) and report.loc[ALL, "median_abs_error"] < 0.02


def test_own_bands_for_another_unit() -> None:
    scale, cost, codes = made_up()
    report = fit_report(scale, cost, codes, edges=(1e4,), labels=("small", "large"))
    assert report["size_band"].tolist() == ["small", "large", ALL]
    assert report["n"].tolist()[:2] == [(scale < 1e4).sum(), (scale >= 1e4).sum()]


def test_bad_input() -> None:
    scale, cost, codes = made_up(size=20)
    with pytest.raises(ValueError, match="codes must be as long"):
        fit_report(scale, cost, codes[:-1])
    with pytest.raises(ValueError, match="edges must rise"):
        fit_report(scale, cost, codes, edges=(2.0, 1.0), labels=("a", "b", "c"))
    with pytest.raises(ValueError, match="^harbours: .*at least 8"):
        report_all({"harbours": (scale[:5], cost[:5], codes[:5])})


def test_report_all_is_long_and_agrees_with_one_service() -> None:
    first, second = made_up(seed=1), made_up(seed=2)
    table = report_all({"fire": first, "waste": second})
    assert list(table.columns) == [
        "service", "size_band", "n", "median_abs_error", "median_abs_error_cv", "bias_cv",
    ]  # fmt: skip
    assert table["service"].tolist() == ["fire"] * 11 + ["waste"] * 11
    alone = fit_report(*second)
    pd.testing.assert_frame_equal(
        table.iloc[11:, 1:].reset_index(drop=True), alone.drop(columns="bias"), check_dtype=False
    )
    assert report_all({}).empty


def test_speed() -> None:
    """25 services x 1,700 governments take about 3 s of processor time; 20 are allowed."""
    start = time.process_time()
    report_all({f"service {k}": made_up(size=1700, seed=k) for k in range(25)})
    assert time.process_time() - start < 20
