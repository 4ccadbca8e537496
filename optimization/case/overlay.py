"""A package written by the program: settings and assumptions to lay on top of others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from optimization.case.packages import toml_value

HEAD = """[package]
name = "{name}"
title = "{title}"
title_ja = "{title_ja}"
author = "{author}"
source = "{name}"
date = {date}
baseline = "status_quo"
"""
PROVISION = """
[[provision]]
number = 1
text = "{text}"
text_ja = "{text_ja}"
[provision.settings]
"""


def overlay(
    name: str,
    author: str,
    text: tuple[str, str],
    settings: Mapping[str, Any],
    assumptions: Mapping[str, float] | None = None,
    dated: date = date(2000, 1, 1),
) -> str:
    """The text of a package file with one provision, said in English and Japanese."""
    head = HEAD.format(name=name, title=text[0], title_ja=text[1], author=author, date=dated.isoformat())
    lines = [head]
    if assumptions:
        lines += ["[assumptions]", *_entries(assumptions)]
    lines += [PROVISION.format(text=text[0], text_ja=text[1]), *_entries(settings)]
    return "\n".join(lines) + "\n"


def _entries(values: Mapping[str, Any]) -> list[str]:
    return [f"{toml_value(key)} = {toml_value(value)}" for key, value in values.items()]
