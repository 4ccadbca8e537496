"""The layout of a run's folder through the versions of this program, and how an old one is read as a new one.

| schema | since | what changed |
|---|---|---|
| 1 | 0.1.0 | the first |
| 2 | 0.2.0 | `SHA256SUMS` beside the tables, `program_sha256` in the record; empty cells that the dictionary knows |

A folder is never rewritten: it is brought up to date in memory, one step a version, each time it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from optimization.errors import InputError, Problem

SCHEMA = 2
"""Version of the layout that is written."""

SEALED_SINCE = 2
"""First version whose folders carry the sums of their files."""

Record = dict[str, Any]


def _from_1(record: Record) -> Record:
    """Nobody noted which program it was."""
    return {**record, "program_sha256": ""}


STEPS: dict[int, Callable[[Record], Record]] = {1: _from_1}
"""From each older version to the next."""


def written_schema(record: object, file: Path) -> int:
    """Version of a record as it stands in the folder; raises `InputError` where this program cannot read it."""
    found = record.get("schema") if isinstance(record, dict) else None
    if type(found) is not int or found < 1:
        message, remedy = "does not say its layout", "name a folder written by 'solve.py run'"
    elif found > SCHEMA:
        message = f"is of a later version than this program reads (up to {SCHEMA})"
        remedy = "read it with the program that wrote it, or a later one"
    else:
        return found
    raise InputError([Problem(str(file), message, remedy, column="schema", value=_shown(found))])


def up_to_date(record: Record, schema: int) -> Record:
    """A record of an older layout as one of today's."""
    for version in range(schema, SCHEMA):
        record = STEPS[version](record)
    return {**record, "schema": SCHEMA}


def _shown(value: object) -> str:
    return "" if value is None else str(value)[:40]
