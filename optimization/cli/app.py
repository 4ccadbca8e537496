"""The command line: every command with what it does and an example, and every end turned into an exit code.

0 solved to the asked gap; 2 bad input; 3 infeasible; 4 stopped with an incumbent; 5 stopped without;
1 a defect of ours.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from optimization import __version__
from optimization.case.package import DEFAULT_PACKAGE
from optimization.cli.console import err, show_problems
from optimization.cli.console import out as console
from optimization.cli.parts import missing_part
from optimization.cli.plain import any_console
from optimization.cli.surroundings import SURROUNDINGS, unwritable
from optimization.errors import InputError, Problem
from optimization.outcome.verdict import INTERRUPTED, NoPlanError
from optimization.reading.whereabouts import DEFAULT_CASE

BAD_INPUT = 2


class Entry(NamedTuple):
    """A command: the function behind it (`module.name` of this room), what it does, an example that begins with its
    name."""

    function: str
    does: str
    example: str


COMMANDS = {
    entry.example.split()[0]: entry
    for entry in (
        Entry("commands.run", "Solve reform packages and write a run folder.",
              "run role_division --prefectures 03 --out results/iwate"),
        Entry("applying.apply_package", "Apply exactly what packages prescribe, without a solver.",
              "apply role_division --set responsibility.fix.fire=prefecture"),
        Entry("commands.rerun", "Repeat a run from its folder; tell any difference.",
              "rerun results/mine"),
        Entry("checking.validate", "Check a case and packages without solving.",
              "validate wide_area --case inputs/iwate-2022"),
        Entry("checking.packages", "List the reform packages, or show some in full.",
              "packages role_division"),
        Entry("looking.list_names", "List the names that packages and options take.",
              "list settings equity"),
        Entry("looking.town", "One municipality: who does what, leeway, accounts, debts.",
              "town Tono results/mine"),
        Entry("tracing.trace_grant", "Every step of a grant, from official cell to package.",
              "trace Tono results/mine --out tono.xlsx"),
        Entry("making.prepare", "Official workbooks to a case's tables, every sum checked.",
              "prepare --allocation-tax DIR --year 2022 --out inputs/new-2022"),
        Entry("commands.compare", "One table of the settings and outcomes in which runs differ.",
              "compare status_quo wide_area role_division --prefectures 03"),
        Entry("commands.exact", "Re-check a run in fractions, to the last digit.",
              "exact results/mine"),
        Entry("analyses.explain", "Why a package is impossible, or what each decision is worth.",
              "explain role_division --services fire,police"),
        Entry("analyses.alternatives", "Plans that cost almost as little and differ most.",
              "alternatives role_division --within 0.005 --count 3"),
        Entry("analyses.pareto", "Cost against equity, discipline, changes, clarity, crises.",
              "pareto role_division --against equity,changes --points 8"),
        Entry("analyses.sensitivity", "Which assumption would change the recommendation.",
              "sensitivity role_division --method morris --draws 200"),
        Entry("recommending.recommend", "One plan for many possible worlds: least regret.",
              "recommend role_division --case inputs/iwate-2022"),
        Entry("analyses.sweep", "Answer every question of a study once, come what may.",
              "sweep inputs/studies/pool_and_floor.toml --processes 2"),
        Entry("showing.report", "One HTML page of a run: roles, map, money, doubts.",
              "report results/mine --study results/sensitivity-role_division-morris"),
        Entry("showing.brief", "Two pages for who decides, to print or as docx.",
              "brief results/mine --language ja --out brief.docx"),
        Entry("showing.export", "The tables of a run as one Excel workbook.",
              "export results/mine --language ja --out mine.xlsx"),
        Entry("showing.serve", "A page on this machine: run, watch, read, look up.",
              "serve --port 8000"),
        Entry("making.curves", "How well the scale curves fit the official needs.",
              "curves --out results/scale_fit.csv"),
        Entry("making.estimate", "Estimate effects of size and sharing on spending and need.",
              "estimate --out results/estimates"),
        Entry("making.cut", "Cut a small case, such as a teaching case, from a large one.",
              "cut --prefectures 03 --out inputs/iwate-2022"),
    )
}  # fmt: skip
"""Every command by name. What each does is said here, so that the overview need not load them all; its function says
the very words first of itself."""


def loaded(name: str) -> Any:
    """The command of a name, with all that it needs."""
    module, _, function = COMMANDS[name].function.partition(".")
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    called = getattr(import_module(f"optimization.cli.{module}"), function)
    alone.command(name, epilog=f"Example: solve.py {COMMANDS[name].example}")(called)
    return typer.main.get_command(alone)


class OnDemand(TyperGroup):
    """Commands of which the overview knows the names and what they do; the one that is called is loaded then."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Name and command of the first word, and the words after it; raises as `TyperGroup` does."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else loaded(name), rest


app = typer.Typer(
    cls=OnDemand,
    add_completion=False,
    add_help_option=False,  # a hidden one of our own leaves the overview its lines
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Central-local roles and finance. Example: solve.py run role_division",
)


def _not_loaded() -> None:
    """Stands for a command in the overview."""


for _name, _entry in COMMANDS.items():
    app.command(_name, help=_entry.does)(_not_loaded)


def _version(asked: bool) -> None:
    if asked:
        console.print(f"role-division {__version__}")
        raise typer.Exit()


def _help(context: typer.Context, asked: bool) -> None:
    if asked:
        typer.echo(context.get_help())
        raise typer.Exit()


Help = Annotated[bool, typer.Option("--help", help="Print this.", callback=_help, is_eager=True, hidden=True)]
Version = Annotated[
    bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True, hidden=True)
]


@app.callback(invoke_without_command=True)
def main(context: typer.Context, version: Version = False, overview: Help = False) -> None:
    """Without a command: run the default package on the embedded case."""
    if context.invoked_subcommand is None:
        from optimization.cli import commands

        raise typer.Exit(commands.run([DEFAULT_PACKAGE], DEFAULT_CASE, "", None))


def start(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; input faults are reported, never traced."""
    any_console()
    try:
        code = app(args=arguments, standalone_mode=False, prog_name="solve.py")
        if code == INTERRUPTED:
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
