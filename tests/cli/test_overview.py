"""The overview says of every command what it says itself, and who only looks waits for no library of figures."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module

import pytest
import typer
from command_line import REPO, command

from optimization.cli import app as room
from optimization.cli.app import COMMANDS, Entry, app, loaded

QUICK = (["--help"], ["packages"], ["validate", "--help"], ["no-such-command"])
HEAVY = ("pandas", "scipy", "pyomo", "highspy", "starlette")


def function_of(entry: Entry) -> object:
    """The function behind a command."""
    module, _, name = entry.function.partition(".")
    return getattr(import_module(f"optimization.cli.{module}"), name)


def plain() -> typer.Typer:
    """The command line with every command loaded, as typer makes it of the functions themselves."""
    whole = typer.Typer(
        add_completion=False, add_help_option=False, rich_markup_mode=None, help=app.info.help
    )
    for name, entry in COMMANDS.items():
        whole.command(name, epilog=f"Example: solve.py {entry.example}")(function_of(entry))  # type: ignore[type-var]
    whole.callback(invoke_without_command=True)(room.main)
    return whole


@pytest.mark.parametrize("width", ["60", "80", "140"])
def test_the_overview_is_that_of_all_commands_loaded(width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    context = typer.main.get_command(plain()).make_context("solve.py", [])
    assert command("--help").out == context.get_help() + "\n"


def test_a_command_says_first_what_the_overview_says_of_it() -> None:
    for name, entry in COMMANDS.items():
        assert (inspect.getdoc(function_of(entry)) or "").splitlines()[0] == entry.does, name


def test_a_command_is_the_one_of_its_name() -> None:
    whole = typer.main.get_command(plain())
    for name in COMMANDS:
        alone, among = loaded(name), whole.commands[name]  # type: ignore[attr-defined]
        assert (alone.help, alone.epilog) == (among.help, among.epilog)
        assert [each.opts for each in alone.params] == [each.opts for each in among.params], name


def test_who_only_looks_waits_for_no_library_of_figures() -> None:
    script = (
        "import sys\n"
        "from optimization.cli.app import start\n"
        f"for words in {QUICK!r}:\n"
        "    start(words)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPO, capture_output=True, encoding="utf-8")
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
