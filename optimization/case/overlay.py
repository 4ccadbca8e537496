"""A package made by the program: settings and assumptions to lay on top of others, in memory or as a file's text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from optimization.case.package import ASSUMPTIONS, STATUS_QUO, Package
from optimization.case.package_reader import package_of
from optimization.reading.toml_file import toml_value

UNDATED = date(2000, 1, 1)


def overlay_package(
    name: str,
    author: str,
    text: tuple[str, str],
    settings: Mapping[str, Any],
    assumptions: Mapping[str, float] | None = None,
    dated: date = UNDATED,
) -> Package:
    """A package of one provision, said in English and Japanese, checked as a package file is. Raises `InputError`
    with every fault, each said of `name`."""
    return package_of(_document(name, author, text, settings, assumptions, dated), Path(name))


def overlay(
    name: str,
    author: str,
    text: tuple[str, str],
    settings: Mapping[str, Any],
    assumptions: Mapping[str, float] | None = None,
    dated: date = UNDATED,
) -> str:
    """The text of a package file of one provision, said in English and Japanese."""
    document = _document(name, author, text, settings, assumptions, dated)
    (provision,) = document["provision"]
    own = {key: value for key, value in provision.items() if key != "settings"}
    lines = ["[package]", *_entries(document["package"]), ""]
    if assumptions:
        lines += [f"[{ASSUMPTIONS}]", *_entries(document[ASSUMPTIONS]), ""]
    lines += ["[[provision]]", *_entries(own), "[provision.settings]"]
    entries = [f"{toml_value(key)} = {toml_value(value)}" for key, value in provision["settings"].items()]
    return "\n".join([*lines, *entries]) + "\n"


def _document(
    name: str,
    author: str,
    text: tuple[str, str],
    settings: Mapping[str, Any],
    assumptions: Mapping[str, float] | None,
    dated: date,
) -> dict[str, Any]:
    """The package as TOML has it."""
    english, japanese = text
    head = {"name": name, "title": english, "title_ja": japanese, "author": author}
    head |= {"source": name, "source_ja": japanese}
    provision = {"number": 1, "text": english, "text_ja": japanese, "settings": _as_toml(settings)}
    return {
        "package": {**head, "date": dated, "baseline": STATUS_QUO},
        "provision": [provision],
        ASSUMPTIONS: dict(assumptions or {}),
    }


def _as_toml(value: Any) -> Any:
    """A value in the kinds that TOML has: lists for tuples."""
    if isinstance(value, Mapping):
        return {key: _as_toml(entry) for key, entry in value.items()}
    return [_as_toml(entry) for entry in value] if isinstance(value, tuple | list) else value


def _entries(values: Mapping[str, Any]) -> list[str]:
    return [
        f"{key if key.isidentifier() else toml_value(key)} = {toml_value(value)}"
        for key, value in values.items()
    ]
