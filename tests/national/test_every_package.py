"""Every shipped package has a plan on the whole country, and it keeps its rules."""

from __future__ import annotations

import pytest

from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE, PACKAGES, load_package
from optimization.case.load import load_case
from optimization.outcome.solve import solve
from optimization.solving.highs import Limits

pytestmark = pytest.mark.national

NAMES = sorted(path.stem for path in PACKAGES.glob("*.toml"))
LIMITS = Limits(gap=1e-2, seconds=300.0)


@pytest.fixture(scope="module")
def japan() -> Case:
    return load_case(DEFAULT_CASE)


@pytest.mark.parametrize("name", NAMES)
def test_a_package_has_a_plan_on_the_whole_country(name: str, japan: Case) -> None:
    result = solve(japan, load_package(japan, name), limits=LIMITS)
    assert result.accounts is not None, result.outcome
    assert result.breaches == []
