"""Commands that show what is already solved: reports, Excel, the local page; every function returns its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from optimization.archive import read_run_record
from optimization.cli.console import err, out
from optimization.cli.options import AnyCase, Json, NamedLanguage, RunFolder, load_case
from optimization.cli.parts import missing_part
from optimization.cli.plain import print_json
from optimization.dictionary.results import LANGUAGES, Language
from optimization.errors import InputError, Problem
from optimization.reading.files import bare_name
from optimization.reading.whereabouts import RESULTS, input_folder

if TYPE_CHECKING:  # loaded when it is asked for
    from optimization.report.brief import Brief

BRIEFS: dict[Language, tuple[str, str]] = {
    "en": ("brief.html", "brief.docx"),
    "ja": ("brief.ja.html", "brief.ja.docx"),
}
KINDS_OF_BRIEF = (".html", ".docx")
REPORTS: dict[Language, str] = {"en": "report.html", "ja": "report.ja.html"}


def report(
    run: RunFolder,
    case_folder: AnyCase = None,
    study: Annotated[list[Path] | None, typer.Option(help="Sensitivity study of the same question.")] = None,
    language: NamedLanguage = "",
    target: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="File (RUN/report.html, RUN/report.ja.html)."),
    ] = None,
    as_json: Json = False,
) -> int:
    """One HTML page of a run: roles, map, money, doubts."""
    from optimization.report.language import speaker
    from optimization.report.page import page, report_context, write_report
    from optimization.report.view import view_run

    languages = LANGUAGES if not language and target is None else (named_language(language or "en"),)
    seen = view_run(run, case_folder, study or [])
    written = []
    for each in languages:
        place = target or run / REPORTS[each]
        write_report(page("report.html", report_context(seen, speaker(each))), place)
        written.append(place)
    tell(written, as_json)
    return 0


def brief(
    run: RunFolder,
    case_folder: AnyCase = None,
    language: NamedLanguage = "",
    target: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="One file, .html or .docx (all four in RUN)."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Two pages for who decides, to print or as docx."""
    from optimization.report.brief import brief_of, brief_page
    from optimization.report.page import write_report
    from optimization.report.view import view_run

    languages = LANGUAGES if not language and target is None else (named_language(language or "en"),)
    if target is not None and target.suffix not in KINDS_OF_BRIEF:
        remedy = f"end it in {' or '.join(KINDS_OF_BRIEF)}"
        message = "is no kind of brief"
        raise InputError([Problem("command line", message, remedy, column="--out", value=str(target))])
    seen, written = view_run(run, case_folder), []
    for each in languages:
        places = [target] if target is not None else [run / name for name in BRIEFS[each]]
        for place in places:
            if place.suffix == ".html":
                write_report(brief_page(seen, each), place)
            elif not _document(brief_of(seen, each), place, target is not None):
                continue
            written.append(place)
    tell(written, as_json)
    return 0


def _document(told: Brief, place: Path, asked: bool) -> bool:
    """Write a brief as a document; whether it was. Where the library lacks that is a fault only if it was asked for."""
    from optimization.report.brief_docx import brief_document
    from optimization.report.page import write_report

    try:
        content = brief_document(told)
    except ModuleNotFoundError as error:
        missing = missing_part(error)
        if asked:
            raise missing from error
        err.print(
            f"note: {place.name} was not written: {missing.problems[0].message}; {missing.problems[0].remedy}"
        )
        return False
    write_report(content, place)
    return True


def export(
    run: RunFolder,
    case_folder: AnyCase = None,
    language: NamedLanguage = "",
    target: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="File (beside the folder).")
    ] = None,
    as_json: Json = False,
) -> int:
    """The tables of a run as one Excel workbook."""
    from optimization.report.traced import steps_or_why
    from optimization.report.workbook import write_workbook

    record = read_run_record(run)
    place = target or run.parent / f"{bare_name(run)}.xlsx"
    said, case = named_language(language or "en"), load_case(case_folder or input_folder(str(record["case"])))
    steps = steps_or_why(run, case, said)
    write_workbook(run, place, said, assumptions_of(record, case_folder), steps)
    tell([place], as_json)
    return 0


def assumptions_of(record: dict[str, object], case_folder: Path | None) -> pd.DataFrame | None:
    """The parameter table of the run's case, where it still is the one the run was solved on; else a note and None."""
    folder = case_folder or input_folder(str(record["case"]))
    case = load_case(folder)
    then = record["inputs_sha256"]
    if not isinstance(then, dict) or case.sha256.get("parameters.csv") != then.get("parameters.csv"):
        err.print("note: the case's parameters have changed since the run; their sheet is left out")
        return None
    return case.parameters.table


def named_language(text: str) -> Language:
    """A language of the reports by its name."""
    for language in LANGUAGES:
        if text == language:
            return language
    remedy = f"choose {' or '.join(LANGUAGES)}"
    raise InputError([Problem("command line", "is not a language", remedy, column="--language", value=text)])


def tell(written: Sequence[Path], as_json: bool) -> None:
    """Say which files were written, and how large they are."""
    if as_json:
        print_json({"written": [str(path) for path in written]})
        return
    for path in written:
        out.print(f"Wrote {path} ({path.stat().st_size / 1e6:.1f} MB).")


def serve(
    host: Annotated[str, typer.Option(help="Address; any but this machine asks for a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one.")] = 8000,
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the runs (results).")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
) -> int:
    """A page on this machine: run, watch, read, look up."""
    from optimization.web.server import serve as start

    return start(host, port, results or RESULTS, browser)
