"""A run's folder written from a result, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from numbers import Number
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow as pa

from optimization.archive.fit import fit_problems, presence_problems
from optimization.archive.folders import kept
from optimization.archive.form import AGAIN, read_record, read_table, record_problems, within
from optimization.archive.markdown import in_markdown
from optimization.archive.record import diagnosis, run_record
from optimization.archive.schemas import (
    SEALED_SINCE,
    changes_up_to_date,
    settings_up_to_date,
    up_to_date,
    written_schema,
)
from optimization.archive.seal import broken, seal
from optimization.case.case import Case
from optimization.case.face import compose_read
from optimization.case.package import Package
from optimization.case.package_reader import read_package
from optimization.case.resolved import ResolvedPackage, changes, to_toml
from optimization.dictionary.results import load_results
from optimization.dictionary.settings import CASE, ends_of, is_off, load_settings
from optimization.dictionary.typed_settings import Settings
from optimization.errors import InputError, Problem, raise_if_any
from optimization.outcome.result import Result
from optimization.solving.highs import Limits

RESOLVED = "package.resolved.toml"
APART = ("changes", "parameters")
"""Tables of the dictionary that are not among those of a result."""

CODES = dict.fromkeys(
    ("code", "government", "prefecture_code", "provider", "hub_code", "rule_group", "member_codes"), str
)
"""Columns of the tables that hold codes: text, leading zeros kept."""


def write_run(
    result: Result,
    folder: Path,
    limits: Limits,
    method: str,
    prefectures: Sequence[str],
    spare: Path | None = None,
    beside: Mapping[str, str] | None = None,
) -> Path:
    """Write the run folder whole, or nothing; returns where it stands, which is `folder` unless that cannot be
    written any more (see `kept`). `beside` are further texts of the folder by the names of their files."""
    texts = beside or {}
    return kept(folder, lambda draft: _fill(draft, result, limits, method, prefectures, texts), spare)


def _fill(
    folder: Path,
    result: Result,
    limits: Limits,
    method: str,
    prefectures: Sequence[str],
    beside: Mapping[str, str],
) -> None:
    record = run_record(result, limits, method, prefectures)
    (folder / "run.json").write_text(
        json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    (folder / RESOLVED).write_text(to_toml(result.package), encoding="utf-8")
    changes(result.package).to_csv(folder / "changes.csv", index=False, lineterminator="\n")
    (folder / "solver.log").write_text(result.outcome.log, encoding="utf-8")
    if result.arguments or result.accounts is None:
        (folder / "diagnosis.md").write_text(diagnosis(result, in_markdown), encoding="utf-8")
    ranges = {"coefficients": result.coefficients} if len(result.coefficients.columns) else {}
    tables = result.tables and {**result.tables, **result.verdicts, **ranges}
    write_tables(folder, tables)
    for name, text in beside.items():
        (folder / name).write_text(text, encoding="utf-8")
    seal(folder)


def of_one_kind(table: pd.DataFrame) -> pd.DataFrame:
    """A table of which every column can be written: one that mixes numbers, texts and truth values, or holds a number
    that no file has room for, is text as its CSV shows it."""
    mixed = [c for c in table if table[c].dtype == object and not _one_kind(table[c].dropna().tolist())]
    return table.assign(**{column: _as_text(table[column]) for column in mixed}) if mixed else table


def _one_kind(values: Sequence[object]) -> bool:
    kinds = {bool if isinstance(v, bool) else float if isinstance(v, Number) else type(v) for v in values}
    if len(kinds) > 1:
        return False
    try:
        pa.array(values)
    except (pa.ArrowException, OverflowError):
        return False
    return True


def _as_text(column: pd.Series) -> pd.Series:
    return column.map(str, na_action="ignore").astype("str")


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as parquet and as csv, columns of mixed kinds as text."""
    for name, table in ((name, of_one_kind(table)) for name, table in tables.items()):
        table.to_parquet(folder / f"{name}.parquet", index=False)
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def read_run(
    folder: str | Path, sealed: bool = True, fitting: bool = True
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The record and the tables of a run folder (the CSV tables, codes and words as text), older layouts as today's.

    Raises `InputError` when the folder is not a run, is of a later version, holds a file that is not as it was written,
    figures and names of another form than runs have, or tables that do not fit together. `sealed=False` leaves the sums
    of the files to the caller, `fitting=False` whether the tables fit. Files that are no tables of a run are not read.
    """
    folder = Path(folder)
    record = read_run_record(folder, sealed)
    problems: list[Problem] = []
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        if path.stem in load_results() and path.stem not in APART:
            tables[path.stem], found = read_table(path)
            problems += found
    if not problems and record["objective_million_yen"] is not None:
        problems += presence_problems(folder, tables)
        if fitting and not problems:
            problems += fit_problems(folder, tables)
    raise_if_any(problems)
    return record, tables


def read_decided(
    folder: Path, remedy: str = "name a run that found a plan", column: str = ""
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """`read_run` of a run that holds a decision. Raises `InputError` where it holds none, too, with a remedy (and the
    `column`, an option, that named it)."""
    record, tables = read_run(folder)
    if record["objective_million_yen"] is None:
        message = f"holds no decision (status {record['status']})"
        raise InputError([Problem(str(folder), message, remedy, column=column)])
    return record, tables


def read_run_record(folder: Path, sealed: bool = True) -> dict[str, Any]:
    """The record of a run folder alone, brought up to date; raises `InputError` as `read_run` does."""
    file = folder / "run.json"
    written, schema = read_record(file), layout_of(folder)
    if sealed and schema >= SEALED_SINCE:
        raise_if_any(broken(folder))
    record = up_to_date(written, schema)
    raise_if_any(list(record_problems(record, file)))
    return record


def layout_of(folder: Path) -> int:
    """The layout of a run folder; raises `InputError` where this program cannot read it."""
    file = folder / "run.json"
    return written_schema(read_record(file), file)


def read_changes(folder: Path) -> pd.DataFrame:
    """The settings that differ from today, all as text; raises InputError where the table is not of its form."""
    frame, problems = read_table(folder / "changes.csv")
    raise_if_any(problems)
    return changes_up_to_date(frame, layout_of(folder))


def read_question(folder: Path, case: Case, record: Mapping[str, Any]) -> tuple[ResolvedPackage, list[str]]:
    """What a run asked of a case, by its folder and its record: the package, resolved anew, and the prefectures. Raises
    `InputError` as `read_settings` does."""
    codes = [str(code) for code in record["prefectures_asked"]]
    return compose_read(case, [read_settings(folder)[0]], codes), codes


def read_settings(folder: Path) -> tuple[Package, Settings]:
    """The package of a run as it was resolved, and its settings, those it does not name as of today. Raises InputError
    where it is no package of this tool or leaves a figure of the case open."""
    file = folder / RESOLVED
    try:
        package = settings_up_to_date(read_package(within(file)), layout_of(folder))
    except OSError as error:
        raise InputError([Problem(str(file), str(error), AGAIN)]) from error
    settings = {key: setting.default for key, setting in load_settings().items()} | package.settings
    settings = {key: None if load_settings()[key].off and is_off(v) else v for key, v in settings.items()}
    fixed = {key for key, setting in load_settings().items() if setting.one_number}
    settings = {key: ends_of(v) if key in fixed and v != CASE else v for key, v in settings.items()}
    raise_if_any(
        [
            Problem(str(file), "the setting is missing", AGAIN, column=key)
            for key in settings
            if settings[key] == CASE
        ]
    )
    return package, cast(Settings, settings)
