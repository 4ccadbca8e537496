"""The two languages of a report: sentences, labels, and numbers in each language's habit."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from optimization.dictionary.results import LANGUAGES, Language, word

__all__ = ["LANGUAGES", "Language", "Speaker", "speaker"]

PHRASES = Path(__file__).with_name("phrases.toml")
OKU, CHO = 100.0, 1_000_000.0
"""Million yen in 億円 and 兆円."""


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

    def number(self, value: float, digits: int = 0) -> str:
        """A plain number."""
        return f"{value:,.{digits}f}".replace("-", "−")

    def share(self, value: float, digits: int = 1) -> str:
        """A share as per cent."""
        return f"{self.number(100.0 * value, digits)}%"

    def money(self, million: float, signed: bool = False) -> str:
        """An amount: billion yen, or 兆円 and 億円; below a billion yen million yen, or 億円 with a digit."""
        size = abs(million)
        if size < 0.005:
            return "0"
        sign = "−" if million < 0 else "+" if signed else ""
        if self.language == "en":
            if size >= 1_000.0:
                return f"{sign}{size / 1_000.0:,.1f} billion yen"
            return f"{sign}{size:,.1f} million yen" if size < 10 else f"{sign}{size:,.0f} million yen"
        if size >= CHO:
            whole, rest = divmod(round(size / OKU), 10_000)
            return f"{sign}{whole:,}兆{rest:,}億円" if rest else f"{sign}{whole:,}兆円"
        return f"{sign}{size / OKU:,.0f}億円" if size >= 10 * OKU else f"{sign}{size / OKU:,.2f}億円"

    def amount(self, million: float, signed: bool = False) -> str:
        """An amount without its unit, which `unit` says once for a whole table: billion yen, or 億円."""
        value, digits = (million / 1_000.0, 1) if self.language == "en" else (million / OKU, 0)
        sign = "+" if signed and round(value, digits) > 0 else ""
        return f"{sign}{self.number(value if abs(round(value, digits)) > 0 else 0.0, digits)}"

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
        """An amount short enough for a picture: trillion yen, or 兆円."""
        amount = million / CHO
        digits = 2 if abs(amount) < 10 else 1
        text = f"{amount:,.{digits}f}"
        return f"{text} tn" if self.language == "en" else f"{text}兆"


@cache
def _phrases() -> dict[str, tuple[str, str]]:
    """Sentences by key: English, Japanese."""
    raw = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    return {key: (en, ja) for key, (en, ja) in raw.items()}


def phrase_keys() -> set[str]:
    """The keys of all sentences."""
    return set(_phrases())


def speaker(language: Language) -> Speaker:
    """Who speaks a language."""
    return Speaker(language)


def shown(value: float, form: Callable[[float], str], absent: str = "–") -> str:
    """A value in a form, or a dash where there is none."""
    return absent if value is None or math.isnan(value) else form(value)
