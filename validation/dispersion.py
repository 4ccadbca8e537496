"""How unequal revenue and grants are, computed from the embedded tables by another road than the model's measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from optimization.reading.table_file import number_table


def pairwise_gini(value: np.ndarray, weight: np.ndarray) -> float:
    """Half the mean absolute difference of two people drawn at random, over the mean: sum_ij w_i w_j |x_i - x_j| /
    (2 W^2 mean). `value` [n], `weight` [n]."""
    total = float(weight.sum())
    mean = float(value @ weight) / total
    apart = sum(float(w * (np.abs(value - x) @ weight)) for x, w in zip(value, weight, strict=True))
    return apart / (2.0 * total**2 * mean)


def dispersion(folder: Path) -> pd.DataFrame:
    """Gini of standard revenue per head, with the ordinary allocation, and of both over need, of each tier, weighted by
    residents; `folder` is a case. Tokyo's wards are left out, among the municipalities and with Tokyo."""
    rows = []
    for tier, key, homes in (
        ("municipal", "code", "municipalities"),
        ("prefectural", "prefecture_code", "prefectures"),
    ):
        need, revenue, paid, place = (
            number_table(folder / f"{name}.csv", key)
            for name in (f"{tier}_need", f"{tier}_revenue", f"{tier}_allocation", homes)
        )
        codes = need.index.drop("13100", errors="ignore")
        need = need.loc[codes]
        people = place.loc[codes, "population_persons"].to_numpy(float)
        wanted = need["need_after_transfer_thousand_yen"].to_numpy(float)
        own = revenue.loc[codes, "standard_revenue_thousand_yen"].to_numpy(float)
        granted = paid.loc[codes, "ordinary_allocation_thousand_yen"].to_numpy(float)
        for name, figure in (
            ("revenue per head", own / people),
            ("revenue and allocation per head", (own + granted) / people),
            ("revenue over need", own / wanted),
            ("revenue and allocation over need", (own + granted) / wanted),
        ):
            rows.append({"tier": tier, "measure": name, "gini": pairwise_gini(figure, people)})
    return pd.DataFrame(rows)
