"""The law's formula against what was paid, and the fiscal strength index against the published one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from optimization.prepare.rate import fitted_rate
from optimization.table_file import number_table

TIERS = (("municipal", "code", "13100"), ("prefectural", "prefecture_code", "13"))
"""Tier, its key, and the government that is settled with another: Tokyo with its wards."""


def formula_errors(folder: Path, year: int) -> pd.DataFrame:
    """Ordinary allocation of every government by the law's formula, need less revenue less rate times need where need
    is above revenue, beside the amount that was paid; thousand yen. `folder` is a case. Tokyo and its wards, which the
    law settles together, are left out. The rate, which no sheet states, is the year's `adjustment_rate`."""
    frames, rate = [], adjustment_rate(folder)
    for tier, key, apart in TIERS:
        need, revenue, paid = (
            number_table(folder / f"{tier}_{name}.csv", key).drop(apart)
            for name in ("need", "revenue", "allocation")
        )
        wanted, own = need["need_after_transfer_thousand_yen"], revenue["standard_revenue_thousand_yen"]
        due = (wanted - own - rate * wanted).where(wanted > own, 0.0).clip(lower=0.0).round().astype("int64")
        frames.append(
            pd.DataFrame(
                {
                    "fiscal_year": year,
                    "tier": tier,
                    "government": wanted.index,
                    "need_thousand_yen": wanted,
                    "revenue_thousand_yen": own,
                    "formula_thousand_yen": due,
                    "paid_thousand_yen": paid["ordinary_allocation_thousand_yen"],
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    return table.assign(error_thousand_yen=table["formula_thousand_yen"] - table["paid_thousand_yen"])


def adjustment_rate(folder: Path) -> float:
    """The year's national rate (`prepare.rate`) from the tables of a case."""
    accounts = []
    for tier, key, apart in TIERS:
        need, revenue, paid = (
            pd.read_csv(folder / f"{tier}_{name}.csv", dtype={key: str}).set_index(key).drop(apart)
            for name in ("need", "revenue", "allocation")
        )
        wanted = need["need_after_transfer_thousand_yen"]
        own, granted = revenue["standard_revenue_thousand_yen"], paid["ordinary_allocation_thousand_yen"]
        accounts.append((wanted.to_numpy(), own[wanted.index].to_numpy(), granted[wanted.index].to_numpy()))
    return fitted_rate(accounts)


def formula_summary(errors: pd.DataFrame) -> pd.DataFrame:
    """By year and tier: governments, those not receiving, totals in billion yen, how many of the receiving are met to a
    thousand yen and to one percent, absolute errors as a share of all that was paid, the largest error and whose."""
    rows = []
    for (year, tier), part in errors.groupby(["fiscal_year", "tier"], sort=True):
        got = part[part["formula_thousand_yen"] > 0]
        off = got["error_thousand_yen"].abs()
        worst = got.loc[off.idxmax()]
        rows.append(
            {
                "fiscal_year": year,
                "tier": tier,
                "governments": len(part),
                "not_receiving": len(part) - len(got),
                "need_billion_yen": part["need_thousand_yen"].sum() / 1e6,
                "revenue_billion_yen": part["revenue_thousand_yen"].sum() / 1e6,
                "formula_billion_yen": part["formula_thousand_yen"].sum() / 1e6,
                "paid_billion_yen": part["paid_thousand_yen"].sum() / 1e6,
                "to_a_thousand_yen": int((off <= 1).sum()),
                "to_one_percent": int((off <= 0.01 * got["paid_thousand_yen"]).sum()),
                "left_over_ratio": off.sum() / part["paid_thousand_yen"].sum(),
                "largest_error_million_yen": worst["error_thousand_yen"] / 1e3,
                "largest_error_at": worst["government"],
            }
        )
    return pd.DataFrame(rows)


def strength_index(errors: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Revenue over need in the first and the last of three years, their mean, and the published index of the last year,
    which is the mean of all three; for every government where both are at hand. `published` is the case's table
    of indicators."""
    ratio = (
        errors.assign(ratio=errors["revenue_thousand_yen"] / errors["need_thousand_yen"])
        .pivot(index="government", columns="fiscal_year", values="ratio")
        .dropna()
    )
    index = published[published["fiscal_year"] == "2020"].set_index("code")["fiscal_strength_index"]
    index = index[index != ""].astype(float)
    table = pd.DataFrame({"ratio_2018": ratio[2018], "ratio_2020": ratio[2020]})
    table["mean"] = table.mean(axis=1)
    table["published_2020"] = index.reindex(table.index)
    return table.dropna().rename_axis("government").reset_index()


def pool_identity(folder: Path) -> pd.DataFrame:
    """What the law's shares of the national taxes come to, what of it is ordinary, and what the ordinary allocation of
    the year came to; billion yen. `folder` is a case. The pool of a year also holds what was carried over, borrowed and
    paid back, of which the case knows nothing: the last line is the difference."""
    taxes = number_table(folder / "national_taxes.csv", "tax")
    facts = number_table(folder / "national.csv", "item")["value"]
    shares = float((taxes["yield_million_yen"] * taxes["pool_share"]).sum()) / 1e3
    ordinary = shares * (1.0 - float(facts["special_share"]))
    paid = sum(
        number_table(folder / f"{tier}_allocation.csv", key)["ordinary_allocation_thousand_yen"].sum() / 1e6
        for tier, key, _ in TIERS
    )
    lines = {
        "law's shares of the national taxes": shares,
        "of them ordinary": ordinary,
        "ordinary allocation decided": paid,
        "difference: carried over, borrowed and paid back": paid - ordinary,
    }
    return pd.DataFrame({"line": list(lines), "billion_yen": list(lines.values())})
