"""All that a run does before it solves, for who only wants to know whether a question can be asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.model.columns import columns
from optimization.model.model import build_model
from optimization.model.screening import screen
from optimization.outcome.master import no_collection
from optimization.outcome.question import laid_out
from optimization.outcome.unlisted import wanted


def would_run(case: Case, package: ResolvedPackage, prefectures: Sequence[str] = ()) -> None:
    """All that a run does before it solves, on a model without bodies. Raises the `InputError` that the run would."""
    instance = laid_out(case, package, prefectures)
    wanted(instance)
    screening = screen(instance)
    with no_collection():
        build_model(columns(instance, screening, np.zeros(len(screening.listed[0]), dtype=bool)))
