"""The two languages of the page: its own phrases, the numbers in the habit of the reports."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request

from optimization.dictionary.results import LANGUAGES, Language
from optimization.report.language import Speaker

PHRASES = Path(__file__).with_name("phrases.toml")
COOKIE = "lang"
"""What an address calls the language."""
KEPT = "optimization-lang"
"""The cookie that keeps it, for all servers of ours on a host."""


@dataclass(frozen=True)
class Voice(Speaker):
    """A speaker that knows the phrases of the page."""

    def __call__(self, key: str, /, **values: object) -> str:
        """A phrase with its values, of the page or else of the reports; KeyError for an unknown one."""
        if key not in phrases():
            return super().__call__(key, **values)
        return phrases()[key][LANGUAGES.index(self.language)].format(**values)

    def called(self, name: str) -> str:
        """Label of a word of the data dictionary; the word itself where the dictionary has none."""
        try:
            return self.word(name)
        except KeyError:
            return name.replace("_", " ")

    @property
    def colon(self) -> str:
        """What stands between a name and what it is."""
        return ": " if self.language == "en" else "："

    @property
    def full_stop(self) -> str:
        """What stands between two sentences."""
        return ". " if self.language == "en" else "。"

    def state_of(self, name: str) -> str:
        """A state of a job or the status of a run."""
        key = f"state_{name}"
        return self(key) if key in phrases() else self.called(name)

    def unit_of(self, unit: str) -> str:
        """A unit of a setting or a result."""
        key = f"unit {unit}"
        return self(key) if key in phrases() else self.unit_label(unit)

    def duration(self, value: float) -> str:
        """A length of time."""
        minutes, rest = divmod(round(value), 60)
        return (
            self("minutes_seconds", minutes=minutes, seconds=rest)
            if minutes
            else self("seconds", seconds=rest)
        )


@cache
def phrases() -> dict[str, tuple[str, str]]:
    """Every phrase by its key: English, Japanese."""
    return {**_read(PHRASES), **phrases_of("map")}


@cache
def phrases_of(part: str) -> dict[str, tuple[str, str]]:
    """The phrases of one part of the page, which stand in a file of their own: `phrases_map.toml` of the map."""
    return _read(PHRASES.with_name(f"phrases_{part}.toml"))


def _read(file: Path) -> dict[str, tuple[str, str]]:
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    return {key: (en, ja) for key, (en, ja) in raw.items()}


def language_of(request: Request) -> Language:
    """The language asked for in the address, else chosen before, else the first one that the browser prefers."""
    for wish in (request.query_params.get(COOKIE), request.cookies.get(KEPT)):
        for language in LANGUAGES:
            if language == wish:
                return language
    prefers = request.headers.get("accept-language", "").lower()
    return "ja" if prefers.startswith("ja") else "en"
