"""The analyses that the page attaches to a run, as the worker does them: each fills a folder of its own.

The question is that of the run's folder, read anew: its package as it was resolved, on the case of today's inputs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from optimization.archive import kept, read_run_record, read_settings, write_run, write_tables
from optimization.case.case import Case
from optimization.case.face import compose_read
from optimization.case.kept import kept_case
from optimization.case.resolved import ResolvedPackage
from optimization.outcome.question import decided_once
from optimization.outcome.result import planned
from optimization.outcome.session import Session
from optimization.solving.highs import Limits

EXPLAIN, ALTERNATIVES, SENSITIVITY, RECOMMEND = "explain", "alternatives", "sensitivity", "recommend"
KINDS = (EXPLAIN, ALTERNATIVES, SENSITIVITY, RECOMMEND)
"""What can be asked of a run, each as the command of its name does it."""

SLACK, COUNT, LEAST = 0.001, 3, 5
"""Alternatives: part of cost to spare, plans beside the best, and duties in which they differ at least."""

GAP, DRAW_GAP, DRAW_SECONDS = 1e-4, 5e-4, 120.0
SEARCH_SECONDS = 3_600.0
RECORD = "recommend.json"

Count = Callable[[int, int], None]
"""Told how many parts are done, of how many."""


def analysed(job: dict[str, Any], count: Count) -> Path:
    """Do the analysis of a job; the folder that holds it. Raises `InputError` where it cannot be asked, and NoPlanError
    where there is no plan to ask about."""
    target, work = Path(job["work"]) / Path(job["target"]).name, Path(job["work"]) / "store"
    case, package, codes = question_of(Path(job["options"]["folder"]), job["case"])
    decided_once(package)
    if job["kind"] == EXPLAIN:
        return _explained(case, package, codes, target, count)
    if job["kind"] == ALTERNATIVES:
        return _alternatives(case, package, codes, target, count)
    if job["kind"] == SENSITIVITY:
        return _sensitivity(case, package, codes, target, work, int(job["threads"]), count)
    return _recommended(case, package, codes, target, work, int(job["threads"]), count)


def question_of(folder: Path, inputs: str) -> tuple[Case, ResolvedPackage, list[str]]:
    """The question of a run folder: case, package and prefectures."""
    record, case = read_run_record(folder), kept_case(inputs)
    codes = [str(code) for code in record["prefectures_asked"]]
    package = compose_read(case, [read_settings(folder)[0]], codes)
    return case, replace(package, name=str(record["package"])), codes


def _explained(case: Case, package: ResolvedPackage, codes: list[str], target: Path, count: Count) -> Path:
    """Why there is no plan, or what each decision and limit of the plan is worth."""
    from optimization.explain.diagnosis import diagnose
    from optimization.explain.folder import write_diagnosis, write_prices
    from optimization.explain.prices import forced_tiers, given_back, shadow_prices

    found = diagnose(case, package, codes)
    if found.impossible is not False:
        return write_diagnosis(found, target)
    session = Session(case, tuple(codes), Limits(gap=GAP))
    result = session.solve(package)
    planned(result)
    tables = {
        "forced_tiers": forced_tiers(session, (), count),
        "given_back": given_back(session, ()),
        "shadow_prices": shadow_prices(session, count),
    }
    return write_prices(result, tables, target)


def _alternatives(case: Case, package: ResolvedPackage, codes: list[str], target: Path, count: Count) -> Path:
    """Plans that cost almost as little and differ most."""
    from optimization.studies.alternatives import alternative_plans, differences

    session = Session(case, tuple(codes), Limits(gap=GAP))
    planned(session.solve(package))
    table, duties = differences(session, alternative_plans(session, SLACK, COUNT, LEAST, count))
    return kept(target, lambda draft: write_tables(draft, {"plans": table, "duties": duties}))


def _sensitivity(
    case: Case,
    package: ResolvedPackage,
    codes: list[str],
    target: Path,
    work: Path,
    processes: int,
    count: Count,
) -> Path:
    """Which assumption alone would change the recommendation."""
    from optimization.studies.sensitivity import analyse, fill_study, study_record
    from optimization.studies.study import Study

    study = Study("sensitivity_tornado", "", tuple(codes), DRAW_GAP, DRAW_SECONDS, "auto", 0, ())
    found = analyse(
        case, package, study, "tornado", 0, work, processes, "", lambda done, total, *_: count(done, total)
    )
    record = study_record(case, package, study, "tornado", found.draws)
    return kept(target, lambda draft: fill_study(draft, found.tables, record))


def _recommended(
    case: Case,
    package: ResolvedPackage,
    codes: list[str],
    target: Path,
    work: Path,
    processes: int,
    count: Count,
) -> Path:
    """One plan for many possible worlds."""
    from optimization.recommend.recommend import recommend
    from optimization.recommend.tables import told

    limits = Limits(gap=GAP, seconds=SEARCH_SECONDS, threads=1)
    found = recommend(
        case, package, work, codes, limits=limits, processes=processes,
        tell=lambda moment: count(moment.done, 0),
    )  # fmt: skip
    text = json.dumps(found.record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return write_run(told(found, {}), target, limits, "auto", codes, beside={RECORD: text})
