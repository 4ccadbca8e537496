"""Commands on runs and packages: solve, repeat, compare, re-check, validate, list; every one returns its exit code."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from optimization.archive import (
    new_folder,
    read_run_record,
    room_for_scratch,
    write_run,
    written_over,
)
from optimization.case.resolved import ResolvedPackage
from optimization.cli.answers import show_result
from optimization.cli.console import Telling, err
from optimization.cli.held_against import show_comparison, show_exact, show_repetition
from optimization.cli.options import (
    AnyCase,
    CaseFolder,
    Gap,
    Given,
    Json,
    Method,
    Out,
    Packages,
    Prefectures,
    RunFolder,
    Seconds,
    Seed,
    Threads,
    known_method,
    named,
    read_question,
)
from optimization.cli.plain import print_json
from optimization.cli.progress import progress_for
from optimization.cli.surroundings import KINDS, memory_is_out
from optimization.dictionary.results import Language
from optimization.errors import InputError
from optimization.outcome.result import InterruptedRun, Result
from optimization.outcome.terms import METHODS
from optimization.outcome.verdict import INTERRUPTED, REASONS, Worth
from optimization.reading.whereabouts import DEFAULT_CASE, RESULTS
from optimization.referee.audit import failed_checks
from optimization.referee.compare import TODAY_OF, compare_runs
from optimization.solving.highs import Limits
from optimization.web.downloads import inert_csv

COMPARISONS: dict[Language, str] = {"en": "comparison.html", "ja": "comparison.ja.html"}

UNCHECKED = 4
"""Exit code where a run was written but the memory ran out before its check; what reads the folder checks it."""


def run(
    packages: Packages = None,
    case_folder: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    given: Given = None,
    folder: Out = None,
    time_limit: Seconds = 600.0,
    gap: Gap = 1e-4,
    threads: Threads = 2,
    seed: Seed = 0,
    method: Method = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print run.json instead of tables.")] = False,
) -> int:
    """Solve reform packages and write a run folder."""
    limits = Limits(gap=gap, seconds=time_limit, threads=threads, seed=seed)
    asked = Question(named(packages), case_folder, prefectures, given or [])
    done = _solved(asked, folder, limits, known_method(method), as_json)

    return done.exit_code(lambda: show_run(done.result, done.folder, as_json))


def show_run(result: Result, folder: Path, as_json: bool) -> None:
    """A run that was written into a folder: its record, or what people read."""
    if as_json:
        print_json(json.loads((folder / "run.json").read_text(encoding="utf-8")))
    else:
        show_result(result, str(folder))


def show_notes(package: ResolvedPackage) -> None:
    """What there is to say of a package before it is answered, and what it sets anew, to standard error."""
    for note in [*package.warnings, *map(str, package.overridden)]:
        err.print(f"note: {note}")


class Written(NamedTuple):
    """A result, the folder in which it was written, and whether it was stopped by hand."""

    result: Result
    folder: Path
    stopped: bool

    def exit_code(self, show: Callable[[], None] = lambda: None) -> int:
        """The exit code of a run that was shown and is re-checked now."""
        code = checked(self.result, self.folder, show)
        return INTERRUPTED if self.stopped and code not in (1, UNCHECKED) else code


def checked(result: Result, folder: Path, show: Callable[[], None] = lambda: None) -> int:
    """The exit code of a result that was written into a folder, is shown and re-checked now."""
    try:
        show()
        return _verdict(result, folder)
    except KINDS as error:
        if not memory_is_out(error):
            raise
        message = f"The memory ran out before the run was checked; it is whole in {folder}."
        err.print(message, style="bold red")
        return UNCHECKED


def solve(*asked: Any, **terms: Any) -> Result:
    """`outcome.solve.solve`, which is loaded with the model and its solver when something is solved: a second that
    commands which only read or apply do not wait for."""
    from optimization.outcome.solve import solve as answer

    return answer(*asked, **terms)


class Question(NamedTuple):
    """What a command line asks: packages, the folder of the case, prefectures as they were written, and what `--set`
    gives."""

    names: Sequence[str]
    case_folder: Path
    prefectures: str
    given: Sequence[str]


def _solved(
    asked: Question,
    folder: Path | None,
    limits: Limits,
    method: str = METHODS[0],
    quiet: bool = False,
) -> Written:
    """A run from the command line's words to its folder."""
    line, callback = progress_for(quiet)
    line.phase("Reading the case and the packages ...")
    case, codes, package = read_question(*asked)
    folder = new_folder(folder, package.name, RESULTS)
    show_notes(package)
    line.phase(f"Solving {package.name} on {case.name} ...")
    stopped = False
    room_for_scratch(folder.parent)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as aside:
        try:
            result = solve(case, package, codes, limits, method, Path(aside) / "log", callback)
        except InterruptedRun as stop:
            if stop.result is None:
                raise
            result, stopped = stop.result, True
    line.end()
    folder = placed(write_run(result, folder, limits, method, codes), folder)
    if stopped:
        gap = f"the gap then was {result.outcome.gap:.2%}"
        err.print(f"The best plan found until then was kept in {folder}; {gap}.")
    return Written(result, folder, stopped)


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


def rerun(run: RunFolder, case_folder: AnyCase = None, target: Out = None, as_json: Json = False) -> int:
    """Repeat a run from its folder; tell any difference."""
    from optimization.referee.rerun import rerun as repeat

    if target is not None:
        new_folder(target, target.name, RESULTS)
    line, callback = progress_for(as_json)
    line.phase(f"Solving the question of {run} again ...")
    found = repeat(run, case_folder, target, callback)
    line.end()
    if as_json:
        rows = json.loads(found.differences.to_json(orient="records"))
        said = {"same": found.same, "agrees": found.agrees, "changed": found.changed, "differences": rows}
        print_json(said)
        return 0 if found.agrees else 1
    for text in found.changed:
        err.print(f"note: {text}")
    if found.folder is not None:
        Telling().wrote(found.folder)
    show_repetition(found.differences, found.agrees)
    return 0 if found.agrees else 1


def exact(run: RunFolder, as_json: Json = False) -> int:
    """Re-check a run in fractions, to the last digit."""
    from optimization.referee.exact import exact_check

    found = exact_check(run)
    if as_json:
        print_json(found.record())
    else:
        show_exact(found)
    return 0 if found.sound else 1


def compare(
    names: Annotated[list[str], typer.Argument(help="Run folders, or packages to run first.")],
    case_folder: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    given: Given = None,
    folder: Out = None,
    time_limit: Seconds = 600.0,
    gap: Gap = 1e-4,
    as_json: Json = False,
) -> int:
    """One table of the settings and outcomes in which runs differ."""
    limits, root = Limits(gap=gap, seconds=time_limit), new_folder(folder, "compare", RESULTS)
    codes, folders, without = [0], [], []
    with Telling(as_json) as telling:
        for number, name in enumerate(names, start=1):
            if (Path(name) / "run.json").is_file():
                folders.append(Path(name))
                continue
            asked = Question([name], case_folder, prefectures, given or [])
            done = _solved(asked, root / f"{number}-{Path(name).stem}", limits)
            codes.append(done.exit_code())
            if codes[-1] == INTERRUPTED:
                return INTERRUPTED
            folders.append(done.folder)
            without += _without_plan(name, done.folder)
        if without:  # the runs are kept, and the reason is told in place of a comparison
            for text in without:
                err.print(text)
        else:
            _compared(folders, root)
            telling.wrote(root / "comparison.csv")
            _write_pages(folders, case_folder, root, telling)
    return 1 if 1 in codes else max(codes)


def _without_plan(name: str, folder: Path) -> list[str]:
    """Why a run that was written has no plan, in a sentence; none where it has one."""
    record = read_run_record(folder)
    if record["objective_million_yen"] is not None:
        return []
    reason = " ".join(record["counting_arguments"]) or REASONS[Worth(record["status"])]
    return [f"{name}: there is no plan ({record['status']}): {reason}; see {folder}"]


def _compared(folders: Sequence[Path], root: Path) -> None:
    """Write and show the table of what differs between runs."""
    table = compare_runs(folders)
    root.mkdir(parents=True, exist_ok=True)
    written_over(root / "comparison.csv", inert_csv(table.to_csv(index=False, lineterminator="\n")))
    show_comparison(table)
    if table["name"].str.startswith(TODAY_OF).any():
        err.print(f"note: the runs have no today in common; rows '{TODAY_OF}...' give each run's own")


def _write_pages(folders: Sequence[Path], case_folder: Path, root: Path, telling: Telling) -> None:
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
        telling.wrote(root / name)
