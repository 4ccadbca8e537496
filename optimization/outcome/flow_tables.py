"""The closed accounts as tables: every flow of money, and what each sector is left with."""

from __future__ import annotations

import pandas as pd

from optimization.ledger.accounts import Accounts
from optimization.ledger.flows import NOWHERE, ROAD, by_sector, side_by_side


def flow_tables(after: Accounts, before: Accounts) -> dict[str, pd.DataFrame]:
    """The tables `flows`, `flows_by_government` (those that touch one) and `sectors`, million yen per year."""
    every = side_by_side(after, before)
    touched = every.drop(NOWHERE, level="government").reset_index()
    return {
        "flows": every.groupby(ROAD, sort=False).sum().reset_index(),
        "flows_by_government": touched[["government", *ROAD, *every.columns]],
        "sectors": by_sector(every).reset_index(),
    }
