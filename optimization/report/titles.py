"""Packages as a run names them, by the titles of those that are at hand."""

from __future__ import annotations

from functools import lru_cache

from optimization.case.packages import shelf
from optimization.case.resolved import BESIDE
from optimization.dictionary.results import Language
from optimization.reading.whereabouts import PACKAGES
from optimization.report.language import Speaker


def titled(name: str, say: Speaker) -> str:
    """Packages as a run names them ('a+b', perhaps with a remark in brackets): by their titles in Japanese, as they are
    in English; one that is not at hand keeps its name."""
    if say.language == "en":
        return name
    names, bracket, remark = name.partition(" (")
    titles = _titles(say.language)
    called = "＋".join(titles.get(part, part) for part in names.split("+"))
    return f"{called}（{remark.removesuffix(')')}）" if bracket else called


@lru_cache(2)
def _titles(language: Language) -> dict[str, str]:
    """Titles of the packages on the shelf, and what is set beside them."""
    return {**{each.name: each.called(language) for each in shelf(PACKAGES)[0]}, "set": BESIDE[1]}
