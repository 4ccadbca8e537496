"""Cases and packages to choose from, and finished runs to read; each read once until its files change."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive import read_run, read_run_record
from optimization.archive.form import read_record
from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.kept import kept_case
from optimization.case.package import Package
from optimization.case.packages import shelf
from optimization.case.resolved import ResolvedPackage
from optimization.errors import InputError, Problem
from optimization.outcome.place_table import places_of
from optimization.reading.japan import JOINT_MUNICIPALITY
from optimization.reading.whereabouts import PACKAGES, input_folder, input_folders
from optimization.referee.audit import sound_or_refused, written_settings
from optimization.web.digest import MOST, file_digest, folder_digest, question_digest
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
    folders = [folder for folder in input_folders() if any((folder / name).exists() for name in OF_A_CASE)]
    return {folder.name: _card(folder, folder_digest(folder)) for folder in folders}


@once(64)
def _card(folder: Path, stamp: str) -> CaseCard | InputError:
    try:
        case = _case(folder, stamp)
    except InputError as error:
        return error
    names = case.prefectures[["name_en", "name_ja"]].itertuples(name=None)
    count = int((case.codes != JOINT_MUNICIPALITY).sum())
    return CaseCard(
        folder.name, str(case.fiscal_year), count, tuple((str(c), str(e), str(j)) for c, e, j in names)
    )


def case_of(name: str) -> Case:
    """A case of the inputs. `name` must be one of `case_cards`."""
    return _case(input_folder(name), folder_digest(input_folder(name)))


@once(4)
def _case(folder: Path, _: str) -> Case:
    return kept_case(folder)


def packages() -> list[Package]:
    """The reform packages at hand that can be read."""
    return list(_packages(PACKAGES, folder_digest(PACKAGES))[0])


def broken_packages() -> list[Problem]:
    """What is wrong with the others."""
    return list(_packages(PACKAGES, folder_digest(PACKAGES))[1])


@once(2)
def _packages(folder: Path, _: str) -> tuple[tuple[Package, ...], tuple[Problem, ...]]:
    found, problems = shelf(folder)
    return tuple(found), tuple(problems)


def resolved(case: str, package: str, codes: tuple[str, ...] = ()) -> ResolvedPackage:
    """What a package amounts to on a case, or on some of its prefectures. Raises InputError with what is wrong with
    it."""
    digests = folder_digest(input_folder(case)), folder_digest(PACKAGES)
    return _resolved(case, package, codes, PACKAGES, *digests)


@once(64)
def _resolved(
    case: str, package: str, codes: tuple[str, ...], shelf: Path, _: str, __: str
) -> ResolvedPackage:
    return load_package(case_of(case), package, codes, shelf)


def question_of(case: str, package: str) -> str:
    """Digest of what a package amounts to on a case, by which it is seen that either was changed."""
    return question_digest(case_of(case), resolved(case, package))


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
        """The tables of the run by name."""
        return _tables(self.folder, self.digest)

    @property
    def digest(self) -> str:
        """Digest of all that lies in the folder."""
        return folder_digest(self.folder)

    @property
    def files(self) -> dict[str, Path]:
        """The CSV files of the run by name of the table."""
        return {path.stem: path for path in sorted(self.folder.glob("*.csv")) if is_own(path)}

    @property
    def case(self) -> Case:
        """The part of the case that was solved; raises InputError where the inputs no longer hold it."""
        case, asked = case_of(str(self.record["case"])), self.record["prefectures_asked"]
        return case.restrict(asked) if asked else case

    @property
    def places(self) -> pd.DataFrame | None:
        """What residents have, by municipality; None where a run of before there was such a table has lost its case."""
        if "places" in self.tables:
            return self.tables["places"]
        return places_of(self.tables, self.case.municipalities) if case_is_here(self) else None

    @property
    def towns(self) -> tuple[Town, ...]:
        """The municipalities of the run, ready to be searched."""
        case = str(self.record["case"])
        return _towns(case, tuple(self.record["prefectures_asked"]), folder_digest(input_folder(case)))


@once(8)
def _towns(case: str, prefectures: tuple[str, ...], _: str) -> tuple[Town, ...]:
    whole = case_of(case)
    return town_index(whole.restrict(prefectures) if prefectures else whole)


@once(4)
def _tables(folder: Path, _: str) -> dict[str, pd.DataFrame]:
    record, tables = read_run(folder)
    sound_or_refused(folder, record, tables, written_settings(folder))
    return tables


@dataclass(frozen=True)
class Place:
    """Where a run lies: its id on the page, its folder, when it was written ('' where its record does not say)."""

    id: str
    folder: Path
    written: str


_PLACES: dict[tuple[Path, str], tuple[str, Place]] = {}
"""Of every run its record's digest and where it lies: little enough to be kept of all."""
_PLACES_LOCK = threading.Lock()


def run_places(results: Path) -> list[Place]:
    """Every folder one or two levels under the results that looks like a run, newest first. Ids are made here, from the
    place of the folder, so that no text of an address ever becomes a path. Of the records only the time is read."""
    found = [_place(results, folder) for folder in _folders(results)]
    return sorted(found, key=lambda place: (place.written, place.id), reverse=True)


def finished_run(results: Path, name: str) -> Finished | None:
    """The run of an id, if there is one that can be shown; one of the page's own is found without a look at others."""
    if OWN_ID.fullmatch(name):
        return finished(Place(name, results / OWN / name, ""))
    places = (_place(results, folder) for folder in _folders(results))
    return next((finished(place) for place in places if place.id == name), None)


def finished(place: Place) -> Finished | None:
    """The run at a place; None where its record cannot be read or shown."""
    digest = file_digest(place.folder / "run.json")
    record = _record(place.folder, digest) if digest else None
    return Finished(place.id, place.folder, record) if record is not None else None


def _folders(results: Path) -> Iterator[str]:
    """Folders with a record, hidden ones and what lies below a run left out. Texts: thousands of paths take seconds."""
    for path in _below(str(results)):
        if os.path.isfile(f"{path}/run.json"):
            yield path
        else:
            yield from (inner for inner in _below(path) if os.path.isfile(f"{inner}/run.json"))


def _below(folder: str) -> list[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return []
    return [entry.path for entry in entries if not entry.name.startswith(".") and _is_folder(entry)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder; a link that leads in a circle, or nowhere one may look, is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _place(results: Path, folder: str) -> Place:
    """What is known of a folder, read again where its record was changed."""
    digest = file_digest(f"{folder}/run.json")
    with _PLACES_LOCK:
        known = _PLACES.get((results, folder))
    if known is None or known[0] != digest:
        try:
            written = str(read_record(Path(folder) / "run.json").get("written", ""))[:40]
        except InputError:
            written = ""
        known = digest, Place(_id(results, Path(folder)), Path(folder), written)
        with _PLACES_LOCK:
            if len(_PLACES) >= MOST:
                _PLACES.clear()
            _PLACES[results, folder] = known
    return known[1]


def _id(results: Path, folder: Path) -> str:
    place = folder.relative_to(results)
    own = place.parts[0] == OWN and len(place.parts) == 2 and OWN_ID.fullmatch(place.name)
    return place.name if own else hashlib.sha256(os.fsencode(str(place))).hexdigest()[:16]


@once(256)
def _record(folder: Path, _: str) -> dict[str, Any] | None:
    try:
        return read_run_record(folder, sealed=False)
    except InputError:
        return None


def attached_to(results: Path, run: str) -> Path:
    """The folder of what is attached to a run; `run` is what the page calls it."""
    return results / OWN / ".attached" / run


def is_own(path: Path) -> bool:
    """Whether a file is one of its folder's own, to be sent as it is: no link, no pipe."""
    return path.is_file() and not path.is_symlink()


def case_is_here(run: Finished) -> bool:
    """Whether the inputs still hold the case of a run that holds a plan, with its towns and no others.

    Raises InputError where the run's own tables are at fault.
    """
    towns = set(run.tables["provision"]["code"])
    try:
        return str(run.record["case"]) in case_cards() and towns == set(run.case.codes)
    except InputError:
        return False
