"""Runs side by side as the page shows them, and the same table as one Excel sheet."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from optimization.dictionary.settings import load_settings
from optimization.dictionary.tiers import TIERS
from optimization.referee.compare import TODAY_OF, compare_runs
from optimization.report.workbook import AS_TEXT
from optimization.web.cases import Finished
from optimization.web.form import name_of, option_label, plain
from optimization.web.language import Voice, phrases
from optimization.web.run_view import gap_text, titled

FIRST = 4
"""Columns before those of the runs: kind, name, unit, today."""
RESPONSIBLE, GAP = "responsible for ", "gap"


@dataclass(frozen=True)
class Row:
    """A row of a comparison in words: what, its unit, today, then one value a run."""

    label: str
    unit: str
    today: str
    values: tuple[str, ...]


def comparison(runs: Sequence[Finished]) -> pd.DataFrame:
    """The table of `compare_runs`; raises InputError where a run holds no plan."""
    return compare_runs([run.folder for run in runs])


def rows_of(table: pd.DataFrame, kind: str, runs: Sequence[Finished], voice: Voice) -> list[Row]:
    """The rows of a kind (setting | outcome) in words."""
    services = _service_labels(runs, voice)
    row = _setting_row if kind == "setting" else _outcome_row
    return [
        row(str(name), str(unit), values, services, voice)
        for _, name, unit, *values in table[table["kind"] == kind].itertuples(index=False)
    ]


def _setting_row(name: str, _: str, values: Sequence[object], services: dict[str, str], voice: Voice) -> Row:
    setting = load_settings().get(name)
    label = name_of(setting, voice) if setting else name
    unit = f"{name} · {voice.unit_of(setting.unit)}" if setting and setting.unit else name
    return Row(label, unit, "", tuple(_setting(value, services, voice) for value in values[1:]))


def _outcome_row(
    name: str, unit: str, values: Sequence[object], services: dict[str, str], voice: Voice
) -> Row:
    shown = [_figure(value, GAP if name == GAP else unit, voice) for value in values]
    told = "" if name == GAP or unit.startswith("million yen") else voice.unit_of(unit)
    return Row(_outcome(name, services, voice), told, shown[0], tuple(shown[1:]))


def _service_labels(runs: Sequence[Finished], voice: Voice) -> dict[str, str]:
    tables = [run.tables["services"] for run in runs]
    return {
        s: label for t in tables for s, label in zip(t["service"], t[f"label_{voice.language}"], strict=True)
    }


def _setting(value: object, services: dict[str, str], voice: Voice) -> str:
    """The value of a setting: lists of services by name, a long one by its number."""
    text = str(value)
    try:
        read = json.loads(text)
    except ValueError:
        return option_label(text, voice)
    if read in ([], {}):
        return "–"
    if isinstance(read, list) and len(read) == 2 and all(isinstance(end, int | float) for end in read):
        return plain(read[0]) if read[0] == read[1] else f"{plain(read[0])} – {plain(read[1])}"
    if isinstance(read, list) and all(isinstance(entry, str) for entry in read):
        names = [services.get(str(entry)) or option_label(str(entry), voice) for entry in read]
        return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:4])} … ({len(names)})"
    return text


def _outcome(name: str, services: dict[str, str], voice: Voice) -> str:
    if name.startswith(TODAY_OF):
        return voice("today_of", name=_outcome(name.removeprefix(TODAY_OF), services, voice))
    if name.startswith(RESPONSIBLE):
        service = name.removeprefix(RESPONSIBLE)
        return voice("responsible_for", service=services.get(service, service))
    key = f"outcome {name}"
    return voice(key) if key in phrases() else voice.called(name)


def _figure(value: object, unit: str, voice: Voice) -> str:
    """An outcome in the habit of the language: money, shares, plain numbers, tiers."""
    if isinstance(value, float | int) and not pd.isna(value):
        return gap_text(value, voice) if unit == GAP else voice.figure(float(value), unit)
    if value is None or value != value or value == "":
        return "–"
    text = str(value)
    if text == "as today":
        return voice("as_today")
    if text in TIERS:
        return voice.called(text)
    return re.sub(
        r"(\w+) \((\d+) of (\d+)\)",
        lambda m: voice("moved_of", tier=voice.called(m[1]), groups=m[2], count=m[3]),
        text,
    )


def names_of(table: pd.DataFrame, voice: Voice, given: Sequence[str]) -> list[str]:
    """The runs as the heads of the columns: by the names that were given them ('' where none was), else by their
    packages."""
    heads = [titled(str(name), voice) for name in table.columns[FIRST:]]
    return [own or head for own, head in zip(given, heads, strict=True)]


def workbook(table: pd.DataFrame, runs: Sequence[Finished], voice: Voice) -> bytes:
    """The comparison as an Excel file of one sheet: in English as the CSV file has it, in Japanese in words. Text stays
    text, whatever it looks like."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **AS_TEXT}) as book:
        page = book.add_worksheet("comparison" if voice.language == "en" else voice("compare_title"))
        heads, rows = _in_words(table, runs, voice)
        head = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#DCE6F1"})
        page.set_column(0, 0, 10)
        page.set_column(1, 1, 50)
        page.set_column(2, len(table.columns), 24)
        page.freeze_panes(1, 2)
        page.write_row(0, 0, heads, head)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, float | int) and not pd.isna(value):
                    page.write_number(number, column, float(value))
                elif isinstance(value, str) and value:
                    page.write_string(number, column, value[:32_767])
    return buffer.getvalue()


def _in_words(
    table: pd.DataFrame, runs: Sequence[Finished], voice: Voice
) -> tuple[list[str], list[Sequence[object]]]:
    """Heads and rows of the sheet; numbers stay numbers."""
    rows: list[Sequence[object]] = list(table.itertuples(index=False, name=None))
    if voice.language == "en":
        return [str(name) for name in table.columns], rows
    services = _service_labels(runs, voice)
    heads = [voice(key) for key in ("compare_kind", "compare_name", "unit", "today")]
    said: list[Sequence[object]] = []
    for kind, name, unit, *values in rows:
        row = (_setting_row if kind == "setting" else _outcome_row)(
            str(name), str(unit), values, services, voice
        )
        told = [row.today, *row.values]
        shown = [
            value
            if isinstance(value, float | int) and not isinstance(value, bool) and not pd.isna(value)
            else text
            for value, text in zip(values, told, strict=True)
        ]
        said.append((voice(f"compare_{kind}"), row.label, voice.unit_of(str(unit)) if unit else "", *shown))
    return [*heads, *names_of(table, voice, [""] * len(runs))], said
