"""Sets of partners: what draws municipalities together, what keeps them apart, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from optimization.prepare.joint_today import SERVICE_OF, WITHOUT_PLACE
from optimization.prepare.partners import Places, bodies_today, named_members
from optimization.prepare.settlement_cards import MARKS

NO_OPERATORS = pd.DataFrame({"prefecture_code": [], "operator": []}, dtype=str)


def places(
    rows: dict[str, tuple[str, float]],
    borders: Iterable[tuple[str, str]],
    names: dict[str, str] | None = None,
    ticks: dict[str, tuple[str, ...]] | None = None,
    islands: tuple[str, ...] = (),
    people: dict[str, int] | None = None,
) -> Places:
    """Municipalities on the equator: code -> (medical area, degrees east); `ticks` are marks beside the function."""
    table = pd.DataFrame(
        {
            "name_ja": pd.Series({code: (names or {}).get(code, f"{code}村") for code in rows}),
            "county_ja": "",
            "population_persons": pd.Series({code: (people or {}).get(code, 10_000) for code in rows}),
            "is_island": pd.Series({code: int(code in islands) for code in rows}),
            "office_lon_deg": pd.Series({code: east for code, (_, east) in rows.items()}),
            "office_lat_deg": 0.0,
            "medical_area": pd.Series({code: area for code, (area, _) in rows.items()}),
        }
    )
    beside: dict[str, set[str]] = {}
    for one, other in borders:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    marked = pd.DataFrame(0, index=table.index, columns=list(MARKS.values()))
    for code, functions in (ticks or {}).items():
        marked.loc[code, list(functions)] = 1
    return Places(table, beside, marked)


def joint(codes: Iterable[str], function: str = "fire", unticked: tuple[str, ...] = ()) -> pd.DataFrame:
    """joint_today of one function, all of them joint."""
    rows = [(c, function, "joint", "no_own_staff" if c in unticked else "mark") for c in codes]
    return pd.DataFrame(rows, columns=["code", "function", "status", "rests_on"])


def sets(bodies: pd.DataFrame) -> list[list[str]]:
    """The members of every body."""
    return [list(rows["code"]) for _, rows in bodies.groupby("body_id")]


A, B, C, D, E = "03301", "03302", "03303", "03304", "03305"
CHAIN = [(A, B), (B, C), (C, D)]


def test_neighbours_of_one_medical_area_are_partners() -> None:
    """Two areas along a road give two bodies, sure of themselves and named after the smallest code."""
    of = places({A: ("1", 0.0), B: ("1", 0.05), C: ("2", 0.1), D: ("2", 0.15)}, CHAIN)
    found = bodies_today(joint([A, B, C, D], unticked=(D,)), of, NO_OPERATORS)
    assert sets(found) == [[A, B], [C, D]]
    assert list(found["body_id"].unique()) == [f"fire-{A}", f"fire-{C}"]
    assert set(found["evidence"][:3]) == {"border|medical_area|same_marks"}
    assert found["evidence"][3] == "border|medical_area|no_own_staff|same_marks"
    assert set(found["confidence"]) == {"medium"}
    assert set(found["source"]) == {"inferred"}


def test_other_functions_tell_bodies_of_one_area_apart() -> None:
    """Within one area, those that tick alike are drawn together, the others not."""
    together = tuple(function for function in SERVICE_OF if function not in ("fire", "tax"))
    of = places(
        {A: ("1", 0.0), B: ("1", 0.3), C: ("1", 0.6), D: ("1", 0.9)},
        CHAIN,
        ticks={C: together, D: together},
    )
    assert sets(bodies_today(joint([A, B, C, D]), of, NO_OPERATORS)) == [[A, B], [C, D]]


def test_who_remains_alone_joins_the_best_neighbour_and_is_of_low_confidence_or_no_body() -> None:
    """D, of another area, goes to C; E borders nobody and has no partners."""
    of = places({A: ("1", 0.0), B: ("1", 0.05), C: ("1", 0.1), D: ("2", 0.15), E: ("3", 5.0)}, CHAIN)
    found = bodies_today(joint([A, B, C, D, E]), of, NO_OPERATORS)
    assert sets(found) == [[A, B, C, D]]
    assert found["evidence"].str.contains("left_over").all()


def test_an_island_joins_over_water_within_its_area() -> None:
    """A mainland municipality without a border to a partner does not."""
    rows = {A: ("1", 0.0), B: ("1", 0.3)}
    over_water = bodies_today(joint([A, B]), places(rows, [], islands=(B,)), NO_OPERATORS)
    assert sets(over_water) == [[A, B]]
    assert over_water["evidence"].str.contains("water").all()
    assert sets(bodies_today(joint([A, B]), places(rows, []), NO_OPERATORS)) == []
    far = places({A: ("1", 0.0), B: ("1", 3.0)}, [], islands=(B,))
    assert sets(bodies_today(joint([A, B]), far, NO_OPERATORS)) == []


def test_sets_do_not_grow_beyond_a_population() -> None:
    """Two pairs of one area that are too large together stay two."""
    people = {A: 200_000, B: 200_000, C: 200_000, D: 200_000}
    of = places({A: ("1", 0.0), B: ("1", 0.01), C: ("1", 0.2), D: ("1", 0.21)}, CHAIN, people=people)
    assert sets(bodies_today(joint([A, B, C, D]), of, NO_OPERATORS)) == [[A, B], [C, D]]


def test_prefectures_do_not_mix() -> None:
    """Neighbours across the border of a prefecture are in no body together."""
    of = places({A: ("1", 0.0), "02301": ("1", 0.05)}, [(A, "02301")])
    assert sets(bodies_today(joint([A, "02301"]), of, NO_OPERATORS)) == []


def test_tax_of_a_whole_prefecture_is_one_body() -> None:
    """Three of four tick: one agency. Fire of the same places follows the areas."""
    of = places({A: ("1", 0.0), B: ("1", 0.05), C: ("2", 3.0), D: ("2", 3.1)}, CHAIN)
    found = bodies_today(joint([A, B, C], "tax"), of, NO_OPERATORS)
    assert sets(found) == [[A, B, C]]
    assert set(found["evidence"]) == {"prefecture_share"}
    assert set(found["confidence"]) == {"high"}
    assert sets(bodies_today(joint([A, B], "tax"), of, NO_OPERATORS)) == [[A, B]]
    assert "prefecture_share" not in bodies_today(joint([A, B], "tax"), of, NO_OPERATORS)["evidence"][0]


def test_a_known_body_is_one_however_many_areas_it_has() -> None:
    """Nara's fire union, without the two cities that have departments."""
    codes = ["29202", "29203", "29204"]
    rows = {code: (str(at), float(at)) for at, code in enumerate([*codes, "29201"])}
    found = bodies_today(joint(codes), places(rows, []), NO_OPERATORS)
    assert sets(found) == [codes]
    assert set(found["evidence"]) == {"known_body"}


def test_names_of_waste_operators_tell_partners() -> None:
    """An operator named after A and C keeps them together and apart from that named after B and D."""
    names = {A: "北上市", B: "花巻市", C: "遠野市", D: "西和賀町"}
    of = places(
        {code: ("1", 0.01 * at) for at, code in enumerate((A, B, C, D))}, [*CHAIN, (A, C), (B, D)], names
    )
    operators = pd.DataFrame(
        {"prefecture_code": ["03", "03"], "operator": ["北上・遠野環境組合", "花巻市西和賀町清掃組合"]}
    )
    found = bodies_today(joint([A, B, C, D], "waste"), of, operators)
    assert sets(found) == [[A, C], [B, D]]
    assert set(found["confidence"]) == {"high"}
    assert found["evidence"].str.contains("operator_names").all()
    fire = bodies_today(joint([A, B, C, D], "fire"), of, operators)
    assert sets(fire) == [[A, B, C, D]]  # names of waste operators say nothing of fire


def test_a_short_name_within_a_long_one_is_not_named() -> None:
    """Saku stands in Sakuho; a name of one sign is never looked for."""
    name = {A: "佐久市", B: "佐久穂町", C: "津市"}
    assert named_members("佐久穂町衛生組合", list(name), name) == [B]
    assert named_members("佐久市・佐久穂町組合", list(name), name) == [A, B]
    assert named_members("大津組合", list(name), name) == []


def test_functions_without_a_place_have_no_bodies() -> None:
    """Mutual funds are of whole prefectures."""
    of = places({A: ("1", 0.0), B: ("1", 0.05)}, [(A, B)])
    for function in WITHOUT_PLACE:
        assert bodies_today(joint([A, B], function), of, NO_OPERATORS).empty
