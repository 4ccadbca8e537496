"""Packages laid one upon the other on the teaching case: every pair of those on the shelf and 200 random triples.

By both methods each is answered, proven impossible, stopped in time or refused with a reason; what is written is sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from optimization.archive import write_run
from optimization.case.case import Case
from optimization.case.face import INPUTS, PACKAGES, load_package
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.outcome.verdict import Worth
from optimization.referee.audit import audit_run
from optimization.solving.highs import Limits

pytestmark = pytest.mark.compositions

LIMITS = Limits(gap=1e-3, seconds=60.0, threads=1)
TRIPLES = 200
METHODS = ("plain", "decomposed")
Composition = tuple[str, ...]


def compositions() -> Iterator[Composition]:
    """All pairs, and the triples in an order of their own: a later package wins."""
    names = sorted(path.stem for path in PACKAGES.glob("*.toml"))
    yield from combinations(names, 2)
    draw, seen = Random(2022), set()
    while len(seen) < TRIPLES:
        triple = tuple(draw.sample(names, 3))
        if triple not in seen:
            seen.add(triple)
            yield triple


@cache
def iwate() -> Case:
    """The teaching case, read once."""
    return load_case(INPUTS / "iwate-2022")


def answered(names: Composition, method: str, folder: Path) -> Result | str:
    """The answer, written and found sound; or why the composition was refused."""
    try:
        package = load_package(iwate(), list(names))
        result = solve(iwate(), package, limits=LIMITS, method=method)
    except InputError as error:
        assert all(problem.remedy for problem in error.problems)
        return str(error)
    assert result.breaches == []
    assert result.worth not in (Worth.FAILED, Worth.BROKEN)
    place = write_run(result, folder / method, LIMITS, method, ())
    if result.accounts is not None:
        audit = audit_run(place)
        assert audit.sound, [name for name, held in audit.checks.items() if not held]
    return result


@pytest.mark.parametrize("names", list(compositions()), ids="+".join)
def test_what_is_laid_together_is_answered_alike_by_both_methods(names: Composition, tmp_path: Path) -> None:
    plain, parts = (answered(names, method, tmp_path) for method in METHODS)
    if isinstance(plain, str) or isinstance(parts, str):
        assert plain == parts
        return
    worths = {plain.worth, parts.worth}
    assert not (Worth.INFEASIBLE in worths and any(worth.planned for worth in worths)), worths
    for one, other in ((plain.outcome, parts.outcome), (parts.outcome, plain.outcome)):
        # what one method calls a bound holds for the plan of the other
        assert replace(other, bound=one.bound).overstated == 0.0
