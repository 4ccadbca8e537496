"""Commands that make cases of official files and of other cases; every one returns its exit code."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from optimization.archive import kept, new_folder, write_tables, written_over
from optimization.case.load import load_case
from optimization.cli.console import err, out, show_frame
from optimization.cli.held_against import show_fit
from optimization.cli.options import CaseFolder, Out, Processes, prefecture_codes
from optimization.costs.curve_report import report_all
from optimization.costs.standard import curve_data
from optimization.dictionary.history import HISTORY as TABLE_OF_YEARS
from optimization.errors import InputError, Problem
from optimization.reading.whereabouts import DEFAULT_CASE, HISTORY, INPUTS, RESULTS
from optimization.web.downloads import inert_csv

FIRST_YEAR, LAST_YEAR = 1954, 2100
"""Years of the allocation tax; a record holds no other."""


class Vintage(StrEnum):
    """Decisions of the allocation tax within a year."""

    INITIAL = "initial"
    REVISED = "revised"


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
    folder: Annotated[
        Path | None, typer.Option("--out", help="Folder to write (default inputs/prepared-YEAR).")
    ] = None,
    vintage: Annotated[
        Vintage, typer.Option(help="Decision of the year: of July, or revised in winter.")
    ] = Vintage.INITIAL,
    history: Annotated[
        bool, typer.Option("--history", help="All years of the workbooks into one table instead.")
    ] = False,
) -> int:
    """Official workbooks to a case's tables, every sum checked."""
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
        allocation_tax, tables, indicators, year, target, readings, vintage.value, DEFAULT_CASE, settlement
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


def cut(
    prefectures: Annotated[str, typer.Option(help="Names or codes, e.g. Iwate,04.")],
    folder: Annotated[Path, typer.Option("--out", help="Folder of the new case.")],
    case_folder: CaseFolder = DEFAULT_CASE,
) -> int:
    """Cut a small case, such as a teaching case, from a large one."""
    from optimization.prepare.case import cut_case

    codes = prefecture_codes(prefectures, load_case(case_folder))
    if not (folder / "prefectures.csv").is_file():  # a case may be cut anew, no other folder written into
        new_folder(folder, folder.name, RESULTS)
    for note in cut_case(case_folder, codes, folder).kept_out:
        err.print(f"note: {note}")
    out.print(f"Wrote {folder}: prefectures {', '.join(codes)} of {case_folder}.")
    return 0


def estimate(
    case_folder: CaseFolder = DEFAULT_CASE,
    folder: Out = None,
    history: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Table of all years (that of the inputs).")
    ] = None,
    processes: Processes = 2,
    write: Annotated[
        bool, typer.Option("--write", help="Put them into the case: parameters.csv, sharing_preferences.csv.")
    ] = False,
) -> int:
    """Estimate effects of size and sharing on spending and need.

    Tables of estimates, tests and held-out intervals, and the parameters made of them.
    """
    from optimization.evidence.estimate import estimate as estimated
    from optimization.evidence.parameters import written_into

    target = new_folder(folder, "estimate", RESULTS)
    if history is None and (HISTORY / TABLE_OF_YEARS).is_file():
        history = HISTORY
    found = estimated(load_case(case_folder), history, processes)
    target = kept(target, lambda draft: write_tables(draft, found.tables))
    show_frame(found.parameters.drop(columns=["unit", "source"]), "Parameters estimated", 3)
    if write:
        were = written_into(case_folder, found.parameters, found.sharing_preferences)
        out.print(f"Wrote {len(found.parameters)} parameters into {case_folder}; {were} were assumptions.")
    out.print(f"Wrote {target}.")
    return 0


def curves(case_folder: CaseFolder = DEFAULT_CASE, target: Out = None) -> int:
    """How well the scale curves fit the official needs.

    Printed, and written as CSV where `target` names a file.
    """
    case = load_case(case_folder)
    report = report_all({s: (x, y, list(codes)) for s, (x, y, codes) in curve_data(case).items()})
    show_fit(report)
    if target is not None:
        new_folder(target, target.name, RESULTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        written_over(target, inert_csv(report.to_csv(index=False, lineterminator="\n")))
        out.print(f"Wrote {target}.")
    return 0
