"""An independent second route: a run folder re-checked from its written tables alone.

Nothing here uses the model, the ledger or the solver; only the tables, `run.json` and
`package.resolved.toml`. The statements of this file are written for themselves; beside them every limit is read once
more as `optimization.rules` states it, from the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimization.archive import read_run, read_settings
from optimization.archive.form import AGAIN
from optimization.archive.seal import SUMS, broken
from optimization.dictionary.typed_settings import Settings
from optimization.errors import InputError, Problem, raise_if_any
from optimization.outcome.verdict import Worth
from optimization.referee import functions, money, savings, sharing
from optimization.referee.bundles import told_as_it_is
from optimization.referee.closure import TABLES, YEN, closures
from optimization.referee.debts import NEEDED, debt_closures
from optimization.referee.duties import leads_are_open, roles
from optimization.referee.horizon import horizon_checks
from optimization.referee.objective import COMPONENT_WEIGHTS, recompute_objective
from optimization.referee.places import place_closures
from optimization.referee.verdicts import verdict_checks
from optimization.rules.listed import STATEMENTS
from optimization.rules.written import Written

PHASES = {"": "", "_second": " in the second phase"}
"""Ending of the tables of each phase of a horizon, and how its checks are named."""

CLOSED = (*TABLES, "governments", "services", "formula", "measures", "places")
"""Tables that the closure of accounts is read from."""

READ = {"provision": ["code", "service", "responsible_tier"]}
"""Columns that they read, of a table of which they read few."""


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
    objective, checks = recompute_objective(tables, settings), _checks(record, tables, settings)
    if record["status"] == Worth.APPLIED:
        checks = as_told(checks, record, tables, settings)
    agrees = bool(abs(objective - record["objective_million_yen"]) <= 1e-6 * abs(objective))
    return Audit(objective, {"objective agrees to 1e-6": agrees, **checks})


LIMITS = {
    "the adjustment rate is the least at which grants fit the pool": ("F4rate", "F4pool"),
    "grants and corrections fit the pool": ("F5",),
    "adequacy holds": ("E1",),
    "balance holds": ("D1",),
    "debt ratios keep their ceilings": ("D4", "D4burden"),
    "no government crosses a step of the law on debts": ("D4step", "D4warning"),
    "top-ups follow the hold-harmless path and its budget": ("E6path",),
    "leads in crises are open and shortages within bounds": ("C1", "C2", "C8"),
    "bodies per municipality": ("R4",),
    "responsible tier is open to the group": ("R6",),
    "in every year adequacy and balance hold": ("E1", "D1"),
}
"""Checks that say of a limit that it is kept, with the labels of its breaches."""

STATED = "every limit holds as it is stated"


def as_told(
    checks: dict[str, bool], record: dict[str, Any], tables: dict[str, pd.DataFrame], settings: Settings
) -> dict[str, bool]:
    """The checks of a decision that was applied: a limit is kept, or the record tells that it is not; and what it tells
    of limits is what the tables say."""
    told = {str(breach["rule"]) for breach in record["breaches"]}
    reading = Written(settings, Floats(tables))
    readable = {each.label for each in STATEMENTS if each.in_force(settings) and reading.reads(each)}
    of_first_year = {str(b["rule"]) for b in record["breaches"] if " in " not in str(b["where"])}
    broken = set(broken_limits(tables, settings))
    table = tables["breaches"]["rule"] if "breaches" in tables else pd.Series(dtype=str)
    return {
        **{name: held or bool(told & set(LIMITS.get(name, ()))) for name, held in checks.items()},
        STATED: broken <= told,
        "no limit is told as broken that holds": of_first_year & readable <= broken,
        "the breaches stand in the tables as in the record": sorted(table)
        == sorted(str(breach["rule"]) for breach in record["breaches"]),
    }


def _checks(record: dict[str, Any], tables: dict[str, pd.DataFrame], settings: Settings) -> dict[str, bool]:
    """Every statement about a run with its outcome, but for the objective."""
    return {
        "the bound does not lie above the plan": _bounded(record),
        "between bound and plan lie the gap and what the stay-put rule costs": _certified(record),
        **_stays(record, tables),
        **_priced(tables),
        **verdict_checks(tables, record),
        "grants equal max(0, (1 - rate) need - capacity) to 1 thousand yen": money.grants_follow(
            tables["governments"], settings, money.rates_of(tables, settings)[0]
        ),
        "the adjustment rate is the least at which grants fit the pool": money.rate_is_least(
            tables, settings
        ),
        "solver's grants equal the formula's to 1 thousand yen": money.agrees(
            tables["governments"],
            "transfer_solver_million_yen",
            "grant_million_yen",
            "contribution_million_yen",
        ),
        "grants and corrections fit the pool": money.fits_pool(tables["governments"], tables["formula"]),
        "adequacy holds": money.adequate(tables["governments"], settings),
        "balance holds": money.balanced(tables["governments"], settings),
        "debt ratios keep their ceilings": money.below_ceilings(tables["governments"], settings),
        "no government crosses a step of the law on debts": money.steps_kept(tables, settings),
        "top-ups follow the hold-harmless path and its budget": money.path_kept(tables, settings),
        "leads in crises are open and shortages within bounds": leads_are_open(tables, settings),
        STATED: not broken_limits(tables, settings),
        **{
            f"{statement}{words}": held
            for suffix, words in PHASES.items()
            if f"responsibility{suffix}" in tables
            for statement, held in roles(tables, record, settings, suffix).items()
        },
        **_bundles(tables),
        **_functions(tables),
        **_sharing(tables),
        **_savings(tables),
        **_spending(tables),
        **_closed(tables, settings),
        **horizon_checks(tables, settings, COMPONENT_WEIGHTS),
        **money.in_every_year(tables, settings),
    }


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
    bound, cost, stay = (
        record.get("bound_million_yen"),
        record["objective_million_yen"],
        stay_put_rule(record),
    )
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
    stay = stay_put_rule(record)
    if stay is None:
        return {}
    statute = tables["responsibility"]
    moved = statute[statute["tier"] != statute["tier_today"]]
    people = float(moved["population_persons"].astype(float).sum())
    agree = abs(people - stay["people_after"]) <= 0.5 and stay["people_after"] <= stay["people_before"] + 0.5
    return {"duties change hands for as many people as the stay-put rule says": bool(agree)}


def _priced(tables: dict[str, pd.DataFrame]) -> dict[str, bool]:
    """That the changes which are priced are those of the statute, and that each saves what is asked of it or is needed,
    all of a service together as many times as much; one that there was no time to price says nothing."""
    if "priced_changes" not in tables:
        return {}
    table, statute = tables["priced_changes"], tables["responsibility"]
    moved = statute[statute["tier"] != statute["tier_today"]]
    named = [
        list(zip(each["service"], each["rule_group"], each["tier"], strict=True)) for each in (table, moved)
    ]
    asked, saved = (table[f"{name}_million_yen"].astype(float) for name in ("threshold", "saving"))
    short = saved < asked - 1e-6 * np.maximum(1.0, asked)
    if "service_saving_million_yen" in table.columns:
        count = table.groupby("service")["tier"].transform("size").astype(float)
        together = table["service_saving_million_yen"].astype(float)
        short |= together < count * (asked - 1e-6 * np.maximum(1.0, asked))
    held = ~short | (table["needed"].astype(int) == 1)
    return {
        "every change saves what is asked of it": sorted(named[0]) == sorted(named[1]) and bool(held.all())
    }


def stay_put_rule(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the record says of the stay-put rule; None where it chose nothing."""
    stay = record.get("stay_put")
    return stay if stay and stay["applied"] else None


def _closed(tables: dict[str, pd.DataFrame], settings: Settings) -> dict[str, bool]:
    """That flows, places and debts follow from the tables they are told of, to one yen; nothing of what a run of before
    there was such a table lacks."""
    read = {*CLOSED, *NEEDED}
    rows = {name: rows_of(table, READ.get(name)) for name, table in tables.items() if name in read}
    said = {
        "every yen has one owner: the accounts of all sectors close": closures(
            rows, float, settings["pool.released"]
        ),
        "what residents have follows from the governments' accounts": place_closures(rows, float),
        "debts are those of the law's formula": debt_closures(rows, settings, float),
    }
    distances = {words: [abs(closure.distance) for closure in every] for words, every in said.items()}
    return {words: max(found) <= YEN for words, found in distances.items() if found}


def rows_of(table: pd.DataFrame, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """The rows of a table by column, all of them or some, as `to_dict("records")` gives them. Column by column it takes
    a fifth of the time."""
    names = list(table) if columns is None else columns
    cells = (table[name].to_numpy(object).tolist() for name in names)
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


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


def _savings(tables: dict[str, pd.DataFrame]) -> dict[str, bool]:
    """What is saved of the norm and of money spent, as the table says and once more; nothing in a run without one."""
    if savings.TABLE not in tables:
        return {}
    return {
        "what is saved of the norm and of money spent is what services cost less": savings.told_as_it_is(
            tables
        )
    }


def _sharing(tables: dict[str, pd.DataFrame]) -> dict[str, bool]:
    """That the worth of bodies by observed preferences is told of those that provide; nothing of a run that does not
    ask."""
    if sharing.TABLE not in tables:
        return {}
    return {"the worth of sharing is told of every body, feature by feature": sharing.told_as_it_is(tables)}


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


def written_settings(folder: Path) -> Settings:
    """Settings of `package.resolved.toml`, all provisions together."""
    return read_settings(folder)[1]
