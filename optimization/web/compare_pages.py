"""Runs side by side: the page that compares them, the one with maps, and the table as CSV and Excel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from optimization.errors import InputError
from optimization.web import compare_view
from optimization.web.at_address import Apart
from optimization.web.cases import Finished, finished_run
from optimization.web.downloads import EXCEL, attached, inert_csv
from optimization.web.labels import Labels
from optimization.web.own_page import policy_of
from optimization.web.page import page, refusal, voice_of
from optimization.web.run_view import run_line

CSV = "text/csv; charset=utf-8"
MOST_COMPARED = 8


@dataclass(frozen=True)
class Comparisons:
    """The addresses that hold runs against each other; `apart` lets a few dear pages be made side by side."""

    results: Path
    labels: Labels
    apart: Apart

    def routes(self) -> list[Route]:
        """Every address."""
        return [
            Route("/compare", self.apart(self.compare)),
            Route("/compare/page", self.apart(self.compare_page)),
            Route("/compare.csv", self.apart(self.compare_csv)),
            Route("/compare.xlsx", self.apart(self.compare_xlsx)),
        ]

    def _compared(self, request: Request) -> list[Finished] | None:
        """The runs to compare, two at least; 404 for an unknown one."""
        asked = list(dict.fromkeys(request.query_params.getlist("run")))
        if not 2 <= len(asked) <= MOST_COMPARED:
            return None
        found = [finished_run(self.results, name) for name in asked]
        if None in found:
            raise HTTPException(404)
        return [run for run in found if run is not None]

    def _comparison(
        self, request: Request, answer: Callable[[list[Finished], pd.DataFrame], Response]
    ) -> Response:
        runs = self._compared(request)
        if runs is None:
            return refusal(request, 422, "refused_compare")
        try:
            table = compare_view.comparison(runs)
        except InputError as error:
            return refusal(request, 422, "refused_undecided", error.problems)
        return answer(runs, table)

    def compare(self, request: Request) -> Response:
        """Settings and outcomes in which runs differ."""
        voice = voice_of(request)

        def answer(runs: list[Finished], table: pd.DataFrame) -> Response:
            asked = {(str(run.record["case"]), tuple(run.record["prefectures_asked"])) for run in runs}
            return page(
                request,
                "compare.html",
                lines=[run_line(run, voice, self.labels.get(run.id)) for run in runs],
                names=compare_view.names_of(table, voice, [self.labels.get(run.id).name for run in runs]),
                settings=compare_view.rows_of(table, "setting", runs, voice),
                outcomes=compare_view.rows_of(table, "outcome", runs, voice),
                unlike=len(asked) > 1,
                query="&".join(f"run={run.id}" for run in runs),
            )

        return self._comparison(request, answer)

    def compare_page(self, request: Request) -> Response:
        """The comparison with maps and flows, a page of its own."""
        from optimization.report.comparison import render_comparison

        def answer(runs: list[Finished], _: pd.DataFrame) -> Response:
            html = render_comparison([run.folder for run in runs], language=voice_of(request).language)
            return HTMLResponse(html, headers={"content-security-policy": policy_of(html)})

        return self._comparison(request, answer)

    def compare_csv(self, request: Request) -> Response:
        """The comparison as CSV."""

        def answer(_: list[Finished], table: pd.DataFrame) -> Response:
            text = inert_csv(table.to_csv(index=False, lineterminator="\n"))
            return Response(text, media_type=CSV, headers=attached("comparison.csv"))

        return self._comparison(request, answer)

    def compare_xlsx(self, request: Request) -> Response:
        """The comparison as Excel."""

        def answer(runs: list[Finished], table: pd.DataFrame) -> Response:
            content = compare_view.workbook(table, runs, voice_of(request))
            return Response(content, media_type=EXCEL, headers=attached("comparison.xlsx"))

        return self._comparison(request, answer)
