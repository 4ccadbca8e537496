"""What an analysis tells, as a page shows it: its sentences in English, its tables with heads in both languages."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.dictionary.settings import load_settings
from optimization.dictionary.tiers import TIERS
from optimization.errors import InputError
from optimization.reading.files import MOST_RESULT, MOST_SETTINGS, read_text
from optimization.web.cases import Finished, is_own
from optimization.web.form import in_words, name_of
from optimization.web.language import Voice, phrases

ROWS = 60
"""Rows of a table that the page shows; the file holds all."""

PRICED = ("service", "rule_group", "tier", "forced_tier", "forced_cost_million_yen", "at_least_million_yen")
SHOWN: Mapping[str, Sequence[str]] = {
    "forced_tiers": PRICED,
    "given_back": ("service", "rule_group", "tier_today", "tier", "saving_million_yen"),
    "shadow_prices": ("setting", "value", "side", "step", "change_million_yen", "status"),
    "plans": ("plan", "cost_million_yen", "more_than_the_best_ratio", "distance_duties"),
    "duties": (),
    "overturns": ("service", "rule_group", "factor", "overturned_at_value", "unit"),
    "recommendations": ("service", "rule_group", "tier", "mark", "rival_tier"),
}
"""Tables that a page shows, and which of their columns (all where none is named)."""

LEAST_FIRST = {"forced_tiers": "forced_cost_million_yen", "given_back": "saving_million_yen"}
"""Column by whose figures a table is ordered."""

MARK, OVERTURNED = "mark", "overturned"


@dataclass(frozen=True)
class Shown:
    """A table in words: name, title, heads, rows, and how many rows there are in all."""

    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    count: int


def sentences(folder: Path, voice: Voice) -> list[str]:
    """What a diagnosis or an explanation says, as it was written: in English, so that a Japanese page has none."""
    for name in ("diagnosis.md", "explanation.md") if voice.language == "en" else ():
        if is_own(folder / name):
            try:
                text = read_text(folder / name, MOST_SETTINGS)
            except (OSError, ValueError):
                return []
            lines = [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]
            return [line.replace("\\", "") for line in lines]
    return []


def tables(folder: Path, run: Finished, voice: Voice) -> list[Shown]:
    """The tables of an analysis in words."""
    frames = {name: _frame(folder / f"{name}.csv") for name in SHOWN}
    found = [_shown(name, frame, run, voice) for name, frame in frames.items() if frame is not None]
    return [*_of_diagnosis(folder, voice), *found]


def _frame(path: Path) -> pd.DataFrame | None:
    """A table as text; None where there is none that can be read."""
    if not is_own(path):
        return None
    try:
        return pd.read_csv(io.StringIO(read_text(path, MOST_RESULT)), dtype=str, keep_default_na=False)
    except (OSError, ValueError):
        return None


def _shown(name: str, frame: pd.DataFrame, run: Finished, voice: Voice) -> Shown:
    columns = [column for column in SHOWN[name] or frame.columns if column in frame]
    if (by := LEAST_FIRST.get(name)) in frame:
        frame = frame.iloc[pd.to_numeric(frame[by], errors="coerce").argsort(kind="stable").to_numpy()]
    if MARK in frame:
        frame = frame[frame[MARK] == OVERTURNED]
    labels = _services(run, voice)
    rows = tuple(
        tuple(_cell(column, str(value), labels, voice) for column, value in zip(columns, row, strict=True))
        for row in frame[columns].head(ROWS).itertuples(index=False, name=None)
    )
    heads = tuple(_head(column, voice) for column in columns)
    return Shown(name, voice(f"table_{name}"), heads, rows, len(frame))


def _services(run: Finished, voice: Voice) -> dict[str, str]:
    """Services of a run as they are called; none where the run has no tables."""
    try:
        table = run.tables["services"]
    except (InputError, KeyError):
        return {}
    return dict(zip(table["service"], table[f"label_{voice.language}"], strict=True))


def _head(column: str, voice: Voice) -> str:
    plan, _, number = column.rpartition("_")
    if plan == "plan" and number.isdigit():
        return voice("column_plan_n", number=number)
    key = f"column_{column}"
    return voice(key) if key in phrases() else column


def _cell(column: str, value: str, labels: Mapping[str, str], voice: Voice) -> str:
    """A value in words: services, classes, tiers, settings and assumptions by name, money and shares as reports say
    them."""
    if value == "":
        return "–"
    if column == "service":
        return labels.get(value, value)
    if column == "setting" and value in load_settings():
        return name_of(load_settings()[value], voice)
    if value in TIERS or column in ("rule_group", MARK):
        return voice.called(value)
    if column == "side":
        return voice(f"side_{value}") if f"side_{value}" in phrases() else value
    if column == "status":
        return voice.state_of(value)
    if column == "unit":
        return voice.unit_of(value)
    return _number(column, value, voice)


def _number(column: str, value: str, voice: Voice) -> str:
    try:
        number = float(value)
    except ValueError:
        return voice.called(value) if column == "factor" else value
    if column.endswith("_million_yen"):
        return voice.money(number)
    if column.endswith("_ratio"):
        return voice.share(number, 2)
    return voice.number(number) if number.is_integer() else f"{number:.4g}"


def _of_diagnosis(folder: Path, voice: Voice) -> list[Shown]:
    """Which limits cannot hold together, and what would mend it; nothing of another analysis."""
    try:
        found = json.loads(read_text(folder / "diagnosis.json", MOST_SETTINGS))
        limits = [(str(each["setting"]), each["value"]) for each in found["conflict"]]
        steps = [
            (number, str(step["setting"]), step["from"], step["to"])
            for number, repair in enumerate(found["repairs"], start=1)
            for step in repair["changes"]
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    heads = (voice("column_setting"), voice("column_value"))
    conflict = tuple((_setting(key, voice), _value(key, value, voice)) for key, value in limits)
    mended = tuple(
        (str(number), _setting(key, voice), _value(key, old, voice), _value(key, new, voice))
        for number, key, old, new in steps
    )
    repair = (voice("column_repair"), heads[0], voice("column_from"), voice("column_to"))
    return [
        Shown("conflict", voice("table_conflict"), heads, conflict, len(conflict)),
        Shown("repairs", voice("table_repairs"), repair, mended, len(mended)),
    ]


def _setting(key: str, voice: Voice) -> str:
    setting = load_settings().get(key)
    return name_of(setting, voice) if setting else key


def _value(key: str, value: Any, voice: Voice) -> str:
    setting = load_settings().get(key)
    if setting is None:
        return str(value)
    if setting.unit.startswith("million yen") and isinstance(value, int | float):
        return voice.money(value)
    unit = voice.unit_of(setting.unit) if setting.unit not in ("", "ratio") and value is not None else ""
    return f"{in_words(setting, value, {}, voice)} {unit}".strip()
