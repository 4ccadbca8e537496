"""Statements on the money of governments, read from the written tables of a run: what the formula gives, what the pool
holds, what limits ask."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.dictionary.families import FAMILY_SETTINGS, TODAYS_FAMILY
from optimization.dictionary.settings import value_of
from optimization.dictionary.tiers import ACCOUNT_TIERS
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.referee.debts import TABLE as DEBTS

DEBT_RATIOS: tuple[tuple[str, SettingKey], ...] = (
    ("real_debt_service", "discipline.debt_service_ceiling"),
    ("future_burden", "discipline.future_burden_ceiling"),
)
"""Ratio and its ceiling."""


def agrees(table: pd.DataFrame, left: str, grant: str, contribution: str) -> bool:
    """Whether a column is grants less contributions, to 1 thousand yen."""
    return bool((table[left] - table[grant] + table[contribution]).abs().max() <= 1e-3)


def rates_of(tables: dict[str, pd.DataFrame], settings: Settings) -> list[float]:
    """The adjustment rate of every year, as it stands among the parameters of the formula."""
    given = tables["formula"].set_index("parameter")["under_package"].astype(float)
    years = tables["horizon"]["year"].astype(int)[1:] if "horizon" in tables else []
    fixed = settings["formula.adjustment_rate"][0]
    return [
        float(given["adjustment_rate"]),
        *(float(given.get(f"adjustment_rate.{y}", fixed)) for y in years),
    ]


def rate_is_least(tables: dict[str, pd.DataFrame], settings: Settings) -> bool:
    """Every year's rate lies in its range, and above the least only where the pool is used up, to 1 thousand yen."""
    low, high = settings["formula.adjustment_rate"]
    formula = tables["formula"].set_index("parameter")["under_package"].astype(float)
    left = [(float(formula["pool"]), float(formula["ordinary_allocation"]))]
    if "horizon" in tables:
        rows = tables["horizon"].iloc[1:]
        left += list(zip(rows["pool_million_yen"], rows["allocation_million_yen"], strict=True))
    return all(
        low - 1e-9 <= rate <= high + 1e-9 and (rate <= low + 1e-9 or pool - paid <= 1e-3)
        for rate, (pool, paid) in zip(rates_of(tables, settings), left, strict=True)
    )


def grants_follow(table: pd.DataFrame, settings: Settings, rate: float) -> bool:
    """Whether grants under today's family are what it gives on need and capacity at a rate, to 1 thousand yen."""
    families = dict(zip(ACCOUNT_TIERS, FAMILY_SETTINGS, strict=True))
    table = table[[value_of(settings, families[tier]) == TODAYS_FAMILY for tier in table["tier"]]]
    need = table["need_million_yen"] - table["guarantee_million_yen"]
    home = table["home_need_million_yen"] if settings["formula.settles_duties"] else need
    formula = need - home + np.maximum(0.0, (1.0 - rate) * home - table["capacity_million_yen"])
    return bool(table.empty or (formula.clip(lower=0.0) - table["grant_million_yen"]).abs().max() <= 1e-3)


def fits_pool(table: pd.DataFrame, formula: pd.DataFrame) -> bool:
    """Whether what is paid, corrections included, is no more than the pool."""
    paid = table["grant_million_yen"] - table["contribution_million_yen"] + table["residual_million_yen"]
    pool = float(formula.set_index("parameter").at["pool", "under_package"])
    return float(paid.sum()) <= pool * (1 + 1e-6)


def adequate(table: pd.DataFrame, settings: Settings) -> bool:
    """Whether every government's funds reach the floor of adequacy (E1)."""
    floor = settings["equity.adequacy_floor"]
    ratio = table["funds_million_yen"] / table["standard_cost_million_yen"]
    return floor is None or bool((ratio >= floor - 1e-6).all())


def balanced(table: pd.DataFrame, settings: Settings) -> bool:
    """Whether every government's funds cover its spending, where the package asks for it (D1)."""
    if not settings["discipline.balance"]:
        return True
    return bool((table["funds_million_yen"] >= table["spending_million_yen"] * (1 - 1e-6)).all())


def below_ceilings(table: pd.DataFrame, settings: Settings) -> bool:
    """Whether both debt ratios keep their ceilings, or those of today where these are higher (D4)."""
    for name, key in DEBT_RATIOS:
        ceiling = value_of(settings, key)
        if ceiling is None:
            continue
        bound = np.maximum(ceiling, table[f"{name}_today_ratio"])
        if (table[f"{name}_ratio"] > bound * (1 + 1e-6)).any():
            return False
    return True


def steps_kept(tables: dict[str, pd.DataFrame], settings: Settings) -> bool:
    """Whether nobody crosses a step of the law, where the package says so."""
    kept = settings["discipline.debt_steps_kept"] and DEBTS in tables
    return not kept or bool((tables[DEBTS]["crosses_a_step"] == 0).all())


def path_kept(tables: dict[str, pd.DataFrame], settings: Settings) -> bool:
    """Every year's top-ups to 1 thousand yen, and their sum."""
    years = settings["equity.hold_harmless_years"]
    if not years:
        return "hold_harmless" not in tables
    table, governments = tables["hold_harmless"], tables["governments"].set_index("government")
    promised = governments["coverage_today_ratio"] * governments["standard_cost_million_yen"]
    for year in range(1, years + 1):
        share = max(0.0, 1.0 - settings["equity.hold_harmless_step"] * year)
        due = (share * promised - governments["funds_million_yen"]).clip(lower=0.0)
        rows = table[table["year"].astype(int) == year]
        paid = rows["top_up_million_yen"].astype(float).groupby(rows["government"]).sum()
        paid = paid.reindex(due.index, fill_value=0.0)
        budget = settings["equity.hold_harmless_budget_million_yen"]
        rounding = 1e-6 * float(promised[paid > 0].sum())
        spent = budget is not None and paid.sum() > budget * (1 + 1e-6) + rounding
        if (paid - due).abs().max() > 1e-3 or spent:
            return False
    return set(table["year"].astype(int)) <= set(range(1, years + 1))


def in_every_year(tables: dict[str, pd.DataFrame], settings: Settings) -> dict[str, bool]:
    """The statements on accounts in all years of a horizon: need stands there before the extraordinary bond."""
    if "horizon_governments" not in tables:
        return {}
    table = tables["horizon_governments"]
    need = table["need_million_yen"] - table["extraordinary_bond_million_yen"]
    rates, now = rates_of(tables, settings), table.assign(need_million_yen=need)
    if settings["formula.settles_duties"]:
        home = table["home_need_million_yen"] - table["extraordinary_bond_million_yen"]
        now = now.assign(home_need_million_yen=home)
    years = zip(now.groupby("year"), rates, strict=True)
    return {
        "in every year grants follow the formula": all(
            grants_follow(rows, settings, r) for (_, rows), r in years
        ),
        "in every year adequacy and balance hold": adequate(table, settings) and balanced(table, settings),
    }
