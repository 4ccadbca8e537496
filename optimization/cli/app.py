"""The command line: every command with its example, and every end turned into an exit code.

0 solved to the asked gap; 2 bad input; 3 infeasible; 4 stopped with an incumbent; 5 stopped without;
1 a defect of ours.
"""

import sys
from collections.abc import Callable
from typing import Annotated

import typer
from typer.exceptions import TyperException

from optimization import __version__
from optimization.case.face import DEFAULT_PACKAGE
from optimization.cli import (
    analyses,
    applying,
    commands,
    looking,
    making,
    recommending,
    showing,
    tracing,
)
from optimization.cli.console import err, show_problems
from optimization.cli.console import out as console
from optimization.cli.parts import missing_part
from optimization.cli.plain import any_console
from optimization.cli.surroundings import SURROUNDINGS, unwritable
from optimization.errors import InputError, Problem
from optimization.outcome.verdict import NoPlanError
from optimization.reading.whereabouts import DEFAULT_CASE

BAD_INPUT = 2

COMMANDS: tuple[tuple[Callable[..., int], str], ...] = (
    (commands.run, "run role_division --prefectures 03 --out results/iwate"),
    (applying.apply_package, "apply role_division --set responsibility.fix.fire=prefecture"),
    (commands.rerun, "rerun results/mine"),
    (commands.validate, "validate wide_area --case inputs/iwate-2022"),
    (commands.packages, "packages role_division"),
    (looking.list_names, "list settings equity"),
    (looking.town, "town Tono results/mine"),
    (tracing.trace_grant, "trace Tono results/mine --out tono.xlsx"),
    (making.prepare, "prepare --allocation-tax DIR --year 2022 --out inputs/new-2022"),
    (commands.compare, "compare status_quo wide_area role_division --prefectures 03"),
    (commands.exact, "exact results/mine"),
    (analyses.explain, "explain role_division --services fire,police"),
    (analyses.alternatives, "alternatives role_division --within 0.005 --count 3"),
    (analyses.pareto, "pareto role_division --against equity,changes --points 8"),
    (analyses.sensitivity, "sensitivity role_division --method morris --draws 200"),
    (recommending.recommend, "recommend role_division --case inputs/iwate-2022"),
    (analyses.sweep, "sweep inputs/studies/pool_and_floor.toml --processes 2"),
    (showing.report, "report results/mine --study results/sensitivity-role_division-morris"),
    (showing.brief, "brief results/mine --language ja --out brief.docx"),
    (showing.export, "export results/mine --language ja --out mine.xlsx"),
    (showing.serve, "serve --port 8000"),
    (making.curves, "curves --out results/scale_fit.csv"),
    (making.estimate, "estimate --out results/estimates"),
    (making.cut, "cut --prefectures 03 --out inputs/iwate-2022"),
)
"""Every command, with an example that begins with its name."""

app = typer.Typer(
    add_completion=False,
    add_help_option=False,  # a hidden one of our own leaves the overview its lines
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Central-local roles and finance. Example: solve.py run role_division",
)
for function, example in COMMANDS:
    app.command(example.split()[0], epilog=f"Example: solve.py {example}")(function)


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
        raise typer.Exit(commands.run([DEFAULT_PACKAGE], DEFAULT_CASE, "", None))


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
