"""Reform packages: signed TOML files that map numbered provisions to settings.

    [package]
    name = "wide_area"                # equals the file's stem
    title = "..."                     # also author (who signs), source (whose proposal, where)
    title_ja = "..."                  # optional, as source_ja, reading_ja and text_ja: without it the English stands
                                      # there, marked as such
    date = 2026-11-24
    baseline = "status_quo"
    reading = "..."                   # optional: what is our reading and not the proposal's own words
    extends = ["other"]               # optional: packages laid beneath this one

    [[provision]]
    number = 1
    text = "..."                      # optional: text_ja
    as_today = false                  # optional: true where the provision restates today's arrangement
    [provision.settings]
    "wide_area.services" = "all"

    [assumptions]                     # optional: numbers of the case's parameter table
    "fire.scale_realisation" = 0.4

`package_reader` checks all that can be checked without a case, `packages.check_names` the services and the
parameters against one. Both report through `Problem`; the format is refused whole or accepted whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from optimization.dictionary.in_japanese import ENGLISH_ONLY
from optimization.dictionary.results import Language
from optimization.reading.japanese import has_japanese

STATUS_QUO = "status_quo"
DEFAULT_PACKAGE = "recommended"
ASSUMPTIONS = "assumptions"


@dataclass(frozen=True)
class Provision:
    """One numbered provision and the settings it stands for, as written in the file.

    `as_today` marks a provision that restates today's arrangement, so that it may change nothing.
    """

    number: int
    text: str
    text_ja: str
    settings: Mapping[str, Any]
    as_today: bool = False

    def said(self, language: Language) -> str:
        """The provision's text in a language; the English one, marked as such, where there is no Japanese."""
        return in_language(language, self.text, self.text_ja)


@dataclass(frozen=True)
class Package:
    """One signed reform package; settings and assumptions in the units of the data dictionary."""

    name: str
    title: str
    title_ja: str
    author: str
    source: str
    date: date
    baseline: str
    provisions: tuple[Provision, ...]
    path: Path
    reading: str = ""
    source_ja: str = ""
    reading_ja: str = ""
    extends: tuple[str, ...] = ()
    assumptions: Mapping[str, float] = field(default_factory=dict)

    def called(self, language: Language) -> str:
        """The package's title in a language; the English one, marked as such, where there is no Japanese."""
        return in_language(language, self.title, self.title_ja)

    def cited(self, language: Language) -> str:
        """Whose proposal it is, in a language; the English, marked as such, where there is no Japanese."""
        return in_language(language, self.source, self.source_ja)

    def read_as(self, language: Language) -> str:
        """What is our reading of it, in a language, '' where nothing is."""
        return in_language(language, self.reading, self.reading_ja) if self.reading else ""

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting the package names, as written ("all" is not spelt out)."""
        return {key: value for provision in self.provisions for key, value in provision.settings.items()}


def in_language(language: Language, english: str, japanese: str) -> str:
    """A text of a package in a language; where the Japanese is not given, the English with a mark that says so, unless
    it is Japanese itself."""
    if language == "en":
        return english
    return japanese or (english if has_japanese(english) else f"{english}{ENGLISH_ONLY}")
