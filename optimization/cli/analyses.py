"""What the commands that solve many times do; every function returns its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from optimization.archive import new_folder
from optimization.case.case import Case
from optimization.case.compose import ResolvedPackage
from optimization.case.load import load_case
from optimization.cli.commands import EXIT_CODE, RESULTS, RunOptions, prefecture_codes
from optimization.cli.console import CountLine, err, out
from optimization.dictionary.settings import nearest
from optimization.errors import InputError, Problem
from optimization.face import load_package
from optimization.outcome.result import Result
from optimization.outcome.session import Session
from optimization.solving.highs import Limits, Status


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
    wanted = named_services(services, case)
    target = new_folder(folder, f"explain-{package.name}", RESULTS)
    err.print(f"[dim]Looking for a plan of {package.name} on {case.name} ...[/]")
    found = diagnose(case, package, codes)
    if found.impossible is False:
        return _explain_plan(case, codes, package, wanted, target, options)
    write_diagnosis(found, target)
    for sentence in sentences(found):
        out.print(f"- {sentence}", markup=False)
    out.print(f"Wrote {target}.", markup=False)
    return EXIT_CODE[Status.INFEASIBLE if found.impossible else Status.NOTHING]


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
    if result.accounts is None:
        err.print("No plan was found in the time given; raise --time-limit.")
        return EXIT_CODE[result.outcome.status]
    tables = {
        "forced_tiers": forced_tiers(session, services, CountLine("alternatives")),
        "shadow_prices": shadow_prices(session, CountLine("limits")),
    }
    write_prices(result, tables, folder)
    for sentence in plan_sentences(result, **tables):
        out.print(f"- {sentence}", markup=False)
    out.print(f"Wrote {folder}.", markup=False)
    return EXIT_CODE[result.outcome.status]


def asked(
    names: Sequence[str], case_folder: Path, prefectures: str
) -> tuple[Case, list[str], ResolvedPackage]:
    """The case, the prefectures and the package that a command line names."""
    case = load_case(case_folder)
    codes = prefecture_codes(prefectures, case)
    return case, codes, load_package(case, names, codes)


def solved(
    case: Case, codes: Sequence[str], package: ResolvedPackage, options: RunOptions
) -> tuple[Session, Result]:
    """A session that has answered the package."""
    limits = Limits(gap=options.gap, seconds=options.time_limit, threads=options.threads, seed=options.seed)
    session = Session(case, tuple(codes), limits)
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
    """Answer a study; 4 where a question has failed, or has neither a plan to the asked gap nor a proof of none."""
    from optimization.studies.study import read_study
    from optimization.studies.sweep import FAILED
    from optimization.studies.sweep import sweep as answer_all

    study = read_study(study_file)
    target = folder or RESULTS / study.name
    table = answer_all(study, case_folder, target, processes, scheduler, CountLine("questions"))
    for _, row in table[table["status"] == FAILED].iterrows():
        err.print(f"  - {row['cell']} failed: {row['reason']}", markup=False)
    counts = ", ".join(f"{n} {status}" for status, n in table["status"].value_counts().sort_index().items())
    out.print(f"{len(table)} questions: {counts}. Table: {target / 'sweep.csv'}", markup=False)
    answered = table["status"].isin([str(Status.OPTIMAL), str(Status.INFEASIBLE)])
    return 0 if answered.all() else 4
