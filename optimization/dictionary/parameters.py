"""Labels of the parameter table, read from `parameters.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from optimization.dictionary.results import LANGUAGES, Language


@cache
def load_parameters() -> dict[str, tuple[str, str]]:
    """Parameter name -> (English, Japanese)."""
    text = Path(__file__).with_name("parameters.toml").read_text(encoding="utf-8")
    return {name: (en, ja) for name, (en, ja) in tomllib.loads(text).items()}


def parameter_label(name: str, language: Language) -> str:
    """What a parameter is called; KeyError for an unknown one."""
    return load_parameters()[name][LANGUAGES.index(language)]
