"""A case put to its checks, stage by stage, and every disagreement between its tables told at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pandas as pd

from optimization.case import agreement
from optimization.case.agreement import Problems, Tables
from optimization.case.bodies import body_problems
from optimization.case.bundles import bundle_problems
from optimization.case.crisis import crisis_problems
from optimization.case.functions import function_problems
from optimization.case.identities import IDENTITIES
from optimization.case.indicators import indicator_problems
from optimization.case.plausible import possibilities
from optimization.case.projections import projection_problems
from optimization.case.sharing import preference_problems
from optimization.case.spent import MONEY_BESIDE
from optimization.case.standard_scale import scale_bounds, scale_problems
from optimization.case.tables import Examined, place
from optimization.case.today import far_bodies, today_problems
from optimization.dictionary.tables import load_tables
from optimization.errors import Problem, raise_if_any, shortened

CODES_AND_NAMES: tuple[Callable[[Tables], Iterable[Problem]], ...] = (
    agreement.codes,
    agreement.references,
    agreement.lost_digits,
    agreement.places,
    agreement.borders,
    agreement.areas,
    agreement.services,
    agreement.allowed,
    agreement.national,
    agreement.parameters,
    projection_problems,
    crisis_problems,
    body_problems,
    bundle_problems,
    function_problems,
    today_problems,
    preference_problems,
    scale_problems,
)
"""Checks of which each is of use whatever the others find."""


def check_examined(found: Examined, path: str | Path) -> None:
    """Raise `InputError` with every fault of form found in the tables of `path`, and every disagreement between those
    that are whole."""
    path, tables = Path(path), Whole(found)
    told = [problem for each in found.problems.values() for problem in each]
    for stage in (_items_alone, _codes_and_names, _sums, _ratios):
        # items are read by name, sums are of use once codes and names agree, ratios once sums do
        disagreements = list(stage(tables))
        told += disagreements
        if disagreements:
            break
    _raise(told, path)


class NotWholeError(KeyError):
    """A table that a check reads and that could not be read whole."""


class Whole(Mapping[str, pd.DataFrame]):
    """The tables that were read whole; to ask for another one ends a check."""

    def __init__(self, found: Examined) -> None:
        self._frames = {
            name: frame
            for name, frame in found.frames.items()
            if name in found.sound and set(agreement.essential(name)) <= set(frame)
        }

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            raise NotWholeError(name)
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)


def _of(check: Callable[..., Iterable[Problem]], tables: Tables, *more: float) -> Problems:
    """What a check tells until it asks for a table that is not whole."""
    with suppress(NotWholeError):
        yield from check(tables, *more)


def _items_alone(tables: Tables) -> Problems:
    yield from _of(agreement.items, tables)


def _codes_and_names(tables: Tables) -> Problems:
    for check in CODES_AND_NAMES:
        yield from _of(check, tables)
    year = agreement.fiscal_year(tables)
    with suppress(NotWholeError):
        yield from indicator_problems(tables, agreement.year_of(tables, "indicator_year", year))
    yield from _of(agreement.accounts, tables, year)


def _sums(tables: Tables) -> Problems:
    for check in IDENTITIES:
        yield from _of(check, tables)


def _ratios(tables: Tables) -> Problems:
    for check in (*possibilities(agreement.fiscal_year(tables)), *MONEY_BESIDE, scale_bounds, far_bodies):
        yield from _of(check, tables)


def _raise(problems: Collection[Problem] | Problems, path: Path) -> None:
    by_table: dict[str, list[Problem]] = {}
    for problem in problems:
        file = place(path, problem.file) if problem.file in load_tables() else problem.file
        by_table.setdefault(file, []).append(replace(problem, file=file))
    raise_if_any([problem for found in by_table.values() for problem in shortened(found)])
