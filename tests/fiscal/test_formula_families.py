"""Each formula family worked by hand, and against the published figures (FACTS E2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts
from optimization.ledger.allocation import base_group
from optimization.ledger.decision import status_quo
from optimization.ledger.formulas import FAMILIES, Position
from tests.fiscal.fiscal_case import decided, family, money, two_of_each
from tests.small_case import GENERAL, Prefecture, Service, Small, Town, small

MUNICIPAL, PREFECTURAL = (1.0, 0.0), (0.0, 1.0)
TIERS = pytest.mark.parametrize("tier", [MUNICIPAL, PREFECTURAL])


def position(
    revenue: Sequence[float],
    people: Sequence[float] | None = None,
    tier: tuple[float, float] | None = MUNICIPAL,
    bases: Any = None,
    groups: Sequence[str] = ("other",),
    **other: Any,
) -> Position:
    """Governments of one tier with these revenues; equal populations and no need unless said."""
    count = len(revenue)
    own = np.array(revenue, float)
    given: dict[str, Any] = {
        "need": np.zeros(count),
        "capacity": own,
        "revenue": own,
        "bases": own[:, None] if bases is None else np.array(bases, float),
        "base_group": np.array(groups),
        "population": np.full(count, 10.0) if people is None else np.array(people, float),
        "area": np.full(count, 1.0),
        "tiers": np.array([tier] * count),
        "envelope": 0.0,
        "adjustment_rate": 0.0,
        "equalisation_rate": 0.75,
        "parameter": lambda name: GENERAL[name],
    }
    changed = {k: np.array(v, float) if isinstance(v, list) else v for k, v in other.items()}
    return Position(**{**given, **changed})


def parameters(**changes: float) -> Any:
    return lambda name: {**GENERAL, **changes}[name]


def transfers(name: str, where: Position) -> np.ndarray:
    return FAMILIES[name].transfers(where)


# Japan ------------------------------------------------------------------------------------------------


@TIERS
def test_japan_fills_the_gap_that_the_adjustment_rate_leaves(tier: tuple[float, float]) -> None:
    where = position([60, 60], tier=tier, need=[100.0, 50.0], adjustment_rate=0.1)
    assert transfers("japan_lat", where) == pytest.approx([0.9 * 100 - 60, 0.0])


def keep_rate(case: Small, more: Small, government: str) -> float:
    """What is left to a government of one more million yen of its own taxes."""
    before, after = (money(a := Accounts(c.instance, status_quo(c.instance)), a.funds) for c in (case, more))
    return after[government] - before[government]


@pytest.mark.parametrize(("base", "kept"), [(40.0, 0.25), (400.0, 1.0)])
def test_japan_leaves_a_quarter_to_who_receives_and_all_to_who_does_not(base: float, kept: float) -> None:
    def case(own: float) -> Small:
        towns = [Town("01201", need={"fire": 100.0}, base=own)]
        return small(towns, [Service("fire")], [Prefecture("01", other=100.0, base=own)])

    assert keep_rate(case(base), case(base + 1), "01201") == pytest.approx(kept)
    assert keep_rate(case(base), case(base + 1), "01") == pytest.approx(kept)


# guarantee and equalisation ---------------------------------------------------------------------------


@TIERS
@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
def test_equalisation_fills_beta_of_the_shortfall_from_the_mean(
    tier: tuple[float, float], beta: float
) -> None:
    """30 + 10 people with 200: 5 a head, 150 and 50 expected, the first lacks 30."""
    where = position([120, 80], [30, 10], tier, equalisation_rate=beta, need=[999.0, 1.0])
    assert transfers("guarantee_and_equalisation", where) == pytest.approx([beta * 30, 0.0])


# Canada -----------------------------------------------------------------------------------------------

FIVE = ("personal", "business", "consumption", "property", "other")


def canada(envelope: float, **changes: float) -> np.ndarray:
    """Means by base 40, 20, 10, 10, 5: the first has 10 + 10 - 3 less than the mean, 17 in all."""
    bases = [[30, 10, 10, 10, 8], [50, 30, 10, 10, 2]]
    where = position(
        np.sum(bases, axis=1), bases=bases, groups=FIVE, envelope=envelope, parameter=parameters(**changes)
    )
    return transfers("canada_rts", where)


def test_canada_shares_the_envelope_by_the_sum_over_five_bases_and_nobody_pays() -> None:
    assert canada(12.0) == pytest.approx([12.0, 0.0])


def test_canada_lifts_nobody_above_the_cap() -> None:
    """An envelope of 30 would lift 68 to 98; the mean is 85, and a cap of 1.1 allows 93.5."""
    assert canada(30.0) == pytest.approx([17.0, 0.0])
    assert canada(30.0, canada_cap=1.1) == pytest.approx([25.5, 0.0])


def test_canada_divides_by_shortfall_where_several_lack() -> None:
    """Mean 60: lack 30 and 10, the third has 40 more and neither pays nor counts; 20 are shared 3 : 1."""
    where = position([30, 50, 100], envelope=20.0)
    assert transfers("canada_rts", where) == pytest.approx([15.0, 5.0, 0.0])


def test_canada_leaves_nothing_to_a_weak_province() -> None:
    """One person in a thousand: the mean rises by 0.001 of the million, the rest is equalised away."""
    before, after = (
        transfers("canada_rts", position([y, 999.0], [1, 999], envelope=1e3)) for y in (0.5, 0.6)
    )
    assert 0.1 + after[0] - before[0] == pytest.approx(0.1 * 0.001)


def test_the_standard_scales_what_every_base_should_yield() -> None:
    """0.9 of means 60: 54 each; lack 24 and 4 of 20: 17.14 and 2.86."""
    where = position([30, 50, 100], envelope=20.0, parameter=parameters(canada_standard=0.9))
    assert transfers("canada_rts", where) == pytest.approx([20 * 24 / 28, 20 * 4 / 28, 0.0])


@pytest.mark.parametrize(
    ("item", "group"),
    [
        ("municipal.inhabitant_individual_income", "personal"),
        ("municipal.inhabitant_corporate_income", "business"),
        ("municipal.local_consumption_tax_share", "consumption"),
        ("municipal.fixed_property_land", "property"),
        ("municipal.light_vehicle", "other"),
    ],
)
def test_each_tax_belongs_to_one_of_five_bases(item: str, group: str) -> None:
    assert base_group(item) == group


# Australia --------------------------------------------------------------------------------------------


@TIERS
def test_australia_gives_need_less_revenue_and_an_equal_sum_per_head(tier: tuple[float, float]) -> None:
    """Gaps 60 and 0, envelope 100 for 40 people: c = 1 a head. Relativities 70 / 25 and 30 / 75."""
    where = position(
        [40, 60],
        [10, 30],
        tier,
        need=[100.0, 60.0],
        envelope=100.0,
        parameter=parameters(australia_floor=0.3),
    )
    result = transfers("australia_hfe", where)
    assert result == pytest.approx([70.0, 30.0])
    assert result / where.population / (100 / 40) == pytest.approx([2.8, 0.4])


def test_a_state_at_the_floor_gets_three_quarters_like_western_australia() -> None:
    """Without the floor 30 (relativity .4); with .75 x 75 = 56.25 the other is left 43.75."""
    where = position([40, 60], [10, 30], need=[100.0, 60.0], envelope=100.0)
    result = transfers("australia_hfe", where)
    assert result == pytest.approx([43.75, 56.25])
    assert result[1] / 75 == pytest.approx(0.75)


def test_two_states_at_the_floor_leave_the_rest_to_the_third() -> None:
    """Gaps 90, 0, -30; envelope 60, 20 a head, floor 15 each: 30 left; c = 30 - 90 = -60 for the first."""
    where = position([10, 100, 130], [1, 1, 1], need=[100.0, 100.0, 100.0], envelope=60.0)
    assert transfers("australia_hfe", where) == pytest.approx([30.0, 15.0, 15.0])


@pytest.mark.parametrize("seed", range(10))
def test_australia_sums_to_the_envelope_above_the_floor(seed: int) -> None:
    draw = np.random.default_rng(seed)
    people = draw.uniform(1, 50, 8)
    where = position(
        draw.uniform(10, 100, 8),
        people,
        need=draw.uniform(10, 200, 8).tolist(),
        envelope=draw.uniform(1, 900),
    )
    result = transfers("australia_hfe", where)
    least = 0.75 * where.envelope * people / people.sum()
    assert result.sum() == pytest.approx(where.envelope)
    assert (result >= least - 1e-9).all()
    above = result > least + 1e-6
    per_head = (result - where.need + where.capacity)[above] / people[above]
    assert per_head == pytest.approx(np.full(above.sum(), per_head[0]))


# Germany ----------------------------------------------------------------------------------------------


@TIERS
def test_germany_moves_63_percent_to_the_mean_and_tops_up_80_percent(tier: tuple[float, float]) -> None:
    """60 and 100 around 80: 12.6 change hands; 72.6 is topped up by .8 x (.9975 x 80 - 72.6) = 5.76."""
    result = transfers("germany_horizontal", position([60, 100], tier=tier))
    assert result == pytest.approx([12.6 + 0.8 * (79.8 - 72.6), -12.6])


def test_the_first_step_of_germany_sums_to_nothing() -> None:
    draw = np.random.default_rng(1)
    revenue, people = draw.uniform(20, 200, 16), draw.uniform(1, 9, 16)
    where = position(revenue, people, parameter=parameters(germany_top_up=0.0))
    result = transfers("germany_horizontal", where)
    assert result.sum() == pytest.approx(0.0, abs=1e-9)
    assert (np.sign(result) == np.sign(where.expected(revenue) - revenue)).all()


def test_germany_leaves_37_percent_before_the_top_up() -> None:
    """A land of one person in a thousand: 1 - .63 x (1 - .001)."""
    bare = parameters(germany_top_up=0.0)
    for own in (0.5, 2.0):
        before, after = (
            transfers("germany_horizontal", position([y, 999.0], [1, 999], parameter=bare))
            for y in (own, own + 0.1)
        )
        assert (0.1 + after[0] - before[0]) / 0.1 == pytest.approx(0.37 + 0.63 * 0.001)


# Switzerland ------------------------------------------------------------------------------------------


@TIERS
@pytest.mark.parametrize("weak", [10.0, 50.0, 69.9, 70.0])
def test_switzerland_fills_up_to_the_floor_below_an_index_of_70(
    tier: tuple[float, float], weak: float
) -> None:
    result = transfers("switzerland_nfa", position([weak, 100, 200 - weak], tier=tier))
    reached = 86.5 if weak <= 70.0 else None
    assert weak + result[0] == pytest.approx(reached)
    assert result[1] == 0.0
    assert result[2] == pytest.approx(-0.4 * result[0])


@pytest.mark.parametrize("weak", [75.0, 85.0, 99.0])
def test_switzerland_is_progressive_between_70_and_the_mean(weak: float) -> None:
    """A = 1.183 (1 - r)^1.636, as FACTS E2 derives."""
    result = transfers("switzerland_nfa", position([weak, 100, 200 - weak]))
    assert result[0] == pytest.approx(100 * 1.183 * (1 - weak / 100) ** 1.636, rel=1e-3)
    assert weak + result[0] > 86.5


def test_the_marginal_equalisation_of_switzerland_is_90_percent_at_most() -> None:
    """Two cantons that together keep the mean: the slope of A at an index of .70 is .9, and falls."""
    fill = [
        transfers("switzerland_nfa", position([w, 100, 200 - w]))[0] for w in np.arange(70.0, 99.995, 0.01)
    ]
    slope = -np.diff(fill) / 0.01
    assert slope[0] == pytest.approx(0.9, abs=1e-3)
    assert (np.diff(slope) <= 1e-9).all()


def test_the_strong_of_switzerland_pay_the_same_share_of_their_excess() -> None:
    """50 and 70 receive 36.5 + 16.5; 40% of 53 = 21.2 on an excess of 20 + 60."""
    result = transfers("switzerland_nfa", position([50, 70, 120, 160]))
    assert result == pytest.approx([36.5, 16.5, -21.2 * 20 / 80, -21.2 * 60 / 80])


# the Nordic countries ---------------------------------------------------------------------------------


@TIERS
def test_nordic_equalises_revenue_and_need_apart(tier: tuple[float, float]) -> None:
    """.75 x (80 - 60) + .9 x (120 - 110)."""
    where = position([60, 100], tier=tier, need=[120.0, 100.0])
    assert transfers("nordic", where) == pytest.approx([15 + 9, -15 - 9])


def test_nordic_is_symmetric_and_sums_to_nothing_at_level_one() -> None:
    draw = np.random.default_rng(2)
    where = position(draw.uniform(9, 99, 20), draw.uniform(1, 9, 20), need=draw.uniform(9, 99, 20).tolist())
    assert transfers("nordic", where).sum() == pytest.approx(0.0, abs=1e-9)


def test_a_level_above_the_mean_is_paid_by_the_state() -> None:
    """Sweden's 115%: .75 x .15 x 160."""
    where = position([60, 100], need=[120.0, 100.0], parameter=parameters(nordic_level=1.15))
    assert transfers("nordic", where).sum() == pytest.approx(18.0)


def test_denmark_leaves_a_quarter() -> None:
    before, after = (transfers("nordic", position([y, 999.0], [1, 999])) for y in (1.0, 1.1))
    assert (0.1 + after[0] - before[0]) / 0.1 == pytest.approx(0.25 + 0.75 * 0.001)


# the block --------------------------------------------------------------------------------------------


@TIERS
def test_the_block_is_shared_equally_by_area_and_by_head(tier: tuple[float, float]) -> None:
    """5% in equal parts, 10% by area (1 : 3), 85% per head (1 : 3)."""
    where = position([1, 1], [10, 30], tier, area=[100.0, 300.0], envelope=200.0)
    assert transfers("per_capita", where) == pytest.approx(
        [200 * (0.025 + 0.025 + 0.2125), 200 * (0.025 + 0.075 + 0.6375)]
    )


# means, tiers and governments -------------------------------------------------------------------------


def test_a_government_of_two_tiers_is_held_against_both_means() -> None:
    """2 a head for municipalities, 5 for prefectures, 7 x 10 people for the pair."""
    where = position([10, 30, 100, 999], [5, 15, 20, 10])
    where = Position(**{**where.__dict__, "tiers": np.array([MUNICIPAL, MUNICIPAL, PREFECTURAL, (1.0, 1.0)])})
    assert where.expected(where.revenue) == pytest.approx([10, 30, 100, 70])


PAYS = {
    "japan_lat": False,
    "guarantee_and_equalisation": False,
    "canada_rts": False,
    "australia_hfe": False,
    "germany_horizontal": True,
    "switzerland_nfa": True,
    "nordic": True,
    "per_capita": False,
}


BY_HAND = {
    "japan_lat": (80.0, 0.0),
    "guarantee_and_equalisation": (0.75 * 80, 0.0),
    "canada_rts": (80.0, 0.0),
    # gaps 80 and -80; the floor of .75 x 40 leaves 50
    "australia_hfe": (50.0, 30.0),
    "germany_horizontal": (0.63 * 80 + 0.8 * (99.75 - 70.4), -0.63 * 80),
    "switzerland_nfa": (66.5, -0.4 * 66.5),
    "nordic": (0.75 * 80, -0.75 * 80),
    "per_capita": (40.0, 40.0),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_serves_both_tiers_and_payers_pay_where_it_says_so(name: str) -> None:
    """The pool of 160 is split by what each tier received today: 80 for two towns, 80 for two prefectures."""
    accounts = decided(two_of_each(**family(name)))
    poor, rich = BY_HAND[name]
    assert money(accounts, accounts.transfer) == pytest.approx(
        {"01": poor, "01201": poor, "02": rich, "02201": rich}
    )
    assert bool(accounts.contribution.sum() > 0) is PAYS[name]


@pytest.mark.parametrize("name", FAMILIES)
def test_each_tier_may_have_a_family_of_its_own(name: str) -> None:
    other = "nordic" if name != "nordic" else "japan_lat"
    accounts = decided(two_of_each(**family(name, other)))
    expected = dict(zip(("01201", "02201"), BY_HAND[name], strict=True))
    expected |= dict(zip(("01", "02"), BY_HAND[other], strict=True))
    assert money(accounts, accounts.transfer) == pytest.approx(expected)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_model_gives_what_each_family_gives_by_hand(name: str) -> None:
    result = two_of_each(**family(name)).solve()
    poor, rich = BY_HAND[name]
    assert result.outcome.status == "optimal" and not result.breaches
    assert result.solver_grants is not None
    assert result.solver_grants.to_dict() == pytest.approx(
        {"01": poor, "01201": poor, "02": rich, "02201": rich}, abs=1e-6
    )


def test_soft_budgets_cost_what_is_received_not_what_is_paid_in() -> None:
    """Nordic: 60 + 60 received and paid; .1 x 120 beside the cost of 200 of the service."""
    accounts = two_of_each(**family("nordic"), **{"weights.soft_budget": 0.1}).optimum()
    assert accounts.objective_parts["soft_budget"] == pytest.approx(12.0)
    assert accounts.objective == pytest.approx(212.0)
