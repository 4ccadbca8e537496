"""Rendering: templates with the voice of the reader's language, and pages that say why a request is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from optimization.dictionary.results import LANGUAGES
from optimization.errors import Problem
from optimization.web.faults import all_said
from optimization.web.guard import HEADERS, is_api, own_path
from optimization.web.language import COOKIE, KEPT, Voice, language_of

HERE = Path(__file__).parent
YEAR = 365 * 24 * 3600

PHRASE_OF = {404: "not_found", 405: "refused_method"}


@cache
def templates() -> Environment:
    """The templates; everything put into them is escaped, and a name that is missing is a defect."""
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def voice_of(request: Request) -> Voice:
    """Who speaks to this reader."""
    return Voice(language_of(request))


def page(request: Request, name: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """A page from a template, in the reader's language; a language asked for in the address is kept."""
    voice = voice_of(request)
    html = (
        templates()
        .get_template(name)
        .render(
            t=voice,
            csrf=getattr(request.state, "csrf", ""),
            path=request.url.path,
            switch={language: switched(request, language, values.get("typed")) for language in LANGUAGES},
            **{"refresh": 0, **values},
        )
    )
    response = HTMLResponse(html, status)
    response.headers["content-language"] = voice.language
    if COOKIE in request.query_params:
        response.set_cookie(KEPT, voice.language, max_age=YEAR, httponly=True, samesite="strict")
    return response


def switched(request: Request, language: str, typed: Any = None) -> str:
    """The address of the same page in a language; what was typed into a form goes with it."""
    fields: Mapping[str, Any] = typed.fields if typed is not None else {}
    pairs = [(name, value) for name, values in fields.items() for value in values if value]
    if typed is None:
        pairs = request.query_params.multi_items()
    kept = [(name, value) for name, value in pairs if name not in (COOKIE, "token", "csrf", "do", "seen")]
    return f"{own_path(request)}?{urlencode([*kept, (COOKIE, language)])}"


def refusal(request: Request, status: int, key: str, problems: Sequence[Problem] = ()) -> Response:
    """A page that says in plain words why there is none; where JSON is asked for the same as JSON."""
    if is_api(request):
        said = {
            "place": "",
            "value": "",
            "message": voice_of(request)(key),
            "remedy": "see /api/openapi.json",
        }
        return JSONResponse({"faults": [said]}, status)
    return page(
        request,
        "refusal.html",
        status,
        code=status,
        why=key,
        detail=all_said(problems, voice_of(request).language),
        name=HTTPStatus(status).phrase if voice_of(request).language == "en" else "",
    )


def on_http_error(request: Request, error: Exception) -> Response:
    """The page of an error that a route or the router raised."""
    assert isinstance(error, HTTPException)
    key = (
        error.detail
        if error.detail.startswith("refused_")
        else PHRASE_OF.get(error.status_code, "failed_defect")
    )
    return refusal(request, error.status_code, key)


def on_defect(request: Request, error: Exception) -> Response:
    """The page of a defect of ours; what happened stands in the server's log."""
    response = refusal(request, 500, "failed_defect")
    response.headers.update(HEADERS)  # this page is made outside the guard
    return response
