"""The outlook table: residents and the scale of providers, year by year, for the whole case and each prefecture."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.case.projections import AGES
from optimization.ledger.accounts import Accounts
from optimization.ledger.outlook import below_efficient_scale, residents, years

WHOLE = "all"


def outlook(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Residents by age, municipalities below the efficient scale, and the part of services (open to wide-area
    bodies) that residents get from providers below it, today's arrangement and the package's kept as they are."""
    instance = after.instance
    efficient = instance.case.parameters("efficient_scale_persons")
    codes = instance.case.prefectures.index
    places = {WHOLE: np.ones(len(instance.prefecture), dtype=bool)}
    places |= {code: instance.prefecture == position for position, code in enumerate(codes)}
    rows = []
    for year in years(instance):
        people = {age: residents(instance, age, year) for age in AGES}
        every = people[AGES[0]]
        small = [below_efficient_scale(accounts, year) for accounts in (before, after)]
        for place, here in places.items():
            row: dict[str, object] = {"year": year, "prefecture_code": place}
            row |= {age: round(float(size[here].sum())) for age, size in people.items()}
            row["municipalities_below_efficient_scale"] = int((every[here] < efficient).sum())
            for label, part in zip(("_today", ""), small, strict=True):
                mean = float((part * every)[here].sum() / every[here].sum())
                row[f"services_below_efficient_scale{label}_ratio"] = mean
            rows.append(row)
    return pd.DataFrame(rows)
