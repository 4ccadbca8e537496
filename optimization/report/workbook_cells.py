"""What stands in the cells of a Japanese workbook: services, classes, places, taxes, settings and words by their
labels, where the CSV file holds the names that programs read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from optimization.dictionary.in_japanese import in_japanese
from optimization.dictionary.parameters import parameter_label
from optimization.reading.whereabouts import input_folder
from optimization.report.language import Speaker, speaker
from optimization.report.setting_values import named, setting_value
from optimization.report.tax_names import tax_name
from optimization.report.titles import titled

ENGLISH = "label_en"
"""A column that a Japanese workbook does without."""


@dataclass(frozen=True)
class Cells:
    """Labels of the services of a run and names of its governments by code, and the folder of its case."""

    services: Mapping[str, str]
    places: Mapping[str, str]
    case: Path
    say: Speaker

    def said(self, table: str, column: str, value: str) -> str:
        """The text of a cell of a table as a reader of Japanese has it."""
        if table == "changes" and column in ("from", "to"):
            return setting_value(value, self.services, self.say)
        if table == "changes" and column == "source":
            return titled(value, self.say)
        if column == "source" and table == "parameters":
            return in_japanese(value)
        if column == "unit":
            return self.say.unit_label(value)
        if column == "parameter" and table == "parameters":
            return _or(lambda: parameter_label(value, "ja"), value)
        return "、".join(self.word(part) for part in value.split("|"))

    def word(self, name: str) -> str:
        """One name: a service, two services, a place, a class within a prefecture, a tax, a setting, a word."""
        for known in (self.services, self.places):
            if name in known:
                return str(known[name])
        parts = name.split("+")
        if len(parts) == 2 and all(part in self.services for part in parts):
            return self.say("pair", one=self.services[parts[0]], other=self.services[parts[1]])
        code, _, kind = name.partition("_")
        if code in self.places and kind:
            return f"{self.places[code]}／{self.word(kind)}"
        if (said := tax_name(name, self.case)) != name:
            return said
        if (said := self.say.setting(name)) != name:
            return said
        head, dot, of = name.partition(".")
        if dot and head in self.services:
            return f"{self.services[head]}：{_or(lambda: parameter_label(of, 'ja'), self.word(of))}"
        if dot and of:
            return f"{self.word(head)}：{self.word(of)}"
        said = named(name, self.services, self.say)
        if said != name:
            return said
        return _or(lambda: parameter_label(name, "ja"), _or(lambda: self.say.word(f"numbers_{name}"), name))


def cells_of(tables: Mapping[str, tuple[Sequence[str], Sequence[Sequence[str]]]], case: str) -> Cells:
    """The cells of a run by its tables (columns and rows of each), and the name of its case."""
    return Cells(
        _pairs(tables, "services", "service", "label_ja"),
        _pairs(tables, "governments", "government", "name_ja"),
        input_folder(Path(case).name),
        speaker("ja"),
    )


def _pairs(
    tables: Mapping[str, tuple[Sequence[str], Sequence[Sequence[str]]]], table: str, key: str, label: str
) -> dict[str, str]:
    """Labels by key of a table; none where there is no such table."""
    if table not in tables:
        return {}
    columns, rows = tables[table]
    at = list(columns).index(key), list(columns).index(label)
    return {row[at[0]]: row[at[1]] for row in rows}


def _or(said: Callable[[], str], otherwise: str) -> str:
    """What a label is, or something else where there is none."""
    try:
        return str(said())
    except KeyError:
        return otherwise
