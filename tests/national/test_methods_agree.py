"""Decomposed and plain: the same optimum on many random questions, and consistent proofs on the nation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from national_run import Run

from tests.model.random_case import random_question

pytestmark = pytest.mark.national

PLAIN_SECONDS = "300"


@pytest.mark.parametrize("first", range(1000, 1200, 20))
def test_two_hundred_random_questions_have_the_same_optimum_both_ways(first: int) -> None:
    for seed in range(first, first + 20):
        plain, parts = (random_question(seed).solve(method).outcome for method in ("plain", "decomposed"))
        assert plain.status is parts.status, seed
        if plain.values is not None:
            assert parts.objective == pytest.approx(plain.objective, rel=1e-7), seed
            assert parts.bound <= plain.objective * (1 + 1e-7), seed


def test_the_nation_is_proven_alike_by_both(solved: Callable[..., Run]) -> None:
    """Neither bound exceeds the other's plan; where plain HiGHS gets there in time, the costs agree."""
    ours = solved("role_division").record
    whole = solved("role_division", "--method", "plain", "--time-limit", PLAIN_SECONDS).record
    assert ours["status"] == "optimal"
    assert whole["bound_million_yen"] <= ours["objective_million_yen"] * (1 + 1e-9)
    if whole["objective_million_yen"] is not None:
        assert ours["bound_million_yen"] <= whole["objective_million_yen"] * (1 + 1e-9)
    if whole["status"] == "optimal":
        assert ours["objective_million_yen"] == pytest.approx(whole["objective_million_yen"], rel=2e-4)
