"""The library's face beside the command line: packages by name for a loaded case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from optimization.case.case import Case
from optimization.case.compose import compose, resolve
from optimization.case.package import DEFAULT_PACKAGE, Package
from optimization.case.packages import check_names
from optimization.case.resolved import ResolvedPackage
from optimization.errors import Problem, raise_if_any
from optimization.reading.kept_out import notices
from optimization.reading.whereabouts import DEFAULT_CASE, HISTORY, INPUTS, PACKAGES

__all__ = ["DEFAULT_CASE", "DEFAULT_PACKAGE", "HISTORY", "INPUTS", "PACKAGES", "load_package", "with_on_top"]


def load_package(
    case: Case,
    names: str | Path | Sequence[str | Path] = DEFAULT_PACKAGE,
    prefectures: Sequence[str] = (),
    directory: Path = PACKAGES,
) -> ResolvedPackage:
    """Read and compose reform packages for a case.

    `names`: a package, several composed left to right (`A+B` or a list), or paths to files.
    `prefectures`: those of the run, by code, name or romaji, so that limits taken from the case are theirs alone; the
    warnings name the bodies of the user that reach beyond them, and columns of the case that were read under a former
    name. Raises `InputError` with every fault found.

    >>> from optimization import load_case
    >>> package = load_package(load_case("inputs/iwate-2022"), "wide_area+corporate_tax_swap")
    >>> package.name, package.settings["wide_area.bodies_per_municipality"]
    ('wide_area+corporate_tax_swap', 3)
    """
    prefectures = case.prefecture_codes(prefectures)
    part = case.restrict(prefectures) if prefectures else case
    names = [names] if isinstance(names, str | Path) else list(names)
    services, keys = list(case.services.index), case.parameters.keys
    package = _settled(part, resolve(names, services, keys, part.defaults, directory))
    return _told(case, package, prefectures)


def compose_read(case: Case, packages: Sequence[Package], prefectures: Sequence[str] = ()) -> ResolvedPackage:
    """Packages that have been read already, laid one upon the other for a case; no file is read. Raises `InputError`
    with every fault that the case finds in them."""
    part = case.restrict(prefectures) if prefectures else case
    services = list(case.services.index)
    raise_if_any([p for each in packages for p in check_names(each, services, case.parameters.keys)])
    name = "+".join(each.name for each in packages)
    return _told(case, _settled(part, compose(name, packages, services, part.defaults)), prefectures)


def _told(case: Case, package: ResolvedPackage, prefectures: Sequence[str]) -> ResolvedPackage:
    """The package with what the case has to tell of the run: former names of columns, bodies that reach beyond it."""
    tables = {"bodies.csv": case.user_bodies, "bodies_today.csv": case.bodies_today} if prefectures else {}
    beyond = [said for table, bodies in tables.items() for said in notices(bodies, prefectures, table)]
    return replace(package, warnings=(*package.warnings, *case.notices, *beyond))


def with_on_top(
    case: Case, package: ResolvedPackage, top: Package, prefectures: Sequence[str] = ()
) -> ResolvedPackage:
    """A package with one more, read already, laid on top; no file is read again, so that what somebody makes of one
    meanwhile changes nothing. Raises `InputError` with every fault of what is laid on top."""
    part = case.restrict(prefectures) if prefectures else case
    services = list(case.services.index)
    problems = check_names(top, services, case.parameters.keys)
    if top.name in {below.name for below in package.packages}:
        message = "carries the same name as a package beneath it"
        problems.append(Problem(str(top.path), message, "rename one of the two", value=top.name))
    raise_if_any(problems)
    name, laid = f"{package.name}+{top.name}", (*package.packages, top)
    return _settled(part, compose(name, laid, services, part.defaults))


def _settled(part: Case, package: ResolvedPackage) -> ResolvedPackage:
    """A package under the defaults of its own assumptions: what the nation pays today, the default of its limit, hangs
    on assumed shares."""
    if not package.assumptions:
        return package
    defaults = part.with_parameters(package.assumptions).defaults
    return compose(package.name, package.packages, list(part.services.index), defaults)
