"""Inputs edited while a study runs: whatever somebody writes into the case or a package meanwhile, the answers are
those of the question as it stood when it was asked. Inputs edited while a case is read: it is refused.

`python -m tests.fuzz.meanwhile FIRST COUNT` repeats some of them.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.solving.highs import Limits
from optimization.studies import question, store
from optimization.studies.question import FAILED, UNDONE
from optimization.studies.study import Cell, Study, resolved
from optimization.studies.sweep import sweep
from tests.fuzz import bases
from tests.fuzz.mutations import BYTES, operators, restored
from tests.fuzz.outcomes import CHANGED, EQUAL, BrokenError

CELLS = 4
BODY = "weights.body_million_yen"
PACKAGE = """[package]
name = "mine"
title = "t"
title_ja = "t"
author = "the tests"
source = "mine"
date = 2000-01-01
baseline = "status_quo"

[[provision]]
number = 1
text = "t"
text_ja = "t"
[provision.settings]
"weights.body_million_yen" = 12.0
"""


def attempt_meanwhile(folder: Path, rng: Random) -> str:
    """A sweep over a package and a case of which one file is spoilt, or a figure changed, after some of its answers.

    The solver is one that costs nothing and notes what it is asked.
    """
    case, package, out = folder / "iwate-2022", folder / "mine.toml", folder / "out"
    package.write_text(PACKAGE, encoding="utf-8")
    study = Study("s", "", (), 1e-2, 60.0, "auto", 0, _cells(package))
    before = load_case(case)
    keys = [store.key_of(before, resolved(before, cell), study) for cell in study.cells]
    path = rng.choice([package, *sorted(case.glob("*.csv"))])
    content, after = path.read_bytes(), rng.randrange(CELLS)
    seen: list[tuple[float, str]] = []

    def noted(asked: Any, reform: Any, *_: object) -> Result:
        seen.append((reform.settings[BODY], json.dumps(dict(asked.sha256))))
        return _today()

    def edited(done: int, total: int, failed: int) -> None:
        if done == after:
            (rng.choice((_figure, *(operators(path) if rng.random() < 0.5 else BYTES))))(path, rng)

    true, question.solve = question.solve, noted
    try:
        table = sweep(study, case, out, report=edited)
    finally:
        question.solve = true
        restored(path, content)
    return _judged(table, keys, seen, before.sha256)


def _judged(table: pd.DataFrame, keys: list[str], seen: list[tuple[float, str]], inputs: Any) -> str:
    """Every cell answered under its own name, from settings and tables as they stood."""
    if list(table["key"]) != keys:
        raise BrokenError("a question was asked under another name than that of its files when it was asked")
    if set(table["status"]) & {FAILED, UNDONE}:
        raise BrokenError(f"a question was lost: {sorted(set(table['reason']))}")
    if set(seen) != {(12.0, json.dumps(dict(inputs)))} or len(seen) != CELLS:
        raise BrokenError("a question was answered from files as they stood later")
    return EQUAL


def _cells(package: Path) -> tuple[Cell, ...]:
    return tuple(Cell(str(package), {}, {"detour_factor": 1.2 + n / 100}) for n in range(CELLS))


def _figure(path: Path, rng: Random) -> None:
    """Another digit in the place of one: the file stays what it is, and says something else."""
    text = path.read_bytes()
    digits = [place for place, byte in enumerate(text) if chr(byte).isdigit()]
    if digits:
        place = rng.choice(digits)
        path.write_bytes(text[:place] + str(rng.randrange(10)).encode() + text[place + 1 :])


@cache
def _today() -> Result:
    case = load_case(bases.IWATE)
    return solve(case, load_package(case, "status_quo"), limits=Limits(gap=1e-2, threads=1))


def attempt_while_reading(folder: Path, rng: Random) -> str:
    """A case of which a file is written while it is read: read as it stood before or after, or refused."""
    import optimization.case.load as load

    case = folder / "iwate-2022"
    path = rng.choice(sorted(case.glob("*.csv")))
    content, read = path.read_bytes(), load.examined_tables

    def meanwhile(place: Path) -> Any:
        found = read(place)
        _figure(path, rng)
        return found

    load.examined_tables = meanwhile
    try:
        found = load_case(case)
    finally:
        load.examined_tables = read
        spoilt = path.read_bytes()
        restored(path, content)
    known = load_case(case).sha256
    if spoilt != content and found.sha256 != known:
        raise BrokenError("tables of one time bear the digests of another")
    return EQUAL if spoilt == content else CHANGED


ATTEMPTS: tuple[Callable[[Path, Random], str], ...] = (
    attempt_meanwhile,
    attempt_meanwhile,
    attempt_while_reading,
)


def lines(first: int, count: int) -> list[dict[str, Any]]:
    """What came of the edits first, first + 1, ...; in the form of the other fuzzers' lines."""
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        bases.case(folder / "iwate-2022")
        for number in range(first, first + count):
            rng = Random(f"meanwhile {number}")
            attempt, started, error = rng.choice(ATTEMPTS), time.perf_counter(), ""
            try:
                outcome = attempt(folder, rng)
            except InputError as refusal:
                outcome = "refused" if all(p.message and p.remedy for p in refusal.problems) else "fault"
                error = str(refusal)
            except Exception as fault:
                outcome, error = "fault", f"{fault}\n{traceback.format_exc(limit=-6)}"
            with suppress(FileNotFoundError):
                shutil.rmtree(folder / "out")
            seconds = round(time.perf_counter() - started, 3)
            found.append(
                {
                    "target": "meanwhile",
                    "number": number,
                    "operator": attempt.__name__,
                    "file": "case or package",
                    "outcome": outcome,
                    "seconds": seconds,
                    "peak_mb": 0,
                    "error": error,
                }
            )
    return found


if __name__ == "__main__":
    for line in lines(int(sys.argv[1]), int(sys.argv[2])):
        print(json.dumps(line), flush=True)
