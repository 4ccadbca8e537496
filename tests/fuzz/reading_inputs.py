"""Cases, packages, studies and names read as the program reads them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.resolved import ResolvedPackage, to_toml
from optimization.case.tables import read_tables
from optimization.cli.app import start
from optimization.dictionary.tables import load_tables
from optimization.errors import InputError, Problem
from optimization.ledger.layout import lay_out
from optimization.studies.study import read_study, resolved
from tests.fuzz import bases
from tests.fuzz.outcomes import CHANGED, EQUAL, BrokenError
from tests.fuzz.promises import broken


@cache
def _tables_of(original: Path) -> Mapping[str, pd.DataFrame]:
    return _sorted(read_tables(original))


def _sorted(tables: Mapping[str, pd.DataFrame]) -> Mapping[str, pd.DataFrame]:
    known = load_tables()
    return {
        name: table.sort_values(list(known[name].primary_key), ignore_index=True)[sorted(table)]
        for name, table in tables.items()
    }


def _same(a: Mapping[str, pd.DataFrame], b: Mapping[str, pd.DataFrame]) -> bool:
    return a.keys() == b.keys() and all(a[name].equals(b[name]) for name in a)


def attempt_case(folder: Path, spoilt: Path, original: Path, rng: Random) -> str:
    case = load_case(folder)
    if faults := broken(folder):
        raise BrokenError(f"taken with broken promises: {faults}")
    if _same(_sorted(read_tables(folder)), _tables_of(original)):
        return EQUAL
    if len(case.codes) < 100:
        lay_out(case, load_package(case, "role_division").settings)
    return CHANGED


# ---- packages and studies


@cache
def _iwate() -> Case:
    return load_case(bases.IWATE)


def _meaning(package: ResolvedPackage) -> tuple[Any, ...]:
    return package.settings, package.assumptions


@cache
def _package_of(original: Path, name: str) -> tuple[Any, ...]:
    return _meaning(load_package(_iwate(), [name], directory=original))


def attempt_package(folder: Path, spoilt: Path, original: Path, rng: Random) -> str:
    case = _iwate()
    name = spoilt.stem
    asked = rng.choice(([name], [spoilt], [f"hard_budget+{name}"], [name, "uniform"]))
    package = load_package(case, asked, directory=folder)
    written = folder / "package.resolved.toml"
    try:
        written.write_text(to_toml(package), encoding="utf-8")
        again = load_package(case, [written], directory=folder)
    finally:
        written.unlink(missing_ok=True)
    if _meaning(again) != _meaning(package):
        raise BrokenError("the resolved package does not read back as it was")
    if len(asked) > 1 or "+" in str(asked[0]):
        return CHANGED
    return EQUAL if _meaning(package) == _package_of(original, name) else CHANGED


@cache
def _study_of(original: Path) -> Any:
    return read_study(original)


def attempt_study(folder: Path, spoilt: Path, original: Path, rng: Random) -> str:
    study = read_study(spoilt)
    for cell in study.cells[:3]:
        resolved(_iwate(), cell, study.prefectures, study.name)
    return EQUAL if study == _study_of(original / spoilt.name) else CHANGED


def attempt_names(folder: Path, spoilt: Path, original: Path, rng: Random) -> str:
    """The text of the file as an argument of the command line."""
    plain = (
        spoilt.is_file() and not spoilt.is_symlink() and spoilt.stat().st_size < 100_000
    )  # what a shell passes
    text = spoilt.read_bytes().decode("utf-8", "surrogateescape").replace("\0", "") if plain else str(spoilt)
    flag = rng.choice(("--prefectures", "--case", None))
    arguments = ["validate", "role_division", flag, text] if flag else ["validate", text]
    if flag != "--case":
        arguments += ["--case", str(bases.IWATE)]
    code = start(arguments)
    if code == 2:
        raise InputError([Problem("command line", "was refused", "none")])
    if code != 0:
        raise BrokenError(f"exit code {code}")
    return CHANGED
