"""The analyses that the page attaches to a run, as the worker does them: each fills a folder of its own.

The question is that of the run's folder, read anew: its package as it was resolved, on the case of today's inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from optimization.archive import kept, read_question, read_run_record, write_run, write_tables
from optimization.case.case import Case
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

Count = Callable[[int, int], None]
"""Told how many parts are done, of how many."""


@dataclass(frozen=True)
class Analysis:
    """What is asked of a run: its question, where the answer goes, a folder to work in, on so many processes."""

    case: Case
    package: ResolvedPackage
    codes: list[str]
    target: Path
    work: Path
    processes: int
    count: Count


def analysed(job: dict[str, Any], count: Count) -> Path:
    """Do the analysis of a job; the folder that holds it. Raises `InputError` where it cannot be asked, and NoPlanError
    where there is no plan to ask about."""
    work = Path(job["work"])
    question = question_of(Path(job["options"]["folder"]), job["case"])
    decided_once(question[1])
    asked = Analysis(*question, work / Path(job["target"]).name, work / "store", int(job["threads"]), count)
    return DONE_BY[job["kind"]](asked)


def question_of(folder: Path, inputs: str) -> tuple[Case, ResolvedPackage, list[str]]:
    """The question of a run folder: case, package and prefectures."""
    record, case = read_run_record(folder), kept_case(inputs)
    package, codes = read_question(folder, case, record)
    return case, replace(package, name=str(record["package"])), codes


def _explained(asked: Analysis) -> Path:
    """Why there is no plan, or what each decision and limit of the plan is worth."""
    from optimization.explain.diagnosis import diagnose
    from optimization.explain.folder import write_diagnosis, write_prices
    from optimization.explain.prices import forced_tiers, given_back, shadow_prices

    found = diagnose(asked.case, asked.package, asked.codes)
    if found.impossible is not False:
        return write_diagnosis(found, asked.target)
    session = _session(asked)
    result = planned(session.solve(asked.package))
    tables = {
        "forced_tiers": forced_tiers(session, (), asked.count),
        "given_back": given_back(session, ()),
        "shadow_prices": shadow_prices(session, asked.count),
    }
    return write_prices(result, tables, asked.target)


def _session(asked: Analysis) -> Session:
    return Session(asked.case, tuple(asked.codes), Limits(gap=GAP))


def _alternatives(asked: Analysis) -> Path:
    """Plans that cost almost as little and differ most."""
    from optimization.studies.alternatives import alternative_plans, differences

    session = _session(asked)
    planned(session.solve(asked.package))
    table, duties = differences(session, alternative_plans(session, SLACK, COUNT, LEAST, asked.count))
    return kept(asked.target, lambda draft: write_tables(draft, {"plans": table, "duties": duties}))


def _sensitivity(asked: Analysis) -> Path:
    """Which assumption alone would change the recommendation."""
    from optimization.studies.sensitivity import analyse, fill_study, study_record
    from optimization.studies.study import Study

    case, package = asked.case, asked.package
    study = Study("sensitivity_tornado", "", tuple(asked.codes), DRAW_GAP, DRAW_SECONDS, "auto", 0, ())
    found = analyse(
        case, package, study, "tornado", 0, asked.work, asked.processes, "",
        lambda done, total, *_: asked.count(done, total),
    )  # fmt: skip
    record = study_record(case, package, study, "tornado", found.draws)
    return kept(asked.target, lambda draft: fill_study(draft, found.tables, record))


def _recommended(asked: Analysis) -> Path:
    """One plan for many possible worlds."""
    from optimization.recommend.recommend import recommend
    from optimization.recommend.tables import record_of, told

    limits = Limits(gap=GAP, seconds=SEARCH_SECONDS, threads=1)
    found = recommend(
        asked.case, asked.package, asked.work, asked.codes, limits=limits, processes=asked.processes,
        tell=lambda moment: asked.count(moment.done, 0),
    )  # fmt: skip
    return write_run(told(found), asked.target, limits, "auto", asked.codes, beside=record_of(found))


DONE_BY: Mapping[str, Callable[[Analysis], Path]] = {
    EXPLAIN: _explained,
    ALTERNATIVES: _alternatives,
    SENSITIVITY: _sensitivity,
    RECOMMEND: _recommended,
}
"""What does an analysis, by its kind."""
