"""The two languages of a report: sentences, labels, and numbers in each language's habit."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from optimization.dictionary.in_japanese import in_japanese
from optimization.dictionary.results import LANGUAGES, Language, unit_label, word
from optimization.dictionary.settings import load_settings
from optimization.dictionary.tiers import tier_of

__all__ = ["LANGUAGES", "Language", "Speaker", "speaker"]

PHRASES = Path(__file__).with_name("phrases.toml")
OKU, CHO = 100.0, 1_000_000.0
"""Million yen in 億円 and 兆円."""
SMALL = 1_000.0
"""Million yen below which an amount is told to a million."""


@dataclass(frozen=True)
class Speaker:
    """Says things in one language. Amounts come in million yen."""

    language: Language

    def __call__(self, key: str, /, **values: object) -> str:
        """A sentence of `phrases.toml` with its values; KeyError for an unknown one."""
        return _phrases()[key][LANGUAGES.index(self.language)].format(**values)

    def word(self, name: str) -> str:
        """Label of a word that stands in a table."""
        return word(name, self.language)

    def text(self, english: str) -> str:
        """A sentence that the program or a case holds in English, in the language."""
        return in_japanese(english) if self.language == "ja" else english

    def setting(self, key: str) -> str:
        """A setting as it is called: its label with its key in Japanese, its key in English."""
        known = load_settings()
        return f"{known[key].label_ja}（{key}）" if self.language == "ja" and key in known else key

    def unit_label(self, unit: str) -> str:
        """A unit of a number in the language; the unit itself where it is none of the dictionary's."""
        try:
            return unit_label(unit, self.language)
        except KeyError:
            return unit

    def tier(self, name: str, form: Literal["title", "short", "spoken"]) -> str:
        """What a tier is called: as a heading, in a narrow cell, or on a page for residents."""
        return str(getattr(tier_of(name), form)[LANGUAGES.index(self.language)])

    def number(self, value: float, digits: int = 0) -> str:
        """A plain number."""
        return f"{value:,.{digits}f}".replace("-", "−")

    def share(self, value: float, digits: int = 1) -> str:
        """A share as per cent."""
        return f"{self.number(100.0 * value, digits)}%"

    def amount(self, million: float, signed: bool = False) -> str:
        """An amount without its unit, which `unit` says once for a whole table: billion yen, or 億円, to a hundred
        million yen; what is below a billion to a million."""
        size, (coarse, fine) = million / self._scale, (1, 3) if self.language == "en" else (0, 2)
        text = self.number(size, coarse if abs(million) >= SMALL else fine)
        if not text.strip("−0.,"):
            return self.number(0.0, coarse)
        return f"+{text}" if signed and million > 0 else text

    def money(self, million: float, signed: bool = False) -> str:
        """An amount with its unit, the very figure of `amount`; from a 兆円 on in 兆円 and 億円."""
        text = self.amount(million, signed)
        if not text.strip("0."):
            return "0"
        if self.language == "en":
            return f"{text} billion yen"
        if abs(million) < CHO:
            return f"{text}億円"
        whole, rest = divmod(round(abs(million) / OKU), 10_000)
        sign = "−" if million < 0 else "+" if signed else ""
        return f"{sign}{whole:,}兆{rest:,}億円" if rest else f"{sign}{whole:,}兆円"

    def ratio(self, value: float) -> str:
        """A ratio: three digits, more where it is small."""
        size = abs(value)
        return self.number(value, 3 if size >= 0.1 or size == 0 else 4 if size >= 0.01 else 6)

    def gap(self, value: float) -> str:
        """How far from the best a plan can be."""
        return self.share(value, 5)

    def figure(self, value: float, unit: str) -> str:
        """A figure of a table whose rows have units of their own."""
        if unit.startswith("million yen"):
            return self.money(value)
        if unit == "ratio":
            return self.ratio(value)
        return self.number(value, 0 if float(value).is_integer() else 2)

    @property
    def _scale(self) -> float:
        return 1_000.0 if self.language == "en" else OKU

    @property
    def unit(self) -> str:
        """The unit of `amount`."""
        return "billion yen a year" if self.language == "en" else "億円／年"

    def yen(self, value: float, signed: bool = False) -> str:
        """Yen for one person."""
        sign = "−" if round(value) < 0 else "+" if signed and round(value) > 0 else ""
        text = f"{sign}{abs(round(value)):,}"
        return f"{text} yen" if self.language == "en" else f"{text}円"

    def people(self, persons: float) -> str:
        """A number of people: million, or 万人."""
        if self.language == "en":
            return f"{persons / 1e6:,.1f} million" if persons >= 1e6 else f"{persons:,.0f}"
        return f"{persons / 1e4:,.0f}万人" if persons >= 1e6 else f"{persons:,.0f}人"

    def listed(self, names: list[str]) -> str:
        """Names one after another."""
        if self.language == "ja":
            return "、".join(names)
        return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else ""

    def axis(self, million: float) -> str:
        """The figure of `amount` with a unit short enough for a picture."""
        return f"{self.amount(million)} bn" if self.language == "en" else f"{self.amount(million)}億"


@cache
def _phrases() -> dict[str, tuple[str, str]]:
    """Sentences by key: English, Japanese."""
    raw = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    return {key: (en, ja) for key, (en, ja) in raw.items()}


def speaker(language: Language) -> Speaker:
    """Who speaks a language."""
    return Speaker(language)


def shown(value: float | None, form: Callable[[float], str], absent: str = "–") -> str:
    """A value in a form, or a dash where there is none."""
    return absent if value is None or math.isnan(value) else form(value)
