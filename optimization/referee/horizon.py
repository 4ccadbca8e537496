"""The second route for a plan of several years: the tables of its later years re-checked from themselves."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from optimization.dictionary.settings import value_of
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.referee.bundles import joint_work
from optimization.referee.sharing import worth

Tables = dict[str, pd.DataFrame]

MIL = "_million_yen"


def weighted_objective(tables: Tables, settings: Settings, component_weights: dict[str, SettingKey]) -> float:
    """Sum over years of weight x (components by service, bodies, grants and bonds, counted taxes, debts)."""
    table, services = tables["horizon"], tables["horizon_services"]
    total = 0.0
    owed = debts(table, settings)
    for n, row in table.iterrows():
        here = services[services["year"] == row["year"]]
        cost = sum(value_of(settings, w) * float(here[c + MIL].sum()) for c, w in component_weights.items())
        bodies = tables["bodies" if row["phase"] == 1 else "bodies_second"]
        cost += settings["weights.body_million_yen"] * len(bodies)
        suffix = "" if row["phase"] == 1 else "_second"
        cost += settings["weights.joint_work"] * joint_work(tables, row["year"], suffix)
        cost -= settings["weights.observed_sharing_million_yen"] * worth(tables, row["year"])
        accounts = _of_year(tables, row["year"])
        money = float(accounts[f"grant{MIL}"].sum() + accounts[f"extraordinary_bond{MIL}"].sum())
        if settings["pool.released"] == "special":
            money += max(0.0, float(row[f"pool{MIL}"] - row[f"allocation{MIL}"]))
        cost += settings["weights.soft_budget"] * money
        cost += settings["weights.dulled_incentive"] * float(row[f"counted_of_receiving{MIL}"])
        now = float(row[f"extraordinary_bond{MIL}"] + row[f"national_shortfall{MIL}"])
        total += float(row["weight"]) * (cost + settings["horizon.debt_cost"] * (owed[n] + now))
    return total


def debts(table: pd.DataFrame, settings: Settings) -> np.ndarray:
    """Bonds and shortfalls owed at the start of every year, followed from what is borrowed in each."""
    kept = 1.0 - settings["horizon.debt_repayment"]
    owed = np.zeros(len(table))
    new = (table[f"extraordinary_bond{MIL}"] + table[f"national_shortfall{MIL}"]).to_numpy(float)
    for n in range(1, len(table)):
        debt = owed[n - 1]
        for _ in range(int(table["span_years"].iloc[n - 1])):
            debt = kept * debt + new[n - 1]
        owed[n] = debt
    return owed


def horizon_checks(
    tables: Tables, settings: Settings, component_weights: dict[str, SettingKey]
) -> dict[str, bool]:
    """The statements that only a plan of several years makes, each with its outcome; none for one year."""
    if "horizon" not in tables:
        return {}
    table = tables["horizon"]
    cost = weighted_objective(tables, settings, component_weights)
    checks = {
        "the years' totals and debts make up the objective": _near(
            _every_cost(table) @ table["weight"], cost
        ),
        "the plan's own course costs what the plan does, year by year, and breaks no rule": _plan(
            tables, cost
        ),
        "every course is the weighted mean of its years, and today's until the plan takes over": _courses(
            tables
        ),
        "weights of the years fall and sum to 1": _weights(table),
        "debts follow what is borrowed": _debts(table, settings),
        "in every year grants fit the pool, and a bond meets only what it cannot": _pools(tables),
    }
    if "responsibility_second" in tables:
        checks["what the first phase has moved stays moved"] = _moved(tables)
    return checks


def _near(one: float, other: float) -> bool:
    return bool(abs(one - other) <= 1e-6 * max(1.0, abs(other)))


def _every_cost(table: pd.DataFrame) -> np.ndarray:
    """What every year costs with its debts, million yen."""
    return (table[f"total{MIL}"] + table[f"debt_cost{MIL}"]).to_numpy(float)


def _cost_of(course: pd.DataFrame, table: pd.DataFrame) -> tuple[float, np.ndarray]:
    """Cost of a course of `waiting` over the horizon and in each of its years, million yen; NaN where a row lacks."""
    cost = course.assign(year=course["year"].astype(str)).set_index("year")[f"cost{MIL}"].astype(float)
    years = cost.reindex(table["year"].astype(int).astype(str)).to_numpy()
    return float(cost.get("all", np.nan)), years


def _plan(tables: Tables, objective: float) -> bool:
    """The course of the plan from the first year on."""
    table, waiting = tables["horizon"], tables["waiting"]
    at_once = waiting["from_year"].astype(int) == int(table["year"].iloc[0])
    course = waiting[at_once & (waiting["decided_for"] == "plan")]
    whole, years = _cost_of(course, table)
    kept = (course["rules_broken"].astype(int) == 0).all()
    return bool(kept and _near(whole, objective) and all(map(_near, years, _every_cost(table))))


def _courses(tables: Tables) -> bool:
    """Every course of `waiting` against its own years and, until it begins, against today's arrangement."""
    table, waiting = tables["horizon"], tables["waiting"]
    weight, years = table["weight"].to_numpy(float), table["year"].astype(int).to_numpy()
    _, today = _cost_of(waiting[waiting["decided_for"] == "today"], table)
    for (_, begins), course in waiting.groupby(["decided_for", "from_year"]):
        whole, cost = _cost_of(course, table)
        before = years < int(begins)
        if not (_near(weight @ cost, whole) and all(map(_near, cost[before], today[before]))):
            return False
    return True


def _of_year(tables: Tables, year: int) -> pd.DataFrame:
    table = tables["horizon_governments"]
    return table[table["year"] == year]


def _weights(table: pd.DataFrame) -> bool:
    """Whether the weights of the years sum to 1 and, a year of each span, fall at one and the same rate."""
    weight, span, year = (table[name].to_numpy(float) for name in ("weight", "span_years", "year"))
    gaps = np.array([b - a for a, b in pairwise(year)])
    spans = np.array_equal(span[:-1], gaps) and (len(gaps) == 0 or span[-1] == gaps[-1])
    return bool(abs(weight.sum() - 1.0) < 1e-9 and spans and (np.diff(weight / span) <= 1e-12).all())


def _debts(table: pd.DataFrame, settings: Settings) -> bool:
    written = (table[f"extraordinary_bonds_owed{MIL}"] + table[f"national_shortfalls_owed{MIL}"]).to_numpy(
        float
    )
    shortfall = np.maximum(0.0, table[f"national_outlay{MIL}"] - table[f"national_limit{MIL}"])
    shortfall[table.index[0]] = 0.0
    apart = (shortfall - table[f"national_shortfall{MIL}"]).abs().max()
    return bool(np.allclose(written, debts(table, settings), rtol=1e-9, atol=1e-3) and apart <= 1e-3)


def _pools(tables: Tables) -> bool:
    """What is paid in each year, corrections of earlier years included, against its pool; bonds add up."""
    for _, row in tables["horizon"].iterrows():
        table, pool = _of_year(tables, row["year"]), float(row[f"pool{MIL}"])
        paid = float(table[f"grant{MIL}"].sum() + table[f"residual{MIL}"].sum())
        paid -= float(table[f"handed_on{MIL}"].sum()) if f"handed_on{MIL}" in table else 0.0
        bond = float(table[f"extraordinary_bond{MIL}"].sum())
        needless = bond > 1e-3 and paid < pool * (1 - 1e-6)
        if paid > pool * (1 + 1e-6) or needless or abs(bond - float(row[f"extraordinary_bond{MIL}"])) > 1e-3:
            return False
    return True


def _moved(tables: Tables) -> bool:
    keys = ["service", "rule_group"]
    first, second = (
        tables[name].set_index(keys)["tier"] for name in ("responsibility", "responsibility_second")
    )
    today = tables["responsibility"].set_index(keys)["tier_today"]
    return bool(((first == today) | (first == second.reindex(first.index))).all())
