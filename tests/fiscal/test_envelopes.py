"""Families that share the pool out: their envelope follows the national taxes, and is no decision."""

from __future__ import annotations

import pytest

from optimization.errors import InputError
from optimization.ledger.formulas import ENVELOPE_FAMILIES, FAMILIES
from tests.fiscal.fiscal_case import decided, family, money, two_of_each

INCOME = "pool.national_tax_shares"
ENVELOPES = {
    # income tax 1,000 at 15% where the law has 20%: the pool of 160 loses .94 x 50, 56.5 are left for a tier
    "canada_rts": (56.5, 0.0),
    # gaps 80 and -80; the floor of .75 x 28.25 leaves the rest
    "australia_hfe": (56.5 - 0.75 * 28.25, 0.75 * 28.25),
    "per_capita": (28.25, 28.25),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_families_that_share_out_an_envelope_are_named(name: str) -> None:
    """The money of the others does not follow the pool."""
    less, more = (
        decided(two_of_each(**family(name), **{"pool.ordinary_million_yen": pool})).transfer.tolist()
        for pool in (100.0, 120.0)
    )
    assert (less != pytest.approx(more)) is (name in ENVELOPE_FAMILIES)
    assert set(ENVELOPES) == set(ENVELOPE_FAMILIES)


@pytest.mark.parametrize("name", ENVELOPES)
def test_the_envelope_follows_a_fixed_share_of_a_national_tax(name: str) -> None:
    case = two_of_each(**family(name), **{INCOME: {"income": [0.15, 0.15]}})
    poor, rich = ENVELOPES[name]
    expected = {"01": poor, "01201": poor, "02": rich, "02201": rich}
    assert money(decided(case), decided(case).transfer) == pytest.approx(expected)
    result = case.solve()
    assert result.outcome.status == "optimal" and not result.breaches
    assert result.solver_grants is not None
    assert result.solver_grants.to_dict() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("settings", [family("per_capita", "japan_lat"), family("nordic", "canada_rts")])
def test_a_free_share_is_refused_where_a_tier_shares_the_pool_out(settings: dict[str, str]) -> None:
    shares = {"income": [0.15, 0.4], "liquor": [0.5, 0.5]}
    with pytest.raises(InputError) as raised:
        two_of_each(**settings, **{INCOME: shares}).solve()
    (problem,) = raised.value.problems
    assert (problem.column, problem.value) == (INCOME, "income = [0.15, 0.4]")
    assert "which shares the pool out" in problem.message
    assert "fix the share" in problem.remedy and "japan_lat" in problem.remedy


def test_a_free_share_is_no_concern_of_families_that_the_pool_only_bounds() -> None:
    case = two_of_each(**family("germany_horizontal", "nordic"), **{INCOME: {"income": [0.15, 0.4]}})
    assert case.solve().outcome.status == "optimal"


def test_shares_that_leave_nothing_to_share_out_are_refused() -> None:
    with pytest.raises(InputError, match=r"leave -28 million yen of the pool for per_capita to share out"):
        two_of_each(**family("per_capita"), **{INCOME: {"income": [0.0, 0.0]}}).solve()
