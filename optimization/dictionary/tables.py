"""The table part of the data dictionary, read from `tables.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Column(BaseModel):
    """One column: `unit` is empty for text, `min` and `max` bound its values (both may be met),
    `all_per_resident` the sum of the column over the residents of a case of a prefecture or more. `formerly` is the
    pattern of the names it had, which are still read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["string", "integer", "number"]
    unit: str
    meaning: str
    label_ja: str
    required: bool = True
    min: float | None = None
    max: float | None = None
    all_per_resident: tuple[float, float] | None = None
    pattern: str | None = None
    enum: tuple[str, ...] | None = None
    references: str | None = None
    formerly: str | None = None


class Table(BaseModel):
    """One table of a case. With `items` its further columns are listed in items.csv."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    description: str
    primary_key: tuple[str, ...]
    source: str
    licence: str
    items: bool = False
    columns: dict[str, Column] = Field(min_length=1)


@cache
def load_tables() -> dict[str, Table]:
    """Table name (the file's name without .csv) -> its entry in the dictionary."""
    text = Path(__file__).with_name("tables.toml").read_text(encoding="utf-8")
    return {name: Table.model_validate(entry) for name, entry in tomllib.loads(text).items()}
