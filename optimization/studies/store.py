"""What a sweep has found so far: one file for every question, named by what the question is.

The name is a hash of all that the answer depends on: the tables of the case, every setting and assumption in effect,
prefectures, limits of the solver, and the program itself. A file is written whole under another name and renamed, so a
study may be killed at any moment: what stands in the folder is finished, and is never computed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimization.archive import written_over
from optimization.archive.program import program
from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.errors import InputError, Problem
from optimization.reading.files import MEGABYTE, read_text
from optimization.studies.study import Study

CELLS = "cells"
MOST_ANSWER = 16 * MEGABYTE
"""Bytes of an answer; one on the whole country has 0.1 million."""


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
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
    kept = {"answer": answer, "sha256": _digest(text)}
    written_over(target, json.dumps(kept, ensure_ascii=False, allow_nan=False))


def read(folder: Path, key: str) -> dict[str, Any] | None:
    """The answer of a question, or None where it has none yet, or one that is not as it was written. Raises InputError
    where something else stands in its place."""
    path = path_of(folder, key)
    try:
        kept = json.loads(read_text(path, MOST_ANSWER))
        answer = dict(kept["answer"])
        text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
        return answer if kept["sha256"] == _digest(text) else None
    except FileNotFoundError:
        return None
    except OSError as error:
        remedy = "take it away: the question is then answered anew"
        raise InputError([Problem(str(path), str(error.strerror or error), remedy)]) from error
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
