"""From the workbench to a run and back: a draft kept as a run, the rest of it found, a plan as a draft again."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from optimization.errors import InputError
from optimization.web.api import Asked, read_question
from optimization.web.at_address import decided_at
from optimization.web.drafts import applied_order, search_order
from optimization.web.jobs import Jobs, LineFullError, Order
from optimization.web.labels import Label, Labels, lines, one_line
from optimization.web.page import refusal, voice_of
from optimization.web.plans import Draft, draft_of_run
from optimization.web.refused import faults
from optimization.web.run_view import titled

KEEP, FIND = "keep", "find"


@dataclass(frozen=True)
class BenchRuns:
    """The addresses by which drafts become runs of the jobs, and runs drafts."""

    jobs: Jobs
    labels: Labels

    def routes(self) -> list[Route]:
        """Every address."""
        return [
            Route("/workbench/run", self.run, methods=["POST"]),
            Route("/runs/{id}/plan", self.plan),
            Route("/runs/{id}/workbench", self.opened),
        ]

    def run(self, request: Request) -> Response:
        """Take a draft: `do` says whether it is kept as it stands or the rest of it found. Answers in JSON with the
        address of the run, or with every fault."""
        fields, voice = request.state.fields, voice_of(request)
        try:
            asked = read_question(_first(fields, "draft").encode())
            order = self._order(asked, fields)
        except InputError as error:
            return faults(422, error, voice_of(request).language)
        try:
            job = self.jobs.submit(order, request.state.session)
        except LineFullError as full:
            message = voice("refused_mine" if full.mine else "refused_full")
            said = {"place": "", "value": "", "message": message, "remedy": ""}
            return JSONResponse({"faults": [said]}, 429 if full.mine else 503, {"retry-after": "60"})
        label = Label(one_line(_first(fields, "name")), lines(_first(fields, "note")), asked.model_dump())
        with suppress(OSError):  # the run goes on; only its name is lost where the disk takes none
            self.labels.put(job.id, label)
        name = label.name or titled(order.title, voice)
        return JSONResponse({"id": job.id, "address": f"/runs/{job.id}", "name": name}, 202)

    def _order(self, asked: Asked, fields: Any) -> Order:
        if _first(fields, "do") == FIND:
            return search_order(asked, _first(fields, "roles") != "no", _first(fields, "bodies") != "no")
        return applied_order(asked)

    def plan(self, request: Request) -> Response:
        """The question of a run with its plan in it, as JSON."""
        try:
            return JSONResponse(self._draft(request))
        except InputError as error:
            return faults(422, error, voice_of(request).language)

    def opened(self, request: Request) -> Response:
        """The workbench with the question of a run and its plan in it."""
        try:
            draft = self._draft(request)
        except InputError as error:
            return refusal(request, 422, "bench_cannot", error.problems)
        return RedirectResponse(address_of(draft), 303)

    def _draft(self, request: Request) -> Draft:
        run = decided_at(self.jobs.results, request)
        return draft_of_run(run, self.labels.get(run.id))


def address_of(draft: Draft) -> str:
    """The address of the workbench that holds a draft: case, packages and prefectures before the '#', the rest behind
    it, which the browser keeps to itself."""
    head = [("case", draft["case"]), ("package", draft["package"])]
    head += [("prefecture", code) for code in draft.get("prefectures", ())]
    own = {key: draft[key] for key in ("tiers", "settings", "assumptions", "locked") if draft.get(key)}
    text = json.dumps(own, ensure_ascii=False, separators=(",", ":"))
    return f"/workbench?{urlencode(head)}#{quote(text, safe='')}"


def _first(fields: Any, name: str) -> str:
    """The text of a field, '' where nothing was sent."""
    return str(next(iter(fields.get(name, ())), ""))
