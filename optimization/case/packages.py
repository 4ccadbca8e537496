"""The shelf of packages: all of a directory, and their names held against a case."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from optimization.case.package import ASSUMPTIONS, Package
from optimization.case.package_reader import read_package
from optimization.dictionary.settings import check_value, load_settings, nearest
from optimization.errors import InputError, Problem, raise_if_any


def list_packages(directory: str | Path) -> list[Package]:
    """Every package of the directory, by name; raises InputError with the faults of all files."""
    packages, problems = shelf(Path(directory))
    raise_if_any(problems)
    return packages


def shelf(directory: Path) -> tuple[list[Package], list[Problem]]:
    """The packages of the directory that can be read, by name, and what is wrong with the others; raises InputError
    where the directory cannot be read."""
    packages: list[Package] = []
    problems: list[Problem] = []
    for path in package_files(directory):
        try:
            packages.append(read_package(path))
        except InputError as error:
            problems += error.problems
    return packages, problems


def package_files(directory: Path) -> list[Path]:
    """The package files of a directory, sorted; raises InputError when it cannot be read."""
    try:
        found = [entry for entry in directory.iterdir() if entry.suffix == ".toml" and entry.name[0] != "."]
    except (OSError, ValueError) as error:
        message, remedy = f"cannot read the directory of packages ({error})", "name a directory of TOML files"
        raise InputError([Problem(str(directory), message, remedy)]) from error
    return sorted(found)


def check_names(package: Package, services: Collection[str], parameters: Collection[str]) -> list[Problem]:
    """Faults of a read package against a case: names of services, keys of assumptions."""
    from optimization.case.ranges import range_of  # with pandas, for which who lists packages does not wait

    settings = load_settings()
    problems = [
        problem
        for provision in package.provisions
        for key, value in provision.settings.items()
        for problem in check_value(
            settings[key], value, services, file=str(package.path), row=f"provision {provision.number}"
        )
    ]
    known = set(parameters)
    problems += [
        Problem(
            file=str(package.path),
            row=ASSUMPTIONS,
            column=key,
            message="is not a parameter of the case",
            remedy=nearest(key, parameters),
        )
        for key in package.assumptions
        if key not in known
    ]
    for key, number in package.assumptions.items():
        bounds = range_of(key)
        if key in known and bounds is not None and not bounds.holds(number):
            remedy = bounds.remedy(number, "correct it, in the unit of the parameter")
            message = f"must be {bounds.text}"
            problems.append(Problem(str(package.path), message, remedy, ASSUMPTIONS, key, f"{number:g}"))
    return problems
