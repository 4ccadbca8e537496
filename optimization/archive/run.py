"""A run's folder written from a result, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive.folders import kept
from optimization.archive.record import diagnosis, run_record
from optimization.archive.schemas import SEALED_SINCE, up_to_date, written_schema
from optimization.archive.seal import broken, seal
from optimization.case.compose import changes, to_toml
from optimization.errors import InputError, Problem, raise_if_any
from optimization.outcome.result import Result
from optimization.solving.highs import Limits

CODES = dict.fromkeys(
    ("code", "government", "prefecture_code", "provider", "hub_code", "rule_group", "member_codes"), str
)
"""Columns of the tables that hold codes: text, leading zeros kept."""


def write_run(result: Result, folder: Path, limits: Limits, method: str, prefectures: Sequence[str]) -> Path:
    """Write the run folder whole, or nothing; returns where it stands, which is `folder` unless that cannot be
    written any more (see `kept`)."""
    return kept(folder, lambda draft: _fill(draft, result, limits, method, prefectures))


def _fill(folder: Path, result: Result, limits: Limits, method: str, prefectures: Sequence[str]) -> None:
    record = run_record(result, limits, method, prefectures)
    (folder / "run.json").write_text(
        json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    (folder / "package.resolved.toml").write_text(to_toml(result.package), encoding="utf-8")
    changes(result.package).to_csv(folder / "changes.csv", index=False, lineterminator="\n")
    (folder / "solver.log").write_text(result.outcome.log, encoding="utf-8")
    if result.arguments or result.accounts is None:
        (folder / "diagnosis.md").write_text(diagnosis(result), encoding="utf-8")
    tables = result.tables and {**result.tables, "coefficients": result.coefficients}
    write_tables(folder, tables)
    seal(folder)


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as parquet and as csv."""
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def read_run(folder: str | Path, sealed: bool = True) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The record and the tables of a run folder (the CSV tables, codes as text), older layouts as today's.

    Raises `InputError` when the folder is not a run, is of a later version, or holds a file that is not as it was
    written; `sealed=False` leaves the last to the caller.
    """
    folder = Path(folder)
    file = folder / "run.json"
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        remedy = "name a folder written by 'solve.py run'"
        raise InputError([Problem(str(folder), f"is not a run folder ({error})", remedy)]) from error
    schema = written_schema(record, file)
    if sealed and schema >= SEALED_SINCE:
        raise_if_any(broken(folder))
    tables = {
        path.stem: pd.read_csv(path, dtype=CODES, keep_default_na=False)
        for path in sorted(folder.glob("*.csv"))
        if path.stem != "changes"
    }
    return up_to_date(record, schema), tables
