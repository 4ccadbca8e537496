"""The question a package asks of a case, laid out under the package's own assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage, settings_problems
from optimization.dictionary.settings import ends_of
from optimization.errors import InputError, Problem, raise_if_any, shortened
from optimization.geography.candidates import candidate_bodies
from optimization.ledger.finite import finite_problems
from optimization.ledger.functions import setter_problems
from optimization.ledger.horizon import SECOND_PHASE
from optimization.ledger.instance import Instance
from optimization.ledger.layout import Candidates, lay_out

SAME = 1e-9
"""How far apart two ways of reckoning one default of a case may be, relative to it."""


def laid_out(
    case: Case,
    package: ResolvedPackage,
    prefectures: Sequence[str] = (),
    candidates: Candidates = candidate_bodies,
) -> Instance:
    """The question a package asks of a case, or of some of its prefectures (codes, names or romaji), with the bodies
    that `candidates` lists.

    Raises `InputError` where the case was changed after it was read, or lacks one of the prefectures or a parameter
    the package needs, and for every figure of the question that is no number.
    """
    raise_if_any(_of_the_wrong_kind(case, package))
    case.unchanged()
    codes = case.prefecture_codes(prefectures)
    raise_if_any(settings_problems(package))
    question = lay_out(case.with_parameters(package.assumptions), package.settings, codes, candidates)
    return checked(question, package, codes)


def checked(question: Instance, package: ResolvedPackage, codes: Sequence[str]) -> Instance:
    """A question that was laid out for a package on some prefectures. Raises `InputError` where it cannot be asked."""
    raise_if_any(list(setter_problems(question)))
    raise_if_any(_of_other_places(question.case, package, codes))
    raise_if_any(shortened(list(finite_problems(question))))
    return question


def _of_the_wrong_kind(case: object, package: object) -> list[Problem]:
    """A case or a package that has not been read yet."""
    wanted = (
        (case, Case, "case", "load_case(folder)"),
        (package, ResolvedPackage, "package", "load_package(case, names)"),
    )
    return [
        Problem(
            "solve", f"must be a {name} that was read", f"give {remedy}", column=name, value=repr(given)[:80]
        )
        for given, kind, name, remedy in wanted
        if not isinstance(given, kind)
    ]


def _of_other_places(part: Case, package: ResolvedPackage, codes: Sequence[str]) -> list[Problem]:
    """What a package took from the case and is not what `part`, the places asked about, has: its limits would be those
    of others."""
    given, today = part.defaults, cast(Mapping[str, Any], package.today)
    asked = f", [{', '.join(map(repr, codes))}]" if codes else ""
    remedy = f"read it for the same places: load_package(case, {package.name!r}{asked})"
    return [
        Problem("package", f"is the figure of other places than are asked about: theirs is {value:.12g}", remedy,
                column=key, value=f"{ends_of(today[key])[0]:.12g}")
        for key, value in given.items()
        if isinstance(value, float) and abs(ends_of(today[key])[0] - value) > SAME * max(1.0, abs(value))
    ]  # fmt: skip


def decided_once(package: ResolvedPackage, refused: str = "of which this cannot be asked") -> None:
    """Raises `InputError` where the plan of a package has two phases: what is applied, what a decision or a limit is
    worth, what lies near and what contradicts what is known of one decision for all years only."""
    if second := package.settings[SECOND_PHASE]:
        message = f"makes the plan one of two phases, {refused}"
        remedy = "set it to 0: the same package decided once for all years"
        raise InputError([Problem(package.name, message, remedy, column=SECOND_PHASE, value=str(second))])
