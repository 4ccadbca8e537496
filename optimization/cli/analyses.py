"""What the commands that solve many times do; every function returns its exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimization.archive import kept, new_folder, room_for_scratch, write_tables
from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.resolved import ResolvedPackage
from optimization.cli.commands import RunOptions, placed, prefecture_codes
from optimization.cli.console import CountLine, billion, err, out, show_frame, wrote
from optimization.dictionary.settings import nearest
from optimization.errors import InputError, Problem
from optimization.outcome.result import Result, planned
from optimization.outcome.session import OpenTiers, Session, decided_once
from optimization.outcome.verdict import Worth, worst
from optimization.reading.whereabouts import RESULTS


def explain(
    names: Sequence[str],
    case_folder: Path,
    prefectures: str,
    services: str,
    folder: Path | None,
    options: RunOptions,
) -> int:
    """Say why a package is impossible; of a possible one, what each decision and each limit is worth."""
    from optimization.explain.diagnosis import diagnose
    from optimization.explain.folder import write_diagnosis
    from optimization.explain.words import sentences

    case, codes, package = asked(names, case_folder, prefectures)
    decided_once(package)
    wanted = named_services(services, case)
    target = new_folder(folder, f"explain-{package.name}", RESULTS)
    err.print(f"Looking for a plan of {package.name} on {case.name} ...", style="dim")
    found = diagnose(case, package, codes)
    if found.impossible is False:
        return _explain_plan(case, codes, package, wanted, target, options)
    target = placed(write_diagnosis(found, target), target)
    for sentence in sentences(found):
        out.print(f"- {sentence}")
    wrote(target)
    return (Worth.INFEASIBLE if found.impossible else Worth.NOTHING).exit_code


def _explain_plan(
    case: Case,
    codes: list[str],
    package: ResolvedPackage,
    services: tuple[str, ...],
    folder: Path,
    options: RunOptions,
) -> int:
    from optimization.explain.folder import write_prices
    from optimization.explain.prices import forced_tiers, shadow_prices
    from optimization.explain.words import plan_sentences

    session, result = solved(case, codes, package, options)
    planned(result)
    tables = {
        "forced_tiers": forced_tiers(session, services, CountLine("alternatives")),
        "shadow_prices": shadow_prices(session, CountLine("limits")),
    }
    folder = placed(write_prices(result, tables, folder), folder)
    for sentence in plan_sentences(result, **tables):
        out.print(f"- {sentence}")
    wrote(folder)
    return result.worth.exit_code


@dataclass(frozen=True)
class Wishes:
    """What alternatives are asked for: part of the cost to spare, how many, the least difference in duties, and what
    to keep and to forbid, as SERVICE[@GROUP]=TIER."""

    within: float
    count: int
    least: int
    keep: Sequence[str]
    forbid: Sequence[str]


def alternatives(
    names: Sequence[str],
    case_folder: Path,
    prefectures: str,
    wishes: Wishes,
    folder: Path | None,
    options: RunOptions,
) -> int:
    """Plans within a part of the least cost that differ most."""
    from optimization.studies.alternatives import alternatives as vary
    from optimization.studies.alternatives import differences, open_tiers

    case, codes, package = asked(names, case_folder, prefectures)
    keep, forbid = (
        [wish(text, flag) for text in texts]
        for flag, texts in (("--keep", wishes.keep), ("--forbid", wishes.forbid))
    )
    decided_once(package)
    target = new_folder(folder, f"alternatives-{package.name}", RESULTS)
    free = None
    if keep or forbid:
        _, free = solved(case, codes, package, options)
    narrowed = (lambda instance: open_tiers(instance, keep, forbid)) if free is not None else None
    session, result = solved(case, codes, package, options, narrowed)
    planned(result)
    if free is not None and free.accounts is not None:
        more = result.outcome.objective - free.outcome.objective
        out.print(f"What is kept and forbidden costs {billion(more)} billion yen a year.")
    plans = vary(session, wishes.within, wishes.count, wishes.least, CountLine("moves priced"))
    table, duties = differences(session, plans)
    found = {"plans": table, "duties": duties}
    target = placed(kept(target, lambda draft: write_tables(draft, found)), target)
    show_frame(table, "Plans", 6)
    show_frame(duties, "Where they differ")
    wrote(target)
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
    names: Sequence[str],
    case_folder: Path,
    prefectures: str,
    against: str,
    points: int,
    in_order: bool,
    folder: Path | None,
    options: RunOptions,
) -> int:
    """Fronts of cost against aims; NoPlanError where the package is impossible, 4 where a front is unfinished."""
    from optimization.studies import pareto as fronts

    case, codes, package = asked(names, case_folder, prefectures)
    aims = fronts.aims_named([part.strip() for part in against.split(",") if part.strip()], package)
    target = new_folder(folder, f"pareto-{package.name}", RESULTS)
    session = Session(case, tuple(codes), options.limits)
    if in_order:
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
    named = {"lexicographic" if in_order else "front": table}
    target = placed(kept(target, lambda draft: write_tables(draft, named)), target)
    shown = ["aim", "limit", "reached", "cost_million_yen", "gap", "status", "dominated"]
    show_frame(table if in_order else table[shown], "Lexicographic" if in_order else "Fronts")
    if not all(worth.settled for worth in answers):
        err.print("The front is unfinished: some cells have no answer to the gap; see the column status.")
    wrote(target)
    return worst(answers)


@dataclass(frozen=True)
class Workers:
    """Where a study is computed: local processes, or the workers of a Dask scheduler."""

    processes: int
    scheduler: str


def sensitivity(
    names: Sequence[str],
    case_folder: Path,
    prefectures: str,
    method: str,
    draws: int,
    folder: Path | None,
    options: RunOptions,
    workers: Workers,
    only: Sequence[str] = (),
) -> int:
    """Vary every assumed number; 4 where a draw has neither a plan to the gap nor a proof that there is none."""
    from optimization.studies.overturns import METHODS
    from optimization.studies.sensitivity import analyse
    from optimization.studies.study import Study

    if method not in METHODS:
        remedy = f"choose {', '.join(METHODS)}"
        raise InputError(
            [Problem("command line", "is not a method", remedy, column="--method", value=method)]
        )
    case, codes, package = asked(names, case_folder, prefectures)
    target = folder or RESULTS / "-".join(["sensitivity", package.name, method, *codes])
    room_for_scratch(target.parent)
    study = Study(
        f"sensitivity_{method}", "", tuple(codes), options.gap, options.time_limit, "auto", options.seed, ()
    )
    line = CountLine("draws")
    found = analyse(
        case, package, study, method, draws, target,
        workers.processes, workers.scheduler, line, only,
    )  # fmt: skip
    record = {
        "case": case.name,
        "package": package.name,
        "prefectures_asked": codes,
        "method": method,
        "draws": found.draws,
        "only": list(only),
        "gap": options.gap,
        "seed": options.seed,
        "inputs_sha256": dict(case.sha256),
    }

    def fill(draft: Path) -> None:
        write_tables(draft, found.tables)
        text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
        (draft / "study.json").write_text(text, encoding="utf-8")

    target = placed(kept(target, fill, whole=False), target)
    _show_sensitivity(found.tables, method)
    counts = f"{found.impossible} leave no plan (proven), {found.unsettled} were not settled to the gap"
    out.print(f"{found.draws} draws: {counts}.")
    if found.broken:
        message = f"The plans of {found.broken} draws break rules and count as none; see draws.csv"
        err.print(message, style="bold red")
    wrote(target)
    return Worth.BROKEN.exit_code if found.broken else Worth.INCUMBENT.exit_code if found.unsettled else 0


def _show_sensitivity(tables: Mapping[str, pd.DataFrame], method: str) -> None:
    """How stable the recommendations are, or which of them one assumption alone overturns, and what moves them."""
    (_show_overturned if method == "tornado" else _show_stability)(
        tables["recommendations"], tables["bodies"]
    )
    first = tables["effects"]
    for output in ("cost_million_yen", "duties_changed"):
        show_frame(first[first["output"] == output], f"What moves {output}", rows=8)


def _show_stability(table: pd.DataFrame, bodies: pd.DataFrame) -> None:
    counts = table["mark"].value_counts()
    said = ", ".join(f"{counts.get(mark, 0)} {mark}" for mark in ("firm", "likely", "open"))
    out.print(f"Of {len(table)} recommended tiers {said}; of {len(bodies)} bodies "
              f"{(bodies['mark'] == 'firm').sum()} firm.")  # fmt: skip
    shaky = table[table["mark"] != "firm"].sort_values("share_of_draws", kind="stable")
    shown = shaky.drop(columns="overturned_by")
    show_frame(shown, "Recommendations that do not stand in at least 95% of the draws", rows=20)


def _show_overturned(table: pd.DataFrame, bodies: pd.DataFrame) -> None:
    turned, gone = (frame[frame["overturned_by"] != ""] for frame in (table, bodies))
    out.print(
        f"Of {len(table)} recommended tiers {len(turned)} are overturned by one assumption alone, "
        f"of {len(bodies)} bodies {len(gone)}. Of several together this says nothing: --method morris does."
    )
    shown = turned[["service", "rule_group", "tier", "rival_tier", "overturned_by"]]
    show_frame(shown, "Recommendations overturned by one assumption at a value", rows=20)


def asked(
    names: Sequence[str], case_folder: Path, prefectures: str
) -> tuple[Case, list[str], ResolvedPackage]:
    """The case, the prefectures and the package that a command line names."""
    case = load_case(case_folder)
    codes = prefecture_codes(prefectures, case)
    package = load_package(case, names, codes)
    for note in package.warnings:
        err.print(f"note: {note}")
    return case, codes, package


def solved(
    case: Case,
    codes: Sequence[str],
    package: ResolvedPackage,
    options: RunOptions,
    narrowed: OpenTiers | None = None,
) -> tuple[Session, Result]:
    """A session that has answered the package."""
    session = Session(case, tuple(codes), options.limits, open_tiers=narrowed)
    return session, session.solve(package)


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


def sweep(study_file: Path, case_folder: Path, folder: Path | None, processes: int, scheduler: str) -> int:
    """Answer a study; 1 where a plan breaks a rule, 4 where a question was not answered, or not to the asked gap, 3
    where all are proven impossible."""
    from optimization.studies.question import UNANSWERED, UNDONE
    from optimization.studies.study import read_study
    from optimization.studies.sweep import sweep as answer_all

    study = read_study(study_file)
    target = folder or RESULTS / study.name
    room_for_scratch(target.parent)
    table = answer_all(study, case_folder, target, processes, scheduler, CountLine("questions"))
    for _, row in table[table["reason"] != ""].iterrows():
        err.print(f"  - {row['cell']} {row['status']}: {row['reason']}")
    if UNDONE in set(table["status"]):
        err.print("What is undone is tried again by the same command.")
    counts = ", ".join(f"{n} {status}" for status, n in table["status"].value_counts().sort_index().items())
    out.print(f"{len(table)} questions: {counts}.")
    wrote(target / "sweep.csv")
    unanswered = table["status"].isin(UNANSWERED).any()
    code = worst([Worth(status) for status in table["status"] if status not in UNANSWERED])
    return 4 if unanswered and code != 1 else code
