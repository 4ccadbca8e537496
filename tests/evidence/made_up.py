"""Municipalities made by hand of which all is known: what size and sharing do to spending, and who shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

OWN, GROUP = 0.8, 0.5
PREFECTURES, EACH = 40, 30


@dataclass(frozen=True)
class MadeUp:
    """Outcome, right-hand side (own_size, group_size, density), prefectures, log residents, an instrument."""

    y: pd.Series
    x: pd.DataFrame
    groups: pd.Series
    size: pd.Series
    instrument: pd.DataFrame


def made_up(
    selected: float = 0.0, misdrawn: float = 0.0, group: float = GROUP, seed: int = 7, noise: float = 0.1
) -> MadeUp:
    """Spending per head = prefecture + OWN x own size + `group` x group size + noise that grows in small places.

    `selected`: how strongly those who spend more for reasons of their own seek larger groups. `misdrawn`: part of the
    variance of the group size written down that is mistake.
    """
    draw = np.random.default_rng(seed)
    n = PREFECTURES * EACH
    groups = pd.Series(np.repeat([f"{k:02d}" for k in range(1, PREFECTURES + 1)], EACH))
    codes = pd.Index(
        [f"{g}{k:03d}" for g, k in zip(groups, np.tile(np.arange(EACH), PREFECTURES), strict=True)]
    )
    groups.index = codes
    size = pd.Series(draw.normal(10, 1, n), codes)
    own = -0.3 * (size - 10)
    density = pd.Series(draw.normal(0, 1, n), codes)
    hidden = draw.normal(0, 1, n)
    area = draw.normal(0, 1, n)
    true = -0.3 * (1.5 + 0.7 * area + selected * hidden + 0.5 * draw.normal(0, 1, n))
    prefecture = draw.normal(0, 0.05, PREFECTURES).repeat(EACH)
    wide = noise * np.exp(-0.15 * (size.to_numpy() - 10))
    y = (
        prefecture
        + OWN * own
        + group * true
        - 0.1 * density
        + 0.1 * selected * hidden
        + wide * draw.normal(0, 1, n)
    )
    error = np.sqrt(misdrawn / (1 - misdrawn)) * true.std() if misdrawn else 0.0
    x = pd.DataFrame(
        {"own_size": own, "group_size": true + error * draw.normal(0, 1, n), "density": density}, codes
    )
    return MadeUp(pd.Series(y, codes), x, groups, size, pd.DataFrame({"area": area}, codes))
