"""The table `savings` once more from the tables of services: what is saved of the norm and of money spent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

TABLE: Final = "savings"
MIL: Final = "_million_yen"
BESIDE: Final = ("coordination", "transition", "units")
NEAR: Final = 1e-3
"""Million yen by which sums of services may differ from a figure that was written."""


def told_as_it_is(tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether the saving of the norm is the fall of every service's cost, that of money spent the ratio's part of it
    and what stands beside, within its ends, and the last row the sum of all."""
    table, services = tables[TABLE].set_index("service"), tables["services"].set_index("service")
    rows, total = table.drop("all", errors="ignore"), table.loc["all"]

    def fall(kind: str) -> pd.Series:
        return services[f"{kind}_today{MIL}"] - services[f"{kind}{MIL}"]

    standard, beside = fall("standard"), sum((fall(kind) for kind in BESIDE[1:]), fall(BESIDE[0]))
    missing = services.index.difference(rows.index)
    ratio = rows["spending_ratio"].fillna(1.0)
    low, middle, high = (rows[f"saving_spent{end}{MIL}"] for end in ("_low", "", "_high"))
    pairs = [
        (rows[f"saving_standard{MIL}"], standard.reindex(rows.index)),
        (rows[f"saving_beside{MIL}"], beside.reindex(rows.index)),
        (rows[f"saving_norm{MIL}"], (standard + beside).reindex(rows.index)),
        (middle, ratio * rows[f"saving_standard{MIL}"] + rows[f"saving_beside{MIL}"]),
        (standard[missing], 0.0),
        (beside[missing], 0.0),
    ]
    sums = ("saving_standard", "saving_beside", "saving_norm", "saving_spent")
    return bool(
        all(np.allclose(one, other, rtol=1e-9, atol=NEAR) for one, other in pairs)
        and all(
            abs(rows[f"{name}{MIL}"].sum() - total[f"{name}{MIL}"]) <= NEAR * (1 + len(services))
            for name in sums
        )
        and (low <= middle + NEAR).all()
        and (middle <= high + NEAR).all()
    )
