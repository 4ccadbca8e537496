"""English sentences of the program in Japanese: faults of the input, sources of numbers, what the record of a run says.

The pairs stand in `japanese/*.toml`: English = Japanese, with names in braces for what is filled in. A part that is
filled in is said in Japanese too where it stands there itself. What has no pair stays as it is, marked as English.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from optimization.reading.japanese import has_japanese

PAIRS = Path(__file__).with_name("japanese")
ENGLISH_ONLY = "（英文のみ）"
"""What is put behind a sentence that stands in English for want of a Japanese one."""

LONGEST = 4_000
"""Characters of a sentence that is looked up: texts of strangers may be without end."""

DEEPEST = 4
"""Parts within parts that are looked up."""

LATIN = re.compile("[A-Za-z]{2}")
FILLED = re.compile(r"\\\{([a-z])\\\}")


def in_japanese(text: str) -> str:
    """A sentence of the program in Japanese; one without a pair as it is, marked as English where it is."""
    found = _said(text.strip())
    if found is not None:
        return found
    return text if has_japanese(text) or not LATIN.search(text) else f"{text}{ENGLISH_ONLY}"


@lru_cache(4_096)
def _said(text: str, depth: int = 0) -> str | None:
    """A sentence by its pair, the one with most signs of its own first; None where it has none."""
    plain, filled = _pairs()
    if text in plain:
        return plain[text]
    if len(text) > LONGEST or depth > DEEPEST:
        return None
    for pattern, japanese in filled:
        if match := pattern.fullmatch(text):
            return japanese.format(
                **{k: _said(part, depth + 1) or part for k, part in match.groupdict().items()}
            )
    return None


@lru_cache(1)
def _pairs() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Sentences without a part to be filled in, and the others as patterns, the longest first."""
    every = {
        english: japanese
        for file in sorted(PAIRS.glob("*.toml"))
        for english, japanese in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }
    filled = {english: japanese for english, japanese in every.items() if re.search(r"\{[a-z]\}", english)}
    ordered = sorted(filled, key=lambda english: (-len(re.sub(r"\{[a-z]\}", "", english)), english))
    return (
        {english: japanese for english, japanese in every.items() if english not in filled},
        [(_pattern(english), filled[english]) for english in ordered],
    )


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile(FILLED.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL)
