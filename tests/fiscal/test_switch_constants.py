"""The constants that switch rows on and off: each is the range of its own row and no more.

The ledger prices every choice of tiers at every corner of the free levers; what a row can reach there is
what its constant must be.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.repn import generate_standard_repn

from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.model.model import build_model
from tests.fiscal.fiscal_case import decided, family
from tests.small_case import Prefecture, Service, Small, Town, small

SEEDS = (0, 1, 2)
LEVERS: dict[str, Any] = {
    "formula.unit_cost_revision": [0.8, 1.2],
    "formula.counted_share": [0.6, 0.9],
    "formula.counted_share_prefecture": [0.5, 0.8],
    "guarantee.share": {"fire": [0.1, 0.4]},
    "taxes.assigned": {"municipal.land": [0.7, 1.3]},
    "taxes.counted_share": {"municipal.land": [0.6, 0.9]},
}


@cache
def question(seed: int, family_name: str = "japan_lat", **changes: Any) -> Small:
    """Two small towns and one of ten times their size, in two prefectures."""
    draw = np.random.default_rng(seed)
    towns = [
        Town(
            code,
            1000 * people,
            {"fire": size * float(draw.uniform(20, 90)), "water": size * float(draw.uniform(20, 90))},
            other=float(draw.uniform(0, 30)),
            base=size * float(draw.uniform(60, 160)),
            full=size * float(draw.uniform(0, 20)),
            bond=float(draw.uniform(0, 5)),
        )
        for code, people, size in (("01201", 10, 1), ("01202", 20, 1), ("02201", 200, 10))
    ]
    prefectures = [
        Prefecture(code, "east", {"health": size * 120.0}, base=size * float(draw.uniform(100, 300)))
        for code, size in (("01", 1), ("02", 5))
    ]
    services = [
        Service("fire", tiers=("prefecture",), slope=0.2, parameters={"national_share": 0.2}),
        Service("water", tiers=("prefecture", "nation")),
        Service("health", home="prefecture", tiers=("municipality",)),
    ]
    free = {
        "rules.groups": "by_prefecture",
        "responsibility.free_services": ["fire", "water", "health"],
        "responsibility.free_tiers": ["municipality", "prefecture", "nation"],
        "pool.ordinary_million_yen": 900.0,
    }
    changed = {**free, **family(family_name), **LEVERS, **changes}
    return small(towns, services, prefectures, adjustment_rate=0.05, changes=changed)


def every_corner(case: Small) -> list[Accounts]:
    """Every choice of tiers at both ends of every lever, moved one against the other."""
    instance = case.instance
    tax, options = instance.tax, instance.groups.options
    found = []
    for tiers in product(*options.values()):
        tier = dict(zip(options, tiers, strict=True))
        for dear, taxed in product((0, 1), repeat=2):
            levers = {"revision": instance.revision[dear], "guarantee": instance.guarantee[1 - dear]}
            levers |= {"counted": tax.counted[taxed], "assigned": tax.assigned[taxed]}
            found.append(decided(case, tier=tier, **levers))
    return found


def coefficient(row: Any, variable: Any) -> float:
    """Coefficient of a variable in a row."""
    repn = generate_standard_repn(row.body)
    return sum(c for c, v in zip(repn.linear_coefs, repn.linear_vars, strict=True) if v is variable)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_grant_switch_is_as_wide_as_the_governments_own_gap(seed: int) -> None:
    case = question(seed)
    gaps = np.array(
        [0.95 * (a.revised_need - a.guarantee) - a.capacity for a in every_corner(case)]
    )  # corners x governments
    low, high = gaps.min(axis=0), gaps.max(axis=0)
    model = build_model(case.columns())
    switched = list(model.F4_switch)
    assert switched == [g for g in range(len(low)) if low[g] < 0 < high[g]] and switched
    for g in switched:
        assert coefficient(model.F4_upper[g], model.d[g]) == pytest.approx(-low[g])
        assert pyo.value(model.F4_upper[g].upper) == pytest.approx(-low[g])
        assert -coefficient(model.F4_switch[g], model.d[g]) == pytest.approx(high[g])
    for g in set(range(len(low))) - set(switched):
        assert (low[g] >= 0) == (g in model.F4_always)
        assert g in model.F4_always or model.transfer[g].ub == 0.0


def test_no_government_borrows_the_constant_of_another() -> None:
    """A town ten times as large has constants ten times as large; the small ones keep theirs."""
    case, model = question(0), build_model(question(0).columns())
    need = case.case.governments["need_million_yen"].to_numpy()
    revenue = case.instance.tax.base.sum(axis=1)
    top = {g: -coefficient(model.F4_switch[g], model.d[g]) for g in model.F4_switch}
    spread = max(top.values()) / min(top.values())
    assert spread > 3
    prefecture = case.instance.tiers_held[:, 1] == 1
    towns = [g for g in top if not prefecture[g]]
    assert towns
    # 1.2 x its own needs and, at most, health as well at 1.2 x its share of the prefecture's
    for g in towns:
        assert top[g] <= 1.2 * (need[g] + need[prefecture].max())
        assert coefficient(model.F4_upper[g], model.d[g]) <= 0.9 * 1.3 * revenue[g]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_corner_prices_bound_the_transfers_and_needs_of_the_columns(seed: int) -> None:
    case = question(seed)
    model = build_model(case.columns())
    transfers = np.array([a.transfer for a in every_corner(case)])
    tops = [model.transfer[g].ub for g in model.transfer]
    assert tops == pytest.approx(transfers.max(axis=0))


@pytest.mark.parametrize("floor", [0.0, 0.4])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_loser_is_let_go_by_its_own_cost_and_no_more(seed: int, floor: float) -> None:
    """(.9 x today's coverage - floor) x the highest cost it can have to answer for."""
    loss = {
        "equity.loss_limit": 0.1,
        "equity.losers_population_ceiling": 0.5,
        "equity.adequacy_floor": floor,
    }
    case = question(seed).but(**loss)
    costs = np.array([a.standard_cost for a in every_corner(case)]).max(axis=0)
    today = todays_accounts(case.instance).coverage
    model = build_model(case.columns())
    for g in model.E6:
        constant = coefficient(model.E6[g], model.loser[g])
        assert constant == pytest.approx((0.9 * today[g] - floor) * costs[g])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_floor_switch_of_australia_covers_every_corner_and_stays_near_it(seed: int) -> None:
    """Beside its own gap a row holds the equal sum per head, one number with a range of its own."""
    case = question(seed, "australia_hfe")
    accounts = every_corner(case)
    model = build_model(case.columns())
    per_head = np.array(model.equal_sum.bounds)
    assert np.isfinite(per_head).all() and per_head[0] < per_head[1]
    gaps = np.array([a.revised_need - a.guarantee - a.capacity for a in accounts])
    people = case.instance.population
    transfers = np.array([a.transfer for a in accounts])
    least, most = transfers.min(axis=0), transfers.max(axis=0)
    for g in model.F4_floor:
        top = -coefficient(model.F4_floor[g], model.d[g])
        floor = pyo.value(model.F4_floor[g].upper)
        assert floor <= least[g] + 1e-9 and floor + top >= most[g] - 1e-9
        assert floor + top == pytest.approx(max(floor, gaps[:, g].max() + per_head[1] * people[g]))
        room = coefficient(model.F4_level[g], model.d[g])
        assert room == pytest.approx(max(0.0, floor - gaps[:, g].min() - per_head[0] * people[g]))


def test_the_product_rows_use_the_levers_own_ends() -> None:
    """lo, hi of kappa and gamma are the only constants: .8, 1.2 and .1, .4."""
    model = build_model(question(0).columns())
    for name, ends in (("F1w", {0.8, 1.2}), ("F3e", {0.1, 0.4})):
        found = set()
        for row in getattr(model, name).values():
            repn = generate_standard_repn(row.body)
            found |= {round(abs(c), 12) for c in repn.linear_coefs}
            found |= {round(abs(pyo.value(side)), 12) for side in (row.lower, row.upper) if side is not None}
        assert found - {0.0, 1.0} == ends


def test_replacing_today_by_a_wider_lever_widens_the_switch() -> None:
    """The constant follows the package: with the unit costs fixed it is smaller."""
    wide = question(0)
    narrow = replace(wide, changes={**wide.changes, "formula.unit_cost_revision": [1.0, 1.0]})
    wide_model, narrow_model = (build_model(case.columns()) for case in (wide, narrow))
    both = sorted(set(wide_model.F4_switch) & set(narrow_model.F4_switch))
    assert both
    for g in both:
        wider = coefficient(wide_model.F4_switch[g], wide_model.d[g])
        assert wider < coefficient(narrow_model.F4_switch[g], narrow_model.d[g]) - 1e-6
