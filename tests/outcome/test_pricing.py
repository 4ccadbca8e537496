"""Pairs left out of the model: what they could still do is never underrated."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.ledger.instance import Instance
from optimization.ledger.layout import lay_out
from optimization.model.columns import columns
from optimization.model.model import build_model
from optimization.model.screening import Screening, screen
from optimization.outcome.clock import Clock
from optimization.outcome.master import master_problem
from optimization.outcome.pricing import LeftOut
from optimization.outcome.starting import Start, starting_pairs
from optimization.solving.decomposed import exclusive_choices
from optimization.solving.highs import Limits, Outcome, solve
from optimization.solving.residual import fix
from optimization.solving.standard_form import compile_model
from tests.model.random_case import random_question

EXACT = Limits(gap=1e-9, threads=1)


@cache
def prefecture(code: str, package: str = "role_division") -> tuple[Instance, Screening]:
    """One prefecture of the embedded case laid out."""
    case = load_case(DEFAULT_CASE)
    instance = lay_out(case, load_package(case, package, [code]).settings, [code])
    return instance, screen(instance)


def relaxed(
    instance: Instance, screening: Screening, inside: np.ndarray, start: Start
) -> tuple[Outcome, LeftOut]:
    """The relaxation on some pairs, and what is left out of it."""
    table = columns(instance, screening, inside)
    problem = master_problem(table, Clock())
    return solve(problem.form, EXACT, relax=True), LeftOut(problem, start, 0.0, 1)


@pytest.mark.parametrize("code", ["03", "46"])
@pytest.mark.parametrize("kept", [0.0, 0.3, 1.0])
def test_the_corrected_bound_never_exceeds_the_relaxation_of_the_full_list(code: str, kept: float) -> None:
    """Starting pairs thinned out at random: the fewer stand in the model, the more is taken off."""
    instance, screening = prefecture(code)
    start = starting_pairs(instance, screening, Limits(gap=1e-6))
    everything, _ = relaxed(instance, screening, np.ones_like(start.inside), start)
    inside = start.inside & (np.random.default_rng(1).random(len(start.inside)) < kept)
    inside |= instance.standing_pairs[screening.listed]  # bodies of today stand in every model
    some, left_out = relaxed(instance, screening, inside, start)
    pricing = left_out.priced(some.values, some.row_duals)
    assert some.objective - pricing.correction <= everything.objective + 1e-6 * abs(everything.objective)
    assert some.objective >= everything.objective - 1e-6 * abs(everything.objective)
    assert pricing.correction > 0


def test_letting_in_what_pays_closes_the_distance() -> None:
    instance, screening = prefecture("03")
    start = starting_pairs(instance, screening, Limits(gap=1e-6))
    everything, _ = relaxed(instance, screening, np.ones_like(start.inside), start)
    inside = instance.standing_pairs[screening.listed]
    for _ in range(12):
        some, left_out = relaxed(instance, screening, inside, start)
        pricing = left_out.priced(some.values, some.row_duals)
        if not pricing.entering.any():
            break
        inside = inside | pricing.entering
    assert some.objective == pytest.approx(everything.objective, rel=1e-5)
    assert inside.sum() < 0.5 * len(inside)


@pytest.mark.parametrize("seed", range(5))
def test_a_cut_is_never_above_the_cost_of_provision(seed: int) -> None:
    """Provision costs at least constant + worth x y: held against what the cheapest provision over the
    whole list costs under a random statute."""
    instance, screening = prefecture("03")
    start = starting_pairs(instance, screening, Limits(gap=1e-6))
    some, left_out = relaxed(instance, screening, start.inside, start)
    cut = left_out.priced(some.values, some.row_duals).cut
    assert cut is not None
    form = compile_model(build_model(columns(instance, screening, np.ones_like(start.inside))))
    numbers, duties = form.column_family("y")
    assert left_out.form.column_family("y")[1].tolist() == duties.tolist()
    cost = np.zeros_like(form.cost)
    for name in ("x", "v", "z"):
        provision = form.column_family(name)[0]
        cost[provision] = form.cost[provision]
    statute = np.zeros(len(numbers))
    draw = np.random.default_rng(seed)
    for group in exclusive_choices(form, numbers):
        statute[np.searchsorted(numbers, draw.choice(group))] = 1.0
    matrix_only = [n for rule in ("R2", "R3", "R4") for n in form.rows_of(rule)]
    program = replace(
        fix(form, numbers, statute),
        cost=cost,
        constant=0.0,
        matrix=form.matrix[matrix_only],
        row_lower=form.row_lower[matrix_only],
        row_upper=form.row_upper[matrix_only],
    )
    spent = solve(program, EXACT, relax=True).objective
    assert cut.constant + float(cut.worth @ statute) <= spent + 1e-6 * abs(spent)


@pytest.mark.parametrize("seed", range(30))
def test_bounds_of_a_run_that_prices_its_pairs_are_true(seed: int) -> None:
    """On random questions with bodies the decomposed run's bound is never above the plain optimum."""
    question = random_question(seed)
    limits = Limits(gap=1e-3, seconds=30.0, threads=1)
    plain = question.solve("plain", EXACT).outcome
    found = question.solve("decomposed", limits).outcome
    assert found.status is plain.status
    if plain.values is not None:
        assert found.bound <= plain.objective * (1 + 1e-7)
        assert found.objective <= plain.objective * (1 + 1.1e-3)
