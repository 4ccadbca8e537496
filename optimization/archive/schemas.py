"""The layout of a run's folder through the versions of this program, and how an old one is read as a new one.

| schema | since | what changed |
|---|---|---|
| 1 | 0.1.0 | the first |
| 2 | 0.2.0 | `SHA256SUMS` beside the tables, `program_sha256` in the record; empty cells that the dictionary knows |
| 3 | 0.2.0 | a limit that is off is "off" in `package.resolved.toml` and `changes.csv`, no number |
| 3 | 0.2.0 | joint work of bundles is a part of the cost: `joint_work`; `functions` of duties |
| 3 | 0.2.0 | what the formula leaves of the pool is `released` in `formula`; tables of the closed accounts: `flows` |
| 3 | 0.2.0 | `debts`, `debts_of_services`: what the ratios of debts are made of |
| 3 | 0.2.0 | what a plan saves in joint draws of the numbers that are not known: `saving_range` in the record |
| 3 | 0.2.0 | what is saved of the norm and of money spent: `savings`, `spent_million_yen` in the record |
| 3 | 0.2.0 | which of the marked assumptions the figures can depend on: `assumptions` in the record |
| 3 | 0.2.0 | what to do now, only if and not: `change_verdicts`, `together_verdicts`, `worth_knowing` |
| 3 | 0.2.0 | who gains and who loses is told of `places`, no longer of `governments` |

A folder is never rewritten: it is brought up to date in memory, one step a version, each time it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.case.packages import Package
from optimization.dictionary.settings import OFF, load_settings, was_off
from optimization.errors import InputError, Problem

SCHEMA = 3
"""Version of the layout that is written."""

SEALED_SINCE = 2
"""First version whose folders carry the sums of their files."""

OFF_SINCE = 3
"""First version in which a limit that is off is a word and no number."""

FORMER_WORDS = {("formula", "parameter"): {"left_to_special_allocation": "released"}}
"""Words of older layouts that have another name now, by table and column."""

ADDED: Mapping[str, float] = {
    "weights.joint_work": 0.0,
    "weights.observed_sharing_million_yen": 0.0,
    "crisis.lead_apart_million_yen": 0.0,
}
"""Weights of costs that runs of before did not know, as they were then."""

FLOWS_SINCE = 3
"""First version with the closed accounts and the factor on the law's shares."""

FLOWS = ("flows", "flows_by_government", "sectors", "joint_work", "functions")
NOT_TOLD: Mapping[str, None] = {"saving_range": None, "assumptions": None}
"""Entries of a record that some runs of its layout do not have yet, and mean nothing by it."""

FUNCTION_MEASURES = ("duties_whose_functions_differ", "spending_whose_functions_differ")
NEW_ROWS = ("pool_factor", "spread_by_rate")
"""Parameters of the formula since then."""
DEBTS = ("debts", "debts_of_services")
STEP_MEASURES = ("governments_from_", "governments_crossing_", "debt_service_to_")
PLACES = ("places",)
PLACE_MEASURES = ("place_", "people_in_places_")
FORMER_COLUMNS = {"governments": ["gains"]}
"""Columns of older layouts that no run of today has: who gains is told of places."""

Record = dict[str, Any]


def _from_1(record: Record) -> Record:
    """Nobody noted which program it was."""
    return {**record, "program_sha256": ""}


def _from_2(record: Record) -> Record:
    """Formula and roles were what the search ended with; what is off stands in the settings."""
    return {**record, "formula_choice": [], "stay_put": None}


STEPS: dict[int, Callable[[Record], Record]] = {1: _from_1, 2: _from_2}
"""From each older version to the next."""


def written_schema(record: object, file: Path) -> int:
    """Version of a record as it stands in the folder; raises `InputError` where this program cannot read it."""
    found = record.get("schema") if isinstance(record, dict) else None
    if type(found) is not int or found < 1:
        message, remedy = "does not say its layout", "name a folder written by 'solve.py run'"
    elif found > SCHEMA:
        message = f"is of a later version than this program reads (up to {SCHEMA})"
        remedy = "read it with the program that wrote it, or a later one"
    else:
        return found
    raise InputError([Problem(str(file), message, remedy, column="schema", value=_shown(found))])


def up_to_date(record: Record, schema: int) -> Record:
    """A record of an older layout as one of today's."""
    for version in range(schema, SCHEMA):
        record = STEPS[version](record)
    return {**NOT_TOLD, **record, "schema": SCHEMA}


def settings_up_to_date(package: Package, schema: int) -> Package:
    """The package of a run of some layout, with the numbers that switched a limit off in it as today's word, and with
    what it could not weigh yet at no weight: a run names every setting of its time."""
    package = _with_added(package)
    if schema >= OFF_SINCE:
        return package
    known = load_settings()
    provisions = tuple(
        replace(each, settings={k: OFF if was_off(known[k], v) else v for k, v in each.settings.items()})
        for each in package.provisions
    )
    return replace(package, provisions=provisions)


def _with_added(package: Package) -> Package:
    """A run's package with the settings of `ADDED` that it does not name."""
    lacking = {key: value for key, value in ADDED.items() if key not in package.settings}
    if not lacking or not package.provisions:
        return package
    *first, last = package.provisions
    return replace(package, provisions=(*first, replace(last, settings={**last.settings, **lacking})))


def changes_up_to_date(changes: pd.DataFrame, schema: int) -> pd.DataFrame:
    """What the package of a run of some layout changed, as text, with today's word for a limit that was off."""
    if schema >= OFF_SINCE:
        return changes
    known = load_settings()
    return changes.assign(
        **{
            side: [
                OFF if key in known and was_off(known[key], _number(text)) else text
                for key, text in zip(changes["setting"], changes[side], strict=True)
            ]
            for side in ("from", "to")
        }
    )


def as_then(tables: Mapping[str, pd.DataFrame], schema: int) -> dict[str, pd.DataFrame]:
    """Of a run's tables what both a run of some layout and one of today can hold, to hold one against the other."""
    if schema >= FLOWS_SINCE:
        return dict(tables)
    kept = {
        name: table.drop(columns=FORMER_COLUMNS.get(name, []), errors="ignore")
        for name, table in tables.items()
        if name not in (*FLOWS, *DEBTS, *PLACES)
    }
    if "formula" in kept:
        kept["formula"] = kept["formula"][~kept["formula"]["parameter"].isin(NEW_ROWS)].reset_index(drop=True)
    if "measures" in kept:
        since = kept["measures"]["measure"].str.startswith(
            (*STEP_MEASURES, *FUNCTION_MEASURES, *PLACE_MEASURES)
        )
        kept["measures"] = kept["measures"][~since].reset_index(drop=True)
    return kept


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _shown(value: object) -> str:
    return "" if value is None else str(value)[:40]
