"""Regressions with effects of prefectures, by statsmodels: least squares, instruments, matching.

All errors are robust to clusters (prefectures), with the small-sample correction; intervals by t with as many degrees
of freedom as there are clusters less one. Effects of groups are taken out by their means, and count no degree of
freedom since the clusters hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

MOST_TIMES = 1e8
"""Condition of a design beyond which its columns cannot be told apart."""


NOTHING = 1e-12
"""Largest figure of a column from which it says something."""


@dataclass(frozen=True)
class Fit:
    """Coefficients and their covariance by name, residuals by row, effects of groups by group."""

    value: pd.Series
    covariance: pd.DataFrame
    residual: pd.Series
    effect: pd.Series
    clusters: int

    @property
    def n(self) -> int:
        """Rows of the fit."""
        return len(self.residual)

    def error(self, name: str) -> float:
        """Standard error of a coefficient."""
        return float(np.sqrt(self.covariance.at[name, name]))

    def interval(self, name: str, level: float) -> tuple[float, float]:
        """Interval of a coefficient."""
        half = half_width(self.error(name), level, self.clusters - 1)
        return float(self.value[name]) - half, float(self.value[name]) + half


def half_width(error: float, level: float, freedom: float) -> float:
    """Half of an interval of a standard error."""
    return float(stats.t.ppf(0.5 + level / 2, freedom)) * error


def within(frame: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Differences of every column from its mean of the group."""
    return frame - frame.groupby(groups).transform("mean")


def apart(columns: pd.DataFrame) -> list[str]:
    """The columns that differ from a line of those before them, in order; a constant differs from none."""
    whole = columns.to_numpy(float)
    sizes = np.linalg.norm(whole, axis=0)
    if (np.abs(whole).max(axis=0, initial=0.0) > NOTHING).all() and np.linalg.cond(
        whole / sizes
    ) < MOST_TIMES:
        return list(columns)  # no part of a design is worse off than the whole
    kept: list[str] = []
    for name in columns:
        scale = float(np.abs(columns[name]).max())
        design = columns[[*kept, name]].to_numpy(float)
        spread = np.linalg.norm(design, axis=0)
        if scale > NOTHING and (spread > 0).all() and np.linalg.cond(design / spread) < MOST_TIMES:
            kept.append(name)
    return kept


def _clustered(y: pd.Series, x: pd.DataFrame, clusters: pd.Series) -> Any:
    """Least squares with errors robust to clusters."""
    kinds = {"groups": pd.factorize(clusters)[0], "use_correction": True}
    return sm.OLS(y, x).fit(cov_type="cluster", cov_kwds=kinds, use_t=True)


def fixed_effects(y: pd.Series, x: pd.DataFrame, groups: pd.Series, clusters: pd.Series | None = None) -> Fit:
    """Least squares of `y` (n,) on `x` (n, k) with an effect for every group; errors robust to `clusters` (the groups
    where none are given). Columns without spread of their own are left out. ValueError below three clusters."""
    clusters = groups if clusters is None else clusters
    if clusters.nunique() < 3:
        raise ValueError(f"errors robust to clusters need three of them, found {clusters.nunique()}")
    inner = within(x, groups)
    names = apart(inner)
    result = _clustered(within(y.to_frame("y"), groups)["y"], inner[names], clusters)
    left = y - x[names] @ result.params
    effect = left.groupby(groups).mean()
    covariance = pd.DataFrame(np.asarray(result.cov_params()), names, names)
    return Fit(result.params, covariance, left - groups.map(effect), effect, clusters.nunique())


@dataclass(frozen=True)
class Instrumented:
    """Two-stage least squares with its tests: the first stage's F, and p-values of Wu and Hausman's test (the plain
    regressor will do) and of the instruments beyond need (they agree)."""

    fit: Fit
    first_stage_f: float
    first_stage_p: float
    hausman_p: float
    overidentified_p: float


def two_stages(
    y: pd.Series, endogenous: pd.Series, x: pd.DataFrame, instruments: pd.DataFrame, groups: pd.Series
) -> Instrumented:
    """The effect of `endogenous` on `y`, moved by the `instruments` alone, beside the columns of `x`."""
    name = str(endogenous.name)
    inner = within(pd.concat([x, instruments], axis=1), groups)
    names = apart(inner[list(x)])
    z = inner[[*names, *instruments]]
    target, moved = within(y.to_frame("y"), groups)["y"], within(endogenous.to_frame(name), groups)[name]
    first = _clustered(moved, z, groups)
    restriction = np.zeros((instruments.shape[1], z.shape[1]))
    restriction[:, len(names) :] = np.eye(instruments.shape[1])
    test = first.wald_test(restriction, use_f=True, scalar=True)
    design = pd.concat([moved, inner[names]], axis=1)
    fitted = design.assign(**{name: first.fittedvalues})
    value = sm.OLS(target, fitted).fit().params
    residual = target - design @ value
    covariance = _sandwich(fitted, residual, groups)
    control = _clustered(target, design.assign(first_stage=first.resid), groups)
    left = y - pd.concat([endogenous, x[names]], axis=1) @ value
    effect = left.groupby(groups).mean()
    return Instrumented(
        Fit(value, covariance, residual, effect, groups.nunique()),
        float(test.statistic),
        float(test.pvalue),
        float(control.pvalues["first_stage"]),
        _overidentified(target, design, z, residual, groups),
    )


def _scores(columns: pd.DataFrame, residual: pd.Series, groups: pd.Series) -> np.ndarray:
    """Sums by cluster of every column times the residual, (G, k)."""
    return columns.mul(residual, axis=0).groupby(groups).sum().to_numpy(float)


def _sandwich(design: pd.DataFrame, residual: pd.Series, groups: pd.Series) -> pd.DataFrame:
    n, k, g = len(design), design.shape[1], groups.nunique()
    bread = np.linalg.inv(design.T.to_numpy(float) @ design.to_numpy(float))
    scores = _scores(design, residual, groups)
    meat = scores.T @ scores * g / (g - 1) * (n - 1) / (n - k)
    return pd.DataFrame(bread @ meat @ bread, list(design), list(design))


def _overidentified(
    y: pd.Series, design: pd.DataFrame, z: pd.DataFrame, residual: pd.Series, groups: pd.Series
) -> float:
    """P-value of Hansen's J of the two-step estimate, robust to clusters; NaN where no instrument is beyond need."""
    beyond = z.shape[1] - design.shape[1]
    if beyond < 1:
        return float("nan")
    scores = _scores(z, residual, groups)
    weight = np.linalg.pinv(scores.T @ scores)
    zx, zy = z.T.to_numpy(float) @ design.to_numpy(float), z.T.to_numpy(float) @ y.to_numpy(float)
    value = np.linalg.solve(zx.T @ weight @ zx, zx.T @ weight @ zy)
    moment = zy - zx @ value
    return float(stats.chi2.sf(moment @ weight @ moment, beyond))


def matched(
    y: pd.Series, x: pd.DataFrame, treated: pd.Series, groups: pd.Series, nearest_by: list[str]
) -> Fit | None:
    """Mean difference of the treated from the nearest untreated of their group (Mahalanobis over `nearest_by`), less
    what the untreated's own regression on `x` says their differences come to. None where fewer than three groups have
    both."""
    inner = within(x[nearest_by], groups)
    root = np.linalg.cholesky(
        np.linalg.pinv(np.cov(inner.to_numpy(float).T)) + 1e-12 * np.eye(len(nearest_by))
    )
    place = pd.DataFrame(x[nearest_by].to_numpy(float) @ root, x.index)
    partner: dict[str, str] = {}
    for _, rows in y.index.to_series().groupby(groups):
        have, lack = rows[treated[rows] == 1], rows[treated[rows] == 0]
        if len(have) and len(lack):
            far = np.linalg.norm(
                place.loc[have].to_numpy()[:, None] - place.loc[lack].to_numpy()[None], axis=2
            )
            partner |= dict(zip(have, lack.to_numpy()[far.argmin(axis=1)], strict=True))
    who, whom = list(partner), list(partner.values())
    if len(who) < 3 or groups[who].nunique() < 3:
        return None
    alone = treated == 0
    line = fixed_effects(y[alone], x[alone], groups[alone])
    names = list(line.value.index)
    gap = x.loc[who, names].to_numpy(float) - x.loc[whom, names].to_numpy(float)
    difference = pd.Series(
        y[who].to_numpy(float) - y[whom].to_numpy(float) - gap @ line.value.to_numpy(float), who
    )
    ones = pd.DataFrame({"sharing": 1.0}, index=who)
    home = groups[who]
    result = _clustered(difference, ones, home)
    covariance = pd.DataFrame(np.asarray(result.cov_params()), ["sharing"], ["sharing"])
    return Fit(result.params, covariance, result.resid, pd.Series(dtype=float), home.nunique())
