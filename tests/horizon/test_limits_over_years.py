"""A limit changed in place changes in every year, and what contradicts a limit of a later year is mended there."""

from __future__ import annotations

import pytest

from optimization.explain.diagnosis import Diagnosis, diagnose
from optimization.explain.misses import member_of
from optimization.explain.words import sentences
from optimization.ledger.layout import lay_out
from optimization.model.columns import columns
from optimization.model.model import REWRITABLE, WEIGHTS, build_model, components
from optimization.model.screening import screen
from optimization.outcome.in_place import rewritten, under
from optimization.solving.standard_form import compile_model
from tests.horizon.horizon_case import Small, ageing_town
from tests.outcome.test_session import BESIDE, CHANGES, described
from tests.small_case import given_curves

ABSENT = "discipline.own_source_floor_prefectural"
"""A limit without a row here: the town's prefecture does nothing."""


@pytest.mark.parametrize("key", [key for key in REWRITABLE if key not in (*WEIGHTS, ABSENT)])
def test_a_program_of_several_years_rewritten_is_the_program_built_anew(key: str) -> None:
    before, after = CHANGES[key]
    question = ageing_town(**{**BESIDE.get(key, {}), key: before, "equity.dispersion_level": 1.0})
    settings = {**question.package.settings, key: after}
    with given_curves(question.curves):
        table = columns(question.instance, screen(question.instance))
        model = build_model(table)
        form = rewritten(compile_model(model), model, under(table, settings), {key})
        instance = lay_out(question.case, settings)
        table = columns(instance, screen(instance))
        fresh = compile_model(build_model(table))
    assert form is not None
    names = set(components(table, {key})) - {"H4"}  # how much a bond may be at most depends on the first pool
    told, anew = (
        {row: entry for row, entry in described(each).items() if row.partition("[")[0] in names}
        for each in (form, fresh)
    )
    assert told == anew and len(told) >= len(names)


@pytest.mark.parametrize("key", sorted(WEIGHTS))
def test_what_stands_in_other_rows_too_is_not_rewritten(key: str) -> None:
    question = ageing_town()
    with given_curves(question.curves):
        table = columns(question.instance, screen(question.instance))
        model = build_model(table)
        assert rewritten(compile_model(model), model, table, {key}) is None


def diagnosed(question: Small) -> Diagnosis:
    with given_curves(question.curves):
        return diagnose(question.case, question.package)


def test_a_limit_broken_over_years_is_loosened_until_a_plan_is_found() -> None:
    """Needs are 100 and later 150 against 40 of its own: the most that may fund them is 1.0 of it in every year."""
    found = diagnosed(ageing_town(**{"equity.adequacy_floor": 1.02}))
    assert found.impossible and found.proven
    assert [repair.checked for repair in found.repairs][:1] == ["by running it"]
    assert found.repairs[0].loosenings[0].new <= 1.0 + 1e-3
    assert "checked by running it" in " ".join(sentences(found))


def test_the_rows_of_every_year_name_their_government() -> None:
    """Debts over years have rows by government in the block of their year, as accounts have."""
    question = ageing_town(0.02, **{"equity.adequacy_floor": 1.0})
    with given_curves(question.curves):
        rows = compile_model(build_model(columns(question.instance, screen(question.instance))))
    numbers = [*rows.rows_of("year2040.D4"), *rows.rows_of("E1"), *rows.rows_of("year2040.E1")]
    assert len(rows.rows_of("year2040.D4")) > 0
    assert {member_of(rows.constraints[n]) for n in numbers} <= set(range(len(question.instance.bond)))
