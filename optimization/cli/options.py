"""Options and arguments that several commands have in common, as typer reads them, and what some of them mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimization.case.assignments import package_given, said_of_the_command
from optimization.case.package import DEFAULT_PACKAGE
from optimization.errors import InputError, Problem
from optimization.outcome.methods import METHODS
from optimization.reading.whereabouts import case_folder
from optimization.solving.ends import MOST_SECONDS, MOST_SEED, MOST_THREADS

if TYPE_CHECKING:  # with pandas, for which who asks for help does not wait
    from optimization.case.case import Case
    from optimization.case.resolved import ResolvedPackage

MOST_DUTIES = 100_000
Packages = Annotated[list[str] | None, typer.Argument(help="Packages, left to right; A+B composes.")]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set beside the packages; may be repeated."),
]
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
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder to write; it must not exist yet.")
]
Seconds = Annotated[float, typer.Option(metavar="S", min=0.001, max=MOST_SECONDS, help="Solver seconds.")]
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
NamedLanguage = Annotated[str, typer.Option(metavar="NAME", help="en or ja.")]
RunFolder = Annotated[Path, typer.Argument(help="Run folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print what machines read.")]
Method = Annotated[str, typer.Option(metavar="NAME", help="decomposed or plain.")]


def named(packages: Sequence[str] | None) -> list[str]:
    """The packages of a command line; the default one where it names none."""
    return list(packages or [DEFAULT_PACKAGE])


def load_case(folder: Path) -> Case:
    """`case.kept.kept_case`, which is loaded with all that reads tables when a case is read."""
    from optimization.case.kept import kept_case

    return kept_case(folder)


def read_question(
    packages: Sequence[str] | None, case_folder: Path, prefectures: str, given: Sequence[str] | None
) -> tuple[Case, list[str], ResolvedPackage]:
    """The case of a command line, the codes of its prefectures, and its packages on them with what `--set` gives on
    top. Raises `InputError` with every fault of any of them."""
    from optimization.case.face import load_package, with_on_top

    case = load_case(case_folder)
    codes = prefecture_codes(prefectures, case)
    top = package_given(given or [])
    package = load_package(case, named(packages), codes)
    if top is not None:
        with said_of_the_command():
            package = with_on_top(case, package, top, codes)
    return case, codes, package


def known_method(method: str) -> str:
    """A method of solving. Raises `InputError` where there is no such method."""
    if method in METHODS:
        return method
    remedy = f"choose {' or '.join(METHODS)}"
    raise InputError([Problem("command line", "is not a method", remedy, column="--method", value=method)])


def prefecture_codes(text: str, case: Case) -> list[str]:
    """Prefecture codes of an option such as '03,宮城県,Akita-ken' or '03 岩手県,4'; every unknown one is a fault."""
    parts = [part.strip() for part in re.split("[,，、]", text) if text.strip()]
    return case.prefecture_codes(parts, "command line", "--prefectures")
