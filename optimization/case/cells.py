"""The cells of one column held against the data dictionary: their form, their bounds, and what was meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from optimization.dictionary.settings import nearest
from optimization.dictionary.tables import Column
from optimization.reading.codes import PATTERNS, code_fault
from optimization.reading.numerals import read_numeral, share_meant
from optimization.reading.table_file import MOST_FAULTS, OPEN_QUOTE

INTEGER = r"^-?[0-9]{1,15}$"
NUMBER = r"^[-+]?([0-9]{1,15}\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"
TEXT = r"^[^\n]*[^\s\pZ][^\n]*$"


class CellFault(NamedTuple):
    """What is wrong with the cell at a position of its column."""

    position: int
    message: str
    remedy: str


def checked_cells(cells: pa.Array, rule: Column) -> tuple[pd.Series | np.ndarray, list[CellFault]]:
    """A column in the type of its rule, and the cells that break the rule."""
    good = pc.is_in(cells, pa.array(rule.enum)) if rule.enum else pc.match_substring_regex(cells, _form(rule))
    whole = pc.all(good).as_py()
    faults = []
    for position in [] if whole else pc.indices_nonzero(pc.invert(good))[:MOST_FAULTS].to_pylist():
        text = cells[position].as_py()
        if text.strip():
            fault = _text_fault(text, rule) if rule.type == "string" else _number_fault(text, rule)
            faults.append(CellFault(position, *fault))
        elif rule.required:
            remedy = f"fill in: {rule.meaning}; a missing figure is never taken as zero"
            faults.append(CellFault(position, "is empty", remedy))
    if rule.type == "string":
        return cells.to_pandas(), faults
    filled = cells if whole else pc.if_else(good, cells, None)
    values = pc.cast(filled, pa.int64() if rule.type == "integer" else pa.float64()).to_numpy()
    return values, sorted([*faults, *_beyond(values, rule)])


def _form(rule: Column) -> str:
    """What a filled cell looks like; a text without a pattern is not blank and stands on one line."""
    if rule.type == "string":
        return f"^(?:{rule.pattern})$" if rule.pattern else TEXT
    return INTEGER if rule.type == "integer" else NUMBER


def _beyond(values: np.ndarray, rule: Column) -> Iterator[CellFault]:
    remedy = f"correct the figure ({rule.unit})"
    if rule.min is not None:
        for position in np.flatnonzero(values < rule.min)[:MOST_FAULTS]:
            told = _meant(values[position], rule, remedy)
            yield CellFault(int(position), f"is below {rule.min:g}, the least it can be", told)
    if rule.max is not None:
        for position in np.flatnonzero(values > rule.max)[:MOST_FAULTS]:
            told = _meant(values[position], rule, remedy)
            yield CellFault(int(position), f"is above {rule.max:g}, the most it can be", told)


def _meant(value: float, rule: Column, remedy: str) -> str:
    """A remedy with the share that was meant where per cent stand, or the other way."""
    meant = share_meant(float(value), rule.unit, rule.min, rule.max)
    return f"did you mean {meant}? Else {remedy}" if meant else remedy


def _text_fault(text: str, rule: Column) -> tuple[str, str]:
    """Message and remedy for a filled cell of a text column that is already known to break its rule (its words or its
    pattern); whether it does is not tested here."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if "\n" in text:
        return "holds a line break", OPEN_QUOTE
    if rule.enum:
        return "is not a known value", nearest(plain, rule.enum)
    widths = PATTERNS.get(rule.pattern or "", ())
    if fault := code_fault(text, widths):
        return fault
    if plain != text and re.fullmatch(rule.pattern or "", plain):
        return "is written in other signs (full or half width, or blanks about it)", f"write {plain}"
    if widths:
        return f"is not a code of {' or '.join(map(str, widths))} digits", f"write it so: {rule.meaning}"
    return f"does not have the form {rule.pattern}", f"write it so: {rule.meaning}"


def _number_fault(text: str, rule: Column) -> tuple[str, str]:
    """Why a text is not a number of its rule, and what to write instead."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = read_numeral(text, rule.unit)
    if found is not None and found.how:
        if rule.type == "integer" and found.value is not None and found.value % 1:
            return f"has {found.words}", f"write it as a whole number ({rule.unit.replace('_', ' ')})"
        return f"has {found.words}", found.remedy(rule.unit)
    if plain.lstrip("+-").casefold() in ("nan", "na", "n/a", "none", "null", "inf", "infinity"):
        return "is no figure", "find out the figure; a missing one is never taken as zero"
    if re.fullmatch(NUMBER, plain):
        return "must be a whole number of at most 15 digits", f"round it to whole {rule.unit}"
    return "must be a number", "write digits only, with a point for decimals"
