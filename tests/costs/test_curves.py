"""Scale curves: hand-worked cases, shape, invariances, outliers, bad input and the official fire need."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from optimization.costs.curves import DEGREE, ScaleCurve, fit_curve, flat_curve

Floats = NDArray[np.float64]
INPUTS = Path(__file__).parents[2] / "inputs" / "japan-2022"
GRID = np.geomspace(10, 1e8, 2000)


def power_law(scale: Floats) -> Floats:
    """Total cost, million yen: 0.5 million yen per person at one person, elasticity of cost per head -0.3."""
    return np.asarray(0.5 * scale**0.7)


def noisy(seed: int, size: int = 300, spread: float = 0.5) -> tuple[Floats, Floats]:
    """Scale and cost [size] around the power law, log-normal errors."""
    draw = np.random.default_rng(seed)
    scale = np.exp(draw.uniform(np.log(300), np.log(3e6), size))
    return scale, power_law(scale) * np.exp(draw.normal(0, spread, size))


@st.composite
def observations(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """8 to 40 (scale, cost) rows, ties and wild costs included."""
    rows = draw(
        st.lists(
            st.tuples(st.floats(100, 1e7), st.floats(1e-2, 1e6)) | st.just((5000.0, 80.0)),
            min_size=8,
            max_size=40,
        )
    )
    table = np.array(rows)
    return table[:, 0], table[:, 1]


def test_power_law_is_recovered() -> None:
    """Worked by hand: at 10,000 persons 0.5 x 10,000^-0.3 = 0.03155 million yen; tenfold scale x 10^-0.3."""
    scale = np.geomspace(300, 3e6, 400)
    curve = fit_curve(scale, power_law(scale))
    inside = np.geomspace(300, 3e6, 1000)
    np.testing.assert_allclose(curve.per_unit(inside), 0.5 * inside**-0.3, rtol=0.02)
    assert curve.per_unit(10_000.0) == pytest.approx(0.031548, rel=0.02)
    assert curve.ratio(100_000, 10_000) == pytest.approx(0.501187, rel=0.02)
    assert (curve.observed_min, curve.observed_max) == (scale[0], scale[-1])
    assert curve.observations == 400 and not curve.flat


def test_a_bend_is_followed() -> None:
    """Economies up to 100,000 persons and none beyond: followed, the sharp corner itself within 10%."""
    scale = np.geomspace(1000, 1e6, 600)
    unit_cost = (np.minimum(scale, 1e5) / 1e5) ** -0.4
    curve = fit_curve(scale, unit_cost * scale)
    np.testing.assert_allclose(curve.per_unit(scale), unit_cost, rtol=0.1)


@pytest.mark.parametrize("seed", range(8))
def test_monotone_continuous_and_near_on_noisy_data(seed: int) -> None:
    curve = fit_curve(*noisy(seed))
    values = np.log(curve.per_unit(GRID))
    assert (np.diff(values) <= 1e-12).all()
    assert np.abs(np.diff(values)).max() < 0.1
    inside = np.geomspace(1000, 1e6, 100)
    np.testing.assert_allclose(curve.per_unit(inside), 0.5 * inside**-0.3, rtol=0.35)


@settings(max_examples=150, deadline=None)
@given(observations())
def test_monotone_and_within_range_on_any_data(rows: tuple[Floats, Floats]) -> None:
    curve = fit_curve(*rows)
    values = curve.per_unit(GRID)
    assert np.isfinite(values).all() and (values > 0).all()
    assert (np.diff(values) <= 1e-9 * values[:-1]).all()


@settings(max_examples=100, deadline=None)
@given(observations(), st.floats(1e-3, 1e6))
def test_money_unit_carries_over(rows: tuple[Floats, Floats], factor: float) -> None:
    scale, cost = rows
    plain, scaled = fit_curve(scale, cost), fit_curve(scale, cost * factor)
    np.testing.assert_allclose(scaled.per_unit(GRID), factor * plain.per_unit(GRID), rtol=1e-5)


@settings(max_examples=100, deadline=None)
@given(observations(), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(rows: tuple[Floats, Floats], random: object) -> None:
    scale, cost = rows
    order = list(range(len(scale)))
    random.shuffle(order)  # type: ignore[attr-defined]
    weights = np.linspace(1, 2, len(scale))
    assert fit_curve(scale[order], cost[order], weights[order]) == fit_curve(scale, cost, weights)


@pytest.mark.parametrize("weight", [0.5, 2.0, 1024.0])
def test_equal_weights_are_no_weights(weight: float) -> None:
    scale, cost = noisy(6)
    assert fit_curve(scale, cost, np.full(len(scale), weight)) == fit_curve(scale, cost)


def test_weights_pull_the_curve() -> None:
    scale = np.tile(np.geomspace(1e3, 1e6, 50), 2)
    cost = power_law(scale) * np.repeat([1.0, 2.0], 50)
    high = fit_curve(scale, cost, np.repeat([1.0, 99.0], 50))
    np.testing.assert_allclose(high.per_unit(scale), 2 * power_law(scale) / scale, rtol=0.03)
    only_low = fit_curve(scale, cost, np.repeat([1.0, 0.0], 50))
    assert only_low.observations == 50
    np.testing.assert_allclose(only_low.per_unit(scale), power_law(scale) / scale, rtol=0.02)


def test_flat_outside_the_observed_range() -> None:
    curve = fit_curve(*noisy(1))
    low, high = curve.observed_min, curve.observed_max
    assert (curve.per_unit([0, 1, low / 2]) == curve.per_unit(low)).all()
    assert (curve.per_unit([high * 2, 1e12, np.inf]) == curve.per_unit(high)).all()
    assert curve.ratio(high * 10, high) == 1


def test_smooth_between_knots() -> None:
    """Second differences of a fine grid stay small across every inner knot: no kink."""
    curve = fit_curve(*noisy(2, size=1000))
    step = 1e-3
    inner = np.array(curve.knots[DEGREE + 1 : -DEGREE - 1])
    left, middle, right = (np.log(curve.per_unit(np.exp(inner + k * step))) for k in (-1, 0, 1))
    assert np.abs((right - 2 * middle + left) / step).max() < 0.02  # jump of the elasticity


def test_increasing_unit_cost_gives_a_flat_curve() -> None:
    scale = np.geomspace(1e3, 1e6, 100)
    curve = fit_curve(scale, scale**1.2)
    assert curve.flat and (curve.ratio(GRID, 5000.0) == 1).all()
    assert curve.per_unit(1e3) == pytest.approx(np.exp(np.mean(0.2 * np.log(scale))), rel=1e-6)


def test_constant_unit_cost_and_single_scale_are_flat() -> None:
    scale = np.geomspace(1e3, 1e6, 30)
    constant = fit_curve(scale, 0.02 * scale)
    assert constant.flat and constant.per_unit(7e4) == pytest.approx(0.02)
    one_scale = fit_curve(np.full(9, 1e4), np.full(9, 50.0))
    assert one_scale.flat and one_scale.per_unit(1e4) == pytest.approx(0.005)


def test_outliers_barely_move_the_curve() -> None:
    """One government in twenty at thirty times the cost (islands): under 5% at any scale."""
    scale, cost = noisy(3, size=600, spread=0.1)
    wild = cost.copy()
    wild[::20] *= 30
    clean, robust = fit_curve(scale, cost), fit_curve(scale, wild)
    inside = np.geomspace(500, 2e6, 200)
    np.testing.assert_allclose(robust.per_unit(inside), clean.per_unit(inside), rtol=0.05)


def test_rows_without_cost_are_left_out() -> None:
    scale, cost = noisy(4, size=50)
    more_scale = np.append(scale, [10.0, 1e9])
    assert fit_curve(more_scale, np.append(cost, [0.0, np.nan])) == fit_curve(scale, cost)


def test_flat_curve() -> None:
    curve = flat_curve()
    assert curve.flat and curve.per_unit(3.0) == 1 and (curve.ratio(GRID, 1e4) == 1).all()
    assert flat_curve(0.25).per_unit([[1.0, 2.0]]).shape == (1, 2)
    with pytest.raises(ValueError, match="positive and finite"):
        flat_curve(0.0)


GOOD = np.geomspace(1e3, 1e6, 10)


@pytest.mark.parametrize(
    ("scale", "cost", "weights", "message"),
    [
        (GOOD[:7], GOOD[:7], None, "at least 8 governments"),
        (GOOD, np.append(GOOD[:7], [0, 0, np.nan]), None, "found 7"),
        (GOOD, GOOD[:9], None, "same length"),
        (GOOD, GOOD, GOOD[:9], "same length"),
        (GOOD[:, None], GOOD[:, None], None, "one-dimensional"),
        (np.append(GOOD[:9], 0), GOOD, None, "scale must be positive"),
        (np.append(GOOD[:9], np.nan), GOOD, None, "scale must be positive"),
        (GOOD, -GOOD, None, "cost must be finite and not negative"),
        (GOOD, np.append(GOOD[:9], np.inf), None, "cost must be finite and not negative"),
        (GOOD, GOOD, -GOOD, "weight must be finite"),
    ],
)
def test_bad_observations(scale: Floats, cost: Floats, weights: Floats | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_curve(scale, cost, weights)


@pytest.mark.parametrize("scale", [-1.0, np.nan, [1e4, -5.0]])
def test_bad_scale(scale: object) -> None:
    for curve in (flat_curve(), fit_curve(*noisy(5))):
        with pytest.raises(ValueError, match="not negative"):
            curve.per_unit(scale)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("knots", "coefficients", "low", "flat"),
    [
        ((), (1.0,), 1.0, False),
        ((), (1.0, 0.5), 1.0, True),
        ((0.0,) * 4 + (1.0,) * 4, (3.0, 2.0, 2.5, 1.0), 1.0, False),
        ((0.0,) * 4 + (1.0,) * 4, (3.0, 2.0, np.nan, 1.0), 1.0, False),
        ((), (1.0,), 5.0, True),
    ],
)
def test_malformed_curve(
    knots: tuple[float, ...], coefficients: tuple[float, ...], low: float, flat: bool
) -> None:
    with pytest.raises(ValueError):
        ScaleCurve(knots, coefficients, low, 2.0, 10, flat)


def test_official_fire_need() -> None:
    """FACTS.md C1, FY2022 (pooled yen per head by band; elasticity below 100,000 persons -.34)."""
    needs, people = INPUTS / "municipal_need.csv", INPUTS / "municipalities.csv"
    if not (needs.exists() and people.exists()):
        pytest.skip("the national tables are not prepared")
    table = pd.read_csv(needs, dtype={"code": str}).merge(
        pd.read_csv(people, dtype={"code": str}), on="code", validate="one_to_one"
    )
    table = table[(table["fire_thousand_yen"] > 0) & (table["population_persons"] > 0)]
    scale = table["population_persons"].to_numpy(float)
    curve = fit_curve(scale, table["fire_thousand_yen"].to_numpy(float) / 1000)
    yen = 1e6 * curve.per_unit(scale)
    for low, high, official in ((0, 3e3, 47_753), (5e3, 10e3, 29_118), (50e3, 100e3, 14_007)):
        band = (scale >= low) & (scale < high)
        assert np.average(yen[band], weights=scale[band]) == pytest.approx(official, rel=0.05)
    small = scale < 100e3
    elasticity = np.polyfit(np.log(scale[small]), np.log(yen[small]), 1)[0]
    assert elasticity == pytest.approx(-0.34, abs=0.02)
