"""A run counted again from its tables, and every step of every grant of it, ready to be shown or written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimization.archive import read_decided, read_question
from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.dictionary.in_japanese import in_japanese
from optimization.dictionary.results import Language
from optimization.errors import InputError, Problem, raise_if_any
from optimization.outcome.applied import apply
from optimization.outcome.given import plan_of
from optimization.outcome.result import Result
from optimization.outcome.trace import BLOCKS, Line, trace_lines

YEN = 1_000_000
"""Yen of a million."""


@dataclass(frozen=True)
class Traced:
    """The lines of a run, those of nobody left out; `names` of the governments by code, in the order of the amounts."""

    lines: tuple[Line, ...]
    names: pd.Series

    def blocks(self, government: str) -> Iterator[tuple[str, list[tuple[Line, float]]]]:
        """Every block with the lines of one government and their amounts, million yen a year; totals stay, other lines
        of nothing are left out. Raises KeyError for a government that there is not."""
        at = int(self.names.index.get_loc(government))
        for block in BLOCKS:
            rows = [(line, float(line.amount[at])) for line in self.lines if line.block == block]
            yield block, [(line, amount + 0.0) for line, amount in rows if line.total or amount != 0.0]


def counted_again(folder: Path | None, case: Case) -> Result:
    """A run of a case counted again from its tables; without a run today's arrangement. Raises InputError where a run
    holds no decision, has later years, or was made of other figures than the case holds now."""
    if folder is None:
        return apply(case, load_package(case, "status_quo"))
    from optimization.referee.rerun import changed_inputs

    remedy = "name a run of one year that found a plan"
    record, tables = read_decided(folder, remedy)
    if "horizon" in tables:
        raise InputError([Problem(str(folder), "has later years", remedy)])
    raise_if_any(changed_inputs(case, record["inputs_sha256"]))
    package, codes = read_question(folder, case, record)
    return apply(case, package, codes, plan=plan_of(tables))


def traced(folder: Path | None, case: Case) -> Traced:
    """Every step of every grant of a run, or of today's arrangement. Raises InputError as `counted_again` does."""
    result = counted_again(folder, case)
    lines = tuple(line for line in trace_lines(result) if line.total or line.amount.any())
    return Traced(lines, result.instance.case.governments["name_ja"].astype(str))


def steps_or_why(folder: Path, case: Case, language: Language) -> Traced | str:
    """Every step of a run, or in words why it cannot be counted again."""
    try:
        return traced(folder, case)
    except InputError as error:
        told = [f"{Path(each.file).name}: {each.message}" for each in error.problems]
        if language == "ja":
            told = [f"{Path(each.file).name}{in_japanese(each.message)}" for each in error.problems]
        return "; ".join(dict.fromkeys(told))
