"""Which services and items of need stand beside each purpose of spending, read from `purposes.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PURPOSES_FILE = Path(__file__).with_name("purposes.toml")

NO_PURPOSE = "not_by_purpose"
"""Need, and services of the model, that are for no one purpose of spending."""


class Purpose(BaseModel):
    """A purpose: `spent` on the settlement cards; `services` and `items` of need that are for the same; `assets`, those
    of the services that hold what it has built. ValueError for one of these that is none of the services."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spent: tuple[str, ...] = Field(min_length=1)
    services: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _held(self) -> Self:
        if strange := set(self.assets) - set(self.services):
            raise ValueError(f"assets of {', '.join(sorted(strange))}, which is no service of the purpose")
        return self


@cache
def load_purposes() -> dict[str, Purpose]:
    """Purpose -> its entry, in the order of `purposes.toml`. A faulty entry raises ValueError: the file is part of the
    program, so that is a defect of ours."""
    raw = tomllib.loads(PURPOSES_FILE.read_text(encoding="utf-8"))
    return {name: Purpose.model_validate(entry) for name, entry in raw.items()}


def purpose_of(field: str) -> dict[str, str]:
    """Each name of a field (`spent`, `services` or `items`) -> the purpose it is for."""
    return {each: name for name, entry in load_purposes().items() for each in getattr(entry, field)}
