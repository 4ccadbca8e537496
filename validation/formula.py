"""The law's formula against what was paid, and the fiscal strength index against the published one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from optimization.prepare.rate import fitted_rate
from optimization.reading.table_file import number_table

TIERS = (("municipal", "code", "13100"), ("prefectural", "prefecture_code", "13"))
"""Tier, its key, and the government that is settled with another: Tokyo with its wards."""


Accounts = tuple[pd.Series, pd.Series, pd.Series]
"""Need, revenue and amount paid of a tier by code, thousand yen, without Tokyo and its wards."""


def formula_errors(folder: Path, year: int) -> pd.DataFrame:
    """Ordinary allocation of every government by the law's formula, need less revenue less rate times need where need
    is above revenue, beside the amount that was paid; thousand yen. `folder` is a case. Tokyo and its wards, which the
    law settles together, are left out. The rate, which no sheet states, is the year's `adjustment_rate`."""
    return _errors(_of_case(folder), year)


def errors_of_history(history: pd.DataFrame) -> pd.DataFrame:
    """The errors of every year of the table that `load_history` gives."""
    wanted = {"need_after_transfer": 0, "standard_revenue": 1, "ordinary_allocation": 2}
    frames = []
    for year, part in history[history["item"].isin(list(wanted))].groupby("fiscal_year"):
        accounts: dict[str, Accounts] = {}
        for tier, _, apart in TIERS:
            wide = (
                part[part["tier"] == tier]
                .pivot(index="code", columns="item", values="thousand_yen")
                .drop(apart)
            )
            need, revenue, paid = (wide[item] for item in wanted)
            accounts[tier] = need, revenue, paid
        frames.append(_errors(accounts, int(year)))
    return pd.concat(frames, ignore_index=True)


def _errors(accounts: Mapping[str, Accounts], year: int) -> pd.DataFrame:
    frames, rate = [], _rate(accounts)
    for tier, (wanted, own, paid) in accounts.items():
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
                    "paid_thousand_yen": paid,
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    return table.assign(error_thousand_yen=table["formula_thousand_yen"] - table["paid_thousand_yen"])


def adjustment_rate(folder: Path) -> float:
    """The year's national rate (`prepare.rate`) from the tables of a case."""
    return _rate(_of_case(folder))


def _of_case(folder: Path) -> dict[str, Accounts]:
    accounts: dict[str, Accounts] = {}
    for tier, key, apart in TIERS:
        need, revenue, paid = (
            pd.read_csv(folder / f"{tier}_{name}.csv", dtype={key: str}).set_index(key).drop(apart)
            for name in ("need", "revenue", "allocation")
        )
        wanted = need["need_after_transfer_thousand_yen"]
        own, granted = revenue["standard_revenue_thousand_yen"], paid["ordinary_allocation_thousand_yen"]
        accounts[tier] = wanted, own.reindex(wanted.index), granted.reindex(wanted.index)
    return accounts


def _rate(accounts: Mapping[str, Accounts]) -> float:
    return fitted_rate(
        [(need.to_numpy(), own.to_numpy(), paid.to_numpy()) for need, own, paid in accounts.values()]
    )


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
    """The published index of every year and government, which is the mean of revenue over need in three years, beside
    the mean of those of the three that are at hand (`years`, at least two). `published` is the case's table of
    indicators."""
    ratio = errors.assign(ratio=errors["revenue_thousand_yen"] / errors["need_thousand_yen"]).pivot(
        index="government", columns="fiscal_year", values="ratio"
    )
    frames = []
    for year, part in published.groupby(published["fiscal_year"].astype(int)):
        at_hand = [of for of in range(int(year) - 2, int(year) + 1) if of in ratio.columns]
        if len(at_hand) < 2:
            continue
        index = part.set_index("code")["fiscal_strength_index"]
        index = index[index != ""].astype(float)
        table = pd.DataFrame(
            {"fiscal_year": year, "years": len(at_hand), "mean": ratio[at_hand].mean(axis=1, skipna=False)}
        )
        table["published"] = index.reindex(table.index)
        frames.append(table.dropna().rename_axis("government").reset_index())
    return pd.concat(frames, ignore_index=True)


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
