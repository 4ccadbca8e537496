"""What offices cost, where they lie and who pays for them, by hand: in the ledger, and in the plan that is chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import status_quo
from tests.small_case import Prefecture, Service, Small, Town, small

FIXED = 10.0
"""Million yen of a unit."""


def five_towns(
    tiers: tuple[str, ...], home: str = "municipality", slope: float = 0.0, fixed: float = FIXED
) -> Small:
    """Two towns of prefecture 01 in one branch area, one of another in a second, and two of prefecture 02 in a third;
    01203 and 02202 are core cities. A branch office costs a quarter of a unit, the nation keeps half a unit in a
    prefecture."""
    own = {"health": 90.0} if home == "prefecture" else {}
    need = {} if home == "prefecture" else {"health": 30.0}
    towns = [
        Town("01201", 10_000, need, area="0101"),
        Town("01202", 20_000, need, area="0101"),
        Town("01203", 70_000, need, area="0102", kind="core_city"),
        Town("02201", 45_000, need, area="0201"),
        Town("02202", 55_000, need, area="0201", kind="core_city"),
    ]
    return small(
        towns,
        [
            Service(
                "health",
                home=home,
                tiers=tiers,
                slope=slope,
                parameters={"unit_fixed_cost_million_yen": fixed},
            )
        ],
        [Prefecture("01", need=own, base=500.0), Prefecture("02", need=own, base=500.0)],
        parameters={"branch_office_share": 0.25, "national_unit_share": 0.5},
        changes={
            "rules.groups": "by_class",
            "responsibility.free_services": ["health"],
            "responsibility.free_tiers": list(tiers),
        },
    )


def given(case: Small, core: str, others: str) -> Accounts:
    """The accounts where core cities' duty lies with one tier and that of all others with another."""
    instance = case.instance
    labels = instance.groups.labels
    tier = {(s, k): core if "core" in labels[k] else others for s, k in instance.groups.options}
    return Accounts(instance, replace(status_quo(instance), tier=tier))


def paid(accounts: Accounts, tier: str) -> dict[str, float]:
    """Fixed cost of a tier's offices by the government in whose area they lie."""
    sums = accounts.units[tier].sum(axis=1)
    codes = accounts.instance.case.governments.index
    return {code: amount for code, amount in zip(codes, sums.tolist(), strict=True) if amount}


def test_a_prefecture_opens_a_unit_and_a_branch_in_every_area_it_serves() -> None:
    """All: a unit in each prefecture, branches in two and in one area. Core cities alone: one branch each. The spending
    of each prefecture holds its own."""
    case = five_towns(("prefecture",))
    everybody, core = given(case, "prefecture", "prefecture"), given(case, "prefecture", "municipality")
    assert paid(everybody, "prefecture") == {"01": FIXED * 1.5, "02": FIXED * 1.25}
    assert paid(core, "prefecture") == {"01": FIXED * 1.25, "02": FIXED * 1.25}
    spent = dict(zip(case.instance.case.governments.index, everybody.spending, strict=True))
    assert spent["01"] == pytest.approx(1 + 3 * 30 + 15) and spent["02"] == pytest.approx(1 + 2 * 30 + 12.5)
    assert everybody.objective == pytest.approx(5 * 30 + 27.5)


def test_the_nation_pays_half_a_unit_in_every_prefecture_and_its_branches() -> None:
    """Core cities alone: two prefectures, two areas: 10 x (2 x 0.5 + 2 x 0.25); all: one area more."""
    case = five_towns(("nation",))
    core, everybody = given(case, "nation", "municipality"), given(case, "nation", "nation")
    assert core.units["nation"].sum() == pytest.approx(15.0)
    assert everybody.units["nation"].sum() == pytest.approx(17.5)
    assert everybody.national_outlay - everybody.paid == pytest.approx(5 * 30 + 17.5)
    assert [everybody.units[tier].sum() for tier in ("municipality", "prefecture", "bloc")] == [0.0] * 3


def test_a_bloc_is_one_unit_shared_by_residents_and_branches_where_they_lie() -> None:
    """Halves of the unit (100,000 residents each), and two branches in 01, one in 02."""
    everybody = given(five_towns(("bloc",)), "bloc", "bloc")
    assert paid(everybody, "bloc") == pytest.approx({"01": 5 + 5.0, "02": 5 + 2.5})


def test_a_city_that_takes_a_duty_of_its_prefecture_opens_a_unit_of_its_own() -> None:
    case = five_towns(("municipality",), home="prefecture")
    core = given(case, "municipality", "prefecture")
    assert paid(core, "municipality") == {"01203": FIXED, "02202": FIXED}
    assert not paid(core, "prefecture")
    assert core.objective == pytest.approx(180 + 2 * FIXED)


@pytest.mark.parametrize("method", ["plain", "decomposed"])
@pytest.mark.parametrize(("fixed", "tiers"), [(14.0, {"nation"}), (14.2, {"municipality"})])
def test_offices_decide_whether_a_move_pays(method: str, fixed: float, tiers: set[str]) -> None:
    """At the nation's scale a town costs (people / 200,000) ^ 0.1 of its 30: 125.28 for all, 24.72 less. That pays for
    1.75 units (two halves, three quarters) up to 14.12 each; neither class would pay for its own 1.5 at 14: the core
    cities save 6.62, the others 18.10."""
    accounts = five_towns(("nation",), slope=0.1, fixed=fixed).optimum(method)
    assert set(accounts.decision.tier.values()) == tiers
    at_scale = 30 * sum((people / 200) ** 0.1 for people in (10, 20, 70, 45, 55))
    assert at_scale == pytest.approx(125.28, abs=0.01)
    assert accounts.objective == pytest.approx(at_scale + 1.75 * fixed if tiers == {"nation"} else 150.0)


def test_the_model_prices_every_choice_as_the_ledger_does() -> None:
    """The columns' offices, opened by the duties that need them, against the ledger's, for every tier of each class."""
    case = five_towns(("prefecture", "bloc", "nation"))
    columns = case.columns()
    everywhere = np.asarray(columns.unit_cost.todense())
    for core in ("municipality", "prefecture", "bloc", "nation"):
        for others in ("municipality", "prefecture", "bloc", "nation"):
            accounts = given(case, core, others)
            chosen = {n for n, (s, k, t) in enumerate(columns.duties) if accounts.decision.tier[s, k] == t}
            opened = [bool(chosen & set(unit.duties)) for unit in columns.unit_rows]
            expected = sum(units.sum(axis=1) for units in accounts.units.values())
            assert everywhere @ np.array(opened, dtype=float) == pytest.approx(expected), (core, others)
