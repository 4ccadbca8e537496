"""A run repeated from its folder: the same question on the same tables, and what came out otherwise.

The same program, libraries, machine, seed and threads give the same tables to the last digit where the run ended by its
gap. HiGHS promises no more: a run stopped by its time limit, and another version or machine, may end at another plan
within the gap.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimization.archive import read_question, read_run, room_for_scratch, write_run
from optimization.archive.program import program
from optimization.archive.record import surroundings
from optimization.archive.run import layout_of
from optimization.archive.schemas import as_then
from optimization.case.case import Case
from optimization.case.load import load_case
from optimization.errors import Problem, raise_if_any
from optimization.outcome.applied import apply
from optimization.outcome.given import plan_of
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.outcome.verdict import Worth
from optimization.outcome.verdicts import VERDICT_TABLES
from optimization.reading.whereabouts import input_folder
from optimization.referee.savings import TABLE as SAVINGS
from optimization.solving.highs import Limits, Progress

PARTS = "objective_parts_million_yen"

RECORDED = (
    "status", "termination", "objective_million_yen", "baseline_million_yen", "bound_million_yen", "method",
    "columns", "rows", "nonzeros", "integer_columns", "candidate_bodies", "pairs_listed", "pairs_in_model",
    "rule_groups", "governments", "breaches", "counting_arguments", PARTS,
)  # fmt: skip
"""What two records of one question must agree in."""

FOR_SHOW = {"outlines.csv", "readings.csv"}
"""Tables of a case on which no answer hangs."""

NINE_DIGITS = 1e-9
"""Difference, relative to the figure, up to which another version of a library may round."""

SMALL = 1.0
"""Figure (a million yen, a whole share) below which a difference is taken as it stands."""

Row = tuple[Any, ...]
OTHERWISE = (math.inf, math.inf)
"""Distances of what is no number."""

COLUMNS = ["table", "column", "rows", "largest_difference", "largest_relative_difference", "example"]


@dataclass(frozen=True)
class Repetition:
    """`result` and the `folder` it was written to; `differences` between then and now, a row for each column that
    differs (rows: how many differ; example: the first); `changed` says what of program, libraries and machine differs.
    """

    result: Result
    folder: Path | None
    differences: pd.DataFrame
    changed: list[str]

    @property
    def same(self) -> bool:
        """Whether every figure is the same to the last digit."""
        return self.differences.empty

    @property
    def agrees(self) -> bool:
        """Whether plan and words are the same and every figure to nine digits."""
        return bool((self.differences["largest_relative_difference"] <= NINE_DIGITS).all())


def rerun(
    folder: Path,
    case_folder: Path | None = None,
    target: Path | None = None,
    on_progress: Callable[[Progress], bool] | None = None,
) -> Repetition:
    """Solve the question of a run folder again and compare; `target` keeps the new run.

    Raises `InputError` where the folder is no run or was changed, or the case is not the one the run was solved on.
    """
    record, tables = read_run(folder, fitting=False)
    case = load_case(case_folder or input_folder(str(record["case"])))
    raise_if_any(changed_inputs(case, record["inputs_sha256"]))
    asked, codes = read_question(folder, case, record)
    package = replace(asked, name=str(record["package"]))
    limits = Limits(
        gap=record["asked_gap"],
        seconds=record["time_limit_seconds"],
        threads=record["threads"],
        seed=record["seed"],
    )
    room_for_scratch((target or folder).parent)
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        if record["status"] == Worth.APPLIED:  # all that was given stands in the tables
            result = apply(case, package, codes, plan=plan_of(tables))
        else:
            result = solve(case, package, codes, limits, record["asked_method"], log, on_progress)
        place = write_run(result, target or Path(scratch) / "run", limits, record["asked_method"], codes)
        record_now, tables_now = read_run(place)
    tables, tables_now = (as_then(each, layout_of(folder)) for each in (tables, tables_now))
    lacking = {*VERDICT_TABLES, SAVINGS} - tables.keys()  # a run of before they were told
    tables_now = {name: table for name, table in tables_now.items() if name not in lacking}
    found = [*record_differences(record, record_now), *table_differences(tables, tables_now)]
    differences = pd.DataFrame(found, columns=COLUMNS)
    return Repetition(result, place if target else None, differences, changed_surroundings(record))


def changed_inputs(case: Case, then: Mapping[str, str]) -> list[Problem]:
    """Tables of the case that are not those of the run."""
    remedy = "name the case of the run with --case; to solve the question on other figures, use solve.py run"
    return [
        Problem(str(case.path / name), "is not the table the run was solved on", remedy)
        for name in sorted((then.keys() | case.sha256.keys()) - FOR_SHOW)
        if then.get(name) != case.sha256.get(name)
    ]


def changed_surroundings(record: Mapping[str, Any]) -> list[str]:
    """Versions, platform and program that are not those of the run, in words."""
    now = surroundings()
    pairs = {
        name: (str(record["versions"].get(name, "unknown")), found) for name, found in now["versions"].items()
    }
    pairs["platform"] = str(record["platform"]), now["platform"]
    pairs["program"] = str(record["program_sha256"])[:12] or "unknown", program()[:12]
    return [f"{name} {then} then, {found} now" for name, (then, found) in pairs.items() if then != found]


def record_differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Row]:
    """Entries of run.json that differ; a part of the cost that one does not know cost nothing there."""
    old, new = (_flat({key: record.get(key) for key in RECORDED}) for record in (then, now))
    none = {key: 0.0 for key in (old | new) if key.startswith(f"{PARTS}.")}
    pairs = {key: ((none | old).get(key), (none | new).get(key)) for key in (old | new)}
    return [
        ("run.json", key, 1, *_apart(before, after), f"{before} -> {after}"[:200])
        for key, (before, after) in pairs.items()
        if before != after
    ]


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with the entries of its tables as "table.entry"."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        flat |= {f"{key}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {key: value}
    return flat


def _apart(then: Any, now: Any) -> tuple[float, float]:
    """How far two numbers lie apart, and how far relative to the larger; infinitely for anything else."""
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in (then, now)):
        return math.inf, math.inf
    apart = abs(now - then)
    return apart, apart / max(abs(then), abs(now), SMALL)


def table_differences(then: Mapping[str, pd.DataFrame], now: Mapping[str, pd.DataFrame]) -> list[Row]:
    """Columns of the tables that differ; rows are joined by all that is text in them."""
    found: list[Row] = []
    for name in sorted(then.keys() | now.keys()):
        if name not in then or name not in now:
            found.append(
                (name, "", 0, *OTHERWISE, f"the table stands only in the run {_where(name in then)}")
            )
        elif not then[name].equals(now[name]):
            found += _of_table(name, then[name], now[name])
    return found


def _of_table(name: str, then: pd.DataFrame, now: pd.DataFrame) -> list[Row]:
    found: list[Row] = [
        (name, column, 0, *OTHERWISE, f"the column stands only in the run {_where(column in then)}")
        for column in then.columns.symmetric_difference(now.columns, sort=False)
    ]
    shared = [column for column in then if column in now]
    text = [c for c in shared if not all(pd.api.types.is_numeric_dtype(t[c]) for t in (then, now))]
    numbers = [column for column in shared if column not in text]
    keyed = [_keyed(table, text) for table in (then, now)]
    for side, table, other in ((True, *keyed), (False, *keyed[::-1])):
        lone = table.index.difference(other.index)
        if len(lone):
            found.append(
                (name, "", len(lone), *OTHERWISE, f"only in the run {_where(side)}: {lone[0]}"[:200])
            )
    both = keyed[0].index.intersection(keyed[1].index)
    for column in numbers:
        old, new = (table.loc[both, column] for table in keyed)
        differs = (old != new) & ~(old.isna() & new.isna())
        if differs.any():
            first = differs.idxmax()
            example = f"{first}: {old[first]} -> {new[first]}"[:200]
            found.append((name, column, int(differs.sum()), *_furthest(old, new), example))
    return found or [(name, "", len(then), *OTHERWISE, "the order of the rows")]


def _furthest(old: pd.Series, new: pd.Series) -> tuple[float, float]:
    """Largest difference of two columns, and the largest relative one."""
    apart = (new - old).abs().fillna(math.inf)
    larger = np.maximum(old.abs(), new.abs())
    return float(apart.max()), float((apart / larger.clip(lower=SMALL)).max())


def _keyed(table: pd.DataFrame, text: list[str]) -> pd.DataFrame:
    """A table indexed by its text, equal texts told apart by their number."""
    words = (
        table[text].astype("object").fillna("").astype(str).agg(" ".join, axis=1)
        if text
        else pd.Series("", index=table.index)
    )
    return table.set_index(words + words.groupby(words).cumcount().map(lambda n: f" ({n + 1})" if n else ""))


def _where(then: bool) -> str:
    return "of then" if then else "of now"
