"""The result part of the data dictionary, read from `results.toml`: tables of a run, their columns, words in cells.

`load_results` gives the tables, `column_of` one column (that of today's arrangement too), `word` the label of a
value, `text` a sentence of an exported workbook, `load_units` how numbers of a unit are shown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from optimization.dictionary.tiers import HIGHER_TIERS, TIERS, tier_of

RESULTS_FILE = Path(__file__).with_name("results.toml")

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")

TODAY = re.compile(r"_today(?=_|$)")
NUMBER = re.compile(r"[0-9]+$")
HIGHER_TIER = "HIGHER_TIER"
"""Stands in the name of a column that every tier above the municipality has."""

SECTIONS = ("words", "texts")
"""Those of pairs (English, Japanese)."""


class Bilingual(BaseModel):
    """An entry whose fields in Japanese end in `_ja`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def said(self, field: str, language: Language) -> str:
        """A field in a language."""
        return str(getattr(self, field if language == "en" else f"{field}_ja"))


class Unit(BaseModel):
    """A unit; the key of its entry is its English name. `suffix` ends the names of the columns that have it, `shown`
    is the number format of a spreadsheet; empty for text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ja: str = Field(min_length=1)
    suffix: str = ""
    shown: str = ""


class ResultColumn(Bilingual):
    """One column of a result table; `unit` is a key of `load_units`. `empty` says what an empty cell means; where it
    says nothing no cell is ever empty. An `optional` column may be missing in runs of before its tier was known."""

    label: str = Field(min_length=1)
    label_ja: str = Field(min_length=1)
    meaning: str = Field(min_length=1)
    unit: str
    empty: str = ""
    optional: bool = False


class ResultTable(Bilingual):
    """One table of a run folder: its title (fit for a sheet's name), what one row is, whence its figures come. `key`
    names the columns that tell rows apart, `today` those that say the same as another of today's arrangement."""

    title: str = Field(min_length=1, max_length=30, pattern=r"^[^\[\]:*?/\\']+$")
    title_ja: str = Field(min_length=1, max_length=30, pattern=r"^[^\[\]:*?/\\']+$")
    row: str = Field(min_length=1)
    row_ja: str = Field(min_length=1)
    source: str = Field(min_length=1)
    source_ja: str = Field(min_length=1)
    columns: dict[str, ResultColumn] = Field(min_length=1)
    key: tuple[str, ...] = Field(min_length=1)
    today: tuple[str, ...] = ()


class _Today(Bilingual):
    """What the suffix `_today` adds to a column."""

    label: str
    label_ja: str
    meaning: str


class _Dictionary(NamedTuple):
    units: dict[str, Unit]
    row_units: dict[str, str]
    today: _Today
    tables: dict[str, ResultTable]
    words: dict[str, tuple[str, str]]
    texts: dict[str, tuple[str, str]]


def load_results() -> dict[str, ResultTable]:
    """Table name (the file's name without .csv) -> its entry, in the order of `results.toml`.

    A column that stands twice (`x_today_million_yen` beside `x_million_yen`) has one entry: ask `column_of`. A faulty
    entry raises ValueError: the file is part of the program, so that is a defect of ours.
    """
    return dict(_dictionary().tables)


def load_units() -> dict[str, Unit]:
    """Every unit of a column or of a row by its English name."""
    return dict(_dictionary().units)


def column_of(table: str, column: str) -> ResultColumn:
    """The entry of a column as the CSV file names it; KeyError for an unknown table or column."""
    columns = _dictionary().tables[table].columns
    if column in columns:
        return columns[column]
    plain, found = TODAY.subn("", column, count=1)
    if not found or plain not in columns:
        raise KeyError(f"{table}.{column}")
    entry, today = columns[plain], _dictionary().today
    return entry.model_copy(
        update={
            "label": f"{entry.label}, {today.label}",
            "label_ja": f"{entry.label_ja}（{today.label_ja}）",
            "meaning": f"{entry.meaning} {today.meaning}",
        }
    )


def word(name: str, language: Language) -> str:
    """Label of a word that stands in a cell or in the run's record; KeyError for an unknown one."""
    words = _dictionary().words
    if name in words:
        return _of(words[name], language)
    numbered = NUMBER.search(name)
    pattern = NUMBER.sub("#", name)
    if numbered is None or pattern not in words:
        raise KeyError(name)
    return _of(words[pattern], language).replace("#", numbered[0])


def load_words() -> dict[str, tuple[str, str]]:
    """Every word: (English, Japanese); `#` in it stands for a number."""
    return dict(_dictionary().words)


def text(name: str, language: Language) -> str:
    """A sentence or heading of an exported workbook; KeyError for an unknown one."""
    return _of(_dictionary().texts[name], language)


def unit_label(unit: str, language: Language) -> str:
    """A unit in a language, of a column or of a row; KeyError for an unknown one."""
    known = _dictionary()
    return _of((unit, known.units[unit].ja if unit in known.units else known.row_units[unit]), language)


def _of(pair: tuple[str, str], language: Language) -> str:
    return pair[LANGUAGES.index(language)]


@cache
def _dictionary() -> _Dictionary:
    raw = tomllib.loads(RESULTS_FILE.read_text(encoding="utf-8"))
    units = {name: Unit.model_validate(entry) for name, entry in raw["units"].items()}
    shared = {name: _column(name, entry, units) for name, entry in raw["columns"].items()}
    tables = {}
    for name, entry in raw["tables"].items():
        whole = {**raw["tables"].get(entry.get("same_as"), {}), **entry}
        whole.pop("same_as", None)
        columns = {column: shared[column] for column in whole.pop("shared", ())}
        own = whole.pop("columns", {})
        if twice := columns.keys() & own.keys():
            raise ValueError(f"{name}: {', '.join(sorted(twice))} is both shared and its own")
        own = dict(_by_tier(own))
        columns |= {column: _column(column, found, units) for column, found in own.items()}
        tables[name] = ResultTable(columns=columns, **whole)
    raw["words"] = {**{tier: tier_of(tier).word for tier in TIERS}, **raw["words"]}
    pairs = {section: {name: (en, ja) for name, (en, ja) in raw[section].items()} for section in SECTIONS}
    today = _Today.model_validate(raw["today"])
    return _Dictionary(units, raw["row_units"], today, tables, *(pairs[s] for s in SECTIONS))


def _by_tier(columns: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The columns of a table, with one for each higher tier in the place of one that stands for all of them."""
    for column, entry in columns.items():
        if HIGHER_TIER not in column:
            yield column, entry
            continue
        for tier in HIGHER_TIERS:
            served = tier_of(tier).served or tier_of(tier).word
            label = {"label": served.en, "label_ja": served.ja, "optional": True}
            yield column.replace(HIGHER_TIER, tier), {**entry, **label}


def _column(name: str, entry: Mapping[str, Any], units: Mapping[str, Unit]) -> ResultColumn:
    """A column with its unit: the one it states, else the one that its suffix tells."""
    told = [unit for unit, of in units.items() if of.suffix and name.endswith(of.suffix)]
    column = ResultColumn.model_validate({"unit": told[0] if told else "", **entry})
    if column.unit not in units:
        raise ValueError(f"{name}: {column.unit!r} is not a unit")
    return column
