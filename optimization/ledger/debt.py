"""The official debt ratios before and after (D4), and the stage of the law that they reach.

Debt is what it is; funds change. The nation's refund of debt service through the need lowers the real
debt service of the law, so what is no longer recognised comes on top:

    real debt service ratio = (ratio today x funds today + refund no longer recognised) / funds
    future burden ratio     =  ratio today x funds today / funds

The law divides by the standard fiscal scale less the recognised refund and takes the mean of three years;
here the base moves with general funds, which a refund that ends lowers too: the stricter side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from optimization.dictionary.tiers import PREFECTURE
from optimization.dictionary.typed_settings import SettingKey
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.borrowing import bond_share
from optimization.ledger.instance import Instance
from optimization.reading.japan import BURDEN_WARNING, BURDEN_WARNING_UPPER, DEBT_SERVICE_STAGES, UPPER_CLASS

SERVICE_CEILING: Final = "discipline.debt_service_ceiling"
BURDEN_CEILING: Final = "discipline.future_burden_ceiling"
RULES: Mapping[SettingKey, str] = {SERVICE_CEILING: "D4", BURDEN_CEILING: "D4burden"}
"""The rule of each ceiling."""

STAGES = ("sound", "permission", "early_warning", "rehabilitation")
DIGITS = 9
"""A ratio counts as having reached a stage when it does so to these decimals."""


def real_debt_service(instance: Instance, funds_today: np.ndarray) -> np.ndarray:
    """Debt service net of the refund still recognised, shape (G,), million yen."""
    ratio = instance.case.governments["real_debt_service_ratio"].to_numpy(float)
    return ratio * funds_today + instance.dropped_refund


def future_burden(instance: Instance, funds_today: np.ndarray) -> np.ndarray:
    """Debts that future funds must bear, shape (G,), million yen."""
    return instance.case.governments["future_burden_ratio"].to_numpy(float) * funds_today


def owed_later(accounts: Accounts, key: str) -> list[np.ndarray]:
    """What the ratio behind a ceiling counts in every later year of a horizon, shape (G,) each: today's amount, for old
    debts are renewed as they are repaid, and each government's part of the extraordinary bonds since (of the debt
    itself, or of its yearly service)."""
    instance = accounts.instance
    before = todays_accounts(instance).funds
    debts = accounts.debts
    own = {SERVICE_CEILING: real_debt_service, BURDEN_CEILING: future_burden}[key](instance, before)
    new = {SERVICE_CEILING: debts.service, BURDEN_CEILING: debts.local}[key]
    return [own + bond_share(instance) * amount for amount in new[1:]]


def debt_ratios(accounts: Accounts) -> tuple[np.ndarray, np.ndarray]:
    """Real debt service ratio and future burden ratio under a decision, shape (G,) each."""
    instance = accounts.instance
    before = todays_accounts(instance).funds
    return (
        real_debt_service(instance, before) / accounts.funds,
        future_burden(instance, before) / accounts.funds,
    )


def debt_stages(accounts: Accounts) -> np.ndarray:
    """The gravest of `STAGES` that either ratio reaches, shape (G,), as text. The future burden knows
    early warning alone; Tokyo with its wards is held against the prefectures' number."""
    service, burden = (np.round(ratio, DIGITS) for ratio in debt_ratios(accounts))
    stage = np.searchsorted(DEBT_SERVICE_STAGES, service, side="right")
    limit = np.where(_upper(accounts.instance), BURDEN_WARNING_UPPER, BURDEN_WARNING)
    warned = np.where(burden >= limit, STAGES.index("early_warning"), 0)
    return np.array(STAGES, dtype=object)[np.maximum(stage, warned)]


def _upper(instance: Instance) -> np.ndarray:
    """Whether a government is a prefecture or a designated city, shape (G,)."""
    case = instance.case
    designated = case.codes[case.municipalities["city_class"] == UPPER_CLASS]
    frame = case.governments
    return np.asarray((frame["tier"] == PREFECTURE) | frame.index.isin(designated))
