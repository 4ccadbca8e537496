"""An independent second route: a run folder re-checked from its written tables alone.

Nothing here uses the model, the ledger or the solver; only the tables, `run.json` and
`package.resolved.toml`. The statements of this file are written for themselves; beside them every limit is read once
more as `optimization.rules` states it, from the tables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimization.archive import read_run, read_settings
from optimization.archive.form import AGAIN
from optimization.archive.seal import SUMS, broken
from optimization.dictionary.settings import value_of
from optimization.dictionary.tiers import TIERS
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.errors import InputError, Problem, raise_if_any
from optimization.referee import functions
from optimization.referee.bundles import joint_work, told_as_it_is
from optimization.referee.closure import TABLES, YEN, closures
from optimization.referee.debts import NEEDED, debt_closures
from optimization.referee.debts import TABLE as DEBTS
from optimization.referee.horizon import horizon_checks, weighted_objective
from optimization.referee.places import place_closures
from optimization.rules.listed import STATEMENTS
from optimization.rules.written import Written

COMPONENT_WEIGHTS: dict[str, SettingKey] = {
    "standard": "weights.provision",
    "access": "weights.access",
    "coordination": "weights.coordination",
    "uniformity": "weights.uniformity",
    "transition": "weights.transition",
    "units": "weights.provision",
}
PHASES = {"": "", "_second": " in the second phase"}
"""Ending of the tables of each phase of a horizon, and how its checks are named."""

CLOSED = (*TABLES, "governments", "services", "formula", "measures", "places")
"""Tables that the closure of accounts is read from."""

DEBT_RATIOS: tuple[tuple[str, SettingKey], ...] = (
    ("real_debt_service", "discipline.debt_service_ceiling"),
    ("future_burden", "discipline.future_burden_ceiling"),
)
"""Ratio and its ceiling."""


@dataclass(frozen=True)
class Audit:
    """`objective_million_yen` recomputed, and every statement that was checked with its outcome."""

    objective_million_yen: float
    checks: dict[str, bool]

    @property
    def sound(self) -> bool:
        """Whether everything agrees."""
        return all(self.checks.values())


def audit_run(folder: str | Path) -> Audit:
    """Re-check a finished run from its tables, and its files against their sums."""
    record, tables = read_run(folder, sealed=False, fitting=False)
    audit = audit_of(record, tables, written_settings(Path(folder)))
    sealed = (Path(folder) / SUMS).exists()
    return replace(
        audit, checks={**audit.checks, "files are as written": not (sealed and broken(Path(folder)))}
    )


def failed_checks(folder: Path) -> list[str]:
    """What of a run just written does not hold, in words: a statement about its tables, or a form that no reader takes.
    It is a defect of ours, and no fault of an input."""
    try:
        return [name for name, held in audit_run(folder).checks.items() if not held]
    except InputError as error:
        return [str(problem) for problem in error.problems]


def sound_or_refused(
    folder: Path, record: dict[str, Any], tables: dict[str, pd.DataFrame], settings: Settings
) -> None:
    """Raise `InputError` where a run that was read does not agree with itself: nobody is shown such figures."""
    failed = [name for name, held in audit_of(record, tables, settings).checks.items() if not held]
    said = "its tables contradict each other: not so that"
    raise_if_any([Problem(str(folder), f"{said} {name}", AGAIN) for name in failed])


def audit_of(record: dict[str, Any], tables: dict[str, pd.DataFrame], settings: Settings) -> Audit:
    """The audit of a run that has been read: recomputed objective (million yen), statements with their outcome."""
    objective = recompute_objective(tables, settings)
    return Audit(
        objective,
        {
            "objective agrees to 1e-6": bool(
                abs(objective - record["objective_million_yen"]) <= 1e-6 * abs(objective)
            ),
            "the bound does not lie above the plan": _bounded(record),
            "between bound and plan lie the gap and what the stay-put rule costs": _certified(record),
            **_stays(record, tables),
            **_priced(tables),
            "grants equal max(0, (1 - rate) need - capacity) to 1 thousand yen": _grants(
                tables["governments"], settings, rates_of(tables, settings)[0]
            ),
            "the adjustment rate is the least at which grants fit the pool": _rate(tables, settings),
            "solver's grants equal the formula's to 1 thousand yen": _close(
                tables["governments"],
                "transfer_solver_million_yen",
                "grant_million_yen",
                "contribution_million_yen",
            ),
            "grants and corrections fit the pool": _pool(tables["governments"], tables["formula"]),
            "adequacy holds": _adequacy(tables["governments"], settings),
            "balance holds": _balance(tables["governments"], settings),
            "debt ratios keep their ceilings": _debt(tables["governments"], settings),
            "no government crosses a step of the law on debts": _steps(tables, settings),
            "top-ups follow the hold-harmless path and its budget": _path(tables, settings),
            "leads in crises are open and shortages within bounds": _leads(tables, settings),
            "every limit holds as it is stated": not broken_limits(tables, settings),
            **{
                f"{statement}{words}": held
                for suffix, words in PHASES.items()
                if f"responsibility{suffix}" in tables
                for statement, held in _roles(tables, record, settings, suffix).items()
            },
            **_bundles(tables),
            **_functions(tables),
            **_spending(tables),
            **_closed(tables, settings),
            **horizon_checks(tables, settings, COMPONENT_WEIGHTS),
            **_every_year(tables, settings),
        },
    )


class Floats:
    """The tables of a run as `rules.written` asks for them, in floating point."""

    def __init__(self, tables: dict[str, pd.DataFrame]) -> None:
        self._tables = tables

    def figures(self, table: str, column: str) -> np.ndarray:
        """A column of numbers."""
        return self._tables[table][column].to_numpy(float)

    def words(self, table: str, column: str) -> np.ndarray:
        """A column of words."""
        return self._tables[table][column].astype(str).to_numpy(object)

    def number(self, value: float) -> float:
        """A number of a setting."""
        return float(value)

    def has(self, table: str) -> bool:
        """Whether the run has a table."""
        return table in self._tables


def broken_limits(tables: dict[str, pd.DataFrame], settings: Settings) -> list[str]:
    """Labels of the limits in force that the tables do not keep, as their statements read them."""
    reading = Written(settings, Floats(tables))
    with np.errstate(divide="ignore", invalid="ignore"):  # a government without funds or cost says nothing
        return [
            statement.label
            for statement in STATEMENTS
            if statement.in_force(settings) and reading.reads(statement)
            for excess, size in statement.excesses(reading)
            if (excess > 1e-6 * size).any()
        ]


def _bounded(record: dict[str, Any]) -> bool:
    """Whether the bound of a run's record does not lie above the cost of its plan, to a millionth of the cost; true for
    a record without a bound."""
    bound, cost = record.get("bound_million_yen"), record["objective_million_yen"]
    return bound is None or bound <= cost + 1e-6 * max(1.0, abs(cost))


def _certified(record: dict[str, Any]) -> bool:
    """Whether the gap of a run's record is that of its least cost, and its plan's cost the least and what the stay-put
    rule costs, to a millionth of the cost; true for a record without a bound."""
    bound, cost, stay = record.get("bound_million_yen"), record["objective_million_yen"], _rule(record)
    least = cost if stay is None else stay["least_cost_million_yen"]
    added = 0.0 if stay is None else stay["cost_million_yen"]
    room = 1e-6 * max(1.0, abs(cost))
    if bound is None or not least:
        return True
    return bool(
        abs(least + added - cost) <= room and abs(abs(least - bound) - record["gap"] * abs(least)) <= room
    )


def _stays(record: dict[str, Any], tables: dict[str, pd.DataFrame]) -> dict[str, bool]:
    """That the people and bodies which the stay-put rule counts are those of the tables; nothing where none chose."""
    stay = _rule(record)
    if stay is None:
        return {}
    statute = tables["responsibility"]
    moved = statute[statute["tier"] != statute["tier_today"]]
    people = float(moved["population_persons"].astype(float).sum())
    agree = abs(people - stay["people_after"]) <= 0.5 and stay["people_after"] <= stay["people_before"] + 0.5
    return {"duties change hands for as many people as the stay-put rule says": bool(agree)}


def _priced(tables: dict[str, pd.DataFrame]) -> dict[str, bool]:
    """That the changes which are priced are those of the statute, and that each saves what is asked of it or is needed;
    one that there was no time to price says nothing."""
    if "priced_changes" not in tables:
        return {}
    table, statute = tables["priced_changes"], tables["responsibility"]
    moved = statute[statute["tier"] != statute["tier_today"]]
    named = [
        list(zip(each["service"], each["rule_group"], each["tier"], strict=True)) for each in (table, moved)
    ]
    asked, saved = (table[f"{name}_million_yen"].astype(float) for name in ("threshold", "saving"))
    held = (
        (saved >= asked - 1e-6 * np.maximum(1.0, asked)) | saved.isna() | (table["needed"].astype(int) == 1)
    )
    return {
        "every change saves what is asked of it": sorted(named[0]) == sorted(named[1]) and bool(held.all())
    }


def _rule(record: dict[str, Any]) -> dict[str, Any] | None:
    """What the record says of the stay-put rule; None where it chose nothing."""
    stay = record.get("stay_put")
    return stay if stay and stay["applied"] else None


def _every_year(tables: dict[str, pd.DataFrame], settings: Settings) -> dict[str, bool]:
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
        "in every year grants follow the formula": all(_grants(rows, settings, r) for (_, rows), r in years),
        "in every year adequacy and balance hold": _adequacy(table, settings) and _balance(table, settings),
    }


def _closed(tables: dict[str, pd.DataFrame], settings: Settings) -> dict[str, bool]:
    """That flows, places and debts follow from the tables they are told of, to one yen; nothing of what a run of before
    there was such a table lacks."""
    read = {*CLOSED, *NEEDED}
    rows = {name: table.to_dict("records") for name, table in tables.items() if name in read}
    said = {
        "every yen has one owner: the accounts of all sectors close": closures(
            rows, float, settings["pool.released"]
        ),
        "what residents have follows from the governments' accounts": place_closures(rows, float),
        "debts are those of the law's formula": debt_closures(rows, settings, float),
    }
    distances = {words: [abs(closure.distance) for closure in every] for words, every in said.items()}
    return {words: max(found) <= YEN for words, found in distances.items() if found}


def _bundles(tables: dict[str, pd.DataFrame]) -> dict[str, bool]:
    """That joint work is told as the statute has it; nothing of a run without bundles."""
    if "joint_work" not in tables:
        return {}
    return {"joint work stands where two tiers answer for a bundle": told_as_it_is(tables)}


def _functions(tables: dict[str, pd.DataFrame]) -> dict[str, bool]:
    """That the functions of duties are told as the statute has them; nothing of a run of a case that names none."""
    if functions.TABLE not in tables:
        return {}
    return {"every function of a debated duty has one holder": functions.told_as_it_is(tables)}


def _spending(tables: dict[str, pd.DataFrame]) -> dict[str, bool]:
    """That the rows `all` of the spending by purpose and class are the sums of the others."""
    if "spending" not in tables:
        return {}
    table = tables["spending"].set_index(["purpose", "class"]).filter(like="_million_yen").astype(float)
    agree = []
    for level in table.index.names:
        whole = table.index.get_level_values(level) == "all"
        over = [name for name in table.index.names if name != level]
        sums = table[~whole].groupby(over).sum()
        written = table[whole].droplevel(level).fillna(0.0)
        agree.append(sums.index.sort_values().equals(written.index.sort_values()))
        agree.append(bool((written - sums).abs().le(1e-6 * (1.0 + sums.abs())).all(axis=None)))
    return {"spending by purpose and class adds up": all(agree)}


def _roles(
    tables: dict[str, pd.DataFrame], record: dict[str, Any], settings: Settings, suffix: str
) -> dict[str, bool]:
    """The statements on who answers and who provides, in one phase."""
    statute, provision = tables[f"responsibility{suffix}"], tables[f"provision{suffix}"]
    return {
        "every municipality and service is provided exactly once": _provided_once(provision, record),
        "bodies per municipality": not crowded(tables, settings, suffix),
        "responsible tier is open to the group": _tiers(statute),
        "provision follows responsibility": _follows(provision),
        "as many places are provided for by each tier as the statute names": _counts(statute, provision),
    }


def written_settings(folder: Path) -> Settings:
    """Settings of `package.resolved.toml`, all provisions together."""
    return read_settings(folder)[1]


def recompute_objective(tables: dict[str, pd.DataFrame], settings: Settings) -> float:
    """The objective from the tables: components by place, units by service, bodies, grants, shares; over a horizon
    the weighted mean of the years, of which the first must be the one that the other tables tell of."""
    first = _of_first_year(tables, settings)
    crises = _crises(tables, settings) if "crisis_shortage" in tables else 0.0
    if "horizon" not in tables:
        return first + crises
    written = float(tables["horizon"]["total_million_yen"].iloc[0])
    agrees = abs(first - written) <= 1e-6 * abs(first)
    return weighted_objective(tables, settings, COMPONENT_WEIGHTS) + crises if agrees else float("nan")


def _of_first_year(tables: dict[str, pd.DataFrame], settings: Settings) -> float:
    provision, services = tables["provision"], tables["services"]
    total = 0.0
    for component, weight in COMPONENT_WEIGHTS.items():
        table = services if component == "units" else provision
        total += value_of(settings, weight) * float(table[f"{component}_million_yen"].sum())
    total += settings["weights.body_million_yen"] * len(tables["bodies"])
    first = tables["joint_work"]["year"].min() if "joint_work" in tables else None
    total += settings["weights.joint_work"] * joint_work(tables, first)
    governments = tables["governments"]
    given = float(governments["grant_million_yen"].sum()) + _special(tables, settings)
    total += settings["weights.soft_budget"] * given
    taxes = tables["taxes"][tables["taxes"]["counted_in_part"] == 1]
    counted = taxes["base_of_receiving_today_million_yen"] * taxes["counted_ratio"] * taxes["assigned_ratio"]
    total += settings["weights.dulled_incentive"] * float(counted.sum())
    return total


def _special(tables: dict[str, pd.DataFrame], settings: Settings) -> float:
    """What is paid out as special allocation of what the formula leaves of the pool."""
    left = tables["formula"].set_index("parameter").at["released", "under_package"]
    return max(0.0, float(left)) if settings["pool.released"] == "special" else 0.0


def _crises(tables: dict[str, pd.DataFrame], settings: Settings) -> float:
    """Mean cost of serving and of shortage, reserves, leads other than today's and other than the normal provider."""
    nation = tables["crisis_shortage"].query("prefecture_code == 'all'").set_index("scenario")
    odds = nation["probability_per_year"].astype(float)
    serving = tables["crisis_cost"].groupby("scenario")["serving_million_yen"].sum()
    lost = settings["crisis.shortage_price"] * nation["shortage_million_yen"]
    reserves = float(tables["crisis_reserve"]["cost_million_yen"].astype(float).sum())
    changed = int(tables["crisis_protocol"]["changed"].astype(int).sum())
    yearly = float((odds * (serving + lost)).sum())
    protocol = tables["crisis_protocol"]
    apart = int((protocol["lead"] != protocol["responsible_tier"]).sum())
    leads = settings["crisis.lead_change_million_yen"] * changed
    return yearly + reserves + leads + settings["crisis.lead_apart_million_yen"] * apart


def _leads(tables: dict[str, pd.DataFrame], settings: Settings) -> bool:
    """One lead for every service, group and kind, open to it and not below who is responsible; prefectures add
    up to the nation; no scenario leaves more unserved than the package allows."""
    if "crisis_protocol" not in tables:
        return True
    table, short = tables["crisis_protocol"], tables["crisis_shortage"]
    order = {tier: rank for rank, tier in enumerate(TIERS)}
    opened = all(t in o.split("|") for t, o in zip(table["lead"], table["leads_open"], strict=True))
    above = (table["lead"].map(order) >= table["responsible_tier"].map(order)).all()
    once = not table.duplicated(["service", "rule_group", "crisis_type"]).any()
    nation = short["prefecture_code"] == "all"
    parts = short[~nation].groupby("scenario")["shortage_million_yen"].sum()
    whole = short[nation].set_index("scenario")
    adds_up = (parts - whole["shortage_million_yen"]).abs() <= 1e-6 * (1.0 + whole["shortage_million_yen"])
    most = settings["crisis.worst_case_share"]
    worst = most is None or (whole["unserved_ratio"] <= most + 1e-6).all()
    return bool(opened and above and once and adds_up.all() and worst)


def _provided_once(provision: pd.DataFrame, record: dict[str, Any]) -> bool:
    places = record["municipalities"] + record["joint_wards"]
    return bool(
        not provision.duplicated(["code", "service"]).any()
        and (provision["provider"] != "").all()
        and provision["code"].nunique() == places
    )


def _close(table: pd.DataFrame, left: str, grant: str, contribution: str) -> bool:
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


def _rate(tables: dict[str, pd.DataFrame], settings: Settings) -> bool:
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


def _grants(table: pd.DataFrame, settings: Settings, rate: float) -> bool:
    families: dict[str, SettingKey] = {
        "municipality": "formula.family",
        "prefecture": "formula.family_prefecture",
    }
    table = table[[value_of(settings, families[tier]) == "japan_lat" for tier in table["tier"]]]
    need = table["need_million_yen"] - table["guarantee_million_yen"]
    home = table["home_need_million_yen"] if settings["formula.settles_duties"] else need
    formula = need - home + np.maximum(0.0, (1.0 - rate) * home - table["capacity_million_yen"])
    return bool(table.empty or (formula.clip(lower=0.0) - table["grant_million_yen"]).abs().max() <= 1e-3)


def _pool(table: pd.DataFrame, formula: pd.DataFrame) -> bool:
    paid = table["grant_million_yen"] - table["contribution_million_yen"] + table["residual_million_yen"]
    pool = float(formula.set_index("parameter").at["pool", "under_package"])
    return float(paid.sum()) <= pool * (1 + 1e-6)


def _adequacy(table: pd.DataFrame, settings: Settings) -> bool:
    floor = settings["equity.adequacy_floor"]
    ratio = table["funds_million_yen"] / table["standard_cost_million_yen"]
    return floor is None or bool((ratio >= floor - 1e-6).all())


def _balance(table: pd.DataFrame, settings: Settings) -> bool:
    if not settings["discipline.balance"]:
        return True
    return bool((table["funds_million_yen"] >= table["spending_million_yen"] * (1 - 1e-6)).all())


def _debt(table: pd.DataFrame, settings: Settings) -> bool:
    for name, key in DEBT_RATIOS:
        ceiling = value_of(settings, key)
        if ceiling is None:
            continue
        bound = np.maximum(ceiling, table[f"{name}_today_ratio"])
        if (table[f"{name}_ratio"] > bound * (1 + 1e-6)).any():
            return False
    return True


def _steps(tables: dict[str, pd.DataFrame], settings: Settings) -> bool:
    """Whether nobody crosses a step of the law, where the package says so."""
    kept = settings["discipline.debt_steps_kept"] and DEBTS in tables
    return not kept or bool((tables[DEBTS]["crosses_a_step"] == 0).all())


def _path(tables: dict[str, pd.DataFrame], settings: Settings) -> bool:
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


def crowded(tables: dict[str, pd.DataFrame], settings: Settings, suffix: str = "") -> list[str]:
    """Codes of the municipalities that belong to more bodies than the package allows, or than services they share
    today where bodies of today are kept (R4)."""
    count = _memberships(tables[f"bodies{suffix}"])
    most = pd.Series(settings["wide_area.bodies_per_municipality"], index=count.index)
    if "bodies_today" in tables and settings.get("wide_area.keep_existing", True):
        today = _memberships(tables["bodies_today"])
        most = most.clip(lower=today.reindex(count.index, fill_value=0))
    return sorted(count.index[count > most])


def _memberships(table: pd.DataFrame) -> pd.Series:
    """How many rows of a table of bodies each municipality stands in, by code."""
    members = table["member_codes"].astype(str).str.split("|").explode()
    return members[members != ""].value_counts()


def _tiers(table: pd.DataFrame) -> bool:
    opened = table["tiers_open"].str.split("|")
    once = not table.duplicated(["service", "rule_group"]).any()
    return bool(once and all(t in o for t, o in zip(table["tier"], opened, strict=True)))


def _follows(table: pd.DataFrame) -> bool:
    """A municipality alone or in a body where the municipal tier is responsible, else the tier itself."""
    municipal = table["responsible_tier"] == "municipality"
    local = table["provider_kind"].isin(["alone", "wide_area_body"])
    return bool(
        (municipal == local).all() and (table["provider_kind"] == table["responsible_tier"])[~municipal].all()
    )


def _counts(statute: pd.DataFrame, provision: pd.DataFrame) -> bool:
    """Municipalities by service and responsible tier, once from the statute's groups and once place by place."""
    named = statute.groupby(["service", "tier"])["municipalities"].sum()
    found = provision.groupby(["service", "responsible_tier"]).size()
    return bool(named[named > 0].sort_index().to_dict() == found.sort_index().to_dict())
