"""The question a package asks of a case, laid out under the package's own assumptions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.errors import raise_if_any, shortened
from optimization.ledger.finite import finite_problems
from optimization.ledger.instance import Instance
from optimization.ledger.layout import lay_out
from optimization.model.columns import columns
from optimization.model.model import build_model
from optimization.model.screening import screen
from optimization.outcome.master import no_collection
from optimization.outcome.unlisted import wanted


def laid_out(case: Case, package: ResolvedPackage, prefectures: Sequence[str] = ()) -> Instance:
    """The question a package asks of a case, or of some of its prefectures (codes, names or romaji).

    Raises `InputError` where the case was changed after it was read, or lacks one of the prefectures or a parameter
    the package needs, and for every figure of the question that is no number.
    """
    case.unchanged()
    codes = case.prefecture_codes(prefectures)
    question = lay_out(case.with_parameters(package.assumptions), package.settings, codes)
    raise_if_any(shortened(list(finite_problems(question))))
    return question


def would_run(case: Case, package: ResolvedPackage, prefectures: Sequence[str] = ()) -> None:
    """All that a run does before it solves, on a model without bodies. Raises the `InputError` that the run would."""
    instance = laid_out(case, package, prefectures)
    wanted(instance)
    screening = screen(instance)
    with no_collection():
        build_model(columns(instance, screening, np.zeros(len(screening.listed[0]), dtype=bool)))
