"""What users do with runs: give them names and notes, and delete the page's own."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from optimization.web.at_address import run_at
from optimization.web.cases import OWN_ID, Finished, attached_to
from optimization.web.jobs import Jobs
from optimization.web.labels import MOST_NAME, MOST_NOTE, Labels, lines, one_line
from optimization.web.page import page, refusal, voice_of
from optimization.web.run_view import run_line

GOING = ".going-"
"""How the name of a folder begins that is being removed; no list shows it."""


@dataclass(frozen=True)
class RunCare:
    """The addresses by which a run is named, noted and deleted."""

    jobs: Jobs
    labels: Labels

    def routes(self) -> list[Route]:
        """Every address."""
        return [
            Route("/runs/{id}/label", self.label, methods=["POST"]),
            Route("/runs/{id}/delete", self.ask),
            Route("/runs/{id}/delete", self.delete, methods=["POST"]),
        ]

    def label(self, request: Request) -> Response:
        """Keep the name and the note of a run."""
        run, fields = run_at(self.jobs.results, request), request.state.fields
        name, note = (str(next(iter(fields.get(key, ())), "")) for key in ("name", "note"))
        if len(name) > 4 * MOST_NAME or len(note) > 4 * MOST_NOTE:
            return refusal(request, 413, "refused_size")
        kept = replace(self.labels.get(run.id), name=one_line(name), note=lines(note))
        try:
            self.labels.put(run.id, kept)
        except OSError:
            return refusal(request, 507, "refused_disk")
        return RedirectResponse(f"/runs/{run.id}", 303)

    def ask(self, request: Request) -> Response:
        """Ask whether a run is to be deleted."""
        run, voice = self._own(request), voice_of(request)
        label = self.labels.get(run.id)
        return page(request, "delete.html", line=run_line(run, voice, label), note=label.note)

    def delete(self, request: Request) -> Response:
        """Delete a run of the page with its label and all that is attached to it: first it is taken out of sight whole,
        then removed."""
        run = self._own(request)
        for job in self.jobs.all():
            if job.order.of == run.id:
                self.jobs.cancel(job)
        going = run.folder.with_name(f"{GOING}{secrets.token_hex(8)}")
        try:
            run.folder.rename(going)
        except OSError:
            return refusal(request, 507, "refused_disk")
        shutil.rmtree(going, ignore_errors=True)
        self.labels.drop(run.id)
        with suppress(OSError):
            shutil.rmtree(attached_to(self.jobs.results, run.id))
        return RedirectResponse("/runs", 303)

    def _own(self, request: Request) -> Finished:
        """A run that the page has written itself: no other folder is ever removed, and no link followed."""
        run = run_at(self.jobs.results, request)
        own = (
            OWN_ID.fullmatch(run.id) and run.folder.parent == self.jobs.target and not run.folder.is_symlink()
        )
        if not own:
            raise HTTPException(404, "refused_not_own")
        return run
