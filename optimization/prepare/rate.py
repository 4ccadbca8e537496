"""The national adjustment rate of a year, which no sheet states, from what was paid."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def fitted_rate(accounts: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> float:
    """The share of its need that every receiving government goes without: of all shares that some government went
    without, the one by which the amounts of most are met to a thousand yen (the rest have corrections of earlier
    years' errors in theirs); the middle one where several are, to the nine decimals that the ministry states.

    `accounts` holds need, revenue and amount paid of each tier, thousand yen by government, without Tokyo and its
    wards.
    """
    needs, gaps = [], []
    for need, revenue, paid in accounts:
        got = paid > 0
        needs.append(need[got].astype(float))
        gaps.append((need - revenue - paid)[got].astype(float))
    wanted, short = np.concatenate(needs), np.concatenate(gaps)
    rates = np.unique(short / wanted)
    met = np.array([int((np.abs(short - rate * wanted) <= 1.0).sum()) for rate in rates])
    return round(float(np.median(rates[met == met.max()])), 9)
