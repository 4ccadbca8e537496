"""Partial pooling: effects of several purposes as draws from one population of effects.

The variance between purposes is Paule and Mandel's, the error of the mean Hartung and Knapp's where it is the larger
(statsmodels' `combine_effects`). Every purpose is shrunk to the mean by how sure it is of itself (empirical Bayes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.meta_analysis import combine_effects

from optimization.evidence.regress import half_width


@dataclass(frozen=True)
class Pooled:
    """Mean of the effects, its standard error, the standard deviation between purposes, and the shrunken effects
    (index: name; columns value, standard_error)."""

    mean: float
    error: float
    between: float
    shrunken: pd.DataFrame

    @property
    def count(self) -> int:
        """Effects pooled."""
        return len(self.shrunken)

    @property
    def freedom(self) -> int:
        """Degrees of freedom of what is foretold of a purpose that was not among them."""
        return max(self.count - 2, 1)

    @property
    def of_another(self) -> float:
        """Standard deviation of the effect of a purpose that was not among them."""
        return float(np.hypot(self.error, self.between))

    def foretold(self, level: float) -> tuple[float, float]:
        """Interval of the effect of a purpose that was not among them."""
        half = half_width(self.of_another, level, self.freedom)
        return self.mean - half, self.mean + half


def pool(effects: Mapping[str, tuple[float, float]]) -> Pooled:
    """Pool effects, name -> (value, standard error). ValueError for fewer than two."""
    if len(effects) < 2:
        raise ValueError(f"pooling needs two effects, found {len(effects)}")
    names = list(effects)
    value, error = (np.array([effects[name][part] for name in names]) for part in (0, 1))
    result = combine_effects(value, error**2, method_re="iterated", use_t=True)
    between = float(max(result.tau2, 0.0))
    mean = float(result.mean_effect_re)
    mean_error = float(max(result.sd_eff_w_re, result.sd_eff_w_re_hksj))
    trust = between / (between + error**2)
    shrunken = mean + trust * (value - mean)
    spread = np.sqrt(trust * error**2 + (1 - trust) ** 2 * mean_error**2)
    frame = pd.DataFrame({"value": shrunken, "standard_error": spread}, index=names)
    return Pooled(mean, mean_error, float(np.sqrt(between)), frame)
