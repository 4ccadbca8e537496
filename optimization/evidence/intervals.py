"""Honest intervals of what prefectures spend that no fit has seen: conformal, over a scale that follows size.

Every training municipality is foretold by a fit without its fold of prefectures; its error over the scale foretold for
its size is a score. The quantile of the scores at the asked level widens the scale of a held-out municipality
(Papadopoulos and others 2002; Romano, Patterson and Candes 2019). It holds on the mean of municipalities whatever the
errors' distribution, as far as held-out prefectures are like the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.polynomial import Polynomial

from optimization.evidence.regress import apart, within

LEAST = 1e-6
"""Error in logs below which an error is none."""


@dataclass(frozen=True)
class HeldOut:
    """Held-out municipalities (index: code) with observed, foretold, low, high (logs) and covered."""

    table: pd.DataFrame

    @property
    def coverage(self) -> float:
        """Part of the outcomes within their intervals."""
        return float(self.table["covered"].mean())

    @property
    def error(self) -> float:
        """Median absolute error, as a ratio of what was observed."""
        gap = self.table["foretold"] - self.table["observed"]
        return float(np.median(np.abs(np.expm1(gap))))


def foretell(y: pd.Series, x: pd.DataFrame, groups: pd.Series, of: pd.DataFrame) -> pd.Series:
    """What a fit with effects of prefectures says of municipalities (rows of `of`) whose prefecture it has not seen:
    the mean of its prefectures' effects stands in its place."""
    inner = within(x, groups)
    names = apart(inner)
    value, *_ = np.linalg.lstsq(
        inner[names].to_numpy(float), (y - y.groupby(groups).transform("mean")).to_numpy(float)
    )
    left = y - x[names] @ value
    return of[names] @ value + float(left.groupby(groups).mean().mean())


def held_out(
    y: pd.Series, x: pd.DataFrame, groups: pd.Series, outside: tuple[str, ...], size: pd.Series, level: float,
    folds: int,
) -> HeldOut:  # fmt: skip
    """Intervals for the municipalities of the prefectures `outside`, of which the fit knows nothing.

    `size` is the log of residents. ValueError where nobody is outside or fewer than `folds` prefectures are left.
    """
    is_out = groups.isin(list(outside))
    inside = sorted(groups[~is_out].unique())
    if not is_out.any() or len(inside) < folds:
        raise ValueError(f"{int(is_out.sum())} held out, {len(inside)} prefectures left for {folds} folds")
    error = pd.Series(np.nan, y.index[~is_out])
    for fold in range(folds):
        away = groups.isin(inside[fold::folds]) & ~is_out
        seen = ~is_out & ~away
        error[y.index[away]] = (y[away] - foretell(y[seen], x[seen], groups[seen], x[away])).abs()
    scale = Polynomial.fit(size[~is_out], np.log(np.maximum(error, LEAST)), 1)
    scores = np.sort(error.to_numpy(float) / np.exp(scale(size[~is_out].to_numpy(float))))
    rank = min(int(np.ceil((len(scores) + 1) * level)), len(scores)) - 1
    foretold = foretell(y[~is_out], x[~is_out], groups[~is_out], x[is_out])
    half = scores[rank] * np.exp(scale(size[is_out].to_numpy(float)))
    table = pd.DataFrame(
        {
            "observed": y[is_out],
            "foretold": foretold,
            "low": foretold - half,
            "high": foretold + half,
        }
    )
    table["covered"] = (table["observed"] - foretold).abs() <= half
    return HeldOut(table)
