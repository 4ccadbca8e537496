"""What each command does; every function returns its exit code."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from optimization.archive import (
    new_folder,
    read_run_record,
    room_for_scratch,
    run_record,
    write_run,
    written_over,
)
from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.packages import list_packages, shelf
from optimization.case.resolved import changes
from optimization.cli.console import (
    err,
    out,
    progress_for,
    show_comparison,
    show_fit,
    show_repetition,
    show_result,
    wrote,
)
from optimization.cli.plain import print_json
from optimization.cli.surroundings import KINDS, memory_is_out
from optimization.costs.curve_report import report_all
from optimization.costs.standard import curve_data
from optimization.dictionary.results import Language
from optimization.errors import InputError, Problem, raise_if_any
from optimization.outcome.question import would_run
from optimization.outcome.result import InterruptedRun, Result
from optimization.outcome.solve import solve
from optimization.outcome.terms import METHODS
from optimization.outcome.verdict import REASONS, Worth
from optimization.reading.whereabouts import DEFAULT_CASE, HISTORY, INPUTS, PACKAGES, RESULTS
from optimization.referee.audit import failed_checks
from optimization.referee.compare import TODAY_OF, compare_runs
from optimization.solving.highs import Limits
from optimization.web.downloads import inert_csv

COMPARISONS: dict[Language, str] = {"en": "comparison.html", "ja": "comparison.ja.html"}

INTERRUPTED = 130
"""What shells give for a run stopped by Ctrl-C."""
UNCHECKED = 4
"""Exit code where a run was written but the memory ran out before its check; what reads the folder checks it."""


@dataclass(frozen=True)
class RunOptions:
    """Options of `run` beside packages and case."""

    time_limit: float = 600.0
    gap: float = 1e-4
    threads: int = 2
    seed: int = 0
    method: str = METHODS[0]
    json: bool = False
    quiet: bool = False

    @property
    def limits(self) -> Limits:
        """The limits of the solver."""
        return Limits(gap=self.gap, seconds=self.time_limit, threads=self.threads, seed=self.seed)


def run(
    names: Sequence[str],
    case_folder: Path,
    prefectures: str,
    folder: Path | None,
    options: RunOptions | None = None,
) -> int:
    """Solve and write a run folder."""
    options = options or RunOptions()
    if options.method not in METHODS:
        raise InputError(
            [
                Problem(
                    "command line",
                    "is not a method",
                    f"choose {' or '.join(METHODS)}",
                    column="--method",
                    value=options.method,
                )
            ]
        )
    line, callback = progress_for(options.json)
    line.phase("Reading the case and the packages ...")
    case = load_case(case_folder)
    codes = prefecture_codes(prefectures, case)
    package = load_package(case, names, codes)
    folder = new_folder(folder, package.name, RESULTS)
    for note in [*package.warnings, *map(str, package.overridden)]:
        err.print(f"note: {note}")
    limits = options.limits
    line.phase(f"Solving {package.name} on {case.name} ...")
    stopped = False
    room_for_scratch(folder.parent)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as aside:
        try:
            result = solve(case, package, codes, limits, options.method, Path(aside) / "log", callback)
        except InterruptedRun as stop:
            if stop.result is None:
                raise
            result, stopped = stop.result, True
    line.end()
    folder = written(result, folder, limits, options.method, codes)
    if stopped:
        gap = f"the gap then was {result.outcome.gap:.2%}"
        err.print(f"The best plan found until then was kept in {folder}; {gap}.")
    try:
        if options.json:
            print_json(run_record(result, limits, options.method, codes))
        elif not options.quiet:
            show_result(result, str(folder))
        code = _verdict(result, folder)
        return INTERRUPTED if stopped and code != 1 else code
    except KINDS as error:
        if not memory_is_out(error):
            raise
        message = f"The memory ran out before the run was checked; it is whole in {folder}."
        err.print(message, style="bold red")
        return UNCHECKED


def written(result: Result, folder: Path, limits: Limits, method: str, codes: Sequence[str]) -> Path:
    """Write a run and say where it stands, if not in the folder asked for."""
    return placed(write_run(result, folder, limits, method, codes), folder)


def placed(place: Path, folder: Path) -> Path:
    """Where an answer was kept (`archive.kept`), said if not in the folder asked for."""
    if place != folder:
        err.print(f"{folder} cannot be written any more; the run was kept as {place}.", style="bold")
    return place


def _verdict(result: Result, folder: Path) -> int:
    """Exit code of a run; a decision that breaks a rule, or whose tables do not agree with themselves, is
    our defect."""
    if result.worth is Worth.BROKEN:
        err.print(f"No answer: {result.reason}; see run.json", style="bold red")
        return result.worth.exit_code
    if result.accounts is not None and (failed := failed_checks(folder)):
        err.print(f"The re-check of the tables failed: {'; '.join(failed)}", style="bold red")
        return 1
    return result.worth.exit_code


def rerun(folder: Path, case_folder: Path | None, target: Path | None, as_json: bool) -> int:
    """Repeat a run from its folder; 1 where anything came out otherwise."""
    from optimization.referee.rerun import rerun as repeat

    if target is not None:
        new_folder(target, target.name, RESULTS)
    line, callback = progress_for(as_json)
    line.phase(f"Solving the question of {folder} again ...")
    found = repeat(folder, case_folder, target, callback)
    line.end()
    if as_json:
        rows = json.loads(found.differences.to_json(orient="records"))
        said = {"same": found.same, "agrees": found.agrees, "changed": found.changed, "differences": rows}
        print_json(said)
        return 0 if found.agrees else 1
    for text in found.changed:
        err.print(f"note: {text}")
    if found.folder is not None:
        wrote(found.folder)
    show_repetition(found.differences, found.agrees)
    return 0 if found.agrees else 1


def validate(names: Sequence[str], case_folder: Path, prefectures: str) -> int:
    """Check a case and packages, and the question they ask as far as it goes before it is solved; InputError names
    every fault."""
    case = load_case(case_folder)
    codes = prefecture_codes(prefectures, case)
    package = load_package(case, names, codes)
    would_run(case, package, codes)
    for warning in package.warnings:
        out.print(f"warning: {warning}")
    out.print(
        f"{case.name}: {len(case.codes):,} municipal governments, {len(case.prefectures)} prefectures, "
        f"{len(case.services)} services. {package.name}: {len(changes(package))} settings differ from today. "
        "No fault found."
    )
    return 0


def packages(names: Sequence[str], case_folder: Path, as_json: bool = False) -> int:
    """List packages, or show some in full with what they change."""
    if as_json:
        found = (
            list_packages(PACKAGES)
            if not names
            else load_package(load_case(case_folder), list(names)).packages
        )
        print_json([asdict(package) for package in found], default=str)
        return 0
    if not names:
        found, faults = shelf(PACKAGES)
        for package in found:
            out.print(package.name, style="bold", end="")
            out.print(f"  {package.title}\n    {package.called('ja')}")
        raise_if_any(faults)
        return 0
    resolved = load_package(load_case(case_folder), list(names))
    for package in resolved.packages:
        out.print(f"\n{package.name}", style="bold", end="")
        out.print(f"  {package.title} ({package.author}, {package.date})")
        out.print(f"Source: {package.source}")
        for provision in package.provisions:
            out.print(f"  {provision.number}. {provision.text}")
    out.print("\nSettings that differ from today:")
    for _, row in changes(resolved).iterrows():
        out.print(f"  {row['setting']}: {row['from']} -> {row['to']} [{row['source']}]")
    return 0


def prepare(
    allocation_tax: Path | None,
    tables: Path | None,
    indicators: Path | None,
    year: int | None,
    folder: Path | None,
    readings: Path | None = None,
    vintage: str = "initial",
    history: bool = False,
    settlement: Path | None = None,
) -> int:
    """Official workbooks and tables to the tables of a case, or all years of the workbooks to one table."""
    from optimization.prepare import command

    if history:
        return _prepare_history(allocation_tax, folder or INPUTS / HISTORY.name)
    if year is None:
        raise InputError([Problem("command line", "names no year", "give --year, or --history for all")])
    if not any((allocation_tax, tables, indicators, readings, settlement)):
        remedy = "give at least one of --allocation-tax, --tables, --indicators, --readings, --settlement"
        raise InputError([Problem("command line", "there is nothing to prepare", remedy)])
    target = folder or INPUTS / f"prepared-{year}"
    for text in command.run(
        allocation_tax, tables, indicators, year, target, readings, vintage, DEFAULT_CASE, settlement
    ):
        out.print(text)
    return 0


def _prepare_history(allocation_tax: Path | None, folder: Path) -> int:
    from optimization.prepare.history import prepare_history

    if allocation_tax is None:
        remedy = "give --allocation-tax, the folder of the workbooks of all years"
        raise InputError([Problem("command line", "there is nothing to prepare", remedy)])
    for text in prepare_history(allocation_tax, folder):
        out.print(text)
    return 0


def prefecture_codes(text: str, case: Case) -> list[str]:
    """Prefecture codes of an option such as '03,宮城県,Akita-ken' or '03 岩手県,4'; every unknown one is a fault."""
    parts = [part.strip() for part in re.split("[,，、]", text) if text.strip()]
    return case.prefecture_codes(parts, "command line", "--prefectures")


def cut(case_folder: Path, prefectures: str, folder: Path) -> int:
    """Cut some prefectures out of a case as a case of its own."""
    from optimization.prepare.case import cut_case

    codes = prefecture_codes(prefectures, load_case(case_folder))
    if not (folder / "prefectures.csv").is_file():  # a case may be cut anew, no other folder written into
        new_folder(folder, folder.name, RESULTS)
    for note in cut_case(case_folder, codes, folder).kept_out:
        err.print(f"note: {note}")
    out.print(f"Wrote {folder}: prefectures {', '.join(codes)} of {case_folder}.")
    return 0


def curves(case_folder: Path, target: Path | None) -> int:
    """Report the fit of the scale curves; `target` receives every size band as CSV."""
    case = load_case(case_folder)
    report = report_all({s: (x, y, list(codes)) for s, (x, y, codes) in curve_data(case).items()})
    show_fit(report)
    if target is not None:
        new_folder(target, target.name, RESULTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        written_over(target, inert_csv(report.to_csv(index=False, lineterminator="\n")))
        out.print(f"Wrote {target}.")
    return 0


def compare(
    names: Sequence[str], case_folder: Path, prefectures: str, folder: Path | None, options: RunOptions
) -> int:
    """Compare runs: each name is a run folder, or a package that is run first. Where one of these has no plan the
    others are kept, and the reason is told in place of a comparison."""
    root = new_folder(folder, "compare", RESULTS)
    codes, folders, without = [0], [], []
    for number, name in enumerate(names, start=1):
        if (Path(name) / "run.json").is_file():
            folders.append(Path(name))
            continue
        target = root / f"{number}-{Path(name).stem}"
        codes.append(run([name], case_folder, prefectures, target, options))
        if codes[-1] == INTERRUPTED:
            return INTERRUPTED
        folders.append(target)
        record = read_run_record(target)
        if record["objective_million_yen"] is None:
            reason = " ".join(record["counting_arguments"]) or REASONS[Worth(record["status"])]
            without.append(f"{name}: there is no plan ({record['status']}): {reason}; see {target}")
    code = 1 if 1 in codes else max(codes)
    if without:
        for text in without:
            err.print(text)
        return code
    table = compare_runs(folders)
    root.mkdir(parents=True, exist_ok=True)
    written_over(root / "comparison.csv", inert_csv(table.to_csv(index=False, lineterminator="\n")))
    show_comparison(table)
    if table["name"].str.startswith(TODAY_OF).any():
        err.print(f"note: the runs have no today in common; rows '{TODAY_OF}...' give each run's own")
    wrote(root / "comparison.csv")
    _write_pages(folders, case_folder, root)
    return code


def _write_pages(folders: Sequence[Path], case_folder: Path, root: Path) -> None:
    """Write the comparison as a page in each language; a note where the runs' case is not at hand."""
    from optimization.report.comparison import render_comparison
    from optimization.report.page import write_report

    known = None if case_folder == DEFAULT_CASE else case_folder
    for language, name in COMPARISONS.items():
        try:
            page = render_comparison(folders, known, language)
        except InputError as error:
            err.print(f"note: no page was written: {error}")
            return
        write_report(page, root / name)
        wrote(root / name)
