"""The command that applies what a package prescribes, without a solver; it returns its exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimization.archive import new_folder, read_decided, write_run
from optimization.case.prescribed import GivenBody
from optimization.cli.commands import checked, placed, show_notes, show_run
from optimization.cli.options import (
    CaseFolder,
    Given,
    Json,
    Out,
    Packages,
    Prefectures,
    read_question,
)
from optimization.errors import Problem, raise_if_any
from optimization.outcome.applied import apply
from optimization.outcome.given import plan_of
from optimization.outcome.result import APPLIED
from optimization.reading.table_file import text_table
from optimization.reading.whereabouts import DEFAULT_CASE, RESULTS
from optimization.solving.highs import Limits

COLUMNS = ("body", "services", "code")


def apply_package(
    packages: Packages = None,
    case_folder: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    given: Given = None,
    bodies: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Bodies: body,services,code (a row a member).")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="RUN", help="What is not prescribed is as in this run.")
    ] = None,
    folder: Out = None,
    as_json: Json = False,
) -> int:
    """Apply exactly what packages prescribe, without a solver."""
    listed = [] if bodies is None else read_bodies(bodies)
    before = None if plan is None else plan_of(read_decided(plan, column="--plan")[1])
    case, codes, package = read_question(packages, case_folder, prefectures, given)
    target = new_folder(folder, f"apply-{package.name}", RESULTS)
    result = apply(case, package, codes, listed, before)
    show_notes(result.package)
    target = placed(write_run(result, target, Limits(), APPLIED, codes), target)
    return checked(result, target, lambda: show_run(result, target, as_json))


def read_bodies(file: Path) -> list[GivenBody]:
    """Bodies from a table with a row for each member: name of the body, services (a|b), code. Raises InputError for a
    file that is no such table."""
    table = text_table(file)
    wanted = f"give the columns {', '.join(COLUMNS)}"
    raise_if_any(
        [
            Problem(str(file), "the column is missing", wanted, column=name)
            for name in COLUMNS
            if name not in table
        ]
    )
    apart = table.groupby("body", sort=False)["services"].nunique()
    raise_if_any(
        [
            Problem(
                str(file),
                "has different services in its rows",
                "give each body the same",
                str(body),
                "services",
            )
            for body in apart.index[apart > 1]
        ]
    )
    return [
        GivenBody(
            tuple(part.strip() for part in rows["services"].iloc[0].split("|") if part.strip()),
            tuple(code.strip() for code in rows["code"]),
        )
        for _, rows in table.groupby("body", sort=False)
    ]
