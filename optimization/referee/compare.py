"""Runs side by side: the settings that differ and the outcomes that differ, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive import read_run
from optimization.case.resolved import as_text
from optimization.errors import InputError, Problem
from optimization.ledger.cost_kinds import real_cost
from optimization.referee.audit import sound_or_refused, written_settings

TODAY_OF = "today: "
"""Begins the name of a row with each run's own today, where the runs have none in common."""

HEADLINES = (
    ("cost", "objective_parts_million_yen", "million yen per year"),
    ("cost of today", "baseline_parts_million_yen", "million yen per year"),
    ("lower bound of cost", "bound_million_yen", "million yen per year"),
    ("gap", "gap", "ratio"),
)
COSTS = ("objective_parts_million_yen", "baseline_parts_million_yen")
"""Headlines beside which the cost of today stands: real costs, without terms of judgement."""


def compare_runs(folders: Sequence[Path]) -> pd.DataFrame:
    """One table of several runs: columns kind (setting | outcome), name, unit, then one a run.

    The first column of an outcome is today's value. Where the runs have none in common (other places or assumptions) it
    is empty, and a row named with `TODAY_OF` holds each run's own. Only what differs between the runs is listed. Raises
    InputError for a folder that is no run or holds no decision.
    """
    found = [read_run(folder) for folder in folders]
    labels = _labels(folders, [str(record["package"]) for record, _ in found])
    runs = dict(zip(labels, found, strict=True))
    _refuse_undecided(runs)
    settings = {label: written_settings(folder) for label, folder in zip(labels, folders, strict=True)}
    for label, folder in zip(labels, folders, strict=True):
        sound_or_refused(folder, *runs[label], settings[label])
    rows = [*_setting_rows(settings), *_outcome_rows(runs)]
    return pd.DataFrame(rows, columns=["kind", "name", "unit", "today", *labels])


def _labels(folders: Sequence[Path], names: list[str]) -> list[str]:
    """Names of the runs; the folder's beside those that stand twice, a number beside what still does."""
    labels = [
        n if names.count(n) == 1 else f"{n} ({folder.name})" for n, folder in zip(names, folders, strict=True)
    ]
    return [
        label if labels.count(label) == 1 else f"{label} {labels[: place + 1].count(label)}"
        for place, label in enumerate(labels)
    ]


def _refuse_undecided(runs: dict[str, tuple[dict[str, Any], dict[str, pd.DataFrame]]]) -> None:
    faults = [
        Problem(label, f"holds no decision (status {record['status']})", "compare runs that found one")
        for label, (record, _) in runs.items()
        if record["objective_million_yen"] is None
    ]
    if faults:
        raise InputError(faults)


def _setting_rows(settings: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    keys = dict.fromkeys(key for table in settings.values() for key in table)
    rows = []
    for key in keys:
        values = [as_text(table[key]) if key in table else "" for table in settings.values()]
        if len(set(values)) > 1:
            rows.append(["setting", key, "", "", *values])
    return rows


def _outcome_rows(runs: dict[str, tuple[dict[str, Any], dict[str, pd.DataFrame]]]) -> list[list[Any]]:
    records = [{**record, **{key: real_cost(record[key]) for key in COSTS}} for record, _ in runs.values()]
    before = [record["baseline_parts_million_yen"] for record in records]
    today = "" if _differ(before) else before[0]
    rows: list[list[Any]] = [
        ["outcome", name, unit, today if key in COSTS else "", *(record[key] for record in records)]
        for name, key, unit in HEADLINES
    ]
    measures = {label: tables["measures"].set_index("measure") for label, (_, tables) in runs.items()}
    units = {name: unit for table in measures.values() for name, unit in table["unit"].items()}
    for name, unit in units.items():
        before, values = (
            [table[when].get(name) for table in measures.values()] for when in ("today", "under_package")
        )
        common = not _differ(before)
        if not common:
            rows.append(["outcome", f"{TODAY_OF}{name}", unit, "", *before])
        if _differ(values):
            rows.append(["outcome", name, unit, before[0] if common else "", *values])
    moved = {label: _moves(tables["responsibility"]) for label, (_, tables) in runs.items()}
    home = _tiers_today([tables["responsibility"] for _, tables in runs.values()])
    for service in dict.fromkeys(s for table in moved.values() for s in table):
        values = [table.get(service, "as today") for table in moved.values()]
        if len(set(values)) > 1:
            row = ["outcome", f"responsible for {service}", "tier (rule groups)", home.get(service, "")]
            rows.append([*row, *values])
    return rows


def _differ(values: Sequence[Any]) -> bool:
    """Whether figures, some perhaps missing, are not all the same."""
    return len({None if value is None else round(float(value), 9) for value in values}) > 1


def _tiers_today(tables: Sequence[pd.DataFrame]) -> dict[str, str]:
    """Service -> the tier that answers for it today in all runs, nothing where they disagree."""
    found: dict[str, set[str]] = {}
    for table in tables:
        for service, tier in zip(table["service"], table["tier_today"], strict=True):
            found.setdefault(service, set()).add(tier)
    return {service: next(iter(tiers)) for service, tiers in found.items() if len(tiers) == 1}


def _moves(table: pd.DataFrame) -> dict[str, str]:
    """Service -> where it moves, in words; services that stay are left out."""
    changed = table[table["changed"] == 1]
    result: dict[str, str] = {}
    for (service, tier), rows in changed.groupby(["service", "tier"]):
        text = f"{tier} ({len(rows)} of {(table['service'] == service).sum()})"
        result[service] = f"{result[service]}, {text}" if service in result else text
    return result
