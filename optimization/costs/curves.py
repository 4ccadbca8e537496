"""Scale curves: what one unit of a service costs at a given scale (MODEL.md section 5).

A curve g_s(P) is fitted to the official standard needs, log(cost / scale) on log(scale), as a cubic
B-spline whose coefficients never rise, so that the cost of a unit never rises with scale. Rises that the
official figures show at the top (designated and core cities carry prefectural powers) are
powers, not scale: there the curve is flat.

Method: a monotone P-spline (Ramsay 1988; Eilers and Marx 1996) with Huber's weights (Huber 1964). The
unknowns are the slopes of the control polygon, that is local elasticities, which must not be negative
once their sign is turned: a non-negative least-squares problem, solved by scipy's `nnls`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import BSpline
from scipy.optimize import nnls

Floats = NDArray[np.float64]

MINIMUM_OBSERVATIONS = 8
DEGREE = 3
KNOTS = 8  # both ends included, at quantiles of log scale
NARROWEST_LOG_RANGE = 1e-3  # below this spread of scale (0.1%) no slope can be told
SMOOTHING = 1e-4  # weight of (elasticity step)^2 per observation: settles ties, hardly bends the curve
HUBER = 1.345  # residuals beyond 1.345 robust standard deviations count linearly
MAD_TO_SIGMA = 1.4826
EXACT_FIT = 1e-6  # log units; a robust spread below this is rounding
ITERATIONS = 100
TOLERANCE = 1e-7  # log units, on every fitted value


@dataclass(frozen=True)
class ScaleCurve:
    """Cost of one unit of a service as a function of scale.

    `coefficients` are the B-spline coefficients of log(cost per unit) over `knots`, the full clamped knot
    vector in log(scale); a flat curve has no knots and one coefficient. `observed_min` and `observed_max`
    bound the scales seen in the fit (persons, or the service's own unit); `observations` is their number.

    Raises ValueError when the parts do not make a non-increasing curve.
    """

    knots: tuple[float, ...]
    coefficients: tuple[float, ...]
    observed_min: float
    observed_max: float
    observations: int
    flat: bool = False

    def __post_init__(self) -> None:
        expected = 1 if self.flat else len(self.knots) - DEGREE - 1
        if self.flat != (not self.knots) or len(self.coefficients) != expected:
            raise ValueError("a scale curve needs one coefficient if flat, else four fewer than its knots")
        if not np.isfinite(self.coefficients).all() or (np.diff(self.coefficients) > 0).any():
            raise ValueError("the coefficients of a scale curve must be finite and must not rise")
        if not 0 <= self.observed_min <= self.observed_max:
            raise ValueError("the observed range of a scale curve must be ordered and not negative")

    def per_unit(self, scale: ArrayLike) -> Floats:
        """Standard cost of one unit at `scale`, in million yen per person (or per the service's own unit).

        `scale` has any shape, the result the same. Outside the observed range the value at the nearer end
        holds: nothing is extrapolated. Raises ValueError for a negative or missing scale.
        """
        values = np.asarray(scale, dtype=float)
        if not (values >= 0).all():
            raise ValueError("a scale must be a number that is not negative")
        if self.flat:
            return np.full(values.shape, np.exp(self.coefficients[0]))
        logs = np.log(np.clip(values, self.observed_min, self.observed_max))
        spline = BSpline(np.array(self.knots), np.array(self.coefficients), DEGREE)
        inside = np.clip(logs, self.knots[0], self.knots[-1])  # log may round past an end knot
        return np.asarray(np.exp(spline(inside)), dtype=float)

    def ratio(self, to: ArrayLike, frm: ArrayLike) -> Floats:
        """per_unit(to) / per_unit(frm), no unit: the scale factor of std[b,s] in MODEL.md section 5.

        `to` and `frm` broadcast. Exactly 1 where they are equal, and at most 1 where `to` is larger (up to
        rounding). Raises ValueError for a negative or missing scale.
        """
        return np.asarray(self.per_unit(to) / self.per_unit(frm), dtype=float)


def flat_curve(
    unit_cost: float = 1.0, observed_min: float = 0.0, observed_max: float = np.inf, observations: int = 0
) -> ScaleCurve:
    """The curve of a service without scale effect: `unit_cost` (million yen per unit) at every scale.

    `ratio` is 1 everywhere. Raises ValueError unless `unit_cost` is positive and finite.
    """
    if not 0 < unit_cost < np.inf:
        raise ValueError("the unit cost of a flat curve must be positive and finite")
    return ScaleCurve((), (float(np.log(unit_cost)),), observed_min, observed_max, observations, flat=True)


def fit_curve(scale: ArrayLike, cost: ArrayLike, weights: ArrayLike | None = None) -> ScaleCurve:
    """Fit the non-increasing cost of a unit on observed (scale, cost) pairs.

    `scale` [n] persons (or the service's own unit), positive; `cost` [n] million yen in total, not per
    unit (the curve comes out in the unit of `cost` per unit of `scale`); `weights` [n] not negative,
    default 1. Rows whose cost is zero or missing (the government does not have the item) or whose weight
    is zero are left out. The result does not depend on the order of the rows, and follows a change of the
    money unit exactly.

    Raises ValueError for arrays that do not match, for values out of range and for fewer than 8 rows left.
    """
    scale, cost, weights = usable_rows(scale, cost, weights)
    if len(scale) < MINIMUM_OBSERVATIONS:
        raise ValueError(
            f"a scale curve needs at least {MINIMUM_OBSERVATIONS} governments with a positive cost, "
            f"found {len(scale)}; use flat_curve() for a service with so few"
        )
    order = np.lexsort((weights, cost, scale))
    scale, cost, weights = scale[order], cost[order], weights[order]
    logs, unit_costs = np.log(scale), np.log(cost) - np.log(scale)
    knots = _knots(logs)
    basis = _basis(knots, logs)
    level, slopes = _robust_fit(basis, unit_costs, weights / weights.mean())
    ends = float(scale[0]), float(scale[-1])
    drops = np.concatenate([[0.0], np.cumsum(slopes * _gaps(knots))]) if len(knots) else np.zeros(1)
    if drops[-1] < TOLERANCE:
        return flat_curve(float(np.exp(level)), *ends, len(scale))
    coefficients = level - drops
    return ScaleCurve(tuple(knots.tolist()), tuple(coefficients.tolist()), *ends, len(scale))


def usable_rows(
    scale: ArrayLike, cost: ArrayLike, weights: ArrayLike | None = None
) -> tuple[Floats, Floats, Floats]:
    """The checked rows [m] of `scale`, `cost` and `weights` [n] that a fit can use, in their given order.

    Raises ValueError for arrays that do not match or values out of range.
    """
    scale = np.asarray(scale, dtype=float)
    cost = np.asarray(cost, dtype=float)
    weights = np.ones(scale.shape) if weights is None else np.asarray(weights, dtype=float)
    if scale.ndim != 1 or not scale.shape == cost.shape == weights.shape:
        raise ValueError(
            "scale, cost and weights must be one-dimensional and of the same length, "
            f"found {scale.shape}, {cost.shape} and {weights.shape}"
        )
    if not ((scale > 0) & np.isfinite(scale)).all():
        raise ValueError("every scale must be positive and finite")
    if (cost < 0).any() or np.isinf(cost).any():
        raise ValueError("a cost must be finite and not negative (zero or missing leaves the row out)")
    if not ((weights >= 0) & np.isfinite(weights)).all():
        raise ValueError("every weight must be finite and not negative")
    kept = (cost > 0) & (weights > 0)
    return scale[kept], cost[kept], weights[kept]


def _knots(logs: Floats) -> Floats:
    """Clamped knot vector at quantiles of `logs` [n, sorted]; no inner part when the range is too narrow."""
    places = np.unique(np.quantile(logs, np.linspace(0, 1, KNOTS)))
    if places[-1] - places[0] < NARROWEST_LOG_RANGE:
        return places[:0]
    return np.concatenate([[places[0]] * DEGREE, places, [places[-1]] * DEGREE])


def _gaps(knots: Floats) -> Floats:
    """Distances of neighbouring Greville abscissae (the places of the control polygon's corners)."""
    return (knots[DEGREE + 1 : -1] - knots[1 : -DEGREE - 1]) / DEGREE


def _basis(knots: Floats, logs: Floats) -> Floats:
    """I-spline matrix [n, k]: the drop of log unit cost at `logs` [n] for each local elasticity of 1."""
    if not len(knots):
        return np.zeros((len(logs), 0))
    splines = BSpline.design_matrix(logs, knots, DEGREE).toarray()
    rising = np.cumsum(splines[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(rising[:, 1:] * _gaps(knots), dtype=float)


def _robust_fit(basis: Floats, target: Floats, weights: Floats) -> tuple[float, Floats]:
    """Huber fit target [n] ~ level - basis [n, k] @ slopes with slopes >= 0, by iterated reweighting."""
    fitted = np.full(target.shape, np.inf)
    trust = np.ones(target.shape)
    for _ in range(ITERATIONS):
        level, slopes = _bounded_fit(basis, target, weights * trust)
        previous, fitted = fitted, level - basis @ slopes
        errors = np.abs(target - fitted)
        spread = MAD_TO_SIGMA * np.quantile(errors, 0.5, weights=weights, method="inverted_cdf")
        if np.abs(fitted - previous).max() < TOLERANCE:
            break
        limit = HUBER * max(spread, EXACT_FIT)
        trust = limit / np.maximum(errors, limit)
    return level, slopes


def _bounded_fit(basis: Floats, target: Floats, weights: Floats) -> tuple[float, Floats]:
    """Weighted least squares of `_robust_fit`, the level eliminated by centring, steps of slope penalised."""
    means, mean = weights @ basis / weights.sum(), weights @ target / weights.sum()
    count = basis.shape[1]
    if not count:
        return float(mean), np.zeros(0)
    root = np.sqrt(weights)
    rows = np.column_stack([basis - means, mean - target]) * root[:, None]
    steps = np.diff(np.eye(count), axis=0) * np.sqrt(SMOOTHING * weights.sum())
    stacked = np.vstack([rows, np.column_stack([steps, np.zeros(count - 1)])])
    # The Gram matrix is a dozen numbers square; a QR of all rows costs fifty times as much.
    gram = stacked.T @ stacked
    triangle = np.linalg.cholesky(gram[:count, :count])
    slopes, _ = nnls(triangle.T, np.linalg.solve(triangle, gram[:count, count]), maxiter=100 * count)
    return float(mean + means @ slopes), slopes
