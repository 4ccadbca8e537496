"""The form of a run's files: what `run.json` and every table must hold before anybody reckons with them.

The record is checked by its kinds, a table by the dictionary of results: its columns, the kind of every cell, the rows
that its key tells apart. What fits together across tables is checked in `archive.fit`.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from optimization.archive.schemas import FORMER_WORDS
from optimization.dictionary.results import ResultTable, column_of, load_results, load_units, word
from optimization.dictionary.settings import shown
from optimization.errors import InputError, Problem
from optimization.ledger.worlds import GROUPS
from optimization.outcome.verdict import Worth
from optimization.reading.files import MOST_NAME, MOST_RESULT, MOST_SETTINGS, NO_NAME, read_bytes, read_text

AGAIN = "take a copy that nobody has changed, or solve again"
TIME = "%Y-%m-%dT%H:%M:%SZ"
YES_NO, UP_DOWN = "1 yes, 0 no", "1 up, 0 level, -1 down"
ALLOWED = {YES_NO: (0, 1), UP_DOWN: (-1, 0, 1)}
COUNTS = ("persons", "number", "governments", "km", "minutes", "fiscal year", "years")
"""Units of which no figure is negative."""

BEYOND = 1e15
"""What no figure of a run reaches."""

Parts = dict[str, float]


class StayPutRecord(BaseModel):
    """What `run.json` holds of the stay-put rule; no more than whether it was applied where it was not."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    applied: bool
    least_cost_million_yen: float | None = None
    cost_million_yen: float | None = None
    people_before: float | None = None
    people_after: float | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        figures = self.least_cost_million_yen, self.cost_million_yen, self.people_before, self.people_after
        if self.applied and None in figures:
            raise ValueError("lacks what the rule costs, or the people before and after")
        return self


class Ends(BaseModel):
    """Low end, middle and high end of what is saved, million yen a year."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    low: float
    middle: float
    high: float


class MovedBy(BaseModel):
    """A group of numbers, and how closely the saving follows its level."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    group: str
    rank_correlation: float = Field(ge=-1, le=1)

    @field_validator("group")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in GROUPS:
            raise ValueError(f"{value!r} is no group of numbers")
        return value


class SavingRangeRecord(BaseModel):
    """What `run.json` holds of the saving in joint draws of the numbers that are not known."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    draws: int = Field(ge=1)
    first_year: bool
    budgets_million_yen: Ends
    spent_million_yen: Ends | None = None
    real_million_yen: Ends
    draws_in_which_it_saves: int = Field(ge=0)
    moved_by: list[MovedBy]


class AssumptionsRecord(BaseModel):
    """What `run.json` holds of the marked assumptions: how many the case has, and those that the figures hang on."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    marked: int = Field(ge=0)
    rest_on: int = Field(ge=0)
    keys: list[str]

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if not self.rest_on == len(set(self.keys)) <= self.marked:
            raise ValueError("counts other assumptions than it names")
        return self


class Record(BaseModel):
    """What `run.json` holds at least; the figures of a decision are missing where there is none."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    status: str
    termination: str
    objective_million_yen: float | None
    baseline_million_yen: float = Field(gt=-BEYOND, lt=BEYOND)
    bound_million_yen: float | None
    gap: float | None
    asked_gap: float = Field(ge=0, le=1)
    certificate: str
    stay_put: StayPutRecord | None = None
    saving_range: SavingRangeRecord | None = None
    assumptions: AssumptionsRecord | None = None
    seconds: Parts
    columns: int = Field(ge=0)
    rows: int = Field(ge=0)
    integer_columns: int = Field(ge=0)
    candidate_bodies: int = Field(ge=0)
    method: str
    asked_method: str
    municipalities: int = Field(ge=0)
    joint_wards: int = Field(ge=0, le=1)
    prefectures: int = Field(ge=0)
    governments: int = Field(ge=0)
    services: int = Field(ge=0)
    objective_parts_million_yen: Parts | None
    baseline_parts_million_yen: Parts
    breaches: list[dict[str, Any]]
    counting_arguments: list[str]
    case: str = Field(min_length=1, max_length=MOST_NAME)
    fiscal_year: int = Field(ge=1954, le=2100)
    prefectures_asked: list[str]
    packages: list[str]
    package: str = Field(min_length=1)
    warnings: list[str]
    overridden: list[str]
    seed: int = Field(ge=0)
    threads: int = Field(ge=1)
    time_limit_seconds: float = Field(gt=0)
    inputs_sha256: dict[str, str]
    versions: dict[str, str]
    platform: str
    written: str

    @field_validator("status")
    @classmethod
    def _known(cls, value: str) -> str:
        return Worth(value)

    @field_validator("case")
    @classmethod
    def _bare(cls, value: str) -> str:
        if NO_NAME.search(value) or not value.strip("."):
            raise ValueError("must be the name of a folder, not a path")
        return value

    @field_validator("written")
    @classmethod
    def _moment(cls, value: str) -> str:
        datetime.strptime(value, TIME)
        return value

    @field_validator("objective_parts_million_yen", "baseline_parts_million_yen")
    @classmethod
    def _parts(cls, value: Parts | None) -> Parts | None:
        for name in value or ():
            try:
                word(name, "en")
            except KeyError:
                raise ValueError(f"{name!r} is no part of the cost") from None
        return value


def read_record(file: Path) -> dict[str, Any]:
    """`run.json` as it stands; raises InputError where it is no JSON."""
    try:
        found = json.loads(read_text(within(file), MOST_SETTINGS))
    except (OSError, ValueError, RecursionError) as error:
        remedy = "name a folder written by 'solve.py run'"
        raise InputError([Problem(str(file.parent), f"is not a run folder ({error})", remedy)]) from error
    return found if isinstance(found, dict) else {}


def record_problems(record: dict[str, Any], file: Path) -> Iterator[Problem]:
    """Entries of a record of today's layout that are missing or of another kind."""
    try:
        Record.model_validate(record)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False):
            place = ".".join(map(str, fault["loc"]))
            found = "" if fault["type"] == "missing" else shown(fault["input"])
            yield Problem(
                str(file), fault["msg"][:1].lower() + fault["msg"][1:], AGAIN, column=place, value=found
            )
        return
    if record["objective_million_yen"] is not None:
        proven = () if record["status"] == Worth.APPLIED else ("bound_million_yen", "gap")
        for key in (*proven, "objective_parts_million_yen"):
            if record[key] is None:
                yield Problem(str(file), "is missing where there is a decision", AGAIN, column=key)


def within(file: Path) -> Path:
    """The file, unless it is a link that leads out of its folder: that is an OSError."""
    # realpath: a circle of links is no error to it, but stays outside or is absent
    if file.is_symlink() and not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(file.parent)):
        raise OSError("is a link that leads out of the folder")
    return file


def read_table(file: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """A table of a run by the dictionary, codes and words as text; with what is wrong with it (then of no use)."""
    table = load_results()[file.stem]
    try:
        content = read_bytes(within(file), MOST_RESULT).removeprefix(b"\xef\xbb\xbf")
        lines = csv.reader(io.StringIO(content[:1_000_000].decode("utf-8", "ignore"), newline=""))
        header, first = next(lines, []), next(lines, [])
        if problems := list(_header_problems(file, table, header)):
            return pd.DataFrame(), problems
        if first and len(first) != len(header):
            raise ValueError(f"line 2 has {len(first)} cells, the header {len(header)}")
        texts = dict.fromkeys((c for c in header if not _shown(file.stem, c)), str)
        empty = {c: [""] for c in header if column_of(file.stem, c).empty}
        frame = pd.read_csv(
            io.BytesIO(content), dtype=texts, keep_default_na=False, na_values=empty, index_col=False
        )
    except (OSError, ValueError, OverflowError, csv.Error) as error:  # pandas' own are among them
        return pd.DataFrame(), [Problem(str(file), f"cannot be read ({error})", AGAIN)]
    for (name, column), words in FORMER_WORDS.items():
        if name == file.stem and column in frame:
            frame[column] = frame[column].replace(words)
    return frame, list(_cell_problems(file, table, frame))


def _shown(table: str, column: str) -> bool:
    """Whether a column holds numbers."""
    return bool(load_units()[column_of(table, column).unit].shown)


def _header_problems(file: Path, table: ResultTable, header: list[str]) -> Iterator[Problem]:
    wanted = [*table.columns, *table.today]
    for name in wanted:
        if name not in header and not column_of(file.stem, name).optional:
            yield Problem(str(file), "the column is missing", AGAIN, column=name)
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            yield Problem(str(file), "stands twice", AGAIN, column=name)
        elif name not in wanted:
            yield Problem(str(file), "is no column of this table", AGAIN, column=name[:80])


def _cell_problems(file: Path, table: ResultTable, frame: pd.DataFrame) -> Iterator[Problem]:
    """Cells of another kind than their column's, and rows that stand twice: the first of each column."""
    for name in frame.columns:
        entry = column_of(file.stem, name)
        unit = entry.unit
        cells = frame[name].dropna() if entry.empty else frame[name]
        if load_units()[unit].shown:
            bad, message = _bad_numbers(cells, unit)
        else:
            bad, message = _bad_texts(cells, unit, str(name))
        if bad.any():
            at = bad.idxmax()
            yield Problem(str(file), message, AGAIN, f"line {at + 2}", str(name), shown(str(cells[at])))


def _bad_numbers(cells: pd.Series, unit: str) -> tuple[pd.Series, str]:
    if not pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_bool_dtype(cells):
        return pd.to_numeric(cells.astype(str), errors="coerce").isna(), "must be a number"
    if unit in ALLOWED:
        return ~cells.isin(ALLOWED[unit]), f"must be one of {', '.join(map(str, ALLOWED[unit]))}"
    if unit in COUNTS:
        return ~cells.between(0, BEYOND), "must be a number of at least 0"
    return ~(cells.abs() <= BEYOND), "must be a finite number"


def _bad_texts(cells: pd.Series, unit: str, name: str) -> tuple[pd.Series, str]:
    if unit not in ("word", "words"):
        return cells.isna() | (
            cells.astype(str).str.len() > MOST_SETTINGS
        ), "the row is too short, or the text too long"
    known = {text: _known(text, unit == "words") for text in map(str, cells.unique())}
    if all(known.values()):
        return pd.Series(False, index=cells.index), ""
    return ~cells.astype(str).map(known).astype(bool), "is not a word known here"


def _known(text: str, several: bool) -> bool:
    """Whether a cell holds words of the dictionary; of `parameter.service` the part before the point counts, and a year
    may stand for a plan."""
    for part in text.split("|") if several else (text,):
        try:
            word(part.partition(".")[0], "en")
        except KeyError:
            if not (part.isdecimal() and part.isascii()):
                return False
    return True
