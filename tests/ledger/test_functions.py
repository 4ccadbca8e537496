"""Who sets the standard, pays and delivers: resolved by hand, measured, and held against the statute."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from optimization.errors import InputError
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.functions import apart, functions
from optimization.ledger.measures import all_measures
from optimization.outcome.function_table import function_table
from tests.small_case import Prefecture, Service, Small, Town, small

LAW = pd.DataFrame(
    {
        "standard": ["nation", "responsible", "nation"],
        "money": ["responsible"] * 3,
        "delivery": ["schools", "responsible", "responsible"],
    },
    index=pd.Index(["teachers", "roads", "schools"], name="service"),
    dtype=object,
)
"""The nation sets the standard of schools and of teachers, who work where the schools are; roads are one tier's."""


def question(moves: str = "", **changes: Any) -> Small:
    """A town with schools for 30 and roads for 10, its prefecture with teachers for 60, of which the nation pays 1/3
    (90 gross); `moves` is where the package puts the teachers."""
    asked = small(
        [Town("01201", need={"schools": 30.0, "roads": 10.0})],
        [
            Service("schools"),
            Service("roads"),
            Service(
                "teachers",
                home="prefecture",
                tiers=("municipality", "nation"),
                parameters={"national_share": 1 / 3},
            ),
        ],
        [Prefecture("01", need={"teachers": 60.0})],
        changes={"responsibility.fix": {"teachers": moves} if moves else {}, **changes},
    )
    return replace(asked, case=replace(asked.case, functions=LAW))


def held(accounts: Accounts) -> dict[str, tuple[str, str, str]]:
    names = accounts.instance.services
    return {str(names[f.service]): (f.standard, f.pays, f.delivers) for f in functions(accounts)}


def test_today_three_tiers_stand_over_one_school() -> None:
    accounts = todays_accounts(question().instance)
    assert held(accounts) == {
        "schools": ("nation", "municipality", "municipality"),
        "roads": ("municipality", "municipality", "municipality"),
        "teachers": ("nation", "prefecture", "municipality"),
    }
    # schools 30 and teachers 90 of 130 lie under duties whose functions differ
    assert apart(accounts) == (pytest.approx(120 / 130), 2, 3)


@pytest.mark.parametrize(
    ("moves", "teachers", "share", "national"),
    [
        ("municipality", ("nation", "municipality", "municipality"), 120 / 130, 1 / 3),
        ("nation", ("nation", "nation", "municipality"), 120 / 130, 1.0),
    ],
)
def test_who_answers_pays_and_who_delivers_follows_the_law(
    moves: str, teachers: tuple[str, str, str], share: float, national: float
) -> None:
    accounts = question(moves).optimum()
    assert held(accounts)["teachers"] == teachers
    found = next(
        f for f in functions(accounts) if f.pays == teachers[1] and f.spending == pytest.approx(90.0)
    )
    assert found.national_share == pytest.approx(national)
    assert apart(accounts)[0] == pytest.approx(share)


def test_a_package_may_say_who_sets_the_standard_and_no_cost_changes() -> None:
    setter = {"teachers": "municipality", "schools": "municipality"}
    asked = question("municipality", **{"responsibility.standard_setter": setter})
    accounts = asked.optimum()
    assert held(accounts)["teachers"] == ("municipality",) * 3
    assert apart(accounts) == (0.0, 0, 3)
    assert accounts.objective == pytest.approx(question("municipality").optimum().objective)
    assert apart(todays_accounts(asked.instance))[1] == 2  # today's law stays today's
    measures = all_measures(accounts)
    assert measures["spending_whose_functions_differ"] == (0.0, "ratio")
    assert measures["duties_whose_functions_differ"] == (0.0, "duties")


def test_the_table_has_each_function_of_each_duty_once() -> None:
    asked = question("nation")
    table = function_table(asked.optimum(), todays_accounts(asked.instance))["functions"]
    assert not table.duplicated(["service", "rule_group"]).any() and len(table) == 3
    row = table.set_index("service").loc["teachers"]
    assert (row["tiers_involved_today"], row["tiers_involved"]) == (3, 2)
    assert (row["national_share_today_ratio"], row["national_share_ratio"]) == pytest.approx((1 / 3, 1.0))
    assert row["budget_cost_today_million_yen"] == pytest.approx(90.0)


def test_a_standard_of_a_service_that_nobody_debates_is_said() -> None:
    asked = question(**{"responsibility.standard_setter": {"roads": "nation"}})
    asked = replace(asked, case=replace(asked.case, functions=LAW.drop("roads")))
    with pytest.raises(InputError, match="has no functions in functions.csv"):
        asked.solve()


def test_a_case_without_functions_has_no_table_and_no_measure() -> None:
    asked = replace(question(), case=replace(question().case, functions=LAW.iloc[:0]))
    accounts = asked.optimum()
    assert function_table(accounts, todays_accounts(asked.instance)) == {}
    assert not any("functions" in name for name in all_measures(accounts))
