"""Hold harmless as a path over years (E6): what keeps a falling coverage near today's for a while.

In year h = 1 .. H after the reform a government is topped up to (1 - step x h) of today's coverage:

    top-up[g, h] = max(0, (1 - step x h) x coverage today[g] x standard cost[g] - funds[g])

A top-up is transitional money beside the formula: no other rule, measure or cost counts it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.instance import Instance
from optimization.reading.units import YEN_IN_MILLION

YEARS: Final = "equity.hold_harmless_years"
STEP: Final = "equity.hold_harmless_step"
BUDGET: Final = "equity.hold_harmless_budget_million_yen"


def guaranteed_share(instance: Instance) -> np.ndarray:
    """Share of today's coverage that each year of the path guarantees, shape (H,)."""
    year = np.arange(1, instance.settings[YEARS] + 1)
    return np.maximum(0.0, 1.0 - instance.settings[STEP] * year)


def guaranteed_coverage(instance: Instance) -> np.ndarray:
    """Coverage guaranteed to each government in each year, shape (H, G)."""
    return np.outer(guaranteed_share(instance), todays_accounts(instance).coverage)


def top_ups(accounts: Accounts) -> np.ndarray:
    """Top-up of each government in each year of the path, shape (H, G), million yen."""
    short = guaranteed_coverage(accounts.instance) * accounts.standard_cost - accounts.funds
    return np.where(short > YEN_IN_MILLION, short, 0.0)
