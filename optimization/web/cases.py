"""Cases and packages to choose from, and finished runs to read; each read once until its files change."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive import read_run, read_run_record
from optimization.audit import sound_or_refused, written_settings
from optimization.case.case import TOKYO_WARDS, Case
from optimization.case.compose import ResolvedPackage
from optimization.case.load import load_case
from optimization.case.packages import Package, list_packages
from optimization.errors import InputError, Problem
from optimization.face import INPUTS, PACKAGES, load_package
from optimization.web.once import once
from optimization.web.towns import Town, town_index

OWN = "web"
"""Folder under the results into which the page's runs go."""
OWN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
"""Name that the page gives a run; a folder that somebody named otherwise may not be fit for an address."""
OF_A_CASE = ("municipalities.csv", "prefectures.csv", "services.csv")
"""A folder that holds one of these is meant to be a case."""


@dataclass(frozen=True)
class CaseCard:
    """A case to choose: its fiscal year, number of municipalities (the wards' joint row left out), prefectures (code,
    English and Japanese name)."""

    name: str
    year: str
    municipalities: int
    prefectures: tuple[tuple[str, str, str], ...]


def case_cards() -> dict[str, CaseCard]:
    """The folders of the inputs that are cases without fault, by name."""
    return {name: found for name, found in _cases().items() if isinstance(found, CaseCard)}


def broken_cases() -> dict[str, list[Problem]]:
    """What is wrong with the folders of the inputs that would be cases, by name."""
    return {name: found.problems for name, found in _cases().items() if isinstance(found, InputError)}


def _cases() -> dict[str, CaseCard | InputError]:
    folders = [
        folder for folder in sorted(INPUTS.iterdir()) if any((folder / name).exists() for name in OF_A_CASE)
    ]
    return {folder.name: _card(folder, _stamp(folder)) for folder in folders}


@once(64)
def _card(folder: Path, stamp: int) -> CaseCard | InputError:
    try:
        case = _case(folder, stamp)
    except InputError as error:
        return error
    names = case.prefectures[["name_en", "name_ja"]].itertuples(name=None)
    count = int((case.codes != TOKYO_WARDS).sum())
    return CaseCard(
        folder.name, str(case.fiscal_year), count, tuple((str(c), str(e), str(j)) for c, e, j in names)
    )


def _stamp(folder: Path) -> int:
    """Changes when a file of the folder does."""
    return max((path.stat().st_mtime_ns for path in folder.iterdir()), default=0)


def case_of(name: str) -> Case:
    """A case of the inputs. `name` must be one of `case_cards`."""
    return _case(INPUTS / name, _stamp(INPUTS / name))


@once(4)
def _case(folder: Path, _: int) -> Case:
    return load_case(folder)


def packages() -> list[Package]:
    """The reform packages at hand."""
    return list(_packages(_stamp(PACKAGES)))


@once(2)
def _packages(_: int) -> tuple[Package, ...]:
    return tuple(list_packages(PACKAGES))


def resolved(case: str, package: str) -> ResolvedPackage:
    """What a package amounts to on a case."""
    return _resolved(case, package, _stamp(INPUTS / case), _stamp(PACKAGES))


@once(64)
def _resolved(case: str, package: str, _: int, __: int) -> ResolvedPackage:
    return load_package(case_of(case), package)


@dataclass(frozen=True)
class Finished:
    """A run folder: its id on the page and its record (run.json)."""

    id: str
    folder: Path
    record: dict[str, Any]

    @property
    def decided(self) -> bool:
        """Whether the run holds a plan."""
        return self.record["objective_million_yen"] is not None

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Its tables by name."""
        return _tables(self.folder, (self.folder / "run.json").stat().st_mtime_ns)

    @property
    def files(self) -> dict[str, Path]:
        """Its CSV files by name of the table."""
        return {path.stem: path for path in sorted(self.folder.glob("*.csv")) if is_own(path)}

    @property
    def case(self) -> Case:
        """The part of the case that was solved; raises InputError where the inputs no longer hold it."""
        case, asked = case_of(str(self.record["case"])), self.record["prefectures_asked"]
        return case.restrict(asked) if asked else case

    @property
    def towns(self) -> tuple[Town, ...]:
        """The municipalities of the run, ready to be searched."""
        case = str(self.record["case"])
        return _towns(case, tuple(self.record["prefectures_asked"]), _stamp(INPUTS / case))


@once(8)
def _towns(case: str, prefectures: tuple[str, ...], _: int) -> tuple[Town, ...]:
    whole = case_of(case)
    return town_index(whole.restrict(prefectures) if prefectures else whole)


@once(4)
def _tables(folder: Path, _: int) -> dict[str, pd.DataFrame]:
    record, tables = read_run(folder)
    sound_or_refused(folder, record, tables, written_settings(folder))
    return tables


def finished_runs(results: Path) -> dict[str, Finished]:
    """Every run folder one or two levels under the results, by id, newest first. Ids are made here, from the place of
    the folder, so that no text of an address ever becomes a path."""
    found = [run for path in _records(results) if (run := _finished(results, path, path.stat().st_mtime_ns))]
    found.sort(key=lambda run: (str(run.record["written"]), run.id), reverse=True)
    return {run.id: run for run in found}


def _records(results: Path) -> Iterator[Path]:
    for pattern in ("*/run.json", "*/*/run.json"):
        yield from (
            path for path in results.glob(pattern) if not path.relative_to(results).parts[0].startswith(".")
        )


@once(4096)
def _finished(results: Path, path: Path, _: int) -> Finished | None:
    """A run whose record can be read and shown, else None."""
    folder = path.parent
    place = folder.relative_to(results)
    if any(part.startswith(".") for part in place.parts):
        return None
    try:
        record = read_run_record(folder, sealed=False)
    except InputError:
        return None
    own = place.parts[0] == OWN and len(place.parts) == 2 and OWN_ID.fullmatch(place.name)
    return Finished(
        place.name if own else hashlib.sha256(str(place).encode()).hexdigest()[:16], folder, record
    )


def is_own(path: Path) -> bool:
    """Whether a file is one of its folder's own, to be sent as it is: no link, no pipe."""
    return path.is_file() and not path.is_symlink()


def case_is_here(run: Finished) -> bool:
    """Whether the inputs still hold the case of a run, so that its towns can be named."""
    try:
        return str(run.record["case"]) in case_cards() and bool(len(run.case.codes))
    except InputError:
        return False
