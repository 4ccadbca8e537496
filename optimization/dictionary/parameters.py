"""Labels of parameters, read from `parameters.toml`; those of tiers and formula families stand in their own files."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from optimization.dictionary.families import family_parameters
from optimization.dictionary.results import LANGUAGES, Language
from optimization.dictionary.tiers import TIERS, tier_of


@cache
def load_parameters() -> dict[str, tuple[str, str]]:
    """Parameter name -> (English, Japanese)."""
    text = Path(__file__).with_name("parameters.toml").read_text(encoding="utf-8")
    delays = {f"response_delay_share_{name}": tier_of(name).response_delay for name in TIERS}
    families = {name: entry.label for name, entry in family_parameters().items()}
    return {name: (en, ja) for name, (en, ja) in {**tomllib.loads(text), **delays, **families}.items()}


def parameter_label(name: str, language: Language) -> str:
    """What a parameter is called; KeyError for an unknown one."""
    return load_parameters()[name][LANGUAGES.index(language)]
