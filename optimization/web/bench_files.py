"""POST /api/package and POST /api/draft: a draft as a package file and back, as JSON; nothing is kept of either."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from optimization.errors import InputError
from optimization.web.api import NoJsonError, read_as
from optimization.web.draft_files import ToRead, ToWrite, read, written
from optimization.web.language import language_of
from optimization.web.refused import faults

Question = TypeVar("Question", bound=BaseModel)


def routes() -> list[Route]:
    """The addresses of files."""
    return [
        Route("/api/package", lambda request: _answer(request, ToWrite, written), methods=["POST"]),
        Route("/api/draft", lambda request: _answer(request, ToRead, read), methods=["POST"]),
    ]


def _answer(request: Request, model: type[Question], answer: Callable[[Question], BaseModel]) -> Response:
    try:
        return JSONResponse(answer(read_as(model, request.state.body)).model_dump())
    except NoJsonError as error:
        return faults(400, error, language_of(request))
    except InputError as error:
        return faults(422, error, language_of(request))
