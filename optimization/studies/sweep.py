"""A sweep: every question of a study answered once, on several processes or machines, and one tidy table of all.

A question that fails is a row with its reason. Killed at any moment, the same call goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive import of_one_kind, write_tables, written_into
from optimization.case.case import Case
from optimization.case.load import load_case
from optimization.case.resolved import ResolvedPackage
from optimization.studies import store
from optimization.studies.question import UNANSWERED, Question, questions
from optimization.studies.study import Study
from optimization.studies.workers import answered

TABLE, TIMES, LONG = "sweep", "times", "iamc"
MODEL = "role division and fiscal design"
UNTIDY = ("seconds", "tiers", "bodies")
"""What differs from run to run, and what is too long: it stands apart from the table."""

Report = Callable[[int, int, int], None]
"""Told how many are done, of how many, and how many have failed."""


def sweep(
    study: Study,
    case_folder: Path,
    folder: Path,
    processes: int = 1,
    scheduler: str = "",
    report: Report = lambda done, total, failed: None,
) -> pd.DataFrame:
    """Answer what is not answered yet and write the tables; returns the table, a row for every cell in order.

    `report(done, total, failed)` is called whenever an answer has come. Raises InputError when the scheduler cannot be
    reached.
    """
    case = load_case(case_folder)
    study = located(study, case)
    keys, rows = answers(study, case, folder, processes, scheduler, report)
    return _tables(study, case, keys, rows, folder)


def located(study: Study, case: Case) -> Study:
    """The study with the prefectures it names as codes of the case; raises InputError for each that is none."""
    return replace(study, prefectures=tuple(case.prefecture_codes(study.prefectures, "study")))


def answers(
    study: Study,
    case: Case,
    folder: Path,
    processes: int = 1,
    scheduler: str = "",
    report: Report = lambda done, total, failed: None,
    base: ResolvedPackage | None = None,
) -> tuple[list[str], list[dict[str, Any]]]:
    """Name ('' where it cannot be asked) and answer of every cell in order; those not known yet are computed, and what
    lasts of them is archived as it comes. Packages are read once, before anything is solved; `base` is that of every
    cell where it has been read already."""
    study = located(study, case)
    asked = list(questions(case, study, base))
    known: dict[str, dict[str, Any]] = {}
    for question in asked:
        if isinstance(question, Question) and question.key not in known:
            found = store.read(folder, question.key)
            known |= {} if found is None else {question.key: found}
    waiting = {q.key: q for q in asked if isinstance(q, Question) and q.key not in known}
    done = len(asked) - len(waiting)
    failed = sum(not isinstance(q, Question) for q in asked)
    report(done, len(asked), failed)
    tasks = list(waiting.values())
    for n, fresh in answered(case, tasks, processes, scheduler):
        if fresh.lasting:
            store.write(folder, tasks[n].key, fresh.row)
        known[tasks[n].key] = fresh.row
        done, failed = done + 1, failed + (fresh.row["status"] in UNANSWERED)
        report(done, len(asked), failed)
    return (
        [q.key if isinstance(q, Question) else "" for q in asked],
        [known[q.key] if isinstance(q, Question) else q for q in asked],
    )


def _tables(
    study: Study,
    case: Case,
    keys: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    folder: Path,
) -> pd.DataFrame:
    """The tidy table, the times beside it, and the long form that pyam reads; each as CSV, the first as parquet too."""
    labels = [f"{n:04d}" for n in range(1, len(rows) + 1)]
    varied = pd.DataFrame([{k: _plain(v) for k, v in cell.varied.items()} for cell in study.cells])
    found = pd.DataFrame([{k: v for k, v in row.items() if k not in UNTIDY} for row in rows])
    names = pd.DataFrame({"cell": labels, "key": list(keys)})
    own = {*names, *found}  # a study may vary what no case knows, under any name
    varied = varied.rename(columns={name: f"varied.{name}" for name in varied if name in own})
    table = of_one_kind(pd.concat([names, varied, found], axis=1))
    times = names.assign(seconds=[row.get("seconds") for row in rows])
    with written_into(folder) as draft:
        write_tables(draft, {TABLE: table})
        for name, frame in ((TIMES, times), (LONG, long_form(study, case, table))):
            frame.to_csv(draft / f"{name}.csv", index=False, lineterminator="\n")
    return table


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else str(value)


def long_form(study: Study, case: Case, table: pd.DataFrame) -> pd.DataFrame:
    """Every number of the table as a row of model, scenario, region, variable, unit, year, value (IAMC)."""
    region = "+".join(study.prefectures) or case.name
    rows = []
    for column in table.columns:
        numbers = pd.to_numeric(table[column], errors="coerce")
        if column in ("cell", "key") or numbers.isna().all():
            continue
        name, _, unit = str(column).removesuffix("]").partition(" [")
        if not unit and name.endswith("_million_yen"):
            name, unit = name.removesuffix("_million_yen"), "million yen"
        for cell, value in zip(table["cell"], numbers, strict=True):
            if pd.notna(value):
                rows.append(
                    (MODEL, f"{study.name}|{cell}", region, name, unit, case.fiscal_year, float(value))
                )
    return pd.DataFrame(rows, columns=["model", "scenario", "region", "variable", "unit", "year", "value"])
