"""What is paid as ordinary allocation against what need lacks of revenue: how far the two may be apart.

Every receiving government goes without the same share of its need, the adjustment rate; corrections of earlier years'
errors and, until FY2020, top-ups of mergers come on top. Accounts are frames of `need`, `revenue` and `paid` in
thousand yen by code, of one tier, without Tokyo and its wards, which are settled together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optimization.reading.japan import LAST_MERGER_TOP_UP

FAR, MOST_CORRECTED = 0.1, 4e6
"""Part of need by which a correction may move what is paid, and thousand yen; in FY2016 to FY2022 7.6% and 2.7 million
at most."""

FAR_TOPPED_UP = 0.5
"""Part of need by which a merger top-up may lift what is paid; one of 2016 came to 32%."""

FAR_APART = 0.2
"""Part of need by which amounts of July may be apart from a need decided in winter; in FY2021 13%."""

NOTHING = 0.02
"""Part of need that is due to no government that is paid nothing; in FY2018 one went without 0.13%."""

MOST_RATE = 0.01
"""Share of need that no rate of one decision reaches; what more is missing was decided later."""

RATE_APART, TIMES_APART = 0.001, 2.0
"""Part of need, beyond so many times the least possible, by which a stated rate may miss what is paid on average."""

ENOUGH = 10
"""Amounts from which on a rate is told; fewer may all be corrected ones."""


def account(need: pd.Series, revenue: pd.Series, paid: pd.Series) -> pd.DataFrame:
    """The account of one tier, of the governments for which all three are known; Series by code, thousand yen."""
    return pd.DataFrame({"need": need, "revenue": revenue, "paid": paid}).dropna().astype(float)


def lacking(of: pd.DataFrame, rate: float = 0.0) -> pd.Series:
    """What need, less the share `rate` that all go without, lacks of revenue, thousand yen by code."""
    return ((1.0 - rate) * of["need"] - of["revenue"]).clip(lower=0.0)


def _gone_without(of: pd.DataFrame) -> pd.Series:
    """The share of need that each receiving government goes without."""
    paid = of[of["paid"] > 0]
    return (paid["need"] - paid["revenue"] - paid["paid"]) / paid["need"]


def is_apart(of: pd.DataFrame) -> bool:
    """Whether amounts are of an earlier decision than the need: half of all go without more than a rate explains."""
    return bool(_gone_without(of).median() > MOST_RATE)


def far_from_due(of: pd.DataFrame, rate: float, year: float) -> pd.Series:
    """What is due at a rate to every government whose amount disagrees with need, revenue and rate, thousand yen."""
    due, need, apart = lacking(of, rate), of["need"], is_apart(of)
    below = FAR_APART * need if apart else (FAR * need).clip(upper=MOST_CORRECTED)
    above = FAR_TOPPED_UP * need if year <= LAST_MERGER_TOP_UP else below
    nothing = (of["paid"] == 0) & (due > (FAR_APART if apart else NOTHING) * need)
    undue = (of["paid"] > 0) & (of["revenue"] >= need) & (year > LAST_MERGER_TOP_UP)
    return due[(of["paid"] > due + above) | (of["paid"] < due - below) | nothing | undue]


def rate_meant(accounts: Sequence[pd.DataFrame], rate: float, year: float) -> float | None:
    """The adjustment rate (share of need) that the amounts paid speak for: the median of what receiving governments go
    without. None where the stated `rate` fits them as well, or where too few amounts tell. `accounts` are frames from
    `account`; those of an earlier decision count only where there is no other, and up to the year of the last merger
    top-ups amounts above what is lacking are left out."""
    told = [of for of in accounts if not is_apart(of)] or list(accounts)
    if year <= LAST_MERGER_TOP_UP:
        told = [of[of["paid"] <= lacking(of)] for of in told]
    shares = pd.concat([_gone_without(of) for of in told])
    if len(shares) < ENOUGH:
        return None
    best = float(shares.median())
    missed, least = (float(np.abs(shares - each).mean()) for each in (rate, best))
    return best if missed > TIMES_APART * least + RATE_APART else None
