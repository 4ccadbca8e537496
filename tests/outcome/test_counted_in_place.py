"""A bench answers like a question that is laid out anew, to the last digit, whatever was asked of it before."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from optimization.case.assignments import package_given
from optimization.case.case import Case
from optimization.case.face import load_package, with_on_top
from optimization.case.load import load_case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.instance import Instance
from optimization.ledger.relaid import OF_NEED, OF_THE_CASE
from optimization.outcome.applied import apply
from optimization.outcome.bench import Bench

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"

QUESTIONS = (
    ("status_quo", ()),
    ("status_quo", ("responsibility.fix.fire=prefecture", "debt.follows_duty_share=0.5")),
    ("role_division", ("responsibility.fix.waste@core_city=prefecture", "wide_area.keep_existing=false")),
    ("simple_need", ("formula.settles_duties=true",)),
    ("equalisation_only", ("taxes.assigned={'municipal.tobacco' = [1.2, 1.2]}", "pool.released=special")),
    ("uniform", ("weights.access=2.0", "formula.debt_service_refund=0.5")),
    ("crisis_ready", ()),
    ("horizon_2050", ("horizon.years=['2040']",)),
    ("status_quo", ()),
)
"""One after another; the last is the first again."""


@pytest.fixture(scope="module")
def case() -> Case:
    """The teaching case, read once."""
    return load_case(IWATE)


@pytest.fixture(scope="module")
def bench(case: Case) -> Bench:
    """The bench on which every question is asked."""
    return Bench(case, load_package(case, "status_quo"))


def asked(case: Case, name: str, given: tuple[str, ...]) -> ResolvedPackage:
    """A package with settings on top."""
    package, top = load_package(case, name), package_given(given)
    return package if top is None else with_on_top(case, package, top)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[0])
def test_a_bench_answers_as_a_question_laid_out_anew(
    case: Case, bench: Bench, question: tuple[str, tuple[str, ...]]
) -> None:
    package = asked(case, *question)
    if package.assumptions:
        pytest.fail("the questions here have no assumptions of their own")
    found, wanted = bench.apply(package), apply(case, package)
    assert found.outcome.objective == wanted.outcome.objective
    assert found.accounts is not None and wanted.accounts is not None
    for one, other in ((found.accounts, wanted.accounts), (found.baseline, wanted.baseline)):
        for name in ("funds", "spending", "standard_cost", "transfer", "revised_need", "capacity"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert found.breaches == wanted.breaches
    assert found.package.warnings == wanted.package.warnings


def test_other_assumptions_are_another_bench(case: Case, bench: Bench) -> None:
    with pytest.raises(ValueError, match="other assumptions"):
        bench.apply(asked(case, "status_quo", ("assumptions.detour_factor=1.3",)))


def test_what_is_kept_is_worked_out_by_a_question() -> None:
    known = {name for name, value in vars(Instance).items() if isinstance(value, cached_property)}
    assert {*OF_THE_CASE, *OF_NEED} <= known
