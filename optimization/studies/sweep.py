"""A sweep: every question of a study answered once, on several processes or machines, and one tidy table of all.

A question that fails is a row with its reason. Killed at any moment, the same call goes on where it was.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive import written_into
from optimization.case.case import Case
from optimization.case.load import load_case
from optimization.errors import InputError, Problem, raise_if_any
from optimization.ledger.measures import all_measures
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.solving.highs import Limits
from optimization.solving.workers import untold_replacements
from optimization.studies import store
from optimization.studies.study import Cell, Study, resolved

FAILED = "failed"
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
    keys, rows = answers(study, case, case_folder, folder, processes, scheduler, report)
    return _tables(study, case, keys, rows, folder)


def answers(
    study: Study,
    case: Case,
    case_folder: Path,
    folder: Path,
    processes: int = 1,
    scheduler: str = "",
    report: Report = lambda done, total, failed: None,
) -> tuple[list[str | dict[str, Any]], list[dict[str, Any]]]:
    """Name and answer of every cell in order, those not known yet computed and archived as they come."""
    raise_if_any([_stranger(code) for code in study.prefectures if code not in case.prefectures.index])
    keys = [_key(case, cell, study) for cell in study.cells]
    waiting = [
        (cell, key)
        for cell, key in zip(study.cells, keys, strict=True)
        if isinstance(key, str) and store.read(folder, key) is None
    ]
    waiting = list({key: (cell, key) for cell, key in waiting}.values())
    faults = {n: key for n, key in enumerate(keys) if not isinstance(key, str)}
    failed, done = len(faults), len(keys) - len(waiting)
    report(done, len(keys), failed)
    tasks = [(str(case_folder), study, cell) for cell, _ in waiting]
    with untold_replacements():
        for n, found in _answers(tasks, processes, scheduler):
            store.write(folder, waiting[n][1], found)
            done, failed = done + 1, failed + (found["status"] == FAILED)
            report(done, len(keys), failed)
    rows = [
        faults.get(n) or store.read(folder, str(key)) or _fault("was not answered")
        for n, key in enumerate(keys)
    ]
    return keys, rows


def _key(case: Case, cell: Cell, study: Study) -> str | dict[str, Any]:
    """The name of a cell's question; a failed answer where the packages refuse it."""
    try:
        return store.key_of(case, resolved(case, cell, study.prefectures, study.name), study)
    except InputError as error:
        return _fault("; ".join(map(str, error.problems)))


def _stranger(code: str) -> Problem:
    remedy = "name two-digit codes of the case under [study]"
    return Problem("study", "is not a prefecture of the case", remedy, "study", "prefectures", code[:80])


def _fault(reason: str) -> dict[str, Any]:
    return {"status": FAILED, "reason": reason}


def _answers(
    tasks: Sequence[tuple[str, Study, Cell]], processes: int, scheduler: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and answer of each task as they come; what a pool leaves undone that loses a process is done here."""
    if scheduler:
        yield from _on_a_cluster(tasks, scheduler)
        return
    done: set[int] = set()
    if processes > 1:
        for n, found in _on_a_pool(tasks, processes):
            done.add(n)
            yield n, found
    for n, task in enumerate(tasks):
        if n not in done:
            yield n, answer(*task)


def _on_a_pool(
    tasks: Sequence[tuple[str, Study, Cell]], processes: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The same on several processes, as far as none of them vanishes."""
    from concurrent.futures.process import BrokenProcessPool

    from loky import ProcessPoolExecutor

    with ProcessPoolExecutor(max_workers=processes) as pool, suppress(BrokenProcessPool):
        number = {pool.submit(answer, *task): n for n, task in enumerate(tasks)}
        for future in as_completed(number):
            yield number[future], future.result()


def _on_a_cluster(
    tasks: Sequence[tuple[str, Study, Cell]], address: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The same on the workers of a Dask scheduler; a task whose worker dies goes to another."""
    remedy = (
        "start one with 'dask scheduler', install the extra 'cluster', and give its address, tcp://host:8786"
    )
    try:
        from distributed import Client
        from distributed import as_completed as completed

        client = Client(address, timeout=30)
    except (ImportError, OSError, ValueError) as error:
        message = f"cannot be reached ({type(error).__name__})"
        raise InputError(
            [Problem("command line", message, remedy, column="--scheduler", value=address)]
        ) from error
    with client:
        number = {client.submit(answer, *task, pure=False, retries=3): n for n, task in enumerate(tasks)}
        for future in completed(number):
            lost = future.exception()
            yield number[future], _fault(f"{type(lost).__name__}: {lost}") if lost else future.result()


@lru_cache(maxsize=2)
def _case(folder: str) -> Case:
    return load_case(folder)


def answer(case_folder: str, study: Study, cell: Cell) -> dict[str, Any]:
    """Solve one cell with one thread; what is to be kept of it. A failure is an answer too, with its reason."""
    started = time.perf_counter()
    try:
        case = _case(case_folder)
        package = resolved(case, cell, study.prefectures, study.name)
        limits = Limits(gap=study.gap, seconds=study.time_limit, threads=1, seed=study.seed)
        found = outcome(solve(case, package, study.prefectures, limits, study.method))
    except InputError as error:
        found = _fault("; ".join(map(str, error.problems)))
    except Exception as error:  # a study of hundreds must not be lost for one
        found = _fault(f"{type(error).__name__}: {error}")
    return {**found, "seconds": round(time.perf_counter() - started, 3)}


def outcome(result: Result) -> dict[str, Any]:
    """What a result comes to: certificate, parts of the objective, measures, moved duties."""
    found, accounts = result.outcome, result.accounts
    row: dict[str, Any] = {
        "status": str(found.status),
        "reason": " ".join(result.arguments),
        "bound_million_yen": found.bound if math.isfinite(found.bound) else None,
        "objective_today_million_yen": result.baseline.objective,
    }
    if accounts is None:
        return row
    row |= {"objective_million_yen": found.objective, "gap": found.gap, "breaches": len(result.breaches)}
    row |= {f"{name}_million_yen": value for name, value in accounts.objective_parts.items()}
    row["wide_area_bodies"] = len(accounts.decision.existing_bodies)
    for name, (value, unit) in all_measures(accounts, result.baseline).items():
        row[f"measure.{name} [{unit}]"] = value if math.isfinite(value) else None
    plan = _plan(result)
    home = dict(zip(result.instance.services, result.instance.groups.home, strict=True))
    moved = [f"{duty}:{tier}" for duty, tier in plan["tiers"].items() if tier != home[duty.partition("/")[0]]]
    return {**row, "moved_duties": "|".join(moved), **plan}


def _plan(result: Result) -> dict[str, Any]:
    """Tier of every duty by service and rule group, and the members of every body."""
    assert result.accounts is not None
    instance, decision = result.instance, result.accounts.decision
    names, labels, codes = list(instance.services), instance.groups.labels, instance.case.codes
    return {
        "tiers": {f"{names[s]}/{labels[k]}": tier for (s, k), tier in sorted(decision.tier.items())},
        "bodies": ["+".join(codes[instance.bodies.members(b)]) for b in decision.existing_bodies],
    }


def _tables(
    study: Study,
    case: Case,
    keys: Sequence[str | dict[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    folder: Path,
) -> pd.DataFrame:
    """The tidy table, the times beside it, and the long form that pyam reads; each as CSV, the first as parquet too."""
    labels = [f"{n:04d}" for n in range(1, len(rows) + 1)]
    varied = pd.DataFrame([{k: _plain(v) for k, v in cell.varied.items()} for cell in study.cells])
    found = pd.DataFrame([{k: v for k, v in row.items() if k not in UNTIDY} for row in rows])
    names = pd.DataFrame({"cell": labels, "key": [key if isinstance(key, str) else "" for key in keys]})
    table = pd.concat([names, varied, found], axis=1)
    times = names.assign(seconds=[row.get("seconds") for row in rows])
    with written_into(folder) as draft:
        for name, frame in ((TABLE, table), (TIMES, times), (LONG, long_form(study, case, table))):
            frame.to_csv(draft / f"{name}.csv", index=False, lineterminator="\n")
        table.to_parquet(draft / f"{TABLE}.parquet", index=False)
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
