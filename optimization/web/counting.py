"""The addresses under /api: a few questions are counted side by side, some more wait, others must come back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from optimization.web.counters import APPLY, RANGE, TOWN, Counted, Counters, Question
from optimization.web.language import language_of
from optimization.web.openapi import openapi
from optimization.web.page import refusal

AT_ONCE = 2
"""Questions counted side by side at least; as many as there are processes that count."""

MOST_WAITING = 60
"""Questions that wait their turn."""


@dataclass
class Bunch:
    """Who asks one and the same question, and what it comes to: None where all have gone by their turn."""

    turn: asyncio.Task[Counted | None]
    requests: list[Request] = field(default_factory=list)

    async def gone(self) -> bool:
        """Whether nobody waits any more."""
        left = [await each.is_disconnected() for each in self.requests]
        return all(left) and len(left) == len(self.requests)


class Counting:
    """Counts decisions for who asks by JSON; a question that many ask at once is counted once."""

    def __init__(self, counters: Counters | None = None) -> None:
        self._counters = counters or Counters()
        self._turn, self._waiting = asyncio.Semaphore(max(AT_ONCE, self._counters.processes)), 0
        self._asked: dict[Question, Bunch] = {}

    def routes(self) -> list[Route]:
        """The routes that count a decision, and that describe how to ask."""
        return [
            Route("/api/apply", self.apply, methods=["POST"]),
            Route("/api/town", self.town, methods=["POST"]),
            Route("/api/range", self.range, methods=["POST"]),
            Route("/api/openapi.json", self.described),
        ]

    async def apply(self, request: Request) -> Response:
        """The accounts of exactly what is asked."""
        return await self._by_turn(request, APPLY)

    async def town(self, request: Request) -> Response:
        """One municipality under exactly what is asked."""
        return await self._by_turn(request, TOWN)

    async def range(self, request: Request) -> Response:
        """What exactly this saves where the numbers that are not known are others."""
        return await self._by_turn(request, RANGE)

    async def _by_turn(self, request: Request, of: str) -> Response:
        """The answer to exactly what is asked; who has gone by his turn is passed over."""
        if self._waiting >= MOST_WAITING:
            response = refusal(request, 503, "refused_full")
            response.headers["retry-after"] = "5"
            return response
        self._waiting += 1
        try:
            found = await self._bunched(Question(request.state.body, language_of(request), of), request)
        finally:
            self._waiting -= 1
        return (
            Response()
            if found is None
            else Response(found.content, found.status, media_type="application/json")
        )

    async def _bunched(self, asked: Question, request: Request) -> Counted | None:
        if asked not in self._asked:
            self._asked[asked] = Bunch(asyncio.ensure_future(self._in_turn(asked)))
        bunch = self._asked[asked]
        bunch.requests.append(request)
        return await asyncio.shield(bunch.turn)  # who goes does not take the answer from the others

    async def _in_turn(self, asked: Question) -> Counted | None:
        try:
            async with self._turn:
                return None if await self._asked[asked].gone() else await self._counters.answer(asked)
        finally:
            del self._asked[asked]

    def described(self, _: Request) -> Response:
        """What may be asked, and what is answered."""
        return JSONResponse(openapi())
