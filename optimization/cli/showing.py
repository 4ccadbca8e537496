"""Commands that show what is already solved: reports, Excel, the local page; every function returns its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from optimization.archive import read_run_record
from optimization.case.load import load_case
from optimization.cli.console import err, out
from optimization.cli.plain import print_json
from optimization.dictionary.results import LANGUAGES, Language
from optimization.errors import InputError, Problem
from optimization.reading.files import bare_name
from optimization.reading.whereabouts import RESULTS, input_folder

REPORTS: dict[Language, str] = {"en": "report.html", "ja": "report.ja.html"}


def report(
    folder: Path,
    case_folder: Path | None,
    studies: Sequence[Path],
    language: str,
    target: Path | None,
    as_json: bool,
) -> int:
    """Write the report of a run, in both languages unless one is named."""
    from optimization.report.language import speaker
    from optimization.report.page import page, report_context, write_report
    from optimization.report.view import view_run

    languages = LANGUAGES if not language and target is None else (named_language(language or "en"),)
    run = view_run(folder, case_folder, studies)
    written = []
    for each in languages:
        place = target or folder / REPORTS[each]
        write_report(page("report.html", report_context(run, speaker(each))), place)
        written.append(place)
    tell(written, as_json)
    return 0


def export(folder: Path, case_folder: Path | None, target: Path | None, language: str, as_json: bool) -> int:
    """Write the tables of a run as one Excel workbook."""
    from optimization.report.workbook import write_workbook

    record = read_run_record(folder)
    place = target or folder.parent / f"{bare_name(folder)}.xlsx"
    write_workbook(folder, place, named_language(language or "en"), assumptions_of(record, case_folder))
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


def serve(host: str, port: int, results: Path | None, open_browser: bool) -> int:
    """The local page, until it is stopped from the keyboard."""
    from optimization.web.server import serve as start

    return start(host, port, results or RESULTS, open_browser)
