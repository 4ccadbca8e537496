"""Spending beside need: by purpose and class, against hand-made towns and the official sums of Iwate."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.spending import counterparts
from optimization.dictionary.purposes import NO_PURPOSE, load_purposes
from optimization.dictionary.tables import load_tables
from optimization.dictionary.tiers import MUNICIPALITY, PREFECTURE
from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import status_quo
from optimization.ledger.layout import lay_out
from optimization.outcome.spending_table import spending_tables
from tests.small_case import Prefecture, Service, Small, Town, small, spending

INPUTS = Path(__file__).parents[2] / "inputs"
SPENT = ["spent_million_yen", "spent_construction_million_yen", "spent_from_general_funds_million_yen"]
MONEY = [*SPENT, "needed_million_yen", "modelled_today_million_yen", "modelled_million_yen"]


def towns(known: dict[str, float]) -> Small:
    """Two towns that may share fire, half of whose cost the nation pays, and a court that is for no purpose."""
    question = small(
        [
            Town("01201", 60_000, {"fire": 60.0, "court": 6.0}),
            Town("01202", 120_000, {"fire": 90.0, "court": 9.0}),
        ],
        [Service("fire", wide=True, slope=0.5, parameters={"national_share": 0.5}), Service("court")],
        [Prefecture("01", other=60.0)],
        bodies={"both": ["01201", "01202"]},
        changes={"wide_area.services": ["fire"]},
    )
    return replace(question, case=replace(question.case, spending=spending(known)))


def table(question: Small) -> pd.DataFrame:
    """The table with today's towns alone and the package's together."""
    instance = question.instance
    today = status_quo(instance)
    tables = spending_tables(Accounts(instance, replace(today, joint=((0, 0),))), Accounts(instance, today))
    return tables["spending"].set_index(["purpose", "class"])


def test_spent_needed_and_modelled_of_two_towns() -> None:
    found = table(towns({"01201": 100.0, "01202": 200.0}))
    fire = found.loc[("fire", "all")]
    assert [fire[name] for name in MONEY[:4]] == pytest.approx([300.0, 30.0, 150.0, 150.0])
    assert fire["modelled_today_million_yen"] == pytest.approx(300.0)
    assert fire["modelled_million_yen"] < 299.0
    assert fire["spent_from_general_funds_over_needed_ratio"] == pytest.approx(1.0)
    assert (fire["governments"], fire["population_persons"], fire["year"]) == (2, 180_000, 2023)
    assert fire["counterpart"] == "fire"
    large = found.loc[("fire", "city_100k_up")]
    assert [large[name] for name in MONEY[:4]] == pytest.approx([200.0, 20.0, 100.0, 90.0])
    assert found.loc[("not_by_purpose", "all"), "needed_million_yen"] == pytest.approx(15.0)
    assert found.loc[("not_by_purpose", "city_100k_up"), "counterpart"] == "court"


def test_a_purpose_without_a_counterpart_says_so() -> None:
    row = table(towns({"01201": 100.0})).loc[("disaster_recovery", "all")]
    assert row["counterpart"] == ""
    assert row[["needed_million_yen", "modelled_million_yen"]].isna().all()
    assert pd.isna(row["spent_from_general_funds_over_needed_ratio"])


def test_only_governments_of_known_spending_are_counted() -> None:
    found = table(towns({"01202": 200.0}))
    fire = found.loc[("fire", "all")]
    assert (fire["governments"], fire["population_persons"], fire["needed_million_yen"]) == (1, 120_000, 90.0)
    assert set(found.index.get_level_values("class")) == {"city_100k_up", "all"}


def test_of_several_years_the_last_one_counts() -> None:
    question = towns({"01201": 100.0})
    earlier = spending({"01201": 7.0, "01202": 8.0}, year=2022)
    question = replace(
        question, case=replace(question.case, spending=pd.concat([question.case.spending, earlier]))
    )
    row = table(question).loc[("fire", "all")]
    assert (row["spent_million_yen"], row["year"], row["governments"]) == (100.0, 2023, 1)


def test_a_case_without_spending_has_no_table() -> None:
    instance = towns({}).instance
    accounts = Accounts(instance, status_quo(instance))
    assert spending_tables(accounts, accounts) == {}


@cache
def iwate() -> pd.DataFrame:
    case = load_case(INPUTS / "iwate-2022")
    instance = lay_out(case, load_package(case, "status_quo").settings)
    accounts = Accounts(instance, status_quo(instance))
    return spending_tables(accounts, accounts)["spending"]


def test_the_sums_of_iwate_are_the_official_ones() -> None:
    case = load_case(INPUTS / "iwate-2022")
    whole = iwate().set_index(["purpose", "class"]).loc[("all", "all")]
    cards = [
        pd.read_csv(INPUTS / "iwate-2022" / f"{tier}_spending.csv") for tier in ("municipal", "prefectural")
    ]
    for column, name in zip(SPENT, ("total", "construction", "general_funds"), strict=True):
        assert whole[column] == pytest.approx(sum(card[f"{name}_thousand_yen"].sum() for card in cards) / 1e3)
    needs = (case.municipal_need, case.prefectural_need)
    assert whole["needed_million_yen"] == pytest.approx(sum(n["need_before_transfer"].sum() for n in needs))
    assert (whole["governments"], whole["population_persons"]) == (
        34,
        case.municipalities["population_persons"].sum(),
    )


@pytest.mark.parametrize(("summed", "over"), [("purpose", "class"), ("class", "purpose")])
def test_rows_add_up(summed: str, over: str) -> None:
    rows = iwate()
    whole = rows[summed] == "all"
    parts = rows[~whole].groupby(over)[MONEY].sum().sort_index()
    written = rows[whole].set_index(over)[MONEY].fillna(0.0).sort_index()
    pd.testing.assert_frame_equal(written, parts, check_exact=False, rtol=1e-9)


def test_every_purpose_of_the_cards_and_every_service_of_a_case_stands_once() -> None:
    spent = Counter(name for entry in load_purposes().values() for name in entry.spent)
    cards = {
        name
        for table in ("municipal_spending", "prefectural_spending")
        for name in load_tables()[table].columns["purpose"].enum or ()
    }
    assert spent == Counter(dict.fromkeys(cards, 1))
    case = load_case(INPUTS / "iwate-2022")
    for tier in (MUNICIPALITY, PREFECTURE):
        beside = counterparts(case, tier)
        named = Counter(service for of in beside.values() for service in of.services)
        assert named == Counter(case.services.index[case.services["home_tier"] == tier])
        assert beside[NO_PURPOSE].services == ()
        assert beside[NO_PURPOSE].items == ("vitality", "depopulation", "local_society")
    named = Counter(service for entry in load_purposes().values() for service in entry.services)
    assert named == Counter(case.services.index)
