"""The library's face beside the command line: packages by name for a loaded case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from optimization.case.case import Case
from optimization.case.compose import ResolvedPackage, resolve

INPUTS = Path(__file__).resolve().parent.parent / "inputs"
PACKAGES = INPUTS / "packages"
DEFAULT_CASE = INPUTS / "japan-2022"
DEFAULT_PACKAGE = "role_division"


def load_package(
    case: Case,
    names: str | Path | Sequence[str | Path] = DEFAULT_PACKAGE,
    prefectures: Sequence[str] = (),
    directory: Path = PACKAGES,
) -> ResolvedPackage:
    """Read and compose reform packages for a case.

    `names`: a package, several composed left to right (`A+B` or a list), or paths to files.
    `prefectures`: those of the run, so that limits taken from the case are theirs alone.
    Raises `InputError` with every fault found.
    """
    part = case.restrict(prefectures) if prefectures else case
    names = [names] if isinstance(names, str | Path) else list(names)
    services, keys = list(case.services.index), case.parameters.keys
    package = resolve(names, services, keys, part.defaults, directory)
    if package.assumptions:  # what the nation pays today, the default of its limit, hangs on assumed shares
        defaults = part.with_parameters(package.assumptions).defaults
        package = resolve(names, services, keys, defaults, directory)
    return package
