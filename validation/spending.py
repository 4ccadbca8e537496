"""What the country's municipalities and prefectures spent by purpose, beside what the formula recognises for it."""

from __future__ import annotations

import pandas as pd

from optimization.case.case import MUNICIPALITY, PREFECTURE, Case
from optimization.case.spending import needed_by_purpose, spent_by_purpose
from optimization.dictionary.purposes import load_purposes
from optimization.dictionary.results import word


def spending_beside_need(case: Case) -> pd.DataFrame:
    """A row a tier and purpose with a counterpart in need: million yen spent in all, spent from general funds and
    needed, and general funds over need. Spending is that of a later year than need."""
    spent, rows = spent_by_purpose(case), []
    for tier in (MUNICIPALITY, PREFECTURE):
        needed = needed_by_purpose(case, tier)
        here = spent[spent.index.isin(needed.index, level="code")].groupby("purpose").sum()
        total = needed.sum(min_count=1)
        for purpose in [name for name in load_purposes() if total[name] > 0]:
            of = here.loc[purpose]
            rows.append(
                {
                    "tier": word(tier, "en"),
                    "purpose": word(purpose, "en"),
                    "spent_million_yen": of["total_million_yen"],
                    "spent_from_general_funds_million_yen": of["general_funds_million_yen"],
                    "needed_million_yen": total[purpose],
                    "spent_from_general_funds_over_needed_ratio": of["general_funds_million_yen"]
                    / total[purpose],
                }
            )
    return pd.DataFrame(rows)
