"""The addresses under /api described by OpenAPI 3.1: their schemas are those of the models that read and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from optimization import __version__
from optimization.web.api import Answered, Asked, Refused
from optimization.web.draft_files import DraftFile, ReadDraft, ToRead, ToWrite
from optimization.web.range_api import RangeAnswered
from optimization.web.town_api import TownAnswered, TownAsked

ADDRESSES: Mapping[str, tuple[str, type[BaseModel], type[BaseModel], str]] = {
    "/api/apply": (
        "Exactly this decision, counted; nothing is optimised and nothing kept.",
        Asked,
        Answered,
        "The accounts of the decision.",
    ),
    "/api/town": (
        "One municipality under exactly this decision, with every step of its grants; nothing is kept.",
        TownAsked,
        TownAnswered,
        "What its residents have, its accounts, who does what, and the lines of its grants.",
    ),
    "/api/range": (
        "What exactly this decision saves where the numbers that are not known are others; nothing is kept.",
        Asked,
        RangeAnswered,
        "Ends of nine in ten joint draws, as a run tells them.",
    ),
    "/api/package": (
        "A draft as a signed package file; nothing is kept.",
        ToWrite,
        DraftFile,
        "The file; one that was read in and not changed comes back byte for byte.",
    ),
    "/api/draft": (
        "A package file as a draft; nothing is kept.",
        ToRead,
        ReadDraft,
        "The draft, and the packages beneath it.",
    ),
}
"""Summary, question, answer and what the answer is, by address."""

REFUSALS = {
    "400": "It is no JSON object.",
    "403": "It comes from another site, or the token is missing.",
    "413": "It is larger than 256 kB.",
    "415": "It is not sent as application/json.",
    "422": "What is asked cannot be, with every fault (of a file, `place` begins with the number of the line).",
    "503": "Too many questions wait; try again.",
}


def openapi() -> dict[str, Any]:
    """The description of every address that takes JSON."""
    schemas: dict[str, Any] = {}
    models: list[type[BaseModel]] = [Refused]
    for _, question, answer, _ in ADDRESSES.values():
        models += [question, answer]
    for model in models:
        own = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= own.pop("$defs", {})
        schemas[model.__name__] = own
    return {
        "openapi": "3.1.0",
        "info": {"title": "Role division and fiscal design", "version": __version__},
        "paths": {
            address: {
                "post": {
                    "summary": summary,
                    "requestBody": {"required": True, "content": _content(question.__name__)},
                    "responses": {
                        "200": {"description": told, "content": _content(answer.__name__)},
                        **{
                            code: {"description": why, "content": _content("Refused")}
                            for code, why in REFUSALS.items()
                        },
                    },
                }
            }
            for address, (summary, question, answer, told) in ADDRESSES.items()
        },
        "components": {"schemas": schemas},
    }


def _content(name: str) -> Mapping[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
