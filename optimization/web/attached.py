"""Analyses started from a run's page and attached to it: asked for, watched as any job, read and saved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from optimization.errors import InputError
from optimization.reading.whereabouts import input_folder
from optimization.web import analysis_view
from optimization.web.analysing import EXPLAIN, KINDS, RECOMMEND, SENSITIVITY
from optimization.web.at_address import Apart, ordered, run_at
from optimization.web.cases import attached_to, case_cards, case_is_here, is_own
from optimization.web.digest import folder_digest
from optimization.web.downloads import attached, table_of
from optimization.web.jobs import Jobs, Order
from optimization.web.labels import Labels
from optimization.web.own_page import report_of
from optimization.web.page import page, refusal, voice_of
from optimization.web.run_view import run_line

NAME = re.compile(rf"({'|'.join(KINDS)})-\d{{8}}T\d{{6}}Z-[0-9a-f]{{8}}")
MOST = 20
"""Analyses of a run; who wants more deletes the run or copies it."""


@dataclass(frozen=True)
class Attached:
    """The addresses of the analyses of runs; `apart` lets a few dear pages be made side by side."""

    jobs: Jobs
    labels: Labels
    apart: Apart

    def routes(self) -> list[Route]:
        """Every address."""
        return [
            Route("/runs/{id}/analyses", self.start, methods=["POST"]),
            Route("/runs/{id}/analyses/{name}", self.apart(self.shown)),
            Route("/runs/{id}/analyses/{name}/report", self.apart(self.report)),
            Route("/runs/{id}/analyses/{name}/tables/{table}.csv", self.apart(self.table)),
        ]

    def start(self, request: Request) -> Response:
        """Order an analysis of a run; its job is watched like that of a run."""
        run = run_at(self.jobs.results, request)
        kind = str(next(iter(request.state.fields.get("kind", ())), ""))
        if kind not in KINDS:
            raise HTTPException(404)
        if not run.decided and kind != EXPLAIN:
            return refusal(request, 422, "refused_undecided")
        if str(run.record["case"]) not in case_cards():
            return refusal(request, 422, "no_case")
        waiting = sum(job.order.of == run.id and job.ended is None for job in self.jobs.all())
        if len(attached_names(self.jobs.results, run.id)) + waiting >= MOST:
            return refusal(request, 422, "refused_attached")
        order = Order(
            str(run.record["case"]),
            str(run.record["package"]),
            tuple(str(code) for code in run.record["prefectures_asked"]),
            kind=kind,
            of=run.id,
            options={"folder": str(run.folder)},
        )
        return ordered(request, self.jobs, order)

    def shown(self, request: Request) -> Response:
        """An analysis: what it tells, and its tables."""
        run, folder, voice = run_at(self.jobs.results, request), self._folder(request), voice_of(request)
        kind, here = folder.name.partition("-")[0], f"/runs/{run.id}"
        reports = {SENSITIVITY: f"{here}/report", RECOMMEND: f"{here}/analyses/{folder.name}/report"}
        return page(
            request,
            "analysis.html",
            run=run,
            line=run_line(run, voice, self.labels.get(run.id)),
            name=folder.name,
            kind=kind,
            report=reports.get(kind, ""),
            sentences=analysis_view.sentences(folder, voice),
            tables=analysis_view.tables(folder, run, voice),
            files=[path.stem for path in _files(folder)],
        )

    def report(self, request: Request) -> Response:
        """The report of a plan that was recommended."""
        run, folder = run_at(self.jobs.results, request), self._folder(request)
        if folder.name.partition("-")[0] != RECOMMEND:
            raise HTTPException(404)
        if not case_is_here(run):
            return refusal(request, 422, "no_case")
        case, language = input_folder(str(run.record["case"])), voice_of(request).language
        try:
            html, policy = report_of(folder, case, language, folder_digest(folder), folder_digest(case))
        except InputError as error:
            return refusal(request, 422, "no_report", error.problems)
        return HTMLResponse(html, headers={"content-security-policy": policy})

    def table(self, request: Request) -> Response:
        """A table of an analysis as CSV."""
        folder, wanted = self._folder(request), request.path_params["table"]
        for path in _files(folder):
            if path.stem == wanted:
                headers = attached(f"{folder.name}-{path.name}")
                return Response(table_of(path), media_type="text/csv; charset=utf-8", headers=headers)
        raise HTTPException(404)

    def _folder(self, request: Request) -> Path:
        """The folder of the analysis that an address names, one of those that are there."""
        run, name = run_at(self.jobs.results, request), request.path_params["name"]
        if name not in attached_names(self.jobs.results, run.id):
            raise HTTPException(404)
        return attached_to(self.jobs.results, run.id) / name


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.csv")) if is_own(path)]


def attached_names(results: Path, run: str) -> list[str]:
    """The analyses of a run that are there, newest first."""
    try:
        found = [each for each in attached_to(results, run).iterdir() if NAME.fullmatch(each.name)]
    except OSError:
        return []
    folders = [each.name for each in found if each.is_dir() and not each.is_symlink()]
    return sorted(folders, key=lambda name: name.partition("-")[2], reverse=True)


def attached_studies(results: Path, run: str) -> tuple[Path, ...]:
    """The folder of the newest sensitivity of a run, for its report; empty where there is none."""
    names = [name for name in attached_names(results, run) if name.startswith(SENSITIVITY)]
    return tuple(attached_to(results, run) / name for name in names[:1])


def under_way(jobs: Jobs, run: str) -> list[tuple[str, str, str]]:
    """Id, kind and state of every analysis of a run that waits or is being done."""
    return [
        (job.id, job.order.kind, job.state) for job in jobs.all() if job.order.of == run and job.ended is None
    ]


def of_run(results: Path, run: str) -> list[tuple[str, str, str]]:
    """Name, kind and time (UTC) of every analysis of a run, as its page lists them."""
    found = []
    for name in attached_names(results, run):
        kind, _, rest = name.partition("-")
        found.append((name, kind, f"{rest[:4]}-{rest[4:6]}-{rest[6:8]} {rest[9:11]}:{rest[11:13]}"))
    return found
