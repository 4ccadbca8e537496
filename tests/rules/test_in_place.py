"""A limit changed in place is changed wherever it stands, and one that lacks its columns is not written at all."""

from __future__ import annotations

from typing import Any

import pytest

from optimization.model.model import REWRITABLE, build_model, components
from optimization.outcome.in_place import rewritten, under
from optimization.rules.listed import STATEMENTS
from optimization.solving.standard_form import StandardForm, compile_model
from tests.model.test_golden import three_by_three
from tests.outcome.test_session import described
from tests.small_case import settings

LOSERS: dict[str, Any] = {
    "equity.adequacy_floor": 0.9,
    "equity.loss_limit": 0.05,
    "equity.losers_population_ceiling": 0.5,
}


def changed(before: dict[str, Any], after: dict[str, Any]) -> StandardForm | None:
    """The program of a package with some limits written anew."""
    question = three_by_three(**before)
    columns = question.columns()
    model = build_model(columns)
    form = compile_model(model)
    new = {key: settings(question.case, **after)[key] for key in after}  # type: ignore[literal-required]
    return rewritten(form, model, under(columns, {**columns.instance.settings, **new}), set(after))  # type: ignore[typeddict-item]


def test_a_floor_changes_what_losers_may_fall_to() -> None:
    """With losers the floor stands in two rules: that of losses keeps the old one else, too tight or too loose."""
    found = changed(LOSERS, {"equity.adequacy_floor": 0.5})
    anew = compile_model(build_model(three_by_three(**{**LOSERS, "equity.adequacy_floor": 0.5}).columns()))
    assert found is not None and described(found) == described(anew)


def test_a_limit_that_comes_into_force_is_not_written_in_place() -> None:
    assert changed({}, {"equity.dispersion_ceiling": 0.2}) is None
    assert changed({"equity.dispersion_ceiling": 0.2}, {"equity.dispersion_ceiling": "off"}) is None


@pytest.mark.parametrize(
    "key", ["discipline.balance", "crisis.worst_case_share", "crisis.cvar_ceiling_million_yen"]
)
def test_what_hangs_on_who_provides_is_never_rewritten(key: str) -> None:
    assert key in {statement.setting for statement in STATEMENTS} and key not in REWRITABLE


def test_debts_of_later_years_are_among_what_a_ceiling_changes() -> None:
    columns = three_by_three(
        **{"horizon.years": ["2050"], "discipline.debt_service_ceiling": 0.12, "horizon.need_growth": 0.01}
    ).columns()
    assert components(columns, {"discipline.debt_service_ceiling"}) == ["D4", "year2050.D4"]
