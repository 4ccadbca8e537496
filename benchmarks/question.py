"""A rung as a reform package laid upon `role_division`."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.ladder import Rung
from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.dictionary.settings import load_settings
from optimization.studies.study import Cell, resolved

BASE_PACKAGE = "role_division"
SOURCE = "benchmarks"


def missing(rung: Rung) -> str:
    """The choices of settings that the rung needs and the dictionary does not have; empty if none."""
    known = load_settings()
    return ", ".join(
        f"{key} = {value!r}" for key, value in rung.needs.items() if value not in (known[key].choices or ())
    )


def question(case: Case, rung: Rung, prefectures: Sequence[str] = ()) -> ResolvedPackage:
    """The rung as a resolved package, its settings checked and traced to the source `benchmarks`.

    Raises InputError where a setting of the rung is faulty.
    """
    return resolved(case, Cell(BASE_PACKAGE, rung.settings), prefectures, SOURCE)
