"""Every step of the grant of a town or a prefecture in a run, as a page and as a sheet: from the cell of the official
workbook to what the package changes, to the yen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from optimization.case.case import Case
from optimization.dictionary.results import Language
from optimization.errors import InputError
from optimization.outcome.trace import COLUMNS
from optimization.reading.whereabouts import input_folder
from optimization.report.trace_sheet import sheet_bytes
from optimization.report.trace_table import block_title
from optimization.report.traced import YEN, Traced, steps_or_why, traced
from optimization.web.at_address import decided_at
from optimization.web.cases import Finished, case_is_here, case_of
from optimization.web.digest import folder_digest
from optimization.web.downloads import EXCEL, attached
from optimization.web.labels import Labels
from optimization.web.language import Voice
from optimization.web.once import once
from optimization.web.page import page, refusal, voice_of
from optimization.web.run_view import run_line
from optimization.web.towns import find_towns

CODE = re.compile(r"\d{2}(?:\d{3})?")
MOST_HITS = 60
"""Towns of one name that are shown."""


@dataclass(frozen=True)
class Step:
    """A line as the page shows it: its name, the service that carries it, its amount in yen, where it stands."""

    label: str
    service: str
    amount: str
    workbook: str
    sheet: str
    heading: str
    total: bool


@dataclass(frozen=True)
class TracePages:
    """The addresses of the steps of a grant."""

    results: Path
    labels: Labels

    def routes(self) -> list[Route]:
        """Every address."""
        return [Route("/runs/{id}/trace", self.shown), Route("/runs/{id}/trace.xlsx", self.sheet)]

    def shown(self, request: Request) -> Response:
        """The page: a town by `q` or, as a prefecture too, by its `code`."""
        run, voice = decided_at(self.results, request), voice_of(request)
        if not case_is_here(run):
            return refusal(request, 422, "no_case")
        query, code = request.query_params.get("q", "").strip()[:100], request.query_params.get("code", "")
        hits = find_towns(run.towns, query) if query else []
        code = hits[0].code if len(hits) == 1 else code
        try:
            government = government_of(code, run.case) if code else ""
            blocks = blocks_of(steps_of(run), government, run, voice) if government else []
        except InputError as error:
            return refusal(request, 422, "no_trace", error.problems)
        return page(
            request,
            "trace.html",
            run=run,
            line=run_line(run, voice, self.labels.get(run.id)),
            query=query,
            government=government,
            code_of=lambda each: each.partition("+")[0],
            called=called(government, run.case, voice) if government else "",
            home=_home(government, run.case, voice),
            blocks=blocks,
            hits=[(each.code, called(each.code, run.case, voice)) for each in hits[:MOST_HITS]],
        )

    def sheet(self, request: Request) -> Response:
        """One government's steps as an Excel sheet."""
        run, voice = decided_at(self.results, request), voice_of(request)
        if not case_is_here(run):
            return refusal(request, 422, "no_case")
        try:
            government = government_of(request.query_params.get("code", ""), run.case)
            rows = [
                (block, line.name, *line.label, line.service, *line.source, amount, int(line.total))
                for block, lines in steps_of(run).blocks(government)
                for line, amount in lines
            ]
        except InputError as error:
            return refusal(request, 422, "no_trace", error.problems)
        table = pd.DataFrame(rows, columns=COLUMNS)
        labels = run.tables["services"].set_index("service")[f"label_{voice.language}"].to_dict()
        content = sheet_bytes(table, called(government, run.case, voice), labels, voice.language)
        name = f"{run.id}-trace-{government.replace('+', '-')}-{voice.language}.xlsx"
        return Response(content, media_type=EXCEL, headers=attached(name))


def steps_of(run: Finished) -> Traced:
    """The steps of a run, worked out once until it or its case is changed. Raises InputError where it cannot be counted
    again."""
    case = str(run.record["case"])
    return _steps(run.folder, case, run.digest, folder_digest(input_folder(case)))


@once(4)
def _steps(folder: Path, case: str, _: str, __: str) -> Traced:
    return traced(folder, case_of(case))


def government_of(code: str, case: Case) -> str:
    """The government whose grant a code stands for: of a town, a prefecture, or Tokyo with its wards; 404 for any
    other."""
    if CODE.fullmatch(code):
        if code in case.municipalities.index:
            return str(case.government_of_municipality[code])
        if code in case.prefectures.index:
            return str(case.government_of_prefecture[code])
    raise HTTPException(404)


def called(code: str, case: Case, voice: Voice) -> str:
    """A government, or a town, as it is called."""
    language = voice.language
    if code in case.municipalities.index:
        name = str(case.municipalities.at[code, "name_ja"])
        if language == "en" and code in case.readings.index:
            return f"{case.readings.at[code, 'name_romaji']} ({name})"
        return name
    return (
        str(case.prefectures.at[code, f"name_{language}"])
        if code in case.prefectures.index
        else voice("tokyo_joint")
    )


def _home(government: str, case: Case, voice: Voice) -> tuple[str, str] | None:
    """Code and name of a town's prefecture; None for a prefecture."""
    if government not in case.municipalities.index:
        return None
    code = str(case.municipalities.at[government, "prefecture_code"])
    return code, str(case.prefectures.at[code, f"name_{voice.language}"])


def blocks_of(found: Traced, government: str, run: Finished, voice: Voice) -> list[tuple[str, list[Step]]]:
    """The blocks of a government with their titles."""
    at, labels = ("en", "ja").index(voice.language), run.tables["services"].set_index("service")
    names: dict[str, Any] = labels[f"label_{voice.language}"].to_dict()

    def step(line: Any, amount: float) -> Step:
        workbook, sheet, heading = line.source
        yen, service = voice.yen(round(amount * YEN)), str(names.get(line.service, ""))
        return Step(line.label[at], service, yen, workbook, sheet, heading, bool(line.total))

    return [
        (block_title(block, voice.language), [step(line, amount) for line, amount in lines])
        for block, lines in found.blocks(government)
    ]


def workbook_steps(run: Finished, language: Language) -> Traced | str | None:
    """The steps of a run for its workbook, or in words why it has none; None where its case is not there."""
    return steps_or_why(run.folder, case_of(str(run.record["case"])), language) if case_is_here(run) else None
