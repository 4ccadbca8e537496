"""Reading a compiled csv table strictly, and giving it the columns of the data dictionary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from optimization.dictionary.tables import load_tables
from optimization.errors import Problem, raise_if_any
from optimization.reading.japan import JOINT_MUNICIPALITY, JOINT_PARTS
from optimization.reading.table_file import text_table

CODE_LENGTHS = {"code": 5, "code_a": 5, "code_b": 5, "prefecture_code": 2}
UNITS_ADDED = ("persons", "thousand_yen", "deg", "percent")  # units the compiled tables leave out of names
REMEDY = "restore the compiled table"
MOST = 1e15  # what no figure reaches; a larger number, or an endless one, is broken
SHOWN = 20  # faulty lines, or cells a column, that are named


def read_table(
    path: Path, key: tuple[str, ...], numbers: tuple[str, ...], optional: tuple[str, ...] = ()
) -> pd.DataFrame:
    """A csv with text columns kept as text and `numbers` as numbers (integers where all are whole).

    `key` columns must be filled and unique together; `numbers` must be filled, `optional` numbers may be
    missing. Raises `InputError` with every fault.
    """
    frame = text_table(path)
    names = dict.fromkeys((*key, *numbers, *optional))
    raise_if_any([_fault(path, "the column is missing", column=name) for name in names if name not in frame])
    problems = _key_problems(path, frame, key)
    for name in dict.fromkeys((*numbers, *optional)):
        text = frame[name].str.strip()
        values = pd.to_numeric(text.replace("", np.nan), errors="coerce")
        faulty = ~(values.abs() <= MOST) & ((text != "") | (name in numbers))
        problems += [
            _fault(path, "not a number", " ".join(frame.loc[index, list(key)]), name, text[index])
            for index in frame.index[faulty][:SHOWN]
        ]
        whole = bool((values.dropna() % 1 == 0).all()) and not faulty.any()
        frame[name] = values.astype("Int64") if whole else values
    raise_if_any(problems)
    return frame


def _fault(path: Path, message: str, row: str = "", column: str = "", value: str = "") -> Problem:
    return Problem(path.name, message, REMEDY, row, column, value)


def _key_problems(path: Path, frame: pd.DataFrame, key: tuple[str, ...]) -> list[Problem]:
    columns = list(key)
    doubled = frame.loc[frame.duplicated(columns), columns][:SHOWN].itertuples(index=False)
    problems = [_fault(path, "the row stands twice", row=" ".join(row)) for row in doubled]
    for name in set(columns) & set(CODE_LENGTHS):
        message = f"not a code of {CODE_LENGTHS[name]} digits"
        bad = ~frame[name].str.fullmatch(rf"[0-9]{{{CODE_LENGTHS[name]}}}")
        problems += [_fault(path, message, column=name, value=text) for text in frame.loc[bad, name][:SHOWN]]
    return problems


def merge_wards(
    frame: pd.DataFrame, keys: tuple[str, ...] = ("code",), ratios: tuple[str, ...] = ()
) -> pd.DataFrame:
    """The 23 wards summed into the joint row 13100; `ratios` cannot be summed and become missing there.

    Text columns other than keys keep the first ward's text. Rows come back sorted by key.
    """
    is_ward = frame["code"].isin(JOINT_PARTS)
    wards = frame[is_ward].assign(code=JOINT_MUNICIPALITY)
    others = [name for name in frame if name not in keys]
    how = {name: "sum" if pd.api.types.is_numeric_dtype(frame[name]) else "first" for name in others}
    joint = wards.groupby(list(keys), as_index=False).agg(how)
    for name in ratios:
        joint[name] = np.nan
    merged = pd.concat([frame[~is_ward], joint[list(frame.columns)]], ignore_index=True)
    return merged.sort_values(list(keys)).reset_index(drop=True)


def case_names(table: str) -> dict[str, str]:
    """Name in the compiled tables -> name in the case, which adds the unit; in the dictionary's order."""
    names = {}
    for name, column in load_tables()[table].columns.items():
        names[name.removesuffix(f"_{column.unit}") if column.unit in UNITS_ADDED else name] = name
    return names


def compiled_names(table: str, *units: str) -> tuple[str, ...]:
    """The compiled tables' names of a table's columns in any of the units, such as thousand_yen."""
    columns = load_tables()[table].columns
    return tuple(before for before, after in case_names(table).items() if columns[after].unit in units)


def shaped(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """The frame with exactly the columns the dictionary gives to `table`, renamed from the names they are compiled
    under to those of a case. Raises KeyError where one is missing."""
    return frame.rename(columns=case_names(table))[list(load_tables()[table].columns)]
