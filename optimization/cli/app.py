"""The command line: ties the rooms together and turns every end into an exit code.

0 solved to the asked gap; 2 bad input; 3 infeasible; 4 stopped with an incumbent; 5 stopped without;
1 a defect of ours.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from optimization import __version__
from optimization.case.face import DEFAULT_PACKAGE
from optimization.cli import analyses, commands, showing
from optimization.cli.console import err, for_machines, show_problems
from optimization.cli.console import out as console
from optimization.cli.parts import missing_part
from optimization.cli.plain import any_console
from optimization.cli.surroundings import SURROUNDINGS, unwritable
from optimization.errors import InputError, Problem
from optimization.outcome.verdict import NoPlanError
from optimization.reading.whereabouts import DEFAULT_CASE, case_folder
from optimization.solving.highs import MOST_SECONDS, MOST_SEED, MOST_THREADS

BAD_INPUT = 2

MOST_DUTIES = 100_000
FIRST_YEAR, LAST_YEAR = 1954, 2100
"""Years of the allocation tax; a record holds no other."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Central-local roles and finance. Example: solve.py run role_division",
)

Packages = Annotated[list[str] | None, typer.Argument(help="Packages, left to right; A+B composes.")]
CaseFolder = Annotated[
    Path,
    typer.Option(
        "--case",
        metavar="DIR",
        show_default="inputs/japan-2022",
        help="Case folder.",
        callback=case_folder,
    ),
]
Prefectures = Annotated[
    str, typer.Option(metavar="NAMES", help="Names or codes, e.g. Iwate,04; all if left out.")
]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write; it must not exist yet.")]
Seconds = Annotated[
    float, typer.Option(metavar="S", min=0.001, max=MOST_SECONDS, help="Seconds for the solver.")
]
Gap = Annotated[float, typer.Option(metavar="G", min=0.0, max=1.0, help="Relative gap to reach.")]
Threads = Annotated[int, typer.Option(metavar="N", min=1, max=MOST_THREADS, help="Threads of the solver.")]
Seed = Annotated[int, typer.Option(metavar="N", min=0, max=MOST_SEED, help="Seed of the solver.")]
Processes = Annotated[
    int, typer.Option(metavar="N", min=1, max=MOST_THREADS, help="Processes of one thread.")
]
AnyCase = Annotated[
    Path | None,
    typer.Option(
        "--case",
        metavar="DIR",
        help="Case of the run (the one in inputs).",
        callback=lambda given: given and case_folder(given),
    ),
]
Language = Annotated[str, typer.Option(metavar="NAME", help="en or ja.")]
Json = Annotated[bool, typer.Option("--json", help="Print what machines read.")]
Method = Annotated[str, typer.Option(metavar="NAME", help="decomposed or plain.")]


class Vintage(StrEnum):
    """Decisions of the allocation tax within a year."""

    INITIAL = "initial"
    REVISED = "revised"


def _version(asked: bool) -> None:
    if asked:
        console.print(f"role-division {__version__}")
        raise typer.Exit()


Version = Annotated[
    bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True, hidden=True)
]


@app.callback(invoke_without_command=True)
def main(context: typer.Context, version: Version = False) -> None:
    """Without a command: run the default package on the embedded case."""
    if context.invoked_subcommand is None:
        raise typer.Exit(commands.run([DEFAULT_PACKAGE], DEFAULT_CASE, "", None))


@app.command(epilog="Example: solve.py run role_division --prefectures 03 --out results/iwate")
def run(
    packages: Packages = None,
    case: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    out: Out = None,
    time_limit: Seconds = 600.0,
    gap: Gap = 1e-4,
    threads: Threads = 2,
    seed: Seed = 0,
    method: Method = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print run.json instead of tables.")] = False,
) -> None:
    """Solve reform packages and write a run folder."""
    options = commands.RunOptions(time_limit, gap, threads, seed, method, json)
    raise typer.Exit(commands.run(packages or [DEFAULT_PACKAGE], case, prefectures, out, options))


@app.command(epilog="Example: solve.py rerun results/mine")
def rerun(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    case: AnyCase = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Repeat a run from its folder; tell any difference."""
    raise typer.Exit(commands.rerun(run, case, out, json))


@app.command(epilog="Example: solve.py validate wide_area --case inputs/iwate-2022")
def validate(
    packages: Packages = None, case: CaseFolder = DEFAULT_CASE, prefectures: Prefectures = ""
) -> None:
    """Check a case and packages without solving."""
    raise typer.Exit(commands.validate(packages or [DEFAULT_PACKAGE], case, prefectures))


@app.command(epilog="Example: solve.py packages role_division")
def packages(
    names: Annotated[list[str] | None, typer.Argument(help="Show these in full.")] = None,
    case: CaseFolder = DEFAULT_CASE,
    json: Json = False,
) -> None:
    """List the reform packages, or show some in full."""
    raise typer.Exit(commands.packages(names or [], case, json))


@app.command(
    epilog="Example: solve.py prepare --allocation-tax DIR --year 2022 --out inputs/new-2022",
)
def prepare(
    year: Annotated[
        int | None, typer.Option(min=FIRST_YEAR, max=LAST_YEAR, help="Fiscal year of the workbooks.")
    ] = None,
    allocation_tax: Annotated[Path | None, typer.Option(help="Folder of the official workbooks.")] = None,
    tables: Annotated[Path | None, typer.Option(help="Folder of the population and area tables.")] = None,
    indicators: Annotated[Path | None, typer.Option(help="Folder of the indicator workbooks.")] = None,
    readings: Annotated[
        Path | None, typer.Option(help="Address file of Japan Post (utf_ken_all.csv).")
    ] = None,
    settlement: Annotated[Path | None, typer.Option(help="Folder of the settlement cards.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write (default inputs/prepared-YEAR).")] = None,
    vintage: Annotated[
        Vintage, typer.Option(help="Decision of the year: of July, or revised in winter.")
    ] = Vintage.INITIAL,
    history: Annotated[
        bool, typer.Option("--history", help="All years of the workbooks into one table instead.")
    ] = False,
) -> None:
    """Official workbooks to a case's tables, every sum checked."""
    code = commands.prepare(
        allocation_tax, tables, indicators, year, out, readings, vintage.value, history, settlement
    )
    raise typer.Exit(code)


@app.command(epilog="Example: solve.py compare status_quo wide_area role_division --prefectures 03")
def compare(
    names: Annotated[list[str], typer.Argument(help="Run folders, or packages to run first.")],
    case: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    out: Out = None,
    time_limit: Seconds = 600.0,
    gap: Gap = 1e-4,
    json: Json = False,
) -> None:
    """One table of the settings and outcomes in which runs differ."""
    options = commands.RunOptions(time_limit=time_limit, gap=gap, quiet=True)
    with for_machines(json):
        code = commands.compare(names, case, prefectures, out, options)
    raise typer.Exit(code)


@app.command(epilog="Example: solve.py explain role_division --services fire,police")
def explain(
    packages: Packages = None,
    case: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    services: Annotated[
        str, typer.Option(metavar="NAMES", help="Only these services, e.g. fire,police.")
    ] = "",
    out: Out = None,
    time_limit: Seconds = 600.0,
    gap: Gap = 1e-4,
    threads: Threads = 2,
    json: Json = False,
) -> None:
    """Why a package is impossible, or what each decision is worth."""
    options = commands.RunOptions(time_limit=time_limit, gap=gap, threads=threads)
    with for_machines(json):
        code = analyses.explain(packages or [DEFAULT_PACKAGE], case, prefectures, services, out, options)
    raise typer.Exit(code)


@app.command(epilog="Example: solve.py alternatives role_division --within 0.005 --count 3")
def alternatives(
    packages: Packages = None,
    case: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    within: Annotated[
        float, typer.Option(metavar="X", min=0.0, max=10.0, help="Part of cost to spare.")
    ] = 0.001,
    count: Annotated[int, typer.Option(metavar="N", min=0, max=50, help="Plans beside the best.")] = 3,
    least: Annotated[
        int, typer.Option(metavar="N", min=1, max=MOST_DUTIES, help="Least duties of difference.")
    ] = 5,
    keep: Annotated[list[str] | None, typer.Option(help="SERVICE[@GROUP]=TIER that must be.")] = None,
    forbid: Annotated[list[str] | None, typer.Option(help="SERVICE[@GROUP]=TIER that must not be.")] = None,
    out: Out = None,
    gap: Gap = 1e-4,
    threads: Threads = 2,
    json: Json = False,
) -> None:
    """Plans that cost almost as little and differ most."""
    options = commands.RunOptions(gap=gap, threads=threads)
    wishes = analyses.Wishes(within, count, least, keep or [], forbid or [])
    with for_machines(json):
        code = analyses.alternatives(packages or [DEFAULT_PACKAGE], case, prefectures, wishes, out, options)
    raise typer.Exit(code)


@app.command(epilog="Example: solve.py pareto role_division --against equity,changes --points 8")
def pareto(
    packages: Packages = None,
    case: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
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
    out: Out = None,
    time_limit: Seconds = 600.0,
    gap: Gap = 1e-4,
    threads: Threads = 2,
    json: Json = False,
) -> None:
    """Cost against equity, discipline, changes, clarity, crises."""
    options = commands.RunOptions(time_limit=time_limit, gap=gap, threads=threads)
    names = packages or [DEFAULT_PACKAGE]
    with for_machines(json):
        code = analyses.pareto(names, case, prefectures, against, points, lexicographic, out, options)
    raise typer.Exit(code)


@app.command(epilog="Example: solve.py sensitivity role_division --method morris --draws 200")
def sensitivity(
    packages: Packages = None,
    case: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    method: Annotated[str, typer.Option(metavar="NAME", help="tornado, morris or sobol.")] = "tornado",
    draws: Annotated[int, typer.Option(metavar="N", min=2, max=1_000_000, help="Solves, about.")] = 200,
    only: Annotated[
        str, typer.Option(metavar="NAMES", help="Only these assumptions, e.g. detour_factor.")
    ] = "",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder; one begun is continued.")] = None,
    time_limit: Seconds = 120.0,
    gap: Gap = 5e-4,
    seed: Seed = 0,
    processes: Processes = 2,
    scheduler: Annotated[str, typer.Option(help="Dask scheduler instead of processes.")] = "",
    json: Json = False,
) -> None:
    """Which assumption would change the recommendation."""
    options = commands.RunOptions(time_limit=time_limit, gap=gap, seed=seed)
    where = analyses.Workers(processes, scheduler)
    names = packages or [DEFAULT_PACKAGE]
    factors = tuple(dict.fromkeys(name.strip() for name in only.split(",") if name.strip()))
    with for_machines(json):
        code = analyses.sensitivity(names, case, prefectures, method, draws, out, options, where, factors)
    raise typer.Exit(code)


@app.command(epilog="Example: solve.py sweep inputs/studies/pool_and_floor.toml --processes 2")
def sweep(
    study: Annotated[Path, typer.Argument(help="Study file (docs/studies.md).")],
    case: CaseFolder = DEFAULT_CASE,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder (results/NAME).")] = None,
    processes: Processes = 2,
    scheduler: Annotated[
        str, typer.Option(help="Dask scheduler, tcp://host:8786, instead of processes.")
    ] = "",
    json: Json = False,
) -> None:
    """Answer every question of a study once, come what may."""
    with for_machines(json):
        code = analyses.sweep(study, case, out, processes, scheduler)
    raise typer.Exit(code)


@app.command(epilog="Example: solve.py report results/mine --study results/sensitivity-role_division-morris")
def report(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    case: AnyCase = None,
    study: Annotated[list[Path] | None, typer.Option(help="Sensitivity study of the same question.")] = None,
    language: Language = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File (RUN/report.html, RUN/report.ja.html).")
    ] = None,
    json: Json = False,
) -> None:
    """One HTML page of a run: roles, map, money, doubts."""
    raise typer.Exit(showing.report(run, case, study or [], language, out, json))


@app.command(epilog="Example: solve.py export results/mine --language ja --out mine.xlsx")
def export(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    case: AnyCase = None,
    language: Language = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="File (beside the folder).")] = None,
    json: Json = False,
) -> None:
    """The tables of a run as one Excel workbook."""
    raise typer.Exit(showing.export(run, case, out, language, json))


@app.command(epilog="Example: solve.py serve --port 8000")
def serve(
    host: Annotated[str, typer.Option(help="Address; any but this machine asks for a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one.")] = 8000,
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the runs (results).")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
) -> None:
    """A page on this machine: run, watch, read, look up."""
    raise typer.Exit(showing.serve(host, port, results, browser))


@app.command(epilog="Example: solve.py curves --out results/scale_fit.csv")
def curves(case: CaseFolder = DEFAULT_CASE, out: Out = None) -> None:
    """How well the scale curves fit the official needs."""
    raise typer.Exit(commands.curves(case, out))


@app.command(epilog="Example: solve.py cut --prefectures 03 --out inputs/iwate-2022")
def cut(
    prefectures: Annotated[str, typer.Option(help="Names or codes, e.g. Iwate,04.")],
    out: Annotated[Path, typer.Option(help="Folder of the new case.")],
    case: CaseFolder = DEFAULT_CASE,
) -> None:
    """Cut a small case, such as a teaching case, from a large one."""
    raise typer.Exit(commands.cut(case, prefectures, out))


def start(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; input faults are reported, never traced."""
    any_console()
    try:
        code = app(args=arguments, standalone_mode=False, prog_name="solve.py")
        if code == commands.INTERRUPTED:
            err.print("Stopped from the keyboard; nothing was left half-written.")
        return code if isinstance(code, int) else 0
    except NoPlanError as error:
        err.print(str(error))
        return error.worth.exit_code
    except InputError as error:
        show_problems(error)
    except ModuleNotFoundError as error:
        show_problems(missing_part(error))
    except typer.Exit as stop:
        return stop.exit_code
    except OSError as error:
        if error.errno not in SURROUNDINGS:
            raise
        err.print(unwritable(error), style="bold red")
    except TyperException as error:
        words = " ".join(arguments if arguments is not None else sys.argv[1:])
        message = getattr(error, "format_message", error.__str__)()
        remedy = "see solve.py --help, or --help of the command"
        show_problems(InputError([Problem("command line", message, remedy, value=words)]))
    return BAD_INPUT
