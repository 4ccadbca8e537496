"""The national adjustment rate of a year, which no sheet states, from what was paid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimization.reading.units import MILLION_IN_THOUSAND

EXACT, ROUNDED = 1.0, 500.0
"""Thousand yen by which an amount may be missed: that of a table in thousand yen, that of one in million yen."""

ONE_DECISION = 0.95
"""Part of what is lacking below which amounts are of another decision than the need and tell no rate."""

Account = tuple[np.ndarray, np.ndarray, np.ndarray]


def fitted_rate(accounts: Sequence[Account]) -> float:
    """The share of its need that every receiving government goes without: of all shares that some government went
    without, the one by which the amounts of most are met (the rest have corrections of earlier years' errors in
    theirs); the middle one where several are, to the nine decimals that the ministry states.

    `accounts` holds need, revenue and amount paid of each tier, thousand yen by government, without Tokyo and its
    wards. Met is what is within a thousand yen, or within half a million where a tier's amounts are all whole millions.
    """
    of_one = [account for account in accounts if _is_of_one_decision(*account)] or accounts
    needs, gaps, missed = [], [], []
    for need, revenue, paid in of_one:
        got = paid > 0
        needs.append(need[got].astype(float))
        gaps.append((need - revenue - paid)[got].astype(float))
        missed.append(np.full(int(got.sum()), EXACT if (paid % MILLION_IN_THOUSAND).any() else ROUNDED))
    wanted, short, most = (np.concatenate(parts) for parts in (needs, gaps, missed))
    rates = np.unique(short / wanted)
    met = np.array([int((np.abs(short - rate * wanted) <= most).sum()) for rate in rates])
    return round(float(np.median(rates[met == met.max()])), 9)


def _is_of_one_decision(need: np.ndarray, revenue: np.ndarray, paid: np.ndarray) -> bool:
    return bool(paid.sum() >= ONE_DECISION * np.maximum(0, need - revenue).sum())
