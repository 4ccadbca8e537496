"""Scale of providers as the population changes: two towns, a body of both, one town that shrinks by 2050."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimization.case.projections import AGES
from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import status_quo
from optimization.ledger.outlook import below_efficient_scale, provider_scale, residents, years
from optimization.outcome.outlook_table import outlook
from tests.small_case import Service, Town, small

LATER = 120_000 * 0.5 ** (1 - (2022 - 0.75 - 2020) / 30)
"""Residents of the second town in 2050: projected to halve from 2020, of which 1.25 of 30 years have passed."""


def before_and_after() -> tuple[Accounts, Accounts]:
    """60,000 and 120,000 residents, each alone, and with one body of both for fire."""
    question = small(
        [
            Town("01201", 60_000, {"fire": 60.0, "tax": 6.0}),
            Town("01202", 120_000, {"fire": 90.0, "tax": 9.0}),
        ],
        [Service("fire", wide=True), Service("tax")],
        bodies={"both": ["01201", "01202"]},
        changes={"wide_area.services": ["fire"]},
    )
    projections = question.case.projections.copy()
    projections.loc["01202", (AGES[0], 2050)] *= 0.5
    instance = replace(question, case=replace(question.case, projections=projections)).instance
    today = status_quo(instance)
    return Accounts(instance, today), Accounts(instance, replace(today, joint=((0, 0),)))


def test_residents_are_the_register_times_growth() -> None:
    alone, _ = before_and_after()
    assert years(alone.instance) == [2022, 2050]
    assert residents(alone.instance, AGES[0], 2022) == pytest.approx([60_000, 120_000])
    assert residents(alone.instance, AGES[0], 2050) == pytest.approx([60_000, LATER])
    assert residents(alone.instance, AGES[1], 2050) == pytest.approx([18_000, 36_000])


def test_a_body_serves_the_residents_of_all_its_members() -> None:
    alone, joint = before_and_after()
    fire, tax = (list(alone.instance.services).index(s) for s in ("fire", "tax"))
    assert provider_scale(alone, 2050)[:, fire] == pytest.approx([60_000, LATER])
    assert provider_scale(joint, 2050)[:, fire] == pytest.approx([60_000 + LATER] * 2)
    assert provider_scale(joint, 2050)[:, tax] == pytest.approx([60_000, LATER])


def test_higher_tiers_serve_their_whole_area() -> None:
    alone, _ = before_and_after()
    s = list(alone.instance.services).index("fire")
    for tier in ("prefecture", "bloc", "nation"):
        moved = replace(alone.decision, tier=dict.fromkeys(alone.decision.tier, tier))
        assert provider_scale(Accounts(alone.instance, moved), 2022)[:, s] == pytest.approx([180_000] * 2)


def test_what_lies_below_the_efficient_scale() -> None:
    """100,000 is the line: the large town falls below it by 2050, the two together never do."""
    alone, joint = before_and_after()
    assert below_efficient_scale(alone, 2022) == pytest.approx([1, 0])
    assert below_efficient_scale(alone, 2050) == pytest.approx([1, 1])
    assert below_efficient_scale(joint, 2050) == pytest.approx([0, 0])


def test_the_table_weighs_places_by_their_residents() -> None:
    alone, joint = before_and_after()
    table = outlook(joint, alone).set_index(["year", "prefecture_code"])
    now, later = table.loc[(2022, "all")], table.loc[(2050, "all")]
    assert now["services_below_efficient_scale_today_ratio"] == pytest.approx(60 / 180)
    assert (now["municipalities_below_efficient_scale"], later["municipalities_below_efficient_scale"]) == (
        1,
        2,
    )
    assert later["services_below_efficient_scale_today_ratio"] == pytest.approx(1)
    assert later["services_below_efficient_scale_ratio"] == 0
    assert later["population_persons"] == round(60_000 + LATER)
    pairs = (table.loc[(year, "01")].tolist() == table.loc[(year, "all")].tolist() for year in (2022, 2050))
    assert all(pairs)
