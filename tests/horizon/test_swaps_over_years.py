"""A swap of taxes is neutral by the figures of the case's year, whenever it takes effect, and stays as it was set."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts, with_bonds
from optimization.outcome.result import Result
from optimization.rules.checks import breaches
from tests.horizon.horizon_case import STILL, Prefecture, Service, Small, Town, grown, small

LAND, BUSINESS = "municipal.land", "prefectural.business"


def swapping(business: list[float], second: int = 0) -> Small:
    """Land of 100 grows by a fifth; the prefecture's business of 200 makes up for it. Of two towns the one with all the
    land keeps half of its people, so that land shrinks faster than business."""
    question = small(
        [
            Town("01201", 10_000, {"care": 60.0}, base=100.0),
            Town("01202", 30_000, {"care": 60.0}),
        ],
        [Service("care", driver="fixed")],
        [Prefecture("01", base=200.0)],
        changes={
            "taxes.assigned": {LAND: [1.2, 1.2], BUSINESS: business},
            "taxes.neutral": [f"{LAND} + {BUSINESS}"],
            "horizon.years": ["2030", "2050"],
            "horizon.second_phase_year": second,
            **STILL,
        },
    )
    return grown(question, {"01201": dict.fromkeys((2030, 2050), (0.5, 0.5)),
                            "01202": dict.fromkeys((2030, 2050), (1.0, 1.0))})  # fmt: skip


@pytest.mark.parametrize(("business", "second"), [([0.5, 1.5], 0), ([0.9, 0.9], 2050)])
def test_a_swap_is_neutral_in_the_year_of_the_case(business: list[float], second: int) -> None:
    result = swapping(business, second).solve()
    assert result.outcome.status == "optimal" and result.breaches == []
    assert result.accounts is not None
    tax = result.accounts.instance.tax
    of_business = tax.names.get_loc(BUSINESS)
    decided = [result.accounts.decision, result.accounts.decision.second]
    for decision in filter(None, decided):
        assert decision.assigned[of_business] == pytest.approx(0.9)
    # land falls to a half, business to seven eighths: what was neutral is so no more
    later = result.accounts.later[0].instance.tax
    assert later.total @ (result.accounts.decision.assigned - 1.0) == pytest.approx(10.0 - 17.5)
    courses = result.tables["waiting"].query("decided_for != 'today'")
    assert not courses["rules"].str.contains("F2swap").any()


@cache
def two_phases() -> Result:
    """The swap set anew in 2050."""
    return swapping([0.5, 1.5], 2050).solve()


@pytest.mark.parametrize("phase", [1, 2])
def test_a_swap_that_is_not_neutral_then_is_a_breach(phase: int) -> None:
    result = two_phases()
    assert result.accounts is not None and result.accounts.decision.second is not None
    instance, decision = result.accounts.instance, result.accounts.decision
    lopsided = np.where(instance.tax.names == BUSINESS, 0.8, decision.assigned)
    then = replace(decision.second, assigned=lopsided) if phase == 2 else decision.second
    now = replace(decision, assigned=lopsided) if phase == 1 else decision
    found = breaches(Accounts(instance, with_bonds(instance, replace(now, second=then))))
    (swap,) = [breach for breach in found if breach.rule == "F2swap"]
    assert swap.amount == pytest.approx(-20.0)
    assert swap.where.endswith(" from 2050") == (phase == 2)
