"""The brief of a run on the page: two pages to print, each a page of its own as the report is, and a document."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from optimization.errors import InputError
from optimization.reading.whereabouts import input_folder
from optimization.report.brief import brief_of, brief_page
from optimization.report.brief_docx import brief_document
from optimization.report.view import view_run
from optimization.web.cases import Finished, case_is_here
from optimization.web.downloads import attached
from optimization.web.own_page import policy_of
from optimization.web.page import refusal, voice_of

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def printed(request: Request, run: Finished) -> Response:
    """The page to print."""
    return _answered(request, run, document=False)


def document(request: Request, run: Finished) -> Response:
    """The document, to be saved."""
    return _answered(request, run, document=True)


def _answered(request: Request, run: Finished, document: bool) -> Response:
    """A brief of a run; refused where its case or the library is not there, or its files are not sound."""
    if not case_is_here(run):
        return refusal(request, 422, "no_case")
    language = voice_of(request).language
    try:
        seen = view_run(run.folder, input_folder(str(run.record["case"])))
        if document:
            headers = attached(f"{run.id}-brief-{language}.docx")
            return Response(brief_document(brief_of(seen, language)), media_type=WORD, headers=headers)
        html = brief_page(seen, language)
    except InputError as error:
        return refusal(request, 422, "no_report", error.problems)
    except ModuleNotFoundError:
        return refusal(request, 422, "no_document")
    return Response(html, media_type="text/html", headers={"content-security-policy": policy_of(html)})
