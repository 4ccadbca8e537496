"""The addresses under /api: a few questions are counted side by side, some more wait, others must come back."""

from __future__ import annotations

import asyncio
import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from optimization.errors import InputError, Problem
from optimization.web.api import NoJsonError, answered, read_question
from optimization.web.openapi import openapi
from optimization.web.page import refusal

AT_ONCE = 2
"""Questions counted side by side."""

MOST_WAITING = 60
"""Questions that wait their turn."""


class Counting:
    """Counts decisions for who asks by JSON."""

    def __init__(self) -> None:
        self._turn, self._waiting = asyncio.Semaphore(AT_ONCE), 0

    def routes(self) -> list[Route]:
        """The routes that count a decision, and that describe how to ask."""
        return [Route("/api/apply", self.apply, methods=["POST"]), Route("/api/openapi.json", self.described)]

    async def apply(self, request: Request) -> Response:
        """The accounts of exactly what is asked; who has gone by his turn is passed over."""
        if self._waiting >= MOST_WAITING:
            response = refusal(request, 503, "refused_full")
            response.headers["retry-after"] = "5"
            return response
        self._waiting += 1
        try:
            async with self._turn:
                if await request.is_disconnected():
                    return Response()
                return await run_in_threadpool(_counted, request.state.body)
        finally:
            self._waiting -= 1

    def described(self, _: Request) -> Response:
        """What may be asked, and what is answered."""
        return JSONResponse(openapi())


def _counted(body: bytes) -> Response:
    try:
        asked = read_question(body)
        text = json.dumps(answered(asked), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except NoJsonError as error:
        return faults(400, error)
    except InputError as error:
        return faults(422, error)
    return Response(text, media_type="application/json")


def faults(status: int, error: InputError) -> Response:
    """Every fault of a question, without the places of files, which mean nothing to who asks."""
    return JSONResponse({"faults": [_fault(problem) for problem in error.problems]}, status)


def _fault(problem: Problem) -> dict[str, str]:
    place = ", ".join(part for part in (problem.row, problem.column) if part and part != "provision 1")
    return {
        "place": place,
        "value": problem.value,
        "message": problem.message,
        "remedy": problem.remedy,
    }
