"""What several addresses do alike: find the run that they name, order a job, let dear pages be made side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from optimization.web.cases import Finished, finished_run
from optimization.web.jobs import Jobs, LineFullError, Order
from optimization.web.page import refusal

Apart = Callable[[Callable[[Request], Response]], Callable[[Request], Awaitable[Response]]]
"""Lets a few dear pages be made side by side."""


def run_at(results: Path, request: Request) -> Finished:
    """The finished run of an address; 404 for anything else."""
    run = finished_run(results, request.path_params["id"])
    if run is None:
        raise HTTPException(404)
    return run


def decided_at(results: Path, request: Request) -> Finished:
    """The finished run of an address where it holds a plan; 404 for anything else."""
    run = run_at(results, request)
    if not run.decided:
        raise HTTPException(404, "refused_undecided")
    return run


def ordered(request: Request, jobs: Jobs, order: Order) -> Response:
    """Put a job into the line and lead to its page; where there is no place, when to come back."""
    try:
        job = jobs.submit(order, request.state.session)
    except LineFullError as full:
        response = refusal(request, *((429, "refused_mine") if full.mine else (503, "refused_full")))
        response.headers["retry-after"] = "60"
        return response
    return RedirectResponse(f"/runs/{job.id}", 303)
