"""Who owns what the formula no longer asks of the pool: three owners by hand, and what is refused.

Needs net of the nation's fifth are 100, 50 and 250 for fire, revised to nine tenths. Grants at a rate of 1%, with 0.25
of a correction:

    01201   0.99 x (20 + 90) - 0.75 x 80 - 5 = 43.9       today 53.8
    01202   49.5 x 0.9 < 75: nothing
    01      0.99 x 300 - 0.75 x 200 - 10 = 137            as today
    Tokyo   0.99 x (200 + 225) - 0.75 x 500 = 45.75       today 70.5

The pool of 261.55 leaves 261.55 - 43.9 - 137 - 45.75 - 0.25 = 34.65. Nothing else is decided, so services use up what
they do today.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimization.errors import InputError
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.flows import by_sector, flows_of, pool_factor, side_by_side
from optimization.rules.checks import breaches
from tests.ledger.test_accounts import four_governments
from tests.small_case import Small

LEFT = 34.65
LAND = {"municipal.land": [0.5, 2.0]}
METHODS = ("plain", "decomposed")


def owned_by(owner: str, **more: Any) -> Small:
    """The four governments with needs of nine tenths, under the pool of today."""
    changes = {"formula.unit_cost_revision": [0.9, 0.9], "pool.ordinary_million_yen": 261.55}
    return four_governments().but(**{**changes, "pool.released": owner, **more})


def change(accounts: Accounts) -> dict[str, float]:
    """What every sector is left with beside today."""
    sectors = by_sector(side_by_side(accounts, todays_accounts(accounts.instance)))
    return dict((sectors["balance_package_million_yen"] - sectors["balance_today_million_yen"]).items())


def given(accounts: Accounts, kind: str) -> pd.Series:
    """A kind of flow by the government it touches."""
    return flows_of(accounts).xs(kind, level="kind").groupby(level="government").sum()


@pytest.mark.parametrize("method", METHODS)
def test_the_nation_keeps_what_is_left_and_its_shares_fall(method: str) -> None:
    """Municipalities lose 53.8 - 43.9, prefectures with Tokyo 70.5 - 45.75; the nation has both."""
    accounts = owned_by("nation").optimum(method)
    assert accounts.released == pytest.approx(LEFT)
    assert change(accounts) == pytest.approx(
        {"residents": 0.0, "municipalities": -9.9, "prefectures": -24.75, "nation": LEFT}, abs=1e-6
    )
    assert pool_factor(accounts) == pytest.approx(226.9 / 261.55)


@pytest.mark.parametrize("method", METHODS)
def test_paid_as_special_allocation_it_is_in_funds_and_outlay(method: str) -> None:
    """By the needs of today of those who receive: 120, 300 and 450 of 870; 01202 has none of it.

    34.65 x 120 / 870 = 4.7793 and 34.65 x 750 / 870 = 29.8707; the nation spends as today, 361.55.
    """
    accounts = owned_by("special").optimum(method)
    special = given(accounts, "special_allocation")
    assert special["01201"] == pytest.approx(4.7793, abs=1e-4) and special["01202"] == 0.0
    assert special.sum() == pytest.approx(LEFT)
    assert change(accounts) == pytest.approx(
        {"residents": 0.0, "municipalities": 4.7793 - 9.9, "prefectures": 29.8707 - 24.75, "nation": 0.0},
        abs=1e-4,
    )
    assert accounts.national_outlay == pytest.approx(361.55)
    assert dict(zip(accounts.instance.case.governments.index, accounts.funds, strict=True))["01201"] == (
        pytest.approx(80 + 5 + 43.9 + 4.7793 + 7, abs=1e-4)
    )
    assert pool_factor(accounts) == 1.0


@pytest.mark.parametrize("method", METHODS)
def test_taxes_move_until_the_nation_gives_up_what_is_left(method: str) -> None:
    """A part t more of the land taxes of 280 (80 and 100 of towns, 100 of the wards) lowers the grants of those who
    receive by 0.75 x (80 + 100) t: 280 t = 34.65 + 135 t, t = 0.238966, and 66.9103 moves.

    Municipalities: 180 t - 9.9 - 60 t = 18.7759; the wards' prefecture 100 t - 24.75 - 75 t = -18.7759.
    """
    accounts = owned_by("transfer", **{"taxes.assigned": LAND}).optimum(method)
    at = accounts.instance.tax.names.get_loc("municipal.land")
    assert accounts.decision.assigned[at] == pytest.approx(1 + LEFT / 145)
    assert accounts.handed_over == pytest.approx(280 * LEFT / 145)
    assert accounts.released == pytest.approx(280 * LEFT / 145)
    assert change(accounts) == pytest.approx(
        {"residents": 0.0, "municipalities": 120 * LEFT / 145 - 9.9, "prefectures": 25 * LEFT / 145 - 24.75,
         "nation": 0.0}, abs=1e-5,
    )  # fmt: skip


def test_taxes_that_are_not_moved_are_told() -> None:
    """Nothing moves and 34.65 is left."""
    accounts = owned_by("transfer", **{"taxes.assigned": LAND}).optimum()
    assert not breaches(accounts)
    unmoved = replace(accounts.decision, assigned=np.ones(len(accounts.decision.assigned)))
    (breach,) = breaches(Accounts(accounts.instance, unmoved))
    assert breach.rule == "F5transfer" and breach.amount == pytest.approx(LEFT)


@pytest.mark.parametrize(
    ("key", "within", "beyond"),
    [("pool.released_min_million_yen", 34.6, 34.7), ("pool.released_max_million_yen", 34.7, 34.6)],
)
def test_what_is_left_may_be_bounded(key: str, within: float, beyond: float) -> None:
    assert owned_by("nation", **{key: within}).solve().outcome.status == "optimal"
    assert owned_by("nation", **{key: beyond}).solve().outcome.status == "infeasible"


def test_a_limit_of_the_nation_counts_what_is_paid_out() -> None:
    """It spends 361.55 - 34.65 where it keeps what is left, 361.55 where that is paid out."""
    for limit, owner, status in (
        (327.0, "nation", "optimal"),
        (327.0, "special", "infeasible"),
        (361.6, "special", "optimal"),
    ):
        asked = owned_by(owner, **{"nation.limit_million_yen": limit})
        assert asked.solve().outcome.status == status, (limit, owner)


def test_dependence_on_grants_counts_it_too() -> None:
    """01: 137 of 347 today; with 300 / 870 of what is left 148.948 of 358.948."""
    ceiling = {"discipline.grant_dependence_ceiling": 0.2}
    assert owned_by("nation", **ceiling).solve().outcome.status == "optimal"
    assert owned_by("special", **ceiling).solve().outcome.status == "infeasible"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"taxes.assigned": {"municipal.land": [0.5, 2.0], "prefectural.business": [0.5, 2.0]},
         "taxes.neutral": ["municipal.land+prefectural.business"]},
        {"taxes.assigned": {"municipal.land": [1.2, 1.2]}},
    ],
    ids=["no tax", "a swap alone", "a fixed tax"],
)  # fmt: skip
def test_a_transfer_needs_a_tax_that_may_move(more: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        owned_by("transfer", **more).solve()
    (problem,) = caught.value.problems
    assert problem.column == "pool.released" and "taxes.assigned" in problem.message and problem.remedy


def test_nobody_receives_today_and_residents_share_what_is_left() -> None:
    instance = four_governments().but(**{"pool.released": "special"}).instance
    vars(instance)["receiving_today"] = np.zeros(4, dtype=bool)
    people = instance.population
    assert instance.special_share == pytest.approx(people / people.sum())
