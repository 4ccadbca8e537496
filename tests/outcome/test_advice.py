"""Advice to impossible packages: its figures by hand arithmetic, and on random questions by solving again."""

from __future__ import annotations

import re

import pytest

from optimization.outcome.advice import ADEQUACY, DOES, DOES_TOGETHER, NATION, POOL, advised, advised_values
from optimization.outcome.counting import UNCHECKED, arguments
from optimization.outcome.question import laid_out
from optimization.outcome.run import answer
from tests.model.random_case import random_question
from tests.seeds import seeds
from tests.small_case import Prefecture, Service, Small, Town, given_curves, small

T = 1e6
COUNT = 40
SEEDS = seeds(8, COUNT)


def question(**changes: object) -> Small:
    """Adjustment rate 10%. Two towns of needs 2 and 1, taxes 0.8 and 2, and a prefecture of need 1 and taxes 0.4:
    grants today are 0.9 x 2 - 0.6 = 1.2, none and 0.9 - 0.3 = 0.6. Fire may go to the prefecture."""
    return small(
        [
            Town("01201", 10_000, {"fire": 2 * T}, base=0.8 * T, full=0.0),
            Town("01202", 10_000, {"fire": 1 * T}, base=2 * T, full=0.0),
        ],
        [Service("fire", tiers=("prefecture",))],
        [Prefecture("01", other=1 * T, base=0.4 * T, full=0.0)],
        adjustment_rate=0.1,
        changes={
            POOL: 50 * T,
            NATION: 500 * T,
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["prefecture"],
            **changes,
        },
    )


def told(case: Small) -> list[str]:
    result = case.solve()
    assert result.outcome.status == "infeasible"
    return result.arguments


def test_what_is_needed_beyond_addition_is_found_and_said() -> None:
    """Each on its own the towns would rather have fire with the prefecture, and the prefecture with the towns: 0.6.
    With the towns 1.8 must be paid, with the prefecture 0.9 x 4 - 0.3 = 3.3: 0.5 lacks 1.3, not 0.1."""
    (sentence,) = told(question(**{POOL: 0.5 * T}))
    assert "Raise the pool to 600,000 million yen or more" in sentence and "less is impossible" in sentence
    assert f"a plan was found with {POOL} raised to 1,800,000 million yen, by 1,300,000" in sentence
    assert question(**{POOL: 1.8 * T}).solve().worth.planned
    assert told(question(**{POOL: 1.799 * T})) == []  # nor can addition alone see it there


def test_a_figure_that_does_is_said_to_have_been_tried() -> None:
    fixed: dict[str, object] = {"responsibility.free_services": []}
    (sentence,) = told(question(**fixed, **{POOL: 1.5 * T}))
    assert "Raise the pool to 1,800,000 million yen" in sentence and DOES in sentence
    both = told(question(**fixed, **{POOL: 1.5 * T, NATION: 1.7 * T}))
    assert len(both) == 2 and all(DOES_TOGETHER in sentence for sentence in both)


def test_a_limit_that_is_not_the_only_one_in_the_way_is_said_not_to_suffice() -> None:
    """The towns have 2.8 of their own for 3 to spend, 0.93."""
    fixed: dict[str, object] = {"responsibility.free_services": []}
    rules = {"discipline.own_source_floor_municipal": 0.95, POOL: 1.5 * T}
    (sentence,) = told(question(**fixed, **rules))
    assert (
        f"does not suffice: no plan exists even without {POOL}" in sentence and "solve.py explain" in sentence
    )


def test_what_could_not_be_tried_in_time_is_said_to_be_unchecked() -> None:
    case = question(**{POOL: 0.5 * T})
    with given_curves(case.curves):
        asked = answer(laid_out(case.case, case.package), case.package)
    (sentence,) = advised(asked, seconds=0.0)
    assert UNCHECKED in sentence and "not checked" in sentence


STEP = re.compile(r"(\S+) (raised by|lowered to) ([0-9.]+)")


def promised(case: Small, sentence: str) -> dict[str, float] | None:
    """The settings with which the sentence says that a plan was found; None where it promises none."""
    if DOES in sentence or DOES_TOGETHER in sentence:
        return advised_values(arguments(case.columns()))
    if "a plan was found with" not in sentence:
        return None
    had = case.package.settings
    steps = STEP.findall(sentence.partition("a plan was found with")[2])
    return {key: had[key] + float(by) * T if how == "raised by" else float(by) for key, how, by in steps}


def tightened(seed: int) -> Small:
    """A random question with money or adequacy out of reach; its own limits stay, and some are in the way too."""
    case = random_question(seed)
    paid = case.package.settings[POOL]
    changes = ({POOL: 0.3 * paid}, {ADEQUACY: 1.6}, {POOL: 0.3 * paid, ADEQUACY: 1.3}, {NATION: 10.0})[
        seed % 4
    ]
    return case.but(**changes)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_advice_promises_holds(seed: int) -> None:
    case = tightened(seed)
    found = arguments(case.columns())
    if not found:
        return
    values = advised_values(found)
    assert arguments(case.but(**values).columns()) == [], "with the figures in place addition shows nothing"
    for sentence in told(case):
        promise = promised(case, sentence)
        if promise is not None:
            assert case.but(**promise).solve("plain").worth.planned, sentence


def test_the_random_questions_promise_something() -> None:
    cases = [tightened(seed) for seed in range(12)]
    argued = [case for case in cases if arguments(case.columns())]
    promises = [promised(case, sentence) for case in argued for sentence in told(case)]
    assert sum(promise is not None for promise in promises) >= 3
