"""A rung as a reform package laid upon `role_division`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.ladder import Rung
from optimization.case.case import Case
from optimization.case.compose import ResolvedPackage
from optimization.case.packages import toml_value
from optimization.dictionary.settings import load_settings
from optimization.face import load_package

BASE_PACKAGE = "role_division"
SOURCE = "benchmarks"

PACKAGE = """[package]
name = "{source}"
title = {title}
title_ja = "計算時間の比較"
author = "The authors of this tool"
source = "{source}"
date = 2026-11-24
baseline = "status_quo"
[[provision]]
number = 1
text = {title}
text_ja = "計算時間の比較"
[provision.settings]
"""


def missing(rung: Rung) -> str:
    """The choices of settings that the rung needs and the dictionary does not have; empty if none."""
    known = load_settings()
    return ", ".join(
        f"{key} = {value!r}" for key, value in rung.needs.items() if value not in (known[key].choices or ())
    )


def question(case: Case, rung: Rung, prefectures: Sequence[str] = ()) -> ResolvedPackage:
    """The rung as a resolved package, its settings checked and traced to the source `benchmarks`.

    Raises InputError where a setting of the rung is faulty.
    """
    if not rung.settings:
        return load_package(case, BASE_PACKAGE, prefectures)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{SOURCE}.toml"
        lines = [f"{toml_value(key)} = {_literal(value)}" for key, value in rung.settings.items()]
        head = PACKAGE.format(source=SOURCE, title=toml_value(rung.title))
        path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
        return load_package(case, [BASE_PACKAGE, path], prefectures)


def _literal(value: Any) -> str:
    return toml_value(tuple(value) if isinstance(value, list) else value)
