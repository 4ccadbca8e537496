"""What is told by JSON to who has asked what cannot be answered."""

from __future__ import annotations

from starlette.responses import JSONResponse

from optimization.dictionary.in_japanese import in_japanese
from optimization.dictionary.results import Language
from optimization.errors import InputError, Problem, shortened


def faults(status: int, error: InputError, language: Language = "en") -> JSONResponse:
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
