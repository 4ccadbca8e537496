"""A sensitivity study read for a report: its record, its tables, and that it is of the run's question."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive.form import within
from optimization.dictionary.parameters import load_parameters
from optimization.dictionary.settings import load_settings, shown
from optimization.errors import InputError, Problem, raise_if_any
from optimization.reading.files import MOST_RESULT, MOST_SETTINGS, read_bytes, read_text

TEXTS = {
    "recommendations": ("service", "rule_group", "tier", "mark", "rival_tier"),
    "effects": ("output", "factor"),
    "numbers": ("varied",),
    "draws": ("status",),
    "overturns": (),
}
"""Columns of text that a report reads of each table of a study."""

STUDY_TABLES = tuple(TEXTS)

KEYS = {"recommendations": ["service", "rule_group"], "effects": ["output", "factor"]}
METHODS = {"tornado": ("central", "at_low", "at_high"), "morris": ("mu_star",), "sobol": ("total",)}
"""Columns of the effects that each method measures."""

ENDS = ("at_low", "at_high")
"""Columns of the effects that are empty where a draw has no plan."""

MARKS = ("firm", "likely", "open", "overturned", "tested_alone")
ALONE = "tornado"
"""Method that moves one assumption at a time: it tells what overturns a recommendation, never that it is safe."""

CROSSINGS = ("service", "rule_group", "factor", "unit")
LEVELS = ("overturned_at_level", "overturned_at_value")
"""Columns of text, and of numbers, of what a study of that method says overturns a recommendation."""

AGAIN = "name a folder written by 'solve.py sensitivity', unchanged"


@dataclass(frozen=True)
class StudyView:
    """A sensitivity study: its record and its tables by name."""

    folder: Path
    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    @property
    def draws(self) -> int:
        """Solved draws."""
        return len(self.tables["draws"])

    @property
    def alone(self) -> bool:
        """Whether it moves one assumption at a time."""
        return bool(self.record["method"] == ALONE)

    @property
    def crossings(self) -> pd.DataFrame:
        """Which assumption overturns which recommendation and at which value, what must move least first; empty where
        the study does not tell."""
        table = self.tables["overturns"]
        if not {*CROSSINGS, *LEVELS} <= set(table):
            return pd.DataFrame(columns=[*CROSSINGS, *LEVELS])
        far = (table["overturned_at_level"] - 0.5).abs()
        return table.loc[far.sort_values(kind="stable").index]


def view_study(folder: Path, record: Mapping[str, Any], run: Mapping[str, pd.DataFrame]) -> StudyView:
    """Read a sensitivity study of the question that a run's record states; `run` are the run's tables. Raises
    `InputError` where it is no study, of another question, or names what the run does not know."""
    try:
        found = json.loads(read_text(within(folder / "study.json"), MOST_SETTINGS))
        tables = {name: _table(folder / f"{name}.csv", texts) for name, texts in TEXTS.items()}
    except (OSError, ValueError, OverflowError, RecursionError) as error:
        raise InputError([Problem(str(folder), f"is no study ({error})", AGAIN)]) from error
    raise_if_any(list(_differences(folder, found, record)))
    raise_if_any(list(_faults(folder, str(found["method"]), tables, run)))
    if found["method"] == ALONE:
        tables["recommendations"] = _without_comfort(tables["recommendations"])
    return StudyView(folder, found, tables)


def _without_comfort(table: pd.DataFrame) -> pd.DataFrame:
    """Recommendations of a study that moved one assumption at a time, as older versions marked them too: overturned or
    not, and never firm or likely."""
    turned = (table["mark"] == "overturned") | (table["share_of_draws"] < 1.0)
    return table.assign(mark=turned.map({True: "overturned", False: "tested_alone"}))


def _table(file: Path, texts: tuple[str, ...]) -> pd.DataFrame:
    content = io.BytesIO(read_bytes(within(file), MOST_RESULT))
    kinds = dict.fromkeys((*texts, *CROSSINGS), str)
    # an assumption of many numbers has no one value, and an end of a range at which there is no plan no figure
    blank = {column: [""] for column in (*LEVELS, *ENDS)}
    return pd.read_csv(content, dtype=kinds, keep_default_na=False, na_values=blank, index_col=False)


def _differences(folder: Path, found: object, record: Mapping[str, Any]) -> Iterator[Problem]:
    """Where the record of a study is not of the run's question, or of no method."""
    file = str(folder / "study.json")
    about = found if isinstance(found, dict) else {}
    remedy = "give a study of the run's packages, case and prefectures"
    for key in ("case", "package", "prefectures_asked"):
        if about.get(key) != record[key]:
            message = f"the study is of another question than the run ({record[key]!r})"
            yield Problem(file, message, remedy, column=key, value=shown(about.get(key, "")))
    if about.get("method") not in tuple(METHODS):
        yield Problem(file, "is not a method", AGAIN, column="method", value=shown(about.get("method", "")))


def _faults(
    folder: Path, method: str, tables: Mapping[str, pd.DataFrame], run: Mapping[str, pd.DataFrame]
) -> Iterator[Problem]:
    """Columns that are missing or of another kind, rows that stand twice, names that nobody knows."""
    numbers = {"recommendations": ("share_of_draws",), "effects": METHODS[method]}
    for name, table in tables.items():
        file = str(folder / f"{name}.csv")
        missing = [column for column in (*TEXTS[name], *numbers.get(name, ())) if column not in table]
        yield from (Problem(file, "the column is missing", AGAIN, column=column) for column in missing)
        if missing:
            return
        for column in numbers.get(name, ()):
            if len(table) and not pd.api.types.is_numeric_dtype(table[column]):
                yield Problem(file, "must be numbers", AGAIN, column=column)
        for column in LEVELS if name == "overturns" and len(table) else ():
            if column in table and not pd.api.types.is_numeric_dtype(table[column]):
                yield Problem(file, "must be numbers", AGAIN, column=column)
        if name in KEYS and table.duplicated(KEYS[name]).any():
            yield Problem(file, "holds a row twice", AGAIN, column=", ".join(KEYS[name]))
    known = {
        ("recommendations", "service"): set(run["services"]["service"]),
        ("recommendations", "rule_group"): set(run["responsibility"]["rule_group"]),
        ("recommendations", "tier"): set(run["tiers"]["tier"]),
        ("recommendations", "rival_tier"): {"", *run["tiers"]["tier"]},
        ("recommendations", "mark"): set(MARKS),
        ("effects", "factor"): {*load_parameters(), *load_settings()},
    }
    if "factor" in tables["overturns"]:
        known["overturns", "factor"] = known["effects", "factor"]
    for (name, column), names in known.items():
        if strange := sorted(set(tables[name][column].astype(str)) - names):
            message, file = "is not known to the run", str(folder / f"{name}.csv")
            yield Problem(file, message, AGAIN, column=column, value=shown(strange[0]))
