"""What a sweep has found so far: one file for every question, named by what the question is.

The name is a hash of all that the answer depends on: the tables of the case, every setting and assumption in effect,
prefectures, limits of the solver, and the program itself. A file is written whole under another name and renamed, so a
study may be killed at any moment: what stands in the folder is finished, and is never computed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimization.archive.program import program
from optimization.case.case import Case
from optimization.case.compose import ResolvedPackage
from optimization.studies.study import Study

CELLS = "cells"


def key_of(case: Case, package: ResolvedPackage, study: Study) -> str:
    """Name of a question."""
    asked = {
        "program": program(),
        "inputs": dict(case.sha256),
        "settings": package.settings,
        "assumptions": dict(package.assumptions),
        "prefectures": study.prefectures,
        "limits": [study.gap, study.time_limit, study.method, study.seed],
    }
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def path_of(folder: Path, key: str) -> Path:
    """Where the answer of a question stands."""
    return folder / CELLS / f"{key}.json"


def write(folder: Path, key: str, answer: Mapping[str, Any]) -> None:
    """Archive an answer whole."""
    target = path_of(folder, key)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=".", dir=target.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(answer, file, ensure_ascii=False, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, target)


def read(folder: Path, key: str) -> dict[str, Any] | None:
    """The answer of a question, or None where it has none yet."""
    try:
        return dict(json.loads(path_of(folder, key).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
