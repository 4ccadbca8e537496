"""The addresses under /api: a few questions are counted side by side, some more wait, others must come back."""

from __future__ import annotations

import asyncio
import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from optimization.dictionary.in_japanese import in_japanese
from optimization.dictionary.results import Language
from optimization.errors import InputError, Problem, shortened
from optimization.web.api import NoJsonError, answered, read_question
from optimization.web.language import language_of
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
                return await run_in_threadpool(_counted, request.state.body, language_of(request))
        finally:
            self._waiting -= 1

    def described(self, _: Request) -> Response:
        """What may be asked, and what is answered."""
        return JSONResponse(openapi())


def _counted(body: bytes, language: Language) -> Response:
    try:
        asked = read_question(body)
        text = json.dumps(answered(asked), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except NoJsonError as error:
        return faults(400, error, language)
    except InputError as error:
        return faults(422, error, language)
    return Response(text, media_type="application/json")


def faults(status: int, error: InputError, language: Language = "en") -> Response:
    """The faults of a question (of many the first, and how many more) in a language, without the places of files, which
    mean nothing to who asks."""
    return JSONResponse({"faults": [_fault(each, language) for each in shortened(error.problems)]}, status)


def _fault(problem: Problem, language: Language) -> dict[str, str]:
    told = in_japanese if language == "ja" else str
    place = ", ".join(part for part in (problem.row, problem.column) if part and part != "provision 1")
    return {
        "place": place,
        "value": problem.value,
        "message": told(problem.message),
        "remedy": told(problem.remedy),
    }
