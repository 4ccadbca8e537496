"""The pages: start, list of runs, one run and what can be had of it, town, comparison, about."""

from __future__ import annotations

import asyncio
import mimetypes
import re
import tempfile
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from optimization.archive.run import RESOLVED
from optimization.case.face import DEFAULT_PACKAGE
from optimization.case.package import STATUS_QUO
from optimization.errors import InputError
from optimization.reading.table_file import text_table
from optimization.reading.whereabouts import input_folder
from optimization.report.workbook import write_workbook
from optimization.web import bench_files, brief_pages, run_view, town_view, workbench
from optimization.web.at_address import decided_at, ordered, run_at
from optimization.web.attached import Attached, attached_studies, of_run, under_way
from optimization.web.bench_runs import BenchRuns
from optimization.web.cases import (
    broken_cases,
    broken_packages,
    case_cards,
    case_is_here,
    finished_run,
    is_own,
    packages,
)
from optimization.web.compare_pages import CSV, MOST_COMPARED, Comparisons
from optimization.web.digest import file_digest, folder_digest
from optimization.web.downloads import EXCEL, attached, keep_newest, table_of
from optimization.web.faults import all_said
from optimization.web.form import (
    GAP,
    SECONDS,
    Typed,
    changed_since,
    entries,
    order_of,
    placeholders,
    read_form,
    seen,
)
from optimization.web.jobs import DONE, Job, Jobs
from optimization.web.labels import Labels
from optimization.web.own_page import report_of
from optimization.web.page import HERE, page, refusal, voice_of
from optimization.web.run_care import RunCare
from optimization.web.run_list import run_list
from optimization.web.towns import find_towns, nearest_towns
from optimization.web.trace_page import TracePages, workbook_steps

FIRST = (DEFAULT_PACKAGE, STATUS_QUO)
"""Packages shown before the others."""
MOST_FAULTS = 5
"""Faults of a case that are shown; the others are counted."""
KEPT_WORKBOOKS = 16
"""Excel files that are kept for whoever asks for them again."""
DEAR_AT_ONCE = 2
"""Reports, workbooks, tables and comparisons that are made side by side; further ones wait."""
MOST_TOWNS = 60
CODE = re.compile(r"\d{5}")


mimetypes.add_type(
    "text/javascript", ".js"
)  # a registry of Windows may say otherwise: no browser would run them


@dataclass
class Site:
    """The pages over a folder of results and the jobs that write into it."""

    results: Path
    jobs: Jobs
    scratch: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="optimization-")
    )
    writing: threading.Lock = field(default_factory=threading.Lock)
    labels: Labels = field(init=False)
    dear: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DEAR_AT_ONCE))

    def __post_init__(self) -> None:
        self.labels = Labels(self.results)
        self.labels.sweep()

    def routes(self) -> list[Route | Mount]:
        """Every address. All but the static files are answered in threads: reading tables takes a while."""
        return [
            Route("/", self.start),
            Route("/", self.order, methods=["POST"]),
            Route("/values", self.values),
            Route("/runs", self.runs),
            Route("/runs/{id}", self.run),
            Route("/runs/{id}/progress", self.progress),
            Route("/runs/{id}/cancel", self.cancel, methods=["POST"]),
            Route("/runs/{id}/report", self.apart(self.report)),
            Route("/runs/{id}/brief", self.apart(self.brief)),
            Route("/runs/{id}/brief.docx", self.apart(self.document)),
            Route("/runs/{id}/town", self.town),
            Route("/runs/{id}/package.toml", self.package),
            Route("/runs/{id}/workbook.xlsx", self.apart(self.workbook)),
            Route("/runs/{id}/tables/{name}.csv", self.apart(self.table)),
            *Comparisons(self.results, self.labels, self.apart).routes(),
            Route("/about", self.about),
            *workbench.routes(),
            *bench_files.routes(),
            *BenchRuns(self.jobs, self.labels).routes(),
            *Attached(self.jobs, self.labels, self.apart).routes(),
            *RunCare(self.jobs, self.labels).routes(),
            *TracePages(self.results, self.labels).routes(),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ]

    def apart(self, view: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
        """A page that takes seconds to make, a few at once: forty would take every thread, and nobody could open any
        page. Who has gone by his turn is passed over."""

        async def answer(request: Request) -> Response:
            async with self.dear:
                if await request.is_disconnected():
                    return Response()
                return await run_in_threadpool(view, request)

        return answer

    # ---- start

    def start(self, request: Request) -> Response:
        """The form; fields in the address fill it in."""
        fields: dict[str, list[str]] = {}
        for name, value in request.query_params.multi_items():
            fields.setdefault(name, []).append(value)
        return self._form(request, read_form(fields, voice_of(request)), 200)

    def order(self, request: Request) -> Response:
        """Take an order, or show the form again with what is wrong in it."""
        voice, fields = voice_of(request), request.state.fields
        typed = read_form(fields, voice)
        if fields.get("do") == ["show"]:
            return self._form(request, typed, 200)
        if typed.faults or (changed := changed_since(typed, voice)):
            stale = typed if typed.faults else replace(typed, faults=tuple(changed))
            return self._form(request, stale, 422)
        order = order_of(typed, voice)
        if isinstance(order, list):
            wrong = Typed(fields, typed.case, typed.package, typed.prefectures, faults=tuple(order))
            return self._form(request, wrong, 422)
        return ordered(request, self.jobs, order)

    def _form(self, request: Request, typed: Typed, status: int) -> Response:
        voice = voice_of(request)
        return page(
            request,
            "start.html",
            status,
            typed=typed,
            cases=list(case_cards().values()),
            broken={name: all_said(found, voice.language) for name, found in broken_cases().items()},
            most=MOST_FAULTS,
            packages=sorted(packages(), key=lambda each: (each.name not in FIRST, each.name)),
            titles={each.name: each.called(voice.language) for each in packages()},
            groups=entries(typed, voice),
            seen=seen(typed.case, typed.package),
            unread=all_said(broken_packages(), voice.language),
            options=(GAP, SECONDS),
        )

    def values(self, request: Request) -> Response:
        """The settings of a package on a case as JSON, for the form when another is chosen; 404 for an unknown one."""
        case, package = (request.query_params.get(name, "") for name in ("case", "package"))
        if case not in case_cards() or package not in [each.name for each in packages()]:
            raise HTTPException(404)
        values = placeholders(case, package, voice_of(request))
        return JSONResponse({**values, "seen": seen(case, package)})

    # ---- runs

    def runs(self, request: Request) -> Response:
        """The list of all runs."""
        ticked = list(dict.fromkeys(request.query_params.getlist("run")))[:MOST_COMPARED]
        asked = request.query_params.get("page", "1")
        shown = run_list(self.jobs, self.labels, asked, ticked, voice_of(request))
        return page(request, "runs.html", most=MOST_COMPARED, **shown)

    def _job(self, request: Request) -> Job:
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            raise HTTPException(404)
        return job

    def run(self, request: Request) -> Response:
        """One run: its progress, its result, or why there is none."""
        voice = voice_of(request)
        run = finished_run(self.results, request.path_params["id"])
        if run is not None and run.decided:
            return page(
                request,
                "run.html",
                run=run,
                label=self.labels.get(run.id),
                analyses=of_run(self.results, run.id),
                asking=under_way(self.jobs, run.id),
                line=run_view.run_line(run, voice, self.labels.get(run.id)),
                headline=run_view.headline(run, voice),
                verdicts=run_view.verdict_rows(run, voice),
                downloads=run_view.downloads(run, voice),
                has_towns=case_is_here(run),
            )
        if run is not None:
            why, arguments = run_view.diagnosis(run, voice)
            line = run_view.run_line(run, voice, self.labels.get(run.id))
            tried = of_run(self.results, run.id)
            return page(
                request, "failed.html", line=line, why=why, detail=arguments, saved=run, analyses=tried
            )
        job = self._job(request)
        if job.state == DONE and job.order.of:
            return RedirectResponse(f"/runs/{job.order.of}/analyses/{job.order.kind}-{job.id}", 303)
        if job.state == DONE:  # its folder has been taken away since
            raise HTTPException(404)
        line = run_view.job_line(job, voice, self.labels.get(job.id))
        now = run_view.progress(self.jobs, job, voice)
        if not now["over"]:
            mine = job.session == request.state.session
            return page(request, "running.html", line=line, now=now, mine=mine, refresh=3)
        why = voice("was_cancelled") if job.state == "cancelled" else run_view.failure(job, voice)
        detail = run_view.detail_of(job, voice)
        return page(request, "failed.html", line=line, why=why, detail=detail, saved=None, analyses=[])

    def progress(self, request: Request) -> Response:
        """The progress of a job, as JSON; asked for every second by everybody who waits, so no run is looked at."""
        job = self.jobs.get(request.path_params["id"])
        if job is not None and job.state != DONE:
            return JSONResponse(run_view.progress(self.jobs, job, voice_of(request)))
        if job is None or not job.order.of:
            run_at(self.results, request)
        return JSONResponse({"state": DONE, "over": True})

    def cancel(self, request: Request) -> Response:
        """End a job; only who asked for it may."""
        job = self._job(request)
        if job.session != request.state.session:
            return refusal(request, 403, "refused_not_yours")
        self.jobs.cancel(job)
        return RedirectResponse(f"/runs/{request.path_params['id']}", 303)

    # ---- what a run gives

    def report(self, request: Request) -> Response:
        """The report, a page of its own: it may run the scripts it brings and nothing else, and load nothing."""
        run = decided_at(self.results, request)
        if not case_is_here(run):
            return refusal(request, 422, "no_case")
        try:
            case = input_folder(str(run.record["case"]))
            studies = attached_studies(self.results, run.id)
            digests = run.digest + "".join(map(folder_digest, studies))
            html, policy = report_of(
                run.folder, case, voice_of(request).language, digests, folder_digest(case), studies
            )
        except InputError as error:
            return refusal(request, 422, "no_report", error.problems)
        return HTMLResponse(html, headers={"content-security-policy": policy})

    def brief(self, request: Request) -> Response:
        """Two pages for who decides, to print."""
        return brief_pages.printed(request, decided_at(self.results, request))

    def document(self, request: Request) -> Response:
        """The brief as a document."""
        return brief_pages.document(request, decided_at(self.results, request))

    def town(self, request: Request) -> Response:
        """What the run means for a municipality."""
        run, voice = decided_at(self.results, request), voice_of(request)
        if not case_is_here(run):
            return refusal(request, 422, "no_case")
        query, code = request.query_params.get("q", "").strip()[:100], request.query_params.get("code", "")
        hits = find_towns(run.towns, query)
        chosen = [town for town in run.towns if town.code == code] if CODE.fullmatch(code) else hits
        shown = town_view.portrait(run, chosen[0], voice) if len(chosen) == 1 else None
        return page(
            request,
            "town.html",
            run=run,
            line=run_view.run_line(run, voice, self.labels.get(run.id)),
            query=query,
            town=shown,
            hits=hits[:MOST_TOWNS] if shown is None else [],
            count=len(hits),
            near=nearest_towns(run.towns, query) if query and not hits and shown is None else [],
            named=lambda town: town_view.name_of(town, voice),
            home=lambda town: town_view.home_of(town, voice),
        )

    def package(self, request: Request) -> Response:
        """The package as it was solved."""
        run = run_at(self.results, request)
        path = run.folder / RESOLVED
        if not is_own(path):
            raise HTTPException(404)
        return FileResponse(
            path,
            media_type="application/toml",
            filename=RESOLVED,
        )

    def table(self, request: Request) -> Response:
        """A table as CSV, the file of the run; a text in it that would be a formula stands behind an apostrophe."""
        run = run_at(self.results, request)
        path = run.files.get(request.path_params["name"])
        if path is None:
            raise HTTPException(404)
        return Response(table_of(path), media_type=CSV, headers=attached(f"{run.id}-{path.name}"))

    def workbook(self, request: Request) -> Response:
        """All tables and the assumptions of the case as one Excel file, written once until any of them changes."""
        run, language = decided_at(self.results, request), voice_of(request).language
        parameters = input_folder(str(run.record["case"])) / "parameters.csv"
        digest = f"{run.digest[:16]}-{file_digest(parameters)[:16]}"
        target = Path(self.scratch.name) / f"{run.id}-{language}-{digest}.xlsx"
        assumptions = text_table(parameters) if case_is_here(run) else None
        try:
            with self.writing:
                if not target.exists():
                    keep_newest(Path(self.scratch.name), KEPT_WORKBOOKS - 1)
                    write_workbook(run.folder, target, language, assumptions, workbook_steps(run, language))
        except InputError as error:
            return refusal(request, 422, "no_workbook", error.problems)
        return FileResponse(target, media_type=EXCEL, filename=f"{run.id}-{language}.xlsx")

    def about(self, request: Request) -> Response:
        """What the figures are not, and whose they are."""
        return page(request, "about.html")


def on_bad_input(request: Request, error: Exception) -> Response:
    """The page of a run, or of a case, whose files are not what they should be."""
    assert isinstance(error, InputError)
    return refusal(request, 422, "bad_files", error.problems)
