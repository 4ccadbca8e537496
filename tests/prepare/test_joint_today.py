"""Who provides fire and other functions together: marks, missing staff, contributions, the wards."""

from __future__ import annotations

import pandas as pd

from optimization.prepare.joint_today import joint_today
from optimization.prepare.settlement_cards import MARKS, Cards


def cards(
    fire: dict[str, int], staff: dict[str, int], paid: dict[str, int], waste: tuple[str, ...] = ()
) -> Cards:
    """Cards on which everybody spends 1,100 on fire, 100 of it on works; `fire` is the mark by code."""
    marks = pd.DataFrame(0, index=sorted(fire), columns=list(MARKS.values()))
    marks["fire"] = pd.Series(fire)
    marks.loc[list(waste), "waste"] = 1
    spent = {"total_thousand_yen": 1_100, "construction_thousand_yen": 100, "general_funds_thousand_yen": 0}
    rows = [{"code": code, "fiscal_year": 2023, "purpose": "fire", **spent} for code in fire]
    number = dict.fromkeys(fire, 0)
    return Cards(
        2023,
        marks,
        pd.Series(number | staff).sort_index(),
        pd.Series(number | paid).sort_index(),
        pd.DataFrame(rows),
        pd.DataFrame(),
        pd.DataFrame(),
    )


def fire_status(found: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """code -> (status, rests_on) of fire."""
    rows = found[found["function"] == "fire"].set_index("code")
    return dict(zip(rows.index, zip(rows["status"], rows["rests_on"], strict=True), strict=True))


def test_missing_staff_is_told_apart_by_what_is_paid() -> None:
    """B pays as much as its fire costs and C next to it too: members that forgot to tick. D pays little beside E,
    which has a department. F has no such neighbour. G pays, but lies in another medical area than the members."""
    fire = {"03201": 1, "03202": 0, "03203": 0, "03204": 0, "03205": 0, "03206": 0, "03207": 0}
    a, b, c, d, e, f, g = fire
    borders = {
        a: {b},
        b: {a, c},
        c: {b},
        d: {e, a},
        e: {d},
        g: {a},
    }
    areas = dict.fromkeys(fire, "0301") | {g: "0302"}
    found = fire_status(
        joint_today(cards(fire, {e: 40}, {b: 900, c: 1_500, d: 899, g: 2_000}), borders, areas)
    )
    assert found[a] == ("joint", "mark")
    assert found[b] == found[c] == ("joint", "no_own_staff")
    assert found[d] == ("delegated", "no_own_staff")
    assert found[e] == ("alone", "own_staff")
    assert found[f] == found[g] == ("unknown", "no_own_staff")


def test_a_neighbour_of_another_prefecture_is_no_partner() -> None:
    """A member across the prefecture's border makes nobody a member."""
    found = fire_status(
        joint_today(cards({"03201": 0, "02201": 1}, {}, {"03201": 2_000}), {"03201": {"02201"}}, {})
    )
    assert found["03201"] == ("unknown", "no_own_staff")


def test_tokyo_is_served_by_the_metropolis() -> None:
    """Wards (as one row) and Tama cities; Inagi and islands have what they have; waste is shared among the wards."""
    fire = {"13101": 0, "13102": 0, "13201": 0, "13225": 0, "13361": 0, "13362": 0}
    staff = {"13225": 108, "13361": 19}
    table = joint_today(cards(fire, staff, {}, ("13101", "13102", "13201")), {}, {})
    assert fire_status(table) == {
        "13100": ("delegated", "metropolitan"),
        "13201": ("delegated", "metropolitan"),
        "13225": ("alone", "own_staff"),
        "13361": ("alone", "own_staff"),
        "13362": ("unknown", "no_own_staff"),
    }
    waste = table[table["function"] == "waste"].set_index("code")
    assert list(waste.loc["13100", ["mark", "status", "rests_on"]]) == [1, "alone", "wards"]
    assert list(waste.loc["13201", ["mark", "status", "rests_on"]]) == [1, "joint", "mark"]
    assert pd.isna(
        table[(table["code"] == "13100") & (table["function"] == "fire")]["own_staff_persons"]
    ).all()


def test_a_mark_of_some_wards_is_none_of_the_joint_row() -> None:
    """Every ward must tick."""
    table = joint_today(cards({"13101": 0, "13102": 0}, {}, {}, ("13101",)), {}, {})
    waste = table[table["function"] == "waste"]
    assert next(iter(waste.itertuples(index=False, name=None)))[3:6:2] == (0, "alone")


def test_functions_name_their_services() -> None:
    """Night soil is part of waste, schools are two functions; some functions are part of no service."""
    table = joint_today(cards({"03201": 1}, {}, {}), {}, {})
    service = table[table["code"] == "03201"].set_index("function")["service"]
    assert service["night_soil"] == service["waste"] == "waste"
    assert service["elementary"] == service["junior_high"] == "schools"
    assert service["crematorium"] == service["retirement_pay"] == ""
    assert len(service) == 14


def test_a_known_body_holds_who_does_not_tick() -> None:
    """In Nara all but two cities are in the wide-area fire union."""
    fire = {"29201": 0, "29209": 0, "29202": 1, "29447": 0}
    found = fire_status(joint_today(cards(fire, {"29201": 400, "29209": 100}, {}), {}, {}))
    assert found["29447"] == ("joint", "known_body")
    assert found["29201"] == found["29209"] == ("alone", "own_staff")
