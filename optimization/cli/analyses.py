"""What the commands that solve many times do; every function returns its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import pandas as pd
import typer

from optimization.archive import kept, new_folder, room_for_scratch, write_tables
from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.cli.commands import placed
from optimization.cli.console import Telling, billion, err, out, show_frame
from optimization.cli.doubts import show_draws, show_sensitivity
from optimization.cli.options import (
    MOST_DUTIES,
    CaseFolder,
    Gap,
    Given,
    Json,
    Out,
    Packages,
    Prefectures,
    Processes,
    Seconds,
    Seed,
    Threads,
    read_question,
)
from optimization.cli.progress import CountLine
from optimization.dictionary.settings import nearest
from optimization.errors import InputError, Problem
from optimization.outcome.question import decided_once
from optimization.outcome.result import Result, planned
from optimization.outcome.verdict import Worth, worst
from optimization.reading.whereabouts import DEFAULT_CASE, RESULTS
from optimization.solving.highs import Limits

if TYPE_CHECKING:  # a part that may not be installed, and the model, which takes a second to load
    from optimization.outcome.session import OpenTiers, Session


def explain(
    packages: Packages = None,
    case_folder: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    given: Given = None,
    services: Annotated[
        str, typer.Option(metavar="NAMES", help="Only these services, e.g. fire,police.")
    ] = "",
    folder: Out = None,
    time_limit: Seconds = 600.0,
    gap: Gap = 1e-4,
    threads: Threads = 2,
    as_json: Json = False,
) -> int:
    """Why a package is impossible, or what each decision is worth."""
    from optimization.explain.diagnosis import diagnose
    from optimization.explain.folder import write_diagnosis
    from optimization.explain.words import sentences

    with Telling(as_json) as telling:
        question = asked(packages, case_folder, prefectures, given)
        decided_once(question.package)
        wanted = named_services(services, question.case)
        target = new_folder(folder, f"explain-{question.package.name}", RESULTS)
        err.print(f"Looking for a plan of {question.package.name} on {question.case.name} ...", style="dim")
        found = diagnose(question.case, question.package, question.codes)
        if found.impossible is False:
            limits = Limits(gap=gap, seconds=time_limit, threads=threads)
            return _explain_plan(question, wanted, target, limits, telling)
        target = placed(write_diagnosis(found, target), target)
        for sentence in sentences(found):
            out.print(f"- {sentence}")
        telling.wrote(target)
    return (Worth.INFEASIBLE if found.impossible else Worth.NOTHING).exit_code


def _explain_plan(
    question: Asked, services: tuple[str, ...], folder: Path, limits: Limits, telling: Telling
) -> int:
    from optimization.explain.arrangement_words import arrangement_sentences
    from optimization.explain.arrangements import arrangements, rests_on, worth_of
    from optimization.explain.folder import write_prices
    from optimization.explain.prices import forced_tiers, given_back, shadow_prices
    from optimization.explain.words import plan_sentences

    session, result = question.solved(limits)
    planned(result)
    of_services = {}
    if services:
        worth = worth_of(session.last, services)
        carried = rests_on(worth, session.last, question.case, CountLine("services counted in other worlds"))
        of_services = {"arrangements": arrangements(worth), "rests_on": carried}
        for sentence in arrangement_sentences(**of_services):
            out.print(f"- {sentence}")
    tables = {
        "forced_tiers": forced_tiers(session, services, CountLine("alternatives")),
        "given_back": given_back(session, services),
        "shadow_prices": shadow_prices(session, CountLine("limits")),
    }
    folder = placed(write_prices(result, tables, folder, of_services), folder)
    for sentence in plan_sentences(result, **tables):
        out.print(f"- {sentence}")
    telling.wrote(folder)
    return result.worth.exit_code


def alternatives(
    packages: Packages = None,
    case_folder: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    given: Given = None,
    within: Annotated[
        float, typer.Option(metavar="X", min=0.0, max=10.0, help="Part of cost to spare.")
    ] = 0.001,
    count: Annotated[int, typer.Option(metavar="N", min=0, max=50, help="Plans beside the best.")] = 3,
    least: Annotated[
        int, typer.Option(metavar="N", min=1, max=MOST_DUTIES, help="Least duties of difference.")
    ] = 5,
    keep: Annotated[list[str] | None, typer.Option(help="SERVICE[@GROUP]=TIER that must be.")] = None,
    forbid: Annotated[list[str] | None, typer.Option(help="SERVICE[@GROUP]=TIER that must not be.")] = None,
    folder: Out = None,
    gap: Gap = 1e-4,
    threads: Threads = 2,
    as_json: Json = False,
) -> int:
    """Plans that cost almost as little and differ most."""
    from optimization.explain.prices import difference
    from optimization.studies.alternatives import alternative_plans, differences, open_tiers

    with Telling(as_json) as telling:
        question, limits = asked(packages, case_folder, prefectures, given), Limits(gap=gap, threads=threads)
        kept_so = [wish(text, "--keep") for text in keep or []]
        ruled_out = [wish(text, "--forbid") for text in forbid or []]
        decided_once(question.package)
        target = new_folder(folder, f"alternatives-{question.package.name}", RESULTS)
        free = question.solved(limits)[1] if kept_so or ruled_out else None
        narrowed = (lambda instance: open_tiers(instance, kept_so, ruled_out)) if free is not None else None
        session, result = question.solved(limits, narrowed)
        planned(result)
        if free is not None and free.accounts is not None:
            wished = difference(result.outcome, free.outcome)
            ends = (wished.cost, wished.at_least, wished.at_most)  # below 0 is only what the gap leaves open
            told = "{} billion yen a year (at least {}, at most {})".format(
                *(billion(max(0.0, e)) for e in ends)
            )
            out.print(f"What is kept and forbidden costs {told}.")
        plans = alternative_plans(session, within, count, least, CountLine("moves priced"))
        table, duties = differences(session, plans)
        found = {"plans": table, "duties": duties}
        target = placed(kept(target, lambda draft: write_tables(draft, found)), target)
        show_frame(table, "Plans", 6)
        show_frame(duties, "Where they differ")
        telling.wrote(target)
    return result.worth.exit_code


def wish(text: str, flag: str) -> tuple[str, str, str]:
    """Service, rule group ('' for all) and tier of SERVICE[@GROUP]=TIER."""
    head, equals, tier = text.partition("=")
    service, _, group = head.partition("@")
    if not (equals and service and tier):
        remedy = "write SERVICE=TIER, or SERVICE@GROUP=TIER, such as fire=municipality"
        raise InputError([Problem("command line", "is not understood", remedy, column=flag, value=text)])
    return service.strip(), group.strip(), tier.strip()


def pareto(
    packages: Packages = None,
    case_folder: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    given: Given = None,
    against: Annotated[
        str,
        typer.Option(
            metavar="AIMS", help="equity dispersion discipline retention grants changes clarity crisis"
        ),
    ] = "equity,discipline,changes,clarity",
    points: Annotated[int, typer.Option(metavar="N", min=2, max=500, help="Cells of each front.")] = 8,
    lexicographic: Annotated[
        bool, typer.Option("--lexicographic", help="Aims in order, each as far as can be.")
    ] = False,
    folder: Out = None,
    time_limit: Seconds = 600.0,
    gap: Gap = 1e-4,
    threads: Threads = 2,
    as_json: Json = False,
) -> int:
    """Cost against equity, discipline, changes, clarity, crises."""
    from optimization.outcome.session import Session
    from optimization.studies import pareto as fronts

    with Telling(as_json) as telling:
        question = asked(packages, case_folder, prefectures, given)
        case, codes, package = question
        aims = fronts.aims_named([part.strip() for part in against.split(",") if part.strip()], package)
        target = new_folder(folder, f"pareto-{package.name}", RESULTS)
        session = Session(case, tuple(codes), Limits(gap=gap, seconds=time_limit, threads=threads))
        if lexicographic:
            table, result = fronts.lexicographic(case, session, package, aims, codes)
            table["cost_million_yen"] = result.outcome.objective
            answers = [result.worth]
        else:
            parts = [
                fronts.front(case, session, package, aim, codes, points, CountLine(f"cells of {aim.name}"))
                for aim in aims
            ]
            table = pd.concat(parts, ignore_index=True)
            answers = [Worth(status) for status in table["status"]]
        found = {"lexicographic" if lexicographic else "front": table}
        target = placed(kept(target, lambda draft: write_tables(draft, found)), target)
        shown = ["aim", "limit", "reached", "cost_million_yen", "gap", "status", "dominated"]
        show_frame(table if lexicographic else table[shown], "Lexicographic" if lexicographic else "Fronts")
        if not all(worth.settled for worth in answers):
            err.print("The front is unfinished: some cells have no answer to the gap; see the column status.")
        telling.wrote(target)
    return worst(answers)


def sensitivity(
    packages: Packages = None,
    case_folder: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    given: Given = None,
    method: Annotated[str, typer.Option(metavar="NAME", help="tornado, morris or sobol.")] = "tornado",
    draws: Annotated[int, typer.Option(metavar="N", min=2, max=1_000_000, help="Solves, about.")] = 200,
    only: Annotated[
        str, typer.Option(metavar="NAMES", help="Only these assumptions, e.g. detour_factor.")
    ] = "",
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder; one begun is continued.")
    ] = None,
    time_limit: Seconds = 120.0,
    gap: Gap = 5e-4,
    seed: Seed = 0,
    processes: Processes = 2,
    scheduler: Annotated[str, typer.Option(help="Dask scheduler instead of processes.")] = "",
    as_json: Json = False,
) -> int:
    """Which assumption would change the recommendation."""
    from optimization.studies.overturns import METHODS
    from optimization.studies.sensitivity import analyse, fill_study, study_record
    from optimization.studies.study import Study

    if method not in METHODS:
        remedy = f"choose {', '.join(METHODS)}"
        raise InputError(
            [Problem("command line", "is not a method", remedy, column="--method", value=method)]
        )
    with Telling(as_json) as telling:
        case, codes, package = asked(packages, case_folder, prefectures, given)
        target = folder or RESULTS / "-".join(["sensitivity", package.name, method, *codes])
        room_for_scratch(target.parent)
        study = Study(f"sensitivity_{method}", "", tuple(codes), gap, time_limit, "auto", seed, ())
        factors = tuple(dict.fromkeys(name.strip() for name in only.split(",") if name.strip()))
        found = analyse(
            case, package, study, method, draws, target,
            processes, scheduler, CountLine("draws"), factors,
        )  # fmt: skip
        record = study_record(case, package, study, method, found.draws, factors)
        fill = partial(fill_study, tables=found.tables, record=record)
        target = placed(kept(target, fill, whole=False), target)
        show_sensitivity(found.tables, method)
        show_draws(found)
        telling.wrote(target)
    return Worth.BROKEN.exit_code if found.broken else Worth.INCUMBENT.exit_code if found.unsettled else 0


class Asked(NamedTuple):
    """The case, the prefectures and the package that a command line names."""

    case: Case
    codes: list[str]
    package: ResolvedPackage

    def solved(self, limits: Limits, narrowed: OpenTiers | None = None) -> tuple[Session, Result]:
        """A session that has answered the package, and its answer."""
        from optimization.outcome.session import Session

        session = Session(self.case, tuple(self.codes), limits, open_tiers=narrowed)
        return session, session.solve(self.package)


def asked(
    packages: Sequence[str] | None, case_folder: Path, prefectures: str, given: Sequence[str] | None = None
) -> Asked:
    """What a command line asks; notes of the package go to standard error."""
    question = Asked(*read_question(packages, case_folder, prefectures, given))
    for note in question.package.warnings:
        err.print(f"note: {note}")
    return question


def named_services(text: str, case: Case) -> tuple[str, ...]:
    """Services of an option such as 'fire,police'; every unknown one is a fault."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    known = list(case.services.index)
    problems = [
        Problem("command line", "is not a service", nearest(name, known), column="--services", value=name)
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(names))


def sweep(
    study: Annotated[Path, typer.Argument(help="Study file (docs/studies.md).")],
    case_folder: CaseFolder = DEFAULT_CASE,
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder (results/NAME).")
    ] = None,
    processes: Processes = 2,
    scheduler: Annotated[
        str, typer.Option(help="Dask scheduler, tcp://host:8786, instead of processes.")
    ] = "",
    as_json: Json = False,
) -> int:
    """Answer every question of a study once, come what may."""
    from optimization.studies.question import UNANSWERED, UNDONE
    from optimization.studies.study import read_study
    from optimization.studies.sweep import sweep as answer_all

    with Telling(as_json) as telling:
        questions = read_study(study)
        target = folder or RESULTS / questions.name
        room_for_scratch(target.parent)
        table = answer_all(questions, case_folder, target, processes, scheduler, CountLine("questions"))
        for _, row in table[table["reason"] != ""].iterrows():
            err.print(f"  - {row['cell']} {row['status']}: {row['reason']}")
        if UNDONE in set(table["status"]):
            err.print("What is undone is tried again by the same command.")
        counts = ", ".join(
            f"{n} {status}" for status, n in table["status"].value_counts().sort_index().items()
        )
        out.print(f"{len(table)} questions: {counts}.")
        telling.wrote(target / "sweep.csv")
    unanswered = table["status"].isin(UNANSWERED).any()
    code = worst([Worth(status) for status in table["status"] if status not in UNANSWERED])
    return 4 if unanswered and code != 1 else code
